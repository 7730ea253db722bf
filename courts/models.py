"""Hearings, who must come, who was warned, and the measures that let them give their best evidence."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User
from victimcare.cases.models import Case, Participant, may_see
from victimcare.references import new_reference


def hearing_reference() -> str:
    return new_reference("H")


def measure_reference() -> str:
    return new_reference("M")


class Court(models.Model):
    """A court by its national organisation-unit code."""

    ou = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=120)
    name_cy = models.CharField(max_length=120, blank=True)
    is_crown = models.BooleanField(default=False)
    address = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class HearingQuerySet(models.QuerySet["Hearing"]):
    def visible_to(self, user: User) -> "HearingQuerySet":
        """Hearings of cases in which this user may see somebody."""
        return self.filter(case__in=Participant.objects.visible_to(user).values("case"))

    def between(self, first: date, last: date) -> "HearingQuerySet":
        """Listed from the first London day to the last, both included."""
        return self.filter(listed_on__range=(first, last))

    def standing(self) -> "HearingQuerySet":
        """Those that were not moved to another day."""
        return self.filter(moved_to=None)


class Hearing(models.Model):
    """One listing of one case at one court. A trial that moves is a second row."""

    class Type(models.TextChoices):
        FIRST = "FH", _("First hearing")
        PLEA = "PTPH", _("Plea and trial preparation hearing")
        TRIAL = "TRIAL", _("Trial")
        SENTENCE = "SENT", _("Sentencing")
        OTHER = "OTHER", _("Hearing")

    reference = models.CharField(max_length=20, unique=True, default=hearing_reference)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="hearings")
    suspect = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="hearings"
    )
    court = models.ForeignKey(Court, on_delete=models.PROTECT, related_name="hearings")
    type = models.CharField(max_length=6, choices=Type.choices)
    urn = models.CharField(max_length=20, blank=True)
    listed_on = models.DateField()  # the day of the hearing
    start_time = models.TimeField(null=True, blank=True)  # London
    courtroom = models.CharField(max_length=20, blank=True)
    listed_learned_at = models.DateTimeField()  # when witness care heard
    moved_from = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="moved_to"
    )
    plea = models.CharField(max_length=4, blank=True)
    result_code = models.CharField(max_length=10, blank=True)
    verdict = models.CharField(max_length=4, blank=True)
    resulted_on = models.DateField(null=True, blank=True)
    result_learned_at = models.DateTimeField(null=True, blank=True)
    source_system = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = HearingQuerySet.as_manager()

    class Meta:
        ordering = ("listed_on", "start_time", "id")
        constraints = (
            models.UniqueConstraint(
                name="hearing_once_per_source",
                fields=["source_system", "source_id"],
                condition=~Q(source_id=""),
            ),
        )
        indexes = (
            models.Index(name="hearing_by_day", fields=["listed_on", "court"]),
            models.Index(name="hearing_by_case", fields=["case", "listed_on"]),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def has_result(self) -> bool:
        return bool(self.result_code)

    @property
    def was_moved(self) -> bool:
        return hasattr(self, "moved_to")


class WitnessRequirement(models.Model):
    """One victim or witness must (or need no longer) come to one hearing to give evidence."""

    class Status(models.TextChoices):
        REQUIRED = "required", _("Required")
        NOT_REQUIRED = "not_required", _("No longer required")

    hearing = models.ForeignKey(Hearing, on_delete=models.PROTECT, related_name="requirements")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="requirements")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.REQUIRED)
    learned_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_requirement_per_hearing", fields=["hearing", "participant"]),
        )


class Warning(models.Model):
    """A witness told to attend, or stood down: how, when, by whom, and whether they said they will come."""

    class Reply(models.TextChoices):
        WILL_ATTEND = "will_attend", _("Will attend")
        UNSURE = "unsure", _("Not sure")
        CANNOT = "cannot", _("Cannot attend")
        NO_REPLY = "", _("No reply yet")

    requirement = models.ForeignKey(WitnessRequirement, on_delete=models.PROTECT, related_name="warnings")
    is_stand_down = models.BooleanField(default=False)
    contact = models.CharField(max_length=20, blank=True)  # the contact's reference
    letter = models.CharField(max_length=20, blank=True)  # the letter's reference
    reply = models.CharField(max_length=12, choices=Reply.choices, blank=True)
    warned_at = models.DateTimeField()
    warned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ("-warned_at",)


class SpecialMeasureQuerySet(models.QuerySet["SpecialMeasure"]):
    def visible_to(self, user: User) -> "SpecialMeasureQuerySet":
        return self.filter(may_see(user, "participant__"))

    def to_check(self) -> "SpecialMeasureQuerySet":
        """Asked for or applied for, and looked at by nobody but who asked."""
        return self.filter(
            checked_by=None, status__in=[SpecialMeasure.Status.WANTED, SpecialMeasure.Status.APPLIED]
        )


class SpecialMeasure(models.Model):
    """A way of giving evidence that protects the witness (Youth Justice and Criminal Evidence Act 1999)."""

    class Measure(models.TextChoices):
        SCREENS = "screens", _("Screens")
        LIVE_LINK = "live_link", _("Live link")
        RECORDED_EVIDENCE = "recorded", _("Recorded evidence")
        INTERMEDIARY = "intermediary", _("Intermediary")
        PRIVATE = "private", _("Evidence in private")
        NO_WIGS = "no_wigs", _("Wigs and gowns removed")

    class Status(models.TextChoices):
        WANTED = "wanted", _("Wanted by the witness")
        APPLIED = "applied", _("Applied for")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        DECLINED = "declined", _("Offered and declined")

    class Finding(models.TextChoices):
        MET = "met", _("Right for this witness and well evidenced")
        PART = "part", _("Needs more work")
        NOT_MET = "not_met", _("Not right for this witness")

    reference = models.CharField(max_length=20, unique=True, default=measure_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="special_measures")
    measure = models.CharField(max_length=12, choices=Measure.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WANTED)
    status_on = models.DateField()
    why = models.CharField(max_length=400, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    checked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    checked_on = models.DateField(null=True, blank=True)
    finding = models.CharField(max_length=10, choices=Finding.choices, blank=True)
    check_note = models.CharField(max_length=400, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = SpecialMeasureQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_row_per_measure", fields=["participant", "measure"]),
            models.CheckConstraint(
                name="checked_says_who_and_when",
                condition=Q(checked_by=None, checked_on=None, finding="")
                | Q(checked_by__isnull=False, checked_on__isnull=False) & ~Q(finding=""),
            ),
            models.CheckConstraint(
                name="nobody_checks_their_own",
                condition=Q(checked_by=None) | ~Q(checked_by=models.F("asked_by")),
            ),
        )
