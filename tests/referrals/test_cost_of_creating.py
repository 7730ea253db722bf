"""What it costs to create a case: few questions before it is kept and few after, and nothing less comes of it."""

from datetime import date

import pytest
from django.db import connection, transaction
from django.urls import reverse

from compliance.actions import assess
from compliance.models import Duty
from compliance.tasks import assess_cases_left_behind
from referrals.models import Referral
from referrals.rules.book import rules_on
from referrals.rules.facts import facts_of
from referrals.tasks import refer_those_left_behind
from tests.cases.test_people_pages import NON, OPENED, of, token_of
from tests.factories import (
    CaseFactory,
    ParticipantFactory,
    PartnerFactory,
    PersonFactory,
    ReferralFactory,
    TeamFactory,
    UserFactory,
    london,
)
from tests.referrals.test_refer_in import BY_HAND, Somebody
from victimcare.accounts.models import Team
from victimcare.accounts.permissions import Role
from victimcare.cases import actions as cases
from victimcare.cases import adding
from victimcare.cases.events import Announcement
from victimcare.cases.models import Case, Event, Likeness, NameInCase, Participant, Person, SafeContact
from victimcare.cases.tasks import compare_new_people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]
BEFORE, AFTER = 14, 10  # questions until it is kept, and for the duties that follow once it is
KEY = {"form_key": "5f9c2a51-0d1c-4c3a-9a0e-2f6f5a1b7c11"}
REPORTED = {"reported": "yes", "reported_on_day": "19", "reported_on_month": "11", "reported_on_year": "2026"}


def opened(officer, **fields):
    return adding.open_by_hand(
        offence_title="Assault", occurrence_no="", flags=["DA"], reported=date(2026, 11, 20), officer=officer,
        by=officer, **fields,
    )  # fmt: skip


@pytest.fixture
def cost(monkeypatch):
    """`cost(work)`: the questions it asks before what it does is kept, and those after."""
    asked: list[str] = []
    kept: list[int] = []
    tell = Announcement.__call__

    def tell_and_note(self):
        kept.append(len(asked))
        tell(self)

    def note(execute, sql, params, many, context):
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            asked.append(sql)
        return execute(sql, params, many, context)

    monkeypatch.setattr(Announcement, "__call__", tell_and_note)

    def counted(work):
        with connection.execute_wrapper(note):
            work()
        whole = kept[0] if kept else len(asked)
        return asked[:whole], asked[whole:]

    return counted


def is_cheap(cost, work):
    before, after = cost(work)
    if len(before) > BEFORE or len(after) > AFTER:
        said = "\n".join(" ".join(sql.split())[:150] for sql in [*before, "--- kept", *after])
        pytest.fail(f"{len(before)} before and {len(after)} after it is kept:\n{said}")


@pytest.fixture(autouse=True)
def _rules_were_read(officer):
    """The versions of rules in force are read once a process; that is no cost of this case."""
    with transaction.atomic():
        assess([opened(officer, fields={"given_names": "Nobody", "surname": "Atall"}).case_id])
        transaction.set_rollback(True)


@pytest.fixture
def worker(db):
    team = TeamFactory(name="New Pathways", kind=Team.Kind.PARTNER)
    PartnerFactory(team=team)
    return UserFactory(display_name="Nia", roles=[Role.PARTNER], team=team)


# --- Few questions ---------------------------------------------------------------------------------


def test_the_public_form_asks_little(client, cost):
    somebody = Somebody(client)
    somebody.answers()
    is_cheap(cost, lambda: somebody.post("send"))
    assert Referral.objects.get().source == "self"


@pytest.mark.parametrize("reported", [{}, REPORTED], ids=["not reported", "reported"])
def test_a_partners_form_asks_little(sign_in, worker, cost, reported):
    browser = sign_in(worker)
    is_cheap(cost, lambda: browser.post(reverse("referrals:refer-in"), BY_HAND | KEY | reported))
    assert Referral.objects.get().by_hand.partner is not None


def test_the_form_of_the_officer_in_the_case_asks_little(sign_in, cost):
    browser = sign_in(UserFactory(roles=[Role.OFFICER_IN_THE_CASE], team=None, collar="1234"))
    is_cheap(
        cost,
        lambda: browser.post(
            reverse("referrals:refer-in"), BY_HAND | KEY | REPORTED | {"occurrence_no": "2600000001"}
        ),
    )
    assert Case.objects.get().oic_collar == "1234"


@pytest.fixture
def known(officer):
    """Somebody held already, a victim of two crimes of this year."""
    person = PersonFactory(given_names="Non", surname="Pryce", date_of_birth=date(1980, 2, 1))
    for _crime in range(2):
        ParticipantFactory(person=person, officer=officer, team=officer.team, case=CaseFactory(flags=["DA"]))
    return person


@pytest.mark.parametrize("who", ["new", "known"])
@pytest.mark.parametrize("number", ["", "2600123456"])
def test_opening_a_case_by_hand_asks_little(as_officer, officer, known, cost, who, number):
    token = token_of(as_officer.post("/new-case", NON))
    chosen = known.reference if who == "known" else "new"
    answer = OPENED | KEY | {"token": token, "who": chosen, "officer": officer.pk, "occurrence_no": number}
    is_cheap(cost, lambda: as_officer.post("/new-case", answer))
    assert Participant.objects.latest("pk").referral.status == "allocated"


@pytest.mark.parametrize("who", ["new", "known"])
@pytest.mark.parametrize("role", ["VICTIM", "WITNESS"])
def test_adding_somebody_by_hand_asks_little(as_officer, victim, known, cost, who, role):
    ReferralFactory(participant=victim)
    page = of(victim, "add")
    token = token_of(as_officer.post(page, NON))
    answer = KEY | {"token": token, "who": known.reference if who == "known" else "new", "role": role}
    is_cheap(cost, lambda: as_officer.post(page, answer))
    assert Participant.objects.latest("pk").role == role


# --- And nothing less comes of it ------------------------------------------------------------------


def test_each_row_has_the_first_row_of_its_history(officer):
    part = opened(officer, fields={"given_names": "Non", "surname": "Pryce"})
    for row in (part, part.person, part.case, part.referral):
        held = type(row).objects.get(pk=row.pk)
        was = held.history.get()
        assert (was.history_type, was.history_user, was.history_change_reason) == ("+", officer, None)
        assert all(
            getattr(was, field.attname) == getattr(held, field.attname) for field in was.tracked_fields
        )


def test_a_case_opened_by_hand_is_found_and_owes_what_it_owes_at_once(as_officer, officer):
    part = opened(officer, fields={"given_names": "Non", "surname": "Pryce"})
    assert NameInCase.objects.get(participant=part.pk).surname == "pryce"
    part.case.refresh_from_db()
    assert part.case.changed_at is None  # its duties were worked out
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["CRIME_REPORTED", "OFFICER_ALLOCATED", "ENTITLEMENT_SET"]
    assert "Non Pryce" in as_officer.get(of(part, "")).text


def test_she_is_triaged_as_she_would_be_once_she_is_held(officer, known):
    referral = opened(officer, known=known).referral
    facts = facts_of(
        [Referral.objects.select_related("participant__person", "participant__case").get(pk=referral.pk)]
    )
    said = rules_on(date(2026, 11, 23)).judge(facts[referral.participant_id])
    assert facts[referral.participant_id].crimes_in_12_months == 3
    assert (referral.priority, referral.reasons) == (said.priority, list(said.reasons))
    assert "repeat" in referral.reasons


def test_whoever_is_held_twice_is_found_by_the_next_sweep(officer, known):
    part = opened(
        officer, fields={"given_names": "Non", "surname": "Pryce", "date_of_birth": date(1980, 2, 1)}
    )
    assert not Likeness.objects.exists()
    compare_new_people()
    assert {Likeness.objects.get().one, Likeness.objects.get().other} == {known, part.person}


def test_a_crash_on_the_way_leaves_nothing(officer, monkeypatch):
    monkeypatch.setattr(cases, "announce", lambda *_case_ids, **_opened: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        opened(officer, fields={"given_names": "Non", "surname": "Pryce"})
    for model in (Person, Case, Participant, Event, Referral, SafeContact):
        assert not model.objects.exists()


def test_what_a_crash_after_it_left_is_worked_out_by_the_sweep(officer, monkeypatch, monday):
    with monkeypatch.context() as dead:
        dead.setattr(Announcement, "__call__", lambda self: None)
        part = opened(officer, fields={"given_names": "Non", "surname": "Pryce"})
    assert part.referral.status == "allocated" and not Duty.objects.exists()
    monday.move_to(london(2026, 11, 23, 10, 1))
    assert assess_cases_left_behind() == 1
    assert Duty.objects.filter(participant=part).exists()
    assert refer_those_left_behind() == 0
