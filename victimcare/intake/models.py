"""Extracts as they arrive from other systems, their rows, and what each feed last said."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.models import Event, Participant
from victimcare.references import new_reference


def batch_reference() -> str:
    return new_reference("B")


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def waiting(self) -> "ImportBatchQuerySet":
        """To be read: never begun, or begun by a reader of whom nothing was heard for ten minutes."""
        return self.filter(
            Q(state=ImportBatch.State.WAITING)
            | Q(state=ImportBatch.State.READING, claimed_at__lt=clock.now() - GIVEN_UP_AFTER)
        )


GIVEN_UP_AFTER = timedelta(minutes=10)


class ImportBatch(models.Model):
    """One extract as it arrived: its bytes until every row is kept, then its counts for ever."""

    class Kind(models.TextChoices):
        REFERRALS = "referrals", _("Referrals")
        EVENTS = "events", _("Events")
        HEARINGS = "hearings", _("Hearings")
        CONTACTS = "contacts", _("Contacts")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be read")
        READING = "reading", _("Being read")
        DONE = "done", _("Read")
        UNREADABLE = "unreadable", _("Could not be read")

    reference = models.CharField(max_length=20, unique=True, default=batch_reference)
    kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(null=True, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    unknown_columns = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    sentence = models.CharField(max_length=400, blank=True)  # why it could not be read, and what to do
    expected = models.PositiveIntegerField(default=0)  # rows in the file, counted before any is kept
    # Loaded long after: each row reached the unit when the force recorded it, not when the file came.
    is_history = models.BooleanField(default=False)
    received = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)  # renewed with every chunk that is kept
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    arrived_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ("-arrived_at", "-id")
        constraints = (
            # Two uploads of the same file at once give one result.
            models.UniqueConstraint(
                name="one_open_batch_per_file",
                fields=["sha256"],
                condition=Q(state__in=["waiting", "reading"]),
            ),
            models.CheckConstraint(
                name="every_row_has_one_outcome",
                condition=~Q(state="done")
                | Q(
                    received=models.F("accepted")
                    + models.F("updated")
                    + models.F("unchanged")
                    + models.F("suppressed")
                    + models.F("quarantined")
                ),
            ),
        )
        indexes = (
            models.Index(name="batch_waiting", fields=["id"], condition=Q(state__in=["waiting", "reading"])),
        )


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def in_quarantine(self) -> "ImportRowQuerySet":
        return self.filter(outcome=ImportRow.Outcome.QUARANTINED, settled_at=None)


class ImportRow(models.Model):
    """A row of an extract that did not simply land: what it said, and what became of it."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        UPDATED = "updated", _("Updated")
        UNCHANGED = "unchanged", _("Unchanged")
        SUPPRESSED = "suppressed", _("Suppressed")
        QUARANTINED = "quarantined", _("Quarantined")

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField()  # the row in the file, the heading being row 1
    natural_key = models.CharField(max_length=200)
    digest = models.CharField(
        max_length=32, blank=True
    )  # of the row as it came: the same row twice waits once
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    column = models.CharField(max_length=60, blank=True)  # which column is wrong
    reason = models.CharField(max_length=300, blank=True)  # in plain words
    content = models.JSONField(default=dict, blank=True)  # the row as it came; kept only while quarantined
    settled_at = models.DateTimeField(null=True, blank=True)  # mended, sent on, or set aside
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settlement = models.CharField(max_length=300, blank=True)

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(name="row_once_per_batch", fields=["batch", "number"]),)
        indexes = (
            models.Index(
                name="row_in_quarantine",
                fields=["batch", "number"],
                condition=Q(outcome="quarantined", settled_at=None),
            ),
            models.Index(name="row_by_digest", fields=["digest"], condition=Q(outcome="quarantined")),
            models.Index(
                name="row_by_key", fields=["natural_key"], condition=Q(outcome="quarantined", settled_at=None)
            ),
        )


class FeedRow(models.Model):
    """What a feed last said under one natural key, as a digest: the same row again changes nothing."""

    class Kind(models.TextChoices):
        REFERRAL = "referral", _("Referral")
        EVENT = "event", _("Event")
        HEARING = "hearing", _("Hearing")
        CONTACT = "contact", _("Contact")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=32)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="+")
    participant = models.ForeignKey(Participant, null=True, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, null=True, on_delete=models.PROTECT, related_name="+")
    acts_for = models.CharField(max_length=40, blank=True)  # a representative's victim, until that row comes
    extra = models.JSONField(default=dict, blank=True)  # what columns we do not know said

    class Meta:
        constraints = (models.UniqueConstraint(name="feed_row_once", fields=["kind", "key"]),)
        indexes = (models.Index(name="feed_row_acts_for", fields=["acts_for"], condition=~Q(acts_for="")),)
