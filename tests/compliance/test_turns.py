"""What turns while a clock runs: each turn of events by name, and each word for how a duty stands."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance import actions
from compliance.engine import Happened, standing
from compliance.models import Duty
from tests.compliance.test_assess import arrested, table, told
from tests.compliance.test_oracle import SOMEBODY_ELSE, VICTIM, invented
from tests.factories import (
    ContactFactory,
    EntitlementFactory,
    EventFactory,
    ParticipantFactory,
    SuspectFactory,
    UserFactory,
    london,
)
from victimcare import calendars
from victimcare.accounts.permissions import Role
from victimcare.cases.events import correct_event, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.linking import link, unlink
from victimcare.cases.models import Case
from victimcare.faults import Refused

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


def test_an_event_heard_of_late_is_owed_from_the_day_it_happened_and_may_be_missed_at_birth(victim, monday):
    record_event(case=victim.case, kind=Kind.SUSPECT_ARRESTED, occurred=london(2026, 11, 9, 10), by=None)
    duty = Duty.objects.get()
    assert (duty.clock_on, duty.due_on) == (date(2026, 11, 9), date(2026, 11, 16))
    assert duty.verdict_on(MONDAY) == Duty.Verdict.MISSED
    assert duty.event.learned_on == MONDAY


def test_an_event_of_a_day_to_come_is_refused_and_owes_nothing(victim, monday):
    with pytest.raises(Refused, match="in the future"):
        record_event(case=victim.case, kind=Kind.SUSPECT_ARRESTED, occurred=date(2026, 11, 24), by=None)
    assert not Duty.objects.exists()


def test_an_event_that_stands_on_a_day_to_come_is_due_after_that_day(victim, monday):
    EventFactory(case=victim.case, occurred_at=london(2026, 12, 1, 10))
    actions.assess([victim.case_id])
    duty = Duty.objects.get()
    assert (duty.due_on, duty.verdict_on(MONDAY)) == (date(2026, 12, 8), Duty.Verdict.OPEN)


def test_an_event_sent_twice_is_owed_once(victim, monday):
    sent = {"case": victim.case, "source_system": "niche", "source_id": "A-1"}
    EventFactory(**sent)
    with pytest.raises(IntegrityError), transaction.atomic():
        EventFactory(**sent)
    actions.assess([victim.case_id])
    actions.assess([victim.case_id])
    assert Duty.objects.count() == 1
    once = Happened(1, Kind.SUSPECT_ARRESTED, MONDAY, MONDAY)
    assert standing([once, once]) == [once]


def test_an_event_written_down_twice_is_owed_twice_until_one_is_withdrawn(victim, officer, monday):
    one, other = arrested(victim), arrested(victim)
    call = told(victim, one, other)
    correct_event(event=other, occurred=None, detail="Typed twice.", by=officer)
    assert [(duty.event, duty.met_by) for duty in Duty.objects.current()] == [(one, call.reference)]
    assert Duty.objects.count() == 2


def test_an_event_corrected_twice_makes_three_revisions_and_deletes_none(victim, officer, monday):
    event = arrested(victim)
    for day in (17, 16):
        event = correct_event(event=event, occurred=london(2026, 11, day, 10), detail="Earlier.", by=officer)
    assert list(Duty.objects.order_by("revision").values_list("revision", "due_on", "is_current")) == [
        (1, date(2026, 11, 25), False),
        (2, date(2026, 11, 24), False),
        (3, date(2026, 11, 23), True),
    ]


def test_an_entitlement_that_changes_mid_clock_re_dates_what_is_open_and_not_what_was_told(victim, monday):
    bailed = record_event(
        case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 18, 18), by=None
    )
    arrested(victim)
    told(victim, bailed)
    EntitlementFactory(participant=victim, from_on=date(2026, 11, 20))
    actions.assess([victim.case_id])
    assert dict(Duty.objects.current().values_list("rule", "due_on")) == {
        "R6-ARREST": date(2026, 11, 23),
        "R6-BAIL": date(2026, 11, 25),
    }


def test_a_suspect_withdrawn_leaves_what_is_owed_of_the_other(victim, officer, monday):
    wrong, right = SuspectFactory(case=victim.case), SuspectFactory(case=victim.case)
    of_one, of_other = arrested(victim, suspect=wrong), arrested(victim, suspect=right)
    correct_event(event=of_one, occurred=None, detail="Another man.", by=officer)
    assert [duty.event for duty in Duty.objects.current()] == [of_other]
    assert Duty.objects.get(event=of_one).is_current is False


def test_people_linked_as_one_are_owed_by_each_case_and_unlinked_nothing_had_moved(victim, officer, monday):
    again = ParticipantFactory(officer=officer, team=victim.team)
    told(victim, arrested(victim))
    arrested(again)
    before = table()
    joined = link(one=victim.person, other=again.person, reason="Same birthday and phone.", by=officer)
    actions.assess([victim.case_id, again.case_id])
    assert table() == before
    assert {duty.participant: duty.status for duty in Duty.objects.current()} == {
        victim: "met",
        again: "open",
    }
    unlink(link=joined, reason="Twins.", by=officer)
    actions.assess([victim.case_id, again.case_id])
    assert table() == before


@pytest.mark.parametrize(
    ("status", "owner", "has_officer", "due_on", "verdict"),
    [
        ("open", "FORCE", True, MONDAY, "open"),
        ("open", "FORCE", True, None, "open"),
        ("open", "HMCTS", False, MONDAY, "external"),
        ("open", "FORCE", True, date(2026, 11, 20), "missed"),
        ("open", "WCU", False, date(2026, 11, 20), "missed"),
        ("open", "FORCE", False, date(2026, 11, 20), "no_evidence"),
        ("open", "CPS", False, date(2026, 11, 20), "no_evidence"),
        ("met", "FORCE", True, date(2026, 11, 20), "met"),
        ("met_late", "FORCE", True, date(2026, 11, 20), "met_late"),
        ("exempt", "FORCE", True, date(2026, 11, 20), "exempt"),
        ("declined", "FORCE", True, date(2026, 11, 20), "declined"),
        ("not_applicable", "HMCTS", False, date(2026, 11, 20), "not_applicable"),
    ],
)
def test_every_word_for_how_a_duty_stands(officer, status, owner, has_officer, due_on, verdict):
    duty = Duty(status=status, owner=owner, due_on=due_on, officer=officer if has_officer else None)
    assert duty.verdict_on(MONDAY) == verdict


def test_the_words_are_those_of_the_vocabulary():
    assert set(Duty.Verdict.values) == {
        "open", "met", "met_late", "missed", "no_evidence", "exempt", "declined", "not_applicable", "external",
    }  # fmt: skip


def test_who_covers_sees_to_what_the_colleague_away_owes_in_the_unit_and_in_witness_care(
    victim, officer, colleague, witness_care, monday
):
    arrested(victim)
    cover = UserFactory(roles=[Role.WITNESS_CARE_OFFICER], team=witness_care.team)
    Case.objects.filter(pk=victim.case_id).update(
        witness_care_officer=witness_care, witness_care_team=witness_care.team
    )
    listed = record_event(
        case=victim.case, kind=Kind.HEARING_LISTED, occurred=london(2026, 11, 19, 9), hearing="H-1", by=None
    )
    assert not Duty.objects.owed_by(colleague).exists()
    assert not Duty.objects.owed_by(cover).exists()
    assert [duty.rule for duty in Duty.objects.owed_by(colleague, covering=[officer.pk])] == ["R6-ARREST"]
    assert [duty.event for duty in Duty.objects.owed_by(cover, covering=[witness_care.pk])] == [listed]


def as_rows(seed):
    """What the oracle's dice made, as rows: the case's number."""
    events, tellings, entitlement = invented(seed)
    victim = ParticipantFactory()
    who = {None: None, VICTIM: victim, SOMEBODY_ELSE: None}
    if any(event["for"] == SOMEBODY_ELSE for event in events):
        who[SOMEBODY_ELSE] = ParticipantFactory(case=victim.case)
    rows = {None: None}
    for event in events:
        noon = london(event["happened"].year, event["happened"].month, event["happened"].day, 12)
        rows[event["id"]] = EventFactory(
            case=victim.case,
            kind=event["kind"],
            occurred_at=noon,
            learned_at=noon + (event["heard"] - event["happened"]),
            participant=who[event["for"]],
            data={"result_kind": event["result"]},
            replaces=rows[event["replaces"]],
        )
    for about, day in tellings:
        at = london(day.year, day.month, day.day, 11)
        ContactFactory(participant=victim, at=at, by=None).tells.add(rows[about])
    for day, is_enhanced in entitlement:
        EntitlementFactory(
            participant=victim,
            from_on=day,
            is_enhanced=is_enhanced,
            categories=["intimidated"] if is_enhanced else [],
        )
    return victim.case_id


@settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 2**60), min_size=2, max_size=4), st.booleans())
def test_set_by_set_or_one_by_one_whatever_happened_the_result_is_the_same(
    db, monday, seeds, is_settled_before
):
    """Also under a calendar that changed after some of it was settled."""
    cases = [as_rows(seed) for seed in seeds]
    calendars.count_by((), today=MONDAY)
    with transaction.atomic():
        actions.assess(cases if is_settled_before else [])
        middle = date(2027, 6, 16)
        changes = [calendars.Change(1, MONDAY, {middle + timedelta(days=n): "Day" for n in range(0, 200, 7)})]
        now = calendars.calendars_of(changes)[-1]
        results = []
        for batches in ([cases], [[case] for case in reversed(cases)]):
            point = transaction.savepoint()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("compliance.facts.as_of", lambda _approved: now)
                for batch in batches:
                    actions.assess(batch)
            results.append(
                [
                    row
                    for row in table()
                    if row[1]
                    in set(Duty.objects.filter(case__in=cases).values_list("participant", flat=True))
                ]
            )
            transaction.savepoint_rollback(point)
    assert results[0] == results[1]
