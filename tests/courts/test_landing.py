"""A hearings extract is landed a chunk at a time; the same file again changes nothing."""

import csv
import io
from datetime import time

import pytest

from courts.models import Hearing, WitnessRequirement
from courts.rows import HEARING_COLUMNS
from tests.factories import (
    CaseFactory,
    ParticipantFactory,
    ReferralFactory,
    SuspectFactory,
    WitnessRequirementFactory,
)
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event
from victimcare.intake import actions, claiming
from victimcare.intake.models import ImportBatch, ImportRow

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]

LISTED = {
    "source_system": "COURT", "hearing_id": "H1", "occurrence_no": "2600000001", "court_ou": "C62NG00",
    "hearing_type": "TRIAL", "listed_on": "2026-11-16", "start_time": "10:00",
    "listed_learned_at": "2026-10-01T09:00",
}  # fmt: skip
PUT_OFF = {"result_code": "4506", "resulted_on": "2026-11-16", "result_learned_at": "2026-11-16T16:30"}
AGAIN = {"hearing_id": "H2", "listed_on": "2027-02-01", "listed_learned_at": "2026-11-17T09:00"}


@pytest.fixture(autouse=True)
def case():
    case = CaseFactory(occurrence_no="2600000001")
    ParticipantFactory(case=case)
    return case


def receive(*rows, encoding="utf-8"):
    out = io.StringIO()
    writer = csv.DictWriter(out, HEARING_COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    actions.upload(file_name="hearings.csv", content=out.getvalue().encode(encoding), by=None)
    batch = actions.read(batch=claiming.claim())
    return ImportBatch.objects.get(pk=batch.pk)


def counts(batch):
    return {name: getattr(batch, name) for name in ImportRow.Outcome.values if getattr(batch, name)}


def kinds():
    return sorted(Event.objects.values_list("kind", flat=True))


def test_a_listing_and_its_result_land_once():
    assert counts(receive(LISTED | PUT_OFF)) == {"accepted": 1}
    assert counts(receive(LISTED | PUT_OFF)) == {"unchanged": 1}
    hearing = Hearing.objects.get()
    assert (hearing.result_code, hearing.history.count()) == ("4506", 1)
    assert kinds() == ["HEARING_CONCLUDED", "HEARING_LISTED", "RESULT_RECEIVED"]


def test_a_result_that_comes_later_is_added():
    receive(LISTED)
    assert counts(receive(LISTED | PUT_OFF)) == {"updated": 1}
    hearing = Hearing.objects.get()
    assert (hearing.result_code, hearing.version, hearing.history.count()) == ("4506", 2, 2)
    assert Event.objects.get(kind=Kind.RESULT_RECEIVED).data["result_kind"] == ["adjourned"]


def test_a_trial_that_was_put_off_moves_to_its_second_row():
    assert counts(receive(LISTED | PUT_OFF, LISTED | AGAIN)) == {"accepted": 2}
    moved = Hearing.objects.get(source_id="H2")
    assert moved.moved_from.source_id == "H1"
    assert Event.objects.get(kind=Kind.HEARING_MOVED).data["listed_on"] == "2027-02-01"


def test_whoever_had_to_come_has_to_come_on_the_new_day():
    receive(LISTED)
    WitnessRequirementFactory(hearing=Hearing.objects.get())
    receive(LISTED | PUT_OFF, LISTED | AGAIN)
    assert WitnessRequirement.objects.get(hearing__source_id="H2").status == "required"


def test_witness_care_sees_a_case_from_its_first_listing(witness_care, case):
    receive(LISTED | AGAIN)
    case.refresh_from_db()
    assert (case.witness_care_team, case.version) == (witness_care.team, 2)


def test_a_new_time_is_kept_and_to_be_told_anew():
    receive(LISTED | AGAIN)
    assert counts(receive(LISTED | AGAIN | {"start_time": "14:00"})) == {"updated": 1}
    assert Hearing.objects.get().start_time == time(14)
    told = Event.objects.current().get(kind=Kind.HEARING_LISTED)
    assert (told.data["listed_at"], told.replaces.data["listed_at"]) == ("14:00", "10:00")


def test_a_new_courtroom_is_kept_without_an_event():
    receive(LISTED | AGAIN)
    assert counts(receive(LISTED | AGAIN | {"courtroom": "3"})) == {"updated": 1}
    assert (Hearing.objects.get().courtroom, kinds()) == ("3", ["HEARING_LISTED"])


def test_an_empty_cell_removes_nothing():
    receive(LISTED | AGAIN)
    assert counts(receive(LISTED | AGAIN | {"start_time": ""})) == {"unchanged": 1}
    assert Hearing.objects.get().start_time == time(10)


@pytest.mark.parametrize(
    ("said", "column", "reason"),
    [
        ({"court_ou": "Z99ZZ99"}, "court_ou", "No court has the code"),
        ({"occurrence_no": "2699999999"}, "occurrence_no", "No one case has the number"),
        ({"suspect_ref": "S404"}, "suspect_ref", "no suspect S404"),
        ({"hearing_type": "PARTY"}, "hearing_type", "not one of"),
        ({"listed_on": "2026-02-30"}, "listed_on", "no date"),
        ({"listed_on": "0026-11-16"}, "listed_on", "Check the year"),
        ({"listed_on": ""}, "listed_on", "is empty"),
        ({"listed_learned_at": "2099-01-01T00:00"}, "listed_learned_at", "future"),
        ({"listed_on": "2026-09-01"}, "listed_on", "had passed"),
        ({"start_time": "quarter past"}, "start_time", "not a time"),
        ({"result_code": "9999"}, "result_code", "9999"),
        ({"plea": "MAYBE"}, "plea", "not one of"),
        ({"courtroom": "x" * 40}, "courtroom", "longer than 20"),
        ({"courtroom": "a\x01b"}, "courtroom", "cannot be seen"),
    ],
)
def test_a_row_that_cannot_be_used_says_why_and_holds_up_no_other(said, column, reason):
    good = LISTED | {"hearing_id": "H2", "listed_on": "2027-02-01"}
    assert counts(receive(LISTED | said, good)) == {"accepted": 1, "quarantined": 1}
    row = ImportRow.objects.get()
    assert (row.column, reason in row.reason) == (column, True)
    assert Hearing.objects.get().source_id == "H2"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"listed_on": "2026-11-17"}, "another day"),
        ({"result_code": "1002", "resulted_on": "2026-11-16"}, "another result"),
        ({"hearing_id": "H9"}, "listed already"),
    ],
)
def test_a_row_that_contradicts_what_is_held_waits(said, reason):
    receive(LISTED | (PUT_OFF if "result_code" in said else {}))
    assert counts(receive(LISTED | PUT_OFF | said)) == {"quarantined": 1}
    assert reason in ImportRow.objects.get().reason


def test_the_defendant_is_the_suspect_of_that_case(case):
    suspect = SuspectFactory(case=case)
    suspect.person.source_id = "S1"
    suspect.person.save()
    receive(LISTED | {"suspect_ref": "S1"})
    assert Hearing.objects.get().suspect == suspect


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings_are_read(encoding):
    assert counts(receive(LISTED, encoding=encoding)) == {"accepted": 1}


def test_many_rows_cost_no_more_queries_than_a_few(case, django_assert_max_num_queries):
    for (
        victim
    ) in case.participants.victims():  # as every victim has; one without is referred on the way, once
        ReferralFactory(participant=victim)
    for first, size in ((0, 3), (10, 60)):
        rows = [LISTED | {"hearing_id": f"N{first + n}", "listed_on": f"2027-0{1 + n // 28}-{1 + n % 28:02d}",
                          "hearing_type": "PTPH" if first else "FH"} for n in range(size)]  # fmt: skip
        with django_assert_max_num_queries(60):
            assert counts(receive(*rows)) == {"accepted": size}
