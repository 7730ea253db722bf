"""Sweeps of texts and emails."""

from celery import shared_task

from victimcare.messaging import actions


@shared_task  # type: ignore[untyped-decorator]
def send_waiting_messages() -> int:
    """Send what waits. Safe to run twice: a message is claimed first."""
    return actions.send_waiting()


@shared_task  # type: ignore[untyped-decorator]
def look_after_messages() -> int:
    """Ask what became of messages on their way."""
    return actions.look_after()
