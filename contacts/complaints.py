"""What somebody was not content with: taken down in a contact, passed on, answered by a day that is a standard.

A complaint is Right 12 of the Code, so it is an event and its duty runs; dissatisfaction is ours to mend before
it becomes one, and is known to the unit alone.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import Complaint, Contact
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.events import new_event, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event
from victimcare.cases.standards import Key, numbers_on
from victimcare.faults import Refused, Stale
from victimcare.working_days import add_working_days, england_and_wales, london_day

REPLY = {Complaint.Kind.COMPLAINT: Key.COMPLAINT_REPLY, Complaint.Kind.DISSATISFIED: Key.MEND_WITHIN}


@dataclass(frozen=True)
class Discontent:
    """What somebody said they are not content with, as a form asks it."""

    kind: str
    about: str
    words: str
    passed_to: str = ""


def taken_down(
    *, contact: Contact, said: Discontent, at: datetime, by: User
) -> tuple[Complaint] | tuple[Complaint, Event]:
    """What they said and what the timeline says of it, not kept yet; the reply is due in so many working days."""
    kind = Complaint.Kind(said.kind)
    if not said.words.strip():
        raise Refused(_("Write down what they are not content with."))
    days = numbers_on(clock.today())[REPLY[kind]]
    complaint = Complaint(
        participant=contact.participant,
        contact=contact,
        kind=kind,
        about=said.about,
        words=said.words.strip(),
        passed_to=said.passed_to.strip(),
        made_at=at,
        reply_due_on=add_working_days(london_day(at), days, bank_holidays=england_and_wales()),
        taken_by=by,
    )
    if kind != Complaint.Kind.COMPLAINT:
        return (complaint,)
    event = new_event(
        case=contact.participant.case,
        kind=Kind.COMPLAINT_RECEIVED,
        occurred=at,
        participant=contact.participant,
        detail=str(complaint.get_about_display()),
        data={"complaint": complaint.reference},
        by=by,
    )
    return complaint, event


@transaction.atomic
def answer(*, complaint: Complaint, words: str, passed_to: str, version: int | None, by: User) -> Complaint:
    """Say what they were told became of it; with no words, only who looks into it now.

    Raises Refused when it was answered already, Stale when somebody else changed it meanwhile.
    """
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint.pk)
    if complaint.answered_at is not None:
        raise Refused(_("This was answered already. Open the list to see how."))
    if complaint.version != version:
        raise Stale(
            _("Somebody else changed this while you were writing."),
            theirs={_("Passed to"): complaint.passed_to},
        )
    if not words.strip() and passed_to.strip() == complaint.passed_to:
        raise Refused(_("Say what they were told, or who looks into it."))
    complaint.passed_to = passed_to.strip()
    complaint.version += 1
    if words.strip():
        complaint.answered_at, complaint.answered_by, complaint.answer = clock.now(), by, words.strip()
    _save(complaint, by)
    if complaint.answered_at and complaint.kind == Complaint.Kind.COMPLAINT:
        record_event(
            case=complaint.participant.case,
            kind=Kind.COMPLAINT_ANSWERED,
            occurred=complaint.answered_at,
            participant=complaint.participant,
            detail=str(complaint.get_about_display()),
            data={"complaint": complaint.reference},
            by=by,
        )
    return complaint


def _save(complaint: Complaint, by: User) -> None:
    complaint._history_user = by  # type: ignore[attr-defined]
    complaint.save()
