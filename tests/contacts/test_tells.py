"""What a contact told meets what was owed: the thread from the call to the duty."""

from datetime import date

import pytest

from compliance.models import Duty
from contacts import actions
from contacts.reaching import clearance_for
from needs_assessments.actions import Answers, complete
from tests.factories import EntitlementFactory, ParticipantFactory, london
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.safe_contact import Channel

pytestmark = pytest.mark.django_db


def owed(victim):
    """The rules of the Code owed to this person, and how each stands."""
    return {duty.rule: duty.status for duty in Duty.objects.owed_to(victim)}


@pytest.fixture
def arrested(monday, victim, officer):
    """Arrested on Friday 20 November, released on bail that evening: both owed to her."""
    return [
        record_event(
            case=victim.case, kind=kind, occurred=at, learned_at=london(2026, 11, 20, 19), by=officer
        )
        for kind, at in (
            (Kind.SUSPECT_ARRESTED, london(2026, 11, 20, 9)),
            (Kind.SUSPECT_BAILED, london(2026, 11, 20, 18)),
        )
    ]


def call(victim, by, **answers):
    at = london(2026, 11, 23, 9, 50)
    asked = {"direction": "out", "channel": "phone", "outcome": "reached", "note": "", "tells": []} | answers
    used = actions.channel_used(asked["channel"], asked["outcome"])
    return actions.log(participant=victim, at=at, by=by, clearance=clearance_for(victim, used, at), **asked)


def test_one_call_that_tells_two_events_meets_two_duties_on_time(arrested, victim, officer):
    assert owed(victim)["R6-ARREST"] == owed(victim)["R6-BAIL"] == Duty.Status.OPEN
    contact = call(victim, officer, tells=arrested)
    met = Duty.objects.owed_to(victim).filter(rule__in=["R6-ARREST", "R6-BAIL"])
    assert {(d.status, d.settled_on, d.met_by) for d in met} == {
        (Duty.Status.MET, date(2026, 11, 23), contact.reference)
    }


def test_a_call_that_nobody_answered_meets_nothing(arrested, victim, officer):
    call(victim, officer, outcome="no_answer")
    assert owed(victim)["R6-ARREST"] == Duty.Status.OPEN


def test_telling_one_victim_does_not_tell_the_other(arrested, victim, officer):
    other = ParticipantFactory(case=victim.case, officer=officer)
    EntitlementFactory(participant=other)
    call(victim, officer, tells=arrested)
    assert owed(victim)["R6-ARREST"] == Duty.Status.MET
    assert owed(other)["R6-ARREST"] == Duty.Status.OPEN


def test_an_assessment_that_gives_enhanced_rights_moves_what_is_open(arrested, victim, officer):
    before = Duty.objects.owed_to(victim).get(rule="R6-ARREST").due_on
    yes = {"intimidated": ("Y", "Afraid.")}
    complete(participant=victim, version=0, answers=Answers(is_in_danger_now="N", categories=yes), by=officer)
    assert before == date(2026, 11, 27)
    assert Duty.objects.owed_to(victim).get(rule="R6-ARREST").due_on == date(2026, 11, 24)


def test_the_phone_is_the_channel_of_a_call():
    assert actions.channel_used("phone", "reached") is Channel.PHONE
    assert actions.channel_used("phone", "message_left") is Channel.VOICEMAIL
