"""Duties that two people excused, and duties of the force that were not kept: who answers, why, and what was learned."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from contacts.models import Contact
from victimcare.accounts.models import Team, User
from victimcare.cases.models import Event, Participant, may_see
from victimcare.references import new_reference


def excuse_reference() -> str:
    return new_reference("EX")


def breach_reference() -> str:
    return new_reference("BR")


class ExcuseQuerySet(models.QuerySet["Excuse"]):
    def waiting(self) -> "ExcuseQuerySet":
        return self.filter(decision=Excuse.Decision.WAITING)

    def visible_to(self, user: User) -> "ExcuseQuerySet":
        return self.filter(may_see(user, "participant__"))

    def to_decide_by(self, user: User) -> "ExcuseQuerySet":
        """Those that wait for a supervisor of the team that owes it, or of the victim's, of people this one may see."""
        theirs = Q(team=user.team_id) | Q(participant__team=user.team_id) if user.team_id else Q(pk__in=[])
        return self.waiting().visible_to(user).filter(theirs | Q(team=None))


class Excuse(models.Model):
    """One officer's request that a duty need not be met. It counts only once another supervisor agreed.

    Kept whatever becomes of it: how often good reason is asked for and given, by whom and in which team, is a figure.
    """

    class Status(models.TextChoices):
        """What the duty becomes: statuses of `Duty`."""

        EXEMPT = "exempt", _("Exempt, with good reason")
        DECLINED = "declined", _("The victim declined it")
        NOT_APPLICABLE = "not_applicable", _("It does not apply")

    class Reason(models.TextChoices):
        """Good reasons not to do what the Code asks (Victims and Prisoners Act 2024 s.5)."""

        RISK = "risk", _("Telling them would put somebody at risk")
        PREJUDICE = "prejudice", _("Telling them would harm the investigation or the trial")
        OPERATION = "operation", _("An arrest or a search was still going on")
        NO_SAFE_WAY = "no_safe_way", _("There was no safe way to reach them")
        NOT_FOUND = "not_found", _("They could not be found, after everything was tried")
        UNABLE = "unable", _("They were too ill, or not able, to be told")
        ASKED_TO_WAIT = "asked_to_wait", _("They asked to be told later")
        OTHER = "other", _("Another good reason")

    class Decision(models.TextChoices):
        WAITING = "", _("Waits for a supervisor")
        APPROVED = "approved", _("Agreed")
        REFUSED = "refused", _("Not agreed")
        OVERTAKEN = "overtaken", _("No longer needed")
        WITHDRAWN = "withdrawn", _("Agreed, and taken back")

    reference = models.CharField(max_length=20, unique=True, default=excuse_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="excuses")
    duty = models.ForeignKey("compliance.Duty", on_delete=models.PROTECT, related_name="excuses")
    rule = models.CharField(max_length=30)  # R6-ARREST: the duty may be revised, the rule and its event stay
    trigger = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="excuses")
    status = models.CharField(max_length=15, choices=Status.choices)
    reason = models.CharField(max_length=15, choices=Reason.choices, blank=True)
    why = models.CharField(max_length=600)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # in which they declined
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    because = models.CharField(max_length=300, blank=True)
    event = models.ForeignKey(
        Event, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # DUTY_EXCUSED
    withdrawn_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_because = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords()

    objects = ExcuseQuerySet.as_manager()

    class Meta:
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                name="one_excuse_waits", fields=["participant", "rule", "trigger"], condition=Q(decision="")
            ),
            models.CheckConstraint(
                name="exempt_has_a_coded_reason", condition=Q(status="exempt") ^ Q(reason="")
            ),
            models.CheckConstraint(
                name="declined_in_a_contact", condition=Q(status="declined") ^ Q(contact=None)
            ),
            models.CheckConstraint(
                name="decided_excuse_says_when",
                condition=Q(decision="") ^ Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="excused_by_a_second_person",
                condition=~Q(decision__in=["approved", "withdrawn"])
                | Q(decided_by__isnull=False, event__isnull=False) & ~Q(decided_by=F("asked_by")),
            ),
        )
        indexes = (
            models.Index(name="excuse_waiting", fields=["asked_at", "id"], condition=Q(decision="")),
            models.Index(name="excuse_by_participant", fields=["participant", "-asked_at"]),
        )

    def __str__(self) -> str:
        return self.reference


class BreachQuerySet(models.QuerySet["Breach"]):
    def visible_to(self, user: User) -> "BreachQuerySet":
        return self.filter(may_see(user, "participant__"))

    def standing(self) -> "BreachQuerySet":
        """Those that are still breaches, settled or not."""
        return self.exclude(state=Breach.State.ENDED)


class Breach(models.Model):
    """A timed duty of the force that was missed or met late: who answers for it, why, and what was learned.

    That it is one is computed, never typed; what people say about it is here. The victim is put right by a duty
    of our own (`PUT_RIGHT`) that its event opens.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be accepted or disputed")
        DISPUTED = "disputed", _("Disputed")
        ACCEPTED = "accepted", _("To be closed")  # it is known who answers for it
        CLOSED = "closed", _("Closed")
        ENDED = "ended", _("No longer a breach")

    class Agency(models.TextChoices):
        FORCE = "force", _("The force")
        CPS = "cps", _("Crown Prosecution Service")
        HMCTS = "hmcts", _("Courts")
        PROBATION = "probation", _("Probation")
        OTHER = "other", _("Somebody else")

    class Reason(models.TextChoices):
        NOT_KNOWN = "", _("Not said yet")
        HEARD_LATE = "heard_late", _("We heard too late")
        NOT_ALLOCATED = "not_allocated", _("Nobody was allocated in time")
        ABSENCE = "absence", _("The officer was away and nobody covered")
        WORKLOAD = "workload", _("Too much else was due")
        NOT_REACHED = "not_reached", _("Tried in time, but not reached")
        NO_SAFE_WAY = "no_safe_way", _("No safe way to reach them was known")
        WRONG_DETAILS = "wrong_details", _("A number or an address was wrong")
        LANGUAGE = "language", _("An interpreter or a translation was needed")
        RECORDED_LATE = "recorded_late", _("Told in time, but written down late")
        SYSTEM = "system", _("A system failed")
        OVERLOOKED = "overlooked", _("It was overlooked")
        OTHER = "other", _("Another reason")

    class Decision(models.TextChoices):
        NONE = "", _("Not decided")
        UPHELD = "upheld", _("The dispute is upheld")
        REFUSED = "refused", _("The dispute is not upheld")

    reference = models.CharField(max_length=20, unique=True, default=breach_reference)
    duty = models.OneToOneField("compliance.Duty", on_delete=models.PROTECT, related_name="breach")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="breaches")
    right = models.PositiveSmallIntegerField()
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(
        Event, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # RIGHT_NOT_MET, which opens what puts the victim right
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    due_on = models.DateField()  # by when it is to be answered, decided or closed
    opened_at = models.DateTimeField()
    agency = models.CharField(max_length=10, choices=Agency.choices, default=Agency.FORCE)
    reason = models.CharField(max_length=15, choices=Reason.choices, blank=True)
    account = models.CharField(max_length=1000, blank=True)  # what happened, in words
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    claimed_agency = models.CharField(max_length=10, choices=Agency.choices, blank=True)
    claim = models.CharField(max_length=1000, blank=True)  # why it is not ours, and how that was discussed
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decision_words = models.CharField(max_length=600, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=1000, blank=True)
    learning = models.CharField(max_length=1000, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=100, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = BreachQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        constraints = (
            models.CheckConstraint(
                name="dispute_names_somebody_else",
                condition=Q(claimed_agency="", claim="") | ~Q(claimed_agency="") & ~Q(claim=""),
            ),
            models.CheckConstraint(
                name="disputed_breach_has_its_dispute", condition=~Q(state="disputed") | ~Q(claimed_agency="")
            ),
            models.CheckConstraint(
                name="dispute_decided_by_a_second_person",
                condition=Q(decision="")
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(claimed_agency="")
                & ~Q(decided_by=F("answered_by")),
            ),
            models.CheckConstraint(
                name="closed_breach_says_how",
                condition=~Q(state="closed")
                | Q(closed_by__isnull=False, closed_at__isnull=False) & ~Q(resolution="") & ~Q(learning=""),
            ),
        )
        indexes = (
            models.Index(name="breach_by_state", fields=["state", "due_on", "id"]),
            models.Index(name="breach_by_participant", fields=["participant"]),
        )

    def __str__(self) -> str:
        return self.reference


def standing_of(state: str, decision: str, agency: str) -> str:
    """How a breach stands, or stood, in words that leave no doubt whether a dispute was upheld."""
    if state != Breach.State.ACCEPTED:
        return str(Breach.State(state).label)
    if decision == Breach.Decision.UPHELD:
        return _now("Dispute upheld. Who answers: %(agency)s") % {"agency": Breach.Agency(agency).label}
    if decision == Breach.Decision.REFUSED:
        return _now("Dispute not upheld. The force answers.")
    return _now("Accepted. The force answers.")
