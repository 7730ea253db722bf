"""Letters: what we wrote, in which languages, as the bytes that were sent."""

from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User
from victimcare.cases.models import Event, Participant
from victimcare.references import new_reference

CLAIM_LASTS = timedelta(seconds=60)
ATTEMPTS = 5


def letter_reference() -> str:
    return new_reference("L")


class LetterTemplateQuerySet(models.QuerySet["LetterTemplate"]):
    def in_force(self, on: date) -> "LetterTemplateQuerySet":
        """The newest approved version of each kind of letter on this day."""
        return (
            self.filter(status=LetterTemplate.Status.APPROVED, effective_from__lte=on)
            .order_by("key", "-number")
            .distinct("key")
        )


class LetterTemplate(models.Model):
    """The words of one kind of letter, a version at a time, in English and Welsh. Placeholders only."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        RETIRED = "retired", _("Retired")

    key = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    title_en = models.CharField(max_length=120)
    title_cy = models.CharField(max_length=120)
    body_en = models.TextField(max_length=8000)  # paragraphs; {first_name}, {court}, {hearing_day}, ...
    body_cy = models.TextField(max_length=8000)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    effective_from = models.DateField()
    written_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords()

    objects = LetterTemplateQuerySet.as_manager()

    class Meta:
        ordering = ("key", "-number")
        constraints = (
            models.UniqueConstraint(name="template_version_once", fields=["key", "number"]),
            models.CheckConstraint(
                name="template_author_is_not_approver",
                condition=Q(approved_by=None) | Q(written_by=None) | ~Q(approved_by=models.F("written_by")),
            ),
        )


class LetterQuerySet(models.QuerySet["Letter"]):
    def queued(self) -> "LetterQuerySet":
        """Approved and waiting for the press, oldest first."""
        return self.filter(status=Letter.Status.QUEUED).order_by("id")

    def left_behind(self, now: datetime) -> "LetterQuerySet":
        """Claimed so long ago that whoever claimed them is gone."""
        return self.filter(status=Letter.Status.RENDERING, claimed_at__lt=now - CLAIM_LASTS)

    def without_pdf(self) -> "LetterQuerySet":
        return self.defer("pdf")


class Letter(models.Model):
    """One letter to one person, with the words as merged and the PDF as rendered."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        QUEUED = "queued", _("Waiting to be printed")
        RENDERING = "rendering", _("Being printed")
        RENDERED = "rendered", _("Ready to send")
        DISPATCHED = "dispatched", _("Sent")
        PARKED = "parked", _("Could not be printed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Languages(models.TextChoices):
        CY_EN = "cy,en", _("Welsh and English")
        EN_CY = "en,cy", _("English and Welsh")
        EN = "en", _("English only")
        CY = "cy", _("Welsh only")

    reference = models.CharField(max_length=20, unique=True, default=letter_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="letters")
    template = models.ForeignKey(LetterTemplate, on_delete=models.PROTECT, related_name="letters")
    languages = models.CharField(max_length=5, choices=Languages.choices)
    # The words as merged: {"en": {"title", "salutation", "blocks", ...}, "cy": {...}, "lines": [address]}.
    merged = models.JSONField()
    tells = models.ManyToManyField(Event, blank=True, related_name="told_by_letters")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    # The clearance it was written under: it may leave only while these still hold.
    destination = models.CharField(max_length=400)
    safe_contact_version = models.PositiveIntegerField()
    clearance_rule = models.CharField(max_length=30)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    parked_reason = models.CharField(max_length=300, blank=True)
    pdf = models.BinaryField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    pages = models.PositiveSmallIntegerField(null=True, blank=True)
    written_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    rendered_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords(excluded_fields=["pdf"])

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ("-written_at",)
        constraints = (
            models.CheckConstraint(
                name="rendered_letter_has_its_pdf",
                condition=~Q(status__in=["rendered", "dispatched"])
                | Q(pdf__isnull=False, rendered_at__isnull=False) & ~Q(sha256=""),
            ),
            models.CheckConstraint(
                name="dispatched_letter_says_when",
                condition=~Q(status="dispatched") | Q(dispatched_at__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                name="letter_waiting", fields=["id"], condition=Q(status__in=["queued", "rendering"])
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def language_codes(self) -> list[str]:
        return self.languages.split(",")

    @property
    def title(self) -> str:
        """In the first language of the letter."""
        return str(self.merged[self.language_codes[0]]["title"])

    @property
    def is_being_printed(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.RENDERING}
