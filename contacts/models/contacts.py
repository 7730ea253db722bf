"""Every attempt to reach somebody, either way, and what it told them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from contacts.models.callers import IdentityCheck
from victimcare.accounts.models import User
from victimcare.cases.kinds import TELLABLE, Kind
from victimcare.cases.models import Event, Participant
from victimcare.references import new_reference


def contact_reference() -> str:
    return new_reference("C", 9)


class ContactQuerySet(models.QuerySet["Contact"]):
    def for_participant(self, participant: Participant) -> "ContactQuerySet":
        """This person's contacts and no other victim's."""
        return self.filter(participant=participant)

    def that_tell(self) -> "ContactQuerySet":
        """Conversations that reached somebody, and what was sent."""
        return self.filter(outcome__in=TELLS)


class Contact(models.Model):
    """One attempt to reach somebody, either way, and its outcome. `tells` are the events it conveyed."""

    class Direction(models.TextChoices):
        OUT = "out", _("We contacted them")
        IN = "in", _("They contacted us")

    class Channel(models.TextChoices):
        PHONE = "phone", _("Phone")
        IN_PERSON = "in_person", _("In person")
        TEXT = "text", _("Text message")
        EMAIL = "email", _("Email")
        LETTER = "letter", _("Letter")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Reached")
        REACHED_OTHER = "reached_other", _("Someone else answered")
        NO_ANSWER = "no_answer", _("No answer")
        MESSAGE_LEFT = "message_left", _("Message left")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        UNSAFE = "unsafe", _("Unsafe, ended")
        SENT = "sent", _("Sent")
        RETURNED = "returned", _("Returned or bounced")
        NOT_CONTACTED = "not_contacted", _("Decided not to contact them")

    class Landed(models.TextChoices):
        CALM = "calm", _("Took it calmly")
        RELIEVED = "relieved", _("Relieved")
        UPSET = "upset", _("Upset")
        ANGRY = "angry", _("Angry, or let down")
        AFRAID = "afraid", _("Afraid")
        UNCLEAR = "unclear", _("Did not take it in")

    reference = models.CharField(max_length=20, unique=True, default=contact_reference)
    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="contacts"
    )  # whom it is for
    spoke_to = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="conversations"
    )  # who acts for them, where it was not themselves
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.OUT)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    outcome = models.CharField(max_length=15, choices=Outcome.choices)
    at = models.DateTimeField()
    note = models.TextField(max_length=4000, blank=True)  # what was said and how it landed
    landed = models.CharField(
        max_length=10, choices=Landed.choices, blank=True, default="", db_default=""
    )  # how they took it
    # The services they were pointed to, by name: what was said stays as it was when a service is renamed.
    signposted = ArrayField(models.CharField(max_length=120), default=list, blank=True, db_default=[])
    tells = models.ManyToManyField(Event, blank=True, related_name="told_by")
    by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts_made"
    )
    by_collar = models.CharField(max_length=20, blank=True)  # an officer in the case known only to the feed
    is_by_unit = models.BooleanField(default=True)  # False: told by the officer in the case
    clearance_rule = models.CharField(max_length=30, blank=True)
    # Made although it was not clear to be safe: why. Never lost; the supervisors are told.
    despite = models.CharField(max_length=300, blank=True)
    letter = models.CharField(max_length=20, blank=True)  # the letter's reference
    message = models.CharField(max_length=20, blank=True)  # the text's or email's reference
    number_used = models.CharField(
        max_length=30, blank=True, default="", db_default=""
    )  # or address: the one this went to
    # Rung again on the same day, or at the same time of day, while nobody had been reached: why.
    why_again = models.CharField(max_length=300, blank=True, default="", db_default="")
    no_task_because = models.CharField(
        max_length=300, blank=True, default="", db_default=""
    )  # nothing is to be done next: why
    # Said by a caller. Nothing is written or rung there until somebody checked it on the number held before.
    new_number = models.CharField(max_length=30, blank=True, default="", db_default="")
    identity = models.ForeignKey(
        IdentityCheck, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts"
    )  # how we knew who rang
    source_system = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=40, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.UniqueConstraint(
                name="contact_once_per_source",
                fields=["source_system", "source_id"],
                condition=~Q(source_id=""),
            ),
        )
        indexes = (models.Index(name="contact_by_participant", fields=["participant", "-at"]),)

    @property
    def tells_somebody(self) -> bool:
        """A conversation that reached them, or something sent; never a voicemail or a failed attempt."""
        return self.outcome in TELLS

    @property
    def who(self) -> str:
        """Who made it; an officer in the case known only to the feed by their collar."""
        if self.by or not self.by_collar:
            return str(self.by or "")
        return gettext("officer %(collar)s") % {"collar": self.by_collar}

    @property
    def has_failed(self) -> bool:
        return self.outcome not in TELLS


TELLS = (Contact.Outcome.REACHED, Contact.Outcome.SENT)


def tellable_to(participant: Participant) -> "models.QuerySet[Event]":
    """Current events of this case that this person may see and can be told about, newest first.

    That something never happened after all can be told to whoever was told that it had.
    """
    told = (
        Contact.objects.for_participant(participant).that_tell().filter(tells__isnull=False).values("tells")
    )
    believed = (
        Q(replaces__in=told) | Q(replaces__replaces__in=told) | Q(replaces__replaces__replaces__in=told)
    )
    return (
        Event.objects.about(participant)
        .filter(replaced_by=None)
        .filter(Q(kind__in=TELLABLE) | Q(believed, kind=Kind.WITHDRAWN))
    )


def untold_to(participant: Participant) -> "models.QuerySet[Event]":
    """Those of them that no conversation and nothing sent has told this person yet."""
    told = Contact.objects.for_participant(participant).that_tell().filter(tells__isnull=False)
    return tellable_to(participant).exclude(pk__in=told.values("tells"))
