"""The home page: what this person has to do, in the order it is due; for others, where their work is."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import Promise
from desk.day import minutes_left
from desk.due import in_the_day
from desk.handover import unread_by
from desk.notices import unread
from desk.passed_on import on_top, passed_on_to
from desk.team import Team, hearings_soon, measures_to_check, team_of
from desk.urgent import urgent_today
from desk.worklist import Worklist, worklist
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.access import listed
from victimcare.cases.models import Participant
from victimcare.cases.safety.views import groups
from victimcare.cases.safety.waiting import waiting_for
from victimcare.govuk.dates import day, duration, long_day
from victimcare.http import Request
from victimcare.working_days import LONDON, england_and_wales, is_working_day

NEWS_SHOWN = 8
CASEWORK = (
    Role.VICTIM_CARE_OFFICER,
    Role.SUPERVISOR,
    Role.WITNESS_CARE_OFFICER,
    Role.OFFICER_IN_THE_CASE,
    Role.MEASURES_ADVISOR,
)


@allow(Permission.USE_TODAY)
def today(request: Request) -> HttpResponse:
    """What has to be done today; whoever does no casework finds the way to their own pages."""
    user = request.user
    if user.has_role(Role.PARTNER):
        return redirect("referrals:own")
    if not any(user.has_role(role) for role in CASEWORK):
        return render(request, "desk/home.html", {"places": _places(user)})
    urgent_pks, passed_pks = on_top(user)
    urgent = urgent_today(user, urgent_pks)
    passed_on = passed_on_to(user, passed_pks)
    work = worklist(user, without=passed_on.pairs)
    measures, asked_for = measures_to_check(user) if user.may(Permission.CHECK_MEASURES) else ([], [])
    team = team_of(user) if user.has_role(Role.SUPERVISOR) else None
    news, named = unread(user, room=NEWS_SHOWN)
    waiting = waiting_for(user) if user.may(Permission.DECIDE_SAFETY) else None
    shown = [*urgent.people, *passed_on.people]
    shown += [*work.people, *asked_for, *named, *(waiting.people if waiting else ())]
    listed(request, _once_each(shown), field_group="today")
    more = len(measures) + len(urgent.mine) + len(passed_on.rows)
    context = {
        "work": work,
        "urgent": urgent.mine,
        "with_others": urgent.with_others,
        "passed_on": passed_on.rows,
        "words": _in_words(work, user, more, team),
        "measures": measures,
        "team": team,
        "safety": groups(waiting) if waiting else [],
        "hearings": hearings_soon(user) if user.has_role(Role.WITNESS_CARE_OFFICER) else [],
        "the_day": _the_day(work, user),
        "left": in_the_day(work.plan, clock.today(), {each.pk: each for each in work.people}),
        "handed": unread_by(user) if user.has_role(Role.VICTIM_CARE_OFFICER) else [],
        "promises": [_promise(promise) for promise in work.promises[:8]],
        "news": news,
    }
    return render(request, "desk/today.html", context)


def _once_each(people: list[Participant]) -> list[Participant]:
    return list({person.pk: person for person in people}.values())


def _in_words(work: Worklist, user: User, more: int, team: Team | None) -> dict[str, str]:
    """The heading and the grey sentence under it."""
    total = work.day.total + more
    if team is not None and not total:
        heading = _("Today: %(waiting)s waiting, %(late)d late") % {
            "waiting": team.waiting,
            "late": team.late,
        }
    elif not total:
        heading = _("Today: nothing is due")
    else:
        heading = ngettext("Today: %(n)d thing", "Today: %(n)d things", total) % {"n": total}
        if work.day.minutes:
            heading += _(", about %(long)s") % {"long": duration(work.day.minutes)}
    left = minutes_left(clock.now().astimezone(LONDON).time(), user.hours_on(clock.today()))
    lede = long_day(clock.today()) + "."
    hours = user.hours_on(clock.today())
    if not is_working_day(clock.today(), bank_holidays=england_and_wales()):
        lede += " " + _("Not a working day: what is late comes first, then the next three working days.")
    elif not hours and user.working_hours:
        lede += " " + _("You do not work today.")
    if hours and left:
        lede += " " + _("You have %(long)s until %(end)s.") % {
            "long": duration(left),
            "end": f"{hours[1]:%H:%M}",
        }
        over = work.day.minutes_today - left
        if over > 0:
            lede += " " + _("About %(long)s of what is due does not fit: tell your supervisor.") % {
                "long": duration(over)
            }
    later = work.day.minutes - work.day.minutes_today
    if later and work.day.minutes_today:
        lede += " " + _(
            "%(now)s of the work is late or due today, %(later)s falls due in the next three working days."
        ) % {"now": duration(work.day.minutes_today), "later": duration(later)}
    return {"heading": heading, "lede": lede}


def _the_day(work: Worklist, user: User) -> list[dict[str, str]]:
    """How long what is due takes, and how long is left; nothing where there is nothing to fit in."""
    if not work.day.minutes_today:
        return []
    hours = user.hours_on(clock.today())
    left = minutes_left(clock.now().astimezone(LONDON).time(), hours)
    due = _("%(long)s of work is due today or late") % {"long": duration(work.day.minutes_today)}
    if not hours:
        return [{"text": due}]
    over = work.day.minutes_today - left
    note = _("%(long)s left today") % {"long": duration(left)}
    return [
        {
            "text": due,
            "note": note
            if over <= 0
            else f"{note}; " + _("%(long)s does not fit") % {"long": duration(over)},
        }
    ]


def _promise(promise: Promise) -> dict[str, str]:
    """What this person promised and has not done yet."""
    person = promise.participant
    return {
        "text": f"{person.person.name}: {promise.what}",
        "url": reverse("contacts:list", args=[person.case.reference, person.reference]),
        "note": day(promise.due_on),
    }


def _places(user: User) -> list[dict[str, Any]]:
    """Where the work of somebody with no cases of their own is."""
    offered = [
        (Permission.VIEW_CASE, _("People who agreed to be asked"), "desk:cases"),
        (Permission.VIEW_DASHBOARD, _("Dashboards"), "desk:dashboard"),
        (Permission.VIEW_ACCESS_LOG, _("Who looked at what"), "audit:log"),
        (Permission.VIEW_PEOPLE_OF_THE_UNIT, _("People of the unit"), "accounts:people"),
        (Permission.VIEW_CODE, _("The Victims’ Code as we count it"), "compliance:code"),
    ]
    return [{"label": label, "url": reverse(name)} for held, label, name in offered if user.may(held)]
