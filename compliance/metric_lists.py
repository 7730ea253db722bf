"""The people, duties and hearings behind one number, those this person may open. Twenty-five a page."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from compliance import words
from compliance.metric_pages import ALL_METRICS, page_url, part_called
from compliance.metric_periods import PeriodForm
from compliance.metrics import BREAKDOWNS
from compliance.metrics.behind import Number, rows_behind
from compliance.metrics.intervals import ended_intervals
from compliance.metrics.populations import Population, Scope
from compliance.models import Duty
from contacts.models import Complaint, Contact
from courts.models import Hearing
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed
from victimcare.cases.models import Entitlement, Participant, may_see
from victimcare.govuk.dates import day as short_day
from victimcare.http import Request

PAGE = 25


def asked_number(request: Request, key: str) -> Number:
    """The number that an address names. Raises Http404 for one that there is not."""
    said = request.GET
    by = said.get("by", "")
    if key not in ALL_METRICS or (by and by not in BREAKDOWNS):
        raise Http404
    number = Number(key, said.get("part", ""), said.get("of") == "1", by, said.get("group", "") if by else "")
    if not number.has_list:
        raise Http404
    return number


@allow(Permission.VIEW_LISTS)
@require_safe
def metric_list(request: Request, key: str) -> HttpResponse:
    """The list behind one number: the same condition, newest first, and how many of them may be opened."""
    number, today = asked_number(request, key), clock.today()
    form = PeriodForm(request.GET)
    period = form.period(today)
    scope = Scope(period.since, period.until, today)
    behind = rows_behind(number, scope, request.user)
    if behind is None:
        raise Http404
    found, rows = behind
    visible = _visible(found, rows, request.user)
    after = _after(visible, request.GET.get("before", ""))
    page = list(_with_names(after, rows).order_by("-pk")[: PAGE + 1])
    shown = page[:PAGE]
    listed(request, _people(shown, rows, request.user))
    query = request.GET.copy()
    if len(page) > PAGE:
        query["before"] = str(shown[-1].pk)
    metric = ALL_METRICS[key]
    counted, open_to = found.order_by().count(), visible.order_by().count()
    context = {
        "metric": metric,
        "problems": [sentence for said in form.errors.values() for sentence in said],
        "what": metric.denominator if number.is_below else metric.numerator,
        "narrowed": _narrowed(number),
        "period": period,
        "counted": _how_many(number, counted, found, scope),
        "kept_from": counted - open_to,
        "columns": [_("Who"), _("What"), _("Day"), _("Officer"), _("How it stands")],
        "rows": [_line(row, today) for row in shown],
        "older_url": f"?{query.urlencode()}" if len(page) > PAGE else "",
        "metric_url": page_url(key, period, by=number.by, part=number.part),
    }
    return render(request, "compliance/metric_list.html", context)


def _how_many(number: Number, counted: int, found: QuerySet[Any], scope: Scope) -> str:
    if number.key == "M12":  # the number is of intervals, and the list of those whose they are
        ended = ended_intervals(scope)
        n = sum(ended[pk][number.is_below] for pk in found.order_by().values_list("pk", flat=True))
        return _("%(intervals)s of %(victims)s") % {
            "intervals": ngettext("%(n)s interval", "%(n)s intervals", n) % {"n": f"{n:,}"},
            "victims": ngettext("%(n)s victim", "%(n)s victims", counted) % {"n": f"{counted:,}"},
        }
    return _("%(n)s counted") % {"n": f"{counted:,}"}


def _narrowed(number: Number) -> str:
    """Arrest, Enhanced; Sex: Female."""
    said = [part_called(number.part)]
    if number.group:
        split = BREAKDOWNS[number.by]
        said.append(f"{split.label}: {split.names([number.group])[number.group]}")
    return "; ".join(each for each in said if each)


def _visible(found: QuerySet[Any], rows: Population, user: User) -> QuerySet[Any]:
    if rows.through is None:
        return found.filter(pk__in=Hearing.objects.visible_to(user).values("pk"))
    return found.filter(may_see(user, rows.through))


def _after(found: QuerySet[Any], before: str) -> QuerySet[Any]:
    """What comes after the row that an address names; all of it where it names none."""
    is_ours = before.isascii() and before.isdigit() and len(before) < 18
    return found.filter(pk__lt=int(before)) if is_ours else found


def _with_names(found: QuerySet[Any], rows: Population) -> QuerySet[Any]:
    if rows.through is None:
        return found.select_related("case", "court")
    to = rows.through
    who_wrote = ("by",) if found.model is Contact else ()
    return found.select_related(f"{to}person", f"{to}case", f"{to}officer", *who_wrote)


def _people(shown: list[Any], rows: Population, user: User) -> list[Participant]:
    """Who stands on the page, for the log: of a hearing, those of its case that this person may see."""
    if rows.through is None:
        cases = {hearing.case_id for hearing in shown}
        return list(Participant.objects.visible_to(user).victims().filter(case__in=cases)) if cases else []
    people = [row if isinstance(row, Participant) else row.participant for row in shown]
    return list({part.pk: part for part in people}.values())


def _line(row: Any, today: date) -> list[Any]:
    if isinstance(row, Hearing):
        return [
            {"text": row.case.reference, "url": reverse("desk:case", args=[row.case.reference])},
            f"{row.get_type_display()}: {row.court.name}",
            short_day(row.resulted_on),
            "–",
            _("Heard of %(day)s") % {"day": short_day(row.result_learned_at)},
        ]
    part = row if isinstance(row, Participant) else row.participant
    who = {
        "text": part.person.name,
        "note": part.case.reference,
        "url": reverse("desk:summary", args=[part.case.reference, part.reference]),
    }
    officer = part.officer.display_name if part.officer else _("Nobody yet")
    what, on, stands = _said(row, part, today)
    return [who, what, on, officer, stands]


def _said(row: Any, part: Participant, today: date) -> tuple[Any, str, Any]:
    """What it is, its day, and how it stands."""
    if isinstance(row, Duty):
        what = {"text": words.short(row.rule), "url": reverse("compliance:explain", args=[row.pk])}
        return what, _("Due %(day)s") % {"day": short_day(row.due_on)}, _stands(row, today)
    if isinstance(row, Complaint):
        answered = short_day(row.answered_at) if row.answered_at else _("Not answered")
        return row.get_about_display(), _("Due %(day)s") % {"day": short_day(row.reply_due_on)}, answered
    if isinstance(row, Contact):
        written = _("Written down %(day)s") % {"day": short_day(row.recorded_at)}
        by = row.by.display_name if row.by else ""
        return row.get_channel_display(), short_day(row.at), {"text": written, "note": by}
    if isinstance(row, Entitlement):
        return _("Standard rights"), short_day(row.set_at), row.reason
    stands = part.get_closure_reason_display() if part.closed_at else _("Open")
    return part.case.offence_title, short_day(part.case.reported_at or part.case.recorded_at), stands


def _stands(duty: Duty, today: date) -> dict[str, Any]:
    if duty.status == Duty.Status.OPEN and duty.due_on and duty.due_on < today:
        return {"text": _("Missed"), "tone": "danger"} if duty.is_ours else {"text": _("No evidence")}
    return {
        "text": duty.get_status_display(),
        "note": short_day(duty.settled_on) if duty.settled_on else "",
    }
