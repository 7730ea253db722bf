"""Every write to the plan a victim agreed: how often they hear, what they do not want to hear, and when we ask anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.milestones import DAYS, KINDS, is_after, milestone_of
from contacts.models import Contact, ContactPlan, OptOut, PlanReview, Promise
from contacts.plan_dates import next_update_on
from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify, settle
from victimcare.accounts.permissions import Role
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant, Question
from victimcare.cases.standards import numbers_on
from victimcare.faults import Refused, Stale
from victimcare.govuk.dates import day as said_day
from victimcare.prepared import Given, Prepared
from victimcare.working_days import add_working_days, england_and_wales, london_day

A_WEEK, A_MINUTE = (
    timedelta(days=7),
    timedelta(minutes=1),
)  # what is younger is being asked by whoever wrote it
FARTHEST = timedelta(days=90)  # ahead: what holds from later is a mistyped year more often than a wish
A_CHUNK = 500  # cases
UPDATE_DUE = "update_due"  # what these notifications are about; the subject is the participant's reference
RELEASE_NEWS_OFF = "release_news_off"  # the same


@dataclass(frozen=True)
class Terms:
    """What somebody agreed: all that a plan says but who agreed it and when."""

    frequency_days: int  # 0: only when something happens
    channels: tuple[str, ...]  # in the order they prefer
    topics: tuple[str, ...] = ()
    language: str = ContactPlan.Language.ENGLISH
    words: str = ""
    times: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    format_note: str = ""
    may_tell: str = ""
    silent_unless: str = ""


def terms_of(plan: ContactPlan) -> Terms:
    """What this version of a plan says."""
    return Terms(
        frequency_days=plan.frequency_days,
        channels=tuple(plan.channels),
        topics=tuple(plan.topics),
        language=plan.language,
        words=plan.words,
        times=tuple(plan.times),
        formats=tuple(plan.formats),
        format_note=plan.format_note,
        may_tell=plan.may_tell,
        silent_unless=plan.silent_unless,
    )


@transaction.atomic
def agree_plan(
    *, participant: Participant, number: int, terms: Terms, agreed_with: str, agreed_on: date, by: User
) -> ContactPlan:
    """Keep what this person agreed. The plan before it is ended and kept; what milestones asked for is settled.

    `number` is the plan the page showed, 0 for none. While they have opted out of all updates nothing falls due,
    whatever is agreed. Raises Stale when another was agreed meanwhile, with theirs; Refused for what cannot be.
    """
    if agreed_on > clock.today():
        raise Refused(_("That is in the future. Enter the day it was agreed."))
    _check_after_the_report(participant, agreed_on)
    if not terms.channels:
        raise Refused(_("Choose at least one way to update this person."))
    if not 0 <= terms.frequency_days <= ContactPlan.LONGEST:
        raise Refused(_("Enter a number of days from 1 to %d.") % ContactPlan.LONGEST)
    current = _current(participant)
    if (current.number if current else 0) != number:
        is_own = current is not None and current.agreed_by_id == by.pk
        raise Stale(
            _("You agreed another plan in another window. It is beside this one.")
            if is_own
            else _("Someone else agreed another plan while you were working. Theirs is beside yours."),
            theirs={"plan": current},
        )
    if current and agreed_on < current.agreed_on:
        raise Refused(
            _("That is before the plan in force was agreed on %s. Check the day and the year.")
            % said_day(current.agreed_on)
        )
    if current:
        current.ended_at = clock.now()
        current.version += 1
        _save(current, by)
    plan = ContactPlan(
        participant=participant,
        number=number + 1,
        frequency_days=terms.frequency_days,
        channels=list(dict.fromkeys(terms.channels)),
        topics=list(terms.topics),
        language=terms.language,
        words=terms.words,
        times=list(terms.times),
        formats=list(terms.formats),
        format_note=terms.format_note,
        may_tell=terms.may_tell,
        silent_unless=terms.silent_unless,
        agreed_with=agreed_with,
        agreed_on=agreed_on,
        agreed_by=by,
        made_at=clock.now(),
    )
    _date(plan, agreed_on, _off_from(_choice(participant)))
    _save(plan, by)
    _end_reviews(PlanReview.objects.open().filter(participant=participant), PlanReview.Ended.AGREED, by)
    settle(kind=UPDATE_DUE, subject=participant.reference)
    record_event(
        case=participant.case,
        kind=Kind.PLAN_AGREED,
        occurred=clock.now() if agreed_on == clock.today() else agreed_on,
        participant=participant,
        detail=f"{plan.how_often}: {', '.join(plan.channel_labels)}",
        data={"plan": plan.number},
        by=by,
    )
    return plan


def _check_after_the_report(participant: Participant, agreed_on: date) -> None:
    """Nothing was agreed about a crime nobody had told us of: the year is mistyped."""
    reported = participant.case.reported_at or participant.case.recorded_at
    if reported and agreed_on < london_day(reported):
        raise Refused(
            _("That is before the crime was reported on %(day)s. Check the day and the year.")
            % {"day": said_day(london_day(reported))}
        )


def _current(participant: Participant) -> ContactPlan | None:
    """The plan in force. Two people agreeing at once, the first plan too, are put in order here."""
    Participant.objects.select_for_update(of=("self",)).get(pk=participant.pk)
    return ContactPlan.objects.current().filter(participant=participant).first()


def _choice(participant: Participant) -> OptOut | None:
    return OptOut.objects.standing().filter(participant=participant).first()


def _off_from(choice: OptOut | None) -> date | None:
    """From which day they want no updates at all."""
    return choice.from_on if choice is not None and choice.is_everything else None


def _date(plan: ContactPlan, told_on: date, off_from: date | None) -> None:
    """When the next update is due after one on this day: never once they have opted out of all, from `off_from`."""
    due_on = next_update_on(told_on, plan.frequency_days, bank_holidays=england_and_wales())
    is_off = due_on is not None and off_from is not None and off_from <= due_on
    plan.due_on, plan.is_paused = None if is_off else due_on, is_off


@transaction.atomic
def roll_plans_forward(*, reached: Mapping[int, datetime], by: User | None) -> None:
    """The plans of those whom the officer in the case reached, by participant and moment, start anew."""
    plans = ContactPlan.objects.current().filter(participant__in=reached).select_related("participant")
    for plan in plans:
        roll_forward(plan.participant, london_day(reached[plan.participant_id]), by)


def roll_forward(participant: Participant, told_on: date, by: User | None) -> None:
    """An update given starts the interval anew. An older contact written down late never moves it back."""
    plan = rolled_forward(participant, told_on)
    if plan is not None:
        _save(plan, by)
        settle(kind=UPDATE_DUE, subject=participant.reference)


def rolled_forward(participant: Participant, told_on: date) -> ContactPlan | None:
    """The plan as an update given on this day leaves it, locked and not kept yet; None where nothing moves.

    Whoever keeps it settles that an update is due. One query.
    """
    plan: Any = next(iter(_locked(participant=participant.pk)), None)
    if plan is None or plan.due_on is None:
        return None
    before = plan.due_on
    _date(plan, told_on, plan.off_from)
    moved = plan.is_paused or (plan.due_on is not None and plan.due_on > before)
    return plan if moved else None


@Prepared
def _locked() -> QuerySet[ContactPlan, Any]:
    """The plan in force of a `participant`, locked, with the day `off_from` which they want no update."""
    choice = OptOut.objects.standing().filter(participant=OuterRef("participant"), is_everything=True)
    plans = ContactPlan.objects.current().filter(participant=Given("participant"))
    return plans.annotate(off_from=Subquery(choice.values("from_on")[:1])).select_for_update(of=("self",))


# --- At milestones ---------------------------------------------------------------------------------


def ask_again(case_ids: Iterable[int]) -> int:
    """Ask for plans to be agreed anew after the milestones of these cases. Returns how many are asked for.

    Two queries where nothing is asked for anew.
    """
    ids = list(case_ids)
    agreed = ContactPlan.objects.current().filter(participant__case__in=ids, participant__closed_at=None)
    _withdraw_reviews(agreed, ids)
    asked = PlanReview.objects.filter(participant=OuterRef("participant"), event=OuterRef("event"))
    happened = agreed.filter(
        Q(participant__case__events__participant=None)
        | Q(participant__case__events__participant=F("participant")),
        participant__case__events__kind__in=KINDS,
        participant__case__events__replaced_by=None,
    ).annotate(
        event=F("participant__case__events"),
        kind=F("participant__case__events__kind"),
        learned_at=F("participant__case__events__learned_at"),
        data=F("participant__case__events__data"),
    )
    rows = happened.filter(~Exists(asked)).order_by("event", "participant")
    wanted = [
        (pk, event, milestone)
        for pk, event, kind, learned_at, data, made_at, agreed_on in rows.values_list(
            "participant_id", "event", "kind", "learned_at", "data", "made_at", "agreed_on"
        )
        if (milestone := milestone_of(kind, data))
        and is_after(learned_at, made_at=made_at, agreed_on=agreed_on)
    ]
    return _ask(wanted) if wanted else 0


def ask_again_left_behind(as_of: datetime) -> int:
    """Ask for what a crash left unasked after the milestones of the last week. Returns how many are asked for."""
    recent = Event.objects.current().filter(
        kind__in=KINDS, recorded_at__gt=as_of - A_WEEK, recorded_at__lt=as_of - A_MINUTE
    )
    planned = recent.filter(case__participants__contact_plans__in=ContactPlan.objects.current())
    cases = sorted(set(planned.values_list("case_id", flat=True)))
    return sum(ask_again(cases[start : start + A_CHUNK]) for start in range(0, len(cases), A_CHUNK))


@transaction.atomic
def _ask(wanted: list[tuple[int, int, PlanReview.Milestone]]) -> int:
    """Write what is asked for: of whom, after which event."""
    numbers = numbers_on(clock.today())
    made = 0
    for pk, event, milestone in wanted:
        days = numbers[DAYS[milestone]]
        if not days:
            continue
        # From today: what an extract brings of months ago is not months late.
        due_on = add_working_days(clock.today(), days, bank_holidays=england_and_wales())
        _save(PlanReview(participant_id=pk, event_id=event, milestone=milestone, due_on=due_on), None)
        made += 1
    return made


def _withdraw_reviews(agreed: QuerySet[ContactPlan], case_ids: list[int]) -> None:
    """What was asked because of something that did not happen after all is not asked any more. One query."""
    standing = Event.objects.current().filter(case__in=case_ids, kind__in=KINDS)
    open_ones = PlanReview.objects.open().filter(participant__in=agreed.values("participant"))
    withdrawn = list(open_ones.exclude(event__in=standing))
    if withdrawn:
        with transaction.atomic():
            _end_reviews(withdrawn, PlanReview.Ended.WITHDRAWN, None)


def _end_reviews(
    reviews: Iterable[PlanReview], ended_as: PlanReview.Ended, by: User | None, kept_with: str = ""
) -> int:
    ended = 0
    for review in reviews:
        review.ended_at, review.ended_as, review.ended_by = clock.now(), ended_as, by
        review.kept_with = kept_with
        _save(review, by)
        ended += 1
    return ended


@transaction.atomic
def keep_plan(*, participant: Participant, number: int, kept_with: str, by: User) -> ContactPlan:
    """They were asked at a milestone and want the plan to stay as it is.

    Raises Refused where nothing is asked for or nobody is named; Stale when another plan was agreed meanwhile.
    """
    current = _current(participant)
    if current is None or current.number != number:
        raise Stale(
            _("Someone else agreed another plan while you were working. Read it before you keep it."),
            theirs={"plan": current},
        )
    if not kept_with:
        raise Refused(_("Enter who said so: the victim, or who acts for them."))
    open_ones = PlanReview.objects.open().filter(participant=participant)
    if not _end_reviews(open_ones, PlanReview.Ended.KEPT, by, kept_with):
        raise Refused(_("Nothing asks for this plan to be agreed again."))
    return current


# --- Opting out, and back in -----------------------------------------------------------------------


@transaction.atomic
def choose_updates(
    *,
    participant: Participant,
    standing: int,
    is_everything: bool,
    topics: Iterable[str],
    from_on: date,
    said_by: str,
    words: str = "",
    by: User,
) -> OptOut | None:
    """Keep what this person does not want to be told from a day on; neither everything nor topics: opted back in.

    `standing` is the primary key of the choice the page showed, 0 for none. The choice before is ended and kept.
    A past day is at most a week ago, and not before they were last spoken to or the plan was agreed.
    What the Code says they are told stays owed: an opt-out is no evidence that anybody was told. Where release or
    bail news is among it, the supervisors are told at once. Raises Stale, and Refused where nothing would change.
    """
    plan, before = _current(participant), _choice(participant)
    if (before.pk if before else 0) != standing:
        raise Stale(
            _("Someone else wrote down another choice meanwhile. Read it first."), theirs={"choice": before}
        )
    wanted = sorted(set(topics)) if not is_everything else []
    if before is None and not is_everything and not wanted:
        raise Refused(_("They have not opted out of anything, so there is nothing to opt back into."))
    is_same = before is not None and before.is_everything == is_everything and sorted(before.topics) == wanted
    if before and is_same and before.from_on == from_on:
        raise Refused(_("This is what they chose before. Change something, or cancel."))
    if from_on > clock.today() + FARTHEST:
        raise Refused(
            _("That is more than 90 days ahead. Check the year: until that day they would hear everything.")
        )
    if not said_by:
        raise Refused(_("Enter who said so: the victim, or who acts for them."))
    if from_on < clock.today():
        _check_backdated(participant, plan, from_on)
    # What holds only from a later day is put right by any earlier one, its day alone too.
    if before and before.from_on <= clock.today() and from_on < before.from_on:
        raise Refused(
            _("That is before the choice that holds now. Enter the day from which the new one holds.")
        )
    if before:
        before.ended_at, before.ended_on = clock.now(), from_on
        before.ended_to, before.ended_said_by = by, said_by
        _save(before, by)
    choice = None
    if is_everything or wanted:
        choice = OptOut(
            participant=participant,
            is_everything=is_everything,
            topics=wanted,
            from_on=from_on,
            said_by=said_by,
            said_to=by,
            said_at=clock.now(),
            words=words,
        )
        _save(choice, by)
    if plan:
        _pause(plan, choice, from_on, by)
    _record_choice(participant, choice, from_on, by)
    return choice


def _check_backdated(participant: Participant, plan: ContactPlan | None, from_on: date) -> None:
    """What they said a few days ago, when they were last spoken to. Raises Refused for any earlier day."""
    if from_on < clock.today() - A_WEEK:
        raise Refused(_("That is more than 7 days ago. Enter today, a later day, or the day they said so."))
    if plan and from_on < plan.agreed_on:
        raise Refused(
            _("That is before the plan was agreed on %s. Enter a later day.") % said_day(plan.agreed_on)
        )
    spoken = Contact.objects.for_participant(participant).that_tell().order_by("-at").first()
    if spoken is None:
        raise Refused(_("No contact with them is written down. Enter today or a later day."))
    if from_on < (on := london_day(spoken.at)):
        raise Refused(
            _("That is before the last contact with them on %s. Enter that day or a later one.")
            % said_day(on)
        )


def _pause(plan: ContactPlan, choice: OptOut | None, from_on: date, by: User) -> None:
    """An update due before the opt-out holds stays due; opting back in counts from the day it holds."""
    if choice is not None and choice.is_everything and plan.is_paused:
        _date(plan, clock.today(), choice.from_on)  # until a later day than before they hear again
    elif choice is not None and choice.is_everything:
        if plan.due_on is None or plan.due_on < choice.from_on:
            return
        plan.due_on, plan.is_paused = None, True
        settle(kind=UPDATE_DUE, subject=plan.participant.reference)
    elif plan.is_paused:
        _date(plan, from_on, _off_from(choice))
    else:
        return
    plan.version += 1
    _save(plan, by)


def _record_choice(participant: Participant, choice: OptOut | None, from_on: date, by: User) -> None:
    record_event(
        case=participant.case,
        kind=Kind.UPDATES_DECLINED if choice else Kind.UPDATES_WANTED,
        occurred=clock.now(),
        participant=participant,
        detail=choice.of_what if choice else "",
        data={
            "is_everything": bool(choice and choice.is_everything),
            "topics": choice.topics if choice else [],
            "from_on": from_on.isoformat(),
        },
        by=by,
    )
    settle(kind=RELEASE_NEWS_OFF, subject=participant.reference)
    if choice and choice.of_release_news:
        notify(
            recipients=User.objects.active().with_role(Role.SUPERVISOR).filter(team_id=participant.team_id),
            kind=RELEASE_NEWS_OFF,
            subject=participant.reference,
            level=Notification.Level.DUE_TODAY,
            url=reverse("contacts:opt-outs"),
            due_on=clock.today(),
        )


@transaction.atomic
def acknowledge_opt_out(*, choice: OptOut, note: str, by: User) -> OptOut:
    """A supervisor knows that this person is not to be told of a release, and says what was decided."""
    choice = OptOut.objects.select_for_update(of=("self",)).select_related("participant").get(pk=choice.pk)
    if choice.ended_at or not choice.of_release_news:
        raise Refused(_("This choice does not hold any more. There is nothing to acknowledge."))
    if choice.seen_at:
        raise Refused(_("Another supervisor acknowledged this already."))
    if not note.strip():
        raise Refused(_("Say what was decided: who rings when the suspect is released, or why nobody does."))
    choice.seen_at, choice.seen_by, choice.seen_note = clock.now(), by, note.strip()
    _save(choice, by)
    _let_go(choice, by)
    settle(kind=RELEASE_NEWS_OFF, subject=choice.participant.reference)
    return choice


def _let_go(choice: OptOut, by: User) -> None:
    """An update that was late when they opted out of all stayed due until now, when a supervisor knows."""
    plan = _current(choice.participant)
    if plan and plan.due_on and choice.is_everything and plan.due_on < choice.from_on <= clock.today():
        plan.due_on, plan.is_paused = None, True
        plan.version += 1
        _save(plan, by)
        settle(kind=UPDATE_DUE, subject=choice.participant.reference)


def _save(row: ContactPlan | PlanReview | OptOut, by: User | None) -> None:
    row._history_user = by  # type: ignore[union-attr]
    row.save()


# --- When the officer in the case has said how to reach somebody -------------------------------------

# Questions whose answer is of no use until it is tried and written down.
SAYS_HOW_TO_REACH = frozenset(
    {
        Question.Kind.WRONG_NUMBER,
        Question.Kind.UNSAFE_NUMBER,
        Question.Kind.SAFE_CONTACT,
        Question.Kind.UNREACHABLE,
    }
)


@transaction.atomic
def take_up_answer(*, question: Question, by: User) -> Promise | None:
    """A task for whose person it is, by the next working day, where an officer said how to reach them; else None.

    The task never repeats the number: it is read in the question.
    """
    part = question.participant
    if part is None or part.closed_at is not None or question.kind not in SAYS_HOW_TO_REACH:
        return None
    task = Promise(
        participant=part,
        kind=Promise.Kind.TASK,
        what=_("The officer in the case answered: read it, try it, and change the details"),
        due_on=add_working_days(clock.today(), 1, bank_holidays=england_and_wales()),
        made_by=question.asked_by,
        owner=part.officer or question.asked_by,
    )
    task._history_user = by  # type: ignore[attr-defined]
    task.save()
    return task
