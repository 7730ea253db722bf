"""Extracts as they arrive from other systems, their rows, and what each feed last said."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.models import Event, Participant
from victimcare.intake import layouts, said
from victimcare.references import new_reference


def batch_reference() -> str:
    return new_reference("B")


def token_reference() -> str:
    return new_reference("T")


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def waiting(self) -> "ImportBatchQuerySet":
        """To be read, checked or undone: never begun, or begun by a worker silent for ten minutes."""
        given_up = Q(claimed_at__lt=clock.now() - GIVEN_UP_AFTER)
        undone = Q(state=ImportBatch.State.UNDOING) & (Q(claimed_at=None) | given_up)
        return self.filter(Q(state__in=NOT_BEGUN) | Q(state__in=BEGUN) & given_up | undone)

    def open(self) -> "ImportBatchQuerySet":
        """Not yet read to the end, nor refused: the same file again is this one."""
        return self.filter(state__in=OPEN)


GIVEN_UP_AFTER = timedelta(minutes=10)
NOT_BEGUN = ("waiting", "check")
BEGUN = ("reading", "checking")
OPEN = (*NOT_BEGUN, *BEGUN, "checked")
NOT_LANDED = ("check", "checking", "checked", "dropped")


class ImportBatch(models.Model):
    """One extract as it arrived: its bytes until every row is kept, then its counts for ever."""

    class Kind(models.TextChoices):
        REFERRALS = "referrals", _("Referrals")
        EVENTS = "events", _("Events")
        HEARINGS = "hearings", _("Hearings")
        CONTACTS = "contacts", _("Contacts")

    class State(models.TextChoices):
        CHECK = "check", _("Waiting to be checked")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked: say whether to import it")
        DROPPED = "dropped", _("Not imported")
        WAITING = "waiting", _("Waiting to be read")
        READING = "reading", _("Being read")
        DONE = "done", _("Read")
        UNREADABLE = "unreadable", _("Could not be read")
        PARKED = "parked", _("Parked: reading stopped five times")
        UNDOING = "undoing", _("Being withdrawn")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Way(models.TextChoices):
        PAGE = "page", _("The upload page")
        FOLDER = "folder", _("The drop folder")
        API = "api", _("The API")
        COMMAND = "command", _("The command line")

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
    came_by = models.CharField(max_length=8, choices=Way.choices, default=Way.PAGE)
    # What a check found, until somebody has said whether to import it: see `checking.Preview`.
    preview = models.JSONField(default=dict, blank=True)
    # Readers that began and did not get any further: after five the batch is parked.
    attempts = models.PositiveSmallIntegerField(default=0)
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
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_because = models.CharField(max_length=300, blank=True)
    # A withdrawal that was asked for, until a worker has done it: how far it is, and what the batch was before.
    state_before = models.CharField(max_length=10, default="", db_default="", blank=True)
    undone_percent = models.PositiveSmallIntegerField(default=0, db_default=0)
    not_withdrawn_because = models.CharField(max_length=400, default="", db_default="", blank=True)
    token = models.ForeignKey(  # with which another system sent it
        "intake.FeedToken", null=True, blank=True, on_delete=models.PROTECT, related_name="batches"
    )

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ("-arrived_at", "-id")
        constraints = (
            # Two uploads of the same file at once give one result.
            models.UniqueConstraint(
                name="one_open_batch_per_file",
                fields=["sha256"],
                condition=Q(state__in=OPEN),
            ),
            models.CheckConstraint(
                name="withdrawn_says_by_whom_and_why",
                condition=~Q(state="withdrawn")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_because=""),
            ),
            models.CheckConstraint(
                name="undoing_says_for_whom_and_why",
                condition=~Q(state="undoing")
                | Q(withdrawn_by__isnull=False) & ~Q(withdrawn_because="") & ~Q(state_before=""),
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
            models.Index(
                name="batch_to_read", fields=["id"], condition=Q(state__in=[*NOT_BEGUN, *BEGUN, "undoing"])
            ),
            models.Index(name="batch_finished", fields=["finished_at"]),
        )

    @property
    def is_begun(self) -> bool:
        """Whether its rows have begun to land, so that its counts say something."""
        return self.state not in NOT_LANDED


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def in_quarantine(self) -> "ImportRowQuerySet":
        return self.filter(outcome=ImportRow.Outcome.QUARANTINED, settled_at=None)

    def with_problem(self) -> "ImportRowQuerySet":
        """Each with `problem`: its reason without what it quotes, so that equal problems are equal."""
        return self.annotate(problem=_WITHOUT_QUOTES)


# “NP” is not a whole postcode, 31/02/1990: what differs from row to row is left out.
_WITHOUT_QUOTES = models.Func(
    models.F("reason"),
    models.Value(r"“[^”]*”|\([^)]*\)|\m[0-9][0-9/:.,+TZ-]*\M"),
    models.Value("…"),
    models.Value("g"),
    function="regexp_replace",
    output_field=models.CharField(),
)


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
    # All that is wrong, the first of them the column and reason above: [{"column": name, "reason": words}], with
    # the sentence and its values, so that each reader has it in their language.
    problems = models.JSONField(default=list, db_default=[], blank=True)
    content = models.JSONField(default=dict, blank=True)  # the row as it came; kept only while quarantined
    settled_at = models.DateTimeField(null=True, blank=True)  # mended, sent on, or set aside
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settlement = models.CharField(max_length=300, blank=True)
    # The batch whose row settled it. Its content stays until that batch can hardly be withdrawn any more.
    settled_in = models.ForeignKey(
        ImportBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="settles"
    )
    # What it said otherwise and somebody here had confirmed, so that it stayed: names of fields.
    kept = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    question = models.CharField(max_length=20, blank=True)  # to the officer in the case: its reference

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

    @property
    def about(self) -> str:
        """What it is about by its natural key, in words."""
        return layouts.key_in_words(self.batch.kind, self.natural_key)

    @property
    def about_in_short(self) -> str:
        """The same, for a list."""
        return layouts.key_in_short(self.batch.kind, self.natural_key)

    @property
    def all_wrong(self) -> list[dict[str, str]]:
        """Each problem as its column and reason; of a row that came before we kept them all, the first alone."""
        kept = self.problems or [{"column": self.column, "reason": self.reason}]
        return [{"column": one["column"], "reason": said.again(one)} for one in kept]

    @property
    def settled_as(self) -> str:
        """How it was settled, in the language of whoever reads it."""
        return said.in_other_words(
            self.settlement,
            (
                ("Mended and sent on: %s.", [outcome.label for outcome in self.Outcome]),
                ("Withdrawn with its extract.", ()),
                ("The feed sent it again and it could be kept.", ()),
                ("Replaced by a later row, in %s.", ()),
                ("Set aside: %s", ()),
            ),
        )

    @property
    def why(self) -> str:
        """The first thing that is wrong, in the language of whoever reads it."""
        return self.all_wrong[0]["reason"]


class LandedRows(models.Model):
    """The rows of one chunk of a batch that came to one outcome, so that each count opens its list."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="landed")
    outcome = models.CharField(max_length=12, choices=ImportRow.Outcome.choices)
    last = models.PositiveIntegerField()  # the highest of the numbers: chunks come in the order of the file
    numbers = ArrayField(models.PositiveIntegerField())  # in the file, ascending
    keys = ArrayField(models.CharField(max_length=200))  # natural keys, in the order of the numbers

    class Meta:
        constraints = (
            models.UniqueConstraint(name="landed_once_per_chunk", fields=["batch", "outcome", "last"]),
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


class Reconciliation(models.Model):
    """What one London day brought: the rows received, their outcomes, and what the tables hold of them."""

    day = models.DateField(unique=True)
    batches = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    # What does not agree: [{"batch": reference, "what": name of the check, "expected": n, "found": n}].
    findings = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-day",)

    @property
    def agrees(self) -> bool:
        return not self.findings


class FeedTokenQuerySet(models.QuerySet["FeedToken"]):
    def valid(self) -> "FeedTokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=clock.now())


class FeedToken(models.Model):
    """A key with which another system sends extracts to the API. Only its digest is kept."""

    class Scope(models.TextChoices):
        SEND = "extracts.send", _("Send extracts")
        READ = "extracts.read", _("Read what became of them")

    reference = models.CharField(max_length=20, unique=True, default=token_reference)
    name = models.CharField(max_length=80)  # which system uses it
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of 256 random bits
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices), default=list)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)  # to the day: it is not a log
    minute = models.DateTimeField(null=True, blank=True)  # the last in which it was used
    used_in_minute = models.PositiveIntegerField(
        default=0, db_default=0
    )  # how often: for the limit, whichever process answers
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords(excluded_fields=["digest", "used_at", "minute", "used_in_minute"])

    objects = FeedTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at",)
        constraints = (
            models.CheckConstraint(
                name="a_token_lasts_ninety_days_at_most",
                condition=Q(expires_at__lte=F("made_at") + timedelta(days=90)),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def may(self) -> list[str]:
        """What it may do, in words."""
        return [str(self.Scope(scope).label) for scope in self.scopes]
