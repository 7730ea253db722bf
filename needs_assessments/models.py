"""What each victim needs, and whether that gives them enhanced rights (Victims' Code, Right 4)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User
from victimcare.cases.models import Entitlement, Participant
from victimcare.references import new_reference


def assessment_reference() -> str:
    return new_reference("N")


class NeedsAssessment(models.Model):
    """One conversation about needs with one victim. A completed one is never edited; a review is another."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        COMPLETED = "completed", _("Completed")

    reference = models.CharField(max_length=20, unique=True, default=assessment_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="needs_assessments")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    question_set = models.CharField(max_length=20, default="short-1")  # which questions were asked
    # Each enhanced category: Y, N, or "" for not asked, with why.
    categories = models.JSONField(default=dict, blank=True)
    enhanced_categories = ArrayField(
        models.CharField(max_length=25, choices=Entitlement.Category.choices), default=list, blank=True
    )
    is_in_danger_now = models.CharField(max_length=1, blank=True)  # Y fires a same-day safeguarding task
    summary = models.TextField(max_length=4000, blank=True)  # in the victim's own words where possible
    wants_vps = models.CharField(max_length=1, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    assessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    review_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-started_at",)
        constraints = (
            models.CheckConstraint(
                name="completed_assessment_says_when",
                condition=~Q(status="completed") | Q(completed_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_draft_assessment_per_participant",
                fields=["participant"],
                condition=Q(status="draft"),
            ),
        )


class Need(models.Model):
    """How much support one part of life needs: 0 none, 1 information, 2 some, 3 significant, 4 urgent."""

    class Domain(models.TextChoices):
        HEALTH = "health", _("Mental and physical health")
        SHELTER = "shelter", _("Shelter and accommodation")
        FAMILY = "family", _("Family, friends and children")
        WORK = "work", _("Education, skills and employment")
        SUBSTANCES = "substances", _("Drugs and alcohol")
        MONEY = "money", _("Finance and benefits")
        OUTLOOK = "outlook", _("Outlook and attitudes")
        SOCIAL = "social", _("Social interactions")
        SAFETY = "safety", _("Safety")

    assessment = models.ForeignKey(NeedsAssessment, on_delete=models.CASCADE, related_name="needs")
    domain = models.CharField(max_length=12, choices=Domain.choices)
    level = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_need_per_domain", fields=["assessment", "domain"]),
            models.CheckConstraint(name="need_is_0_to_4", condition=Q(level__lte=4)),
        )
