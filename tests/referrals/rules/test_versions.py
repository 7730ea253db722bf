"""One supervisor writes the rules, another brings them into force; what was in force stays readable."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from referrals.models import Referral
from referrals.rules import actions
from referrals.rules.book import RulesByDay, first_rules, in_words, rules_of, rules_on
from referrals.rules.models import RuleSet, TriageRule, until_of
from referrals.triage import Facts, triage
from tests.factories import UserFactory
from tests.referrals.test_receive import SIAN, receive
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.faults import Refused, Stale

pytestmark = pytest.mark.django_db
PAGES = "/referrals/rules/"


@pytest.fixture
def other(unit) -> User:
    return UserFactory(username="other", display_name="Otto Other", team=unit, roles=[Role.SUPERVISOR])


@pytest.fixture
def first() -> RuleSet:
    return RuleSet.objects.get(number=1)


@pytest.fixture
def draft(monday, first, supervisor) -> RuleSet:
    return actions.draft(based_on=first, note="Burglary sooner.", by=supervisor)


def fresh(version: RuleSet) -> RuleSet:
    return RuleSet.objects.get(pk=version.pk)


def proposed(version: RuleSet, by: User) -> RuleSet:
    return actions.propose(rule_set=version, note="Why.", version=fresh(version).version, by=by)


def approved(version: RuleSet, supervisor: User, other: User, day: date) -> RuleSet:
    made = proposed(version, supervisor)
    return actions.approve(rule_set=made, effective_from=day, version=made.version, by=other)


def raise_robbery_to(priority: int, version: RuleSet, by: User) -> None:
    rule = version.rules.get(name="robbery")
    actions.change_rule(rule=rule, version=fresh(version).version, by=by, priority=priority)


# --- The first version -----------------------------------------------------------------------------


def test_the_first_version_is_the_table_and_nobody_has_confirmed_it(first):
    assert (first.state, first.is_unconfirmed, first.drawn_from) == ("approved", True, "Triage table 4.3")
    rules = rules_of(first.pk)
    assert rules.rules == first_rules().rules or {r.name: r for r in rules.rules} == {
        r.name: r for r in first_rules().rules
    }
    assert rules.standards == first_rules().standards


def test_the_page_says_that_nobody_has_confirmed_them(monday, as_supervisor):
    for address in (PAGES, f"{PAGES}1/"):
        assert "No supervisor has confirmed these rules" in as_supervisor.get(address).content.decode()


def test_a_referral_remembers_the_version_that_judged_it(monday, unit, first):
    receive(SIAN)
    assert Referral.objects.get().rule_set == first


# --- Writing a version -----------------------------------------------------------------------------


def test_a_draft_begins_as_a_copy_and_judges_nobody(draft, first):
    assert draft.number == 2
    assert draft.rules.count() == first.rules.count()
    assert draft.standards.count() == 4
    assert rules_on(date(2026, 11, 23)).pk == first.pk


def test_only_one_version_is_written_at_a_time(draft, first, other):
    with pytest.raises(Refused, match="Version 2 is not finished"):
        actions.draft(based_on=first, note="Another.", by=other)


def test_two_who_change_the_same_draft_are_told(draft, supervisor, other):
    seen = draft.version
    raise_robbery_to(1, draft, supervisor)
    with pytest.raises(Stale):
        actions.change_rule(rule=draft.rules.get(name="hate"), version=seen, by=other, priority=1)


def test_a_new_rule_stands_above_the_last_which_fits_everyone(draft, supervisor):
    rule = actions.add_rule(
        rule_set=draft, version=draft.version, by=supervisor, kind="priority", words="Referred by themselves",
        words_cy="", priority=2, is_filler=False,
    )  # fmt: skip
    actions.keep_way(
        rule=rule, place=None, way={"sources": ["self"]}, version=fresh(draft).version, by=supervisor
    )
    names = list(draft.rules.filter(kind="priority").values_list("name", flat=True))
    assert names[-2:] == ["referred_by_themselves", "about_things"]
    assert triage(Facts(offence_code="49", source="self"), rules_of(draft.pk)).decided_by == rule.name


def test_rules_move_up_and_down_within_their_kind(draft, supervisor):
    hate = draft.rules.get(name="hate")
    actions.move_rule(rule=hate, up=True, version=fresh(draft).version, by=supervisor)
    names = list(draft.rules.filter(kind="priority").values_list("name", flat=True))
    assert names.index("hate") == names.index("domestic_abuse") - 1
    business = draft.rules.get(name="nameless_business")
    actions.move_rule(rule=business, up=True, version=fresh(draft).version, by=supervisor)
    assert draft.rules.filter(kind="suppress").first() == business


def test_a_way_that_says_nothing_is_refused(draft, supervisor):
    with pytest.raises(Refused, match="at least one thing"):
        actions.keep_way(
            rule=draft.rules.get(name="hate"), place=0, way={}, version=draft.version, by=supervisor
        )


def test_a_draft_that_leaves_somebody_without_a_priority_is_not_proposed(draft, supervisor):
    actions.remove_rule(rule=draft.rules.get(name="about_things"), version=draft.version, by=supervisor)
    with pytest.raises(Refused, match="must fit everyone"):
        proposed(draft, supervisor)


def test_a_rule_that_suppresses_everyone_is_not_proposed(draft, supervisor):
    actions.keep_way(
        rule=draft.rules.get(name="suspect_here"),
        place=0,
        way={"everyone": True},
        version=draft.version,
        by=supervisor,
    )
    with pytest.raises(Refused, match="would suppress everyone"):
        proposed(draft, supervisor)


# --- Approval --------------------------------------------------------------------------------------


def test_who_wrote_or_proposed_a_version_does_not_approve_it(draft, supervisor, other):
    made = proposed(draft, other)
    for author in (supervisor, other):
        with pytest.raises(Refused, match="Somebody else must approve"):
            actions.approve(rule_set=made, effective_from=date(2026, 11, 23), version=made.version, by=author)


def test_not_even_the_database_takes_an_approval_by_who_proposed(draft, supervisor):
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleSet.objects.filter(pk=draft.pk).update(proposed_by=supervisor, approved_by=supervisor)


def test_rules_do_not_reach_into_the_past(draft, supervisor, other):
    with pytest.raises(Refused, match="cannot judge what is past"):
        approved(draft, supervisor, other, date(2026, 11, 22))


def test_a_version_judges_from_its_day_and_not_before(draft, first, supervisor, other):
    approved(draft, supervisor, other, date(2026, 11, 25))
    by_day = RulesByDay()
    assert by_day.on(date(2026, 11, 24)).pk == first.pk
    assert by_day.on(date(2026, 11, 25)).pk == draft.pk
    assert until_of(first, RuleSet.objects.approved()) == date(2026, 11, 24)


def test_a_proposal_is_not_changed_and_can_be_sent_back(draft, supervisor, other):
    made = proposed(draft, supervisor)
    with pytest.raises(Refused, match="Only a draft"):
        raise_robbery_to(1, draft, supervisor)
    actions.send_back(rule_set=made, because="Leave robbery.", version=made.version, by=other)
    assert fresh(draft).is_draft
    assert fresh(draft).sent_back_because == "Leave robbery."


def test_an_approved_version_is_never_dropped_or_changed(draft, supervisor, other):
    made = approved(draft, supervisor, other, date(2026, 11, 23))
    with pytest.raises(Refused, match="stays for ever"):
        actions.drop(rule_set=made, version=made.version, by=supervisor)
    with pytest.raises(Refused, match="Only a draft"):
        raise_robbery_to(4, made, supervisor)


def test_a_referral_is_quoted_in_the_words_of_its_own_version(draft, first, supervisor, other):
    rule = draft.rules.get(name="stalking")
    actions.change_rule(
        rule=rule, version=draft.version, by=supervisor, words="stalked", words_cy="wedi'i stelcian"
    )
    approved(draft, supervisor, other, date(2026, 11, 23))
    assert in_words(["stalking"], first.pk) == ["stalking"]
    assert in_words(["stalking"], draft.pk) == ["stalked"]


def test_the_next_extract_is_judged_by_the_new_version_and_nothing_before(draft, unit, supervisor, other):
    receive(SIAN)
    rule = draft.rules.get(name="stalking")
    actions.change_rule(rule=rule, version=draft.version, by=supervisor, priority=2)
    approved(draft, supervisor, other, date(2026, 11, 23))
    assert Referral.objects.get().priority == 1
    receive(SIAN | {"occurrence_no": "2600000002"})
    newer = Referral.objects.latest("pk")
    assert (newer.priority, newer.rule_set) == (2, draft)


# --- The pages -------------------------------------------------------------------------------------


def key(response) -> str:
    return str(response.context["form"]["form_key"].value())


def test_a_supervisor_writes_and_proposes_and_another_approves(monday, sign_in, supervisor, other):
    mine, theirs = sign_in(supervisor), sign_in(other)
    page = mine.get(f"{PAGES}begin")
    mine.post(f"{PAGES}begin", {"form_key": key(page), "note": "Robbery first."})
    page = mine.get(f"{PAGES}2/rule/robbery/")
    form = page.context["form"]
    mine.post(
        f"{PAGES}2/rule/robbery/",
        {"form_key": key(page), "version": form["version"].value(), "words": "robbery", "words_cy": "lladrad",
         "priority": "1"},
    )  # fmt: skip
    proposal = mine.get(f"{PAGES}2/").context["propose"]
    mine.post(
        f"{PAGES}2/propose",
        {
            "form_key": str(proposal["form_key"].value()),
            "version": proposal["version"].value(),
            "note": "Now.",
        },
    )
    assert "Waiting for another supervisor" in mine.get(f"{PAGES}2/").content.decode()
    approval = theirs.get(f"{PAGES}2/").context["approve"]
    theirs.post(
        f"{PAGES}2/approve",
        {"form_key": str(approval["form_key"].value()), "version": approval["version"].value(),
         "effective_from": "2026-11-24"},
    )  # fmt: skip
    made = RuleSet.objects.get(number=2)
    assert (made.state, made.effective_from, made.approved_by) == ("approved", date(2026, 11, 24), other)
    assert TriageRule.objects.get(rule_set=made, name="robbery").priority == 1


def test_a_rule_is_added_with_whom_it_fits(draft, as_supervisor):
    page = as_supervisor.get(f"{PAGES}2/add/priority")
    answer = as_supervisor.post(
        f"{PAGES}2/add/priority",
        {
            "form_key": key(page),
            "version": draft.version,
            "words": "an older person alone at home",
            "priority": "2",
        },
    )
    page = as_supervisor.get(answer.url)
    as_supervisor.post(
        answer.url,
        {"form_key": key(page), "version": fresh(draft).version, "offences": "28e, 28F", "age_from": "65",
         "risks": ["HIGH", "none"], "states": ["has_disability"]},
    )  # fmt: skip
    rule = draft.rules.get(name="an_older_person_alone_at_home")
    assert rule.ways == [
        {"risks": ["HIGH", ""], "offences": ["28E", "28F"], "age_from": 65, "has_disability": True}
    ]


@pytest.mark.parametrize(
    ("answers", "words"),
    [({}, "at least one thing"), ({"age_from": "70", "age_below": "60"}, "that old and that young"),
     ({"flags": ["NOBODY"]}, "Choose one of the answers listed"), ({"age_from": "old"}, "Enter a whole number")],
)  # fmt: skip
def test_a_way_that_cannot_be_says_what_to_mend(draft, as_supervisor, answers, words):
    page = as_supervisor.get(f"{PAGES}2/rule/hate/fits")
    response = as_supervisor.post(
        f"{PAGES}2/rule/hate/fits", {"form_key": key(page), "version": draft.version, **answers}
    )
    assert response.status_code == 200
    assert words in response.content.decode()


def test_a_version_in_force_is_read_and_not_edited(monday, as_supervisor):
    page = as_supervisor.get(f"{PAGES}1/").content.decode()
    assert "rape or serious sexual offence" in page
    assert "offence code 34A or 34B" in page
    for address in ("1/rule/robbery/", "1/add/priority", "1/rule/robbery/fits/0", "1/priority/1", "9/"):
        assert as_supervisor.get(PAGES + address).status_code == 404


def test_a_button_of_an_old_page_is_told_to_look_again(draft, as_supervisor):
    response = as_supervisor.post(f"{PAGES}2/rule/hate/move", {"version": "0", "way": "up"})
    assert response.status_code == 409


def test_the_auditor_reads_the_rules_and_changes_nothing(monday, draft, sign_in, auditor):
    browser = sign_in(auditor)
    assert browser.get(PAGES).status_code == 200
    page = browser.get(f"{PAGES}2/")
    assert page.status_code == 200
    assert "Propose it" not in page.content.decode()
    assert browser.get(f"{PAGES}2/rule/robbery/").status_code == 403
    assert browser.post(f"{PAGES}2/drop", {"version": draft.version}).status_code == 403


def test_an_officer_does_not_open_the_rules(monday, as_officer):
    assert as_officer.get(PAGES).status_code == 403


def test_the_pages_of_the_rules_cost_few_queries(draft, as_supervisor, django_assert_max_num_queries):
    for address in (PAGES, f"{PAGES}2/", f"{PAGES}2/rule/hate/"):
        as_supervisor.get(address)
        with django_assert_max_num_queries(20):
            assert as_supervisor.get(address).status_code == 200
