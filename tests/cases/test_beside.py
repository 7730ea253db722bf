"""Two people change the same answers: one wins, the other sees both and loses nothing."""

import pytest
from django.urls import reverse

from victimcare.cases import changing
from victimcare.cases.models import SafeContact

pytestmark = pytest.mark.django_db


def place(name, victim):
    return reverse(f"cases:{name}", args=[victim.case.reference, victim.reference])


def answers(version, **more):
    said = {
        "phone": "Y",
        "voicemail": "N",
        "text": "Y",
        "email": "Y",
        "post": "N",
        "note": "",
        "version": version,
    }
    return said | more


def test_whoever_is_second_sees_both_and_what_they_typed_is_in_the_form(
    monday, victim, as_officer, colleague
):
    safe = SafeContact.objects.get(person=victim.person)
    mine = answers(safe.version, note="Only after nine", voicemail="N")
    changing.set_safe_contact(
        person=victim.person, version=safe.version, by=colleague, phone="N", voicemail="N", text="Y",
        email="Y", post="N", note="He reads her letters",
    )  # fmt: skip
    response = as_officer.post(place("safe-contact", victim), mine)
    assert response.status_code == 409
    rows = {(row.theirs, row.mine) for row in response.context["beside"]}
    assert {("Not safe", "Safe"), ("He reads her letters", "Only after nine")} <= rows
    assert response.context["form"]["note"].value() == "Only after nine"
    assert SafeContact.objects.get(person=victim.person).note == "He reads her letters"


def test_saved_again_theirs_is_in_the_history_and_mine_stands(monday, victim, as_officer, colleague):
    safe = SafeContact.objects.get(person=victim.person)
    mine = answers(safe.version, note="Only after nine")
    changing.set_safe_contact(person=victim.person, version=safe.version, by=colleague, note="Theirs")
    form = as_officer.post(place("safe-contact", victim), mine).context["form"]
    again = mine | {"version": form["version"].value()}
    assert as_officer.post(place("safe-contact", victim), again).status_code == 302
    safe.refresh_from_db()
    assert safe.note == "Only after nine"
    assert "Theirs" in safe.history.values_list("note", flat=True)


def test_who_saves_the_same_is_told_that_it_is_saved(monday, victim, as_officer, colleague):
    safe = SafeContact.objects.get(person=victim.person)
    mine = answers(safe.version, note="Only after nine")
    as_officer.post(place("safe-contact", victim), mine)
    assert as_officer.post(place("safe-contact", victim), mine).status_code == 302


def test_the_details_are_compared_too(monday, victim, as_officer, colleague):
    person = victim.person
    typed = {
        "given_names": "Siân", "surname": "Price", "phone_mobile": person.phone_mobile, "email": person.email,
        "address_line_1": person.address_line_1, "town": person.town, "postcode": person.postcode,
        "verified_by": "Seen in person", "version": person.version,
    }  # fmt: skip
    changing.change_details(
        person=person, version=person.version, verified_by="Rang her", by=colleague, surname="Rees"
    )
    response = as_officer.post(place("details", victim), typed)
    assert response.status_code == 409
    assert ("Rees", "Price") in {(row.theirs, row.mine) for row in response.context["beside"]}


def test_what_was_held_before_is_a_page(monday, victim, as_officer, colleague):
    changing.change_details(
        person=victim.person, version=victim.person.version, verified_by="Rang her", by=colleague,
        surname="Rees", address_line_1="1 New Street",
    )  # fmt: skip
    page = as_officer.get(place("details-history", victim)).content.decode()
    assert "Evans" in page
    assert "Rees" in page
    assert "Checked: Rang her" in page
    assert "Col League" in page


def test_a_protected_address_of_before_is_not_shown_to_who_may_not_change_it(
    monday, victim, sign_in, witness_care
):
    SafeContact.objects.filter(person=victim.person).update(address_is_protected=True)
    victim.case.witness_care_officer = witness_care
    victim.case.save()
    before = victim.person.address_line_1
    changing.change_details(
        person=victim.person, version=victim.person.version, verified_by="Rang her", by=witness_care,
        address_line_1="1 New Street", surname="Rees",
    )  # fmt: skip
    page = sign_in(witness_care).get(place("details-history", victim)).content.decode()
    assert "Rees" in page
    assert before not in page
    assert "1 New Street" not in page


def test_a_stranger_finds_no_history(victim, as_stranger):
    assert as_stranger.get(place("details-history", victim)).status_code == 404
