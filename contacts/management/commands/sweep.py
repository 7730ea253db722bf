"""One pass of reminders, now or as of another moment, and what it created."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contacts import reminding
from contacts.reminders import Level
from contacts.reminding import Sweep
from victimcare import clock
from victimcare.accounts.models import Notification, Team, User
from victimcare.working_days import FIRST_YEAR, LAST_YEAR, LONDON

SECONDS_TO_WAIT = 60  # for a pass of beat's that is under way


class Command(BaseCommand):
    help = "Run one pass of the reminders of what is due and print what it created. A second pass prints 0."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", metavar="ISO-DATETIME", help="as if it were then; London time where no zone is given"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document, with each reminder")

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = clock.now() if options["as_of"] is None else read_moment(options["as_of"])
        sweep = reminding.remind(as_of, keep=options["json"], wait=SECONDS_TO_WAIT)
        if sweep.was_busy:
            raise CommandError("Another pass of reminders has not ended. Run this again in a minute.")
        if options["json"]:
            self.stdout.write(json.dumps(document(as_of, sweep), indent=2))
            return
        self.stdout.write(f"{sweep.total} reminders created")
        for level, count in by_level(sweep).items():
            self.stdout.write(f"  {Notification.Level(level).label}: {count}")
        if sweep.settled:
            self.stdout.write(
                f"{sweep.settled} reminders settled: what they asked for is done or says more now"
            )
        if sweep.unheard:
            self.stdout.write(f"{sweep.unheard} due things have nobody to be told: {what_to_do(sweep)}")


def what_to_do(sweep: Sweep) -> str:
    """Which teams lack a supervisor, by name; what has no team is to be given one."""
    names = (
        Team.objects.filter(pk__in=sweep.unheard_teams - {None})
        .order_by("name")
        .values_list("name", flat=True)
    )
    said = [f"give a supervisor to {', '.join(names)}"] if names else []
    if None in sweep.unheard_teams:
        said.append("allocate what has no team")
    return "; ".join(said)


def read_moment(typed: str) -> datetime:
    """Raises CommandError with how to write one."""
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise CommandError(f"{typed!r} is not a moment. Write it like 2026-11-23T09:00.") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise CommandError(
            f"Working days are known from {FIRST_YEAR} to {LAST_YEAR}. Choose a moment within these years."
        )
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


def by_level(sweep: Sweep) -> dict[str, int]:
    """How many of each level, from the softest to the loudest; none that is nought."""
    counts: Counter[str] = Counter()
    for (_kind, level), number in sweep.created.items():
        counts[level] += number
    return {level.value: counts[level] for level in Level if counts[level]}


def document(as_of: datetime, sweep: Sweep) -> dict[str, Any]:
    people = dict(
        User.objects.filter(pk__in={n.recipient_id for n in sweep.notices}).values_list("pk", "reference")
    )
    return {
        "as_of": as_of.isoformat(),
        "created": sweep.total,
        "by_level": by_level(sweep),
        "settled": sweep.settled,
        "unheard": sweep.unheard,
        "reminders": [
            {
                "kind": notice.kind,
                "subject": notice.subject,
                "level": notice.level,
                "due_on": notice.due_on.isoformat() if notice.due_on else None,
                "recipient": people[notice.recipient_id],
            }
            for notice in sweep.notices
        ],
    }
