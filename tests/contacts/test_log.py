"""A contact says what happened, tells what it told, and nothing that cannot be so."""

from datetime import date

import pytest
from django.urls import reverse

from contacts import actions
from contacts.models import Contact, ContactPlan, Promise, untold_to
from contacts.reaching import clearance_for
from tests.factories import (
    ContactFactory,
    ContactPlanFactory,
    EventFactory,
    ParticipantFactory,
    PartnerFactory,
    PersonFactory,
    SafeContactFactory,
    SuspectFactory,
    UserFactory,
    london,
)
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import correct_event, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Event, Participant, Person, SafeContact
from victimcare.cases.safe_contact import Blocked, Channel
from victimcare.faults import Refused

pytestmark = pytest.mark.django_db
TEN = london(2026, 11, 23, 10, 0)


def rang(victim, by, **answers):
    """A call at ten that reached the victim, cleared."""
    asked = {
        "participant": victim,
        "direction": "out",
        "channel": "phone",
        "outcome": "reached",
        "at": TEN,
        "note": "",
        "tells": [],
        "by": by,
    } | answers
    if asked["direction"] == "out" and "clearance" not in asked:
        used = actions.channel_used(asked["channel"], asked["outcome"])
        asked["clearance"] = clearance_for(asked.get("spoke_to") or victim, used, asked["at"])
    return actions.log(**asked)


def test_one_call_tells_two_events(victim, officer, monday):
    arrest = EventFactory(case=victim.case)
    bail = EventFactory(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred_at=london(2026, 11, 19))
    contact = rang(victim, officer, tells=[arrest, bail])
    assert set(contact.tells.all()) == {arrest, bail}
    assert not untold_to(victim).exists()
    event = Event.objects.get(kind=Kind.CONTACT_MADE)
    assert (event.participant, event.data["contact"]) == (victim, contact.reference)


@pytest.mark.parametrize("outcome", ["no_answer", "wrong_number", "reached_other", "unsafe"])
def test_a_failed_attempt_tells_nothing(victim, officer, monday, outcome):
    with pytest.raises(Refused, match="Nobody was told"):
        rang(victim, officer, outcome=outcome, tells=[EventFactory(case=victim.case)])
    assert not Contact.objects.exists()


def test_a_message_left_does_not_tell(victim, officer, monday):
    with pytest.raises(Refused, match="A message left does not tell"):
        rang(victim, officer, outcome="message_left", direction="in", tells=[EventFactory(case=victim.case)])


def test_a_message_is_not_left_where_voicemail_is_not_safe(victim, officer, monday):
    with pytest.raises(Blocked):
        rang(victim, officer, outcome="message_left")
    cleared_to_ring = clearance_for(victim, Channel.PHONE, TEN)
    with pytest.raises(Refused):
        rang(victim, officer, outcome="message_left", clearance=cleared_to_ring)


def test_another_victims_event_is_not_told(victim, officer, monday):
    other = ParticipantFactory(case=victim.case)
    theirs = EventFactory(case=victim.case, kind=Kind.WITNESS_REQUIRED, participant=other)
    with pytest.raises(Refused, match="not this victim's"):
        rang(victim, officer, tells=[theirs])


def test_an_event_of_another_case_is_not_told(victim, officer, monday):
    with pytest.raises(Refused):
        rang(victim, officer, tells=[EventFactory()])


def test_a_corrected_event_is_not_told_and_the_correction_is_still_owed(victim, officer, monday):
    wrong = record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=date(2026, 11, 19), by=officer)
    rang(victim, officer, tells=[wrong])
    right = correct_event(event=wrong, occurred=date(2026, 11, 20), detail="", by=officer)
    with pytest.raises(Refused):
        rang(victim, officer, tells=[wrong])
    assert list(untold_to(victim)) == [right]


def test_a_call_cannot_tell_what_happened_after_it(victim, officer, monday):
    arrest = EventFactory(case=victim.case, occurred_at=london(2026, 11, 23, 9, 30))
    with pytest.raises(Refused, match="happened after"):
        rang(victim, officer, at=london(2026, 11, 23, 9, 15), tells=[arrest])


def test_what_is_known_only_by_its_date_can_be_told_that_morning(victim, officer, monday):
    charge = record_event(
        case=victim.case, kind=Kind.SUSPECT_CHARGED, occurred=date(2026, 11, 23), by=officer
    )
    assert rang(victim, officer, tells=[charge])


def test_nobody_logs_a_call_of_tomorrow(victim, officer, monday):
    with pytest.raises(Refused, match="future"):
        rang(victim, officer, at=london(2026, 11, 24, 10))


def test_nobody_rings_without_the_proof_that_it_is_safe(victim, officer, monday):
    with pytest.raises(Refused, match="not clear that this is safe"):
        rang(victim, officer, clearance=None)


def test_the_proof_for_one_victim_does_not_serve_another(victim, officer, monday):
    other = ParticipantFactory(case=victim.case)
    with pytest.raises(Refused):
        rang(victim, officer, clearance=clearance_for(other, Channel.PHONE, TEN))


def test_an_unsafe_call_that_happened_is_kept_and_the_supervisor_hears(victim, officer, supervisor, monday):
    contact = rang(victim, officer, outcome="unsafe", clearance=None, despite="He answered her phone.")
    assert contact.despite == "He answered her phone."
    notification = Notification.objects.get(recipient=supervisor)
    assert (notification.kind, notification.subject) == ("contact_not_cleared", contact.reference)


def test_an_incoming_call_needs_no_clearance(victim, officer, monday):
    assert rang(victim, officer, direction="in").clearance_rule == ""


def test_a_call_reviewing_stale_answers_is_allowed(officer, monday):
    victim = ParticipantFactory(case__flags=["DA"], officer=officer)
    SafeContactFactory(person=victim.person, confirmed_at=london(2026, 6, 1))
    assert rang(victim, officer)
    with pytest.raises(Blocked):
        clearance_for(victim, Channel.TEXT, TEN)


def test_talking_to_who_acts_for_them_counts_for_the_victim(victim, officer, monday):
    mother = ParticipantFactory(
        case=victim.case,
        role=Participant.Role.REPRESENTATIVE,
        represents=victim,
        person=PersonFactory(given_names="Rhian"),
    )
    arrest = EventFactory(case=victim.case)
    contact = rang(victim, officer, spoke_to=mother, tells=[arrest])
    assert (contact.participant, contact.spoke_to) == (victim, mother)
    assert not untold_to(victim).exists()


def test_somebody_who_does_not_act_for_them_does_not_count(victim, officer, monday):
    neighbour = ParticipantFactory(case=victim.case, role=Participant.Role.WITNESS)
    with pytest.raises(Refused, match="does not act for"):
        rang(victim, officer, spoke_to=neighbour)


def test_an_officer_in_the_case_tells_and_it_is_said_to_be_theirs(victim, monday):
    constable = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=None)
    contact = rang(victim, constable, tells=[EventFactory(case=victim.case)])
    assert (contact.is_by_unit, contact.by_collar) == (False, "1234")


def test_a_promise_is_kept_once(victim, officer, monday):
    rang(victim, officer, promises=[("Ask about screens", date(2026, 11, 27))])
    promise = Promise.objects.get()
    actions.keep_promise(promise=promise, by=officer)
    with pytest.raises(Refused, match="already"):
        actions.keep_promise(promise=promise, by=officer)


def test_reaching_the_victim_starts_the_interval_anew(victim, officer, monday):
    ContactPlanFactory(participant=victim, frequency_days=28, due_on=date(2026, 11, 24))
    rang(victim, officer)
    assert ContactPlan.objects.get().due_on == date(2026, 12, 21)


def test_a_failed_attempt_and_an_old_call_leave_the_next_update_where_it_was(victim, officer, monday):
    ContactPlanFactory(participant=victim, frequency_days=7, due_on=date(2026, 11, 27))
    rang(victim, officer, outcome="no_answer")
    rang(victim, officer, at=london(2026, 11, 17, 10))
    assert ContactPlan.objects.get().due_on == date(2026, 11, 27)


# --- The page ---------------------------------------------------------------------------------------


def page(victim, name="log"):
    return reverse(f"contacts:{name}", args=[victim.case.reference, victim.reference])


def answers(**changes):
    return {
        "channel": "phone",
        "direction": "out",
        "outcome": "reached",
        "note": "Relieved.",
        "on": "2026-11-23",
        "at_time": "09:55",
        "next": "none",
        "no_task_because": "All was said.",
    } | changes


def test_the_page_ticks_what_the_link_said_to_tell(monday, victim, as_officer):
    arrest = EventFactory(case=victim.case, detail="At home, by PC Pugh.")
    response = as_officer.get(page(victim), {"tell": arrest.reference})
    assert f'value="{arrest.reference}" checked' in response.text
    assert "At home, by PC Pugh." in response.text


def test_a_call_is_saved_from_the_page_once_however_often_it_is_posted(monday, victim, as_officer):
    arrest = EventFactory(case=victim.case)
    body = answers(tells=[arrest.reference], form_key="5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7a01")
    first, second = as_officer.post(page(victim), body), as_officer.post(page(victim), body)
    assert first.url == second.url == page(victim, "list")
    assert Contact.objects.get().tells.get() == arrest


def test_a_phone_that_is_not_safe_is_said_with_the_other_ways(monday, as_officer, officer):
    victim = ParticipantFactory(officer=officer)
    SafeContactFactory(person=victim.person, phone="N")
    shown = as_officer.get(page(victim)).text
    assert (
        "Do not ring now" in shown and "asked not to be reached this way" in shown and "channel=text" in shown
    )
    refused = as_officer.post(page(victim), answers(form_key="5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7a02"))
    assert refused.status_code == 422 and "Relieved." in refused.text
    assert not Contact.objects.exists()


def test_a_phone_shared_with_the_suspect_is_not_rung(monday, as_officer, officer):
    victim = ParticipantFactory(officer=officer, person__phone_mobile="07700 900123")
    SafeContactFactory(person=victim.person)
    SuspectFactory(case=victim.case, person__phone_mobile="+44 7700 900123")
    assert "A suspect has the same phone number" in as_officer.get(page(victim)).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"outcome": ""}, "Say whether you reached someone."),
        ({"outcome": "flew"}, "Choose one of the answers listed."),
        ({"at_time": "25:00"}, "Enter a time like"),
        ({"at_time": "10:30"}, "That is in the future."),
        ({"promise": "Ring back"}, "Enter the date you promised it for"),
        ({"channel": "pigeon"}, "Who contacted whom?"),
        ({"tells": ["E-NOBODY"]}, "Who contacted whom?"),
        ({"outcome": "no_answer", "direction": "in"}, "They contacted us"),
    ],
)
def test_a_bad_answer_gets_a_sentence(monday, victim, as_officer, changes, sentence):
    response = as_officer.post(page(victim), answers(**changes))
    assert response.status_code in (422, 302)
    assert response.status_code == 302 or sentence in response.text


def test_a_stranger_cannot_tell_that_the_contacts_exist(victim, as_stranger):
    absent = reverse("contacts:list", args=["VC-NONE", "P-NONE"])
    for name in ("list", "log", "plan"):
        assert as_stranger.get(page(victim, name)).status_code == 404
    assert as_stranger.get(absent).status_code == 404


def test_an_auditor_may_not_open_the_contacts(victim, auditor, sign_in):
    assert sign_in(auditor).get(page(victim, "list")).status_code == 403


def test_each_look_is_written_down(monday, victim, as_officer, officer):
    as_officer.get(page(victim, "list"))
    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.subject, entry.field_group) == (
        officer.reference,
        victim.reference,
        "contacts",
    )


def test_one_victims_contacts_are_never_on_anothers_pages(monday, victim, officer, as_officer):
    other = ParticipantFactory(case=victim.case, officer=officer)
    ContactFactory(participant=other, note="She has moved to Blackwood.")
    Promise.objects.create(
        participant=other, what="Send the form", due_on=date(2026, 11, 27), made_by=officer
    )
    ContactPlanFactory(participant=other, words="Never on Fridays.")
    shown = "".join(as_officer.get(page(victim, name)).text for name in ("list", "log", "plan"))
    for secret in ("Blackwood", "Send the form", "Never on Fridays"):
        assert secret not in shown


def test_an_officer_in_the_case_sees_what_to_tell_but_not_what_was_said(monday, victim, sign_in):
    constable = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=None)
    ContactFactory(participant=victim, note="She told us in confidence.")
    EventFactory(case=victim.case)
    browser = sign_in(constable)
    shown = browser.get(page(victim)).text
    assert "Suspect arrested" in shown and "in confidence" not in shown
    assert browser.get(page(victim, "list")).status_code == 403
    assert (
        browser.post(page(victim), answers(form_key="5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7a03")).status_code
        == 302
    )


def test_failed_attempts_are_visible(monday, victim, as_officer, officer):
    rang(victim, officer, outcome="no_answer")
    assert "Phone: No answer" in as_officer.get(page(victim, "list")).text


@pytest.mark.parametrize(("name", "most"), [("list", 16), ("log", 12)])
def test_the_pages_ask_as_much_of_the_database_for_a_long_history(
    monday, victim, as_officer, name, most, django_assert_max_num_queries
):
    for _ in range(60):
        ContactFactory(participant=victim).tells.add(EventFactory(case=victim.case))
    EventFactory.create_batch(40, case=victim.case, suspect=SuspectFactory(case=victim.case))
    as_officer.get("/")
    with django_assert_max_num_queries(most):
        as_officer.get(page(victim, name))


def test_older_contacts_are_a_page_away(monday, victim, as_officer):
    ContactFactory.create_batch(60, participant=victim)
    shown = as_officer.get(page(victim, "list"))
    assert shown.text.count("desk-timeline__item") == 50
    older = as_officer.get(page(victim, "list") + shown.context["older_url"])
    assert older.text.count("desk-timeline__item") == 10


# --- Who acts for a victim -------------------------------------------------------------------------


def test_whoever_no_longer_acts_for_a_victim_is_not_offered_and_not_spoken_to(
    monday, victim, officer, as_officer
):
    mother = ParticipantFactory(
        case=victim.case, role=Participant.Role.REPRESENTATIVE, represents=victim, team=officer.team,
        person=PersonFactory(given_names="Nesta"), closed_at=TEN, closure_reason="no_further_need",
    )  # fmt: skip
    address = reverse("contacts:log", args=[victim.case.reference, victim.reference])
    page = as_officer.get(address)
    assert page.status_code == 200 and "Nesta" not in page.text
    with pytest.raises(Refused, match="does not act"):
        rang(victim, officer, spoke_to=mother)


# --- What a call leaves ----------------------------------------------------------------------------


def test_a_call_says_how_it_landed_and_where_they_were_pointed(victim, officer, monday):
    contact = rang(victim, officer, landed="afraid", signposted=["Llamau", "Victim Support", "Llamau"])
    assert (contact.landed, contact.signposted) == ("afraid", ["Llamau", "Victim Support"])


def test_more_than_one_promise_is_kept_each_with_its_day(victim, officer, monday):
    rang(
        victim,
        officer,
        promises=[("Ask about screens", date(2026, 11, 27)), ("Send the letter", date(2026, 11, 24))],
    )
    assert list(Promise.objects.values_list("what", "due_on")) == [
        ("Send the letter", date(2026, 11, 24)),
        ("Ask about screens", date(2026, 11, 27)),
    ]


def test_the_page_keeps_all_of_it(monday, victim, as_officer):
    PartnerFactory(name="Llamau")
    body = {
        "channel": "phone", "direction": "out", "outcome": "reached", "note": "She asked about the trial.",
        "landed": "upset", "signposted": ["Llamau"], "signposted_other": "Her GP",
        "promise": "Ask about screens", "promise_due_on": "2026-11-27",
        "promise_2": "Send the letter", "promise_2_due_on": "2026-11-24",
        "on": "2026-11-23", "at_time": "09:50", "next": "none", "no_task_because": "Waiting for the court",
    }  # fmt: skip
    response = as_officer.post(reverse("contacts:log", args=[victim.case.reference, victim.reference]), body)
    assert response.status_code == 302, response.context["form"].errors
    contact = Contact.objects.get()
    assert (contact.landed, contact.signposted) == ("upset", ["Llamau", "Her GP"])
    assert contact.promises.count() == 2
    page = as_officer.get(response["Location"]).content.decode()
    assert "Pointed to: Llamau, Her GP." in page
    assert "How it landed: upset." in page


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"promise_2": "Ring back"}, "Enter the date you promised it for"),
        ({"promise_3_due_on": "2026-11-27"}, "Enter what you promised."),
        ({"complaint": "complaint", "complaint_words": "Nobody rang"}, "Say with whom they are not content."),
        (
            {"complaint": "dissatisfied", "complaint_about": "unit"},
            "Write down what they are not content with.",
        ),
    ],
)
def test_half_an_answer_is_asked_for_again(monday, victim, as_officer, wrong, sentence):
    body = {
        "channel": "phone", "direction": "out", "outcome": "reached", "on": "2026-11-23", "at_time": "09:50",
        "next": "none", "no_task_because": "Nothing",
    } | wrong  # fmt: skip
    response = as_officer.post(reverse("contacts:log", args=[victim.case.reference, victim.reference]), body)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Contact.objects.exists()


def test_an_update_that_nobody_agreed_is_no_next_task(monday, victim, as_officer):
    ContactFactory(participant=victim, at=london(2026, 11, 18))
    body = {
        "channel": "phone", "direction": "out", "outcome": "reached", "on": "2026-11-23", "at_time": "09:50",
        "next": "update",
    }  # fmt: skip
    place = reverse("contacts:log", args=[victim.case.reference, victim.reference])
    assert "No regular update was agreed." in as_officer.post(place, body).content.decode()
    ContactPlanFactory(participant=victim)
    assert as_officer.post(place, body).status_code == 302


def test_all_that_is_wrong_is_said_at_once(monday, victim, as_officer):
    ContactFactory(participant=victim, at=london(2026, 11, 18))
    body = {
        "channel": "phone", "direction": "out", "outcome": "reached", "on": "2026-11-23", "at_time": "",
    }  # fmt: skip
    page = as_officer.post(
        reverse("contacts:log", args=[victim.case.reference, victim.reference]), body
    ).content.decode()
    assert "Enter the time of the contact" in page
    assert "Choose what is to be done next" in page


# --- What the page says of ways and days -----------------------------------------------------------


def log_page(victim, channel="phone"):
    return reverse("contacts:log", args=[victim.case.reference, victim.reference]) + f"?channel={channel}"


def answered(victim, **answers):
    SafeContact.objects.filter(person=victim.person).update(**answers)


def test_a_way_that_is_safe_and_not_held_is_said_to_be_missing_and_not_unsafe(monday, victim, as_officer):
    answered(victim, email="Y", text="N")
    victim.person.email = ""
    victim.person.save()
    ways = {str(each["label"]): each for each in as_officer.get(log_page(victim)).context["channels"]}
    assert ways["Email"]["not_held"] == "no email address held"
    refused = next(each for label, each in ways.items() if label.startswith("Text"))
    assert (refused["not_held"], refused["is_allowed"]) == ("", False)


def test_a_date_that_cannot_be_says_which_it_is(monday, victim, as_officer):
    form_key = as_officer.get(log_page(victim)).context["form"]["form_key"].value()
    typed = {"channel": "phone", "direction": "out", "promise": "ring", "form_key": form_key}
    typed |= {"promise_due_on_day": "20", "promise_due_on_month": "11", "promise_due_on_year": "2026"}
    errors = as_officer.post(log_page(victim), typed).context["form"].errors
    assert errors["promise_due_on"] == ["Promise: enter a date on or after Mon 23 Nov."]


@pytest.mark.parametrize("hour", [10, 18])
@pytest.mark.parametrize("voicemail", ["N", ""])
def test_the_sheet_says_once_to_withhold_and_to_leave_no_voicemail(
    monday, victim, officer, sign_in, voicemail, hour
):
    monday.move_to(london(2026, 11, 23, hour))  # at 18:00 nobody rings, and how to ring is said all the same
    Case.objects.filter(pk=victim.case_id).update(flags=["DA"])
    Person.objects.filter(pk=victim.person_id).update(disability="SENSORY")
    answered(victim, phone="", text="Y", voicemail=voicemail)
    sheet = sign_in(officer).get(log_page(victim)).context["sheet"]
    how = sheet.instructions
    assert how.count("Withhold the number.") == how.count("No voicemail.") == 1
    assert "Disability: Sensory" in sheet.about_them


def test_the_sheet_lets_a_message_be_left_where_that_is_safe(monday, victim, as_officer):
    for said in ("Y", ""):  # nobody asked, and nobody is in danger: the strip forbids nothing either
        answered(victim, voicemail=said)
        assert "No voicemail." not in as_officer.get(log_page(victim)).context["sheet"].instructions


def test_a_wrong_number_is_not_offered_again_until_there_is_another(monday, as_officer, victim, officer):
    rang(victim, officer, outcome="wrong_number")
    pages = ("contacts:log", "desk:summary")
    for name in pages:
        page = as_officer.get(reverse(name, args=[victim.case.reference, victim.reference])).text
        assert "Do not ring this number: wrong number on Mon 23 Nov" in page
    again = Participant.objects.get(pk=victim.pk)
    for channel in (Channel.PHONE, Channel.TEXT):
        with pytest.raises(Blocked, match="wrong number on"):
            clearance_for(again, channel, TEN)
    person = again.person
    person.phone_mobile = "07700 900111"
    person.save()
    assert clearance_for(Participant.objects.get(pk=victim.pk), Channel.PHONE, TEN)


def test_a_number_on_which_they_were_reached_after_all_is_right(monday, victim, officer):
    rang(victim, officer, outcome="wrong_number")
    rang(victim, officer, clearance=None, despite="Misdialled before; rang the number held.")
    assert clearance_for(Participant.objects.get(pk=victim.pk), Channel.PHONE, TEN)


def test_a_message_left_where_nobody_asked_takes_a_reason(monday, as_officer, victim):
    SafeContact.objects.filter(person=victim.person).update(voicemail="")
    page = reverse("contacts:log", args=[victim.case.reference, victim.reference])
    said = {
        "channel": "phone", "direction": "out", "outcome": "message_left", "on": "2026-11-23",
        "at_time": "09:55", "next": "none", "no_task_because": "Her officer rings.",
    }  # fmt: skip
    refused = as_officer.post(page, said)
    assert refused.status_code == 422 and "Nobody has asked whether a message may be left." in refused.text
    assert not Contact.objects.exists()
    assert as_officer.post(page, said | {"despite": "Left it before I read the strip."}).status_code == 302
    assert Contact.objects.get().despite == "Left it before I read the strip."
