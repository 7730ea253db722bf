"""What officers in the case told victims lands as contacts that tell their events; twice is once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, untold_to
from contacts.rows import CONTACT_COLUMNS
from tests.factories import ContactPlanFactory, ParticipantFactory
from tests.referrals.test_receive import ARREST, SIAN, counts, receive, receive_events
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.intake.models import ImportRow

pytestmark = pytest.mark.django_db
TOLD = {
    "source_system": "RMS", "contact_id": "C1", "occurrence_no": "2600000001", "person_id": "P1",
    "by_collar": "1234", "channel": "PHONE", "at": "2026-11-21T09:30", "outcome": "REACHED", "event_ids": "E1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _crime(monday, unit):
    receive(SIAN)
    receive_events(ARREST)


def receive_contacts(*rows):
    return receive(*rows, columns=CONTACT_COLUMNS)


def test_a_call_by_the_officer_in_the_case_tells_its_event():
    assert counts(receive_contacts(TOLD)) == {"accepted": 1}
    contact = Contact.objects.get()
    assert (contact.by, contact.by_collar, contact.is_by_unit) == (None, "1234", False)
    assert [event.kind for event in contact.tells.all()] == ["SUSPECT_ARRESTED"]
    assert not untold_to(contact.participant).exists()
    made = Event.objects.get(kind=Kind.CONTACT_MADE)
    assert (made.participant, made.data["contact"]) == (contact.participant, contact.reference)


def test_the_same_file_again_changes_nothing():
    receive_contacts(TOLD)
    assert counts(receive_contacts(TOLD)) == {"unchanged": 1}
    assert (Contact.objects.count(), Contact.history.count()) == (1, 1)


def test_a_call_that_nobody_answered_tells_nothing():
    assert counts(receive_contacts(TOLD | {"outcome": "NO_ANSWER"})) == {"accepted": 1}
    assert not Contact.objects.get().tells.exists()


def test_a_later_row_that_says_they_were_reached_tells_the_event_then():
    receive_contacts(TOLD | {"outcome": "NO_ANSWER"})
    assert counts(receive_contacts(TOLD)) == {"updated": 1}
    contact = Contact.objects.get()
    assert (contact.outcome, contact.version, contact.tells.count()) == ("reached", 2, 1)
    made = Event.objects.current().get(kind=Kind.CONTACT_MADE)
    assert (made.data["outcome"], made.replaces.data["outcome"]) == ("reached", "no_answer")


def test_a_later_row_that_says_nobody_was_reached_takes_the_telling_back():
    receive_contacts(TOLD)
    receive_contacts(TOLD | {"outcome": "NO_ANSWER"})
    assert not Contact.objects.get().tells.exists()


def test_what_a_person_here_changed_stays(supervisor):
    receive_contacts(TOLD)
    contact = Contact.objects.get()
    contact.note, contact._history_user = "She rang back: it was her sister.", supervisor
    contact.save()
    assert counts(receive_contacts(TOLD | {"note": "Told her.", "outcome": "NO_ANSWER"})) == {"unchanged": 1}
    contact.refresh_from_db()
    assert (contact.note, contact.outcome) == ("She rang back: it was her sister.", "reached")


def test_whoever_acts_for_a_child_is_told_for_the_child():
    mother = SIAN | {
        "person_id": "R1", "role": "REPRESENTATIVE", "acts_for_person_id": "P1", "given_names": "Ann",
    }  # fmt: skip
    receive(mother)
    receive_contacts(TOLD | {"person_id": "R1"})
    contact = Contact.objects.get()
    assert (contact.participant.role, contact.spoke_to.role) == ("VICTIM", "REPRESENTATIVE")


def test_the_plan_starts_anew_when_they_were_reached(officer):
    victim = Participant.objects.victims().get()
    plan = ContactPlanFactory(participant=victim, due_on="2026-12-01", agreed_by=officer)
    receive_contacts(TOLD)
    plan.refresh_from_db()
    assert plan.due_on.isoformat() == "2026-12-18"  # 28 days on is a Saturday: the working day before


@pytest.mark.parametrize(
    ("said", "column", "reason"),
    [
        ({"occurrence_no": "2699999999"}, "occurrence_no", "We hold no crime 2699999999"),
        ({"person_id": "P404"}, "person_id", "P404 is a victim or witness"),
        ({"person_id": "S1"}, "person_id", "S1 is a victim or witness"),  # a suspect is told nothing here
        ({"event_ids": "E1;E404"}, "event_ids", "We hold no event E404"),
        ({"at": "2026-11-20T10:00"}, "event_ids", "happened after this contact"),
        ({"at": "2025-11-21T09:30", "event_ids": ""}, "at", "before the crime was reported"),
        ({"at": "2027-01-01T09:30"}, "at", "future"),
        ({"channel": "PIGEON"}, "channel", "not one of PHONE"),
        ({"outcome": ""}, "outcome", "missing"),
        ({"contact_id": ""}, "contact_id", "missing"),
        ({"event_ids": ";".join(f"E{n}" for n in range(50))}, "event_ids", "more than 40"),
    ],
)
def test_a_row_that_cannot_be_used_says_why_and_holds_up_no_other(said, column, reason):
    batch = receive_contacts(TOLD | said, TOLD | {"contact_id": "C2"})
    assert counts(batch) == {"accepted": 1, "quarantined": 1}
    row = ImportRow.objects.get()
    assert (row.column, reason in row.reason) == (column, True)


def test_an_event_of_another_crime_is_not_told_here():
    receive(SIAN | {"occurrence_no": "2600000002", "person_id": "P9"})
    receive_events(ARREST | {"event_id": "E9", "occurrence_no": "2600000002"})
    receive_contacts(TOLD | {"event_ids": "E9"})
    assert "another crime" in ImportRow.objects.get().reason


def test_a_contact_never_moves_to_somebody_else():
    other = SIAN | {"person_id": "P2", "given_names": "Huw"}
    receive(other)
    receive_contacts(TOLD)
    assert counts(receive_contacts(TOLD | {"person_id": "P2"})) == {"quarantined": 1}
    assert Contact.objects.get().participant.person.source_id == "P1"


def test_many_rows_cost_no_more_queries_than_a_few():
    spent = []
    for first, size in ((0, 2), (100, 80)):
        rows = [TOLD | {"contact_id": f"N{first + n}"} for n in range(size)]
        with CaptureQueriesContext(connection) as queries:
            assert counts(receive_contacts(*rows)) == {"accepted": size}
        spent.append(len(queries))
    assert spent[1] <= spent[0] + 3


def test_another_victim_of_the_crime_is_not_told_by_it():
    ParticipantFactory(case=Participant.objects.victims().get().case)
    receive_contacts(TOLD)
    other = Participant.objects.victims().exclude(person__source_id="P1").get()
    assert untold_to(other).count() == 1
