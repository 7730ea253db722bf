"""The extracts whose rows are kept here: referrals, and what happened in the investigation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from referrals import held_as, landing, landing_events
from referrals.arriving import arrivals
from referrals.column_names import EVENT_NAMES, EVENT_NEEDED, REFERRAL_NAMES, REFERRAL_NEEDED, TRIAGE_NAMES
from referrals.rows import EVENT_COLUMNS, REFERRAL_COLUMNS, SPELT, clean_event, clean_referral
from referrals.rules.book import in_words
from referrals.same_person import other_people
from victimcare.cases.models import Participant
from victimcare.intake.cells import Clean
from victimcare.intake.layouts import Landed, Layout
from victimcare.intake.models import FeedRow, ImportBatch
from victimcare.intake.said import said as _


def _land_referrals(batch: ImportBatch, rows: Sequence[Clean], now: datetime) -> Landed:
    return landing.land_referrals(
        arrivals(batch, rows),
        batch_id=batch.pk,
        change=f"extract {batch.reference}",
        by=batch.uploaded_by,
        now=now,
    )


def _land_events(batch: ImportBatch, rows: Sequence[Clean], now: datetime) -> Landed:
    landed = landing_events.land_events(
        rows,
        received_at=batch.arrived_at,
        batch_id=batch.pk,
        change=f"extract {batch.reference}",
        by=batch.uploaded_by,
        now=now,
    )
    sentences = {
        "crime": (
            "occurrence_no",
            _("We hold no crime %(value)s. It may come in a later referrals extract."),
        ),
        "early": (
            "occurred_at",
            _("That is before the crime was reported on %(value)s. Check the day and the year."),
        ),
        "other_case": (
            "occurrence_no",
            _("This event was sent before as one of another crime (%(value)s). Ask which is right."),
        ),
    }
    landed.unknown = {
        number: (sentences[wrong][0], sentences[wrong][1] % {"value": value})
        for number, (wrong, value) in landed.unknown.items()
    }
    return landed


def _victims_without_a_referral(participants: QuerySet[Any, Any]) -> int:
    return Participant.objects.victims().filter(pk__in=participants, referral=None).count()


LAYOUTS = (
    Layout(
        kind=ImportBatch.Kind.REFERRALS,
        feed=FeedRow.Kind.REFERRAL,
        columns=REFERRAL_COLUMNS,
        key=("source_system", "occurrence_no", "person_id", "role"),
        telling=frozenset({"source_system", "occurrence_no", "person_id", "role"}),
        clean=lambda raw, now: clean_referral(raw, now=now),
        land=_land_referrals,
        names=REFERRAL_NAMES,
        needed=REFERRAL_NEEDED,
        spelt=SPELT,
        makes="cases.Participant",
        without=_victims_without_a_referral,
        held_as=held_as.of_referrals,
        came_in=held_as.REFERRALS_CAME_IN,
        follows=TRIAGE_NAMES,
        say_reason=lambda reason: in_words([reason], None)[0],
        doubtful=other_people,
    ),
    Layout(
        kind=ImportBatch.Kind.EVENTS,
        feed=FeedRow.Kind.EVENT,
        columns=EVENT_COLUMNS,
        key=("source_system", "event_id"),
        telling=frozenset({"source_system", "event_id", "occurrence_no", "kind", "occurred_at"}),
        clean=lambda raw, now: clean_event(raw, now=now),
        land=_land_events,
        names=EVENT_NAMES,
        needed=EVENT_NEEDED,
        held_as=held_as.of_events,
        came_in=held_as.EVENTS_CAME_IN,
    ),
)
