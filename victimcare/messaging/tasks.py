"""Sweeps of texts and emails."""

from celery import shared_task

from victimcare.messaging import actions, staff_mail


@shared_task  # type: ignore[untyped-decorator]
def send_waiting_messages() -> int:
    """Send what waits. Safe to run twice: a message is claimed first."""
    return actions.send_waiting()


@shared_task  # type: ignore[untyped-decorator]
def look_after_messages() -> int:
    """Ask what became of messages on their way."""
    return actions.look_after()


@shared_task  # type: ignore[untyped-decorator]
def send_staff_mail() -> int:
    """Send the emails to staff that wait. Safe to run twice: each is claimed first."""
    return staff_mail.send_staff_mail()
