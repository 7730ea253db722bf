"""The compliance of a week or a month, each number opening its list. Strict: a good reason makes nothing in time."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from compliance import words
from compliance.models import Duty
from compliance.reader import Reader
from compliance.rollups import Asked, Cut
from desk import funnel
from desk.figures import (
    EXTERNAL,
    Line,
    Links,
    Period,
    asked_period,
    asked_team,
    cells,
    columns,
    counted_note,
    dashboards,
    hidden,
    left_out,
    lines,
    moves,
    never_allocated,
    part_cell,
    shown_standings,
    total,
)
from desk.forecast import OVERDUE, Day, Load, load_of, next_days
from desk.trend import Trend, last_whole_week, trend_of
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.govuk.dates import day as short_day
from victimcare.http import Request
from victimcare.suppression import WHOLE
from victimcare.working_days import add_working_days, england_and_wales

Lines = dict[tuple[int, str], Line]  # by right, 0 for our own standards, and by owner


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def dashboard(request: Request) -> HttpResponse:
    """Six numbers, the rights, twenty-six weeks and the funnel."""
    user, today = request.user, clock.today()
    period, team = asked_period(request, today), asked_team(request, user)
    rights: dict[int, dict[str, Line]] = {}
    outside: dict[str, Line] = {}
    for (right, owner), line in by_right(user, period, today, team).items():
        if owner in EXTERNAL:
            outside[owner] = outside.get(owner, Line()) + line
        else:
            rights.setdefault(right, {})[owner] = line
    of_right = {right: total(mine.values()) for right, mine in rights.items()}
    code = total(line for right, line in of_right.items() if right)
    found = trend_of(user, last_whole_week(period.end, today), today, team=team)
    days = next_days(today)
    cohort = funnel.Cohort(period.start, period.end, team)
    counts = funnel.count_within_a_minute(user, cohort, funnel.LISTS)
    came = funnel.Figures.of(user, counts, cohort)
    reader = Reader(user)
    links = Links(reader, period)
    shown, outside_shown = (
        shown_standings(of_right.values()),
        shown_standings(outside.values(), with_missed=False),
    )
    hides, hides_outside = (
        hidden({name: line.counts for name, line in each.items()}, reader) for each in (of_right, outside)
    )
    context = {
        "problems": left_out(request, today, team=team),
        "tabs": dashboards("desk:dashboard", team),
        "period": period,
        "moves": moves(period, today, team=team),
        "tiles": [
            *referral_tiles(came, cohort),
            *duty_tiles(load_of(user, today, days, team=team), days, code, found, links, today),
        ],
        "columns": columns(_("Right"), shown, last="" if reader.is_guarded else _("Missed by")),
        "rows": [
            right_row(right, rights[right], links, shown, hides[right])
            for right in sorted(rights, key=lambda n: n or 99)
        ],
        "never_allocated": never_allocated(code, links, hides[WHOLE], owner="ours", of="code"),
        "outside_columns": columns(_("Who"), outside_shown),
        "outside_rows": [
            [
                {"text": Duty.Owner(owner).label, "url": links.of_period(owner=owner)},
                *cells(outside[owner], outside_shown, links, hides_outside[owner], owner=owner),
            ]
            for owner in EXTERNAL
            if owner in outside
        ],
        "reader": reader,
        "trend": found.chart,
        "chart": funnel.chart(came, cohort),
        "chart_title": funnel.finding(came),
        "funnel_url": reverse("desk:funnel") + "?" + urlencode({"from": cohort.start, "to": cohort.end}),
        "note": counted_note(),
    }
    return render(request, "desk/dashboard.html", context)


def by_right(user: User, period: Period, today: date, team: int | None) -> Lines:
    """The figures of each right and owner; our own standards together. One query."""
    asked = Asked(Cut.DUTY, start=period.start, end=period.end, team=team)
    found: Lines = {}
    for (right, is_local, owner), line in lines(user, asked, ("right", "is_local", "owner"), today).items():
        key = (0 if is_local else right, owner)
        found[key] = found.get(key, Line()) + line
    return found


def referral_tiles(came: funnel.Figures, cohort: funnel.Cohort) -> list[dict[str, Any]]:
    """What came, what waits, and how many were reached."""
    return [
        {
            "figure": came.text("received"),
            "label": _("referrals received"),
            "url": came.url("received", cohort),
            "note": _("%(n)s suppressed") % {"n": came.text("suppressed")},
        },
        {
            "figure": came.text("waiting"),
            "label": _("not yet allocated"),
            "url": came.url("waiting", cohort),
            "note": _("of those received"),
        },
        {
            "figure": came.share("reached"),
            "label": _("reached by first call"),
            "url": came.url("reached", cohort),
            "note": _("%(part)s of %(whole)s")
            % {"part": came.text("reached"), "whole": came.text("received")},
        },
    ]


def duty_tiles(
    load: Load, days: list[Day], code: Line, found: Trend, links: Links, today: date
) -> list[dict[str, Any]]:
    """What is overdue and due next, and how much of the Code was told in time, with the weeks before."""
    reader, hides = links.reader, load.hidden(days, links.reader)[WHOLE]
    overdue = None if OVERDUE in hides else load.overdue.total()
    tomorrow = add_working_days(today, 1, bank_holidays=england_and_wales())
    its_day = next(each for each in days if each.day == tomorrow)
    due_next = None if its_day.column in hides else load.on(tomorrow)
    in_time = part_cell(code.in_time, code.judged, reader)
    adjusted = part_cell(
        code.adjusted, code.judged, reader, is_hidden=reader.one(code.exempt, code.judged).n is None
    )
    return [
        {
            "figure": reader.text(overdue),
            "label": _("overdue now"),
            "url": links.duties(status="overdue") if overdue else "",
            "note": _("of open victims, ours to do"),
        },
        {
            "figure": reader.text(due_next),
            "label": _("fall due next working day"),
            "url": links.duties(status="to_do", **its_day.asks) if due_next else "",
            "note": short_day(tomorrow),
        },
        {
            "figure": in_time["text"],
            "label": _("told in time, strict"),
            "url": links.of_period(status="in_time", owner="ours", of="code") if code.in_time else "",
            "note": _("%(part)s of %(whole)s duties; %(adjusted)s with good reason")
            % {
                "part": reader.text(reader.one(code.in_time, code.judged).n),
                "whole": reader.text(reader.one(code.judged, None).n),
                "adjusted": adjusted["text"],
            },
            "trend": [value for _label, value in found.known],
        },
    ]


def right_row(
    right: int, mine: dict[str, Line], links: Links, shown: list[str], hides: set[str]
) -> list[Any]:
    """One right of the force's: how much is owed, how it stands, and who answers for what was missed."""
    name = f"{right} {words.RIGHTS[right]}" if right else _("Our own standards, not the Code's")
    row = [
        {"text": name, "url": links.of_period(right=right, owner="ours")},
        *cells(total(mine.values()), shown, links, hides, right=right, owner="ours"),
    ]
    if links.reader.is_guarded:  # whose each was would split what may be few
        return row
    accountable = ", ".join(
        f"{Duty.Owner(owner).label} {line.missed:,}" for owner, line in sorted(mine.items()) if line.missed
    )
    return [*row, accountable or "–"]
