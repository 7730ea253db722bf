"""The figures of the dashboards, kept current by what changed: see decision 26. The database writes the changes."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DutyChange(models.Model):
    """So many more, or fewer, duties that stand like this: added by the database when a duty, its case or its
    victim changes, taken away once it is folded into the tallies. Nothing here is ever updated.

    It says of a duty what dashboards count by. `due_on` as in `DutyTally`.
    """

    due_on = models.DateField()
    status = models.CharField(max_length=15)
    owner = models.CharField(max_length=10)
    is_ours = models.BooleanField()
    is_local = models.BooleanField()
    is_closed = models.BooleanField()
    is_restricted = models.BooleanField()
    is_enhanced = models.BooleanField()
    team_id = models.BigIntegerField(null=True)
    officer_id = models.BigIntegerField(null=True)
    right = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=30)
    area = models.CharField(max_length=40, blank=True)
    offence = models.CharField(max_length=10, blank=True)
    n = models.IntegerField()

    class Meta:
        constraints = (models.CheckConstraint(name="a_change_changes_something", condition=~Q(n=0)),)


class DutyTally(models.Model):
    """How many timed, current duties stand like this, cut one way: by tier, duty, officer, area or offence.

    What is open is kept by its day, because the calendar alone makes it late. What is settled is kept by the first
    day of its week within its month: whole weeks and whole months add up, and there are few rows.
    """

    class Cut(models.TextChoices):
        TIER = "tier", _("Tier")  # the shortest: also what is read for a total
        DUTY = "duty", _("Duty")
        OFFICER = "officer", _("Officer")
        AREA = "area", _("Area")
        OFFENCE = "offence", _("Offence")

    cut = models.CharField(max_length=7, choices=Cut.choices)
    value = models.CharField(
        max_length=40
    )  # "enhanced", a rule's key, an officer's or nobody's, an area, a class
    right = models.PositiveSmallIntegerField()  # of a duty; 0 in the other cuts
    team_id = models.BigIntegerField(null=True)
    due_on = models.DateField()
    status = models.CharField(max_length=15)
    owner = models.CharField(max_length=10)
    is_ours = models.BooleanField()
    is_local = models.BooleanField()
    is_closed = models.BooleanField()  # the victim is closed; said only of what is open
    is_restricted = models.BooleanField()
    n = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_tally_of_a_kind",
                fields=[
                    *("cut", "team_id", "due_on", "value", "right", "status"),
                    *("owner", "is_ours", "is_local", "is_closed", "is_restricted"),
                ],
                nulls_distinct=False,
            ),
        )
        indexes = (
            models.Index(
                name="tally_open",
                fields=["cut", "team_id", "due_on"],
                include=["is_ours", "is_closed", "is_restricted", "owner", "value", "n"],
                condition=Q(status="open"),
            ),
            models.Index(name="tally_of_nothing", fields=["id"], condition=Q(n=0)),
        )


class Recount(models.Model):
    """Every tally held against a count of the duties themselves, and what differed."""

    at = models.DateTimeField()
    tallies = models.PositiveIntegerField()
    duties = models.PositiveIntegerField()
    differing = models.PositiveIntegerField()
    off_by = models.PositiveIntegerField()  # the sum of all differences, whichever way
    is_repaired = models.BooleanField(default=False)
    seconds = models.FloatField()

    class Meta:
        ordering = ("-at",)
