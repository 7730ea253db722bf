"""A second version of the Code beside the first: a drill with an invented one."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from compliance import actions, catalogue
from compliance.models import CodeVersion, Duty
from tests.factories import ParticipantFactory, UserFactory, london
from victimcare.accounts.permissions import Role
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case

pytestmark = pytest.mark.django_db
DRILL = Path(__file__).with_name("code_2027.toml")


@pytest.fixture
def two_files(tmp_path, monkeypatch):
    """The application as it is when the file of the invented Code was added."""
    shutil.copy(catalogue.HERE / "code_2020.toml", tmp_path)
    shutil.copy(DRILL, tmp_path)
    monkeypatch.setattr(catalogue, "HERE", tmp_path)
    catalogue.codes.cache_clear()
    yield
    catalogue.codes.cache_clear()


@pytest.fixture
def other_supervisor(unit):
    return UserFactory(team=unit, roles=[Role.SUPERVISOR])


@pytest.fixture
def january(monday):
    """Friday 15 January 2027: the invented Code counts since Monday."""
    monday.move_to(london(2027, 1, 15, 10))


def brought_into_force(by, other, transition="trigger"):
    version = actions.load_code(key="DRILL-2027", transition=transition, by=by)
    return actions.bring_into_force(version_id=version.pk, version=version.version, by=other)


def arrested(victim, day):
    record_event(case=victim.case, kind=Kind.SUSPECT_ARRESTED, occurred=london(2027, 1, day, 9), by=None)


def owed(victim):
    duties = Duty.objects.owed_to(victim).filter(right=6).timed().order_by("due_on", "rule")
    return [(duty.code, duty.rule, duty.due_on) for duty in duties]


def reported(day):
    return ParticipantFactory(case__reported_at=london(2027, 1, day, 9))


def test_each_duty_counts_by_the_code_of_its_trigger(two_files, january, supervisor, other_supervisor):
    victim = reported(4)
    brought_into_force(supervisor, other_supervisor)
    arrested(victim, 8)
    arrested(victim, 11)
    assert owed(victim) == [
        ("DRILL-2027", "R6-ARREST", date(2027, 1, 14)),
        ("VCOP-2020", "R6-ARREST", date(2027, 1, 15)),
    ]


def test_or_by_the_code_of_the_report(two_files, january, supervisor, other_supervisor):
    before, after = reported(8), reported(11)
    brought_into_force(supervisor, other_supervisor, transition="report")
    for victim in (before, after):
        arrested(victim, 12)
    assert owed(before) == [("VCOP-2020", "R6-ARREST", date(2027, 1, 19))]
    assert owed(after) == [("DRILL-2027", "R6-ARREST", date(2027, 1, 15))]


def test_a_rule_the_second_code_does_not_have_ends_with_the_first(
    two_files, january, supervisor, other_supervisor
):
    victim = reported(4)
    brought_into_force(supervisor, other_supervisor)
    record_event(case=victim.case, kind=Kind.SUSPECT_CHARGED, occurred=london(2027, 1, 12, 9), by=None)
    assert owed(victim) == [("DRILL-2027", "R6-REMAND", date(2027, 1, 14))]


def test_until_two_people_said_so_the_first_counts_alone(two_files, january, supervisor, as_supervisor):
    actions.load_code(key="DRILL-2027", by=supervisor)
    victim = reported(11)
    arrested(victim, 12)
    assert [code for code, *_rest in owed(victim)] == ["VCOP-2020"]
    page = as_supervisor.get("/code/", {"version": "DRILL-2027"})
    changes = {row[0]["note"]: row[1] for row in page.context["changes"]}
    assert "from “5 working days” to “3 working days”" in changes["R6-ARREST"]
    assert changes["R6-CHARGE"] == "No longer in this version."
    assert as_supervisor.get(next(row[0]["url"] for row in page.context["changes"])).status_code == 200
    assert "?version=DRILL-2027" in as_supervisor.get("/code/").content.decode()


def test_what_happened_since_its_day_is_looked_at_again(two_files, january, supervisor, other_supervisor):
    victim, untouched = reported(4), reported(4)
    arrested(victim, 12)
    before = owed(victim)
    brought_into_force(supervisor, other_supervisor)
    assert list(Case.objects.filter(changed_at__isnull=False)) == [victim.case]
    actions.assess([victim.case_id, untouched.case_id])
    assert before == [("VCOP-2020", "R6-ARREST", date(2027, 1, 19))]
    assert owed(victim) == [("DRILL-2027", "R6-ARREST", date(2027, 1, 15))]
    assert Duty.objects.filter(participant=victim, code="VCOP-2020", is_current=False).exists()


def test_the_day_says_which_version_is_in_force(two_files, january, supervisor, other_supervisor):
    brought_into_force(supervisor, other_supervisor)
    on = CodeVersion.objects.in_force_on
    assert [on(date(2027, 1, day)).key for day in (10, 11)] == ["VCOP-2020", "DRILL-2027"]
