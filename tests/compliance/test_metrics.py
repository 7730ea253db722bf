"""What each measure counts, with figures counted by hand."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from compliance.metrics import BREAKDOWNS, GUARDS, METRICS, QUARTERLY, measure
from compliance.metrics.differences import from_the_whole
from compliance.models import Duty
from contacts.models import Complaint
from contacts.planning import roll_forward
from referrals.models import OnwardReferral
from tests.factories import (
    ContactFactory,
    ContactPlanFactory,
    EntitlementFactory,
    EventFactory,
    HearingFactory,
    NeedsAssessmentFactory,
    ParticipantFactory,
    PartnerFactory,
    PersonFactory,
    TeamFactory,
    london,
)
from victimcare import clock
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Entitlement, Participant

pytestmark = pytest.mark.django_db

NOVEMBER = {"since": date(2026, 11, 1), "until": date(2026, 11, 30), "snapshot_on": date(2027, 1, 4)}


def owed(part, *, rule="R6-ARREST", status="met", due=25, settled=None, event=None, **fields):
    """A duty that is due on a day of November, by its verdict."""
    is_met = status.startswith("met")
    settled = settled or (due if status == "met" else due + 1 if status == "met_late" else None)
    return Duty.objects.create(
        case=part.case, participant=part, code="VCOP-2020", rule=rule, right=int(rule[1]),
        event=event or EventFactory(case=part.case), clock_on=date(2026, 11, 18), limit=5,
        due_on=date(2026, 11, due), status=status, settled_on=date(2026, 11, settled) if is_met else None,
        met_by="C-TEST" if is_met else "", computed_at=london(2026, 11, 18),
        **{"owner": "FORCE", "officer": part.officer, "team": part.team} | fields,
    )  # fmt: skip


def counted(**asked):
    """Each number by measure, part and group: (how many, of how many)."""
    return {
        (figure.key, figure.part, figure.group): (figure.numerator, figure.denominator)
        for figure in measure(**{**NOVEMBER, **asked})
    }


def test_strict_and_adjusted_are_never_blended_and_no_evidence_is_not_missed(victim):
    for status in ("met", "met", "met", "met_late", "open", "exempt", "declined", "not_applicable"):
        owed(victim, status=status)
    tried = owed(victim, status="open", enhanced_applied=True)
    ContactFactory(participant=victim, outcome="no_answer", at=london(2026, 11, 20))
    owed(victim, status="open", officer=None)  # an officer in the case has not shown us
    owed(victim, due=27, status="met", rule="R6-CPS-ALTER", owner="CPS", officer=None)
    owed(victim, is_local=True, rule="R6-END")
    Duty.objects.filter(pk=tried.pk).update(clock_on=date(2026, 11, 19))
    late = owed(victim, status="met", rule="R6-BAIL")
    Duty.objects.filter(pk=late.pk).update(due_on=date(2027, 1, 4))  # its last day has not passed
    found = counted()
    assert found["M1", "", ""] == (3, 7)
    assert found["M1", "R6-ARREST", ""] == (3, 7)
    assert found["M1", "R6-ARREST:enhanced", ""] == (0, 1)
    assert found["M1", "with_no_evidence", ""] == (3, 8)
    assert found["M1", "no_evidence", ""] == (1, None)
    assert found["M1", "missed", ""] == (2, 7)
    assert found["M1", "declined", ""] == found["M1", "not_applicable", ""] == (1, None)
    assert found["M1", "good_reason", ""] == found["M1", "not_due", ""] == (1, None)
    assert found["M1", "by_cps", ""] == (1, 1)
    assert found["M2", "", ""] == (4, 7)
    assert found["M3", "", ""] == (3, 7)
    assert found["M4", "", ""] == (4, 7)
    assert found["M24", "", ""] == (4, 7)  # late, excused and twice missed: somebody had tried
    assert found["Q3", "", ""] == (3, 7)


def test_lateness_is_in_working_days_among_those_told_late(victim):
    for days in (26, 26, 27, 30):  # due on Wednesday 25: one, one, two and three working days late
        owed(victim, status="met_late", settled=days)
    owed(victim, status="open")
    late = {figure.part: figure for figure in measure(**NOVEMBER, keys=["M5"])}
    assert (late["median"].value, late["ninetieth"].value, late["median"].denominator) == (1.0, 3.0, 4)


def test_victims_of_the_period(victim, officer):
    """Four reported in November; one in October. Assessed, acknowledged, referred and offered a statement."""
    other = ParticipantFactory(consent_to_refer="N", case__flags=["DA"])
    child = ParticipantFactory(person__date_of_birth=date(2010, 1, 1), consent_to_refer="Y", vps_offered="Y")
    ParticipantFactory()
    ParticipantFactory(case__reported_at=london(2026, 10, 31, 23))
    NeedsAssessmentFactory(participant=victim, status="completed", completed_at=london(2026, 11, 18, 20))
    NeedsAssessmentFactory(participant=other, status="completed", completed_at=london(2026, 11, 19, 9))
    for part in (victim, other, child):
        owed(
            part,
            rule="R4-REFERRAL",
            due=18,
            status={victim.pk: "met", other.pk: "open"}.get(part.pk, "met_late"),
        )
    owed(victim, rule="R3-ACK", status="met")
    EntitlementFactory(participant=victim)
    EntitlementFactory(participant=child, is_provisional=True, categories=["vulnerable"])
    OnwardReferral.objects.create(
        participant=victim, partner=PartnerFactory(), shares="Name", agreed_on="2026-11-18", made_by=officer,
        expires_on="2027-11-18", made_at=london(2026, 11, 18), status="accepted",
    )  # fmt: skip
    found = counted()
    assert found["M6", "", ""] == (2, 4)
    assert found["M7", "", ""] == (1, 4)  # by the last day of the referral
    assert found["M8", "", ""] == (2, 4)
    assert found["M8", "provisional", ""] == (1, 4)
    assert found["M8", "overlooked", ""] == (1, 2)  # domestic abuse, and standard
    assert found["M9", "", ""] == found["Q1", "", ""] == (1, 4)
    assert found["M10", "offered", ""] == (3, 4)
    assert found["M10", "refused", ""] == (1, 3)
    assert found["M10", "made", ""] == (2, 2)
    assert found["M10", "in_time", ""] == (1, 2)
    assert found["M10", "accepted", ""] == (1, 2)
    assert found["Q2", "", ""] == (1, 3)
    assert found["M14", "", ""] == found["Q4", "", ""] == (1, 2)
    assert found["M11", "", ""] == (0, 4)
    ContactPlanFactory(participant=victim)
    EventFactory(case=child.case, kind=Kind.DECISION_NOT_TO_PROSECUTE)
    found = counted(snapshot_on=date(2026, 12, 15))
    assert found["M11", "", ""] == (1, 3)
    assert found["M13", "", ""] == (1, 4)  # one overdue since the fourteenth; October's runs too


def test_an_interval_ends_with_an_update_or_with_its_last_day(victim, officer, monday):
    def plan(due):
        part = ParticipantFactory(officer=officer)
        return ContactPlanFactory(
            participant=part, frequency_days=7, due_on=due, agreed_on=date(2026, 11, 2)
        ).participant

    monday.move_to(london(2026, 11, 2))
    kept, late, written_later, silent, closed = (plan(date(2026, 11, 9)) for _ in range(5))
    ContactFactory(participant=silent, at=london(2026, 11, 2))  # the call on which the plan was agreed
    monday.move_to(london(2026, 11, 6))
    Participant.objects.filter(pk=closed.pk).update(
        closed_at=clock.now(), closure_reason="information_only"
    )  # nobody waits for an update any more
    roll_forward(kept, date(2026, 11, 6), officer)  # next due 13 November, and then nothing
    monday.move_to(london(2026, 11, 10))
    ContactFactory(participant=written_later, at=london(2026, 11, 9))
    roll_forward(written_later, date(2026, 11, 9), officer)
    roll_forward(late, date(2026, 11, 10), officer)
    found = counted(snapshot_on=date(2026, 11, 12))
    assert found["M12", "", ""] == (2, 4)
    assert counted(snapshot_on=date(2026, 11, 20))["M12", "", ""] == (2, 7)  # and three more went by


def test_courts_complaints_and_sentences(victim, officer):
    HearingFactory(case=victim.case, resulted_on=date(2026, 11, 16), result_learned_at=london(2026, 11, 23))
    HearingFactory(case=victim.case, resulted_on=date(2026, 11, 16), result_learned_at=london(2026, 11, 24))
    HearingFactory(case=victim.case, resulted_on=date(2026, 11, 16))
    said = {"participant": victim, "about": "unit", "words": "Nobody rang.", "taken_by": officer}
    reply = {"answered_by": officer, "answer": "We are sorry.", "reply_due_on": date(2026, 11, 20)}
    for day in (20, 21):
        Complaint.objects.create(
            **said, **reply, kind="complaint", made_at=london(2026, 11, 6), answered_at=london(2026, 11, day)
        )
    Complaint.objects.create(
        **said, kind="dissatisfied", made_at=london(2026, 11, 6), reply_due_on=date(2026, 11, 9)
    )
    for settled in (24, 25):
        result = EventFactory(
            case=victim.case,
            kind=Kind.RESULT_RECEIVED,
            occurred_at=london(2026, 11, 18),
            data={"resulted_on": "2026-11-16"},
        )
        owed(victim, rule="R9-SENTENCE", owner="WCU", due=25, settled=settled, event=result)
    found = counted()
    assert found["M19", "", ""] == (1, 2)
    assert found["M23", "", ""] == (1, 2)
    assert found["M20", "", ""] == (1, 2)


def test_every_measure_has_a_figure_or_says_why_it_has_none(db):
    figures = measure(**NOVEMBER)
    assert {figure.key for figure in figures} == set(METRICS)
    assert all(
        figure.note.startswith("Not collected")
        for figure in figures
        if figure.numerator is None and figure.unit == "percent"
    )
    assert set(QUARTERLY) <= set(METRICS)


def test_groups_add_up_to_the_whole_whatever_it_is_split_by(victim, officer):
    """What nobody recorded is a group of its own; somebody with two categories is in both."""
    PersonFactory()
    second = ParticipantFactory(
        officer=officer,
        person__sex="",
        person__date_of_birth=None,
        person__ethnicity="W1",
        case__offence_code="34A",
    )
    for part in (victim, second):
        owed(part, rule="R4-REFERRAL", due=18)
        NeedsAssessmentFactory(participant=part)
    EntitlementFactory(participant=second, categories=["vulnerable", "intimidated"])
    whole = counted()
    for by, split in BREAKDOWNS.items():
        found = counted(by=by)
        assert {key: n for key, n in found.items() if not key[2]} == whole, by
        groups = {key[2]: n for key, n in found.items() if key[:2] == ("M6", "") and key[2]}
        if not split.is_several and by != "channel":
            assert sum(of for _n, of in groups.values()) == 2, by
        assert all(split.names(groups).values())
    assert counted(by="sex")["M6", "", "not_recorded"] == (0, 1)
    assert counted(by="age")["M1", "", "25"] == (1, 1)  # thirty-four
    assert counted(by="ethnicity")["M6", "", "W"] == (0, 1)
    assert counted(by="offence")["M6", "", "robbery"] == (0, 1)
    assert (
        counted(by="category")["M8", "", "vulnerable"]
        == counted(by="category")["M8", "", "intimidated"]
        == (1, 1)
    )
    assert counted(by="religion")["M6", "", "not_recorded"] == (0, 2)


def test_a_supervisor_is_shown_only_what_is_in_their_figures(victim, supervisor):
    elsewhere = ParticipantFactory(team=TeamFactory(name="Elsewhere"))
    restricted = ParticipantFactory(case__is_restricted=True)
    for part in (victim, elsewhere, restricted):
        owed(part)
    assert counted()["M1", "", ""] == (3, 3)
    assert counted()["M6", "", ""] == (0, 3)
    assert counted(user=supervisor)["M1", "", ""] == (1, 1)
    assert counted(user=supervisor)["M6", "", ""] == (0, 1)


def test_what_makes_a_figure_look_better_is_counted_by_team(victim, officer, monday):
    """Typed in three days later; twelve told in a minute; excused; declined; standard after a miss; entered late."""
    ContactFactory(participant=victim, by=officer, at=london(2026, 11, 18), outcome="no_answer")
    for _ in range(12):
        ContactFactory(
            participant=ParticipantFactory(case=victim.case), by=officer, at=london(2026, 11, 23, 9)
        )
    owed(victim, status="exempt", event=EventFactory(case=victim.case, by=officer))
    owed(victim, status="declined", event=EventFactory(case=victim.case, by=officer))
    monday.move_to(london(2026, 11, 19))
    in_time = EventFactory(case=victim.case, by=officer)
    owed(victim, status="met_late", due=19, enhanced_applied=True, event=in_time)
    monday.move_to(london(2026, 11, 23, 9))
    EntitlementFactory(participant=victim)
    Entitlement.objects.create(
        participant=victim, is_enhanced=False, from_on=date(2026, 11, 23), reason="Better now."
    )
    found = counted(keys=GUARDS, by="team")
    team = str(victim.team_id)
    assert found["G1", "", team] == found["G1", "", ""] == (1, 13)
    assert found["G2", "", ""] == (12, 12)
    assert found["G3", "", ""] == (1, 2)
    assert found["G4", "", ""] == (1, 3)
    assert found["G5", "", ""] == (1, 1)
    assert found["G6", "", ""] == (2, 3)


def test_a_small_group_is_not_over_read():
    few = from_the_whole(6, 10, whole_n=86, whole_of=100)
    assert (few.points, few.is_clear) == (-26.0, True)
    assert few.low < -26 < few.high < 0
    assert not from_the_whole(8, 10, whole_n=86, whole_of=100).is_clear
    assert from_the_whole(10, 10, whole_n=10, whole_of=10) is None  # the group is the whole


def said(*arguments):
    out = StringIO()
    call_command("metrics", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_every_measure(victim, monday):
    owed(victim, due=20)
    period = ["--from", "2026-11-01", "--to", "2026-11-30"]
    answer = json.loads(said(*period, "--by", "tier", "--json"))
    assert answer["code"] == ["VCOP-2020"]
    assert {f"M{n}" for n in range(1, 27)} <= set(answer["metrics"])
    first = answer["metrics"]["M1"]
    assert (first["numerator"], first["denominator"], first["value"], first["version"]) == (1, 1, 100.0, 1)
    assert {figure["group"] for figure in first["figures"]} == {"", "standard"}
    assert answer["metrics"]["M26"]["numerator"] is None
    assert "M1   In time, by duty and tier" in said(*period)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--from", "yesterday", "--to", "2026-11-30"],
        ["--from", "2026-11-30", "--to", "2026-11-01"],
        ["--from", "0001-01-01", "--to", "2026-11-01"],
        ["--from", "2026-11-01", "--to", "2026-11-30", "--by", "shoe_size"],
    ],
)
def test_what_the_command_cannot_read_is_refused_in_a_sentence(arguments):
    with pytest.raises(CommandError) as refusal:
        said(*arguments)
    assert refusal.value.returncode == 2
