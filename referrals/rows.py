"""One raw row becomes a clean row, or problems that name the column and say in plain words what is wrong.
Pure.

Cells are text as sent. Moments without an offset are London time and come out in UTC; a date alone becomes
midday in London and is marked as a date. An empty cell, NULL, N/A and "not known" all mean not known.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import Any

from django.utils.translation import gettext as _

from referrals.extract import EVENT_COLUMNS, LONGEST_CELL, REFERRAL_COLUMNS, RawRow, visible
from victimcare.cases.kinds import FROM_THE_EVENTS_EXTRACT
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
EARLIEST = date(1900, 1, 1)
CLOCKS_DIFFER = timedelta(minutes=10)  # another system's clock may run a little ahead of ours


class Wrong(ValueError):
    """This cell cannot be used; the message says why."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row: the column ("" for the whole row) and the sentence a person reads."""

    column: str
    reason: str


@dataclass(frozen=True)
class Moment:
    """A moment in UTC; `is_date_only` when the row gave just the day."""

    at: datetime
    is_date_only: bool


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
        cell = unicodedata.normalize("NFC", cell.replace("\xa0", " ").replace("\u202f", " ").strip("\ufeff"))
        cell = cell.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
        if GARBLED.search(cell):
            raise Wrong(
                _("The letters are garbled (%s): the file was saved in the wrong encoding.")
                % visible(cell[:40])
            )
        if not cell.isprintable() or not INVISIBLE.isdisjoint(cell):
            raise Wrong(_("There is a character here that cannot be seen. Type the words again."))
    cell = " ".join(cell.split()) if "  " in cell else cell.strip()
    return "" if len(cell) < 11 and cell.lower() in NOT_KNOWN else cell


def words(longest: int, cell: str) -> str:
    if len(cell) > longest:
        raise Wrong(_("This is longer than %(longest)d letters. Shorten it.") % {"longest": longest})
    return cell


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


def day(today: date, cell: str) -> date:
    found = read_day(cell)
    if found > today:
        raise Wrong(_("%s is in the future.") % cell)
    if found < EARLIEST:
        raise Wrong(_("%s is before 1900.") % cell)
    return found


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
    if found.at > now + CLOCKS_DIFFER and not (found.is_date_only and found.at.date() <= now.date()):
        raise Wrong(_("%s is in the future.") % cell)
    if found.at.year < 1900:
        raise Wrong(_("%s is before 1900.") % cell)
    return found


def one_of(allowed: Mapping[str, str], cell: str) -> str:
    try:
        return allowed[cell.upper()]
    except KeyError:
        choices = ", ".join(dict.fromkeys(value for value in allowed.values() if value))
        raise Wrong(
            _("“%(cell)s” is not one of %(choices)s.") % {"cell": cell[:30], "choices": choices}
        ) from None


def _same(values: str) -> dict[str, str]:
    return {value: value for value in values.split()}


YES_NO = {"Y": "Y", "YES": "Y", "TRUE": "Y", "1": "Y", "N": "N", "NO": "N", "FALSE": "N", "0": "N", "U": ""}
CONSENT = {**YES_NO, "U": "U"}
SEX = {"F": "F", "FEMALE": "F", "M": "M", "MALE": "M", "X": "X", "OTHER": "X", "U": ""}
ROLES = _same("VICTIM WITNESS REPRESENTATIVE")
RELATIONSHIPS = _same("PARTNER EX_PARTNER FAMILY NEIGHBOUR COLLEAGUE ACQUAINTANCE STRANGER")
RISK_LEVELS = _same("STANDARD MEDIUM HIGH")
POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})|GIR0AA")


@lru_cache(maxsize=4096)
def postcode(cell: str) -> str:
    """NP20 4AB for "np204ab"."""
    text = cell.upper().replace(" ", "")
    if not POSTCODE.fullmatch(text):
        raise Wrong(_("“%s” is not a whole postcode, like NP20 4AB.") % cell[:20])
    return f"{text[:-3]} {text[-3:]}"


def phone(cell: str) -> str:
    """As written, when it has enough figures and nothing that is no part of a number."""
    if re.search(r"[^\d\s()+.\-/]", cell) or not 7 <= sum(c.isdigit() for c in cell) <= 15:
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


def flags(cell: str) -> list[str]:
    found = sorted({flag.strip().upper() for flag in cell.replace(",", ";").split(";")} - {""})
    if any(len(flag) > 12 for flag in found):
        raise Wrong(_("A flag is longer than 12 letters. Separate flags with ; like DA;HATE."))
    return found


@lru_cache(maxsize=1024)
def offence_code(cell: str) -> str:
    """8N, 105A, 58B, 8/1: one to three figures, perhaps a letter. Raises Wrong for anything else."""
    text = cell.upper().replace(" ", "")
    if not re.fullmatch(r"\d{1,3}[A-Z]{0,2}(/\d{1,3})?", text):
        raise Wrong(_("“%s” is not an offence code, like 8N or 105A.") % cell[:20])
    return text


OFFENCES: dict[str, str] = {
    "1": "Murder", "2": "Attempted murder", "3B": "Threats to kill", "5D": "Wounding with intent",
    "8L": "Harassment", "8M": "Racially or religiously aggravated harassment",
    "8N": "Assault occasioning actual bodily harm",
    "8P": "Racially or religiously aggravated assault with injury", "8Q": "Stalking",
    "8R": "Malicious communications",
    "8U": "Controlling or coercive behaviour", "9A": "Public fear, alarm or distress",
    "9B": "Racially or religiously aggravated public fear", "17A": "Sexual assault on a male aged 13 or over",
    "17B": "Sexual assault on a male child under 13", "19C": "Rape of a female aged 16 or over",
    "19D": "Rape of a female child under 16", "19E": "Rape of a female child under 13",
    "19F": "Rape of a male aged 16 or over", "19G": "Rape of a male child under 16",
    "19H": "Rape of a male child under 13",
    "20A": "Sexual assault on a female aged 13 or over", "20B": "Sexual assault on a female child under 13",
    "28E": "Burglary in a dwelling", "30C": "Burglary, business and community",
    "34A": "Robbery of business property",
    "34B": "Robbery of personal property", "36": "Kidnapping", "39": "Theft from the person",
    "45": "Theft from a vehicle",
    "46": "Shoplifting", "48": "Theft of a motor vehicle", "49": "Other theft",
    "53C": "Fraud by false representation",
    "56A": "Arson endangering life", "56B": "Arson", "58A": "Criminal damage to a dwelling",
    "58B": "Criminal damage to a dwelling", "58C": "Criminal damage to a vehicle",
    "58D": "Other criminal damage",
    "99Z": "Anti-social behaviour (personal)", "105A": "Assault without injury",
    "105B": "Assault on a constable",
    "106": "Modern slavery",
}  # fmt: skip


# --- Rows ------------------------------------------------------------------------------------------

# How each column of the referrals extract is read, once it is known not to be empty.
_READ: dict[str, Callable[[str], Any]] = {
    "role": partial(one_of, ROLES),
    "offence_code": offence_code,
    "flags": flags,
    "sex": partial(one_of, SEX),
    "language": language,
    "interpreter_language": language,
    "welsh_preference": partial(one_of, YES_NO),
    "postcode": postcode,
    "phone_mobile": phone,
    "phone_home": phone,
    "email": email,
    "relationship_to_suspect": partial(one_of, RELATIONSHIPS),
    "risk_level": partial(one_of, RISK_LEVELS),
    "consent_to_refer": partial(one_of, CONSENT),
    "vps_offered": partial(one_of, CONSENT),
    "restricted": partial(one_of, YES_NO),
}
for _channel in ("call", "text", "email", "post", "voicemail"):
    _READ[f"safe_to_{_channel}"] = partial(one_of, YES_NO)
_LONGEST = {
    "source_system": 20, "occurrence_no": 30, "person_id": 40, "acts_for_person_id": 40, "suspect_ref": 40,
    "offence_title": 160, "cjs_code": 10, "location": 200, "ward": 60, "local_authority": 60,
    "policing_area": 40,
    "title": 20, "given_names": 100, "surname": 100, "ethnicity": 4, "disability": 20, "address_line_1": 120,
    "address_line_2": 120, "town": 80, "safe_contact_note": 400, "suspect_name": 200, "suspect_address": 120,
    "suspect_postcode": 10, "suspect_phone": 30, "oic_collar": 20, "oic_name": 80, "oic_email": 254,
    "team": 80,
    "risk_tool": 10, "organisation_name": 160,
}  # fmt: skip
_READ.update({column: partial(words, longest) for column, longest in _LONGEST.items()})
_MOMENTS = ("recorded_at", "reported_at")
_DAYS = ("offence_from", "offence_to", "date_of_birth", "date_of_death")
_EMPTY: Clean = {column: "" for column in REFERRAL_COLUMNS} | {
    "recorded_at": None, "reported_at": None, "offence_from": None, "offence_to": None, "date_of_birth": None,
    "date_of_death": None, "flags": [],
}  # fmt: skip


def clean_referral(raw: RawRow, *, now: datetime) -> tuple[Clean, list[Problem]]:
    """The row with every cell read, and what is wrong with it.

    Keeps `number`, `key`, `digest` and `extra` beside them.
    """
    cells = raw.cells
    row: Clean = dict(_EMPTY)
    problems: list[Problem] = [Problem("", raw.fault)] if raw.fault else []
    today = now.astimezone(LONDON).date()
    seen: list[str] = []
    for column in REFERRAL_COLUMNS:
        cell = cells.get(column)
        if not cell:
            continue
        try:
            cell = plain_cell(cell)
            if not cell:
                continue
            seen.append(f"{column}\x1e{cell}")
            if column in _DAYS:
                row[column] = day(today, cell)
            elif column in _MOMENTS:
                row[column] = moment(now, cell)
            else:
                row[column] = _READ[column](cell)
        except Wrong as wrong:
            problems.append(Problem(column, str(wrong)))
    if not problems:
        problems = _missing_or_contradictory(row)
    row["number"], row["digest"] = raw.number, _digest(seen)
    row["key"] = "|".join((row["source_system"], row["occurrence_no"], row["person_id"], row["role"]))[:200]
    unknown = _unknown(cells, REFERRAL_COLUMNS)
    row["extra"] = {column[:80]: cell[:400] for column, cell in unknown.items()}
    return row, problems + _wrong_unknown(unknown)


def _missing_or_contradictory(row: Clean) -> list[Problem]:
    """What every row must say, and what cannot both be true."""
    found: list[Problem] = []

    def wrong(column: str, reason: str) -> None:
        found.append(Problem(column, reason))

    is_business = bool(row["organisation_name"]) and not row["surname"] and not row["given_names"]
    if not row["source_system"]:
        wrong("source_system", _("The system it came from is missing."))
    if not row["occurrence_no"]:
        wrong("occurrence_no", _("The occurrence number is missing: we cannot tell which crime this is."))
    if not row["role"]:
        wrong("role", _("The role is missing: victim, witness or representative."))
    if is_business and row["role"] == "VICTIM":
        row["person_id"] = row["person_id"] or f"ORG-{row['occurrence_no']}"[:40]
    elif not row["surname"]:
        wrong("surname", _("The surname is missing: we cannot tell who this is."))
    if not row["person_id"]:
        wrong("person_id", _("The person's number in the force's system is missing."))
    code = row["offence_code"]
    if code and not row["offence_title"]:
        if code not in OFFENCES:
            wrong("offence_code", _("We do not know the offence %s and the row gives it no title.") % code)
        row["offence_title"] = OFFENCES.get(code, "")
    born, died = row["date_of_birth"], row["date_of_death"]
    if born and died and died < born:
        wrong("date_of_death", _("This person cannot have died before they were born."))
    start, end = row["offence_from"], row["offence_to"]
    if start and end and end < start:
        wrong("offence_to", _("The offence cannot have ended before it began."))
    if row["role"] == "REPRESENTATIVE" and not row["acts_for_person_id"]:
        wrong("acts_for_person_id", _("The victim for whom this person acts is missing."))
    return found


def clean_event(raw: RawRow, *, now: datetime) -> tuple[Clean, list[Problem]]:
    """One row of the events extract, read; and what is wrong with it."""
    cells = raw.cells
    row: Clean = dict.fromkeys(EVENT_COLUMNS, "")
    row["occurred_at"] = row["learned_at"] = None
    problems: list[Problem] = [Problem("", raw.fault)] if raw.fault else []
    seen: list[str] = []
    for column in EVENT_COLUMNS:
        try:
            cell = plain_cell(cells.get(column) or "")
            if not cell:
                continue
            seen.append(f"{column}\x1e{cell}")
            row[column] = _event_cell(column, cell, now)
        except Wrong as wrong:
            problems.append(Problem(column, str(wrong)))
    if not problems:
        for column, reason in (
            ("source_system", _("The system it came from is missing.")),
            ("event_id", _("The event's number in the force's system is missing.")),
            ("occurrence_no", _("The occurrence number is missing: we cannot tell which crime this is.")),
            ("kind", _("What happened is missing.")),
            ("occurred_at", _("When it happened is missing.")),
        ):
            if not row[column]:
                problems.append(Problem(column, reason))
        happened, heard = row["occurred_at"], row["learned_at"]
        are_moments = happened and heard and not (happened.is_date_only or heard.is_date_only)
        if are_moments and heard.at < happened.at:
            problems.append(Problem("learned_at", _("Nobody can have heard of it before it happened.")))
    row["number"], row["digest"] = raw.number, _digest(seen)
    row["key"] = "|".join((row["source_system"], row["event_id"]))[:200]
    unknown = _unknown(cells, EVENT_COLUMNS)
    row["extra"] = {column[:80]: cell[:400] for column, cell in unknown.items()}
    return row, problems + _wrong_unknown(unknown)


def _event_cell(column: str, cell: str, now: datetime) -> Any:
    if column in ("occurred_at", "learned_at"):
        return moment(now, cell)
    if column == "kind":
        kind = cell.upper().replace(" ", "_")
        if kind not in FROM_THE_EVENTS_EXTRACT:
            raise Wrong(_("“%s” is not a kind of event we know.") % cell[:40])
        return kind
    longest = {"source_system": 20, "event_id": 40, "occurrence_no": 30, "suspect_ref": 40, "detail": 1000}
    return words(longest[column], cell)


def raw_digest(cells: Mapping[str, str]) -> str:
    """Of a row as it came, so that the same bad row twice waits in quarantine once."""
    return _digest([f"{column}\x1e{cell}" for column, cell in sorted(cells.items()) if cell])


def _digest(parts: list[str]) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _unknown(cells: Mapping[str, str], known: list[str]) -> dict[str, str]:
    """What columns we do not know said: kept beside the row, not refused."""
    if len(cells) <= len(known) and all(column in known for column in cells):
        return {}
    return {column: cell for column, cell in cells.items() if column not in known and cell}


def _wrong_unknown(unknown: Mapping[str, str]) -> list[Problem]:
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
