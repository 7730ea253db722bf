"""The pages that change a case: what happened, how to reach someone safely, close and open again."""

from datetime import date, time

import pytest

from tests.factories import (
    CaseFactory,
    EventFactory,
    ParticipantFactory,
    SuspectFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, SafeContact

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def at(victim):
    """`at("close")`: the address of a page of this victim's case."""
    return lambda page: f"/cases/{victim.case.reference}/{victim.reference}/{page}"


def text(response) -> str:
    return response.content.decode()


CHARGED = {
    "kind": "SUSPECT_CHARGED", "on_day": "20", "on_month": "11", "on_year": "2026", "at": "14:05",
    "concerns": "everyone", "detail": "Two counts.",
}  # fmt: skip


def test_what_no_feed_sent_is_recorded_by_hand(as_officer, victim, officer, at):
    suspect = SuspectFactory(case=victim.case)
    response = as_officer.post(at("events/record"), CHARGED | {"suspect": suspect.pk})
    assert (response.status_code, response.url) == (302, at("timeline/"))
    event = Event.objects.get()
    assert (event.kind, event.occurred_at, event.by) == (
        Kind.SUSPECT_CHARGED,
        london(2026, 11, 20, 14, 5),
        officer,
    )
    assert (event.participant, event.suspect, event.detail) == (None, suspect, "Two counts.")
    again = CHARGED | {"suspect": suspect.pk}
    assert "recorded already for that day, by Olwen Officer" in text(
        as_officer.post(at("events/record"), again)
    )
    early = again | {"on_year": "1900"}
    assert "That is before the crime was reported" in text(as_officer.post(at("events/record"), early))
    assert Event.objects.count() == 1
    assert as_officer.post(at("events/record"), again | {"is_meant": "on"}).status_code == 302
    assert Event.objects.count() == 2


def test_a_day_alone_is_kept_as_a_day_and_when_we_heard_beside_it(as_officer, at):
    heard = {"at": "", "learned_on_day": "21", "learned_on_month": "11", "learned_on_year": "2026"}
    as_officer.post(at("events/record"), CHARGED | heard)
    event = Event.objects.get()
    assert (event.precision, event.occurred_on, event.learned_on) == (
        "date",
        date(2026, 11, 20),
        date(2026, 11, 21),
    )


@pytest.mark.parametrize(
    ("different", "sentence"),
    [
        ({"kind": ""}, "Choose what happened."),
        ({"kind": "CONTACT_MADE"}, "Choose one of the answers listed."),
        ({"on_day": "24"}, "Enter a date on or before"),
        ({"on_day": "23", "at": "23:00"}, "That is in the future."),
        ({"on_day": "31"}, "There is no date"),
        ({"kind": "COMPLAINT_RECEIVED"}, "This concerns one person only."),
        (
            {"learned_on_day": "19", "learned_on_month": "11", "learned_on_year": "2026"},
            "We cannot have heard before",
        ),
        ({"suspect": "999999"}, "Choose one of the answers listed."),
    ],
)
def test_what_cannot_be_is_sent_back_with_a_sentence(as_officer, at, different, sentence):
    response = as_officer.post(at("events/record"), CHARGED | different)
    assert response.status_code == 200
    assert sentence in text(response)
    assert not Event.objects.exists()


def test_another_cases_suspect_cannot_be_named(as_officer, at):
    other = SuspectFactory()
    assert "Choose one of the answers listed." in text(
        as_officer.post(at("events/record"), CHARGED | {"suspect": other.pk})
    )


def test_a_complaint_is_this_persons_alone(as_officer, victim, at):
    as_officer.post(at("events/record"), CHARGED | {"kind": "COMPLAINT_RECEIVED", "concerns": "this"})
    assert Event.objects.get().participant == victim


def test_a_form_posted_twice_records_once(as_officer, at):
    key = {"form_key": "9d0b9c7e-8f52-4f0c-9d6e-0d2b8d8d6f10"}
    for _ in range(2):
        assert as_officer.post(at("events/record"), CHARGED | key).status_code == 302
    assert Event.objects.count() == 1


def test_a_wrong_day_is_corrected_by_another_entry(as_officer, victim, officer, at):
    wrong = record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=date(2026, 11, 19), by=officer)
    page = at(f"events/{wrong.reference}/correct")
    assert "Thu 19 Nov" in text(as_officer.get(page))
    as_officer.post(
        page,
        {"what": "when", "on_day": "20", "on_month": "11", "on_year": "2026", "reason": "Custody record"},
    )
    right = Event.objects.get(replaces=wrong)
    assert (right.kind, right.occurred_on) == (Kind.SUSPECT_BAILED, date(2026, 11, 20))


def test_what_never_happened_is_withdrawn(as_officer, victim, officer, at):
    wrong = record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=date(2026, 11, 19), by=officer)
    as_officer.post(at(f"events/{wrong.reference}/correct"), {"what": "never", "reason": "Another man"})
    assert Event.objects.get(replaces=wrong).kind == Kind.WITHDRAWN


def test_a_correction_says_why(as_officer, victim, officer, at):
    wrong = record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=date(2026, 11, 19), by=officer)
    page = at(f"events/{wrong.reference}/correct")
    assert "Say why it is wrong" in text(as_officer.post(page, {"what": "never"}))
    assert "Enter the right day" in text(as_officer.post(page, {"what": "when", "reason": "x"}))


def test_what_was_corrected_already_or_written_by_the_application_is_refused(as_officer, victim, officer, at):
    wrong = record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=date(2026, 11, 19), by=officer)
    as_officer.post(at(f"events/{wrong.reference}/correct"), {"what": "never", "reason": "Another man"})
    assert as_officer.get(at(f"events/{wrong.reference}/correct")).status_code == 422
    own = EventFactory(case=victim.case, kind=Kind.PLAN_AGREED, participant=victim)
    assert as_officer.get(at(f"events/{own.reference}/correct")).status_code == 422


def test_another_victims_own_event_cannot_be_reached(as_officer, victim, at):
    other = ParticipantFactory(case=victim.case)
    theirs = EventFactory(case=victim.case, kind=Kind.COMPLAINT_RECEIVED, participant=other)
    elsewhere = EventFactory()
    for event in (theirs, elsewhere):
        assert as_officer.get(at(f"events/{event.reference}/correct")).status_code == 404


ANSWERS = {
    "version": "1", "phone": "Y", "voicemail": "N", "text": "N", "email": "", "post": "N",
    "call_from": "09:30", "call_until": "2.30pm", "withhold_number": "on", "code_word": "Bluebell",
}  # fmt: skip


def test_what_they_said_about_reaching_them_is_kept(as_officer, victim, officer, at):
    assert as_officer.post(at("safe-contact"), ANSWERS).status_code == 302
    safe = SafeContact.objects.get(person=victim.person)
    assert (safe.phone, safe.post, safe.call_from, safe.call_until) == ("Y", "N", time(9, 30), time(14, 30))
    assert (safe.confirmed_by, safe.version, safe.withhold_number) == (officer, 2, True)


def test_a_number_that_changed_while_the_page_was_open_is_asked_about_again(as_officer, victim, at):
    seen = ANSWERS | {"person_version": str(victim.person.version), "asked": "on"}
    victim.person.version += 1
    victim.person.phone_mobile = "07700 900777"
    victim.person.save()
    response = as_officer.post(at("safe-contact"), seen)
    assert response.status_code == 200 and "changed while this page was open" in text(response)
    assert SafeContact.objects.get(person=victim.person).version == 1
    data = response.context["form"].data
    assert (data["person_version"], data["asked"]) == (str(victim.person.version), "")


def test_somebody_elses_answers_are_not_written_over(as_officer, victim, at):
    as_officer.post(at("safe-contact"), ANSWERS)
    response = as_officer.post(at("safe-contact"), ANSWERS | {"code_word": "Daffodil"})
    assert response.status_code == 409
    assert "Bluebell" in text(response)
    assert "Daffodil" in text(response)
    assert SafeContact.objects.get(person=victim.person).code_word == "Bluebell"


def test_half_a_window_is_asked_for(as_officer, at):
    assert "Enter both times" in text(as_officer.post(at("safe-contact"), ANSWERS | {"call_until": ""}))
    assert "Enter a later time" in text(
        as_officer.post(at("safe-contact"), ANSWERS | {"call_until": "09:00"})
    )


def test_a_case_is_closed_with_a_reason_and_opened_again(as_officer, victim, at):
    assert "Choose why you are closing this." in text(as_officer.post(at("close"), {"version": "1"}))
    as_officer.post(at("close"), {"version": "1", "reason": "support_complete"})
    victim.refresh_from_db()
    assert victim.closure_reason == "support_complete"
    assert as_officer.post(at("close"), {"version": "1", "reason": "declined"}).status_code == 302
    assert "Say why you open it again." in text(
        as_officer.post(at("reopen"), {"version": str(victim.version)})
    )
    as_officer.post(at("reopen"), {"version": str(victim.version), "reason": "She rang again."})
    victim.refresh_from_db()
    assert victim.closed_at is None
    kinds = Event.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [Kind.CASE_CLOSED, Kind.CASE_REOPENED]


def test_a_stale_page_does_not_close_a_case(as_officer, at):
    assert as_officer.post(at("close"), {"version": "7", "reason": "declined"}).status_code == 409


DETAILS = {
    "version": "1", "given_names": "Siân", "surname": "Evans", "phone_mobile": "07700 900555",
    "address_line_1": "3 New Street", "town": "Newport", "postcode": "NP20 1AA",
    "verified_by": "Rang the old number",
}  # fmt: skip


def test_a_changed_detail_is_kept_with_how_it_was_checked(as_officer, victim, officer, at):
    assert as_officer.post(at("details"), DETAILS).status_code == 302
    victim.person.refresh_from_db()
    assert victim.person.phone_mobile == "07700 900555"
    assert "phone_mobile" in victim.person.confirmed_fields
    before = victim.person.history.first()
    assert (before.history_user, before.history_change_reason) == (officer, "Rang the old number")


def test_nobody_changes_where_we_write_without_saying_how_they_checked(as_officer, victim, at):
    response = as_officer.post(at("details"), DETAILS | {"verified_by": ""})
    assert "Say how you checked" in text(response)
    victim.person.refresh_from_db()
    assert victim.person.phone_mobile != "07700 900555"


def test_a_change_while_in_danger_is_warned_of(as_officer, victim, at):
    case = victim.case
    case.flags = ["DA"]
    case.save()
    assert "somebody else may be asking" in text(as_officer.get(at("details")))


def test_a_change_is_written_down_as_one(as_officer, at):
    as_officer.post(at("details"), DETAILS)
    assert AccessEntry.objects.filter(op="alter", field_group="details").count() == 1


PAGES = ("events/record", "safe-contact", "details", "close", "reopen")


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_cannot_tell_that_the_case_exists(as_stranger, at, page):
    assert as_stranger.get(at(page)).status_code == 404
    assert as_stranger.post(at(page), {}).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_the_wrong_role_is_refused(sign_in, auditor, at, page):
    assert sign_in(auditor).get(at(page)).status_code == 403


def test_the_other_victim_of_the_case_is_another_record(as_officer, victim):
    other = ParticipantFactory(case=CaseFactory())
    assert as_officer.get(f"/cases/{other.case.reference}/{victim.reference}/close").status_code == 404


# --- Referred to support, or declined --------------------------------------------------------------

REFERRED = {
    "kind": "REFERRED_TO_SUPPORT", "on_day": "20", "on_month": "11", "on_year": "2026",
    "service": "Victim Support",
}  # fmt: skip


@pytest.fixture
def as_oic(sign_in):
    team = TeamFactory(name="Response")
    return sign_in(UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=team))


def test_an_officer_in_the_case_records_a_referral_to_support(as_oic, victim, at):
    assert "Were they referred to support?" in text(as_oic.get(at("events/support")))
    response = as_oic.post(at("events/support"), REFERRED)
    assert (response.status_code, response.url) == (302, at(""))
    event = Event.objects.get()
    assert (event.kind, event.participant, event.detail, event.occurred_on) == (
        Kind.REFERRED_TO_SUPPORT,
        victim,
        "Victim Support",
        date(2026, 11, 20),
    )
    assert as_oic.get(at("events/record")).status_code == 403


@pytest.mark.parametrize(
    ("different", "sentence"),
    [
        ({"kind": ""}, "Choose what they decided."),
        ({"kind": "SUSPECT_CHARGED"}, "Choose one of the answers listed."),
        ({"service": ""}, "Enter the service they were referred to."),
        ({"kind": "SUPPORT_DECLINED"}, "Leave this empty: they declined support."),
        ({"on_day": "24"}, "Enter a date on or before"),
        ({"on_year": "2016"}, "That is before the crime was reported."),
    ],
)
def test_an_answer_about_support_that_cannot_be_is_sent_back(as_oic, at, different, sentence):
    assert sentence in text(as_oic.post(at("events/support"), REFERRED | different))
    assert not Event.objects.exists()


def test_the_unit_records_it_too_and_corrects_it(as_officer, victim, at):
    as_officer.post(at("events/support"), REFERRED)
    page = at(f"events/{Event.objects.get().reference}/correct")
    as_officer.post(page, {"what": "never", "reason": "Another victim"})
    assert Event.objects.filter(kind=Kind.WITHDRAWN).exists()


def test_a_referral_made_here_is_not_corrected_by_hand(as_officer, victim, at):
    event = EventFactory(
        case=victim.case, participant=victim, kind=Kind.REFERRED_TO_SUPPORT, data={"onward_referral": "R-1"}
    )
    assert as_officer.get(at(f"events/{event.reference}/correct")).status_code == 422
