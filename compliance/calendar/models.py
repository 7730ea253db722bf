"""The calendar's versions: one-off days that one person proposes and another approves, kept for ever."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User
from victimcare.calendars import Change


class CalendarVersionQuerySet(models.QuerySet["CalendarVersion"]):
    def approved(self) -> "CalendarVersionQuerySet":
        """Those that count or will, in the order in which they do."""
        return self.filter(number__isnull=False).order_by("number")

    def waiting(self) -> "CalendarVersionQuerySet":
        """Proposed, and nobody has decided."""
        return self.filter(approved_at=None, withdrawn_at=None).order_by("pk")

    def to_work_off(self, day: date) -> "CalendarVersionQuerySet":
        """Those that count on this day while open duties are still to be counted anew."""
        return self.approved().filter(effective_from__lte=day, reassessed_at=None)

    def changes(self) -> tuple[Change, ...]:
        """Every approved version as the plain facts that working days are counted by. Two queries."""
        return tuple(version.change for version in self.approved().prefetch_related("days"))


class CalendarVersion(models.Model):
    """One-off days of one announcement, added or taken away. Once approved it has a number and never changes."""

    number = models.PositiveSmallIntegerField(null=True, blank=True, unique=True)
    effective_from = models.DateField()  # the day from which we count by it
    reason = models.CharField(max_length=400)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # set aside, by whoever did not want it
    version = models.PositiveIntegerField(default=1)
    # How far the open duties are counted anew: cases, and duties whose last day moved.
    cases_to_do = models.PositiveIntegerField(default=0)
    cases_done = models.PositiveIntegerField(default=0)
    duties_moved = models.PositiveIntegerField(default=0)
    last_case = models.BigIntegerField(default=0)
    reassessed_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords(
        excluded_fields=["cases_to_do", "cases_done", "duties_moved", "last_case", "reassessed_at"]
    )
    _history_user: User | None

    objects = CalendarVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-number", "-pk")
        constraints = (
            models.CheckConstraint(
                name="calendar_proposer_is_not_approver",
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="calendar_number_when_approved",
                condition=Q(number=None, approved_at=None)
                | Q(number__gte=1, approved_at__isnull=False, approved_by__isnull=False, withdrawn_at=None),
            ),
        )

    @property
    def is_waiting(self) -> bool:
        return self.approved_at is None and self.withdrawn_at is None

    @property
    def change(self) -> Change:
        """What it does to the calendar before it. Reads `days`."""
        days = list(self.days.all())
        return Change(
            self.number or 0,
            self.effective_from,
            {each.day: each.name for each in days if each.is_holiday},
            frozenset(each.day for each in days if not each.is_holiday),
        )


class OneOffDay(models.Model):
    """One day of a version: a holiday that is added, or one that is worked after all."""

    calendar = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    is_holiday = models.BooleanField()  # False: it was a bank holiday, and is worked
    name = models.CharField(max_length=80, verbose_name=_("Name"))

    class Meta:
        ordering = ("day",)
        constraints = (models.UniqueConstraint(name="one_off_day_once", fields=["calendar", "day"]),)

    def __str__(self) -> str:
        return self.name
