"""The packs of figures: the list, asking for one, its progress, its files, the same figures again, checking a file."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from compliance.packs import actions
from compliance.packs.evidence_views import COLOURS, checked, facts_of, file_response
from compliance.packs.forms import AgainForm, FigureFileForm, FiguresForm, SameFiguresForm
from compliance.packs.models import Pack
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.cases.counting import only_counts
from victimcare.faults import Refused
from victimcare.govuk.dates import long_day, moment
from victimcare.http import Request

LIST_LIMIT = 50
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allow(Permission.VIEW_PACKS)
@require_safe
def packs(request: Request) -> HttpResponse:
    """The packs made lately, newest first."""
    found = Pack.objects.without_files().of_figures().select_related("asked_by", "snapshot")[:LIST_LIMIT]
    rows = [
        [
            {"text": str(pack.get_kind_display()), "url": actions.address_of(pack)},
            _period(pack),
            pack.get_language_display(),
            {"text": "", "tag": pack.get_status_display(), "colour": COLOURS.get(pack.status, "blue")},
            pack.snapshot.reference if pack.snapshot else "–",
            str(pack.asked_by),
            moment(pack.asked_at),
        ]
        for pack in found
    ]
    columns = [
        _("Pack"), _("Period"), _("Language"), _("Where it is"), _("Figures"), _("Asked for by"), _("When"),
    ]  # fmt: skip
    return render(request, "packs/list.html", {"columns": columns, "rows": rows})


def _period(pack: Pack) -> str:
    return f"{long_day(pack.since)} – {long_day(pack.until)}"


@allow(Permission.MAKE_PACK)
def ask_for_figures(request: Request) -> HttpResponse:
    """Which pack, of which period, in which language; then it waits for the worker."""
    form = FiguresForm(request.POST or None, of_months=only_counts(request.user))
    if form.is_valid():
        said = form.cleaned_data
        try:
            pack = actions.ask_for_figures(
                kind=said["kind"],
                since=said["since"],
                until=said["until"],
                language=said["language"],
                by=request.user,
            )
        except Refused as refused:  # all that is left to refuse is the period
            form.add_error("until", str(refused.sentence))
        else:
            return redirect("packs:pack", pack.reference)
    context = {"form": form, "submit_label": _("Make the pack"), "cancel_url": reverse("packs:list")}
    return render(request, "packs/ask.html", context, status=422 if form.is_bound else 200)


def _pack(reference: str, *, with_files: bool = False) -> Pack:
    """A pack of figures. Raises Http404 where there is none, and for evidence."""
    rows = Pack.objects.all() if with_files else Pack.objects.without_files()
    found = rows.of_figures().filter(reference=reference).select_related("asked_by", "snapshot").first()
    if found is None:
        raise Http404
    return found


@allow(Permission.VIEW_PACKS)
@require_safe
def pack(request: Request, pack: str) -> HttpResponse:
    """How far one pack is, its files once they are ready, and a way to print the same figures otherwise."""
    found, may_make = _pack(pack), request.user.may(Permission.MAKE_PACK)
    facts = [{"label": _("Period"), "value": _period(found)}, *facts_of(found)]
    if found.snapshot:
        facts += [
            {"label": _("Snapshot of the figures"), "value": found.snapshot.reference},
            {"label": _("SHA-256 of the figures"), "value": found.snapshot.sha256},
        ]
    context: dict[str, Any] = {
        "pack": found,
        "period": _period(found),
        "here": reverse("packs:pack", args=[pack]),
        "pdf_url": reverse("packs:pdf", args=[pack]),
        "sheet_url": reverse("packs:sheet", args=[pack]),
        "again_url": reverse("packs:make-again", args=[pack]) if may_make else "",
        "colour": COLOURS.get(found.status, "blue"),
        "form": AgainForm(initial={"version": found.version}),
        "facts": facts,
        "shows_more": actions.shows_more_than_now(found),
        "same_form": SameFiguresForm(initial={"kind": found.kind, "language": _other(found)})
        if may_make and found.snapshot
        else None,
    }
    response = render(request, "packs/progress.html" if request.htmx else "packs/pack.html", context)
    if request.htmx and not found.is_being_made:  # the rest of the page is about what there is now
        response["HX-Refresh"] = "true"
    return response


def _other(pack: Pack) -> str:
    """The language it is not in."""
    return Pack.Language.CY if pack.language == Pack.Language.EN else Pack.Language.EN


@allow(Permission.VIEW_PACKS)
@require_safe
def pdf(request: Request, pack: str) -> HttpResponse:
    """The PDF, to save."""
    found = _pack(pack, with_files=True)
    return _file(found, found.pdf, "application/pdf", "pdf")


@allow(Permission.VIEW_PACKS)
@require_safe
def sheet(request: Request, pack: str) -> HttpResponse:
    """The spreadsheet, to save."""
    found = _pack(pack, with_files=True)
    return _file(found, found.sheet, SPREADSHEET, "xlsx")


def _file(pack: Pack, body: Any, kind: str, ending: str) -> HttpResponse:
    if pack.status != Pack.Status.READY or not body:
        raise Http404
    name = (
        f"{pack.kind}-{pack.since:%Y-%m-%d}-{pack.until:%Y-%m-%d}-{pack.language}-{pack.reference}.{ending}"
    )
    return file_response(bytes(body), kind, name)


@allow(Permission.MAKE_PACK)
@require_POST
def print_again(request: Request, pack: str) -> HttpResponse:
    """The very same figures as another pack, or in the other language."""
    form = SameFiguresForm(request.POST)
    if not form.is_valid():
        raise Refused(_("Choose the pack and the language, then try again."))
    made = actions.print_again(
        pack=_pack(pack),
        kind=form.cleaned_data["kind"],
        language=form.cleaned_data["language"],
        by=request.user,
    )
    return redirect("packs:pack", made.reference)


@allow(Permission.MAKE_PACK)
@require_POST
def make_again(request: Request, pack: str) -> HttpResponse:
    """Put a pack that could not be made back in the queue."""
    form = AgainForm(request.POST)
    if not form.is_valid():
        raise Refused(_("This page was not filled in by our form. Open it again and retry."))
    actions.try_again(pack=_pack(pack), version=form.cleaned_data["version"], by=request.user)
    messages.success(request, _("The pack is being made again."))
    return redirect("packs:pack", pack)


@allow(Permission.VIEW_PACKS)
def check(request: Request) -> HttpResponse:
    """Whether a file is a pack of figures that was made here, to the last byte."""
    form = FigureFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {
        "form": form, "submit_label": _("Check the file"), "cancel_url": reverse("packs:list"),
    }  # fmt: skip
    status = 200
    if request.method == "POST":
        if form.is_valid():
            context |= checked(form.cleaned_data["file"], Pack.objects.of_figures())
        else:
            status = 422
    return render(request, "packs/check_evidence.html", context, status=status)
