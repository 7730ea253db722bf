"""Every write to the plan a victim agreed: how, how often and about what they are kept updated."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import ContactPlan
from contacts.plan_dates import next_update_on
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.notify import settle
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant
from victimcare.faults import Refused, Stale
from victimcare.working_days import england_and_wales, london_day

UPDATE_DUE = "update_due"  # what these notifications are about; the subject is the participant's reference


@transaction.atomic
def agree_plan(
    *,
    participant: Participant,
    number: int,
    frequency_days: int,
    channels: list[str],
    topics: list[str],
    language: str,
    words: str,
    agreed_with: str,
    agreed_on: date,
    by: User,
) -> ContactPlan:
    """Keep what this person agreed: how, how often and about what. The plan before it is ended and kept.

    `number` is the plan the page showed, 0 for none. Raises Stale when another was agreed meanwhile.
    """
    if agreed_on > clock.today():
        raise Refused(_("That is in the future. Enter the day it was agreed."))
    if not channels:
        raise Refused(_("Choose at least one way to update this person."))
    # One plan at a time for one person: two people agreeing the first plan at once are put in order here.
    Participant.objects.select_for_update(of=("self",)).get(pk=participant.pk)
    current = ContactPlan.objects.current().filter(participant=participant).first()
    if (current.number if current else 0) != number:
        raise Stale(
            _("Someone else agreed another plan while you were working. Theirs is beside yours."),
            theirs={"plan": current},
        )
    if current:
        current.ended_at = clock.now()
        current.version += 1
        _save(current, by)
    plan = ContactPlan(
        participant=participant,
        number=number + 1,
        frequency_days=frequency_days,
        channels=list(dict.fromkeys(channels)),
        topics=topics,
        language=language,
        words=words,
        agreed_with=agreed_with,
        agreed_on=agreed_on,
        agreed_by=by,
        due_on=next_update_on(agreed_on, frequency_days, bank_holidays=england_and_wales()),
    )
    _save(plan, by)
    settle(kind=UPDATE_DUE, subject=participant.reference)
    record_event(
        case=participant.case,
        kind=Kind.PLAN_AGREED,
        occurred=clock.now() if agreed_on == clock.today() else agreed_on,
        participant=participant,
        detail=f"{plan.get_frequency_days_display()}: {', '.join(plan.channel_labels)}",
        data={"plan": plan.number},
        by=by,
    )
    return plan


@transaction.atomic
def roll_plans_forward(*, reached: Mapping[int, datetime], by: User | None) -> None:
    """The plans of those whom the officer in the case reached, by participant and moment, start anew."""
    plans = ContactPlan.objects.current().filter(participant__in=reached).select_related("participant")
    for plan in plans:
        roll_forward(plan.participant, london_day(reached[plan.participant_id]), by)


def roll_forward(participant: Participant, told_on: date, by: User | None) -> None:
    """An update given starts the interval anew. An older contact written down late never moves it back."""
    plan = (
        ContactPlan.objects.current().filter(participant=participant).select_for_update(of=("self",)).first()
    )
    if plan is None or plan.due_on is None:
        return
    next_on = next_update_on(told_on, plan.frequency_days, bank_holidays=england_and_wales())
    if next_on is None or next_on <= plan.due_on:
        return
    plan.due_on, plan.reminded_on = next_on, None
    _save(plan, by)
    settle(kind=UPDATE_DUE, subject=participant.reference)


def _save(row: ContactPlan, by: User | None) -> None:
    row._history_user = by  # type: ignore[union-attr]
    row.save()
