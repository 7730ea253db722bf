"""What was cleared is asked again when it leaves: whose it is, who wrote it, and who may open the paper."""

import pytest
from django.urls import reverse

from tests.factories import CaseFactory, ParticipantFactory, SafeContactFactory, TeamFactory
from tests.letters.conftest import template
from victimcare.cases.linking import link
from victimcare.cases.models import Exclusion, Participant, SafeContact
from victimcare.cases.safe_contact import Channel, Purpose, clear
from victimcare.faults import Refused
from victimcare.letters import actions as letters
from victimcare.letters.models import Letter
from victimcare.letters.press import Printed
from victimcare.messaging import actions as messaging
from victimcare.messaging.models import Message, MessageTemplate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


class PressOfOurs:
    """Prints at once."""

    def print(self, html, *, identifier):
        return Printed(pdf=b"%PDF-1.7", pages=1)


@pytest.fixture
def sian(witness_care, officer):
    """Siân, whom the officer and witness care both see; post and text are safe."""
    case = CaseFactory(witness_care_officer=witness_care, witness_care_team=witness_care.team)
    part = ParticipantFactory(case=case, officer=officer, team=officer.team)
    SafeContactFactory(person=part.person)
    return Participant.objects.select_related("case", "person").get(pk=part.pk)


@pytest.fixture
def letter(sian, officer):
    """A letter to her, approved, on its way to the printer."""
    cleared = clear(sian, Channel.POST, Purpose.UPDATE)
    draft = letters.compose(clearance=cleared, template=template(), languages="en", values={}, by=officer)
    return letters.approve(letter=draft, by=officer)


@pytest.fixture
def text(sian, officer):
    """A text to her that waits to be sent."""
    words = MessageTemplate.objects.get(key="please_ring", number=1)
    cleared = clear(sian, Channel.TEXT, Purpose.UPDATE)
    return messaging.compose(clearance=cleared, template=words, languages="en", values={}, by=officer)


def moves_away(sian, officer):
    Participant.objects.filter(pk=sian.pk).update(officer=None)
    officer.team = TeamFactory(name="Another unit")
    officer.save()


def is_excluded(sian, officer):
    Exclusion.objects.create(case=sian.case, user=officer, reason="His cousin", declared_by=officer)


def leaves(sian, officer):
    officer.is_active = False
    officer.save()


LOSES_SIGHT = pytest.mark.parametrize("loses", [moves_away, is_excluded, leaves], ids=lambda f: f.__name__)


@LOSES_SIGHT
def test_a_letter_is_not_printed_once_its_author_may_not_see_the_case(sian, letter, officer, loses):
    loses(sian, officer)
    assert not letters.render(Letter.objects.get(pk=letter.pk), press=PressOfOurs())
    letter.refresh_from_db()
    assert letter.pdf is None and "may no longer see the case" in letter.parked_reason


@LOSES_SIGHT
def test_nor_is_it_sent(sian, letter, officer, colleague, loses):
    letters.render(Letter.objects.get(pk=letter.pk), press=PressOfOurs())
    loses(sian, officer)
    with pytest.raises(Refused, match="may no longer see the case"):
        letters.dispatch(letter=letter, clearance=clear(sian, Channel.POST, Purpose.UPDATE), by=colleague)


@LOSES_SIGHT
def test_nor_is_a_text(sian, text, officer, loses):
    loses(sian, officer)
    assert messaging.send_waiting() == 0
    text.refresh_from_db()
    assert text.status == Message.Status.BLOCKED and "may no longer see the case" in text.reason


def test_what_its_author_still_sees_is_printed_and_sent(letter, text):
    assert letters.render(Letter.objects.get(pk=letter.pk), press=PressOfOurs())
    assert messaging.send_waiting() == 1


# --- The paper -------------------------------------------------------------------------------------


def paper(sian, letter):
    return reverse("letters:pdf", args=[sian.case.reference, sian.reference, letter.reference])


def protect(person, **on):
    SafeContact.objects.filter(person=person).update(address_is_protected=True, **on)


def test_witness_care_opens_the_paper_of_an_ordinary_address(sign_in, witness_care, sian, letter):
    letters.render(Letter.objects.get(pk=letter.pk), press=PressOfOurs())
    assert sign_in(witness_care).get(paper(sian, letter)).content == b"%PDF-1.7"


def test_a_protected_address_is_on_no_paper_that_witness_care_opens(
    sign_in, as_officer, as_supervisor, witness_care, sian, letter
):
    letters.render(Letter.objects.get(pk=letter.pk), press=PressOfOurs())
    protect(sian.person)
    browser = sign_in(witness_care)
    refused = browser.get(paper(sian, letter))
    assert refused.status_code == 403 and b"%PDF" not in refused.content
    assert "Their address is protected" in refused.text
    page = browser.get(
        reverse("letters:letter", args=[sian.case.reference, sian.reference, letter.reference])
    )
    assert paper(sian, letter) not in page.text and sian.person.address_line_1 not in page.text
    for allowed in (as_officer, as_supervisor):
        assert allowed.get(paper(sian, letter)).content == b"%PDF-1.7"


def test_an_address_protected_in_a_linked_record_is_protected_here(
    sign_in, witness_care, officer, sian, letter
):
    letters.render(Letter.objects.get(pk=letter.pk), press=PressOfOurs())
    other = ParticipantFactory(team=officer.team)
    SafeContactFactory(person=other.person, address_is_protected=True)
    link(one=sian.person, other=other.person, reason="She told me.", by=officer)
    assert sign_in(witness_care).get(paper(sian, letter)).status_code == 403
