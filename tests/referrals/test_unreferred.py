"""Whoever becomes a victim by no extract is referred all the same: triaged, counted, and allocated."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.tasks import assess_cases_left_behind
from referrals import actions as from_board
from referrals.models import Referral
from referrals.refer_in import actions
from referrals.tasks import refer_those_left_behind
from tests.factories import (
    CaseFactory,
    ParticipantFactory,
    PersonFactory,
    ReferralFactory,
    SuspectFactory,
    london,
)
from tests.referrals.test_receive import SIAN, receive
from victimcare.cases import actions as cases
from victimcare.cases import adding
from victimcare.cases.models import Entitlement, Participant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]
VICTIM, WITNESS = Participant.Role.VICTIM, Participant.Role.WITNESS
NIA = {"given_names": "Nia", "surname": "Howells", "phone_mobile": "07700 900222"}


def added(by, **fields):
    case = fields.pop("case", None) or CaseFactory(flags=["DA"], recorded_at=london(2026, 11, 20, 9))
    return adding.add_by_hand(
        case=case, role=fields.pop("role", VICTIM), fields=NIA, reported=date(2026, 11, 20), by=by, team=by.team,
        **fields,
    )  # fmt: skip


def test_a_victim_added_by_hand_is_triaged_at_once(officer):
    referral = Referral.objects.get(participant=added(officer))
    assert (referral.source, referral.status, referral.priority) == ("officer", "received", 2)
    assert referral.received_at == london(2026, 11, 23, 10) and referral.due_on == date(2026, 11, 25)
    assert "domestic_abuse" in referral.reasons and referral.rule_set_id
    assert referral.history.get().history_type == "+"


def test_she_is_on_the_board_and_in_the_days_triage(officer, as_supervisor):
    added(officer)
    assert "Nia Howells" in as_supervisor.get("/referrals/allocate/").text
    assert "Nia Howells" in as_supervisor.get("/referrals/triage/").text


def test_whoever_has_an_officer_is_allocated_already(officer):
    part = adding.open_by_hand(
        offence_title="Assault", occurrence_no="", flags=[], reported=date(2026, 11, 20), officer=officer, by=officer,
        fields=NIA,
    )  # fmt: skip
    assert part.referral.status == "allocated"
    assert part.referral.allocated_at == london(2026, 11, 23, 10) and part.referral.allocated_by is None


def test_an_undone_allocation_takes_nobody_who_was_added_by_hand(officer, supervisor):
    added(supervisor, officer=officer)
    with pytest.raises(Exception, match="nothing to undo"):
        from_board.undo_allocation(by=supervisor)


def test_her_provisional_rights_come_from_triage(officer):
    rights = Entitlement.objects.get(participant=added(officer))
    assert rights.is_provisional and rights.is_enhanced


def test_rights_that_somebody_set_are_left_alone(officer, supervisor):
    part = ParticipantFactory(case=CaseFactory(flags=["DA"]))
    cases.set_entitlement(
        participant=part,
        is_enhanced=False,
        categories=[],
        from_on=date(2026, 11, 23),
        reason="Asked.",
        by=officer,
    )
    assert Referral.objects.filter(participant=part).exists()
    assert Entitlement.objects.get(participant=part).set_by == officer


def test_a_suspect_of_the_case_is_not_contacted():
    victim = ParticipantFactory(officer=None)
    SuspectFactory(case=victim.case, person=victim.person)
    actions.refer_the_unreferred([victim.case_id])
    victim.refresh_from_db()
    assert (victim.referral.status, victim.referral.suppressed_because) == ("suppressed", "suspect_here")
    assert victim.referral.due_on is None


@pytest.mark.parametrize("role", [WITNESS, Participant.Role.REPRESENTATIVE])
def test_nobody_but_a_victim_is_referred(officer, victim, role):
    added(officer, case=victim.case, role=role, represents=victim if role == "REPRESENTATIVE" else None)
    assert not Referral.objects.exclude(participant=victim).exists()


def test_a_referral_that_is_there_stays_as_it_is(victim):
    was = ReferralFactory(participant=victim, priority=4)
    assert actions.refer_the_unreferred([victim.case_id]) == 0
    assert refer_those_left_behind() == 0
    assert Referral.objects.get().priority == 4 and was.history.count() == 1


def test_the_sweep_finds_whom_a_crash_left_behind(victim):
    ParticipantFactory(role=WITNESS)
    assert not Referral.objects.exists()
    assert refer_those_left_behind() == 1
    assert refer_those_left_behind() == 0
    assert Referral.objects.get().participant == victim


def test_her_referral_says_when_she_was_added_not_when_it_was_found(monday, victim):
    monday.move_to(london(2026, 11, 25, 10))
    refer_those_left_behind()
    assert victim.referral.received_at == london(2026, 11, 23, 10)


def test_the_feed_that_brings_her_later_finds_her_referral(officer):
    receive(SIAN)
    siana = adding.add_by_hand(
        case=Participant.objects.victims().get().case, role=VICTIM, by=officer, team=officer.team,
        known=PersonFactory(source_system="RMS", source_id="P9"),
    )  # fmt: skip
    refer_those_left_behind()
    receive(SIAN | {"person_id": "P9", "given_names": "Siana"})
    assert siana.referral.source == "officer" and Referral.objects.count() == 2


def test_an_import_costs_one_query_a_chunk_and_none_a_row():
    receive(SIAN, SIAN | {"person_id": "P2", "occurrence_no": "2600000002"})
    ids = list(Participant.objects.values_list("case_id", flat=True))
    with CaptureQueriesContext(connection) as asked:
        assert actions.refer_the_unreferred(ids) == 0
    assert len(asked) == 1


def test_many_cost_no_more_queries_than_few():
    def cost(n):
        for _one in range(n):
            ParticipantFactory(case=CaseFactory(flags=[]))
        with CaptureQueriesContext(connection) as asked:
            assert refer_those_left_behind() == n
        return len(asked)

    assert cost(12) <= cost(2) + 1  # a batch of history is read back


def test_assessing_her_duties_refers_her_no_second_time(officer):
    added(officer)
    assess_cases_left_behind()
    assert Referral.objects.count() == 1
