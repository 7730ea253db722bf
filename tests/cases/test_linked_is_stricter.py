"""Another record of the same human being can only make contact more careful, never less."""

from datetime import date

import pytest

from tests.factories import (
    CaseFactory,
    ParticipantFactory,
    PersonFactory,
    SafeContactFactory,
    SuspectFactory,
    london,
)
from victimcare.cases import linking
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Channel, Verdict, verdicts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def sian(victim, officer) -> tuple[Participant, Participant]:
    """Siân's part, whose channels nobody asked about but the phone, and a part of her other record."""
    safe = victim.person.safe_contact
    safe.text = safe.email = ""
    safe.save()
    other = ParticipantFactory(person=PersonFactory(surname="Evans", date_of_birth=None))
    linking.link(one=victim.person, other=other.person, reason="She said so.", by=officer)
    return victim, other


def said(part: Participant, channel: Channel) -> Verdict:
    return verdicts(Participant.objects.select_related("person", "case").get(pk=part.pk))[channel]


def test_nothing_known_on_the_other_record_changes_nothing(sian):
    assert said(sian[0], Channel.TEXT).allowed


@pytest.mark.parametrize(
    "danger",
    [{"relationship_to_suspect": Participant.Relationship.EX_PARTNER}, {"risk_level": "HIGH"}],
)
def test_danger_found_in_another_case_closes_what_nobody_asked_about(sian, danger):
    part, other = sian
    Participant.objects.filter(pk=other.pk).update(**danger)
    assert said(part, Channel.TEXT).rule == "not_known"


def test_so_does_danger_in_an_earlier_case_of_the_same_record(victim):
    victim.person.safe_contact.delete()
    ParticipantFactory(person=victim.person, risk_level="HIGH")
    assert said(victim, Channel.TEXT).rule == "not_known"


def test_closed_as_unsafe_in_one_case_is_unsafe_in_every_case_of_hers(victim):
    unsafe = {"closed_at": london(2026, 11, 20), "closure_reason": "unsafe_to_contact"}
    earlier = ParticipantFactory(person=victim.person, **unsafe)
    assert said(victim, Channel.PHONE).rule == "unsafe"
    Participant.objects.filter(pk=earlier.pk).update(closed_at=None, closure_reason="")
    assert said(victim, Channel.PHONE).allowed


def test_a_child_by_either_record_is_a_child(victim, officer):
    victim.person.date_of_birth = None
    victim.person.save()
    other = ParticipantFactory(person=PersonFactory(date_of_birth=date(2014, 5, 1)))
    linking.link(one=victim.person, other=other.person, reason="Her school told us.", by=officer)
    assert said(victim, Channel.PHONE).rule == "nobody_acts"


def test_a_number_shared_with_a_suspect_stays_closed_when_the_suspect_turns_out_to_be_linked(sian, officer):
    """The link came first; then the force said that he is a suspect in another crime against her."""
    part, other = sian
    new = ParticipantFactory(case=CaseFactory(), person=part.person)
    SuspectFactory(case=new.case, person=other.person)
    part.person.phone_mobile = other.person.phone_mobile
    part.person.save()
    assert "shared_with_suspect" in {reason.rule for reason in said(part, Channel.PHONE).reasons}


def test_the_address_of_either_record_is_protected_on_both(sian):
    part, other = sian
    SafeContactFactory(person=other.person, post="", address_is_protected=True)
    part.person.safe_contact.post = ""
    part.person.safe_contact.save()
    assert said(part, Channel.POST).rule == "protected_address"
