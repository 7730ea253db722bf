"""The foundation holds: events announce, logs refuse change, forms take effect once."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation

from tests.factories import EventFactory, ParticipantFactory, london
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import correct_event, events_recorded, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Event, Participant
from victimcare.faults import Refused
from victimcare.http import service

pytestmark = pytest.mark.django_db


def test_an_event_is_announced_once_it_is_committed(victim, officer, monday):
    heard = []

    def listen(sender, case_ids, **_):
        heard.append(case_ids)

    events_recorded.connect(listen)
    try:
        with transaction.atomic():
            record_event(
                case=victim.case, kind=Kind.SUSPECT_ARRESTED, occurred=london(2026, 11, 20), by=officer
            )
            assert heard == []
        assert heard == [[victim.case_id]]
    finally:
        events_recorded.disconnect(listen)


def test_a_date_only_event_keeps_its_precision_and_its_london_date(victim, officer, monday):
    event = record_event(case=victim.case, kind=Kind.SUSPECT_CHARGED, occurred=date(2026, 11, 20), by=officer)
    assert (event.precision, event.occurred_on) == (Event.Precision.DATE, date(2026, 11, 20))


def test_nobody_records_the_future(victim, officer, monday):
    with pytest.raises(Refused):
        record_event(case=victim.case, kind=Kind.SUSPECT_CHARGED, occurred=london(2026, 11, 24), by=officer)


def test_a_wrong_event_is_replaced_and_kept(victim, officer, monday):
    wrong = record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=date(2026, 11, 19), by=officer)
    right = correct_event(event=wrong, occurred=date(2026, 11, 20), detail="Bailed on Friday.", by=officer)
    assert list(Event.objects.current()) == [right]
    assert Event.objects.count() == 2
    with pytest.raises(Refused):
        correct_event(event=wrong, occurred=None, detail="Again", by=officer)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_an_event_or_a_look(officer, change):
    rows = [EventFactory(), record_access(by=officer, op=AccessEntry.Op.CONSULT)]
    for row in rows:
        with pytest.raises(DatabaseError), transaction.atomic():
            queryset = type(row).objects.filter(pk=row.pk)
            queryset.update(id=row.pk) if change == "update" else queryset.delete()


def test_one_victims_own_events_are_not_on_anothers_timeline(victim):
    other = ParticipantFactory(case=victim.case)
    EventFactory(case=victim.case, kind=Kind.ASSESSMENT_COMPLETED, participant=other)
    shared = EventFactory(case=victim.case)
    assert list(Event.objects.about(victim)) == [shared]


def test_who_may_see_a_victim(victim, officer, colleague, supervisor, stranger, administrator, witness_care):
    def may(user):
        return Participant.objects.visible_to(user).filter(pk=victim.pk).exists()

    assert [may(u) for u in (officer, colleague, supervisor)] == [True, True, True]
    assert [may(u) for u in (stranger, administrator, witness_care)] == [False, False, False]
    Case.objects.filter(pk=victim.case_id).update(is_restricted=True)
    assert not may(officer)
    victim.case.restricted_to.add(officer)
    assert may(officer)
    victim.case.exclusions.create(user=officer, reason="Neighbour", declared_by=supervisor)
    assert not may(officer)


def test_the_service_is_called_by_its_welsh_name_in_welsh(rf, settings):
    for language, name in (("en-gb", settings.SERVICE_NAME), ("cy", settings.SERVICE_NAME_CY)):
        with translation.override(language):
            assert service(rf.get("/"))["service_name"] == name
