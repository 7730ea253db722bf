"""What happened, dated. Append-only."""

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from victimcare.accounts.models import User
from victimcare.cases.kinds import BY_HAND, Kind
from victimcare.cases.models.cases import Case, Participant
from victimcare.cases.models.safety import PendingChange
from victimcare.references import new_reference
from victimcare.working_days import LONDON

if TYPE_CHECKING:
    from django.utils.functional import Promise


def event_reference() -> str:
    return new_reference("E", 9)


class EventQuerySet(models.QuerySet["Event"]):
    def current(self) -> "EventQuerySet":
        """Events no later event replaced, and that are not themselves withdrawals."""
        return self.filter(replaced_by=None).exclude(kind=Kind.WITHDRAWN)

    def about(self, participant: Participant) -> "EventQuerySet":
        """What happened in this person's case that is theirs to see: never another victim's own events."""
        return self.filter(case_id=participant.case_id).filter(
            Q(participant=None) | Q(participant=participant)
        )


RIGHT_NOT_MET = re.compile(r"(?P<what>.+) \(Right (?P<right>[0-9]{1,2})\)")  # kept in English for everybody


class Event(models.Model):
    """Something that happened, dated. Append-only; a wrong one is corrected by another that replaces it."""

    class Precision(models.TextChoices):
        MOMENT = "moment", _("To the minute")
        DATE = "date", _("The date only")

    reference = models.CharField(max_length=20, unique=True, default=event_reference)
    kind = models.CharField(max_length=40, choices=Kind.choices)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )  # None: concerns the whole case
    suspect = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="events_as_suspect"
    )
    hearing = models.CharField(max_length=20, blank=True)  # the hearing's reference: courts is a storey up
    occurred_at = models.DateTimeField()  # midday London where only the date is known
    precision = models.CharField(max_length=6, choices=Precision.choices, default=Precision.MOMENT)
    learned_at = models.DateTimeField()  # when victim services heard: many clocks run from receipt
    recorded_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    source_system = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=1000, blank=True)
    data = models.JSONField(default=dict, blank=True)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ("-occurred_at", "-id")
        constraints = (
            models.UniqueConstraint(
                name="event_once_per_source",
                fields=["source_system", "source_id"],
                condition=~Q(source_id=""),
            ),
            models.CheckConstraint(
                name="learned_not_before_it_occurred",
                condition=Q(precision="date") | Q(learned_at__gte=F("occurred_at")),
            ),
        )
        indexes = (
            models.Index(name="event_by_case", fields=["case", "-occurred_at"]),
            # What was recorded when: rows are only added, so this index is as good as free.
            BrinIndex(name="event_recorded", fields=["recorded_at"], autosummarize=True),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def occurred_on(self) -> date:
        """The London date on which it happened."""
        return self.occurred_at.astimezone(LONDON).date()

    @property
    def learned_on(self) -> date:
        """The London date on which victim services heard."""
        return self.learned_at.astimezone(LONDON).date()

    @property
    def is_by_hand(self) -> bool:
        """Of a kind people write down, so people may correct it; a referral we made ourselves is not."""
        if self.kind == Kind.REFERRED_TO_SUPPORT:
            return not self.data.get("onward_referral")
        return self.kind in BY_HAND

    @property
    def occurred_locally(self) -> datetime:
        return self.occurred_at.astimezone(LONDON)

    @property
    def title(self) -> "str | Promise":
        return Kind(self.kind).label

    @property
    def named(self) -> str:
        """Its title; of a right not met with which, for several may stand side by side."""
        return f"{self.title}: {self.told}" if self.kind == Kind.RIGHT_NOT_MET else str(self.title)

    @property
    def told(self) -> str:
        """The detail for whoever reads it. What people wrote stays; our own words are translated."""
        if "decided" in self.data:
            return PendingChange(**self.data["decided"]).decided_in_words
        ours = RIGHT_NOT_MET.fullmatch(self.detail) if self.kind == Kind.RIGHT_NOT_MET else None
        if ours is None:
            return self.detail
        return f"{gettext(ours['what'])} ({gettext('Right %(n)d') % {'n': int(ours['right'])}})"
