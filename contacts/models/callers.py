"""Who rang: whether they were who they said, and what was said by those we could not find."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import Team, User
from victimcare.cases.models import Participant
from victimcare.references import new_reference


def check_reference() -> str:
    return new_reference("IC", 9)


def note_reference() -> str:
    return new_reference("CN")


class IdentityCheck(models.Model):
    """Whether a caller was who they said. What they said is never kept, nor what they should have said."""

    class How(models.TextChoices):
        CODE_WORD = "code_word", _("By the code word")
        DETAILS = "details", _("By date of birth and postcode")
        RANG_BACK = "rang_back", _("Rung back on the number held")

    reference = models.CharField(max_length=20, unique=True, default=check_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="identity_checks")
    how = models.CharField(max_length=10, choices=How.choices)
    has_passed = models.BooleanField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(name="check_by_participant", fields=["participant", "-at"]),)


class CallNoteQuerySet(models.QuerySet["CallNote"]):
    def visible_to(self, user: User) -> "CallNoteQuerySet":
        """Notes of one's own team: whom they concern is not known yet."""
        return self.filter(Q(by=user) | Q(team__isnull=False, team_id=user.team_id))

    def open(self) -> "CallNoteQuerySet":
        return self.filter(settled_at=None)


class CallNote(models.Model):
    """Somebody rang whom we could not find: what they said, until somebody has settled it."""

    reference = models.CharField(max_length=20, unique=True, default=note_reference)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    caller = models.CharField(max_length=120, blank=True)  # as they gave it
    number = models.CharField(max_length=30, blank=True)
    words = models.CharField(max_length=1000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settlement = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    objects = CallNoteQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(
                name="settled_note_says_how", condition=Q(settled_at=None) | ~Q(settlement="")
            ),
        )
        indexes = (models.Index(name="call_note_open", fields=["team", "-at"], condition=Q(settled_at=None)),)
