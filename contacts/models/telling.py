"""What the officer in the case was asked to tell, and what they answered."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from contacts.models.contacts import Contact
from victimcare.accounts.models import User
from victimcare.cases.models import Event, Participant
from victimcare.references import new_reference


def telling_reference() -> str:
    return new_reference("TL", 9)


class TellingQuerySet(models.QuerySet["Telling"]):
    def waiting(self) -> "TellingQuerySet":
        """Asked, and nobody has said anything."""
        return self.filter(answer="", ended_at=None)

    def with_the_unit(self) -> "TellingQuerySet":
        """Handed over, not done, or not answered for so long that the unit heard."""
        mine = Q(answer__in=[Telling.Answer.COULD_NOT, Telling.Answer.HANDED_OVER])
        return self.filter(ended_at=None).filter(mine | Q(answer="", unit_told_at__isnull=False))


class Telling(models.Model):
    """One event that the officer in the case was asked to tell one victim, and what they answered.

    What is owed is the duty's to say (compliance). This says who was asked, and who heard of the silence.
    """

    class Answer(models.TextChoices):
        TOLD = "told", _("Told")
        COULD_NOT = "could_not", _("Could not")
        HANDED_OVER = "handed_over", _("Please do it for me")

    class Why(models.TextChoices):
        NO_ANSWER = "no_answer", _("No answer")
        WRONG_NUMBER = "wrong_number", _("The number is wrong")
        UNSAFE = "unsafe", _("It was not safe to talk")
        NO_SAFE_WAY = "no_safe_way", _("There is no safe way to reach them")
        NOT_HERE = "not_here", _("I am not on duty, or it is not my case")
        OTHER = "other", _("Something else")

    reference = models.CharField(max_length=20, unique=True, default=telling_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="tellings")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="tellings")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tellings")  # who was asked
    asked_at = models.DateTimeField()
    due_on = models.DateField(null=True, blank=True)
    answer = models.CharField(max_length=12, choices=Answer.choices, blank=True)
    why = models.CharField(max_length=15, choices=Why.choices, blank=True)
    words = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="tellings"
    )
    sergeant_told_at = models.DateTimeField(null=True, blank=True)
    unit_told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # told by somebody, or not owed any more
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = TellingQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        constraints = (
            models.UniqueConstraint(name="telling_once", fields=["participant", "event"]),
            models.CheckConstraint(
                name="answered_telling_says_by_whom",
                condition=Q(answer="", answered_at=None, answered_by=None)
                | ~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="could_not_tell_says_why", condition=~Q(answer="could_not") | ~Q(why="")
            ),
        )
        indexes = (
            models.Index(name="telling_open", fields=["asked_at"], condition=Q(ended_at=None)),
            models.Index(
                name="telling_open_by_officer", fields=["officer", "due_on"], condition=Q(ended_at=None)
            ),
        )

    def __str__(self) -> str:
        return self.reference
