"""Sweeps: beat says "sweep now", the rows say what waits."""

from celery import shared_task

from victimcare.notes import actions


@shared_task  # type: ignore[untyped-decorator]
def scan_waiting_files() -> int:
    """Ask the virus scanner about files that wait. Nothing waits where no scanner is set. Safe to run twice."""
    return actions.scan_waiting()
