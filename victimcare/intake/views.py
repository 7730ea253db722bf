"""The pages of intake: extracts, and what came of their rows."""

from collections.abc import Callable, Mapping, Sequence
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
from victimcare.cases.access import listed
from victimcare.cases.models import Participant
from victimcare.http import Request
from victimcare.intake import actions, layouts, said, withdrawing
from victimcare.intake.forms import (
    UploadForm,
    WithdrawForm,
)
from victimcare.intake.models import (
    BEGUN,
    NOT_BEGUN,
    ImportBatch,
    ImportRow,
    Reconciliation,
)
from victimcare.intake.outcome_views import (
    lines,
    lists_of,
    may_read_values,
    people_about,
    people_in_words,
    said_of,
)
from victimcare.intake.readers import read_whole
from victimcare.intake.reconciled import WORDS
from victimcare.intake.what_changed import Changed
from victimcare.intake.worked_on import where

FIRST = 20  # rows of each outcome on a batch's page
DAYS = 31


@allow(Permission.IMPORT_EXTRACT)
def intake(request: Request) -> HttpResponse:
    """Upload an extract, which is checked first; the extracts that came before, newest first."""
    form = UploadForm(request.POST or None, request.FILES or None)
    same = None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = actions.upload(
                file_name=file.name, content=file.read(), by=request.user, checked_first=True
            )
            return redirect("intake:batch", batch.reference)
        except actions.AlreadyHere as here:
            form.add_error("file", str(here.sentence))
            same = here.batch
    found = ImportBatch.objects.defer("content", "preview").select_related("uploaded_by", "token")[:30]
    batches = [(batch, lists_of(batch)[: len(ImportRow.Outcome)]) for batch in found]
    context = {"form": form, "same": same, "batches": batches, "last": Reconciliation.objects.first()}
    return render(request, "intake/list.html", context)


@allow(Permission.IMPORT_EXTRACT)
@require_GET
def reconciliation(request: Request) -> HttpResponse:
    """Day by day: what was received, what became of it, and whether that is what the tables hold."""
    days = list(Reconciliation.objects.all()[:DAYS])
    findings = [
        finding | {"day": each.day, "words": WORDS.get(finding["what"], finding["what"])}
        for each in days
        for finding in each.findings
    ]
    return render(request, "intake/reconciliation.html", {"days": days, "findings": findings})


@allow(Permission.IMPORT_EXTRACT)
@require_GET
def batch_page(request: Request, batch: str) -> HttpResponse:
    """What a check found, how far an extract is, and what came of its rows. Refreshes itself while it is read."""
    found = get_object_or_404(
        ImportBatch.objects.defer("content").select_related("uploaded_by", "withdrawn_by", "token"),
        reference=batch,
    )
    rows = found.rows.select_related("batch").defer("batch__content", "batch__preview").order_by("number")
    kept = list(rows.exclude(kept=[])[:FIRST])
    whole = read_whole(kept, request.user) if kept else set()
    say_reason = layouts.of(found.kind).say_reason if found.kind else str
    context = {
        "batch": found,
        "may_be_withdrawn": found.state in withdrawing.KEPT_SOMETHING and found.received > 0,
        "is_open": found.state in (*NOT_BEGUN, *BEGUN, ImportBatch.State.UNDOING),
        "preview": _preview(request, found, say_reason),
        "percent": round(100 * found.received / found.expected) if found.expected else 0,
        "counts": lists_of(found),
        "quarantined": [
            (row, layouts.name_of(found.kind, row.column))
            for row in rows.filter(outcome=ImportRow.Outcome.QUARANTINED)[:FIRST]
        ],
        "suppressed": [
            (row, say_reason(row.reason)) for row in rows.filter(outcome=ImportRow.Outcome.SUPPRESSED)[:FIRST]
        ],
        "kept": [
            (row, row.pk in whole, [layouts.name_of(found.kind, column) for column in row.kept])
            for row in kept
        ],
    }
    if found.state == ImportBatch.State.CHECKED:  # it shows words of people who are not kept yet
        record_access(
            by=request.user,
            op=AccessEntry.Op.CONSULT,
            field_group="extract preview",
            path=request.path,
        )
    return render(request, "intake/batch.html", context)


def _preview(request: Request, batch: ImportBatch, say_reason: Callable[[str], str]) -> dict[str, Any] | None:
    """What a check found, as the page shows it; None for an extract that does not wait for an answer."""
    if batch.state != ImportBatch.State.CHECKED:
        return None
    found: dict[str, Any] = batch.preview
    counts = found["counts"]
    changed, kept = found.get("changes", []), found.get("kept", [])
    people = people_about(batch, [row["key"] for row in [*changed, *kept]], request.user)
    listed(request, [part for parts in people.values() for part in parts], field_group="extract preview")
    changes = _changes(request, batch, changed, people)
    return found | {
        "changes": changes,
        "kept": [
            [
                {"text": row["number"]},
                people_in_words(people.get(row["key"], [])),
                ", ".join(layouts.name_of(batch.kind, column) for column in row["columns"]),
            ]
            for row in kept
        ],
        "kept_columns": [_("Row"), _("What it is about"), _("Not taken over")],
        "change_columns": [_("Row"), _("What it is about"), _("What would change")],
        "more_changes": max(0, counts.get(ImportRow.Outcome.UPDATED, 0) - len(changes)),
        "outcomes": [(label, counts.get(name, 0)) for name, label in ImportRow.Outcome.choices],
        "reasons": [(say_reason(reason), count) for reason, count in found["suppressed"].items()],
        "problems": [
            one | {"name": layouts.name_of(batch.kind, one["column"]), "reason": said.again(one)}
            for one in found["problems"]
        ],
        "missing": [layouts.name_of(batch.kind, column) for column in found["missing"]],
        "more_problems": max(0, counts.get(ImportRow.Outcome.QUARANTINED, 0) - len(found["problems"])),
    }


def _changes(
    request: Request,
    batch: ImportBatch,
    rows: Sequence[Mapping[str, Any]],
    people: Mapping[str, list[Participant]],
) -> list[list[Any]]:
    """What rows of an extract that was checked would change, with both values for whoever may see whom they are about."""
    return [
        [
            {"text": row["number"]},
            people_in_words(people.get(row["key"], [])),
            lines(
                said_of(
                    batch.kind,
                    [Changed(**changed) for changed in row["changes"]],
                    shows_values=may_read_values(request.user, people, row["key"]),
                )
            ),
        ]
        for row in rows
    ]


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


@allow(Permission.IMPORT_EXTRACT)
def withdraw(request: Request, batch: str) -> HttpResponse:
    """What stands in the way of taking an extract back; and, when nothing does, taking it back with a reason."""
    found = _batch_or_404(batch)
    in_the_way = (
        withdrawing.what_stands_in_the_way(found) if found.state in withdrawing.KEPT_SOMETHING else []
    )
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        withdrawing.withdraw(batch=found, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(
            request, _("%s is being withdrawn. This page says when it is done.") % found.file_name
        )
        return redirect("intake:batch", batch)
    places = where(in_the_way, request.user)
    listed(request, [part for place in places for part in place.people], field_group="extract")
    context = {
        "batch": found,
        "form": form,
        "in_the_way": places,
        "can_be": found.state in withdrawing.KEPT_SOMETHING,
    }
    return render(request, "intake/withdraw.html", context)


def _batch_or_404(reference: str) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.defer("content"), reference=reference)
