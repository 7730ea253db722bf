"""Letters to write: to a victim whose post is safe, from the templates the project ships."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from tests.factories import CaseFactory, ParticipantFactory, PersonFactory, SafeContactFactory
from victimcare.accounts.models import User
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Channel, Purpose, clear
from victimcare.letters import actions
from victimcare.letters.models import Letter, LetterTemplate

COURT = {"en": "Newport Crown Court", "cy": "Llys y Goron Casnewydd"}
TIME = {"en": "10:00. Please arrive by 09:30.", "cy": "10:00. Dewch erbyn 09:30."}


@pytest.fixture
def mali(officer: User) -> Participant:
    """Mali Ŵyn, who prefers Welsh and whose post is safe; allocated to the officer."""
    mali = ParticipantFactory(
        case=CaseFactory(reference="VC-7K2M9QWD", occurrence_no="2600012345"),
        person=PersonFactory(
            given_names="Mali",
            surname="Ŵyn",
            prefers_welsh=True,
            address_line_1="3 Tŷ Newydd",
            town="Y Fenni",
            postcode="NP7 5ZZ",
        ),
        officer=officer,
        team=officer.team,
    )
    SafeContactFactory(person=mali.person)
    return mali


def template(key: str = "unable_to_contact") -> LetterTemplate:
    if not LetterTemplate.objects.exists():  # a test with real transactions emptied the tables before us
        import_module("victimcare.letters.migrations.0002_first_letters").write(apps, None)
    return LetterTemplate.objects.get(key=key, number=1)


@pytest.fixture
def write(officer: User, mali: Participant) -> Callable[..., Letter]:
    """`write(key="court_warning", values={...})` writes to Mali; everything can be said otherwise."""

    def write(**said: Any) -> Letter:
        to, key = said.pop("to", mali), said.pop("key", "unable_to_contact")
        defaults: dict[str, Any] = {"languages": "cy,en", "values": {}, "tells": [], "by": officer}
        return actions.compose(
            clearance=clear(to, Channel.POST, Purpose.UPDATE), template=template(key), **defaults | said
        )

    return write


@pytest.fixture
def queued(write: Callable[..., Letter], officer: User) -> Letter:
    return actions.approve(letter=write(), by=officer)
