"""Files that would harm: nothing in them stops the reading for ever, and none is told in a traceback."""

import io
import json
import logging

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from referrals import layouts
from referrals.models import Referral
from referrals.rows import REFERRAL_COLUMNS
from tests.referrals.test_pages import row_url
from tests.referrals.test_receive import SIAN, as_csv, counts, receive
from victimcare.intake import actions, claiming, settling
from victimcare.intake.extract import Unreadable, open_extract
from victimcare.intake.models import ImportBatch, ImportRow
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = pytest.mark.django_db
ODD = [*REFERRAL_COLUMNS, "shoe_size"]


def read(content, name="extract.csv"):
    batch = actions.upload(file_name=name, content=content, by=None)
    assert read_waiting_extracts() == 1
    return ImportBatch.objects.get(pk=batch.pk)


@pytest.mark.parametrize("column", ["surname", "occurrence_no", "shoe_size"])
@pytest.mark.parametrize("character", ["\x00", "\x01", "\x1b", "\x7f", "\x85"])
def test_a_row_with_a_character_nobody_can_see_waits_and_the_others_land(monday, unit, column, character):
    bad = SIAN | {"shoe_size": "9", column: f"a{character}b", "person_id": "P2"}
    assert counts(receive(SIAN, bad, columns=ODD)) == {"accepted": 1, "quarantined": 1}
    row = ImportRow.objects.in_quarantine().get()
    assert (row.column, "cannot be seen" in row.reason) == (column, True)
    assert character not in row.content[column]


def test_a_nul_is_shown_and_must_be_typed_again(monday, unit, as_supervisor):
    receive(SIAN | {"surname": "Ev\x00ans"})
    row = ImportRow.objects.in_quarantine().get()
    assert row.content["surname"] == "Ev␀ans"
    assert settling.problems_of(row, row.content)[0].column == "surname"


def test_an_unseen_character_in_a_column_we_do_not_know_can_be_mended(monday, unit, as_supervisor):
    receive(SIAN | {"shoe_size": "9\x00"}, columns=ODD)
    row = ImportRow.objects.in_quarantine().get()
    url = row_url(row)
    assert 'value="9␀"' in as_supervisor.get(url).content.decode()
    as_supervisor.post(url, row.content | {"shoe_size": "9"})
    assert Referral.objects.count() == 1


def test_a_nul_in_the_name_of_a_column_is_shown(monday, unit):
    content = as_csv([SIAN | {"shoe_size": "9"}], ODD).replace(b"shoe_size", b"shoe\x00size")
    batch = read(content)
    assert (batch.state, batch.unknown_columns, counts(batch)) == ("done", ["shoe␀size"], {"accepted": 1})


def test_half_a_character_and_a_nul_in_json_wait_too(monday, unit):
    rows = [SIAN | {"surname": "Ev\ud800ans"}, SIAN | {"person_id": "P2", "a\x00b": "c\x00\ud800"}, SIAN]
    batch = read(json.dumps({"referrals": rows}).encode(), "extract.json")
    assert (batch.state, counts(batch)) == ("done", {"accepted": 1, "quarantined": 2})


def test_a_nul_that_is_quoted_in_a_garbled_cell_is_storable(monday, unit):
    assert counts(receive(SIAN | {"surname": "SiÃ¢n\x00"})) == {"quarantined": 1}


def test_a_fault_of_ours_ends_the_batch_and_the_next_one_is_read(monday, unit, monkeypatch, caplog):
    poison = actions.upload(file_name="a.csv", content=as_csv([SIAN], REFERRAL_COLUMNS), by=None)
    good = actions.upload(
        file_name="b.csv", content=as_csv([SIAN | {"person_id": "P2"}], REFERRAL_COLUMNS), by=None
    )
    land = actions.land

    def stumble(batch, chunk):
        if batch.pk == poison.pk:
            raise ValueError("Siân Evans of 1 High Street")
        return land(batch, chunk)

    monkeypatch.setattr(actions, "land", stumble)
    with caplog.at_level(logging.ERROR):
        assert read_waiting_extracts() == 2
    poison.refresh_from_db()
    good.refresh_from_db()
    assert (poison.state, poison.content, poison.received) == ("unreadable", None, 0)
    assert "Import it again" in poison.sentence and poison.reference in poison.sentence
    assert (good.state, good.accepted) == ("done", 1)
    assert "ValueError" in caplog.text and "Siân" not in caplog.text and poison.reference in caplog.text


def test_a_value_the_staging_table_refuses_waits_alone(monday, unit, monkeypatch):
    arrivals = layouts.arrivals

    def refused(batch, rows):
        made = arrivals(batch, rows)
        for arrival in made:
            if arrival.row["person_id"] == "P2":
                arrival.row["town"] = "New\x00port"
        return made

    monkeypatch.setattr(layouts, "arrivals", refused)
    batch = receive(SIAN, SIAN | {"person_id": "P2"})
    assert counts(batch) == {"accepted": 1, "quarantined": 1}


def test_a_database_that_is_away_leaves_the_batch_to_be_read_later(monday, unit, monkeypatch):
    batch = actions.upload(file_name="a.csv", content=as_csv([SIAN], REFERRAL_COLUMNS), by=None)

    def away(*_):
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as while_away:
        while_away.setattr(actions, "_keep_chunk", away)
        assert read_waiting_extracts() == 0
        batch.refresh_from_db()
        assert (batch.state, batch.content is not None) == ("reading", True)
    monday.shift(660)
    assert read_waiting_extracts() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.accepted) == ("done", 1)


def test_a_batch_that_killed_its_reader_is_tried_after_those_never_begun(monday, unit):
    killer = actions.upload(file_name="a.csv", content=as_csv([SIAN], REFERRAL_COLUMNS), by=None)
    assert claiming.claim() == killer
    monday.shift(660)
    fresh = actions.upload(file_name="b.csv", content=b"x", by=None)
    assert (claiming.claim(), claiming.claim()) == (fresh, killer)


def test_the_command_says_a_fault_in_a_sentence(monday, unit, monkeypatch, tmp_path):
    (tmp_path / "x.csv").write_bytes(as_csv([SIAN | {"shoe_size": "\x00"}], ODD))
    out = io.StringIO()
    call_command("import_extract", str(tmp_path / "x.csv"), stdout=out, stderr=io.StringIO())
    assert "cannot be seen" in out.getvalue()
    for fault, words in ((ValueError("secret"), "Import it again"), (OperationalError("away"), "database")):

        def stumble(*_, fault=fault):
            raise fault

        monkeypatch.setattr(actions, "land", stumble)
        (tmp_path / "y.csv").write_bytes(as_csv([SIAN | {"town": words}], REFERRAL_COLUMNS))
        out = io.StringIO()
        with pytest.raises(CommandError, match=r"y\.csv"):
            call_command("import_extract", str(tmp_path / "y.csv"), stdout=out, stderr=io.StringIO())
        assert words in out.getvalue() and "secret" not in out.getvalue()
    assert not connection.needs_rollback


# --- Cut off, too long -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ['{"referrals": [', "[", '[{"source_system": "R"},', '[{"source_system": "R"}', '[{"a']
)
def test_json_that_ends_before_its_list_does_is_cut_off(text):
    with pytest.raises(Unreadable, match="cut off"):
        open_extract(io.BytesIO(text.encode())).count()


def test_a_cell_that_is_too_long_waits_and_names_its_column(monday, unit):
    long = [SIAN | {"town": "x" * 200_000}, SIAN | {"person_id": "P2", "shoe_size": "y" * 200_000}]
    assert counts(receive(SIAN | {"person_id": "P3"}, *long, columns=ODD)) == {
        "accepted": 1,
        "quarantined": 2,
    }
    assert [(row.number, row.column) for row in ImportRow.objects.in_quarantine().order_by("number")] == [
        (3, "town"), (4, "shoe_size"),
    ]  # fmt: skip
    assert "200,000" in ImportRow.objects.in_quarantine().get(number=4).reason


def test_a_quotation_mark_never_closed_names_its_column_and_length():
    rows = 'RMS,2,P2,VICTIM,"' + "a line\n" * 9_000
    content = "source_system,occurrence_no,person_id,role,surname\n" + rows
    with pytest.raises(Unreadable, match=r"Row 2.*surname.*63,000.*quotation mark"):
        open_extract(io.BytesIO(content.encode())).count()


def test_a_row_cut_off_inside_quotation_marks_waits_alone(monday, unit):
    content = as_csv([SIAN, SIAN | {"person_id": "P2"}], REFERRAL_COLUMNS).rstrip() + b'"cut o'
    batch = read(content)
    assert counts(batch) == {"accepted": 1, "quarantined": 1}
    assert "cut off" in ImportRow.objects.in_quarantine().get().reason
