"""Sweeps: beat says "sweep now", the rows say what is due."""

from celery import shared_task

from contacts import actions, digests, planning, reminding, trying, urgent_calls
from victimcare import clock


@shared_task  # type: ignore[untyped-decorator]
def remind_of_what_is_due() -> int:
    """Say what is due, then begin the day of whoever's shift has started. Safe to run twice: each is unique."""
    now = clock.now()
    sweep = reminding.remind(now)
    return sweep.total + (0 if sweep.was_busy else digests.write_digests(now))


@shared_task  # type: ignore[untyped-decorator]
def look_again_at_first_contacts() -> int:
    """What was safe, or whose number it is, may have changed since a step was planned. Safe to run twice."""
    return trying.replan_due(clock.today())


@shared_task  # type: ignore[untyped-decorator]
def record_settled_messages() -> int:
    """Keep what became of texts and emails among the contacts. Safe to run twice: each is kept once."""
    return actions.record_messages()


@shared_task  # type: ignore[untyped-decorator]
def ring_at_once() -> int:
    """Raise the urgent calls a crash left behind, and say which are late. Safe to run twice: each is said once."""
    return urgent_calls.look_at() + urgent_calls.say_what_is_late(clock.now())


@shared_task  # type: ignore[untyped-decorator]
def count_reach() -> int:
    """How many calls of each kind reached somebody, for the report of what works. Safe to run twice."""
    return trying.count_reach(clock.today())


@shared_task  # type: ignore[untyped-decorator]
def ask_for_plans_again() -> int:
    """Ask for plans to be agreed anew where a crash came between the milestone and the asking. Safe to run twice."""
    return planning.ask_again_left_behind(clock.now())
