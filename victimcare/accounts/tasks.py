"""What beat asks of the people's app: only to say that it is alive."""

from celery import shared_task

from victimcare import clock
from victimcare.accounts.models import Heartbeat


@shared_task  # type: ignore[untyped-decorator]
def heartbeat() -> int:
    """Write down that beat and a worker are alive. Safe to run twice."""
    Heartbeat.objects.update_or_create(name="beat", defaults={"at": clock.now()})
    return 1
