"""Today, the summary and the lists agree on what is owed next."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, Promise
from referrals.models import Referral
from tests.factories import (
    ContactFactory,
    ContactPlanFactory,
    ParticipantFactory,
    ReferralFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare.accounts.permissions import Role
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def at(victim):
    return f"/cases/{victim.case.reference}/{victim.reference}/"


def newly_allocated(victim):
    ReferralFactory(
        participant=victim,
        status=Referral.Status.ALLOCATED,
        allocated_at=london(2026, 11, 17),
        due_on=date(2026, 11, 18),
    )


def plan_due(victim):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 18))


def promised(victim):
    Promise.objects.create(
        participant=victim,
        contact=ContactFactory(participant=victim, direction=Contact.Direction.IN),
        what="send the leaflet",
        due_on=date(2026, 11, 18),
        made_by=victim.officer,
    )


def bailed(victim):
    record_event(
        case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 11, 9), by=victim.officer
    )


OWED = [
    (newly_allocated, "First contact", "First contact with"),
    (plan_due, "Agreed update", "as agreed, even if nothing is new"),
    (promised, "Promise", "Promise to"),
    (bailed, "Police bail", "about the bail and its conditions"),
]


@pytest.mark.parametrize(("happens", "in_short", "in_full"), OWED)
def test_all_three_pages_say_what_is_owed_next_and_offer_the_call(
    as_officer, victim, at, happens, in_short, in_full
):
    happens(victim)
    day, summary, row = (
        text(as_officer.get("/")),
        as_officer.get(at),
        as_officer.get("/cases/").context["rows"][0][3],
    )
    assert in_full in day
    assert in_full in summary.context["next"]["heading"]
    assert (summary.context["next"]["label"], summary.context["next"]["tone"]) == ("Call", "danger")
    assert "/contacts/log" in summary.context["next"]["url"]
    assert "Nothing with a date" not in text(summary)
    assert row["note"].startswith(f"{in_short}, was due")


def test_the_earliest_comes_first_and_the_rest_is_counted(as_officer, victim, at):
    plan_due(victim)
    promised(victim)
    Promise.objects.update(due_on=date(2026, 11, 17))
    said = as_officer.get(at).context["next"]
    assert "send the leaflet" in said["heading"]
    assert said["more"] == 1
    assert as_officer.get("/cases/").context["rows"][0][3]["note"].startswith("Promise")


def test_a_first_contact_somebody_tried_is_owed_on_none_of_them(as_officer, victim, at):
    newly_allocated(victim)
    ContactFactory(participant=victim, outcome=Contact.Outcome.NO_ANSWER)
    assert as_officer.get(at).context["next"] is None
    assert as_officer.get("/cases/").context["rows"][0][3] == "Nothing with a date"
    assert "First contact" not in text(as_officer.get("/"))


def test_who_reads_no_contacts_is_not_told_what_was_promised(sign_in, victim, at):
    promised(victim)
    oic = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=TeamFactory(name="Response"))
    for page in (at, "/cases/"):
        assert "leaflet" not in text(sign_in(oic).get(page))
        assert "Promise" not in text(sign_in(oic).get(page))


def test_cover_keeps_a_colleagues_promises_too(sign_in, victim, colleague, officer):
    promised(victim)
    officer.leave.create(
        kind="annual", from_on=date(2026, 11, 23), until_on=date(2026, 11, 27), covered_by=colleague
    )
    page = text(sign_in(colleague).get("/"))
    assert "send the leaflet" in page
    assert "Olwen Officer promised this" in page


def test_a_list_of_all_four_costs_the_same_for_twenty_as_for_three(as_officer, officer):
    counts = []
    for n in (3, 17):
        for number in range(n):
            victim = ParticipantFactory(officer=officer, team=officer.team)
            for happens, _short, _full in OWED:
                happens(victim)
            assert number < n
        as_officer.get("/cases/")
        with CaptureQueriesContext(connection) as queries:
            as_officer.get("/cases/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25
