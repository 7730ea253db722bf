"""How somebody is reached without harm, and what a second person must agree to before that changes."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User
from victimcare.cases.models.cases import Participant
from victimcare.cases.models.people import Person
from victimcare.references import new_reference


def change_reference() -> str:
    return new_reference("PC")


def lift_reference() -> str:
    return new_reference("SL")


class SafeContact(models.Model):
    """How this person can be reached without harm. Not known means no, but for the first-contact rule."""

    class Safe(models.TextChoices):
        YES = "Y", _("Safe")
        NO = "N", _("Not safe")
        NOT_KNOWN = "", _("Not known")

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="safe_contact")
    phone = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    text = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    email = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    post = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    voicemail = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    call_from = models.TimeField(null=True, blank=True)
    call_until = models.TimeField(null=True, blank=True)
    withhold_number = models.BooleanField(default=False)
    who_may_answer = models.CharField(max_length=120, blank=True)
    code_word = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=400, blank=True)
    address_is_protected = models.BooleanField(default=False)
    review_on = models.DateField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)  # a person asked; a feed may not overwrite
    # A supervisor decided that a young child whom nobody acts for is reached in the ways they asked for. It
    # holds for that version of the answers and no later one.
    child_reached_because = models.CharField(max_length=300, blank=True, db_default="")
    child_decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    child_decided_at = models.DateTimeField(null=True, blank=True)
    child_decided_version = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="child_decision_says_who_and_why",
                condition=Q(child_decided_at=None)
                | Q(child_decided_by__isnull=False, child_decided_version__isnull=False)
                & ~Q(child_reached_because=""),
            ),
            models.CheckConstraint(
                name="call_window_has_both_ends",
                condition=Q(call_from=None, call_until=None) | Q(call_from__lt=F("call_until")),
            ),
        )

    @property
    def is_child_decided(self) -> bool:
        """True while a supervisor's decision about a young child holds: for these answers and no others."""
        return self.child_decided_at is not None and self.child_decided_version == self.version


class PendingChangeQuerySet(models.QuerySet["PendingChange"]):
    def waiting(self) -> "PendingChangeQuerySet":
        return self.filter(decision=PendingChange.Decision.WAITING)

    def visible_to(self, user: User) -> "PendingChangeQuerySet":
        """Those of people of whom this user may open a record."""
        seen = Participant.objects.visible_to(user)  # type: ignore[attr-defined]
        return self.filter(Exists(seen.filter(person=OuterRef("person"))))


class PendingChange(models.Model):
    """A new address, number or email of somebody in danger, until somebody else verified it another way.

    Whoever can change where we write to can read what we write: neither the old nor the new is written to.
    """

    class What(models.TextChoices):
        ADDRESS = "address", _("Address")
        MOBILE = "phone_mobile", _("Mobile phone")
        HOME = "phone_home", _("Other phone")
        EMAIL = "email", _("Email")

    class Source(models.TextChoices):
        STAFF = "staff", _("Somebody here")
        FEED = "feed", _("The force’s system")

    class Decision(models.TextChoices):
        WAITING = "", _("Waits to be verified")
        VERIFIED = "verified", _("Verified")
        REFUSED = "refused", _("Refused")
        REPLACED = "replaced", _("Replaced by a later change")

    class How(models.TextChoices):
        HELD_NUMBER = "held_number", _("I rang the number held before")
        IN_PERSON = "in_person", _("I saw them in person")
        OFFICER = "officer", _("The officer in the case confirmed it")
        AGENCY = "agency", _("An agency that knows them confirmed it")

    reference = models.CharField(max_length=20, unique=True, default=change_reference)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="changes")
    what = models.CharField(max_length=15, choices=What.choices)
    values = models.JSONField()  # field of Person: what it would say
    source = models.CharField(max_length=5, choices=Source.choices)
    said = models.CharField(max_length=100, blank=True)  # how whoever typed it knows
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=12, choices=How.choices, blank=True)
    because = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    objects = PendingChangeQuerySet.as_manager()

    class Meta:
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                name="one_change_waits", fields=["person", "what"], condition=Q(decision="")
            ),
            models.CheckConstraint(
                name="decided_change_says_when", condition=Q(decision="") ^ Q(decided_at__isnull=False)
            ),
            models.CheckConstraint(
                name="verified_by_somebody_else",
                condition=~Q(decision="verified")
                | Q(decided_by__isnull=False)
                & ~Q(how="")
                & (Q(asked_by=None) | ~Q(decided_by=F("asked_by"))),
            ),
        )
        indexes = (
            models.Index(name="change_waiting", fields=["asked_at", "id"], condition=Q(decision="")),
            models.Index(name="change_of_person", fields=["person", "-asked_at"]),
        )

    def __str__(self) -> str:
        return self.reference

    DECIDED = ("what", "decision", "how", "because")  # what an event of the decision keeps

    @property
    def decided_in_words(self) -> str:
        """What was decided and how it was known, in the language of whoever reads it."""
        said = (
            f"{self.get_what_display()}: {str(self.get_decision_display()).lower()}.",
            str(self.get_how_display()),
            self.because,
        )
        return " ".join(word for word in said if word)

    @property
    def fields(self) -> list[str]:
        """The fields of a person that it changes, in the order in which they are written."""
        return [name for name in _WHERE if name in self.values]

    @property
    def words(self) -> str:
        """The new value in one line."""
        return ", ".join(self.values[name] for name in self.fields if self.values[name])


_WHERE = (
    "address_line_1", "address_line_2", "town", "postcode", "phone_mobile", "phone_home", "email",
)  # fmt: skip


class SafetyLiftQuerySet(models.QuerySet["SafetyLift"]):
    def waiting(self) -> "SafetyLiftQuerySet":
        return self.filter(decision=SafetyLift.Decision.WAITING)

    def visible_to(self, user: User) -> "SafetyLiftQuerySet":
        """Those of people of whom this user may open a record."""
        seen = Participant.objects.visible_to(user)  # type: ignore[attr-defined]
        return self.filter(Exists(seen.filter(person=OuterRef("person"))))


class SafetyLift(models.Model):
    """A warning that somebody asks to take back. Until a supervisor other than they agrees, it holds."""

    REOPEN = "closure_reason"  # besides these, any answer of SafeContact that warns

    class Decision(models.TextChoices):
        WAITING = "", _("Waits for a supervisor")
        APPROVED = "approved", _("Lifted")
        REFUSED = "refused", _("Stays as it is")
        OVERTAKEN = "overtaken", _("The answers were written again")

    reference = models.CharField(max_length=20, unique=True, default=lift_reference)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="lifts")
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="lifts"
    )  # whose part is opened again; None for an answer, which is the person's
    field = models.CharField(max_length=20)
    was = models.CharField(max_length=60)
    to = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    because = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    objects = SafetyLiftQuerySet.as_manager()

    class Meta:
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                name="one_lift_waits",
                fields=["person", "field", "participant"],
                condition=Q(decision=""),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="decided_lift_says_when", condition=Q(decision="") ^ Q(decided_at__isnull=False)
            ),
            models.CheckConstraint(
                name="lifted_by_a_second_person",
                condition=~Q(decision="approved")
                | Q(decided_by__isnull=False) & (Q(asked_by=None) | ~Q(decided_by=F("asked_by"))),
            ),
        )
        indexes = (models.Index(name="lift_waiting", fields=["asked_at", "id"], condition=Q(decision="")),)

    def __str__(self) -> str:
        return self.reference

    @property
    def words(self) -> str:
        """Which warning, and what would hold instead. The code word itself is never said."""
        if self.field == self.REOPEN:
            return str(_("Open again although it was closed as unsafe to contact"))
        if self.field == "address_is_protected":
            return str(_("The address would no longer be protected"))
        if self.field == "code_word":
            return str(_("Another code word")) if self.to else str(_("No code word any more"))
        label = str(SafeContact._meta.get_field(self.field).verbose_name).capitalize()
        return _("%(way)s: from “%(was)s” to “%(to)s”") % {
            "way": label, "was": SafeContact.Safe(self.was).label, "to": SafeContact.Safe(self.to).label,
        }  # fmt: skip
