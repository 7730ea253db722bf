"""The rules of triage as data: versions that one supervisor proposes and another approves, kept for ever."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User
from victimcare.cases.models import Entitlement


class RuleSetQuerySet(models.QuerySet["RuleSet"]):
    def approved(self) -> "RuleSetQuerySet":
        """Every version that was, is or will be in force, oldest first."""
        return self.filter(state=RuleSet.State.APPROVED).order_by("effective_from", "number")

    def in_force_on(self, day: date) -> "RuleSet | None":
        """The version that judges a referral received on this day; before any, the first."""
        approved = self.approved()
        return approved.filter(effective_from__lte=day).last() or approved.first()


class RuleSet(models.Model):
    """One version of the rules of triage. Once proposed it stays as it is; a change is a new version."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PROPOSED = "proposed", _("Proposed")
        APPROVED = "approved", _("Approved")
        DROPPED = "dropped", _("Dropped")

    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    based_on = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    drawn_from = models.CharField(max_length=120, blank=True)  # where the first version came from
    note = models.CharField(max_length=600, blank=True)  # what it changes, and why
    effective_from = models.DateField(null=True, blank=True)
    drafted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(auto_now_add=True)
    proposed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    sent_back_because = models.CharField(max_length=600, blank=True)  # the last time it came back
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.CheckConstraint(
                name="rules_proposer_is_not_approver",
                condition=Q(approved_by=None) | Q(proposed_by=None) | ~Q(approved_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="rules_approved_say_from_when",
                condition=~Q(state="approved") | Q(effective_from__isnull=False, approved_at__isnull=False),
            ),
        )

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_unconfirmed(self) -> bool:
        """In force although no supervisor approved it: it came with the application."""
        return self.state == self.State.APPROVED and self.approved_by_id is None


class TriageRule(models.Model):
    """One line of the table: whom it fits, and what follows. Ordered within its kind."""

    class Kind(models.TextChoices):
        SUPPRESS = "suppress", _("Is not contacted by the unit")
        PRIORITY = "priority", _("Gets a priority")
        ENHANCED = "enhanced", _("Gets enhanced rights, provisionally")

    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="rules")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    order = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)  # what referrals remember; stays the same through the versions
    words = models.CharField(max_length=160)
    words_cy = models.CharField(max_length=160, blank=True)
    ways = models.JSONField(default=list, blank=True)  # of `referrals.triage.CONDITIONS`; any one will do
    priority = models.PositiveSmallIntegerField(null=True, blank=True)
    category = models.CharField(max_length=25, choices=Entitlement.Category.choices, blank=True)
    is_filler = models.BooleanField(default=False)  # said only when it decides
    history = HistoricalRecords()

    class Meta:
        ordering = ("kind", "order", "id")
        constraints = (
            models.UniqueConstraint(name="rule_once_a_version", fields=["rule_set", "name"]),
            models.CheckConstraint(
                name="rule_says_what_follows",
                condition=Q(kind="suppress", priority=None, category="")
                | Q(kind="priority", priority__gte=1, priority__lte=4, category="")
                | (Q(kind="enhanced", priority=None) & ~Q(category="")),
            ),
        )

    @property
    def said(self) -> str:
        """Its words in the reader's language."""
        return self.words_cy if self.words_cy and get_language() == "cy" else self.words


class PriorityStandard(models.Model):
    """What one priority means: how soon, and by which channels, best first."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="standards")
    priority = models.PositiveSmallIntegerField()
    within = models.PositiveSmallIntegerField()  # working days; 0 is the same day
    channels = ArrayField(models.CharField(max_length=10))
    history = HistoricalRecords()

    class Meta:
        ordering = ("priority",)
        constraints = (
            models.UniqueConstraint(name="standard_once_a_version", fields=["rule_set", "priority"]),
            models.CheckConstraint(
                name="standard_is_of_1_to_4", condition=Q(priority__gte=1, priority__lte=4)
            ),
        )


def until_of(version: RuleSet, approved: Iterable[RuleSet]) -> date | None:
    """The last day on which this approved version is in force; None while nothing follows it."""
    later = [
        other.effective_from
        for other in approved
        if other.effective_from
        and version.effective_from
        and (other.effective_from, other.number) > (version.effective_from, version.number)
    ]
    return min(later) - timedelta(days=1) if later else None
