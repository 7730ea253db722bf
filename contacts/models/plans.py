"""The plan each victim agreed, and the milestones after which they are asked anew."""

from collections.abc import Iterable
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User
from victimcare.cases.models import Event, Participant
from victimcare.cases.safe_contact import Channel as SafeChannel


class ContactPlanQuerySet(models.QuerySet["ContactPlan"]):
    def current(self) -> "ContactPlanQuerySet":
        return self.filter(ended_at=None)

    def due_by(self, day: date) -> "ContactPlanQuerySet":
        """Current plans whose update is due on this London day or was due before it."""
        return self.filter(ended_at=None, due_on__lte=day)

    def timed(self) -> "ContactPlanQuerySet":
        """Current plans whose next update has a date."""
        return self.current().filter(due_on__isnull=False)


class ContactPlan(models.Model):
    """How, how often and about what the victim agreed to be kept updated (Right 6). Versions are kept."""

    class Frequency(models.IntegerChoices):
        WEEKLY = 7, _("Every 7 days")
        FORTNIGHTLY = 14, _("Every 14 days")
        EVERY_28_DAYS = 28, _("Every 28 days")
        ON_EVENT = 0, _("Only when something happens")

    LONGEST = 365  # days: the longest interval that may be agreed

    class Time(models.TextChoices):
        MORNING = "morning", _("In the morning")
        AFTERNOON = "afternoon", _("In the afternoon")
        EVENING = "evening", _("In the evening")
        WEEKEND = "weekend", _("At the weekend")

    class Format(models.TextChoices):
        LARGE_PRINT = "large_print", _("Large print")
        EASY_READ = "easy_read", _("Easy read")
        BSL = "bsl", _("British Sign Language")
        INTERPRETER = "interpreter", _("An interpreter")
        AUDIO = "audio", _("Recorded sound")
        BRAILLE = "braille", _("Braille")

    class Topic(models.TextChoices):
        INVESTIGATION = "investigation", _("The investigation")
        BAIL = "bail", _("Arrest, bail and release")
        CHARGE = "charge", _("Charging decisions")
        COURT = "court", _("Court dates and results")
        SUPPORT = "support", _("Support services")
        COMPENSATION = "compensation", _("Compensation")
        PROPERTY = "property", _("Their property")

    class Language(models.TextChoices):
        ENGLISH = "en", _("English")
        WELSH = "cy", _("Welsh")
        BOTH = "cy,en", _("Welsh and English")

    CHANNELS = (
        (SafeChannel.PHONE.value, _("Phone")),
        (SafeChannel.TEXT.value, _("Text message")),
        (SafeChannel.EMAIL.value, _("Email")),
        (SafeChannel.POST.value, _("Letter")),
        (SafeChannel.IN_PERSON.value, _("In person")),
    )

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="contact_plans")
    number = models.PositiveSmallIntegerField(default=1)
    frequency_days = models.PositiveSmallIntegerField(
        choices=Frequency.choices, default=Frequency.EVERY_28_DAYS
    )
    channels = ArrayField(models.CharField(max_length=10), default=list)  # in the order the victim prefers
    topics = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ENGLISH)
    words = models.CharField(max_length=600, blank=True)  # in the victim's own words
    # When they like to be rung. A wish: the hours at which it is safe are the safe-contact answers' to say.
    times = ArrayField(models.CharField(max_length=10), default=list, blank=True, db_default=[])
    formats = ArrayField(models.CharField(max_length=12), default=list, blank=True, db_default=[])
    format_note = models.CharField(max_length=120, blank=True, default="", db_default="")  # Polish; 18 point
    may_tell = models.CharField(max_length=300, blank=True, default="", db_default="")  # who else may be told
    silent_unless = models.CharField(max_length=300, blank=True, default="", db_default="")
    agreed_on = models.DateField()
    agreed_with = models.CharField(max_length=120)  # the victim, or who acts for them
    agreed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(null=True, blank=True)  # None: agreed before this was kept
    due_on = models.DateField(null=True, blank=True)  # the next update; None when only on event, or paused
    # They opted out of all updates: nothing is due until they opt back in.
    is_paused = models.BooleanField(default=False, db_default=False)
    ended_at = models.DateTimeField(null=True, blank=True)  # replaced by a later version
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = ContactPlanQuerySet.as_manager()

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(
                name="one_current_plan_per_participant", fields=["participant"], condition=Q(ended_at=None)
            ),
            models.UniqueConstraint(name="plan_version_once", fields=["participant", "number"]),
            models.CheckConstraint(
                name="a_regular_plan_has_a_next_date",
                condition=Q(frequency_days=0) | Q(is_paused=True) | Q(due_on__isnull=False),
            ),
            models.CheckConstraint(
                name="a_paused_plan_has_no_date", condition=Q(is_paused=False) | Q(due_on=None)
            ),
        )
        indexes = (
            # The sweep for what is due: covering and partial, so an index-only scan of what is live.
            models.Index(
                name="plan_due",
                fields=["due_on"],
                include=["id", "participant"],
                condition=Q(ended_at=None, due_on__isnull=False),
            ),
        )

    @property
    def channel_labels(self) -> list[str]:
        named = dict(self.CHANNELS)
        return [str(named[channel]) for channel in self.channels if channel in named]

    @property
    def topic_labels(self) -> list[str]:
        return labels(self.topics, self.Topic)

    @property
    def how_often(self) -> str:
        """Every 28 days; every 10 days, where another interval was agreed."""
        if self.frequency_days in self.Frequency:
            return str(self.Frequency(self.frequency_days).label)
        return ngettext("Every day", "Every %(n)d days", self.frequency_days) % {"n": self.frequency_days}

    @property
    def time_labels(self) -> list[str]:
        return labels(self.times, self.Time)

    @property
    def format_labels(self) -> list[str]:
        return labels(self.formats, self.Format)

    @property
    def sentence(self) -> str:
        """The plan as one says it: Every 28 days: phone, then letter. In Welsh. About court dates."""
        said = [f"{self.how_often}: {gettext(', then ').join(self.channel_labels).lower()}."]
        if self.language != self.Language.ENGLISH:
            said.append(gettext("In %s.") % self.get_language_display())
        if self.topics:
            said.append(gettext("About %s.") % ", ".join(self.topic_labels).lower())
        return " ".join(said)


def labels(values: Iterable[str], choices: type[models.TextChoices]) -> list[str]:
    """In words, in the order they were chosen; what is no choice any more is left out."""
    return [str(choices(value).label) for value in values if value in choices]


class PlanReviewQuerySet(models.QuerySet["PlanReview"]):
    def open(self) -> "PlanReviewQuerySet":
        return self.filter(ended_at=None)


class PlanReview(models.Model):
    """A milestone after which somebody is asked anew how often they want to hear, and how that ended."""

    class Milestone(models.TextChoices):
        CHARGE = "charge", _("Charged")
        PLEA = "plea", _("Plea entered")
        TRIAL = "trial", _("Trial fixed")
        SENTENCE = "sentence", _("Sentenced")

    class Ended(models.TextChoices):
        AGREED = "agreed", _("Agreed anew")
        KEPT = "kept", _("Kept as it is")
        WITHDRAWN = "withdrawn", _("It did not happen")

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="plan_reviews")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="plan_reviews")
    milestone = models.CharField(max_length=10, choices=Milestone.choices)
    due_on = models.DateField()
    asked_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=Ended.choices, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kept_with = models.CharField(
        max_length=120, blank=True
    )  # who said to keep it: the victim, or who acts for them
    history = HistoricalRecords()

    objects = PlanReviewQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        constraints = (
            models.UniqueConstraint(name="review_once_a_milestone", fields=["participant", "event"]),
            models.CheckConstraint(
                name="ended_review_says_how",
                condition=Q(ended_at=None, ended_as="") | Q(ended_at__isnull=False) & ~Q(ended_as=""),
            ),
            models.CheckConstraint(
                name="kept_plan_says_with_whom", condition=~Q(ended_as="kept") | ~Q(kept_with="")
            ),
        )
        indexes = (
            models.Index(name="review_open", fields=["participant", "due_on"], condition=Q(ended_at=None)),
        )
