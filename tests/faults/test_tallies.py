"""Many at once write what the dashboards count, while others fold and recount: in the end every figure agrees."""

from datetime import timedelta
from random import Random
from threading import Barrier, Thread

import pytest
from django.db import connections

from compliance import actions, rollups
from compliance.models import Duty, DutyChange
from tests.factories import EventFactory, ParticipantFactory
from victimcare import clock
from victimcare.cases.models import Case, Participant

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

TIMES = 60


def at_once(*works):
    """Each in a thread and a connection of its own, from the same moment; what one raises, the test raises."""
    ready, raised = Barrier(len(works)), []

    def run(work):
        try:
            ready.wait()
            for turn in range(TIMES):
                work(Random(f"{work.__name__} {turn}"))
        except Exception as problem:
            raised.append((work.__name__, problem))
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not raised, raised


def test_whoever_writes_at_the_same_time_every_figure_agrees_in_the_end(officer):
    parts = [ParticipantFactory(officer=officer) for _ in range(12)]
    for part in parts:
        EventFactory(case=part.case, occurred_at=clock.now() - timedelta(days=9))
    cases = [part.case_id for part in parts]
    actions.assess(cases)

    def assessing(chance):
        case = chance.choice(cases)
        EventFactory(
            case=Case.objects.get(pk=case), occurred_at=clock.now() - timedelta(days=chance.randrange(20))
        )
        actions.assess([case])

    def closing(chance):
        closed_at = clock.now() if chance.random() < 0.5 else None
        reason = "no_further_need" if closed_at else ""
        Participant.objects.filter(pk=chance.choice(parts).pk).update(
            closed_at=closed_at, closure_reason=reason
        )

    def restricting(chance):
        area, is_restricted = chance.choice(["West", "East"]), chance.random() < 0.5
        Case.objects.filter(pk=chance.choice(cases)).update(is_restricted=is_restricted, policing_area=area)

    def folding(chance):
        rollups.fold()

    def recounting(chance):
        rollups.recount(repairs=True)

    at_once(assessing, closing, restricting, folding, recounting)
    rollups.fold()
    assert not DutyChange.objects.exists()
    found = rollups.recount(repairs=False)
    assert (found.differing, found.duties) == (0, Duty.objects.current().timed().count())
    assert found.duties > 12
    assert not any(row.differing for row in rollups.Recount.objects.all()), (
        "a recount beside writes saw a difference that was none"
    )
