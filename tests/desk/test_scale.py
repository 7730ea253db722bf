"""The lists and the search at twenty thousand cases: each read from an index, and little of it for nothing.

The rows come from the generator of the benchmark, once for all of these tests. What is asserted is the planner's own
account of what it did, so that a busy machine changes nothing.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from benchmarks._big import build
from compliance import rollups
from desk.funnel import Cohort, in_the_figures_of
from referrals.models import Referral
from tests.referrals.test_refer_in import BY_HAND
from victimcare.accounts.models import Team, User
from victimcare.cases.finding import find
from victimcare.cases.models import Participant, Person
from victimcare.settings import WEB

CASES, TEAMS = 20_000, 4
OF_THE_UNIT = r"^(Victim|Witness) Care Unit \d+$"
# Tables that grow with the years. Those of people, teams and rules stay small.
GROW = {
    "cases_person", "cases_case", "cases_participant", "cases_event", "cases_entitlement", "cases_safecontact",
    "cases_nameincase", "cases_nameword", "referrals_referral", "contacts_contact", "contacts_contactplan",
    "contacts_promise", "compliance_duty", "compliance_dutytally", "compliance_dutychange",
}  # fmt: skip
MOST_FOR_NOTHING = 10  # rows read and left out, for each row that was wanted
PAGE = 25
WRITES = re.compile(r"\b(INSERT INTO|UPDATE [a-z\"]|DELETE FROM|nextval)")  # explaining it would do it again


pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("scale")]


@pytest.fixture(scope="module", autouse=True)
def unit(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Four teams of nineteen with 20,000 cases, as the web role asks for them."""
    with django_db_blocker.unblock():
        build(CASES, teams=TEAMS)
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE cases_person, cases_case CASCADE; TRUNCATE cases_nameincase, cases_nameword")
        User.objects.filter(team__name__regex=OF_THE_UNIT).delete()
        Team.objects.filter(name__regex=OF_THE_UNIT).delete()
        User.history.all().delete()
        Team.history.all().delete()
        cursor.execute("ANALYZE")


@pytest.fixture(autouse=True)
def _as_the_web_role(db: None) -> None:
    with connection.cursor() as cursor:
        for setting, value in re.findall(r"-c (\w+)=(\S+)", WEB):
            cursor.execute(f"SET LOCAL {setting} = '{value}'")


@pytest.fixture
def officer() -> User:
    return User.objects.get(username="officer0-3")


@pytest.fixture
def supervisor() -> User:
    return User.objects.get(username="supervisor0")


@pytest.fixture
def care() -> User:
    return User.objects.get(username="care0-1")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="victimcare.accounts.backends.WithTeam")
    return client


def asked_in(work: Any) -> list[tuple[str, Any]]:
    """The questions asked of the database while this is done, and its parameters."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        work()
    return asked


def each_of(asked: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Each statement of a journey by itself, where the connection planned one of them before."""
    for sql, params in asked:
        if "EXECUTE asked_" not in sql:
            yield sql, params
            continue
        rest = iter(params)
        for statement in sql.split("; "):
            yield statement, list(islice(rest, statement.count("%s")))


def plans(work: Any) -> list[dict[str, Any]]:
    """What the planner did for each question, from EXPLAIN (ANALYZE, FORMAT JSON)."""
    found = []
    for sql, params in each_of(asked_in(work)):
        if sql.lstrip("( \n").startswith(("SELECT", "WITH", "EXECUTE")) and not WRITES.search(sql):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql, params)
                answer = cursor.fetchone()[0]
            found.append(
                (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"] | {"sql": sql}
            )
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def check(work: Any) -> None:
    """No table that grows is read whole, and no more than ten rows are read for nothing for each that is wanted."""
    for plan in plans(work):
        for node in nodes(plan):
            whole = node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROW
            assert not whole, (node["Relation Name"], node.get("Filter"), plan["sql"][:1500])
        wasted = sum(
            node.get("Rows Removed by Filter", 0) * node["Actual Loops"]
            for node in nodes(plan)
            if node.get("Relation Name") in GROW
        )
        wanted = max(plan["Actual Rows"], PAGE)
        assert wasted <= MOST_FOR_NOTHING * wanted, (wasted, wanted, plan["sql"][:1500])


# --- Lists -----------------------------------------------------------------------------------------

LISTS = [
    "whose=mine",
    "whose=team",
    "whose=all",
    "closed=1&whose=mine",
    "closed=1&whose=team",
    "whose=team&before=30000",
]


@pytest.mark.parametrize("query", LISTS)
def test_a_list_is_read_from_an_index(officer, query):
    browser = signed_in(officer)
    check(lambda: browser.get(f"/cases/?{query}"))


@pytest.mark.parametrize("query", LISTS)
def test_so_are_the_lists_of_witness_care(care, query):
    browser = signed_in(care)
    check(lambda: browser.get(f"/cases/?{query}"))


def test_one_officers_cases_for_their_supervisor(supervisor, officer):
    browser = signed_in(supervisor)
    check(lambda: browser.get(f"/cases/?officer={officer.reference}"))


@pytest.mark.parametrize(
    ("username", "address", "most"),
    [
        ("officer0-3", "/cases/", 6),
        ("officer0-3", "/cases/?whose=team", 6),
        ("care0-1", "/cases/?whose=all", 6),
        ("supervisor0", "/cases/?officer=x", 6),
        ("officer0-3", "/", 25),
        ("supervisor0", "/", 25),
        ("supervisor0", "/referrals/allocate/", 25),
        ("supervisor0", "/referrals/", 20),
    ],
)
def test_a_page_asks_so_many_questions_and_no_more(username, address, most):
    browser = signed_in(User.objects.get(username=username))
    assert browser.get(address).status_code == 200
    assert len(asked_in(lambda: browser.get(address))) <= most


# --- Search ----------------------------------------------------------------------------------------

NAMES = [
    "jones", "jon", "sian", "Siân Jones", "jones sian", "llewelyn", "Llewelyn, Rhys", "O'Brien", "griffits",
    "sian grifiths", "zzyzx", "mac",
]  # fmt: skip
NUMBERS = [
    "VC-1001", "P-3003", "PE-1001", "2600001001", "26000010", "07111001000", "+44 7000 001 006", "01633 0000700",
    "NP20 1AB", "np201ab",
]  # fmt: skip


@pytest.mark.parametrize("typed", [*NAMES, *NUMBERS])
def test_a_search_is_read_from_an_index(officer, typed):
    check(lambda: find(typed, officer))


@pytest.mark.parametrize("typed", NAMES)
def test_a_name_is_read_from_an_index_for_witness_care(care, typed):
    check(lambda: find(typed, care))


def test_a_date_of_birth_is_read_from_an_index(officer):
    person = Person.objects.get(reference="PE-1001")
    assert isinstance(person.date_of_birth, date)
    born = f"{person.date_of_birth:%d/%m/%Y}"
    for typed in (born, f"{person.surname} {born}"):
        check(lambda typed=typed: find(typed, officer))


def test_every_kind_of_search_finds_somebody():
    """Otherwise the plans above would be of nothing."""
    supervisor = User.objects.get(username="supervisor1")
    for typed in ("jones", "sian jones", "griffits", "2600001001", "NP20 1AB", "P-3003"):
        everybody = [find(typed, User.objects.get(username=f"supervisor{n}")).everybody for n in range(TEAMS)]
        assert any(everybody), typed
    assert len(find("jones", supervisor).people) == 50


# --- Creating a case -------------------------------------------------------------------------------


def typed_for(person: Person) -> dict[str, Any]:
    born = person.date_of_birth or date(1980, 2, 1)
    return {
        "given_names": person.given_names, "surname": person.surname, "postcode": person.postcode,
        "phone": person.phone_mobile, "date_of_birth_day": born.day, "date_of_birth_month": born.month,
        "date_of_birth_year": born.year,
    }  # fmt: skip


def reads_by_index(work: Any) -> None:
    """No table that grows is read whole."""
    for plan in plans(work):
        for node in nodes(plan):
            whole = node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROW
            assert not whole, (node["Relation Name"], node.get("Filter"), plan["sql"][:1500])


@pytest.mark.parametrize("reference", ["PE-1001", "PE-19998"])
def test_the_check_for_duplicates_reads_nothing_whole(officer, reference):
    browser, person = signed_in(officer), Person.objects.get(reference=reference)
    reads_by_index(lambda: browser.post("/new-case", typed_for(person)))


@pytest.mark.parametrize("who", ["new", "known"])
def test_opening_a_case_reads_nothing_whole(officer, who):
    mine = officer.caseload.filter(closed_at=None).select_related("person").order_by("-pk")[3].person
    browser = signed_in(officer)
    page = browser.post("/new-case", typed_for(mine)).text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    day = date.today()  # noqa: DTZ011 - the rows end today
    answer = {
        "token": token[1], "who": mine.reference if who == "known" else "new", "officer": officer.pk,
        "offence_title": "Criminal damage", "occurrence_no": "9900000001", "reported_on_day": day.day,
        "reported_on_month": day.month, "reported_on_year": day.year,
    }  # fmt: skip
    before = Participant.objects.count()
    reads_by_index(lambda: browser.post("/new-case", answer))
    assert Participant.objects.count() == before + 1


def test_a_referral_by_a_form_reads_nothing_whole(officer):
    browser, before = signed_in(officer), Participant.objects.count()
    said = BY_HAND | {"agreed_on": f"{date.today():%Y-%m-%d}"}  # noqa: DTZ011 - the rows end today
    reads_by_index(lambda: browser.post(reverse("referrals:refer-in"), said))
    assert Participant.objects.count() == before + 1


# --- Funnel ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["", "burglary"])
def test_the_day_of_a_referral_is_found_by_an_index(supervisor, group):
    last = Referral.objects.latest("received_at").received_at.date()
    cohort = Cohort(last - timedelta(days=4), last, group=group)
    plan = in_the_figures_of(cohort.referrals(), supervisor).explain()
    assert "referral_received" in plan, plan


# --- Dashboards ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["supervisor0", "officer0-3"])
def test_a_dashboard_counts_no_duty_and_no_case_one_by_one(who):
    """A supervisor's figures come from the tallies, an officer's from their own duties, found by an index."""
    browser = signed_in(User.objects.get(username=who))
    for page in ("", "by/duty/", "by/officer/", "by/area/", "by/offence/", "trend/", "forecast/"):
        asked = []
        for plan in plans(lambda page=page: browser.get(f"/dashboard/{page}")):
            touched = {node["Relation Name"] for node in nodes(plan) if "Relation Name" in node}
            whole = [
                node
                for node in nodes(plan)
                if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROW
            ]
            assert not [node for node in whole if node["Relation Name"] != "compliance_dutychange"], plan[
                "sql"
            ][:1500]
            asked.append(touched)
            if "compliance_dutytally" in touched:
                rows = sum(
                    node["Actual Rows"] * node["Actual Loops"]
                    for node in nodes(plan)
                    if node.get("Relation Name") == "compliance_duty"
                )
                assert rows <= 200, (
                    rows,
                    plan["sql"][:1500],
                )  # restricted cases they are named on, and the like
        assert asked


def test_the_figures_of_twenty_thousand_cases_are_exact(unit):
    assert rollups.recount(repairs=False).differing == 0


@pytest.mark.parametrize("status", ["overdue", "unallocated", "missed", "to_do", "in_time"])
def test_the_list_behind_a_number_is_read_from_an_index(supervisor, status):
    browser = signed_in(supervisor)
    check(lambda: browser.get(f"/dashboard/duties/?status={status}"))
