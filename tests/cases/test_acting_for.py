"""Who is contacted instead: a child's parent, a bereaved family's spokesperson; never one tied to the suspect."""

from datetime import date

import pytest

from tests.factories import CaseFactory, ParticipantFactory, PersonFactory, SuspectFactory
from victimcare.cases import actions, linking
from victimcare.cases.models import Participant, Person
from victimcare.cases.safe_contact import Channel, verdicts, verdicts_for, whom_not_to_ask, why_not_to_act_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

MOBILE = {Channel.PHONE, Channel.TEXT, Channel.EMAIL, Channel.POST, Channel.VOICEMAIL}


def acting_for(part: Participant, **person) -> Participant:
    facts = {"given_names": "Carys", "surname": "Evans", **person}
    return ParticipantFactory(
        case=part.case, person=PersonFactory(**facts), role="REPRESENTATIVE", represents=part
    )


@pytest.fixture
def child() -> Participant:
    return ParticipantFactory(person__date_of_birth=date(2014, 3, 1), person__given_names="Mali")


@pytest.fixture
def late() -> Participant:
    return ParticipantFactory(person__date_of_death=date(2026, 11, 10), case__flags=["HOMICIDE"])


def said(part: Participant, channel: Channel = Channel.PHONE):
    return verdicts(part)[channel]


def sentences(part: Participant) -> str:
    return " ".join(str(reason.sentence) for reason in said(part).reasons)


def test_a_childs_parent_is_contacted_instead(child):
    mother = acting_for(child)
    assert "Contact Carys Evans" in sentences(child)
    assert not any(verdicts(child)[channel].allowed for channel in MOBILE)
    assert said(mother).allowed


def test_a_bereaved_familys_spokesperson_is_contacted_instead(late):
    son = acting_for(late)
    assert "Contact Carys Evans, who acts for the family" in sentences(late)
    assert not any(verdict.allowed for verdict in verdicts(late).values())
    assert said(son).allowed


def test_with_nobody_safe_the_page_says_who_decides(child, late, as_officer, officer):
    for part in (child, late):
        assert "PC Pugh decides who is contacted" in sentences(part)
        part.officer, part.team = officer, officer.team
        part.save()
        page = as_officer.get(f"/cases/{part.case.reference}/{part.reference}/").content.decode()
        assert "PC Pugh decides who is contacted" in page


def test_a_parent_who_is_the_suspect_is_not_contacted(child):
    father = acting_for(child)
    SuspectFactory(case=child.case, person=father.person)
    assert said(father).rule == "suspect"
    assert "PC Pugh decides" in sentences(child)


@pytest.mark.parametrize(
    "shared",
    [
        {"phone_mobile": "+44 7700 900999"},
        {"phone_home": "07700900999"},
        {"address_line_1": "99 Mill Lane", "postcode": "NP44 1ZZ"},
    ],
)
def test_nor_one_who_lives_or_shares_a_phone_with_the_suspect_by_any_channel(child, shared):
    SuspectFactory(case=child.case)
    father = acting_for(child, **shared)
    assert not any(verdict.allowed for verdict in verdicts(father).values())
    assert said(father, Channel.IN_PERSON).rule == "tied_to_suspect"
    assert "PC Pugh decides" in sentences(child)


def test_nor_one_who_is_the_suspect_of_another_crime_against_her(child):
    before = ParticipantFactory(person=child.person, case=CaseFactory())
    father = acting_for(child)
    SuspectFactory(case=before.case, person=father.person)
    assert said(father).rule == "suspect"


def test_nor_one_who_lives_with_the_suspect_of_a_crime_under_her_other_reference(child, officer):
    other = ParticipantFactory(person__date_of_birth=date(2014, 3, 1))
    linking.link(one=child.person, other=other.person, reason="Same child.", by=officer)
    SuspectFactory(case=other.case)
    father = acting_for(child, address_line_1="99 Mill Lane", postcode="NP44 1ZZ")
    assert said(father).rule == "tied_to_suspect"


def test_where_the_first_is_unsafe_the_second_is_contacted(child):
    father = acting_for(child)
    SuspectFactory(case=child.case, person=father.person)
    acting_for(child, given_names="Nain")
    assert "Contact Nain Evans" in sentences(child)


def test_one_who_no_longer_acts_is_not_named(child):
    mother = acting_for(child)
    actions.close(participant=mother, reason="no_further_need", version=mother.version, by=None)
    assert "PC Pugh decides" in sentences(child)


def test_a_spokesperson_who_has_died_is_not_contacted(late):
    son = acting_for(late, date_of_death=date(2026, 11, 20))
    assert said(son).rule == "died"
    assert "PC Pugh decides" in sentences(late)


def test_at_sixteen_with_nobody_acting_they_may_be_rung_with_care():
    young = ParticipantFactory(person__date_of_birth=date(2010, 1, 1))
    assert said(young).rule == "first_contact"
    assert not said(young, Channel.TEXT).allowed


def test_a_child_may_be_seen_in_person(child):
    acting_for(child)
    assert said(child, Channel.IN_PERSON).allowed


def test_no_to_sharing_stops_no_contact():
    part = ParticipantFactory(consent_to_refer="N")
    assert said(part).allowed


def test_twenty_children_cost_no_more_queries_than_one(child, django_assert_num_queries):
    children = [child]
    for _n in range(20):
        part = ParticipantFactory(person__date_of_birth=date(2014, 3, 1))
        acting_for(part)
        SuspectFactory(case=part.case)
        children.append(part)
    for some in (children[1:2], children):
        with django_assert_num_queries(3):
            verdicts_for(some)


def where(part: Participant, page: str = "") -> str:
    return f"/cases/{part.case.reference}/{part.reference}/{page}"


TIED = "not to be contacted: shares a phone or address with the suspect"


@pytest.mark.parametrize("born", [date(2014, 3, 1), date(1988, 3, 1)])
def test_who_shares_a_phone_with_the_suspect_is_nowhere_named_to_act(born, officer, as_officer):
    part = ParticipantFactory(person__date_of_birth=born, officer=officer, team=officer.team)
    SuspectFactory(case=part.case)
    acting_for(part, given_names="Mam", phone_mobile="+44 7700 900999")
    acting_for(part, given_names="Nain")
    summary = as_officer.get(where(part)).content.decode()
    assert TIED in summary
    assert summary.count("acts for them<") == 1
    page = as_officer.get(where(part, "contacts/log")).content.decode()
    asked, after = page.split("Do not contact", 1)
    assert "Mam Evans" not in asked.split("Ask for", 1)[1]
    assert "Nain Evans acts for them" in asked
    assert TIED in after
    assert "Mam Evans, who acts for them" not in page
    assert "Nain Evans, who acts for them" in page
    assert "900999" not in summary + page


def test_one_tied_to_the_suspect_is_not_named_at_a_handover(officer):
    part = ParticipantFactory(officer=officer, team=officer.team)
    SuspectFactory(case=part.case)
    acting_for(part, given_names="Mam", phone_mobile="+44 7700 900999")
    nain = acting_for(part, given_names="Nain")
    acting = list(part.represented_by.select_related("person", "case"))
    assert nain.pk not in whom_not_to_ask(acting)
    assert list(whom_not_to_ask(acting).values()) == [TIED]


def test_who_may_act_costs_the_same_for_twenty_as_for_one(django_assert_num_queries):
    acting = []
    for _n in range(20):
        part = ParticipantFactory()
        SuspectFactory(case=part.case)
        acting.append(acting_for(part))
    rows = list(Participant.objects.filter(pk__in=[a.pk for a in acting]).select_related("person", "case"))
    for some in (rows[:1], rows):
        with django_assert_num_queries(3):
            whom_not_to_ask(some)


def test_whoever_is_named_to_act_is_asked_about_first(child):
    stranger = PersonFactory(given_names="Ifor")
    assert why_not_to_act_for(stranger, child) == ""
    SuspectFactory(case=child.case, person=stranger)
    assert "held as a suspect" in str(why_not_to_act_for(stranger, child))
    tied = PersonFactory(phone_mobile=stranger.phone_mobile)
    assert "cannot act for the victim" in str(why_not_to_act_for(tied, child))
    Person.objects.filter(pk=tied.pk).update(date_of_death=date(2026, 1, 1))
    tied.refresh_from_db()
    assert "has died" in str(why_not_to_act_for(tied, child))
