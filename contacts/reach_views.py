"""The report of what works: at which hours, and at which attempt, calls and visits reach victims."""

from collections.abc import Callable
from datetime import timedelta

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
from victimcare.suppression import WHOLE, Place, crossed_to_hide

ATTEMPTS = range(1, LAST_ATTEMPT + 1)


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
    hides = _too_few(found, hours) if is_guarded else set()
    shown = {hour: tally for hour, tally in by_hour.items() if (str(hour), WHOLE) not in hides}
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
                    _said(found.get((hour, attempt), Tally()), is_hidden=(str(hour), str(attempt)) in hides)
                    for attempt in ATTEMPTS
                ),
                _said(by_hour[hour], is_hidden=hour not in shown),
            ]
            for hour in hours
        ],
        "chart": [
            {"label": _hour(hour), "value": tally.share or 0, "text": _percent(tally)}
            for hour, tally in shown.items()
        ],
        "chart_title": _finding(shown),
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


def _too_few(found: dict[tuple[int, int], Tally], hours: list[int]) -> set[Place]:
    """What says of so few calls that somebody could be known by it: by hour and attempt, of all attempts under "".

    Each says how many were called, how many of them were reached, and how many not.
    """
    counted: tuple[Callable[[Tally], int], ...] = (
        lambda tally: tally.tried,
        lambda tally: tally.reached,
        lambda tally: tally.tried - tally.reached,
    )
    return {
        place
        for count in counted
        for place in crossed_to_hide(
            {
                str(hour): {str(attempt): count(found.get((hour, attempt), Tally())) for attempt in ATTEMPTS}
                for hour in hours
            },
            settings.SMALL_NUMBERS_BELOW,
        )
    }


def _percent(tally: Tally) -> str:
    return _("%(share)d%% of %(n)d") % {"share": tally.share or 0, "n": tally.tried}


def _said(tally: Tally, *, is_hidden: bool) -> str:
    if not tally.tried:
        return "–"
    return _("too few to show") if is_hidden else _percent(tally)


def _finding(by_hour: dict[int, Tally]) -> str:
    """The chart's title: at which hour most were reached."""
    known = {hour: tally for hour, tally in by_hour.items() if tally.tried >= settings.SMALL_NUMBERS_BELOW}
    if not known:
        return _("Too few calls to say which hours work best")
    best = max(known, key=lambda hour: (known[hour].share or 0, -hour))
    return _("Most are reached from %(hours)s: %(share)s") % {
        "hours": _hour(best),
        "share": _percent(known[best]),
    }
