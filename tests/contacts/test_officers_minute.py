"""The officer's minute: who tells whom, three answers, and where silence climbs."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils.translation import override

from compliance.models import Duty
from contacts.actions import log
from contacts.models import Contact, ContactPlan, Telling
from contacts.reaching import clearance_for
from contacts.say import spoken, what_to_say
from contacts.telling import ask_to_tell
from desk.asking import not_asked_yet
from desk.tasks import ask_officers_to_tell
from tests.factories import (
    CaseFactory,
    ContactPlanFactory,
    ParticipantFactory,
    PersonFactory,
    SafeContactFactory,
    UserFactory,
    london,
)
from victimcare import clock
from victimcare.accounts.models import Notification, StaffMail, User
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import record_event
from victimcare.cases.kinds import FROM_THE_EVENTS_EXTRACT, Kind
from victimcare.cases.models import Case, Participant, Question, SafeContact
from victimcare.cases.questions import ask_officer
from victimcare.cases.safe_contact import Channel

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]

BAILED_AT = london(2026, 11, 23, 8, 30)


@pytest.fixture
def sergeant(db):
    return UserFactory(
        username="sgt", display_name="PS Rees", roles=[Role.OFFICER_IN_THE_CASE], collar="7000", team=None
    )


@pytest.fixture
def pugh(sergeant):
    """The officer in Siân Evans' case."""
    return UserFactory(
        username="pugh", display_name="PC Pugh", roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=None,
        sergeant=sergeant,
    )  # fmt: skip


@pytest.fixture
def as_pugh(pugh, sign_in):
    return sign_in(pugh)


@pytest.fixture
def bailed(victim):
    """Siân's suspect was released on bail this morning."""
    return record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=BAILED_AT, by=None)


def say(browser, victim, answer, *, how="phone", **boxes):
    """What the officer sends of one victim."""
    ref = victim.reference
    given = {f"says_{ref}": answer, "how": how, "when": "now"}
    return browser.post(reverse("desk:minute"), given | {f"{box}_{ref}": said for box, said in boxes.items()})


def page(browser):
    return browser.get(reverse("desk:minute")).content.decode()


def status_of(event):
    return set(Duty.objects.current().filter(event=event, rule="R6-BAIL").values_list("status", flat=True))


# --- The page --------------------------------------------------------------------------------------


def test_it_says_who_is_owed_what_by_when_and_how_to_reach_them(as_pugh, bailed, victim):
    shown = page(as_pugh)
    assert "Siân Evans" in shown and "Suspect released on bail, Mon 23 Nov, 08:30" in shown
    assert f'href="tel:{victim.person.phone_mobile.replace(" ", "")}"' in shown
    assert "Mon 30 Nov" in shown  # five working days
    assert victim.person.address_line_1 not in shown


def test_another_officer_sees_nothing_of_it(sign_in, bailed):
    other = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="9999", team=None)
    shown = page(sign_in(other))
    assert "Siân" not in shown and "Nobody to tell" in shown


def test_a_restricted_case_is_not_there(as_pugh, bailed, victim):
    Case.objects.filter(pk=victim.case_id).update(is_restricted=True)
    assert "Siân" not in page(as_pugh)


def test_every_look_is_written_down(as_pugh, bailed, victim, pugh):
    page(as_pugh)
    look = AccessEntry.objects.get(field_group="officer's minute")
    assert (look.actor, look.subjects) == (pugh.reference, [victim.reference])


def test_the_words_are_welsh_where_she_wants_welsh(as_pugh, bailed, victim):
    assert "cafodd y person dan amheuaeth ei ryddhau ar fechnïaeth" not in page(as_pugh)
    ContactPlanFactory(participant=victim, language=ContactPlan.Language.WELSH)
    shown = page(as_pugh)
    assert '<p lang="cy">Ar ddydd Llun 23 Tachwedd 2026 cafodd' in shown
    assert "the suspect was released on bail" in shown  # for the officer to understand


def test_there_are_words_for_everything_a_feed_can_say_in_both_languages():
    assert set(spoken()) == {kind.value for kind in FROM_THE_EVENTS_EXTRACT}
    for kind in spoken():
        for language in ("en", "cy"):
            words = what_to_say(kind, date(2026, 11, 23), language)
            assert "{" not in words and "2026" in words


def test_a_number_that_is_not_safe_is_not_shown(as_pugh, bailed, victim):
    SafeContact.objects.filter(person=victim.person).update(phone="N", note="")
    shown = page(as_pugh)
    assert victim.person.phone_mobile not in shown and "tel:" not in shown
    assert "This person asked not to be reached this way." in shown
    assert "You may see them alone, in person." in shown


def test_code_word_and_withheld_number_come_before_the_call(as_pugh, bailed, victim):
    SafeContact.objects.filter(person=victim.person).update(code_word="heron", withhold_number=True)
    shown = page(as_pugh)
    assert "Ask for the code word first: heron." in shown and "Withhold the number." in shown
    look = AccessEntry.objects.get(field_group="code word")
    assert look.subjects == [victim.reference]


def test_a_code_word_is_not_shown_where_nobody_may_ring(as_pugh, bailed, victim):
    SafeContact.objects.filter(person=victim.person).update(code_word="heron", phone="N")
    shown = page(as_pugh)
    assert "heron" not in shown and "A code word is on file." in shown
    asked = SafeContact.objects.filter(person=victim.person)
    asked.update(phone="Y", call_from="17:00", call_until="18:00")  # now is 10:00
    shown = page(as_pugh)
    assert "Outside the times" in shown and victim.person.phone_mobile not in shown
    assert not AccessEntry.objects.filter(field_group="code word").exists()


def test_what_must_not_be_used_stands_with_the_number(as_pugh, bailed, victim):
    SafeContact.objects.filter(person=victim.person).update(text="N")
    shown = page(as_pugh)
    assert '<p class="desk-danger">No voicemail, text, post.</p>' in shown
    assert shown.index("No voicemail, text, post.") < shown.index("minute__ring")


def test_the_safe_contact_note_is_read_before_the_call(as_pugh, bailed, victim):
    SafeContact.objects.filter(person=victim.person).update(note="He still has a key", who_may_answer="Mum")
    shown = page(as_pugh)
    assert "Note: He still has a key." in shown and "May answer: Mum." in shown


def test_the_note_of_a_child_stands_beside_who_acts_for_them(as_pugh, bailed, victim):
    victim.person.date_of_birth = date(2016, 5, 1)
    victim.person.save()
    SafeContact.objects.filter(person=victim.person).update(note="He waits at the school.")
    mother = ParticipantFactory(
        case=victim.case, role=Participant.Role.REPRESENTATIVE, represents=victim, team=victim.team,
        person=PersonFactory(given_names="Bethan", surname="Evans", date_of_birth=date(1985, 1, 1)),
    )  # fmt: skip
    SafeContactFactory(person=mother.person, note="Ask for the pharmacy.")
    shown = page(as_pugh)
    assert "Note: Ask for the pharmacy." in shown and "Siân Evans: He waits at the school." in shown


def test_nothing_is_ticked_as_told_before_the_officer_says_so(as_pugh, bailed, victim):
    record_event(case=victim.case, kind=Kind.BAIL_CHANGED, occurred=london(2026, 11, 23, 9), by=None)
    assert "checked" not in page(as_pugh).split("tells_")[1].split("says_")[0]
    refused = say(as_pugh, victim, "told")
    assert refused.status_code == 422 and not Contact.objects.exists()
    assert "Tick what you told Siân about." in refused.content.decode()
    assert say(as_pugh, victim, "handed_over", how="").status_code == 302  # of all of it, without a tick
    assert Telling.objects.filter(answer="handed_over").count() == 2


def test_the_hour_of_our_own_and_the_day_of_the_code_are_told_apart(as_pugh, victim):
    Case.objects.filter(pk=victim.case_id).update(flags=["DA"])
    victim.case.refresh_from_db()
    record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 23, 9, 50), by=None)
    card = page(as_pugh).split("minute__due")[1].split("</p>")[0]
    assert "Ring by" in card and "Our own standard, not the Code’s." in card and "Right 6:" in card


def test_what_is_missing_is_said_of_whom_it_is_missing(as_pugh, bailed, victim):
    assert "Choose why you could not tell Siân." in say(as_pugh, victim, "could_not").content.decode()
    other = say(as_pugh, victim, "could_not", why="other").content.decode()
    assert "Say what stopped you telling Siân." in other


def test_a_child_is_told_through_who_acts_for_them(as_pugh, bailed, victim, monday):
    victim.person.date_of_birth = date(2016, 5, 1)
    victim.person.save()
    mother = ParticipantFactory(
        case=victim.case, role=Participant.Role.REPRESENTATIVE, represents=victim, team=victim.team,
        person=PersonFactory(given_names="Bethan", surname="Evans", date_of_birth=date(1985, 1, 1)),
    )  # fmt: skip
    SafeContactFactory(person=mother.person)
    shown = page(as_pugh)
    assert "Bethan Evans acts for them." in shown
    assert victim.person.phone_mobile not in shown
    assert say(as_pugh, victim, "told").status_code == 302
    assert Contact.objects.get().spoke_to == mother


def test_many_victims_cost_no_more_than_a_few(as_pugh, bailed, victim, django_assert_max_num_queries):
    for _n in range(14):
        other = ParticipantFactory(case=CaseFactory(oic_collar="1234"), team=victim.team)
        SafeContactFactory(person=other.person)
        record_event(case=other.case, kind=Kind.SUSPECT_BAILED, occurred=BAILED_AT, by=None)
    with django_assert_max_num_queries(25):
        shown = page(as_pugh)
    assert "And 3 more" in shown


# --- Told ------------------------------------------------------------------------------------------


def test_told_is_the_evidence_that_closes_the_duty(as_pugh, pugh, bailed, victim):
    assert status_of(bailed) == {"open"}
    assert say(as_pugh, victim, "told").status_code == 302
    contact = Contact.objects.get()
    assert (contact.by, contact.is_by_unit, contact.by_collar) == (pugh, False, "1234")
    assert (contact.outcome, contact.channel, list(contact.tells.all())) == ("reached", "phone", [bailed])
    assert status_of(bailed) == {"met"}
    assert "Siân" not in page(as_pugh)


def test_one_submit_for_several_told_the_same_way(as_pugh, bailed, victim):
    other = ParticipantFactory(case=CaseFactory(oic_collar="1234"), team=victim.team)
    SafeContactFactory(person=other.person)
    charged = record_event(case=other.case, kind=Kind.SUSPECT_CHARGED, occurred=BAILED_AT, by=None)
    answer = as_pugh.post(
        reverse("desk:minute"),
        {
            f"says_{victim.reference}": "told", f"says_{other.reference}": "told", "how": "in_person",
            "when": "earlier", "on_day": "23", "on_month": "11", "on_year": "2026", "at_time": "09:15",
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.context["form"].errors
    assert set(Contact.objects.values_list("channel", "at")) == {("in_person", london(2026, 11, 23, 9, 15))}
    assert status_of(bailed) == {"met"}
    assert Duty.objects.current().get(event=charged, rule="R6-CHARGE").status == "met"


@pytest.mark.parametrize("how", ["text", "letter"])
def test_what_was_sent_has_told_where_that_way_is_safe(as_pugh, bailed, victim, how):
    SafeContact.objects.filter(person=victim.person).update(text="N", post="N")
    assert "say here why" in say(as_pugh, victim, "told", how=how).content.decode()
    SafeContact.objects.filter(person=victim.person).update(text="Y", post="Y")
    no_answer = say(as_pugh, victim, "could_not", how=how, why="no_answer")
    assert "has told them. Choose Told" in no_answer.content.decode()
    given = {f"says_{victim.reference}": "told", "how": how, "when": "now", "has_interpreter": "on"}
    assert as_pugh.post(reverse("desk:minute"), given).status_code == 302
    contact = Contact.objects.get()
    assert (contact.channel, contact.outcome, contact.note) == (how, "sent", "Through an interpreter.")
    assert status_of(bailed) == {"met"}


def test_what_the_page_says_of_texts_is_what_the_rule_holds(as_pugh, as_officer, bailed, victim, supervisor):
    Case.objects.filter(pk=victim.case_id).update(flags=["DA"])  # and nobody asked her of her phone
    asked = SafeContact.objects.filter(person=victim.person)
    log = reverse("contacts:log", args=[victim.case.reference, victim.reference])
    asked.update(phone="", voicemail="", text="Y")
    assert "No voicemail and no text." not in as_officer.get(log).text
    assert "No voicemail." in as_officer.get(log).text and "No voicemail, post." in page(as_pugh)
    asked.update(text="")
    assert "No voicemail and no text." in as_officer.get(log).text and "No voicemail, text, post." in page(
        as_pugh
    )
    assert "say here why" in say(as_pugh, victim, "told", how="text").text
    assert say(as_pugh, victim, "told", how="text", despite="She texted first.").status_code == 302
    assert Notification.objects.filter(kind="contact_not_cleared", recipient=supervisor).exists()


def test_a_first_call_is_warned_of_once(as_pugh, bailed, victim):
    Case.objects.filter(pk=victim.case_id).update(flags=["DA"])
    SafeContact.objects.filter(person=victim.person).update(phone="", voicemail="", text="", note="")
    shown = page(as_pugh).lower()
    assert [shown.count(said) for said in ("ask only for the victim", "no voicemail", "withhold")] == [
        1,
        1,
        1,
    ]


def test_what_is_wrong_with_a_day_or_a_time_names_which(as_pugh, bailed, victim):
    earlier = {"on_day": "32", "on_month": "11", "on_year": "2026", "at_time": "noon"}
    given = {f"says_{victim.reference}": "told", "how": "phone", "when": "earlier"} | earlier
    said = as_pugh.post(reverse("desk:minute"), given).content.decode()
    assert "The day you told them: " in said and "The time you told them: " in said
    assert as_pugh.post(reverse("desk:minute"), given | {"when": "now"}).status_code == 302


def test_what_was_not_told_of_several_things_stays_owed(as_pugh, bailed, victim):
    changed = record_event(
        case=victim.case, kind=Kind.BAIL_CHANGED, occurred=london(2026, 11, 23, 9), by=None
    )
    assert say(as_pugh, victim, "told", tells=[bailed.reference]).status_code == 302
    assert status_of(bailed) == {"met"}
    assert Duty.objects.current().get(event=changed, rule="R6-BAIL-CHANGE").status == "open"
    assert "Bail conditions changed" in page(as_pugh)


def test_a_call_that_was_not_safe_is_kept_only_with_the_reason(as_pugh, bailed, victim, supervisor):
    SafeContact.objects.filter(person=victim.person).update(phone="N")
    refused = say(as_pugh, victim, "told")
    assert refused.status_code == 422 and not Contact.objects.exists()
    assert "say here why" in refused.content.decode()
    assert say(as_pugh, victim, "told", despite="She rang the station.").status_code == 302
    assert Contact.objects.get().despite == "She rang the station."
    assert Notification.objects.filter(kind="contact_not_cleared", recipient=supervisor).exists()


def test_nobody_answers_for_another_officers_crime(sign_in, bailed, victim):
    other = sign_in(UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="9999", team=None))
    assert say(other, victim, "told").status_code == 422
    assert not Contact.objects.exists()


def test_sent_twice_it_counts_once(as_pugh, bailed, victim):
    given = {
        f"says_{victim.reference}": "told", "how": "phone", "when": "now",
        "form_key": "6f1c1c1e-0d5e-4c8b-9a55-2f3b8f0d1111",
    }  # fmt: skip
    for _n in range(2):
        assert as_pugh.post(reverse("desk:minute"), given).status_code == 302
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    "given",
    [{}, {"how": "phone"}, {"how": "carrier pigeon", "when": "yesterday"}],
    ids=["nothing", "how", "odd"],
)
def test_an_empty_page_asks_for_an_answer(as_pugh, bailed, given):
    assert as_pugh.post(reverse("desk:minute"), given).status_code == 422


def test_what_was_typed_in_a_second_window_comes_back_and_says_when_it_was_answered(
    as_pugh, bailed, victim, officer
):
    question = ask_officer(case=victim.case, participant=victim, kind="vps", words="Offered?", by=officer)
    other = ParticipantFactory(case=CaseFactory(oic_collar="1234"), team=victim.team)
    SafeContactFactory(person=other.person)
    record_event(case=other.case, kind=Kind.SUSPECT_CHARGED, occurred=BAILED_AT, by=None)
    first = {f"reply_{question.reference}": "Yes.", f"version_{question.reference}": question.version}
    told = {f"says_{victim.reference}": "told", "how": "phone", "when": "now"}
    assert as_pugh.post(reverse("desk:minute"), told | first).status_code == 302
    second = {
        f"says_{victim.reference}": "could_not", f"why_{victim.reference}": "no_answer", "when": "now",
        f"words_{victim.reference}": "Her sister is staying.", f"words_{other.reference}": "Rang at nine.",
        f"says_{other.reference}": "could_not", f"why_{other.reference}": "no_answer", "how": "phone",
        f"reply_{question.reference}": "No, she declined.",
    }  # fmt: skip
    late = as_pugh.post(reverse("desk:minute"), second)
    shown = late.content.decode()
    assert late.status_code == 409 and Contact.objects.count() == 1
    assert "answered already in another window, on Mon 23 Nov, 10:00" in shown
    for words in ("Could not: No answer", "Her sister is staying.", "Rang at nine.", "No, she declined."):
        assert words in shown
    assert as_pugh.post(reverse("desk:minute"), second | {f"says_{victim.reference}": ""}).status_code == 409
    own = {name: said for name, said in second.items() if other.reference in name or name in ("how", "when")}
    assert as_pugh.post(reverse("desk:minute"), own).status_code == 302
    elsewhere = ParticipantFactory(case=CaseFactory(oic_collar="9999"))
    stranger = {f"says_{elsewhere.reference}": "told", "how": "phone"}
    assert as_pugh.post(reverse("desk:minute"), stranger).status_code == 422


# --- Could not, and please do it for me ------------------------------------------------------------


def test_could_not_keeps_the_duty_open_and_the_unit_hears_why(as_pugh, bailed, victim, officer, as_officer):
    assert say(as_pugh, victim, "could_not").status_code == 422  # why?
    assert say(as_pugh, victim, "could_not", why="no_answer", words="Rang twice.").status_code == 302
    contact = Contact.objects.get()
    assert (contact.outcome, contact.is_by_unit, contact.tells.count()) == ("no_answer", False, 0)
    assert status_of(bailed) == {"open"}
    assert Notification.objects.get(kind="officer_passed_on").recipient == officer
    today = as_officer.get(reverse("desk:today")).content.decode()
    assert "From officers in the case" in today and "Rang twice." in today
    assert "You said on Mon 23 Nov, 10:00: no answer." in page(as_pugh)
    assert say(as_pugh, victim, "told").status_code == 302  # and then she rang back
    assert status_of(bailed) == {"met"}
    assert "From officers in the case" not in as_officer.get(reverse("desk:today")).content.decode()


def test_a_wrong_number_is_rung_by_nobody_and_the_right_one_is_asked_for(as_pugh, bailed, victim, as_officer):
    assert say(as_pugh, victim, "could_not", why="wrong_number").status_code == 302
    shown = page(as_pugh)
    assert "tel:" not in shown and victim.person.phone_mobile not in shown
    assert "wrong number on Mon 23 Nov" in shown and "Do you know the right number?" in shown
    today = as_officer.get(reverse("desk:today")).content.decode()
    assert "Ask for the right number" in today and "?kind=wrong_number" in today


def test_no_safe_way_is_no_attempt(as_pugh, bailed, victim):
    assert say(as_pugh, victim, "could_not", why="no_safe_way", how="").status_code == 302
    assert not Contact.objects.exists()
    assert Telling.objects.get().why == "no_safe_way"


def test_please_do_it_for_me_is_on_her_officers_day_with_the_clock(
    as_pugh, bailed, victim, officer, as_officer
):
    assert say(as_pugh, victim, "handed_over", how="").status_code == 302
    today = as_officer.get(reverse("desk:today")).content.decode()
    assert ", 34 about the bail" in today and "PC Pugh asks you to do it" in today
    assert "Mon 30 Nov" in today
    assert today.count("about the bail") == 1 and "Tell Siân Evans that" not in today  # once, not twice
    assert "With the Victim Care Unit" in page(as_pugh)
    assert f"says_{victim.reference}" not in page(as_pugh)


def test_the_notice_says_what_the_officer_answered_and_one_day(as_pugh, bailed, victim, as_officer):
    say(as_pugh, victim, "handed_over", how="")
    shown = as_officer.get(reverse("desk:notifications")).content.decode()
    assert "The officer in the case asks you to tell: Siân Evans" in shown
    assert "has not told" not in shown and "Due today" not in shown and "Due Mon 30 Nov." in shown


def test_where_nobody_is_allocated_the_supervisors_have_it(
    as_pugh, bailed, victim, supervisor, sign_in, officer
):
    Participant.objects.filter(pk=victim.pk).update(officer=None)
    assert say(as_pugh, victim, "handed_over", how="").status_code == 302
    assert Notification.objects.get(kind="officer_passed_on").recipient == supervisor
    assert "PC Pugh asks you" in sign_in(supervisor).get(reverse("desk:today")).content.decode()
    assert "PC Pugh asks you" not in sign_in(officer).get(reverse("desk:today")).content.decode()


# --- Asked, and silent -----------------------------------------------------------------------------


def test_an_officer_is_asked_once_by_a_notice_and_a_neutral_email(bailed, victim, pugh):
    assert ask_officers_to_tell() == 1
    assert ask_officers_to_tell() == 0
    assert Notification.objects.get(kind="officers_minute").recipient == pugh
    mail = StaffMail.objects.get()
    assert mail.recipient == pugh and "/minute/" in mail.body and "1 thing waits" in mail.body
    for secret in ("Siân", "Evans", victim.reference, victim.case.reference, "bail", "victim", "1234"):
        assert secret.lower() not in f"{mail.subject} {mail.body}".lower()


def test_the_email_is_in_the_officers_language_whoever_sends_it(bailed, pugh):
    User.objects.filter(pk=pugh.pk).update(language="cy")
    with override("en-gb"):
        ask_officers_to_tell()
    assert "Mae 1 peth yn aros" in StaffMail.objects.get().body


def test_two_sweeps_at_once_ask_once(bailed, pugh):
    asks = not_asked_yet(clock.now())
    assert ask_to_tell(asks=asks) == 1
    assert ask_to_tell(asks=asks) == 0
    assert StaffMail.objects.count() == 1


def test_an_officer_with_no_account_and_an_old_event_are_not_asked(bailed, victim, pugh, monday):
    monday.move_to(london(2026, 12, 1, 10))
    assert ask_officers_to_tell() == 0
    pugh.is_active = False
    pugh.save()
    record_event(case=victim.case, kind=Kind.SUSPECT_CHARGED, occurred=london(2026, 12, 1, 9), by=None)
    assert ask_officers_to_tell() == 0


def test_silence_climbs_to_the_sergeant_and_then_to_the_unit(
    bailed, victim, pugh, sergeant, officer, sign_in, monday
):
    ask_officers_to_tell()
    monday.move_to(london(2026, 11, 23, 21, 59))
    assert ask_officers_to_tell() == 0
    monday.move_to(london(2026, 11, 23, 22, 0))
    assert ask_officers_to_tell() == 1
    assert Notification.objects.get(kind="officer_silent").recipient == sergeant
    shown = page(sign_in(sergeant))
    assert "PC Pugh" in shown and "1 victim to tell." in shown and "Siân" not in shown
    assert not Notification.objects.filter(kind="officer_passed_on").exists()
    monday.move_to(london(2026, 11, 24, 10, 0))
    assert ask_officers_to_tell() == 1
    assert ask_officers_to_tell() == 0
    notice = Notification.objects.get(kind="officer_passed_on")
    assert (notice.recipient, notice.level) == (officer, "escalated")
    today = sign_in(officer).get(reverse("desk:today")).content.decode()
    assert "PC Pugh was asked Mon 23 Nov, 10:00 and has not answered." in today


def test_what_somebody_else_told_climbs_no_further(bailed, victim, pugh, as_pugh, officer, monday):
    ask_officers_to_tell()
    Telling.objects.update(answer="")
    log(
        participant=victim, direction="out", channel="in_person", outcome="reached", at=clock.now(), note="",
        tells=[bailed], clearance=clearance_for(victim, Channel.IN_PERSON, clock.now()), by=officer,
    )  # fmt: skip
    assert status_of(bailed) == {"met"} and "Siân" not in page(as_pugh)
    kept = as_pugh.post(
        reverse("desk:minute"),
        {f"says_{victim.reference}": "told", "how": "phone", "when": "now"},
        follow=True,
    )
    assert "Somebody else had told Siân Evans, 34 too: both are kept." in kept.text
    assert Contact.objects.get(is_by_unit=False).tells.get() == bailed
    assert say(as_pugh, victim, "told").status_code == 409  # the same again is kept once
    monday.move_to(london(2026, 11, 24, 10, 0))
    assert ask_officers_to_tell() == 0
    assert not Notification.objects.filter(kind__in=["officer_silent", "officer_passed_on"]).exists()


def test_notices_say_what_they_are_in_words(bailed, pugh, sergeant, as_pugh, sign_in, monday):
    ask_officers_to_tell()
    assert (
        "Victims of your crimes are to be told" in as_pugh.get(reverse("desk:notifications")).content.decode()
    )
    monday.move_to(london(2026, 11, 24, 10, 0))
    ask_officers_to_tell()
    shown = sign_in(sergeant).get(reverse("desk:notifications")).content.decode()
    assert "PC Pugh" in shown and "Siân" not in shown


def test_a_sergeant_is_set_on_the_staff_page(pugh, sergeant, administrator, sign_in):
    browser = sign_in(administrator)
    url = reverse("accounts:change-person", args=[pugh.reference])
    given = {
        "version": pugh.version, "display_name": "PC Pugh", "email": pugh.email, "collar": "1234",
        "sergeant": "", "caseload_points": "100",
    }  # fmt: skip
    assert browser.post(url, given).status_code == 302
    pugh.refresh_from_db()
    assert pugh.sergeant is None
    themselves = browser.post(url, given | {"version": pugh.version, "sergeant": pugh.pk})
    assert themselves.status_code != 302
    assert browser.post(url, given | {"version": pugh.version, "sergeant": sergeant.pk}).status_code == 302
    assert "PS Rees" in browser.get(reverse("accounts:person", args=[pugh.reference])).content.decode()


# --- What the unit asks ----------------------------------------------------------------------------


def test_a_question_is_answered_on_the_same_page(as_pugh, pugh, victim, officer):
    question = ask_officer(
        case=victim.case, participant=victim, kind="wrong_number", words="Which number?", by=officer
    )
    assert "Which number?" in page(as_pugh)
    sent = {f"reply_{question.reference}": "07700 900444", f"version_{question.reference}": question.version}
    assert as_pugh.post(reverse("desk:minute"), sent).status_code == 302
    question.refresh_from_db()
    assert (question.reply, question.replied_by) == ("07700 900444", pugh)


def test_one_answer_that_cannot_be_kept_keeps_the_others_out_too(as_pugh, bailed, victim, officer):
    question = ask_officer(
        case=victim.case, participant=victim, kind="vps", words="Was one offered?", by=officer
    )
    sent = {
        f"reply_{question.reference}": "Yes.", f"version_{question.reference}": 99,
        f"says_{victim.reference}": "told", "how": "phone", "when": "now",
    }  # fmt: skip
    assert as_pugh.post(reverse("desk:minute"), sent).status_code == 422
    assert not Contact.objects.exists() and Question.objects.get().replied_at is None
