"""Every address has a door: it says who may open it, and opening somebody's record leaves a trace.

`tests/policy.toml` says which permission each address asks for. A route that is not in it, or that asks for
another, fails here by name: add the line when you add the page.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import CaseFactory, ParticipantFactory, TeamFactory, UserFactory
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import ROLES, Permission, Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.models import Participant

POLICY: dict[str, str] = tomllib.loads((Path(__file__).parent / "policy.toml").read_text("utf-8"))["policy"]
NOT_OURS = {"set_language"}  # Django's own: it reads a language and sets a cookie


@dataclass(frozen=True)
class Route:
    """One address: its name, its pattern, and the view behind it."""

    name: str
    pattern: str
    view: Any

    @property
    def policy(self) -> str:
        return str(getattr(self.view, "policy", getattr(getattr(self.view, "cls", None), "policy", "")))

    def at(self, victim: Participant) -> str:
        """This page of one person's case; whatever else the address names does not exist."""
        path = self.pattern.replace("<str:case>", victim.case.reference)
        path = path.replace("<str:participant>", victim.reference)
        return "/" + re.sub(r"<int:\w+>", "0", re.sub(r"<str:\w+>", "NOTHING", path))


def routes(patterns: list[Any], namespace: str = "", prefix: str = "") -> Iterator[Route]:
    for each in patterns:
        pattern = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
            yield from routes(each.url_patterns, inner, pattern)
        elif isinstance(each, URLPattern):
            yield Route(f"{namespace}{each.name}", pattern, each.callback)


ROUTES = [route for route in routes(get_resolver().url_patterns) if route.name not in NOT_OURS]
OF_A_CASE = [route for route in ROUTES if "<str:case>/<str:participant>" in route.pattern]


def test_every_route_says_who_may_open_it():
    assert not [route.name for route in ROUTES if not route.policy]


def test_every_route_asks_for_what_the_policy_says():
    asked = {route.name: route.policy for route in ROUTES}
    new = "\n".join(f'"{name}" = "{policy}"' for name, policy in asked.items() if name not in POLICY)
    assert not new, f"not in tests/policy.toml yet:\n{new}"
    assert {name: policy for name, policy in POLICY.items() if name not in asked} == {}, (
        "no such route any more"
    )
    assert asked == POLICY


def test_every_route_of_the_policy_asks_for_something_that_exists():
    known = {*Permission, "anyone", "anyone signed in", "import service"}
    assert not [name for name, policy in POLICY.items() if policy not in known]


def test_every_page_of_a_case_asks_for_a_permission():
    assert OF_A_CASE
    assert not [route.name for route in OF_A_CASE if route.policy not in set(Permission)]


# --- The doors themselves --------------------------------------------------------------------------


@pytest.fixture
def victim(db: None) -> Participant:
    """Somebody whom every role that sees cases has a reason to see."""
    witness_care = TeamFactory(name="Witness Care Unit", kind=Team.Kind.WITNESS_CARE)
    case = CaseFactory(oic_collar="1234", witness_care_team=witness_care)
    return ParticipantFactory(case=case, agreed_to_be_asked=True)


def somebody(role: Role, victim: Participant) -> User:
    """A person of this role who works with this victim."""
    team = (
        victim.case.witness_care_team
        if role in {Role.WITNESS_CARE_OFFICER, Role.MEASURES_ADVISOR}
        else victim.team
        if role in {Role.VICTIM_CARE_OFFICER, Role.SUPERVISOR}
        else None
    )
    return UserFactory(roles=[role], team=team, collar="1234" if role == Role.OFFICER_IN_THE_CASE else "")


def holders(permission: str) -> list[Role]:
    return [role for role, held in ROLES.items() if permission in held]


def asked(browser: Any, address: str) -> Any:
    """The page, or what it says to a form where it has nothing to show."""
    response = browser.get(address)
    return browser.post(address, {}) if response.status_code == 405 else response


def test_who_is_not_signed_in_is_asked_to(client, victim):
    for route in OF_A_CASE:
        response = asked(client, route.at(victim))
        assert response.status_code == 302 and response.url.startswith("/sign-in"), route.name


@pytest.mark.parametrize("role", Role)
def test_a_stranger_cannot_tell_that_the_case_exists(sign_in, victim, role):
    stranger = UserFactory(roles=[role], team=TeamFactory(name="Another unit"), collar="9999")
    browser = sign_in(stranger)
    if role == Role.ENGAGEMENT_COORDINATOR:
        victim.agreed_to_be_asked = False
        victim.save()
    for route in OF_A_CASE:
        if role in holders(route.policy):
            assert asked(browser, route.at(victim)).status_code == 404, route.name
    assert not AccessEntry.objects.filter(case=victim.case.reference).exists()


@pytest.mark.parametrize("role", Role)
def test_the_wrong_role_is_refused_and_that_is_written_down(sign_in, victim, role):
    refused = somebody(role, victim)
    browser, denied = sign_in(refused), AccessEntry.objects.filter(actor=refused.reference, outcome="denied")
    so_far = 0
    for route in OF_A_CASE:
        if role not in holders(route.policy):
            assert asked(browser, route.at(victim)).status_code == 403, route.name
            before, so_far = so_far, denied.count()
            assert so_far > before, route.name


@pytest.mark.parametrize("role", Role)
def test_every_visit_leaves_an_entry(sign_in, victim, role):
    visitor = somebody(role, victim)
    browser = sign_in(visitor)
    looks = AccessEntry.objects.filter(actor=visitor.reference, case=victim.case.reference, outcome="allowed")
    so_far = 0
    for route in OF_A_CASE:
        if role in holders(route.policy):
            assert asked(browser, route.at(victim)).status_code < 500, route.name
            before, so_far = so_far, looks.count()
            assert so_far > before, route.name


def test_no_page_opens_for_nobody(client, db):
    """Whoever is not signed in is sent to sign in before what the address names is looked for."""
    for route in ROUTES:
        if route.policy in set(Permission):
            response = asked(
                client, "/" + re.sub(r"<\w+:\w+>", "NOTHING", re.sub(r"<int:\w+>", "0", route.pattern))
            )
            assert response.status_code == 302 and response.url.startswith("/sign-in"), route.name
