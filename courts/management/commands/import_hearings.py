"""`manage.py import_hearings FILE [--json]`: read a hearings extract from disk."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from courts.intake import read
from victimcare.intake.extract import Unreadable


class Command(BaseCommand):
    help = "Read a hearings extract (CSV or JSON). Reading the same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *, file: str, **options: Any) -> None:
        try:
            with Path(file).open("rb") as stream:
                report = asdict(read(stream, by=None))
        except OSError as fault:
            raise CommandError(f"{file} cannot be opened: {fault.strerror}.") from None
        except Unreadable as fault:
            raise CommandError(f"{file}: {fault}") from None
        # A row's cells may name people: they are for a file, never for a screen or a log.
        rows = [{"row": each["row"], "reason": each["reason"]} for each in report["quarantined"]]
        counts = {name: value for name, value in report.items() if isinstance(value, int)}
        if options["json"]:
            said = counts | {
                "quarantined": len(rows),
                "rows": rows,
                "unknown_columns": report["unknown_columns"],
            }
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))
            return
        for name, value in counts.items():
            self.stdout.write(f"{name:>12} {value:,}")
        for row in rows:
            self.stdout.write(f"Row {row['row']}: {row['reason']}")
