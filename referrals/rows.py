"""One raw row of a referrals or events extract becomes a clean row, or problems that name the column. Pure."""

# Columns are written as the header row has them.
# ruff: noqa: SIM905

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from django.utils.translation import gettext_lazy

from victimcare.cases.kinds import FROM_THE_EVENTS_EXTRACT
from victimcare.intake.cells import (
    YES_NO,
    Clean,
    Columns,
    Problem,
    Wrong,
    address,
    also,
    digest,
    email,
    language,
    name,
    one_of,
    phone,
    postcode,
    read_day,
    read_day_or_moment,
    read_moment,
    refuse_day,
    refuse_moment,
    same,
    unknown_cells,
    words,
    wrong_unknown,
)
from victimcare.intake.extract import RawRow
from victimcare.intake.said import said as _
from victimcare.working_days import LONDON

REFERRAL_COLUMNS = (
    "source_system occurrence_no person_id role recorded_at reported_at offence_from offence_to offence_code "
    "offence_title cjs_code flags location ward local_authority policing_area title given_names surname "
    "date_of_birth date_of_death sex ethnicity language welsh_preference interpreter_language disability "
    "address_line_1 address_line_2 town postcode phone_mobile phone_home email safe_to_call safe_to_text "
    "safe_to_email safe_to_post safe_to_voicemail safe_contact_note relationship_to_suspect suspect_ref "
    "suspect_name suspect_address suspect_postcode suspect_phone oic_collar oic_name oic_email team "
    "risk_tool "
    "risk_level consent_to_refer vps_offered acts_for_person_id organisation_name restricted"
).split()
EVENT_COLUMNS = "source_system event_id occurrence_no suspect_ref kind occurred_at learned_at detail".split()

CONSENT = {**YES_NO, "U": "U"}
SEX = {"F": "F", "FEMALE": "F", "M": "M", "MALE": "M", "X": "X", "OTHER": "X", "U": ""}
ROLES = same("VICTIM WITNESS REPRESENTATIVE")
RELATIONSHIPS = same("PARTNER EX_PARTNER FAMILY NEIGHBOUR COLLEAGUE ACQUAINTANCE STRANGER")
RISK_LEVELS = same("STANDARD MEDIUM HIGH")


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
# Where a question mark is a letter that was lost.
_NAMES = ("given_names", "surname", "organisation_name")
_ADDRESS = ("address_line_1", "address_line_2", "town")
SPELT = frozenset({*_NAMES, *_ADDRESS})
_READ.update({column: partial(name, _LONGEST[column]) for column in _NAMES})
_READ.update({column: partial(address, _LONGEST[column]) for column in _ADDRESS})
_MOMENTS = ("recorded_at", "reported_at")
_DAYS = ("offence_from", "offence_to", "date_of_birth", "date_of_death")
_READ |= dict.fromkeys(_MOMENTS, read_moment) | dict.fromkeys(_DAYS, read_day)
_READ |= dict.fromkeys(("offence_from", "offence_to"), read_day_or_moment)
_COLUMNS = Columns(
    {column: _READ[column] for column in REFERRAL_COLUMNS},
    dict.fromkeys(_MOMENTS, refuse_moment) | dict.fromkeys(_DAYS, refuse_day),
)
_EMPTY: Clean = {column: "" for column in REFERRAL_COLUMNS} | {
    "recorded_at": None, "reported_at": None, "offence_from": None, "offence_to": None, "date_of_birth": None,
    "date_of_death": None, "flags": [],
}  # fmt: skip


def clean_referral(raw: RawRow, *, now: datetime) -> tuple[Clean, list[Problem]]:
    """The row with every cell read, and what is wrong with it.

    Keeps `number`, `key`, `digest` and `extra` beside them.
    """
    row: Clean = dict(_EMPTY)
    problems: list[Problem] = [Problem("", raw.fault)] if raw.fault else []
    said = _COLUMNS.read(raw.cells, row, problems, _at(now))
    problems = also(problems, _missing_or_contradictory(row))
    row["number"], row["digest"] = raw.number, digest(said)
    row["key"] = f"{row['source_system']}|{row['occurrence_no']}|{row['person_id']}|{row['role']}"[:200]
    unknown = unknown_cells(raw.cells, REFERRAL_COLUMNS)
    row["extra"] = {column[:80]: cell[:400] for column, cell in unknown.items()}
    return row, problems + wrong_unknown(unknown)


@lru_cache(maxsize=8)
def _at(now: datetime) -> dict[str, Any]:
    """What the dates of a row are held against."""
    today = now.astimezone(LONDON).date()
    return dict.fromkeys(_MOMENTS, now) | dict.fromkeys(_DAYS, today)


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
    row: Clean = dict(_EMPTY_EVENT)
    problems: list[Problem] = [Problem("", raw.fault)] if raw.fault else []
    said = _EVENT_COLUMNS.read(raw.cells, row, problems, {"occurred_at": now, "learned_at": now})
    missing = [
        Problem(column, str(reason)) for column, reason in _WANTED_OF_EVENTS.items() if not row[column]
    ]
    problems = also(problems, missing)
    happened, heard = row["occurred_at"], row["learned_at"]
    are_moments = happened and heard and not (happened.is_date_only or heard.is_date_only)
    if are_moments and heard.at < happened.at:
        problems.append(Problem("learned_at", _("Nobody can have heard of it before it happened.")))
    row["number"], row["digest"] = raw.number, digest(said)
    row["key"] = f"{row['source_system']}|{row['event_id']}"[:200]
    unknown = unknown_cells(raw.cells, EVENT_COLUMNS)
    row["extra"] = {column[:80]: cell[:400] for column, cell in unknown.items()}
    return row, problems + wrong_unknown(unknown)


def _kind(cell: str) -> str:
    kind = cell.upper().replace(" ", "_")
    if kind not in FROM_THE_EVENTS_EXTRACT:
        raise Wrong(_("“%s” is not a kind of event we know.") % cell[:40])
    return kind


_EMPTY_EVENT: Clean = dict.fromkeys(EVENT_COLUMNS, "") | {"occurred_at": None, "learned_at": None}
_WANTED_OF_EVENTS = {
    "source_system": gettext_lazy("The system it came from is missing."),
    "event_id": gettext_lazy("The event's number in the force's system is missing."),
    "occurrence_no": gettext_lazy("The occurrence number is missing: we cannot tell which crime this is."),
    "kind": gettext_lazy("What happened is missing."),
    "occurred_at": gettext_lazy("When it happened is missing."),
}
_READ_EVENT: dict[str, Callable[[str], Any]] = {
    "source_system": partial(words, 20), "event_id": partial(words, 40), "occurrence_no": partial(words, 30),
    "suspect_ref": partial(words, 40), "kind": _kind, "occurred_at": read_moment, "learned_at": read_moment,
    "detail": partial(words, 1000),
}  # fmt: skip
_EVENT_COLUMNS = Columns(
    {column: _READ_EVENT[column] for column in EVENT_COLUMNS},
    {"occurred_at": refuse_moment, "learned_at": refuse_moment},
)
