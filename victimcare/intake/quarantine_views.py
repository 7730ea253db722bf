"""The pages of quarantine: rows that could not be kept, mended one by one, asked about or set aside."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.fields.json import KT
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import listed
from victimcare.cases.forms import ALL_THE_SAME, ask_whether_to_send
from victimcare.cases.models import Question
from victimcare.cases.questions import REACHES_NOBODY, who_is_told, who_receives
from victimcare.faults import Refused, Stale
from victimcare.govuk.dates import day
from victimcare.http import Request
from victimcare.intake import layouts, settling
from victimcare.intake.forms import (
    MEANT,
    BulkAsideForm,
    QuarantineFilter,
    ReturnForm,
    RowForm,
    SetAsideForm,
)
from victimcare.intake.models import (
    ImportBatch,
    ImportRow,
    ImportRowQuerySet,
)
from victimcare.intake.outcome_views import (
    people_about,
)
from victimcare.intake.readers import read_whole
from victimcare.intake.whose import AsksFirst

PAGE = 50
GROUPS = 8  # of equal problems, most rows first; the others open
MOST_GROUPS = 200
COUNTED_TO = 10_000


@allow(Permission.MEND_ROW)
def quarantine(request: Request) -> HttpResponse:
    """Rows that could not be kept, oldest first, filtered and grouped by problem; ticked ones are set aside."""
    asked = QuarantineFilter(request.GET or None)
    rows = _asked_for(asked.cleaned_data if asked.is_bound and asked.is_valid() else {})
    form = BulkAsideForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        chosen = _chosen(request, rows)
        if form.is_valid() and chosen is not None:
            count = settling.set_aside_all(rows=chosen, reason=form.cleaned_data["reason"], by=request.user)
            done = ngettext("Set aside: %d row.", "Set aside: %d rows.", count)
            messages.success(request, done % count)
            return redirect(f"{request.path}?{request.GET.urlencode()}" if request.GET else request.path)
        if chosen is None:
            form.add_error(None, _("Tick the rows that are not kept."))
    groups = _groups(request, rows)
    after = request.GET.get("after", "")
    shown = rows.select_related("batch").defer("batch__content", "batch__preview").order_by("pk")
    if after.isdecimal() and len(after) < 18:
        shown = shown.filter(pk__gt=int(after))
    found = list(shown[: PAGE + 1])
    record_access(by=request.user, op=AccessEntry.Op.CONSULT, field_group="quarantine", path=request.path)
    context = {
        "rows": _shown(found[:PAGE], request.user),
        "first": found[0] if found else None,
        "groups": groups[:GROUPS],
        "more_groups": groups[GROUPS:],
        "older_url": _query(request, after=str(found[PAGE - 1].pk)) if len(found) > PAGE else "",
        "filter": asked,
        "is_filtered": asked.is_bound,
        "form": form,
        "ticked": request.POST.getlist("row")[:PAGE],
        "count": rows.order_by()[: COUNTED_TO + 1].count(),
        "counted_to": COUNTED_TO,
    }
    return render(request, "intake/quarantine.html", context, status=422 if form.errors else 200)


def _groups(request: Request, rows: ImportRowQuerySet) -> list[tuple[dict[str, Any], str]]:
    """Equal problems with their number, most rows first, each with the address of its rows."""
    found = (
        rows.order_by()
        .values("batch__kind", "column", "problem")  # type: ignore[misc]  # annotated by with_problem
        .annotate(n=Count("*"), sentence=Max(KT("problems__0__sentence")))
        .order_by("-n")[:MOST_GROUPS]
    )
    return [
        (
            group
            | {
                "kind_label": ImportBatch.Kind(group["batch__kind"]).label,
                "name": layouts.name_of(group["batch__kind"], group["column"]),
                "words": layouts.in_short(group["problem"], group["sentence"] or ""),
            },
            _query(request, kind=group["batch__kind"], column=group["column"], problem=group["problem"]),
        )
        for group in found
    ]


def _asked_for(wanted: dict[str, Any]) -> ImportRowQuerySet:
    """The waiting rows that the filters leave."""
    rows = ImportRow.objects.in_quarantine().with_problem()
    questions = Question.objects.filter(reference=OuterRef("question"))
    for name, condition in (
        ("kind", Q(batch__kind=wanted.get("kind"))),
        ("column", Q(column__in=layouts.columns_named(wanted.get("column") or ""))),
        ("file", Q(batch__file_name__icontains=wanted.get("file") or "")),
        ("problem", Q(("problem", wanted.get("problem")))),
    ):
        if wanted.get(name):
            rows = rows.filter(condition)
    if wanted.get("asked") == "no":
        rows = rows.filter(question="")
    elif wanted.get("asked"):
        rows = rows.exclude(question="").filter(
            Exists(questions.filter(replied_at__isnull=wanted["asked"] == "waiting"))
        )
    return rows


def _chosen(request: Request, rows: ImportRowQuerySet) -> ImportRowQuerySet | None:
    """The rows that were ticked, or all that the filters leave; None when neither."""
    if request.POST.get("which") == "all":
        return rows
    ticked = [int(pk) for pk in request.POST.getlist("row")[:PAGE] if pk.isdecimal() and len(pk) < 18]
    return ImportRow.objects.in_quarantine().with_problem().filter(pk__in=ticked) if ticked else None


def _shown(rows: list[ImportRow], user: User) -> list[dict[str, Any]]:
    """Each row with the question about it, its column's name, and whether this reader may see whom it is about."""
    whole = read_whole(rows, user) if rows else set()
    return [
        {
            "row": row,
            "question": question,
            "is_whole": row.pk in whole,
            "name": layouts.name_of(row.batch.kind, row.column),
            "more": max(0, len(row.problems) - 1),
        }
        for row, question in _with_answers(rows)
    ]


def _with_answers(rows: list[ImportRow]) -> list[tuple[ImportRow, Question | None]]:
    """Each row with the question about it, answered or not. One query."""
    asked = {row.question for row in rows if row.question}
    questions = {one.reference: one for one in Question.objects.filter(reference__in=asked)} if asked else {}
    return [(row, questions.get(row.question)) for row in rows]


def _query(request: Request, **changes: str) -> str:
    """This page's address with other filters."""
    query = request.GET.copy()
    query.pop("after", None)
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}"


@allow(Permission.MEND_ROW)
def row_page(request: Request, batch: str, number: int) -> HttpResponse:
    """Mend a row and send it on, or set it aside."""
    row = _row_or_404(batch, number)
    is_whole = row.pk in read_whole([row], request.user)
    is_sent = request.method == "POST"
    form = (
        RowForm(request.POST, row=row, is_whole=is_whole) if is_sent else RowForm.of(row, is_whole=is_whole)
    )
    if row.settled_at is not None:
        if is_sent:
            raise Stale(settling.SETTLED)  # what was typed is given back in the words of the form
        return render(request, "intake/row.html", {"row": row, "is_whole": is_whole})
    if is_sent and form.is_valid():
        cells = form.cells()
        form.mark(settling.problems_of(row, cells), cells)
        if not form.errors:
            try:
                meant = request.POST.get(MEANT, "")
                mended = settling.mend(row=row, cells=cells, meant=meant, by=request.user)
                messages.success(request, _said_of_mended(request, mended))
                return redirect("intake:quarantine")
            except AsksFirst as asks:
                form.ask(str(asks.sentence), asks.key)
            except Refused as refused:
                if refused.status != Refused.status:
                    raise
                form.add_error(None, str(refused.sentence))
    record_access(by=request.user, op=AccessEntry.Op.CONSULT, field_group="quarantine", path=request.path)
    return render(request, "intake/row.html", _row_context(row, request.user, form=form))


def _said_of_mended(request: Request, row: ImportRow) -> str:
    """What became of it, with a link to whom it is about for whoever may see them."""
    people = people_about(row.batch, [row.natural_key], request.user).get(row.natural_key, [])
    if not people:
        return row.settled_as
    listed(request, people, field_group="extract rows")
    first = people[0]
    url = reverse("desk:summary", args=[first.case.reference, first.reference])
    return format_html(
        '{} <a class="govuk-notification-banner__link" href="{}">{}</a>',
        row.settled_as,
        url,
        first.person.name or first.reference,
    )


def _row_context(row: ImportRow, user: User, **forms: Any) -> dict[str, Any]:
    """A row's page: mend it, ask the officer in the case, or set it aside."""
    is_whole = row.pk in read_whole([row], user)
    [(_row, question)] = _with_answers([row])
    may_read = question is not None and (is_whole or question.asked_by_id == user.pk)
    collar = row.content.get("oic_collar") or row.content.get("by_collar") or ""
    asking = {"to_collar": collar[:20], "to_team": row.content.get("team", "")[:80] if not collar else ""}
    return {
        "row": row,
        "is_whole": is_whole,
        "question": question,
        "may_read_question": may_read,
        "asked_of": settling.asked_of(question) if question is not None and may_read else "",
        "nobody_sees_it": (
            REACHES_NOBODY
            if question is not None and may_read and question.replied_at is None and not who_is_told(question)
            else ""
        ),
        "form": forms.get("form") or RowForm.of(row, is_whole=is_whole),
        "aside_form": SetAsideForm(),
        "return_form": ReturnForm(initial=asking),
    } | forms


@allow(Permission.MEND_ROW)
@require_POST
def return_row(request: Request, batch: str, number: int) -> HttpResponse:
    """Ask the officer in the case about a row; it waits for the answer."""
    row = _row_or_404(batch, number)
    form = ReturnForm(request.POST)
    if form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("words", "to_collar", "to_team")}
        told = who_receives(case=None, collar=asked["to_collar"], team=asked["to_team"])
        if not told and not request.POST.get(ALL_THE_SAME):
            ask_whether_to_send(form, REACHES_NOBODY)
    if form.is_valid():
        try:
            question = settling.return_to_officer(row=row, by=request.user, **asked)
            messages.success(
                request,
                _("Asked of %(who)s. The answer is due by %(day)s.")
                % {"who": settling.asked_of(question), "day": day(question.due_on)},
            )
            if not told:
                messages.warning(request, REACHES_NOBODY)
            return redirect("intake:row", batch, number)
        except Refused as refused:
            if refused.status != Refused.status:
                raise
            form.add_error(None, str(refused.sentence))
    return render(request, "intake/row.html", _row_context(row, request.user, return_form=form), status=422)


@allow(Permission.MEND_ROW)
@require_POST
def set_row_aside(request: Request, batch: str, number: int) -> HttpResponse:
    """Say why a row is not kept."""
    row = _row_or_404(batch, number)
    form = SetAsideForm(request.POST)
    if form.is_valid():
        settling.set_aside(row=row, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(
            request, _("Row %(n)d of %(file)s is set aside.") % {"n": number, "file": row.batch.file_name}
        )
        return redirect("intake:quarantine")
    return render(request, "intake/row.html", _row_context(row, request.user, aside_form=form))


def _row_or_404(batch: str, number: int) -> ImportRow:
    rows = ImportRow.objects.filter(outcome=ImportRow.Outcome.QUARANTINED).select_related(
        "batch", "settled_by"
    )
    return get_object_or_404(rows.defer("batch__content"), batch__reference=batch, number=number)
