"""Who and what the measures count: the rows of a period, and the few facts about each that decide.

A measure is a condition on facts, written once: `holds` reads it over rows already counted by the database,
and the list behind a number filters by the same one. So a number and its list cannot part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from compliance.metrics.days import LastDay
from compliance.models import OURS, Duty
from contacts.models import TELLS, Complaint, Contact, ContactPlan
from courts.models import Hearing
from needs_assessments.models import NeedsAssessment
from referrals.models import OnwardReferral
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Entitlement, Event, Participant
from victimcare.working_days import LONDON, add_working_days, england_and_wales

EXTERNAL = (Duty.Owner.CPS, Duty.Owner.HMCTS, Duty.Owner.PROBATION)
ENDS_A_CASE = (
    Kind.NOT_INVESTIGATED,
    Kind.INVESTIGATION_CLOSED_NO_SUSPECT,
    Kind.DECISION_NOT_TO_PROSECUTE,
    Kind.OUT_OF_COURT_DISPOSAL,
    Kind.CASE_CONCLUDED,
)
SERIOUS_FLAGS = ["DA", "RASSO", "HATE", "MSHT", "HOMICIDE", "HBA", "CSE", "STALKING"]
A_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Scope:
    """A period of London days, both in, and the day on which it is judged."""

    since: date
    until: date
    snapshot_on: date

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """From the first moment of the period until the first after it."""
        return _midnight(self.since), _midnight(self.until + timedelta(days=1))


@dataclass(frozen=True)
class Population:
    """Rows to count. `through` leads from a row to its participant; None where a row is of a case alone."""

    rows: Callable[[Scope], QuerySet[Any]]
    facts: tuple[str, ...]
    through: str | None = "participant__"
    is_duty: bool = False


def holds(condition: Q, facts: Mapping[str, Any]) -> bool:
    """Whether these facts meet a condition of plain equals and ins. The same Q filters rows."""
    verdicts = (
        holds(child, facts) if isinstance(child, Q) else _is(facts, *child) for child in condition.children
    )
    found = any(verdicts) if condition.connector == Q.OR else all(verdicts)
    return found != condition.negated


def _is(facts: Mapping[str, Any], name: str, wanted: Any) -> bool:
    if name.endswith("__in"):
        return facts[name.removesuffix("__in")] in wanted
    found: bool = facts[name] == wanted
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)


def true_when(condition: Any) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


# --- Duties of the Code, by the day their clock started --------------------------------------------


def duties(scope: Scope) -> QuerySet[Duty]:
    """Timed duties of the Code. `tried`: one that nobody met in time, though somebody tried by its last day."""
    failed = Contact.objects.filter(
        participant=OuterRef("participant"), direction=Contact.Direction.OUT, at__date__gte=OuterRef("clock_on"),
        at__date__lte=OuterRef("due_on"),
    ).exclude(outcome__in=[*TELLS, Contact.Outcome.NOT_CONTACTED])  # fmt: skip
    unmet = Q(due_on__lt=scope.snapshot_on) & ~Q(status=Duty.Status.MET)
    return (
        Duty.objects.current()
        .code()
        .timed()
        .filter(clock_on__range=(scope.since, scope.until))
        .annotate(
            matured=true_when(Q(due_on__lt=scope.snapshot_on)),
            is_unit=true_when(OURS),
            tried=Case(When(unmet, then=Exists(failed)), default=Value(False), output_field=BooleanField()),
        )
    )


DUTIES = Population(
    duties, ("rule", "owner", "enhanced_applied", "status", "matured", "is_unit", "tried"), is_duty=True
)
MATURED = Q(matured=True)
IN_TIME = MATURED & Q(status=Duty.Status.MET)
TOLD = MATURED & Q(status__in=[Duty.Status.MET, Duty.Status.MET_LATE])
MISSED = MATURED & Q(status=Duty.Status.OPEN, is_unit=True)
NO_EVIDENCE = MATURED & Q(status=Duty.Status.OPEN, is_unit=False)
EXCUSED = MATURED & Q(status=Duty.Status.EXEMPT)
JUDGED = TOLD | MISSED | EXCUSED
NOT_DUE = Q(matured=False, status__in=[Duty.Status.OPEN, Duty.Status.MET, Duty.Status.MET_LATE])
THE_FORCES = ~Q(owner__in=EXTERNAL)


def sentences(scope: Scope) -> QuerySet[Duty]:
    """What a victim is owed because of a sentence, with the day six working days after the sentence itself."""
    # The duty's clock starts when witness care heard: the sentence may be long before.
    told = Cast(KeyTextTransform("resulted_on", "event__data"), DateField())
    last = LastDay(told, working_days=6, first=scope.since - A_YEAR, last=scope.until)
    found = Duty.objects.current().filter(
        rule="R9-SENTENCE", clock_on__range=(scope.since, scope.until), event__data__has_key="resulted_on"
    )
    return found.annotate(last_day=last).annotate(
        matured=true_when(Q(last_day__lt=scope.snapshot_on)),
        is_unit=true_when(OURS),
        in_six=true_when(Q(settled_on__lte=F("last_day"))),
    )


SENTENCES = Population(sentences, ("status", "matured", "is_unit", "in_six"), is_duty=True)


# --- Victims of crimes reported in the period ------------------------------------------------------


def victims(scope: Scope) -> QuerySet[Participant]:
    """Victims, by the day their crime was reported, or recorded where no report is dated."""
    own = Duty.objects.current().filter(participant=OuterRef("pk"))
    referral = own.filter(rule="R4-REFERRAL").order_by("-pk")
    first_due = own.code().timed().order_by("due_on")
    assessed = NeedsAssessment.objects.filter(
        participant=OuterRef("pk"), status=NeedsAssessment.Status.COMPLETED
    )
    reported = Coalesce("case__reported_at", "case__recorded_at", output_field=DateTimeField())
    return (
        Participant.objects.victims()
        .filter(_reported_in(scope))
        .alias(reported=reported)
        .alias(first_due=Subquery(first_due.values("due_on")[:1]))
        .annotate(
            tier=tier_on(scope.snapshot_on),
            serious=true_when(Q(case__flags__overlap=SERIOUS_FLAGS) | Q(_was_child("reported"))),
            assessed=Exists(assessed),
            assessed_in_time=Exists(assessed.filter(completed_at__date__lte=OuterRef("first_due"))),
            acknowledged=Exists(own.filter(rule="R3-ACK", status=Duty.Status.MET)),
            support=Coalesce(Subquery(referral.values("status")[:1]), Value("")),
            support_matured=Exists(referral.filter(due_on__lt=scope.snapshot_on)),
            accepted=Exists(
                OnwardReferral.objects.filter(
                    participant=OuterRef("pk"),
                    status__in=[OnwardReferral.Status.ACCEPTED, OnwardReferral.Status.ENDED],
                )
            ),
            vps=true_when(Q(vps_offered="Y") | Q(Exists(assessed.exclude(wants_vps="")))),
        )
    )


def _reported_in(scope: Scope) -> Q:
    """Reported in the period. Two plain ranges, which the database can estimate; not one of a coalesced day."""
    start, end = scope.moments
    return Q(case__reported_at__gte=start, case__reported_at__lt=end) | Q(
        case__reported_at=None, case__recorded_at__gte=start, case__recorded_at__lt=end
    )


def tier_on(day: date, participant: str = "pk") -> Coalesce:
    """enhanced, provisional or standard: the rights in force on a day. Standard where nobody said otherwise."""
    latest = Entitlement.objects.filter(participant=OuterRef(participant), from_on__lte=day)
    said = Case(
        When(is_enhanced=True, is_provisional=True, then=Value("provisional")),
        When(is_enhanced=True, then=Value("enhanced")),
        default=Value("standard"),
        output_field=CharField(),
    )
    newest = latest.order_by("-from_on", "-pk").annotate(said=said).values("said")[:1]
    return Coalesce(Subquery(newest), Value("standard"), output_field=CharField())


class _EighteenYearsOn(Func):
    template = "(%(expressions)s + interval '18 years')"
    output_field = DateTimeField()


def _was_child(reported: str) -> ExpressionWrapper:
    born = _EighteenYearsOn(F("person__date_of_birth"))
    return ExpressionWrapper(Q(**{f"{reported}__lt": born}), output_field=BooleanField())


VICTIMS = Population(
    victims,
    (
        *("tier", "serious", "assessed", "assessed_in_time", "acknowledged", "support", "support_matured"),
        *("accepted", "vps", "consent_to_refer"),
    ),
    through="",
)
ENHANCED = Q(tier__in=["enhanced", "provisional"])
REFERRED = Q(support__in=[Duty.Status.MET, Duty.Status.MET_LATE])
REFUSED = Q(support=Duty.Status.DECLINED) | (Q(consent_to_refer="N") & ~REFERRED)
OFFERED = REFERRED | REFUSED | Q(consent_to_refer="Y")


# --- Victims of cases still running ----------------------------------------------------------------


def running(scope: Scope) -> QuerySet[Participant]:
    """Victims of crimes reported in the period that still ran more than five working days later."""
    until = min(scope.until, _more_than_five_before(scope.snapshot_on))
    return (
        _running()
        .filter(_reported_in(replace(scope, until=until)))
        .annotate(planned=Exists(ContactPlan.objects.filter(participant=OuterRef("pk"))))
    )


def _more_than_five_before(day: date) -> date:
    """The last day whose fifth working day after has passed by the morning of this one."""
    holidays = england_and_wales()
    earlier = (day - timedelta(days=n) for n in range(6, 60))
    return next(each for each in earlier if add_working_days(each, 5, bank_holidays=holidays) < day)


def open_now(scope: Scope) -> QuerySet[Participant]:
    """Victims of cases that run on the day of the count, whenever they were reported; not those we closed."""
    late = ContactPlan.objects.current().filter(participant=OuterRef("pk"), due_on__lt=scope.snapshot_on)
    return _running().filter(closed_at=None).annotate(overdue=Exists(late))


def _running() -> QuerySet[Participant]:
    # Not "not exists": the database thinks that few events stand, and would look through all of them for each victim.
    ended = Event.objects.current().filter(kind__in=ENDS_A_CASE)
    return Participant.objects.victims().exclude(case_id__in=ended.values("case_id"))


RUNNING = Population(running, ("planned",), through="")
OPEN_NOW = Population(open_now, ("overdue",), through="")


# --- Hearings and complaints -----------------------------------------------------------------------


def hearings(scope: Scope) -> QuerySet[Hearing]:
    """Hearings of the period with a result that reached witness care."""
    last = LastDay("resulted_on", working_days=5, first=scope.since, last=scope.until)
    found = Hearing.objects.filter(
        resulted_on__range=(scope.since, scope.until), result_learned_at__isnull=False
    )
    return found.annotate(in_time=true_when(Q(result_learned_at__date__lte=last)))


HEARINGS = Population(hearings, ("in_time",), through=None)


def complaints(scope: Scope) -> QuerySet[Complaint]:
    """Complaints of the period; who is only not content did not complain."""
    start, end = scope.moments
    found = Complaint.objects.filter(kind=Complaint.Kind.COMPLAINT, made_at__gte=start, made_at__lt=end)
    return found.annotate(
        matured=true_when(Q(reply_due_on__lt=scope.snapshot_on)),
        in_time=true_when(Q(answered_at__date__lte=F("reply_due_on"))),
    )


COMPLAINTS = Population(complaints, ("matured", "in_time"))
