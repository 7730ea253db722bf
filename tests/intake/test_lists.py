"""Each count of an extract opens the list of its rows, of whom the reader may see."""

from functools import partial

import pytest
from django.urls import reverse

from contacts.rows import CONTACT_COLUMNS
from courts.rows import HEARING_COLUMNS
from tests.intake.test_withdrawn import HEARING, HUW, TOLD, withdraw
from tests.referrals.test_receive import ARREST, SIAN, receive, receive_events
from victimcare.cases.models import Case
from victimcare.intake import outcome_views

pytestmark = pytest.mark.django_db
BAD = SIAN | {"person_id": "P3", "surname": "Morgan", "date_of_birth": "1990-02-31"}
SUSPECT = SIAN | {"person_id": "S1", "given_names": "Mair"}  # of her own crime


@pytest.fixture(autouse=True)
def _now(monday, unit):
    """Every test is on that Monday, in that unit."""


def page_of(client, batch, outcome, after=""):
    return client.get(reverse("intake:rows", args=[batch.reference, outcome]) + after)


def test_every_count_opens_its_rows(as_supervisor):
    receive(SIAN)
    batch = receive(SIAN, SIAN | {"town": "Newport"}, HUW, BAD, SUSPECT)
    says = {"accepted": "Huw Evans", "updated": "Siân Evans", "unchanged": "Siân Evans",
            "suppressed": "Mair Evans", "quarantined": "There is no date"}  # fmt: skip
    whole = as_supervisor.get(reverse("intake:batch", args=[batch.reference])).text
    for outcome, words in says.items():
        assert reverse("intake:rows", args=[batch.reference, outcome]) in whole
        page = page_of(as_supervisor, batch, outcome).text
        assert words in page and page.count("<tr>") == 2, outcome
    assert ">Why<" not in page_of(as_supervisor, batch, "accepted").text
    assert "Town: Nothing, now Newport" in page_of(as_supervisor, batch, "updated").text
    assert "also a suspect in this case" in page_of(as_supervisor, batch, "suppressed").text
    assert page_of(as_supervisor, batch, "withdrawn").status_code == 404


def test_what_other_rows_changed_is_named_with_what_stood_there(as_supervisor):
    receive(SIAN)
    kinds = (
        (receive_events, ARREST, {"detail": "At her mother's"}, "Detail: Nothing, now At her mother&#x27;s"),
        (partial(receive, columns=HEARING_COLUMNS), HEARING, {"courtroom": "7"}, "Courtroom: Nothing, now 7"),
        (partial(receive, columns=CONTACT_COLUMNS), TOLD, {"note": "Rang"}, "Note: Nothing, now Rang"),
    )
    for bring, row, change, words in kinds:
        bring(row)
        assert words in page_of(as_supervisor, bring(row | change), "updated").text


def test_rows_of_the_other_kinds_lead_to_the_victims_of_their_case(as_supervisor):
    receive(SIAN)
    for batch in (
        receive_events(ARREST),
        receive(HEARING, columns=HEARING_COLUMNS),
        receive(TOLD, columns=CONTACT_COLUMNS),
    ):
        assert "Siân Evans" in page_of(as_supervisor, batch, "accepted").text, batch.kind


def test_whoever_may_not_see_somebody_sees_a_row_and_nobody(as_supervisor):
    batch = receive(SIAN)
    Case.objects.update(is_restricted=True)
    page = page_of(as_supervisor, batch, "accepted").text
    assert "Not shown to you" in page and "Siân" not in page and "2600000001" not in page
    page = page_of(as_supervisor, receive(SIAN | {"town": "Cwmbrân"}), "updated").text
    assert "Town" in page and "Cwmbrân" not in page


def test_a_long_list_has_pages_and_as_few_questions(
    as_supervisor, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(outcome_views, "PAGE", 2)
    batch = receive(*(SIAN | {"person_id": f"P{n}", "given_names": f"Siân {n}"} for n in range(5)))
    with django_assert_max_num_queries(12):
        first = page_of(as_supervisor, batch, "accepted").text
    assert "Row 2<" in first and "Row 3<" in first and "Row 4<" not in first and "?after=3" in first
    last = page_of(as_supervisor, batch, "accepted", "?after=5").text
    assert "Row 6<" in last and "?after=6" not in last


def test_a_withdrawn_extract_lists_what_it_had_brought_and_names_nobody(as_supervisor, supervisor):
    batch = receive(SIAN, HUW)
    withdraw(batch, supervisor)
    page = page_of(as_supervisor, batch, "withdrawn").text
    assert "withdrawn, 2 rows" in page.lower() and "Evans" not in page and "Row 3" in page
