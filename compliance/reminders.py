"""Duties of the Code as something people are reminded of: one reminder for what one conversation can settle."""

from typing import Any

from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce

from compliance.models import Duty
from contacts.subjects import Subject, owed, path_to

DUTY_DUE = (
    "duty_due"  # the subject is the participant's reference: what they are owed by one day is one thing
)


def owed_by_us() -> QuerySet[Any, Any]:
    """Open duties that the unit or witness care answers for, each with whose it is."""
    is_theirs = When(owner=Duty.Owner.WCU, then=F("case__witness_care_officer_id"))
    is_their_teams = When(
        owner=Duty.Owner.WCU, then=Coalesce("case__witness_care_team_id", "participant__team_id")
    )
    return owed(
        Duty.objects.open().timed().ours().filter(participant__closed_at=None),
        officer=Case(is_theirs, default=F("officer_id")),
        team=Case(is_their_teams, default=F("participant__team_id")),
        case=F("case_id"),
        is_restricted=F("case__is_restricted"),
        url=path_to("desk:rights"),
    )


def ours_by_day() -> QuerySet[Duty]:
    """The same, or a few more, from an index."""
    return Duty.objects.open().timed().ours()


DUTIES = Subject(DUTY_DUE, owed_by_us, days=ours_by_day)
