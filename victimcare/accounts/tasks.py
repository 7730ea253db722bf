"""What beat asks of the people's app: to say that it is alive, and to forget what is no longer needed."""

from datetime import timedelta

from celery import shared_task

from victimcare import clock
from victimcare.accounts import actions
from victimcare.accounts.models import Heartbeat

FORMS_ARE_KEPT = timedelta(days=3)  # a page left open longer is opened again


@shared_task  # type: ignore[untyped-decorator]
def heartbeat() -> int:
    """Write down that beat and a worker are alive. Safe to run twice."""
    Heartbeat.objects.update_or_create(name="beat", defaults={"at": clock.now()})
    return 1


@shared_task  # type: ignore[untyped-decorator]
def forget_sent_forms() -> int:
    """Forget the keys of forms sent days ago. Safe to run twice."""
    return actions.forget_sent_forms(before=clock.now() - FORMS_ARE_KEPT)
