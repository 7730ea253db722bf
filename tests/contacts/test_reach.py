"""What reaches victims, by hour and attempt; and when to try next, within the hours that are safe."""

from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Contact, ReachDay
from contacts.reach import Tally, best_block, suggest
from contacts.trying import count_reach
from tests.factories import ContactFactory, ParticipantFactory, UserFactory, london
from victimcare.accounts.permissions import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
TODAY, THURSDAY = date(2026, 11, 23), date(2026, 11, 26)
URL = "/reach/"


def call(victim, *at, outcome=Contact.Outcome.NO_ANSWER, **more):
    return ContactFactory(participant=victim, at=london(*at), outcome=outcome, **more)


def counted():
    count_reach(TODAY)
    rows = ReachDay.objects.order_by("day", "hour", "attempt")
    return [(row.day.day, row.hour, row.attempt, row.tried, row.reached) for row in rows]


def test_attempts_count_from_when_they_were_last_reached(victim):
    call(victim, 2026, 11, 16, 10)
    call(victim, 2026, 11, 17, 16, outcome=Contact.Outcome.REACHED)
    call(victim, 2026, 11, 18, 16)
    assert counted() == [(16, 10, 1, 1, 0), (17, 16, 2, 1, 1), (18, 16, 1, 1, 0)]


def test_only_the_units_own_calls_out_are_counted(victim):
    call(victim, 2026, 11, 16, 10, direction=Contact.Direction.IN)
    call(victim, 2026, 11, 16, 11, is_by_unit=False)
    call(victim, 2026, 11, 16, 12, channel=Contact.Channel.TEXT, outcome=Contact.Outcome.SENT)
    call(victim, 2026, 11, 16, 13, outcome=Contact.Outcome.NOT_CONTACTED)
    assert counted() == []


def test_a_restricted_case_is_in_nobodys_figures(victim):
    victim.case.is_restricted = True
    victim.case.save()
    call(victim, 2026, 11, 16, 10)
    assert counted() == []


def test_counting_twice_counts_once_and_takes_up_what_is_written_down_late(victim):
    call(victim, 2026, 11, 18, 10)
    assert counted() == counted()
    call(victim, 2026, 11, 17, 10)
    assert counted() == [(17, 10, 1, 1, 0), (18, 10, 2, 1, 0)]


def test_the_best_hours_lie_within_the_safe_ones():
    counts = {(4, 10): Tally(40, 10), (4, 16): Tally(60, 25), (4, 17): Tally(40, 16), (4, 19): Tally(40, 39)}
    assert best_block(counts, 4, (time(9), time(18)))[0] == 16
    assert (
        suggest(counts, THURSDAY, (time(9), time(18))) == "Thursday after 16:00: reached 41% of such calls."
    )
    assert best_block(counts, 4, None)[0] == 19


def test_too_few_calls_suggest_nothing():
    assert suggest({(4, 16): Tally(19, 19)}, THURSDAY, None) == ""
    assert suggest({(4, 16): Tally(90, 90)}, THURSDAY, (time(16, 30), time(17, 30))) == ""


def test_the_next_attempt_says_when_such_calls_reached_most(victim, as_officer):
    call(victim, 2026, 11, 20, 10)
    for weekday in range(1, 6):
        ReachDay.objects.create(
            day=date(2026, 11, 15 + weekday), team=victim.team, channel="phone", hour=16, attempt=2,
            tried=100, reached=41,
        )  # fmt: skip
    page = as_officer.get(reverse("contacts:log", args=[victim.case.reference, victim.reference])).text
    assert "after 16:00: reached 41% of such calls." in page


def many(n, reached, team):
    ReachDay.objects.create(
        day=date(2026, 11, 16), team=team, channel="phone", hour=16, attempt=1, tried=n, reached=reached
    )


def test_a_supervisor_sees_the_team_by_hour_and_attempt(as_supervisor, unit):
    many(100, 41, unit)
    page = as_supervisor.get(URL)
    assert page.context["rows"] == [["16:00 to 17:00", "41% of 100", "–", "–", "41% of 100"]]
    assert "Most are reached from 16:00 to 17:00: 41% of 100" in page.text


def test_another_units_calls_are_not_in_it(sign_in, unit):
    many(100, 41, unit)
    other = UserFactory(roles=[Role.SUPERVISOR], team=ParticipantFactory().team)
    other.team = type(unit).objects.create(name="Another unit")
    other.save()
    assert sign_in(other).get(URL).context["rows"] == []


@pytest.mark.parametrize(("tried", "reached"), [(9, 0), (50, 3), (50, 45)])
def test_an_analyst_is_shown_no_small_number(sign_in, unit, tried, reached):
    many(tried, reached, unit)
    page = sign_in(UserFactory(roles=[Role.ANALYST], team=None)).get(URL)
    assert page.context["rows"][0][1] == "too few to show" and not page.context["chart"]


def test_the_report_costs_few_queries(as_supervisor, unit):
    many(100, 41, unit)
    as_supervisor.get(URL)
    with CaptureQueriesContext(connection) as queries:
        assert as_supervisor.get(URL + "?channel=in_person").status_code == 200
    assert len(queries) <= 8
