"""Is it safe to reach this person this way, now? The rule by table, by chance, and with real rows."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import (
    CaseFactory,
    ParticipantFactory,
    PersonFactory,
    SafeContactFactory,
    SuspectFactory,
    london,
)
from victimcare.cases.changing import set_safe_contact
from victimcare.cases.models import Participant, Person, SafeContact
from victimcare.cases.safe_contact import (
    Blocked,
    Channel,
    Facts,
    Purpose,
    address_keys,
    clear,
    judge,
    person_keys,
    phone_key,
    verdicts,
    verdicts_for,
)
from victimcare.cases.safe_contact.danger import _is_dangerous
from victimcare.faults import Refused

TODAY = date(2026, 11, 23)
SAFE = Facts(
    channel=Channel.PHONE,
    purpose=Purpose.UPDATE,
    safe="Y",
    destination="07700900123",
    is_flagged=False,
    has_died=False,
    is_suspect_here=False,
    suspect_destinations=frozenset(),
    at=time(10, 0),
    call_from=None,
    call_until=None,
    asked_on=date(2026, 11, 16),
    today=TODAY,
    address_is_protected=False,
)

OLD = {"is_flagged": True, "asked_on": TODAY - timedelta(days=91)}
WINDOW = {"call_from": time(9, 30), "call_until": time(14, 30)}
PROTECTED = {"address_is_protected": True, "destination": "12brynroad"}
CASES = [
    # What is different from a safe call on a Monday at ten, allowed?, the rule that says so.
    ({}, True, "said_yes"),
    ({"safe": ""}, True, "no_known_danger"),
    ({"safe": "N"}, False, "said_no"),
    ({"destination": ""}, False, "no_destination"),
    ({"has_died": True}, False, "died"),
    ({"has_died": True, "channel": Channel.IN_PERSON}, False, "died"),
    ({"is_suspect_here": True}, False, "suspect"),
    ({"suspect_destinations": frozenset({"07700900123"})}, False, "shared_with_suspect"),
    ({"suspect_destinations": frozenset({"07700900999"})}, True, "said_yes"),
    ({"call_from": time(9, 30), "call_until": time(14, 30)}, True, "said_yes"),
    ({"call_from": time(9, 30), "call_until": time(14, 30), "at": time(15, 0)}, False, "outside_window"),
    (
        {"call_from": time(9, 30), "call_until": time(14, 30), "at": time(15, 0), "channel": Channel.TEXT},
        True,
        "said_yes",
    ),
    # Nobody asked, and there may be danger: an officer may ring, in office hours, and nothing else.
    ({"safe": "", "is_flagged": True}, True, "first_contact"),
    ({"safe": "", "is_flagged": True, "at": time(8, 59)}, False, "first_contact_hours"),
    ({"safe": "", "is_flagged": True, "at": time(17, 1)}, False, "first_contact_hours"),
    ({"safe": "", "is_flagged": True, "channel": Channel.VOICEMAIL}, False, "not_known"),
    ({"safe": "", "is_flagged": True, "channel": Channel.TEXT}, False, "not_known"),
    ({"safe": "", "is_flagged": True, "channel": Channel.EMAIL}, False, "not_known"),
    ({"safe": "", "is_flagged": True, "channel": Channel.POST}, False, "not_known"),
    ({"safe": "", "is_flagged": True, "channel": Channel.IN_PERSON}, True, "in_person"),
    (
        {"safe": "", "is_flagged": True, "suspect_destinations": frozenset({"07700900123"})},
        False,
        "shared_with_suspect",
    ),
    # Answers over ninety days old are asked again first, where there may be danger.
    ({"is_flagged": True, "asked_on": TODAY - timedelta(days=90)}, True, "said_yes"),
    ({"is_flagged": True, "asked_on": TODAY - timedelta(days=91)}, False, "stale"),
    (
        {"is_flagged": True, "asked_on": TODAY - timedelta(days=91), "purpose": Purpose.REVIEW},
        True,
        "said_yes",
    ),
    ({"is_flagged": False, "asked_on": TODAY - timedelta(days=900)}, True, "said_yes"),
    ({**OLD, "channel": Channel.VOICEMAIL, "purpose": Purpose.REVIEW}, False, "stale"),
    ({**OLD, "channel": Channel.IN_PERSON}, True, "said_yes"),
    ({**OLD, "channel": Channel.POST, "destination": "12brynroad"}, False, "stale"),
    ({"is_flagged": True, "asked_on": None}, True, "said_yes"),
    # Each hour at its very edge; a window is only one with both its ends, and binds calls alone.
    ({"safe": "", "is_flagged": True, "at": time(9, 0)}, True, "first_contact"),
    ({"safe": "", "is_flagged": True, "at": time(17, 0)}, True, "first_contact"),
    ({**WINDOW, "at": time(9, 30)}, True, "said_yes"),
    ({**WINDOW, "at": time(14, 30)}, True, "said_yes"),
    ({**WINDOW, "at": time(9, 29)}, False, "outside_window"),
    ({**WINDOW, "at": time(14, 31)}, False, "outside_window"),
    ({**WINDOW, "at": time(15), "channel": Channel.VOICEMAIL}, True, "said_yes"),
    ({**WINDOW, "at": time(15), "safe": "", "is_flagged": True}, False, "outside_window"),
    ({"call_from": time(11)}, True, "said_yes"),
    ({"call_until": time(9)}, True, "said_yes"),
    # Whatever they answered, some are reached no way at all.
    ({"is_tied_to_suspect": True}, False, "tied_to_suspect"),
    ({"is_tied_to_suspect": True, "channel": Channel.IN_PERSON}, False, "tied_to_suspect"),
    ({"is_unsafe": True}, False, "unsafe"),
    ({"is_unsafe": True, "channel": Channel.IN_PERSON}, False, "unsafe"),
    ({"is_suspect_here": True, "channel": Channel.IN_PERSON}, False, "suspect"),
    ({"safe": "N", "channel": Channel.IN_PERSON}, False, "said_no"),
    ({"destination": "", "channel": Channel.IN_PERSON}, True, "said_yes"),
    ({"destination": "", "channel": Channel.POST}, False, "no_destination"),
    ({"destination": "", "suspect_destinations": frozenset({""})}, False, "no_destination"),
    # A protected address is written to when they said so; it says nothing of another way.
    ({**PROTECTED, "channel": Channel.POST, "safe": ""}, False, "protected_address"),
    ({**PROTECTED, "channel": Channel.POST, "safe": "Y"}, True, "said_yes"),
    ({**PROTECTED, "channel": Channel.EMAIL, "safe": ""}, True, "no_known_danger"),
    # While a change waits, the number held before is rung and nothing is sent.
    ({"is_changing": True}, True, "said_yes"),
    ({"is_changing": True, "channel": Channel.IN_PERSON}, True, "said_yes"),
    *(
        ({"is_changing": True, "channel": channel}, False, "pending_change")
        for channel in (Channel.TEXT, Channel.EMAIL, Channel.POST, Channel.VOICEMAIL)
    ),
    # A child is reached through who acts for them; a young one, where nobody does, as a supervisor decided.
    ({"age": 17, "acted_for_by": "Bethan"}, False, "child"),
    ({"age": 18, "acted_for_by": "Bethan"}, True, "said_yes"),
    ({"age": 17}, True, "said_yes"),
    ({"age": 16}, True, "said_yes"),
    ({"age": 15}, False, "nobody_acts"),
    ({"age": 15, "channel": Channel.IN_PERSON}, True, "said_yes"),
    ({"age": 15, "acted_for_by": "Bethan", "is_child_decided": True}, False, "child"),
    ({"age": 15, "is_child_decided": True}, True, "said_yes"),
    ({"age": 15, "is_child_decided": True, "safe": ""}, False, "child_did_not_ask"),
    ({"age": 16, "is_child_decided": True, "safe": "", "is_flagged": True}, True, "first_contact"),
    ({"age": 15, "has_died": True}, False, "died"),
]


@pytest.mark.parametrize(("different", "allowed", "rule"), CASES)
def test_the_rule(different, allowed, rule):
    verdict = judge(replace(SAFE, **different))
    assert (verdict.allowed, verdict.rule) == (allowed, rule)
    assert bool(verdict.reasons) is not allowed
    assert allowed or verdict.reasons[0].rule == rule


def test_every_rule_that_closes_a_way_is_named_the_gravest_first():
    worst = {
        "has_died": True,
        "is_suspect_here": True,
        "is_tied_to_suspect": True,
        "is_unsafe": True,
        "safe": "N",
    }
    rules = [reason.rule for reason in judge(replace(SAFE, **worst)).reasons]
    assert rules == ["died", "suspect", "tied_to_suspect", "unsafe", "said_no"]
    more = {
        "safe": "N",
        "suspect_destinations": frozenset({"07700900123"}),
        "is_changing": True,
        **OLD,
        **WINDOW,
    }
    late = replace(SAFE, **more, at=time(20))
    assert [reason.rule for reason in judge(late).reasons] == [
        "said_no", "shared_with_suspect", "outside_window", "stale",
    ]  # fmt: skip
    texted = [reason.rule for reason in judge(replace(late, channel=Channel.TEXT)).reasons]
    assert texted == ["said_no", "shared_with_suspect", "pending_change", "stale"]


def test_how_to_ring_is_said_with_every_yes():
    said = {
        (channel, withhold): [str(words) for words in judge(changed).instructions]
        for channel in Channel
        for withhold in (True, False)
        for changed in [replace(SAFE, channel=channel, must_withhold=withhold)]
    }
    phones = (Channel.PHONE, Channel.TEXT, Channel.VOICEMAIL)
    for (channel, withhold), words in said.items():
        assert words == (["Withhold the number."] if withhold and channel in phones else [])
    careful = replace(SAFE, safe="", is_flagged=True, is_changing=True)
    assert [str(words)[:15] for words in judge(careful).instructions] == [
        "Withhold the nu", "Ask only for th", "No voicemail an", "Another number ",
    ]  # fmt: skip
    assert len(judge(replace(careful, is_changing=False)).instructions) == 3
    seen = judge(replace(careful, channel=Channel.IN_PERSON))
    assert [str(words) for words in seen.instructions] == ["See them alone."]
    assert [str(words)[:14] for words in judge(replace(SAFE, is_changing=True)).instructions] == [
        "Another number"
    ]


def test_a_block_says_whom_to_turn_to():
    def sentence(**different):
        return str(judge(replace(SAFE, **different)).reasons[0].sentence)

    assert "Contact Bethan, who acts for the family" in sentence(
        has_died=True, acted_for_by="Bethan", decides="PC Pugh"
    )
    assert "PC Pugh decides" in sentence(has_died=True, decides="PC Pugh")
    assert "Contact whoever acts" in sentence(has_died=True)
    assert "Contact Bethan, who acts for them" in sentence(age=9, acted_for_by="Bethan")
    assert "PC Pugh decides" in sentence(age=9, decides="PC Pugh")
    assert "The officer in the case decides" in sentence(age=9)
    assert "No phone number" in sentence(destination="", channel=Channel.VOICEMAIL)
    assert "No address" in sentence(destination="", channel=Channel.EMAIL)


def test_any_of_three_things_is_danger():
    assert not _is_dangerous([], "STRANGER", "MEDIUM")
    for flag in ("DA", "RASSO", "STALKING", "HBA", "CSE", "MSHT"):
        assert _is_dangerous([flag, "HATE"], "STRANGER", "")
    assert not _is_dangerous(["HATE"], "", "")
    assert _is_dangerous([], "PARTNER", "") and _is_dangerous([], "EX_PARTNER", "")
    assert _is_dangerous([], "", "HIGH")


def test_a_door_has_every_key_it_is_written_with():
    def keys(first, second="", postcode=""):
        return address_keys(Person(address_line_1=first, address_line_2=second, postcode=postcode))

    assert keys("12 Bryn Road", "", "NP20 1AA") == {"12brynroad", "12@np201aa"}
    assert keys("Flat 2", "14 High St", "np20 1aa") == {"flat214highst", "2@np201aa", "14@np201aa"}
    assert keys("Rose Cottage", "", "NP7 5ZZ") == {"rosecottage", "@np75zz"}
    assert keys("1 Bryn", "Newport") == {"1bryn", "1brynnewport"}
    assert keys("14a High St") == {"14ahighst"} and keys("", "", "NP7 5ZZ") == keys("") == set()
    person = Person(
        phone_mobile="+44 7700 900123", phone_home="01633 111222", email="A@B.org", address_line_1="1 Y"
    )
    assert person_keys(person) == {"07700900123", "01633111222", "a@b.org", "1y"}
    assert person_keys(Person()) == set()
    assert phone_key("4412345678") == "4412345678"  # ten figures: no country before them


anything = st.builds(
    Facts,
    channel=st.sampled_from(Channel),
    purpose=st.sampled_from(Purpose),
    safe=st.sampled_from(["Y", "N", ""]),
    destination=st.sampled_from(["", "07700900123", "12brynroad"]),
    is_flagged=st.booleans(),
    has_died=st.booleans(),
    is_suspect_here=st.booleans(),
    suspect_destinations=st.frozensets(st.sampled_from(["07700900123", "12brynroad", "x@example.org"])),
    at=st.times(),
    call_from=st.none() | st.just(time(9, 0)),
    call_until=st.none() | st.just(time(16, 0)),
    asked_on=st.none() | st.dates(date(2025, 1, 1), TODAY),
    today=st.just(TODAY),
    address_is_protected=st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(anything)
def test_it_never_allows_what_somebody_said_no_to_what_a_suspect_shares_or_the_dead(facts):
    if not judge(facts).allowed:
        return
    assert facts.safe != "N"
    assert not facts.has_died
    assert not facts.is_suspect_here
    assert facts.destination not in facts.suspect_destinations
    assert facts.destination or facts.channel is Channel.IN_PERSON


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(anything)
def test_where_there_is_danger_nothing_nobody_asked_about_is_used_but_a_careful_call(facts):
    verdict = judge(replace(facts, is_flagged=True, safe=""))
    if verdict.allowed:
        assert facts.channel in {Channel.PHONE, Channel.IN_PERSON}
        assert verdict.instructions


@pytest.mark.parametrize("typed", ["07700 900123", "+44 7700 900123", "(07700) 900-123", "447700900123"])
def test_spacing_and_country_never_hide_a_match(typed):
    assert phone_key(typed) == "07700900123"


# --- With real rows --------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("monday")
class TestRows:
    def test_a_suspect_who_shares_the_phone_closes_it(self, victim):
        suspect = SuspectFactory(case=victim.case)
        suspect.person.phone_home = "+44" + victim.person.phone_mobile[1:]
        suspect.person.save()
        assert verdicts(victim)[Channel.PHONE].rule == "shared_with_suspect"

    def test_a_suspect_who_lived_at_the_address_closes_post(self, victim):
        victim.person.safe_contact.post = "Y"
        victim.person.safe_contact.save()
        assert verdicts(victim)[Channel.POST].allowed
        suspect = SuspectFactory(case=victim.case)
        suspect.person.address_line_1, suspect.person.postcode = victim.person.address_line_1, "CF10 1AA"
        suspect.person.save()
        suspect.person.address_line_1 = "1 Somewhere Else"
        suspect.person.save()
        assert verdicts(victim)[Channel.POST].rule == "shared_with_suspect"

    def test_a_clearance_carries_where_to_ring_and_says_which_answers_it_rests_on(self, victim):
        clearance = clear(victim, Channel.PHONE, Purpose.UPDATE)
        assert clearance.destination == victim.person.phone_mobile
        assert clearance.safe_contact_version == victim.person.safe_contact.version

    def test_what_is_not_safe_is_blocked_with_every_reason(self, victim):
        Person.objects.filter(pk=victim.person_id).update(date_of_death=date(2026, 11, 20))
        victim.person.refresh_from_db()
        with pytest.raises(Blocked) as blocked:
            clear(victim, Channel.POST, Purpose.UPDATE)
        assert [reason.rule for reason in blocked.value.reasons] == ["died", "said_no"]

    def test_somebody_who_is_a_suspect_too_is_never_contacted(self, victim):
        ParticipantFactory(case=victim.case, person=victim.person, role="SUSPECT", team=None)
        assert not any(verdict.allowed for verdict in verdicts(victim).values())

    def test_a_childs_channels_are_closed_until_somebody_asked(self):
        child = ParticipantFactory(person__date_of_birth=date(2010, 1, 1))
        said = verdicts(child)
        assert said[Channel.PHONE].rule == "first_contact"
        assert said[Channel.TEXT].rule == "not_known"

    def test_fifty_people_cost_two_queries_and_the_same_verdicts_as_one(self):
        people = []
        for n in range(50):
            part = ParticipantFactory(case=CaseFactory(flags=["DA"] if n % 3 == 0 else []))
            if n % 2:
                SafeContactFactory(person=part.person, confirmed_at=london(2026, 11, 1))
            suspect = SuspectFactory(case=part.case)
            if n % 5 == 0:
                suspect.person.phone_mobile = part.person.phone_mobile
                suspect.person.save()
            people.append(part)
        with CaptureQueriesContext(connection) as queries:
            together = verdicts_for(people)
        assert len(queries) == 2
        assert all(together[part.pk] == verdicts(part) for part in people)

    def test_one_victims_suspect_does_not_close_anothers_phone(self, victim):
        other = ParticipantFactory(person=PersonFactory(phone_mobile="07700 911111"))
        suspect = SuspectFactory(case=other.case)
        suspect.person.phone_mobile = victim.person.phone_mobile
        suspect.person.save()
        together = verdicts_for([victim, other])
        assert together[victim.pk][Channel.PHONE].allowed

    # --- What is known of the person from elsewhere -------------------------------------------------

    def test_a_suspect_of_her_other_case_closes_the_phone_they_share(self, victim):
        earlier = ParticipantFactory(person=victim.person, case=CaseFactory())
        suspect = SuspectFactory(case=earlier.case)
        suspect.person.phone_mobile = victim.person.phone_mobile
        suspect.person.save()
        assert verdicts(victim)[Channel.PHONE].rule == "shared_with_suspect"

    def test_danger_flagged_in_her_other_case_is_danger_here(self):
        victim = ParticipantFactory()
        assert verdicts(victim)[Channel.POST].rule == "no_known_danger"
        ParticipantFactory(person=victim.person, case=CaseFactory(flags=["DA"]))
        assert verdicts(victim)[Channel.POST].rule == "not_known"

    def test_the_crime_somebody_is_suspected_of_says_nothing_of_where_they_are_a_victim(self):
        victim = ParticipantFactory()
        other = ParticipantFactory(case=CaseFactory(flags=["DA"]))
        ParticipantFactory(person=victim.person, case=other.case, role="SUSPECT", team=None)
        assert verdicts(victim)[Channel.POST].rule == "no_known_danger"

    @pytest.mark.parametrize(
        "marker",
        [
            {"relationship_to_suspect": "EX_PARTNER"},
            {"relationship_to_suspect": "PARTNER"},
            {"risk_level": "HIGH"},
        ],
    )
    def test_a_partner_or_a_high_risk_is_danger_although_nobody_flagged_the_crime(self, marker):
        assert verdicts(ParticipantFactory(**marker))[Channel.TEXT].rule == "not_known"

    def test_somebody_closed_as_dead_in_another_case_is_not_written_to(self, victim):
        ParticipantFactory(
            person=victim.person,
            case=CaseFactory(),
            closed_at=london(2026, 11, 20),
            closure_reason="deceased",
        )
        assert verdicts(victim)[Channel.PHONE].rule == "died"

    def test_somebody_closed_as_unsafe_to_contact_is_reached_no_way_at_all(self, victim):
        victim.closed_at, victim.closure_reason = london(2026, 11, 20), "unsafe_to_contact"
        victim.save()
        assert {verdict.rule for verdict in verdicts(victim).values()} == {"unsafe"}

    # --- The same door, written another way ---------------------------------------------------------

    @pytest.mark.parametrize(
        ("hers", "his"),
        [
            (("Flat 2, 14 High Street", "", "NP20 1AA"), ("14 High St", "", "NP201AA")),
            (("Flat 2", "14 High Street", "NP20 1AA"), ("Flat 2, 14 High Street", "", "")),
            (("Rose Cottage", "", "NP7 5ZZ"), ("The Cottage", "Rose Lane", "NP7 5ZZ")),
        ],
    )
    def test_a_flat_or_a_named_house_is_the_same_door_however_it_is_written(self, hers, his):
        victim = ParticipantFactory()
        suspect = SuspectFactory(case=victim.case)
        for person, (line, second, postcode) in ((victim.person, hers), (suspect.person, his)):
            person.address_line_1, person.address_line_2, person.postcode = line, second, postcode
            person.save()
        assert verdicts(victim)[Channel.POST].rule == "shared_with_suspect"

    def test_flat_two_of_another_street_is_another_door(self):
        victim = ParticipantFactory()
        suspect = SuspectFactory(case=victim.case)
        for person, street, postcode in (
            (victim.person, "14 High Street", "NP20 1AA"),
            (suspect.person, "9 Mill Lane", "NP44 1ZZ"),
        ):
            person.address_line_1, person.address_line_2, person.postcode = "Flat 2", street, postcode
            person.save()
        assert verdicts(victim)[Channel.POST].allowed

    # --- What an answer was about -------------------------------------------------------------------

    def test_a_yes_to_post_was_about_the_address_of_that_day(self, monday, officer):
        victim = ParticipantFactory(case=CaseFactory(flags=["DA"]))
        answers = {"post": "Y", "text": "Y"}
        set_safe_contact(person=victim.person, version=0, by=officer, **answers)
        assert verdicts(victim)[Channel.POST].rule == "said_yes"
        monday.move_to(london(2026, 11, 24, 10))
        victim.person.address_line_1 = "7 Heol Newydd"
        victim.person.save()
        said = verdicts(victim)
        assert (said[Channel.POST].rule, said[Channel.TEXT].rule) == ("not_known", "said_yes")

    def test_a_new_number_is_not_texted_on_a_yes_to_the_old_one(self, monday, officer):
        victim = ParticipantFactory(case=CaseFactory(flags=["DA"]))
        set_safe_contact(person=victim.person, version=0, by=officer, phone="Y", text="Y")
        monday.move_to(london(2026, 11, 24, 10))
        victim.person.phone_mobile = "07700 900777"
        victim.person.save()
        said = verdicts(victim)
        assert (said[Channel.TEXT].rule, said[Channel.PHONE].rule) == ("not_known", "first_contact")
        asked_at = SafeContact.objects.get().confirmed_at
        set_safe_contact(
            person=victim.person, version=1, by=officer, phone="", text="", note="Not on Mondays."
        )
        safe = SafeContact.objects.get()  # a note asks nobody: the yes stays that of the old number
        assert (safe.note, safe.confirmed_at, safe.text) == ("Not on Mondays.", asked_at, "Y")
        with pytest.raises(Refused, match="only by asking"):
            set_safe_contact(person=victim.person, version=2, by=officer, phone="Y", text="Y", note="!")
        assert verdicts(victim)[Channel.TEXT].rule == "not_known"
        set_safe_contact(person=victim.person, version=2, by=officer, phone="Y", asked=True)
        said = verdicts(Participant.objects.get(pk=victim.pk))
        assert (said[Channel.TEXT].rule, said[Channel.PHONE].rule) == ("not_known", "said_yes")

    def test_a_no_stands_whatever_the_number(self, monday, officer):
        victim = ParticipantFactory()
        set_safe_contact(person=victim.person, version=0, by=officer, phone="N")
        monday.move_to(london(2026, 11, 24, 10))
        victim.person.phone_mobile = "07700 900777"
        victim.person.save()
        assert verdicts(victim)[Channel.PHONE].rule == "said_no"

    def test_nobody_writes_to_a_protected_address_unless_she_said_yes(self, officer):
        victim = ParticipantFactory()
        set_safe_contact(person=victim.person, version=0, by=officer, post="", address_is_protected=True)
        assert verdicts(victim)[Channel.POST].rule == "protected_address"
        set_safe_contact(person=victim.person, version=1, by=officer, post="Y", asked=True)
        assert verdicts(victim)[Channel.POST].rule == "said_yes"
