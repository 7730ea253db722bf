"""Each night what came is added up and compared with what is held."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from contacts.rows import CONTACT_COLUMNS
from courts.rows import HEARING_COLUMNS
from referrals.models import Referral
from tests.intake.test_withdrawn import HEARING, HUW, TOLD
from tests.referrals.test_receive import ARREST, SIAN, receive, receive_events
from victimcare.accounts.models import Notification
from victimcare.intake import actions, reconciling, settling, withdrawing
from victimcare.intake.models import ImportBatch, ImportRow, Reconciliation
from victimcare.intake.tasks import reconcile_extracts

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _a_day_of_extracts(monday, unit):
    """Referrals twice, with a business nobody is named for and a bad row; events, a hearing, a contact."""
    shop = SIAN | {"person_id": "O1", "given_names": "", "surname": "", "organisation_name": "Siop Ltd"}
    bad = SIAN | {"person_id": "P3", "postcode": "NP"}
    receive(SIAN, HUW, SIAN, shop, bad)
    monday.shift(60)
    receive(SIAN | {"town": "Cwmbrân"}, HUW)
    receive_events(ARREST, ARREST | {"event_id": "E2", "occurrence_no": "2699999999"})
    monday.shift(60)
    receive_events(ARREST | {"detail": "At home."})
    receive(HEARING, columns=HEARING_COLUMNS)
    receive(TOLD, columns=CONTACT_COLUMNS)
    monday.shift(60)


def test_a_day_on_which_all_agrees():
    made = reconciling.reconcile(day=MONDAY)
    assert (made.findings, made.batches, made.received) == ([], 6, 12)
    assert made.received == made.accepted + made.updated + made.unchanged + made.suppressed + made.quarantined
    assert not Notification.objects.exists()


def found():
    return {finding["what"] for finding in reconciling.reconcile(day=MONDAY).findings}


def test_a_referral_that_is_gone_is_found_and_the_supervisor_hears(supervisor):
    Referral.objects.filter(participant__person__source_id="P1").delete()
    Referral.history.filter(history_type="-").delete()
    assert found() == {"referrals", "gone"}
    notice = Notification.objects.get(recipient=supervisor)
    assert (notice.kind, notice.subject) == ("figures_differ", "2026-11-23")


def test_rows_that_were_never_listed_are_found():
    ImportRow.objects.filter(outcome="quarantined").delete()
    assert found() == {"quarantined"}


def test_counts_that_do_not_fit_the_file_are_found():
    ImportBatch.objects.filter(kind="hearings").update(expected=7)
    assert found() == {"to_the_end"}


def test_a_count_that_does_not_fit_the_tables_is_found():
    ImportBatch.objects.filter(kind="contacts").update(accepted=0, unchanged=1)
    assert found() == {"made"}


def test_it_is_told_once_and_settled_when_it_agrees_again(supervisor):
    ImportBatch.objects.filter(kind="hearings").update(expected=7)
    found()
    found()
    assert Notification.objects.count() == 1
    ImportBatch.objects.filter(kind="hearings").update(expected=1)
    assert found() == set() and Notification.objects.get().read_at is not None


def test_a_mended_row_and_a_withdrawn_batch_do_not_disturb_it(monday, supervisor):
    row = ImportRow.objects.in_quarantine().get(column="postcode")
    monday.shift(60)
    settling.mend(row=row, cells=row.content | {"postcode": "NP20 4AB"}, by=supervisor)
    withdrawing.withdraw(batch=ImportBatch.objects.get(kind="contacts"), reason="Wrong.", by=supervisor)
    assert found() == set()


def test_the_clock_makes_good_the_days_that_were_missed(monday):
    monday.shift(timedelta(days=3))
    assert reconcile_extracts() == 14
    assert reconcile_extracts() == 0
    assert Reconciliation.objects.get(day=MONDAY).received == 12


def test_what_is_not_needed_any_more_goes(monday):
    settled = ImportRow.objects.exclude(content={}).first()
    ImportRow.objects.filter(pk=settled.pk).update(settled_at="2026-08-01T00:00Z")
    actions.upload(file_name="a.csv", content=b"x", by=None, checked_first=True)
    ImportBatch.objects.filter(state="check").update(state="checked", arrived_at="2026-11-01T00:00Z")
    assert reconciling.forget() == 2
    settled.refresh_from_db()
    assert settled.content == {} and not ImportBatch.objects.filter(state="checked").exists()


def test_a_supervisor_sees_each_day_and_what_differs(as_supervisor, django_assert_max_num_queries):
    page = as_supervisor.get(reverse("intake:reconciliation")).text
    assert "No day has been reconciled yet" in page
    ImportBatch.objects.filter(kind="hearings").update(expected=7)
    reconciling.reconcile(day=MONDAY)
    with django_assert_max_num_queries(12):
        page = as_supervisor.get(reverse("intake:reconciliation")).text
    assert "Rows in the file and rows received" in page
    assert "do not agree" in as_supervisor.get(reverse("intake:list")).text
