"""The compliance of the week: who sees which number, and the list behind it."""

from datetime import date

import pytest
from django.urls import reverse

from compliance import actions
from compliance.models import Duty
from desk.dashboard import Week, figures, trend_title
from tests.factories import (
    ContactFactory,
    EventFactory,
    ParticipantFactory,
    ReferralFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare.accounts.models import Heartbeat
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.kinds import Kind

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
        "1 of 3 duties due in the week",
    )
    assert tile(page, "reached")["figure"] == "50.0%"
    assert tile(page, "fall due")["figure"] == "2"


def test_no_evidence_is_never_blended_with_missed_and_the_courts_are_apart(week, supervisor):
    this = Week.of(date(2026, 11, 26))
    lines = figures(Duty.objects.current().timed().due_between(this.monday, this.sunday), date(2026, 11, 26))
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
    "query", ["right=99&status=x&owner=me&from=1&to=31/02", "after=x", "after=2026-11-20.x", "right=&status="]
)
def test_a_list_asked_for_in_nonsense_is_still_a_list(week, as_supervisor, query):
    assert as_supervisor.get(reverse("desk:duties") + "?" + query).status_code == 200


@pytest.mark.parametrize("week_asked", ["2026-11-16", "x", "1800-01-01", "9999-12-31", ""])
def test_any_week_may_be_asked_for(week, as_supervisor, week_asked):
    assert as_supervisor.get(reverse("desk:dashboard"), {"week": week_asked}).status_code == 200


def test_an_analyst_sees_counts_and_no_list(week, sign_in):
    browser = sign_in(UserFactory(roles=[Role.ANALYST], team=None))
    page = browser.get(reverse("desk:dashboard"))
    assert tile(page, "overdue")["figure"] == "2"
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
    assert len(page.context["columns"]) == 9 + bool(others)
    for row in page.context["rows"]:
        _name, owed, in_time, *rest, _by = row
        assert number(owed) == int(in_time["note"].split(" of ")[0]) + sum(map(number, rest)), row
    for row in page.context["outside_rows"]:
        _name, owed, in_time, *rest = row
        assert number(owed) == int(in_time["note"].split(" of ")[0]) + sum(map(number, rest)), row
    (right_6,) = [row for row in page.context["rows"] if row[0]["text"].startswith("6 ")]
    assert right_6[7]["text"] == "1"
    assert len(as_supervisor.get(right_6[7]["url"]).context["rows"]) == 1


def test_nothing_opens_an_empty_list(monday, as_supervisor):
    page = as_supervisor.get(reverse("desk:dashboard"))
    assert not [tile for tile in page.context["tiles"] if tile["url"]]


@pytest.mark.parametrize(
    ("shares", "is_over", "said"),
    [
        ([30.0, 41.5], True, "Told in time rose from 30% to 41.5% in the weeks of Mon 2 Nov to Mon 9 Nov"),
        (
            [41.5, 30.0],
            False,
            "Told in time fell from 41.5% to 30% in the weeks of Mon 2 Nov to Mon 9 Nov; "
            "this week is not over",
        ),
        ([None, 30.0], True, "30% were told in time in the week of Mon 9 Nov"),
        ([30.0, 30.5], True, "30.5% were told in time in the week of Mon 9 Nov, as in that of Mon 2 Nov"),
        ([None, None], False, "Nothing fell due in these weeks"),
    ],
)
def test_the_trend_says_which_weeks_it_speaks_of(shares, is_over, said):
    points = list(zip(("Mon 2 Nov", "Mon 9 Nov"), shares, strict=True))
    assert trend_title(points, is_over=is_over) == said
