"""One pass of reminders, now or as of another moment, and what it created."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contacts import actions
from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.working_days import LONDON


class Command(BaseCommand):
    help = "Run one pass of the reminders of due updates and print what it created."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", metavar="ISO-DATETIME", help="as if it were then; London time where no zone is given"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = read_moment(options["as_of"]) if options["as_of"] else clock.now()
        sweep = actions.remind(as_of)
        if options["json"]:
            self.stdout.write(json.dumps(document(as_of, sweep), indent=2))
            return
        self.stdout.write(f"{len(sweep.created)} reminders created")
        for level, count in sorted(Counter(notice.level for notice in sweep.created).items()):
            self.stdout.write(f"  {Notification.Level(level).label}: {count}")
        if sweep.unheard:
            self.stdout.write(
                f"{sweep.unheard} due updates have nobody to be told: give the team a supervisor"
            )


def read_moment(typed: str) -> datetime:
    """Raises CommandError with how to write one."""
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise CommandError(f"{typed} is not a moment. Write it like 2026-11-23T09:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


def document(as_of: datetime, sweep: actions.Sweep) -> dict[str, Any]:
    people = dict(
        User.objects.filter(pk__in={n.recipient_id for n in sweep.created}).values_list("pk", "reference")
    )
    return {
        "as_of": as_of.isoformat(),
        "created": len(sweep.created),
        "looked_at": sweep.looked_at,
        "unheard": sweep.unheard,
        "reminders": [
            {
                "kind": notice.kind,
                "subject": notice.subject,
                "level": notice.level,
                "due_on": notice.due_on.isoformat() if notice.due_on else None,
                "recipient": people[notice.recipient_id],
            }
            for notice in sweep.created
        ],
    }
