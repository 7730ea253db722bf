"""Which officers in the case are to tell which victims what: the duties, as requests of the officer's minute."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from compliance.models import Duty
from contacts.models import Telling, UrgentCall
from contacts.say import spoken
from contacts.telling import Ask
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Participant

LOOKS_BACK = timedelta(days=7)  # an older event stands on the page, but nobody is written to about it
AT_MOST = 500  # of a pass: the next comes in half a minute


def to_tell() -> QuerySet[Duty]:
    """Open duties to tell a victim something that an officer in the case may tell: of the force, of a known kind."""
    rows = Duty.objects.open().filter(
        owner=Duty.Owner.FORCE,
        event__kind__in=list(spoken()),
        participant__role=Participant.Role.VICTIM,
    )
    rung = UrgentCall.objects.open().filter(participant=OuterRef("participant"), event=OuterRef("event"))
    return rows.filter(participant__closed_at=None) | rows.filter(Exists(rung))


def told_meanwhile(user: User, references: Collection[str]) -> QuerySet[Duty]:
    """Duties to these victims that somebody other than this officer has met since yesterday.

    For an officer whose page is older than that: what they did happened all the same.
    """
    own = Telling.objects.filter(
        participant=OuterRef("participant"),
        event=OuterRef("event"),
        answered_by=user,
        answer=Telling.Answer.TOLD,
    )
    return (
        Duty.objects.current()
        .filter(
            status__in=[Duty.Status.MET, Duty.Status.MET_LATE],
            settled_on__gte=clock.today() - timedelta(days=1),
            owner=Duty.Owner.FORCE,
            event__kind__in=list(spoken()),
            participant__role=Participant.Role.VICTIM,
            participant__reference__in=references,
            case__oic_collar=user.collar,
        )
        .filter(~Exists(own))
    )


def not_asked_yet(as_of: datetime) -> list[Ask]:
    """What happened lately and nobody was asked to tell, with the officer whose crime it is. Few queries."""
    officers = {
        user.collar: user
        for user in User.objects.active()
        .with_role(Role.OFFICER_IN_THE_CASE)
        .exclude(collar="")
        .order_by("pk")
    }
    asked = Telling.objects.filter(participant=OuterRef("participant"), event=OuterRef("event"))
    duties = list(
        to_tell()
        .filter(event__recorded_at__gte=as_of - LOOKS_BACK, case__oic_collar__in=list(officers))
        .filter(~Exists(asked))
        .select_related("case")
        .order_by("due_on", "pk")[:AT_MOST]
    )
    rung = set(
        UrgentCall.objects.open()
        .filter(participant__in={duty.participant_id for duty in duties})
        .values_list("participant_id", "event_id")
    )
    seen: dict[str, set[int]] = {}
    for collar in {duty.case.oic_collar for duty in duties}:
        theirs = [duty.participant_id for duty in duties if duty.case.oic_collar == collar]
        visible = Participant.objects.visible_to(officers[collar]).filter(pk__in=theirs)
        seen[collar] = set(visible.values_list("pk", flat=True))
    return [
        Ask(
            participant=duty.participant_id,
            event=duty.event_id,
            officer=officers[duty.case.oic_collar],
            due_on=duty.due_on,
            is_urgent=(duty.participant_id, duty.event_id) in rung,
        )
        for duty in duties
        if duty.participant_id in seen[duty.case.oic_collar]
    ]


def is_owed() -> Exists:
    """That the duty behind a telling stands open."""
    duties = Duty.objects.open().filter(participant=OuterRef("participant"), event=OuterRef("event"))
    return Exists(duties)


def still_owed() -> QuerySet[Telling]:
    """Those an officer was asked and has not answered, whose duty stands open, the oldest first."""
    return Telling.objects.waiting().filter(is_owed()).order_by("asked_at")[:AT_MOST]


def not_owed_any_more() -> QuerySet[Telling]:
    """Those somebody else told, or that nobody owes now."""
    return Telling.objects.filter(ended_at=None).exclude(is_owed())[:AT_MOST]
