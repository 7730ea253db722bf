"""The people of these tests, each signed in, and the one working day most of them happen on."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db.transaction import Atomic, get_connection
from django.test import Client
from django.utils import translation

from compliance import kept
from tests.factories import (
    ParticipantFactory,
    SafeContactFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare import calendars
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Participant

MONDAY = london(2026, 11, 23, 10, 0)

# Test modules are read, and each test begins, with the bank holidays as published; nobody asks now and then.
calendars.count_by((), today=MONDAY.date())
calendars.ASK_EVERY = float("inf")
# No figure is kept from one look to the next because the machine was busy at the first.
kept.SLOW = float("inf")


@pytest.fixture
def monday() -> Iterator[time_machine.Traveller]:
    """It is ten o'clock on Monday 23 November 2026; `monday.move_to(...)` moves the clock."""
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _commit_callbacks_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens after commit happens in tests too, although each test is rolled back at its end."""
    leave = Atomic.__exit__

    def leave_and_run(self: Atomic, *raised: Any) -> None:
        leave(self, *raised)
        connection = get_connection(self.using)
        if (
            raised[0] is None
            and connection.atomic_blocks
            and all(block._from_testcase for block in connection.atomic_blocks)
        ):
            waiting, connection.run_on_commit = connection.run_on_commit, []
            for _savepoints, callback, _robust in waiting:
                callback()

    monkeypatch.setattr(Atomic, "__exit__", leave_and_run)


@pytest.fixture(autouse=True)
def _as_published() -> Iterator[None]:
    """A day that one test added to the calendar counts in no other."""
    yield
    calendars.count_by((), today=MONDAY.date())


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A request in Welsh leaves its language behind; the next test starts in English."""
    yield
    translation.deactivate()


@pytest.fixture
def unit(db: None) -> Team:
    return TeamFactory()


@pytest.fixture
def officer(unit: Team) -> User:
    return UserFactory(username="officer", display_name="Olwen Officer", team=unit)


@pytest.fixture
def colleague(unit: Team) -> User:
    return UserFactory(username="colleague", display_name="Col League", team=unit)


@pytest.fixture
def supervisor(unit: Team) -> User:
    return UserFactory(username="supervisor", display_name="Sue Pervisor", team=unit, roles=[Role.SUPERVISOR])


@pytest.fixture
def witness_care(db: None) -> User:
    team = TeamFactory(name="Witness Care Unit", kind=Team.Kind.WITNESS_CARE)
    return UserFactory(
        username="wco", display_name="Wyn Witness", team=team, roles=[Role.WITNESS_CARE_OFFICER]
    )


@pytest.fixture
def auditor(db: None) -> User:
    return UserFactory(username="auditor", display_name="Aud Itor", team=None, roles=[Role.AUDITOR])


@pytest.fixture
def administrator(db: None) -> User:
    return UserFactory(username="admin", display_name="Ad Min", team=None, roles=[Role.ADMINISTRATOR])


@pytest.fixture
def stranger(db: None) -> User:
    """A victim care officer of another unit: the right role, the wrong records."""
    return UserFactory(username="stranger", team=TeamFactory(name="Another unit"))


@pytest.fixture
def victim(officer: User) -> Participant:
    """Siân Evans, allocated to the officer; her phone is safe, her post and voicemail are not."""
    victim = ParticipantFactory(officer=officer, team=officer.team)
    SafeContactFactory(person=victim.person, post="N")
    return victim


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="victimcare.accounts.backends.WithTeam")
    return client


@pytest.fixture
def sign_in():
    """`sign_in(user)` gives that person's browser."""
    return _signed_in


@pytest.fixture
def as_officer(officer: User) -> Client:
    return _signed_in(officer)


@pytest.fixture
def as_supervisor(supervisor: User) -> Client:
    return _signed_in(supervisor)


@pytest.fixture
def as_stranger(stranger: User) -> Client:
    return _signed_in(stranger)
