"""What allocating shows and leaves behind of cases that the supervisor may not open."""

import pytest
from django.urls import reverse

from referrals import actions
from tests.factories import ParticipantFactory, ReferralFactory
from victimcare.audit.models import AccessEntry
from victimcare.cases.models import Case, Exclusion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def waits(unit):
    """Siân, who waits for an officer; her name and nothing else is known."""
    return ReferralFactory(participant__team=unit, participant__officer=None)


def board(as_supervisor):
    return as_supervisor.get(reverse("referrals:allocate")).text


@pytest.mark.parametrize("hidden", ["restricted", "excluded"])
def test_that_an_officer_knows_her_from_a_hidden_case_is_not_hinted_at(
    as_supervisor, supervisor, colleague, officer, waits, hidden
):
    earlier = ParticipantFactory(
        person=waits.participant.person, officer=colleague, team=colleague.team, closed_at=None
    )
    assert "knows this person already" in board(as_supervisor)
    if hidden == "restricted":
        Case.objects.filter(pk=earlier.case_id).update(is_restricted=True)
    else:
        Exclusion.objects.create(case=earlier.case, user=supervisor, reason="Aunt", declared_by=supervisor)
    page = board(as_supervisor)
    assert "knows this person already" not in page and "Knows:" not in page


def test_an_undone_choice_is_off_the_restricted_list_again(supervisor, officer, waits):
    case = waits.participant.case
    Case.objects.filter(pk=case.pk).update(is_restricted=True)
    actions.allocate(choices={waits.reference: (officer, None)}, by=supervisor)
    assert list(case.restricted_to.all()) == [officer]
    actions.undo_allocation(by=supervisor)
    assert not case.restricted_to.exists()
    assert AccessEntry.objects.filter(field_group="restricted list, undone").count() == 1


def test_whoever_was_on_the_list_before_stays_on_it(supervisor, officer, waits):
    case = waits.participant.case
    Case.objects.filter(pk=case.pk).update(is_restricted=True)
    case.restricted_to.add(officer)
    actions.allocate(choices={waits.reference: (officer, None)}, by=supervisor)
    actions.undo_allocation(by=supervisor)
    assert list(case.restricted_to.all()) == [officer]
