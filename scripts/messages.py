"""The words people see: collected from the code into each django.po, and compiled from it.

    python -m scripts.messages extract     collect; translations are kept
    python -m scripts.messages compile     compile what has changed

Babel does the work, so that nobody needs GNU gettext installed.
"""

import io
import re
import sys
from pathlib import Path

from babel.messages import Catalog, extract, mofile, pofile
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = "victimcare/locale/*/LC_MESSAGES/django.po"
# Nothing in these is shown to anyone who uses the service.
NOT_SHOWN = {"tests", "scripts", "benchmarks", "migrations", "node_modules", "static", "staticfiles"}
PLURAL, CONTEXT, CONTEXT_AND_PLURAL = (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
# By every name that the code imports them under.
KEYWORDS = dict.fromkeys(("_", "_now", "_lazy", "lazy", "gettext", "gettext_noop", "gettext_lazy"))
KEYWORDS |= {"ngettext": PLURAL, "ngettext_lazy": PLURAL}
KEYWORDS |= {"pgettext": CONTEXT, "pgettext_lazy": CONTEXT}
KEYWORDS |= {"npgettext": CONTEXT_AND_PLURAL, "npgettext_lazy": CONTEXT_AND_PLURAL}
WIDTH = 100
PLACEHOLDER = re.compile(r"%\(\w+\)\w|\{\w*\}")


def extract_all():
    found = Catalog()
    for path in sources():
        for _, message, comments, context in messages_in(path):
            found.add(message, context=context, auto_comments=comments)
    for path in ROOT.glob(CATALOGUES):
        merged = merge(found, path)
        missing = sum(1 for message in merged if message.id and not translated(message))
        print(f"{path.relative_to(ROOT)}: {len(merged)} messages, {missing} without a translation.")


def sources():
    """Our Python files and templates, in an order that does not change.

    Folders that are not ours are not walked at all: a test's server may be clearing up in one meanwhile.
    """
    ours = [each for each in ROOT.iterdir() if each.is_dir() and not each.name.startswith(".")]
    found = [path for each in ours if each.name not in NOT_SHOWN for path in each.rglob("*.*")]
    for path in sorted(path for path in found if path.suffix in {".py", ".html"}):
        folders = path.relative_to(ROOT).parts[:-1]
        if not NOT_SHOWN.intersection(folders) and not any(folder.startswith(".") for folder in folders):
            yield path


def messages_in(path):
    text = path.read_text("utf-8")
    if path.suffix == ".html":
        # Django turns a template into something like Python; its indentation is the template's, so it goes.
        text = "".join(line.lstrip() for line in templatize(text).splitlines(keepends=True))
    return extract.extract("python", io.BytesIO(text.encode()), KEYWORDS, ["Translators"])


def merge(found, path):
    """Write what was found with the translations we have. What is gone is kept aside, commented out."""
    old = read(path)
    new = Catalog(locale=old.locale)
    # How many plural forms a language has is for its translator to say, in the header.
    new._num_plurals, new._plural_expr = old.num_plurals, old.plural_expr
    for message in found:
        if not message.id:
            continue
        known = old.get(message.id, message.context)
        new.add(message.id, context=message.context, auto_comments=sorted(set(message.auto_comments)))
        if known and known.pluralizable == message.pluralizable:
            kept = new.get(message.id, message.context)
            kept.string, kept.flags, kept.user_comments = known.string, known.flags, known.user_comments
    for message in old:
        if message.id and translated(message) and not found.get(message.id, message.context):
            new.obsolete[new._key_for(message.id, message.context)] = message
    new.obsolete.update({key: gone for key, gone in old.obsolete.items() if key not in new._messages})
    body = io.BytesIO()
    pofile.write_po(body, new, width=WIDTH, no_location=True, omit_header=True, sort_output=True)
    text = header(path) + "\n\n" + body.getvalue().decode().strip() + "\n"
    if text != path.read_text("utf-8"):
        path.write_text(text, "utf-8")
    return new


def header(path):
    """The first entry as its translator left it: no dates that change each time."""
    return re.split(r"\n\s*\n", path.read_text("utf-8").strip(), maxsplit=1)[0]


def translated(message):
    strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return bool(strings) and all(strings)


def compile_all():
    for path in ROOT.glob(CATALOGUES):
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            continue
        catalogue = read(path)
        for message in [message for message in catalogue if message.id and is_unsafe(message)]:
            where = f"{path.relative_to(ROOT)}: {message.id!r}"
            print(f"{where} lost or invented a placeholder; English is shown.", file=sys.stderr)
            catalogue.delete(message.id, message.context)
        unfinished = compiled.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            mofile.write_mo(file, catalogue)
        unfinished.rename(compiled)


def is_unsafe(message):
    """Whether a translation drops what it should say, or asks for what it is not given."""
    if not translated(message):
        return False
    if list(message.check()):
        return True
    if message.pluralizable:
        given = placeholders(" ".join(message.id))
        return any(placeholders(string) - given for string in message.string)
    return placeholders(message.string) != placeholders(message.id)


def placeholders(text):
    return set(PLACEHOLDER.findall(text))


def read(path):
    with path.open("rb") as file:
        return pofile.read_po(file, locale=path.parent.parent.name)


if __name__ == "__main__":
    steps = {"extract": extract_all, "compile": compile_all}
    if not sys.argv[1:] or not set(sys.argv[1:]) <= set(steps):
        sys.exit(__doc__.strip())
    for step in sys.argv[1:]:
        steps[step]()
