"""What the call sheet says that contacts does not know: what is owed to somebody, by when."""

from collections.abc import Iterator

from django.db.models import QuerySet

from compliance import words
from compliance.models import Duty
from contacts.call_sheet import Line, Owed
from desk.owed import OURS_TO_TELL
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.models import Participant
from victimcare.govuk.dates import due
from victimcare.prepared import Asked, Given, Prepared

SHOWN = 6


@Prepared
def _duties() -> QuerySet[Duty]:
    """The duties with a last day that are ours to meet, the soonest due first."""
    duties = Duty.objects.open().timed().filter(participant=Given("participant"), owner__in=OURS_TO_TELL)
    return duties.select_related("event").order_by("due_on", "pk")[:SHOWN]


def _questions(person: Participant, user: User) -> list[Asked]:
    return [_duties.of(participant=person.pk)] if user.may(Permission.VIEW_RIGHTS) else []


def _lines(duties: list[Duty]) -> Iterator[Line]:
    for duty in duties:
        yield Line(words.short(duty.rule), due(duty.due_on, clock.today()).sentence, duty.event.named)


DUTIES_ON_THE_SHEET = Owed(_questions, _lines)
