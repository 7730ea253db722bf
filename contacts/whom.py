"""Who of the unit sees to somebody today, and who is on call: people who are here and may see the case."""

from collections.abc import Mapping
from datetime import date

from contacts.models import OnCall
from victimcare.accounts.models import Leave, User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Participant


def supervisors_of(participant: Participant) -> list[User]:
    """The supervisors of this person's team; all of them where no team has them, or the team has none."""
    active = User.objects.active().with_role(Role.SUPERVISOR)
    team = _who_may_see(participant, list(active.filter(team=participant.team_id)))
    return team or _who_may_see(participant, list(active))


def who_sees_to(participant: Participant, day: date) -> list[User]:
    """This person's officer, or who covers for them that day; else the supervisors of the team."""
    officer = participant.officer
    if officer is not None and officer.is_active:
        away = Leave.objects.standing().between(day, day).filter(user=officer).select_related("covered_by")
        leave = away.first()
        here = officer if leave is None else leave.covered_by
        if here is not None and here.is_active and (found := _who_may_see(participant, [here])):
            return found
    return supervisors_of(participant)


def on_call_for(participant: Participant, day: date) -> User | None:
    """Who is on call for this person's team on that day of the rota, where they are here and may see the case."""
    turn = OnCall.objects.filter(team=participant.team_id, on=day, user__is_active=True)
    return next(iter(_who_may_see(participant, [each.user for each in turn.select_related("user")])), None)


def rota(team: int, first: date, last: date) -> Mapping[date, OnCall]:
    """Who is on call for a team, by day, both ends included."""
    rows = OnCall.objects.filter(team=team, on__gte=first, on__lte=last).select_related("user")
    return {row.on: row for row in rows}


def _who_may_see(participant: Participant, people: list[User]) -> list[User]:
    """Not those who must not know of this case."""
    this = Participant.objects.filter(pk=participant.pk)
    return [each for each in people if this.visible_to(each).exists()]
