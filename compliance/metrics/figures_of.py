"""In whose figures a row is: the same rule as on the dashboards, for whatever is counted."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from compliance.metrics.populations import Population
from compliance.models import Duty
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.counting import leads_witness_care, may_count, only_counts
from victimcare.cases.models import Participant


def in_the_figures_of(rows: QuerySet[Any], counted: Population, user: User | None) -> QuerySet[Any]:
    """What this person is shown counts of: all for who only counts; the team's; their own. None: everything.

    A case that they must not see is in none of their figures.
    """
    if user is None or only_counts(user):
        return rows
    if rows.model is Duty:
        return rows.in_the_figures_of(user)  # type: ignore[attr-defined, no-any-return]
    if counted.through is None:
        parts = Participant.objects.victims().filter(case=OuterRef("case"))
        return rows.filter(may_count(user), Exists(parts.filter(_own(user, ""))))
    return rows.filter(may_count(user, counted.through), _own(user, counted.through))


def _own(user: User, through: str) -> Q:
    own = Q(pk__in=[])
    is_lead = leads_witness_care(user)
    if is_lead:
        own |= Q(**{f"{through}team": user.team_id})
    elif user.has_role(Role.SUPERVISOR):
        return Q(**{f"{through}team": user.team_id}) | Q(**{f"{through}team": None})
    if user.has_role(Role.VICTIM_CARE_OFFICER):
        own |= Q(**{f"{through}officer": user})
    if user.has_role(Role.WITNESS_CARE_OFFICER):
        own |= Q(**{f"{through}case__witness_care_officer": user})
        if is_lead:
            own |= Q(**{f"{through}case__witness_care_team": user.team_id})
    return own
