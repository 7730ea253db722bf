"""Emails to staff: once each, whoever dies on the way, and none at night unless it cannot wait."""

from datetime import time, timedelta

import pytest
from django.utils.translation import ngettext_lazy

from tests.factories import london
from victimcare.accounts.models import Notification, StaffMail
from victimcare.accounts.notify import mail_staff
from victimcare.messaging import providers, staff_mail
from victimcare.messaging.staff_mail import send_staff_mail

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]


@pytest.fixture
def write(officer):
    """`write("digest 2026-11-23")` writes one email to the officer."""

    def write(key="digest 2026-11-23", **said):
        lines = [ngettext_lazy("%d thing is due today.", "%d things are due today.", 3) % 3]
        return mail_staff(user=officer, key=key, subject="Your work today", lines=lines, path="/", **said)

    return write


def status():
    return StaffMail.objects.get().status


def test_an_email_is_written_once_for_each_key(write):
    assert write() is not None
    assert write() is None
    assert StaffMail.objects.count() == 1


def test_it_says_how_many_and_leads_to_the_service(write, officer):
    mail = write()
    assert mail.body == "3 things are due today.\n\nSign in to see more: http://127.0.0.1:8000/"


def test_it_goes_once_however_often_the_worker_looks(write, officer):
    write()
    assert (send_staff_mail(), send_staff_mail()) == (1, 0)
    mail = StaffMail.objects.get()
    assert (mail.status, mail.provider, mail.destination) == ("sent", "local", officer.email)


def test_whoever_left_or_has_no_address_gets_none(write, officer):
    officer.email = ""
    assert write() is None
    officer.email, officer.is_active = "officer@police.example", False
    assert write() is None


def test_whoever_leaves_before_it_goes_gets_none(write, officer):
    write()
    officer.is_active = False
    officer.save()
    assert send_staff_mail() == 0 and status() == "dropped"


def test_none_goes_at_night_but_what_cannot_wait(write, monday):
    monday.move_to(london(2026, 11, 23, 20))
    write()
    write("friday night", is_urgent=True)
    assert send_staff_mail() == 1
    assert StaffMail.objects.get(status="sent").key == "friday night"
    monday.move_to(london(2026, 11, 24, 6, 59))
    assert send_staff_mail() == 0
    monday.move_to(london(2026, 11, 24, 7))
    assert send_staff_mail() == 1


@pytest.mark.parametrize(
    ("hour", "goes"), [(21, True), (22, False), (3, False), (5, False), (6, True), (12, True)]
)
def test_somebodys_own_quiet_hours_count_over_the_units(write, officer, monday, hour, goes):
    officer.quiet_from, officer.quiet_until = time(22), time(6)
    officer.save()
    write()
    monday.move_to(london(2026, 11, 24, hour))
    assert send_staff_mail() == goes


def test_whoever_wants_emails_at_any_hour_says_so(write, officer, monday):
    officer.quiet_from = officer.quiet_until = time(0)
    officer.save()
    write()
    monday.move_to(london(2026, 11, 24, 3))
    assert send_staff_mail() == 1


def test_none_goes_early_or_when_it_is_of_no_use(write, monday):
    write(at=london(2026, 11, 23, 11), until=london(2026, 11, 23, 17))
    assert send_staff_mail() == 0
    monday.move_to(london(2026, 11, 23, 17))
    assert send_staff_mail() == 0 and status() == "dropped"


def test_a_claim_left_by_a_dead_worker_is_asked_about_before_it_goes_again(write, monday, monkeypatch):
    mail = write()
    staff_mail._claim(mail)
    monday.shift(timedelta(seconds=30))
    assert send_staff_mail() == 0
    monday.shift(timedelta(seconds=31))
    sent = []
    monkeypatch.setattr(providers.Local, "find", lambda *_: providers.Went("there", providers.Fate.DELIVERED))
    monkeypatch.setattr(providers.Local, "send", lambda *_: sent.append(1))
    assert send_staff_mail() == 1
    assert not sent and StaffMail.objects.get().provider_reference == "there"


def test_where_nobody_can_say_whether_it_went_it_does_not_go_again(write, monday, settings):
    settings.EMAILS_BY = "smtp"
    staff_mail._claim(write())
    monday.shift(timedelta(seconds=61))
    assert send_staff_mail() == 0 and status() == "unknown"


def test_it_waits_while_the_sending_service_is_away(write, monday, monkeypatch):
    def away(*_):
        raise providers.Away("ConnectionRefusedError")

    write()
    with monkeypatch.context() as patch:
        patch.setattr(providers.Local, "send", away)
        assert send_staff_mail() == 0 and status() == "waiting"
    assert send_staff_mail() == 0
    monday.shift(timedelta(minutes=2))
    assert send_staff_mail() == 1


def test_an_address_that_takes_none_is_said_in_the_application(write, officer):
    officer.email = "mailbox0001@police.example"
    officer.save()
    write()
    send_staff_mail()
    assert status() == "failed"
    assert Notification.objects.get(recipient=officer).kind == "mail_failed"


def test_a_fault_of_ours_holds_up_no_other_and_is_given_up(write, monday, monkeypatch):
    def break_down(self, mail):
        if mail.key == "broken":
            raise ValueError("anything")
        return send(self, mail)

    send = providers.Local.send
    monkeypatch.setattr(providers.Local, "send", break_down)
    write("broken")
    write("sound")
    assert send_staff_mail() == 1
    for _ in range(5):
        monday.shift(timedelta(seconds=61))
        send_staff_mail()
    assert StaffMail.objects.get(key="broken").status == "failed"


def test_what_is_left_to_say_is_said_in_the_readers_language(write, officer):
    officer.language = "cy"
    assert "http://127.0.0.1:8000/" in write().body
