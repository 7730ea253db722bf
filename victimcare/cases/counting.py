"""Whose figures somebody is shown: everybody's, or without the cases they must not see, not even as one of a number."""

from django.db.models import Q

from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.models import Case, Exclusion


def only_counts(user: User) -> bool:
    """Somebody who is shown everybody's figures and opens no list: no small number is shown to them.

    Whoever may open lists is shown the figures of the cases they may open, whatever other role they have.
    """
    is_for_figures = user.has_role(Role.ANALYST) or user.has_role(Role.AUDITOR)
    return is_for_figures and not user.may(Permission.VIEW_LISTS)


def may_count(user: User, through: str = "") -> Q:
    """What holds of a row whose case may be in this user's figures: neither restricted, unless they are on its
    list, nor one they are excluded from.

    `through` leads from the row to whatever has the case, such as "participant__". Both kinds are few and found
    by an index, so the rows that are counted are not joined to their cases.
    """
    named = Case.restricted_to.through.objects.filter(user=user).values("case_id")
    restricted = Case.objects.filter(is_restricted=True).exclude(pk__in=named).values("pk")
    excluded = Exclusion.objects.filter(user=user, lifted_at=None).values("case_id")
    its_case = f"{through}case_id__in"
    return ~Q(**{its_case: restricted}) & ~Q(**{its_case: excluded})


def leads_witness_care(user: User) -> bool:
    """A supervisor of witness care: answers for what that team owes in the cases it has, whosever the victims are."""
    return (
        user.has_role(Role.SUPERVISOR) and user.team is not None and user.team.kind == Team.Kind.WITNESS_CARE
    )
