"""What was safe when a letter was written is asked again before it is printed, opened and sent."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import EventFactory, ParticipantFactory, PersonFactory, SuspectFactory, london
from tests.letters.conftest import template
from victimcare import clock
from victimcare.accounts.models import Notification
from victimcare.cases.changing import set_safe_contact
from victimcare.cases.events import correct_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import SafeContact
from victimcare.cases.safe_contact import Channel, Purpose, clear
from victimcare.faults import Refused
from victimcare.letters import actions
from victimcare.letters.models import Letter, LetterTemplate
from victimcare.letters.press import Printed

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]

TIME_AND_DAY = {"hearing_day": "Monday", "hearing_time": "10"}


class PressOfOurs:
    """Prints at once, and remembers how often."""

    def __init__(self):
        self.printed = 0

    def print(self, html, *, identifier):
        self.printed += 1
        return Printed(pdf=b"%PDF-1.7", pages=1)


def ready(letter):
    Letter.objects.filter(pk=letter.pk).update(
        status="rendered", pdf=b"%PDF-1.7 words", sha256="0" * 64, rendered_at="2026-11-23T10:00Z", pages=2
    )
    letter.refresh_from_db()
    return letter


def say_no(mali, officer):
    set_safe_contact(person=mali.person, version=1, by=officer, post="N")


def say_it_differently(mali, officer):
    set_safe_contact(person=mali.person, version=1, by=officer, post="Y", note="He is back.")


def move_in(mali, _officer):
    SuspectFactory(case=mali.case, person__address_line_1=mali.person.address_line_1)


def move_away(mali, _officer):
    mali.person.address_line_1, mali.person.postcode = "9 Heol Newydd", "NP7 9ZZ"
    mali.person.save()


def die(mali, _officer):
    mali.person.date_of_death = clock.today()
    mali.person.save()


CHANGES = [say_no, say_it_differently, move_in, move_away, die]


# --- Printing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_letter_that_is_no_longer_safe_is_not_printed(queued, mali, officer, change):
    change(mali, officer)
    press = PressOfOurs()
    assert not actions.render(Letter.objects.get(pk=queued.pk), press=press)
    queued.refresh_from_db()
    assert (press.printed, queued.status, queued.pdf) == (0, Letter.Status.PARKED, None)
    assert queued.parked_reason and "Mali" not in queued.parked_reason
    assert Notification.objects.filter(recipient=officer, kind="letter_parked").exists()


def test_a_letter_still_safe_is_printed(queued):
    assert actions.render(Letter.objects.get(pk=queued.pk), press=PressOfOurs())


def test_a_letter_of_an_event_that_never_happened_is_not_printed(write, mali, officer):
    arrest = EventFactory(case=mali.case)
    letter = actions.approve(letter=write(key="update_arrest_bail", tells=[arrest]), by=officer)
    correct_event(event=arrest, occurred=None, detail="Another crime's.", by=officer)
    assert not actions.render(Letter.objects.get(pk=letter.pk), press=PressOfOurs())


# --- Opening the PDF: it can be posted by hand -----------------------------------------------------


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_the_pdf_of_a_letter_that_is_no_longer_safe_does_not_open(write, mali, officer, as_officer, change):
    letter = ready(write())
    address = reverse("letters:pdf", args=[mali.case.reference, mali.reference, letter.reference])
    assert as_officer.get(address)["Content-Type"] == "application/pdf"
    change(mali, officer)
    refused = as_officer.get(address)
    assert refused.status_code == 422 and b"%PDF" not in refused.content


def test_the_pdf_of_a_letter_that_was_sent_opens_for_good(write, mali, officer, as_officer):
    letter = ready(write())
    actions.dispatch(letter=letter, clearance=clear(mali, Channel.POST, Purpose.UPDATE), by=officer)
    say_no(mali, officer)
    address = reverse("letters:pdf", args=[mali.case.reference, mali.reference, letter.reference])
    assert as_officer.get(address).status_code == 200


def test_the_pdf_of_a_withdrawn_letter_is_not_found(write, mali, officer, as_officer):
    letter = ready(write())
    actions.withdraw(letter=letter, by=officer)
    address = reverse("letters:pdf", args=[mali.case.reference, mali.reference, letter.reference])
    assert as_officer.get(address).status_code == 404


# --- Sending ---------------------------------------------------------------------------------------


def send(letter, mali, officer):
    actions.dispatch(letter=letter, clearance=clear(mali, Channel.POST, Purpose.UPDATE), by=officer)


def test_a_letter_of_what_was_corrected_since_is_not_sent(write, mali, officer):
    arrest = EventFactory(case=mali.case)
    letter = ready(write(key="update_arrest_bail", tells=[arrest]))
    correct_event(event=arrest, occurred=None, detail="Another crime's.", by=officer)
    with pytest.raises(Refused, match="corrected"):
        send(letter, mali, officer)


def test_a_witness_stood_down_since_is_not_sent_the_warning(write, mali, officer):
    heard = {"case": mali.case, "participant": mali, "hearing": "H-1"}
    required = EventFactory(kind=Kind.WITNESS_REQUIRED, **heard)
    letter = ready(write(key="court_warning", values={"court": "Newport", **TIME_AND_DAY}, tells=[required]))
    EventFactory(kind=Kind.WITNESS_NOT_REQUIRED, occurred_at=london(2026, 11, 20), **heard)
    with pytest.raises(Refused, match="no longer required"):
        send(letter, mali, officer)


def test_a_warning_for_a_day_that_moved_is_not_sent(write, mali, officer):
    heard = {"case": mali.case, "participant": mali, "hearing": "H-1"}
    required = EventFactory(kind=Kind.WITNESS_REQUIRED, **heard)
    letter = ready(write(key="court_warning", values={"court": "Newport", **TIME_AND_DAY}, tells=[required]))
    EventFactory(kind=Kind.HEARING_MOVED, case=mali.case, hearing="H-2", data={"moved_from": "H-1"})
    with pytest.raises(Refused, match="moved since"):
        send(letter, mali, officer)


def test_a_letter_no_longer_used_is_not_sent(write, mali, officer):
    letter = ready(write())
    LetterTemplate.objects.filter(pk=letter.template_id).update(status="retired")
    with pytest.raises(Refused, match="no longer used"):
        send(letter, mali, officer)


def test_a_check_made_a_while_ago_neither_writes_nor_sends(write, mali, officer, monday):
    letter, stale = ready(write()), clear(mali, Channel.POST, Purpose.UPDATE)
    monday.shift(timedelta(minutes=10))
    with pytest.raises(Refused, match="a while ago"):
        actions.dispatch(letter=letter, clearance=stale, by=officer)
    with pytest.raises(Refused, match="a while ago"):
        actions.compose(clearance=stale, template=template(), languages="en", values={}, tells=[], by=officer)


def test_a_template_nobody_approved_writes_nothing(mali, officer):
    draft = LetterTemplate.objects.create(
        key="draft", number=1, title_en="x", title_cy="x", body_en="x", body_cy="x",
        effective_from=clock.today(),
    )  # fmt: skip
    with pytest.raises(Refused, match="not approved"):
        actions.compose(
            clearance=clear(mali, Channel.POST, Purpose.UPDATE),
            template=draft,
            languages="en",
            values={},
            tells=[],
            by=officer,
        )


# --- The words -------------------------------------------------------------------------------------


@pytest.mark.parametrize("private", ["Bethan Rees", "Beti Rees", "CF5 1QQ", "cf51qq"])
def test_another_victim_is_kept_out_however_she_is_called(write, mali, private):
    other = PersonFactory(
        given_names="Bethan Mair", surname="Rees", preferred_name="Beti", postcode="CF5 1QQ"
    )
    ParticipantFactory(case=mali.case, person=other)
    with pytest.raises(Refused, match="another person's details"):
        write(key="court_warning", values={"court": f"With {private}", **TIME_AND_DAY})


@pytest.mark.parametrize("private", ["3 Tŷ Newydd", "NP7 5ZZ"])
def test_a_protected_address_stands_on_the_envelope_and_never_in_the_words(write, mali, private):
    SafeContact.objects.filter(person=mali.person).update(address_is_protected=True)
    with pytest.raises(Refused, match="protected address"):
        write(key="court_warning", values={"court": private, **TIME_AND_DAY})


def test_whoever_acts_for_a_victim_is_not_told_where_she_was_taken(write, mali):
    SafeContact.objects.filter(person=mali.person).update(address_is_protected=True)
    mother = ParticipantFactory(case=mali.case, role="REPRESENTATIVE", represents=mali, team=mali.team)
    with pytest.raises(Refused, match="protected address"):
        write(
            to=mother, key="court_warning", languages="en",
            values={"court": mali.person.address_line_1, **TIME_AND_DAY},
        )  # fmt: skip


def test_a_protected_address_is_on_the_paper_and_not_on_the_screen(write, mali, officer, as_officer):
    SafeContact.objects.filter(person=mali.person).update(address_is_protected=True)
    letter = ready(write())
    references = [mali.case.reference, mali.reference, letter.reference]
    for name in ("letters:letter", "contacts:send-letter"):
        page = as_officer.get(reverse(name, args=references)).text
        assert "Protected address" in page and "3 Tŷ Newydd" not in page and "NP7 5ZZ" not in page
    assert letter.merged["lines"][1] == "3 Tŷ Newydd"
