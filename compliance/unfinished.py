"""What is still owed to somebody when they are to be closed: it runs on, and whoever closes them knows."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from compliance.models import Duty
from compliance.words import short
from victimcare.cases.closing import LooseEnd
from victimcare.cases.models import Participant

AT_MOST = 25


def open_duties(participant: Participant) -> Iterator[LooseEnd]:
    """Every duty that is not met, those without a last day at the end. One query."""
    url = reverse("desk:rights", args=[participant.case.reference, participant.reference])
    for duty in Duty.objects.open().filter(participant=participant).order_by("due_on", "pk")[:AT_MOST]:
        said = _("Still owed: %s.") % short(duty.rule)
        yield LooseEnd(said, duty.due_on, url, afterwards=_afterwards(duty, participant))


def _afterwards(duty: Duty, participant: Participant) -> str:
    """What becomes of it once they are closed: it is owed all the same, but the unit is reminded no more."""
    if duty.owner == Duty.Owner.FORCE and participant.officer_id is None:
        return _("The officer in the case owes it: closing changes nothing.")
    if duty.owner != Duty.Owner.FORCE:
        return _("%s owes it: closing changes nothing.") % duty.get_owner_display()
    if duty.due_on is None:
        return _("It stays owed on the rights page, and leaves Today: nobody is reminded.")
    return _("It stays owed and leaves Today: nobody is reminded. After its last day it counts as missed.")
