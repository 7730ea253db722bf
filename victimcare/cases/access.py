"""The first door: may this person see this case? Filters, logs, returns: the first line of a case page."""

from functools import lru_cache
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import Http404

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.models import Case, Participant
from victimcare.cases.models.cases import may_see
from victimcare.http import Request
from victimcare.prepared import Given, Prepared


def participant_for(
    request: Request,
    case: str,
    participant: str,
    *,
    field_group: str = "case",
    op: str = AccessEntry.Op.CONSULT,
) -> Participant:
    """The participant under these references, as seen by the person signed in, and the look is written down.

    Raises Http404 when there is none, or none that this person may see: nobody can tell which.
    The role's permission was asked by the view's `@allow`.
    """
    user = request.user
    ask = _seen_by(frozenset(user.roles), has_team=bool(user.team_id), has_collar=bool(user.collar))
    seen = ask(
        user=user.pk,
        team=user.team_id,
        collar=user.collar,
        today=clock.today(),
        participant=participant,
        case=case,
    )
    if not seen:
        raise Http404
    found: Participant = seen[0]
    if found.represents_id:  # few act for somebody: no join for all the others
        prefetch_related_objects([found], "represents__person")
    record_access(
        by=user,
        op=AccessEntry.Op(op),
        case=case,
        subject=participant,
        field_group=field_group,
        justification=justification(user, found),
        path=request.path,
    )
    request.participant = found
    return found


class _Whoever(Given):
    """Stands for every user of these roles, with or without a team and a collar number; knows nothing else of them."""

    def __init__(self, roles: frozenset[str], *, has_team: bool, has_collar: bool) -> None:
        super().__init__("user")
        self.roles = roles
        self.team_id = Given("team") if has_team else None
        self.collar = Given("collar") if has_collar else ""

    def has_role(self, role: Role) -> bool:
        return role in self.roles


@lru_cache(maxsize=64)  # as many as there are sets of roles
def _seen_by(roles: frozenset[str], *, has_team: bool, has_collar: bool) -> Prepared[Participant]:
    """The participant under two references, as whoever has these roles may see them: what `visible_to` says."""
    whoever: Any = _Whoever(roles, has_team=has_team, has_collar=has_collar)
    return Prepared(
        lambda: Participant.objects.filter(
            may_see(whoever, today=Given("today")),
            reference=Given("participant"),
            case__reference=Given("case"),
        ).select_related("case", "person", "person__safe_contact", "officer")
    )


def case_for(request: Request, reference: str, *, field_group: str = "case") -> Case:
    """The case under this reference, as seen by the person signed in, and the look is written down.

    Raises Http404 when there is none that this person may see.
    """
    found = Case.objects.visible_to(request.user).filter(reference=reference).first()
    if found is None:
        raise Http404
    record_access(
        by=request.user, op=AccessEntry.Op.CONSULT, case=reference, field_group=field_group, path=request.path
    )
    return found


def listed(request: Request, participants: list[Participant], *, field_group: str = "list") -> None:
    """Write down that a list page showed these people: one row for them all, none for an empty list."""
    if participants:
        record_access(
            by=request.user,
            op=AccessEntry.Op.CONSULT,
            subjects=[part.reference for part in participants],
            field_group=field_group,
            path=request.path,
        )


def sees_code_word(user: User, participant: Participant) -> bool:
    """The officer of the case, whoever covers for them, the supervisors; the whole team while nobody has the case.

    Any other colleague types what is said and learns only whether it is right (contacts:caller). One query, where
    it is somebody else's victim.
    """
    if participant.officer_id is None or user.has_role(Role.SUPERVISOR):
        return True
    return justification(user, participant) != MY_TEAM


MY_TEAM = "my team"


def justification(user: User, participant: Participant) -> str:
    """Why this look needs no typed reason: derived, never asked (Data Protection Act 2018 s.62)."""
    if participant.officer_id == user.pk:
        return "allocated to me"
    if participant.case.witness_care_officer_id == user.pk:
        return "witness care of this case"
    if user.collar and participant.case.oic_collar == user.collar:
        return "officer in the case"
    if (
        participant.officer_id
        and user.covering.filter(
            user=participant.officer_id,
            from_on__lte=clock.today(),
            until_on__gte=clock.today(),
            cancelled_at=None,
        ).exists()
    ):
        return "covering for a colleague"
    return MY_TEAM
