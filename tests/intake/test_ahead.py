"""The next chunk is read while one lands, and a chunk costs as many statements however many rows it has."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import get_language

from referrals.models import Referral
from tests.referrals.test_receive import SIAN, counts, receive
from victimcare.intake import actions
from victimcare.intake.ahead import one_ahead
from victimcare.lookups import is_any


def test_items_come_in_order_and_one_is_made_ahead():
    made: list[int] = []
    before = set(threading.enumerate())

    def numbers():
        for n in range(4):
            made.append(n)
            yield n

    taken = list(one_ahead(numbers()))
    assert taken == made == [0, 1, 2, 3]
    assert set(threading.enumerate()) <= before


def test_what_stops_the_making_is_raised_in_its_turn():
    def broken():
        yield "read"
        raise ValueError("the second cannot be read")

    coming = one_ahead(broken())
    assert next(coming) == "read"
    with pytest.raises(ValueError, match="the second"):
        next(coming)


def test_who_stops_early_leaves_no_thread_behind():
    before = set(threading.enumerate())
    coming = one_ahead(iter(range(1000)))
    next(coming)
    coming.close()
    assert set(threading.enumerate()) <= before


def test_what_is_wrong_is_said_in_the_callers_language():
    with translation.override("cy"):
        assert list(one_ahead(get_language() for _turn in range(2))) == ["cy", "cy"]


@pytest.mark.django_db
def test_many_keys_are_one_parameter(monday, unit):
    receive(SIAN, SIAN | {"person_id": "P2"})
    with CaptureQueriesContext(connection) as asked:
        found = Referral.objects.filter(is_any("participant__person__source_id", ["P1", "P2", "P9"])).count()
    assert (found, "= ANY(" in asked[0]["sql"]) == (2, True)
    assert Referral.objects.filter(is_any("participant__person__source_id", [])).count() == 0


def people(numbers, **said):
    return [
        SIAN | {"person_id": f"P{n}", "occurrence_no": f"26{n:08d}", "suspect_ref": f"S{n}"} | said
        for n in numbers
    ]


def statements_for(rows):
    """How many statements a file of these rows takes, all in one chunk."""
    with CaptureQueriesContext(connection) as asked:
        batch = receive(*rows)
    assert sum(counts(batch).values()) == len(rows)
    return len(asked)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "said", [{}, {"phone_mobile": "07700 900555", "offence_code": "8N"}], ids=["new", "changed"]
)
def test_a_chunk_costs_the_same_however_many_rows_it_has(monday, unit, said):
    receive(*people(range(100, 250)), SIAN)  # what is held, and everything that is read once a process
    few = statements_for(people(range(100, 103) if said else range(3), **said))
    many = statements_for(people(range(110, 230) if said else range(10, 130), **said))
    assert (few, many) == (few, few)
    assert few <= 90


@pytest.mark.django_db
def test_a_file_of_many_chunks_is_kept_row_for_row(monday, unit, monkeypatch):
    monkeypatch.setattr(actions, "CHUNK", 7)
    batch = receive(*people(range(50)))
    assert (batch.received, counts(batch)) == (50, {"accepted": 50})
    assert Referral.objects.count() == 50
