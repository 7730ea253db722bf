"""How often we tried to reach people, and how often we did."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from contacts.attempts import Step
from contacts.models.contacts import Contact
from victimcare.accounts.models import Team
from victimcare.cases.models import Participant


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
