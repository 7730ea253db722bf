"""Sending a text or an email in the browser."""

from datetime import time as time_of_day

import pytest
from django.urls import reverse

from tests.factories import ParticipantFactory, UserFactory
from victimcare.accounts.permissions import Role
from victimcare.cases.changing import set_safe_contact
from victimcare.cases.models import Case, SafeContact
from victimcare.messaging import actions
from victimcare.messaging.models import Message

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]


def at(name, part, *more):
    return reverse(name, args=[part.case.reference, part.reference, *more])


def text(response):
    return response.content.decode()


def test_an_officer_sends_a_text_and_sees_what_became_of_it(client, officer, mali):
    client.force_login(officer)
    assert "Please ring me" in text(client.get(at("contacts:write-message", mali)))
    url = at("contacts:write-message", mali) + "?template=please_ring"
    shown = client.post(url, {"languages": "cy,en"})
    assert "Helo Mali." in text(shown) and "{" not in shown.context["seen"].body and "Send it" in text(shown)
    assert not Message.objects.exists()
    seen = {"seen": shown.context["mark"]}
    assert client.post(url, {"languages": "en"} | seen).status_code == 200  # other words: shown again first
    page = client.post(url, {"languages": "cy,en"} | seen)
    message = Message.objects.get(participant=mali)
    assert page.url == at("messaging:message", mali, message.reference)
    actions.send_waiting()
    assert "Delivered" in text(client.get(page.url))
    assert "Please ring me" in text(client.get(at("messaging:list", mali)))


def test_a_channel_that_is_not_safe_is_not_offered_and_says_why(client, officer, mali):
    set_safe_contact(person=mali.person, version=1, by=officer, text="N")
    client.force_login(officer)
    page = text(client.get(at("contacts:write-message", mali)))
    assert "Text message: not now" in page and "asked not to be reached this way" in page
    refused = client.post(at("contacts:write-message", mali) + "?template=please_ring", {"languages": "en"})
    assert refused.status_code == 403 and not Message.objects.exists()


def test_an_email_that_tells_asks_what(client, officer, mali):
    client.force_login(officer)
    page = client.post(at("contacts:write-message", mali) + "?template=update_email", {"languages": "en"})
    assert page.status_code == 422 and "Tick what this email tells" in text(page)


def test_no_call_is_promised_for_a_day_that_is_past_or_the_middle_of_the_night(client, officer, mali):
    client.force_login(officer)
    url = at("contacts:write-message", mali) + "?template=will_ring"
    for day, time, sentence in (
        ("2020-01-01", "10:00", "Enter a date on or after"),
        ("2027-11-24", "10:00", "Enter a date on or before"),
        ("2026-11-24", "03:00", "Nobody is rung before 07:00"),
        ("2026-11-23", "09:30", "That time is past."),
    ):
        page = client.post(url, {"languages": "en", "day": day, "time": time})
        assert page.status_code == 422 and sentence in text(page), day
    good = {"languages": "en", "day": "2026-11-24", "time": "10:00"}
    assert "Tuesday 24 November 2026 at 10:00" in text(client.post(url, good))
    early = good | {"time": "08:00"}
    SafeContact.objects.filter(person=mali.person).update(
        call_from=time_of_day(9), call_until=time_of_day(17)
    )
    assert "Outside the times this person agreed to be rung." in text(client.post(url, early))
    SafeContact.objects.filter(person=mali.person).update(call_from=None, call_until=None, phone="")
    Case.objects.filter(pk=mali.case_id).update(flags=["DA"])
    assert "ring between 09:00 and 17:00 only" in text(client.post(url, early))


def test_one_that_waits_is_withdrawn_with_a_button(client, officer, mali, write):
    client.force_login(officer)
    message = write()
    client.post(at("messaging:withdraw", mali, message.reference), {"version": 1})
    message.refresh_from_db()
    assert message.status == "withdrawn"
    Message.objects.update(status="technical", settled_at=message.written_at)
    shown = text(client.get(at("messaging:message", mali, message.reference)))
    assert "Ring them" in shown and "template=please_ring" in shown


def test_a_stranger_finds_nothing(client, mali, write):
    message = write()
    client.force_login(UserFactory(roles=[Role.VICTIM_CARE_OFFICER], team=None))
    for page in ("messaging:list", "contacts:write-message"):
        assert client.get(at(page, mali)).status_code == 404
    assert client.get(at("messaging:message", mali, message.reference)).status_code == 404


def test_nobody_reads_another_persons_message(client, officer, mali, write):
    message = write()
    other = ParticipantFactory(case=mali.case, officer=officer, team=officer.team)
    client.force_login(officer)
    assert client.get(at("messaging:message", other, message.reference)).status_code == 404
