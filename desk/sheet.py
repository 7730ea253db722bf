"""What the call sheet says that contacts does not know: what is owed to somebody, by when."""

from collections.abc import Iterator

from compliance import words
from compliance.models import Duty
from contacts.call_sheet import Line
from desk.owed import OURS_TO_TELL
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.models import Participant
from victimcare.govuk.dates import due

SHOWN = 6


def duties_on_the_sheet(person: Participant, user: User) -> Iterator[Line]:
    """The duties with a last day that are ours to meet, the soonest due first. One query."""
    if not user.may(Permission.VIEW_RIGHTS):
        return
    duties = Duty.objects.open().timed().filter(participant=person, owner__in=OURS_TO_TELL)
    for duty in duties.select_related("event").order_by("due_on", "pk")[:SHOWN]:
        yield Line(words.short(duty.rule), due(duty.due_on, clock.today()).sentence, str(duty.event.title))
