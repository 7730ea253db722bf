"""What the Code owes is said to whoever is to see to it: once for each person and day, however many duties."""

from datetime import date

import pytest

from compliance.models import Duty
from contacts.reminding import remind
from tests.factories import EventFactory, ParticipantFactory, london
from victimcare.accounts.models import Notification

pytestmark = pytest.mark.django_db


def owe(victim, rule="R6-ARREST", owner="FORCE", **said):
    event = EventFactory(case=victim.case)
    values = {
        "case": victim.case, "participant": victim, "code": "VCOP-2020", "rule": rule, "right": 6, "owner": owner,
        "officer": victim.officer, "team": victim.team, "event": event, "clock_on": date(2026, 11, 18),
        "due_on": date(2026, 11, 23), "computed_at": london(2026, 11, 18),
    }  # fmt: skip
    return Duty.objects.create(**values | said)


def standing():
    rows = Notification.objects.filter(kind="duty_due", settled_at=None)
    return set(rows.values_list("recipient__username", "level"))


def test_two_duties_of_one_person_on_one_day_are_one_reminder(victim, supervisor):
    owe(victim)
    owe(victim, rule="R6-BAIL")
    remind(london(2026, 11, 23, 9))
    assert standing() == {("officer", "due_today")}
    assert Notification.objects.get().url.endswith(f"/{victim.reference}/rights/")
    remind(london(2026, 11, 25, 9))
    assert standing() == {("officer", "overdue"), ("supervisor", "escalated")}


def test_it_is_settled_when_the_last_of_them_is_met(victim):
    first, second = owe(victim), owe(victim, rule="R6-BAIL")
    remind(london(2026, 11, 23, 9))
    met = {"status": "met", "settled_on": date(2026, 11, 23), "met_by": "C-1"}
    Duty.objects.filter(pk=first.pk).update(**met)
    remind(london(2026, 11, 23, 10))
    assert standing()
    Duty.objects.filter(pk=second.pk).update(**met)
    remind(london(2026, 11, 23, 11))
    assert not standing()


def test_what_witness_care_owes_is_said_to_witness_care(victim, witness_care):
    victim.case.witness_care_officer, victim.case.witness_care_team = witness_care, witness_care.team
    victim.case.save()
    owe(victim, rule="R8-TRIAL", owner="WCU")
    remind(london(2026, 11, 23, 9))
    assert standing() == {("wco", "due_today")}


def test_what_others_owe_is_not_ours_to_be_reminded_of(officer):
    part = ParticipantFactory(officer=None, team=officer.team)
    owe(part, officer=None)
    owe(part, rule="R11-X", owner="CPS")
    remind(london(2026, 11, 30, 9))
    assert not standing()
