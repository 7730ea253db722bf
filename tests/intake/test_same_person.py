"""A row that may be about another person than its number says is not guessed about: it waits, or asks first."""

import pytest
from django.urls import reverse

from tests.referrals.test_receive import SIAN, counts, receive
from victimcare.cases.models import Participant, Person
from victimcare.intake.models import ImportRow

pytestmark = pytest.mark.django_db
HUW = SIAN | {"given_names": "Huw", "surname": "Price", "date_of_birth": "1961-02-03"}


@pytest.fixture(autouse=True)
def _now(monday, unit):
    receive(SIAN)


def posted(row, **said):
    return {**row.content, "form_key": "0d7a2f0e-3f5f-4a43-9a53-0f2a0a1a7a11", **said}


def test_another_name_and_another_birthday_under_one_number_wait(as_supervisor):
    batch = receive(HUW)
    assert counts(batch) == {"quarantined": 1}
    row = ImportRow.objects.in_quarantine().get()
    assert (row.column, row.reason) == (
        "date_of_birth",
        "The name and the date of birth are both others than those held under this number.",
    )
    assert Person.objects.get(source_id="P1").surname == "Evans"
    url = reverse("intake:row", args=[batch.reference, row.number])
    asked = as_supervisor.post(url, posted(row))
    part = Participant.objects.get(person__source_id="P1")
    assert f"would change the record of {part.reference} in {part.case.reference}" in asked.text
    as_supervisor.post(url, posted(row, is_meant=row.natural_key))
    assert Person.objects.get(source_id="P1").surname == "Price"


@pytest.mark.parametrize(
    "said",
    [
        {"surname": "Price"}, {"date_of_birth": "1992-05-10"}, {"given_names": "SIAN", "date_of_birth": "1992-05-10"},
        {"given_names": "Sian Mair", "surname": "Price", "date_of_birth": ""},
    ],
)  # fmt: skip
def test_an_ordinary_correction_goes_through(said):
    assert counts(receive(SIAN | said)) == {"updated": 1}


def test_what_was_confirmed_here_is_no_sign_of_another_person():
    Person.objects.filter(source_id="P1").update(confirmed_fields=["date_of_birth"])
    assert counts(receive(HUW)) == {"updated": 1}


@pytest.mark.parametrize("occurrence", ["2600000001", "2600000002"])
def test_a_row_mended_to_somebody_elses_number_asks_before_it_changes_them(as_supervisor, occurrence):
    batch = receive(HUW | {"person_id": "", "occurrence_no": occurrence, "date_of_birth": ""})
    row = ImportRow.objects.in_quarantine().get()
    url = reverse("intake:row", args=[batch.reference, row.number])
    asked = as_supervisor.post(url, posted(row, person_id="P1", is_meant="RMS|another|P9|VICTIM"))
    part = Participant.objects.get(person__source_id="P1")
    assert f"This row would change the record of {part.reference}" in asked.text
    assert "Is that the record you mean?" in asked.text
    assert Person.objects.get(source_id="P1").surname == "Evans" and row.settled_at is None
    key = f"RMS|{occurrence}|P1|VICTIM"
    assert f'value="{key}"' in asked.text and " checked" not in asked.text
    as_supervisor.post(url, posted(row, person_id="P1", is_meant=key))
    assert Person.objects.get(source_id="P1").surname == "Price"


def test_whose_record_it_is_is_not_said_to_whom_may_not_see_it(as_supervisor):
    batch = receive(HUW | {"person_id": ""})
    Participant.objects.update(team=None)
    part = Participant.objects.get(person__source_id="P1")
    part.case.__class__.objects.update(is_restricted=True)
    row = ImportRow.objects.in_quarantine().get()
    row.content = {**row.content}
    asked = as_supervisor.post(
        reverse("intake:row", args=[batch.reference, row.number]), posted(row, person_id="P1")
    )
    assert part.reference not in asked.text and part.case.reference not in asked.text
    assert Person.objects.get(source_id="P1").surname == "Evans"
