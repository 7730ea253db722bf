"""Closing says what is not finished and leaves the door open; opening again takes a reason."""

from datetime import date

import pytest
from django.urls import reverse

from compliance.models import Duty
from contacts.models import Promise
from tests.factories import ContactFactory, EventFactory, london
from victimcare import clock
from victimcare.cases import actions
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event
from victimcare.cases.questions import ask_officer
from victimcare.faults import Refused

pytestmark = pytest.mark.django_db


def page(victim, name="close"):
    return reverse(f"cases:{name}", args=[victim.case.reference, victim.reference])


def test_the_page_says_what_was_promised_and_how_to_come_back(monday, as_officer, officer, victim):
    Promise.objects.create(participant=victim, what="Ring back", due_on=date(2026, 11, 27), made_by=officer)
    ask_officer(case=victim.case, participant=victim, kind="vps", words="Was it offered?", by=officer)
    shown = as_officer.get(page(victim) + "?reason=declined").text
    assert "Asked of the officer in the case: whether a personal statement was offered." in shown
    assert "Promised to them: Ring back." in shown and "Leave the door open" in shown
    assert 'value="declined" checked' in shown


def test_that_they_were_told_how_to_come_back_is_kept(monday, as_officer, victim):
    as_officer.post(page(victim), {"version": "1", "reason": "support_complete", "told_how_to_return": "on"})
    assert Event.objects.get(kind=Kind.CASE_CLOSED).data == {"told_how_to_return": True}


@pytest.mark.parametrize("reason", ["unable_to_contact", "unsafe_to_contact"])
def test_nobody_is_closed_as_unable_to_contact_before_they_were_tried(monday, officer, victim, reason):
    with pytest.raises(Refused, match="tried to reach them yet"):
        actions.close(participant=victim, reason=reason, version=1, by=officer)
    ContactFactory(participant=victim, by=officer, outcome="no_answer", at=london(2026, 11, 20, 9))


def test_a_reason_closes_it_all_the_same_and_is_kept(monday, as_officer, victim):
    body = {"version": "1", "reason": "unable_to_contact"}
    refused = as_officer.post(page(victim), body)
    assert refused.status_code == 422 and "say here why not" in refused.text
    as_officer.post(page(victim), body | {"despite": "She has moved to Spain."})
    assert Event.objects.get(kind=Kind.CASE_CLOSED).data["despite"] == "She has moved to Spain."


def test_another_reason_asks_for_no_attempts(monday, officer, victim):
    closed = actions.close(participant=victim, reason="declined", version=1, by=officer)
    assert closed.closure_reason == "declined"


def test_opening_again_says_why_on_the_timeline(monday, officer, victim):
    closed = actions.close(participant=victim, reason="declined", version=1, by=officer)
    with pytest.raises(Refused, match="Say why"):
        actions.reopen(participant=closed, reason=" ", version=closed.version, by=officer)
    actions.reopen(participant=closed, reason="He has been in touch.", version=closed.version, by=officer)
    assert Event.objects.get(kind=Kind.CASE_REOPENED).detail == "He has been in touch."


def owed(victim, **fields):
    arrested = EventFactory(case=victim.case, kind=Kind.SUSPECT_ARRESTED)
    Duty.objects.filter(participant=victim).delete()
    named = {
        "code": "2021-01",
        "rule": "R6-ARREST",
        "right": 6,
        "owner": "FORCE",
        "due_on": date(2026, 11, 27),
    }
    return Duty.objects.create(
        case=victim.case, participant=victim, event=arrested, clock_on=date(2026, 11, 20),
        computed_at=clock.now(), **named | fields,
    )  # fmt: skip


def test_the_page_lists_what_is_owed_without_a_last_day_too(monday, as_officer, victim):
    owed(victim, due_on=None)
    shown = as_officer.get(page(victim)).text
    assert "Still owed: Arrest." in shown
    assert "It stays owed on the rights page, and leaves Today" in shown


@pytest.mark.parametrize(
    ("owner", "afterwards"),
    [
        (
            "FORCE",
            "It stays owed and leaves Today: nobody is reminded. After its last day it counts as missed.",
        ),
        ("CPS", "Crown Prosecution Service owes it: closing changes nothing."),
    ],
)
def test_the_page_says_what_becomes_of_what_is_owed(monday, as_officer, victim, owner, afterwards):
    owed(victim, owner=owner)
    assert afterwards in as_officer.get(page(victim)).text


def test_what_is_owed_stays_owed_and_leaves_today(monday, victim, officer):
    duty = owed(victim, due_on=date(2026, 11, 24))
    assert duty in Duty.objects.falling_to(officer)
    actions.close(participant=victim, reason="declined", version=victim.version, by=officer)
    duty.refresh_from_db()
    assert duty.status == Duty.Status.OPEN
    assert duty not in Duty.objects.falling_to(officer)


def test_nobody_is_closed_as_dead_by_one_click(monday, as_officer, victim):
    body = {"version": "1", "reason": "deceased"}
    refused = as_officer.post(page(victim), body)
    assert "Say how it is known that they died." in refused.text
    assert "Tick that you are sure that this person has died." in refused.text
    as_officer.post(page(victim), body | {"died_known_from": "The coroner wrote.", "is_sure_they_died": "on"})
    assert Event.objects.get(kind=Kind.CASE_CLOSED).data["died_known_from"] == "The coroner wrote."
