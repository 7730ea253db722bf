"""Somebody is ringing: check who it is, and keep what they said when nobody could be found."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contacts import actions
from contacts.forms import CallerForm, CallNoteForm, SettleNoteForm
from contacts.models import CallNote, Contact, IdentityCheck
from contacts.reaching import clearance_for
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import participant_for
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Channel
from victimcare.drafts.actions import address_with
from victimcare.drafts.models import Draft
from victimcare.faults import Refused
from victimcare.http import Request


@allow(Permission.TAKE_CALL)
def caller(request: Request, case: str, participant: str) -> HttpResponse:
    """Ask the caller, type what they say, and learn only whether it is right."""
    op = AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT
    part = participant_for(request, case, participant, field_group="caller", op=op)
    is_rung_only = actions.has_tried_too_often(part)
    form = CallerForm(
        request.POST or None, has_code_word=bool(actions.code_words(part)), is_rung_only=is_rung_only
    )
    is_wrong = False
    if form.is_valid():
        rang_back = form.cleaned_data["how"] == IdentityCheck.How.RANG_BACK
        try:
            check = actions.check_identity(
                participant=part,
                how=form.cleaned_data["how"],
                said=form.cleaned_data.get("said", ""),
                born_on=form.cleaned_data.get("born_on"),
                postcode=form.cleaned_data.get("postcode", ""),
                clearance=clearance_for(part, Channel.PHONE, clock.now()) if rang_back else None,
                by=request.user,
            )
        except Refused as refused:
            form.add_error(None, str(refused.sentence))
        else:
            if check.has_passed:
                messages.success(request, _("That is right. You may talk to them."))
                return redirect(_call_in_progress(request, part, check))
            is_wrong = True
            is_rung_only = actions.has_tried_too_often(part)
            if is_rung_only:
                form = CallerForm(has_code_word=False, is_rung_only=True)
            record_access(
                by=request.user,
                op=AccessEntry.Op.CONSULT,
                outcome=AccessEntry.Outcome.DENIED,
                case=case,
                subject=participant,
                field_group="caller check failed",
                path=request.path,
            )
    context = {
        "form": form,
        "is_wrong": is_wrong,
        "is_wrong_again": is_wrong and actions.has_erred_before(part),
        "is_rung_only": is_rung_only,
        "participant": part,
        "is_mine": part.officer_id == request.user.pk,
        "log_url": _call_in_progress(request, part),
        "is_incoming": request.GET.get("direction") != Contact.Direction.OUT,
        # Nothing of the case is in sight while somebody is on the line whom nobody knows.
        "case_bar": None,
        "case_tabs": [],
    }
    return render(request, "contacts/caller.html", context, status=422 if form.errors or is_wrong else 200)


def _call_in_progress(request: Request, part: Participant, check: IdentityCheck | None = None) -> str:
    """Back to the call from which the check was opened, with what was typed of it; or on to one that begins now."""
    draft = Draft.objects.filter(
        user=request.user,
        reference=request.GET.get("draft", "")[:20],
        page="contacts:log",
        subject=part.reference,
    ).first()
    if draft is not None:
        address = address_with(draft)
    else:
        direction = request.GET.get("direction")
        asked = [("direction", "out" if direction == Contact.Direction.OUT else "in")]
        asked += [(name, value) for name in ("channel", "tell") for value in request.GET.getlist(name)[:50]]
        address = f"{reverse('contacts:log', args=[part.case.reference, part.reference])}?{urlencode(asked)}"
    return f"{address}&check={check.reference}" if check else address


@allow(Permission.TAKE_CALL)
def note(request: Request) -> HttpResponse:
    """Keep what somebody said whom nobody could find."""
    form = CallNoteForm(request.POST or None)
    if form.is_valid():
        answers = form.cleaned_data
        actions.note_call(
            caller=answers["caller"], number=answers["number"], words=answers["words"], by=request.user
        )
        messages.success(request, _("Kept. Your team sees it under “Somebody is ringing”."))
        return redirect("desk:calls")
    context = {"form": form, "cancel_url": reverse("desk:calls")}
    return render(request, "contacts/note_call.html", context, status=422 if form.errors else 200)


@require_POST
@allow(Permission.TAKE_CALL)
def settle(request: Request, note: str) -> HttpResponse:
    """Say what became of such a call."""
    kept = get_object_or_404(CallNote.objects.visible_to(request.user), reference=note)
    form = SettleNoteForm(request.POST)
    if not form.is_valid():
        raise Refused(_("Say what became of it."))
    actions.settle_note(note=kept, settlement=form.cleaned_data["settlement"], by=request.user)
    messages.success(request, _("Settled."))
    return redirect("desk:calls")
