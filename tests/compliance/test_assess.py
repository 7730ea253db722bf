"""What is owed, worked out from rows: once, again, by one case or by thousands, always the same."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance import actions
from compliance.models import CodeVersion, Duty
from compliance.tasks import assess_cases_left_behind
from contacts.models import Contact
from tests.factories import (
    ContactFactory,
    EntitlementFactory,
    EventFactory,
    HearingFactory,
    ParticipantFactory,
    SuspectFactory,
    UserFactory,
    london,
)
from victimcare.accounts.permissions import Role
from victimcare.cases.actions import allocate, set_entitlement
from victimcare.cases.events import correct_event, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Participant
from victimcare.faults import Refused, Stale

pytestmark = pytest.mark.django_db


def arrested(victim, **fields):
    return record_event(
        case=victim.case, kind=Kind.SUSPECT_ARRESTED, occurred=london(2026, 11, 18, 10), by=None, **fields
    )


def told(victim, *events, day=19, **fields):
    contact = ContactFactory(participant=victim, at=london(2026, 11, day, 11), **fields)
    contact.tells.set(events)
    actions.assess([victim.case_id])
    return contact


def table():
    return sorted(
        Duty.objects.values_list(
            "rule",
            "participant_id",
            "event_id",
            "due_on",
            "first_due_on",
            "status",
            "settled_on",
            "met_by",
            "enhanced_at_trigger",
            "enhanced_applied",
            "owner",
            "is_current",
            "revision",
            "team_id",
            "officer_id",
        ),
        key=str,
    )


def test_an_arrest_is_owed_as_soon_as_it_is_recorded(victim, monday):
    arrested(victim)
    duty = Duty.objects.get()
    assert (duty.rule, duty.right, duty.owner, duty.due_on) == ("R6-ARREST", 6, "FORCE", date(2026, 11, 25))
    assert (duty.officer, duty.team) == (victim.officer, victim.team)
    victim.case.refresh_from_db()
    assert victim.case.changed_at is None


def test_one_call_meets_two_duties_with_itself_as_evidence(victim, monday):
    bailed = record_event(
        case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 18, 18), by=None
    )
    call = told(victim, arrested(victim), bailed)
    assert list(Duty.objects.order_by("rule").values_list("rule", "status", "met_by")) == [
        ("R6-ARREST", "met", call.reference),
        ("R6-BAIL", "met", call.reference),
    ]


@pytest.mark.parametrize(
    "outcome", ["no_answer", "message_left", "wrong_number", "reached_other", "returned"]
)
def test_what_reaches_nobody_tells_nobody(victim, monday, outcome):
    told(victim, arrested(victim), outcome=outcome)
    assert Duty.objects.get().status == "open"


def test_a_letter_tells_on_the_day_it_was_sent_and_not_when_it_came_back(victim, monday):
    letter = told(victim, arrested(victim), channel=Contact.Channel.LETTER, outcome=Contact.Outcome.SENT)
    assert Duty.objects.get().settled_on == date(2026, 11, 19)
    Contact.objects.filter(pk=letter.pk).update(outcome=Contact.Outcome.RETURNED)
    actions.assess([victim.case_id])
    duty = Duty.objects.get()
    assert (duty.status, duty.settled_on, duty.met_by) == ("open", None, "")


def test_who_acts_for_a_victim_is_told_in_their_place(victim, monday):
    mother = ParticipantFactory(case=victim.case, role=Participant.Role.REPRESENTATIVE, represents=victim)
    told(victim, arrested(victim), spoke_to=mother)
    assert Duty.objects.get().status == "met"


def test_a_call_logged_with_who_acts_for_them_counts_for_the_victim(victim, monday):
    mother = ParticipantFactory(case=victim.case, role=Participant.Role.REPRESENTATIVE, represents=victim)
    told(mother, arrested(victim))
    assert Duty.objects.get().status == "met"


def test_telling_somebody_else_does_not_tell_the_victim(victim, monday):
    told(victim, arrested(victim), spoke_to=SuspectFactory(case=victim.case))
    assert Duty.objects.get().status == "open"


def test_two_victims_are_each_owed_and_each_told_by_themselves(victim, monday):
    other = ParticipantFactory(case=victim.case)
    told(victim, arrested(victim))
    assert dict(Duty.objects.values_list("participant_id", "status")) == {victim.pk: "met", other.pk: "open"}


def test_a_duty_is_owed_whether_or_not_the_victim_was_allocated_or_the_case_closed(monday):
    victim = ParticipantFactory(closed_at=london(2026, 11, 17), closure_reason="no_further_need")
    arrested(victim)
    assert Duty.objects.get().officer is None


def test_becoming_enhanced_moves_open_duties_and_keeps_the_first_date(victim, officer, monday):
    arrested(victim)
    set_entitlement(
        participant=victim,
        is_enhanced=True,
        categories=["intimidated"],
        from_on=date(2026, 11, 23),
        reason="Afraid.",
        by=officer,
    )
    duty = Duty.objects.get()
    assert (duty.first_due_on, duty.due_on, duty.enhanced_applied) == (
        date(2026, 11, 25),
        date(2026, 11, 24),
        True,
    )


def test_an_entitlement_learned_of_late_makes_another_revision(victim, monday):
    arrested(victim)
    EntitlementFactory(participant=victim, from_on=date(2026, 11, 17))
    actions.assess([victim.case_id])
    assert list(Duty.objects.order_by("revision").values_list("revision", "is_current", "due_on")) == [
        (1, False, date(2026, 11, 25)),
        (2, True, date(2026, 11, 19)),
    ]


def test_a_corrected_event_makes_a_revision_and_deletes_nothing(victim, officer, monday):
    wrong = arrested(victim)
    call = told(victim, wrong)
    right = correct_event(
        event=wrong, occurred=london(2026, 11, 17, 10), detail="The day before.", by=officer
    )
    old, new = Duty.objects.order_by("revision")
    assert (old.event, old.is_current, old.met_by) == (wrong, False, call.reference)
    assert (new.event, new.is_current, new.revision, new.due_on) == (right, True, 2, date(2026, 11, 24))
    assert (new.status, new.met_by) == ("met", call.reference)


def test_an_event_that_never_happened_is_owed_no_more(victim, officer, monday):
    correct_event(event=arrested(victim), occurred=None, detail="Another man.", by=officer)
    assert Duty.objects.get().is_current is False


def test_assessing_twice_changes_nothing(victim, monday):
    told(victim, arrested(victim))
    before = table()
    assert actions.assess([victim.case_id]) == actions.Assessed(cases=1)
    assert table() == before


def many_cases():
    cases = []
    for n in range(12):
        victim = ParticipantFactory(officer=UserFactory() if n % 2 else None)
        other = ParticipantFactory(case=victim.case)
        suspect = SuspectFactory(case=victim.case)
        if n % 3 == 0:
            EntitlementFactory(participant=other, from_on=date(2026, 11, 10 + n))
        EventFactory(case=victim.case, kind=Kind.CRIME_REPORTED, participant=victim)
        events = [
            EventFactory(case=victim.case, kind=kind, suspect=suspect, occurred_at=london(2026, 11, 9 + n, 9))
            for kind in (Kind.SUSPECT_ARRESTED, Kind.SUSPECT_CHARGED)
        ]
        contact = ContactFactory(participant=victim, at=london(2026, 11, 20))
        contact.tells.set(events[: n % 3])
        if n % 4 == 0:
            EventFactory(case=victim.case, replaces=events[0])
        cases.append(victim.case_id)
    return cases


def test_in_bulk_or_one_by_one_the_result_is_the_same(db, monday):
    cases = many_cases()
    actions.assess(cases)
    in_bulk = table()
    Duty.objects.all().delete()
    for case in reversed(cases):
        actions.assess([case])
    assert table() == in_bulk
    assert len(in_bulk) > 60


def queries_to_assess(cases):
    with CaptureQueriesContext(connection) as captured:
        actions.assess(cases)
    return sum("SAVEPOINT" not in query["sql"] for query in captured)


def test_as_many_queries_for_one_case_as_for_twelve(db, monday):
    cases = many_cases()
    actions.assess(cases[-1:])  # this process knows the rules now
    assert queries_to_assess(cases[:1]) == queries_to_assess(cases[1:-1]) <= 4


def test_a_case_left_behind_by_a_crash_is_swept_up(victim, monday):
    EventFactory(case=victim.case)
    Case.objects.filter(pk=victim.case_id).update(changed_at=london(2026, 11, 23, 9, 59))
    assert assess_cases_left_behind() == 1
    assert Duty.objects.exists()
    assert assess_cases_left_behind() == 0


def test_a_case_recorded_this_very_moment_is_left_to_whoever_recorded_it(victim, monday):
    Case.objects.filter(pk=victim.case_id).update(changed_at=london(2026, 11, 23, 10))
    assert assess_cases_left_behind() == 0


def test_allocation_moves_who_answers_for_a_duty(victim, supervisor, colleague, monday):
    arrested(victim)
    allocate(participants=[victim], officer=colleague, by=supervisor)
    assert Duty.objects.get().officer == colleague


def test_missed_is_ours_and_no_evidence_is_everybody_elses(victim, monday):
    unallocated = ParticipantFactory()
    for someone in (victim, unallocated):
        arrested(someone)
    record_event(case=victim.case, kind=Kind.HEARING_CONCLUDED, occurred=date(2026, 11, 9), by=None)
    today = date(2026, 11, 26)
    assert [duty.participant for duty in Duty.objects.missed(today)] == [victim]
    assert {(duty.participant_id, duty.owner) for duty in Duty.objects.no_evidence(today)} == {
        (unallocated.pk, "FORCE"),
        (victim.pk, "HMCTS"),
    }
    assert not Duty.objects.missed(date(2026, 11, 25)).exists()


def test_who_is_to_see_to_what(victim, officer, colleague, witness_care, monday):
    unallocated = ParticipantFactory(case__oic_collar="4321")
    oic = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="4321", team=None)
    Case.objects.filter(pk=victim.case_id).update(witness_care_officer=witness_care)
    arrested(victim)
    arrested(unallocated)
    hearing = HearingFactory(case=victim.case)
    record_event(
        case=victim.case,
        kind=Kind.HEARING_LISTED,
        occurred=london(2026, 11, 19, 9),
        hearing=hearing.reference,
        by=None,
    )

    def owed(user):
        return [(duty.rule, duty.participant_id) for duty in Duty.objects.owed_by(user).timed()]

    assert owed(officer) == [("R6-ARREST", victim.pk)]
    assert owed(witness_care) == [("R8-HEARING", victim.pk)]
    assert owed(oic) == [("R6-ARREST", unallocated.pk)]
    assert owed(colleague) == []


def test_a_failure_to_assess_never_stops_who_records(victim, monday, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr(actions, "facts_of", broken)
    assert arrested(victim).pk
    assert Case.objects.get(pk=victim.case_id).changed_at is not None


def test_the_first_code_came_in_force_with_the_application(db):
    version = CodeVersion.objects.in_force_on(date(2026, 11, 23))
    assert (version.key, version.loaded_by, version.approved_by) == ("VCOP-2020", None, None)
    assert CodeVersion.objects.in_force_on(date(2021, 3, 31)) is None


def test_two_people_bring_a_code_into_force(supervisor, unit, monday):
    other = UserFactory(roles=[Role.SUPERVISOR], team=unit)
    CodeVersion.objects.all().delete()
    row = actions.load_code(key="VCOP-2020", by=supervisor)
    with pytest.raises(Refused):
        actions.load_code(key="VCOP-2020", by=supervisor)
    with pytest.raises(Refused):
        actions.bring_into_force(version_id=row.pk, version=row.version, by=supervisor)
    with pytest.raises(Stale):
        actions.bring_into_force(version_id=row.pk, version=9, by=other)
    assert actions.bring_into_force(version_id=row.pk, version=row.version, by=other).approved_by == other
    with pytest.raises(Refused):
        actions.load_code(key="VCOP-2027", by=supervisor)
