"""Texts and emails: what we sent, in which language, and what became of it."""

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
WATCHED_FOR = timedelta(days=7)  # as long as a provider can say what became of a message


def message_reference() -> str:
    return new_reference("M", 10)


class Channel(models.TextChoices):
    TEXT = "text", _("Text message")
    EMAIL = "email", _("Email")


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def in_force(self, on: date) -> "MessageTemplateQuerySet":
        """The newest approved version of each kind of message on this day."""
        return (
            self.filter(status=MessageTemplate.Status.APPROVED, effective_from__lte=on)
            .order_by("key", "-number")
            .distinct("key")
        )


class MessageTemplate(models.Model):
    """The words of one kind of text or email, a version at a time, in English and Welsh. Placeholders only."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        RETIRED = "retired", _("Retired")

    key = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    name_en = models.CharField(max_length=120)  # what staff call it
    name_cy = models.CharField(max_length=120)
    subject_en = models.CharField(max_length=120, blank=True)  # emails only; says nothing of a crime
    subject_cy = models.CharField(max_length=120, blank=True)
    body_en = models.TextField(max_length=2000)
    body_cy = models.TextField(max_length=2000)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    effective_from = models.DateField()
    written_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords()

    objects = MessageTemplateQuerySet.as_manager()

    class Meta:
        ordering = ("key", "-number")
        constraints = (
            models.UniqueConstraint(name="message_template_version_once", fields=["key", "number"]),
            models.CheckConstraint(
                name="message_author_is_not_approver",
                condition=Q(approved_by=None) | Q(written_by=None) | ~Q(approved_by=models.F("written_by")),
            ),
            models.CheckConstraint(
                name="an_email_has_a_subject",
                condition=~Q(channel="email") | ~Q(subject_en="") & ~Q(subject_cy=""),
            ),
        )

    def name_in(self, language: str) -> str:
        """What staff call it, in their own language."""
        return self.name_cy if language == "cy" else self.name_en


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> "MessageQuerySet":
        """To be sent, oldest first."""
        return self.filter(status=Message.Status.QUEUED).order_by("id")

    def left_behind(self, now: datetime) -> "MessageQuerySet":
        """Claimed so long ago that whoever claimed them is gone."""
        return self.filter(status=Message.Status.SENDING, claimed_at__lt=now - CLAIM_LASTS)

    def on_their_way(self, now: datetime) -> "MessageQuerySet":
        """With the provider, and young enough for it to know more. Oldest look first."""
        return self.filter(status=Message.Status.SENT, sent_at__gte=now - WATCHED_FOR).order_by(
            models.F("looked_at").asc(nulls_first=True), "id"
        )

    def unrecorded(self) -> "MessageQuerySet":
        """Settled one way or the other, and not yet among this person's contacts."""
        return self.filter(status__in=Message.SETTLED, is_recorded=False).order_by("id")


class Message(models.Model):
    """One text or email to one person, as it was worded, and what became of it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent, not yet delivered")
        DELIVERED = "delivered", _("Delivered")
        TEMPORARY = "temporary", _("Not delivered: phone off or inbox full")
        PERMANENT = "permanent", _("Not delivered: the number or address is wrong")
        TECHNICAL = "technical", _("Not delivered: a fault of the sending service")
        UNKNOWN = "unknown", _("Nobody knows whether it went")
        BLOCKED = "blocked", _("Stopped: it was no longer safe")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Languages(models.TextChoices):
        EN = "en", _("English")
        CY = "cy", _("Welsh")
        CY_EN = "cy,en", _("Welsh and English")

    FAILED = (Status.TEMPORARY, Status.PERMANENT, Status.TECHNICAL)
    SETTLED = (Status.DELIVERED, *FAILED, Status.UNKNOWN)

    reference = models.CharField(max_length=20, unique=True, default=message_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="messages")
    template = models.ForeignKey(MessageTemplate, on_delete=models.PROTECT, related_name="messages")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    languages = models.CharField(max_length=5, choices=Languages.choices)
    subject = models.CharField(max_length=250, blank=True)
    body = models.TextField(max_length=4000)  # as it went, every language in it
    tells = models.ManyToManyField(Event, blank=True, related_name="told_by_messages")
    # The clearance it was written under: it may leave only while these still hold.
    destination = models.CharField(max_length=254)
    safe_contact_version = models.PositiveIntegerField()
    clearance_rule = models.CharField(max_length=30)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    reason = models.CharField(max_length=300, blank=True)  # why it was stopped or failed
    provider = models.CharField(max_length=20, blank=True)
    provider_reference = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    try_after = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)  # when the provider was last asked
    settled_at = models.DateTimeField(null=True, blank=True)
    is_recorded = models.BooleanField(default=False)  # among the contacts
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords(excluded_fields=["looked_at"])

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("-written_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="delivered_message_says_when",
                condition=~Q(status="delivered") | Q(sent_at__isnull=False, settled_at__isnull=False),
            ),
        )
        indexes = (
            models.Index(name="message_by_participant", fields=["participant", "-written_at"]),
            models.Index(
                name="message_waiting", fields=["id"], condition=Q(status__in=["queued", "sending"])
            ),
            models.Index(name="message_on_its_way", fields=["looked_at", "id"], condition=Q(status="sent")),
            models.Index(
                name="message_unrecorded",
                fields=["id"],
                condition=Q(
                    status__in=["delivered", "temporary", "permanent", "technical", "unknown"],
                    is_recorded=False,
                ),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def has_failed(self) -> bool:
        return self.status in self.FAILED
