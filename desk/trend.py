"""Told in time week by week, with what is usual: of the force, or of one owner outside it, of all rights or of one."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from compliance import words
from compliance.models import Duty
from compliance.reader import TOO_FEW, Reader
from compliance.rollups import Asked, Cut
from desk.control import Limits, Signal, limits, signals
from desk.figures import (
    EXTERNAL,
    FORCE,
    Line,
    Links,
    Period,
    asked_team,
    cells,
    counted_note,
    dashboards,
    hidden,
    left_out,
    lines,
    query,
)
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.govuk.dates import day as short_day
from victimcare.http import Request

WEEKS = 26


@dataclass(frozen=True)
class Trend:
    """The weeks with what was told in time of each, and what chance alone explains."""

    weeks: list[tuple[Period, Line]]
    reader: Reader

    @cached_property
    def points(self) -> list[tuple[str, float | None]]:
        return [(short_day(week.start), self.rate(week, line)) for week, line in self.weeks]

    @cached_property
    def hides(self) -> dict[Period, set[str]]:
        """What of each week is not shown."""
        return {week: hidden({week: line.counts}, self.reader)[week] for week, line in self.weeks}

    def rate(self, week: Period, line: Line) -> float | None:
        """In time of what was judged, in per cent; None where nothing was, and where it is not shown."""
        n, of = self.reader.one(line.in_time, line.judged)
        if n is None or not of or "in_time" in self.hides[week]:
            return None
        return self.reader.per_cent(n, of)

    @cached_property
    def known(self) -> list[tuple[str, float]]:
        return [(label, value) for label, value in self.points if value is not None]

    @cached_property
    def usual(self) -> Limits | None:
        return limits([value for _label, value in self.known])

    @cached_property
    def signals(self) -> dict[str, Signal]:
        """By the label of the week."""
        if self.usual is None:
            return {}
        found = signals([value for _label, value in self.known], self.usual)
        return {self.known[place][0]: signal for place, signal in found.items()}

    @cached_property
    def chart(self) -> dict[str, Any]:
        """What the picture is drawn from."""
        usual, hides = self.usual, str(TOO_FEW)
        last = self.known[-1][0] if self.known else ""
        return {
            "points": self.points,
            "band": (round(usual.low, 1), round(usual.high, 1)) if usual else None,
            "centre": round(usual.centre, 1) if usual else None,
            # The last figure is written at the end of the line already.
            "marks": {label: str(reason(signal)) for label, signal in self.signals.items() if label != last},
            "gaps": {
                label: hides
                for (label, value), (_week, line) in zip(self.points, self.weeks, strict=True)
                if value is None and line.judged
            },
            "title": self.finding,
        }

    @cached_property
    def finding(self) -> str:
        """What the picture shows, in a sentence, with the weeks it speaks of."""
        known = self.known
        if not known and any(line.judged for _week, line in self.weeks):
            return _(
                "How many were told in time in these weeks is hidden, because few people would stand out"
            )
        if not known:
            return _("Nothing fell due in these weeks")
        (first, then), (last, now) = known[0], known[-1]
        said = {"first": first, "last": last, "then": f"{then:g}", "now": f"{now:g}"}
        if last in self.signals:
            said["reason"] = str(reason(self.signals[last]))
            return _("%(now)s%% were told in time in the week of %(last)s: %(reason)s") % said
        if self.usual is not None:
            said |= {"low": f"{self.usual.low:.0f}", "high": f"{self.usual.high:.0f}"}
            return (
                _("%(now)s%% were told in time in the week of %(last)s, as usual: %(low)s to %(high)s%%")
                % said
            )
        if len(known) == 1:
            return _("%(now)s%% were told in time in the week of %(last)s") % said
        if abs(now - then) < 1:
            return _("%(now)s%% were told in time in the week of %(last)s, as in that of %(first)s") % said
        if now > then:
            return (
                _("Told in time rose from %(then)s%% to %(now)s%% in the weeks of %(first)s to %(last)s")
                % said
            )
        return (
            _("Told in time fell from %(then)s%% to %(now)s%% in the weeks of %(first)s to %(last)s") % said
        )


def reason(signal: Signal) -> str:
    return {
        Signal.BELOW: _("below what is usual"),
        Signal.ABOVE: _("above what is usual"),
        Signal.LOW_RUN: _("eight weeks below the centre"),
        Signal.HIGH_RUN: _("eight weeks above the centre"),
    }[signal]


def last_whole_week(day: date, today: date) -> Period:
    """The week of this day, or the last one before it that is over."""
    week = Period.week_of(min(day, today))
    return week if week.end < today else week.back()


def trend_of(
    user: User,
    last: Period,
    today: date,
    *,
    owners: tuple[str, ...] = FORCE,
    right: int | None = None,
    team: int | None = None,
) -> Trend:
    """Twenty-six weeks up to this one, of duties of the Code. One query."""
    weeks = [last]
    for _week in range(WEEKS - 1):
        weeks.insert(0, weeks[0].back())
    asked = Asked(
        Cut.DUTY if right else Cut.TIER, start=weeks[0].start, end=last.end, owners=owners, is_local=False, team=team
    )  # fmt: skip
    found = dict.fromkeys(weeks, Line())
    by = ("due_on", "right") if right else ("due_on",)
    for (day, *its_right), line in lines(user, asked, by, today).items():
        if not right or its_right == [right]:
            found[Period.week_of(day)] += line
    return Trend([(week, found[week]) for week in weeks], Reader(user))


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def trend(request: Request) -> HttpResponse:
    """The line, and each of its weeks with the list behind it."""
    user, today = request.user, clock.today()
    said = request.GET
    owner = said.get("owner", "") if said.get("owner") in EXTERNAL else ""
    right = int(said["right"]) if said.get("right") in {str(n) for n in range(1, 13)} else None
    team = asked_team(request, user)
    last = last_whole_week(today, today)
    found = trend_of(user, last, today, owners=(owner,) if owner else FORCE, right=right, team=team)
    context = {
        "problems": left_out(request, team=team, owner=owner, right=right),
        "tabs": dashboards("desk:trend", team),
        "chart": found.chart,
        "columns": [
            _("Week of"),
            {"label": _("In time, strict"), "is_number": True},
            {"label": _("With good reason"), "is_number": True},
            {"label": _("Late"), "is_number": True},
            {"label": _("Missed") if not owner else _("No evidence"), "is_number": True},
            _("Against what is usual"),
        ],
        "rows": [week_row(week, line, found, owner, right) for week, line in reversed(found.weeks)],
        "owners": owner_choices(owner, right, team),
        "rights": right_choices(owner, right, team),
        "usual": found.usual,
        "reader": found.reader,
        "note": counted_note(),
    }
    return render(request, "desk/trend.html", context)


def week_row(week: Period, line: Line, found: Trend, owner: str, right: int | None) -> list[Any]:
    """One week: its figures, each opening its list, and whether it is as usual."""
    signal = found.signals.get(short_day(week.start))
    links = Links(found.reader, week)
    shown, asks = ["late", "no_evidence" if owner else "missed"], {"owner": owner or "ours", "right": right}
    _owed, *drawn = cells(line, shown, links, found.hides[week], of="code", **asks)
    return [
        short_day(week.start),
        *drawn,
        {"text": reason(signal), "tone": "due"}
        if signal
        else _("usual")
        if found.usual and found.rate(week, line) is not None
        else "–",
    ]


def owner_choices(owner: str, right: int | None, team: int | None) -> list[dict[str, Any]]:
    offered = [("", _("The force")), *((name, Duty.Owner(name).label) for name in EXTERNAL)]
    return [
        {"label": label, "url": "?" + query(owner=name, right=right, team=team), "is_on": name == owner}
        for name, label in offered
    ]


def right_choices(owner: str, right: int | None, team: int | None) -> list[dict[str, Any]]:
    offered = [(None, _("All rights")), *((n, f"{n} {words.RIGHTS[n]}") for n in words.RIGHTS)]
    return [
        {"label": label, "url": "?" + query(owner=owner, right=n, team=team), "is_on": n == right}
        for n, label in offered
    ]
