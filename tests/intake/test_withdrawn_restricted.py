"""What an extract restricted stays restricted when the extract is taken back."""

import pytest

from tests.referrals.test_receive import SIAN, counts, receive
from victimcare.cases.models import Case
from victimcare.intake import withdrawing
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]


def test_a_withdrawal_opens_no_restricted_case(supervisor):
    receive(SIAN)
    batch = receive(SIAN | {"restricted": "Y", "offence_title": "Harassment"})
    assert counts(batch) == {"updated": 1}
    withdrawing.withdraw(batch=batch, reason="The wrong file was sent.", by=supervisor)
    assert read_waiting_extracts() == 1
    case = Case.objects.get(occurrence_no=SIAN["occurrence_no"])
    assert case.is_restricted and case.offence_title != "Harassment"
