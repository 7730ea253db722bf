"""The pages of intake: extracts, what came of their rows, and quarantine."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.faults import Refused
from victimcare.http import Request
from victimcare.intake import actions, layouts
from victimcare.intake.forms import RowForm, SetAsideForm, UploadForm
from victimcare.intake.models import BEGUN, NOT_BEGUN, ImportBatch, ImportRow

PAGE = 50


@allow(Permission.IMPORT_EXTRACT)
def intake(request: Request) -> HttpResponse:
    """Upload an extract, which is checked first; the extracts that came before, newest first."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = actions.upload(
                file_name=file.name, content=file.read(), by=request.user, checked_first=True
            )
            return redirect("intake:batch", batch.reference)
        except Refused as refused:
            form.add_error("file", str(refused.sentence))
    batches = ImportBatch.objects.defer("content", "preview").select_related("uploaded_by")[:30]
    return render(request, "intake/list.html", {"form": form, "batches": batches})


@allow(Permission.IMPORT_EXTRACT)
@require_GET
def batch_page(request: Request, batch: str) -> HttpResponse:
    """What a check found, how far an extract is, and what came of its rows. Refreshes itself while it is read."""
    found = get_object_or_404(
        ImportBatch.objects.defer("content").select_related("uploaded_by"), reference=batch
    )
    rows = list(found.rows.order_by("-outcome", "number")[:40])
    say_reason = layouts.of(found.kind).say_reason if found.kind else str
    context = {
        "batch": found,
        "is_open": found.state in (*NOT_BEGUN, *BEGUN),
        "preview": _preview(found, say_reason),
        "percent": round(100 * found.received / found.expected) if found.expected else 0,
        "counts": [(label, getattr(found, name)) for name, label in ImportRow.Outcome.choices],
        "quarantined": [row for row in rows if row.outcome == ImportRow.Outcome.QUARANTINED][:20],
        "suppressed": [
            (row, say_reason(row.reason)) for row in rows if row.outcome == ImportRow.Outcome.SUPPRESSED
        ][:20],
    }
    if found.state == ImportBatch.State.CHECKED:  # it shows words of people who are not kept yet
        record_access(
            by=request.user,
            op=AccessEntry.Op.CONSULT,
            field_group="extract preview",
            path=request.path,
        )
    return render(request, "intake/batch.html", context)


def _preview(batch: ImportBatch, say_reason: Callable[[str], str]) -> dict[str, Any] | None:
    """What a check found, as the page shows it; None for an extract that does not wait for an answer."""
    if batch.state != ImportBatch.State.CHECKED:
        return None
    found = batch.preview
    counts = found["counts"]
    return found | {
        "outcomes": [(label, counts.get(name, 0)) for name, label in ImportRow.Outcome.choices],
        "reasons": [(say_reason(reason), count) for reason, count in found["suppressed"].items()],
        "more_problems": max(0, counts.get(ImportRow.Outcome.QUARANTINED, 0) - len(found["problems"])),
    }


@allow(Permission.IMPORT_EXTRACT)
@require_POST
def import_checked(request: Request, batch: str) -> HttpResponse:
    """Import what was checked."""
    actions.import_checked(batch=_batch_or_404(batch), by=request.user)
    return redirect("intake:batch", batch)


@allow(Permission.IMPORT_EXTRACT)
@require_POST
def drop(request: Request, batch: str) -> HttpResponse:
    """Do not import what was checked."""
    dropped = actions.drop(batch=_batch_or_404(batch))
    messages.success(request, _("%s was not imported. Nothing of it was kept.") % dropped.file_name)
    return redirect("intake:list")


@allow(Permission.IMPORT_EXTRACT)
@require_POST
def try_again(request: Request, batch: str) -> HttpResponse:
    """Have a parked extract read once more."""
    actions.try_again(batch=_batch_or_404(batch), by=request.user)
    return redirect("intake:batch", batch)


def _batch_or_404(reference: str) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.defer("content"), reference=reference)


# --- Quarantine ------------------------------------------------------------------------------------


@allow(Permission.MEND_ROW)
@require_GET
def quarantine(request: Request) -> HttpResponse:
    """Rows that could not be kept, oldest first, each with what is wrong."""
    after = request.GET.get("after", "")
    rows = ImportRow.objects.in_quarantine().select_related("batch").defer("batch__content").order_by("pk")
    if after.isdecimal() and len(after) < 18:
        rows = rows.filter(pk__gt=int(after))
    found = list(rows[: PAGE + 1])
    older = f"?after={found[PAGE - 1].pk}" if len(found) > PAGE else ""
    record_access(by=request.user, op=AccessEntry.Op.CONSULT, field_group="quarantine", path=request.path)
    return render(request, "intake/quarantine.html", {"rows": found[:PAGE], "older_url": older})


@allow(Permission.MEND_ROW)
def row_page(request: Request, batch: str, number: int) -> HttpResponse:
    """Mend a row and send it on, or set it aside."""
    row = _row_or_404(batch, number)
    if row.settled_at is not None:
        return render(request, "intake/row.html", {"row": row})
    form = RowForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        for problem in actions.problems_of(row, form.cells()):
            form.add_error(problem.column if problem.column in form.fields else None, problem.reason)
        if not form.errors:
            try:
                mended = actions.mend(row=row, cells=form.cells(), by=request.user)
                messages.success(request, mended.settlement)
                return redirect("intake:quarantine")
            except Refused as refused:
                if refused.status != Refused.status:
                    raise
                form.add_error(None, str(refused.sentence))
    record_access(by=request.user, op=AccessEntry.Op.CONSULT, field_group="quarantine", path=request.path)
    return render(request, "intake/row.html", {"row": row, "form": form, "aside_form": SetAsideForm()})


@allow(Permission.MEND_ROW)
@require_POST
def set_row_aside(request: Request, batch: str, number: int) -> HttpResponse:
    """Say why a row is not kept."""
    row = _row_or_404(batch, number)
    form = SetAsideForm(request.POST)
    if form.is_valid():
        actions.set_aside(row=row, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(
            request, _("Row %(n)d of %(file)s is set aside.") % {"n": number, "file": row.batch.file_name}
        )
        return redirect("intake:quarantine")
    return render(request, "intake/row.html", {"row": row, "form": RowForm(row=row), "aside_form": form})


def _row_or_404(batch: str, number: int) -> ImportRow:
    rows = ImportRow.objects.filter(outcome=ImportRow.Outcome.QUARANTINED).select_related(
        "batch", "settled_by"
    )
    return get_object_or_404(rows.defer("batch__content"), batch__reference=batch, number=number)
