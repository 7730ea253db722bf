"""Contacts, what they told, what was promised, and the plan each victim agreed."""

from collections.abc import Iterable
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from contacts.attempts import Step
from victimcare.accounts.models import Team, User
from victimcare.cases.kinds import TELLABLE, Kind
from victimcare.cases.models import Event, Participant
from victimcare.cases.safe_contact import Channel as SafeChannel
from victimcare.references import new_reference


def contact_reference() -> str:
    return new_reference("C", 9)


def promise_reference() -> str:
    return new_reference("PR")


def check_reference() -> str:
    return new_reference("IC", 9)


def complaint_reference() -> str:
    return new_reference("CO")


def note_reference() -> str:
    return new_reference("CN")


def telling_reference() -> str:
    return new_reference("TL", 9)


def urgent_reference() -> str:
    return new_reference("UC")


class IdentityCheck(models.Model):
    """Whether a caller was who they said. What they said is never kept, nor what they should have said."""

    class How(models.TextChoices):
        CODE_WORD = "code_word", _("By the code word")
        DETAILS = "details", _("By date of birth and postcode")
        RANG_BACK = "rang_back", _("Rung back on the number held")

    reference = models.CharField(max_length=20, unique=True, default=check_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="identity_checks")
    how = models.CharField(max_length=10, choices=How.choices)
    has_passed = models.BooleanField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(name="check_by_participant", fields=["participant", "-at"]),)


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


class PromiseQuerySet(models.QuerySet["Promise"]):
    def open(self) -> "PromiseQuerySet":
        return self.filter(kept_at=None)

    def falling_to(self, users: "Iterable[int]") -> "PromiseQuerySet":
        """Those that one of these people, by primary key, is to keep."""
        who = list(users)
        return self.filter(Q(owner__in=who) | Q(owner=None, made_by__in=who))


class Promise(models.Model):
    """What somebody here said they would do, and by when: promised to the victim, or the next task."""

    class Kind(models.TextChoices):
        PROMISE = "promise", _("Promised to them")
        TASK = "task", _("Next task")

    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.PROMISE, db_default="promise")
    reference = models.CharField(max_length=20, unique=True, default=promise_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="promises")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="promises")
    what = models.CharField(max_length=300)
    due_on = models.DateField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="promises")
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )  # who is to do it; None: whoever made it
    made_at = models.DateTimeField(auto_now_add=True)
    kept_at = models.DateTimeField(null=True, blank=True)
    kept_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords()

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        constraints = (
            models.CheckConstraint(
                name="kept_promise_says_by_whom",
                condition=Q(kept_at=None, kept_by=None) | Q(kept_at__isnull=False, kept_by__isnull=False),
            ),
        )
        indexes = (
            models.Index(name="promise_open", fields=["made_by", "due_on"], condition=Q(kept_at=None)),
            models.Index(
                name="promise_open_by_owner",
                fields=["owner", "due_on"],
                condition=Q(kept_at=None, owner__isnull=False),
            ),
        )

    @property
    def falls_to(self) -> User:
        """Whoever is to do it."""
        return self.owner or self.made_by


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    def open(self) -> "ComplaintQuerySet":
        return self.filter(answered_at=None)

    def visible_to(self, user: User) -> "ComplaintQuerySet":
        """Those of people this person may see."""
        return self.filter(participant__in=Participant.objects.visible_to(user))


class Complaint(models.Model):
    """What somebody was not content with, taken down in any contact, and by when they get a reply (Right 12)."""

    class Kind(models.TextChoices):
        DISSATISFIED = "dissatisfied", _("Not content, but does not complain")
        COMPLAINT = "complaint", _("A complaint")

    class About(models.TextChoices):
        UNIT = "unit", _("This unit")
        POLICE = "police", _("The police")
        PROSECUTION = "prosecution", _("The Crown Prosecution Service")
        COURT = "court", _("The court")
        SUPPORT = "support", _("A support service")
        OTHER = "other", _("Somebody else")

    reference = models.CharField(max_length=20, unique=True, default=complaint_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="complaints")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="complaints")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    about = models.CharField(max_length=12, choices=About.choices)
    words = models.TextField(max_length=2000)  # as they said it
    passed_to = models.CharField(max_length=120, blank=True)  # who looks into it
    made_at = models.DateTimeField()  # when they said it
    reply_due_on = models.DateField()
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(max_length=2000, blank=True)  # what they were told became of it
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="answered_complaint_says_how",
                condition=Q(answered_at=None, answered_by=None, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer=""),
            ),
        )
        indexes = (
            models.Index(name="complaint_open", fields=["reply_due_on", "id"], condition=Q(answered_at=None)),
            models.Index(name="complaint_by_participant", fields=["participant", "-made_at"]),
        )


class ContactSeriesQuerySet(models.QuerySet["ContactSeries"]):
    def open(self) -> "ContactSeriesQuerySet":
        return self.filter(ended_at=None)


class ContactSeries(models.Model):
    """The attempts to reach one victim for the first time, and what is done next (contacts.attempts).

    What comes next follows from the contacts; it is kept so that a day's work can be searched by its date.
    """

    class Ended(models.TextChoices):
        REACHED = "reached", _("Reached")
        DECIDED = "decided", _("Decided not to contact them")
        CLOSED = "closed", _("Closed")

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="contact_series")
    started_at = models.DateTimeField()  # moves back to an earlier attempt that is written down later
    is_serious = models.BooleanField(default=False)  # the officer in the case is asked before it is closed
    step = models.CharField(max_length=5, choices=[(step.value, step.value) for step in Step])
    because = models.CharField(max_length=20)
    attempt = models.PositiveSmallIntegerField()  # the number of the next call; of the last one when no more
    wanted = models.PositiveSmallIntegerField()  # how many calls
    band = models.CharField(max_length=10, blank=True)
    tried = ArrayField(models.CharField(max_length=10), default=list, blank=True)  # times of day
    next_on = models.DateField(null=True, blank=True)  # by when the next step is due
    held_until = models.DateField(null=True, blank=True)  # somebody decided not to try before
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=Ended.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = ContactSeriesQuerySet.as_manager()

    class Meta:
        ordering = ("-started_at", "-id")
        verbose_name_plural = "contact series"
        constraints = (
            models.UniqueConstraint(
                name="one_open_series_per_participant", fields=["participant"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="series_ended_says_how",
                condition=Q(ended_at=None, ended_as="") | Q(ended_at__isnull=False) & ~Q(ended_as=""),
            ),
            models.CheckConstraint(name="decided_says_why", condition=~Q(ended_as="decided") | ~Q(reason="")),
        )
        indexes = (
            models.Index(name="series_due", fields=["next_on"], condition=Q(ended_at=None)),
            models.Index(name="series_by_participant", fields=["participant", "-started_at"]),
        )


class CallNoteQuerySet(models.QuerySet["CallNote"]):
    def visible_to(self, user: User) -> "CallNoteQuerySet":
        """Notes of one's own team: whom they concern is not known yet."""
        return self.filter(Q(by=user) | Q(team__isnull=False, team_id=user.team_id))

    def open(self) -> "CallNoteQuerySet":
        return self.filter(settled_at=None)


class CallNote(models.Model):
    """Somebody rang whom we could not find: what they said, until somebody has settled it."""

    reference = models.CharField(max_length=20, unique=True, default=note_reference)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    caller = models.CharField(max_length=120, blank=True)  # as they gave it
    number = models.CharField(max_length=30, blank=True)
    words = models.CharField(max_length=1000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settlement = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    objects = CallNoteQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(
                name="settled_note_says_how", condition=Q(settled_at=None) | ~Q(settlement="")
            ),
        )
        indexes = (models.Index(name="call_note_open", fields=["team", "-at"], condition=Q(settled_at=None)),)


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
        return _labels(self.topics, self.Topic)

    @property
    def how_often(self) -> str:
        """Every 28 days; every 10 days, where another interval was agreed."""
        if self.frequency_days in self.Frequency:
            return str(self.Frequency(self.frequency_days).label)
        return ngettext("Every day", "Every %(n)d days", self.frequency_days) % {"n": self.frequency_days}

    @property
    def time_labels(self) -> list[str]:
        return _labels(self.times, self.Time)

    @property
    def format_labels(self) -> list[str]:
        return _labels(self.formats, self.Format)

    @property
    def sentence(self) -> str:
        """The plan as one says it: Every 28 days: phone, then letter. In Welsh. About court dates."""
        said = [f"{self.how_often}: {gettext(', then ').join(self.channel_labels).lower()}."]
        if self.language != self.Language.ENGLISH:
            said.append(gettext("In %s.") % self.get_language_display())
        if self.topics:
            said.append(gettext("About %s.") % ", ".join(self.topic_labels).lower())
        return " ".join(said)


def _labels(values: Iterable[str], choices: type[models.TextChoices]) -> list[str]:
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


class OptOutQuerySet(models.QuerySet["OptOut"]):
    def standing(self) -> "OptOutQuerySet":
        """Those nobody has taken back."""
        return self.filter(ended_at=None)

    def of_release_news(self) -> "OptOutQuerySet":
        """Those that would leave a release or a change of bail unsaid."""
        return self.filter(Q(is_everything=True) | Q(topics__contains=[ContactPlan.Topic.BAIL]))

    def unseen(self) -> "OptOutQuerySet":
        """Of release news, and no supervisor has said that they know."""
        return self.standing().of_release_news().filter(seen_at=None)


class OptOut(models.Model):
    """What somebody no longer wants to be told, from which day, said to whom; and when they wanted it again.

    It keeps nobody from being told what the Code says: it is no evidence that anybody was.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="opt_outs")
    is_everything = models.BooleanField(default=False)
    topics = ArrayField(models.CharField(max_length=30), default=list, blank=True)  # of ContactPlan.Topic
    from_on = models.DateField()  # what falls due from this London day on
    said_by = models.CharField(max_length=120)  # the victim, or who acts for them
    said_to = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField()
    words = models.CharField(max_length=300, blank=True)  # why, in their own words
    ended_on = models.DateField(null=True, blank=True)  # they want it again, or something else, from this day
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_to = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_said_by = models.CharField(max_length=120, blank=True)
    seen_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(
        null=True, blank=True
    )  # a supervisor knows that release news may go unsaid
    seen_note = models.CharField(max_length=300, blank=True)  # what was decided
    history = HistoricalRecords()

    objects = OptOutQuerySet.as_manager()

    class Meta:
        ordering = ("-said_at", "-id")
        constraints = (
            models.UniqueConstraint(
                name="one_standing_opt_out", fields=["participant"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="opt_out_says_of_what", condition=Q(is_everything=True) | ~Q(topics=[])
            ),
            models.CheckConstraint(
                name="ended_opt_out_says_to_whom",
                condition=Q(ended_at=None, ended_to=None) | Q(ended_at__isnull=False, ended_to__isnull=False),
            ),
            models.CheckConstraint(
                name="seen_opt_out_says_by_whom",
                condition=Q(seen_at=None, seen_by=None) | Q(seen_at__isnull=False, seen_by__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                name="opt_out_unseen",
                fields=["said_at"],
                condition=Q(ended_at=None, seen_at=None)
                & (Q(is_everything=True) | Q(topics__contains=["bail"])),
            ),
        )

    @property
    def of_release_news(self) -> bool:
        return self.is_everything or ContactPlan.Topic.BAIL in self.topics

    @property
    def of_what(self) -> str:
        """All updates; or the topics."""
        return (
            gettext("All updates")
            if self.is_everything
            else ", ".join(_labels(self.topics, ContactPlan.Topic))
        )

    def covers(self, kind: str) -> bool:
        """Whether an event of this kind is about something they do not want to be told."""
        return self.is_everything or any(kind in OF_TOPIC.get(topic, ()) for topic in self.topics)


# Which events each topic is about. What no event is about, such as their property, is only said in words.
OF_TOPIC: dict[str, frozenset[Kind]] = {
    ContactPlan.Topic.INVESTIGATION: frozenset(
        {
            Kind.NOT_INVESTIGATED,
            Kind.SUSPECT_INTERVIEWED,
            Kind.INVESTIGATION_CLOSED_NO_SUSPECT,
        }
    ),
    ContactPlan.Topic.BAIL: frozenset(
        {
            Kind.SUSPECT_ARRESTED,
            Kind.SUSPECT_BAILED,
            Kind.BAIL_CHANGED,
            Kind.SUSPECT_RELEASED_NO_CHARGE,
            Kind.SUSPECT_RELEASED_UNDER_INVESTIGATION,
            Kind.APPEAL_BAIL,
        }
    ),
    ContactPlan.Topic.CHARGE: frozenset(
        {
            Kind.SUSPECT_CHARGED,
            Kind.OUT_OF_COURT_DISPOSAL,
            Kind.DECISION_NOT_TO_PROSECUTE,
            Kind.PROSECUTION_ALTERED,
        }
    ),
    ContactPlan.Topic.COURT: frozenset(
        {
            Kind.HEARING_LISTED,
            Kind.HEARING_MOVED,
            Kind.RESULT_RECEIVED,
            Kind.WITNESS_REQUIRED,
            Kind.WITNESS_NOT_REQUIRED,
            Kind.APPEAL_NOTICE,
            Kind.APPEAL_LISTED,
            Kind.APPEAL_RESULT,
        }
    ),
}  # fmt: skip
# A release or a change of bail: kept from nobody without a supervisor knowing, whatever was opted out of.
RELEASE_NEWS = OF_TOPIC[ContactPlan.Topic.BAIL] - {Kind.SUSPECT_ARRESTED}


class TellingQuerySet(models.QuerySet["Telling"]):
    def waiting(self) -> "TellingQuerySet":
        """Asked, and nobody has said anything."""
        return self.filter(answer="", ended_at=None)

    def with_the_unit(self) -> "TellingQuerySet":
        """Handed over, not done, or not answered for so long that the unit heard."""
        mine = Q(answer__in=[Telling.Answer.COULD_NOT, Telling.Answer.HANDED_OVER])
        return self.filter(ended_at=None).filter(mine | Q(answer="", unit_told_at__isnull=False))


class Telling(models.Model):
    """One event that the officer in the case was asked to tell one victim, and what they answered.

    What is owed is the duty's to say (compliance). This says who was asked, and who heard of the silence.
    """

    class Answer(models.TextChoices):
        TOLD = "told", _("Told")
        COULD_NOT = "could_not", _("Could not")
        HANDED_OVER = "handed_over", _("Please do it for me")

    class Why(models.TextChoices):
        NO_ANSWER = "no_answer", _("No answer")
        WRONG_NUMBER = "wrong_number", _("The number is wrong")
        UNSAFE = "unsafe", _("It was not safe to talk")
        NO_SAFE_WAY = "no_safe_way", _("There is no safe way to reach them")
        NOT_HERE = "not_here", _("I am not on duty, or it is not my case")
        OTHER = "other", _("Something else")

    reference = models.CharField(max_length=20, unique=True, default=telling_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="tellings")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="tellings")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tellings")  # who was asked
    asked_at = models.DateTimeField()
    due_on = models.DateField(null=True, blank=True)
    answer = models.CharField(max_length=12, choices=Answer.choices, blank=True)
    why = models.CharField(max_length=15, choices=Why.choices, blank=True)
    words = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="tellings"
    )
    sergeant_told_at = models.DateTimeField(null=True, blank=True)
    unit_told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # told by somebody, or not owed any more
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = TellingQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        constraints = (
            models.UniqueConstraint(name="telling_once", fields=["participant", "event"]),
            models.CheckConstraint(
                name="answered_telling_says_by_whom",
                condition=Q(answer="", answered_at=None, answered_by=None)
                | ~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="could_not_tell_says_why", condition=~Q(answer="could_not") | ~Q(why="")
            ),
        )
        indexes = (
            models.Index(name="telling_open", fields=["asked_at"], condition=Q(ended_at=None)),
            models.Index(
                name="telling_open_by_officer", fields=["officer", "due_on"], condition=Q(ended_at=None)
            ),
        )

    def __str__(self) -> str:
        return self.reference


class OnCall(models.Model):
    """Who answers for a team out of hours: from the opening hour of this day until that of the next."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="on_call")
    on = models.DateField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="on_call")
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    class Meta:
        ordering = ("on",)
        constraints = (models.UniqueConstraint(name="one_on_call_a_day", fields=["team", "on"]),)


class UrgentCallQuerySet(models.QuerySet["UrgentCall"]):
    def open(self) -> "UrgentCallQuerySet":
        return self.filter(ended_as="")


class UrgentCall(models.Model):
    """One victim in danger who is to be rung at once because the suspect was released (contacts.urgent).

    A standard of our own: no figure of the Code counts it. No opt-out keeps it from being raised.
    """

    class Ended(models.TextChoices):
        MET = "met", _("Rung, and told")
        SET_ASIDE = "set_aside", _("Not needed")
        WITHDRAWN = "withdrawn", _("It did not happen")

    reference = models.CharField(max_length=20, unique=True, default=urgent_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="urgent_calls")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="urgent_calls")
    dangers = ArrayField(models.CharField(max_length=10))
    known_at = models.DateTimeField()  # when the release was written down here: the clock starts
    due_at = models.DateTimeField()
    is_out_of_hours = models.BooleanField()
    asked = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="urgent_calls"
    )  # None: every supervisor of the team
    met_by = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    met_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=Ended.choices, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    because = models.CharField(max_length=300, blank=True)
    set_aside_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    missed_told_at = models.DateTimeField(null=True, blank=True)  # when the supervisors heard it was late
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = UrgentCallQuerySet.as_manager()

    class Meta:
        ordering = ("-known_at", "-id")
        constraints = (
            models.UniqueConstraint(name="urgent_call_once", fields=["participant", "event"]),
            models.CheckConstraint(
                name="urgent_call_met_says_by_which",
                condition=~Q(ended_as="met") | Q(met_by__isnull=False, met_at__isnull=False),
            ),
            models.CheckConstraint(
                name="urgent_call_set_aside_says_why",
                condition=~Q(ended_as="set_aside") | Q(set_aside_by__isnull=False) & ~Q(because=""),
            ),
        )
        indexes = (
            models.Index(name="urgent_call_open", fields=["due_at"], condition=Q(ended_as="")),
            models.Index(name="urgent_call_known", fields=["-known_at", "-id"]),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_in_time(self) -> bool:
        return self.met_at is not None and self.met_at <= self.due_at


class Digest(models.Model):
    """That somebody's day began, and how much they were told is due: one a person a day, and one email at most."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="digests")
    day = models.DateField()  # London
    due_soon = models.PositiveIntegerField(default=0)
    due_today = models.PositiveIntegerField(default=0)
    overdue = models.PositiveIntegerField(default=0)
    escalated = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-day", "-id")
        constraints = (models.UniqueConstraint(name="one_digest_a_day", fields=["user", "day"]),)


class ReachDay(models.Model):
    """How many calls and visits of one kind a team made on one London day, and how many reached the victim.

    A summary of the contacts that can be made anew from them: `contacts.trying.count_reach`.
    """

    day = models.DateField()
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Contact.Channel.choices)
    hour = models.PositiveSmallIntegerField()  # London time: 16 is from 16:00 to 16:59
    attempt = (
        models.PositiveSmallIntegerField()
    )  # since they were last reached; 3 is the third or a later one
    tried = models.PositiveIntegerField()
    reached = models.PositiveIntegerField()

    class Meta:
        ordering = ("day", "hour")
        constraints = (
            models.UniqueConstraint(
                name="reach_counted_once",
                fields=["day", "team", "channel", "hour", "attempt"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="reached_were_tried", condition=Q(reached__lte=models.F("tried"))),
        )
