"""Sweeps of the waiting extracts. The work is rows in Postgres; the clock only says "now"."""

from celery import shared_task

from referrals import actions


@shared_task
def read_waiting_extracts() -> int:
    """Read the extracts that wait, oldest first. Safe to run twice: one is claimed before it is read."""
    read = 0
    while read < 20 and (batch := actions.claim()) is not None:
        actions.read(batch=batch)
        read += 1
    return read
