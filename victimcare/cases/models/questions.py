"""What only the officer in the case can tell us."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.models.cases import Case, Participant, may_see, not_kept_from
from victimcare.references import new_reference


def question_reference() -> str:
    return new_reference("Q")


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, user: User) -> "QuestionQuerySet":
        """Those about people this user may see; about no person, for who asked, who mends rows, who answers.

        One about a case that names no officer is seen by whom the asker named as well, of the case no more than that.
        """
        by_name = self._asked_by_name(user)
        of_a_row = Q(asked_by=user) | by_name
        if user.may(Permission.MEND_ROW):
            of_a_row |= Q(case=None)
        of_a_case = Q(case__in=Case.objects.visible_to(user))
        of_nobody = Q(participant=None) & (Q(case=None) & of_a_row | of_a_case)
        of_somebody = Q(participant__isnull=False) & may_see(user, "participant__")
        return self.filter(of_somebody | of_nobody | Q(case__oic_collar="") & by_name & not_kept_from(user))

    def open(self) -> "QuestionQuerySet":
        return self.filter(replied_at=None)

    def asked_of(self, user: User) -> "QuestionQuerySet":
        """Those this officer in the case is to answer: of the crimes that are theirs now, or asked of them by name."""
        if not user.has_role(Role.OFFICER_IN_THE_CASE):
            return self.none()
        mine = (Q(case=None) | Q(case__oic_collar="")) & self._asked_by_name(user)
        if user.collar:
            mine |= Q(case__oic_collar=user.collar)
        return self.filter(mine).visible_to(user)

    def _asked_by_name(self, user: User) -> Q:
        """Of an officer by their collar number, or where only a team is named, by the name of the team they are in."""
        nobody = Q(pk__in=[])
        if not user.has_role(Role.OFFICER_IN_THE_CASE):
            return nobody
        found = Q(to_collar=user.collar) if user.collar else nobody
        if user.team is not None:
            found |= Q(to_collar="", to_team__iexact=user.team.name)
        return found

    def late_on(self, day: date) -> "QuestionQuerySet":
        return self.open().filter(due_on__lt=day)


class Question(models.Model):
    """Something only the officer in the case can tell us, with the day by which they answer."""

    class Kind(models.TextChoices):
        WRONG_NUMBER = "wrong_number", _("The number is wrong")
        UNSAFE_NUMBER = "unsafe_number", _("The number is not safe")
        SAFE_CONTACT = "safe_contact", _("How to reach them safely")
        UNREACHABLE = "unreachable", _("Nobody can be reached")
        NEEDS = "needs", _("The needs assessment is missing")
        VPS = "vps", _("Whether a personal statement was offered")
        ROW = "row", _("A row of an extract")
        OTHER = "other", _("Something else")

    reference = models.CharField(max_length=20, unique=True, default=question_reference)
    case = models.ForeignKey(
        Case, null=True, blank=True, on_delete=models.PROTECT, related_name="questions"
    )  # None: about a row that belongs to no case yet
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="questions"
    )
    about_row = models.CharField(max_length=80, blank=True)  # B-7K2M9QWD, row 17
    to_collar = models.CharField(max_length=20, blank=True)
    to_team = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=15, choices=Kind.choices)
    words = models.CharField(max_length=1000)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="questions_asked")
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    reply = models.CharField(max_length=2000, blank=True)
    replied_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    replied_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        constraints = (
            models.CheckConstraint(
                name="question_is_about_something", condition=Q(case__isnull=False) | ~Q(about_row="")
            ),
            models.CheckConstraint(
                name="question_goes_to_somebody", condition=~Q(to_collar="") | ~Q(to_team="")
            ),
            models.CheckConstraint(
                name="answered_says_by_whom",
                condition=Q(replied_at=None, replied_by=None)
                | Q(replied_at__isnull=False, replied_by__isnull=False) & ~Q(reply=""),
            ),
        )
        indexes = (
            models.Index(name="question_open", fields=["due_on", "id"], condition=Q(replied_at=None)),
            models.Index(name="question_asked", fields=["-asked_at"]),
        )

    def __str__(self) -> str:
        return self.reference
