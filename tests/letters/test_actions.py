"""Letters are composed under a clearance, approved, sent only while it still holds."""

from datetime import date

import pytest

from tests.factories import (
    EventFactory,
    ParticipantFactory,
    PersonFactory,
    SafeContactFactory,
    SuspectFactory,
    london,
)
from tests.letters.conftest import COURT, TIME, template
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Event, SafeContact
from victimcare.cases.safe_contact import Blocked, Channel, Purpose, clear
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.letters import actions
from victimcare.letters.models import Letter, LetterTemplate

pytestmark = pytest.mark.django_db


def test_a_letter_keeps_its_words_and_the_clearance_it_was_written_under(write, mali, monday):
    letter = write(languages=actions.languages_for(mali.person))
    assert letter.languages == "cy,en"
    assert letter.merged["cy"]["salutation"] == "Annwyl Mali"
    assert letter.merged["lines"] == ["Mali Ŵyn", "3 Tŷ Newydd", "Y Fenni", "NP7 5ZZ"]
    assert (letter.safe_contact_version, letter.clearance_rule) == (1, "said_yes")


def test_a_later_template_changes_no_letter_already_written(write, monday):
    letter = write()
    LetterTemplate.objects.update(body_en="Something else.", body_cy="Rhywbeth arall.")
    letter.refresh_from_db()
    assert "We have tried to reach you" in letter.merged["en"]["title"]
    assert "Something else" not in str(letter.merged)


def test_a_victim_whose_post_is_unsafe_gets_no_letter(victim, write, monday):
    with pytest.raises(Blocked):
        write(to=victim)


def test_a_clearance_for_a_call_does_not_post_a_letter(mali, officer, monday):
    call = clear(mali, Channel.PHONE, Purpose.UPDATE)
    with pytest.raises(Refused, match="by post"):
        actions.compose(clearance=call, template=template(), languages="en", values={}, tells=[], by=officer)


def test_a_value_no_letter_may_hold_is_refused_by_name(write, monday):
    with pytest.raises(Refused, match="suspect_address"):
        write(values={"suspect_address": "99 Mill Lane"})


def test_a_warning_without_its_court_is_refused(write, monday):
    with pytest.raises(Refused, match=r"\{court\}"):
        write(key="court_warning", values={"hearing_day": date(2027, 1, 11), "hearing_time": TIME})


def test_another_victims_event_is_not_told(write, mali, monday):
    other = ParticipantFactory(case=mali.case)
    theirs = EventFactory(case=mali.case, kind=Kind.WITNESS_REQUIRED, participant=other)
    with pytest.raises(Refused, match="own case"):
        write(tells=[theirs])


def test_an_event_of_another_case_is_not_told(write, monday):
    with pytest.raises(Refused, match="own case"):
        write(tells=[EventFactory()])


def test_another_victims_name_is_kept_out_of_the_words(write, mali, monday):
    ParticipantFactory(case=mali.case, person=PersonFactory(given_names="Bethan", surname="Rees"))
    with pytest.raises(Refused, match="another person's details"):
        write(
            key="court_warning",
            values={"court": "With Bethan Rees", "hearing_day": "Monday", "hearing_time": "10"},
        )


@pytest.mark.parametrize("private", ["99 Mill Lane", "99, mill lane", "07700900999"])
def test_where_the_suspect_lives_or_can_be_rung_is_kept_out_of_the_words(write, mali, private, monday):
    SuspectFactory(case=mali.case)
    with pytest.raises(Refused, match="another person's details"):
        write(key="court_warning", values={"court": private, "hearing_day": "Monday", "hearing_time": "10"})


def test_what_happened_is_said_from_the_events_the_letter_tells(write, mali, monday):
    bail = EventFactory(case=mali.case, kind=Kind.SUSPECT_BAILED, occurred_at=london(2026, 11, 18, 15))
    arrest = EventFactory(case=mali.case)
    letter = write(key="update_arrest_bail", tells=[bail, arrest])
    assert "was arrested. On Wednesday 18 November 2026 a suspect was released on bail" in str(
        letter.merged["en"]
    )
    assert set(letter.tells.all()) == {bail, arrest}


def test_an_author_approves_a_letter_to_somebody_in_no_known_danger(write, officer, monday):
    assert actions.approve(letter=write(), by=officer).status == Letter.Status.QUEUED


def test_somebody_else_approves_a_letter_to_a_victim_who_may_be_in_danger(
    write, mali, officer, colleague, monday
):
    Case.objects.filter(pk=mali.case_id).update(flags=["DA"])
    SafeContact.objects.update(confirmed_at="2026-11-01T10:00Z", confirmed_by=officer)
    mali.refresh_from_db()
    letter = write()
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.approve(letter=letter, by=officer)
    assert actions.approve(letter=letter, by=colleague).approved_by == colleague


def test_a_letter_changed_meanwhile_is_not_approved(write, officer, monday):
    letter = write()
    with pytest.raises(Stale):
        actions.approve(letter=letter, version=letter.version - 1, by=officer)


def test_a_letter_is_approved_once(write, officer, monday):
    letter = write()
    actions.approve(letter=letter, by=officer)
    with pytest.raises(Refused, match="already"):
        actions.approve(letter=letter, by=officer)


def _printed(letter):
    Letter.objects.filter(pk=letter.pk).update(
        status="rendered", pdf=b"%PDF", sha256="0" * 64, rendered_at="2026-11-23T10:00Z", pages=2
    )
    return letter


def test_a_printed_letter_is_sent_and_the_event_is_written(write, mali, officer, monday):
    letter = _printed(write())
    sent = actions.dispatch(letter=letter, clearance=clear(mali, Channel.POST, Purpose.UPDATE), by=officer)
    assert sent.status == Letter.Status.DISPATCHED
    event = Event.objects.get(kind=Kind.LETTER_DISPATCHED)
    assert (event.participant, event.data["template"]) == (mali, "unable_to_contact")


@pytest.mark.parametrize("moves", ["address", "answers"])
def test_a_letter_written_before_things_changed_is_not_sent(write, mali, officer, moves, monday):
    letter = _printed(write())
    if moves == "address":
        mali.person.address_line_1 = "9 Heol Newydd"
        mali.person.save()
    else:
        SafeContact.objects.filter(person=mali.person).update(version=2)
    with pytest.raises(Refused, match="changed since"):
        actions.dispatch(letter=letter, clearance=clear(mali, Channel.POST, Purpose.UPDATE), by=officer)


def test_a_clearance_for_somebody_else_sends_nothing(write, officer, monday):
    other = SafeContactFactory(person=ParticipantFactory().person).person.parts.get()
    with pytest.raises(Refused, match="somebody else"):
        actions.dispatch(
            letter=_printed(write()), clearance=clear(other, Channel.POST, Purpose.UPDATE), by=officer
        )


def test_a_letter_not_printed_is_not_sent(write, mali, officer, monday):
    with pytest.raises(Refused, match="not ready"):
        actions.dispatch(letter=write(), clearance=clear(mali, Channel.POST, Purpose.UPDATE), by=officer)


def test_a_withdrawn_letter_is_never_sent(write, mali, officer, monday):
    letter = _printed(write())
    actions.withdraw(letter=letter, by=officer)
    with pytest.raises(Refused):
        actions.dispatch(letter=letter, clearance=clear(mali, Channel.POST, Purpose.UPDATE), by=officer)


def test_a_letter_that_has_gone_is_not_taken_back(write, mali, officer, monday):
    letter = _printed(write())
    actions.dispatch(letter=letter, clearance=clear(mali, Channel.POST, Purpose.UPDATE), by=officer)
    with pytest.raises(Refused, match="was sent"):
        actions.withdraw(letter=letter, by=officer)


def test_a_warning_says_where_and_when(write, monday):
    letter = write(
        key="court_warning", values={"court": COURT, "hearing_day": date(2027, 1, 11), "hearing_time": TIME}
    )
    assert ["Llys", "Llys y Goron Casnewydd"] in letter.merged["cy"]["blocks"][1]["facts"]
    assert ["Day", "Monday 11 January 2027"] in letter.merged["en"]["blocks"][1]["facts"]
