"""The auditor's list of who looked at what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def as_auditor(sign_in, auditor):
    return sign_in(auditor)


def whose(response) -> list[str]:
    return [row[1]["text"] for row in response.context["rows"]]


def test_every_look_is_on_the_list_and_reading_it_is_one_more(as_auditor, as_officer, victim, auditor):
    as_officer.get(f"/cases/{victim.case.reference}/{victim.reference}/")
    assert whose(as_auditor.get("/access-log/")) == ["Olwen Officer"]
    assert whose(as_auditor.get("/access-log/")) == ["Aud Itor", "Olwen Officer"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=olwen", ["Olwen Officer"]),
        ("who=colleague", ["Col League"]),
        ("who=nobody", []),
        ("case=vc-one", ["Olwen Officer"]),
        ("on_day=23&on_month=11&on_year=2026", ["Col League", "Olwen Officer"]),
        ("on_day=22&on_month=11&on_year=2026", []),
    ],
)
def test_by_person_by_case_and_by_day(as_auditor, officer, colleague, query, found):
    record_access(by=officer, op=AccessEntry.Op.CONSULT, case="VC-ONE")
    record_access(by=colleague, op=AccessEntry.Op.CONSULT, case="VC-TWO")
    assert whose(as_auditor.get(f"/access-log/?{query}")) == found


def test_a_refused_look_says_so(as_auditor, as_officer):
    as_officer.get("/access-log/")
    assert "Denied" in as_auditor.get("/access-log/").content.decode()


def test_a_long_log_comes_in_pages_that_lose_nothing(as_auditor, officer):
    for n in range(120):
        record_access(by=officer, op=AccessEntry.Op.CONSULT, path=f"/look/{n}")
    seen, url = [], "/access-log/?who=olwen"
    while url:
        response = as_auditor.get(url)
        seen += [row[4]["note"] for row in response.context["rows"]]
        older = response.context["older_url"]
        url = f"/access-log/{older}" if older else ""
    assert seen == [f"/look/{n}" for n in reversed(range(120))]


@pytest.mark.parametrize(
    "query", ["before=x", "before=2026-11-23T10:00~", "on_day=31&on_month=2&on_year=2026"]
)
def test_an_address_somebody_mistyped_is_no_fault(as_auditor, query):
    assert as_auditor.get(f"/access-log/?{query}").status_code == 200


def test_sixty_looks_cost_no_more_queries_than_three(as_auditor, officer):
    counts = []
    for n in (3, 57):
        for _ in range(n):
            record_access(by=officer, op=AccessEntry.Op.CONSULT)
        as_auditor.get("/access-log/")
        with CaptureQueriesContext(connection) as queries:
            as_auditor.get("/access-log/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


def test_only_the_auditor_reads_it(as_officer, as_supervisor):
    assert as_officer.get("/access-log/").status_code == 403
    assert as_supervisor.get("/access-log/").status_code == 403
