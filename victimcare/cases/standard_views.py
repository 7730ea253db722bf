"""The unit's own numbers: what holds, what is proposed, and the second person's yes."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.cases import actions
from victimcare.cases.forms import StandardForm
from victimcare.cases.models import Standard
from victimcare.cases.standards import RANGES, Key, in_force_on, note_of
from victimcare.govuk.dates import day
from victimcare.http import Request


@allow(Permission.VIEW_CODE)
def standards(request: Request) -> HttpResponse:
    """Each number as it is today, whether anybody confirmed it, and what is proposed."""
    now = in_force_on(clock.today())
    may_set = request.user.may(Permission.SET_STANDARDS)
    context = {
        "columns": [_("Our own number"), {"label": _("Now"), "is_number": True}, _("Since"), _("Confirmed")],
        "rows": [_in_a_row(key, now.get(key), may_set) for key in Key],
        "proposed": [
            {
                "standard": row,
                "label": Key(row.key).label,
                "is_mine": row.written_by_id == request.user.pk,
            }
            for row in Standard.objects.waiting().select_related("written_by")
            if row.key in Key
        ],
    }
    return render(request, "cases/standards.html", context)


def _in_a_row(key: Key, row: Standard | None, may_set: bool) -> list[Any]:
    url = reverse("cases:standard", args=[key.value]) if may_set else ""
    return [
        {"text": str(key.label), "url": url},
        row.value if row else RANGES[key].first,
        {"text": day(row.effective_from) if row else "–", "note": row.reason if row else ""},
        {"text": _("Confirmed")}
        if row and row.is_confirmed
        else {"text": "", "tag": _("Not confirmed"), "colour": "amber"},
    ]


@allow(Permission.SET_STANDARDS)
def standard(request: Request, key: str) -> HttpResponse:
    """Propose another value from another day; every earlier version is below."""
    if key not in Key:
        raise Http404
    versions = list(
        Standard.objects.filter(key=key).select_related("written_by", "approved_by").order_by("-number")[:50]
    )
    form = StandardForm(
        request.POST or None,
        initial={"version": versions[0].number if versions else 0, "effective_from": clock.today()},
    )
    if form.is_valid():
        answers = form.cleaned_data
        with form.refusals_at("value"):
            actions.propose_standard(
                key=key,
                value=answers["value"],
                effective_from=answers["effective_from"],
                reason=answers["reason"],
                number=answers["version"] or 0,
                by=request.user,
            )
            messages.success(request, _("Proposed. It counts once another supervisor approves it."))
            return redirect("cases:standards")
    context = {
        "form": form,
        "label": Key(key).label,
        "limits": RANGES[key],
        "versions": [_version(row) for row in versions],
    }
    return render(request, "cases/standard.html", context, status=422 if form.errors else 200)


def _version(row: Standard) -> dict[str, str]:
    """3, from Thu 1 Jul 2021. Why, by whom, and whether it counts."""
    return {
        "text": _("%(n)d, from %(day)s") % {"n": row.value, "day": day(row.effective_from)},
        "note": note_of(row),
    }


@require_POST
@allow(Permission.SET_STANDARDS)
def decide(request: Request, key: str, number: int) -> HttpResponse:
    """Approve what a colleague proposed, or set it aside."""
    row = get_object_or_404(Standard, key=key, number=number)
    is_approved = request.POST.get("answer") == "approve"
    actions.decide_standard(standard=row, is_approved=is_approved, by=request.user)
    messages.success(request, _("Approved.") if is_approved else _("Set aside."))
    return redirect("cases:standards")
