"""Questions to the officer in the case, each with a clock: asked by the unit, answered in a reply box.

`ask_officer` and `answer` are the only two ways in. Whoever asked is told of the answer.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce, NullIf
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare import clock
from victimcare.accounts.models import Notification, User, UserQuerySet
from victimcare.accounts.notify import notify, settle
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.closing import LooseEnd
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Exclusion, Participant, Question, QuestionQuerySet
from victimcare.cases.standards import Key, numbers_on
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.govuk.dates import day
from victimcare.working_days import add_working_days, england_and_wales

ASKED, ANSWERED, ROW_ANSWERED = "question_asked", "question_answered", "row_question_answered"
REACHES_NOBODY = gettext_lazy(
    "Nobody who signs in here has that collar number or is in that team, so this question reaches nobody by itself. "
    "Ring or write to them. It stands on the supervisors' Today until the answer is written down."
)

_TAKE_UP: list[Callable[..., Any]] = []


def after_answers(take_up: Callable[..., Any]) -> None:
    """Let an app above make work of each answer about somebody: called with `question` and `by`, in its transaction."""
    if take_up not in _TAKE_UP:
        _TAKE_UP.append(take_up)


@transaction.atomic
def ask_officer(
    *,
    case: Case | None,
    participant: Participant | None = None,
    kind: str,
    words: str,
    about_row: str = "",
    to_collar: str = "",
    to_team: str = "",
    by: User,
) -> Question:
    """Ask whoever investigates. `about_row` names the row of an extract that belongs to no case yet.

    Goes to the officer the case names, unless `to_collar` or `to_team` says otherwise. Raises Refused when
    nobody is named, when there is nothing to ask, and when the same was asked and is not answered yet.
    """
    if not words.strip():
        raise Refused(_("Enter your question."))
    if participant is not None and case is None:
        case = participant.case
    if case is None and not about_row:
        raise Refused(_("Say which case or which row of an extract the question is about."))
    collar = to_collar or (case.oic_collar if case else "")
    team = to_team or (case.oic_team if case else "")
    if not collar and not team:
        raise Refused(_("No officer in the case is known. Enter the collar number or the team to ask."))
    _check_not_asked(case, participant, about_row, kind)
    now, today = clock.now(), clock.today()
    days = numbers_on(today)[Key.OFFICER_REPLY]
    question = Question(
        case=case,
        participant=participant,
        about_row=about_row,
        to_collar=collar,
        to_team=team,
        kind=kind,
        words=words.strip(),
        asked_by=by,
        asked_at=now,
        due_on=add_working_days(today, days, bank_holidays=england_and_wales()),
    )
    _save(question, by)
    _tell_officer(question)
    if participant is not None:
        _record(question, Kind.OFFICER_ASKED, by)
    return question


def starting_words(kind: str, name: str) -> str:
    """What is usually asked; the officer of the unit changes it as they like. No victim's own words."""
    return {
        Question.Kind.WRONG_NUMBER: _("The phone number we hold for %s is wrong. Which one reaches them?"),
        Question.Kind.UNSAFE_NUMBER: _(
            "The phone number we hold for %s is not safe. How can they be reached without harm?"
        ),
        Question.Kind.SAFE_CONTACT: _(
            "How can %s be reached safely: by phone, voicemail, text or post, and at what hours?"
        ),
        Question.Kind.UNREACHABLE: _(
            "We could not reach %s. Please check the phone number and address, and that they are safe."
        ),
        Question.Kind.NEEDS: _("The needs assessment of %s did not reach us. What did they say they need?"),
        Question.Kind.VPS: _("Was %s offered a Victim Personal Statement, when, and what did they say?"),
    }.get(Question.Kind(kind) if kind in Question.Kind else Question.Kind.OTHER, "%s").replace("%s", name)


def _check_not_asked(case: Case | None, participant: Participant | None, about_row: str, kind: str) -> None:
    same = Question.objects.open().filter(case=case, participant=participant, about_row=about_row, kind=kind)
    if earlier := same.first() if kind != Question.Kind.OTHER else None:
        raise Refused(
            _("This was asked already. The answer is due by %(day)s.") % {"day": day(earlier.due_on)}
        )


def _tell_officer(question: Question) -> None:
    """Officers who sign in here are told; the others are asked the way the force asks them."""
    if officers := who_is_told(question):
        notify(
            recipients=officers,
            kind=ASKED,
            subject=question.reference,
            level=Notification.Level.NEWS,
            url=reverse("cases:answer", args=[question.reference]),
            due_on=question.due_on,
        )


def who_is_told(question: Question) -> list[User]:
    """The officers who sign in here and may answer this question."""
    return who_receives(case=question.case, collar=question.to_collar, team=question.to_team)


def who_receives(*, case: Case | None, collar: str, team: str) -> list[User]:
    """The officers who sign in here and may answer: with that collar number, or where only a team is named, its own.

    Not one who must not know of this case: the unit asks another.
    """
    officers = _knowing(case.pk if case else None)
    asked = Q(collar=collar) if collar else Q(team__name__iexact=team)
    return list(officers.filter(asked).order_by("pk"))


def reaching_nobody(questions: QuestionQuerySet) -> QuestionQuerySet:
    """Those of these that `who_receives` has nobody for, by the officer whom the case names now."""
    officers = _knowing(OuterRef(OuterRef("case")))
    asked = Coalesce(NullIf("case__oic_collar", Value("")), "to_collar")
    return questions.annotate(asked_collar=asked).exclude(
        Q(Exists(officers.filter(collar=OuterRef("asked_collar")).exclude(collar="")))
        | Q(Exists(officers.filter(team__name__iexact=OuterRef("to_team"))), asked_collar="")
    )


def _knowing(case: Any) -> UserQuerySet:
    """The officers who may know of this case: not excluded from it, and on its list where it is restricted."""
    excluded = Exclusion.objects.filter(case=case, lifted_at=None).values("user_id")
    named = Case.restricted_to.through.objects.filter(case=case).values("user_id")
    is_open = ~Exists(Case.objects.filter(pk=case, is_restricted=True))
    may_know: UserQuerySet = User.objects.active().with_role(Role.OFFICER_IN_THE_CASE)
    may_know = may_know.exclude(pk__in=excluded).filter(Q(pk__in=named) | is_open)
    return may_know


def not_answered(participant: Participant) -> Iterator[LooseEnd]:
    """What was asked about somebody who is to be closed, and the officer has not answered. One query."""
    for question in Question.objects.open().filter(participant=participant).select_related("asked_by"):
        yield LooseEnd(
            _("Asked of the officer in the case: %s.") % str(question.get_kind_display()).lower(),
            question.due_on,
            reverse("cases:answer", args=[question.reference]),
            afterwards=_("The answer still goes to %s.") % question.asked_by,
        )


@transaction.atomic
def answer(*, question: Question, reply: str, version: int, by: User) -> Question:
    """Keep what the officer in the case said, and tell whoever asked.

    Somebody of the unit may write it down for an officer who rang. Raises Refused when it was answered
    already or nothing is said, NotAllowed for somebody else's question, Stale.
    """
    fresh = (
        Question.objects.select_for_update(of=("self",))
        .select_related("case", "participant__case", "asked_by")
        .get(pk=question.pk)
    )
    if fresh.replied_at is not None:
        raise Refused(_("This was answered already. Open the question to read the answer."))
    if fresh.version != version:
        raise Stale(_("Someone else changed this while you were working. Open it again."))
    if not reply.strip():
        raise Refused(_("Enter your answer."))
    if not _may_answer(fresh, by):
        raise NotAllowed(
            _("This question was asked of another officer. Only they or the unit can answer it.")
        )
    fresh.reply, fresh.replied_by, fresh.replied_at = reply.strip(), by, clock.now()
    fresh.version += 1
    _save(fresh, by)
    settle(kind=ASKED, subject=fresh.reference)
    if fresh.asked_by_id != by.pk:
        notify(
            recipients=[fresh.asked_by],
            kind=ANSWERED if fresh.participant_id else ROW_ANSWERED,
            subject=fresh.reference,
            level=Notification.Level.NEWS,
            url=reverse("cases:answer", args=[fresh.reference]),
        )
    if fresh.participant is not None:
        _record(fresh, Kind.OFFICER_ANSWERED, by)
        for take_up in _TAKE_UP:
            take_up(question=fresh, by=by)
    return fresh


def _may_answer(question: Question, by: User) -> bool:
    if by.may(Permission.ASK_OFFICER):
        return True
    return Question.objects.asked_of(by).filter(pk=question.pk).exists()


def _record(question: Question, kind: Kind, by: User) -> None:
    """On the timeline: that it was asked or answered and what about, never the words."""
    if question.participant is not None:
        record_event(
            case=question.participant.case,
            kind=kind,
            occurred=clock.now(),
            participant=question.participant,
            detail=str(question.get_kind_display()),
            data={"question": question.reference},
            by=by,
        )


def _save(question: Question, by: User) -> None:
    question._history_user = by  # type: ignore[attr-defined]
    question.save()
