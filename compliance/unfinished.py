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
        yield LooseEnd(_("Still owed: %s.") % short(duty.rule), duty.due_on, url)
