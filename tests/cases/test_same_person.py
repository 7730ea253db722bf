"""The same person twice: found, asked about, linked, unlinked to the byte; never a victim with her suspect."""

import json
from datetime import date

import pytest
from django.apps import apps
from django.db import connection, models

from tests.factories import (
    CaseFactory,
    ParticipantFactory,
    PersonFactory,
    SafeContactFactory,
    SuspectFactory,
    TeamFactory,
    london,
)
from victimcare.cases import linking
from victimcare.cases.links import linked_to
from victimcare.cases.lookalikes import WAYS, like_query, pairs_of
from victimcare.cases.models import Compared, Likeness, Participant, Person, PersonLink
from victimcare.cases.safe_contact import Channel, verdicts
from victimcare.cases.tasks import compare_new_people, compare_recent_people
from victimcare.faults import Refused, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

SIAN = {
    "given_names": "Siân",
    "surname": "Llywelyn",
    "date_of_birth": date(1992, 5, 1),
    "postcode": "NP20 4AB",
}


def record(**facts) -> Person:
    """Another record of Siân Llywelyn, served in a case of its own, with nothing but her name."""
    nothing = {"phone_mobile": "", "email": "", "postcode": "", "date_of_birth": None, "address_line_1": ""}
    return ParticipantFactory(person=PersonFactory(**SIAN | nothing | facts)).person


@pytest.fixture
def sian(officer) -> Person:
    part = ParticipantFactory(
        person=PersonFactory(**SIAN, phone_mobile="07700 900123", email="sian@example.org"),
        officer=officer, team=officer.team,
    )  # fmt: skip
    return part.person


@pytest.mark.parametrize(
    "facts",
    [
        {"given_names": "Sian", "surname": "Llewellyn", "date_of_birth": date(1992, 5, 1)},
        {"date_of_birth": date(1992, 1, 5)},
        {"date_of_birth": date(1929, 5, 1)},
        {"phone_mobile": "+44 7700 900123"},
        {"phone_home": "07700900123"},
        {"email": "SIAN@example.org"},
        {"surname": "Pugh", "date_of_birth": date(1992, 5, 1), "postcode": "np204ab"},
        {"given_names": "Llywelyn", "surname": "Sian", "date_of_birth": date(1992, 5, 1)},
    ],
)
def test_another_record_of_hers_is_found(sian, facts):
    another = record(**facts)
    assert [(pair.one, pair.other) for pair in pairs_of([another.pk])] == [(sian.pk, another.pk)]


def test_the_same_number_in_another_system_is_a_key():
    old = record(source_system="NICHE", source_id="N-0012345")
    new = record(source_system="RMS", source_id="n12345")
    (pair,) = pairs_of([new.pk])
    assert (pair.one, pair.match.is_key) == (old.pk, True)


@pytest.mark.parametrize(
    "facts",
    [
        {"given_names": "Mair", "phone_mobile": "07700 900123", "postcode": "NP20 4AB"},
        {"date_of_birth": date(1960, 3, 3), "phone_mobile": "07700 900123"},
        {},
    ],
)
def test_her_daughter_and_her_namesake_are_not(sian, facts):
    assert not pairs_of([record(**facts).pk])


def test_a_couple_who_share_a_phone_are_never_proposed_where_one_is_the_suspect(sian):
    part = sian.parts.get()
    other = record(**SIAN)
    SuspectFactory(case=part.case, person=other)
    assert not pairs_of([sian.pk])


def test_whoever_is_only_ever_a_suspect_is_never_proposed(sian):
    SuspectFactory(person=PersonFactory(**SIAN))
    assert not pairs_of([sian.pk])


def test_an_imports_people_are_compared_once_and_a_change_compares_again(sian):
    another = record(phone_mobile="07700 900777")
    assert compare_new_people() > 0
    assert not Likeness.objects.exists()
    another.phone_mobile = "07700 900123"
    another.save()
    assert compare_new_people() == 1
    assert compare_new_people() == 0
    (found,) = Likeness.objects.all()
    assert found.reasons == ["same_name", "same_phone"]
    assert Compared.objects.get().up_to > 0


def test_what_is_alike_no_more_is_asked_no_more(sian):
    another = record(phone_mobile="07700 900123")
    compare_new_people()
    another.phone_mobile = ""
    another.save()
    compare_new_people()
    assert not Likeness.objects.exists()


def test_every_night_the_last_two_days_are_compared_again(sian):
    record(phone_mobile="07700 900123")
    compare_new_people()
    Likeness.objects.all().delete()
    assert compare_recent_people() >= 2
    assert Likeness.objects.count() == 1


@pytest.fixture
def pair(sian) -> Likeness:
    record(phone_mobile="07700 900123")
    compare_new_people()
    return Likeness.objects.get()


def rows_under(people: list[int]) -> dict[str, list]:
    """Every row that leads to these people by any number of steps, histories too, but not the links themselves."""
    apart = {Likeness, PersonLink, Likeness.history.model, PersonLink.history.model, Compared}
    kept = set(connection.introspection.table_names())
    apart |= {model for model in apps.get_models() if model._meta.db_table not in kept}
    reached: dict[type[models.Model], set] = {Person: set(people)}
    grew = True
    while grew:
        grew = False
        for model in apps.get_models():
            if model in apart:
                continue
            for field in model._meta.concrete_fields:
                target = field.related_model
                if target not in reached or (target is model and not field.null):
                    continue
                found = set(
                    model._base_manager.filter(**{f"{field.name}__in": list(reached[target])}).values_list(
                        "pk", flat=True
                    )
                )
                if found - reached.setdefault(model, set()):
                    reached[model] |= found
                    grew = True
    for model, pks in list(reached.items()):
        if hasattr(model, "history"):
            then = model.history.model
            reached[then] = set(then.objects.filter(id__in=pks).values_list("pk", flat=True))
    return {
        model._meta.label: sorted(map(repr, model._base_manager.filter(pk__in=pks).values_list()))
        for model, pks in reached.items()
        if pks
    }


def test_linking_and_unlinking_leaves_every_row_as_it_was(pair, officer):
    SafeContactFactory(person=pair.one)
    people = [pair.one_id, pair.other_id]
    before = rows_under(people)
    assert {"cases.Person", "cases.HistoricalPerson", "cases.Participant", "cases.SafeContact"} <= set(before)
    link = linking.link(one=pair.one, other=pair.other, reason="She says so.", by=officer)
    assert rows_under(people) == before
    linking.unlink(link=link, reason="Her sister.", by=officer)
    assert rows_under(people) == before


def test_linked_records_are_one_group_however_long_the_chain(officer):
    a, b, c = record(), record(), record()
    linking.link(one=c, other=b, reason="x", by=officer)
    linking.link(one=a, other=b, reason="x", by=officer)
    assert linked_to([a.pk])[a.pk] == {a.pk, b.pk, c.pk}
    with pytest.raises(Refused, match="linked already"):
        linking.link(one=a, other=c, reason="x", by=officer)


def test_not_the_same_is_never_asked_again(pair, officer):
    linking.not_the_same(likeness=pair, by=officer)
    pair.other.email = "sian@example.org"
    pair.other.save()
    compare_new_people()
    assert not Likeness.objects.undecided().exists()
    with pytest.raises(Stale):
        linking.not_the_same(likeness=pair, by=officer)


def test_a_pair_that_was_the_same_only_through_another_is_asked_about_again(officer):
    a, b, c = (record(phone_mobile="07700 900123") for _n in range(3))
    compare_new_people()
    assert Likeness.objects.count() == 3
    first = linking.link(one=a, other=b, reason="x", by=officer)
    linking.link(one=b, other=c, reason="x", by=officer)
    assert not Likeness.objects.undecided().exists()
    linking.unlink(link=first, reason="Another.", by=officer)
    (again,) = Likeness.objects.undecided()
    assert (again.one, again.other) == (a, c)


def test_a_link_says_why(pair, officer):
    with pytest.raises(Refused, match="Say why"):
        linking.link(one=pair.one, other=pair.other, reason=" ", by=officer)
    link = linking.link(one=pair.one, other=pair.other, reason="She says so.", by=officer)
    with pytest.raises(Refused, match="Say why"):
        linking.unlink(link=link, reason="", by=officer)
    linking.unlink(link=link, reason="No.", by=officer)
    with pytest.raises(Stale):
        linking.unlink(link=link, reason="No.", by=officer)


def test_a_victim_is_never_linked_to_the_suspect_of_her_own_crime(sian, officer):
    him = record()
    SuspectFactory(case=sian.parts.get().case, person=him)
    with pytest.raises(Refused, match="suspect in a crime against the other"):
        linking.link(one=sian, other=him, reason="They share a phone.", by=officer)


def test_nor_through_a_record_linked_to_his(sian, officer):
    him, also_him = record(), record()
    SuspectFactory(case=sian.parts.get().case, person=also_him)
    linking.link(one=him, other=also_him, reason="Same man.", by=officer)
    with pytest.raises(Refused, match="never linked"):
        linking.link(one=sian, other=him, reason="x", by=officer)


def test_whoever_may_not_see_that_crime_is_not_told_of_it(sian, officer):
    hidden = ParticipantFactory(case=CaseFactory(is_restricted=True), person=sian, team=officer.team)
    him = record()
    SuspectFactory(case=hidden.case, person=him)
    with pytest.raises(Refused, match="Ask your supervisor") as refused:
        linking.link(one=sian, other=him, reason="x", by=officer)
    assert "suspect" not in str(refused.value)


# --- Safe contact takes the stricter of both ---------------------------------------------------------


@pytest.fixture
def linked(sian, officer):
    """Siân's own part, safe to ring, and her other record, linked to it."""
    SafeContactFactory(person=sian, post="Y", confirmed_at=london(2026, 11, 20))
    another = record(phone_mobile="07700 900777")
    linking.link(one=sian, other=another, reason="She says so.", by=officer)
    return sian.parts.get(), another


def said(part: Participant, channel: Channel = Channel.PHONE):
    return verdicts(Participant.objects.select_related("case", "person").get(pk=part.pk))[channel]


def test_a_linked_record_without_answers_changes_nothing(linked):
    assert said(linked[0]).rule == "said_yes"


def test_unsafe_on_either_side_blocks(linked):
    part, another = linked
    SafeContactFactory(person=another, phone="N", text="Y", email="", post="", voicemail="")
    assert said(part).rule == "said_no"
    assert said(part, Channel.TEXT).rule == "said_yes"


def test_closed_as_unsafe_on_the_other_side_blocks(linked):
    part, another = linked
    Participant.objects.filter(person=another).update(
        closed_at=london(2026, 11, 20), closure_reason="unsafe_to_contact"
    )
    assert said(part).rule == "unsafe"


def test_the_suspect_of_the_other_record_s_crime_blocks_a_shared_phone(linked):
    part, another = linked
    SuspectFactory(case=another.parts.get().case, person__phone_mobile="07700900123")
    assert said(part).rule == "shared_with_suspect"


def test_danger_and_death_on_the_other_side_count(linked):
    part, another = linked
    case = another.parts.get().case
    case.flags = ["DA"]
    case.save()
    part.person.safe_contact.delete()
    assert said(part).rule == "first_contact"
    Person.objects.filter(pk=another.pk).update(date_of_death=date(2026, 11, 1))
    assert said(part).rule == "died"


def test_whose_other_record_became_a_suspect_here_is_never_contacted(linked):
    part, another = linked
    SuspectFactory(case=part.case, person=another)
    assert said(part).rule == "suspect"


def test_the_narrowest_hours_count(linked, monday):
    part, another = linked
    SafeContactFactory(person=another, call_from="13:00", call_until="15:00")
    assert said(part).rule == "outside_window"
    monday.move_to(london(2026, 11, 23, 14))
    assert said(part).allowed


def test_unlinking_gives_the_first_verdict_back(linked, officer):
    part, another = linked
    SafeContactFactory(person=another, phone="N")
    linking.unlink(link=PersonLink.objects.get(), reason="No.", by=officer)
    assert said(part).rule == "said_yes"


# --- How it is found ---------------------------------------------------------------------------------

CROWD = """
INSERT INTO cases_person (reference, source_system, source_id, title, given_names, surname, preferred_name,
    pronouns, date_of_birth, sex, ethnicity, language, interpreter_language, disability, address_line_1,
    address_line_2, town, postcode, phone_mobile, phone_home, email, confirmed_fields, version)
SELECT 'PE-T' || n, 'RMS', 'T' || n, '', 'Given' || n % 500, 'Family' || n % 700, '', '', date '1940-01-01' + n, '',
    '', '', '', '', '', '', '', 'CF1 ' || n % 3000, '07701 ' || n, '01633 ' || n, n || '@example.org', '{}', 1
  FROM generate_series(1, 20000) n;
ANALYZE cases_person; ANALYZE cases_participant;
"""


SEED = {
    "given": "sian", "surname": "llywelyn", "surname_sound": "ln", "given_sound": "sn", "births": ["1992-05-01"],
    "postcode": "NP204AB", "phones": ["07700900123"], "email": "sian@example.org", "source_system": "NICHE",
    "source_key": "T12",
}  # fmt: skip


def test_nobody_reads_all_people_to_find_one(sian):
    with connection.cursor() as cursor:
        cursor.execute(CROWD)
        seeds = json.dumps([SEED | {"id": -n} for n in range(1, 6)])
        cursor.execute("EXPLAIN " + like_query(WAYS), [seeds])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on cases_person" not in plan, plan
    for index in (
        "person_by_mobile", "person_by_home_phone", "person_by_email", "person_by_number_key", "person_by_birth",
        "person_by_postcode",
    ):  # fmt: skip
        assert index in plan, plan


def test_forty_people_cost_no_more_queries_than_one(sian, django_assert_num_queries):
    crowd = [record(phone_mobile=f"07700 900{n:03d}").pk for n in range(40)]
    for people in (crowd[:1], crowd):
        with django_assert_num_queries(2):
            pairs_of(people)


def test_a_stranger_team_s_pair_is_not_to_be_seen(pair, officer, stranger):
    Participant.objects.filter(person=pair.other).update(team=officer.team)
    assert Likeness.objects.visible_to(officer).get() == pair
    assert not Likeness.objects.visible_to(stranger).exists()
    Participant.objects.filter(person=pair.other).update(team=TeamFactory(name="Another unit"))
    assert not Likeness.objects.visible_to(officer).exists()


def test_a_pair_with_a_restricted_side_is_for_those_who_may_see_it(pair, officer, colleague):
    part = Participant.objects.get(person=pair.other)
    Participant.objects.filter(pk=part.pk).update(team=officer.team)
    part.case.is_restricted = True
    part.case.save()
    part.case.restricted_to.add(officer)
    assert Likeness.objects.visible_to(officer).exists()
    assert not Likeness.objects.visible_to(colleague).exists()


def test_a_pair_that_became_victim_and_suspect_is_shown_no_more(pair, officer):
    Participant.objects.filter(person=pair.other).update(team=officer.team)
    SuspectFactory(case=pair.one.parts.get().case, person=pair.other)
    assert not Likeness.objects.visible_to(officer).exists()
