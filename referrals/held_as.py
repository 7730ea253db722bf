"""What the rows of the referrals and events extracts are held as, and the column each field came in."""

from collections.abc import Sequence
from typing import Any

from referrals.models import Referral
from referrals.staged import (
    CASE_KNOWN,
    CASE_WORDS,
    PART_WORDS,
    PERSON_KNOWN,
    PERSON_WORDS,
    SAFE_COLUMNS,
    SAFE_WORDS,
)
from victimcare.cases.models import Case, Event, Participant, Person, SafeContact
from victimcare.intake.models import FeedRow
from victimcare.lookups import is_any

_SAME = ("priority", "channel", "due_on", "status", "suppressed_because", "reasons")
REFERRALS_CAME_IN: dict[str, dict[str, str]] = {
    Person._meta.label: {name: name for name in (*PERSON_WORDS, *PERSON_KNOWN)}
    | {"prefers_welsh": "welsh_preference"},
    SafeContact._meta.label: dict(zip(SAFE_WORDS, SAFE_COLUMNS, strict=True)),
    Case._meta.label: {name: name for name in (*CASE_WORDS, *CASE_KNOWN, "flags")}
    | {"oic_team": "team", "is_restricted": "restricted"},
    Participant._meta.label: {name: name for name in PART_WORDS} | {"represents": "acts_for_person_id"},
    Referral._meta.label: {name: name for name in _SAME},
}
EVENTS_CAME_IN = {Event._meta.label: {name: name for name in ("kind", "occurred_at", "learned_at", "detail")}}


def of_referrals(keys: Sequence[str]) -> dict[str, list[tuple[Any, int]]]:
    """By natural key, the rows that a referral is held as: the person, their part and so on. One query."""
    part = "participant__"
    found = FeedRow.objects.filter(
        is_any("key", keys), kind=FeedRow.Kind.REFERRAL, participant__isnull=False
    ).values_list(
        "key", f"{part}person", f"{part}person__safe_contact", f"{part}case", "participant", f"{part}referral"
    )  # fmt: skip
    models = (Person, SafeContact, Case, Participant, Referral)
    return {
        key: [(model, pk) for model, pk in zip(models, pks, strict=True) if pk is not None]
        for key, *pks in found
    }


def of_events(keys: Sequence[str]) -> dict[str, list[tuple[Any, int]]]:
    """By natural key, the event that a row is held as. One query."""
    found = FeedRow.objects.filter(is_any("key", keys), kind=FeedRow.Kind.EVENT, event__isnull=False)
    return {key: [(Event, event)] for key, event in found.values_list("key", "event")}
