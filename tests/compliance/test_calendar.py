"""One-off bank holidays: proposed, looked at, approved by somebody else; what is open moves, what is settled stays."""

from datetime import date

import pytest
from django.urls import reverse

from compliance import actions
from compliance.calendar.actions import count_anew, decide, propose
from compliance.calendar.horizon import is_near
from compliance.calendar.models import CalendarVersion
from compliance.calendar.moving import with_the_change, would_move
from compliance.explain import explain
from compliance.models import Duty
from compliance.revisions import revisions_of
from compliance.tasks import count_by_a_new_calendar
from referrals.triage import day_due
from tests.factories import ContactFactory, EntitlementFactory, ParticipantFactory, UserFactory, london
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import correct_event, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.govuk.dates import due
from victimcare.working_days import add_working_days, england_and_wales

pytestmark = pytest.mark.django_db
MOURNING = date(2026, 11, 27)  # a Friday


@pytest.fixture
def other(unit):
    return UserFactory(team=unit, roles=[Role.SUPERVISOR], display_name="Other Supervisor")


def proposed(by, **said):
    said = {"added": {MOURNING: "Day of mourning"}, "taken": [], "effective_from": date(2026, 11, 23)} | said
    return propose(reason="Proclaimed on Sunday.", by=by, **said)


def approved(by, other, **said):
    row = proposed(by, **said)
    return decide(calendar_id=row.pk, version=row.version, is_approved=True, by=other)


def arrested(victim, day=20, **fields):
    return record_event(
        case=victim.case, kind=Kind.SUSPECT_ARRESTED, occurred=london(2026, 11, day, 9), by=None, **fields
    )


def told(victim, event, day):
    ContactFactory(participant=victim, at=london(2026, 11, day, 11)).tells.set([event])
    actions.assess([victim.case_id])


def worked_off(monday):
    monday.move_to(london(2026, 11, 23, 10, 1))
    return count_by_a_new_calendar()


def test_an_added_day_moves_what_is_open_and_the_first_count_stays_as_a_revision(
    victim, supervisor, other, monday
):
    arrested(victim)
    version = approved(supervisor, other)
    worked_off(monday)
    old, new = Duty.objects.order_by("revision")
    assert (old.due_on, old.calendar, old.is_current) == (date(2026, 11, 27), 0, False)
    assert (new.due_on, new.calendar, new.is_current) == (date(2026, 11, 30), 1, True)
    version.refresh_from_db()
    assert (version.cases_to_do, version.cases_done, version.duties_moved) == (1, 1, 1)
    assert version.reassessed_at is not None
    assert not count_anew()
    [was] = revisions_of(new).earlier
    assert "Version 1 of the calendar was approved" in was.because
    assert was.because.endswith("by Other Supervisor. Proclaimed on Sunday.")


def test_what_is_settled_keeps_its_calendar_whatever_is_worked_out_again(victim, supervisor, other, monday):
    told(victim, arrested(victim, 16), 23)
    before = list(Duty.objects.values())
    approved(supervisor, other, added={date(2026, 11, 20): "Day of mourning"})
    worked_off(monday)
    actions.assess([victim.case_id])
    assert list(Duty.objects.values()) == before
    duty = Duty.objects.select_related("event").get()
    assert (duty.calendar, duty.due_on, duty.status) == (0, date(2026, 11, 23), "met")
    said = " ".join(step["text"] for step in explain(duty))
    assert "keeps the calendar it was settled by" in said


def test_a_settled_duty_whose_event_is_corrected_keeps_its_calendar(
    victim, officer, supervisor, other, monday
):
    wrong = arrested(victim, 16)
    told(victim, wrong, 20)
    approved(supervisor, other, added={date(2026, 11, 19): "Day of mourning"})
    correct_event(event=wrong, occurred=london(2026, 11, 17, 9), detail="A day later.", by=officer)
    duty = Duty.objects.current().get()
    assert (duty.calendar, duty.due_on, duty.status) == (0, date(2026, 11, 24), "met")


def test_what_opens_again_is_counted_by_the_calendar_of_today(victim, supervisor, other, monday):
    told(victim, arrested(victim), 23)
    approved(supervisor, other)
    assert Duty.objects.get().calendar == 0
    for contact in victim.contacts.all():
        contact.tells.clear()
    actions.assess([victim.case_id])
    duty = Duty.objects.current().get()
    assert (duty.status, duty.calendar, duty.due_on) == ("open", 1, date(2026, 11, 30))


def test_a_bank_holiday_worked_after_all_moves_a_day_earlier(victim, supervisor, other, monday):
    monday.move_to(london(2026, 12, 23, 10))
    record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 12, 23, 9), by=None)
    assert Duty.objects.get(rule="R6-BAIL").due_on == date(2027, 1, 4)
    approved(supervisor, other, added={}, taken=[date(2026, 12, 28)], effective_from=date(2026, 12, 23))
    monday.move_to(london(2026, 12, 23, 10, 1))
    count_by_a_new_calendar()
    assert Duty.objects.current().get(rule="R6-BAIL").due_on == date(2026, 12, 31)


def test_every_date_is_counted_by_the_new_calendar_at_once_and_the_next_ones_by_the_next(
    supervisor, other, monday
):
    approved(supervisor, other)
    approved(supervisor, other, added={}, taken=[date(2026, 12, 28)], effective_from=date(2026, 12, 1))
    actions.assess([ParticipantFactory().case_id])
    assert MOURNING in england_and_wales()
    assert date(2026, 12, 28) in england_and_wales()
    assert day_due(date(2026, 11, 26), False, 1) == date(2026, 11, 30)
    assert due(date(2026, 11, 30), date(2026, 11, 26)).note == "in 1 working day"
    monday.move_to(london(2026, 12, 1, 9))
    actions.assess([ParticipantFactory().case_id])
    assert date(2026, 12, 28) not in england_and_wales()


def test_a_version_of_another_day_waits_for_it(victim, supervisor, other, monday):
    arrested(victim)
    approved(supervisor, other, effective_from=date(2026, 11, 25))
    assert worked_off(monday) == 0
    assert Duty.objects.get().due_on == date(2026, 11, 27)
    monday.move_to(london(2026, 11, 25, 0, 1))
    count_by_a_new_calendar()
    assert Duty.objects.current().get().due_on == date(2026, 11, 30)


def test_who_proposed_does_not_approve_and_one_decision_is_enough(supervisor, other, monday):
    row = proposed(supervisor)
    with pytest.raises(NotAllowed):
        decide(calendar_id=row.pk, version=1, is_approved=True, by=supervisor)
    decide(calendar_id=row.pk, version=1, is_approved=False, by=supervisor)
    with pytest.raises(Stale):
        decide(calendar_id=row.pk, version=2, is_approved=True, by=other)
    assert not CalendarVersion.objects.approved().exists()
    assert MOURNING not in england_and_wales()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"added": {date(2026, 11, 29): "Sunday"}}, "at a weekend"),
        ({"added": {date(2026, 12, 25): "Christmas"}}, "a bank holiday already"),
        ({"added": {date(2031, 12, 1): "Far off"}}, "from 2020 to 2028"),
        ({"added": {}, "taken": [MOURNING]}, "counts already"),
        ({"added": {}}, "Enter a day to add"),
        ({"effective_from": date(2026, 11, 22)}, "today or a later day"),
    ],
)
def test_a_day_that_changes_nothing_is_refused_in_a_sentence(supervisor, monday, said, sentence):
    with pytest.raises(Refused, match=sentence):
        proposed(supervisor, **said)


def test_the_same_day_approved_twice_is_refused(supervisor, other, monday):
    one, same = proposed(supervisor), proposed(supervisor)
    decide(calendar_id=one.pk, version=1, is_approved=True, by=other)
    with pytest.raises(Refused, match="already"):
        decide(calendar_id=same.pk, version=1, is_approved=True, by=other)


def test_the_preview_says_what_then_happens(victim, supervisor, other, monday):
    """Standard; enhanced from the start; enhanced meanwhile, before and after the day; told; restricted."""
    second, third, fourth, settled, secret = (ParticipantFactory(team=victim.team) for _n in range(5))
    EntitlementFactory(participant=second, from_on=date(2026, 11, 1))
    EntitlementFactory(participant=third, from_on=date(2026, 11, 24))
    EntitlementFactory(participant=fourth, from_on=date(2026, 11, 26))
    for each in (victim, second, third, fourth, secret):
        arrested(each)
    told(settled, arrested(settled), 23)
    Case.objects.filter(pk=secret.case_id).update(is_restricted=True)
    row = proposed(supervisor)
    calendar = with_the_change((), row.change)
    moves = would_move(row.change, calendar, user=supervisor)
    before = dict(Duty.objects.open().values_list("participant", "due_on"))
    decide(calendar_id=row.pk, version=1, is_approved=True, by=other)
    worked_off(monday)
    after = dict(Duty.objects.open().values_list("participant", "due_on"))
    moved = {who: (was, after[who]) for who, was in before.items() if after[who] != was}
    assert moved.pop(secret.pk) == (date(2026, 11, 27), date(2026, 11, 30))
    assert {duty.participant_id: (duty.due_on, to) for duty, to in moves.first} == moved
    assert moves.by_day == [(MOURNING, date(2026, 11, 30), 2)]
    assert (moves.duties, moves.later, moves.earlier) == (len(moved), len(moved), 0)
    assert {victim.pk, fourth.pk} == set(moved)


def test_the_pages_from_a_proposal_to_the_days_that_moved(
    monday, victim, supervisor, other, as_supervisor, sign_in, django_assert_max_num_queries
):
    arrested(victim)
    url = reverse("compliance:calendar-propose")
    key = as_supervisor.get(url).context["form"]["form_key"].value()
    day = {"added_1_day": "27", "added_1_month": "11", "added_1_year": "2026", "name_1": "Day of mourning"}
    start = {"effective_from_day": "23", "effective_from_month": "11", "effective_from_year": "2026"}
    answer = as_supervisor.post(url, {**day, **start, "reason": "Proclaimed.", "form_key": key}, follow=True)
    page = answer.content.decode()
    row = CalendarVersion.objects.get()
    assert "1 open duty would move" in page
    assert "somebody else approves it" in page
    assert AccessEntry.objects.filter(field_group="calendar preview").exists()
    theirs = sign_in(other)
    address = reverse("compliance:calendar-version", args=[row.pk])
    with django_assert_max_num_queries(15):
        form = theirs.get(address).context["form"]
    said = {"version": form["version"].value(), "form_key": form["form_key"].value(), "answer": "approve"}
    page = theirs.post(
        reverse("compliance:calendar-decide", args=[row.pk]), said, follow=True
    ).content.decode()
    assert "Open duties are being counted anew" in page
    worked_off(monday)
    assert "Cases: 1. Last days moved: 1." in theirs.get(address).content.decode()
    with django_assert_max_num_queries(12):
        page = theirs.get(reverse("compliance:calendar"), {"year": "2026"}).content.decode()
    assert "Fri 27: Day of mourning (version 1)" in page
    assert "Boxing Day" in page


def test_a_name_is_asked_for_beside_its_day(monday, as_supervisor):
    url = reverse("compliance:calendar-propose")
    key = as_supervisor.get(url).context["form"]["form_key"].value()
    day = {"added_1_day": "27", "added_1_month": "11", "added_1_year": "2026"}
    answer = as_supervisor.post(url, {**day, "effective_from": "2026-11-23", "reason": "x", "form_key": key})
    assert (answer.status_code, "Enter what the day is called." in answer.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("today", "is_so"), [(date(2027, 12, 31), False), (date(2028, 1, 1), True), (date(2030, 1, 1), True)]
)
def test_pages_say_when_the_known_bank_holidays_end_soon(today, is_so, monday, as_officer):
    assert is_near(today, months=12) is is_so
    monday.move_to(london(today.year, today.month, today.day, 10))
    as_officer.force_login(UserFactory(roles=[Role.ANALYST]), "victimcare.accounts.backends.WithTeam")
    for name in ("compliance:calendar", "compliance:code"):
        said = "known to the end of 2028" in as_officer.get(reverse(name)).content.decode()
        assert said is is_so


def test_after_the_published_years_days_are_foreseen_and_the_page_says_so(monday, as_officer):
    assert add_working_days(date(2029, 12, 24), 1, bank_holidays=england_and_wales()) == date(2029, 12, 27)
    page = as_officer.get(reverse("compliance:calendar"), {"year": "2029"}).content.decode()
    assert "Provisional" in page
