"""A withdrawal is the worker's: asked for on the page, done whole or not at all, once, and said while it lasts."""

import pytest
from django.db import OperationalError, connection
from django.urls import reverse

from referrals.models import Referral
from tests.factories import ContactFactory
from tests.referrals.test_receive import SIAN, receive
from victimcare.accounts.models import Notification
from victimcare.audit.models import AccessEntry
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.faults import Refused, Stale
from victimcare.intake import claiming, settling, withdrawal, withdrawing
from victimcare.intake.models import ImportBatch, ImportRow
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]
WHY = "The wrong file was sent."


@pytest.fixture
def asked(supervisor):
    """An extract of one victim whose withdrawal was asked for."""
    batch = receive(SIAN)
    return withdrawing.withdraw(batch=batch, reason=WHY, by=supervisor)


def now(batch):
    return ImportBatch.objects.get(pk=batch.pk)


def test_asking_takes_nothing_back_yet(asked, as_supervisor):
    assert (now(asked).state, Referral.objects.count()) == ("undoing", 1)
    page = as_supervisor.get(reverse("intake:batch", args=[asked.reference])).text
    assert "Waiting to be withdrawn" in page and WHY in page and "Withdraw this extract" not in page


def test_the_worker_takes_it_back_and_says_for_whom(asked, supervisor):
    assert read_waiting_extracts() == 1
    done = now(asked)
    assert (done.state, done.withdrawn_by, done.withdrawn_because) == ("withdrawn", supervisor, WHY)
    assert not Referral.objects.exists()
    assert AccessEntry.objects.get(op="erase").actor == supervisor.reference


def test_it_is_asked_for_once(asked, supervisor):
    with pytest.raises(Stale):
        withdrawing.withdraw(batch=asked, reason=WHY, by=supervisor)


def test_a_worker_that_is_killed_leaves_everything_and_the_next_does_it_once(asked, monday, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(withdrawal._Undo, "feed", kill)  # the last of its steps
        with pytest.raises(Killed):
            read_waiting_extracts()
    assert (now(asked).state, Referral.objects.count()) == ("undoing", 1)
    assert not Event.objects.filter(kind=Kind.WITHDRAWN).exists()
    assert read_waiting_extracts() == 0  # it may be alive still
    monday.shift(660)
    assert read_waiting_extracts() == 1
    assert (now(asked).state, read_waiting_extracts()) == ("withdrawn", 0)
    assert Event.objects.filter(kind=Kind.WITHDRAWN).count() == Event.objects.filter(replaces=None).count()


def test_a_worker_that_another_overtook_keeps_nothing(asked, monkeypatch):
    take_back = withdrawing.take_back

    def overtaken(*, batch, **rest):
        cases = take_back(batch=batch, **rest)
        ImportBatch.objects.filter(pk=batch.pk).update(state="done", state_before="", withdrawn_by=None)
        return cases

    monkeypatch.setattr(withdrawing, "take_back", overtaken)
    assert withdrawing.undo(batch=claiming.claim()).state == "undoing"
    assert Referral.objects.count() == 1


def test_work_done_since_it_was_asked_for_stands_and_whoever_asked_is_told(
    asked, officer, supervisor, as_supervisor
):
    ContactFactory(participant=Participant.objects.victims().get(), by=officer)
    read_waiting_extracts()
    left = now(asked)
    assert (left.state, left.withdrawn_by, Referral.objects.count()) == ("done", None, 1)
    assert "1 contact with them" in left.not_withdrawn_because
    assert Notification.objects.get(subject=asked.reference).recipient == supervisor
    page = as_supervisor.get(reverse("intake:batch", args=[asked.reference])).text
    assert "It was not withdrawn" in page and "Withdraw this extract" in page


def test_a_fault_of_ours_leaves_it_and_says_so(asked, monkeypatch):
    def stumble(**_):
        raise ValueError("Siân Evans")

    monkeypatch.setattr(withdrawing, "take_back", stumble)
    read_waiting_extracts()
    left = now(asked)
    assert left.state == "done" and "fault in this system" in left.not_withdrawn_because
    assert "Siân" not in left.not_withdrawn_because


def test_a_database_that_is_away_leaves_it_to_be_done_later(asked, monday, monkeypatch):
    def away(**_):
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as while_away:
        while_away.setattr(withdrawing, "take_back", away)
        assert read_waiting_extracts() == 0
    assert (now(asked).state, now(asked).attempts) == ("undoing", 0)
    monday.shift(660)
    assert read_waiting_extracts() == 1


def test_after_five_workers_it_is_left_as_it_was(asked, monday):
    for _n in range(5):
        assert claiming.claim() == asked
        monday.shift(660)
    assert claiming.claim() is None
    left = now(asked)
    assert left.state == "done" and "stopped five times" in left.not_withdrawn_because


def test_a_large_one_says_how_far_it_is(supervisor, monkeypatch):
    monkeypatch.setattr(withdrawal, "AT_ONCE", 2)
    batch = receive(*[SIAN | {"person_id": f"P{n}", "occurrence_no": f"26{n}"} for n in range(6)])
    withdrawing.withdraw(batch=batch, reason=WHY, by=supervisor)
    said = []
    withdrawing.undo(batch=claiming.claim())  # the thread beside sees nothing of a test's own transaction
    again = receive(*[SIAN | {"person_id": f"P{n}", "occurrence_no": f"26{n}"} for n in range(6)])
    with connection.cursor() as cursor:
        undo = withdrawal._Undo(
            cursor, change=f"withdrawal of {again.reference}", by=supervisor, now=again.arrived_at
        )
        undo.of(again, said.append)
        undo.events()
        undo.creations()
    assert said == sorted(said) and len(said) > 6 and 0 < said[0] < said[-1] == 99


def test_while_extracts_land_a_mended_row_is_asked_for_again(supervisor, monkeypatch):
    receive(SIAN | {"postcode": "NP"})
    row = ImportRow.objects.in_quarantine().get()

    def busy(**_):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(settling, "one_at_a_time", busy)
    with pytest.raises(Refused, match="wait a minute"):
        settling.mend(row=row, cells=row.content | {"postcode": "NP20 4AB"}, by=supervisor)
