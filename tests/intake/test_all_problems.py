"""A row that waits shows all that is wrong with it at once, each by its plain name and with what to do."""

import pytest
from django.urls import reverse

from contacts.rows import CONTACT_COLUMNS
from courts.rows import HEARING_COLUMNS
from tests.referrals.test_receive import ARREST, SIAN, receive, receive_events
from victimcare.intake import actions, claiming, layouts
from victimcare.intake.models import ImportRow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]
BAD = SIAN | {"postcode": "NP", "date_of_birth": "31/02/1990", "surname": "", "email": "nobody"}
HEARING = {"source_system": "COURT", "hearing_id": "H1", "hearing_type": "PARTY", "start_time": "noon"}
TOLD = {"source_system": "RMS", "contact_id": "C1", "channel": "PIGEON", "at": "31/02/2026"}


def waiting():
    return ImportRow.objects.in_quarantine().get()


def columns():
    return {one["column"] for one in waiting().all_wrong}


def url(row, name="intake:row"):
    return reverse(name, args=[row.batch.reference, row.number])


def test_every_wrong_cell_of_a_referral_is_named():
    receive(BAD)
    assert columns() == {"postcode", "date_of_birth", "surname", "email"}
    assert waiting().column in columns() and waiting().reason


def test_every_wrong_cell_of_an_event_is_named():
    receive_events(ARREST | {"kind": "PARTY", "occurred_at": "31/02/2026", "occurrence_no": ""})
    assert columns() == {"kind", "occurred_at", "occurrence_no"}


def test_every_wrong_cell_of_a_hearing_is_named():
    receive(HEARING, columns=HEARING_COLUMNS)
    assert columns() == {
        "occurrence_no", "court_ou", "hearing_type", "listed_on", "listed_learned_at", "start_time",
    }  # fmt: skip


def test_every_wrong_cell_of_a_contact_is_named():
    receive(TOLD, columns=CONTACT_COLUMNS)
    assert columns() == {"channel", "at", "occurrence_no", "person_id", "outcome"}


def test_a_row_that_is_cut_off_has_one_problem():
    head = "source_system,occurrence_no,person_id,role,surname,postcode\n"
    actions.read(batch=_claimed((head + "RMS,1\n").encode()))
    assert [one["column"] for one in waiting().all_wrong] == [""]


def _claimed(content):
    actions.upload(file_name="x.csv", content=content, by=None)
    return claiming.claim()


def test_the_page_names_each_in_plain_words_and_says_what_to_do(as_supervisor):
    receive(BAD)
    page = as_supervisor.get(url(waiting())).text
    for name in ("Postcode", "Date of birth", "Surname", "Email address"):
        assert f"{name}</a>: " in page
    assert "4 things are wrong with this row" in page and "govuk-input--error" in page
    assert "empty the box: it is then kept as not known" in page
    assert "Enter it. If you do not know it, ask the officer in the case." in page
    assert "date_of_birth:" not in page


def test_each_field_is_marked_until_it_is_right(as_supervisor):
    receive(BAD)
    row = waiting()
    page = as_supervisor.post(url(row), row.content | {"postcode": "NP20 4AB", "surname": "Evans"})
    assert {one["name"] for one in page.context["form"].problems} == {"Date of birth", "Email address"}
    as_supervisor.post(url(row), row.content | {
        "postcode": "NP20 4AB", "surname": "Evans", "date_of_birth": "", "email": "",
    })  # fmt: skip
    assert not ImportRow.objects.in_quarantine().exists()


def test_the_list_says_how_many_more_and_the_plain_name(as_supervisor):
    receive(BAD)
    page = as_supervisor.get(reverse("intake:quarantine")).text
    assert "and 3 more problems" in page and ">postcode<" not in page and ">date_of_birth<" not in page


@pytest.mark.parametrize("words", ["postcode", "Postcode", "post"])
def test_the_list_is_filtered_by_the_plain_name_too(as_supervisor, words):
    receive(SIAN | {"postcode": "NP"})
    receive(SIAN | {"person_id": "P2", "email": "x"})
    page = as_supervisor.get(reverse("intake:quarantine"), {"column": words})
    assert [one["row"].column for one in page.context["rows"]] == ["postcode"]


def test_a_row_that_came_before_all_problems_were_kept_shows_its_first(as_supervisor):
    receive(BAD)
    ImportRow.objects.update(problems=[], column="postcode", reason="“NP” is not a whole postcode.")
    assert "Postcode</a>: “NP” is not a whole postcode." in as_supervisor.get(url(waiting())).text


@pytest.mark.parametrize("kind", ["referrals", "events", "hearings", "contacts"])
def test_every_column_has_a_plain_name(kind):
    layout = layouts.of(kind)
    assert set(layout.names) == set(layout.columns)
    assert layout.needed <= set(layout.columns)
    assert not [column for column in layout.columns if "_" in layouts.name_of(kind, column)]
