"""Sweeps of the waiting extracts. The work is rows in Postgres; the clock only says "now"."""

import logging

from celery import shared_task

from victimcare.intake import actions
from victimcare.intake.models import ImportBatch

logger = logging.getLogger(__name__)


@shared_task
def read_waiting_extracts() -> int:
    """Read or check the extracts that wait, oldest first. Safe to run twice: each is claimed before it is read.

    When the database goes away this ends; the extract is gone on with ten minutes later.
    """
    read, batch = 0, None
    try:
        while read < 20 and (batch := actions.claim()) is not None:
            if batch.state == ImportBatch.State.CHECKING:
                actions.check(batch=batch)
            else:
                actions.read(batch=batch)
            read += 1
    except actions.OF_THE_MACHINE as fault:
        if batch is not None:
            actions.put_back(batch=batch)
        logger.warning("Reading extracts stopped: %s. It goes on by itself.", type(fault).__name__)
    return read
