"""Before a version is proposed, its writer sees how a week's referrals would have fallen by it."""

import pytest

from referrals.models import Referral
from referrals.rules import actions, preview
from referrals.rules.book import rules_of, rules_on
from referrals.rules.facts import facts_of
from referrals.rules.models import RuleSet
from referrals.triage import triage
from tests.factories import london
from tests.referrals.test_receive import SIAN, receive
from victimcare import clock
from victimcare.working_days import london_day

pytestmark = pytest.mark.django_db
THEFT = {"offence_code": "49", "offence_title": "Theft", "flags": "", "relationship_to_suspect": "NONE"}
ROBBERY = {"offence_code": "34B", "offence_title": "Robbery", "flags": "", "relationship_to_suspect": "NONE"}


@pytest.fixture
def week(monday, unit):
    """Three victims who reached the unit last week: stalked, robbed, stolen from."""
    monday.move_to(london(2026, 11, 17, 10))
    receive(
        SIAN | {"recorded_at": "2026-11-16T09:30", "reported_at": ""},
        SIAN | ROBBERY | {"occurrence_no": "2600000002", "person_id": "P2", "recorded_at": "2026-11-16T09:30",
                          "reported_at": "", "given_names": "Rob"},
        SIAN | THEFT | {"occurrence_no": "2600000003", "person_id": "P3", "recorded_at": "2026-11-16T09:30",
                        "reported_at": ""},
    )  # fmt: skip
    monday.move_to(london(2026, 11, 23, 10))


@pytest.fixture
def draft(monday, supervisor) -> RuleSet:
    made = actions.draft(based_on=RuleSet.objects.get(number=1), note="Robbery first.", by=supervisor)
    actions.change_rule(rule=made.rules.get(name="robbery"), version=made.version, by=supervisor, priority=1)
    return made


def test_the_facts_we_hold_are_judged_as_the_row_was(week):
    referrals = list(
        Referral.objects.select_related("participant__case", "participant__person__safe_contact")
    )
    facts = facts_of(referrals)
    for referral in referrals:
        made = triage(facts[referral.participant_id], rules_on(london_day(referral.received_at)))
        assert (made.priority, list(made.reasons), made.channel, made.suppressed_because) == (
            referral.priority, referral.reasons, referral.channel, referral.suppressed_because,
        )  # fmt: skip


def test_only_what_the_draft_changes_moves_and_its_rule_is_named(week, draft, supervisor):
    referrals, has_more = preview.week_of(supervisor, clock.today().replace(day=16))
    compared = preview.compare(referrals, rules_of(draft.pk))
    moving = [each for each in compared if each.moves]
    assert (len(compared), has_more) == (3, False)
    assert [(each.before.priority, each.after.priority, each.after.rule) for each in moving] == [
        (2, 1, "robbery")
    ]
    rows = preview.matrix(compared, "priority")["rows"]
    assert [[cell["n"] for cell in row["cells"]] for row in rows] == [
        [1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 0],
    ]  # fmt: skip


def test_the_page_counts_and_each_number_opens_its_list(week, draft, as_supervisor):
    page = as_supervisor.get("/referrals/rules/2/preview")
    assert "3 referrals looked at; 1 would move." in page.content.decode()
    cell = as_supervisor.get("/referrals/rules/2/preview?cell=priority.2.1")
    assert len(cell.context["table"]) == 1
    assert "From P2 to P1" in cell.content.decode()
    assert "Rob Evans" in cell.content.decode()
    assert len(as_supervisor.get("/referrals/rules/2/preview?cell=priority.1.1").context["table"]) == 1


def test_last_days_that_change_are_counted_and_shown_before_and_after(week, draft, as_supervisor):
    page = as_supervisor.get("/referrals/rules/2/preview?cell=due.earlier").content.decode()
    assert "1 would be due earlier" in page and "Those that would be due earlier: 1" in page
    assert "Tue 17 Nov" in page and "was Thu 19 Nov" in page and "would be due later" not in page


def test_what_only_the_last_day_moves_would_move(week, monday, supervisor, as_supervisor):
    made = actions.draft(based_on=RuleSet.objects.get(number=1), note="More time.", by=supervisor)
    actions.set_standard(
        rule_set=made, priority=4, within=12, channels=["phone"], version=made.version, by=supervisor
    )
    page = as_supervisor.get("/referrals/rules/2/preview?cell=due.later").content.decode()
    assert "3 referrals looked at; 1 would move." in page and "1 would be due later" in page
    assert "Those that would be due later: 1" in page


def test_another_week_may_be_chosen(week, draft, as_supervisor):
    page = as_supervisor.get(
        "/referrals/rules/2/preview", {"week_day": "4", "week_month": "11", "week_year": "2026"}
    )
    assert "No referral that you may see was received that week" in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "?week=x",
        "?week=9999-12-31",
        "?week=0001-01-01",
        "?cell=.&page=0",
        "?cell=priority.9.9",
        "?page=99999999",
        "?page=²",
    ],
)
def test_an_odd_question_is_no_fault(week, draft, as_supervisor, query):
    assert as_supervisor.get(f"/referrals/rules/2/preview{query}").status_code == 200


def test_what_a_person_decided_would_not_move(week, draft, supervisor):
    referral = Referral.objects.get(participant__case__offence_code="34B")
    actions.decide(
        referral=referral, reason="Known to us.", priority=3, channel=referral.channel, due_on=referral.due_on,
        is_suppressed=False, version=referral.version, by=supervisor,
    )  # fmt: skip
    compared = preview.compare(
        preview.week_of(supervisor, clock.today().replace(day=16))[0], rules_of(draft.pk)
    )
    assert not [each for each in compared if each.moves]


def test_a_restricted_case_is_in_no_number(monday, unit, draft, as_supervisor):
    monday.move_to(london(2026, 11, 17, 10))
    receive(SIAN | ROBBERY | {"restricted": "Y", "recorded_at": "2026-11-16T09:30", "reported_at": ""})
    monday.move_to(london(2026, 11, 23, 10))
    page = as_supervisor.get("/referrals/rules/2/preview").content.decode()
    assert "No referral that you may see was received that week" in page


def test_triage_again_shows_what_would_move_before_it_moves(week, draft, as_supervisor):
    Referral.objects.filter(participant__case__offence_code="34B").update(priority=3)
    page = as_supervisor.get("/referrals/triage/again")
    assert "3 referrals looked at; 1 would move." in page.content.decode()
    press = page.context["press"]
    as_supervisor.post("/referrals/triage/again", {"form_key": str(press["form_key"].value())})
    assert Referral.objects.get(participant__case__offence_code="34B").priority == 2


@pytest.mark.parametrize("n", [1, 40])
def test_a_preview_costs_the_same_however_many(
    monday, unit, draft, as_supervisor, django_assert_max_num_queries, n
):
    monday.move_to(london(2026, 11, 17, 10))
    receive(*(SIAN | ROBBERY | {"occurrence_no": f"26{k:08d}", "person_id": f"P{k}", "recorded_at":
                                "2026-11-16T09:30", "reported_at": ""} for k in range(n)))  # fmt: skip
    monday.move_to(london(2026, 11, 23, 10))
    as_supervisor.get("/referrals/rules/2/preview?cell=all")
    with django_assert_max_num_queries(22):
        response = as_supervisor.get("/referrals/rules/2/preview?cell=all")
    assert response.context["found"] == n
