"""The unit's own standards: what counts today, every version, and what two people agree to change."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from compliance import words
from compliance.local import actions
from compliance.local.forms import ENDED, KEPT, DecideForm, NewForm, VersionForm
from compliance.local.preview import LOOKED_AT, compared, would_open
from compliance.models import LocalStandard
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.cases.kinds import Kind
from victimcare.cases.standards import note_of
from victimcare.faults import NotAllowed
from victimcare.govuk.dates import day
from victimcare.http import Request

PAGE = 50
PEOPLE = ("written_by", "approved_by")


def in_force(rows: list[LocalStandard]) -> dict[str, LocalStandard]:
    """The version of each standard that counts today, of rows that were approved."""
    today = clock.today()
    begun = [row for row in rows if row.effective_from <= today]
    return {row.key: row for row in sorted(begun, key=lambda row: (row.effective_from, row.number))}


@allow(Permission.VIEW_CODE)
@require_safe
def standards(request: Request) -> HttpResponse:
    """Each standard as it counts today, whether anybody confirmed it, and what is proposed."""
    rows = list(LocalStandard.objects.approved().select_related(*PEOPLE))
    now = in_force(rows)
    context = {
        "columns": [
            _("Standard"),
            _("What must be told"),
            _("When"),
            _("Working days"),
            _("Since"),
            _("Confirmed"),
        ],
        "rows": [_row(now.get(row.key) or row) for row in {row.key: row for row in reversed(rows)}.values()],
        "waiting": [
            {
                "row": row,
                "name": _name(row),
                "title": _title(row),
                "is_mine": row.written_by_id == request.user.pk,
            }
            for row in LocalStandard.objects.waiting().select_related(*PEOPLE)[:PAGE]
        ],
        "may_set": request.user.may(Permission.SET_STANDARDS),
    }
    return render(request, "compliance/local/standards.html", context)


def _name(row: LocalStandard) -> str:
    return words.in_their_language(row.name, row.name_cy) or words.short(row.key)


def _title(row: LocalStandard) -> str:
    return words.in_their_language(row.title, row.title_cy)


def _row(row: LocalStandard) -> list[Any]:
    counts = row.is_kept and row.effective_from <= clock.today()
    return [
        {
            "text": _name(row),
            "note": row.key,
            "url": reverse("compliance:standard", args=[row.key]),
            **({} if counts else {"tag": _("Does not count"), "colour": "grey"}),
        },
        _title(row),
        {"text": str(Kind(row.trigger).label), "note": words.CLOCKS[row.clock]},
        {"text": str(row.standard), "note": _("Enhanced: %(days)s") % {"days": row.enhanced}},
        {"text": day(row.effective_from), "note": row.reason},
        {"text": _("Confirmed"), "note": str(row.approved_by or "")}
        if row.is_confirmed
        else {"text": "", "tag": _("Not confirmed"), "colour": "amber"},
    ]


def _versions_of(key: str) -> list[LocalStandard]:
    versions = list(LocalStandard.objects.filter(key=key).select_related(*PEOPLE).order_by("-number")[:PAGE])
    if not versions:
        raise Http404
    return versions


@allow(Permission.VIEW_CODE)
def standard(request: Request, key: str) -> HttpResponse:
    """Every version of one standard, and a way to propose the next."""
    versions = _versions_of(key)
    latest = versions[0]
    may_set = request.user.may(Permission.SET_STANDARDS)
    initial = {
        "version": latest.number,
        "title": latest.title,
        "title_cy": latest.title_cy,
        "name_cy": latest.name_cy,
        "standard": latest.standard,
        "enhanced": latest.enhanced,
        "is_kept": KEPT if latest.is_kept else ENDED,
        "effective_from": clock.today(),
    }
    if request.method == "POST" and not may_set:
        raise NotAllowed(_("A supervisor sets our own standards. Ask one."))
    form = VersionForm(request.POST or None, initial=initial, is_named=bool(latest.name))
    if form.is_valid():
        with form.refusals_at("standard"):
            row = actions.propose(
                key=key,
                number=form.cleaned_data["version"] or 0,
                terms=form.terms,
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
            return _proposed(request, row)
    context = {
        "form": form,
        "may_set": may_set,
        "name": _name(latest),
        "title": _title(latest),
        "trigger": Kind(latest.trigger).label,
        "clock": words.CLOCKS[latest.clock],
        "versions": [_version(row) for row in versions],
        "cancel_url": reverse("compliance:standards") if may_set else "",
        "submit_label": _("Propose it"),
    }
    is_wrong = form.is_bound and bool(form.errors)
    return render(request, "compliance/local/standard.html", context, status=422 if is_wrong else 200)


def _proposed(request: Request, row: LocalStandard) -> HttpResponse:
    messages.success(request, _("Proposed. It counts once another supervisor approves it."))
    return redirect("compliance:standard-version", row.key, row.number)


def _version(row: LocalStandard) -> dict[str, str]:
    """Working days: 5, with enhanced rights 1, from Thu 1 Apr 2021; why, by whom, and whether it counts."""
    return {
        "text": _says(row),
        "note": note_of(row),
        "url": reverse("compliance:standard-version", args=[row.key, row.number]),
    }


def _says(row: LocalStandard) -> str:
    if not row.is_kept:
        return _("Ends on %s") % day(row.effective_from)
    said = {"n": row.standard, "enhanced": row.enhanced, "day": day(row.effective_from)}
    return _("Working days: %(n)d, with enhanced rights %(enhanced)d, from %(day)s") % said


@allow(Permission.SET_STANDARDS)
def new(request: Request) -> HttpResponse:
    """Propose a standard that there was not."""
    form = NewForm(request.POST or None, initial={"effective_from": clock.today()})
    if form.is_valid():
        with form.refusals_at("trigger"):
            row = actions.begin(
                opening=form.opening,
                terms=form.terms,
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
            return _proposed(request, row)
    context = {
        "form": form,
        "cancel_url": reverse("compliance:standards"),
        "submit_label": _("Propose it"),
    }
    return render(request, "compliance/local/new.html", context, status=422 if form.errors else 200)


@allow(Permission.VIEW_CODE)
@require_safe
def version(request: Request, key: str, number: int) -> HttpResponse:
    """One version: what it says, what it would have made of the last three months, and the second person's yes."""
    row = get_object_or_404(LocalStandard.objects.select_related(*PEOPLE), key=key, number=number)
    is_waiting = row.written_by_id is not None and not row.approved_at and not row.withdrawn_at
    may_decide = is_waiting and request.user.may(Permission.SET_STANDARDS)
    context = {
        "row": row,
        "name": _name(row),
        "says": _says(row),
        "version": _version(row),
        "trigger": Kind(row.trigger).label,
        "clock": words.CLOCKS[row.clock],
        **(_of_new(row, request) if is_waiting and row.number == 1 else _of_change(row, request)),
        "is_waiting": is_waiting,
        "may_decide": may_decide,
        "may_approve": may_decide and row.written_by_id != request.user.pk,
        "form": DecideForm() if may_decide else None,
    }
    return render(request, "compliance/local/version.html", context)


VERDICTS = {
    "in_time": gettext_lazy("Told in time"),
    "late": gettext_lazy("Told late"),
    "overdue": gettext_lazy("Not told, past the last day"),
    "open": gettext_lazy("Not told, still in time"),
}


def _of_change(row: LocalStandard, request: Request) -> dict[str, Any]:
    """What the last three months came to, and what this version would have made of them."""
    now, then = compared(row, clock.today(), user=request.user)
    return {
        "columns": [
            _("Of the last three months"),
            {"label": _("As it counts now"), "is_number": True},
            {"label": _("By this version"), "is_number": True},
        ],
        "rows": [[label, getattr(now, key), getattr(then, key)] for key, label in VERDICTS.items()],
    }


def _of_new(row: LocalStandard, request: Request) -> dict[str, Any]:
    """What a standard that there was not would have opened in the last three months."""
    opened = would_open(row, clock.today(), user=request.user)
    return {
        "opened": opened,
        "looked_at": LOOKED_AT,
        "columns": [_("Of the last three months"), {"label": _("By this version"), "is_number": True}],
        "rows": [[label, getattr(opened.verdicts, key)] for key, label in VERDICTS.items()],
    }


@require_POST
@allow(Permission.SET_STANDARDS)
def decide(request: Request, key: str, number: int) -> HttpResponse:
    """Approve what a colleague proposed, or set it aside."""
    is_approved = request.POST.get("answer") == "approve"
    if DecideForm(request.POST).is_valid():
        row = actions.decide(key=key, number=number, is_approved=is_approved, by=request.user)
        said = _("Approved. It counts from %s.") % day(row.effective_from) if is_approved else _("Set aside.")
        messages.success(request, said)
    return redirect("compliance:standard", key)
