"""Which system sent an extract is written down with it."""

import pytest
from django.test import Client

from referrals.rows import REFERRAL_COLUMNS
from tests.referrals.test_receive import SIAN, as_csv
from victimcare.audit.models import AccessEntry
from victimcare.intake import admitting
from victimcare.intake.models import ImportBatch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]


def test_the_token_that_sent_an_extract_is_in_the_log(administrator):
    token, secret = admitting.make_token(
        name="Crime system", scopes=["extracts.send"], days=9, by=administrator
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    sent = client.post("/api/v1/extracts", as_csv([SIAN], REFERRAL_COLUMNS), content_type="text/csv")
    assert sent.status_code == 202
    entry = AccessEntry.objects.get(op=AccessEntry.Op.COLLECT)
    assert (entry.actor, entry.actor_name) == (token.reference, "Crime system")
    assert entry.path == ImportBatch.objects.get().reference
    again = client.post("/api/v1/extracts", as_csv([SIAN], REFERRAL_COLUMNS), content_type="text/csv")
    assert again.status_code == 409 and AccessEntry.objects.filter(op=AccessEntry.Op.COLLECT).count() == 1
