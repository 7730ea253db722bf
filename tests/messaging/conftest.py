"""Texts and emails to write: to a victim whose phone and mailbox are safe."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import CaseFactory, ParticipantFactory, PersonFactory, SafeContactFactory
from victimcare.accounts.models import User
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Purpose, clear
from victimcare.messaging import actions
from victimcare.messaging.models import Message, MessageTemplate


@pytest.fixture
def mali(officer: User) -> Participant:
    """Mali Ŵyn, whose phone and email are safe; allocated to the officer."""
    mali = ParticipantFactory(
        case=CaseFactory(reference="VC-7K2M9QWD"),
        person=PersonFactory(
            given_names="Mali", surname="Ŵyn", phone_mobile="07700 900123", email="mali@example.org"
        ),
        officer=officer,
        team=officer.team,
    )
    SafeContactFactory(person=mali.person)
    return mali


@pytest.fixture
def write(officer: User, mali: Participant) -> Callable[..., Message]:
    """`write("please_ring", languages="cy")` writes to Mali; everything can be said otherwise."""

    def write(key: str = "please_ring", **said: Any) -> Message:
        template = MessageTemplate.objects.get(key=key, number=1)
        clearance = clear(said.pop("to", mali), actions.SAFE_CHANNEL[template.channel], Purpose.UPDATE)
        defaults: dict[str, Any] = {"languages": "en", "values": {}, "tells": [], "by": officer}
        return actions.compose(clearance=clearance, template=template, **defaults | said)

    return write
