"""Sweeps that look for people who are held twice. The work is rows in Postgres; the clock only says "now"."""

from datetime import timedelta

from celery import shared_task

from victimcare import clock
from victimcare.cases import linking
from victimcare.cases.standards import Key, numbers_on
from victimcare.drafts import actions as drafts

TURNS = 10  # five thousand people a sweep: minutes of an import's, not hours


@shared_task
def compare_new_people() -> int:
    """Compare whoever is new or changed since the last sweep, an import's people among them. Safe to run twice."""
    compared = 0
    for _turn in range(TURNS):
        done = linking.compare_next()
        if done is None:
            break
        compared += done
    return compared


@shared_task
def compare_recent_people() -> int:
    """Compare the people of the last two days once more. Safe to run twice."""
    return linking.compare_again(since=clock.now() - timedelta(days=2))


@shared_task
def forget_old_drafts() -> int:
    """Forget what was typed and not saved longer ago than the standard says. Safe to run twice."""
    days = numbers_on(clock.today())[Key.DRAFTS]
    return drafts.forget_old(before=clock.now() - timedelta(days=days))
