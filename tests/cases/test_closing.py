"""Closing says what is not finished and leaves the door open; opening again takes a reason."""

from datetime import date

import pytest
from django.urls import reverse

from contacts.models import Promise
from tests.factories import ContactFactory, london
from victimcare.cases import actions
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event
from victimcare.faults import Refused

pytestmark = pytest.mark.django_db


def page(victim, name="close"):
    return reverse(f"cases:{name}", args=[victim.case.reference, victim.reference])


def test_the_page_says_what_was_promised_and_how_to_come_back(monday, as_officer, officer, victim):
    Promise.objects.create(participant=victim, what="Ring back", due_on=date(2026, 11, 27), made_by=officer)
    shown = as_officer.get(page(victim) + "?reason=declined").text
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
