"""A message that cannot be sent holds up nobody else's, and says so."""

import pytest

from tests.factories import ParticipantFactory, PersonFactory, SafeContactFactory
from victimcare.accounts.models import Notification
from victimcare.messaging import actions
from victimcare.messaging.models import Message
from victimcare.messaging.providers import Local

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]


def test_an_address_that_no_mail_can_carry_is_refused_for_good(write, mali, settings):
    settings.EMAILS_BY = "smtp"
    settings.MESSAGES_FROM, settings.MESSAGES_DOMAIN = "unit@example.org", "example.org"
    mali.person.email = "mali@example.org\nBcc: x@example.org"
    mali.person.save()
    message = write("please_ring_email")
    actions.send_waiting()
    message.refresh_from_db()
    assert (message.status, message.reason) == ("permanent", "The mail server refused the address.")


def test_one_that_fails_each_time_holds_up_no_other(write, monday, monkeypatch, officer):
    bad = write()
    person = PersonFactory(given_names="Huw", phone_mobile="07700 900222")
    other = ParticipantFactory(person=person, officer=officer, team=officer.team)
    SafeContactFactory(person=person)
    good = write(to=other)
    send = Local.send

    def fail(self, message):
        if message.pk == bad.pk:
            raise KeyError("id")
        return send(self, message)

    monkeypatch.setattr(Local, "send", fail)
    assert actions.send_waiting() == 1
    good.refresh_from_db()
    assert good.status == "delivered"
    for _n in range(4):
        assert Message.objects.get(pk=bad.pk).status == "sending"
        monday.shift(120)
        actions.send_waiting()
    assert Message.objects.get(pk=bad.pk).status == "unknown"
    assert Notification.objects.get(recipient=officer).kind == "message_failed"
