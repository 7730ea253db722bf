"""Whose word each entry of somebody's story is."""

import pytest

from desk.timeline import story
from referrals.rows import EVENT_COLUMNS
from tests.referrals.test_receive import ARREST, SIAN, receive, receive_events
from victimcare.cases.changing import change_details
from victimcare.cases.events import correct_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monday, unit):
    """Every test is on that Monday, in that unit."""


def told_by(user):
    victim = Participant.objects.victims().select_related("case", "person").get()
    return {str(item["heading"]): item["by"] for item in story(victim, user).items}


def test_what_a_file_said_is_the_files_word_whoever_pressed_import(supervisor, officer):
    receive(SIAN, by=supervisor)
    receive_events(ARREST)
    file = "from the force’s system, extract.csv"
    assert told_by(officer) == {
        "Crime reported": file,
        "Entitlement set": f"by the rules of triage, {file}",
        "Suspect arrested": file,
    }


def test_what_somebody_wrote_down_stays_theirs(supervisor, officer):
    receive(SIAN, by=supervisor)
    receive(ARREST, columns=EVENT_COLUMNS, by=supervisor)
    event = Event.objects.get(kind=Kind.SUSPECT_ARRESTED)
    correct_event(event=event, occurred=event.occurred_on, detail="In the morning.", by=officer)
    person = Participant.objects.victims().select_related("person").get().person
    change_details(
        person=person, version=person.version, verified_by="She rang.", by=officer, preferred_name="Si"
    )
    said = told_by(officer)
    assert said["Suspect arrested"] == said["Changed: Preferred name"] == str(officer)
    assert said["<del>Suspect arrested</del> (corrected)"] == "from the force’s system, extract.csv"
