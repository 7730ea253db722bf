"""A sentence that remembers how it was made, so that a row that waits says it in the language of whoever reads it. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override


class Said(str):
    """Words in today's language, with the sentence that stands in the catalogue and what was put into it."""

    sentence: str
    values: Any = None

    def __mod__(self, values: Any) -> "Said":
        words = Said(str.__mod__(self, values))
        words.sentence, words.values = self.sentence, values
        return words


def said(sentence: str) -> Said:
    """As `gettext`. Modules in which reasons are written call this `_`."""
    words = Said(gettext(sentence))
    words.sentence = sentence
    return words


def kept(words: str) -> dict[str, Any]:
    """What a row keeps beside the words to say them again; nothing for words from elsewhere."""
    return {"sentence": words.sentence, "values": words.values} if isinstance(words, Said) else {}


def again(problem: Mapping[str, Any]) -> str:
    """A problem's reason in the language of today's reader; as it was said then, where that is all we have."""
    if "sentence" not in problem:
        return str(problem["reason"])
    sentence, values = problem["sentence"], problem["values"]
    words = gettext(sentence)
    return words if values is None else words % values


def in_other_words(words: str, sentences: Iterable[tuple[str, Sequence[Any]]]) -> str:
    """Words kept in the language of who wrote them, in that of today's reader; as they are where no sentence fits.

    Each sentence stands with what may have been put into it, labels of ours; none where it takes what somebody typed.
    """
    for sentence, labels in sentences:
        for language, _name in settings.LANGUAGES:
            with override(language):
                before, hole, after = gettext(sentence).partition("%s")
                known = {f"{before}{str(label).lower()}{after}": label for label in labels}
            if words in known:
                return gettext(sentence) % str(known[words]).lower()
            if (
                not labels
                and words.startswith(before)
                and words.endswith(after)
                and (hole or words == before)
            ):
                value = words[len(before) : len(words) - len(after)]
                return gettext(sentence) % value if hole else gettext(sentence)
    return words


_PUT_IN = re.compile(r"“[^”]*”|\([^)]*%[^)]*\)|%\(\w+\)[sd]|%[sd]")


def without_values(sentence: str) -> str:
    """What all reasons made from a sentence have in common, in today's language."""
    return _PUT_IN.sub("…", gettext(sentence))
