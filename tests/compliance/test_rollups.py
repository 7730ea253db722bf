"""The tallies of the dashboards: whatever is written, however it is written, they say what the rows say."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance import actions, rollups
from compliance.models import Duty, DutyChange, DutyTally, Recount
from compliance.tasks import fold_duty_tallies, recount_duty_tallies
from tests.factories import EventFactory, ParticipantFactory, TeamFactory, UserFactory, london
from victimcare.accounts.permissions import Role
from victimcare.cases.actions import allocate
from victimcare.cases.models import Case, Exclusion, Participant

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 26)
BY = ("value", "right", "team_id", "owner", "is_local", "is_closed", "standing")


def raw(user):
    """What the tallies must say of each cut, by Django from the rows: in its own words, one duty at a time."""
    found = {cut: Counter() for cut in DutyTally.Cut}
    duties = Duty.objects.current().timed().in_the_figures_of(user).select_related("case", "participant")
    for duty in duties:
        standing = {"met": "in_time", "met_late": "late"}.get(duty.status, duty.status)
        if duty.status == "open":
            standing = "not_due" if duty.due_on >= TODAY else "missed" if duty.is_ours else "no_evidence"
        is_closed = duty.status == "open" and duty.participant.closed_at is not None
        cuts = {
            "tier": ("enhanced" if duty.enhanced_applied else "standard", 0),
            "duty": (duty.rule, duty.right),
            "officer": (str(duty.officer_id or "") if duty.owner == "FORCE" else "", 0),
            "area": (duty.case.policing_area, 0),
            "offence": (duty.case.offence_code, 0),
        }
        for cut, of_cut in cuts.items():
            found[cut][*of_cut, duty.team_id, duty.owner, duty.is_local, is_closed, standing] += 1
    return found


def agree(*users):
    for user in users:
        expected = raw(user)
        for cut in DutyTally.Cut:
            assert rollups.counts(user, rollups.Asked(cut), BY, TODAY) == expected[cut], (user, cut)


@pytest.fixture
def everybody(officer, supervisor, auditor, witness_care, monday):
    """Twelve victims of two teams; an officer, two supervisors, an auditor, witness care and its lead who look."""
    other = TeamFactory(name="Another unit")
    lead = UserFactory(
        username="lead", roles=[Role.SUPERVISOR, Role.WITNESS_CARE_OFFICER], team=witness_care.team
    )
    people = [
        officer,
        supervisor,
        auditor,
        witness_care,
        UserFactory(roles=[Role.SUPERVISOR], team=other),
        lead,
    ]
    for n in range(12):
        part = ParticipantFactory(
            officer=officer if n % 3 else None,
            team=[officer.team, other, None][n % 3],
            case__policing_area=["West", "East"][n % 2],
            case__offence_code=["8N", "28", ""][n % 3],
            case__witness_care_officer=witness_care if n % 4 == 0 else None,
            case__witness_care_team=witness_care.team if n % 2 == 0 else None,
        )
        EventFactory(case=part.case, occurred_at=london(2026, 11, 2 + n))
        EventFactory(case=part.case, kind="HEARING_CONCLUDED", occurred_at=london(2026, 10, 5 + n))
        EventFactory(case=part.case, kind="HEARING_LISTED", occurred_at=london(2026, 11, 20))
    actions.assess(Case.objects.values_list("pk", flat=True))
    return people


def test_what_is_assessed_is_tallied_before_and_after_it_is_folded(everybody):
    assert DutyChange.objects.exists()
    agree(*everybody)
    assert fold_duty_tallies() > 0
    assert not DutyChange.objects.exists()
    agree(*everybody)
    assert fold_duty_tallies() == 0


def test_the_lead_of_witness_care_is_shown_what_it_owes_and_the_lists_behind_it_are_as_long(everybody):
    lead = everybody[-1]
    owed = Duty.objects.current().timed().filter(owner="WCU", case__witness_care_team=lead.team)
    shown = rollups.counts(lead, rollups.Asked(), ("owner",), TODAY)
    assert shown == {("WCU",): owed.count()}
    assert owed.count() > 0
    listed = Duty.objects.current().timed().in_the_figures_of(lead).visible_to(lead)
    assert set(listed) == set(owed)
    Case.objects.filter(pk=owed[0].case_id).update(is_restricted=True)
    shown = rollups.counts(lead, rollups.Asked(), ("owner",), TODAY)
    assert shown == {("WCU",): listed.all().count()}


def shaken(chance, people):
    """One thing that happens to the rows, in any of the ways in which rows are written here."""
    duty = chance.choice(list(Duty.objects.all()))
    day = date(2026, 10, 1) + timedelta(days=chance.randrange(90))
    status = chance.choice(["open", "met", "met_late", "exempt", "declined", "not_applicable"])
    case, part = Case.objects.get(pk=duty.case_id), Participant.objects.get(pk=duty.participant_id)
    match chance.randrange(10):
        case 0:
            rows = Duty.objects.filter(pk__lte=duty.pk)
            rows.update(status=status, due_on=day, settled_on=day, met_by="C-1")
        case 1:
            Duty.objects.filter(pk=duty.pk).update(enhanced_applied=chance.random() < 0.5, due_on=day)
        case 2:
            Duty.objects.filter(pk=duty.pk).update(due_on=None)
        case 3:
            who = chance.choice([*people, None])
            Duty.objects.filter(case=case).update(
                officer=who, team=who and who.team, owner=chance.choice(["WCU", "FORCE", "CPS"])
            )
        case 4:
            case.policing_area, case.offence_code = (
                chance.choice(["West", "East", ""]),
                chance.choice(["8N", "28"]),
            )
            case.save()
        case 5:
            Case.objects.filter(pk__lte=case.pk).update(is_restricted=chance.random() < 0.5)
            case.restricted_to.set(chance.sample(people, 2))
        case 6:
            Exclusion.objects.create(
                case=case, user=chance.choice(people), reason="A relative.", declared_by=people[1],
                declared_at=london(2026, 11, 20),
            )  # fmt: skip
        case 7:
            closed_at = chance.choice([None, london(2026, 11, 20)])
            Participant.objects.filter(pk__gte=part.pk).update(
                closed_at=closed_at, closure_reason="no_further_need" if closed_at else ""
            )
        case 8:
            EventFactory(case=case, occurred_at=london(2026, 11, 1 + chance.randrange(20)))
            actions.assess([case.pk])
        case 9:
            rollups.fold()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9))
def test_whatever_is_written_in_whatever_order_the_tallies_agree(everybody, seed):
    chance = Random(seed)
    for _ in range(12):
        shaken(chance, everybody)
    agree(*everybody)
    found = rollups.recount(repairs=False)
    assert (found.differing, found.off_by) == (0, 0)
    assert found.duties == Duty.objects.current().timed().count()


def test_a_reallocation_moves_the_count_from_one_officer_to_another(
    everybody, officer, colleague, supervisor
):
    def of(who):
        asked = rollups.Asked(DutyTally.Cut.OFFICER, owners=("FORCE",))
        return rollups.counts(supervisor, asked, ("value",), TODAY).get((str(who.pk),), 0)

    part = (
        Participant.objects.filter(officer=officer, team=officer.team).first()
        or Participant.objects.filter(team=officer.team).first()
    )
    moved, before = (
        Duty.objects.current().timed().filter(participant=part, owner="FORCE").count(),
        of(officer),
    )
    had = before if part.officer_id else before + moved
    allocate(participants=[part], officer=colleague, by=supervisor)
    assert (of(officer), of(colleague)) == (had - moved, moved)


def test_a_recount_finds_what_is_wrong_and_puts_it_right(everybody, supervisor, capsys):
    fold_duty_tallies()
    DutyTally.objects.filter(cut="tier").update(n=7)
    with pytest.raises(CommandError, match="--repair"):
        call_command("recount")
    call_command("recount", repair=True)
    assert "differed" in capsys.readouterr().out
    agree(*everybody)
    call_command("recount")
    assert "Every tally agrees." in capsys.readouterr().out
    assert list(Recount.objects.values_list("is_repaired", flat=True)) == [False, True, False]


def test_a_recount_beside_a_write_that_is_not_folded_differs_in_nothing(everybody):
    fold_duty_tallies()
    Duty.objects.filter(status="open").update(status="declined")
    assert DutyChange.objects.exists()
    assert rollups.recount(repairs=True).differing == 0


def test_the_recount_is_once_a_night_and_makes_good_a_night_that_was_missed(everybody, monday):
    recount_duty_tallies()
    recount_duty_tallies()
    assert Recount.objects.count() == 1
    monday.move_to(london(2026, 11, 23, 20))
    recount_duty_tallies()
    assert Recount.objects.count() == 1
    for moment in (london(2026, 11, 24, 2), london(2026, 11, 24, 3), london(2026, 11, 25, 14)):
        monday.move_to(moment)
        recount_duty_tallies()
    assert [row.at.day for row in Recount.objects.order_by("at")] == [23, 24, 25]


def test_two_folds_at_once_do_not_both_fold(everybody):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM compliance_dutychange")
        [waiting] = cursor.fetchone()
    assert rollups.fold() == waiting
    assert rollups.fold() == 0
