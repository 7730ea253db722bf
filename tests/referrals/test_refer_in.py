"""Somebody asks for support themselves, or somebody who met them refers them. The same triage as for all."""

import re
from datetime import date

import pytest
from django.urls import reverse

from referrals.models import Referral
from referrals.refer_in import actions
from referrals.refer_in.models import PublicUse, ReferredIn, UnfinishedForm
from referrals.rules.book import first_rules, why
from referrals.rules.facts import facts_of
from referrals.tasks import forget_unfinished_forms
from referrals.triage import triage
from tests.factories import CaseFactory, PartnerFactory, TeamFactory, UserFactory, london
from victimcare.accounts.models import Team
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Entitlement, Event, Participant, Person
from victimcare.cases.safe_contact import Blocked, Channel, Purpose, clear, phone_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]

ENGLISH, WELSH = "referrals:ask-for-support", "referrals:gofyn-am-gymorth"
WAYS = {
    "page": "ways",
    "ways": ["phone"],
    "secret": "yes",
    "secret_note": "My husband is at home in the evening",
}
WHERE = {
    "page": "where", "phone": "07700 900321", "hours": "school", "voicemail": "no", "hide_number": "no",
    "code_word": "daffodil",
}  # fmt: skip
YOU = {"page": "you", "given_names": "Ffion", "surname": "Rhys", "language": "cy"}
WHAT = {"page": "what", "kinds": ["domestic_abuse"], "words": "He took my phone.", "reported": "no"}


class Somebody:
    """Somebody at the public form, in the browser's place: she carries the key from page to page."""

    def __init__(self, client, language=ENGLISH):
        self.client, self.url, self.key = client, reverse(language), ""

    def post(self, go="next", **said):
        self.page = self.client.post(self.url, {"go": go, "key": self.key, **said})
        self.key = self.page.context["key"]
        return self.page

    def answers(self, *pages):
        self.post("start")
        for page in pages or (WAYS, WHERE, YOU, WHAT):
            self.post(**page)
        return self.page


@pytest.fixture
def ffion(client):
    return Somebody(client)


def sent(somebody):
    somebody.answers()
    somebody.post("send")
    return Referral.objects.get()


# --- What becomes of it ----------------------------------------------------------------------------


def test_somebody_who_asks_for_support_is_triaged_like_everybody_else(ffion, unit):
    referral = sent(ffion)
    part = referral.participant
    assert referral.reference in ffion.page.text
    assert (referral.source, referral.status, referral.priority) == ("self", "received", 2)
    assert referral.due_on == date(2026, 11, 25) and "domestic_abuse" in referral.reasons
    assert (part.role, part.team, part.officer, part.case.occurrence_no) == ("VICTIM", unit, None, "")
    assert (part.case.flags, part.case.offence_title) == (["DA"], "Domestic abuse")
    assert Entitlement.objects.get(participant=part).is_provisional


def test_that_somebody_must_not_know_is_why_she_comes_sooner(ffion):
    ffion.answers(WAYS, WHERE, YOU, WHAT | {"kinds": []})
    ffion.post("send")
    referral = Referral.objects.get()
    assert (referral.priority, referral.reasons) == (2, ["must_not_be_known"])
    assert triage(facts_of([referral])[referral.participant_id], first_rules()).reasons == (
        "must_not_be_known",
    )


def test_who_would_rather_not_say_what_happened_is_not_said_to_have_suffered_a_crime(ffion):
    ffion.answers(WAYS | {"secret": "no"}, WHERE, YOU, WHAT | {"kinds": []})
    ffion.post("send")
    referral = Referral.objects.get()
    assert (referral.priority, why(referral)) == (3, "what happened is not known yet")


def test_she_is_reached_only_in_the_ways_she_ticked(ffion, monday):
    part = sent(ffion).participant
    monday.move_to(london(2026, 11, 23, 11))
    assert clear(part, Channel.PHONE, Purpose.FIRST_CONTACT).destination == "07700 900321"
    for channel in (Channel.TEXT, Channel.EMAIL, Channel.POST, Channel.VOICEMAIL):
        with pytest.raises(Blocked):
            clear(part, channel, Purpose.FIRST_CONTACT)
    monday.move_to(london(2026, 11, 23, 16))
    with pytest.raises(Blocked, match="Outside the times"):
        clear(part, Channel.PHONE, Purpose.FIRST_CONTACT)


def test_what_keeps_her_safe_is_kept(ffion):
    safe = sent(ffion).participant.person.safe_contact
    assert (safe.code_word, safe.note) == ("daffodil", "My husband is at home in the evening")
    assert safe.withhold_number and safe.address_is_protected
    assert safe.confirmed_at == london(2026, 11, 23, 10) and safe.confirmed_by is None


def test_no_clock_of_the_code_starts_without_a_report(ffion):
    part = sent(ffion).participant
    assert not Event.objects.filter(kind=Kind.CRIME_REPORTED).exists()
    told = Event.objects.get(kind=Kind.REFERRED_IN)
    assert told.participant == part and "He took my phone." in told.detail


def test_a_report_starts_the_clock_from_its_day(client):
    ffion = Somebody(client)
    reported = {
        "reported": "yes",
        "reported_on_day": "19",
        "reported_on_month": "11",
        "reported_on_year": "2026",
    }
    ffion.answers(WAYS, WHERE, YOU, WHAT | reported)
    ffion.post("send")
    assert Event.objects.get(kind=Kind.CRIME_REPORTED).occurred_on == date(2026, 11, 19)


def test_a_child_comes_first(client):
    somebody = Somebody(client)
    born = {"date_of_birth_day": "1", "date_of_birth_month": "5", "date_of_birth_year": "2011"}
    somebody.answers(WAYS, WHERE, YOU | born, WHAT | {"kinds": []})
    somebody.post("send")
    assert Referral.objects.get().priority == 1


def test_whoever_asks_on_friday_night_is_due_when_the_unit_is_back(client, monday):
    monday.move_to(london(2026, 11, 20, 21, 57))
    somebody = Somebody(client)
    born = {"date_of_birth_day": "1", "date_of_birth_month": "5", "date_of_birth_year": "2011"}
    somebody.answers(WAYS, WHERE, YOU | born, WHAT | {"kinds": []})
    somebody.post("send")
    assert (Referral.objects.get().priority, Referral.objects.get().due_on) == (1, date(2026, 11, 23))


def test_nobody_is_linked_to_a_person_we_hold(ffion):
    person = Person.objects.create(given_names="Ffion", surname="Rhys", phone_mobile="07700 900321")
    assert sent(ffion).participant.person != person
    assert Person.objects.filter(surname="Rhys").count() == 2


def test_she_waits_on_the_board_of_the_team(ffion, as_supervisor):
    sent(ffion)
    assert "Ffion Rhys" in as_supervisor.get(reverse("referrals:allocate")).text


def test_without_a_team_for_the_area_she_reaches_the_first_one(ffion, unit):
    Team.objects.update(policing_areas=["West"])
    assert sent(ffion).participant.team == unit


def test_that_her_details_were_collected_is_written_down(ffion):
    part = sent(ffion).participant
    entry = AccessEntry.objects.get(op="collect")
    assert (entry.actor, entry.subject) == ("PUBLIC", part.reference)


# --- The form --------------------------------------------------------------------------------------


def test_how_to_reach_her_safely_is_asked_first(ffion):
    assert ffion.post("start").context["page"] == "ways"


def test_only_the_ways_she_ticked_are_asked_about(ffion):
    ffion.answers(WAYS | {"ways": ["email"]})
    assert set(ffion.page.context["form"].fields) == {"email", "code_word"}


def test_what_she_typed_is_there_when_something_is_wrong(ffion):
    ffion.answers(WAYS)
    page = ffion.post(**WHERE | {"phone": "12", "code_word": "daffodil"})
    assert "Enter a phone number like 01632 960123" in page.text
    assert 'value="12"' in page.text and 'value="daffodil"' in page.text


def test_going_back_loses_nothing_even_what_was_wrong(ffion):
    ffion.answers(WAYS)
    ffion.post("back", **WHERE | {"phone": "12"})
    assert ffion.page.context["page"] == "ways" and "My husband" in ffion.page.text
    page = ffion.post(**WAYS)
    assert 'value="12"' in page.text and "There is a problem" not in page.text


def test_one_answer_is_changed_from_the_last_page(ffion):
    ffion.answers()
    assert ffion.post("change-you").context["page"] == "you"
    assert "Ffion Gwen" in ffion.post(**YOU | {"given_names": "Ffion Gwen"}).text


def test_another_way_asks_for_its_address_before_it_is_sent(ffion):
    ffion.answers()
    ffion.post("change-ways")
    page = ffion.post(**WAYS | {"ways": ["phone", "email"]})
    assert page.context["page"] == "where"
    ffion.post("send")
    assert not Referral.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "Łukasz",
        "O’Brien",
        "Siân",
        "ŵŷŴŶ",
        "عائشة",
        "দেবী",
        "ਗੁਰਪ੍ਰੀਤ",
        "明",
        "Null",
        "=cmd",
        "😀",
        "q̈́" * 30,
        "N",
    ],
)
def test_a_name_in_any_script_is_kept_as_it_was_typed(client, name):
    somebody = Somebody(client)
    somebody.answers(WAYS, WHERE, YOU | {"given_names": name, "surname": ""}, WHAT)
    somebody.post("send")
    assert Person.objects.get().given_names == name


@pytest.mark.parametrize("name", ["Ann\u202enairB", "Zero\u200bwidth", "Nul\0", "\u3164"])
def test_a_character_that_nobody_sees_is_refused_in_a_sentence(ffion, name):
    ffion.answers(WAYS, WHERE)
    page = ffion.post(**YOU | {"given_names": name})
    assert page.context["page"] == "you"
    assert "hidden character" in page.text


@pytest.mark.parametrize("go", ["next", "send", "back", "language", "change-nothing", "sned", ""])
@pytest.mark.parametrize("page", ["ways", "nowhere", ""])
def test_nonsense_is_answered_by_a_page(ffion, go, page):
    ffion.post("start")
    ffion.post(go, page=page, ways=["pigeon"], secret="perhaps", reported_on_day="x" * 9000)
    assert ffion.page.status_code == 200
    assert not Referral.objects.exists()


def test_a_button_pressed_twice_sends_once_and_shows_the_reference(ffion, monday):
    ffion.answers()
    key = ffion.key
    ffion.post("send")
    monday.shift(2)
    ffion.key = key
    assert Referral.objects.get().reference in ffion.post("send").text


def test_whoever_goes_back_to_a_page_that_was_left_sees_nothing(ffion, monday):
    """The browser sends again what it sent for that page: somebody else may be sitting there by now."""
    ffion.answers(WAYS)
    left = ffion.key
    ffion.post(**WHERE)
    monday.shift(6)
    ffion.key = left
    page = ffion.post(**WHERE)
    assert "daffodil" not in page.text and "cannot be loaded again" in page.text


def test_going_back_to_the_end_shows_no_reference(ffion, monday):
    ffion.answers()
    left = ffion.key
    ffion.post("send")
    monday.shift(6)
    ffion.key = left
    assert Referral.objects.get().reference not in ffion.post("send").text


def test_a_machine_that_fills_in_every_box_is_turned_away_and_nothing_is_lost(ffion):
    ffion.answers()
    page = ffion.post("send", website="http://spam.example")
    assert "only a machine" in page.text and "Ffion" in page.text
    assert not Referral.objects.exists()
    ffion.post("send")
    assert Referral.objects.exists()


def test_another_site_cannot_send_it(client):
    page = client.post(reverse(ENGLISH), {"go": "start"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert "key" in page.context and not UnfinishedForm.objects.exists()


# --- Nothing is left behind ------------------------------------------------------------------------


def test_no_page_sets_a_cookie_or_may_be_kept(client):
    somebody = Somebody(client)
    pages = [client.get(somebody.url), somebody.post("start")]
    pages += [somebody.post(**page) for page in (WAYS, WHERE, YOU, WHAT)]
    pages.append(somebody.post("send"))
    for page in pages:
        assert not page.cookies
        assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert "Leave this page quickly" in page.text
    assert not client.cookies


def test_every_box_asks_the_browser_to_remember_nothing(ffion):
    ffion.answers(WAYS | {"ways": ["phone", "text", "email", "post"]})
    boxes = re.findall(r"<input[^>]+type=\"(?:text|tel|email)\"[^>]*>", ffion.page.text)
    assert len(boxes) == 6 and all('autocomplete="off"' in box for box in boxes)


def test_what_was_typed_is_gone_once_it_is_sent(ffion):
    sent(ffion)
    assert UnfinishedForm.objects.get().answers == {}


def test_what_was_not_sent_is_gone_in_an_hour(ffion, monday):
    ffion.answers(WAYS, WHERE)
    monday.move_to(london(2026, 11, 23, 11, 1))
    page = ffion.post(**YOU)
    assert "is deleted within an hour" in page.text and "My husband" not in page.text
    assert forget_unfinished_forms() == 1
    assert not UnfinishedForm.objects.exists() and not PublicUse.objects.exists()


def test_a_form_that_is_worked_on_stays(ffion, monday):
    ffion.answers(WAYS)
    monday.move_to(london(2026, 11, 23, 10, 50))
    ffion.post(**WHERE)
    monday.move_to(london(2026, 11, 23, 11, 30))
    assert forget_unfinished_forms() == 0
    assert ffion.post(**YOU).context["page"] == "what"


def test_nobody_finds_a_form_without_its_key(ffion, client):
    ffion.answers(WAYS)
    assert ffion.key not in str(UnfinishedForm.objects.values())
    page = client.post(reverse(ENGLISH), {"key": "guess", "go": "next"})
    assert "My husband" not in page.text


# --- Limits ----------------------------------------------------------------------------------------


def send_from(client, address):
    somebody = Somebody(client)
    client.defaults["REMOTE_ADDR"] = address
    somebody.answers()
    return somebody.post("send")


def test_five_an_hour_from_one_address_and_then_a_sentence_with_the_number(client, settings, monday):
    for _ in range(5):
        assert send_from(client, "203.0.113.5").status_code == 200
    page = send_from(client, "203.0.113.5")
    assert page.status_code == 429
    assert f"Please ring {settings.SERVICE_PHONE} instead" in page.text and "Ffion" in page.text
    assert send_from(client, "203.0.113.6").status_code == 200
    monday.move_to(london(2026, 11, 23, 11, 1))
    assert send_from(client, "203.0.113.5").status_code == 200


def test_a_home_has_one_limit_however_many_addresses_it_has(client, settings):
    settings.SELF_REFERRALS_PER_ADDRESS_AN_HOUR = 1
    assert send_from(client, "2001:db8:1:2::1").status_code == 200
    assert send_from(client, "2001:db8:1:2:ffff::9").status_code == 429
    assert send_from(client, "2001:db8:1:3::1").status_code == 200


def test_all_together_have_a_limit_too(client, settings):
    settings.SELF_REFERRALS_AN_HOUR = 2
    answers = [send_from(client, f"203.0.113.{n}").status_code for n in (1, 2, 3)]
    assert answers == [200, 200, 429]


def test_beginning_it_over_and_over_is_slowed_down_too(client, settings):
    settings.SELF_REFERRALS_PER_ADDRESS_AN_HOUR = 1
    answers = [client.post(reverse(ENGLISH), {"go": "start"}).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]


def test_an_address_is_kept_as_a_hash(client):
    send_from(client, "203.0.113.5")
    assert not [use for use in PublicUse.objects.all() if "203.0" in use.address]


def test_behind_our_own_proxy_the_address_is_the_one_it_wrote_down(client, settings):
    settings.SELF_REFERRALS_PER_ADDRESS_AN_HOUR = 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for claimed, status in (("1.1.1.1, 203.0.113.7", 200), ("2.2.2.2, 203.0.113.7", 429)):
        client.defaults["HTTP_X_FORWARDED_FOR"] = claimed
        assert send_from(client, "10.0.0.1").status_code == status


# --- In Welsh --------------------------------------------------------------------------------------


def test_welsh_has_its_own_address_and_the_page_says_so(client):
    page = client.get(reverse(WELSH), headers={"Accept-Language": "en"})
    assert '<html lang="cy">' in page.text and page["Content-Language"] == "cy"
    assert 'href="/support/"' in page.text


def test_the_language_changes_in_the_middle_and_nothing_typed_is_lost(ffion):
    ffion.answers(WAYS)
    ffion.url = reverse(WELSH)
    page = ffion.post("language", **WHERE)
    assert '<html lang="cy">' in page.text and 'value="daffodil"' in page.text


def test_who_wants_welsh_is_given_welsh(ffion):
    person = sent(ffion).participant.person
    assert person.speaks_welsh and person.language == "cy"


def test_who_needs_another_language_gets_an_interpreter(client):
    somebody = Somebody(client)
    somebody.answers(WAYS, WHERE, YOU | {"language": "other"})
    assert "Choose the language." in somebody.page.text
    somebody.post(**YOU | {"language": "other", "other_language": "pl"})
    somebody.post(**WHAT)
    somebody.post("send")
    assert Person.objects.get().interpreter_language == "pl"


# --- From those who sign in ------------------------------------------------------------------------

BY_HAND = {
    **{name: value for page in (WAYS, WHERE, YOU, WHAT) for name, value in page.items() if name != "page"},
    "agreed": "yes", "agreed_on": "2026-11-23", "agreed_how": "I asked her on the phone.",
}  # fmt: skip


@pytest.fixture
def worker(db):
    team = TeamFactory(name="New Pathways", kind=Team.Kind.PARTNER)
    PartnerFactory(team=team)
    return UserFactory(display_name="Nia", roles=[Role.PARTNER], team=team)


@pytest.fixture
def detective(db):
    return UserFactory(display_name="DC Dee", roles=[Role.OFFICER_IN_THE_CASE], team=None, collar="1234")


def refer(browser, **said):
    return browser.post(reverse("referrals:refer-in"), BY_HAND | said)


def test_a_partner_refers_somebody_who_agrees(sign_in, worker):
    assert refer(sign_in(worker)).status_code == 302
    made = ReferredIn.objects.get()
    assert (made.made_by, made.partner.name, made.referral.source) == (worker, "New Pathways", "partner")
    assert (made.agreed_on, made.agreed_how) == (date(2026, 11, 23), "I asked her on the phone.")
    assert "I asked her on the phone." in Event.objects.get(kind=Kind.REFERRED_IN).detail


@pytest.mark.parametrize("said", [{"agreed": "no"}, {"agreed_how": ""}, {"agreed": ""}])
def test_nobody_is_referred_who_does_not_agree(sign_in, worker, said):
    page = refer(sign_in(worker), **said)
    assert page.status_code == 200 and "Ffion" in page.text
    assert not Referral.objects.exists()


def test_a_partner_sees_of_their_own_referrals_how_they_stand_and_no_more(sign_in, worker, officer):
    browser = sign_in(worker)
    refer(browser)
    part = Participant.objects.get()
    Referral.objects.update(status="allocated", allocated_at=london(2026, 11, 23), allocated_by=officer)
    Person.objects.update(surname="Married-Name")
    page = browser.get(reverse("referrals:from-us")).text
    assert "With an officer" in page and "Ffion Rhys" in page
    assert "Married-Name" not in page and officer.display_name not in page
    assert browser.get(reverse("desk:summary", args=[part.case.reference, part.reference])).status_code == 403


def test_another_partner_sees_nothing_of_it(sign_in, worker):
    refer(sign_in(worker))
    other = UserFactory(roles=[Role.PARTNER], team=TeamFactory(name="Other", kind=Team.Kind.PARTNER))
    assert "Ffion" not in sign_in(other).get(reverse("referrals:from-us")).text


def test_a_restricted_case_says_no_more_than_received(sign_in, worker, officer):
    browser = sign_in(worker)
    refer(browser)
    Referral.objects.update(status="allocated", allocated_at=london(2026, 11, 23), allocated_by=officer)
    Case.objects.update(is_restricted=True)
    assert "With an officer" not in browser.get(reverse("referrals:from-us")).text


def test_the_officer_in_the_case_refers_a_victim_of_their_own_crime(sign_in, detective):
    case = CaseFactory(occurrence_no="2600000009", oic_collar="1234")
    assert refer(sign_in(detective), occurrence_no="2600000009").status_code == 302
    referral = Referral.objects.get()
    assert (referral.source, referral.participant.case) == ("officer", case)


def test_an_officer_says_which_crime(sign_in, detective):
    page = refer(sign_in(detective))
    assert "Enter the occurrence number" in page.text and not Referral.objects.exists()


def test_a_crime_that_no_feed_brought_yet_is_opened_under_its_officer(sign_in, detective):
    refer(sign_in(detective), occurrence_no="2600000010")
    case = Case.objects.get()
    assert (case.occurrence_no, case.oic_collar, case.oic_name) == ("2600000010", "1234", "DC Dee")
    refer(sign_in(detective), occurrence_no="2600000010", given_names="Mair")
    assert Case.objects.count() == 1 and Participant.objects.count() == 2


def test_no_answer_tells_an_officer_whether_we_hold_another_ones_crime(sign_in, detective):
    CaseFactory(occurrence_no="2600000011", oic_collar="9999", is_restricted=True)
    page = refer(sign_in(detective), occurrence_no="2600000011")
    assert page.status_code == 302
    part = Referral.objects.get().participant
    assert part.case.occurrence_no == "" and not part.case.is_restricted
    assert "2600000011" in Event.objects.get(kind=Kind.REFERRED_IN).detail


def test_who_answers_the_phone_writes_down_what_a_victim_asks(as_officer, officer):
    refer(as_officer)
    made = ReferredIn.objects.get()
    assert (made.made_by, made.partner, made.referral.source) == (officer, None, "self")
    assert made.referral.participant.person.safe_contact.confirmed_by == officer


def test_a_page_is_taken_once_however_often_it_is_sent(as_officer):
    page = as_officer.get(reverse("referrals:refer-in"))
    key = re.search(r'name="form_key" value="([^"]+)"', page.text)[1]
    assert {refer(as_officer, form_key=key).status_code for _ in range(2)} == {302}
    assert Referral.objects.count() == 1


def test_what_a_way_needs_is_asked_on_one_page_too(as_officer):
    page = refer(as_officer, ways=["phone", "email"], phone="")
    assert "Enter the number." in page.text and "Enter the email address." in page.text


def test_the_action_itself_refuses_who_asked_nobody(officer):
    said = actions.Said(person={}, safe={}, title="")
    with pytest.raises(actions.Refused, match="Ask the victim first"):
        actions.refer_in(said=said, source=Referral.Source.SELF, by=officer)


# --- A child who asks by herself -------------------------------------------------------------------

SHE_IS_14 = {
    **YOU, "date_of_birth_day": "1", "date_of_birth_month": "3", "date_of_birth_year": "2012",
}  # fmt: skip


@pytest.mark.parametrize(("you", "is_young"), [(SHE_IS_14, True), (YOU, False)])
def test_a_young_child_is_promised_no_way_before_somebody_decides(ffion, you, is_young):
    ffion.answers(WAYS, WHERE, you, WHAT)
    said = ffion.post("send").text
    assert ("0800 1111" in said, "only in the ways you ticked" in said) == (is_young, not is_young)


def test_where_there_is_no_officer_a_supervisor_decides_how_a_child_is_contacted(ffion):
    ffion.answers(WAYS, WHERE, SHE_IS_14, WHAT)
    ffion.post("send")
    part = Referral.objects.get().participant
    with pytest.raises(Blocked, match="A supervisor decides who is contacted"):
        clear(part, Channel.PHONE, Purpose.UPDATE)


@pytest.mark.parametrize("number", ["+44 (0)7700 900333", "+44(0)7700900333", "0044 7700 900333"])
def test_a_mobile_is_known_however_it_is_written(ffion, number):
    ffion.answers(WAYS | {"ways": ["phone", "text"]}, WHERE | {"phone": number})
    assert not ffion.page.context["form"].errors and "About you" in ffion.page.text
    assert phone_key(number) == "07700900333"
