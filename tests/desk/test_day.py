"""How a day is laid out, without a database."""

from datetime import date, time

import pytest

from desk.day import Group, Item, What, horizon, lay_out, minutes_left, things

MONDAY = date(2026, 11, 23)
NO_HOLIDAYS: frozenset[date] = frozenset()


def groups(*items: Item) -> dict[Group, int]:
    day = lay_out(items, MONDAY, bank_holidays=NO_HOLIDAYS, room=50)
    return {group: count for group, count in day.counts.items() if count}


@pytest.mark.parametrize(
    ("due_on", "is_enhanced", "group"),
    [
        (date(2026, 11, 23), False, Group.TODAY),
        (date(2026, 11, 23), True, Group.TODAY),
        (date(2026, 11, 20), False, Group.OVERDUE),  # Friday: one working day late
        (date(2026, 11, 20), True, Group.CRITICAL),  # the same, with enhanced rights
        (date(2026, 11, 19), False, Group.OVERDUE),
        (date(2026, 11, 18), False, Group.CRITICAL),  # three working days late
        (date(2026, 11, 24), True, Group.SOON),
        (date(2026, 11, 26), False, Group.SOON),  # the third working day from now
    ],
)
def test_how_late_says_where_it_stands(due_on, is_enhanced, group):
    assert groups(Item(What.TELL, 1, due_on, is_enhanced)) == {group: 1}


def test_what_is_due_after_three_working_days_is_for_later():
    assert groups(Item(What.TELL, 1, date(2026, 11, 27))) == {Group.LATER: 1}


def test_the_groups_are_these_five_in_this_order():
    assert [group.value for group in Group] == ["critical", "overdue", "today", "soon", "later"]


def test_the_minutes_are_the_units_own():
    found = things([Item(What.UPDATE, 1, MONDAY)], minutes={What.UPDATE: 40})
    assert [thing.minutes for thing in found] == [40]


def test_three_working_days_from_the_thursday_before_christmas():
    holidays = frozenset({date(2026, 12, 25), date(2026, 12, 28)})
    assert horizon(date(2026, 12, 24), bank_holidays=holidays) == date(2026, 12, 31)


def test_one_call_tells_one_person_everything_due_by_the_same_day():
    found = things([Item(What.TELL, 1, MONDAY, source="arrest"), Item(What.TELL, 1, MONDAY, source="bail")])
    assert [[item.source for item in thing.items] for thing in found] == [["arrest", "bail"]]


def test_two_people_two_days_or_another_kind_of_work_are_separate_things():
    found = things(
        [
            Item(What.TELL, 1, MONDAY),
            Item(What.TELL, 2, MONDAY),
            Item(What.TELL, 1, date(2026, 11, 24)),
            Item(What.DO, 1, MONDAY),
            Item(What.DO, 1, MONDAY),
        ]
    )
    assert len(found) == 5


def test_enhanced_victims_come_first_on_the_same_day():
    found = things([Item(What.TELL, 1, MONDAY), Item(What.TELL, 2, MONDAY, is_enhanced=True)])
    assert [thing.participant for thing in found] == [2, 1]


def test_a_full_page_shows_the_latest_first_and_says_how_many_more():
    items = [Item(What.TELL, n, MONDAY) for n in range(60)] + [Item(What.TELL, 99, date(2026, 11, 16))]
    day = lay_out(items, MONDAY, bank_holidays=NO_HOLIDAYS, room=50)
    assert (len(day.shown), day.hidden, day.total) == (50, 11, 61)
    assert day.shown[0].participant == 99


def test_a_call_that_tells_two_things_takes_five_minutes_more():
    one, two = (
        lay_out([Item(What.TELL, 1, MONDAY)] * n, MONDAY, bank_holidays=NO_HOLIDAYS, room=50).minutes
        for n in (1, 2)
    )
    assert two - one == 5


@pytest.mark.parametrize(
    ("now", "left"), [(time(8, 0), 480), (time(11, 0), 360), (time(17, 0), 0), (time(19, 0), 0)]
)
def test_the_hours_left(now, left):
    assert minutes_left(now, (time(9, 0), time(17, 0))) == left


def test_nobody_works_on_a_day_off():
    assert minutes_left(time(10, 0), None) == 0
