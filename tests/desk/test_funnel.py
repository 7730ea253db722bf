"""How far the victims referred came, counted from the rows."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from referrals.models import OnwardReferral
from tests.factories import (
    ContactFactory,
    NeedsAssessmentFactory,
    ParticipantFactory,
    PartnerFactory,
    ReferralFactory,
    TeamFactory,
    london,
)

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
