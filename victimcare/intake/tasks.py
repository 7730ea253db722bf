"""Sweeps of the waiting extracts. The work is rows in Postgres; the clock only says "now"."""

import logging
import time
from pathlib import Path

from celery import shared_task
from django.conf import settings

from victimcare import clock
from victimcare.intake import actions, claiming, folder, reconciling, withdrawing
from victimcare.intake.models import ImportBatch

logger = logging.getLogger(__name__)


@shared_task
def read_waiting_extracts() -> int:
    """Read, check or withdraw the extracts that wait, oldest first. Safe to run twice: each is claimed first.

    When the database goes away this ends; the extract is gone on with ten minutes later.
    """
    read, batch = 0, None
    try:
        while read < 20 and (batch := claiming.claim()) is not None:
            if batch.state == ImportBatch.State.CHECKING:
                actions.check(batch=batch)
            elif batch.state == ImportBatch.State.UNDOING:
                withdrawing.undo(batch=batch)
            else:
                actions.read(batch=batch)
            read += 1
    except claiming.OF_THE_MACHINE as fault:
        if batch is not None:
            claiming.put_back(batch=batch)
        logger.warning("Reading extracts stopped: %s. It goes on by itself.", type(fault).__name__)
    return read


@shared_task
def take_dropped_files() -> int:
    """Read the finished files of the drop folder, where one is set. Safe with any number of workers."""
    if not settings.DROP_FOLDER:
        return 0
    try:
        return folder.take_all(Path(settings.DROP_FOLDER), now=time.time())
    except claiming.OF_THE_MACHINE as fault:
        logger.warning("The drop folder was left: %s. It goes on by itself.", type(fault).__name__)
        return 0


@shared_task
def reconcile_extracts() -> int:
    """Reconcile the days that are over and not reconciled, and let go of what is not needed any more."""
    reconciling.forget()
    return reconciling.reconcile_days_before(today=clock.today())
