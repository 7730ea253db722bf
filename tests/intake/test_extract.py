"""What a file is, from its bytes alone."""

import io

import pytest

from victimcare.intake.extract import Unreadable, open_extract

HEADING = "source_system,occurrence_no,person_id,role,surname\n"
ROW = "RMS,2600000001,P1,VICTIM,Llŷr\n"


def opened(content):
    return open_extract(io.BytesIO(content))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_is_found_and_the_letters_are_right(encoding):
    extract = opened((HEADING + ROW).encode(encoding))
    assert extract.kind == "referrals"
    assert [row.cells["surname"] for row in extract.rows()] == ["Llŷr"]
    assert extract.columns[0] == "source_system"


def test_an_old_windows_file_is_read_as_such_and_says_so():
    extract = opened((HEADING + "RMS,2600000001,P1,VICTIM,Siân O’Brien\n").encode("cp1252"))
    assert extract.encoding == "cp1252"
    assert next(extract.rows()).cells["surname"] == "Siân O’Brien"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04rest of a spreadsheet", "spreadsheet"),
        (b"%PDF-1.7", "document"),
        (b"name,colour\nSi,red\n", "not one of the extracts"),
        (b"source_system,occurrence_no,person_id\nRMS,1,P1\n", "role is missing"),
        (b"source_system,occurrence_no,person_id,role,role\n", "twice"),
        (HEADING.encode() + b"RMS,1,P1,VICTIM,\x81\n", "cannot be read"),
        (b"[]", "no rows"),
        (b"{not json", "JSON"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_a_wrong_file_is_refused_in_a_plain_sentence(content, words):
    with pytest.raises(Unreadable, match=words):
        opened(content).count()


def test_a_quotation_mark_that_is_never_closed_is_found_before_any_row_is_kept():
    with pytest.raises(Unreadable, match="Row 3"):
        opened((HEADING + ROW + 'RMS,2,P2,VICTIM,"' + "x" * 50_000).encode()).count()


def test_a_ragged_row_comes_out_with_its_fault_and_the_next_is_read():
    rows = list(opened((HEADING + "RMS,1\n" + "RMS,1,P1,VICTIM,Rees,extra\n" + ROW).encode()).rows())
    assert ["cut off" in rows[0].fault, "unquoted" in rows[1].fault, rows[2].fault] == [True, True, ""]
    assert rows[1].cells["column 6"] == "extra"


def test_headings_are_forgiven_their_case_spaces_and_order():
    extract = opened(b"Person ID;Source System; OCCURRENCE_NO;Role;Shoe size\nP1;RMS;1;VICTIM;9\n")
    assert (extract.kind, extract.unknown_columns) == ("referrals", ["shoe_size"])


def test_line_ends_of_every_kind_and_blank_lines():
    content = HEADING.replace("\n", "\r\n") + ROW.replace("\n", "\r") + "\r\n" + ROW
    assert [row.number for row in opened(content.encode()).rows()] == [2, 3]


def test_json_in_three_shapes():
    row = '{"source_system": "RMS", "event_id": "E1", "occurrence_no": 1, "kind": "X", "occurred_at": null}'
    for text in (f"[{row},{row}]", f'{{"events": [{row},\n{row}]}}', f"{row}\n{row}\n"):
        extract = opened(text.encode())
        assert (extract.kind, extract.count()) == ("events", 2)
        assert next(extract.rows()).cells["occurrence_no"] == "1"


def test_hearings_and_contacts_are_recognised():
    assert opened(b"source_system,hearing_id,court_ou,listed_on\n").kind == "hearings"
    assert opened(b"source_system,contact_id,occurrence_no,person_id\n").kind == "contacts"
