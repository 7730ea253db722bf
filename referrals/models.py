"""Referrals in, and referrals on to partners."""

from datetime import date, datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare import clock
from victimcare.accounts.models import Team, User
from victimcare.cases.models import Exclusion, Participant, may_see
from victimcare.intake.models import ImportBatch
from victimcare.references import new_reference


def referral_reference() -> str:
    return new_reference("R")


def batch_reference() -> str:
    """Named by the first migration, from before extracts had an app of their own."""
    return new_reference("B")


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
