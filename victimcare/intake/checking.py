"""What a check finds out about an extract before anything of it is kept: a preview, as plain values. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from victimcare.intake import layouts
from victimcare.intake.cells import GARBLED, LOST, NOT_KNOWN
from victimcare.intake.extract import Extract, RawRow, visible

MOST_WORDS = 16  # with accents, to see that the letters are right
MOST_PROBLEMS = 20
MOST_CHANGES = 20  # rows that change what is held
MOST_GARBLED = 10
WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019-]){1,39}")


@dataclass
class Tried:
    """What would become of one chunk: outcomes, the first rows that cannot be kept, change something or are not taken
    over whole, and why some are suppressed.
    """

    counts: Counter[str]
    problems: list[dict[str, Any]]
    suppressed: Counter[str]
    changes: list[dict[str, Any]]
    kept: list[dict[str, Any]]  # rows that a person's word stands against


@dataclass
class Preview:
    """What is known of the whole file. Grows chunk by chunk; stays small however long the file."""

    encoding: str = ""
    matched: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    received: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)
    suppressed: Counter[str] = field(default_factory=Counter)
    changes: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    words: dict[str, None] = field(default_factory=dict)
    garbled_rows: int = 0
    garbled: list[dict[str, Any]] = field(default_factory=list)
    spelt: frozenset[str] = frozenset()  # columns of names and addresses

    @property
    def room(self) -> int:
        return MOST_PROBLEMS - len(self.problems)

    @property
    def room_for_changes(self) -> int:
        return MOST_CHANGES - len(self.changes)

    @property
    def room_for_kept(self) -> int:
        return MOST_CHANGES - len(self.kept)

    def describe(self, opened: Extract) -> None:
        layout = layouts.of(opened.kind)
        known, self.spelt = set(layout.columns), layout.spelt
        self.encoding = opened.encoding
        self.matched = [column for column in opened.columns if column in known]
        self.unknown, self.missing = opened.unknown_columns, opened.missing_columns

    def look_at(self, chunk: Sequence[RawRow]) -> None:
        """Words with accents, as they will be kept, and letters that an export garbled or lost."""
        self.received += len(chunk)
        for raw in chunk:
            is_garbled = False
            for column, cell in raw.cells.items():
                is_lost = LOST in cell and column in self.spelt and cell.strip() not in NOT_KNOWN
                if cell.isascii() and not is_lost:
                    continue
                if is_lost or GARBLED.search(cell):
                    is_garbled = True
                    if len(self.garbled) < MOST_GARBLED:
                        self.garbled.append(
                            {"number": raw.number, "column": column[:60], "cell": visible(cell[:60])}
                        )
                elif len(self.words) < MOST_WORDS:
                    self.words |= dict.fromkeys(
                        visible(word) for word in WORD.findall(cell) if not word.isascii()
                    )
            self.garbled_rows += is_garbled

    def count(self, tried: Tried) -> None:
        self.counts += tried.counts
        self.problems += tried.problems[: self.room]
        self.suppressed += tried.suppressed
        self.changes += tried.changes[: self.room_for_changes]
        self.kept += tried.kept[: self.room_for_kept]

    def as_json(self) -> dict[str, Any]:
        return {
            "encoding": self.encoding,
            "matched": self.matched,
            "unknown": self.unknown,
            "missing": self.missing,
            "received": self.received,
            "counts": dict(self.counts),
            "problems": self.problems,
            "suppressed": dict(self.suppressed),
            "changes": self.changes,
            "kept": self.kept,
            "words": list(self.words)[:MOST_WORDS],
            "garbled_rows": self.garbled_rows,
            "garbled": self.garbled,
        }
