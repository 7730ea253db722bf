"""The search before somebody is added: of another team's people, only those whose every record is ordinary."""

from datetime import date

import pytest
from django.urls import reverse

from tests.factories import ParticipantFactory, PersonFactory, SafeContactFactory, TeamFactory
from victimcare.cases.linking import link
from victimcare.cases.models import Case, Participant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
TYPED = {
    "given_names": "Mair", "surname": "Rees", "date_of_birth_day": "1", "date_of_birth_month": "5",
    "date_of_birth_year": "1992", "postcode": "NP20 4AB", "phone": "07700 900321",
}  # fmt: skip


@pytest.fixture
def mair(officer) -> tuple[Participant, Participant]:
    """Mair Rees of another team, twice: an ordinary record, and one linked to it under another name."""
    team = TeamFactory(name="Another unit")
    known = PersonFactory(given_names="Mair", surname="Rees", phone_mobile="07700 900321")
    one = ParticipantFactory(person=known, team=team)
    other = ParticipantFactory(person=PersonFactory(given_names="Mary", surname="Pugh"), team=team)
    link(one=one.person, other=other.person, reason="She said so.", by=officer)
    return one, other


def found(as_officer) -> str:
    return as_officer.post(reverse("cases:open-case"), TYPED).text


def test_an_ordinary_record_is_shown_by_initials(as_officer, mair):
    assert "M… R…" in found(as_officer)


@pytest.mark.parametrize("danger", ["restricted", "flag", "protected", "child"])
def test_nothing_is_shown_where_a_linked_record_is_not_ordinary(as_officer, mair, danger):
    _one, other = mair
    if danger == "restricted":
        Case.objects.filter(pk=other.case_id).update(is_restricted=True)
    elif danger == "flag":
        Case.objects.filter(pk=other.case_id).update(flags=["DA"])
    elif danger == "protected":
        SafeContactFactory(person=other.person, address_is_protected=True)
    else:
        other.person.date_of_birth = date(2012, 5, 1)
        other.person.save()
    page = found(as_officer)
    assert "M… R…" not in page and "Another unit" not in page
