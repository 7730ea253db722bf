"""Rows land as people, cases, participants and events; every row has one outcome; twice is once."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection

from referrals.models import Referral
from referrals.rows import EVENT_COLUMNS, REFERRAL_COLUMNS
from tests.factories import TeamFactory, london
from victimcare import clock
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import correct_event, events_recorded
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Entitlement, Event, Participant, Person, SafeContact
from victimcare.faults import Refused
from victimcare.intake import actions, claiming
from victimcare.intake.models import ImportBatch, ImportRow
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = pytest.mark.django_db
SAMPLE = Path("referrals/sample")

SIAN = {
    "source_system": "RMS", "occurrence_no": "2600000001", "person_id": "P1", "role": "VICTIM",
    "recorded_at": "2026-11-20T09:30", "reported_at": "2026-11-20T08:50", "offence_code": "8Q",
    "offence_title": "Stalking",
    "flags": "STALKING", "given_names": "Siân", "surname": "Evans", "date_of_birth": "1992-05-01",
    "postcode": "NP20 4AB",
    "phone_mobile": "07700 900101", "safe_to_call": "Y", "policing_area": "West", "suspect_ref": "S1",
    "suspect_name": "Gareth Probert", "suspect_phone": "07700 900901",
    "relationship_to_suspect": "EX_PARTNER",
}  # fmt: skip
ARREST = {
    "source_system": "RMS", "event_id": "E1", "occurrence_no": "2600000001", "suspect_ref": "S1",
    "kind": "SUSPECT_ARRESTED",
    "occurred_at": "2026-11-20T18:00", "learned_at": "2026-11-21T08:00",
}  # fmt: skip


def as_csv(rows, columns):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def receive(*rows, columns=REFERRAL_COLUMNS, by=None, **fields):
    content = as_csv(rows, columns)
    batch = actions.upload(file_name="extract.csv", content=content, by=by)
    assert read_waiting_extracts() == 1
    return ImportBatch.objects.get(pk=batch.pk)


def receive_events(*rows):
    return receive(*rows, columns=EVENT_COLUMNS)


def counts(batch):
    return {name: getattr(batch, name) for name in ImportRow.Outcome.values if getattr(batch, name)}


def test_a_row_becomes_a_person_a_case_and_a_victim(monday, unit):
    batch = receive(SIAN)
    assert (counts(batch), batch.state, batch.content) == ({"accepted": 1}, "done", None)
    victim = Participant.objects.victims().select_related("person", "case").get()
    assert (victim.person.name, victim.team, victim.case.occurrence_no) == ("Siân Evans", unit, "2600000001")
    assert victim.person.safe_contact.phone == "Y"
    suspect = Participant.objects.get(role="SUSPECT")
    assert (suspect.person.source_id, suspect.person.name, suspect.team) == ("S1", "Gareth Probert", None)
    referral = victim.referral
    assert (referral.priority, referral.status, referral.channel, referral.due_on) == (
        1,
        "received",
        "phone",
        date(2026, 11, 23),
    )
    assert victim.entitlements.get().is_provisional
    reported = Event.objects.get(kind=Kind.CRIME_REPORTED)
    assert (reported.participant, reported.occurred_at) == (victim, london(2026, 11, 20, 8, 50))


def test_whoever_lands_after_hours_is_due_when_the_unit_is_back(monday, unit):
    monday.move_to(london(2026, 11, 20, 21, 57))
    receive(SIAN | {"recorded_at": "2026-11-20T21:30", "reported_at": ""})
    assert Referral.objects.get().due_on == date(2026, 11, 23)
    assert Referral.objects.get().priority == 1


def test_what_lands_leaves_history_and_one_look_in_the_log(monday, unit, supervisor):
    receive(SIAN, by=supervisor)
    for model in (Person, Case, Participant, SafeContact, Referral):
        rows = model.history.all()
        assert {row.history_type for row in rows} == {"+"} and {row.history_user for row in rows} == {
            supervisor
        }
        assert rows.count() == model.objects.count()
    entry = AccessEntry.objects.get(op=AccessEntry.Op.COLLECT)
    assert entry.actor == supervisor.reference


def test_the_listeners_hear_of_a_chunk_once(monday, unit):
    heard = []

    def listen(sender, case_ids, **_):
        heard.append(set(case_ids))

    events_recorded.connect(listen)
    try:
        receive(SIAN, SIAN | {"occurrence_no": "2600000002"})
    finally:
        events_recorded.disconnect(listen)
    assert heard == [set(Case.objects.values_list("pk", flat=True))]


def test_the_same_file_twice_changes_nothing(monday, unit):
    receive(
        SIAN,
        SIAN | {"surname": ""},
        SIAN | {"organisation_name": "Ltd", "surname": "", "given_names": "", "person_id": "O1"},
    )
    before = {model: model.history.count() for model in (Person, Case, Participant, Referral)}
    again = receive(
        SIAN,
        SIAN | {"surname": ""},
        SIAN | {"organisation_name": "Ltd", "surname": "", "given_names": "", "person_id": "O1"},
    )
    assert counts(again) == {"unchanged": 3}  # the bad row still waits, once
    assert {model: model.history.count() for model in before} == before
    assert ImportRow.objects.in_quarantine().count() == 1


def test_a_row_repeated_in_one_file_is_unchanged_the_second_time(monday, unit):
    assert counts(receive(SIAN, SIAN)) == {"accepted": 1, "unchanged": 1}


def test_a_later_row_updates_what_the_feed_owns(monday, unit):
    receive(SIAN)
    batch = receive(
        SIAN | {"phone_mobile": "07700 900102", "email": "", "flags": "STALKING;DA", "risk_level": "HIGH"}
    )
    assert counts(batch) == {"updated": 1}
    victim = Participant.objects.victims().get()
    assert (victim.person.phone_mobile, victim.person.version, victim.case.flags) == (
        "07700 900102",
        2,
        ["DA", "STALKING"],
    )
    assert victim.referral.reasons == ["domestic_abuse_high", "stalking"]
    assert [e.categories for e in victim.entitlements.all()] == [
        ["persistently_targeted"],
        ["serious_crime", "persistently_targeted", "intimidated"],
    ]
    assert victim.person.history.count() == 2


def test_a_row_never_overwrites_what_a_person_confirmed(monday, unit, officer):
    receive(SIAN)
    Person.objects.filter(source_id="P1").update(
        confirmed_fields=["phone_mobile"], phone_mobile="07700 900555"
    )
    SafeContact.objects.update(phone="N", confirmed_at=clock.now(), confirmed_by=officer)
    receive(
        SIAN | {"phone_mobile": "07700 900102", "safe_to_call": "Y", "safe_to_post": "Y", "town": "Newport"}
    )
    person = Person.objects.get(source_id="P1")
    assert (person.phone_mobile, person.town, person.safe_contact.phone, person.safe_contact.post) == (
        "07700 900555", "Newport", "N", "",
    )  # fmt: skip


def test_an_empty_cell_removes_nothing(monday, unit):
    receive(SIAN)
    assert counts(receive(SIAN | {"phone_mobile": "", "date_of_birth": "NULL"})) == {"unchanged": 1}
    assert Person.objects.get(source_id="P1").phone_mobile == "07700 900101"


def test_an_assessment_stands_whatever_the_feed_says(monday, unit, officer):
    receive(SIAN)
    victim = Participant.objects.victims().get()
    Entitlement.objects.create(
        participant=victim, is_enhanced=False, from_on=date(2026, 11, 23), reason="Assessed.", set_by=officer
    )
    receive(SIAN | {"flags": "DA", "risk_level": "HIGH"})
    assert victim.entitlements.last().reason == "Assessed."


def test_a_changed_report_date_replaces_the_event(monday, unit):
    receive(SIAN)
    receive(SIAN | {"reported_at": "2026-11-19T22:00"})
    current = Event.objects.current().get(kind=Kind.CRIME_REPORTED)
    assert current.occurred_at == london(2026, 11, 19, 22)
    assert current.replaces is not None


def test_those_who_act_for_a_victim_are_joined_to_them_in_either_order(monday, unit):
    mother = SIAN | {
        "person_id": "R1",
        "role": "REPRESENTATIVE",
        "acts_for_person_id": "P1",
        "given_names": "Mair",
    }
    receive(mother)
    assert Participant.objects.get(role="REPRESENTATIVE").represents is None
    receive(SIAN, mother | {"person_id": "R2", "given_names": "Huw"})
    victim = Participant.objects.victims().get()
    assert {part.represents for part in Participant.objects.filter(role="REPRESENTATIVE")} == {victim}


def test_who_is_suppressed_and_why(monday, unit):
    died = SIAN | {"person_id": "P2", "date_of_death": "2026-11-19"}  # their family is contacted
    business = SIAN | {
        "person_id": "",
        "given_names": "",
        "surname": "",
        "organisation_name": "Castell Stores Ltd",
    }
    suspect = SIAN | {"person_id": "S1"}
    batch = receive(SIAN, died, business, suspect)
    assert counts(batch) == {"accepted": 2, "suppressed": 2}
    assert set(Referral.objects.suppressed().values_list("suppressed_because", flat=True)) == {
        "nameless_business", "suspect_here",
    }  # fmt: skip
    assert Event.objects.filter(kind=Kind.CRIME_REPORTED).count() == 4  # the Code's duties run all the same


def test_a_victim_whom_a_later_row_names_as_a_suspect_is_no_longer_contacted(monday, unit):
    receive(SIAN)
    receive(SIAN | {"person_id": "P2", "suspect_ref": "P1"})
    assert Referral.objects.get(participant__person__source_id="P1").suppressed_because == "suspect_here"


def test_the_third_crime_in_twelve_months_comes_sooner(monday, unit):
    theft = SIAN | {"offence_code": "49", "offence_title": "Other theft", "flags": "", "suspect_ref": ""}
    receive(
        *(theft | {"occurrence_no": f"260000000{n}", "recorded_at": f"2026-0{n}-01T09:00"} for n in (1, 2))
    )
    receive(theft | {"occurrence_no": "2600000003"})
    assert Referral.objects.get(participant__case__occurrence_no="2600000003").reasons == ["repeat"]


def test_a_restricted_case_is_never_opened_by_the_feed(monday, unit):
    receive(SIAN | {"restricted": "Y"})
    receive(SIAN | {"restricted": "N", "person_id": "P2"})
    assert Case.objects.get().is_restricted


def test_teams_by_policing_area(monday, unit):
    east = TeamFactory(name="East", policing_areas=["East"])
    receive(SIAN, SIAN | {"occurrence_no": "2600000002", "policing_area": "East"})
    assert {p.case.occurrence_no: p.team for p in Participant.objects.victims()} == {
        "2600000001": unit,
        "2600000002": east,
    }


def test_a_row_that_contradicts_what_is_held_does_not_hold_up_the_others(monday, unit):
    receive(SIAN)
    batch = receive(
        SIAN | {"date_of_birth": "", "date_of_death": "1950-01-01"},
        *(SIAN | {"occurrence_no": f"27{n}"} for n in range(5)),
    )
    assert counts(batch) == {"accepted": 5, "quarantined": 1}
    assert "contradicts" in ImportRow.objects.in_quarantine().get().reason


# --- Events ----------------------------------------------------------------------------------------


def test_an_event_lands_on_its_case_and_its_suspect(monday, unit):
    receive(SIAN)
    assert counts(receive_events(ARREST)) == {"accepted": 1}
    event = Event.objects.get(kind=Kind.SUSPECT_ARRESTED)
    assert (event.occurred_at, event.learned_at) == (london(2026, 11, 20, 18), london(2026, 11, 21, 8))
    assert (event.suspect.person.source_id, event.participant) == ("S1", None)
    assert counts(receive_events(ARREST)) == {"unchanged": 1}


def test_a_changed_event_replaces_the_first_and_both_are_kept(monday, unit):
    receive(SIAN)
    receive_events(ARREST)
    assert counts(receive_events(ARREST | {"occurred_at": "2026-11-20T17:00"})) == {"updated": 1}
    assert counts(receive_events(ARREST | {"occurred_at": "2026-11-20T16:00"})) == {"updated": 1}
    current = Event.objects.current().get(kind=Kind.SUSPECT_ARRESTED)
    assert current.occurred_at == london(2026, 11, 20, 16)
    assert Event.objects.filter(kind=Kind.SUSPECT_ARRESTED).count() == 3


def test_an_event_that_a_person_corrected_stands(monday, unit, officer):
    receive(SIAN)
    receive_events(ARREST)
    right = correct_event(
        event=Event.objects.get(kind=Kind.SUSPECT_ARRESTED),
        occurred=date(2026, 11, 19),
        detail="",
        by=officer,
    )
    assert counts(receive_events(ARREST | {"occurred_at": "2026-11-20T17:00"})) == {"unchanged": 1}
    assert Event.objects.current().get(kind=Kind.SUSPECT_ARRESTED) == right


def test_an_event_before_its_crime_waits_and_lands_when_it_is_sent_again(monday, unit):
    assert counts(receive_events(ARREST)) == {"quarantined": 1}
    assert counts(receive_events(ARREST)) == {"unchanged": 1}
    receive(SIAN)
    assert counts(receive_events(ARREST)) == {"accepted": 1}
    assert not ImportRow.objects.in_quarantine().exists()


def test_an_event_before_the_report_or_of_another_crime_than_it_was_waits(monday, unit):
    receive(SIAN, SIAN | {"occurrence_no": "2600000002"})
    receive_events(ARREST | {"occurred_at": "2026-11-19T18:00"})  # it may take a day to write a crime down
    long_ago = ARREST | {"event_id": "E2", "occurred_at": "2025-11-20T18:00", "learned_at": ""}
    batch = receive_events(long_ago, ARREST | {"occurrence_no": "2600000002"})
    assert counts(batch) == {"quarantined": 2}
    reasons = {row.column: row.reason for row in batch.rows.all()}
    assert "before the crime was reported on 2026-11-20" in reasons["occurred_at"]
    assert "another crime (2600000001)" in reasons["occurrence_no"]
    assert Event.objects.filter(kind=Kind.SUSPECT_ARRESTED).count() == 1


def test_a_suspect_the_referral_did_not_name_is_added_by_number(monday, unit):
    receive(SIAN)
    receive_events(ARREST | {"suspect_ref": "S2"})
    assert Event.objects.get(kind=Kind.SUSPECT_ARRESTED).suspect.person.source_id == "S2"


# --- The batch -------------------------------------------------------------------------------------


def test_the_sample_reads_as_it_should(monday, unit):
    for name, expected in (
        ("referrals.csv", {"accepted": 18, "unchanged": 1, "suppressed": 2, "quarantined": 7}),
        ("events.csv", {"accepted": 11, "unchanged": 1, "quarantined": 3}),
    ):
        batch = actions.upload(file_name=name, content=(SAMPLE / name).read_bytes(), by=None)
        read_waiting_extracts()
        batch.refresh_from_db()
        assert counts(batch) == expected
        assert batch.received == sum(expected.values())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (as_csv([], REFERRAL_COLUMNS), "no rows"),
        (b"a,b\n1,2\n", "not one of the extracts"),
        (b"source_system,hearing_id,court_ou\nC,1,2\n", "hearings extract"),
    ],
)
def test_an_unreadable_file_says_why_and_keeps_nothing(monday, unit, content, words):
    batch = actions.upload(file_name="x.csv", content=content, by=None)
    read_waiting_extracts()
    batch.refresh_from_db()
    assert (batch.state, batch.received, batch.content) == ("unreadable", 0, None)
    assert words in batch.sentence


def test_unknown_columns_are_reported_and_their_cells_kept(monday, unit):
    batch = receive(SIAN | {"shoe_size": "9"}, columns=[*REFERRAL_COLUMNS, "shoe_size"])
    assert (batch.unknown_columns, counts(batch)) == (["shoe_size"], {"accepted": 1})


def test_the_same_file_cannot_wait_twice(monday, unit, supervisor):
    content = as_csv([SIAN], REFERRAL_COLUMNS)
    first = actions.upload(file_name="a.csv", content=content, by=supervisor)
    with pytest.raises(Refused, match=first.reference):
        actions.upload(file_name="b.csv", content=content, by=supervisor)


def test_a_reader_that_died_is_resumed_where_it_stopped(monday, unit, monkeypatch):
    monkeypatch.setattr(actions, "CHUNK", 2)
    rows = [SIAN | {"occurrence_no": f"27{n}"} for n in range(5)]
    batch = actions.upload(file_name="a.csv", content=as_csv(rows, REFERRAL_COLUMNS), by=None)
    claimed = claiming.claim()

    def die(after):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.read(batch=claimed, progress=die)
    batch.refresh_from_db()
    assert (batch.state, batch.received, Referral.objects.count()) == ("reading", 2, 2)
    assert read_waiting_extracts() == 0  # ten minutes have not passed
    monday.shift(timedelta(minutes=11))
    assert read_waiting_extracts() == 1
    batch.refresh_from_db()
    assert (batch.state, counts(batch), Referral.objects.count()) == ("done", {"accepted": 5}, 5)


def test_a_reader_who_was_overtaken_keeps_nothing_twice(monday, unit):
    actions.upload(file_name="a.csv", content=as_csv([SIAN], REFERRAL_COLUMNS), by=None)
    slow = claiming.claim()
    fast = ImportBatch.objects.get(pk=slow.pk)
    actions.read(batch=fast)
    assert actions.read(batch=slow).received == 0
    assert Referral.objects.count() == 1


def test_a_chunk_takes_a_fixed_number_of_queries(monday, unit, django_assert_max_num_queries):
    rows = [SIAN | {"occurrence_no": f"27{n}", "person_id": f"P{n}"} for n in range(300)]
    batch = actions.upload(file_name="a.csv", content=as_csv(rows, REFERRAL_COLUMNS), by=None)
    events_recorded_before, events_recorded.receivers = events_recorded.receivers, []
    events_recorded.sender_receivers_cache.clear()
    try:
        with django_assert_max_num_queries(80):
            read_waiting_extracts()
    finally:
        events_recorded.receivers = events_recorded_before
        events_recorded.sender_receivers_cache.clear()
    batch.refresh_from_db()
    assert batch.accepted == 300
    assert not connection.needs_rollback
