"""What somebody is reminded of: each kind with the rows that are open, and who is to see to them.

A registry, as ADR 0018 has it: an app above adds its own kinds in `AppConfig.ready`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat
from django.urls import reverse

from contacts.models import ContactPlan, PlanReview, Promise
from contacts.planning import UPDATE_DUE
from contacts.reminders import Level
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Participant, Question, SafeContact

PROMISE_DUE = "promise_due"  # the subject is the promise's reference
REVIEW_DUE = "review_due"  # the participant's: how to reach them safely
PLAN_REVIEW_DUE = "plan_review_due"  # the participant's: how often they want to hear, after a milestone
QUESTION_DUE = "question_due"  # the question's; said to the officer in the case
ANSWER_DUE = "answer_due"  # the question's; said to whoever asked
ROW_ANSWER_DUE = "row_answer_due"  # the same, of a question about a row of an extract

# What a row of every kind says, in this order.
COLUMNS = ("subject", "due_on", "officer", "team", "case", "is_restricted", "url")


@dataclass(frozen=True)
class Subject:
    """One kind of thing that falls due. `rows` gives the open ones with `COLUMNS`, and asks nothing itself.

    Both questions are put into SQL once a process: they read no clock and no language.
    """

    kind: str
    rows: Callable[[], QuerySet[Any, Any]]
    may_be_snoozed: bool = True  # False for what somebody's safety depends on
    said: tuple[Level, ...] = tuple(Level)  # at which levels
    days: Callable[[], QuerySet[Any]] = field(kw_only=True)  # the same rows, or more, with `due_on`


SUBJECTS: dict[str, Subject] = {}


def remind_of(subject: Subject) -> None:
    """From now on people are reminded of this kind. Called once, in `AppConfig.ready`."""
    SUBJECTS[subject.kind] = subject


def owed(rows: QuerySet[Any], **columns: Any) -> QuerySet[Any, Any]:
    """The columns of `COLUMNS`; `columns` says those that the row's participant does not answer."""
    said = {
        "of_subject": F("participant__reference"),
        "of_due_on": F("due_on"),
        "of_officer": F("participant__officer_id"),
        "of_team": F("participant__team_id"),
        "of_case": F("participant__case_id"),
        "of_is_restricted": F("participant__case__is_restricted"),
        "of_url": path_to("contacts:list"),
    } | {f"of_{name}": value for name, value in columns.items()}
    # With a prefix: some of these names are the model's own.
    return rows.order_by().values_list(*(said[f"of_{name}"] for name in COLUMNS))


def path_to(view: str, participant: str = "participant__") -> Concat:
    """The address of a page about a participant, made where the rows are."""
    before, between, after = _around(reverse(view, args=["CASE0", "PART0"]), "CASE0", "PART0")
    return Concat(
        Value(before),
        F(f"{participant}case__reference"),
        Value(between),
        F(f"{participant}reference"),
        Value(after),
        output_field=CharField(),
    )


def _around(path: str, first: str, second: str) -> tuple[str, str, str]:
    before, _, rest = path.partition(first)
    between, _, after = rest.partition(second)
    return before, between, after


def updates() -> QuerySet[Any, Any]:
    """Updates of the plans in force."""
    return owed(ContactPlan.objects.timed().filter(participant__closed_at=None))


def promises() -> QuerySet[Any, Any]:
    """Promises and next tasks not kept yet. A leaver's fall to the victim's team."""
    return owed(
        Promise.objects.open().filter(participant__closed_at=None),
        subject=F("reference"),
        officer=Coalesce("owner_id", "made_by_id"),
    )


def reviews() -> QuerySet[Any, Any]:
    """How somebody can be reached safely, to be asked again."""
    people = Participant.objects.victims().filter(
        closed_at=None, person__safe_contact__review_on__isnull=False
    )
    return owed(
        people,
        subject=F("reference"),
        due_on=F("person__safe_contact__review_on"),
        officer=F("officer_id"),
        team=F("team_id"),
        case=F("case_id"),
        is_restricted=F("case__is_restricted"),
        url=path_to("contacts:list", participant=""),
    )


def plan_reviews() -> QuerySet[Any, Any]:
    """Plans to be agreed anew after a milestone."""
    return owed(PlanReview.objects.open().filter(participant__closed_at=None))


def _review_days() -> QuerySet[Any]:
    return SafeContact.objects.filter(review_on__isnull=False).annotate(due_on=F("review_on"))


def questions() -> QuerySet[Any, Any]:
    """Questions to officers in the case who sign in here."""
    officer = User.objects.active().with_role(Role.OFFICER_IN_THE_CASE).filter(collar=OuterRef("to_collar"))
    rows = (
        Question.objects.open()
        .filter(participant__isnull=False)
        .exclude(to_collar="")
        .annotate(asked_of=Subquery(officer.values("pk")[:1]))
    )
    return owed(
        rows.filter(asked_of__isnull=False),
        subject=F("reference"),
        officer=F("asked_of"),
        team=F("asked_by__team_id"),
        case=F("case_id"),
        is_restricted=F("case__is_restricted"),
        url=_question_path(),
    )


def answers() -> QuerySet[Any, Any]:
    """Questions about somebody, as whoever asked waits for them."""
    return _awaited(Question.objects.open().filter(participant__isnull=False))


def row_answers() -> QuerySet[Any, Any]:
    """Questions about nobody yet: a row of an extract."""
    return _awaited(Question.objects.open().filter(participant=None))


def _awaited(rows: QuerySet[Question]) -> QuerySet[Any, Any]:
    return owed(
        rows,
        subject=F("reference"),
        officer=F("asked_by_id"),
        team=F("asked_by__team_id"),
        case=F("case_id"),
        is_restricted=F("case__is_restricted"),
        url=_question_path(),
    )


def _question_path() -> Concat:
    before, _, after = reverse("cases:answer", args=["Q0"]).partition("Q0")
    return Concat(Value(before), F("reference"), Value(after), output_field=CharField())


LATE = (Level.OVERDUE, Level.ESCALATED)
OWN = (
    Subject(UPDATE_DUE, updates, days=ContactPlan.objects.timed),
    Subject(PROMISE_DUE, promises, days=Promise.objects.open),
    Subject(REVIEW_DUE, reviews, days=_review_days, may_be_snoozed=False),
    Subject(PLAN_REVIEW_DUE, plan_reviews, days=PlanReview.objects.open),
    Subject(QUESTION_DUE, questions, days=Question.objects.open, said=(Level.DUE_TODAY, Level.OVERDUE)),
    Subject(ANSWER_DUE, answers, days=Question.objects.open, said=LATE),
    Subject(ROW_ANSWER_DUE, row_answers, days=Question.objects.open, said=LATE),
)
