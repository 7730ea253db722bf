"""Joiners, movers, leave, leavers and returners, as administrators and supervisors keep them."""

from datetime import date
from uuid import uuid4

import pytest

from tests.factories import LeaveFactory, TeamFactory, UserFactory, london
from victimcare.accounts import actions
from victimcare.accounts.forms import read_hours
from victimcare.accounts.models import Leave, Notification, SentForm, Team, User
from victimcare.accounts.permissions import Role
from victimcare.faults import NotAllowed, Refused, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def as_administrator(administrator, sign_in):
    return sign_in(administrator)


def joiner(unit, **more):
    hours = {f"hours_{n}": "09:00 to 17:00" for n in range(4)}
    return {
        "username": "nia.morgan", "display_name": "Nia Morgan", "team": unit.pk, "caseload_points": "80",
        "skills": ["stalking"], "languages": ["cy"], "joined_on": "2026-11-23",
        "roles": [Role.VICTIM_CARE_OFFICER], **hours, **more,
    }  # fmt: skip


# --- Seeing ---------------------------------------------------------------------------------------------


def test_the_list_says_who_is_here_away_and_gone(as_supervisor, officer, colleague, unit):
    LeaveFactory(user=colleague, covered_by=officer)
    UserFactory(display_name="Gone Girl", team=unit, is_active=False, left_on=date(2026, 9, 1))
    page = as_supervisor.get("/people/").content.decode()
    for words in ("09:00 to 17:00", "Away until Fri 27 Nov", "Olwen Officer covers", "Left Tue 1 Sep"):
        assert words in page


@pytest.mark.parametrize(
    ("question", "seen"),
    [("state=away", "Col League"), ("role=supervisor", "Sue Pervisor"), ("q=olwen", "Olwen Officer")],
)
def test_the_list_is_narrowed(as_supervisor, officer, colleague, monday, question, seen):
    LeaveFactory(user=colleague)
    response = as_supervisor.get(f"/people/?{question}")
    names = {row[0]["text"] for _team, rows in response.context["groups"] for row in rows}
    assert names == {seen}


@pytest.mark.parametrize("question", ["role=nonsense&state=x", "page=-1", "page=x", "q=%E2%80%8B"])
def test_nonsense_in_the_address_is_no_fault(as_supervisor, question):
    assert as_supervisor.get(f"/people/?{question}").status_code == 200


def test_the_pages_ask_few_questions_however_many_people(as_supervisor, unit, django_assert_max_num_queries):
    for user in UserFactory.create_batch(30, team=unit):
        LeaveFactory(user=user)
    with django_assert_max_num_queries(20):
        as_supervisor.get("/people/")
    with django_assert_max_num_queries(20):
        as_supervisor.get(f"/people/{user.reference}/")
    with django_assert_max_num_queries(20):
        as_supervisor.get("/people/teams/")


def test_an_officer_does_not_open_the_pages_of_the_people(as_officer, officer):
    for page in ("/people/", f"/people/{officer.reference}/", "/people/add", "/people/teams/"):
        assert as_officer.get(page).status_code == 403


def test_a_supervisor_sees_people_but_does_not_change_them(as_supervisor, officer):
    assert as_supervisor.get(f"/people/{officer.reference}/").status_code == 200
    for page in ("change", "roles", "leaver", "returner", "password"):
        assert as_supervisor.get(f"/people/{officer.reference}/{page}").status_code == 403


@pytest.mark.parametrize("reference", ["U-NOBODY", "x" * 400])
def test_nobody_in_particular_is_not_found(as_administrator, reference):
    assert as_administrator.get(f"/people/{reference}/").status_code == 404
    assert as_administrator.get(f"/people/teams/{reference}/").status_code == 404


@pytest.mark.parametrize("address", ["/people/U%00/", "/people/?q=%00"])
def test_an_address_with_a_character_nobody_keeps_is_refused(as_administrator, address):
    assert as_administrator.get(address).status_code == 400


# --- Joining and moving ---------------------------------------------------------------------------------


def test_a_joiner_gets_a_temporary_password_that_is_shown_once(as_administrator, administrator, unit):
    first = as_administrator.post("/people/add", joiner(unit), follow=True)
    nia = User.objects.get(username="nia.morgan")
    password = first.context["temporary_password"]
    assert nia.check_password(password) and len(password) >= 15 and nia.is_password_temporary
    assert password in first.content.decode()
    assert password not in as_administrator.get(f"/people/{nia.reference}/").content.decode()
    assert nia.history.latest().history_user == administrator
    assert nia.working_hours == [["09:00", "17:00"]] * 4 + [None] * 3


def test_adding_somebody_twice_by_a_double_click_adds_one(as_administrator, unit):
    form = joiner(unit, form_key=str(uuid4()))
    answers = [as_administrator.post("/people/add", form)["Location"] for _click in range(2)]
    assert answers[0] == answers[1]
    assert User.objects.filter(username="nia.morgan").count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"username": "nia morgan"}, "Use plain letters"),
        ({"username": "officer"}, "has that username already"),
        ({"roles": []}, "Choose at least one role"),
        ({"hours_0": "nine to never"}, "Enter the hours like"),
        ({"hours_0": "17:00 to 09:00"}, "The end is before the start"),
        ({"caseload_points": "-1"}, "Enter 0 or more"),
    ],
)
def test_a_joiner_who_cannot_be_kept_is_shown_again(as_administrator, officer, unit, wrong, sentence):
    response = as_administrator.post("/people/add", joiner(unit, **wrong))
    assert response.status_code == 200 and sentence in response.content.decode()


@pytest.mark.parametrize("words", ["9 to 17:00", "09.00-5pm", "0900 – 1700", "9:00 until 17.00"])
def test_hours_are_read_as_people_write_them(words):
    assert read_hours(words) == ["09:00", "17:00"]


def test_a_mover_changes_team_and_it_is_remembered(as_administrator, officer, witness_care):
    form = joiner(witness_care.team, display_name="Olwen Officer", version="1")
    assert as_administrator.post(f"/people/{officer.reference}/change", form).status_code == 302
    officer.refresh_from_db()
    assert (officer.team, officer.version) == (witness_care.team, 2)
    page = as_administrator.get(f"/people/{officer.reference}/").content.decode()
    assert "Moved to Witness Care Unit" in page and "Ad Min" in page


def test_two_administrators_do_not_overwrite_each_other(as_administrator, officer, unit, administrator):
    actions.change_user(user=officer, version=1, by=administrator, display_name="Olwen Evans")
    response = as_administrator.post(f"/people/{officer.reference}/change", joiner(unit, version="1"))
    assert response.status_code == 409
    assert "Olwen Evans" in response.content.decode() and "Nia Morgan" in response.content.decode()


# --- Roles ----------------------------------------------------------------------------------------------


def test_a_role_taken_away_closes_its_pages_in_the_next_request(as_administrator, as_supervisor, supervisor):
    assert as_supervisor.get("/people/").status_code == 200
    roles = {"roles": [Role.VICTIM_CARE_OFFICER], "version": "1"}
    assert as_administrator.post(f"/people/{supervisor.reference}/roles", roles).status_code == 302
    assert as_supervisor.get("/people/").status_code == 403


def test_roles_are_given_and_taken_one_by_one_too(officer, administrator):
    both = actions.assign_role(user=officer, role=Role.SUPERVISOR, version=1, by=administrator)
    assert both.roles == [Role.VICTIM_CARE_OFFICER, Role.SUPERVISOR]
    one = actions.remove_role(user=both, role=Role.VICTIM_CARE_OFFICER, version=2, by=administrator)
    assert one.roles == [Role.SUPERVISOR]
    assert one.history.latest().history_user == administrator


def test_nobody_gives_themselves_a_role(as_administrator, administrator):
    form = {"roles": [Role.SUPERVISOR], "version": "1"}
    assert as_administrator.post(f"/people/{administrator.reference}/roles", form).status_code == 403
    administrator.refresh_from_db()
    assert administrator.roles == [Role.ADMINISTRATOR]


@pytest.mark.parametrize("alone", [Role.ADMINISTRATOR, Role.AUDITOR, Role.PARTNER])
def test_some_roles_are_held_alone(officer, administrator, alone):
    with pytest.raises(Refused):
        actions.assign_role(user=officer, role=alone, version=1, by=administrator)


def test_a_partner_worker_belongs_to_a_partners_team(administrator):
    police = UserFactory()
    partner = UserFactory(team=TeamFactory(name="New Pathways", kind=Team.Kind.PARTNER), roles=[Role.PARTNER])
    with pytest.raises(Refused):
        actions.set_roles(user=police, roles=[Role.PARTNER], version=1, by=administrator)
    with pytest.raises(Refused):
        actions.set_roles(user=partner, roles=[Role.SUPERVISOR], version=1, by=administrator)


# --- Leave ----------------------------------------------------------------------------------------------


def away(first="2026-12-21", last="2026-12-24", **more):
    return {"kind": "annual", "from_on": first, "until_on": last, **more}


def test_a_supervisor_keeps_leave_with_cover(as_supervisor, officer, colleague):
    response = as_supervisor.post(f"/people/{officer.reference}/leave", away(covered_by=colleague.pk))
    assert response.status_code == 302
    leave = officer.leave.get()
    assert (leave.from_on, leave.until_on) == (date(2026, 12, 21), date(2026, 12, 24))
    assert leave.covered_by == colleague


def test_leave_kept_by_a_double_click_is_kept_once(as_supervisor, officer):
    form = away(form_key=str(uuid4()))
    answers = [
        as_supervisor.post(f"/people/{officer.reference}/leave", form).status_code for _click in range(2)
    ]
    assert answers == [302, 302] and officer.leave.count() == 1


def test_leave_that_overlaps_is_refused(as_supervisor, officer):
    as_supervisor.post(f"/people/{officer.reference}/leave", away())
    response = as_supervisor.post(f"/people/{officer.reference}/leave", away("2026-12-24", "2026-12-31"))
    assert response.status_code == 422 and "on some of these days already" in response.content.decode()
    assert officer.leave.count() == 1


def test_cancelled_leave_makes_room(as_supervisor, officer):
    as_supervisor.post(f"/people/{officer.reference}/leave", away())
    cancel = f"/people/{officer.reference}/leave/cancel"
    assert as_supervisor.post(cancel, {"from_on": "2026-12-21"}).status_code == 302
    assert as_supervisor.post(cancel, {"from_on": "2026-12-21"}).status_code == 422
    assert as_supervisor.post(f"/people/{officer.reference}/leave", away()).status_code == 302
    assert as_supervisor.post(cancel, {"from_on": "nonsense"}).status_code == 404


def test_a_supervisor_keeps_leave_for_their_own_team_only(as_supervisor, stranger):
    assert as_supervisor.post(f"/people/{stranger.reference}/leave", away()).status_code == 403
    leave = LeaveFactory(user=stranger)
    response = as_supervisor.post(f"/people/{stranger.reference}/leave/cancel", {"from_on": "2026-11-23"})
    leave.refresh_from_db()
    assert response.status_code == 403 and leave.cancelled_at is None


def test_an_administrator_keeps_anybodys_leave(as_administrator, stranger):
    assert as_administrator.post(f"/people/{stranger.reference}/leave", away()).status_code == 302


def test_the_cover_works_here_in_the_same_team_and_is_not_away(officer, colleague, stranger, supervisor):
    LeaveFactory(user=colleague, from_on=date(2026, 12, 24), until_on=date(2026, 12, 31))
    gone = UserFactory(team=officer.team, is_active=False)
    for cover in (officer, colleague, stranger, gone):
        with pytest.raises(Refused):
            actions.set_leave(user=officer, kind=Leave.Kind.ANNUAL, from_on=date(2026, 12, 21),
                              until_on=date(2026, 12, 24), covered_by=cover, by=supervisor)  # fmt: skip


def test_the_page_says_whom_an_absent_cover_leaves_alone(as_supervisor, officer, colleague):
    LeaveFactory(user=colleague, from_on=date(2026, 12, 21), until_on=date(2026, 12, 23), covered_by=officer)
    page = as_supervisor.post(f"/people/{officer.reference}/leave", away(), follow=True).content.decode()
    assert "was to cover for Col League then" in page


# --- Leaving and coming back ----------------------------------------------------------------------------


def test_a_leavers_sessions_end_at_once(as_administrator, as_officer, officer):
    assert as_officer.get("/preferences").status_code == 200
    leaver = {"left_on": "2026-11-23", "version": "1"}
    assert as_administrator.post(f"/people/{officer.reference}/leaver", leaver).status_code == 302
    assert as_officer.get("/preferences")["Location"].startswith("/sign-in")


def test_a_returner_does_not_get_their_old_session_back(as_officer, officer, administrator):
    gone = actions.leave_the_unit(user=officer, left_on=date(2026, 11, 20), version=1, by=administrator)
    back, password = actions.rejoin(user=gone, joined_on=date(2026, 11, 23), version=2, by=administrator)
    assert back.is_active and back.left_on is None and back.check_password(password)
    assert as_officer.get("/preferences").status_code == 302


def test_supervisors_are_shown_the_way_to_a_leavers_cases(officer, supervisor, administrator):
    actions.leave_the_unit(user=officer, left_on=date(2026, 11, 23), version=1, by=administrator)
    told = Notification.objects.get()
    assert (told.recipient, told.subject) == (supervisor, officer.reference)
    assert told.url.endswith(f"?officer={officer.reference}")


def test_a_leavers_coming_leave_is_cancelled(officer, administrator):
    past = LeaveFactory(user=officer, from_on=date(2026, 7, 1), until_on=date(2026, 7, 3))
    LeaveFactory(user=officer)
    actions.leave_the_unit(user=officer, left_on=date(2026, 11, 23), version=1, by=administrator)
    assert list(Leave.objects.standing()) == [past]


def test_a_leaver_leaves_on_a_day_that_can_be(officer, administrator):
    for day in (date(2026, 11, 24), date(2021, 6, 30)):
        with pytest.raises(Refused):
            actions.leave_the_unit(user=officer, left_on=day, version=1, by=administrator)
    with pytest.raises(NotAllowed):
        actions.leave_the_unit(user=administrator, left_on=date(2026, 11, 23), version=1, by=administrator)
    with pytest.raises(Stale):
        actions.leave_the_unit(user=officer, left_on=date(2026, 11, 23), version=0, by=administrator)


def test_a_lost_password_is_replaced_and_old_sessions_end(as_administrator, as_officer, officer):
    page = as_administrator.post(f"/people/{officer.reference}/password", {"version": "1"}, follow=True)
    officer.refresh_from_db()
    assert officer.check_password(page.context["temporary_password"])
    assert as_officer.get("/preferences").status_code == 302


# --- Teams ----------------------------------------------------------------------------------------------


def test_a_team_is_added_and_renamed(as_administrator):
    form = {
        "name": "Gwent East", "kind": "victim_care", "policing_areas": "East\nTorfaen", "day_starts": "8.30",
    }  # fmt: skip
    as_administrator.post("/people/teams/add", form)
    team = Team.objects.get(name="Gwent East")
    assert team.policing_areas == ["East", "Torfaen"]
    page, renamed = f"/people/teams/{team.reference}/", {**form, "name": "Gwent North", "version": "1"}
    assert as_administrator.post(page, renamed).status_code == 302
    assert as_administrator.post(page, renamed).status_code == 409
    as_administrator.post(page, {**renamed, "day_starts": "10:00", "version": "2"})
    assert [f"{was.day_starts:%H:%M}" for was in team.history.all()] == ["10:00", "08:30", "08:30"]


def test_a_team_says_when_its_day_begins(as_administrator):
    assert 'value="09:00"' in as_administrator.get("/people/teams/add").content.decode()
    refused = as_administrator.post("/people/teams/add", {"name": "One", "kind": "victim_care"})
    assert "Enter when their day begins" in refused.content.decode()


def test_two_teams_share_neither_a_name_nor_an_area(as_administrator, unit):
    form = {"name": unit.name, "kind": "victim_care", "policing_areas": "East", "day_starts": "09:00"}
    assert as_administrator.post("/people/teams/add", form).status_code == 422
    assert as_administrator.post("/people/teams/add", {**form, "name": "One"}).status_code == 302
    assert as_administrator.post("/people/teams/add", {**form, "name": "Two"}).status_code == 422


# --- Housekeeping ---------------------------------------------------------------------------------------


def test_keys_of_old_forms_are_forgotten(officer):
    SentForm.objects.create(key=uuid4(), user=officer, body_hash="0")
    assert actions.forget_sent_forms(before=london(2026, 11, 22)) == 0
    assert actions.forget_sent_forms(before=london(2026, 11, 25)) == 1
