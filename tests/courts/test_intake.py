"""A hearings extract is read row by row; the same file again changes nothing."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from courts.intake import HEARING_COLUMNS, read
from courts.models import Hearing
from tests.factories import CaseFactory, ParticipantFactory, SuspectFactory
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event
from victimcare.intake.extract import Unreadable

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]

LISTED = {
    "source_system": "COURT", "hearing_id": "H1", "occurrence_no": "2600000001", "court_ou": "C62NG00",
    "hearing_type": "TRIAL", "listed_on": "2026-11-16", "start_time": "10:00",
    "listed_learned_at": "2026-10-01T09:00",
}  # fmt: skip
PUT_OFF = {"result_code": "4506", "resulted_on": "2026-11-16", "result_learned_at": "2026-11-16T16:30"}


@pytest.fixture(autouse=True)
def case():
    case = CaseFactory(occurrence_no="2600000001")
    ParticipantFactory(case=case)
    return case


def file(*rows, encoding="utf-8"):
    lines = [",".join(HEARING_COLUMNS)]
    lines += [",".join(row.get(column, "") for column in HEARING_COLUMNS) for row in rows]
    return io.BytesIO("\n".join(lines).encode(encoding))


def test_a_listing_and_its_result_are_read_once():
    for expected in ((1, 1, 0), (0, 0, 1)):
        report = read(file(LISTED | PUT_OFF), by=None)
        assert (report.listed, report.resulted, report.unchanged) == expected
    assert Hearing.objects.get().result_code == "4506"
    assert set(Event.objects.values_list("kind", flat=True)) == {
        "HEARING_LISTED", "HEARING_CONCLUDED", "RESULT_RECEIVED",
    }  # fmt: skip


def test_a_result_that_comes_later_is_added():
    read(file(LISTED), by=None)
    assert read(file(LISTED | PUT_OFF), by=None).resulted == 1


def test_a_trial_that_was_put_off_moves_to_its_second_row():
    second = LISTED | {"hearing_id": "H2", "listed_on": "2027-02-01", "listed_learned_at": "2026-11-17T09:00"}
    report = read(file(LISTED | PUT_OFF, second), by=None)
    assert (report.listed, report.moved) == (1, 1)
    assert Event.objects.get(kind=Kind.HEARING_MOVED).data["listed_on"] == "2027-02-01"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"court_ou": "Z99ZZ99"}, "no court has the code"),
        ({"occurrence_no": "2699999999"}, "no one case has the number"),
        ({"suspect_ref": "S404"}, "no suspect S404"),
        ({"hearing_type": "PARTY"}, "hearing_type"),
        ({"listed_on": "2026-02-30"}, "listed_on"),
        ({"listed_on": ""}, "listed_on is empty"),
        ({"listed_learned_at": "2099-01-01T00:00"}, "future"),
        ({"listed_on": "2026-09-01"}, "had passed"),
        ({"start_time": "quarter past"}, "not a time"),
        ({"result_code": "9999"}, "9999"),
        ({"plea": "MAYBE"}, "plea"),
        ({"courtroom": "x" * 40}, "longer than 20"),
    ],
)
def test_a_row_that_cannot_be_used_says_why_and_holds_up_no_other(said, reason):
    good = LISTED | {"hearing_id": "H2", "listed_on": "2027-02-01"}
    report = read(file(LISTED | said, good), by=None)
    assert report.listed == 1
    assert reason in report.quarantined[0]["reason"]
    assert Hearing.objects.get().source_id == "H2"


def test_the_defendant_is_the_suspect_of_that_case(case):
    suspect = SuspectFactory(case=case)
    suspect.person.source_id = "S1"
    suspect.person.save()
    read(file(LISTED | {"suspect_ref": "S1"}), by=None)
    assert Hearing.objects.get().suspect == suspect


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings_are_read(encoding):
    assert read(file(LISTED, encoding=encoding), by=None).listed == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"a,b\n1,2\n", b"source_system,event_id\n"])
def test_a_file_that_is_no_hearings_extract_is_refused_in_words(content):
    with pytest.raises(Unreadable):
        read(io.BytesIO(content), by=None)


def test_the_command_prints_one_document(tmp_path, capsys):
    path = tmp_path / "hearings.csv"
    path.write_bytes(file(LISTED, LISTED | {"hearing_id": "H2", "court_ou": "Z"}).getvalue())
    call_command("import_hearings", str(path), "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["received"], said["listed"], said["quarantined"]) == (2, 1, 1)
    with pytest.raises(CommandError, match="cannot be opened"):
        call_command("import_hearings", str(tmp_path / "nowhere.csv"))
