"""What logging a contact asks of the database before its commit, however long the history is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Contact
from tests.factories import ContactFactory, ContactPlanFactory, EventFactory, SuspectFactory, london
from victimcare.cases.events import Announcement
from victimcare.cases.kinds import Kind

pytestmark = pytest.mark.django_db
BARE = 24  # an attempt that reached them and told three events
WITH_A_PROMISE_AND_A_PLAN = 31  # two for what was promised, five for the plan's next day


def call(victim, *events):
    return {
        "channel": "phone", "direction": "out", "outcome": "reached", "note": "She asked about the trial.",
        "tells": [event.reference for event in events], "landed": "calm",
        "promise": "Ask about screens", "promise_due_on": "2026-11-27",
        "on": "2026-11-23", "at_time": "09:50", "next": "update",
    }  # fmt: skip


@pytest.fixture
def counted(monkeypatch):
    """How many queries had been asked when the contact was committed."""
    at: list[int] = []
    announce = Announcement.__call__
    monkeypatch.setattr(
        Announcement, "__call__", lambda self: (at.append(len(connection.queries_log)), announce(self))
    )
    return at


@pytest.mark.parametrize("has_more", [False, True])
@pytest.mark.parametrize("earlier", [1, 40])
def test_a_call_that_tells_three_events_costs_as_much_however_long_the_history(
    monday, victim, as_officer, counted, earlier, has_more
):
    suspect = SuspectFactory(case=victim.case)
    told = [
        EventFactory(case=victim.case, kind=kind, suspect=suspect, occurred_at=london(2026, 11, 20))
        for kind in (Kind.SUSPECT_ARRESTED, Kind.SUSPECT_BAILED, Kind.SUSPECT_CHARGED)
    ]
    if has_more:
        ContactPlanFactory(participant=victim)
    for n in range(earlier):
        ContactFactory(
            participant=victim, at=london(2026, 10, 1 + n % 28), outcome="no_answer" if n % 2 else "reached"
        )
    place = reverse("contacts:log", args=[victim.case.reference, victim.reference])
    body = call(victim, *told) | {"form_key": as_officer.get(place).context["form"]["form_key"].value()}
    if not has_more:
        body |= {"promise": "", "promise_due_on": "", "next": "none", "no_task_because": "Nothing is left"}
    with CaptureQueriesContext(connection) as asked:
        response = as_officer.post(place, body)
    assert response.status_code == 302, response.context["form"].errors
    assert Contact.objects.filter(note="She asked about the trial.").count() == 1
    before = real(asked.captured_queries[: counted[0] - asked.initial_queries])
    said = "\n".join(f"{n} {sql[:150]}" for n, sql in enumerate(before))
    assert len(before) <= (WITH_A_PROMISE_AND_A_PLAN if has_more else BARE), said


def real(queries):
    """Those that ask or write something: not where a transaction begins and ends."""
    marks = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")
    return [query["sql"] for query in queries if not query["sql"].startswith(marks)]
