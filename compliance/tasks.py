"""Sweeps of compliance. Each is safe to run twice."""

from datetime import timedelta

from celery import shared_task

from compliance import actions, breaches, rollups
from compliance.calendar.actions import count_anew
from victimcare import clock

A_MOMENT = timedelta(seconds=5)  # those just recorded are being assessed by whoever recorded them
ROUNDS = 30  # at 2,000 cases a round: a year's worth, then the next sweep goes on


@shared_task
def assess_cases_left_behind() -> int:
    """Assess the cases nobody assessed since: a crash costs seconds, not a breach. Returns how many."""
    total = 0
    for _round in range(ROUNDS):
        assessed = actions.assess_left_behind(recorded_before=clock.now() - A_MOMENT)
        total += assessed
        if assessed < actions.CHUNK:
            break
    return total


@shared_task
def fold_duty_tallies() -> int:
    """Fold what changed into the tallies of the dashboards. Returns how many changes."""
    return rollups.fold()


@shared_task
def recount_duty_tallies() -> int:
    """Hold the tallies against the duties, once a night, and put right what differs. Returns how many did."""
    if not rollups.is_recount_due(clock.now()):
        return 0
    return rollups.recount(repairs=True).differing


@shared_task
def count_by_a_new_calendar() -> int:
    """Count open duties anew by one-off days that two people approved. Returns how many rounds it took."""
    return next((n for n in range(ROUNDS) if not count_anew()), ROUNDS)


@shared_task
def keep_breaches() -> int:
    """Record the duties of the last weeks that were missed or met late, and end those that are no breach any more."""
    kept = breaches.keep_breaches()
    return kept.opened + kept.moved + kept.ended
