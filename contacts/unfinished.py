"""What is left of our contact with somebody when they are to be closed: promises, and the first contact."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.attempts import Step
from contacts.models import Contact, ContactSeries, Promise
from contacts.series import in_words
from victimcare import clock
from victimcare.cases.closing import LooseEnd
from victimcare.cases.models import Participant

Closure = Participant.Closure
NEED_THE_SERIES = frozenset({Closure.UNABLE_TO_CONTACT.value, Closure.UNSAFE_TO_CONTACT.value})
AT_MOST = 50


def open_promises(participant: Participant) -> Iterator[LooseEnd]:
    """What was promised, and what somebody here said they would do. One query."""
    url = reverse("contacts:list", args=[participant.case.reference, participant.reference])
    for promise in (
        Promise.objects.open().filter(participant=participant).select_related("made_by", "owner")[:AT_MOST]
    ):
        words = _("Promised to them: %s.") if promise.kind == Promise.Kind.PROMISE else _("To do: %s.")
        stays = _("It stays on Today for %s.") % promise.falls_to
        yield LooseEnd(words % promise.what.rstrip("."), promise.due_on, url, afterwards=stays)


def _has_come(day: date | None) -> bool:
    return day is None or day <= clock.today()


def unfinished_series(participant: Participant) -> Iterator[LooseEnd]:
    """Nobody is closed as unable or unsafe to contact before the attempts are finished. Two queries at most."""
    if not participant.is_victim:
        return
    url = reverse("contacts:log", args=[participant.case.reference, participant.reference])
    series = ContactSeries.objects.open().filter(participant=participant).first()
    is_over = series is not None and series.step == Step.CLOSE and _has_come(series.next_on)
    if series is not None and not is_over:
        yield LooseEnd(
            _("The first contact is not finished. %s") % in_words(series),
            series.next_on,
            url,
            NEED_THE_SERIES,
        )
    elif series is None and not Contact.objects.filter(participant=participant, is_by_unit=True).exists():
        yield LooseEnd(_("Nobody of the unit has tried to reach them yet."), None, url, NEED_THE_SERIES)
