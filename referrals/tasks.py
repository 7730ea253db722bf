"""What beat asks of referrals: leave to hand over for, victims left behind, and public forms nobody finished."""

from celery import shared_task

from referrals import actions
from referrals.refer_in import actions as refer_in
from victimcare import clock
from victimcare.accounts.models import Leave
from victimcare.working_days import add_working_days, england_and_wales


@shared_task  # type: ignore[untyped-decorator]
def hand_over_for_leave() -> int:
    """Give the brief to whoever covers leave that runs today or begins on the next working day.

    Safe to run twice: somebody new to the officer who is away is added. Returns how many leaves were looked at.
    """
    today = clock.today()
    next_day = add_working_days(today, 1, bank_holidays=england_and_wales())
    covered = Leave.objects.standing().between(today, next_day).filter(covered_by__isnull=False)
    for leave in covered.order_by("pk"):
        actions.hand_over_for_leave(leave=leave)
    return len(covered)


@shared_task  # type: ignore[untyped-decorator]
def refer_those_left_behind() -> int:
    """Refer the victims whom a crash left without a referral. Safe to run twice. Returns how many."""
    return refer_in.refer_the_unreferred()


@shared_task  # type: ignore[untyped-decorator]
def forget_unfinished_forms() -> int:
    """Delete what was typed into the public form an hour ago and not sent. Safe to run twice."""
    return refer_in.forget_unfinished()
