"""A batch taken back: what people see is as before it came, the log keeps both, and it may come again."""

import pytest
from django.apps import apps
from django.urls import reverse

from compliance import rollups
from compliance.models import Duty
from contacts.models import Contact
from contacts.rows import CONTACT_COLUMNS
from courts.models import Hearing
from courts.rows import HEARING_COLUMNS
from referrals import actions as referral_actions
from referrals.models import Referral
from tests.factories import ContactFactory, NeedsAssessmentFactory
from tests.referrals.test_receive import ARREST, SIAN, counts, receive, receive_events
from victimcare.cases.actions import allocate, take_back
from victimcare.cases.changing import change_details
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Event, Participant, Person, SafeContact
from victimcare.faults import Refused, Stale
from victimcare.intake import withdrawing
from victimcare.intake.models import FeedRow, ImportRow
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = pytest.mark.django_db
HUW = SIAN | {"person_id": "P2", "given_names": "Huw", "role": "WITNESS"}
HEARING = {
    "source_system": "COURT", "hearing_id": "H1", "occurrence_no": "2600000001", "suspect_ref": "S1",
    "court_ou": "C62NG00", "hearing_type": "TRIAL", "listed_on": "2027-01-11", "start_time": "10:00",
    "listed_learned_at": "2026-11-21T09:00",
}  # fmt: skip
RESULT = {"result_code": "1002", "resulted_on": "2026-11-22", "result_learned_at": "2026-11-22T16:30"}
TOLD = {
    "source_system": "RMS", "contact_id": "C1", "occurrence_no": "2600000001", "person_id": "P1",
    "channel": "PHONE", "at": "2026-11-21T09:30", "outcome": "REACHED", "event_ids": "E1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _now(monday, unit):
    """Every test is on that Monday, in that unit."""


def seen():
    """Everything that a page could show: all rows of people's tables but shells, and what stands of the log."""
    rollups.fold()  # what came and went leaves no figure
    shown = set()
    for model in apps.get_models():
        if model._meta.app_label not in {"cases", "referrals", "contacts", "courts", "compliance"}:
            continue
        if hasattr(model, "history_type") or model._meta.auto_created:
            continue
        if model._meta.label == "cases.NameWord":  # a word is nobody's
            continue
        rows = model.objects.all()
        if model._meta.label == "cases.NameInCase":
            rows = rows.exclude(surname="", given_names="")
        if model is Participant:
            rows = rows.exclude(role="WITHDRAWN")
        elif model is Person:
            rows = rows.exclude(source_id="", surname="", given_names="")
        elif model is Case:
            rows = rows.exclude(occurrence_no="")
        elif model is Event or model is Duty:
            rows = rows.current()
        unlike = {"id", "version", "changed_at", "computed_at", "recorded_at", "reference", "replaces_id", "by_id",
                  "event_id", "revision", "met_by", "data", "updated_at", "changed_on"}  # fmt: skip
        if model is Event:
            unlike |= {"source_id"}  # the log's own: a number is used once
        names = [field.attname for field in model._meta.concrete_fields if field.attname not in unlike]
        shown |= {f"{model._meta.label} {row!r}" for row in map(repr, rows.values_list(*names))}
    return shown


def withdraw(batch, supervisor):
    withdrawing.withdraw(batch=batch, reason="The wrong file was sent.", by=supervisor)
    assert read_waiting_extracts() == 1


def test_what_a_referrals_extract_brought_is_gone_from_every_table(supervisor):
    before = seen()
    batch = receive(SIAN, HUW)
    withdraw(batch, supervisor)
    assert seen() == before
    assert not Participant.objects.visible_to(supervisor).exists()
    assert not Case.objects.visible_to(supervisor).exists()
    assert not Referral.objects.exists() and not SafeContact.objects.exists()


def test_the_log_keeps_both(supervisor):
    batch = receive(SIAN)
    recorded = Event.objects.count()
    withdraw(batch, supervisor)
    assert Event.objects.filter(kind=Kind.WITHDRAWN).count() == recorded
    assert not Event.objects.current().exists()
    referral = Referral.history.order_by("history_id")
    assert [row.history_type for row in referral] == ["+", "-"]
    assert Person.history.filter(surname="Evans").exists()
    batch.refresh_from_db()
    assert (batch.state, batch.withdrawn_by, counts(batch)) == ("withdrawn", supervisor, {"accepted": 1})


def test_nothing_of_a_name_is_left_in_the_rows_that_stay(supervisor):
    withdraw(receive(SIAN, HUW), supervisor)
    for person in Person.objects.all():
        assert (person.source_id, person.surname, person.phone_mobile, person.postcode) == ("", "", "", "")
    assert set(Case.objects.values_list("occurrence_no", "is_restricted")) == {("", True)}


def test_the_same_file_may_come_again(supervisor):
    withdraw(receive(SIAN, HUW), supervisor)
    again = receive(SIAN, HUW)
    assert counts(again) == {"accepted": 2}
    assert counts(receive(SIAN, HUW)) == {"unchanged": 2}
    withdraw(again, supervisor)
    assert not Participant.objects.visible_to(supervisor).exists()
    assert counts(receive(SIAN, HUW)) == {"accepted": 2}


def test_what_it_changed_is_put_back(monday, supervisor):
    receive(SIAN)
    before = seen()
    monday.shift(3600)
    batch = receive(
        SIAN | {"phone_mobile": "07700 900102", "flags": "STALKING;DA", "risk_level": "HIGH", "safe_to_call": "N",
                "reported_at": "2026-11-20T07:00", "offence_title": "Harassment"},
    )  # fmt: skip
    assert counts(batch) == {"updated": 1} and seen() != before
    withdraw(batch, supervisor)
    assert seen() == before


def test_what_somebody_changed_since_stays(supervisor):
    receive(SIAN)
    batch = receive(SIAN | {"given_names": "Sian", "town": "Cwmbrân"})
    person = Person.objects.get(source_id="P1")
    change_details(
        person=person, version=person.version, verified_by="Saw her.", by=supervisor, given_names="Siân Mair"
    )  # fmt: skip
    withdraw(batch, supervisor)
    person.refresh_from_db()
    assert (person.given_names, person.town) == ("Siân Mair", "")


def test_a_witness_it_added_to_a_case_that_was_there_is_gone(supervisor):
    receive(SIAN)
    before = seen()
    withdraw(receive(HUW), supervisor)
    assert seen() == before
    case = Case.objects.get(occurrence_no="2600000001")
    assert "WITHDRAWN" not in case.participants.values_list("role", flat=True)
    assert counts(receive(HUW)) == {"accepted": 1}


def test_another_crime_of_somebody_known_is_gone_and_they_are_not(supervisor):
    receive(SIAN)
    before = seen()
    batch = receive(SIAN | {"occurrence_no": "2600000002"})
    withdraw(batch, supervisor)
    assert seen() == before
    assert Person.objects.get(source_id="P1").parts.count() == 1


def test_events_are_withdrawn_with_their_duties_and_may_come_again(supervisor):
    receive(SIAN)
    before = seen()
    batch = receive_events(ARREST)
    assert Duty.objects.current().filter(event__kind=Kind.SUSPECT_ARRESTED).exists()
    withdraw(batch, supervisor)
    assert seen() == before
    again = receive_events(ARREST)
    assert counts(again) == {"accepted": 1}
    withdraw(again, supervisor)
    assert seen() == before
    assert counts(receive_events(ARREST)) == {"accepted": 1}


def test_an_event_that_was_changed_is_as_it_was(supervisor):
    receive(SIAN)
    receive_events(ARREST)
    before = seen()
    batch = receive_events(ARREST | {"occurred_at": "2026-11-20T19:00", "detail": "At home."})
    assert counts(batch) == {"updated": 1}
    withdraw(batch, supervisor)
    assert seen() == before
    assert counts(receive_events(ARREST | {"occurred_at": "2026-11-20T19:00", "detail": "At home."})) == {
        "updated": 1
    }


def test_hearings_and_results_go_and_may_come_again(supervisor, witness_care):
    receive(SIAN)
    before = seen()
    first = receive(HEARING, columns=HEARING_COLUMNS)
    listed = seen()
    second = receive(HEARING | {"start_time": "14:00", "courtroom": "2"}, columns=HEARING_COLUMNS)
    with pytest.raises(Refused, match="later extract changed"):
        withdraw(first, supervisor)
    withdraw(second, supervisor)
    assert seen() == listed
    withdraw(first, supervisor)
    assert seen() == before
    assert counts(receive(HEARING, columns=HEARING_COLUMNS)) == {"accepted": 1}
    assert Event.objects.current().get(kind=Kind.HEARING_LISTED).hearing == Hearing.objects.get().reference


def test_contacts_go_with_what_they_told(supervisor):
    receive(SIAN)
    receive_events(ARREST)
    before = seen()
    batch = receive(TOLD, columns=CONTACT_COLUMNS)
    told = seen()
    withdraw(batch, supervisor)
    assert seen() == before and not Contact.objects.exists()
    assert counts(receive(TOLD, columns=CONTACT_COLUMNS)) == {"accepted": 1}
    assert seen() == told


def worked_on(how, victim, officer, supervisor):
    if how == "a call":
        ContactFactory(participant=victim, by=officer)
    elif how == "an assessment":
        NeedsAssessmentFactory(participant=victim, assessed_by=officer)
    elif how == "an allocation":
        assert allocate(participants=[victim], officer=officer, by=supervisor) == 1
    elif how == "a later extract":
        receive(SIAN | {"town": "Cwmbrân"})
    elif how == "an event":
        receive_events(ARREST)
    elif how == "a hearing":
        receive(HEARING, columns=HEARING_COLUMNS)
    elif how == "details":
        person = victim.person
        change_details(person=person, version=person.version, verified_by="Saw her.", by=officer, town="Cwm")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("a call", "1 contact with them"),
        ("an assessment", "1 needs assessment"),
        ("an allocation", "somebody here changed"),
        ("a later extract", "later extract changed"),
        ("an event", "events recorded since"),
        ("a hearing", "hearings"),
        ("details", "somebody here changed"),
    ],
)
def test_it_is_refused_when_somebody_has_worked_on_what_it_brought(how, words, officer, supervisor):
    batch = receive(SIAN)
    worked_on(how, Participant.objects.victims().get(), officer, supervisor)
    before = seen()
    with pytest.raises(Refused, match=words):
        withdraw(batch, supervisor)
    assert seen() == before


def test_events_that_were_told_stand_in_the_way(supervisor):
    receive(SIAN)
    batch = receive_events(ARREST)
    receive(TOLD, columns=CONTACT_COLUMNS)
    with pytest.raises(Refused, match="1 contact that told"):
        withdraw(batch, supervisor)


def test_what_its_rows_had_settled_in_quarantine_waits_again(supervisor):
    receive(SIAN | {"postcode": "NP"})
    batch = receive(SIAN)
    assert not ImportRow.objects.in_quarantine().exists()
    withdraw(batch, supervisor)
    assert ImportRow.objects.in_quarantine().get().content["postcode"] == "NP"


def test_its_own_rows_in_quarantine_go_and_come_again_with_the_file(supervisor):
    bad = SIAN | {"person_id": "P3", "postcode": "NP"}
    withdraw(receive(SIAN, bad), supervisor)
    assert not ImportRow.objects.in_quarantine().exists()
    assert counts(receive(SIAN, bad)) == {"accepted": 1, "quarantined": 1}


def test_nothing_is_withdrawn_twice(supervisor):
    batch = receive(SIAN)
    withdraw(batch, supervisor)
    with pytest.raises(Stale):
        withdraw(batch, supervisor)


def test_a_victim_suppressed_because_a_later_row_made_her_a_suspect_is_as_before(supervisor):
    receive(SIAN)
    before = seen()
    batch = receive(HUW | {"role": "VICTIM", "suspect_ref": "P1", "suspect_name": "Siân Evans"})
    assert Referral.objects.filter(status="suppressed").exists()
    withdraw(batch, supervisor)
    assert seen() == before


def test_a_supervisor_withdraws_on_the_page(as_supervisor, officer):
    batch = receive(SIAN)
    url = reverse("intake:withdraw", args=[batch.reference])
    assert "Withdraw this extract" in as_supervisor.get(reverse("intake:batch", args=[batch.reference])).text
    assert "Enter why" in as_supervisor.post(url, {"reason": ""}).text
    page = as_supervisor.post(url, {"reason": "The wrong file."}, follow=True).text
    assert "is being withdrawn" in page and "The wrong file." in page and "Waiting to be withdrawn" in page
    assert read_waiting_extracts() == 1
    page = as_supervisor.get(reverse("intake:batch", args=[batch.reference])).text
    assert "What it brought is gone from every page" in page
    assert "nothing to withdraw" in as_supervisor.get(url).text


def test_the_page_lists_what_stands_in_the_way(as_supervisor, officer, django_assert_max_num_queries):
    batch = receive(SIAN)
    sian = Participant.objects.victims().get()
    ContactFactory(participant=sian, by=officer)
    later = receive(SIAN | {"town": "Cwmbrân"})
    url = reverse("intake:withdraw", args=[batch.reference])
    page = as_supervisor.get(url).text
    assert "It cannot be withdrawn" in page and "1 contact with them" in page and "Withdraw it" not in page
    link = reverse("desk:summary", args=[sian.case.reference, sian.reference])
    assert page.count(f'href="{link}">Siân Evans</a>') >= 2 and f"extract {later.reference}</a>" in page
    with django_assert_max_num_queries(25):
        as_supervisor.get(url)
    assert as_supervisor.post(url, {"reason": "x"}).status_code == 422
    Case.objects.update(is_restricted=True)
    assert "Evans" not in as_supervisor.get(url).text
    assert Hearing.objects.count() == 0 and FeedRow.objects.exists()


def test_an_allocation_wholly_undone_is_no_work(as_supervisor, supervisor, officer):
    batch = receive(SIAN)
    referral = Referral.objects.get()
    officer.team = referral.participant.team
    officer.save()
    supervisor.team = referral.participant.team
    supervisor.save()
    referral_actions.allocate(choices={referral.reference: (officer, referral.version)}, by=supervisor)
    with pytest.raises(Refused):
        withdraw(batch, supervisor)
    referral_actions.undo_allocation(by=supervisor)
    withdraw(batch, supervisor)
    batch.refresh_from_db()
    assert batch.state == "withdrawn" and not Referral.objects.exists()


def test_an_allocation_after_one_undone_is_work(supervisor, officer):
    batch = receive(SIAN)
    victim = Participant.objects.victims().get()
    allocate(participants=[victim], officer=officer, by=supervisor)
    take_back(participants=[victim], by=supervisor)
    allocate(participants=[victim], officer=officer, by=supervisor)
    with pytest.raises(Refused, match="somebody here changed"):
        withdraw(batch, supervisor)


@pytest.mark.parametrize("first", [[], [SIAN]])
def test_a_victim_who_is_a_suspect_of_the_same_case_goes_as_well(supervisor, first):
    receive(*first)
    before = seen()
    also_suspect = HUW | {"role": "VICTIM", "suspect_ref": "P2", "suspect_name": "Huw Evans"}
    another_case = also_suspect | {"occurrence_no": "2600000002"}
    batch = receive(SIAN | {"person_id": "S1"}, also_suspect, another_case, SIAN | {"person_id": "P9"})
    withdraw(batch, supervisor)
    batch.refresh_from_db()
    assert batch.state == "withdrawn" and seen() == before
