"""Sweeps: beat says "sweep now", the rows say what is due."""

from celery import shared_task

from contacts import actions
from victimcare import clock


@shared_task  # type: ignore[untyped-decorator]
def remind_of_due_updates() -> int:
    """Remind whoever owes an update that is due or late. Safe to run twice: a reminder is unique."""
    return len(actions.remind(clock.now()).created)
