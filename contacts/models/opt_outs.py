"""What somebody no longer wants to be told."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from simple_history.models import HistoricalRecords

from contacts.models.plans import ContactPlan, labels
from victimcare.accounts.models import User
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant


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
            else ", ".join(labels(self.topics, ContactPlan.Topic))
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
