"""What logging a contact asks of the database, before its commit and after it, however long the history is."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compliance.actions import assess
from contacts.actions import log
from contacts.models import Contact, ContactPlan
from contacts.planning import UPDATE_DUE, ask_again
from tests.factories import (
    ContactFactory,
    ContactPlanFactory,
    EventFactory,
    ReferralFactory,
    SuspectFactory,
    london,
)
from victimcare.accounts.models import Notification
from victimcare.accounts.notify import notify
from victimcare.cases.actions import keep_together
from victimcare.cases.events import Announcement, events_recorded, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event

pytestmark = pytest.mark.django_db
BEFORE, AFTER = 11, 5  # questions until it is kept, and for the duties that follow once it is


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
        ask_again([victim.case_id])  # as it was after the charge
    ReferralFactory(participant=victim)
    for n in range(earlier):
        ContactFactory(
            participant=victim, at=london(2026, 10, 1 + n % 28), outcome="no_answer" if n % 2 else "reached"
        )
    assess([victim.case_id])  # the rules in force are read once a process; that is no cost of this contact
    place = reverse("contacts:log", args=[victim.case.reference, victim.reference])
    body = call(victim, *told) | {"form_key": as_officer.get(place).context["form"]["form_key"].value()}
    if not has_more:
        body |= {"promise": "", "promise_due_on": "", "next": "none", "no_task_because": "Nothing is left"}
    with CaptureQueriesContext(connection) as asked:
        response = as_officer.post(place, body)
    assert response.status_code == 302, response.context["form"].errors
    assert Contact.objects.filter(note="She asked about the trial.").count() == 1
    kept = counted[0] - asked.initial_queries
    before, after = real(asked.captured_queries[:kept]), real(asked.captured_queries[kept:])
    said = "\n".join(sql[:150] for sql in [*before, "--- kept", *after])
    assert (len(before) <= BEFORE, len(after) <= AFTER) == (True, True), said


def real(queries):
    """Those that ask or write something: not where a transaction begins and ends."""
    marks = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")
    return [query["sql"] for query in queries if not query["sql"].startswith(marks)]


def test_all_of_a_call_is_kept_with_its_history_and_moves_the_plan(monday, victim, as_officer, officer):
    told = EventFactory(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred_at=london(2026, 11, 20))
    ContactFactory(participant=victim, at=london(2026, 11, 2), outcome="reached")
    plan = ContactPlanFactory(participant=victim)
    notify(recipients=[officer], kind=UPDATE_DUE, subject=victim.reference, level="due_today", url="/")
    place = reverse("contacts:log", args=[victim.case.reference, victim.reference])
    key = as_officer.get(place).context["form"]["form_key"].value()
    said = {"complaint": "complaint", "complaint_about": "police", "complaint_words": "Nobody rang."}
    response = as_officer.post(place, call(victim, told) | said | {"form_key": key})
    assert response.status_code == 302, response.context["form"].errors
    contact = Contact.objects.get(note="She asked about the trial.")
    assert list(contact.tells.all()) == [told]
    for row in (contact, contact.promises.get(), contact.complaints.get()):
        was = row.history.get()
        assert (was.history_type, was.history_user) == ("+", officer)
        assert all(getattr(was, each.attname) == getattr(row, each.attname) for each in was.tracked_fields)
    before, plan = plan.due_on, ContactPlan.objects.get()
    assert plan.due_on > before
    assert [(was.history_type, was.due_on) for was in plan.history.all()] == [
        ("~", plan.due_on),
        ("+", before),
    ]
    assert Notification.objects.get(kind=UPDATE_DUE).settled_at
    kinds = list(Event.objects.exclude(pk=told.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["COMPLAINT_RECEIVED", "CONTACT_MADE"]


def test_a_call_that_cannot_be_kept_leaves_nothing(monday, victim, officer):
    contact = Contact(
        participant=victim, channel="phone", outcome="reached", at=london(2026, 11, 23), by=officer
    )
    again = Contact(participant=victim, channel="phone", outcome="reached", at=None, by=officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        keep_together(contact, again, by=officer)
    assert contact.pk is None and not Contact.objects.exists() and not Contact.history.exists()


@pytest.mark.parametrize("another", [Kind.SUSPECT_BAILED, None])
def test_listeners_hear_whether_somebody_was_only_contacted(monday, victim, officer, another):
    heard = []

    def hear(sender, case_ids, contacted, **_also):
        heard.append((case_ids, set(contacted)))

    events_recorded.connect(hear, weak=False, dispatch_uid="a test")
    try:
        with transaction.atomic():
            log(participant=victim, direction="in", channel="phone", outcome="reached", note="She rang.",
                at=london(2026, 11, 23, 9), tells=[], by=officer)  # fmt: skip
            if another:
                record_event(case=victim.case, kind=another, occurred=london(2026, 11, 23, 9), by=officer)
    finally:
        events_recorded.disconnect(dispatch_uid="a test")
    assert heard == [([victim.case_id], set() if another else {victim.case_id})]
