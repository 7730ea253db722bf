"""Hearings are listed, moved and resulted; witnesses are required, warned and stood down."""

from datetime import date

import pytest

from contacts.models import Contact
from courts import actions
from courts.finding import case_by_number
from courts.models import Court, Hearing, SpecialMeasure, WitnessRequirement
from tests.factories import (
    CaseFactory,
    ContactFactory,
    CourtFactory,
    ParticipantFactory,
    SuspectFactory,
    UserFactory,
    london,
)
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Event, Participant
from victimcare.faults import NotAllowed, Refused, Stale

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]

NINE = london(2026, 11, 23, 9)


def relist(hearing, by, **said):
    known = {
        "case": hearing.case, "court": hearing.court, "type": hearing.type, "listed_on": date(2027, 2, 1),
        "learned_at": NINE, "by": by,
    }  # fmt: skip
    return actions.list_hearing(**known | said)


def test_the_courts_of_gwent_are_known_with_their_welsh_names():
    assert {"C62NG00", "B61NP00", "B61EH00"} <= set(Court.objects.values_list("ou", flat=True))
    assert Court.objects.get(ou="B61EH00").name_cy == "Llys Ynadon Cwmbrân"


def test_a_listing_is_an_event_and_brings_the_case_to_witness_care(trial, sian, witness_care):
    event = Event.objects.get(kind=Kind.HEARING_LISTED)
    assert event.detail == "Trial at Newport Crown Court on Mon 11 Jan 2027 at 10:00"
    assert (event.hearing, event.participant, event.learned_at) == (trial.reference, None, NINE)
    assert (event.data["listed_on"], event.data["court_cy"]) == ("2027-01-11", "Llys y Goron Casnewydd")
    assert Participant.objects.visible_to(witness_care).filter(pk=sian.pk).exists()


def test_a_listing_for_a_day_that_had_passed_is_refused(trial, witness_care):
    with pytest.raises(Refused, match="had passed"):
        relist(trial, witness_care, listed_on=date(2026, 11, 20))


def test_a_listing_heard_of_tomorrow_is_refused(trial, witness_care):
    with pytest.raises(Refused, match="future"):
        relist(trial, witness_care, learned_at=london(2026, 11, 24))


def test_the_same_listing_twice_is_refused(trial, witness_care):
    with pytest.raises(Refused, match="already"):
        relist(trial, witness_care, listed_on=trial.listed_on)


def test_somebody_who_is_no_suspect_here_is_not_the_defendant(trial, witness_care, sian):
    for wrong in (sian, SuspectFactory()):
        with pytest.raises(Refused, match="suspect"):
            relist(trial, witness_care, suspect=wrong)


def test_a_trial_that_moves_is_a_second_row_and_whoever_had_to_come_still_has_to(trial, sian, witness_care):
    actions.require_witness(hearing=trial, participant=sian, learned_at=NINE, by=witness_care)
    moved = relist(trial, witness_care, moved_from=trial)
    assert Event.objects.get(kind=Kind.HEARING_MOVED).hearing == moved.reference
    assert moved.requirements.get().participant == sian
    assert Event.objects.filter(kind=Kind.WITNESS_REQUIRED).count() == 1
    with pytest.raises(Refused, match="moved already"):
        relist(trial, witness_care, moved_from=trial, listed_on=date(2027, 3, 1))


def test_a_hearing_of_another_case_is_not_moved_into_this_one(trial, witness_care):
    with pytest.raises(Refused, match="another case"):
        relist(trial, witness_care, case=CaseFactory(), moved_from=trial)


def test_a_victim_who_must_come_has_an_event_of_their_own(trial, sian, witness, witness_care):
    actions.require_witness(hearing=trial, participant=sian, learned_at=NINE, by=witness_care)
    event = Event.objects.get(kind=Kind.WITNESS_REQUIRED)
    assert (event.participant, event.hearing, event.learned_at) == (sian, trial.reference, NINE)
    assert event not in Event.objects.about(witness)


def test_nobody_is_required_twice_or_in_another_case_or_as_a_suspect(trial, sian, witness_care):
    actions.require_witness(hearing=trial, participant=sian, learned_at=NINE, by=witness_care)
    for wrong in (sian, ParticipantFactory(), SuspectFactory(case=sian.case)):
        with pytest.raises(Refused):
            actions.require_witness(hearing=trial, participant=wrong, learned_at=NINE, by=witness_care)


def test_a_witness_who_need_not_come_may_be_required_again(trial, sian, witness_care):
    required = actions.require_witness(hearing=trial, participant=sian, learned_at=NINE, by=witness_care)
    freed = actions.no_longer_require(requirement=required, learned_at=NINE, version=1, by=witness_care)
    assert freed.status == WitnessRequirement.Status.NOT_REQUIRED
    with pytest.raises(Stale):
        actions.no_longer_require(requirement=required, learned_at=NINE, version=1, by=witness_care)
    actions.require_witness(hearing=trial, participant=sian, learned_at=NINE, by=witness_care)
    kinds = list(Event.objects.filter(participant=sian).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["WITNESS_REQUIRED", "WITNESS_NOT_REQUIRED", "WITNESS_REQUIRED"]


@pytest.fixture
def required(trial, sian, witness_care):
    return actions.require_witness(hearing=trial, participant=sian, learned_at=NINE, by=witness_care)


def test_a_call_that_reached_nobody_warns_nobody(required, sian, witness_care):
    call = ContactFactory(participant=sian, outcome=Contact.Outcome.NO_ANSWER)
    with pytest.raises(Refused, match="did not reach"):
        actions.warn(requirement=required, contact=call, by=witness_care)


def test_somebody_elses_call_warns_nobody(required, witness, witness_care):
    with pytest.raises(Refused, match="somebody else"):
        actions.warn(requirement=required, contact=ContactFactory(participant=witness), by=witness_care)


def test_a_warning_says_how_it_was_given(required, witness_care):
    with pytest.raises(Refused, match="Say how"):
        actions.warn(requirement=required, by=witness_care)


def test_a_call_that_reached_them_warns_them_and_keeps_the_answer(required, sian, witness_care):
    call = ContactFactory(participant=sian)
    warning = actions.warn(requirement=required, contact=call, reply="unsure", by=witness_care)
    assert (warning.contact, warning.warned_at, warning.is_stand_down) == (call.reference, call.at, False)
    assert (
        actions.record_reply(requirement=required, reply="will_attend", by=witness_care).reply
        == "will_attend"
    )


def result(trial, by, **said):
    known = {"hearing": trial, "result_code": "1116", "resulted_on": date(2026, 11, 23), "learned_at": NINE}
    known["by"] = by
    return actions.record_result(**known | said)


def test_a_sentence_concludes_the_hearing_and_the_case_and_says_what_it_tells(trial, witness_care):
    result(trial, witness_care)
    kinds = list(
        Event.objects.exclude(kind=Kind.HEARING_LISTED).order_by("pk").values_list("kind", flat=True)
    )
    assert kinds == ["HEARING_CONCLUDED", "CASE_CONCLUDED", "RESULT_RECEIVED"]
    received = Event.objects.get(kind=Kind.RESULT_RECEIVED)
    assert (received.data["result_code"], received.data["result_kind"]) == ("1116", ["outcome", "sentence"])
    assert (received.learned_at, received.hearing) == (NINE, trial.reference)


def test_an_adjournment_does_not_end_the_case(trial, witness_care):
    result(trial, witness_care, result_code="4506")
    assert not Event.objects.filter(kind=Kind.CASE_CONCLUDED).exists()


def test_an_unknown_code_is_not_guessed(trial, witness_care):
    with pytest.raises(Refused, match="9999"):
        result(trial, witness_care, result_code="9999")
    result(trial, witness_care, result_code="9999", kinds=["warrant"])
    assert Event.objects.get(kind=Kind.RESULT_RECEIVED).data["result_kind"] == ["warrant"]


def test_a_result_is_recorded_once_and_never_before_it_happened(trial, witness_care):
    with pytest.raises(Refused, match="future"):
        result(trial, witness_care, resulted_on=date(2026, 11, 24))
    with pytest.raises(Refused, match="before it happened"):
        result(trial, witness_care, learned_at=london(2026, 11, 20))
    result(trial, witness_care)
    with pytest.raises(Refused, match="already"):
        result(trial, witness_care)


def test_a_stale_result_is_refused(trial, witness_care):
    with pytest.raises(Stale):
        result(trial, witness_care, version=trial.version + 1)


def test_a_measure_is_asked_for_once_and_checked_by_somebody_else(sian, officer, colleague):
    asked = actions.ask_for_measure(
        participant=sian, measure="screens", why="She is afraid of him.", by=officer
    )
    with pytest.raises(Refused, match="already"):
        actions.ask_for_measure(participant=sian, measure="screens", why="Again.", by=officer)
    with pytest.raises(NotAllowed, match="somebody else"):
        actions.check_measure(measure=asked, finding="met", note="", by=officer)
    with pytest.raises(Refused, match="put right"):
        actions.check_measure(measure=asked, finding="part", note="", by=colleague)
    checked = actions.check_measure(measure=asked, finding="met", note="", version=1, by=colleague)
    assert (checked.checked_by, checked.finding) == (colleague, SpecialMeasure.Finding.MET)
    with pytest.raises(Stale):
        actions.record_measure(
            measure=asked, status="granted", status_on=date(2026, 11, 23), version=1, by=colleague
        )


def test_a_case_is_found_by_its_number_unless_it_is_closed_to_the_reader(witness_care):
    case = CaseFactory(occurrence_no="2600098765", urn="61AA0012326")
    assert case_by_number(" 61aa0012326 ", by=witness_care) == case
    Case.objects.filter(pk=case.pk).update(is_restricted=True)
    with pytest.raises(Refused, match="No case"):
        case_by_number("2600098765", by=witness_care)


def test_two_hearings_on_one_day_for_two_defendants_are_two(trial, sian, witness_care):
    first, second = SuspectFactory(case=sian.case), SuspectFactory(case=sian.case)
    for suspect in (first, second):
        relist(trial, witness_care, suspect=suspect, court=CourtFactory())
    assert Hearing.objects.filter(listed_on=date(2027, 2, 1)).count() == 2


def test_hearings_are_seen_by_those_who_see_somebody_in_the_case(trial, officer, witness_care, stranger):
    def sees(user):
        return Hearing.objects.visible_to(user).filter(pk=trial.pk).exists()

    nobody = UserFactory(roles=[])
    assert [sees(user) for user in (officer, witness_care, stranger, nobody)] == [True, True, False, False]
