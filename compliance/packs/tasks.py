"""The sweep that makes packs."""

from celery import shared_task

from compliance.packs import actions


@shared_task  # type: ignore[untyped-decorator]
def make_waiting_packs() -> int:
    """Make each pack that was asked for, 20 at a time. Safe to run twice: a pack is claimed first."""
    return actions.make_waiting()
