"""Working days in England and Wales: the counted examples, and an oracle that counts another way."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from victimcare.working_days import (
    add_working_days,
    count_shown,
    england_and_wales,
    is_working_day,
    london_day,
    working_days_between,
)

HOLIDAYS = england_and_wales()
DAYS = st.dates(date(2021, 1, 1), date(2028, 6, 30))

COUNTED = [
    ("2026-11-23", {1: "2026-11-24", 2: "2026-11-25", 5: "2026-11-30", 10: "2026-12-07", 20: "2026-12-21"}),
    ("2026-11-27", {1: "2026-11-30", 2: "2026-12-01", 5: "2026-12-04"}),
    ("2026-11-28", {1: "2026-11-30", 2: "2026-12-01", 5: "2026-12-04"}),
    ("2026-12-24", {1: "2026-12-29", 2: "2026-12-30", 5: "2027-01-05", 10: "2027-01-12", 20: "2027-01-26"}),
    ("2026-12-26", {1: "2026-12-29", 5: "2027-01-05"}),
    ("2026-12-31", {1: "2027-01-04", 5: "2027-01-08"}),
    ("2027-03-25", {1: "2027-03-30", 2: "2027-03-31", 5: "2027-04-05"}),
    ("2027-05-28", {1: "2027-06-01", 5: "2027-06-07"}),
    ("2027-12-24", {1: "2027-12-29", 2: "2027-12-30", 5: "2028-01-05"}),
    ("2022-09-16", {1: "2022-09-20", 5: "2022-09-26"}),
    ("2023-05-05", {1: "2023-05-09", 5: "2023-05-15"}),
    ("2026-12-18", {5: "2026-12-29", 10: "2027-01-06"}),
    ("2026-12-29", {1: "2026-12-30"}),
    ("2027-01-06", {20: "2027-02-03"}),
]


@pytest.mark.parametrize(
    ("start", "days", "due"), [(start, days, due) for start, row in COUNTED for days, due in row.items()]
)
def test_the_last_day_in_time(start, days, due):
    counted = add_working_days(date.fromisoformat(start), days, bank_holidays=HOLIDAYS)
    assert counted == date.fromisoformat(due)


def by_filtering(start, days):
    """Another way to count: every day of the next months, less the weekends and holidays."""
    ahead = (start + timedelta(n) for n in range(1, 90))
    return [day for day in ahead if day.isoweekday() < 6 and day not in HOLIDAYS][days - 1]


@given(DAYS, st.integers(1, 30))
def test_counting_another_way_gives_the_same_day(start, days):
    assert add_working_days(start, days, bank_holidays=HOLIDAYS) == by_filtering(start, days)


@given(DAYS, st.integers(1, 20))
def test_nothing_falls_due_on_a_day_nobody_works(start, days):
    assert is_working_day(add_working_days(start, days, bank_holidays=HOLIDAYS), bank_holidays=HOLIDAYS)


@given(DAYS, st.integers(1, 15), st.integers(1, 15))
def test_days_add_up(start, first, more):
    def add(day, n):
        return add_working_days(day, n, bank_holidays=HOLIDAYS)

    assert add(add(start, first), more) == add(start, first + more)


@given(DAYS, DAYS, st.integers(0, 20))
def test_a_later_start_never_falls_due_earlier(one, other, days):
    early, late = sorted((one, other))
    holidays = HOLIDAYS
    assert add_working_days(early, days, bank_holidays=holidays) <= add_working_days(
        late, days, bank_holidays=holidays
    )


@given(DAYS, st.integers(1, 20))
def test_the_count_shown_ends_on_the_last_day_with_its_number(start, days):
    due = add_working_days(start, days, bank_holidays=HOLIDAYS)
    assert count_shown(start, due, bank_holidays=HOLIDAYS)[-1] == (due, days)
    assert working_days_between(start, due, bank_holidays=HOLIDAYS) == days


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 27, 23, 50, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 7, 3, 23, 50, tzinfo=UTC), date(2026, 7, 4)),
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), date(2027, 3, 28)),
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), date(2027, 10, 31)),
    ],
)
def test_the_day_is_londons(moment, day):
    assert london_day(moment) == day


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        london_day(datetime(2026, 11, 27, 9))  # noqa: DTZ001 - that is the point


def test_days_are_counted_forwards():
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(date(2026, 11, 23), -1, bank_holidays=HOLIDAYS)
