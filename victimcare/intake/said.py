"""A sentence that remembers how it was made, so that a row that waits says it in the language of whoever reads it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext


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


_PUT_IN = re.compile(r"“[^”]*”|\([^)]*%[^)]*\)|%\(\w+\)[sd]|%[sd]")


def without_values(sentence: str) -> str:
    """What all reasons made from a sentence have in common, in today's language."""
    return _PUT_IN.sub("…", gettext(sentence))
