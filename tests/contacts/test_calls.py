"""Somebody is ringing: found without a name in the address, checked by what they say, logged for whoever it is."""

from datetime import date

import pytest
from django.urls import reverse

from contacts import actions
from contacts.models import CallNote, Contact, IdentityCheck, Promise
from desk.worklist import worklist
from tests.factories import ParticipantFactory, PersonFactory, SafeContactFactory, TeamFactory, UserFactory
from victimcare.accounts.models import Notification
from victimcare.audit.models import AccessEntry
from victimcare.cases.models import Case, Exclusion, SafeContact
from victimcare.drafts.models import Draft
from victimcare.faults import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(colleague):
    """Mair Rees, a colleague's victim, with a code word."""
    victim = ParticipantFactory(
        officer=colleague, team=colleague.team,
        person=PersonFactory(given_names="Mair", surname="Rees", phone_mobile="07700 900321"),
    )  # fmt: skip
    SafeContactFactory(person=victim.person, code_word="Blue-bell")
    return victim


def find(browser, who):
    return browser.post(reverse("desk:calls"), {"who": who})


def check_page(victim):
    return reverse("contacts:caller", args=[victim.case.reference, victim.reference])


def test_a_caller_is_found_by_phone_and_no_name_is_in_the_address(monday, as_officer, victim):
    response = find(as_officer, victim.person.phone_mobile.replace(" ", ""))
    assert "Siân Evans" in response.text and response.wsgi_request.get_full_path() == "/calls/"
    assert AccessEntry.objects.filter(field_group="call").exists()


def test_the_page_says_why_initials_are_shown_and_skips_what_is_no_letter(monday, as_officer, theirs):
    theirs.person.given_names = "🌸 (Mair)"
    theirs.person.save()
    page = find(as_officer, theirs.case.reference).text
    assert "because whoever rings may not be who they say" in page
    assert "M. " in page and "🌸" not in page and "(." not in page


def test_a_colleagues_victim_is_shown_by_initials(monday, as_officer, theirs):
    response = find(as_officer, "Rees")
    assert "M. R." in response.text and "Col League" in response.text
    assert "Mair" not in response.text and "900321" not in response.text


@pytest.mark.parametrize("how", ["another unit", "restricted", "excluded"])
def test_nobody_is_found_whom_the_reader_may_not_see(monday, as_officer, officer, theirs, supervisor, how):
    if how == "another unit":
        theirs.team, theirs.officer = TeamFactory(name="Another unit"), None
        theirs.save()
    elif how == "restricted":
        Case.objects.filter(pk=theirs.case_id).update(is_restricted=True)
    else:
        Exclusion.objects.create(case=theirs.case, user=officer, reason="Her cousin", declared_by=supervisor)
    assert "Nobody is found." in find(as_officer, "Rees").text
    assert as_officer.get(check_page(theirs)).status_code == 404


def test_the_check_shows_what_to_ask_and_neither_the_word_nor_the_name(monday, as_officer, theirs):
    text = as_officer.get(check_page(theirs)).text
    assert "What is the word we agreed?" in text
    assert "bell" not in text.casefold() and "Mair" not in text and "900321" not in text


def test_the_right_word_opens_the_log_as_an_incoming_call(monday, as_officer, officer, theirs):
    response = as_officer.post(check_page(theirs), {"how": "code_word", "said": "bluebell"})
    check = IdentityCheck.objects.get()
    assert (check.has_passed, check.how, check.by) == (True, "code_word", officer)
    assert response.url.endswith(f"?direction=in&check={check.reference}")
    page = as_officer.get(response.url)
    assert "You checked who is ringing." in page.text


def test_a_wrong_word_is_logged_and_tells_nothing(monday, as_officer, officer, theirs):
    response = as_officer.post(check_page(theirs), {"how": "code_word", "said": "rose"})
    assert response.status_code == 422 and "That is not right" in response.text
    assert "bell" not in response.text.casefold() and "Mair" not in response.text
    check = IdentityCheck.objects.get()
    assert (check.has_passed, check.by) == (False, officer)
    denied = AccessEntry.objects.get(outcome="denied")
    assert (denied.subject, denied.field_group) == (theirs.reference, "caller check failed")


def test_a_wrong_word_with_a_key_is_kept_too(monday, as_officer, theirs):
    key = "5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7a02"
    as_officer.post(check_page(theirs), {"how": "code_word", "said": "rose", "form_key": key})
    assert IdentityCheck.objects.filter(has_passed=False).count() == 1


def test_after_three_wrong_words_no_more_is_tried_and_people_are_told(
    monday, as_officer, theirs, colleague, supervisor
):
    for _n in range(3):
        as_officer.post(check_page(theirs), {"how": "code_word", "said": "rose"})
    right = as_officer.post(check_page(theirs), {"how": "code_word", "said": "bluebell"})
    assert right.status_code == 422 and "Too many wrong answers" in right.text
    for page in (right.text, as_officer.get(check_page(theirs)).text):
        assert 'value="code_word"' not in page and 'name="said"' not in page
        assert "They were rung back" in page and "Log the call without a check" in page
    told = Notification.objects.filter(kind="caller_not_known").values_list("recipient__username", flat=True)
    assert set(told) == {"colleague", "supervisor"}


def test_without_a_code_word_the_date_of_birth_and_postcode_are_asked(monday, as_officer, victim):
    body = {"how": "details", "born_on": "1992-05-01", "postcode": "np20 4ab"}
    assert "date of birth" in as_officer.get(check_page(victim)).text
    assert as_officer.post(check_page(victim), body | {"postcode": "NP20 4AC"}).status_code == 422
    assert as_officer.post(check_page(victim), body).status_code == 302


def test_the_log_of_an_incoming_call_never_shows_the_word_before_the_check(monday, as_officer, theirs):
    address = reverse("contacts:log", args=[theirs.case.reference, theirs.reference])
    assert "Blue-bell" not in as_officer.get(address + "?direction=in").text
    assert "Nobody has checked who is ringing." in as_officer.get(address + "?direction=in").text


def test_who_rings_us_is_offered_no_outcome_of_a_call_we_made(monday, as_officer, theirs):
    address = reverse("contacts:log", args=[theirs.case.reference, theirs.reference])
    page = as_officer.get(address + "?direction=in").text
    assert "They left a message" in page and "It was somebody else" in page
    for outcome in ("no_answer", "wrong_number", "not_contacted"):
        assert f'value="{outcome}"' not in page
        assert f'value="{outcome}"' in as_officer.get(address).text


def test_an_outcome_of_a_call_we_made_is_refused_in_a_sentence_when_they_rang(monday, as_officer, theirs):
    address = reverse("contacts:log", args=[theirs.case.reference, theirs.reference])
    answer = as_officer.post(address, {"direction": "in", "channel": "phone", "outcome": "no_answer"})
    assert answer.status_code == 422 and "They contacted us, so somebody was reached" in answer.text


def test_the_check_leads_back_to_the_call_in_progress_with_what_was_typed(monday, as_officer, theirs):
    address = reverse("contacts:log", args=[theirs.case.reference, theirs.reference]) + "?channel=phone"
    typed = {
        "channel": "phone",
        "direction": "out",
        "note": "She asked who is ringing.",
        "save_draft": "auto",
    }
    draft = as_officer.post(address, typed).text
    check = as_officer.get(address).context["caller_url"] + f"&draft={draft}"
    assert "Check who is ringing" not in as_officer.get(check).text
    back = as_officer.post(check, {"how": "code_word", "said": "blue bell"})
    call = as_officer.get(back["Location"])
    assert not call.context["is_incoming"] and call.context["form"]["note"].value() == typed["note"]
    assert "You checked who it is." in call.text and "A code word is on file." not in call.text
    said = {
        "outcome": "reached",
        "on": "2026-11-23",
        "at_time": "09:55",
        "next": "none",
        "no_task_because": "-",
    }
    key = call.context["form"]["form_key"].value()
    kept = as_officer.post(back["Location"], typed | said | {"save_draft": "", "form_key": key})
    assert kept.status_code == 302 and not Draft.objects.exists()


def test_somebody_elses_check_opens_nothing(monday, as_officer, theirs, colleague):
    check = actions.check_identity(participant=theirs, how="code_word", said="blue bell", by=colleague)
    address = reverse("contacts:log", args=[theirs.case.reference, theirs.reference])
    page = as_officer.get(f"{address}?direction=in&check={check.reference}")
    assert "Nobody has checked who is ringing." in page.text


def test_a_colleagues_call_is_logged_with_a_message_and_a_number_to_check(
    monday, as_officer, officer, colleague, theirs
):
    check = actions.check_identity(participant=theirs, how="code_word", said="bluebell", by=officer)
    address = reverse("contacts:log", args=[theirs.case.reference, theirs.reference])
    response = as_officer.post(
        f"{address}?direction=in&check={check.reference}",
        {
            "channel": "phone", "direction": "in", "outcome": "reached", "on": "2026-11-23",
            "at_time": "09:55", "note": "Wants to know the date.", "message": "Ring her about the trial",
            "new_number": "07700 900888", "next": "none", "no_task_because": "Her own officer acts.",
        },
    )  # fmt: skip
    assert response.status_code == 302
    contact = Contact.objects.get()
    assert (contact.by, contact.identity, contact.new_number) == (officer, check, "07700 900888")
    theirs.person.refresh_from_db()
    assert theirs.person.phone_mobile == "07700 900321"  # pending until somebody checked it
    assert {task.falls_to for task in Promise.objects.all()} == {colleague}
    assert Notification.objects.get(kind="message").recipient == colleague
    whats = [row["what"] for group in worklist(colleague).groups for row in group["rows"]]
    assert "Mair Rees: Message: Ring her about the trial" in whats


def test_a_call_of_somebody_unknown_is_kept_for_the_team_and_settled_once(monday, as_officer, officer):
    body = {"caller": "Dai", "number": "07700 900777", "words": "His sister is in danger."}
    assert as_officer.post(reverse("contacts:note-call"), body).status_code == 302
    note = CallNote.objects.get()
    assert "His sister is in danger." in as_officer.get(reverse("desk:calls")).text
    settle = reverse("contacts:settle-note", args=[note.reference])
    assert as_officer.post(settle, {"settlement": ""}).status_code == 422
    assert as_officer.post(settle, {"settlement": "Found: referred."}).status_code == 302
    with pytest.raises(Refused, match="settled already"):
        actions.settle_note(note=note, settlement="Again", by=officer)
    assert "His sister" not in as_officer.get(reverse("desk:calls")).text


def test_another_units_note_is_not_seen(monday, as_stranger, officer):
    note = actions.note_call(caller="Dai", number="", words="Rang", by=officer)
    assert "Rang, and" not in as_stranger.get(reverse("desk:calls")).text
    assert (
        as_stranger.post(
            reverse("contacts:settle-note", args=[note.reference]), {"settlement": "x"}
        ).status_code
        == 404
    )


def test_nothing_typed_is_nobody(monday, as_officer, victim):
    assert "Type at least three" in find(as_officer, "S").text
    assert find(as_officer, "\0").status_code in (200, 400)


def test_the_page_costs_the_same_however_many_are_found(
    monday, as_officer, officer, django_assert_max_num_queries
):
    other = UserFactory(team=officer.team)
    for _n in range(30):
        ParticipantFactory(officer=other, team=officer.team)
        actions.note_call(caller="Dai", number="", words="Rang", by=officer)
    find(as_officer, "Evans")
    with django_assert_max_num_queries(15):
        find(as_officer, "Evans")


def test_a_born_day_is_not_needed_to_be_kept(victim, officer, monday):
    victim.person.date_of_birth = None
    victim.person.save()
    with pytest.raises(Refused, match="Nothing is held to check against"):
        actions.check_identity(
            participant=victim, how="details", born_on=date(1992, 5, 1), postcode="NP20 4AB", by=officer
        )


def test_the_code_word_is_for_their_officer_and_supervisors_and_that_it_was_seen_is_kept(
    monday, officer, colleague, supervisor, theirs, sign_in
):
    pages = [
        reverse(name, args=[theirs.case.reference, theirs.reference])
        for name in ("contacts:log", "cases:safe-contact")
    ]
    for who, sees in ((officer, False), (colleague, True), (supervisor, True)):
        for page in pages:
            assert ("Blue-bell" in sign_in(who).get(page).text) is sees, (who, page)
    assert AccessEntry.objects.filter(field_group="code word", subject=theirs.reference).count() == 2
    shown = sign_in(officer).get(pages[0]).text
    assert (
        "A code word is on file. Ask for it, and check what they say." in shown
        and check_page(theirs) in shown
    )
    sign_in(officer).post(pages[1], {"version": "1", "phone": "Y", "code_word": "Rose"})
    assert SafeContact.objects.get(person=theirs.person).code_word == "Blue-bell"


def test_after_a_second_wrong_word_nobody_is_told_to_try_once_more(monday, as_officer, theirs):
    first, second = (as_officer.post(check_page(theirs), {"how": "code_word", "said": "rose"}) for _n in "12")
    assert "You may try once more" in first.text and "You may try once more" not in second.text
