"""What the Victims' Code owes each victim: one row a duty, computed from events and contacts, never typed."""

from collections.abc import Collection
from datetime import date

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from compliance import words
from compliance.calendar.models import CalendarVersion, OneOffDay  # noqa: F401
from compliance.models_breach import Breach as Breach  # Django looks for models here
from compliance.models_breach import Excuse as Excuse
from compliance.models_tally import DutyChange, DutyTally, Recount  # noqa: F401 - Django looks for models here
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Role
from victimcare.cases.counting import leads_witness_care, may_count, only_counts
from victimcare.cases.models import Case, Entitlement, Event, Participant, may_see


class CodeVersionQuerySet(models.QuerySet["CodeVersion"]):
    def brought_into_force(self) -> "CodeVersionQuerySet":
        """Those that two people let count, in the order they do: some from a day still to come."""
        return self.filter(approved_at__isnull=False).order_by("in_force_from", "pk")

    def in_force_on(self, day: date) -> "CodeVersion | None":
        """The version whose turn it is on this day; None before any."""
        return (
            self.filter(approved_at__isnull=False, in_force_from__lte=day).order_by("-in_force_from").first()
        )


class CodeVersion(models.Model):
    """One Code file, loaded by one person and brought into force by another."""

    class Transition(models.TextChoices):
        """What decides whether this version counts or the one before it."""

        TRIGGER = "trigger", _("The day of the event that opens the duty")
        REPORT = "report", _("The day the crime was reported")

    key = models.CharField(max_length=20, unique=True)  # "VCOP-2020"
    title = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    in_force_from = models.DateField()
    transition = models.CharField(max_length=7, choices=Transition.choices, default=Transition.TRIGGER)
    loaded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = CodeVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-in_force_from",)
        constraints = (
            models.CheckConstraint(
                name="code_loader_is_not_approver",
                condition=Q(approved_by=None) | Q(loaded_by=None) | ~Q(approved_by=F("loaded_by")),
            ),
        )


class RuleCheckQuerySet(models.QuerySet["RuleCheck"]):
    def latest(self, code: str) -> "dict[str, RuleCheck]":
        """The last check of each rule of this Code, by the rule's key."""
        rows = self.filter(code=code).select_related("by").order_by("pk")
        return {row.rule: row for row in rows}

    def last_of(self, code: str, rule: str) -> "RuleCheck | None":
        """The check of this rule that counts; None where nobody checked it."""
        return self.filter(code=code, rule=rule).order_by("-pk").first()


class RuleCheck(models.Model):
    """Somebody held a rule of ours against the published Code. Added, never edited: the last one counts."""

    code = models.CharField(max_length=20)  # the Code version's key
    sha256 = models.CharField(max_length=64)  # of the Code file as it was then
    rule = models.CharField(max_length=30)
    paragraph = models.CharField(max_length=30)  # of the published Code
    agrees = models.BooleanField(default=True)  # False: the published Code says something else
    note = models.CharField(max_length=400, blank=True)
    checked_on = models.DateField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = RuleCheckQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(name="rule_check_by_rule", fields=["code", "rule"]),)
        constraints = (
            models.CheckConstraint(
                name="a_rule_that_disagrees_says_how", condition=Q(agrees=True) | ~Q(note="")
            ),
        )


class LocalStandardQuerySet(models.QuerySet["LocalStandard"]):
    def approved(self) -> "LocalStandardQuerySet":
        """Those that count: what we began with, and what a second person approved since."""
        return self.filter(Q(written_by=None) | Q(approved_at__isnull=False))

    def waiting(self) -> "LocalStandardQuerySet":
        return self.filter(written_by__isnull=False, approved_at=None, withdrawn_at=None)


class LocalStandard(models.Model):
    """One version of a target the unit sets for itself. Never reported as a breach of the Code."""

    key = models.CharField(max_length=30)
    number = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=40, blank=True)  # in lists; empty where `words` names its key
    name_cy = models.CharField(max_length=60, blank=True)  # the same in Welsh
    right = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    title_cy = models.CharField(max_length=200, blank=True)
    trigger = models.CharField(max_length=40)
    clock = models.CharField(max_length=10)
    standard = models.PositiveSmallIntegerField()  # working days
    enhanced = models.PositiveSmallIntegerField()
    effective_from = models.DateField()
    is_kept = models.BooleanField(
        default=True, db_default=True
    )  # False: from its day on there is no such target
    reason = models.CharField(max_length=300, blank=True)
    written_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)  # None: nobody has confirmed it
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # a proposal that was not wanted
    history = HistoricalRecords()
    _history_user: User | None

    objects = LocalStandardQuerySet.as_manager()

    class Meta:
        ordering = ("key", "-number")
        constraints = (
            models.UniqueConstraint(name="local_standard_version_once", fields=["key", "number"]),
            models.CheckConstraint(
                name="local_standard_writer_is_not_approver",
                condition=Q(approved_by=None) | Q(written_by=None) | ~Q(approved_by=F("written_by")),
            ),
        )

    @property
    def is_confirmed(self) -> bool:
        return self.approved_at is not None


# Ours to answer for: an allocated officer of the unit, or witness care. Anybody else shows us, or does not.
OURS = Q(owner="WCU") | Q(owner="FORCE", officer__isnull=False)
ACCOUNTABLE = ("officer", "team", "case__witness_care_officer", "case__witness_care_team")


def _started(rows: "models.QuerySet[Entitlement]") -> "models.QuerySet[Entitlement, date]":
    """The days from which these made somebody enhanced, the first of them first."""
    return rows.filter(is_enhanced=True).order_by("from_on").values_list("from_on", flat=True)


class DutyQuerySet(models.QuerySet["Duty"]):
    def current(self) -> "DutyQuerySet":
        return self.filter(is_current=True)

    def with_checks(self) -> "DutyQuerySet":
        """Each with `rule_agrees` and `enhanced_from_on`, for a list that explains its dates: no question for each."""
        checks = RuleCheck.objects.filter(code=OuterRef("code"), rule=OuterRef("rule")).order_by("-pk")
        became = Entitlement.objects.filter(
            participant=OuterRef("participant"),
            from_on__gt=OuterRef("clock_on"),
            from_on__lte=OuterRef("first_due_on"),
        )
        return self.annotate(
            rule_agrees=Subquery(checks.values("agrees")[:1]),  # type: ignore[no-redef]
            enhanced_from_on=Subquery(_started(became)[:1]),
        )

    def with_the_accountable(self) -> "DutyQuerySet":
        """Each with what `accountable` says, for a list that names whoever owes it."""
        return self.select_related(*ACCOUNTABLE)

    def visible_to(self, user: User) -> "DutyQuerySet":
        return self.filter(may_see(user, "participant__"))

    def owed_to(self, participant: Participant) -> "DutyQuerySet":
        return self.current().filter(participant=participant)

    def open(self) -> "DutyQuerySet":
        return self.current().filter(status=Duty.Status.OPEN)

    def code(self) -> "DutyQuerySet":
        """Duties of the Code, without our own standards."""
        return self.filter(is_local=False)

    def timed(self) -> "DutyQuerySet":
        return self.filter(due_on__isnull=False)

    def due_before(self, day: date) -> "DutyQuerySet":
        return self.filter(due_on__lt=day)

    def due_between(self, start: date, end: date) -> "DutyQuerySet":
        """Both ends included."""
        return self.filter(due_on__gte=start, due_on__lte=end)

    def ours(self) -> "DutyQuerySet":
        """Owed by somebody who answers to the unit: an allocated officer, or witness care."""
        return self.filter(OURS)

    def shown_by_others(self) -> "DutyQuerySet":
        """Owed by somebody whose telling reaches us only when a feed or a person shows it."""
        return self.exclude(OURS)

    def missed(self, today: date) -> "DutyQuerySet":
        """Open past its last day, and ours to answer for."""
        return self.open().due_before(today).ours()

    def no_evidence(self, today: date) -> "DutyQuerySet":
        """Open past its last day, and nobody has shown us whether they told. Never blended with missed."""
        return self.open().due_before(today).shown_by_others()

    def owed_by(self, user: User, *, covering: Collection[int] = ()) -> "DutyQuerySet":
        """The open duties this person is to see to, their own and of whom they cover for, of people they may see."""
        return self.falling_to(user, covering=covering).visible_to(user)

    def falling_to(self, user: User, *, covering: Collection[int] = ()) -> "DutyQuerySet":
        """The open duties this person is to see to, by their roles, and those of the colleagues they cover for (by
        primary key). For whoever then asks who is visible.
        """
        mine = Q(pk__in=[])
        if user.has_role(Role.VICTIM_CARE_OFFICER):
            mine |= Q(owner=Duty.Owner.FORCE, participant__officer=user, participant__closed_at=None)
        if user.has_role(Role.WITNESS_CARE_OFFICER):
            queue = Q(case__witness_care_officer=user)
            if user.team_id:
                queue |= Q(case__witness_care_officer=None, case__witness_care_team_id=user.team_id)
            mine |= Q(owner=Duty.Owner.WCU) & queue
        if user.has_role(Role.OFFICER_IN_THE_CASE) and user.collar:
            mine |= Q(owner=Duty.Owner.FORCE, participant__officer=None, case__oic_collar=user.collar)
        if covering:
            mine |= Q(
                owner=Duty.Owner.FORCE, participant__officer__in=covering, participant__closed_at=None
            ) | Q(owner=Duty.Owner.WCU, case__witness_care_officer__in=covering)
        return self.open().filter(mine)

    def in_the_figures_of(self, user: User) -> "DutyQuerySet":
        """The duties whose counts this person is shown: their own, their team's, or (who only count) all.

        A case that they must not see is in none of their figures.
        """
        if only_counts(user):
            return self
        counted = self.filter(may_count(user))
        own = Q(pk__in=[])
        if leads_witness_care(user):
            own |= Q(team=user.team_id)
        elif user.has_role(Role.SUPERVISOR):
            return counted.filter(Q(team=user.team_id) | Q(team=None))
        if user.has_role(Role.VICTIM_CARE_OFFICER):
            own |= Q(officer=user)
        if user.has_role(Role.WITNESS_CARE_OFFICER):
            own |= Q(owner=Duty.Owner.WCU, case__witness_care_officer=user)
            if user.team_id:
                own |= Q(owner=Duty.Owner.WCU, case__witness_care_team_id=user.team_id)
        return counted.filter(own)


class Duty(models.Model):
    """What one rule owes one participant because of one event. A projection: recomputed and revised.

    Open and past due is *missed* when the unit or witness care owes it, *no evidence* when somebody owes it
    whose telling no feed or person has shown us: derived by date, so no row changes at midnight.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        MET = "met", _("Met")
        MET_LATE = "met_late", _("Met late")
        EXEMPT = "exempt", _("Exempt with good reason")
        DECLINED = "declined", _("Declined")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")

    class Owner(models.TextChoices):
        FORCE = "FORCE", _("The force")  # the allocated officer; where none, the officer in the case
        WCU = "WCU", _("Witness Care Unit")
        CPS = "CPS", _("Crown Prosecution Service")
        HMCTS = "HMCTS", _("Courts")
        PROBATION = "PROBATION", _("Probation")

    class Verdict(models.TextChoices):
        """How a duty stands on a day: its status; where it is open, whose it is and whether its day has passed."""

        OPEN = "open", _("Open")
        EXTERNAL = "external", _("With another agency")  # open, in time, and not the force's to meet
        MISSED = "missed", _("Missed")
        NO_EVIDENCE = "no_evidence", _("No evidence")
        MET = "met", _("Met")
        MET_LATE = "met_late", _("Met late")
        EXEMPT = "exempt", _("Exempt with good reason")
        DECLINED = "declined", _("Declined")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")

    # Other agencies: visible, and in no rate of the force.
    EXTERNAL = (Owner.CPS, Owner.HMCTS, Owner.PROBATION)

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="duties")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="duties")
    code = models.CharField(max_length=20)  # the Code version's key, or "LOCAL"
    rule = models.CharField(max_length=30)  # R6-ARREST
    right = models.PositiveSmallIntegerField()
    owner = models.CharField(max_length=10, choices=Owner.choices)
    is_local = models.BooleanField(default=False)
    # Copied from the victim so that figures need no join: whose queue, and which officer of the unit answers.
    team = models.ForeignKey(Team, null=True, db_index=False, on_delete=models.PROTECT, related_name="+")
    officer = models.ForeignKey(User, null=True, db_index=False, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="duties")
    clock_on = models.DateField()  # day 0
    limit = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # working days; None: the Code gives no number
    due_on = models.DateField(null=True, blank=True)  # last day in time
    first_due_on = models.DateField(null=True, blank=True)  # before an entitlement change moved it
    enhanced_at_trigger = models.BooleanField(default=False)
    enhanced_applied = models.BooleanField(default=False)
    status = models.CharField(max_length=15, choices=Status.choices, default=Status.OPEN)
    settled_on = models.DateField(null=True, blank=True)  # the London day it was met
    met_by = models.CharField(max_length=20, blank=True)  # the contact's or event's reference: the evidence
    # The version of the calendar its dates were counted by; what was settled keeps it. 0: as published.
    calendar = models.PositiveSmallIntegerField(default=0, db_default=0)
    is_current = models.BooleanField(default=True)
    revision = models.PositiveSmallIntegerField(default=1)
    computed_at = models.DateTimeField()

    objects = DutyQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        constraints = (
            models.UniqueConstraint(
                name="one_current_duty_per_rule_event_participant",
                fields=["code", "rule", "event", "participant"],
                condition=Q(is_current=True),
            ),
            models.CheckConstraint(
                name="a_met_duty_has_its_evidence",
                condition=~Q(status__in=["met", "met_late"]) | Q(settled_on__isnull=False) & ~Q(met_by=""),
            ),
        )
        indexes = (
            # What is owed next, and what is overdue: only open, timed, current rows.
            models.Index(
                name="duty_open_by_participant",
                fields=["participant", "due_on"],
                condition=Q(status="open", is_current=True),
            ),
            models.Index(
                name="duty_open_due",
                fields=["due_on", "id"],
                condition=Q(status="open", is_current=True, due_on__isnull=False),
            ),
            models.Index(
                name="duty_ours_open_due",
                fields=["due_on"],
                include=["team", "officer", "owner", "right", "is_local"],
                condition=Q(status="open", is_current=True, due_on__isnull=False)
                & (Q(owner="WCU") | Q(owner="FORCE", officer__isnull=False)),
            ),
            # The figures of a week, from the index alone.
            models.Index(
                name="duty_by_due_day",
                fields=["due_on"],
                include=["status", "right", "owner", "team", "officer", "is_local"],
                condition=Q(is_current=True, due_on__isnull=False),
            ),
            models.Index(
                name="duty_by_officer_due", fields=["officer", "due_on"], condition=Q(is_current=True)
            ),
            models.Index(name="duty_by_case", fields=["case"]),
        )

    @cached_property
    def rule_agrees(self) -> bool | None:
        """Whether who last checked its rule found the published Code to say the same; None: nobody checked it."""
        check = RuleCheck.objects.last_of(self.code, self.rule)
        return check.agrees if check else None

    @cached_property
    def enhanced_from_on(self) -> date | None:
        """The day on which the victim became enhanced while this was open: the first, for it makes it due the soonest."""
        if self.first_due_on is None:
            return None
        meanwhile = {"from_on__gt": self.clock_on, "from_on__lte": self.first_due_on}
        return _started(Entitlement.objects.filter(participant=self.participant_id, **meanwhile)).first()

    @property
    def is_ours(self) -> bool:
        """Whether somebody who answers to the unit owes it: see `OURS`."""
        return self.owner == self.Owner.WCU or (
            self.owner == self.Owner.FORCE and self.officer_id is not None
        )

    @property
    def accountable(self) -> str:
        """Who owes it, as far as that is known: the victim's officer, or witness care's of the case, and their team.

        Wants `with_the_accountable()`: then it asks the database nothing.
        """
        if self.owner == self.Owner.WCU:
            officer, team = self.case.witness_care_officer, self.case.witness_care_team
        elif self.owner == self.Owner.FORCE:
            officer, team = self.officer, self.team
        else:
            return str(self.get_owner_display())
        theirs = words.in_their_language(team.name, team.name_cy) if team else ""
        return ", ".join(str(each) for each in (officer or self.get_owner_display(), theirs) if each)

    @property
    def is_external(self) -> bool:
        return self.owner in self.EXTERNAL

    def verdict_on(self, day: date) -> "Duty.Verdict":
        """How this duty stands on this day, in the one vocabulary of pages, figures and packs."""
        if self.status != self.Status.OPEN:
            return self.Verdict(self.status)
        if self.due_on is not None and self.due_on < day:
            return self.Verdict.MISSED if self.is_ours else self.Verdict.NO_EVIDENCE
        return self.Verdict.EXTERNAL if self.is_external else self.Verdict.OPEN
