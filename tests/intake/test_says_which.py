"""A later row updates what the feed owns, never what a person has confirmed, and the report says which."""

import pytest
from django.urls import reverse

from tests.intake.test_checked_first import checked
from tests.referrals.test_receive import SIAN, counts, receive
from victimcare.cases.changing import change_details, set_safe_contact
from victimcare.cases.models import PendingChange, Person, SafeContact
from victimcare.cases.safety.actions import verify_change
from victimcare.intake.models import ImportRow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _confirmed(monday, unit, officer, colleague):
    """Siân's mobile number and how to reach her were confirmed with her, the number by two people."""
    receive(SIAN)
    person = Person.objects.get(source_id="P1")
    change_details(
        person=person, version=person.version, verified_by="Saw her.", by=officer, phone_mobile="07700 900555"
    )  # fmt: skip
    part, change = person.parts.get(), PendingChange.objects.get()
    verify_change(change=change, participant=part, how="in_person", by=colleague)
    safe = SafeContact.objects.get(person=person)
    set_safe_contact(person=person, version=safe.version, by=officer, phone="Y", text="N", post="N")


def kept(batch):
    return list(ImportRow.objects.filter(batch=batch).values_list("number", "kept"))


def test_the_row_names_the_columns_that_stood(as_supervisor):
    row = SIAN | {"phone_mobile": "07700 900666", "safe_to_text": "Y", "town": "Cwmbrân"}
    checks = checked(row | {"town": "Newport"})
    page = as_supervisor.get(reverse("intake:batch", args=[checks.reference])).text
    assert "Not taken over" in page and "Mobile phone, Safe to text" in page
    batch = receive(row)
    assert (counts(batch), kept(batch)) == ({"updated": 1}, [(2, ["phone_mobile", "safe_to_text"])])
    person = Person.objects.get(source_id="P1")
    assert (person.phone_mobile, person.town, person.safe_contact.text) == ("07700 900555", "Cwmbrân", "N")
    page = as_supervisor.get(reverse("intake:batch", args=[batch.reference])).text
    assert "Mobile phone, Safe to text" in page


def test_a_row_that_changes_nothing_says_so_too():
    batch = receive(SIAN | {"phone_mobile": "07700 900666"})
    assert (counts(batch), kept(batch)) == ({"unchanged": 1}, [(2, ["phone_mobile"])])


def test_a_row_that_agrees_or_says_nothing_is_not_named():
    assert kept(receive(SIAN | {"phone_mobile": "07700 900555", "town": "Cwmbrân"})) == []
    assert kept(receive(SIAN | {"phone_mobile": "", "safe_to_call": "Y"})) == []
