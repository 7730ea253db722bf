"""A question is announced only to an officer who may know of the case."""

import pytest

from tests.factories import UserFactory
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Case, Exclusion
from victimcare.cases.questions import ask_officer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.mark.parametrize("hidden", ["", "excluded", "restricted"])
def test_an_officer_who_must_not_know_of_a_case_is_not_told_of_a_question(
    victim, officer, supervisor, hidden
):
    pugh = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=None)
    if hidden == "excluded":
        Exclusion.objects.create(case=victim.case, user=pugh, reason="His cousin", declared_by=supervisor)
    elif hidden == "restricted":
        Case.objects.filter(pk=victim.case_id).update(is_restricted=True)
    ask_officer(case=victim.case, participant=victim, kind="other", words="Which number?", by=officer)
    assert Notification.objects.filter(recipient=pugh).exists() is not bool(hidden)
