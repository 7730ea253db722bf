"""Referrals in, referrals out, and the extracts they came in."""

from datetime import date, datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare import clock
from victimcare.accounts.models import Team, User
from victimcare.cases.models import Event, Exclusion, Participant, may_see
from victimcare.references import new_reference


def referral_reference() -> str:
    return new_reference("R")


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


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, user: User) -> "ReferralQuerySet":
        return self.filter(may_see(user, "participant__"))

    def received_between(self, start: datetime, end: datetime) -> "ReferralQuerySet":
        """Reached the unit from `start` until before `end`; suppressed ones included."""
        return self.filter(received_at__gte=start, received_at__lt=end)

    def suppressed(self) -> "ReferralQuerySet":
        return self.filter(status=Referral.Status.SUPPRESSED)

    def allocated(self) -> "ReferralQuerySet":
        return self.filter(status=Referral.Status.ALLOCATED)

    def unallocated(self) -> "ReferralQuerySet":
        """Waiting for an officer, most urgent and then longest waiting first."""
        return self.filter(status=Referral.Status.RECEIVED).order_by("priority", "received_at", "id")

    def to_allocate_by(self, user: User) -> "ReferralQuerySet":
        """Those of the user's team, restricted ones too: they are shown without a name.

        Never an excluded case.
        """
        excluded = Exclusion.objects.filter(user=user, lifted_at=None)
        return self.filter(participant__team_id=user.team_id, participant__team__isnull=False).exclude(
            participant__case_id__in=excluded.values("case_id")
        )


class Referral(models.Model):
    """Somebody sent to us: one victim of one crime, once. Says what triage made of it and why."""

    class Source(models.TextChoices):
        FORCE = "force", _("The force's system")
        SELF = "self", _("The victim")
        PARTNER = "partner", _("A partner")
        OFFICER = "officer", _("An officer")

    class Status(models.TextChoices):
        RECEIVED = "received", _("Waiting to be allocated")
        SUPPRESSED = "suppressed", _("Suppressed")
        ALLOCATED = "allocated", _("Allocated")

    reference = models.CharField(max_length=20, unique=True, default=referral_reference)
    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="referral")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.FORCE)
    batch = models.ForeignKey(
        ImportBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals"
    )
    received_at = models.DateTimeField()  # when it reached the unit
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RECEIVED)
    suppressed_because = models.CharField(max_length=200, blank=True)
    priority = models.PositiveSmallIntegerField(default=3)  # 1 is first
    reasons = models.JSONField(default=list, blank=True)  # the names of the rules that said so
    channel = models.CharField(max_length=10, default="phone")
    due_on = models.DateField(null=True, blank=True)  # first contact, a local standard
    allocated_at = models.DateTimeField(null=True, blank=True)
    allocated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = ReferralQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="suppressed_says_why", condition=~Q(status="suppressed") | ~Q(suppressed_because="")
            ),
            models.CheckConstraint(
                name="allocated_says_when", condition=~Q(status="allocated") | Q(allocated_at__isnull=False)
            ),
            models.CheckConstraint(name="priority_is_1_to_4", condition=Q(priority__gte=1, priority__lte=4)),
        )
        indexes = (
            models.Index(
                name="referral_unallocated",
                fields=["priority", "received_at"],
                condition=Q(status="received"),
            ),
            models.Index(name="referral_received", fields=["-received_at"]),
            models.Index(
                name="referral_suppressed", fields=["-received_at"], condition=Q(status="suppressed")
            ),
            models.Index(
                name="referral_allocated",
                fields=["allocated_by", "-allocated_at"],
                condition=Q(status="allocated"),
            ),
        )


class PartnerQuerySet(models.QuerySet["Partner"]):
    def contracted_on(self, day: date) -> "PartnerQuerySet":
        return self.filter(Q(contract_from=None) | Q(contract_from__lte=day)).filter(
            Q(contract_until=None) | Q(contract_until__gte=day)
        )


class Partner(models.Model):
    """A service that supports victims. Data, because the list is reviewed each year."""

    name = models.CharField(max_length=120, unique=True)
    name_cy = models.CharField(max_length=120, blank=True)
    team = models.OneToOneField(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="partner")
    serves = models.CharField(max_length=200, blank=True)
    contract_from = models.DateField(null=True, blank=True)
    contract_until = models.DateField(null=True, blank=True)
    is_bilingual = models.BooleanField(default=False)
    history = HistoricalRecords()

    objects = PartnerQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class OnwardReferralQuerySet(models.QuerySet["OnwardReferral"]):
    def open(self, day: date) -> "OnwardReferralQuerySet":
        """Sent or accepted, not run out, and the victim has not since said no to sharing."""
        return self.filter(
            status__in=[OnwardReferral.Status.SENT, OnwardReferral.Status.ACCEPTED], expires_on__gte=day
        ).exclude(participant__consent_to_refer="N")

    def visible_to(self, user: User) -> "OnwardReferralQuerySet":
        """A partner's worker sees what was referred to their own partner, while it is open.

        Nobody else any. A case restricted since, or that they are excluded from, is gone for them too.
        """
        if user.team_id is None:
            return self.none()
        restricted = Q(participant__case__is_restricted=True) & ~Q(participant__case__restricted_to=user)
        excluded = Exclusion.objects.filter(user=user, lifted_at=None).values("case_id")
        theirs = self.open(clock.today()).filter(partner__team_id=user.team_id)
        return theirs.exclude(restricted).exclude(participant__case_id__in=excluded)


class OnwardReferral(models.Model):
    """A victim referred by us to a partner, with their agreement to share what was shared."""

    class Status(models.TextChoices):
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        ENDED = "ended", _("Ended")

    reference = models.CharField(max_length=20, unique=True, default=referral_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="onward_referrals")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="referrals")
    shares = models.CharField(max_length=400)  # what the victim agreed may be shared
    agreed_on = models.DateField()
    expires_on = models.DateField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SENT)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=300, blank=True)  # why it was declined
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = OnwardReferralQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at",)
        constraints = (
            models.UniqueConstraint(
                name="one_open_onward_referral_per_partner",
                fields=["participant", "partner"],
                condition=Q(status__in=["sent", "accepted"]),
            ),
        )
