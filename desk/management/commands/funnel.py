"""manage.py funnel [--from DATE] [--to DATE] [--json]: how far the victims referred to us came."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from desk.funnel import STEPS, Cohort, count_steps


class Command(BaseCommand):
    help = "Count how far the victims referred to the unit came. Without a period, everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="start", help="first London day received, such as 2026-11-01")
        parser.add_argument("--to", dest="end", help="last London day received")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON document")

    def handle(self, *, start: str | None, end: str | None, as_json: bool, **_: Any) -> None:
        cohort = Cohort(_day(start), _day(end))
        if cohort.start and cohort.end and cohort.end < cohort.start:
            raise CommandError("--to is before --from. Change one of them.")
        counts = count_steps(cohort.referrals())
        if as_json:
            self.stdout.write(json.dumps({"from": start, "to": end, **counts}, indent=2))
            return
        for key, step in STEPS.items():
            self.stdout.write(f"{step.label!s:<26}{counts[key]:>10,}")


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise CommandError(f"{said} is not a date. Write it as 2026-11-23.") from None
