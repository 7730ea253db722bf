"""The people of the unit: who they are, what they may do, when they work."""

from datetime import date, time
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.permissions import Permission, Role, permissions_of
from victimcare.references import new_reference


def user_reference() -> str:
    return new_reference("U", 6)


def team_reference() -> str:
    return new_reference("T", 6)


class Team(models.Model):
    """People who work from one queue, and whose cases its members may see."""

    class Kind(models.TextChoices):
        VICTIM_CARE = "victim_care", _("Victim Care Unit")
        WITNESS_CARE = "witness_care", _("Witness Care Unit")
        POLICE = "police", _("Police team")
        PARTNER = "partner", _("Partner organisation")
        OTHER = "other", _("Other")

    reference = models.CharField(max_length=20, unique=True, default=team_reference)
    name = models.CharField(max_length=80, unique=True)
    name_cy = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # Policing areas whose victims reach this team; empty means all that no other team takes.
    policing_areas = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()
    _history_user: "User | None"

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def with_role(self, role: Role) -> "UserQuerySet":
        return self.filter(roles__contains=[role])

    def supervisors_of(self, team: Team | None) -> "UserQuerySet":
        return self.active().with_role(Role.SUPERVISOR).filter(team=team)

    def away_on(self, day: date) -> "UserQuerySet":
        return self.filter(
            leave__from_on__lte=day, leave__until_on__gte=day, leave__cancelled_at=None
        ).distinct()


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """Somebody who signs in. Roles say what they may do; the team says whose records."""

    reference = models.CharField(max_length=20, unique=True, default=user_reference)
    username = models.CharField(max_length=60, unique=True)
    display_name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)
    collar = models.CharField(max_length=20, blank=True, help_text="Collar number in the force's system")
    roles = ArrayField(models.CharField(max_length=30, choices=Role.choices), default=list, blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="members")
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    # Working hours by weekday, Monday first: [["09:00", "17:00"], ..., null, null], London time.
    working_hours = models.JSONField(default=list, blank=True)
    caseload_points = models.PositiveSmallIntegerField(default=100, help_text="Points of open work when full")
    joined_on = models.DateField(null=True, blank=True)
    left_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    # Somebody else chose the password and has seen it: nothing opens until it is changed.
    is_password_temporary = models.BooleanField(default=False)
    is_compact = models.BooleanField(default=False)
    language = models.CharField(max_length=8, default="en-gb")
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords(excluded_fields=["password", "last_login"])
    _history_user: "User | None"  # who changes the row: set by the action, read by the history

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ("display_name",)

    class Meta:
        ordering = ("display_name",)
        constraints = (
            models.CheckConstraint(
                name="user_leaves_after_joining",
                condition=Q(left_on=None) | Q(joined_on=None) | Q(left_on__gte=F("joined_on")),
            ),
        )
        indexes = (models.Index(name="user_collar", fields=["collar"], condition=~Q(collar="")),)

    def __str__(self) -> str:
        return self.display_name

    @property
    def role_label(self) -> str:
        return ", ".join(str(Role(role).label) for role in self.roles)

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.roles)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def has_role(self, role: Role) -> bool:
        return role in self.roles

    def hours_on(self, day: date) -> tuple[time, time] | None:
        """From and until, London time; None on a day this person does not work."""
        hours = self.working_hours[day.weekday()] if day.weekday() < len(self.working_hours) else None
        return (time.fromisoformat(hours[0]), time.fromisoformat(hours[1])) if hours else None

    @property
    def hours_a_week(self) -> float | None:
        """Hours between start and end on all weekdays together; None when nobody wrote them down."""
        if not self.working_hours:
            return None
        minutes = 0
        for hours in self.working_hours:
            if hours:
                start, end = map(time.fromisoformat, hours)
                minutes += (end.hour - start.hour) * 60 + end.minute - start.minute
        return minutes / 60


class LeaveQuerySet(models.QuerySet["Leave"]):
    def standing(self) -> "LeaveQuerySet":
        return self.filter(cancelled_at=None)

    def between(self, first: date, last: date) -> "LeaveQuerySet":
        """Touching these days, both ends included."""
        return self.filter(from_on__lte=last, until_on__gte=first)


class Leave(models.Model):
    """Days away, both ends included, and who covers. Cover may see what the person away may see."""

    class Kind(models.TextChoices):
        ANNUAL = "annual", _("Annual leave")
        SICK = "sick", _("Sick leave")
        TRAINING = "training", _("Training")
        OTHER = "other", _("Other")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="leave")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    from_on = models.DateField()
    until_on = models.DateField()
    covered_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="covering"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()
    _history_user: "User | None"

    objects = LeaveQuerySet.as_manager()

    class Meta:
        ordering = ("from_on",)
        constraints = (
            models.CheckConstraint(
                name="leave_ends_after_it_starts", condition=Q(until_on__gte=F("from_on"))
            ),
            models.CheckConstraint(name="nobody_covers_themselves", condition=~Q(covered_by=F("user"))),
        )


class Notification(models.Model):
    """One thing one person is told inside the application. Unique, so a second sweep creates nothing.

    `subject` is a reference, never a name; the words are built when it is shown.
    """

    class Level(models.TextChoices):
        NEWS = "news", _("News")
        DUE_SOON = "due_soon", _("Due soon")
        DUE_TODAY = "due_today", _("Due today")
        OVERDUE = "overdue", _("Overdue")
        ESCALATED = "escalated", _("Escalated to the supervisor")

    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)  # what the subject is: "update_due", "letter_ready", ...
    subject = models.CharField(max_length=40)
    level = models.CharField(max_length=12, choices=Level.choices)
    due_on = models.DateField(null=True, blank=True)
    url = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                name="one_notification_per_subject_due_level_recipient",
                fields=["kind", "subject", "due_on", "level", "recipient"],
                nulls_distinct=False,
            ),
        )
        indexes = (
            models.Index(
                name="notification_unread", fields=["recipient", "-created_at"], condition=Q(read_at=None)
            ),
        )


class SentForm(models.Model):
    """A form that was posted, by its key: the second post of the same form has no second effect."""

    key = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE)
    body_hash = models.CharField(max_length=64)
    location = models.CharField(max_length=400, blank=True)
    sent_at = models.DateTimeField(auto_now_add=True)


class Heartbeat(models.Model):
    """When a part of the machinery was last seen alive: beat, worker."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
