"""A name or an address that lost a letter on the way waits until somebody types it as it is."""

import pytest

from referrals.models import Referral
from tests.intake.test_checked_first import checked
from tests.referrals.test_receive import SIAN, counts, receive
from victimcare.cases.models import Person
from victimcare.intake import actions
from victimcare.intake.models import ImportRow

pytestmark = pytest.mark.django_db
SPELT = ("surname", "given_names", "address_line_1", "address_line_2", "town", "organisation_name")


@pytest.mark.parametrize("column", SPELT)
@pytest.mark.parametrize(
    "lost", ["T?newydd", "Tŷ Gwy?", "?yn", "7 T? Cornel", "T\ufffdnewydd", "LlÅ·r", "TÃ¢f", "Ã\xa0"]
)
def test_a_name_or_address_that_lost_a_letter_waits(monday, unit, column, lost):
    assert counts(receive(SIAN | {column: lost})) == {"quarantined": 1}
    row = ImportRow.objects.get()
    assert row.column == column
    assert ("a letter was" if "?" in lost else "The letters are garbled") in row.reason


def test_it_says_what_to_do_in_plain_words(monday, unit):
    receive(SIAN | {"surname": "W?n", "town": "Cwmbr?n"})
    assert [one["reason"] for one in ImportRow.objects.get().problems] == [
        "The name has a question mark where a letter was: the export lost it, often ŵ or ŷ. Type the name as it is.",
        "The address has a question mark where a letter was: the export lost it, often ŵ or ŷ. "
        "Type the address as it is.",
    ]


def test_a_row_mended_with_its_letters_goes_on(monday, unit, as_supervisor):
    batch = receive(SIAN | {"surname": "W?n"})
    row = ImportRow.objects.get()
    as_supervisor.post(f"/intake/quarantine/{batch.reference}/{row.number}", row.content | {"surname": "Wŷn"})
    assert Referral.objects.count() == 1 and Person.objects.filter(surname="Wŷn").exists()


def test_a_question_mark_alone_is_not_known_and_one_in_a_note_stays(monday, unit):
    row = SIAN | {"town": " ? ", "safe_contact_note": "Call after six?"}
    assert counts(receive(row)) == {"accepted": 1}


def test_the_check_lists_lost_letters_under_garbled(monday, unit, as_supervisor):
    batch = checked(
        SIAN | {"town": "?", "safe_contact_note": "Six?"}, SIAN | {"person_id": "P2", "surname": "W?n"}
    )
    assert (batch.preview["garbled_rows"], batch.preview["counts"]) == (1, {"accepted": 1, "quarantined": 1})
    assert batch.preview["garbled"] == [{"number": 3, "column": "surname", "cell": "W?n"}]
    page = as_supervisor.get(f"/intake/{batch.reference}/").text
    assert "surname: W?n" in page and "a question mark where a letter was" in page
    assert "what would become of 2 rows" in page
    actions.drop(batch=batch)


def test_one_row_is_one_row(monday, unit, as_supervisor):
    page = as_supervisor.get(f"/intake/{checked(SIAN).reference}/").text
    assert "what would become of 1 row<" in page
