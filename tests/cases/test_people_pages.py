"""Same person?, search before create, repeat crimes on the bar: the pages, and who sees what."""

import re
from datetime import date

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    CaseFactory,
    ParticipantFactory,
    PersonFactory,
    SafeContactFactory,
    SuspectFactory,
    TeamFactory,
    london,
)
from victimcare.audit.models import AccessEntry
from victimcare.cases import linking
from victimcare.cases.models import Case, Exclusion, Likeness, Participant, Person, PersonLink
from victimcare.cases.tasks import compare_new_people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def twice(officer) -> list[Participant]:
    """Siân Evans under two references, both in the officer's team: the same name and phone."""
    parts = [
        ParticipantFactory(
            person=PersonFactory(surname=surname, phone_mobile="07700 900123"),
            officer=officer,
            team=officer.team,
        )
        for surname in ("Evans", "Evans")
    ]
    compare_new_people()
    return parts


def of(part: Participant, page: str = "same-person/") -> str:
    return f"/cases/{part.case.reference}/{part.reference}/{page}"


def test_a_pair_is_shown_side_by_side_and_the_looks_are_written_down(as_officer, twice):
    page = text(as_officer.get("/same-person/"))
    assert all(part.person.reference in page for part in twice)
    assert "the same phone number" in page
    assert set(AccessEntry.objects.latest("pk").subjects) == {part.reference for part in twice}


def test_linked_from_the_worklist_and_unlinked_from_the_case(as_officer, twice, officer):
    pair = Likeness.objects.get()
    answer = {"pair": pair.reference, "answer": "link", "reason": "She told me."}
    assert as_officer.post("/same-person/", answer).status_code == 302
    link = PersonLink.objects.get()
    assert (link.reason, link.linked_by) == ("She told me.", officer)
    assert "There is nothing to decide." in text(as_officer.get("/same-person/"))
    assert "She told me." in text(as_officer.get(of(twice[0])))
    assert AccessEntry.objects.filter(op=AccessEntry.Op.COMBINE).count() == 1
    as_officer.post(of(twice[0]), {"link": link.reference, "answer": "unlink", "reason": "Two cousins."})
    link.refresh_from_db()
    assert link.unlink_reason == "Two cousins."


def test_not_the_same_takes_it_off_the_list(as_officer, twice):
    pair = Likeness.objects.get()
    as_officer.post("/same-person/", {"pair": pair.reference, "answer": "different"})
    assert "There is nothing to decide." in text(as_officer.get("/same-person/"))
    assert not PersonLink.objects.exists()


def test_a_button_pressed_twice_or_without_a_reason_says_so(as_officer, twice):
    pair = Likeness.objects.get()
    for answer in (
        {"answer": "link", "reason": ""},
        {"answer": "?"},
        {"answer": "link", "reason": "x" * 201},
    ):
        assert as_officer.post("/same-person/", {"pair": pair.reference, **answer}).status_code == 422
    as_officer.post("/same-person/", {"pair": pair.reference, "answer": "different"})
    again = as_officer.post("/same-person/", {"pair": pair.reference, "answer": "different"})
    assert again.status_code == 409


def test_a_mother_and_her_namesake_child_are_not_very_likely(as_officer, twice):
    Likeness.objects.update(is_key=True, score=100)  # as it was kept before the dates were known
    for part, born in zip(twice, (date(1990, 3, 3), date(2013, 7, 9)), strict=True):
        Person.objects.filter(pk=part.person_id).update(date_of_birth=born)
    page = text(as_officer.get("/same-person/"))
    assert "Very likely" not in page
    assert "Speaks against it: Different dates of birth." in page
    assert "(speaks against it)" in page


def test_the_reason_starts_empty_and_is_asked_for_beside_its_box(as_officer, twice):
    pair = Likeness.objects.get()
    assert 'name="reason" autocomplete="off" aria-describedby' in text(as_officer.get("/same-person/"))
    assert 'name="reason" value' not in text(as_officer.get("/same-person/"))
    response = as_officer.post("/same-person/", {"pair": pair.reference, "answer": "link", "reason": " "})
    assert response.status_code == 422
    assert f'id="why-{pair.reference}-error"' in text(response)
    assert not PersonLink.objects.exists()
    response = as_officer.post(
        "/same-person/", {"pair": pair.reference, "answer": "link", "reason": "y" * 201}
    )
    assert "y" * 201 in text(response)


def test_unlinking_without_a_reason_asks_for_one_beside_its_box(as_officer, twice, officer):
    link = linking.link(one=twice[0].person, other=twice[1].person, reason="x", by=officer)
    response = as_officer.post(of(twice[0]), {"link": link.reference, "answer": "unlink", "reason": ""})
    assert response.status_code == 422
    assert f'id="why-{link.reference}-error"' in text(response)
    link.refresh_from_db()
    assert link.unlinked_at is None


def test_a_stranger_cannot_answer_for_a_pair_they_may_not_see(as_stranger, twice):
    pair = Likeness.objects.get()
    answer = {"pair": pair.reference, "answer": "different"}
    assert as_stranger.post("/same-person/", answer).status_code == 404
    assert as_stranger.post("/same-person/", answer | {"pair": "SP-NOTHING"}).status_code == 404
    assert twice[0].person.reference not in text(as_stranger.get("/same-person/"))


def test_the_summary_says_who_it_may_be_and_only_what_the_reader_may_open(as_officer, twice):
    assert "may be the same person" in text(as_officer.get(of(twice[0], "")))
    Case.objects.filter(pk=twice[1].case_id).update(is_restricted=True)
    page = text(as_officer.get(of(twice[0], "")))
    assert "may be the same person" not in page
    assert "Same person?</h2>" not in page


def test_a_linked_record_that_is_hidden_leaves_no_trace(as_officer, twice, officer):
    linking.link(one=twice[0].person, other=twice[1].person, reason="x", by=officer)
    assert twice[1].reference in text(as_officer.get(of(twice[0], "")))
    Case.objects.filter(pk=twice[1].case_id).update(is_restricted=True)
    for page in ("", "same-person/"):
        assert twice[1].reference not in text(as_officer.get(of(twice[0], page)))
    assert "Linked: the same person" not in text(as_officer.get(of(twice[0])))


def test_a_record_that_nobody_proposed_is_linked_by_its_reference(as_officer, officer, victim):
    other = ParticipantFactory(officer=officer, team=officer.team, person__given_names="Sioned")
    asked = {"reference": other.person.reference.lower(), "reason": "Married name."}
    shown = text(as_officer.post(of(victim), asked))
    assert not PersonLink.objects.exists()
    assert (
        "Link Siân Evans with Sioned Evans?" in shown and "Born" in shown and other.person.reference in shown
    )
    assert as_officer.post(of(victim), asked | {"is": other.person.reference}).status_code == 302
    assert PersonLink.objects.count() == 1
    hidden = ParticipantFactory(team=TeamFactory(name="Another unit"))
    for reference in (hidden.person.reference, "PE-NOTHING"):
        page = text(as_officer.post(of(victim), asked | {"reference": reference}))
        assert "No record that you may open has this reference." in page


def test_who_is_shown_before_linking_is_written_down_and_was_asked_about(as_officer, officer, victim):
    him = PersonFactory(given_names="Gruffydd", surname="Quartermain", date_of_birth=date(1950, 1, 2))
    other = ParticipantFactory(officer=officer, team=officer.team, person=him)
    asked = {"reference": other.reference, "reason": "He said so."}
    assert "By the rules of likeness they are not alike." in text(as_officer.post(of(victim), asked))
    assert AccessEntry.objects.filter(subjects__contains=[other.reference]).exists()
    as_officer.post(of(victim), asked | {"is": "PE-SOMEBODY"})
    assert not PersonLink.objects.exists()


def test_her_suspect_is_refused_with_a_warning(as_officer, officer, victim):
    him = ParticipantFactory(officer=officer, team=officer.team)
    SuspectFactory(case=victim.case, person=him.person)
    response = as_officer.post(of(victim), {"reference": him.reference, "reason": "Same phone."})
    assert response.status_code == 422
    assert "suspect in a crime against the other" in text(response)


def test_a_protected_address_is_not_beside_the_other(as_officer, twice):
    SafeContactFactory(person=twice[0].person, address_is_protected=True)
    page = text(as_officer.get("/same-person/"))
    assert "Protected" in page
    assert twice[0].person.address_line_1 + "," not in page


def test_thirty_pairs_cost_no_more_queries_than_two(as_officer, officer):
    counts = []
    for n in range(30):
        part = ParticipantFactory(officer=officer, team=officer.team, person__phone_mobile=f"07700 90{n:04d}")
        ParticipantFactory(officer=officer, team=officer.team, person__phone_mobile=part.person.phone_mobile)
        if n == 0:
            as_officer.get("/same-person/")  # the first look of a session asks for more
        if n in (2, 29):
            Likeness.objects.all().delete()
            linking.keep_likenesses(Person.objects.values_list("pk", flat=True))
            with CaptureQueriesContext(connection) as queries:
                page = text(as_officer.get("/same-person/"))
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 25
    assert page.count('class="desk-pair"') == 25
    seen = set(re.findall(r'id="(SP-\w+)"', page))
    while more := re.search(r'href="(\?after=[^"]+)"', page):
        page = text(as_officer.get("/same-person/" + more.group(1)))
        later = set(re.findall(r'id="(SP-\w+)"', page))
        assert not seen & later
        seen |= later
    assert len(seen) == Likeness.objects.count()


def test_a_case_with_many_pairs_and_links_costs_no_more_queries(as_officer, officer, victim):
    counts = []
    for n in range(12):
        other = ParticipantFactory(
            officer=officer, team=officer.team, person__phone_mobile=victim.person.phone_mobile
        )
        if n % 2:
            linking.link(one=victim.person, other=other.person, reason="x", by=officer)
        if n == 0:
            as_officer.get(of(victim))
        if n in (3, 11):
            linking.keep_likenesses(Person.objects.values_list("pk", flat=True))
            for page in ("same-person/", ""):
                with CaptureQueriesContext(connection) as queries:
                    as_officer.get(of(victim, page))
                counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 25


@pytest.mark.parametrize("after", ["x", "1-999-1", "0-60-99999999999999999", "2-1-1", "-1", "1-60-"])
def test_an_odd_address_is_the_first_page_or_an_empty_one(as_officer, twice, after):
    assert as_officer.get("/same-person/", {"after": after}).status_code == 200


# --- Search before create ----------------------------------------------------------------------------

NON = {"given_names": "Non", "surname": "Pryce", "phone": "01495 222333", "postcode": "NP23 6AA",
       "date_of_birth_day": "1", "date_of_birth_month": "2", "date_of_birth_year": "1980"}  # fmt: skip

UNBORN = dict.fromkeys((name for name in NON if "birth" in name), "")


def token_of(response) -> str:
    return re.search(r'name="token" value="([^"]+)"', text(response)).group(1)


def test_somebody_new_is_added_only_after_a_search(as_officer, victim, officer):
    page = of(victim, "add")
    searched = as_officer.post(page, NON)
    assert "Add somebody new" in text(searched)
    answer = {"token": token_of(searched), "who": "new", "role": "WITNESS"}
    response = as_officer.post(page, answer)
    new = Participant.objects.get(role="WITNESS")
    assert response.url == of(new, "")
    assert (new.person.name, new.person.phone_mobile, new.case, new.team) == (
        "Non Pryce", "01495 222333", victim.case, officer.team,
    )  # fmt: skip
    assert new.person.date_of_birth == date(1980, 2, 1)


def test_nothing_is_added_without_the_proof_of_a_search(as_officer, victim, officer):
    page = of(victim, "add")
    good = token_of(as_officer.post(page, NON))
    forged = signing.dumps({"by": officer.reference, "place": victim.reference, "facts": {}, "shown": []})
    before = Person.objects.count()
    for token in ("", "x", good[:-2], forged):
        assert as_officer.post(page, {"token": token, "who": "new", "role": "WITNESS"}).status_code == 422
    as_officer.post(page, NON | {"who": "new", "role": "WITNESS"})  # a search, whatever else it says
    assert Person.objects.count() == before


def test_a_proof_is_for_one_person_one_case_and_half_an_hour(as_officer, sign_in, colleague, victim, monday):
    page = of(victim, "add")
    answer = {"token": token_of(as_officer.post(page, NON)), "who": "new", "role": "WITNESS"}
    assert sign_in(colleague).post(page, answer).status_code == 422
    elsewhere = ParticipantFactory(team=victim.team)
    assert as_officer.post(of(elsewhere, "add"), answer).status_code == 422
    monday.move_to(london(2026, 11, 23, 10, 31))
    assert as_officer.post(page, answer).status_code == 422


def test_whoever_is_held_already_is_used_again(as_officer, victim, officer):
    held = ParticipantFactory(
        team=officer.team,
        person=PersonFactory(given_names="Non", surname="Price", phone_mobile="01495222333"),
    )
    searched = as_officer.post(of(victim, "add"), NON | UNBORN)
    assert "a surname that sounds the same" in text(searched)
    people = Person.objects.count()
    as_officer.post(
        of(victim, "add"), {"token": token_of(searched), "who": held.person.reference, "role": "WITNESS"}
    )
    assert Participant.objects.get(role="WITNESS").person == held.person
    assert Person.objects.count() == people


def elsewhere(**facts) -> Participant:
    """Non Pryce of another team's case."""
    case = facts.pop("case", None) or CaseFactory()
    person = PersonFactory(given_names="Non", surname="Pryce", phone_mobile="01495 222333",
                           date_of_birth=date(1980, 2, 1), postcode="NP23 6AA", town="Ebbw Vale")  # fmt: skip
    return ParticipantFactory(case=case, person=person, team=TeamFactory(name="Another unit"), **facts)


def test_another_team_s_record_is_masked_and_cannot_be_used(as_officer, victim):
    theirs = elsewhere()
    searched = as_officer.post(of(victim, "add"), NON)
    page = text(searched)
    assert "N… P…, born 1980" in page and "Another unit" in page
    assert theirs.person.reference not in page and "Ebbw Vale" not in page
    answer = {"token": token_of(searched), "who": theirs.person.reference, "role": "WITNESS"}
    assert "Choose one of the answers listed." in text(as_officer.post(of(victim, "add"), answer))
    masked = AccessEntry.objects.get(outcome=AccessEntry.Outcome.MASKED)
    assert masked.subjects == [theirs.reference]


@pytest.mark.parametrize("kind", ["restricted", "abuse", "excluded", "protected", "partner", "child"])
def test_a_hidden_record_leaves_no_trace_at_all(as_officer, victim, officer, kind):
    nothing = text(as_officer.post(of(victim, "add"), NON))
    theirs = elsewhere(
        case=CaseFactory(is_restricted=kind == "restricted", flags=["DA"] if kind == "abuse" else []),
        relationship_to_suspect="EX_PARTNER" if kind == "partner" else "",
    )
    if kind == "excluded":
        Exclusion.objects.create(case=theirs.case, user=officer, reason="Her brother", declared_by=officer)
    if kind == "protected":
        SafeContactFactory(person=theirs.person, address_is_protected=True)
    if kind == "child":
        Person.objects.filter(pk=theirs.person_id).update(date_of_birth=date(2012, 2, 1))
        nothing = None
    page = text(as_officer.post(of(victim, "add"), NON))
    assert "Another team" not in page and "N…" not in page
    assert nothing is None or strip(page) == strip(nothing)


def strip(page: str) -> str:
    """Without what differs from one page to the next: keys and tokens."""
    return re.sub(r'value="[^"]{20,}"|nonce="[^"]+"|"X-CSRFToken": "[^"]+"', "", page)


def test_at_most_fifty_are_shown(as_officer, officer, victim):
    for _n in range(52):
        ParticipantFactory(team=officer.team, person=PersonFactory(given_names="Non", surname="Pryce",
                           date_of_birth=date(1980, 2, 1), postcode="NP23 6AA"))  # fmt: skip
    with CaptureQueriesContext(connection) as queries:
        page = text(as_officer.post(of(victim, "add"), NON))
    assert 0 < page.count('name="who"') <= 51
    assert len(queries) <= 25


def test_the_suspect_of_the_case_is_not_added_to_it(as_officer, officer, victim):
    him = ParticipantFactory(team=officer.team, person=PersonFactory(given_names="Non", surname="Pryce"))
    SuspectFactory(case=victim.case, person=him.person)
    searched = as_officer.post(of(victim, "add"), NON | UNBORN)
    answer = {"token": token_of(searched), "who": him.person.reference, "role": "REPRESENTATIVE"}
    assert "held as a suspect" in text(as_officer.post(of(victim, "add"), answer))


def test_whoever_shares_a_phone_with_the_suspect_does_not_act_for_the_victim(as_officer, victim):
    SuspectFactory(case=victim.case, person__phone_mobile="01495 222 333")
    searched = as_officer.post(of(victim, "add"), NON)
    people = Person.objects.count()
    answer = {"token": token_of(searched), "who": "new", "role": "REPRESENTATIVE"}
    response = as_officer.post(of(victim, "add"), answer)
    assert response.status_code == 422
    assert "cannot act for the victim" in text(response)
    assert Person.objects.count() == people


@pytest.mark.parametrize("role", ["VICTIM", "REPRESENTATIVE"])
def test_a_witness_care_officer_adds_witnesses_alone(sign_in, witness_care, victim, role):
    Case.objects.filter(pk=victim.case_id).update(witness_care_officer=witness_care)
    browser = sign_in(witness_care)
    searched = browser.post(of(victim, "add"), NON)
    assert 'value="WITNESS"' in text(searched) and f'value="{role}"' not in text(searched)
    answer = {"token": token_of(searched), "who": "new", "role": role}
    assert "Choose one of the answers listed." in text(browser.post(of(victim, "add"), answer))
    assert browser.get("/new-case").status_code == 403


OPENED = {"offence_title": "Criminal damage", "occurrence_no": "", "reported_on_day": "20", "reported_on_month": "11",
          "reported_on_year": "2026", "flags": ["HATE"]}  # fmt: skip


def test_a_case_is_opened_by_hand_with_its_victim_and_an_officer(as_officer, officer):
    searched = as_officer.post("/new-case", NON)
    answer = OPENED | {"token": token_of(searched), "who": "new", "officer": officer.pk}
    response = as_officer.post("/new-case", answer)
    new = Participant.objects.get()
    assert response.url == of(new, "")
    assert (new.officer, new.role, new.case.offence_title, new.case.flags) == (
        officer, "VICTIM", "Criminal damage", ["HATE"],
    )  # fmt: skip
    assert set(new.case.events.values_list("kind", flat=True)) == {
        "CRIME_REPORTED", "OFFICER_ALLOCATED", "ENTITLEMENT_SET",
    }  # fmt: skip
    assert new.referral.status == "allocated"
    assert as_officer.get(response.url).status_code == 200


def test_an_occurrence_that_is_held_already_is_not_opened_twice(as_officer, officer):
    CaseFactory(occurrence_no="2600123456")
    searched = as_officer.post("/new-case", NON)
    answer = OPENED | {"token": token_of(searched), "who": "new", "officer": officer.pk}
    response = as_officer.post("/new-case", answer | {"occurrence_no": "2600 123456"})
    assert response.status_code == 422
    assert not Participant.objects.exists()


# --- Repeat victims ----------------------------------------------------------------------------------


def test_the_bar_says_how_many_crimes_and_their_pattern(as_officer, officer, victim):
    him = SuspectFactory(case=victim.case).person
    before = ParticipantFactory(
        person=victim.person, team=officer.team,
        case=CaseFactory(offence_code="8L", offence_title="Harassment", recorded_at=london(2026, 8, 3, 9)),
    )  # fmt: skip
    SuspectFactory(case=before.case, person=him)
    page = text(as_officer.get(of(victim, "")))
    assert "2 crimes in 12 months: the same suspect, the harm is rising." in page
    assert of(before, "") in page


def test_a_restricted_crime_is_neither_shown_nor_counted_on_the_page(as_officer, officer, victim):
    for n, hidden in enumerate((False, True)):
        case = CaseFactory(
            recorded_at=london(2026, 8, 3 + n, 9), is_restricted=hidden, offence_title=f"Crime {n}"
        )
        ParticipantFactory(person=victim.person, team=officer.team, case=case)
    page = text(as_officer.get(of(victim, "")))
    assert "2 crimes in 12 months" in page
    assert "Crime 1" not in page


def test_one_crime_is_no_pattern(as_officer, victim):
    assert "desk-repeats" not in text(as_officer.get(of(victim, "")))


def test_search_by_either_reference_finds_both(as_officer, twice, officer):
    linking.link(one=twice[0].person, other=twice[1].person, reason="x", by=officer)
    for part in twice:
        page = text(as_officer.get("/search", {"q": part.person.reference}))
        assert all(of(each, "") in page for each in twice)
    Case.objects.filter(pk=twice[1].case_id).update(is_restricted=True)
    page = text(as_officer.get("/search", {"q": twice[0].person.reference}))
    assert of(twice[1], "") not in page
