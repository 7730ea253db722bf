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
    lines,
    moves,
    share,
    shown_standings,
    total,
)
from desk.forecast import Day, Load, load_of, next_days
from desk.trend import Trend, last_whole_week, rate, trend_of
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.govuk.dates import day as short_day
from victimcare.http import Request
from victimcare.working_days import add_working_days, england_and_wales

Lines = dict[tuple[int, str], Line]  # by right, 0 for our own standards, and by owner


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def dashboard(request: Request) -> HttpResponse:
    """Six numbers, the rights, twenty-six weeks and the funnel."""
    user, today = request.user, clock.today()
    period, team = asked_period(request, today), asked_team(request, user)
    by_owner = by_right(user, period, today, team)
    ours = {key: line for key, line in by_owner.items() if key[1] not in EXTERNAL}
    theirs = {key: line for key, line in by_owner.items() if key[1] in EXTERNAL}
    found = trend_of(user, last_whole_week(period.end, today), today, team=team)
    days = next_days(today)
    cohort = funnel.Cohort(period.start, period.end, team)
    counts = funnel.count_steps(funnel.in_the_figures_of(cohort.referrals(), user), funnel.LISTS)
    came = funnel.Figures.of(user, counts, cohort)
    links = Links(user, period)
    shown, theirs_shown = shown_standings(ours.values()), shown_standings(theirs.values(), with_missed=False)
    context = {
        "tabs": dashboards("desk:dashboard", team),
        "period": period,
        "moves": moves(period, today, team=team),
        "tiles": [
            *referral_tiles(came, cohort, user),
            *duty_tiles(load_of(user, today, days, team=team), days, ours, found, links, today),
        ],
        "columns": columns(_("Right"), shown, last=_("Missed by")),
        "rows": [
            right_row(right, ours, links, shown)
            for right in sorted({key[0] for key in ours}, key=lambda n: n or 99)
        ],
        "outside_columns": columns(_("Who"), theirs_shown),
        "outside_rows": [
            owner_row(owner, theirs, links, theirs_shown)
            for owner in EXTERNAL
            if any(key[1] == owner for key in theirs)
        ],
        "trend": found.chart,
        "chart": funnel.chart(came, cohort, user),
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


def referral_tiles(came: funnel.Figures, cohort: funnel.Cohort, user: User) -> list[dict[str, Any]]:
    """What came, what waits, and how many were reached."""

    def url(key: str) -> str:
        is_open = user.may(Permission.VIEW_LISTS) and came.counts[key]
        return funnel.step_url(key, cohort) if is_open else ""

    return [
        {
            "figure": came.text("received"),
            "label": _("referrals received"),
            "url": url("received"),
            "note": _("%(n)s suppressed") % {"n": came.text("suppressed")},
        },
        {
            "figure": came.text("waiting"),
            "label": _("not yet allocated"),
            "url": url("waiting"),
            "note": _("of those received"),
        },
        {
            "figure": came.share("reached"),
            "label": _("reached by first call"),
            "url": url("reached"),
            "note": _("%(part)s of %(whole)s")
            % {"part": came.text("reached"), "whole": came.text("received")},
        },
    ]


def duty_tiles(
    load: Load, days: list[Day], ours: Lines, found: Trend, links: Links, today: date
) -> list[dict[str, Any]]:
    """What is overdue and due next, and how much was told in time, with the weeks before."""
    code = total(line for (right, _owner), line in ours.items() if right)
    overdue = load.overdue.total()
    tomorrow = add_working_days(today, 1, bank_holidays=england_and_wales())
    due_next = load.on(tomorrow)
    its_days = next(each for each in days if each.day == tomorrow)
    return [
        {
            "figure": f"{overdue:,}",
            "label": _("overdue now"),
            "url": links.duties(status="overdue") if overdue else "",
            "note": _("of open victims, ours to do"),
        },
        {
            "figure": f"{due_next:,}",
            "label": _("fall due next working day"),
            "url": links.duties(status="to_do", **its_days.asks) if due_next else "",
            "note": short_day(tomorrow),
        },
        {
            "figure": share(code.in_time, code.judged),
            "label": _("told in time, strict"),
            "url": links.of_period(status="in_time", owner="ours", of="code") if code.in_time else "",
            "note": _("%(part)s of %(whole)s duties; %(adjusted)s with good reason")
            % {
                "part": f"{code.in_time:,}",
                "whole": f"{code.judged:,}",
                "adjusted": share(code.adjusted, code.judged),
            },
            "trend": [value for _week, line in found.weeks if (value := rate(line)) is not None],
        },
    ]


def right_row(right: int, found: Lines, links: Links, shown: list[str]) -> list[Any]:
    """One right of the force's: how much is owed, how it stands, and who answers for what was missed."""
    mine = {owner: line for (number, owner), line in found.items() if number == right}
    name = f"{right} {words.RIGHTS[right]}" if right else _("Our own standards, not the Code's")
    accountable = ", ".join(
        f"{Duty.Owner(owner).label} {line.missed:,}" for owner, line in sorted(mine.items()) if line.missed
    )
    return [
        {"text": name, "url": links.of_period(right=right, owner="ours")},
        *cells(total(mine.values()), shown, links, right=right, owner="ours"),
        accountable or "–",
    ]


def owner_row(owner: str, found: Lines, links: Links, shown: list[str]) -> list[Any]:
    """Somebody outside the force: kept apart, and never counted as missed without evidence."""
    whole = total(line for (_right, who), line in found.items() if who == owner)
    return [
        {"text": Duty.Owner(owner).label, "url": links.of_period(owner=owner)},
        *cells(whole, shown, links, owner=owner),
    ]
