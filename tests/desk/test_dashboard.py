"""The compliance of the week: who sees which number, and the list behind it."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compliance import actions, rollups
from compliance.models import Duty
from compliance.reader import Reader
from desk.breakdown import BREAKDOWNS
from desk.dashboard import by_right
from desk.figures import Line, Period
from desk.trend import Trend
from tests.factories import (
    ContactFactory,
    EventFactory,
    ParticipantFactory,
    ReferralFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare.accounts.models import Heartbeat, User
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Participant

pytestmark = pytest.mark.django_db


@pytest.fixture
def week(officer, monday):
    """Thursday 26 November: four arrests told in time, late, not at all, and to nobody's officer."""
    monday.move_to(london(2026, 11, 26, 9))
    parts = {}
    for name, told_on in (("in_time", 24), ("late", 26), ("missed", None), ("nobody", None)):
        part = ParticipantFactory(officer=None if name == "nobody" else officer, person__surname=name.title())
        ReferralFactory(participant=part, received_at=london(2026, 11, 23, 9))
        event = EventFactory(case=part.case)
        if told_on:
            ContactFactory(participant=part, by=officer, at=london(2026, 11, told_on)).tells.add(event)
        parts[name] = part
    EventFactory(case=parts["missed"].case, kind=Kind.HEARING_CONCLUDED, occurred_at=london(2026, 11, 18))
    EventFactory(case=parts["missed"].case, kind=Kind.SUSPECT_CHARGED, occurred_at=london(2026, 11, 20))
    EventFactory(
        case=parts["missed"].case, kind=Kind.INVESTIGATION_CLOSED_NO_SUSPECT, occurred_at=london(2026, 11, 18)
    )
    actions.assess([part.case_id for part in parts.values()])
    return parts


def tile(page, label):
    return next(tile for tile in page.context["tiles"] if label in str(tile["label"]))


def test_the_six_numbers(week, as_supervisor, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        page = as_supervisor.get(reverse("desk:dashboard"))
    assert tile(page, "received")["figure"] == "4"
    assert tile(page, "not yet allocated")["figure"] == "4"
    assert tile(page, "overdue")["figure"] == "2"
    assert (tile(page, "told in time")["figure"], tile(page, "told in time")["note"]) == (
        "33.3%",
        "1 of 3 duties; 33.3% with good reason",
    )
    unallocated = page.context["never_allocated"]
    assert unallocated["text"].endswith("nobody has shown us that they told: 1.")
    assert len(as_supervisor.get(unallocated["url"]).context["rows"]) == 1
    assert tile(page, "reached")["figure"] == "50.0%"
    assert tile(page, "fall due")["figure"] == "2"


def test_no_evidence_is_never_blended_with_missed_and_the_courts_are_apart(week, supervisor):
    lines = by_right(supervisor, Period.week_of(date(2026, 11, 26)), date(2026, 11, 26), None)
    force = lines[6, "FORCE"]
    assert (force.owed, force.in_time, force.late, force.missed, force.no_evidence, force.not_due) == (
        6,
        1,
        1,
        1,
        1,
        2,
    )
    assert lines[8, "HMCTS"].no_evidence == 1
    assert lines[0, "FORCE"].missed == 1  # our own standard, on its own line


def test_every_link_of_the_dashboard_opens(week, as_supervisor):
    page = as_supervisor.get(reverse("desk:dashboard"))
    cells = [cell for row in (*page.context["rows"], *page.context["outside_rows"]) for cell in row]
    urls = [
        cell["url"] for cell in (*cells, *page.context["tiles"]) if isinstance(cell, dict) and cell.get("url")
    ]
    assert len(urls) > 10
    assert {as_supervisor.get(url).status_code for url in urls} == {200}


@pytest.mark.parametrize(
    ("status", "names"),
    [("in_time", ["In_Time"]), ("late", ["Late"]), ("missed", ["Missed"]), ("no_evidence", ["Nobody"])],
)
def test_a_number_opens_its_list(week, as_supervisor, status, names):
    page = as_supervisor.get(
        reverse("desk:duties"), {"right": 6, "status": status, "owner": "ours", "to": "2026-11-29"}
    )
    shown = [row[1]["text"] for row in page.context["rows"]]
    assert len(shown) == len(names)
    assert page.context["how_many"] == "1 duty."
    assert all(name in said for name, said in zip(names, shown, strict=True))


def test_a_list_leaves_a_trace_and_stays_bounded(
    week, as_supervisor, supervisor, django_assert_max_num_queries
):
    with django_assert_max_num_queries(25):
        as_supervisor.get(reverse("desk:duties"))
    assert AccessEntry.objects.filter(actor=supervisor.reference).exists()


def test_a_long_list_goes_on_where_it_stopped(monday, as_supervisor, officer):
    victim = ParticipantFactory(officer=officer)
    for n in range(40):
        EventFactory(case=victim.case, occurred_at=london(2026, 11, 2 + n % 20))
    actions.assess([victim.case_id])
    first = as_supervisor.get(reverse("desk:duties"))
    second = as_supervisor.get(reverse("desk:duties") + first.context["older_url"])
    seen = [row[1]["url"] for page in (first, second) for row in page.context["rows"]]
    assert (len(first.context["rows"]), len(seen), len(set(seen))) == (25, 40, 40)
    assert second.context["older_url"] == ""


@pytest.mark.parametrize(
    ("query", "n"),
    [
        ("right=99&status=x&owner=me&from=1&to=31/02", 5),
        ("from=2026-11-20&to=2026-11-19", 1),
        ("after=2026-11-20.x&right=&status=", 0),
    ],
)
def test_a_list_asked_for_in_nonsense_says_so_and_is_still_a_list(week, as_supervisor, query, n):
    page = as_supervisor.get(reverse("desk:duties") + "?" + query)
    assert (page.status_code, len(page.context["problems"])) == (200, n)
    assert ("There is a problem" in page.text) == bool(n) and page.context["rows"]


@pytest.mark.parametrize(
    ("week_asked", "is_read"), [("2026-11-16", True), ("x", False), ("9999-12-31", False), ("", True)]
)
def test_any_week_may_be_asked_for(week, as_supervisor, week_asked, is_read):
    page = as_supervisor.get(reverse("desk:dashboard"), {"week": week_asked})
    assert page.status_code == 200 and ("so it was left out" not in page.text) == is_read


def test_an_analyst_sees_counts_and_no_list(week, sign_in):
    browser = sign_in(UserFactory(roles=[Role.ANALYST], team=None))
    page = browser.get(reverse("desk:dashboard"))
    assert tile(page, "overdue")["figure"] == "hidden"
    assert not [tile["url"] for tile in page.context["tiles"] if tile["url"]]
    assert reverse("desk:duties") not in page.content.decode()
    assert browser.get(reverse("desk:duties")).status_code == 403
    assert browser.get(reverse("desk:funnel-step", args=["received"])).status_code == 403


def test_an_officer_sees_their_own_figures(week, sign_in, colleague, officer):
    assert tile(sign_in(officer).get(reverse("desk:dashboard")), "overdue")["figure"] == "2"
    assert tile(sign_in(colleague).get(reverse("desk:dashboard")), "overdue")["figure"] == "0"


def test_another_units_supervisor_sees_none_of_ours(week, sign_in):
    browser = sign_in(UserFactory(roles=[Role.SUPERVISOR], team=TeamFactory(name="Another unit")))
    assert tile(browser.get(reverse("desk:dashboard")), "received")["figure"] == "0"
    assert browser.get(reverse("desk:duties")).context["rows"] == []


@pytest.mark.parametrize("role", [Role.PARTNER, Role.ADMINISTRATOR, Role.OFFICER_IN_THE_CASE])
def test_other_roles_do_not_open_the_dashboard(sign_in, role):
    assert sign_in(UserFactory(roles=[role])).get(reverse("desk:dashboard")).status_code == 403


def test_alive_touches_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/livez").json() == {"status": "alive"}


def test_ready_says_what_is_late_in_words(monday, client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["beat"]) == (
        200,
        "degraded",
        "never seen",
    )
    Heartbeat.objects.create(name="beat", at=london(2026, 11, 23, 9, 59))
    said = client.get("/readyz").json()
    assert (said["beat"], said["migrations"], said["letters"], said["bank_holidays"]) == (
        "ok",
        "ok",
        "ok",
        "ok",
    )
    monday.move_to(london(2026, 11, 23, 11))
    assert client.get("/readyz").json()["beat"] == "silent"


def test_not_ready_while_the_database_is_away(client, monkeypatch):
    monkeypatch.setattr("desk.health._database", lambda: "away")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "database": "away"})


def number(cell) -> int:
    return int((cell["text"] if isinstance(cell, dict) else cell).replace(",", ""))


@pytest.mark.parametrize("others", [[], [Duty.Status.EXEMPT, Duty.Status.NOT_APPLICABLE]])
def test_every_row_adds_up(week, as_supervisor, others):
    settled = [Duty.Status.DECLINED, *others]
    duties = list(Duty.objects.current().timed().filter(right=6)[: len(settled)])
    for duty, status in zip(duties, settled, strict=True):
        Duty.objects.filter(pk=duty.pk).update(status=status, settled_on=None, due_on=date(2026, 11, 25))
    page = as_supervisor.get(reverse("desk:dashboard"))
    assert len(page.context["columns"]) == 10 + len(others)
    for row in [*(row[:-1] for row in page.context["rows"]), *page.context["outside_rows"]]:
        _name, owed, in_time, _adjusted, *rest = row
        told = int(in_time["note"].split(" of ")[0] or 0)
        assert number(owed) == told + sum(map(number, rest)), row
    (right_6,) = [row for row in page.context["rows"] if row[0]["text"].startswith("6 ")]
    assert right_6[8]["text"] == "1"
    assert len(as_supervisor.get(right_6[8]["url"]).context["rows"]) == 1


def test_a_good_reason_counts_apart_and_never_as_in_time(week, as_supervisor):
    Duty.objects.filter(participant=week["late"], right=6).update(status="exempt")
    right_6 = as_supervisor.get(reverse("desk:dashboard")).context["rows"][0]
    strict, adjusted = right_6[2], right_6[3]
    assert (strict["text"], strict["note"]) == ("33.3%", "1 of 3")
    assert (adjusted["text"], adjusted["note"]) == ("66.7%", "2 of 3")


def test_overdue_now_is_only_of_those_who_are_not_closed(week, as_supervisor):
    Participant.objects.filter(pk=week["missed"].pk).update(
        closed_at=london(2026, 11, 24), closure_reason="no_further_need"
    )
    page = as_supervisor.get(reverse("desk:dashboard"))
    assert (tile(page, "overdue")["figure"], tile(page, "overdue")["url"]) == ("0", "")
    assert as_supervisor.get(reverse("desk:duties"), {"status": "overdue"}).context["rows"] == []
    assert len(as_supervisor.get(reverse("desk:duties"), {"status": "missed"}).context["rows"]) == 2


def test_nothing_opens_an_empty_list(monday, as_supervisor):
    page = as_supervisor.get(reverse("desk:dashboard"))
    assert not [tile for tile in page.context["tiles"] if tile["url"]]


def trend(*shares):
    """One week after another from 2 November, of a thousand duties each."""
    weeks, week = [], Period.week_of(date(2026, 11, 2))
    for share in shares:
        weeks.append((week, Line(in_time=share, missed=1000 - share) if share is not None else Line()))
        week = week.on()
    return Trend(weeks, Reader(User(roles=[Role.SUPERVISOR])))


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((300, 415), "Told in time rose from 30% to 41.5% in the weeks of Mon 2 Nov to Mon 9 Nov"),
        ((415, 300), "Told in time fell from 41.5% to 30% in the weeks of Mon 2 Nov to Mon 9 Nov"),
        ((None, 300), "30% were told in time in the week of Mon 9 Nov"),
        ((300, 305), "30.5% were told in time in the week of Mon 9 Nov, as in that of Mon 2 Nov"),
        ((None, None), "Nothing fell due in these weeks"),
        (
            (*[900, 910] * 6, 905),
            "90.5% were told in time in the week of Mon 25 Jan 2027, as usual: 88 to 93%",
        ),
        ((*[900, 910] * 6, 600), "60% were told in time in the week of Mon 25 Jan 2027: below what is usual"),
    ],
)
def test_the_trend_says_which_weeks_it_speaks_of(monday, shares, said):
    assert trend(*shares).finding == said
    few = Trend(trend(1, None).weeks, Reader(User(roles=[Role.ANALYST])))  # one in time of a thousand
    assert few.finding.startswith("How many were told in time in these weeks is hidden")
    assert few.chart["gaps"] == {"Mon 2 Nov": "hidden"}


def everything_with_a_link(page, name):
    """Each number of a table that opens a list, with its address."""
    for row in page.context[name]:
        for cell in row:
            if isinstance(cell, dict) and cell.get("url") and cell["text"].replace(",", "").isdigit():
                yield number(cell), cell["url"]


@pytest.mark.parametrize("by", ["duty", "team", "officer", "area", "offence", "tier"])
def test_every_number_of_a_breakdown_opens_a_list_as_long(week, as_supervisor, by):
    Duty.objects.filter(participant=week["late"]).update(enhanced_applied=True)
    Case.objects.filter(pk=week["nobody"].case_id).update(policing_area="", offence_code="")
    with_links = 0
    for owner in ("", "HMCTS", "own"):
        page = as_supervisor.get(reverse("desk:figures", args=[by]), {"month": "2026-11", "owner": owner})
        for n, url in everything_with_a_link(page, "rows"):
            assert len(as_supervisor.get(url).context["rows"]) == n, url
            with_links += 1
    assert with_links > 6


def test_a_breakdown_by_anything_else_is_not_there(week, as_supervisor):
    assert as_supervisor.get(reverse("desk:figures", args=["name"])).status_code == 404


def test_restricted_cases_are_counted_for_those_on_their_list_alone(
    week, as_supervisor, supervisor, sign_in, unit
):
    other = sign_in(UserFactory(roles=[Role.SUPERVISOR], team=unit))
    case = week["missed"].case
    Case.objects.filter(pk=case.pk).update(is_restricted=True)
    case.restricted_to.add(supervisor)

    def owed(browser):
        page = browser.get(reverse("desk:figures", args=["team"]), {"month": "2026-11"})
        return number(page.context["rows"][0][1])

    assert (owed(as_supervisor), owed(other)) == (6, 3)


def test_the_forecast_says_what_falls_due_on_each_day_and_whose_it_is(week, as_supervisor, officer):
    EventFactory(case=week["nobody"].case, kind=Kind.SUSPECT_CHARGED, occurred_at=london(2026, 11, 20))
    actions.assess([week["nobody"].case_id])
    page = as_supervisor.get(reverse("desk:forecast"))
    assert [(bar["label"], bar["value"]) for bar in page.context["chart"]][:3] == [
        ("Thu 26 Nov", 0), ("Fri 27 Nov", 4), ("Mon 30 Nov", 0),
    ]  # fmt: skip
    row, nobodys = page.context["rows"]
    assert (row[0]["text"], row[1], number(row[2]), number(row[4])) == (officer.display_name, "3", 2, 2)
    assert (nobodys[0]["text"], nobodys[1], number(nobodys[2]), number(nobodys[4])) == (
        "Nobody yet",
        "–",
        1,
        2,
    )
    for n, url in everything_with_a_link(page, "rows"):
        assert len(as_supervisor.get(url).context["rows"]) == n, url


def test_every_week_of_the_trend_opens_its_lists(week, supervisor, sign_in, monday):
    monday.move_to(london(2026, 11, 30, 9))
    as_supervisor = sign_in(supervisor)
    page = as_supervisor.get(reverse("desk:trend"), {"right": 6})
    found = list(everything_with_a_link(page, "rows"))
    assert found
    for n, url in found:
        assert len(as_supervisor.get(url).context["rows"]) == n, url
    assert as_supervisor.get(reverse("desk:trend"), {"owner": "HMCTS"}).status_code == 200


def test_who_only_counts_is_shown_no_small_number_on_any_dashboard(week, sign_in, monday):
    monday.move_to(london(2026, 11, 30, 9))
    browser = sign_in(UserFactory(roles=[Role.ANALYST], team=None))
    home = reverse("desk:dashboard")
    for address in ("", "trend/", "forecast/", *(f"by/{by}/" for by in BREAKDOWNS)):
        page = browser.get(home + address, {"month": "2026-11"})
        assert "hidden" in page.text and reverse("desk:duties") not in page.text
        drawn = [*(cell for row in page.context["rows"] for cell in row[1:]), *page.context.get("chart", [])]
        drawn += page.context.get("outside_rows", []) and page.context["outside_rows"][0][1:]
        for cell in drawn:
            if isinstance(cell, dict):
                said = re.findall(r"[\d.]+", f"{cell['text']} {cell.get('note', '')}")
                assert all(float(n) == 0 or float(n) >= 10 for n in said if cell["text"] != "–"), (
                    address,
                    cell,
                )


@pytest.mark.parametrize(
    ("address", "most"),
    [("", 8), ("by/duty/", 6), ("by/officer/", 7), ("by/team/", 7), ("trend/", 6), ("forecast/", 8)],
)
def test_a_dashboard_asks_few_questions(
    week, as_supervisor, sign_in, address, most, django_assert_max_num_queries
):
    as_analyst = sign_in(UserFactory(roles=[Role.ANALYST], team=None))
    for browser in (as_supervisor, as_analyst):
        browser.get(reverse("desk:dashboard") + address)
        with django_assert_max_num_queries(most + (browser is as_analyst)):  # what is a small number
            assert browser.get(reverse("desk:dashboard") + address).status_code == 200


def test_the_overview_asks_again_for_a_minute_only_what_was_quick(week, as_supervisor, monkeypatch):
    def asked():
        with CaptureQueriesContext(connection) as asked:
            as_supervisor.get(reverse("desk:dashboard"))
        return any('FROM "referrals_referral"' in each["sql"] for each in asked.captured_queries)

    assert asked() and asked()
    monkeypatch.setattr("compliance.kept.SLOW", -1)
    assert asked() and not asked()


def test_the_foot_says_when_the_figures_were_counted_anew(week, as_supervisor):
    assert "Not yet counted anew" in as_supervisor.get(reverse("desk:dashboard")).text
    rollups.recount(repairs=True)
    assert "every figure agreed" in as_supervisor.get(reverse("desk:trend")).text


def test_the_supervisor_of_witness_care_sees_what_it_owes_as_its_officers_do(week, sign_in, witness_care):
    lead = UserFactory(roles=[Role.SUPERVISOR, Role.WITNESS_CARE_OFFICER], team=witness_care.team)
    case = week["in_time"].case
    Case.objects.filter(pk=case.pk).update(witness_care_team=witness_care.team)
    for day in (12, 25):
        EventFactory(case=case, kind=Kind.HEARING_LISTED, occurred_at=london(2026, 11, day))
    actions.assess([case.pk])
    owed = Duty.objects.open().timed().filter(owner="WCU", case=case)
    overdue = owed.due_before(date(2026, 11, 26)).count()
    assert overdue
    for person in (lead, witness_care):
        assert tile(sign_in(person).get(reverse("desk:dashboard")), "overdue")["figure"] == f"{overdue}"
    browser = sign_in(lead)
    behind = browser.get(tile(browser.get(reverse("desk:dashboard")), "overdue")["url"])
    assert len(behind.context["rows"]) == overdue
    [row] = browser.get(reverse("desk:forecast")).context["rows"]
    assert (row[0]["text"], row[2]["text"], row[-1]) == ("Witness Care Unit", f"{overdue}", f"{owed.count()}")
