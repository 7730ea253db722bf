"""A question is announced to whom it is asked of, only where they may know of the case, and is never lost."""

import pytest
from django.urls import reverse

from tests.factories import CaseFactory, ParticipantFactory, TeamFactory, UserFactory
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Case, Exclusion, Question
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


@pytest.fixture
def of_a_team(officer):
    """A victim whose case names the team that investigates, and no officer."""
    case = CaseFactory(oic_collar="", oic_name="", oic_team="Response Newport")
    return ParticipantFactory(officer=officer, team=officer.team, case=case)


def test_a_question_to_a_team_reaches_the_officers_of_that_team_alone(
    as_officer, sign_in, of_a_team, officer, supervisor
):
    team = TeamFactory(name="Response Newport", kind="police")
    pc = UserFactory(username="pc", roles=[Role.OFFICER_IN_THE_CASE], collar="1", team=team)
    cousin = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="2", team=team)
    other = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="3")
    Exclusion.objects.create(case=of_a_team.case, user=cousin, reason="Cousin", declared_by=supervisor)
    url = reverse("cases:ask", args=[of_a_team.case.reference, of_a_team.reference])
    assert "Nobody who signs in here" not in as_officer.get(url).text
    question = ask_officer(
        case=of_a_team.case, participant=of_a_team, kind="other", words="Which?", by=officer
    )
    assert [list(Question.objects.asked_of(one)) for one in (pc, cousin, other)] == [[question], [], []]
    assert [one.recipient for one in Notification.objects.filter(kind="question_asked")] == [pc]
    client = sign_in(pc)
    assert "no longer see" not in client.get(reverse("desk:notifications")).text
    assert client.get(reverse("cases:answer", args=[question.reference])).status_code == 200
    assert (
        client.get(reverse("desk:summary", args=[of_a_team.case.reference, of_a_team.reference])).status_code
        == 404
    )


def test_a_question_that_reaches_nobody_says_so_before_and_falls_to_the_supervisor(
    as_officer, as_supervisor, of_a_team
):
    url = reverse("cases:ask", args=[of_a_team.case.reference, of_a_team.reference])
    assert "Nobody who signs in here" in as_officer.get(url).text
    said = {"kind": "other", "words": "Which number?", "form_key": "0d7a2f0e-3f5f-4a43-9a53-0f2a0a1a7a14"}
    as_officer.post(url, said)
    assert "Pass on the question about" in as_supervisor.get(reverse("desk:today")).text
    assert "Reaches nobody here" in as_supervisor.get(reverse("cases:questions")).text
    assert (
        "Nobody who signs in here"
        in as_supervisor.get(reverse("cases:answer", args=[Question.objects.get().reference])).text
    )
    Case.objects.update(oic_team="")
    typed = said | {"to_team": "Nowhere", "form_key": "0d7a2f0e-3f5f-4a43-9a53-0f2a0a1a7a15"}
    assert "all_the_same" in as_officer.post(url, typed).text and Question.objects.count() == 1
    as_officer.post(url, typed | {"all_the_same": "on"})
    assert Question.objects.count() == 2
