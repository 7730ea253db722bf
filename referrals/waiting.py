"""Who needs an officer, as a run of proposals looks at them: those who wait, and the people of one who leaves."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, Subquery

from referrals.models import Referral, kept_from
from referrals.proposals import FIRST_SCALE
from victimcare.accounts.models import User
from victimcare.cases.models import Participant

AT_MOST = 2000  # in one run: more than a week of referrals


@dataclass(frozen=True)
class Waiting:
    """One victim who needs an officer, as the run looks at them."""

    pk: int
    key: str  # the reference by which the form names this row
    version: int
    priority: int
    received_at: datetime
    due_on: date | None
    participant_id: int
    person_id: int
    case_id: int
    is_restricted: bool
    flags: list[str]
    offence_code: str
    prefers_welsh: bool | None
    language: str
    born: date | None

    @property
    def place(self) -> str:
        """Where this row stands in the list, for the link to the next page."""
        return f"{self.priority}~{self.received_at.isoformat()}~{self.pk}"


_OF_PARTICIPANT = (
    "person_id", "case_id", "case__is_restricted", "case__flags", "case__offence_code",
    "person__prefers_welsh", "person__language", "person__date_of_birth",
)  # fmt: skip


def waiting_for(user: User) -> list[Waiting]:
    """The referrals of the user's team that wait for an officer, most urgent first. One query."""
    rows = Referral.objects.to_allocate_by(user).unallocated().values_list(
        "pk", "reference", "version", "priority", "received_at", "due_on", "participant_id",
        *(f"participant__{name}" for name in _OF_PARTICIPANT),
    )  # fmt: skip
    return [Waiting(*row) for row in rows[: AT_MOST + 1]]


def carried_by(user: User, officer: User) -> list[Waiting]:
    """The open victims of one officer of the user's team, most urgent first. One query."""
    theirs = Referral.objects.filter(participant=OuterRef("pk"))
    rows = (
        Participant.objects.victims().open().filter(officer=officer, team_id=user.team_id)
        .exclude(case_id__in=kept_from(user))
        .annotate(priority=Subquery(theirs.values("priority")), received_at=Subquery(theirs.values("received_at")))
        .order_by("priority", "received_at", "pk")
        .values_list("pk", "reference", "version", "priority", "received_at", "case__opened_at", *_OF_PARTICIPANT)
    )  # fmt: skip
    return [
        Waiting(pk, key, version, priority or max(FIRST_SCALE.points), received or opened, None, pk, *rest)
        for pk, key, version, priority, received, opened, *rest in rows[: AT_MOST + 1]
    ]
