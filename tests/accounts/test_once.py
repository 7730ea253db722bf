"""A form takes effect once; what was seen while it was refused stays written down."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from victimcare.audit.models import AccessEntry
from victimcare.cases.changing import set_safe_contact
from victimcare.intake.models import ImportBatch

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]
KEY = "5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7d01"


def test_who_saw_anothers_answers_on_a_page_left_open_is_on_record(victim, officer, supervisor, as_officer):
    set_safe_contact(person=victim.person, version=1, by=supervisor, phone="N", note="He answers it.")
    page = as_officer.post(
        reverse("cases:safe-contact", args=[victim.case.reference, victim.reference]),
        {"form_key": KEY, "version": 1, "phone": "Y", "note": "Ring any time."},
    )
    assert page.status_code == 409 and "He answers it." in page.text
    seen = AccessEntry.objects.get(actor=officer.reference)
    assert (seen.subject, seen.field_group) == (victim.reference, "safe contact")


def test_another_file_under_the_key_of_the_first_is_not_taken_for_it(as_supervisor):
    """A file is chosen anew after going back: the page, and so its key, is the same."""
    address = reverse("intake:list")

    def send(content):
        file = SimpleUploadedFile("referrals.csv", content, content_type="text/csv")
        return as_supervisor.post(address, {"form_key": KEY, "file": file})

    assert send(b"first").status_code == 302
    assert send(b"first").status_code == 302
    assert send(b"second").status_code == 422
    assert ImportBatch.objects.count() == 1


def test_a_form_with_a_character_no_database_keeps_is_refused_in_a_sentence(victim, as_officer):
    address = reverse("contacts:log", args=[victim.case.reference, victim.reference])
    page = as_officer.post(address, {"tells": "E-\0", "form_key": KEY})
    assert page.status_code == 400 and "Nothing was saved" in page.text
