"""What waits for a second person, for the supervisors who may see it. Reads only; each list one query."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.models import Case, Participant, PendingChange, SafetyLift
from victimcare.cases.safe_contact import ANSWERED

AT_MOST = 25
SIXTEEN_YEARS = timedelta(days=5844)  # or a day less: the rule itself counts birthdays


@dataclass(frozen=True)
class Waiting:
    """Everything that waits, oldest first. Beside each change whose it is, as the reader may open them."""

    children: list[Participant]
    changes: list[tuple[PendingChange, Participant]]
    lifts: list[tuple[SafetyLift, Participant]]

    @property
    def people(self) -> list[Participant]:
        """Whom the page shows, each once."""
        found = [*self.children, *(part for _row, part in [*self.changes, *self.lifts])]
        return list({part.pk: part for part in found}.values())

    @property
    def count(self) -> int:
        return len(self.children) + len(self.changes) + len(self.lifts)


def waiting_for(user: User) -> Waiting:
    """What waits for this supervisor. Four queries at most."""
    changes = list(PendingChange.objects.waiting().visible_to(user).select_related("asked_by")[:AT_MOST])
    lifts = list(SafetyLift.objects.waiting().visible_to(user).select_related("asked_by")[:AT_MOST])
    parts = _parts_of([row.person_id for row in [*changes, *lifts]], user)
    return Waiting(
        children=list(children_waiting(user)[:AT_MOST]),
        changes=[(each, parts[each.person_id]) for each in changes if each.person_id in parts],
        lifts=[(each, parts[each.person_id]) for each in lifts if each.person_id in parts],
    )


def _parts_of(people: list[int], user: User) -> dict[int, Participant]:
    """The newest part of each of these people that this user may open."""
    if not people:
        return {}
    seen = Participant.objects.visible_to(user)  # type: ignore[attr-defined]
    rows = seen.filter(person__in=people).select_related("person", "case")
    return {part.person_id: part for part in rows.order_by("person_id", "-pk").distinct("person_id")}


def children_waiting(user: User) -> QuerySet[Participant]:
    """Young children who asked for support, for whom nobody acts and no officer decides."""
    acted_for = Participant.objects.filter(represents=OuterRef("pk"), closed_at=None)
    said_yes = Q()
    for channel in ANSWERED:
        said_yes |= Q(**{f"person__safe_contact__{channel}": "Y"})
    undecided = Q(person__safe_contact__child_decided_version=None) | ~Q(
        person__safe_contact__child_decided_version=F("person__safe_contact__version")
    )
    without_officer = Case.objects.filter(occurrence_no="", oic_name="", oic_collar="")
    return (
        Participant.objects.visible_to(user)  # type: ignore[attr-defined]
        .filter(
            said_yes,
            undecided,
            role=Participant.Role.VICTIM,
            closed_at=None,
            case__in=without_officer,
            person__date_of_birth__gt=clock.today() - SIXTEEN_YEARS,
            person__date_of_death=None,
        )
        .exclude(Exists(acted_for))
        .select_related("person__safe_contact", "case")
        .order_by("pk")
    )
