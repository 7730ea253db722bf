"""The cells of a row, read: each reader gives the value or says in plain words what is wrong. Pure.

Cells are text as sent. Moments without an offset are London time and come out in UTC; a date alone becomes
midday in London and is marked as a date. An empty cell, NULL, N/A and "not known" all mean not known.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from victimcare.govuk.forms import JOINERS, is_joined
from victimcare.govuk.numbers import is_phone, postcode_of
from victimcare.intake.extract import LONGEST_CELL, visible
from victimcare.intake.said import said as _
from victimcare.working_days import LONDON

Clean = dict[str, Any]

NOT_KNOWN = frozenset(
    {
        "",
        "null",
        "none",
        "n/a",
        "na",
        "n/k",
        "nk",
        "not known",
        "unknown",
        "not stated",
        "-",
        "--",
        "?",
        "#n/a",
    }
)
# Not seen, and what we show in the place of control characters until the words are typed again.
INVISIBLE = frozenset("\u034f\u115f\u1160\u3164\uffa0") | {chr(n) for n in range(0x2400, 0x2427)}
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2400-\u2426\ud800-\udfff]")
# What UTF-8 looks like when it was read as cp1252: Ã©, Å´, â€™.
GARBLED = re.compile("[ÃÂÄÅ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[™œ\u009d“”˜¦\u0080-\u00bf]|\ufffd")
# What an export writes for a letter its encoding has not got: no name and no address has one of its own.
LOST = "?"
EARLIEST = date(1900, 1, 1)
CLOCKS_DIFFER = timedelta(minutes=10)  # another system's clock may run a little ahead of ours


class Wrong(ValueError):
    """This cell cannot be used; the message says why."""

    @property
    def reason(self) -> str:
        return self.args[0]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row: the column ("" for the whole row) and the sentence a person reads."""

    column: str
    reason: str


def also(problems: list[Problem], further: Iterable[Problem]) -> list[Problem]:
    """All of them, but of a column nothing further: one that could not be read is not missing as well.

    A row that could not even be taken apart is not looked at further.
    """
    columns = {problem.column for problem in problems}
    return problems if "" in columns else problems + [one for one in further if one.column not in columns]


@dataclass(frozen=True)
class Moment:
    """A moment in UTC; `is_date_only` when the row gave just the day."""

    at: datetime
    is_date_only: bool


# --- Columns ---------------------------------------------------------------------------------------


class Columns:
    """How each column of a layout is read, in order. Remembers what it read: most cells say what one before
    them said.

    A reader gives a cell's value whatever day it is; `refusing` then looks at the value of some columns with
    the day or moment that `read` is given for them.
    """

    REMEMBERED = 1000  # cells a column

    def __init__(
        self,
        readers: Mapping[str, Callable[[str], Any]],
        refusing: Mapping[str, Callable[[Any, Any, str], None]] | None = None,
    ) -> None:
        self._refusing = dict(refusing or {})
        self._readers = [(column, read, dict[str, tuple[str, Any]]()) for column, read in readers.items()]

    def read(
        self, cells: Mapping[str, str], into: Clean, problems: list[Problem], at: Mapping[str, Any]
    ) -> list[str]:
        """Put what each cell says into the row, and what is wrong into the problems.

        Returns what was said, cell after cell, for the row's digest.
        """
        said = []
        for column, read, known in self._readers:
            cell = cells.get(column)
            if not cell:
                continue
            found = known.get(cell)
            try:
                if found is None:
                    plain = plain_cell(cell)
                    found = (f"{column}\x1e{plain}", read(plain)) if plain else _NOTHING
                    if len(known) >= self.REMEMBERED:
                        known.clear()
                    known[cell] = found
                if found is _NOTHING:
                    continue
                if column in at:
                    self._refusing[column](at[column], found[1], found[0][len(column) + 1 :])
            except Wrong as wrong:
                problems.append(Problem(column, wrong.reason))
                continue
            said.append(found[0])
            into[column] = found[1]
        return said


_NOTHING: tuple[str, Any] = ("", None)


# --- Cells -----------------------------------------------------------------------------------------


def plain_cell(cell: str) -> str:
    """Without outer and doubled spaces, in NFC; "" for everything that means not known.

    Raises Wrong for letters that are garbled or that nobody can see.
    """
    if cell.isascii():
        if not cell.isprintable():
            cell = cell.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\t", " ")
            if not cell.isprintable():
                raise Wrong(_("There is a character here that cannot be seen. Type the words again."))
    else:
        is_garbled = GARBLED.search(cell)  # as it came: à is Ã and a space that does not break
        cell = unicodedata.normalize("NFC", cell.replace("\xa0", " ").replace("\u202f", " ").strip("\ufeff"))
        cell = cell.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
        if is_garbled or GARBLED.search(cell):
            raise Wrong(
                _("The letters are garbled (%s): the file was saved in the wrong encoding.")
                % visible(cell[:40])
            )
        if not _without_joiners(cell).isprintable() or not INVISIBLE.isdisjoint(cell):
            raise Wrong(_("There is a character here that cannot be seen. Type the words again."))
    cell = " ".join(cell.split()) if "  " in cell else cell.strip()
    return "" if len(cell) < 11 and cell.lower() in NOT_KNOWN else cell


def _without_joiners(cell: str) -> str:
    """The cell less what joins two letters of a script that is spelt with it."""
    if JOINERS.isdisjoint(cell):
        return cell
    return "".join(c for place, c in enumerate(cell) if c not in JOINERS or not is_joined(cell, place))


def words(longest: int, cell: str) -> str:
    if len(cell) > longest:
        raise Wrong(_("This is longer than %(longest)d letters. Shorten it.") % {"longest": longest})
    return cell


def name(longest: int, cell: str) -> str:
    """A person's or an organisation's name. Raises Wrong where a letter of it was lost: T?newydd."""
    if LOST in cell:
        raise Wrong(
            _(
                "The name has a question mark where a letter was: the export lost it, often ŵ or ŷ. "
                "Type the name as it is."
            )
        )
    return words(longest, cell)


def address(longest: int, cell: str) -> str:
    """A line of an address, or a town. Raises Wrong where a letter of it was lost."""
    if LOST in cell:
        raise Wrong(
            _(
                "The address has a question mark where a letter was: the export lost it, often ŵ or ŷ. "
                "Type the address as it is."
            )
        )
    return words(longest, cell)


@lru_cache(maxsize=4096)
def read_day(cell: str) -> date:
    """2026-03-27 or 27/03/2026. Raises Wrong for a date that does not exist or is written another way."""
    try:
        if len(cell) == 10 and cell[4] == "-":
            return date.fromisoformat(cell)
        found = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", cell)
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        raise Wrong(_("There is no date %s.") % cell) from None
    raise Wrong(_("%s is not a date we can read. Write it as 2026-03-27 or 27/03/2026.") % cell[:30])


def read_day_or_moment(cell: str) -> date:
    """A day, or the London day of a moment. Raises Wrong for what is neither."""
    return read_moment(cell).at.astimezone(LONDON).date() if len(cell) > 10 else read_day(cell)


def day(today: date, cell: str) -> date:
    found = read_day(cell)
    refuse_day(today, found, cell)
    return found


def refuse_day(today: date, found: date, cell: str) -> None:
    """Raises Wrong for a day that is still to come, or before 1900."""
    if found > today:
        raise Wrong(_("%s is in the future.") % cell)
    if found < EARLIEST:
        raise Wrong(_("%s is before 1900.") % cell)


@lru_cache(maxsize=4096)
def read_moment(cell: str) -> Moment:
    """2026-03-27T14:05, with seconds and an offset if given, 27/03/2026 14:05, or a date alone."""
    if len(cell) > 10:
        text = cell
        if cell[2] == "/" or cell[1] == "/":
            day_part, _space, time_part = cell.partition(" ")
            text = f"{read_day(day_part).isoformat()}T{time_part.strip()}"
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise Wrong(
                _("%s is not a date and time we can read. Write it as 2026-03-27T14:05.") % cell[:30]
            ) from None
        try:
            return Moment((found if found.tzinfo else found.replace(tzinfo=LONDON)).astimezone(UTC), False)
        except OverflowError:
            raise Wrong(_("There is no date %s.") % cell[:30]) from None
    midday = datetime.combine(read_day(cell), time(12), LONDON)
    return Moment(midday.astimezone(UTC), True)


def moment(now: datetime, cell: str) -> Moment:
    found = read_moment(cell)
    refuse_moment(now, found, cell)
    return found


def refuse_moment(now: datetime, found: Moment, cell: str) -> None:
    """Raises Wrong for a moment that is still to come, or before 1900."""
    if found.at > now + CLOCKS_DIFFER and not (found.is_date_only and found.at.date() <= now.date()):
        raise Wrong(_("%s is in the future.") % cell)
    if found.at.year < 1900:
        raise Wrong(_("%s is before 1900.") % cell)


def one_of(allowed: Mapping[str, str], cell: str) -> str:
    try:
        return allowed[cell.upper()]
    except KeyError:
        choices = ", ".join(dict.fromkeys(value for value in allowed.values() if value))
        raise Wrong(
            _("“%(cell)s” is not one of %(choices)s.") % {"cell": cell[:30], "choices": choices}
        ) from None


def same(values: str) -> dict[str, str]:
    return {value: value for value in values.split()}


YES_NO = {"Y": "Y", "YES": "Y", "TRUE": "Y", "1": "Y", "N": "N", "NO": "N", "FALSE": "N", "0": "N", "U": ""}


@lru_cache(maxsize=4096)
def postcode(cell: str) -> str:
    """NP20 4AB for "np204ab"."""
    if not (found := postcode_of(cell)):
        raise Wrong(_("“%s” is not a whole postcode, like NP20 4AB.") % cell[:20])
    return found


def phone(cell: str) -> str:
    """As written, when it has enough figures and nothing that is no part of a number."""
    if not is_phone(cell):
        raise Wrong(_("“%s” is not a phone number.") % cell[:30])
    return words(30, cell)


def email(cell: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", cell):
        raise Wrong(_("“%s” is not an email address, like name@example.org.") % cell[:40])
    return words(254, cell)


def language(cell: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z]{2})?", cell):
        raise Wrong(_("“%s” is not a language code, like en or cy.") % cell[:20])
    return cell.lower()


def raw_digest(cells: Mapping[str, str]) -> str:
    """Of a row as it came, so that the same bad row twice waits in quarantine once."""
    return digest([f"{column}\x1e{cell}" for column, cell in sorted(cells.items()) if cell])


def digest(parts: list[str]) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def unknown_cells(cells: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """What columns we do not know said: kept beside the row, not refused."""
    unknown = cells.keys() - known
    return {column: cell for column, cell in cells.items() if column in unknown and cell} if unknown else {}


def wrong_unknown(unknown: Mapping[str, str]) -> list[Problem]:
    """Even what we do not know must be something that can be seen and stored."""
    found = []
    for column, cell in unknown.items():
        if CONTROL.search(cell):
            found.append(
                Problem(column, _("There is a character here that cannot be seen. Type the words again."))
            )
        elif len(cell) > LONGEST_CELL:
            reason = _("This has %(length)s characters; the longest we keep is %(longest)s. Shorten it.")
            found.append(
                Problem(column, reason % {"length": f"{len(cell):,}", "longest": f"{LONGEST_CELL:,}"})
            )
    return found
