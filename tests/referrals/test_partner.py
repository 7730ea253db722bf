"""What a partner may know of somebody referred to them, and how they may reach them."""

from datetime import date

import pytest
from django.urls import reverse

from referrals.models import OnwardReferral
from tests.factories import ParticipantFactory, PartnerFactory, TeamFactory, UserFactory, london
from victimcare.accounts.models import Team
from victimcare.accounts.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def referred(officer):
    """A victim in danger whom nobody has asked how to reach her, referred to a partner; and its worker."""
    team = TeamFactory(name="New Pathways", kind=Team.Kind.PARTNER)
    victim = ParticipantFactory(case__flags=["DA"], officer=officer, team=officer.team)
    onward = OnwardReferral.objects.create(
        participant=victim, partner=PartnerFactory(team=team), shares="Her name and number.",
        agreed_on=date(2026, 11, 20), expires_on=date(2027, 2, 20), made_at=london(2026, 11, 20),
        made_by=officer,
    )  # fmt: skip
    return onward, UserFactory(roles=[Role.PARTNER], team=team)


def test_a_partner_does_not_ring_a_number_nobody_knows_to_be_safe(monday, referred, sign_in):
    """The careful first call is our officers' alone."""
    onward, worker = referred
    page = sign_in(worker).get(reverse("referrals:own-referral", args=[onward.reference])).text
    assert onward.participant.person.phone_mobile not in page and "Do not use." in page


@pytest.mark.parametrize("closes", ["restricted", "excluded"])
def test_a_partner_loses_a_case_that_is_restricted_or_that_they_must_not_see(
    monday, referred, sign_in, officer, closes
):
    onward, worker = referred
    browser, case = sign_in(worker), onward.participant.case
    address = reverse("referrals:own-referral", args=[onward.reference])
    assert browser.get(address).status_code == 200
    if closes == "restricted":
        case.is_restricted = True
        case.save()
    else:
        case.exclusions.create(user=worker, reason="Her brother.", declared_by=officer)
    assert browser.get(address).status_code == 404
    assert onward.participant.person.name not in browser.get(reverse("referrals:own")).text
