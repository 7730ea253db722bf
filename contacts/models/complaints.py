"""What somebody was not content with, and when they get a reply."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from contacts.models.contacts import Contact
from victimcare.accounts.models import User
from victimcare.cases.models import Participant
from victimcare.references import new_reference


def complaint_reference() -> str:
    return new_reference("CO")


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    def open(self) -> "ComplaintQuerySet":
        return self.filter(answered_at=None)

    def visible_to(self, user: User) -> "ComplaintQuerySet":
        """Those of people this person may see."""
        return self.filter(participant__in=Participant.objects.visible_to(user))


class Complaint(models.Model):
    """What somebody was not content with, taken down in any contact, and by when they get a reply (Right 12)."""

    class Kind(models.TextChoices):
        DISSATISFIED = "dissatisfied", _("Not content, but does not complain")
        COMPLAINT = "complaint", _("A complaint")

    class About(models.TextChoices):
        UNIT = "unit", _("This unit")
        POLICE = "police", _("The police")
        PROSECUTION = "prosecution", _("The Crown Prosecution Service")
        COURT = "court", _("The court")
        SUPPORT = "support", _("A support service")
        OTHER = "other", _("Somebody else")

    reference = models.CharField(max_length=20, unique=True, default=complaint_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="complaints")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="complaints")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    about = models.CharField(max_length=12, choices=About.choices)
    words = models.TextField(max_length=2000)  # as they said it
    passed_to = models.CharField(max_length=120, blank=True)  # who looks into it
    made_at = models.DateTimeField()  # when they said it
    reply_due_on = models.DateField()
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(max_length=2000, blank=True)  # what they were told became of it
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="answered_complaint_says_how",
                condition=Q(answered_at=None, answered_by=None, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer=""),
            ),
        )
        indexes = (
            models.Index(name="complaint_open", fields=["reply_due_on", "id"], condition=Q(answered_at=None)),
            models.Index(name="complaint_by_participant", fields=["participant", "-made_at"]),
        )
