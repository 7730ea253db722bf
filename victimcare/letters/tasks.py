"""The sweep that prints letters."""

from celery import shared_task

from victimcare.letters import actions


@shared_task  # type: ignore[untyped-decorator]
def render_queued_letters() -> int:
    """Turn each approved letter into a PDF, 50 at a time. Safe to run twice: a letter is claimed first."""
    return actions.render_queued()
