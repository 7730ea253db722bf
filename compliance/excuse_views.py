"""Asking that a duty be excused, and the supervisor's list and answer."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from compliance import words
from compliance.breach_forms import AGREE, TAKES_BACK, AskForm, DecideForm, TakeBackForm
from compliance.excuses import (
    CAN_BE_EXCUSED,
    agree_to_excuse,
    ask_to_excuse,
    contacts_with,
    may_decide,
    meanwhile,
    refuse_to_excuse,
    take_excuse_back,
    waiting_about,
)
from compliance.explain import due_of
from compliance.models import ACCOUNTABLE, Duty, Excuse
from contacts.models import RELEASE_NEWS
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import listed, participant_for
from victimcare.faults import Stale
from victimcare.govuk.dates import day, moment
from victimcare.http import Request

PAGE = 25


def op_of(request: Request) -> AccessEntry.Op:
    """Looking at a form is a look; sending it is a change."""
    return AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT


@allow(Permission.DECIDE_EXCUSE)
@require_safe
def excuses(request: Request) -> HttpResponse:
    """What waits for a supervisor of this team, oldest first, a page at a time."""
    rows = Excuse.objects.to_decide_by(request.user).order_by("pk")
    typed = request.GET.get("after", "")
    start = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
    found = list(
        rows.filter(pk__gt=start).select_related(
            "participant__person", "participant__case", "duty", "trigger", "asked_by"
        )[: PAGE + 1]
    )
    shown = found[:PAGE]
    listed(request, [each.participant for each in shown], field_group="excuses")
    here = reverse("compliance:excuses")
    context = {
        "rows": [_row(each, request.user) for each in shown],
        "caption": ngettext("%(n)d shown", "%(n)d shown", len(shown)) % {"n": len(shown)},
        "columns": [_("Asked"), _("What is owed"), _("What it would become"), _("Due")],
        "newer_url": here if start else "",
        "older_url": f"{here}?after={shown[-1].pk}" if len(found) > PAGE else "",
    }
    return render(request, "compliance/excuses.html", context)


def _row(excuse: Excuse, user: User) -> list[Any]:
    duty, part = excuse.duty, excuse.participant
    then = due_of(duty, clock.today()) if duty.due_on else None
    is_mine = excuse.asked_by_id == user.pk
    return [
        {"text": moment(excuse.asked_at), "note": str(excuse.asked_by)},
        {
            "text": words.asks(excuse.rule, part.person.name),
            "url": reverse("compliance:excuse", args=[excuse.reference]),
            "note": f"{excuse.trigger.title}, {day(duty.clock_on)}. {part.case.reference}",
        },
        {
            "text": str(excuse.get_status_display()),
            "note": _("You asked: another supervisor decides.")
            if is_mine
            else str(excuse.get_reason_display()),
        },
        {"text": then.lead, "note": then.note, "tone": then.tone} if then else _("No number of days"),
    ]


@allow(Permission.ASK_EXCUSE)
def ask(request: Request, duty: int) -> HttpResponse:
    """Ask that a duty be exempt, declined or not applicable."""
    found = Duty.objects.current().filter(pk=duty).select_related("participant", "case", "event").first()
    if found is None:
        raise Http404
    participant = participant_for(
        request,
        found.case.reference,
        found.participant.reference,
        field_group="rights",
        op=op_of(request),
    )
    form = AskForm(request.POST or None, contacts=contacts_with(participant))
    back = reverse("desk:rights", args=[participant.case.reference, participant.reference])
    if form.is_valid():
        said = form.cleaned_data
        ask_to_excuse(
            duty=found,
            status=said["status"],
            reason=said["reason"],
            why=said["why"],
            contact=said["contact"],
            by=request.user,
        )
        messages.success(request, _("Asked. It stays owed until a supervisor agrees."))
        return redirect(back)
    context = {
        "participant": participant,
        "form": form,
        "what": words.asks(found.rule, participant.person.first_name),
        "why": f"{found.event.title}, {day(found.clock_on)}.",
        "due": due_of(found, clock.today()).sentence if found.due_on else "",
        "can_be_excused": found.status in CAN_BE_EXCUSED,
        "waiting": waiting_about(found),
        "may_decide": request.user.may(Permission.DECIDE_EXCUSE),
        "is_release_news": found.event.kind in RELEASE_NEWS,
        "cancel_url": back,
    }
    return render(request, "compliance/ask_excuse.html", context, status=422 if form.errors else 200)


@allow(Permission.DECIDE_EXCUSE)
def excuse(request: Request, excuse: str) -> HttpResponse:
    """One request: what is owed, what it would become and why; the answer, or taking it back."""
    rows = Excuse.objects.select_related(
        "participant__case",
        *(f"duty__{each}" for each in ACCOUNTABLE),
        "trigger",
        "asked_by",
        "decided_by",
        "withdrawn_by",
        "contact__spoke_to__person",
    )
    found = rows.filter(reference=excuse).first()
    if found is None:
        raise Http404
    part = found.participant
    participant = participant_for(
        request, part.case.reference, part.reference, field_group="rights", op=op_of(request)
    )
    may = may_decide(found, request.user)
    form = _form(request, found, may)
    if request.method == "POST" and form is not None and form.about != found.decision:
        raise Stale(meanwhile(found))
    if form is not None and form.is_valid():
        _decide(request, found, form)
        return redirect("compliance:excuse", found.reference)
    context = {
        "participant": participant,
        "excuse": found,
        "form": form,
        "what": words.asks(found.rule, participant.person.first_name),
        "facts": _facts(found),
        "is_waiting": found.decision == Excuse.Decision.WAITING,
        "is_mine": found.asked_by_id == request.user.pk,
        "is_release_news": found.trigger.kind in RELEASE_NEWS,
        "submit_label": _("Save") if found.decision == Excuse.Decision.WAITING else _("Take it back"),
    }
    return render(request, "compliance/excuse.html", context, status=422 if form and form.errors else 200)


def _form(request: Request, excuse: Excuse, may: bool) -> DecideForm | TakeBackForm | None:
    """The form this person may fill in now; None where they may only look. A supervisor may always take back."""
    if request.method == "POST":
        # What is sent says on which page it was typed: a "no" to what was agreed meanwhile takes nothing back.
        # Whoever may not decide and sends the form all the same is told so by the action.
        return (TakeBackForm if request.POST.get("shown") == TAKES_BACK else DecideForm)(request.POST)
    if excuse.decision == Excuse.Decision.APPROVED:
        return TakeBackForm()
    return DecideForm() if may and excuse.decision == Excuse.Decision.WAITING else None


def _decide(request: Request, excuse: Excuse, form: DecideForm | TakeBackForm) -> None:
    said, by = form.cleaned_data, request.user
    if isinstance(form, TakeBackForm):
        take_excuse_back(excuse=excuse, because=said["because"], by=by)
        messages.success(request, _("Taken back. It is owed again, and the record keeps both."))
        return
    decide = agree_to_excuse if said["answer"] == AGREE else refuse_to_excuse
    decided = decide(excuse=excuse, because=said["because"], by=by)
    messages.success(request, f"{decided.get_decision_display()}.")


def _facts(excuse: Excuse) -> list[dict[str, str]]:
    duty = excuse.duty
    contact = excuse.contact
    who = contact.spoke_to.person.name if contact and contact.spoke_to else ""
    said = [
        (_("What happened"), f"{excuse.trigger.title}, {day(duty.clock_on)}"),
        (_("Which right"), words.why(duty.right, is_local=duty.is_local)),
        (_("Whose duty"), duty.accountable),
        (
            _("Due"),
            due_of(duty, clock.today()).sentence if duty.due_on else _("The Code gives no number of days"),
        ),
        (_("What it would become"), str(excuse.get_status_display())),
        (_("Good reason"), str(excuse.get_reason_display()) if excuse.reason else ""),
        (_("Why"), excuse.why),
        (
            _("Declined in"),
            f"{contact.get_channel_display()}, {moment(contact.at)}" + (f", {who}" if who else "")
            if contact
            else "",
        ),
        (_("Asked"), f"{moment(excuse.asked_at)}, {excuse.asked_by}"),
        (
            _("Decided"),
            f"{excuse.get_decision_display()}, {moment(excuse.decided_at)}, {excuse.decided_by}. {excuse.because}"
            if excuse.decided_at
            else "",
        ),
        (
            _("Taken back"),
            f"{moment(excuse.withdrawn_at)}, {excuse.withdrawn_by}. {excuse.withdrawn_because}"
            if excuse.withdrawn_at
            else "",
        ),
    ]
    return [{"label": label, "value": value} for label, value in said if value]
