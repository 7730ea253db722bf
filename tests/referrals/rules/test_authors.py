"""Whoever wrote any of a version of the rules does not bring it into force."""

from datetime import date

import pytest

from referrals.rules import actions
from referrals.rules.models import RuleSet
from tests.factories import UserFactory
from victimcare.accounts.permissions import Role
from victimcare.faults import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def other(unit):
    return UserFactory(username="other", team=unit, roles=[Role.SUPERVISOR])


@pytest.fixture
def third(unit):
    return UserFactory(username="third", team=unit, roles=[Role.SUPERVISOR])


def proposed(supervisor, other, change):
    """Drafted and proposed by one supervisor, with a change by another."""
    version = actions.draft(based_on=RuleSet.objects.get(number=1), note="Sooner.", by=supervisor)
    if change == "a rule":
        rule = version.rules.get(name="robbery")
        actions.change_rule(rule=rule, version=version.version, by=other, priority=1)
    elif change == "a rule taken out":
        actions.remove_rule(rule=version.rules.get(name="robbery"), version=version.version, by=other)
    elif change == "a day":
        actions.set_standard(
            rule_set=version, priority=1, within=3, channels=["phone"], version=version.version, by=other
        )
    now = RuleSet.objects.get(pk=version.pk)
    return actions.propose(rule_set=now, note="Why.", version=now.version, by=supervisor)


@pytest.mark.parametrize("change", ["a rule", "a rule taken out", "a day"])
def test_whoever_changed_it_does_not_approve_it(supervisor, other, third, sign_in, change):
    made = proposed(supervisor, other, change)
    with pytest.raises(Refused, match="Somebody else must approve"):
        actions.approve(rule_set=made, effective_from=date(2026, 11, 23), version=made.version, by=other)
    context = sign_in(other).get(f"/referrals/rules/{made.number}/").context
    assert context["approve"] is None and context["waits_for_another"]
    assert sign_in(third).get(f"/referrals/rules/{made.number}/").context["approve"] is not None
    actions.approve(rule_set=made, effective_from=date(2026, 11, 23), version=made.version, by=third)


def test_whoever_only_sent_it_back_may_approve_it_later(supervisor, other):
    made = proposed(supervisor, other, "nothing")
    back = actions.send_back(rule_set=made, because="Say why.", version=made.version, by=other)
    again = actions.propose(rule_set=back, note="Because.", version=back.version, by=supervisor)
    actions.approve(rule_set=again, effective_from=date(2026, 11, 23), version=again.version, by=other)
    assert RuleSet.objects.get(pk=made.pk).approved_by == other
