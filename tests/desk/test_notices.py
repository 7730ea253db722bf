"""A notice says whom it concerns, to those who may still know."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import ContactFactory, ParticipantFactory
from victimcare.accounts.models import Notification
from victimcare.audit.models import AccessEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def tell(user, subject, kind="update_due"):
    return Notification.objects.create(
        recipient=user, kind=kind, subject=subject, level="overdue", due_on=date(2026, 11, 20), url="/cases/"
    )


@pytest.mark.parametrize("page", ["/", "/notifications/"])
def test_a_notice_names_the_person_the_case_and_the_officer(as_officer, officer, victim, page):
    tell(officer, victim.reference)
    said = as_officer.get(page).content.decode()
    assert "An agreed update is due: Siân Evans" in said
    assert f"{victim.case.reference}, Olwen Officer." in said
    looks = AccessEntry.objects.filter(subjects=[victim.reference])
    assert looks.filter(field_group="today" if page == "/" else "notices").exists()


def test_a_notice_of_a_contact_leads_to_whom_it_was_with(as_supervisor, supervisor, victim):
    contact = ContactFactory(participant=victim)
    tell(supervisor, contact.reference, kind="contact_not_cleared")
    assert "clear to be safe: Siân Evans" in as_supervisor.get("/notifications/").content.decode()


def test_a_notice_of_a_leaver_names_the_colleague(as_supervisor, supervisor, officer):
    tell(supervisor, officer.reference, kind="officer_left")
    assert "need somebody: Olwen Officer" in as_supervisor.get("/notifications/").content.decode()


@pytest.mark.parametrize("page", ["/", "/notifications/"])
def test_whom_the_reader_may_no_longer_see_is_not_named(as_officer, officer, victim, page):
    tell(officer, victim.reference)
    victim.case.is_restricted = True
    victim.case.save()
    said = as_officer.get(page).content.decode()
    assert "somebody you may no longer see" in said
    assert "Siân" not in said
    assert victim.case.reference not in said
    assert not AccessEntry.objects.filter(subjects=[victim.reference]).exists()


def test_sixty_notices_cost_no_more_queries_than_six(as_officer, officer):
    counts = []
    for n in (3, 27):
        for victim in ParticipantFactory.create_batch(n, officer=officer, team=officer.team):
            tell(officer, victim.reference)
            tell(officer, ContactFactory(participant=victim).reference, kind="contact_not_cleared")
        as_officer.get("/notifications/")
        with CaptureQueriesContext(connection) as queries:
            as_officer.get("/notifications/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25
