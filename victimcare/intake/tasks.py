"""Sweeps of the waiting extracts. The work is rows in Postgres; the clock only says "now"."""

import logging

from celery import shared_task

from victimcare.intake import actions

logger = logging.getLogger(__name__)


@shared_task
def read_waiting_extracts() -> int:
    """Read the extracts that wait, oldest first. Safe to run twice: one is claimed before it is read.

    When the database goes away this ends; the extract is gone on with ten minutes later.
    """
    read = 0
    try:
        while read < 20 and (batch := actions.claim()) is not None:
            actions.read(batch=batch)
            read += 1
    except actions.OF_THE_MACHINE as fault:
        logger.warning("Reading extracts stopped: %s. It goes on by itself.", type(fault).__name__)
    return read
