"""What a transaction recorded is announced once, when it is committed, and not when it is taken back."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.utils.translation import override

from tests.factories import CaseFactory, london
from victimcare.cases.events import announce, events_recorded, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def heard() -> Iterator[list[list[int]]]:
    """The cases of each announcement."""
    told: list[list[int]] = []

    def listen(sender, case_ids, **kwargs):
        told.append(case_ids)

    events_recorded.connect(listen)
    yield told
    events_recorded.disconnect(listen)


def arrest(case):
    record_event(case=case, kind=Kind.SUSPECT_ARRESTED, occurred=london(2026, 11, 20, 9), by=None)


def test_three_events_of_two_cases_are_announced_once(heard):
    one, two = CaseFactory(), CaseFactory()
    with transaction.atomic():
        for case in (two, one, one):
            arrest(case)
        assert heard == []
    assert heard == [[one.pk, two.pk]]


def test_each_transaction_has_its_own_announcement(heard):
    one, two = CaseFactory(), CaseFactory()
    arrest(one)
    arrest(two)
    assert heard == [[one.pk], [two.pk]]


def test_what_was_taken_back_is_not_announced(heard):
    one, two = CaseFactory(), CaseFactory()
    with transaction.atomic():
        with pytest.raises(ValueError, match="no"), transaction.atomic():
            arrest(one)
            raise ValueError("no")
        arrest(two)
    assert heard == [[two.pk]]


def test_what_came_before_a_part_that_was_taken_back_still_is(heard):
    one, two = CaseFactory(), CaseFactory()
    with transaction.atomic():
        announce([one.pk])
        with pytest.raises(ValueError, match="no"), transaction.atomic():
            arrest(two)
            raise ValueError("no")
    assert [one.pk in cases for cases in heard] == [True]


def test_what_we_were_late_with_is_said_in_the_readers_language():
    late = Event(kind=Kind.RIGHT_NOT_MET, detail="Referral to support (Right 4)")
    with override("cy"):
        assert late.told == "Atgyfeiriad at gymorth (Hawl 4)"
        assert Event(kind=Kind.SUSPECT_BAILED, detail="Curfew (Right 4)").told == "Curfew (Right 4)"
    assert late.told == "Referral to support (Right 4)"
