"""What somebody here said they would do, and by when."""

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from contacts.models.contacts import Contact
from victimcare.accounts.models import User
from victimcare.cases.models import Participant
from victimcare.references import new_reference


def promise_reference() -> str:
    return new_reference("PR")


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
