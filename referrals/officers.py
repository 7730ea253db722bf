"""The officers of a team as they stand on the day that is allocated for: what each carries, who is in. Reads only."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from django.db.models import Count, Max, OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from referrals.models import Referral, WorkloadScale
from referrals.proposals import FIRST_SCALE, Load, Scale, full_at, room_for
from victimcare import clock
from victimcare.accounts.models import Leave, User
from victimcare.accounts.permissions import Role
from victimcare.accounts.skills import LANGUAGES, SKILLS, words_for
from victimcare.cases.models import Participant
from victimcare.govuk.dates import day, moment
from victimcare.working_days import england_and_wales, is_working_day, working_days_after


@dataclass
class Officer:
    """One officer of the team as the supervisor sees them beside the list."""

    user: User
    load: Load
    leave: list[Leave] = field(default_factory=list)
    last_allocated: datetime | None = None
    on: date | None = None  # the day that is allocated for, where it is not today
    chosen: int = 0  # points of what is about to be saved
    knows: list[str] = field(default_factory=list)  # names on this page
    conflicts: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The name, and Welsh: what a supervisor looks for first."""
        return f"{self.load.name}, {_('Welsh')}" if "cy" in self.load.languages else self.load.name

    @property
    def is_over(self) -> bool:
        return self.load.booked + self.chosen > self.load.full_at

    @property
    def booked(self) -> int:
        return round(100 * self.load.booked / (self.load.full_at or 1))

    @property
    def added(self) -> int:
        return round(100 * self.chosen / (self.load.full_at or 1))

    @property
    def text(self) -> str:
        """Beside the bar."""
        if self.load.is_away:
            return _("away %s") % day(self.on) if self.on else _("away today")
        if self.load.is_off_today:
            return _("off %s") % day(self.on) if self.on else _("day off today")
        return f"{self.booked + self.added}%"

    @property
    def glance(self) -> str:
        """Under the bar: points and room, hours and leave, skills. The rest opens."""
        load, left = self.load, self.load.left + self.load.proposed - self.chosen
        points = _("%(used)d of %(full)d points") % {"used": load.booked, "full": load.full_at}
        if self.chosen:
            points += ", " + _("%(n)d more here") % {"n": self.chosen}
        if load.is_away:
            points += ", " + _("no room: away")
        elif left < 0:
            points += ", " + ngettext("%(n)d over", "%(n)d over", -left) % {"n": -left}
        else:
            points += ", " + ngettext("room for %(n)d", "room for %(n)d", left) % {"n": left}
        hours = self.user.hours_a_week
        week = _("%(n)s hours a week") % {"n": f"{hours:g}"} if hours is not None else _("Hours not known")
        skills = words_for(sorted(load.skills), SKILLS)
        return ". ".join(part for part in (points, week, *self._away, skills) if part)

    @property
    def _away(self) -> list[str]:
        today = clock.today()
        return [
            (_("Away until %(day)s") if leave.from_on <= today else _("Away from %(first)s to %(day)s"))
            % {"day": day(leave.until_on), "first": day(leave.from_on)}
            for leave in self.leave
        ]

    @property
    def facts(self) -> list[str]:
        """What opens under the bar, a sentence each; only what is so."""
        said = [
            words_for(sorted(self.load.languages), LANGUAGES),
            _("Last allocated %s") % moment(self.last_allocated) if self.last_allocated else "",
            _("Knows: %s") % ", ".join(self.knows) if self.knows else "",
            _("Conflict: %s") % ", ".join(self.conflicts) if self.conflicts else "",
        ]
        return [fact for fact in said if fact]


def scale_on(today: date) -> Scale:
    """What work is counted in on this day."""
    row = WorkloadScale.objects.in_force(today)
    if row is None:
        return FIRST_SCALE
    return Scale(
        points={1: row.points_1, 2: row.points_2, 3: row.points_3, 4: row.points_4},
        full_week=row.full_week,
        looks_ahead=row.looks_ahead,
    )


def loads_today(user: User, today: date) -> list[Load]:
    """The officers of the user's team: what each carries, and who is away. Four queries."""
    return [officer.load for officer in officers_today(user, today, scale_on(today))]


def officers_today(user: User, today: date, scale: Scale) -> list[Officer]:
    """The officers of the user's team, as they stand on the day that is allocated for. Three queries."""
    people = list(User.objects.active().with_role(Role.VICTIM_CARE_OFFICER).filter(team_id=user.team_id))
    first = day_for(people, today)
    coming = [
        first,
        *islice(working_days_after(first, bank_holidays=england_and_wales()), scale.looks_ahead - 1),
    ]
    leave: dict[int, list[Leave]] = defaultdict(list)
    for row in Leave.objects.standing().between(today, coming[-1]).filter(user__in=people):
        leave[row.user_id].append(row)
    carried = _carried([person.pk for person in people], scale)
    officers = [_officer(person, leave[person.pk], carried[person.pk], coming, scale) for person in people]
    for officer in officers:
        officer.on = first if first != today else None
    return officers


def day_for(people: list[User], today: date) -> date:
    """The day that is allocated for: today, or on a day off the next working day, unless somebody works today."""
    holidays = england_and_wales()
    if is_working_day(today, bank_holidays=holidays) or any(works_on(person, today) for person in people):
        return today
    return next(working_days_after(today, bank_holidays=holidays))


def works_on(person: User, on: date) -> bool:
    """By their hours, weekends too; by the week where nobody wrote hours down. Nobody on a bank holiday."""
    holidays = england_and_wales()
    if not person.working_hours:
        return is_working_day(on, bank_holidays=holidays)
    return on not in holidays and person.hours_on(on) is not None


@dataclass
class _Carried:
    """An officer's open work, in points, and when they were last given somebody who is still open."""

    points: int = 0
    last: datetime | None = None


def _carried(officers: list[int], scale: Scale) -> dict[int, _Carried]:
    """What each carries. One query."""
    found: dict[int, _Carried] = defaultdict(_Carried)
    # Looked up person by person: a join would read the referrals of everybody ever closed.
    theirs = Referral.objects.filter(participant=OuterRef("pk"))
    work = (
        Participant.objects.victims().open().filter(officer__in=officers)
        .annotate(priority=Subquery(theirs.values("priority")), given=Subquery(theirs.values("allocated_at")))
        .values_list("officer_id", "priority").annotate(n=Count("pk"), last=Max("given")).order_by()
    )  # fmt: skip
    for officer, priority, n, last in work:
        carried = found[officer]
        carried.points += n * scale.of(priority)
        carried.last = max(filter(None, (carried.last, last)), default=None)
    return found


def _officer(
    person: User, leave: list[Leave], carried: _Carried, coming: list[date], scale: Scale
) -> Officer:
    today, full = coming[0], full_at(person.caseload_points, person.hours_a_week, scale)
    works = [on for on in coming if works_on(person, on)]
    here = [on for on in works if not any(each.from_on <= on <= each.until_on for each in leave)]
    load = Load(
        officer_id=person.pk,
        name=person.display_name,
        booked=carried.points,
        full_at=full,
        languages=frozenset(person.languages),
        skills=frozenset(person.skills),
        is_away=any(each.from_on <= today <= each.until_on for each in leave),
        is_off_today=today not in works,
        room=room_for(full, carried.points, here=len(here), works=len(works)),
    )
    return Officer(person, load, leave, carried.last)
