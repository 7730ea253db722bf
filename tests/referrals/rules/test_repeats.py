"""Repeat as a reason in triage: how many crimes in 12 months, by whom, where, and whether the harm rises."""

import pytest

from referrals.models import Referral
from referrals.rules import actions
from referrals.rules.facts import facts_of
from referrals.rules.models import RuleSet
from tests.factories import UserFactory
from tests.referrals.test_receive import SIAN, receive
from victimcare import clock
from victimcare.accounts.permissions import Role

pytestmark = pytest.mark.django_db
FIRST = SIAN | {
    "occurrence_no": "2600000001", "offence_code": "49", "offence_title": "Theft", "flags": "",
    "recorded_at": "2026-06-01T09:00", "reported_at": "", "location": "1 Bryn Road, Newport",
}  # fmt: skip
SECOND = FIRST | {
    "occurrence_no": "2600000002", "offence_code": "30C", "offence_title": "Burglary", "recorded_at": "2026-11-20T09:00",
    "suspect_ref": "S2", "suspect_name": "Another Suspect", "location": "Elsewhere",
}  # fmt: skip


@pytest.fixture
def patterns_first(monday, unit, supervisor):
    """A version in which a repeat with a pattern comes before all else."""
    draft = actions.draft(based_on=RuleSet.objects.get(number=1), note="Patterns.", by=supervisor)
    for name in ("same_suspect", "same_address", "rising_harm"):
        draft.refresh_from_db()
        rule = actions.add_rule(
            rule_set=draft, version=draft.version, by=supervisor, kind="priority", words=name, words_cy="x",
            priority=1, is_filler=False,
        )  # fmt: skip
        draft.refresh_from_db()
        actions.keep_way(
            rule=rule, place=None, way={"patterns": [name]}, version=draft.version, by=supervisor
        )
    draft.refresh_from_db()
    made = actions.propose(rule_set=draft, note="Patterns.", version=draft.version, by=supervisor)
    other = UserFactory(team=unit, roles=[Role.SUPERVISOR])
    return actions.approve(rule_set=made, effective_from=clock.today(), version=made.version, by=other)


def reasons(*rows):
    """Of the last row; with what the facts we hold afterwards say of the same referral."""
    receive(*rows)
    referral = Referral.objects.select_related("participant__case", "participant__person__safe_contact").get(
        participant__case__occurrence_no="2600000002"
    )
    held = facts_of([referral])[referral.participant_id]
    assert held.patterns == {
        name for name in referral.reasons if name in ("same_suspect", "same_address", "rising_harm")
    }
    return referral.reasons


@pytest.mark.parametrize("in_one_file", [True, False])
@pytest.mark.parametrize(
    ("second", "why"),
    [
        ({}, ["second_crime"]),
        ({"suspect_ref": "S1", "suspect_name": "Gareth Probert"}, ["second_crime", "same_suspect"]),
        ({"location": "1 BRYN ROAD NEWPORT"}, ["second_crime", "same_address"]),
        ({"offence_code": "8N"}, ["second_crime", "rising_harm"]),
    ],
)
def test_a_pattern_is_a_reason(patterns_first, in_one_file, second, why):
    if not in_one_file:
        receive(FIRST)
    rows = [FIRST, SECOND | second] if in_one_file else [SECOND | second]
    assert set(why) <= set(reasons(*rows))
    assert not {"same_suspect", "same_address", "rising_harm"} - set(why) & set(reasons(*rows))


def test_a_crime_of_more_than_a_year_ago_makes_no_pattern(patterns_first):
    receive(FIRST | {"recorded_at": "2025-11-19T09:00"})
    assert reasons(SECOND | {"suspect_ref": "S1", "location": "1 Bryn Road, Newport"}) == ["about_things"]
