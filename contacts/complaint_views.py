"""What people were not content with: the list for supervisors, and the page on which one is answered."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts import complaints
from contacts.models import Complaint
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import listed, participant_for
from victimcare.govuk.dates import day, due, moment
from victimcare.govuk.forms import Form, FormKeyField, LongTextField, TextField, VersionField
from victimcare.http import Request

SHOWN = 25


class AnswerForm(Form):
    """Who looks into it, and once they were told, what they were told."""

    form_key = FormKeyField()
    version = VersionField()
    passed_to = TextField(label=gettext_lazy("Who looks into it?"), max_length=120, required=False)
    answer = LongTextField(
        label=gettext_lazy("What were they told became of it?"),
        hint=gettext_lazy(
            "Leave it empty until they were told. Say with it how they can take it further: the Parliamentary and"
            " Health Service Ombudsman, through a member of Parliament."
        ),
        max_length=2000,
        rows=5,
        required=False,
    )


@allow(Permission.HANDLE_COMPLAINTS)
def complaint_list(request: Request) -> HttpResponse:
    """Those without an answer, the soonest due first; or those answered, the newest first."""
    is_answered = request.GET.get("show") == "answered"
    rows = Complaint.objects.visible_to(request.user).select_related(
        "participant__case", "participant__person"
    )
    rows = (
        rows.exclude(answered_at=None).order_by("-answered_at", "-pk")
        if is_answered
        else rows.open().order_by("reply_due_on", "pk")
    )
    start = _start(request.GET.get("from", ""))
    found = list(rows[start : start + SHOWN + 1])
    shown = found[:SHOWN]
    listed(request, [each.participant for each in shown], field_group="complaints")
    here = reverse("contacts:complaints")
    query = "show=answered&" if is_answered else ""
    context = {
        "is_answered": is_answered,
        "columns": [_("Reply due"), _("Who"), _("About"), _("What they said"), _("Passed to")],
        "rows": [_in_a_row(each) for each in shown],
        "caption": ngettext("%(n)d shown", "%(n)d shown", len(shown)) % {"n": len(shown)},
        "newer_url": f"{here}?{query}from={max(start - SHOWN, 0)}" if start else "",
        "older_url": f"{here}?{query}from={start + SHOWN}" if len(found) > SHOWN else "",
    }
    return render(request, "contacts/complaints.html", context)


def _start(typed: str) -> int:
    """Where the page begins; the first page for anything that is no place in a list of ours."""
    return min(int(typed), 5000) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0


def _in_a_row(complaint: Complaint) -> list[Any]:
    part = complaint.participant
    references = (part.case.reference, part.reference, complaint.reference)
    then = due(complaint.reply_due_on, clock.today())
    is_open = complaint.answered_at is None
    return [
        {"text": then.lead, "note": then.note, "tone": then.tone}
        if is_open
        else {"text": _("Answered %s") % day(complaint.answered_at), "note": ""},
        {"text": part.person.name, "url": reverse("contacts:complaint", args=references)},
        {"text": str(complaint.get_about_display()), "note": str(complaint.get_kind_display())},
        complaint.words[:200],
        complaint.passed_to or _("Nobody yet"),
    ]


@allow(Permission.HANDLE_COMPLAINTS)
def complaint(request: Request, case: str, participant: str, complaint: str) -> HttpResponse:
    """One of them: what was said, who looks into it, and the answer."""
    op = AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT
    part = participant_for(request, case, participant, field_group="complaint", op=op)
    found = (
        Complaint.objects.filter(participant=part, reference=complaint)
        .select_related("taken_by", "answered_by")
        .first()
    )
    if found is None:
        raise Http404
    start = {"version": found.version, "passed_to": found.passed_to}
    form = AnswerForm(request.POST or None, initial=start)
    if form.is_valid():
        said = form.cleaned_data
        kept = complaints.answer(
            complaint=found,
            words=said["answer"],
            passed_to=said["passed_to"],
            version=said["version"],
            by=request.user,
        )
        messages.success(request, _("Answer saved.") if kept.answered_at else _("Saved who looks into it."))
        return redirect("contacts:complaints")
    context = {
        "participant": part,
        "complaint": found,
        "form": form,
        "due": due(found.reply_due_on, clock.today()).sentence if found.answered_at is None else "",
        "when": moment(found.made_at),
        "cancel_url": reverse("contacts:complaints"),
    }
    return render(request, "contacts/complaint.html", context)
