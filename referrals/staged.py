"""A row of referrals as COPY stages it: its columns, whose they are, and the lines. Pure.

Column in staging -> column of the table, where the feed owns it.
"""

# ruff: noqa: SIM905

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter

from referrals.places import Place, suspect_of
from referrals.triage import Triage
from victimcare.cases.safety.moves import ADDRESS
from victimcare.intake.cells import Clean
from victimcare.intake.staging import Line, array, line, references

PERSON_WORDS = (
    "title given_names surname sex ethnicity language interpreter_language disability "
    "address_line_1 address_line_2 "
    "town postcode phone_mobile phone_home email"
).split()
PERSON_KNOWN = ("date_of_birth", "date_of_death", "prefers_welsh")
ADDRESS_COLUMNS = frozenset(ADDRESS)
REACHED_AT = ADDRESS_COLUMNS | {"phone_mobile", "phone_home", "email"}
SUSPECT_WORDS = "given_names surname address_line_1 postcode phone_mobile".split()
CASE_WORDS = (
    "offence_code offence_title cjs_code location ward local_authority policing_area oic_collar "
    "oic_name oic_email "
    "oic_team"
).split()
CASE_KNOWN = ("recorded_at", "reported_at", "offence_from", "offence_to")
PART_WORDS = (
    "relationship_to_suspect risk_tool risk_level consent_to_refer vps_offered organisation_name".split()
)
SAFE_WORDS = "phone text email post voicemail note".split()
# As the extract calls them, in the order of SAFE_WORDS.
SAFE_COLUMNS = (
    "safe_to_call", "safe_to_text", "safe_to_email", "safe_to_post", "safe_to_voicemail", "safe_contact_note",
)  # fmt: skip

TEXT = "text NOT NULL"
# First what is text, then what needs no care on its way.
_TEXTS = (
    *"source_system person_id occurrence_no role acts_for key digest extra".split(),
    *PERSON_WORDS, *CASE_WORDS, *PART_WORDS,
    *[f"safe_{name}" for name in SAFE_WORDS], *[f"suspect_{name}" for name in SUSPECT_WORDS],
    *"suspect_id suppressed_because reasons channel categories entitlement_reason flags".split(),
)  # fmt: skip
_REFERENCES = {
    "person": "PE",
    "case": "VC",
    "part": "P",
    "suspect": "PE",
    "suspect_part": "P",
    "referral": "R",
}
STAGED: dict[str, str] = {
    **dict.fromkeys(_TEXTS, TEXT),
    "extra": "jsonb NOT NULL", "reasons": "jsonb NOT NULL", "categories": "text[] NOT NULL",
    "flags": "text[] NOT NULL",
    "date_of_birth": "date", "date_of_death": "date", "prefers_welsh": "boolean",
    "recorded_at": "timestamptz", "reported_at": "timestamptz", "offence_from": "date", "offence_to": "date",
    "team_id": "bigint", "received_at": "timestamptz NOT NULL", "received_on": "date NOT NULL",
    "crime_at": "timestamptz NOT NULL", "crime_on": "date NOT NULL", "crime_precision": TEXT,
    "priority": "int NOT NULL", "due_on": "date", "rule_set_id": "bigint",
    **{f"{name}_ref": TEXT for name in (*_REFERENCES, "event", "entitlement")},
    **{f"{name}_pk": "bigint NOT NULL" for name in ("person", "case", "part")},
    "suspect_pk": "bigint", "suspect_part_pk": "bigint",
    **dict.fromkeys(
        "is_new_person is_new_case is_new is_new_suspect says_person says_suspect says_case says_safety "
        "is_restricted".split(), "boolean NOT NULL"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Arrival:
    """One row on its way in, with what triage made of it (victims only)."""

    row: Clean
    team_id: int | None
    received_at: datetime
    received_on: date
    crime_at: datetime
    crime_on: date
    crime_precision: str
    triage: Triage | None
    rule_set_id: int | None  # the version of the rules that triaged it
    due_on: date | None
    entitlement_reason: str


_OF_ROW = itemgetter(
    *"source_system person_id occurrence_no role acts_for_person_id key digest".split()
)  # fmt: skip
_WORDS_OF_ROW = itemgetter(
    *PERSON_WORDS, *["team" if name == "oic_team" else name for name in CASE_WORDS], *PART_WORDS,
    *"safe_to_call safe_to_text safe_to_email safe_to_post safe_to_voicemail safe_contact_note".split(),
)  # fmt: skip
_NULL, _YES_OR_NO, _WELSH = r"\N", ("f", "t"), {"Y": "t", "N": "f"}


def lines(arrivals: Sequence[Arrival], placed: Sequence[Place]) -> Iterator[Line]:
    """The rows as COPY writes them, in the order of `STAGED`."""
    fresh = [references(prefix, len(arrivals)) for prefix in _REFERENCES.values()]
    fresh += [references("E", len(arrivals), 9) for _event in ("event", "entitlement")]
    for arrival, place, *refs in zip(arrivals, placed, *fresh, strict=True):
        row, triage = arrival.row, arrival.triage or _NO_TRIAGE
        given, _space, surname = row["suspect_name"].rpartition(" ")
        yield line(
            (
                *_OF_ROW(row), json.dumps(row["extra"]) if row["extra"] else "{}", *_WORDS_OF_ROW(row),
                given[:100], surname[:100], row["suspect_address"], row["suspect_postcode"],
                row["suspect_phone"], suspect_of(row), triage.suppressed_because, _as_json(triage.reasons),
                triage.channel, array(triage.categories), arrival.entitlement_reason, array(tuple(row["flags"])),
            ),
            (
                _day(row["date_of_birth"]), _day(row["date_of_death"]), _WELSH.get(row["welsh_preference"], _NULL),
                str(row["recorded_at"].at) if row["recorded_at"] else _NULL,
                str(row["reported_at"].at) if row["reported_at"] else _NULL,
                _day(row["offence_from"]), _day(row["offence_to"]),
                _number(arrival.team_id), str(arrival.received_at), str(arrival.received_on),
                str(arrival.crime_at), str(arrival.crime_on), arrival.crime_precision,
                str(triage.priority), _day(arrival.due_on), _number(arrival.rule_set_id),
                *refs,
                str(place.person), str(place.case), str(place.part), _number(place.suspect),
                _number(place.suspect_part),
                _YES_OR_NO[place.is_new_person], _YES_OR_NO[place.is_new_case], _YES_OR_NO[place.is_new_part],
                _YES_OR_NO[place.is_new_suspect], _YES_OR_NO[place.says_person],
                _YES_OR_NO[place.says_suspect], _YES_OR_NO[place.says_case], _YES_OR_NO[place.says_safety],
                _YES_OR_NO[place.is_restricted],
            ),
        )  # fmt: skip


_NO_TRIAGE = Triage(priority=3, reasons=(), categories=(), channel="")


def _day(day: date | None) -> str:
    return str(day) if day else _NULL


def _number(number: int | None) -> str:
    return _NULL if number is None else str(number)


@lru_cache(maxsize=4096)
def _as_json(reasons: tuple[str, ...]) -> str:
    return json.dumps(reasons)
