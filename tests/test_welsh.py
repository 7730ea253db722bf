"""What people see is in Welsh too, and asks for nothing that it is not given."""

import re
from functools import lru_cache

from django.utils.dates import MONTHS, MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import override

from scripts import messages

CATALOGUE = messages.ROOT / "victimcare" / "locale" / "cy" / "LC_MESSAGES" / "django.po"


@lru_cache(maxsize=1)
def _collected() -> set[tuple[object, str | None]]:
    return {
        (text, context)
        for path in messages.sources()
        for _line, text, _comments, context in messages.messages_in(path)
    }


def test_every_word_on_screen_is_in_the_catalogue_and_translated():
    welsh = messages.read(CATALOGUE)
    missing = []
    for text, context in _collected():
        known = welsh.get(text[0] if isinstance(text, tuple) else text, context)
        if known is None or not messages.translated(known):
            missing.append(text)
    assert not missing, (
        f"{len(missing)} not in Welsh; run ./run messages and translate: {sorted(map(str, missing))[:10]}"
    )


def test_no_translation_loses_or_invents_a_placeholder():
    assert not [
        message.id for message in messages.read(CATALOGUE) if message.id and messages.is_unsafe(message)
    ]


def test_no_word_of_ours_is_the_name_of_a_month_or_a_day_which_django_says():
    with override("en"):
        named = {
            str(name) for names in (MONTHS, MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR) for name in names.values()
        }
    assert not named & {text for text, context in _collected() if context is None}


def test_no_word_hides_behind_a_name_that_nobody_collects():
    named = re.compile(r"\b\w*gettext\w* as (\w+)")
    python = (path for path in messages.sources() if path.suffix == ".py")
    used = {name for path in python for name in named.findall(path.read_text("utf-8"))}
    assert used <= set(messages.KEYWORDS), used
