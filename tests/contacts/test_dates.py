"""A mistyped year must not settle what is owed today."""

import pytest

from contacts import actions
from contacts.models import Contact
from tests.factories import london
from victimcare.faults import Refused

pytestmark = pytest.mark.django_db


def test_nobody_was_rung_before_the_crime_was_reported(victim, officer, monday):
    with pytest.raises(Refused, match="before the crime was reported"):
        actions.log(
            participant=victim, direction="out", channel="in_person", outcome="reached", at=london(1990, 11, 18),
            note="", tells=[], by=officer,
        )  # fmt: skip
    assert not Contact.objects.exists()
