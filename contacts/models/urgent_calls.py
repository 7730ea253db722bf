"""Who is rung at once because a suspect was released, and who answers out of hours."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from contacts.models.contacts import Contact
from victimcare.accounts.models import Team, User
from victimcare.cases.models import Event, Participant
from victimcare.references import new_reference


def urgent_reference() -> str:
    return new_reference("UC")


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
