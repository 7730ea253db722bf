"""The people of the unit: who they are, what they may do, when they work."""

from datetime import date, datetime, time
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.accounts.permissions import Permission, Role, permissions_of
from victimcare.prepared import Given
from victimcare.references import new_reference


def user_reference() -> str:
    return new_reference("U", 6)


def team_reference() -> str:
    return new_reference("T", 6)


def mail_reference() -> str:
    return new_reference("SM", 10)


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
    # When the day begins, London time, for members whose own hours nobody wrote down: Monday to Friday.
    day_starts = models.TimeField(default=time(9), db_default=time(9))
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
    # Who hears when this officer does not answer: of the silence, never of a victim.
    sergeant = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="constables"
    )
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
    # No emails between these, London time; both empty: as the unit's standards say. The same twice: always.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
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
            models.CheckConstraint(
                name="nobody_is_their_own_sergeant",
                condition=Q(sergeant=None) | ~Q(sergeant=F("id")),
            ),
            models.CheckConstraint(
                name="quiet_hours_have_both_ends",
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
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

    def between(self, first: date | Given, last: date | Given) -> "LeaveQuerySet":
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


class NotificationQuerySet(models.QuerySet["Notification"]):
    def standing(self) -> "NotificationQuerySet":
        """Reminders that still ask for something."""
        return self.filter(settled_at=None).exclude(level=Notification.Level.NEWS)

    def shown_on(self, day: date) -> "NotificationQuerySet":
        """Without those that are put off until a later London day."""
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=day))

    def unread_by(self, user: User, day: date) -> "NotificationQuerySet":
        return self.filter(recipient=user, read_at=None).shown_on(day)


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

    # Not checked by the database at every row of a pass, a fifth of its time: users are never deleted, and each is
    # read from their own table in the same statement.
    recipient = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="notifications", db_constraint=False
    )
    kind = models.CharField(max_length=40)  # what the subject is: "update_due", "letter_ready", ...
    subject = models.CharField(max_length=40)
    level = models.CharField(max_length=12, choices=Level.choices)
    due_on = models.DateField(null=True, blank=True)
    url = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)  # what it asked for is done, or asked anew
    snoozed_until = models.DateField(null=True, blank=True)  # not shown before this London day
    snooze_reason = models.CharField(max_length=300, blank=True, default="", db_default="")

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                name="one_notification_per_subject_due_level_recipient",
                fields=["kind", "subject", "due_on", "level", "recipient"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="snoozed_says_why", condition=Q(snoozed_until=None) | ~Q(snooze_reason="")
            ),
        )
        indexes = (
            models.Index(
                name="notification_unread", fields=["recipient", "-created_at"], condition=Q(read_at=None)
            ),
            # Reminders that still ask for something, a few days' at a time: to compare them with what ought to be said.
            models.Index(
                name="notification_standing",
                fields=["kind", "due_on", "subject"],
                include=["recipient", "level", "id"],
                condition=Q(settled_at=None) & ~Q(level="news"),
            ),
            models.Index(
                name="notification_snoozed",
                fields=["kind", "snoozed_until"],
                condition=Q(snoozed_until__isnull=False),
            ),
        )


class StaffMailQuerySet(models.QuerySet["StaffMail"]):
    def waiting(self) -> "StaffMailQuerySet":
        """To be sent, what cannot wait first."""
        return self.filter(status=StaffMail.Status.WAITING).order_by("-is_urgent", "id")

    def left_behind(self, claimed_before: datetime) -> "StaffMailQuerySet":
        """Claimed so long ago that whoever claimed them is gone."""
        return self.filter(status=StaffMail.Status.SENDING, claimed_at__lt=claimed_before)


class StaffMail(models.Model):
    """One email to one person of the unit: counts and a link, never anything about a victim.

    Unique by recipient and key, so that whatever runs twice writes one. Sent by victimcare.messaging.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        UNKNOWN = "unknown", _("Nobody knows whether it went")
        DROPPED = "dropped", _("Not sent: too late to be of use")

    channel = "email"  # as providers ask

    reference = models.CharField(max_length=20, unique=True, default=mail_reference)
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail")
    key = models.CharField(max_length=80)  # what it is about, once: "digest 2026-11-23"
    subject = models.CharField(max_length=120)
    body = models.TextField(max_length=4000)
    destination = models.EmailField(blank=True)  # where it went; until then the person's own address counts
    is_urgent = models.BooleanField(default=False)  # goes in quiet hours too
    send_after = models.DateTimeField()
    send_before = models.DateTimeField(null=True, blank=True)  # of no use any more after this
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    provider = models.CharField(max_length=20, blank=True)
    provider_reference = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    written_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = StaffMailQuerySet.as_manager()

    class Meta:
        ordering = ("-written_at", "-id")
        constraints = (models.UniqueConstraint(name="staff_mail_once", fields=["recipient", "key"]),)
        indexes = (
            models.Index(
                name="staff_mail_waiting",
                fields=["-is_urgent", "id"],
                condition=Q(status__in=["waiting", "sending"]),
            ),
        )

    def __str__(self) -> str:
        return self.reference


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
