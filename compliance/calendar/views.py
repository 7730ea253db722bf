"""The calendar: the days that do not count, its versions, and one-off days that two people agree on."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from compliance import words
from compliance.calendar import actions
from compliance.calendar.forms import DecideForm, ProposeForm
from compliance.calendar.horizon import horizon_warning
from compliance.calendar.models import CalendarVersion
from compliance.calendar.moving import Moves, with_the_change, would_move
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.calendars import FIRST_YEAR, FORESEEN, LAST_YEAR, Calendar, calendar_on, calendars_of
from victimcare.cases.access import listed
from victimcare.govuk.dates import day, long_day
from victimcare.http import Request
from victimcare.working_days import is_working_day

DAYS_SHOWN = 25
PEOPLE = ("proposed_by", "approved_by", "withdrawn_by")


@allow(Permission.VIEW_CODE)
@require_safe
def calendar(request: Request) -> HttpResponse:
    """The days of one year that do not count, beside weekends; every version, and what is proposed."""
    today = clock.today()
    year = _year(request.GET.get("year", ""), today)
    rows = list(CalendarVersion.objects.select_related(*PEOPLE).prefetch_related("days"))
    changes = [row.change for row in sorted(rows, key=lambda row: row.number or 0) if row.number]
    now = calendar_on(today, changes, calendars_of(changes))
    context = {
        "year": year,
        "earlier": year - 1 if year > FIRST_YEAR else None,
        "later": year + 1 if year < FORESEEN else None,
        "is_foreseen": year > LAST_YEAR,
        "last_year": LAST_YEAR,
        "columns": [
            _("Month"),
            {"label": _("Working days"), "is_number": True},
            _("Not counted, beside weekends"),
        ],
        "months": _months(year, now, changes),
        "version_columns": [_("Version"), _("Days"), _("Counts from"), _("Why"), _("By whom")],
        "versions": [_version_row(row, now) for row in rows if row.number],
        "number": now.number,
        "waiting": [
            {"row": row, "days": _days_of(row), "is_mine": row.proposed_by_id == request.user.pk}
            for row in rows
            if row.is_waiting
        ],
        "horizon": horizon_warning(today),
        "may_propose": request.user.may(Permission.SET_STANDARDS),
    }
    return render(request, "compliance/calendar/calendar.html", context)


def _year(said: str, today: date) -> int:
    wanted = int(said) if said.isascii() and said.isdigit() and len(said) == 4 else today.year
    return min(max(wanted, FIRST_YEAR), FORESEEN)


def _months(year: int, now: Calendar, changes: list[Any]) -> list[list[Any]]:
    """Each month with its working days counted, and the weekdays that are none, by name."""
    begun = [change for change in changes if change.number <= now.number]
    worked = {day: change.number for change in begun for day in change.taken if day not in now.bank_holidays}
    added = {day: change.number for change in begun for day in change.added if day in now.bank_holidays}
    first = date(year, 1, 1)
    all_days = [first + timedelta(days=n) for n in range(366) if (first + timedelta(days=n)).year == year]
    rows: list[list[Any]] = []
    for month in range(1, 13):
        days = [each for each in all_days if each.month == month]
        off = [each for each in days if each.weekday() < 5 and each in now.bank_holidays]
        said = [
            f"{date_format(each, 'D j')}: {words.holiday(now.names[each])}{_by(added.get(each))}"
            for each in off
        ]
        said += [
            f"{date_format(each, 'D j')}: {_('worked after all')}{_by(worked[each])}"
            for each in days
            if each in worked
        ]
        counted = sum(is_working_day(each, bank_holidays=now.bank_holidays) for each in days)
        rows.append([date_format(days[0], "F"), counted, "; ".join(said) or "–"])
    return rows


def _by(number: int | None) -> str:
    return " " + _("(version %(n)d)") % {"n": number} if number else ""


def _days_of(row: CalendarVersion) -> list[str]:
    """Monday 30 November 2026: Day of mourning, added."""
    return [
        _("%(day)s: %(name)s, added") % {"day": long_day(each.day), "name": each.name}
        if each.is_holiday
        else _("%(day)s: worked after all") % {"day": long_day(each.day)}
        for each in row.days.all()
    ]


def _version_row(row: CalendarVersion, now: Calendar) -> list[Any]:
    version: dict[str, Any] = {
        "text": _("Version %(n)d") % {"n": row.number},
        "url": reverse("compliance:calendar-version", args=[row.pk]),
    }
    if row.number == now.number:
        version |= {"tag": _("Counts now"), "colour": "green"}
    elif (row.number or 0) > now.number:
        version |= {"tag": _("Not yet"), "colour": "blue"}
    return [
        version,
        "; ".join(_days_of(row)),
        day(row.effective_from),
        row.reason,
        {"text": str(row.proposed_by), "note": _("approved by %s") % row.approved_by},
    ]


@allow(Permission.SET_STANDARDS)
def propose(request: Request) -> HttpResponse:
    """Propose one-off days. What they would move is shown before anybody approves them."""
    form = ProposeForm(request.POST or None, initial={"effective_from": clock.today()})
    if form.is_valid():
        said = form.cleaned_data
        added = {said[f"added_{n}"]: said[f"name_{n}"] for n in "12" if said[f"added_{n}"]}
        with form.refusals_at("added_1"):
            row = actions.propose(
                added=added,
                taken=[said["taken"]] if said["taken"] else [],
                effective_from=said["effective_from"],
                reason=said["reason"],
                by=request.user,
            )
            messages.success(request, _("Proposed. It counts once another supervisor approves it."))
            return redirect("compliance:calendar-version", row.pk)
    context = {"form": form, "cancel_url": reverse("compliance:calendar"), "submit_label": _("Propose it")}
    return render(request, "compliance/calendar/propose.html", context, status=422 if form.errors else 200)


@allow(Permission.VIEW_CODE)
@require_safe
def version(request: Request, calendar: int) -> HttpResponse:
    """One version: its days, who wanted and approved it, and what it would move or how far it is worked off."""
    row = get_object_or_404(
        CalendarVersion.objects.select_related(*PEOPLE).prefetch_related("days"), pk=calendar
    )
    may_decide = row.is_waiting and request.user.may(Permission.SET_STANDARDS)
    is_mine = row.proposed_by_id == request.user.pk
    today = clock.today()
    context = {
        "row": row,
        "days": _days_of(row),
        "facts": _facts(row),
        "is_running": bool(row.number and not row.reassessed_at and row.effective_from <= today),
        "is_to_come": bool(row.number and row.effective_from > today),
        "percent": 100 * row.cases_done // row.cases_to_do if row.cases_to_do else 0,
        "may_decide": may_decide,
        "may_approve": may_decide and not is_mine,
        "form": DecideForm(initial={"version": row.version}) if may_decide else None,
        **(_preview(request, row) if row.is_waiting else {}),
    }
    return render(request, "compliance/calendar/version.html", context)


def _facts(row: CalendarVersion) -> list[dict[str, str]]:
    said = [
        (_("Count by it from"), long_day(row.effective_from)),
        (_("Why"), row.reason),
        (_("Proposed by"), f"{row.proposed_by}, {day(row.proposed_at)}"),
    ]
    if row.approved_by and row.approved_at:
        said.append((_("Approved by"), f"{row.approved_by}, {day(row.approved_at)}"))
    if row.withdrawn_by and row.withdrawn_at:
        said.append((_("Set aside by"), f"{row.withdrawn_by}, {day(row.withdrawn_at)}"))
    return [{"label": label, "value": value} for label, value in said]


def _preview(request: Request, row: CalendarVersion) -> dict[str, Any]:
    """What it would move, as this person may see it: how many, from which day to which, and those due first."""
    moves = would_move(
        row.change, with_the_change(CalendarVersion.objects.changes(), row.change), user=request.user
    )
    may_see = request.user.may(Permission.VIEW_RIGHTS)
    if may_see:
        listed(request, [duty.participant for duty, _to in moves.first], field_group="calendar preview")
    return {
        "moves": moves,
        "day_columns": [_("Due now by"), _("Would be due by"), {"label": _("Duties"), "is_number": True}],
        "day_rows": [[day(was), day(is_now), n] for was, is_now, n in moves.by_day[:DAYS_SHOWN]],
        "more_days": max(len(moves.by_day) - DAYS_SHOWN, 0),
        "duty_columns": [_("Duty"), _("Owed to"), _("Due now by"), _("Would be due by")],
        "duty_rows": _duty_rows(moves) if may_see else [],
    }


def _duty_rows(moves: Moves) -> list[list[Any]]:
    return [
        [
            {"text": words.short(duty.rule), "url": reverse("compliance:explain", args=[duty.pk])},
            {"text": duty.participant.person.name, "note": duty.case.reference},
            day(duty.due_on),
            day(now_due),
        ]
        for duty, now_due in moves.first
    ]


@require_POST
@allow(Permission.SET_STANDARDS)
def decide(request: Request, calendar: int) -> HttpResponse:
    """Approve proposed days, or set them aside."""
    form = DecideForm(request.POST)
    if form.is_valid():
        is_approved = request.POST.get("answer") == "approve"
        row = actions.decide(
            calendar_id=calendar,
            version=form.cleaned_data["version"] or 0,
            is_approved=is_approved,
            by=request.user,
        )
        messages.success(
            request,
            _("Approved. Counted by from %s.") % day(row.effective_from) if is_approved else _("Set aside."),
        )
    return redirect("compliance:calendar-version", calendar)
