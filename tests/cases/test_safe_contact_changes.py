"""A new address or phone of somebody in danger waits until somebody else verified it another way."""

import re

import pytest
from django.utils.translation import override

from tests.factories import CaseFactory, ParticipantFactory, PersonFactory, SafeContactFactory, london
from tests.referrals.test_receive import SIAN, receive
from victimcare.cases.changing import change_details
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant, PendingChange, Person
from victimcare.cases.safe_contact import Channel, Purpose, clear, verdicts
from victimcare.cases.safety.actions import refuse_change, verify_change
from victimcare.faults import NotAllowed, Refused, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

HOME = {"flags": "DA", "address_line_1": "12 Bryn Road", "town": "Newport"}
MOVED = HOME | {"address_line_1": "40 New Street", "postcode": "CF10 9ZZ"}
REFUGE = {"address_line_1": "7 Heol Newydd", "town": "Cwmbrân", "postcode": "NP44 7AA"}


def fresh(part: Participant) -> Participant:
    return Participant.objects.select_related("case", "person").get(pk=part.pk)


def rules(part: Participant) -> dict[Channel, str]:
    return {channel: verdict.rule for channel, verdict in verdicts(fresh(part)).items()}


def of(part: Participant, page: str) -> str:
    return f"/cases/{part.case.reference}/{part.reference}/{page}"


def type_in(part: Participant, by, **fields) -> PendingChange | None:
    person = Person.objects.get(pk=part.person_id)
    change_details(person=person, version=person.version, verified_by="She rang.", by=by, **fields)
    return PendingChange.objects.waiting().filter(person=person).last()


@pytest.fixture
def mali(officer, unit) -> Participant:
    """Mali, of a domestic abuse case; every way is safe, as she said in November."""
    part = ParticipantFactory(
        case=CaseFactory(flags=["DA"]),
        person=PersonFactory(given_names="Mali", address_line_1="12 Bryn Road", phone_mobile="07700 900123"),
        officer=officer,
        team=unit,
    )
    SafeContactFactory(person=part.person, voicemail="Y", confirmed_at=london(2026, 11, 23, 10))
    return fresh(part)


def test_a_new_address_waits_and_neither_is_written_to(mali, officer):
    change = type_in(mali, officer, **REFUGE)
    mali = fresh(mali)
    assert (change.words, mali.person.address_line_1) == ("7 Heol Newydd, Cwmbrân, NP44 7AA", "12 Bryn Road")
    said = rules(mali)
    assert (said[Channel.POST], said[Channel.TEXT], said[Channel.PHONE]) == (
        "pending_change",
        "said_yes",
        "said_yes",
    )


def test_while_a_number_waits_the_held_one_is_rung_and_gets_no_message(mali, officer):
    type_in(mali, officer, phone_mobile="07700 900666")
    clearance = clear(fresh(mali), Channel.PHONE, Purpose.UPDATE)
    assert clearance.destination == "07700 900123"
    assert any("waits to be verified" in str(each) for each in clearance.instructions)
    assert {rules(mali)[channel] for channel in (Channel.TEXT, Channel.VOICEMAIL)} == {"pending_change"}


def test_whoever_wrote_it_down_cannot_verify_it(mali, officer):
    change = type_in(mali, officer, **REFUGE)
    with pytest.raises(NotAllowed, match="somebody else"):
        verify_change(change=change, participant=mali, how="held_number", by=officer)


def test_verified_by_a_colleague_it_is_hers_and_she_is_asked_anew(
    as_officer, mali, officer, colleague, monday
):
    change = type_in(mali, officer, **REFUGE)
    monday.move_to(london(2026, 11, 23, 11))
    verify_change(change=change, participant=mali, how="held_number", by=colleague)
    person = fresh(mali).person
    assert (person.address_line_1, person.postcode) == ("7 Heol Newydd", "NP44 7AA")
    assert set(REFUGE) < set(person.confirmed_fields)
    assert rules(mali)[Channel.POST] == "not_known"  # her yes was about the old address
    decided = Event.objects.get(kind=Kind.SAFETY_DECIDED)
    assert decided.by == colleague and decided.told.startswith("Address: verified.")
    with override("cy"):
        assert "verified" not in decided.told  # in the language of whoever reads it
    page = as_officer.get(of(mali, "safe-contact"))
    form = page.context["form"]
    assert "Their number or address changed since they were asked" in page.text
    assert (form["post"].value(), form["phone"].value()) == ("", "Y")
    said = {
        "phone": "Y",
        "voicemail": "Y",
        "text": "Y",
        "email": form["email"].value(),
        "post": "",
        "version": "1",
    }
    assert "tick that you asked them" in as_officer.post(of(mali, "safe-contact"), said | {"post": "Y"}).text
    assert as_officer.post(of(mali, "safe-contact"), said | {"note": "!"}).status_code == 302
    assert rules(mali)[Channel.POST] == "not_known"
    assert (
        as_officer.post(
            of(mali, "safe-contact"), said | {"post": "Y", "asked": "on", "version": "2"}
        ).status_code
        == 302
    )
    assert rules(mali)[Channel.POST] == "said_yes"


def test_refused_the_held_one_is_used_again(mali, officer, colleague):
    change = type_in(mali, officer, **REFUGE)
    with pytest.raises(Refused, match="Say why"):
        refuse_change(change=change, participant=mali, because=" ", by=colleague)
    refuse_change(change=change, participant=mali, because="She never rang us.", by=colleague)
    assert rules(mali)[Channel.POST] == "said_yes"
    assert fresh(mali).person.address_line_1 == "12 Bryn Road"


def test_of_two_changes_the_later_waits_and_both_are_kept(mali, officer, colleague):
    first = type_in(mali, officer, **REFUGE)
    second = type_in(mali, colleague, **REFUGE | {"address_line_1": "9 Heol Newydd"})
    first.refresh_from_db()
    assert (first.decision, second.words[:13]) == ("replaced", "9 Heol Newydd")
    with pytest.raises(Stale, match="already"):
        verify_change(change=first, participant=mali, how="in_person", by=colleague)


def test_the_same_change_again_is_the_one_that_waits(mali, officer, colleague):
    first = type_in(mali, officer, phone_mobile="07700 900666")
    assert type_in(mali, colleague, phone_mobile="+44 7700 900666") == first


def test_a_decision_is_made_once(mali, officer, colleague, supervisor):
    change = type_in(mali, officer, **REFUGE)
    verify_change(change=change, participant=mali, how="in_person", by=colleague)
    with pytest.raises(Stale):
        refuse_change(change=change, participant=mali, because="Not hers.", by=supervisor)


@pytest.mark.parametrize(
    "fields",
    [{"phone_mobile": "+44 7700 900123"}, {"phone_mobile": ""}, {"town": "Casnewydd"}, {"surname": "Rhys"}],
)
def test_what_leads_nowhere_else_takes_effect_at_once(mali, officer, fields):
    assert type_in(mali, officer, **fields) is None
    assert {name: getattr(fresh(mali).person, name) for name in fields} == fields


def test_somebody_in_no_danger_is_changed_at_once_with_history(victim, officer):
    assert type_in(victim, officer, **REFUGE) is None
    assert fresh(victim).person.address_line_1 == "7 Heol Newydd"
    assert victim.person.history.first().history_change_reason == "She rang."


def test_what_else_was_typed_is_kept_at_once(mali, officer):
    assert type_in(mali, officer, preferred_name="Mal", **REFUGE)
    assert fresh(mali).person.preferred_name == "Mal"


# --- What a feed says ------------------------------------------------------------------------------


@pytest.fixture
def sian(officer, unit) -> Participant:
    """Siân, whom the force sent; an officer confirmed her address and phone."""
    receive(SIAN | HOME)
    part = Participant.objects.select_related("person", "case").get(role="VICTIM")
    person = part.person
    person.confirmed_fields = ["address_line_1", "address_line_2", "phone_mobile", "postcode", "town"]
    person.save()
    return part


def test_a_feed_that_contradicts_what_was_confirmed_waits_too(sian, officer):
    receive(SIAN | MOVED)
    change = PendingChange.objects.get()
    assert (change.source, change.asked_by, change.values["address_line_1"]) == (
        "feed",
        None,
        "40 New Street",
    )
    assert fresh(sian).person.address_line_1 == "12 Bryn Road"
    assert rules(sian)[Channel.POST] == "pending_change"
    verify_change(change=change, participant=sian, how="officer", by=officer)
    assert fresh(sian).person.postcode == "CF10 9ZZ"


def test_what_a_feed_says_again_is_no_news(sian, officer):
    receive(SIAN | MOVED)
    refuse_change(change=PendingChange.objects.get(), participant=sian, because="The suspect's.", by=officer)
    receive(SIAN | MOVED | {"title": "Ms"})
    assert PendingChange.objects.waiting().count() == 0


def test_a_feed_that_still_says_the_old_address_is_no_news(sian, officer, colleague):
    change = type_in(sian, officer, **REFUGE)
    verify_change(change=change, participant=sian, how="held_number", by=colleague)
    receive(SIAN | HOME | {"title": "Ms"})
    assert not PendingChange.objects.waiting().exists()


# --- The pages -------------------------------------------------------------------------------------


def test_typed_by_one_and_verified_by_another_in_the_browser(as_officer, as_supervisor, mali):
    form = {
        "version": "1", "given_names": "Mali", "surname": "Evans", "phone_mobile": "07700 900123",
        "verified_by": "She rang.", "email": mali.person.email, **REFUGE,
    }  # fmt: skip
    page = as_officer.post(of(mali, "details"), form, follow=True)
    assert "somebody else verifies it" in page.text and "7 Heol Newydd" in page.text
    change = PendingChange.objects.get()
    own = as_officer.post(of(mali, "changes"), {"change": change.reference, "how": "held_number"})
    assert own.status_code == 403
    assert "Verify a new address of" in as_supervisor.get("/").text
    answer = {"change": change.reference, "how": "held_number", "note": "She said yes."}
    assert "Verified" in as_supervisor.post(of(mali, "changes"), answer, follow=True).text
    assert fresh(mali).person.address_line_1 == "7 Heol Newydd"
    assert as_supervisor.post(of(mali, "changes"), answer).status_code == 409


def test_what_is_no_number_and_no_postcode_is_refused_and_a_first_number_waits(as_officer, mali):
    form = {
        "version": "1", "given_names": "Mali", "surname": "Evans", "verified_by": "She rang.",
        "phone_mobile": mali.person.phone_mobile, "email": mali.person.email,
        **{name: getattr(mali.person, name) for name in ("address_line_1", "town", "postcode")},
    }  # fmt: skip
    for box, typed, sentence in (
        ("phone_mobile", "abc😀", "Enter a phone number like"),
        ("phone_home", "999", "Enter a phone number like"),
        ("postcode", "QQQQQ", "Enter a whole postcode like"),
    ):
        page = as_officer.post(of(mali, "details"), form | {box: typed})
        assert page.status_code == 200 and sentence in page.text, box
    assert fresh(mali).person.version == 1 and not PendingChange.objects.exists()
    assert as_officer.post(of(mali, "details"), form | {"phone_home": "01633 960123"}).status_code == 302
    assert PendingChange.objects.waiting().get().what == "phone_home" and not fresh(mali).person.phone_home


def test_what_is_no_number_at_all_waits_too(mali, officer):
    assert type_in(mali, officer, phone_home="abc")
    assert fresh(mali).person.phone_home == ""


def test_an_old_number_that_is_none_stands_in_the_way_of_no_other_change(as_officer, mali):
    Person.objects.filter(pk=mali.person_id).update(phone_home="ext 12", postcode="NP20")
    held = {
        name: getattr(fresh(mali).person, name) for name in (*REFUGE, "phone_mobile", "phone_home", "email")
    }
    form = held | {"version": "1", "given_names": "Mali", "surname": "Evans", "verified_by": "She rang."}
    assert as_officer.post(of(mali, "details"), form | {"preferred_name": "Mal"}).status_code == 302
    assert (fresh(mali).person.preferred_name, fresh(mali).person.phone_home) == ("Mal", "ext 12")


def test_the_page_asks_how_and_why_not(as_supervisor, officer, mali):
    change = type_in(mali, officer, **REFUGE)
    nothing = as_supervisor.post(of(mali, "changes"), {"change": change.reference})
    assert nothing.status_code == 422 and "Choose how you verified it" in nothing.text
    answer = {"change": change.reference, "how": "refused"}
    assert "Say why it is not theirs" in as_supervisor.post(of(mali, "changes"), answer).text


def test_each_form_of_the_page_has_fields_of_its_own(as_supervisor, officer, mali):
    type_in(mali, officer, phone_mobile="07700 900666", **REFUGE)
    page = as_supervisor.get(of(mali, "changes")).text
    ids = re.findall(r' id="([^"]+)"', page)
    assert page.count('name="how"') == 10 and len(ids) == len(set(ids))


def test_a_change_of_another_person_is_not_decided_here(as_supervisor, officer, mali, victim):
    change = type_in(mali, officer, **REFUGE)
    answer = {"change": change.reference, "how": "held_number"}
    assert as_supervisor.post(of(victim, "changes"), answer).status_code == 409
    change.refresh_from_db()
    assert change.decision == ""


def test_the_bar_of_the_case_says_that_a_change_waits(as_officer, officer, mali):
    type_in(mali, officer, **REFUGE)
    page = as_officer.get(of(mali, "")).text
    assert "A new address or number waits to be verified." in page and of(mali, "changes") in page
    assert "7 Heol Newydd" not in page
