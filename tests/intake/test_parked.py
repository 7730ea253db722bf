"""An extract that kills its reader each time is parked after five; progress starts the count anew."""

import pytest
from django.urls import reverse

from referrals.models import Referral
from referrals.rows import REFERRAL_COLUMNS
from tests.referrals.test_receive import SIAN, as_csv
from victimcare.accounts.models import Notification
from victimcare.intake import actions, claiming
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = pytest.mark.django_db


def killed(monday, times):
    """So many readers claimed it and were never heard of again."""
    for _n in range(times):
        assert claiming.claim() is not None
        monday.shift(660)


def uploaded(*rows):
    return actions.upload(file_name="a.csv", content=as_csv(rows, REFERRAL_COLUMNS), by=None)


def test_five_readers_that_got_no_further_park_it_and_the_supervisors_hear(monday, unit, supervisor):
    batch = uploaded(SIAN)
    killed(monday, 5)
    assert claiming.claim() is None
    batch.refresh_from_db()
    assert (batch.state, "five times" in batch.sentence, batch.content is None) == ("parked", True, False)
    assert Notification.objects.get(recipient=supervisor).kind == "extract_parked"


def test_the_others_flow_on(monday, unit):
    uploaded(SIAN)
    killed(monday, 5)
    uploaded(SIAN | {"person_id": "P2"})
    assert read_waiting_extracts() == 1
    assert Referral.objects.count() == 1


def test_progress_starts_the_count_anew(monday, unit, monkeypatch):
    monkeypatch.setattr(actions, "CHUNK", 1)
    batch = uploaded(*[SIAN | {"person_id": f"P{n}"} for n in range(7)])
    keep = actions._keep_chunk

    class Killed(BaseException):
        """As a kill is: nothing handles it."""

    def one_and_no_more(batch, chunk):
        if batch.received % 2:
            raise Killed
        return keep(batch, chunk)

    with monkeypatch.context() as killing:
        killing.setattr(actions, "_keep_chunk", one_and_no_more)
        for _n in range(3):
            with pytest.raises(Killed):
                read_waiting_extracts()
            monday.shift(660)
    batch.refresh_from_db()
    assert batch.attempts < 5
    assert read_waiting_extracts() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.accepted, batch.attempts) == ("done", 7, 0)


def test_a_database_that_is_away_is_not_held_against_the_file(monday, unit, monkeypatch):
    batch = uploaded(SIAN)

    def away(*_):
        raise OSError("No space left on device")

    with monkeypatch.context() as while_away:
        while_away.setattr(actions, "_keep_chunk", away)
        for _n in range(7):
            assert read_waiting_extracts() == 0
            monday.shift(660)
    batch.refresh_from_db()
    assert batch.attempts == 0
    assert read_waiting_extracts() == 1


def test_a_parked_extract_is_read_once_more_when_somebody_says_so(monday, unit, supervisor, as_supervisor):
    batch = uploaded(SIAN)
    killed(monday, 5)
    claiming.claim()
    as_supervisor.force_login(supervisor, backend="victimcare.accounts.backends.WithTeam")
    page = as_supervisor.get(reverse("intake:batch", args=[batch.reference])).content.decode()
    assert "five times" in page and "Have it read once more" in page
    again = reverse("intake:again", args=[batch.reference])
    assert as_supervisor.post(again).status_code == 302
    assert as_supervisor.post(again).status_code == 409
    assert read_waiting_extracts() == 1
    assert Referral.objects.count() == 1
    assert Notification.objects.get().read_at is not None
