"""From a message written to its end: safe when it leaves, sent once, and never a guess about what became of it."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer

import pytest
from django.core import mail

from contacts.actions import record_messages
from contacts.models import Contact
from contacts.truth import misled
from tests.factories import (
    EventFactory,
    ParticipantFactory,
    PersonFactory,
    SafeContactFactory,
    SuspectFactory,
)
from victimcare import clock
from victimcare.accounts.models import Notification
from victimcare.audit.models import AccessEntry
from victimcare.cases.changing import set_safe_contact
from victimcare.cases.events import correct_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Blocked
from victimcare.faults import Refused, Stale
from victimcare.messaging import actions
from victimcare.messaging.models import Message, MessageTemplate

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]


def test_a_text_goes_in_the_language_asked_for(write):
    message = write(languages="cy")
    assert message.body.startswith("Helo Mali. Ffoniwch Olwen Officer")
    assert actions.send_waiting() == 1
    message.refresh_from_db()
    assert (message.status, message.provider) == ("delivered", "local")


def test_both_languages_stand_in_one_message(write):
    assert write(languages="cy,en").body.index("Helo Mali") < write(languages="cy,en").body.index(
        "Hello Mali"
    )


def test_sending_twice_sends_once_and_writes_one_disclosure(write):
    write()
    assert (actions.send_waiting(), actions.send_waiting()) == (1, 0)
    entry = AccessEntry.objects.get(op=AccessEntry.Op.DISCLOSE)
    assert (entry.field_group, entry.justification) == ("text message", "please_ring")


def test_nobody_is_texted_where_text_is_not_safe(write, mali, officer):
    set_safe_contact(person=mali.person, version=1, by=officer, text="N")
    with pytest.raises(Blocked, match="asked not to be reached this way"):
        write()


def test_a_message_is_stopped_when_it_is_no_longer_safe(write, mali, officer):
    message = write()
    set_safe_contact(person=mali.person, version=1, by=officer, text="N")
    assert actions.send_waiting() == 0
    message.refresh_from_db()
    assert message.status == "blocked" and "asked not to be reached" in message.reason
    assert Notification.objects.get(recipient=officer).kind == "message_failed"


def test_a_suspect_who_moves_in_stops_it_too(write, mali):
    message = write("please_ring_email")
    SuspectFactory(case=mali.case, person__email=mali.person.email)
    actions.send_waiting()
    message.refresh_from_db()
    assert message.status == "blocked"


def test_a_text_tells_nothing_of_the_case(write, mali):
    with pytest.raises(Refused, match="A text tells nothing"):
        write(tells=[EventFactory(case=mali.case, kind=Kind.SUSPECT_BAILED)])


def test_an_email_tells_what_happened_in_this_case_alone(write, mali):
    charged = EventFactory(case=mali.case, kind=Kind.SUSPECT_CHARGED)
    assert "a suspect was charged" in write("update_email", tells=[charged]).body
    with pytest.raises(Refused, match="only what happened in this person's own case"):
        write("update_email", tells=[EventFactory(kind=Kind.SUSPECT_CHARGED)])


def test_words_that_are_not_approved_go_to_nobody(write):
    MessageTemplate.objects.filter(key="please_ring").update(status="retired")
    with pytest.raises(Refused, match="not approved"):
        write()


def test_a_wrong_number_comes_back_with_what_to_do(write, officer):
    person = PersonFactory(phone_mobile="07700 900 0001")
    part = ParticipantFactory(person=person, officer=officer, team=officer.team)
    message = write(to=part)
    actions.send_waiting()
    message.refresh_from_db()
    assert message.status == "permanent"
    assert Notification.objects.get(recipient=officer).subject == message.reference


def test_one_that_still_waits_can_be_withdrawn_and_one_sent_cannot(write, officer):
    first, second = write(), write()
    actions.withdraw(message=first, version=1, by=officer)
    actions.send_waiting()
    first.refresh_from_db()
    assert first.status == "withdrawn"
    second.refresh_from_db()
    with pytest.raises(Stale):
        actions.withdraw(message=second, version=1, by=officer)
    with pytest.raises(Refused, match="has gone"):
        actions.withdraw(message=second, version=second.version, by=officer)


def half_sent(message: Message) -> None:
    """As a worker leaves it that died between giving it away and writing that down."""
    Message.objects.filter(pk=message.pk).update(
        status="sending", claimed_at=clock.now() - timedelta(minutes=2)
    )


def test_one_whose_worker_died_is_gone_on_with(write):
    message = write()
    half_sent(message)
    assert actions.send_waiting() == 1
    message.refresh_from_db()
    assert message.status == "delivered"


def test_where_nobody_can_say_whether_it_went_it_is_not_sent_again(write, settings):
    settings.EMAILS_BY, settings.MESSAGES_FROM = "smtp", "care@example.org"
    message = write("please_ring_email")
    half_sent(message)
    assert actions.send_waiting() == 0
    message.refresh_from_db()
    assert message.status == "unknown" and not mail.outbox


def test_an_email_goes_by_the_forces_own_server(write, settings):
    settings.EMAILS_BY, settings.MESSAGES_FROM = "smtp", "Dafydd <care@example.org>"
    settings.MESSAGES_DOMAIN = "example.org"
    message = write("please_ring_email")
    actions.send_waiting()
    assert mail.outbox[0].to == ["mali@example.org"]
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{message.reference}@example.org>"
    message.refresh_from_db()
    assert message.status == "sent"  # a mail server says no more


@pytest.fixture
def notify(settings):
    """A server that speaks as GOV.UK Notify does: what it was sent, and what it will say."""
    said = {"posts": [], "status": "sending", "code": 201}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if said["code"] == 201:
                said["posts"].append(sent)
            self.answer(said["code"], {"id": f"n-{len(said['posts'])}"})

        def do_GET(self):
            if "reference=" in self.path:
                found = [p for p in said["posts"] if p["reference"] in self.path]
                self.answer(200, {"notifications": [{"id": "n-1", "status": said["status"]} for _p in found]})
            else:
                self.answer(200, {"id": "n-1", "status": said["status"]})

        def answer(self, code, body):
            text = json.dumps(body if code < 300 else {"errors": [{"error": "E", "message": "no"}]}).encode()
            self.send_response(code)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments):
            pass

    server = TCPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TEXTS_BY = settings.EMAILS_BY = "notify"
    settings.NOTIFY_ADDRESS = f"http://127.0.0.1:{server.server_address[1]}"
    settings.NOTIFY_API_KEY = "test-" + "-".join(["a" * 8, "b" * 4, "c" * 4, "d" * 4, "e" * 12] * 2)
    settings.NOTIFY_TEXT_TEMPLATE = settings.NOTIFY_EMAIL_TEMPLATE = "t-1"
    yield said
    server.shutdown()
    server.server_close()


def test_notify_delivers_and_says_so_later(write, notify):
    message = write()
    assert actions.send_waiting() == 1
    assert notify["posts"][0]["reference"] == message.reference
    assert notify["posts"][0]["personalisation"] == {"body": message.body}
    message.refresh_from_db()
    assert (message.status, message.provider_reference) == ("sent", "n-1")
    notify["status"] = "delivered"
    assert actions.look_after() == 1
    message.refresh_from_db()
    assert message.status == "delivered"


def test_notify_is_asked_before_a_message_goes_again(write, notify):
    message = write()
    actions.send_waiting()
    half_sent(message)
    assert actions.send_waiting() == 1
    assert len(notify["posts"]) == 1


def test_a_message_waits_while_notify_is_busy_and_uses_five_attempts(write, notify, monday):
    message = write()
    notify["code"] = 429
    for _attempt in range(5):
        assert actions.send_waiting() == 0
        monday.shift(timedelta(hours=2))
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("technical", 5)


def test_notify_refusing_a_number_for_good_is_the_end_of_it(write, notify):
    message = write()
    notify["code"] = 400
    actions.send_waiting()
    message.refresh_from_db()
    assert message.status == "permanent" and "refused the number" in message.reason


def test_a_failure_said_later_tells_the_officer(write, notify, officer):
    message = write()
    actions.send_waiting()
    notify["status"] = "temporary-failure"
    actions.look_after()
    message.refresh_from_db()
    assert message.status == "temporary"
    assert Notification.objects.get(recipient=officer).kind == "message_failed"


def test_what_became_of_it_stands_among_the_contacts_once(write, mali):
    charged = EventFactory(case=mali.case, kind=Kind.SUSPECT_CHARGED)
    message = write("update_email", tells=[charged])
    actions.send_waiting()
    assert (record_messages(), record_messages()) == (1, 0)
    contact = Contact.objects.get(participant=mali)
    assert (contact.outcome, contact.channel, list(contact.tells.all())) == ("sent", "email", [charged])
    gone = correct_event(event=charged, occurred=None, detail="Another man", by=message.written_by)
    ((row,),) = [each.rows for each in misled(Participant.objects.filter(pk=mali.pk))]
    assert (row.told.id, row.now.id) == (charged.pk, gone.pk)
    assert "That was wrong: it did not happen." in write("update_email", tells=[gone]).body


def test_one_that_did_not_arrive_tells_nothing(write, officer):
    part = ParticipantFactory(
        person=PersonFactory(email="gone0001@example.org"), officer=officer, team=officer.team
    )
    SafeContactFactory(person=part.person)
    write("update_email", to=part, tells=[EventFactory(case=part.case, kind=Kind.SUSPECT_CHARGED)])
    actions.send_waiting()
    record_messages()
    contact = Contact.objects.get(participant=part)
    assert (contact.outcome, contact.tells.count()) == ("returned", 0)
