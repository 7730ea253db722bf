"""Packs: what is printed for whoever inspects the work. The figures of a period, and the evidence of one case."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from victimcare.accounts.models import User
from victimcare.cases.models import Participant
from victimcare.references import new_reference

CLAIM_LASTS = timedelta(minutes=3)  # a year is counted in less
ATTEMPTS = 5


def pack_reference() -> str:
    return new_reference("PK")


def snapshot_reference() -> str:
    return new_reference("PS")


class Snapshot(models.Model):
    """The figures of a period as they were counted once. Never changed: the database refuses it.

    Holds no personal data, and no number that is too small to be shown.
    """

    reference = models.CharField(max_length=20, unique=True, default=snapshot_reference)
    since = models.DateField()  # London dates, both in the period
    until = models.DateField()
    counted_on = models.DateField()  # what is past due is past due on this day
    code = models.CharField(max_length=120)  # the Code versions counted by, by key
    calendar = models.CharField(max_length=120)  # the version of the bank holidays
    figures = models.JSONField()  # see packs.figures
    sha256 = models.CharField(max_length=64)  # of the figures, as canonical JSON
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="snapshot_ends_after_it_begins", condition=Q(until__gte=models.F("since"))
            ),
        )

    def __str__(self) -> str:
        return self.reference


class PackQuerySet(models.QuerySet["Pack"]):
    def waiting(self) -> "PackQuerySet":
        """Asked for and not begun, oldest first."""
        return self.filter(status=Pack.Status.QUEUED).order_by("id")

    def left_behind(self, now: datetime) -> "PackQuerySet":
        """Claimed so long ago that whoever claimed them is gone."""
        return self.filter(status=Pack.Status.MAKING, claimed_at__lt=now - CLAIM_LASTS)

    def without_files(self) -> "PackQuerySet":
        return self.defer("pdf", "sheet")

    def evidence_of(self, participant: Participant) -> "PackQuerySet":
        return self.filter(kind=Pack.Kind.EVIDENCE, participant=participant)

    def of_figures(self) -> "PackQuerySet":
        return self.exclude(kind=Pack.Kind.EVIDENCE)


class Pack(models.Model):
    """One pack that somebody asked for, in one language: what was asked, how far it is, and the files."""

    class Kind(models.TextChoices):
        EVIDENCE = "evidence", _("Evidence of one case")
        BOARD = "board", _("Victims Board pack")
        RETURN = "return", _("Code compliance return")

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting to be made")
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready")
        PARKED = "parked", _("Could not be made")

    class Language(models.TextChoices):
        EN = "en", _("English")
        CY = "cy", _("Welsh")

    reference = models.CharField(max_length=20, unique=True, default=pack_reference)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    language = models.CharField(max_length=2, choices=Language.choices)
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="packs"
    )  # whose evidence
    reason = models.CharField(max_length=300, blank=True)  # why somebody asked for the evidence
    since = models.DateField(null=True, blank=True)  # the period of the figures
    until = models.DateField(null=True, blank=True)
    snapshot = models.ForeignKey(
        Snapshot, null=True, blank=True, on_delete=models.PROTECT, related_name="packs"
    )  # the figures it prints; given when the same figures are printed again
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    parked_reason = models.CharField(max_length=300, blank=True)
    pdf = models.BinaryField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of the PDF
    pages = models.PositiveSmallIntegerField(null=True, blank=True)
    sheet = models.BinaryField(null=True, blank=True)  # the spreadsheet of the figures
    sheet_sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = PackQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="evidence_is_of_somebody_and_says_why",
                condition=Q(kind="evidence", participant__isnull=False, snapshot=None) & ~Q(reason="")
                | ~Q(kind="evidence") & Q(participant=None, since__isnull=False, until__isnull=False),
            ),
            models.CheckConstraint(
                name="a_pack_that_is_ready_has_its_files",
                condition=~Q(status="ready")
                | Q(pdf__isnull=False, made_at__isnull=False)
                & ~Q(sha256="")
                & (Q(kind="evidence") | Q(snapshot__isnull=False, sheet__isnull=False) & ~Q(sheet_sha256="")),
            ),
        )
        indexes = (
            models.Index(name="pack_waiting", fields=["id"], condition=Q(status__in=["queued", "making"])),
            models.Index(
                name="pack_by_participant",
                fields=["participant", "-id"],
                condition=Q(participant__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_being_made(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.MAKING}

    @property
    def is_evidence(self) -> bool:
        return self.kind == self.Kind.EVIDENCE
