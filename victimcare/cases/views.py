"""The pages that change a case itself: what happened, how to reach someone safely, close and open again."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases import actions, changing
from victimcare.cases.access import participant_for, sees_code_word
from victimcare.cases.closing import LooseEnd, loose_ends
from victimcare.cases.events import correct_event as correct
from victimcare.cases.events import record_event as record
from victimcare.cases.forms import (
    THIS_PERSON,
    CloseForm,
    CorrectEventForm,
    DetailsForm,
    RecordEventForm,
    ReopenForm,
    SafeContactForm,
    SupportAnswerForm,
)
from victimcare.cases.held_before import changes_of
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant, PendingChange, Person, SafeContact, SafetyLift
from victimcare.cases.safe_contact import PLAN_GOES_STALE_AFTER_DAYS, in_danger, moved_since_asked
from victimcare.faults import Refused, Stale
from victimcare.govuk.beside import Beside, beside, typed_again
from victimcare.govuk.dates import due
from victimcare.http import Request


@allow(Permission.RECORD_EVENT)
def record_event(request: Request, case: str, participant: str) -> HttpResponse:
    """Write down something that no feed told us of."""
    person = participant_for(request, case, participant, field_group="event")
    form = RecordEventForm(request.POST or None, participant=person)
    if form.is_valid():
        answers = form.cleaned_data
        event = record(
            case=person.case,
            kind=Kind(answers["kind"]),
            occurred=answers["occurred"],
            learned_at=answers["learned_at"],
            participant=person if answers["concerns"] == THIS_PERSON else None,
            suspect=answers["suspect"],
            detail=answers["detail"],
            by=request.user,
        )
        messages.success(
            request, _("Recorded: %(what)s. What is owed was worked out again.") % {"what": event.title}
        )
        return redirect("desk:timeline", case, participant)
    return render(request, "cases/record_event.html", {"form": form, "participant": person})


@allow(Permission.RECORD_SUPPORT_ANSWER)
def support_answer(request: Request, case: str, participant: str) -> HttpResponse:
    """Write down that this person was referred to support, or declined it: nothing else can be said here."""
    person = participant_for(request, case, participant, field_group="event", op=_op(request))
    form = SupportAnswerForm(request.POST or None, participant=person, initial={"on": clock.today()})
    if form.is_valid():
        answers = form.cleaned_data
        event = record(
            case=person.case,
            kind=Kind(answers["kind"]),
            occurred=answers["on"],
            participant=person,
            detail=answers["service"],
            by=request.user,
        )
        messages.success(
            request, _("Recorded: %(what)s. What is owed was worked out again.") % {"what": event.title}
        )
        return redirect("desk:summary", case, participant)
    return render(request, "cases/support_answer.html", {"form": form, "participant": person})


@allow(Permission.RECORD_EVENT)
def correct_event(request: Request, case: str, participant: str, event: str) -> HttpResponse:
    """Say what a wrong entry should have said. The wrong one is kept, struck through."""
    person = participant_for(request, case, participant, field_group="event")
    wrong = Event.objects.about(person).filter(reference=event).select_related("replaced_by").first()
    if wrong is None:
        raise Http404
    if not wrong.is_by_hand:
        raise Refused(_("This was written by the application itself and is corrected where it was made."))
    if getattr(wrong, "replaced_by", None) is not None:
        raise Refused(_("This was corrected already. Open the timeline to see the correction."))
    form = CorrectEventForm(
        request.POST or None, initial=CorrectEventForm.starting_from(wrong), case=person.case
    )
    if form.is_valid():
        answers = form.cleaned_data
        correct(event=wrong, occurred=answers["occurred"], detail=answers["reason"], by=request.user)
        messages.success(request, _("Corrected. The first entry is kept, struck through."))
        return redirect("desk:timeline", case, participant)
    return render(request, "cases/correct_event.html", {"form": form, "participant": person, "event": wrong})


@allow(Permission.SET_SAFE_CONTACT)
def safe_contact(request: Request, case: str, participant: str) -> HttpResponse:
    """What this person says about reaching them without harm."""
    person = participant_for(request, case, participant, field_group="safe contact", op=_op(request))
    safe = SafeContact.objects.filter(person=person.person).first() or SafeContact()
    moved = moved_since_asked(safe, person.person)
    start = SafeContactForm.starting_from(safe, moved)
    start["review_on"] = clock.today() + timedelta(days=PLAN_GOES_STALE_AFTER_DAYS)
    start["person_version"] = person.person.version
    is_in_danger = bool(in_danger([person.person_id], clock.today()))
    shows = {"shows_code_word": not safe.code_word or sees_code_word(request.user, person)}
    shows |= {"moved": moved, "is_in_danger": is_in_danger, "person": person.person}
    form = SafeContactForm(request.POST or None, initial=start, safe=safe, **shows)
    theirs: list[Beside] = []
    if form.is_valid():
        version = form.cleaned_data["version"]
        try:
            changing.set_safe_contact(person=person.person, version=version, by=request.user, **form.answers)
        except Stale:
            safe = SafeContact.objects.get(person=person.person)
            moved = moved_since_asked(safe, person.person)
            theirs = beside(form, SafeContactForm.starting_from(safe, moved))
            again = typed_again(request.POST, safe.version)
            shows |= {
                "shows_code_word": not safe.code_word or sees_code_word(request.user, person),
                "moved": moved,
            }
            form = SafeContactForm(again, safe=safe, **shows)
        if not theirs:
            messages.success(
                request, _("Saved how to contact %(name)s safely.") % {"name": person.person.name}
            )
            if _lifts_of(person):
                messages.warning(
                    request, _("A supervisor has to agree before a safety alert is lifted: it holds.")
                )
            return redirect("desk:summary", case, participant)
    context = {
        "form": form,
        "participant": person,
        "safe": safe,
        "beside": theirs,
        "is_in_danger": is_in_danger,
        "moved": [form.fields[channel].label for channel in SafeContactForm.CHANNELS if channel in moved],
        "lifts": _lifts_of(person),
    }
    return render(request, "cases/safe_contact.html", context, status=409 if theirs else 200)


def _lifts_of(person: Participant) -> list[SafetyLift]:
    """What somebody asked to take back and nobody has decided about yet."""
    rows = SafetyLift.objects.waiting().filter(person=person.person).exclude(field=SafetyLift.REOPEN)
    return list(rows.select_related("asked_by"))


@allow(Permission.CHANGE_DETAILS)
def details(request: Request, case: str, participant: str) -> HttpResponse:
    """Change a name, number or address that somebody here has checked with the person."""
    person = participant_for(request, case, participant, field_group="details", op=_op(request))
    start = {name: getattr(person.person, name) for name in DetailsForm.FIELDS}
    form = DetailsForm(request.POST or None, initial=start | {"version": person.person.version})
    theirs: list[Beside] = []
    if form.is_valid():
        answers = form.cleaned_data
        try:
            changing.change_details(
                person=person.person,
                version=answers["version"],
                verified_by=answers["verified_by"],
                by=request.user,
                **form.answers,
            )
        except Stale:
            fresh = Person.objects.get(pk=person.person_id)
            theirs = beside(form, {name: getattr(fresh, name) for name in DetailsForm.FIELDS})
            form = DetailsForm(typed_again(request.POST, fresh.version))
        if not theirs:
            messages.success(request, _("Saved the details of %(name)s.") % {"name": person.person.name})
            if PendingChange.objects.waiting().filter(person=person.person).exists():
                messages.warning(
                    request,
                    _(
                        "The new address or number waits: somebody else than you verifies it before it is used."
                    ),
                )
                return redirect("cases:changes", case, participant)
            return redirect("desk:summary", case, participant)
    context = {
        "form": form,
        "participant": person,
        "beside": theirs,
        "is_in_danger": bool(in_danger([person.person_id], clock.today())),
    }
    return render(request, "cases/details.html", context, status=409 if theirs else 200)


@allow(Permission.VIEW_CONTACT_DETAILS)
def details_history(request: Request, case: str, participant: str) -> HttpResponse:
    """What names, numbers and addresses were held before, who changed them and how it was checked."""
    person = participant_for(request, case, participant, field_group="details")
    safe = getattr(person.person, "safe_contact", None)
    is_protected = safe is not None and safe.address_is_protected
    shows_address = not is_protected or request.user.may(Permission.CHANGE_DETAILS)
    context = {
        "participant": person,
        "changes": changes_of(person.person, shows_address=shows_address),
        "hides_address": not shows_address,
    }
    return render(request, "cases/details_history.html", context)


@allow(Permission.CLOSE_CASE)
def close(request: Request, case: str, participant: str) -> HttpResponse:
    """End this person's part, with a reason. Their rights run on."""
    person = participant_for(request, case, participant, op=_op(request))
    if person.closed_at:
        return redirect("cases:reopen", case, participant)
    asked = request.GET.get("reason", "")
    left = loose_ends(person)
    start = {"version": person.version, "reason": asked if asked in Participant.Closure else ""}
    form = CloseForm(request.POST or None, initial=start, unfinished=left)
    if form.is_valid():
        answers = form.cleaned_data
        actions.close(
            participant=person,
            reason=answers["reason"],
            version=answers["version"],
            despite=answers.get("despite", ""),
            told_how_to_return=answers["told_how_to_return"],
            died_known_from=answers["died_known_from"],
            by=request.user,
        )
        messages.success(request, _("Closed: %(name)s.") % {"name": person.person.name})
        return redirect("desk:summary", case, participant)
    context = {"form": form, "participant": person, "left": [_left(end) for end in left]}
    return render(request, "cases/close.html", context, status=422 if form.errors else 200)


def _left(end: LooseEnd) -> dict[str, str]:
    """One thing that is not finished, for a side list."""
    note = due(end.due_on, clock.today()).sentence if end.due_on else ""
    return {"text": end.text, "note": note, "url": end.url, "afterwards": end.afterwards}


@allow(Permission.CLOSE_CASE)
def reopen(request: Request, case: str, participant: str) -> HttpResponse:
    """Open this person's part again."""
    person = participant_for(request, case, participant, op=_op(request))
    if not person.closed_at and request.method != "POST":
        return redirect("cases:close", case, participant)
    form = ReopenForm(request.POST or None, initial={"version": person.version})
    if form.is_valid():
        answers = form.cleaned_data
        opened = actions.reopen(
            participant=person, reason=answers["reason"], version=answers["version"], by=request.user
        )
        if opened.closed_at:
            messages.warning(
                request, _("It was closed as unsafe to contact, so a supervisor other than you decides.")
            )
            return redirect("desk:summary", case, participant)
        messages.success(request, _("Open again: %(name)s.") % {"name": person.person.name})
        return redirect("desk:summary", case, participant)
    return render(request, "cases/reopen.html", {"form": form, "participant": person})


def _op(request: Request) -> AccessEntry.Op:
    """Looking at a form is a look; sending it is a change."""
    return AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT
