"""Which rights were in force on a day. Pure but for `in_force`, which reads one row."""

from datetime import date

from django.db.models import QuerySet

from victimcare.cases.models import Entitlement, Participant
from victimcare.prepared import Given, Prepared


def in_force(participant: Participant, on: date) -> Entitlement | None:
    """The latest entitlement dated on or before this day; None is standard, nobody having said otherwise."""
    return next(iter(dated(participant=participant.pk, on=on)), None)


@Prepared
def dated() -> QuerySet[Entitlement]:
    """The latest entitlement of a `participant` dated `on` a day or before it."""
    rows = Entitlement.objects.filter(participant=Given("participant"), from_on__lte=Given("on"))
    return rows.order_by("-from_on", "-pk")[:1]
