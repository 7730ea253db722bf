"""Bad input (IN-03, IN-04, IN-06): every file ends accepted, or in a report that names row and column in words.

One hundred and twenty files made by hand, in families; then files mutated by chance. Whatever comes: no fault
of ours, no partial write, and every row in exactly one outcome.
"""

# ruff: noqa: SIM905

import io
import random
from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referrals.models import Referral
from referrals.rows import REFERRAL_COLUMNS
from tests.referrals.test_receive import SIAN, as_csv
from victimcare import clock
from victimcare.cases.models import Participant, Person
from victimcare.intake import actions, claiming, layouts
from victimcare.intake.cells import GARBLED
from victimcare.intake.extract import Unreadable, open_extract
from victimcare.intake.models import ImportBatch, ImportRow

pytestmark = pytest.mark.django_db
ALL = list(REFERRAL_COLUMNS)
LLYR = SIAN | {"person_id": "P2", "given_names": "Llŷr", "surname": "O’Brien", "town": "Cwmbrân"}
TWO = as_csv([SIAN, LLYR], ALL)
TEXT = TWO.decode()
HEAD, FIRST, SECOND = TEXT.splitlines()


def row(**said: str) -> bytes:
    return as_csv([SIAN | said, LLYR], ALL)


def encodings() -> dict[str, bytes]:
    plain = TEXT.replace("ŷ", "y")
    return {
        "utf-8": TWO,
        "utf-8 with its mark": TEXT.encode("utf-8-sig"),
        "utf-16": TEXT.encode("utf-16"),
        "utf-16-le": TEXT.encode("utf-16-le"),
        "utf-16-be": TEXT.encode("utf-16-be"),
        "utf-16-be with its mark": b"\xfe\xff" + TEXT.encode("utf-16-be"),
        "cp1252": plain.encode("cp1252"),
        "mixed": TWO + SECOND.replace("ŷ", "y").replace("P2", "P3").encode("cp1252") + b"\n",
        "0x81": plain.encode("cp1252").replace(b"Cwmbr\xe2n", b"Cwm\x81bran"),
        "latin-1 with controls": plain.encode("cp1252") + b"\x9d\x8f",
        "utf-32": TEXT.encode("utf-32"),
        "ebcdic": plain.replace("’", "'").encode("cp500"),
        "utf-7": TEXT.encode("utf-7"),
        "two marks": b"\xef\xbb\xbf\xef\xbb\xbf" + TWO,
        "a mark in the middle": TWO.replace(b"Evans", b"\xef\xbb\xbfEvans"),
        "half a letter at the end": TWO + b"\xc5",
        "odd utf-16": TEXT.encode("utf-16") + b"\x00",
        "overlong": TWO.replace(b"Evans", b"E\xc0\xafvans"),
    }


def shapes() -> dict[str, bytes]:
    return {
        "empty": b"",
        "a mark alone": b"\xef\xbb\xbf",
        "blank lines": b"\n\n\r\n",
        "heading alone": (HEAD + "\n").encode(),
        "no heading": (FIRST + "\n" + SECOND).encode(),
        "heading twice": (HEAD + "\n" + HEAD + "\n" + FIRST).encode(),
        "heading in the middle": TWO + (HEAD + "\n").encode(),
        "a column twice": TEXT.replace("ward", "town", 1).encode(),
        "columns reordered": as_csv([SIAN], ALL[::-1]),
        "capitals": TEXT.replace(HEAD, HEAD.upper()).encode(),
        "spaces in the heading": TEXT.replace(HEAD, HEAD.replace(",", " , ").replace("_", " ")).encode(),
        "a needed column missing": as_csv(
            [{c: v for c, v in SIAN.items() if c != "role"}], [c for c in ALL if c != "role"]
        ),
        "an empty name of a column": TEXT.replace("ward", "", 1).encode(),
        "many unknown columns": as_csv([SIAN], [*ALL, *(f"x{n}" for n in range(300))]),
        "a million columns": b"," * 1_000_000 + b"\n",
        "lone CR": TEXT.replace("\n", "").replace("\r", "\r").encode(),
        "CR and LF apart": TEXT.replace("\r\n", "\n\r").encode(),
        "semicolons": TEXT.replace(",", ";").encode(),
        "tabs": TEXT.replace(",", "\t").encode(),
        "bars": TEXT.replace(",", "|").encode(),
        "cut off in a row": TWO[:-40],
        "cut off in the heading": HEAD[:30].encode(),
        "too few cells": (HEAD + "\nRMS,1\n" + SECOND).encode(),
        "too many cells": (HEAD + "\n" + FIRST + ",more,more\n" + SECOND).encode(),
        "blank rows between": (HEAD + "\n\n" + FIRST + "\n\n\n" + SECOND + "\n\n").encode(),
        "commas alone": (HEAD + "\n" + "," * (len(ALL) - 1) + "\n" + SECOND).encode(),
        "a quote never closed, 5 MB": TWO + b'"' + b"x" * 5_000_000,
        "a quote never closed over rows": (
            HEAD + "\n" + FIRST.replace("Evans", '"Evans') + "\n" + SECOND
        ).encode(),
        "a quote in a word": TEXT.replace("Evans", 'Ev"ans').encode(),
        "a cell of 10 MB": row(town="x" * 10_000_000),
        "a cell over lines": row(location="one\ntwo\nthree"),
        "zip called csv": b"PK\x03\x04" + bytes(range(256)) * 10,
        "old spreadsheet": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
        "pdf": b"%PDF-1.7\n",
        "png": b"\x89PNG\r\n\x1a\n",
        "html": b"<!doctype html><table><tr><td>source_system</td></tr></table>",
        "xml": b"<?xml version='1.0'?><a/>",
        "a word": b"hello",
        "nulls": bytes(1000),
        "chance": random.Random(1).randbytes(5000),
    }


def jsons() -> dict[str, bytes]:
    one = '{"source_system":"RMS","occurrence_no":"1","person_id":"P1","role":"VICTIM","surname":"Evans"}'
    return {
        "a list": f"[{one}]".encode(),
        "wrapped": f'{{"referrals": [{one}]}}'.encode(),
        "lines": f"{one}\n{one}\n".encode(),
        "an empty list": b"[]",
        "an empty object": b"{}",
        "cut off": f"[{one},".encode(),
        "a number": b"[1, 2, 3]",
        "a list in a list": f"[[{one}]]".encode(),
        "a cell that is an object": one.replace('"Evans"', '{"a": 1}').encode(),
        "a cell that is a list": one.replace('"Evans"', "[1]").encode(),
        "a huge number": one.replace('"Evans"', "9" * 5000).encode(),
        "NaN": one.replace('"Evans"', "NaN").encode(),
        "deep": b"[" * 100_000,
        "a name twice": one.replace('"surname"', '"role":"WITNESS","surname"').encode(),
        "half a character": one.replace("Evans", "\\ud800").encode(),
        "a NUL": one.replace("Evans", "\\u0000").encode(),
    }


CELLS = {
    "date_of_birth": ["31/02/1990", "29/02/2027", "02/03/26", "45000", "1900-01-01", "0202-01-01", "2099-01-01",
                      "1990-13-01", "yesterday", "1899-12-31", "2026-11-24", "1/2/1990", "1990/02/01", "0000-00-00"],
    "postcode": ["SA1", "GIR 0AA", "NP2O 4AB", "np204ab", "NP20  4AB", "12345", "N/A", "NP20 4AB;NP20 4AC"],
    "phone_mobile": ["+44(0)7700 900101", "44", "ring her mum", "07700900101 / 102", "0", "00447700900101", "07700 900 10l"],
    "surname": ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "-1", "  Evans  ", "x" * 200, "Null", "n/a", "Ev\tans"],
    "email": ["nobody", "a@b", "a@b.c", "a b@c.d", "a@@b.c", "=1@b.c"],
    "recorded_at": ["2099-01-01T00:00", "2026-03-29T01:30", "2026-10-25T01:30", "25/10/2026 01:30", "2026-11-20T25:00",
                    "2026-11-20T09:30+14:00", "0001-01-01T00:00", "9999-12-31T23:59"],
    "role": ["victim", "BYSTANDER", "", "SUSPECT"],
    "flags": ["DA;DA;;", "NONSENSE", "DA STALKING", ";;;"],
    "occurrence_no": ["", "x" * 31, "26/1", "0"],
    "acts_for_person_id": ["P1", "P404"],
    "language": ["english", "cy", "cy-GB", "c", "12"],
    "restricted": ["maybe", "y", "TRUE", "0"],
}  # fmt: skip


def cells() -> dict[str, bytes]:
    return {
        f"{column}: {cell[:20]}": row(**{column: cell}) for column, said in CELLS.items() for cell in said
    }


FAMILIES: dict[str, Callable[[], dict[str, bytes]]] = {
    "encodings": encodings,
    "shapes": shapes,
    "json": jsons,
    "cells": cells,
}


def test_there_are_a_hundred_and_twenty_of_them_at_least():
    assert sum(len(family()) for family in FAMILIES.values()) >= 120


def ends_well(content: bytes, name: str) -> ImportBatch:
    """Read it as a worker would; say what does not hold."""
    people = Participant.objects.exclude(role="SUSPECT").count()
    batch = actions.upload(file_name="extract.csv", content=content, by=None)
    claimed = claiming.claim()
    assert claimed is not None, name
    batch = actions.read(batch=claimed)
    batch.refresh_from_db()
    landed = Participant.objects.exclude(role="SUSPECT").count() - people
    if batch.state == ImportBatch.State.UNREADABLE:
        assert "fault in this system" not in batch.sentence, name
        assert batch.sentence.endswith("."), name
        assert (batch.received, landed) == (0, 0), name
        return batch
    counts = {outcome: getattr(batch, outcome) for outcome in ImportRow.Outcome.values}
    assert batch.state == ImportBatch.State.DONE, name
    assert batch.received == sum(counts.values()) > 0, name
    assert counts["accepted"] <= landed <= counts["accepted"] + counts["suppressed"], name
    bad = ImportRow.objects.filter(batch=batch, outcome="quarantined")
    assert bad.count() == counts["quarantined"], name
    assert all(found.reason and found.number > 0 for found in bad), name
    return batch


@pytest.mark.parametrize("family", FAMILIES)
def test_every_file_of_the_corpus_ends_well(monday, unit, family):
    for name, content in FAMILIES[family]().items():
        with transaction.atomic():
            ends_well(content, name)
            transaction.set_rollback(True)


@pytest.mark.parametrize(("column", "cell"), [(c, cell) for c, said in CELLS.items() for cell in said])
def test_a_wrong_cell_is_named_by_its_column(column, cell):
    """Pure: what is wrong with a row names the column that is wrong."""
    extract = open_extract(io.BytesIO(row(**{column: cell})))
    layout = layouts.of(extract.kind)
    _row, problems = layout.clean(next(extract.rows()), clock.now())
    assert {problem.column for problem in problems} <= {column, "", "acts_for_person_id"}
    assert all(problem.reason for problem in problems)


# --- Letters that were garbled before (IN-04) ----------------------------------------------------------

WORDS = (
    "Siân Llŷr Ŵyn Glynŵr Tŷ Cwmbrân Môn Gŵyl Ŷr Dŵr Siôn Rhŷn Llŵyd Pêl Ffôn Iâ Bêt Dêl Gwên Nôl "
    "Sêr Tân Ôl Îl Ûn O’Brien D’Arcy “Nain” Chloé Renée José Müller Bjørn Łukasz Zoë Noël François "
    "Háček Şeyma Ağca Ñuñez Çelik Ørsted naïve café Ângel Straße Ærø Ýr Ünal Éire Óscar Ívar Úna "
    "Ólafur "
).split()


@pytest.mark.parametrize("word", WORDS)
def test_a_garbled_word_is_known_and_the_word_itself_is_not_called_garbled(word):
    garbled = word.encode("utf-8").decode("cp1252", "replace")
    assert GARBLED.search(garbled), garbled
    assert not GARBLED.search(word)


# --- Names (IN-06) -------------------------------------------------------------------------------------

NAMES = (
    "Ŵyn", "ŷr", "O'Brien", "O’Brien", "Evans-Jones", "van der Berg", "Łukasz", "Groß", "محمد", "اردو", "שלום", "বাংলা",
    "ਗੁਰਮੁਖੀ", "李小龍", "X", "x" * 100, "Zoë", "Null Island", "=cmd", "Ñ", "Đặng", "Sørensen", "d'Arcy", "Mac Giolla",
)  # fmt: skip
HIDDEN = (
    "Ev\u200bans",
    "\u202eEvans",
    "Ev\u200dans",
    "Ev\u2066ans",
    "Evans\u00ad",
    "E\ufeffvans",
    "Ev\u034fans",
)


def test_names_of_every_kind_are_kept_as_they_are(monday, unit):
    batch = ends_well(
        as_csv([SIAN | {"person_id": f"N{n}", "surname": name} for n, name in enumerate(NAMES)], ALL), "names"
    )
    assert batch.accepted == len(NAMES)
    kept = dict(Person.objects.filter(source_id__startswith="N").values_list("source_id", "surname"))
    assert [kept[f"N{n}"] for n in range(len(NAMES))] == list(NAMES)


def test_letters_put_together_are_kept_put_together(monday, unit):
    ends_well(row(surname="Lly\u0302r", given_names="Sia\u0302n"), "decomposed")
    person = Person.objects.get(source_id="P1")
    assert (person.given_names, person.surname) == ("Siân", "Llŷr")


@pytest.mark.parametrize("name", HIDDEN)
def test_what_nobody_can_see_in_a_name_waits(name):
    extract = open_extract(io.BytesIO(row(surname=name)))
    _row, problems = layouts.of("referrals").clean(next(extract.rows()), clock.now())
    assert [problem.column for problem in problems] == ["surname"] and "cannot be seen" in problems[0].reason


# --- By chance ------------------------------------------------------------------------------------------

MORE = as_csv(
    [
        SIAN,
        LLYR,
        SIAN | {"role": "WITNESS", "person_id": "P3"},
        SIAN | {"safe_contact_note": 'Say "hi", twice'},
    ],
    ALL,
)
BITS = [
    b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"\xc5", b"\xe2\x80", b";", b"NULL", b"2099-01-01", b"{", b"[",
    b"\xef\xbb\xbf", b" ", b"=", b"'",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good file with a few things done to it: bytes changed, put in, taken out, said twice, recoded."""
    content = bytearray(MORE)
    for _n in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        what = draw(st.sampled_from(["change", "put in", "take out", "twice"]))
        size = draw(st.integers(1, 60))
        if what == "change" and content:
            content[at] = draw(st.integers(0, 255))
        elif what == "put in":
            content[at:at] = draw(st.sampled_from(BITS))
        elif what == "take out":
            del content[at : at + size]
        else:
            content[at:at] = content[at : at + size]
    return bytes(content)


def rows_of(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """What reading says of each row. Raises Unreadable alone."""
    extract = open_extract(io.BytesIO(content))
    layout, now = layouts.of(extract.kind), clock.now()
    for raw in extract.rows():
        _row, problems = layout.clean(raw, now)
        yield raw.number, [problem.reason for problem in problems]


def reads_or_says_why(content: bytes) -> None:
    try:
        numbers = []
        for number, reasons in rows_of(content):
            numbers.append(number)
            assert all(reasons)
        assert numbers == sorted(set(numbers))
    except Unreadable as fault:
        assert fault.sentence


@settings(max_examples=150, deadline=None, derandomize=True)
@given(mutated())
def test_a_mutated_file_is_read_or_says_why(content):
    reads_or_says_why(content)


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(mutated())
def test_a_mutated_file_ends_well(monday, unit, content):
    with transaction.atomic():
        ends_well(content, repr(content[:200]))
        transaction.set_rollback(True)


@pytest.mark.faults
@settings(max_examples=5_000, deadline=None)
@given(mutated())
def test_five_thousand_mutated_files_are_read_or_say_why(content):
    reads_or_says_why(content)


@pytest.mark.faults
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutated())
def test_four_hundred_mutated_files_end_well(monday, unit, content):
    with transaction.atomic():
        ends_well(content, repr(content[:200]))
        assert Referral.objects.count() <= 4
        transaction.set_rollback(True)
