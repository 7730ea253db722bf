"""Nine things that really happened elsewhere (safety.md, why it matters), each stopped here from end to end.

Every test goes through the pages people use and the work done behind them, and looks at what came out: no PDF
made or opened, no text sent, no call allowed, and the reason shown to whoever tried.
"""

import pytest
from django.urls import reverse

from tests.factories import (
    CaseFactory,
    ParticipantFactory,
    PersonFactory,
    SafeContactFactory,
    SuspectFactory,
    london,
)
from tests.letters.conftest import template
from victimcare.cases.changing import set_safe_contact
from victimcare.cases.models import Participant, PendingChange, SafeContact
from victimcare.cases.safe_contact import Blocked, Channel, Purpose, clear
from victimcare.faults import Refused
from victimcare.letters import actions as letters
from victimcare.letters.models import Letter
from victimcare.letters.press import Printed
from victimcare.messaging import actions as messaging
from victimcare.messaging.models import Message, MessageTemplate
from victimcare.messaging.providers import provider_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

OLD_HOME = {"address_line_1": "12 Bryn Road", "town": "Newport", "postcode": "NP20 4AB"}
REFUGE = {"address_line_1": "7 Heol Newydd", "town": "Cwmbrân", "postcode": "NP44 7AA"}


class PressOfOurs:
    """Prints at once, and remembers what."""

    def __init__(self):
        self.pages = []

    def print(self, html, *, identifier):
        self.pages.append(html)
        return Printed(pdf=b"%PDF-1.7", pages=1)


def fresh(part):
    return Participant.objects.select_related("case", "person").get(pk=part.pk)


def at(name, part, *more):
    return reverse(name, args=[part.case.reference, part.reference, *more])


@pytest.fixture
def mali(officer, unit):
    """Mali, who left her husband. Every way was safe last week, as she said."""
    part = ParticipantFactory(
        case=CaseFactory(flags=["DA"]),
        person=PersonFactory(given_names="Mali", surname="Rees", phone_mobile="07700 900123", **OLD_HOME),
        relationship_to_suspect="EX_PARTNER",
        officer=officer,
        team=unit,
    )
    SafeContactFactory(person=part.person, voicemail="Y", confirmed_at=london(2026, 11, 16))
    return fresh(part)


@pytest.fixture
def husband(mali):
    """Her husband, suspected; he lives elsewhere and has a number of his own."""
    return SuspectFactory(case=mali.case)


@pytest.fixture
def approved(mali, officer, colleague):
    """A letter to her, read and approved by a colleague, on its way to the printer."""
    letter = letters.compose(
        clearance=clear(mali, Channel.POST, Purpose.UPDATE), template=template(), languages="en", values={},
        by=officer,
    )  # fmt: skip
    return letters.approve(letter=letter, by=colleague)


@pytest.fixture
def text(mali, officer):
    """A text to her that waits to be sent."""
    return messaging.compose(
        clearance=clear(mali, Channel.TEXT, Purpose.UPDATE),
        template=MessageTemplate.objects.get(key="please_ring", number=1), languages="en", values={}, by=officer,
    )  # fmt: skip


def assert_never_printed(letter, because):
    press = PressOfOurs()
    assert not letters.render(Letter.objects.get(pk=letter.pk), press=press)
    letter.refresh_from_db()
    assert (press.pages, letter.pdf, letter.status) == ([], None, "parked")
    assert because in letter.parked_reason


def assert_never_sent(message, because):
    assert messaging.send_waiting() == 0
    message.refresh_from_db()
    assert message.status == Message.Status.BLOCKED and because in message.reason
    assert provider_for("text").find(message) is None


def moves(browser, part, **new):
    """Somebody types a new detail into the page of her details."""
    held = {name: getattr(part.person, name) for name in ("given_names", "surname", "phone_mobile", "email")}
    answers = {"version": part.person.version, "verified_by": "She rang us.", **held, **OLD_HOME, **new}
    assert browser.post(at("cases:details", part), answers).status_code == 302
    return PendingChange.objects.waiting().get(person=part.person)


def test_sc01_charnwood_a_letter_with_the_new_address_is_not_posted_to_the_old(mali, approved, as_officer):
    moves(as_officer, mali, **REFUGE)
    assert_never_printed(approved, "waits to be verified")
    page = as_officer.get(at("contacts:write-letter", mali)).text
    assert "Do not write now" in page and "waits to be verified" in page and "7 Heol Newydd" not in page
    refused = as_officer.post(at("contacts:write-letter", mali) + "?template=unable_to_contact", {})
    assert refused.status_code == 403 and Letter.objects.count() == 1


def test_sc01_charnwood_a_letter_written_before_the_move_is_not_sent_after_it(
    mali, approved, as_officer, as_supervisor
):
    Letter.objects.filter(pk=approved.pk).update(
        status="rendered", pdf=b"%PDF-1.7", sha256="0" * 64, pages=1, rendered_at=london(2026, 11, 23, 9)
    )
    change = moves(as_officer, mali, **REFUGE)
    as_supervisor.post(at("cases:changes", mali), {"change": change.reference, "how": "held_number"})
    refused = as_officer.get(at("letters:pdf", mali, approved.reference))
    assert refused.status_code == 422 and b"%PDF" not in refused.content
    sent = as_officer.post(
        at("contacts:send-letter", mali, approved.reference), {"version": approved.version}
    )
    assert sent.status_code in {409, 422} and not Letter.objects.filter(status="dispatched").exists()


def test_sc02_bolton_no_voicemail_on_the_phone_her_husband_shares(mali, husband, as_officer):
    husband.person.phone_home = "+44 7700 900123"
    husband.person.save()
    page = as_officer.get(at("contacts:log", mali)).text
    assert "Do not ring now" in page and "A suspect has the same phone number" in page
    left = {
        "direction": "out", "channel": "phone", "outcome": "message_left", "at_on_day": "23", "at_on_month": "11",
        "at_on_year": "2026", "at_time": "09:45", "note": "Left our number.",
    }  # fmt: skip
    assert as_officer.post(at("contacts:log", mali), left).status_code == 422
    for channel in (Channel.VOICEMAIL, Channel.PHONE, Channel.TEXT):
        with pytest.raises(Blocked, match="A suspect has the same phone number"):
            clear(fresh(mali), channel, Purpose.UPDATE)


def test_sc02_bolton_nor_on_that_of_his_mother_with_whom_he_lives(mali, husband, text):
    mother = PersonFactory(
        address_line_1=husband.person.address_line_1,
        postcode=husband.person.postcode,
        phone_mobile="07700 900123",
    )
    ParticipantFactory(case=mali.case, person=mother, role="WITNESS", team=None)
    assert_never_sent(text, "somebody who lives with one")


def test_sc03_wakefield_the_father_who_is_suspected_is_sent_no_papers_for_the_child(
    mali, officer, as_officer, unit
):
    child = ParticipantFactory(
        case=mali.case,
        person=PersonFactory(given_names="Tomos", date_of_birth="2015-05-01"),
        team=unit,
        officer=officer,
    )
    father = ParticipantFactory(
        case=mali.case, role="REPRESENTATIVE", represents=child, team=unit, officer=officer,
        person=PersonFactory(given_names="Gareth", address_line_1="99 Mill Lane", postcode="NP44 1ZZ"),
    )  # fmt: skip
    SafeContactFactory(person=father.person)
    ParticipantFactory(case=mali.case, person=father.person, role="SUSPECT", team=None)
    page = as_officer.get(at("contacts:write-letter", father)).text
    assert "Do not write now" in page and "a suspect in this case" in page
    with pytest.raises(Blocked):
        clear(fresh(father), Channel.POST, Purpose.UPDATE)
    with pytest.raises(Blocked, match="nobody safe acts for them"):
        clear(fresh(child), Channel.POST, Purpose.UPDATE)


def test_sc04_jackson_quinn_a_protected_address_is_in_no_letter_to_anybody_else(
    mali, as_officer, unit, officer
):
    SafeContact.objects.filter(person=mali.person).update(address_is_protected=True)
    witness = ParticipantFactory(case=mali.case, role="WITNESS", team=unit, officer=officer)
    SafeContactFactory(person=witness.person, confirmed_at=london(2026, 11, 16))
    for to in (witness, mali):
        url = at("contacts:write-letter", to) + "?template=court_warning"
        said = {
            "languages": "en", "court_en": "At 12 Bryn Road, NP20 4AB", "hearing_day_day": "1",
            "hearing_day_month": "12", "hearing_day_year": "2026", "hearing_time": "10:00",
        }  # fmt: skip
        as_officer.post(url, said)
        values = {"court": "At 12 Bryn Road, NP20 4AB", "hearing_day": "Monday", "hearing_time": "10"}
        with pytest.raises(Refused, match=r"details|protected address"):
            letters.compose(
                clearance=clear(fresh(to), Channel.POST, Purpose.UPDATE), template=template("court_warning"),
                languages="en", values=values, by=officer,
            )  # fmt: skip
    assert not Letter.objects.exists()


def test_sc05_south_wales_the_man_who_rings_learns_neither_that_she_is_here_nor_who_asked(
    mali, husband, as_officer
):
    found = as_officer.post(reverse("desk:calls"), {"who": "Probert"}).text
    assert "Mali" not in found and mali.reference not in found and "Nobody is found" in found
    page = as_officer.get(at("contacts:caller", mali)).text
    assert "Mali" not in page and "07700 900123" not in page and "12 Bryn Road" not in page
    guess = as_officer.post(at("contacts:caller", mali), {"how": "details", "postcode": "NP44 1ZZ"})
    assert guess.status_code == 422 and "Mali" not in guess.text
    with pytest.raises(Blocked, match="a suspect in this case"):
        clear(fresh(husband), Channel.PHONE, Purpose.UPDATE)


def test_sc06_an_impostors_new_number_and_address_stay_pending(mali, as_officer, officer, text):
    moves(as_officer, mali, phone_mobile="07700 900666")
    person = fresh(mali).person
    assert person.phone_mobile == "07700 900123"
    assert_never_sent(text, "waits to be verified")
    refused = as_officer.post(
        at("cases:changes", mali), {"change": PendingChange.objects.get().reference, "how": "held_number"}
    )
    assert refused.status_code == 403 and fresh(mali).person.phone_mobile == "07700 900123"


def test_sc07_word_of_a_change_goes_to_the_verified_number_alone(mali, as_officer, colleague):
    moves(as_officer, mali, phone_mobile="07700 900666")
    assert clear(fresh(mali), Channel.PHONE, Purpose.UPDATE).destination == "07700 900123"
    for name in ("contacts:log", "contacts:write-message", "desk:summary"):
        page = as_officer.get(at(name, mali)).text
        assert "900666" not in page and "waits to be verified" in page
    refused = as_officer.post(
        at("contacts:write-message", mali) + "?template=please_ring", {"languages": "en"}
    )
    assert refused.status_code == 403 and not Message.objects.exists()


def test_sc08_what_she_says_after_the_draft_stops_the_letter_and_the_text(mali, officer, approved, text):
    set_safe_contact(
        person=mali.person, version=1, by=officer, phone="Y", text="N", email="Y", post="N", voicemail="N"
    )
    assert_never_printed(approved, "asked not to be reached this way")
    assert_never_sent(text, "asked not to be reached this way")


def test_sc09_a_suspect_who_moves_in_after_the_draft_stops_the_letter(mali, husband, approved, as_officer):
    husband.person.address_line_1, husband.person.postcode = "12 Bryn Rd, Newport", "NP20 4AB"
    husband.person.save()
    assert_never_printed(approved, "A suspect has the same phone number or address")
    assert "Do not write now" in as_officer.get(at("contacts:write-letter", mali)).text
