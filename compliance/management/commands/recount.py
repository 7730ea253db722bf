"""Hold the figures of the dashboards against a count of the duties themselves."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance import rollups


class Command(BaseCommand):
    help = "Count every duty anew and compare with the tallies; exits with 1 when they differ and are not repaired."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="put right what differs")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        rollups.fold()
        found = rollups.recount(repairs=options["repair"])
        if options["json"]:
            names = ("tallies", "duties", "differing", "off_by", "is_repaired", "seconds")
            self.stdout.write(json.dumps({name: getattr(found, name) for name in names}))
        else:
            self.stdout.write(
                f"{found.duties:,} duties counted into {found.tallies:,} tallies in {found.seconds} s."
            )
            self.stdout.write(
                f"{found.differing:,} tallies differed, by {found.off_by:,} in all."
                if found.differing
                else "Every tally agrees."
            )
        if found.differing and not found.is_repaired:
            raise CommandError("The tallies differ. Run again with --repair to put them right.")
