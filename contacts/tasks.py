"""Sweeps: beat says "sweep now", the rows say what is due."""

from celery import shared_task

from contacts import actions, trying
from victimcare import clock


@shared_task  # type: ignore[untyped-decorator]
def remind_of_due_updates() -> int:
    """Remind whoever owes an update that is due or late. Safe to run twice: a reminder is unique."""
    return len(actions.remind(clock.now()).created)


@shared_task  # type: ignore[untyped-decorator]
def look_again_at_first_contacts() -> int:
    """What was safe, or whose number it is, may have changed since a step was planned. Safe to run twice."""
    return trying.replan_due(clock.today())


@shared_task  # type: ignore[untyped-decorator]
def record_settled_messages() -> int:
    """Keep what became of texts and emails among the contacts. Safe to run twice: each is kept once."""
    return actions.record_messages()
