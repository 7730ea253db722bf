"""Due work: one list, five groups, each saying why; and the team's day, with what does not fit."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Promise
from tests.desk.test_today import arrested_and_bailed
from tests.factories import (
    ContactPlanFactory,
    LeaveFactory,
    ParticipantFactory,
    ReferralFactory,
    SafeContactFactory,
    UserFactory,
    london,
)
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Question

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
HOURS = [["09:00", "17:00"]] * 5


def everything_due(victim, officer):
    """One of each kind: update, duty, promise, review, question and complaint."""
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 20))
    arrested_and_bailed(victim, officer)
    Promise.objects.create(participant=victim, what="ring back", due_on=date(2026, 11, 23), made_by=officer)
    record_event(
        case=victim.case,
        kind=Kind.COMPLAINT_RECEIVED,
        occurred=london(2026, 11, 10, 9),
        participant=victim,
        by=officer,
    )
    record_event(case=victim.case, kind=Kind.SUSPECT_CHARGED, occurred=london(2026, 11, 20, 9), by=officer)
    Question.objects.create(
        case=victim.case,
        participant=victim,
        kind=Question.Kind.NEEDS,
        words="Please send it.",
        asked_by=officer,
        to_collar="4411",
        asked_at=london(2026, 11, 17, 9),
        due_on=date(2026, 11, 19),
    )


def whats(client, **query):
    found = []
    for group in ("critical", "overdue", "today", "soon", "later"):
        found += [row["what"] for row in client.get("/due/", query | {"group": group}).context["rows"]]
    return " | ".join(found)


def test_updates_duties_promises_reviews_questions_and_complaints_are_one_list(as_officer, victim, officer):
    everything_due(victim, officer)
    said = whats(as_officer)
    for words in (
        "as agreed, even if nothing is new",
        "about the arrest and the bail",
        "ring back",
        "Re-agree how often",
        "Chase the answer about Siân Evans",
        "complaint",
    ):
        assert words in said


def test_each_says_why_it_is_due_on_request(as_officer, victim, officer):
    everything_due(victim, officer)
    for group in ("critical", "overdue", "today", "soon", "later"):
        for row in as_officer.get("/due/", {"group": group}).context["rows"]:
            assert row["explain"], row["what"]


def test_the_counts_of_the_groups_open_their_lists(as_officer, victim, officer):
    everything_due(victim, officer)
    tabs = as_officer.get("/due/").context["tabs"]
    assert [tab["label"] for tab in tabs] == [
        "Critically overdue", "Overdue", "Due today", "Next three days", "Later",
    ]  # fmt: skip
    for tab in tabs:
        assert len(as_officer.get(tab["url"]).context["rows"]) == tab["n"]


def test_the_headings_of_today_open_the_same_lists(as_officer, victim, officer):
    everything_due(victim, officer)
    for group in as_officer.get("/").context["work"].groups:
        assert as_officer.get(group["url"]).context["count"] == group["count"]


def test_a_supervisor_sees_the_teams_and_one_officers(as_supervisor, victim, officer, colleague):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23))
    theirs = ParticipantFactory(officer=colleague, team=officer.team)
    ContactPlanFactory(participant=theirs, due_on=date(2026, 11, 23))
    assert len(as_supervisor.get("/due/?whose=team").context["rows"]) == 2
    rows = as_supervisor.get(f"/due/?whose={colleague.reference}").context["rows"]
    assert [row["who"] for row in rows] == [theirs.person.name]


def test_today_the_teams_day_and_an_officers_list_count_the_same(
    as_supervisor, victim, officer, colleague, supervisor
):
    everything_due(victim, officer)
    theirs = ParticipantFactory(officer=colleague, team=officer.team)
    SafeContactFactory(person=theirs.person, review_on=date(2026, 11, 20))
    ReferralFactory(
        participant=theirs, status="allocated", due_on=date(2026, 11, 19), allocated_at=london(2026, 11, 17)
    )
    # Promised by one officer to another's victim: it is the promise of whoever made it.
    Promise.objects.create(participant=theirs, what="ring", due_on=date(2026, 11, 20), made_by=officer)
    everything_due(hidden := ParticipantFactory(officer=officer, team=officer.team), officer)
    Case.objects.filter(pk=hidden.case_id).update(is_restricted=True)
    for away in (officer, colleague):  # nothing of theirs fits into the day
        LeaveFactory(user=away)
    today, day = as_supervisor.get("/").context["team"], as_supervisor.get("/due/team/").context
    late = {row[0]["text"]: figure(row[1]) for row in today.officers}
    assert late == {row[0]["text"]: figure(row[1]) for row in day["rows"]}
    due_today = {row[0]["text"]: row[2] for row in day["rows"]}
    for each in (officer, colleague):
        tabs = as_supervisor.get(f"/due/?whose={each.reference}").context["tabs"]
        assert late[each.display_name] == tabs[0]["n"] + tabs[1]["n"] > 0
        assert due_today[each.display_name] == tabs[2]["n"]
    assert today.late == sum(late.values())
    assert sum(section["n"] for section in day["sections"]) == today.late + sum(due_today.values())


def figure(cell):
    return cell["text"] if isinstance(cell, dict) else int(cell)


def test_an_officer_asking_for_the_teams_gets_their_own(as_officer, officer, colleague, victim):
    theirs = ParticipantFactory(officer=colleague, team=officer.team)
    ContactPlanFactory(participant=theirs, due_on=date(2026, 11, 23))
    assert as_officer.get("/due/?whose=team").context["rows"] == []


def test_a_restricted_case_is_neither_listed_nor_counted(as_supervisor, victim):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23))
    victim.case.is_restricted = True
    victim.case.save()
    assert as_supervisor.get("/due/?whose=team").context["total"] == 0


def test_who_is_listed_is_written_down(as_officer, victim, officer):
    arrested_and_bailed(victim, officer)
    as_officer.get("/due/")
    assert AccessEntry.objects.get(field_group="due work").subjects == [victim.reference]


@pytest.mark.parametrize(
    "query", ["group=x", "from=x", "from=-1", "from=99999", "whose=%C3%A9", "group=later&from=400"]
)
def test_an_odd_address_gets_a_page(as_officer, query):
    assert as_officer.get(f"/due/?{query}").status_code == 200


def test_thirty_victims_cost_no_more_queries_than_three(as_supervisor, unit):
    counts = []
    for n in (3, 27):
        for _ in range(n):
            officer = UserFactory(team=unit)
            victim = ParticipantFactory(officer=officer, team=unit)
            SafeContactFactory(person=victim.person, review_on=date(2026, 11, 23))
            everything_due(victim, officer)
        as_supervisor.get("/due/?whose=team")
        for url in ("/due/?whose=team&group=critical", "/due/team/"):
            with CaptureQueriesContext(connection) as queries:
                assert as_supervisor.get(url).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:] and max(counts) <= 25


def test_what_does_not_fit_is_shown_to_the_supervisor_with_why(as_supervisor, officer, victim, colleague):
    officer.working_hours = HOURS
    officer.save()
    SafeContactFactory(
        person=(late := ParticipantFactory(officer=officer, team=officer.team)).person,
        call_from="18:00",
        call_until="20:00",
    )
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23))
    ContactPlanFactory(participant=late, due_on=date(2026, 11, 23))
    (section,) = as_supervisor.get("/due/team/").context["sections"]
    assert (section["heading"], section["n"]) == ("Olwen Officer", 1)
    assert "the hours at which it is safe to ring are outside" in section["rows"][0]["why"]


def test_nothing_of_somebody_away_fits(as_supervisor, officer, victim):
    officer.working_hours = HOURS
    officer.save()
    LeaveFactory(user=officer)
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23))
    (section,) = as_supervisor.get("/due/team/").context["sections"]
    assert section["rows"][0]["why"] == "Left because they are away."


def test_today_says_when_each_thing_fits_and_what_is_left(as_officer, officer, victim):
    officer.working_hours = [["09:00", "10:10"]] * 5
    officer.save()
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23))
    page = as_officer.get("/").text
    assert ("Left for another day" in page and "no free time" in page) or "more urgent work" in page
    officer.working_hours = HOURS
    officer.save()
    assert "today about 10:00" in as_officer.get("/").text


def test_an_officer_may_not_see_the_teams_day(as_officer):
    assert as_officer.get("/due/team/").status_code == 403
