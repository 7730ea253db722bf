"""A reminder can wait for a few days, for a reason; what somebody's safety depends on cannot."""

import re
from datetime import date

import pytest

from contacts.reminding import remind
from contacts.snoozing import snooze
from tests.factories import ContactPlanFactory, ParticipantFactory, SafeContactFactory, london
from victimcare.accounts.models import Notification
from victimcare.audit.models import AccessEntry
from victimcare.cases.models import Standard
from victimcare.faults import NotAllowed, Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
WHY = "She is away until Wednesday"


@pytest.fixture
def reminder(victim):
    """An update that is due today, and the reminder of it."""
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23))
    remind(london(2026, 11, 23, 9))
    return Notification.objects.get()


def put_off(client, reminder, until="25 11 2026", reason=WHY):
    day, month, year = until.split()
    return client.post(
        f"/notifications/{reminder.pk}/put-off",
        {"until_day": day, "until_month": month, "until_year": year, "reason": reason},
    )


def test_it_is_out_of_sight_until_its_day_and_then_comes_back(as_officer, officer, sign_in, reminder, monday):
    assert put_off(as_officer, reminder).status_code == 302
    said = as_officer.get("/notifications/").content.decode()
    assert "0 new notices" in said and f"Put off until Wed 25 Nov: {WHY}" in said
    assert "An agreed update is due" not in as_officer.get("/").content.decode()
    monday.move_to(london(2026, 11, 25, 9))
    assert "1 new notice" in sign_in(officer).get("/notifications/").content.decode()


def test_anothers_number_is_as_one_that_does_not_exist(reminder, as_supervisor, victim):
    """Nobody learns by counting up whether there is such a notice, and nothing of it."""
    pages = [f"/notifications/{number}/put-off" for number in (reminder.pk, 987654)]
    anothers, nobodys = (as_supervisor.get(page) for page in pages)
    assert (anothers.status_code, nobodys.status_code) == (404, 404)
    said = [re.sub(r"[A-Za-z0-9]{64}", "", each.text) for each in (anothers, nobodys)]  # tokens differ
    assert said[0].replace(f"{reminder.pk}/put-off", "") == said[1].replace("987654/put-off", "")
    assert put_off(as_supervisor, reminder).status_code == 404
    as_supervisor.post("/notifications/", {"which": [reminder.pk]})
    reminder.refresh_from_db()
    assert (reminder.read_at, reminder.snoozed_until) == (None, None)
    assert not AccessEntry.objects.filter(subjects__contains=[victim.reference]).exists()


def test_a_louder_one_of_the_same_waits_too_and_the_supervisor_hears_all_the_same(
    reminder, supervisor, officer
):
    snooze(notice=reminder, until=date(2026, 11, 26), reason=WHY, by=officer)
    remind(london(2026, 11, 25, 9))
    louder = Notification.objects.get(level="overdue")
    assert (louder.snoozed_until, louder.snooze_reason) == (date(2026, 11, 26), WHY)
    assert Notification.objects.get(level="escalated").snoozed_until is None


def test_an_escalation_cannot_be_put_off(as_supervisor, supervisor, reminder):
    remind(london(2026, 11, 25, 9))
    escalated = Notification.objects.get(recipient=supervisor)
    answer = put_off(as_supervisor, escalated)
    assert answer.status_code == 422 and "cannot be put off" in answer.content.decode()
    assert "Put off" not in as_supervisor.get("/notifications/").content.decode()


def test_what_somebodys_safety_depends_on_cannot_be_put_off(officer):
    part = ParticipantFactory(officer=officer, team=officer.team)
    SafeContactFactory(person=part.person, review_on=date(2026, 11, 23))
    remind(london(2026, 11, 23, 9))
    with pytest.raises(Refused, match="cannot be put off"):
        snooze(notice=Notification.objects.get(), until=date(2026, 11, 24), reason=WHY, by=officer)


@pytest.mark.parametrize(
    ("until", "reason", "said"),
    [
        ("23 11 2026", WHY, "Choose a day after today"),
        ("29 11 2026", WHY, "until Sat 28 Nov at the latest"),
        ("25 11 2026", "", "Say why it can wait"),
        ("31 11 2026", WHY, "date"),
    ],
)
def test_a_refusal_says_what_to_do(as_officer, reminder, until, reason, said):
    answer = put_off(as_officer, reminder, until, reason)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    reminder.refresh_from_db()
    assert reminder.snoozed_until is None


def test_for_how_long_is_a_standard(reminder, officer):
    Standard.objects.create(key="snooze_at_most", number=2, value=1, effective_from=date(2026, 11, 1))
    with pytest.raises(Refused, match="Tue 24 Nov at the latest"):
        snooze(notice=reminder, until=date(2026, 11, 25), reason=WHY, by=officer)


def test_nobody_puts_off_somebody_elses(as_supervisor, supervisor, reminder):
    assert put_off(as_supervisor, reminder).status_code == 404
    with pytest.raises(NotAllowed):
        snooze(notice=reminder, until=date(2026, 11, 25), reason=WHY, by=supervisor)


def test_marking_all_as_read_leaves_what_was_put_off_to_come_back(
    as_officer, officer, sign_in, reminder, monday
):
    put_off(as_officer, reminder)
    as_officer.post("/notifications/", {"which": "all"})
    monday.move_to(london(2026, 11, 25, 9))
    assert "1 new notice" in sign_in(officer).get("/notifications/").content.decode()


def test_quiet_hours_of_ones_own_are_a_preference(as_officer, officer):
    answers = {"language": "en-gb", "quiet_from": "22:00", "quiet_until": "6am"}
    assert as_officer.post("/preferences", answers).status_code == 302
    officer.refresh_from_db()
    assert (officer.quiet_from.hour, officer.quiet_until.hour) == (22, 6)
    half = as_officer.post("/preferences", answers | {"quiet_until": ""})
    assert "Enter both ends" in half.content.decode()
