"""Somebody looks at what the rules made of a referral: they agree, or decide otherwise with a reason."""

from datetime import date

import pytest

from referrals.models import Referral, TriageDecision
from referrals.rules import actions
from referrals.rules.book import BY_A_PERSON, because, why
from tests.factories import CaseFactory, ParticipantFactory, ReferralFactory
from tests.referrals.test_receive import SIAN, receive
from victimcare.cases.models import Case
from victimcare.faults import Refused, Stale

pytestmark = pytest.mark.django_db
THEFT = SIAN | {
    "offence_code": "49",
    "offence_title": "Theft",
    "flags": "",
    "relationship_to_suspect": "NONE",
}


def held() -> Referral:
    return Referral.objects.get()


def decide(by, **answers):
    referral = answers.pop("referral", None) or held()
    asked = {
        "priority": referral.priority, "channel": referral.channel, "due_on": referral.due_on,
        "is_suppressed": referral.status == "suppressed", "reason": "She rang in distress.",
        "version": referral.version,
    }  # fmt: skip
    return actions.decide(referral=referral, by=by, **{**asked, **answers})


def test_agreeing_takes_it_off_the_list_and_says_who(monday, unit, supervisor):
    receive(SIAN)
    actions.agree(referral=held(), version=1, by=supervisor)
    assert (held().triaged_by, held().decided_fields, held().priority) == (supervisor, [], 1)
    assert TriageDecision.objects.get().changes == {}


def test_a_decision_says_what_was_and_why(monday, unit, supervisor):
    receive(THEFT)
    assert (held().priority, held().channel, held().due_on) == (4, "text", date(2026, 12, 7))
    decide(supervisor, priority=1)
    decision = TriageDecision.objects.get()
    assert (held().priority, held().due_on) == (1, date(2026, 11, 23))
    assert decision.changes == {"priority": [4, 1], "due_on": ["2026-12-07", "2026-11-23"]}
    assert (decision.reason, decision.by) == ("She rang in distress.", supervisor)
    assert why(held()).startswith("a supervisor decided")


def test_an_extract_never_undoes_what_a_person_decided(monday, unit, supervisor):
    receive(THEFT)
    decide(supervisor, priority=2, channel="post", due_on=date(2026, 11, 30))
    receive(THEFT | {"flags": "STALKING", "offence_code": "8Q"})
    after = held()
    assert (after.priority, after.channel, after.due_on) == (2, "post", date(2026, 11, 30))
    assert "stalking" in after.reasons


def test_what_was_not_decided_follows_the_extract(monday, unit, supervisor):
    receive(THEFT)
    decide(supervisor, channel="post")
    receive(THEFT | {"flags": "STALKING", "offence_code": "8Q"})
    assert (held().priority, held().channel, held().due_on) == (1, "post", date(2026, 11, 23))


def test_somebody_suppressed_is_contacted_after_all_and_stays_so(monday, unit, supervisor):
    business = THEFT | {"organisation_name": "Siop y Bont", "surname": "", "given_names": ""}
    receive(business)
    assert held().suppressed_because == "nameless_business"
    decide(supervisor, is_suppressed=False)
    assert (held().status, held().due_on) == ("received", date(2026, 12, 7))
    receive(business | {"town": "Newport", "offence_title": "Theft from shop"})
    assert (held().status, held().suppressed_because) == ("received", "")


def test_somebody_suppressed_by_a_person_stays_so(monday, unit, supervisor):
    receive(SIAN)
    decide(supervisor, is_suppressed=True)
    assert (held().status, held().suppressed_because, held().due_on) == ("suppressed", BY_A_PERSON, None)
    assert because(held()) == "A supervisor decided that the unit does not contact them."
    receive(SIAN | {"risk_level": "HIGH", "flags": "STALKING;DA"})
    assert held().status == "suppressed"


def test_somebody_who_turns_out_to_be_a_suspect_is_suppressed_unless_a_person_decided(
    monday, unit, supervisor
):
    receive(SIAN)
    other = SIAN | {"person_id": "P2", "given_names": "Rhys", "suspect_ref": "P1", "surname": "Rees"}
    receive(other)
    assert Referral.objects.get(participant__person__source_id="P1").status == "suppressed"
    mine = Referral.objects.get(participant__person__source_id="P1")
    decide(supervisor, referral=mine, is_suppressed=False)
    receive(other | {"town": "Newport"})
    mine.refresh_from_db()
    assert mine.status == "received"


def test_a_decision_that_changes_nothing_is_refused(monday, unit, supervisor):
    receive(SIAN)
    with pytest.raises(Refused, match="Nothing was changed"):
        decide(supervisor)


def test_two_who_decide_at_once_are_told(monday, unit, supervisor):
    receive(SIAN)
    decide(supervisor, priority=2)
    with pytest.raises(Stale):
        decide(supervisor, priority=3, version=1)


def test_who_has_an_officer_is_not_suppressed(monday, supervisor):
    referral = ReferralFactory(status="allocated", allocated_at="2026-11-20T09:00Z", channel="phone")
    with pytest.raises(Refused, match="An officer has this victim"):
        decide(supervisor, referral=referral, is_suppressed=True)


def test_nobody_decides_to_contact_somebody_who_has_died(monday, unit, supervisor):
    receive(SIAN | {"date_of_death": "2026-11-21"})
    with pytest.raises(Refused, match="has died"):
        decide(supervisor, channel="phone")


# --- Triage again ----------------------------------------------------------------------------------


def test_triage_again_moves_what_the_rules_would_say_otherwise_now(monday, unit, supervisor):
    receive(THEFT)
    Case.objects.update(flags=["STALKING"])
    assert held().priority == 4
    assert actions.triage_again(by=supervisor) == 1
    after = held()
    assert (after.priority, after.reasons, after.due_on) == (1, ["stalking"], date(2026, 11, 23))
    assert after.participant.entitlements.latest("pk").categories == [
        "serious_crime",
        "persistently_targeted",
    ] or (after.participant.entitlements.latest("pk").categories == ["persistently_targeted"])
    assert after.history.first().history_user == supervisor
    assert actions.triage_again(by=supervisor) == 0


def test_triage_again_leaves_decisions_and_other_units_alone(monday, unit, supervisor):
    receive(THEFT)
    decide(supervisor, priority=3)
    elsewhere = ReferralFactory(
        participant=ParticipantFactory(
            case=CaseFactory(flags=["STALKING"], occurrence_no="2600000777"), team__name="Another unit"
        ),
        priority=4,
    )
    Case.objects.update(flags=["STALKING"])
    actions.triage_again(by=supervisor)
    elsewhere.refresh_from_db()
    assert (held_of(THEFT).priority, elsewhere.priority) == (3, 4)


def held_of(row) -> Referral:
    return Referral.objects.get(participant__case__occurrence_no=row["occurrence_no"])


# --- The pages -------------------------------------------------------------------------------------


def page_of(referral: Referral, end: str = "") -> str:
    part = referral.participant
    return f"/cases/{part.case.reference}/{part.reference}/referral{end}"


def test_the_referral_says_what_was_decided_why_and_by_which_version(monday, unit, as_supervisor):
    receive(SIAN)
    page = as_supervisor.get(page_of(held())).content.decode()
    for words in (
        "Priority 1",
        "stalking",
        "Enhanced: persistently targeted",
        "Phone",
        "version 1 of the rules",
    ):
        assert words in page, words


def test_an_officer_reads_it_and_does_not_decide(monday, unit, as_officer):
    receive(SIAN)
    assert as_officer.get(page_of(held())).status_code == 200
    assert as_officer.get(page_of(held(), "/decide")).status_code == 403
    assert as_officer.get("/referrals/triage/").status_code == 403


def test_a_stranger_finds_no_referral(monday, unit, as_stranger):
    receive(SIAN)
    assert as_stranger.get(page_of(held())).status_code == 404


def test_a_part_without_a_referral_says_so(monday, victim, as_officer):
    page = as_officer.get(f"/cases/{victim.case.reference}/{victim.reference}/referral")
    assert "Nobody was referred to us" in page.content.decode()


def test_the_page_says_when_the_rules_would_say_otherwise_today(monday, unit, as_supervisor):
    receive(THEFT)
    Case.objects.update(flags=["STALKING"])
    assert "The rules would say otherwise today" in as_supervisor.get(page_of(held())).content.decode()


def test_a_decision_on_the_page_is_shown_with_who_and_why(monday, unit, as_supervisor):
    receive(THEFT)
    form = as_supervisor.get(page_of(held(), "/decide")).context["form"]
    answers = {
        "form_key": str(form["form_key"].value()), "version": "1", "contact": "yes", "priority": "2",
        "channel": "phone", "due_on": "2026-12-07", "reason": "He is alone at night.",
    }  # fmt: skip
    response = as_supervisor.post(page_of(held(), "/decide"), answers)
    assert response.url == page_of(held())
    page = as_supervisor.get(response.url).content.decode()
    for words in ("Priority: P4, now P2", "He is alone at night.", "Sue Pervisor"):
        assert words in page, words
    assert held().due_on == date(2026, 11, 25)


def test_a_decision_needs_a_reason(monday, unit, as_supervisor):
    receive(THEFT)
    form = as_supervisor.get(page_of(held(), "/decide")).context["form"]
    answers = {
        "form_key": str(form["form_key"].value()), "version": "1", "contact": "yes", "priority": "2",
        "channel": "phone", "due_on": "2026-12-07",
    }  # fmt: skip
    page = as_supervisor.post(page_of(held(), "/decide"), answers).content.decode()
    assert "Say why you decide otherwise than the rules." in page
    assert held().priority == 4


def test_a_supervisor_works_through_the_list_one_after_the_other(monday, unit, as_supervisor):
    receive(SIAN, SIAN | {"occurrence_no": "2600000002", "person_id": "P2", "given_names": "Mair"})
    listing = as_supervisor.get("/referrals/triage/")
    assert len(listing.context["rows"]) == 2
    address = listing.context["start_url"]
    for left in (1, 0):
        page = as_supervisor.get(address)
        agree = page.context["agree"]
        address = as_supervisor.post(
            address.replace("?", "/agree?"),
            {"form_key": str(agree["form_key"].value()), "version": agree["version"].value()},
        ).url
        assert Referral.objects.filter(triaged_at=None).count() == left
    assert address == "/referrals/triage/"


def test_who_is_suppressed_is_listed_with_the_reason(monday, unit, as_supervisor):
    receive(SIAN | {"given_names": "", "surname": "", "organisation_name": "Castell Stores Ltd"})
    page = as_supervisor.get("/referrals/triage/?show=suppressed").content.decode()
    assert "A business without a named contact." in page
    assert "Castell Stores Ltd" in page
    part = held().participant
    page = as_supervisor.get(f"/cases/{part.case.reference}/{part.reference}/referral").text
    assert "Ask the officer in the case for a named contact" in page


def test_a_restricted_referral_is_neither_listed_nor_counted(monday, unit, as_supervisor):
    receive(SIAN | {"restricted": "Y"})
    for show in ("new", "waiting"):
        response = as_supervisor.get(f"/referrals/triage/?show={show}")
        assert "Siân" not in response.content.decode()
        assert [tab["n"] for tab in response.context["tabs"]] == ["0", "0", "0"]


@pytest.mark.parametrize("after", ["", "x", "1~2026-11-23T10:00:00Z~5", "99999999999999999999~~"])
def test_an_odd_place_in_the_list_is_no_fault(monday, unit, as_supervisor, after):
    receive(SIAN)
    assert as_supervisor.get("/referrals/triage/", {"after": after, "show": "odd"}).status_code == 200


@pytest.mark.parametrize("n", [1, 60])
def test_the_list_costs_the_same_however_long(monday, unit, as_supervisor, django_assert_max_num_queries, n):
    receive(*(SIAN | {"occurrence_no": f"26{k:08d}", "person_id": f"P{k}"} for k in range(n)))
    as_supervisor.get("/referrals/triage/")
    with django_assert_max_num_queries(16):
        response = as_supervisor.get("/referrals/triage/")
    assert len(response.context["rows"]) == min(n, 25)
    with django_assert_max_num_queries(25):
        as_supervisor.get(page_of(Referral.objects.first()))
