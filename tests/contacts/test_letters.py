"""A letter is written only where post is safe, asked again at the door, and tells when it is sent."""

import hashlib
from datetime import date

import pytest
from django.urls import reverse

from contacts import actions
from contacts.models import Contact, ContactPlan, untold_to
from contacts.truth import misled
from tests.factories import ContactPlanFactory, EventFactory, ParticipantFactory, SafeContactFactory, london
from victimcare.cases.changing import set_safe_contact
from victimcare.cases.events import correct_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.cases.safe_contact import Blocked, Channel, Purpose, clear
from victimcare.faults import Refused, Stale
from victimcare.letters import actions as letters
from victimcare.letters.models import Letter, LetterTemplate

pytestmark = pytest.mark.django_db
KEY = "5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7d01"


@pytest.fixture
def reader(officer):
    """A victim who may be written to."""
    reader = ParticipantFactory(officer=officer, team=officer.team)
    SafeContactFactory(person=reader.person)
    return reader


@pytest.fixture
def template(db):
    return LetterTemplate.objects.create(
        key="news", number=1, status="approved", effective_from=date(2026, 1, 1),
        title_en="News about your case", title_cy="Newyddion am eich achos",
        body_en="Dear {first_name}. {what_happened}", body_cy="{first_name}. {what_happened}",
    )  # fmt: skip


def written(reader, template, by, tells):
    letter = letters.compose(
        clearance=clear(reader, Channel.POST, Purpose.UPDATE),
        template=template,
        languages="en,cy",
        values={},
        tells=tells,
        by=by,
    )
    pdf = b"%PDF-1.7"
    Letter.objects.filter(pk=letter.pk).update(
        status="rendered",
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        rendered_at=london(2026, 11, 23, 9),
        pages=1,
    )
    letter.refresh_from_db()
    return letter


def test_sending_a_letter_tells_and_starts_the_interval_anew(monday, reader, template, officer):
    arrest = EventFactory(case=reader.case)
    ContactPlanFactory(participant=reader, due_on=date(2026, 11, 24))
    letter = written(reader, template, officer, [arrest])
    assert arrest in untold_to(reader)
    contact = actions.record_dispatch(letter=letter, by=officer)
    assert (contact.channel, contact.outcome, contact.letter) == ("letter", "sent", letter.reference)
    assert not untold_to(reader).exists()
    assert Event.objects.get(kind=Kind.LETTER_DISPATCHED).participant == reader
    assert ContactPlan.objects.get().due_on == date(2026, 12, 21)


def test_what_a_letter_told_and_never_happened_is_found_and_another_letter_takes_it_back(
    monday, reader, template, officer
):
    bailed = EventFactory(case=reader.case, kind=Kind.SUSPECT_BAILED, occurred_at=london(2026, 11, 18, 9))
    actions.record_dispatch(letter=written(reader, template, officer, [bailed]), by=officer)
    monday.move_to(london(2026, 11, 23, 11))
    gone = correct_event(event=bailed, occurred=None, detail="Another man", by=officer)
    ((row,),) = [each.rows for each in misled(Participant.objects.filter(pk=reader.pk))]
    assert (row.told.kind, row.now.kind) == ("SUSPECT_BAILED", "WITHDRAWN")
    again = written(reader, template, officer, [gone])
    assert "We told you: “On Wednesday 18 November 2026 a suspect was released on bail" in str(again.merged)
    actions.record_dispatch(letter=again, by=officer)
    assert misled(Participant.objects.filter(pk=reader.pk)) == []


def test_a_letter_does_not_leave_once_she_says_no_post(monday, reader, template, officer):
    letter = written(reader, template, officer, [EventFactory(case=reader.case)])
    set_safe_contact(person=reader.person, version=1, by=officer, post="N")
    with pytest.raises(Blocked):
        actions.record_dispatch(letter=letter, by=officer)
    letter.refresh_from_db()
    assert letter.status == "rendered" and not Contact.objects.exists()


def test_a_letter_written_under_older_answers_does_not_leave(monday, reader, template, officer):
    letter = written(reader, template, officer, [EventFactory(case=reader.case)])
    set_safe_contact(person=reader.person, version=1, by=officer, post="Y", note="He is back.")
    with pytest.raises(Refused):
        actions.record_dispatch(letter=letter, by=officer)
    assert not Contact.objects.exists()


def test_a_letter_is_sent_once(monday, reader, template, officer):
    letter = written(reader, template, officer, [EventFactory(case=reader.case)])
    actions.record_dispatch(letter=letter, by=officer)
    with pytest.raises(Refused):
        actions.record_dispatch(letter=letter, by=officer)
    with pytest.raises(Stale):
        actions.record_dispatch(letter=letter, version=0, by=officer)
    assert Contact.objects.count() == 1


def page(reader, name="write-letter", *more):
    return reverse(f"contacts:{name}", args=[reader.case.reference, reader.reference, *more])


def test_a_letter_is_written_from_its_page(monday, reader, template, as_officer):
    arrest = EventFactory(case=reader.case)
    assert "News about your case" in as_officer.get(page(reader)).text
    url = page(reader) + f"?template=news&tell={arrest.reference}"
    assert f'value="{arrest.reference}" checked' in as_officer.get(url).text
    response = as_officer.post(url, {"languages": "en,cy", "tells": [arrest.reference], "form_key": KEY})
    letter = Letter.objects.get()
    assert response.url.endswith(f"/letters/{letter.reference}/") and letter.tells.get() == arrest


def test_a_letter_that_tells_nothing_is_not_written(monday, reader, template, as_officer):
    response = as_officer.post(page(reader) + "?template=news", {"languages": "en,cy", "form_key": KEY})
    assert response.status_code == 422 and not Letter.objects.exists()


def test_where_post_is_not_safe_nothing_is_written_and_other_ways_are_offered(
    monday, victim, template, as_officer
):
    shown = as_officer.get(page(victim) + "?template=news").text
    assert "Do not write now" in shown and "channel=phone" in shown and "News about your case" not in shown
    response = as_officer.post(page(victim) + "?template=news", {"languages": "en,cy", "form_key": KEY})
    assert response.status_code == 403 and not Letter.objects.exists()


def test_a_letter_is_sent_from_its_page(monday, reader, template, officer, as_officer):
    letter = written(reader, template, officer, [EventFactory(case=reader.case)])
    url = page(reader, "send-letter", letter.reference)
    assert reader.person.address_line_1 in as_officer.get(url).text
    assert as_officer.post(url, {"version": letter.version, "form_key": KEY}).status_code == 302
    assert Contact.objects.get().letter == letter.reference


def test_a_page_left_open_while_the_answers_changed_says_so(monday, reader, template, officer, as_officer):
    letter = written(reader, template, officer, [EventFactory(case=reader.case)])
    set_safe_contact(person=reader.person, version=1, by=officer, post="N")
    response = as_officer.post(page(reader, "send-letter", letter.reference), {"version": 1, "form_key": KEY})
    assert response.status_code == 422 and "asked not to be reached this way" in response.text


def test_another_victims_letter_is_not_found(monday, reader, victim, template, officer, as_officer):
    letter = written(reader, template, officer, [EventFactory(case=reader.case)])
    assert as_officer.get(page(victim, "send-letter", letter.reference)).status_code == 404
