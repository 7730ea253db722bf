"""`manage.py import_extract FILE...`: read extracts from disk by the same way as the upload page."""

import contextlib
import hashlib
import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from victimcare.faults import Refused
from victimcare.http import AWAY
from victimcare.intake import actions
from victimcare.intake.models import ImportBatch, ImportRow

COUNTS = ("received", "accepted", "updated", "unchanged", "suppressed", "quarantined")
DATABASE_AWAY = "The database cannot be reached. Start it, then run this again: it goes on where it stopped."


class Command(BaseCommand):
    help = "Read extracts (CSV or JSON). Reading the same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and keep nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument(
            "--history", action="store_true", help="rows reached the unit when they were recorded, not now"
        )

    def handle(self, *, files: Sequence[str], dry_run: bool, history: bool, **options: Any) -> None:
        try:
            with transaction.atomic() if dry_run else contextlib.nullcontext():
                reports = [self.read(Path(file), is_history=history) for file in files]
                if dry_run:  # the same work, and all of it rolled back
                    transaction.set_rollback(True)
        except AWAY:
            raise CommandError(DATABASE_AWAY) from None
        total = {name: sum(report[name] for report in reports) for name in COUNTS}
        seconds = sum(report["seconds"] for report in reports)
        total |= {
            "seconds": round(seconds, 2),
            "rows_per_second": round(total["received"] / seconds) if seconds else 0,
            "duties_seconds": round(sum(report["duties_seconds"] for report in reports), 2),
        }
        if options["json"]:
            self.stdout.write(
                json.dumps(total | {"dry_run": dry_run, "files": reports}, ensure_ascii=False, indent=2)
            )
        else:
            for report in reports:
                self.say(report)
            for name, value in total.items():
                self.stdout.write(f"{name:>16} {value:,}")
        unreadable = [report["file"] for report in reports if report["sentence"]]
        if unreadable:
            raise CommandError(f"Could not be read: {', '.join(unreadable)}.")

    def say(self, report: dict[str, Any]) -> None:
        """One file in plain sentences."""
        self.stdout.write(
            f"{report['file']}: {report['kind'] or 'not an extract'} {report['encoding']}".rstrip()
        )
        if report["sentence"]:
            self.stdout.write(f"  {report['sentence']}")
        if report["unknown_columns"]:
            self.stdout.write(f"  Columns we do not know: {', '.join(report['unknown_columns'])}")
        for problem in report["problems"]:
            self.stdout.write(
                f"  Row {problem['row']}, {problem['column'] or 'the whole row'}: {problem['reason']}"
            )

        for row in report["kept"]:
            self.stdout.write(
                f"  Row {row['row']}: confirmed here, so not taken over: {', '.join(row['columns'])}"
            )

    def read(self, path: Path, *, is_history: bool) -> dict[str, Any]:
        """Read one file, each chunk committed by itself."""
        try:
            with path.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
                started = monotonic()
                batch = actions.begin(file_name=path.name, sha256=sha256, by=None, is_history=is_history)
                resumed = batch.received
                actions.receive(batch=batch, stream=stream, progress=self.progress)
                report = described(batch, monotonic() - started, resumed)
        except AWAY:
            report = described(ImportBatch(), 0, 0) | {"sentence": DATABASE_AWAY}
        except OSError as fault:
            report = described(ImportBatch(), 0, 0) | {"sentence": f"{path}: {fault.strerror}."}
        except Refused as refused:
            report = described(ImportBatch(), 0, 0) | {"sentence": str(refused.sentence)}
        return report | {"file": str(path)}

    def progress(self, batch: ImportBatch) -> None:
        self.stderr.write(f"\r{batch.file_name}: {batch.received:,} of {batch.expected:,} rows", ending="")
        if batch.received >= batch.expected:
            self.stderr.write("")
        sys.stderr.flush()


def described(batch: ImportBatch, seconds: float, resumed: int) -> dict[str, Any]:
    """What became of one file, for people and programs."""
    duties = getattr(batch, "duties_seconds", 0.0)
    rows = (
        ImportRow.objects.filter(batch=batch, outcome="quarantined").order_by("number")[:10]
        if batch.pk
        else []
    )
    stood = ImportRow.objects.filter(batch=batch).exclude(kept=[]).order_by("number")[:10] if batch.pk else []
    return {
        "batch": batch.reference if batch.pk else "",
        "kind": batch.kind,
        "encoding": batch.encoding,
        "unknown_columns": batch.unknown_columns,
        **{name: getattr(batch, name) for name in COUNTS},
        "seconds": round(seconds - duties, 2),
        "rows_per_second": round((batch.received - resumed) / (seconds - duties)) if seconds > duties else 0,
        "duties_seconds": round(duties, 2),
        "sentence": batch.sentence,
        "problems": [{"row": row.number, **one} for row in rows for one in row.all_wrong],
        "kept": [{"row": row.number, "columns": row.kept} for row in stood],
    }
