"""The same bad row again: one waits, the newest; who reads the batch sees that it still waits."""

import pytest

from referrals.rows import REFERRAL_COLUMNS
from tests.referrals.test_receive import ARREST, SIAN, as_csv, counts, receive, receive_events
from victimcare.intake import actions, claiming, settling
from victimcare.intake.models import ImportRow

pytestmark = pytest.mark.django_db
BAD = SIAN | {"postcode": "NP"}


def waiting():
    return ImportRow.objects.in_quarantine()


def test_the_same_bad_row_again_still_waits_where_it_was_and_is_unchanged(monday, unit):
    first = receive(BAD, SIAN | {"person_id": "P2"})
    again = receive(BAD, SIAN | {"person_id": "P2"})
    assert counts(again) == {"unchanged": 2}
    assert (waiting().get().batch, ImportRow.objects.count()) == (first, 1)


def test_a_bad_row_that_says_something_else_replaces_the_one_that_waits(monday, unit):
    first = receive(BAD)
    second = receive(BAD | {"town": "Newport"})
    assert counts(second) == {"quarantined": 1}
    assert waiting().get().content["town"] == "Newport"
    old = first.rows.get()
    assert (old.settlement, old.settled_in) == ("Replaced by a later row, in extract.csv.", second)


def test_a_bad_row_that_says_again_what_it_said_before_waits_in_its_old_words(monday, unit):
    receive(BAD)
    receive(BAD | {"town": "Newport"})
    assert counts(receive(BAD)) == {"quarantined": 1}
    assert "town" not in {name for name, cell in waiting().get().content.items() if cell}


def test_a_file_with_two_bad_rows_of_one_key_changes_nothing_the_second_time(monday, unit):
    rows = [BAD, BAD | {"town": "Newport"}, BAD | {"person_id": ""}]
    assert counts(receive(*rows)) == {"quarantined": 3}
    assert counts(receive(*rows)) == {"unchanged": 3}
    assert waiting().count() == 2


def test_the_same_bad_row_twice_in_one_file_waits_once(monday, unit):
    assert counts(receive(BAD, BAD)) == {"quarantined": 1, "unchanged": 1}
    assert waiting().count() == 1


def test_two_bad_rows_of_one_key_in_one_file_leave_the_later_waiting(monday, unit):
    assert counts(receive(BAD, BAD | {"town": "Newport"})) == {"quarantined": 2}
    assert waiting().get().number == 3


def test_rows_whose_key_is_not_whole_never_replace_each_other(monday, unit):
    nobody = SIAN | {"person_id": ""}
    receive(nobody, nobody | {"given_names": "Huw"})
    assert waiting().count() == 2
    assert counts(receive(nobody)) == {"unchanged": 1}
    assert waiting().count() == 2


def test_a_bad_row_that_was_set_aside_is_unchanged_when_it_comes_again(monday, unit, supervisor):
    receive(BAD)
    receive(BAD | {"town": "Newport"})
    settling.set_aside(row=waiting().get(), reason="A test row.", by=supervisor)
    assert counts(receive(BAD | {"town": "Newport"})) == {"unchanged": 1}
    assert counts(receive(BAD)) == {"unchanged": 1}
    assert not waiting().exists()


def test_an_event_that_still_waits_for_its_crime_waits_once(monday, unit):
    receive_events(ARREST)
    assert counts(receive_events(ARREST | {"detail": "At home."})) == {"quarantined": 1}
    assert waiting().get().content["detail"] == "At home."


def test_replacing_costs_the_same_however_many_rows_wait(monday, unit, django_assert_max_num_queries):
    def file(n):
        return as_csv([BAD | {"person_id": f"P{i}"} for i in range(n)], REFERRAL_COLUMNS)

    for n in (150, 149):
        actions.upload(file_name="a.csv", content=file(n), by=None)
        with django_assert_max_num_queries(30):
            actions.read(batch=claiming.claim())
    assert waiting().count() == 150
