"""Sweeps that need what all apps know: beat says "sweep now", the rows say what is due."""

from celery import shared_task

from contacts.telling import ask_to_tell, climb, end_tellings
from desk.asking import not_asked_yet, not_owed_any_more, still_owed
from victimcare import clock


@shared_task  # type: ignore[untyped-decorator]
def ask_officers_to_tell() -> int:
    """Ask officers in the case to tell their victims, and let silence climb. Safe to run twice: each is once."""
    end_tellings(tellings=not_owed_any_more())
    asked = ask_to_tell(asks=not_asked_yet(clock.now()))
    return asked + climb(clock.now(), owed=still_owed())
