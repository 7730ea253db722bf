"""Taking people out of words somebody typed: names, numbers, addresses. Pure: words go in, words come out."""

import re
from collections.abc import Iterable

# Whoever they belong to: a phone number, an email address, a postcode.
ANYBODYS = re.compile(
    r"""(?<![\w@.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+
    | (?<!\w)(?:\+44|\(?0)[\d() -]{8,}\d
    | \b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b""",
    re.IGNORECASE | re.VERBOSE,
)
SHORTEST = 3  # a name of two letters stands in too many words


class Redactor:
    """Takes what these people are called, and where they are, out of sentences; counts how often it did."""

    def __init__(self, private: Iterable[str], *, instead: str) -> None:
        """`private` are names, streets, numbers; `instead` stands where one of them stood."""
        known = sorted(
            {text.strip() for text in private if len(text.strip()) >= SHORTEST},
            key=lambda text: (-len(text), text),
        )
        each = "|".join(r"\s+".join(map(re.escape, text.split())) for text in known)
        # Names that follow one another are one person's.
        self._known = (
            re.compile(rf"(?<!\w)(?:{each})(?:\s+(?:{each}))*(?!\w)", re.IGNORECASE) if known else None
        )
        self._instead = instead
        self.count = 0

    def clean(self, words: str) -> str:
        """These words without anybody in them."""
        for pattern in (ANYBODYS, self._known):
            if pattern is not None:
                words, times = pattern.subn(lambda _found: self._instead, words)
                self.count += times
        return words
