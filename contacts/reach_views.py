"""The report of what works: at which hours, and at which attempt, calls and visits reach victims."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.reach import CALLS, LAST_ATTEMPT, LOOKS_BACK, Tally, tallies
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.counting import only_counts
from victimcare.govuk.dates import day
from victimcare.http import Request


@allow(Permission.VIEW_DASHBOARD)
def reach(request: Request) -> HttpResponse:
    """Calls of the last year by hour and attempt: of one's team, or of all to those who only count."""
    user, today = request.user, clock.today()
    channel = next((each for each in CALLS if each == request.GET.get("channel")), Contact.Channel.PHONE)
    is_guarded = only_counts(user)
    since = today - timedelta(days=LOOKS_BACK)
    found = tallies(_scope(user, is_guarded=is_guarded), channel, since)
    hours = sorted({hour for hour, _attempt in found})
    by_hour = {hour: _sum(found, hour) for hour in hours}
    context = {
        "tabs": [
            {"label": each.label, "url": f"?channel={each.value}", "is_current": each == channel}
            for each in CALLS
        ],
        "total": sum(by_hour.values(), Tally()),
        "columns": [_("Hour"), _("First attempt"), _("Second attempt"), _("Third or later"), _("All")],
        "rows": [
            [
                _hour(hour),
                *(
                    _said(found.get((hour, attempt), Tally()), is_guarded=is_guarded)
                    for attempt in range(1, LAST_ATTEMPT + 1)
                ),
                _said(by_hour[hour], is_guarded=is_guarded),
            ]
            for hour in hours
        ],
        "chart": [
            {"label": _hour(hour), "value": tally.share or 0, "text": _percent(tally)}
            for hour, tally in by_hour.items()
            if not _is_small(tally, is_guarded=is_guarded)
        ],
        "chart_title": _finding(by_hour, is_guarded=is_guarded),
        "period": _("From %(first)s to %(last)s") % {"first": day(since), "last": day(today)},
        "is_guarded": is_guarded,
        "smallest": settings.SMALL_NUMBERS_BELOW,
    }
    return render(request, "contacts/reach.html", context)


def _scope(user: User, *, is_guarded: bool) -> Q:
    """Which calls count: everybody's to those who only count, else those of one's own team."""
    return Q() if is_guarded else Q(team=user.team_id) | Q(team=None)


def _sum(found: dict[tuple[int, int], Tally], hour: int) -> Tally:
    return sum((tally for (at, _attempt), tally in found.items() if at == hour), Tally())


def _hour(hour: int) -> str:
    return _("%(from)02d:00 to %(to)02d:00") % {"from": hour, "to": (hour + 1) % 24}


def _is_small(tally: Tally, *, is_guarded: bool) -> bool:
    """Few enough that somebody could be known by it: of the calls, of those that reached, or of the others."""
    numbers = (tally.tried, tally.reached, tally.tried - tally.reached)
    return is_guarded and any(0 < n < settings.SMALL_NUMBERS_BELOW for n in numbers)


def _percent(tally: Tally) -> str:
    return _("%(share)d%% of %(n)d") % {"share": tally.share or 0, "n": tally.tried}


def _said(tally: Tally, *, is_guarded: bool) -> Any:
    if not tally.tried:
        return "–"
    if _is_small(tally, is_guarded=is_guarded):
        return _("too few to show")
    return _percent(tally)


def _finding(by_hour: dict[int, Tally], *, is_guarded: bool) -> str:
    """The chart's title: at which hour most were reached."""
    shown = {
        hour: tally
        for hour, tally in by_hour.items()
        if tally.tried >= settings.SMALL_NUMBERS_BELOW and not _is_small(tally, is_guarded=is_guarded)
    }
    if not shown:
        return _("Too few calls to say which hours work best")
    best = max(shown, key=lambda hour: (shown[hour].share or 0, -hour))
    return _("Most are reached from %(hours)s: %(share)s") % {
        "hours": _hour(best),
        "share": _percent(shown[best]),
    }
