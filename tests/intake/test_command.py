"""`manage.py import_extract`: what it prints, and when it fails."""

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from compliance.models import Duty
from contacts.models import Contact
from courts.models import Hearing
from referrals.models import Referral
from victimcare.cases.models import Case, Event, Participant, Person
from victimcare.intake.models import ImportBatch, ImportRow

pytestmark = pytest.mark.django_db
SAMPLE = ["referrals/sample/referrals.csv", "referrals/sample/events.csv"]
ALL_FOUR = [*SAMPLE, "courts/sample/hearings.csv", "contacts/sample/contacts.csv"]


def run(*arguments, **options):
    out = io.StringIO()
    call_command("import_extract", *arguments, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_every_row_is_in_exactly_one_outcome(monday, unit):
    report = json.loads(run(*SAMPLE, json=True))
    assert report["received"] == 43
    assert report["received"] == sum(
        report[k] for k in ("accepted", "updated", "unchanged", "suppressed", "quarantined")
    )
    assert {"seconds", "rows_per_second"} <= report.keys()


def test_the_second_run_changes_nothing(monday, unit):
    run(*SAMPLE)
    again = json.loads(run(*SAMPLE, json=True))
    assert (again["unchanged"], again["quarantined"], again["received"]) == (43, 0, 43)
    assert ImportRow.objects.in_quarantine().count() == 10  # the same ten still wait, once each


def test_all_four_extracts_twice_change_nothing_the_second_time(monday, unit):
    first = json.loads(run(*ALL_FOUR, json=True))
    assert [(each["kind"], each["accepted"], each["quarantined"]) for each in first["files"]] == [
        ("referrals", 18, 7), ("events", 11, 3), ("hearings", 2, 3), ("contacts", 6, 3),
    ]  # fmt: skip
    tables = (Person, Case, Participant, Event, Referral, Hearing, Contact, Duty, ImportRow)
    before = [(model, model.objects.count()) for model in tables]
    history = [model.history.count() for model in tables if hasattr(model, "history")]
    again = json.loads(run(*ALL_FOUR, json=True))
    assert again["unchanged"] == again["received"]
    assert [(model, model.objects.count()) for model in tables] == before
    assert [model.history.count() for model in tables if hasattr(model, "history")] == history
    assert ImportRow.objects.in_quarantine().count() == first["quarantined"]


def test_a_dry_run_keeps_nothing_and_says_the_same(monday, unit):
    dry = json.loads(run(*SAMPLE, json=True, dry_run=True))
    assert (Referral.objects.count(), ImportBatch.objects.count()) == (0, 0)
    real = json.loads(run(*SAMPLE, json=True))
    assert [dry[k] for k in ("accepted", "unchanged", "quarantined")] == [
        real[k] for k in ("accepted", "unchanged", "quarantined")
    ]


def test_a_file_that_cannot_be_read_fails_and_says_why(monday, unit, tmp_path):
    (tmp_path / "x.csv").write_bytes(b"")
    with pytest.raises(CommandError, match=r"x\.csv"):
        run(str(tmp_path / "x.csv"))
    with pytest.raises(CommandError, match=r"missing\.csv"):
        run(str(tmp_path / "missing.csv"))


def test_history_reached_the_unit_when_it_was_recorded(monday, unit):
    run(SAMPLE[0], history=True)
    assert Referral.objects.filter(received_at__date="2026-11-16").exists()
