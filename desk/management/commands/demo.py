"""manage.py demo: an invented victim care unit on a working day, or its whole first year."""

import hashlib
import io
import json
import time
from argparse import ArgumentParser
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from compliance.actions import assess
from contacts.trying import count_reach, replan
from desk.demo import live, people
from desk.demo.book import Book, landed
from desk.demo.breaches import tell_of_breaches
from desk.demo.extracts import Story, Teller, events_csv, referrals_csv
from desk.demo.year import ASSESSED, REACHED, Year, share
from needs_assessments.models import NeedsAssessment
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.models import Case
from victimcare.intake import actions as intake
from victimcare.intake.models import ImportBatch
from victimcare.working_days import LONDON

# What --replace empties: everything about cases. The people of the unit and the reference data stay.
KEPT = {
    "Partner",
    "Court",
    "LetterTemplate",
    "CodeVersion",
    "LocalStandard",
    "Standard",
    "CalendarVersion",
    "OneOffDay",
}
APPS = (
    "audit",
    "cases",
    "letters",
    "intake",
    "referrals",
    "needs_assessments",
    "contacts",
    "courts",
    "compliance",
)


class Command(BaseCommand):
    help = "Fill an empty database with an invented victim care unit on a working day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--referrals", type=int, help="build a whole year of so many victim referrals (48461)"
        )
        parser.add_argument("--replace", action="store_true", help="throw away the cases that are there")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are cases already")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "Demonstration data is only for demonstrations. Set DEMO=1 where no real case is kept."
            )
        if Case.objects.exists():
            if options["if_empty"]:
                return
            if not options["replace"]:
                raise CommandError(
                    "This database holds cases. Use --replace to throw them away, or another database."
                )
            empty_the_cases()
        self.started = time.monotonic()
        counts = self.build(options["referrals"], options["seed"])
        counts["seconds"] = round(time.monotonic() - self.started, 1)
        if options["json"]:
            self.stdout.write(json.dumps(counts))
        else:
            self.say(", ".join(f"{number:,} {what}" for what, number in counts.items()))

    def say(self, sentence: str) -> None:
        """Progress goes to stderr, so that --json prints one document."""
        self.stderr.write(f"[{time.monotonic() - self.started:6.1f}s] {sentence}")
        self.stderr.flush()

    def build(self, total: int | None, seed: int) -> dict[str, Any]:
        now = clock.now()
        if not User.objects.exists():
            people.hire(clock.today())
        officers = tuple((collar, f"PC {name}", team) for name, collar, team in people.OFFICERS_IN_THE_CASE)
        teller = Teller(seed, now.astimezone(LONDON), officers)
        rest = self.year(teller, (total or 0) - sum(count for _, count, _ in live.STAGES)) if total else []
        current = live.stories(teller, now)
        everything = [*rest, *current]
        self.say(f"{len(everything):,} victims made up; importing them")
        self.read("demo-referrals.csv", referrals_csv([*everything, *dirty_rows(current)]))
        self.read("demo-events.csv", events_csv(everything))
        self.say("deciding what became of each")
        book = Book()
        live_people = landed(current)
        today = live.Live(seed, now, book)
        with transaction.atomic():
            today.live_through(live_people)
            if rest:
                rung = book.reached_by_a_call()
                year = Year(seed, now, book)
                year.live_through(
                    landed(rest),
                    reached=share(REACHED, len(everything)) - len(rung),
                    assessed=share(ASSESSED, len(everything)) - len(book.rows[NeedsAssessment]),
                )
            book.write()
            Case.objects.update(changed_at=now)
        self.say(f"{len(book.contacts):,} contacts written; going to court")
        today.book = at_court = Book()
        today.ask_safely(live_people)
        today.go_to_court(live_people)
        with transaction.atomic():
            at_court.write()
            Case.objects.filter(pk__in={who.case_id for who in live_people}).update(changed_at=now)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.say("assessing duties")
        assessed = assess(Case.objects.values_list("pk", flat=True)).cases
        replan({who.case_id for who in live_people})
        count_reach(clock.today())
        self.say("looking at what was late")
        breaches = tell_of_breaches()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return {
            "victims": len(everything),
            "contacts": len(book.contacts),
            "cases_assessed": assessed,
            "breaches": breaches,
        }

    def year(self, teller: Teller, count: int) -> list[Story]:
        """A year of referrals up to two days ago, spread as they come: more in summer, fewer at night."""
        end = clock.now().astimezone(LONDON).replace(tzinfo=None) - timedelta(days=2)
        start = end - timedelta(days=363)
        span = (end - start).total_seconds()
        moments = sorted(start + timedelta(seconds=teller.random.random() * span) for _ in range(count))
        stories: list[Story] = []
        for at in moments:
            twin = stories[-1] if stories and teller.random.random() < 0.05 else None
            story = teller.story(at, same_crime_as=twin)
            if not twin:
                teller.investigate(story)
            stories.append(story)
        return stories

    def read(self, name: str, content: bytes) -> None:
        """Through the same door as the force's own extracts, as a history: received when they were recorded."""
        sha256 = hashlib.sha256(content).hexdigest()
        batch = intake.begin(file_name=name, sha256=sha256, by=None, is_history=True)
        intake.receive(
            batch=batch,
            stream=io.BytesIO(content),
            progress=lambda read: self.say(f"{name}: {read.received:,} rows"),
        )
        batch.refresh_from_db()
        if batch.state != ImportBatch.State.DONE:
            raise CommandError(batch.sentence)
        self.say(
            f"{name}: {batch.accepted:,} accepted, {batch.suppressed:,} suppressed, {batch.quarantined:,} quarantined"
        )


def dirty_rows(current: list[Story]) -> list[Story]:
    """A few rows that cannot land, so that the quarantine has something to mend. None of them counts as received."""
    wrong = (
        {"surname": "", "given_names": ""},
        {"date_of_birth": "1990-02-31"},
        {"recorded_at": "2099-01-01T00:00"},
        {"occurrence_no": ""},
    )
    return [
        replace(
            story,
            row=story.row | {"person_id": f"Q{n:08d}", "occurrence_no": f"99{n:08d}"} | change,
            events=[],
        )
        for n, (change, story) in enumerate(zip(wrong, current, strict=False))
    ]


def empty_the_cases() -> None:
    """Truncate every table about cases, with its history; people and reference data stay."""
    tables = [
        model._meta.db_table
        for app in APPS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model.__name__.removeprefix("Historical") not in KEPT
    ]
    tables += ["accounts_notification", "accounts_sentform"]
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in tables))
