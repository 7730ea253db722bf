"""The numbers the unit sets for itself, version by version."""

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User


class StandardQuerySet(models.QuerySet["Standard"]):
    def approved(self) -> "StandardQuerySet":
        """Those that count: what we began with, and what a second person approved since."""
        return self.filter(Q(written_by=None) | Q(approved_at__isnull=False))

    def waiting(self) -> "StandardQuerySet":
        return self.filter(written_by__isnull=False, approved_at=None, withdrawn_at=None)


class Standard(models.Model):
    """One version of one number the unit sets for itself. Written by one person, approved by another."""

    key = models.CharField(max_length=30)  # see victimcare.cases.standards
    number = models.PositiveSmallIntegerField(default=1)  # of the version
    value = models.PositiveSmallIntegerField()
    effective_from = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    written_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)  # None: nobody has confirmed it
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # a proposal that was not wanted
    history = HistoricalRecords()

    objects = StandardQuerySet.as_manager()

    class Meta:
        ordering = ("key", "-number")
        constraints = (
            models.UniqueConstraint(name="standard_version_once", fields=["key", "number"]),
            models.CheckConstraint(
                name="standard_writer_is_not_approver",
                condition=Q(approved_by=None) | Q(written_by=None) | ~Q(approved_by=F("written_by")),
            ),
        )

    @property
    def is_confirmed(self) -> bool:
        return self.approved_at is not None
