"""Records that may be one human being, and those that somebody said are."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User
from victimcare.cases.models.cases import Participant
from victimcare.cases.models.people import Person
from victimcare.references import new_reference


def likeness_reference() -> str:
    return new_reference("SP")


def link_reference() -> str:
    return new_reference("PL")


class LikenessQuerySet(models.QuerySet["Likeness"]):
    def undecided(self) -> "LikenessQuerySet":
        return self.filter(decision="")

    def visible_to(self, user: User) -> "LikenessQuerySet":
        """Pairs of which this user may open both, and of which neither is suspected of a crime against the other."""
        seen = Participant.objects.visible_to(user)  # type: ignore[attr-defined]
        return self.filter(
            Exists(seen.filter(person=OuterRef("one"))), Exists(seen.filter(person=OuterRef("other")))
        ).exclude(Exists(_suspected("one", of="other")) | Exists(_suspected("other", of="one")))

    def of(self, person: Person) -> "LikenessQuerySet":
        return self.filter(Q(one=person) | Q(other=person))


def _suspected(suspect: str, of: str) -> "models.QuerySet[Participant]":
    """The part as a suspect that one of a pair has in a case where the other is served."""
    return Participant.objects.filter(
        person=OuterRef(suspect),
        role=Participant.Role.SUSPECT,
        case__participants__person=OuterRef(of),
        case__participants__role__in=Participant.SERVED,
    )


class Likeness(models.Model):
    """Two records that may be one human being: how alike, why, and what somebody decided."""

    class Decision(models.TextChoices):
        UNDECIDED = "", _("Not decided")
        LINKED = "linked", _("The same person")
        DIFFERENT = "different", _("Not the same person")

    reference = models.CharField(max_length=20, unique=True, default=likeness_reference)
    one = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()  # 0 to 100: see matching.py
    is_key = models.BooleanField(
        default=False
    )  # a key that rarely errs: same number, or name, birth, postcode
    reasons = ArrayField(models.CharField(max_length=30), default=list)  # names of rules
    found_at = models.DateTimeField(auto_now_add=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    objects = LikenessQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="likeness_once_per_pair", fields=["one", "other"]),
            models.CheckConstraint(name="likeness_lower_first", condition=Q(one__lt=F("other"))),
        )
        indexes = (
            models.Index(
                name="likeness_to_decide", fields=["-is_key", "-score", "-id"], condition=Q(decision="")
            ),
        )

    def __str__(self) -> str:
        return self.reference


class PersonLink(models.Model):
    """Somebody said that two records are one human being. Nothing is moved: take it away and all is as before."""

    reference = models.CharField(max_length=20, unique=True, default=link_reference)
    one = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    linked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()
    unlinked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    unlinked_at = models.DateTimeField(null=True, blank=True)
    unlink_reason = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="linked_once", fields=["one", "other"], condition=Q(unlinked_at=None)
            ),
            models.CheckConstraint(name="link_lower_first", condition=Q(one__lt=F("other"))),
        )
        indexes = (models.Index(name="link_of_other", fields=["other"], condition=Q(unlinked_at=None)),)

    def __str__(self) -> str:
        return self.reference


class Compared(models.Model):
    """How far the records were compared with one another: the last row of their history that was read."""

    only = models.BooleanField(primary_key=True, default=True)
    up_to = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(name="compared_is_one_row", condition=Q(only=True)),)
