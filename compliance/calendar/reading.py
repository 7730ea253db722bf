"""What tells each process which calendar counts, and what the unit calls standards of its own."""

import logging

from django.db import DatabaseError, transaction
from psycopg_pool import PoolTimeout

from compliance import words
from compliance.calendar.models import CalendarVersion
from compliance.models import LocalStandard
from victimcare import calendars, clock


def look() -> None:
    """Count by the calendar as it stands. Three queries. Where it cannot be read, what was known goes on."""
    try:
        with transaction.atomic():  # where it fails, whoever asked goes on
            changes = CalendarVersion.objects.changes()
            named = list(LocalStandard.objects.exclude(name="").order_by("number"))
    except (DatabaseError, PoolTimeout):
        logging.getLogger(__name__).warning("The calendar could not be read.", exc_info=True)
        return
    words.OURS.update({row.key: (row.name, row.name_cy) for row in named})
    calendars.count_by(changes, today=clock.today())


def as_of(approved: int) -> calendars.Calendar:
    """The calendar of today, read again only where this process knows another number of approved versions."""
    if calendars.known_changes() != approved:
        look()
    else:
        calendars.turn_to(clock.today())
    return calendars.current()
