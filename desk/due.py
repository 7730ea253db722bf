"""Due work: everything with a last day in one list, in five groups; for a team, what does not fit into its day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from desk.asked import as_row
from desk.counted import Counted, by_officer
from desk.covering import covered_by
from desk.day import Group, Thing, What, group_of, horizon, lay_out, things
from desk.fit import Fit
from desk.team import late_cell
from desk.worklist import (
    AT_MOST,
    day_plan,
    gather,
    heading_of,
    in_groups,
    in_sentences,
    minutes_each,
    why_critical,
    why_left,
)
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import Leave, User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.access import listed
from victimcare.cases.models import Participant
from victimcare.govuk.dates import day, duration
from victimcare.http import Request
from victimcare.working_days import england_and_wales

PAGE = 25
LISTED_AT_MOST = 20  # things that do not fit, of one officer


@dataclass(frozen=True)
class Asked:
    """Which group, whose, and where the page begins."""

    group: Group
    whose: str  # "mine", "team" or an officer's reference
    start: int = 0

    def url(self, **changes: Any) -> str:
        said = {"group": self.group.value, "whose": self.whose, "from": self.start or ""} | changes
        said = {name: value for name, value in said.items() if value not in ("", "mine", 0)}
        return reverse("desk:due") + (f"?{urlencode(said)}" if said else "")


def _asked(request: Request) -> Asked:
    group, start = request.GET.get("group", ""), request.GET.get("from", "")
    whose = request.GET.get("whose", "mine")[:20]
    return Asked(
        next((each for each in Group if each.value == group), Group.CRITICAL),
        whose if whose.isascii() and whose.isprintable() else "mine",
        min(int(start), AT_MOST) if start.isascii() and start.isdigit() and len(start) < 5 else 0,
    )


@allow(Permission.USE_TODAY)
def due(request: Request) -> HttpResponse:
    """One group of what is due, a page of it; the counts of the others are links."""
    user, asked = request.user, _asked(request)
    whose, officer = _whose(user, asked.whose)
    is_team = whose is not None
    found = gather(
        user, whose if whose is not None else [user.pk, *covered_by(user)], until=None, is_team=is_team
    )
    minutes, more = minutes_each()
    today, holidays = clock.today(), england_and_wales()
    laid = lay_out(found.items, today, bank_holidays=holidays, room=AT_MOST * 8, minutes=minutes, more=more)
    if "group" not in request.GET:  # the first that holds anything
        first = next((group for group in Group if laid.counts[group]), Group.CRITICAL)
        asked = Asked(first, asked.whose, asked.start)
    in_sight = laid.groups[asked.group][asked.start : asked.start + PAGE]
    for group in Group:
        laid.groups[group] = in_sight if group is asked.group else []
    shown = {thing.participant: found.people[thing.participant] for thing in in_sight if thing.participant}
    listed(request, list(shown.values()), field_group="due work")
    rows = in_groups(laid, shown, user, {}, names_officer=is_team)
    ends = asked.start + PAGE
    context = {
        "asked": asked,
        "officer": officer,
        "total": laid.total,
        "tabs": [
            {
                "label": heading_of(group),
                "n": laid.counts[group],
                "url": asked.url(group=group.value, **{"from": ""}),
                "is_current": group is asked.group,
            }
            for group in Group
        ],
        "heading": heading_of(asked.group),
        "count": laid.counts[asked.group],
        "note": why_critical() if asked.group is Group.CRITICAL else "",
        "rows": rows[0]["rows"] if rows else [],
        "whose": _choices(user, asked),
        "newer_url": asked.url(**{"from": max(0, asked.start - PAGE)}) if asked.start else "",
        "older_url": asked.url(**{"from": ends}) if ends < laid.counts[asked.group] else "",
        "is_capped": len(found.items) >= AT_MOST,
        "at_most": AT_MOST,
    }
    return render(request, "desk/due.html", context)


def _whose(user: User, asked: str) -> tuple[list[int] | None, User | None]:
    """The officers a supervisor asked for; None for one's own. Somebody else's officers are nobody's."""
    if asked == "mine" or not user.has_role(Role.SUPERVISOR):
        return None, None
    team = User.objects.active().filter(team_id=user.team_id).with_role(Role.VICTIM_CARE_OFFICER)
    if asked == "team":
        return list(team.values_list("pk", flat=True)) if user.team_id else [], None
    officer = team.filter(reference=asked).first() if user.team_id else None
    return ([officer.pk] if officer else []), officer


def _choices(user: User, asked: Asked) -> list[dict[str, Any]]:
    if not user.has_role(Role.SUPERVISOR):
        return []
    return [
        {"label": label, "url": asked.url(whose=whose, **{"from": ""}), "is_on": asked.whose == whose}
        for whose, label in (("mine", _("Mine")), ("team", _("My team’s")))
    ]


# --- A team's day ----------------------------------------------------------------------------------


@allow(Permission.ALLOCATE)
def team_day(request: Request) -> HttpResponse:
    """Each officer of the team: what is late or due today, the hours left, and what cannot fit."""
    user, today, holidays = request.user, clock.today(), england_and_wales()
    officers = list(
        User.objects.active()
        .filter(team_id=user.team_id)
        .with_role(Role.VICTIM_CARE_OFFICER)
        .order_by("display_name", "pk")
    ) if user.team_id else []  # fmt: skip
    found = gather(user, [each.pk for each in officers], until=today, is_team=True)
    minutes, more = minutes_each()
    todo = things(found.items, minutes=minutes, more=more)
    ends = horizon(today, bank_holidays=holidays)
    order = list(Group)
    todo.sort(key=lambda thing: order.index(group_of(thing, today, ends, bank_holidays=holidays)))
    away = set(
        Leave.objects.filter(
            user__in=officers, from_on__lte=today, until_on__gte=today, cancelled_at=None
        ).values_list("user_id", flat=True)
    )
    plans = [(each, _plan_of(each, todo, found.people, is_away=each.pk in away)) for each in officers]
    plans.sort(key=lambda plan: -plan[1].minutes_left_over)
    shown: dict[int, Participant] = {}
    sections = [_section(each, plan, found.people, shown, away, user) for each, plan in plans if plan.left]
    due = by_officer(user, [each.pk for each in officers], today)
    listed(request, list(shown.values()), field_group="team's day")
    context = {
        "columns": [
            _("Officer"),
            {"label": _("Late"), "is_number": True},
            {"label": _("Due today"), "is_number": True},
            {"label": _("Takes"), "is_number": True},
            {"label": _("Does not fit"), "is_number": True},
        ],
        "rows": [_figures(each, plan, due[each.pk], today) for each, plan in plans],
        "sections": sections,
        "n": sum(len(plan.left) for _each, plan in plans),
        "is_capped": len(found.items) >= AT_MOST,
        "at_most": AT_MOST,
    }
    return render(request, "desk/team_day.html", context)


def _plan_of(officer: User, todo: Sequence[Thing], people: dict[int, Participant], *, is_away: bool) -> Fit:
    """How this officer's own part fits; whoever is away does nothing today."""
    mine = [thing for thing in todo if falls_to(thing, people) == officer.pk]
    return day_plan(mine, people, officer, is_away=is_away)


def falls_to(thing: Thing, people: Mapping[int, Participant]) -> int | None:
    """Whose it is, by primary key: whoever promised or asked; otherwise that person's officer."""
    source: Any = thing.items[0].source
    if thing.what is What.PROMISE:
        return int(source.falls_to.pk)
    if thing.what is What.QUESTION:
        return int(source.asked_by_id)
    part = people.get(thing.participant)
    return part.officer_id if part else None


def _figures(officer: User, plan: Fit, due: Counted, today: date) -> list[Any]:
    all_of_it = [each.thing for each in (*plan.placed, *plan.left)]
    over = plan.minutes_left_over
    return [
        {"text": officer.display_name, "url": f"{reverse('desk:due')}?whose={officer.reference}"},
        late_cell(due, today),
        due.today,
        duration(sum(thing.minutes for thing in all_of_it)) if all_of_it else "–",
        {"text": duration(over), "note": str(len(plan.left)), "tone": "danger"} if over else "–",
    ]


def _section(
    officer: User,
    plan: Fit,
    people: dict[int, Participant],
    shown: dict[int, Participant],
    away: set[int],
    user: User,
) -> dict[str, Any]:
    """What cannot fit into this officer's day, and why."""
    rows = []
    for left in plan.left[:LISTED_AT_MOST]:
        part = people.get(left.thing.participant)
        if part is not None:
            shown[part.pk] = part
        rows.append(
            _left_row(left.thing, part, user)
            | {
                "due_on": left.thing.due_on,
                "why": _("Left because %s.")
                % (_("they are away") if officer.pk in away else why_left(left.why)),
            }
        )
    return {
        "heading": officer.display_name,
        "n": len(plan.left),
        "rows": rows,
        "more": len(plan.left) - len(rows),
        "url": f"{reverse('desk:due')}?whose={officer.reference}",
    }


def _left_row(thing: Thing, part: Participant | None, user: User) -> dict[str, Any]:
    """One thing that does not fit, without the button that does it: it is somebody else's work."""
    if part is None or thing.what is What.QUESTION:
        said = as_row(thing.items[0].source, user)  # type: ignore[arg-type]
        return {name: said[name] for name in ("what", "who", "url")}
    name = part.person.name
    url = reverse("desk:summary", args=[part.case.reference, part.reference])
    return {"what": in_sentences(thing, name)["what"], "who": name, "url": url}


def in_the_day(plan: Fit, today: date, people: dict[int, Participant]) -> list[dict[str, str]]:
    """What is left for another day, for the side of Today: what, and why."""
    rows = []
    for left in plan.left:
        if left.thing.due_on > today:
            continue
        part = people.get(left.thing.participant)
        rows.append(
            {
                "text": part.person.name if part else _("A question"),
                "note": _("%(why)s (due %(day)s)")
                % {"why": why_left(left.why), "day": day(left.thing.due_on)},
                "url": reverse("desk:summary", args=[part.case.reference, part.reference]) if part else "",
            }
        )
    return rows[:8]
