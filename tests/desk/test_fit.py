"""A day's work laid into the hours left, without a database."""

from datetime import date, time
from itertools import pairwise

from desk.day import Item, What, things
from desk.fit import Person, Why, fit

MONDAY = date(2026, 11, 23)
NINE_TO_FIVE = (time(9), time(17))


def day_of(*items, now=time(9), hours=NINE_TO_FIVE, people=None):
    return fit(things(items), now=now, hours=hours, people=people or {})


def call(participant, what=What.UPDATE):
    return Item(what, participant, MONDAY)


def at(plan):
    return [(each.thing.participant, f"{each.at:%H:%M}") for each in plan.placed]


def test_calls_follow_one_another_from_now_on():
    assert at(day_of(call(1), call(2), now=time(10, 30))) == [(1, "10:30"), (2, "10:45")]


def test_somebody_who_is_safe_in_the_afternoon_is_rung_then_and_others_before():
    people = {1: Person(safe=(14 * 60, 16 * 60))}
    assert at(day_of(call(1), call(2), people=people)) == [(2, "09:00"), (1, "14:00")]


def test_a_time_of_day_they_like_is_kept_where_it_is_free():
    assert at(day_of(call(1), people={1: Person(likes=("afternoon",))})) == [(1, "12:00")]


def test_a_wish_never_puts_a_call_outside_the_safe_hours():
    people = {1: Person(safe=(9 * 60, 11 * 60), likes=("afternoon",))}
    assert at(day_of(call(1), people=people)) == [(1, "09:00")]


def test_an_evening_wish_gives_way_to_the_end_of_the_working_day():
    assert at(day_of(call(1), people={1: Person(likes=("evening",))})) == [(1, "09:00")]


def test_safe_only_after_work_is_left_and_says_so():
    plan = day_of(call(1), people={1: Person(safe=(18 * 60, 20 * 60))})
    assert [each.why for each in plan.left] == [Why.NOT_SAFE_TODAY]


def test_a_letter_needs_no_safe_hour():
    people = {1: Person(safe=(18 * 60, 20 * 60))}
    assert at(day_of(call(1, What.DO), people=people)) == [(1, "09:00")]


def test_what_comes_last_is_left_when_the_day_is_full():
    plan = day_of(*(call(n) for n in range(1, 5)), now=time(16, 15))
    assert [each.thing.participant for each in plan.left] == [4]
    assert (plan.left[0].why, plan.minutes_left_over, plan.minutes_free) == (Why.FULL, 15, 0)


def test_a_short_thing_still_fits_where_a_long_one_does_not():
    plan = day_of(call(1, What.COMPLAINT), call(2), now=time(16, 40))
    assert at(plan) == [(2, "16:40")]
    assert [each.thing.participant for each in plan.left] == [1]


def test_time_in_pieces_too_short_is_said():
    people = {2: Person(safe=(9 * 60 + 20, 9 * 60 + 35))}
    plan = day_of(call(2), call(1, What.FIRST_CONTACT), hours=(time(9), time(10)), people=people)
    assert [(each.thing.participant, each.why) for each in plan.left] == [(1, Why.TOO_LONG)]


def test_nobody_works_on_a_day_off_or_after_hours():
    for hours, now in ((None, time(9)), (NINE_TO_FIVE, time(18))):
        plan = day_of(call(1), hours=hours, now=now)
        assert [each.why for each in plan.left] == [Why.DAY_OFF] and not plan.placed


def test_nothing_overlaps_and_nothing_is_lost():
    items = [call(n, what) for n, what in enumerate([*What] * 3, start=1)]
    plan = day_of(*items, people={n: Person(safe=(10 * 60, 15 * 60)) for n in range(1, 20, 2)})
    spans = sorted(
        (each.at.hour * 60 + each.at.minute, each.at.hour * 60 + each.at.minute + each.thing.minutes)
        for each in plan.placed
    )
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert len(plan.placed) + len(plan.left) == len(items)
