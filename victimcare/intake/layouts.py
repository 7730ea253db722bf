"""The layouts of extracts this system reads. Each app brings those whose rows it keeps; nothing here knows them.

An app's `ready()` calls `register` with what it can read, so that a file is recognised, checked and landed by
the app that owns its rows, and everything else (encodings, quarantine, counts, resuming) is done once, here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare.intake.said import without_values

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from victimcare.intake.cells import Clean, Problem
    from victimcare.intake.extract import RawRow
    from victimcare.intake.models import ImportBatch


@dataclass
class Landed:
    """What became of rows: an outcome for each by its number, and the cases whose duties may move."""

    outcomes: dict[int, str] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)  # of suppressed rows
    # Column and reason of rows that cannot land; "" where no one column is at fault.
    unknown: dict[int, tuple[str, str]] = field(default_factory=dict)
    case_ids: set[int] = field(default_factory=set)
    # What a row said otherwise and a person here had confirmed, so that it stays: names of fields.
    kept: dict[int, list[str]] = field(default_factory=dict)

    def __or__(self, other: "Landed") -> "Landed":
        return Landed(
            self.outcomes | other.outcomes,
            self.reasons | other.reasons,
            self.unknown | other.unknown,
            self.case_ids | other.case_ids,
            self.kept | other.kept,
        )


@dataclass(frozen=True)
class Layout:
    """One kind of extract: its columns, what tells it from others, and how its rows are read and kept."""

    kind: str  # as ImportBatch.Kind names it
    feed: str  # as FeedRow.Kind names what one of its rows says
    columns: Sequence[str]
    key: Sequence[str]  # the columns of the natural key, in its order
    telling: frozenset[str]  # a file with these columns is of this kind
    # Reads one row, in a thread; never raises, asks no database. The row comes with `number`, `key`, `digest`
    # and `extra`.
    clean: "Callable[[RawRow, datetime], tuple[Clean, list[Problem]]]"
    # Keeps rows with different keys, in the caller's transaction. Raises IntegrityError or DataError when one
    # contradicts what is held; writes the feed rows.
    land: "Callable[[ImportBatch, Sequence[Clean], datetime], Landed]"
    names: "Mapping[str, str | Promise]" = field(default_factory=dict)  # of columns, as people say them
    needed: frozenset[str] = frozenset()  # columns no row can do without
    spelt: frozenset[str] = (
        frozenset()
    )  # names and addresses: a question mark in one is a letter that was lost
    say_reason: Callable[[str], str] = str  # why a row was suppressed, in the reader's language
    # The table in which each accepted row makes one row, "courts.Hearing"; "" where that is an event.
    makes: str = ""
    # How many of these participants, a subquery of ids, lack what an accepted row makes for each of them.
    without: "Callable[[QuerySet[Any, Any]], int] | None" = None
    # By natural key, the case a row is about and the one participant, None where it is about all of the case.
    # Two queries at most. None where the feed rows themselves say so.
    about: "Callable[[Sequence[str]], dict[str, tuple[int, int | None]]] | None" = None
    # By natural key, what a row is held as: tables with a history, or events, and their keys; and by the name of
    # such a table, the column in which each of its fields came. For saying what a later row changed.
    held_as: "Callable[[Sequence[str]], dict[str, list[tuple[Any, int]]]] | None" = None
    came_in: Mapping[str, dict[str, str]] = field(default_factory=dict)
    follows: "Mapping[str, str | Promise]" = field(default_factory=dict)  # names of what follows from a row
    # Of rows about people, those that may be about another person than whom we hold under that number: column and
    # reason by the row's number. They wait in quarantine until somebody says that it is the same person.
    doubtful: "Callable[[Sequence[Clean]], dict[int, tuple[str, str]]] | None" = None


_LAYOUTS: dict[str, Layout] = {}


def register(layout: Layout) -> None:
    """Read extracts of this kind from now on."""
    _LAYOUTS[layout.kind] = layout


def known() -> list[Layout]:
    return list(_LAYOUTS.values())


def of(kind: str) -> Layout:
    """The layout of this kind. Raises KeyError for one that no app reads."""
    return _LAYOUTS[kind]


# --- In plain words ---------------------------------------------------------------------------------


def name_of(kind: str, column: str) -> str:
    """A column as people say it: Date of birth for date_of_birth. One we do not know keeps its own name."""
    if not column:
        return _("The whole row")
    if kind not in _LAYOUTS:
        return column
    layout = _LAYOUTS[kind]
    return str(layout.names.get(column) or layout.follows.get(column, column))


def key_in_words(kind: str, key: str) -> str:
    """A natural key as people say it: System it came from: RMS, Event's number in the force's system: not known."""
    unknown = _("not known")  # in a text of its own: words inside another are not collected to be translated
    return ", ".join(f"{name}: {value or unknown}" for name, value in _parts_of_key(kind, key))


def key_in_short(kind: str, key: str) -> str:
    """As far as it is known, and what is not: RMS, P00000003, VICTIM. Not known: Occurrence number."""
    parts = _parts_of_key(kind, key)
    known = ", ".join(value for _name, value in parts if value)
    unknown = ", ".join(name for name, value in parts if not value)
    return _("%(known)s. Not known: %(names)s") % {"known": known, "names": unknown} if unknown else known


def _parts_of_key(kind: str, key: str) -> list[tuple[str, str]]:
    columns = _LAYOUTS[kind].key if kind in _LAYOUTS else ()
    return [(name_of(kind, column), value) for column, value in zip(columns, key.split("|"), strict=False)]


# Problems that are read as broken once the day they quote is left out, as rows that wait keep them.
_WITHOUT_DAY = {
    "… is in the future.": gettext_lazy("A day in the future"),
    "There is no date ….": gettext_lazy("A day that does not exist"),
    "… is before ….": gettext_lazy("A day before 1900"),
}


def in_short(problem: str, sentence: str = "") -> str:
    """A problem that many rows have in common, without what each of them says; `sentence` is what they were made from."""
    if problem in _WITHOUT_DAY:
        return str(_WITHOUT_DAY[problem])
    return without_values(sentence) if sentence else problem


def columns_named(words: str) -> list[str]:
    """The columns, of whichever kind, that are called so or whose name has these words in it."""
    wanted = words.strip().casefold()
    found = {
        column
        for layout in _LAYOUTS.values()
        for column in layout.columns
        if wanted and wanted in name_of(layout.kind, column).casefold()
    }
    return sorted({words.strip(), *found})


def advice(kind: str, column: str, cell: str) -> str:
    """What to do about a problem in this cell."""
    if not column:
        return _("Look the row up in the force's system and complete it here.")
    is_needed = kind in _LAYOUTS and column in _LAYOUTS[kind].needed
    if is_needed and not cell:
        return _("Enter it. If you do not know it, ask the officer in the case.")
    if is_needed:
        return _("Correct it. If you do not know it, ask the officer in the case.")
    if not cell:
        return _("Enter it, or ask the officer in the case.")
    return _("Correct it. If you do not know it, empty the box: it is then kept as not known.")


# --- What nobody wrote ------------------------------------------------------------------------------

# Tables whose rows are worked out from what is held, so that they never stand in the way of a withdrawal.
_WORKED_OUT: set[str] = {"cases.NameInCase"}


def register_worked_out(label: str) -> None:
    """The rows of this table, "compliance.Duty", follow from others: nobody worked on anything by them."""
    _WORKED_OUT.add(label)


def worked_out() -> frozenset[str]:
    return frozenset(_WORKED_OUT)
