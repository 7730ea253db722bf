"""Referrals in, and referrals on to partners."""

from datetime import date, datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

# Django finds the tables of an app here, wherever in it they are.
from referrals.refer_in.models import PublicUse, ReferredIn, UnfinishedForm  # noqa: F401
from referrals.rules.models import PriorityStandard, RuleSet, TriageRule  # noqa: F401
from victimcare import clock
from victimcare.accounts.models import Leave, Team, User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.models import Case, Exclusion, Participant, may_see
from victimcare.intake.models import ImportBatch
from victimcare.references import new_reference


def referral_reference() -> str:
    return new_reference("R")


def handover_reference() -> str:
    return new_reference("H")


def batch_reference() -> str:
    """Named by the first migration, from before extracts had an app of their own."""
    return new_reference("B")


def kept_from(user: User) -> models.QuerySet[Case, int]:
    """The cases that this supervisor must not allocate, nor learn of: excluded from them, or restricted to others.

    Restricted to others means that another supervisor of the team is on the case's list and they are not. Where no
    other is, it is kept from none of them, for nobody else could see to it. It is shown without a name.
    """
    lists = Case.restricted_to.through.objects
    another = lists.filter(
        user__team_id=user.team_id, user__is_active=True, user__roles__contains=[Role.SUPERVISOR]
    ).exclude(user=user)
    own = lists.filter(user=user).values("case_id")
    restricted = Case.objects.filter(is_restricted=True, pk__in=another.values("case_id")).exclude(pk__in=own)
    excluded = Exclusion.objects.filter(user=user, lifted_at=None)
    return restricted.values_list("pk", flat=True).union(excluded.values_list("case_id", flat=True))


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
        """Waiting for an officer, most urgent and then longest waiting first. Nobody waits once they are closed."""
        waiting = self.filter(status=Referral.Status.RECEIVED, participant__closed_at=None)
        return waiting.order_by("priority", "received_at", "id")

    def to_allocate_by(self, user: User) -> "ReferralQuerySet":
        """Those of the user's team whose cases are not kept from them. See `kept_from`."""
        return self.filter(participant__team_id=user.team_id, participant__team__isnull=False).exclude(
            participant__case_id__in=kept_from(user)
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
    # The version of the rules that judged it; none for what came before rules were data.
    rule_set = models.ForeignKey(RuleSet, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # What a person decided over the rules: priority, channel, due_on, status. No import changes these.
    decided_fields = ArrayField(models.CharField(max_length=10), default=list, db_default=[], blank=True)
    triaged_at = models.DateTimeField(null=True, blank=True)  # a person looked, and agreed or decided
    triaged_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
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


class TriageDecision(models.Model):
    """What one person decided over the rules for one referral, and why. Written once."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="decisions")
    changes = models.JSONField(default=dict, blank=True)  # field: [was, is]; none: the rules were right
    reason = models.CharField(max_length=400, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(
                name="a_change_of_triage_says_why", condition=Q(changes={}) | ~Q(reason="")
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


# --- Workload --------------------------------------------------------------------------------------


class WorkloadScaleQuerySet(models.QuerySet["WorkloadScale"]):
    def in_force(self, day: date) -> "WorkloadScale | None":
        """The newest approved version on this day; None before anybody wrote one."""
        approved = self.filter(approved_at__isnull=False, effective_from__lte=day)
        return approved.order_by("-effective_from", "-number").first()


class WorkloadScale(models.Model):
    """What the unit counts work in, a version at a time: written by one supervisor, approved by another."""

    number = models.PositiveSmallIntegerField(unique=True)
    points_1 = models.PositiveSmallIntegerField()  # of one open victim of the first priority
    points_2 = models.PositiveSmallIntegerField()
    points_3 = models.PositiveSmallIntegerField()
    points_4 = models.PositiveSmallIntegerField()
    full_week = models.PositiveSmallIntegerField()  # hours between start and end of a full-time week
    looks_ahead = models.PositiveSmallIntegerField()  # working days in which leave makes room smaller
    effective_from = models.DateField()
    reason = models.CharField(max_length=300)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = WorkloadScaleQuerySet.as_manager()

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.CheckConstraint(
                name="scale_author_is_not_approver", condition=Q(approved_by=None) | ~Q(approved_by=F("written_by"))
            ),
            models.CheckConstraint(
                name="approved_scale_says_by_whom",
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="scale_counts_something",
                condition=Q(
                    points_1__gte=1, points_2__gte=1, points_3__gte=1, points_4__gte=1,
                    full_week__gte=1, looks_ahead__gte=1,
                ),
            ),
        )  # fmt: skip


# --- Handing over ----------------------------------------------------------------------------------


class HandoverQuerySet(models.QuerySet["Handover"]):
    def visible_to(self, user: User) -> "HandoverQuerySet":
        """Who hands over, who takes over, and the supervisors of either."""
        seen = Q(from_officer=user) | Q(to_officer=user)
        if user.may(Permission.ALLOCATE) and user.team_id:
            seen |= Q(from_officer__team=user.team_id) | Q(to_officer__team=user.team_id)
        return self.filter(seen)

    def standing(self, day: date) -> "HandoverQuerySet":
        """For good, or for leave that is not over and was not cancelled."""
        return self.filter(Q(leave=None) | Q(leave__cancelled_at=None, leave__until_on__gte=day))


class Handover(models.Model):
    """One officer's people given to another: for the days of a leave, or for good with a reason."""

    reference = models.CharField(max_length=20, unique=True, default=handover_reference)
    leave = models.OneToOneField(
        Leave, null=True, blank=True, on_delete=models.PROTECT, related_name="handover"
    )  # None: for good
    from_officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers_from")
    to_officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers_to")
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords()

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="nobody_hands_over_to_themselves", condition=~Q(from_officer=F("to_officer"))
            ),
            models.CheckConstraint(
                name="for_good_with_a_reason", condition=Q(leave__isnull=False) | ~Q(reason="")
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_cover(self) -> bool:
        return self.leave_id is not None


class HandedOverQuerySet(models.QuerySet["HandedOver"]):
    def with_whom_they_are(self) -> "HandedOverQuerySet":
        """Open, and still with the officer this handover says: whoever moved on since is another's to brief."""
        covered = Q(handover__leave__isnull=False, participant__officer=F("handover__from_officer"))
        for_good = Q(handover__leave=None, participant__officer=F("handover__to_officer"))
        return self.filter(covered | for_good, participant__closed_at=None)

    def unreceived(self, day: date) -> "HandedOverQuerySet":
        """Handed over, and nobody has yet said that they read it."""
        leave = Q(handover__leave=None) | Q(
            handover__leave__cancelled_at=None, handover__leave__until_on__gte=day
        )
        return self.with_whom_they_are().filter(leave, received_at=None)


class HandedOver(models.Model):
    """One victim of a handover, until whoever takes over says that they read the brief."""

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="people")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="handovers")
    received_at = models.DateTimeField(null=True, blank=True)

    objects = HandedOverQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(name="handed_over_once", fields=["handover", "participant"]),)
        indexes = (
            models.Index(name="handed_over_unreceived", fields=["handover"], condition=Q(received_at=None)),
        )
