"""How far the victims referred came, counted from the rows."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from desk.funnel import Cohort
from referrals.models import OnwardReferral
from tests.factories import (
    CaseFactory,
    ContactFactory,
    NeedsAssessmentFactory,
    ParticipantFactory,
    PartnerFactory,
    ReferralFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Exclusion
from victimcare.cases.offence_groups import GROUPED, GROUPS

pytestmark = pytest.mark.django_db

NOTHING = dict.fromkeys(
    ["received", "suppressed", "allocated", "attempted", "reached", "assessed", "referred_on", "closed"], 0
)


def referred(officer, *, day=16, **fields):
    part = ParticipantFactory(officer=officer, **fields)
    return ReferralFactory(
        participant=part,
        received_at=london(2026, 11, day),
        status="allocated",
        allocated_at=london(2026, 11, day),
    )


@pytest.fixture
def year(officer, monday):
    """One suppressed; one only allocated; one tried; one told by the police; one who came all the way."""
    ReferralFactory(
        status="suppressed", suppressed_because="A commercial victim", received_at=london(2026, 11, 2)
    )
    referred(officer)
    tried = referred(officer).participant
    ContactFactory(participant=tried, outcome="no_answer")
    by_police = referred(officer).participant
    ContactFactory(participant=by_police, is_by_unit=False)
    done = referred(
        officer, day=20, closed_at=london(2026, 11, 22), closure_reason="support_complete"
    ).participant
    ContactFactory(participant=done)
    ContactFactory(participant=done)
    NeedsAssessmentFactory(participant=done, status="completed", completed_at=london(2026, 11, 20))
    NeedsAssessmentFactory(participant=tried)
    OnwardReferral.objects.create(
        participant=done,
        partner=PartnerFactory(),
        shares="Name",
        agreed_on="2026-11-20",
        expires_on="2027-11-20",
        made_at=london(2026, 11, 20),
        made_by=officer,
    )
    return done


def counted(*arguments):
    out = StringIO()
    call_command("funnel", *arguments, "--json", stdout=out)
    answer = json.loads(out.getvalue())
    return {key: answer[key] for key in NOTHING}


def test_every_step_is_counted_from_the_rows(year):
    assert counted() == {
        "received": 5,
        "suppressed": 1,
        "allocated": 4,
        "attempted": 2,
        "reached": 1,
        "assessed": 1,
        "referred_on": 1,
        "closed": 1,
    }


def test_a_period_counts_those_received_in_it_both_ends_included(year):
    assert counted("--from", "2026-11-20", "--to", "2026-11-20")["received"] == 1
    assert counted("--from", "2026-11-02", "--to", "2026-11-16")["received"] == 4
    assert counted("--from", "2026-11-23") == NOTHING


def test_in_words_it_is_a_small_table(year):
    out = StringIO()
    call_command("funnel", stdout=out)
    assert len(out.getvalue().splitlines()) == 8


@pytest.mark.parametrize(
    "arguments", [["--from", "yesterday"], ["--from", "2026-11-20", "--to", "2026-11-19"]]
)
def test_a_period_that_is_none_is_refused_in_a_sentence(db, arguments):
    with pytest.raises(CommandError):
        counted(*arguments)


def test_the_page_says_what_the_command_says(year, as_supervisor, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        page = as_supervisor.get(reverse("desk:funnel"))
    assert page.context["counts"] == counted()


def test_the_page_narrows_by_period_team_and_flag(year, as_supervisor, unit):
    year.case.flags = ["DA"]
    year.case.save()
    url = reverse("desk:funnel")

    def received(**said):
        return as_supervisor.get(url, said).context["counts"]["received"]

    assert received(**{"from": "2026-11-20"}) == 1
    assert received(from_day="20", from_month="11", from_year="2026") == 1
    assert received(flag="DA") == 1
    assert received(team=unit.pk) == 5
    assert received(team=TeamFactory(name="Elsewhere").pk) == 0


@pytest.mark.parametrize(
    "said", [{"from": "x"}, {"team": "x"}, {"flag": "?"}, {"from": "2026-11-20", "to": "2026-11-19"}]
)
def test_a_period_typed_wrong_is_answered_in_a_sentence(year, as_supervisor, said):
    page = as_supervisor.get(reverse("desk:funnel"), said)
    assert (page.status_code, bool(page.context["form"].errors)) == (200, True)


@pytest.mark.parametrize("step", list(NOTHING))
def test_each_number_opens_as_many_people(year, as_supervisor, step):
    page = as_supervisor.get(reverse("desk:funnel-step", args=[step]))
    assert len(page.context["rows"]) == counted()[step]


def test_a_step_nobody_knows_is_not_found(as_supervisor):
    assert as_supervisor.get(reverse("desk:funnel-step", args=["lost"])).status_code == 404


def test_an_officer_sees_no_list_and_no_links(year, as_officer):
    page = as_officer.get(reverse("desk:funnel"))
    assert page.context["counts"]["received"] == 4
    assert not any(row[1]["url"] for row in page.context["rows"])
    assert as_officer.get(reverse("desk:funnel-step", args=["received"])).status_code == 403


def funnel(browser, **said):
    return browser.get(reverse("desk:funnel"), said)


def test_a_page_asks_eight_questions_at_most(year, as_supervisor, django_assert_max_num_queries):
    as_supervisor.get(reverse("desk:funnel"))
    with django_assert_max_num_queries(8):
        funnel(as_supervisor, **{"from": "2026-11-16", "to": "2026-11-20"})


def test_the_page_narrows_by_offence_group(monday, officer, as_supervisor):
    referred(officer, case=CaseFactory(offence_code="28E"))
    referred(officer, case=CaseFactory(offence_code="999Z"))
    referred(officer, case=CaseFactory(offence_code=""))
    received = [
        funnel(as_supervisor, group=name).context["counts"]["received"]
        for name in ("burglary", "sexual", "other")
    ]
    assert received == [1, 0, 2]
    page = as_supervisor.get(reverse("desk:funnel-step", args=["received"]), {"group": "other"})
    assert len(page.context["rows"]) == 2


def test_an_offence_belongs_to_one_group_and_the_page_says_to_which(monday, as_supervisor):
    assert sum(len(group.classes) for group in GROUPS.values()) == len(GROUPED)
    said = funnel(as_supervisor).content.decode()
    assert "8L, 8M, 8Q, 8R, 8U" in said and "5A, 5B, 5C, 5D, 5E" in said


@pytest.mark.parametrize(
    ("period", "before"),
    [
        ((date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 9, 1), date(2026, 9, 30))),
        ((date(2026, 1, 1), date(2026, 2, 28)), (date(2025, 11, 1), date(2025, 12, 31))),
        ((date(2026, 11, 16), date(2026, 11, 22)), (date(2026, 11, 9), date(2026, 11, 15))),
        ((date(2026, 11, 22), None), (date(2026, 11, 20), date(2026, 11, 21))),
    ],
)
def test_the_period_before_is_as_many_months_or_else_days(period, before):
    earlier = Cohort(*period, flag="DA").before(date(2026, 11, 23))
    assert earlier == Cohort(*before, flag="DA")


@pytest.mark.parametrize("period", [(None, None), (None, date(2026, 11, 1)), (date(2027, 1, 1), None)])
def test_a_period_without_a_beginning_has_none_before(period):
    assert Cohort(*period).before(date(2026, 11, 23)) is None


def test_the_page_shows_the_period_before_beside_this_one(year, as_supervisor):
    page = funnel(as_supervisor, **{"from": "2026-11-16", "to": "2026-11-20"})
    received, _suppressed = page.context["rows"][:2]
    assert [received[1]["text"], received[3]["text"], received[4]] == ["4", "0", "–"]
    page = funnel(as_supervisor, **{"from": "2026-11-17", "to": "2026-11-20"})
    assert [page.context["rows"][0][n]["text"] for n in (1, 3)] == ["1", "3"]
    assert page.context["rows"][0][4] == "−67%"
    assert len(as_supervisor.get(page.context["rows"][0][3]["url"]).context["rows"]) == 3


def test_every_period_offered_opens_and_keeps_the_offences(year, as_supervisor):
    for offered in funnel(as_supervisor, group="burglary").context["quick"]:
        page = as_supervisor.get(offered["url"])
        assert not page.context["form"].errors
        assert page.context["cohort"].group == "burglary"
        assert [each["is_on"] for each in page.context["quick"]].count(True) == 1


def test_nothing_opens_an_empty_list(monday, as_supervisor):
    assert not any(row[1]["url"] for row in funnel(as_supervisor).context["rows"])


def test_a_list_goes_on_where_it_stopped(monday, officer, as_supervisor):
    people = [referred(officer, day=2 + n % 3).participant.reference for n in range(30)]
    url = reverse("desk:funnel-step", args=["received"])
    first = as_supervisor.get(url)
    second = as_supervisor.get(url + first.context["older_url"])
    seen = [row[1]["url"].split("/")[-2] for page in (first, second) for row in page.context["rows"]]
    assert len(first.context["rows"]) == 25
    assert sorted(seen) == sorted(people)
    assert second.context["older_url"] == ""


def test_a_case_that_a_supervisor_must_not_see_is_in_none_of_their_figures(
    year, as_supervisor, supervisor, officer
):
    Exclusion.objects.create(case=year.case, user=supervisor, reason="Her brother", declared_by=officer)
    assert funnel(as_supervisor).context["counts"]["received"] == 4


@pytest.fixture
def as_analyst(sign_in, monday):
    return sign_in(UserFactory(roles=[Role.ANALYST], team=None))


def test_who_only_counts_is_shown_no_small_number(year, as_analyst):
    page = funnel(as_analyst)
    texts = [row[1]["text"] for row in page.context["rows"]]
    assert texts == ["fewer than 10"] * 8
    assert [row[2] for row in page.context["rows"]] == ["–"] * 8
    assert not any(row[1]["url"] for row in page.context["rows"])


def test_what_an_analyst_narrows_down_is_rounded_and_everything_is_exact(officer, as_analyst):
    for n in range(23):
        referred(officer, day=16 if n < 22 else 17)
    assert funnel(as_analyst).context["rows"][0][1]["text"] == "23"
    narrow = funnel(as_analyst, **{"from": "2026-11-16", "to": "2026-11-16"})
    assert narrow.context["rows"][0][1]["text"] == "20"
    assert narrow.context["chart"][0]["value"] == 20


def test_the_picture_has_all_eight_steps_and_each_opens_its_list(year, as_supervisor):
    page = as_supervisor.get(reverse("desk:funnel"))
    assert [bar["url"].rstrip("/").rsplit("/", 1)[1] for bar in page.context["chart"]] == list(NOTHING)
    chart = page.text[page.text.index("<svg") : page.text.index("</svg>")]
    assert chart.count("<a href=") == 8 and 'role="group"' in page.text


def test_a_restricted_case_is_in_no_figure_of_who_must_not_see_it(year, as_supervisor, supervisor):
    year.case.is_restricted = True
    year.case.save()

    def received():
        return as_supervisor.get(reverse("desk:funnel")).context["counts"]["received"]

    assert received() == 4
    year.case.restricted_to.add(supervisor)
    assert received() == 5
