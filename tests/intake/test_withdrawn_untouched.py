"""What opened by itself and nobody worked on does not keep an extract from being withdrawn, and ends with it."""

import pytest

from compliance.actions import assess
from compliance.breaches import answer_breach, keep_breaches
from compliance.models import Breach, Duty
from contacts.models import UrgentCall
from contacts.urgent_calls import look_at, take_over
from tests.factories import UserFactory
from tests.intake.test_withdrawn import withdraw
from tests.referrals.test_receive import ARREST, SIAN, receive, receive_events
from victimcare.accounts.models import Notification
from victimcare.cases.kinds import Kind
from victimcare.cases.linking import link, unlink
from victimcare.cases.models import Case, Event, Participant
from victimcare.faults import Refused
from victimcare.intake.withdrawing import what_stands_in_the_way

pytestmark = pytest.mark.django_db
RELEASED = ARREST | {"event_id": "E2", "kind": "SUSPECT_BAILED", "occurred_at": "2026-11-22T22:00",
                     "learned_at": "2026-11-22T23:00"}  # fmt: skip


@pytest.fixture(autouse=True)
def _now(monday, unit):
    """Every test is on that Monday, in that unit."""


def opened(monday):
    """Sian in danger, her suspect released last night: a call, and breaches after two weeks, by themselves."""
    batch = receive(SIAN)
    events = receive_events(ARREST, RELEASED)
    look_at()
    Participant.objects.victims().update(officer=UserFactory())  # answers for her, and did nothing
    monday.shift(17 * 24 * 3600)
    assess(list(Case.objects.values_list("pk", flat=True)))
    keep_breaches()
    assert UrgentCall.objects.open().exists() and Breach.objects.standing().exists()
    return batch, events


def test_an_urgent_call_and_breaches_that_nobody_touched_end_with_it(monday, supervisor):
    batch, events = opened(monday)
    assert Event.objects.current().filter(kind=Kind.RIGHT_NOT_MET).exists()
    withdraw(events, supervisor)
    assert [call.ended_as for call in UrgentCall.objects.all()] == ["withdrawn"]
    assert not Notification.objects.filter(kind="urgent_call", settled_at=None).exists()
    withdraw(batch, supervisor)
    assert {breach.state for breach in Breach.objects.all()} == {"ended"}
    assert Breach.history.filter(state="open").exists()  # the record keeps both
    assert not Event.objects.current().exists()
    assess(list(Case.objects.values_list("pk", flat=True)))
    assert keep_breaches().opened == 0
    assert not Participant.objects.visible_to(supervisor).exists()


def test_what_somebody_took_or_answered_for_still_blocks_in_proper_words(monday, supervisor):
    batch, events = opened(monday)
    call = UrgentCall.objects.get()
    take_over(call=call, version=call.version, by=supervisor)
    in_the_way = [obstacle.words for obstacle in what_stands_in_the_way(events)]
    assert in_the_way == ["1 urgent call that somebody took or made"]
    for breach in Breach.objects.standing().select_related("duty"):
        duty = Duty.objects.get(pk=breach.duty_id)
        answer_breach(
            duty=duty, is_accepted=True, reason="not_reached", account="Rang.", version=breach.version, by=supervisor
        )  # fmt: skip
    n = Breach.objects.standing().count()
    said = "; ".join(obstacle.words for obstacle in what_stands_in_the_way(batch))
    assert (f"{n} breaches" if n > 1 else "1 breach that") in said
    with pytest.raises(Refused):
        withdraw(batch, supervisor)


def test_a_link_that_was_taken_back_blocks_no_more(supervisor):
    receive(SIAN | {"person_id": "P2", "occurrence_no": "2600000002"})
    batch = receive(SIAN)
    one, other = [part.person for part in Participant.objects.victims().order_by("pk")]
    joined = link(one=one, other=other, reason="Same birthday.", by=supervisor)
    assert [each.words for each in what_stands_in_the_way(batch)] == ["1 link between records of one person"]
    unlink(link=joined, reason="Cousins.", by=supervisor)
    assert what_stands_in_the_way(batch) == []
    withdraw(batch, supervisor)
