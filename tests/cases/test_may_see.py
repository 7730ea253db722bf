"""A row about somebody is visible to exactly those who may see that person, however the question is put."""

import pytest

from referrals.models import Referral
from tests.factories import CaseFactory, ParticipantFactory, ReferralFactory, TeamFactory, UserFactory
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Exclusion, Participant

pytestmark = pytest.mark.django_db

ROLES = [[role] for role in Role] + [
    [Role.VICTIM_CARE_OFFICER, Role.WITNESS_CARE_OFFICER],
    [Role.SUPERVISOR, Role.OFFICER_IN_THE_CASE],
]


@pytest.mark.parametrize("roles", ROLES, ids=str)
def test_rows_about_a_person_are_seen_by_those_who_see_the_person(roles):
    team = TeamFactory()
    user = UserFactory(roles=roles, team=team, collar="1234")
    open_to_all = [
        CaseFactory(),
        CaseFactory(witness_care_officer=user),
        CaseFactory(witness_care_team=team),
        CaseFactory(oic_collar="1234"),
        CaseFactory(is_restricted=True),
    ]
    named, excluded = CaseFactory(is_restricted=True), CaseFactory(witness_care_officer=user)
    named.restricted_to.add(user)
    Exclusion.objects.create(case=excluded, user=user, reason="Her brother", declared_by=user)
    for case in (*open_to_all, named, excluded):
        for held in ({}, {"officer": user}, {"team": team}, {"agreed_to_be_asked": True}):
            ReferralFactory(participant=ParticipantFactory(case=case, **held))
        ReferralFactory(participant=ParticipantFactory(case=case, team=team, role=Participant.Role.SUSPECT))
    seen = set(Participant.objects.visible_to(user).values_list("pk", flat=True))
    rows = list(Referral.objects.visible_to(user).values_list("participant", flat=True))
    assert (set(rows), len(rows)) == (seen, len(seen))


def test_the_excluded_and_the_unnamed_see_no_row():
    user = UserFactory(roles=[Role.SUPERVISOR])
    excluded = CaseFactory()
    Exclusion.objects.create(case=excluded, user=user, reason="Her brother", declared_by=user)
    for case in (excluded, CaseFactory(is_restricted=True)):
        ReferralFactory(participant=ParticipantFactory(case=case, officer=user))
    assert not Referral.objects.visible_to(user).exists()
