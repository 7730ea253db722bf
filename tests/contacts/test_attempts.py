"""The series of a first contact: other days, other hours, then writing, then the officer, then the end."""

from datetime import date, datetime, time

import pytest

from contacts.attempts import Attempt, Band, Because, Facts, Numbers, Step, repeats, what_next
from victimcare.working_days import LONDON, england_and_wales

NUMBERS = Numbers(attempts=3, gap=1, afternoon_from=12, evening_from=17, wait=7)
PHONE = "07700900123"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In November 2026, London time; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=LONDON)


def call(day: int, hour: int, outcome: str = "no_answer", number: str = PHONE) -> Attempt:
    return Attempt(at(day, hour), outcome, number)


def next_after(*attempts: Attempt, **facts):
    facts = Facts(attempts=attempts, **{"number": PHONE} | facts)
    return what_next(facts, NUMBERS, bank_holidays=england_and_wales())


def test_the_first_call_is_at_any_hour():
    step = next_after()
    assert (step.step, step.attempt, step.band, step.because) == (Step.RING, 1, None, Because.FIRST)


def test_after_a_morning_the_next_is_the_next_working_day_in_the_afternoon():
    step = next_after(call(27, 9))
    assert (step.attempt, step.on, step.band) == (2, date(2026, 11, 30), Band.AFTERNOON)
    assert step.because is Because.UNTRIED


def test_the_last_call_is_in_the_evening():
    step = next_after(call(23, 9), call(24, 14))
    assert (step.attempt, step.on, step.band) == (3, date(2026, 11, 25), Band.EVENING)


def test_no_evening_where_the_safe_hours_end_before_it():
    step = next_after(call(23, 10), call(24, 13), hours=(time(9, 30), time(14, 30)))
    assert (step.band, step.because) == (Band.MORNING, Because.ONLY_SAFE_HOURS)


def test_a_saturday_where_the_evening_is_not_safe_and_the_officer_works_then():
    step = next_after(call(23, 10), call(24, 13), hours=(time(9, 30), time(14, 30)), works_weekends=True)
    assert (step.band, step.on) == (Band.WEEKEND, date(2026, 11, 28))


def test_after_three_calls_we_write_where_that_is_safe():
    step = next_after(call(23, 9), call(24, 14), call(25, 18))
    assert (step.step, step.on, step.because) == (Step.WRITE, date(2026, 11, 26), Because.NOBODY_REACHED)


def test_a_week_after_writing_it_may_be_closed():
    step = next_after(call(23, 9), call(24, 14), call(25, 18), wrote_at=at(26, 10))
    assert (step.step, step.on, step.because) == (Step.CLOSE, date(2026, 12, 3), Because.NO_ANSWER)


def test_a_letter_from_before_the_calls_is_not_the_one_that_ends_the_series():
    step = next_after(call(23, 9), call(24, 14), call(25, 18), wrote_at=at(20, 10))
    assert step.step is Step.WRITE


def test_where_no_way_to_write_is_safe_nothing_is_written():
    step = next_after(call(23, 9), call(24, 14), call(25, 18), can_write=False)
    assert (step.step, step.on, step.because) == (Step.CLOSE, date(2026, 12, 2), Because.NO_SAFE_WAY)


def test_for_a_serious_crime_the_officer_in_the_case_is_asked_before_anything_else():
    calls = call(23, 9), call(24, 14), call(25, 18)
    assert next_after(*calls, is_serious=True).step is Step.ASK
    asked = next_after(*calls, is_serious=True, asked_officer_at=at(25, 19))
    assert asked.step is Step.WRITE


def test_nobody_is_closed_while_the_officer_has_not_answered():
    step = next_after(
        call(23, 9), call(24, 14), call(25, 18),
        is_serious=True, can_write=False, asked_officer_at=at(25, 19), answer_due_on=date(2026, 12, 14),
    )  # fmt: skip
    assert (step.step, step.on) == (Step.CLOSE, date(2026, 12, 14))


@pytest.mark.parametrize(("outcome", "why"), [("wrong_number", "wrong_number"), ("unsafe", "unsafe")])
def test_a_bad_number_is_not_rung_again_but_asked_about(outcome, why):
    step = next_after(call(23, 9, outcome))
    assert (step.step, step.because) == (Step.ASK, why)


def test_after_it_was_not_safe_to_talk_nothing_is_written():
    step = next_after(call(23, 9, "unsafe"), asked_officer_at=at(23, 10))
    assert (step.step, step.because) == (Step.CLOSE, Because.UNSAFE)


def test_another_number_begins_the_calls_again():
    step = next_after(call(23, 9, "wrong_number"), asked_officer_at=at(23, 10), number="07700900456")
    assert (step.step, step.attempt, step.because) == (Step.RING, 1, Because.NEW_NUMBER)


def test_a_number_the_victim_says_is_safe_after_all_is_rung():
    step = next_after(call(23, 9, "unsafe"), asked_safely_at=at(24, 10))
    assert (step.step, step.attempt) == (Step.RING, 2)


def test_nobody_is_rung_before_the_day_somebody_decided():
    step = next_after(call(23, 9), held_until=date(2026, 12, 7))
    assert (step.on, step.because) == (date(2026, 12, 7), Because.HELD)


def test_where_nobody_may_be_rung_at_all_we_write():
    step = next_after(can_ring=False)
    assert (step.step, step.because) == (Step.WRITE, Because.CANNOT_RING)


@pytest.mark.parametrize(
    ("now", "is_again"),
    [(at(23, 16), True), (at(24, 9, 30), True), (at(24, 14), False), (at(28, 9), False)],
)
def test_the_same_day_or_the_same_time_of_day_is_trying_again(now, is_again):
    assert bool(repeats(now, [call(23, 9)], NUMBERS)) is is_again


def test_nobody_is_said_not_to_be_reached_whom_nobody_tried():
    child = next_after(can_ring=False, is_serious=True, has_nobody_to_act=True)
    assert (child.step, child.because) == (Step.ASK, Because.NOBODY_ACTS)
    assert next_after(can_ring=False, is_serious=True).because is Because.CANNOT_RING


def test_a_child_nobody_acts_for_is_not_said_to_have_been_tried():
    facts = Facts(can_ring=False, is_serious=True, has_no_decider=True, first_on=date(2026, 11, 25))
    step = what_next(facts, Numbers(), bank_holidays=())
    assert (step.step, step.because, step.on) == (Step.ASK, Because.CHILD, date(2026, 11, 25))


def test_a_call_written_down_late_plans_the_next_on_no_day_gone_by():
    late = next_after(call(19, 10), written_on=date(2026, 11, 21))
    assert (late.attempt, late.on) == (2, date(2026, 11, 23))
    assert next_after(call(19, 10), written_on=date(2026, 11, 19)).on == date(2026, 11, 20)


def test_opened_again_on_a_saturday_is_rung_on_the_monday():
    step = next_after(is_reopened=True, first_on=date(2026, 11, 21))
    assert (step.attempt, step.on, step.because) == (1, date(2026, 11, 23), Because.REOPENED)
