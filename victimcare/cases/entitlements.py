"""Which rights were in force on a day. Pure but for `in_force`, which reads one row."""

from datetime import date

from victimcare.cases.models import Entitlement, Participant


def in_force(participant: Participant, on: date) -> Entitlement | None:
    """The latest entitlement dated on or before this day; None is standard, nobody having said otherwise."""
    return (
        Entitlement.objects.filter(participant=participant, from_on__lte=on)
        .order_by("-from_on", "-pk")
        .first()
    )
