"""A trial of Siân's case, seen by witness care."""

from datetime import date, time

import pytest

from courts import actions
from courts.models import Hearing
from tests.factories import CourtFactory, ParticipantFactory, PersonFactory, SafeContactFactory, london
from victimcare.accounts.models import User
from victimcare.cases.models import Participant


@pytest.fixture
def sian(victim: Participant) -> Participant:
    """Siân Evans, whose post is safe too."""
    victim.person.safe_contact.post = "Y"
    victim.person.safe_contact.save()
    return victim


@pytest.fixture
def trial(monday, sian: Participant, witness_care: User) -> Hearing:
    """Listed on Monday 23 November for Monday 11 January 2027 at Newport Crown Court."""
    return actions.list_hearing(
        case=sian.case,
        court=CourtFactory(),
        type=Hearing.Type.TRIAL,
        listed_on=date(2027, 1, 11),
        start_time=time(10),
        learned_at=london(2026, 11, 23, 9),
        by=witness_care,
    )


@pytest.fixture
def witness(sian: Participant):
    """Another person of Siân's case who saw it."""
    part = ParticipantFactory(
        case=sian.case, team=None, role="WITNESS", person=PersonFactory(given_names="Tom", surname="Price")
    )
    SafeContactFactory(person=part.person)
    return part


@pytest.fixture
def as_witness_care(monday, witness_care, sign_in):
    return sign_in(witness_care)
