"""An uploaded file is checked first: what would become of it is shown, and nothing is kept until somebody says so."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from referrals.models import Referral
from referrals.rows import REFERRAL_COLUMNS
from tests.referrals.test_receive import SIAN, as_csv, counts, receive
from victimcare.cases.models import Case, Event, Participant, Person
from victimcare.faults import Refused, Stale
from victimcare.intake import actions
from victimcare.intake.models import FeedRow, ImportBatch, ImportRow
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = pytest.mark.django_db
LLYR = SIAN | {"person_id": "P2", "given_names": "Llŷr", "surname": "O’Brien"}
BAD = SIAN | {"person_id": "P3", "postcode": "NP"}
SHOP = SIAN | {"person_id": "P4", "given_names": "", "surname": "", "organisation_name": "Siop Ltd"}


def checked(*rows, columns=REFERRAL_COLUMNS, content=None):
    content = content or as_csv(rows, columns)
    batch = actions.upload(file_name="extract.csv", content=content, by=None, checked_first=True)
    assert read_waiting_extracts() == 1
    return ImportBatch.objects.get(pk=batch.pk)


def test_a_check_says_what_would_become_of_each_row_and_keeps_none(monday, unit):
    batch = checked(SIAN, SIAN, LLYR, BAD)
    assert (batch.state, batch.kind, batch.received) == ("checked", "referrals", 0)
    assert batch.preview["counts"] == {"accepted": 2, "unchanged": 1, "quarantined": 1}
    kept = (Person, Case, Participant, Event, Referral, FeedRow, ImportRow, Person.history)
    assert [getattr(model, "objects", model).count() for model in kept] == [0] * len(kept)


def test_it_shows_the_encoding_with_words_that_have_accents(monday, unit):
    content = as_csv([LLYR | {"given_names": "Siân"}], REFERRAL_COLUMNS).decode().encode("cp1252")
    batch = checked(content=content)
    assert (batch.preview["encoding"], batch.preview["words"]) == ("cp1252", ["Siân", "O’Brien"])


def test_it_shows_which_columns_are_matched_unknown_and_missing(monday, unit):
    columns = [column for column in REFERRAL_COLUMNS if column != "ward"] + ["shoe_size"]
    preview = checked(SIAN, columns=columns).preview
    assert (preview["unknown"], preview["missing"]) == (["shoe_size"], ["ward"])
    assert "surname" in preview["matched"] and "shoe_size" not in preview["matched"]


def test_it_names_the_first_problems_with_row_column_and_words(monday, unit):
    [problem] = checked(SIAN, BAD).preview["problems"]
    assert (problem["number"], problem["column"]) == (3, "postcode")
    assert "whole postcode" in problem["reason"]


@pytest.mark.parametrize(
    "garbled", ["SiÃ¢n", "Oâ€™Brien", "Åµyr", "LlÅ·r", "ChloÃ©", "â€œSiânâ€\x9d", "Ga\ufffdth", "Â£5"]
)
def test_letters_that_were_garbled_before_are_flagged(monday, unit, garbled):
    preview = checked(SIAN, LLYR | {"town": garbled}).preview
    assert preview["garbled_rows"] == 1
    assert (preview["garbled"][0]["number"], preview["garbled"][0]["column"]) == (3, "town")


def test_the_numbers_are_those_of_the_import_that_follows(
    monday, unit, supervisor, as_supervisor, monkeypatch
):
    monkeypatch.setattr(actions, "CHUNK", 2)  # what one chunk brings, the next one knows
    receive(SIAN)
    rows = [SIAN, LLYR, BAD, SHOP | {"person_id": "P9"}, LLYR, LLYR | {"town": "Cwmbrân"}, BAD, SIAN]
    rows.append(SIAN | {"phone_home": "01633 496000"})
    batch = checked(*rows)
    said = batch.preview["counts"]
    page = as_supervisor.get(reverse("intake:batch", args=[batch.reference])).text
    assert "Home phone: Nothing, now 01633 496000" in page and "Siân Evans" in page
    Case.objects.update(is_restricted=True)
    page = as_supervisor.get(reverse("intake:batch", args=[batch.reference])).text
    assert "Home phone" in page and "01633 496000" not in page and "Siân Evans" not in page
    actions.import_checked(batch=batch, by=supervisor)
    assert read_waiting_extracts() == 1
    batch.refresh_from_db()
    assert (batch.state, counts(batch), batch.preview) == ("done", said, {})
    assert batch.uploaded_by == supervisor


def test_the_command_says_the_same_numbers(monday, unit):
    rows = [SIAN, SIAN, LLYR, BAD, SHOP]
    said = checked(*rows).preview["counts"]
    actions.drop(batch=ImportBatch.objects.get())
    assert said == counts(receive(*rows))


def test_what_is_not_wanted_goes_with_its_bytes(monday, unit):
    batch = actions.drop(batch=checked(SIAN))
    batch.refresh_from_db()
    assert (batch.state, batch.content, batch.preview) == ("dropped", None, {})
    assert not Referral.objects.exists()
    with pytest.raises(Stale, match="decided"):
        actions.drop(batch=batch)


def test_the_same_file_is_not_checked_twice_at_once(monday, unit):
    checked(SIAN)
    with pytest.raises(Refused, match="was checked"):
        checked(SIAN)


def test_a_file_that_cannot_be_read_says_so_at_the_check(monday, unit):
    batch = checked(content=b"a,b\n1,2\n")
    assert (batch.state, "not one of the extracts" in batch.sentence) == ("unreadable", True)


def test_a_fault_of_ours_during_a_check_keeps_nothing_and_says_so(monday, unit, monkeypatch):
    def stumble(*_):
        raise ValueError("Siân Evans")

    monkeypatch.setattr(actions, "land", stumble)
    batch = checked(SIAN)
    assert batch.state == "unreadable" and "fault in this system" in batch.sentence
    assert "Siân" not in batch.sentence


def test_a_supervisor_uploads_looks_and_imports(monday, unit, as_supervisor):
    content = as_csv([SIAN, LLYR, BAD], REFERRAL_COLUMNS)
    page = as_supervisor.post(
        reverse("intake:list"), {"file": SimpleUploadedFile("today.csv", content)}, follow=True
    )
    assert "Waiting to be checked" in page.content.decode()
    read_waiting_extracts()
    batch = ImportBatch.objects.get()
    url = reverse("intake:batch", args=[batch.reference])
    said = as_supervisor.get(url).content.decode()
    for words in ("what would become of 3 rows", "Llŷr", "whole postcode", "Import it", "Do not import it"):
        assert words in said
    page = as_supervisor.post(reverse("intake:import", args=[batch.reference]), follow=True)
    assert "Waiting to be read" in page.content.decode()
    read_waiting_extracts()
    assert "Kept" in as_supervisor.get(url).content.decode() or Referral.objects.count() == 2
    again = as_supervisor.post(reverse("intake:import", args=[batch.reference]))
    assert again.status_code == 409


def test_a_supervisor_says_no(monday, unit, as_supervisor):
    batch = checked(SIAN)
    page = as_supervisor.post(reverse("intake:drop", args=[batch.reference]), follow=True)
    assert "was not imported" in page.content.decode()
    assert not Person.objects.exists()


def test_a_file_that_was_only_checked_has_no_counts_in_the_list(monday, unit, as_supervisor):
    checked(SIAN, LLYR, BAD)
    page = as_supervisor.get(reverse("intake:list")).text
    assert [
        f'data-label="{name}" class="desk-number">–<' in page for name in ("Accepted", "Quarantined")
    ] == [
        True,
        True,
    ]
    assert 'data-label="Rows" class="desk-number">3<' in page
    batch = receive(SIAN | {"person_id": "P7"})
    page = as_supervisor.get(reverse("intake:list")).text
    assert f'href="{reverse("intake:rows", args=[batch.reference, "accepted"])}">1<' in page
