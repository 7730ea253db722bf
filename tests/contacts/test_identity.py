"""Who rings is known by what was agreed, and by nothing that is easier to know."""

from datetime import date

import pytest
from django.urls import reverse

from contacts import actions
from contacts.models import IdentityCheck
from contacts.reaching import clearance_for
from tests.factories import ParticipantFactory, UserFactory, london
from victimcare import clock
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.cases.linking import link
from victimcare.cases.safe_contact import Channel
from victimcare.faults import NotAllowed, Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
KNOWN = {"born_on": date(1992, 5, 1), "postcode": "NP20 4AB"}


@pytest.fixture
def agreed(victim):
    """Siân agreed on a word."""
    victim.person.safe_contact.code_word = "Blue-bell"
    victim.person.safe_contact.save()
    return victim


def check(participant, officer, how="code_word", said="rose", **more):
    return actions.check_identity(participant=participant, how=how, said=said, by=officer, **more)


def test_where_a_word_was_agreed_a_birthday_and_a_postcode_are_not_enough(agreed, officer):
    with pytest.raises(Refused, match="A code word is on file"):
        check(agreed, officer, how="details", **KNOWN)


def test_the_word_of_her_other_record_is_asked_for_too(agreed, officer):
    other = ParticipantFactory(officer=officer, team=officer.team)
    link(one=agreed.person, other=other.person, reason="She said so.", by=officer)
    with pytest.raises(Refused, match="A code word is on file"):
        check(other, officer, how="details", **KNOWN)
    assert check(other, officer, said="bluebell").has_passed


def test_another_case_of_hers_gives_no_more_guesses(agreed, officer):
    other = ParticipantFactory(person=agreed.person, officer=officer, team=officer.team)
    for _n in range(3):
        check(agreed, officer)
    with pytest.raises(Refused, match="Too many wrong answers"):
        check(other, officer, said="bluebell")


def test_after_too_many_wrong_answers_she_may_still_be_rung_back(agreed, officer):
    for _n in range(3):
        check(agreed, officer)
    cleared = clearance_for(agreed, Channel.PHONE, clock.now())
    assert check(agreed, officer, how="rang_back", clearance=cleared).has_passed


def test_a_word_without_letters_is_no_word(agreed, officer):
    agreed.person.safe_contact.code_word = "***"
    agreed.person.safe_contact.save()
    with pytest.raises(Refused, match="No code word is on file"):
        check(agreed, officer, said="!")


def test_nobody_is_rung_back_without_a_clearance(victim, officer):
    with pytest.raises(NotAllowed):
        check(victim, officer, how="rang_back")
    cleared = clearance_for(victim, Channel.PHONE, clock.now())
    assert check(victim, officer, how="rang_back", clearance=cleared).has_passed
    email = clearance_for(victim, Channel.EMAIL, clock.now())
    with pytest.raises(NotAllowed):
        check(victim, officer, how="rang_back", clearance=email)


def test_the_page_says_why_somebody_must_not_be_rung_back(victim, as_officer):
    safe = victim.person.safe_contact
    safe.phone = "N"
    safe.save()
    page = reverse("contacts:caller", args=[victim.case.reference, victim.reference])
    response = as_officer.post(page, {"how": "rang_back"})
    assert response.status_code == 422 and "asked not to be reached this way" in response.text
    assert not IdentityCheck.objects.exists()


def test_of_a_restricted_case_only_those_on_its_list_hear(agreed, officer, supervisor):
    on_the_list = UserFactory(team=officer.team, roles=[Role.SUPERVISOR])
    agreed.case.is_restricted = True
    agreed.case.save()
    agreed.case.restricted_to.set([officer, on_the_list])
    for _n in range(3):
        check(agreed, officer)
    told = Notification.objects.filter(kind="caller_not_known").values_list("recipient", flat=True)
    assert set(told) == {officer.pk, on_the_list.pk}


def test_the_day_after_she_may_be_asked_again(agreed, officer, monday):
    for _n in range(3):
        check(agreed, officer)
    monday.move_to(london(2026, 11, 24, 11))
    assert check(agreed, officer, said="bluebell").has_passed
