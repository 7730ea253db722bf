"""What it costs to keep the figures of the dashboards current (G17): writes with the triggers and without, in turn.

In a database as `benchmarks.big` builds it (CASES=500000, BIG_KEEP=1 keeps it), beside the demo's. A call is logged that
tells a victim what happened, so that a duty is met; an arrest is recorded, so that one opens; 500 cases are assessed
anew. Each is done with the triggers, then without, round after round, and committed. In the end every tally is held
against a count of the duties, which must agree exactly: what was written without triggers is repaired, and counted.

Prints one JSON document; exits with 1 where a write takes more than 1.5 times as long, or the repaired figures differ.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from benchmarks import big  # first: it makes the database, and Django ready

# ruff: noqa: I001
from django.db import connection

from compliance import actions, rollups
from compliance.models import Duty, DutyChange
from contacts.actions import log
from contacts.models import Contact, untold_to
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant

ROUNDS = int(os.environ.get("ROUNDS", "60"))
BULK, BULK_ROUNDS = 500, 5
MUST, MOONSHOT = 1.5, 1.1
TRIGGERS = {
    "compliance_duty": ("duties_opened", "duties_changed", "duties_gone"),
    "cases_case": ("duties_of_case_changed",),
    "cases_participant": ("duties_of_participant_changed",),
}


def switch(*, is_on: bool) -> None:
    with connection.cursor() as cursor:
        for table, names in TRIGGERS.items():
            for name in names:
                cursor.execute(f"ALTER TABLE {table} {'ENABLE' if is_on else 'DISABLE'} TRIGGER {name}")


def victims(officer: User) -> Iterator[Participant]:
    """The officer's team's open victims, one after another, each looked at by the engine once before."""
    people = Participant.objects.filter(
        team=officer.team, closed_at=None, role="VICTIM", case__is_restricted=False
    )
    chosen = list(
        people.exclude(officer=None).select_related("case", "person").order_by("-pk")[: 6 * ROUNDS + 50]
    )
    actions.assess([each.case_id for each in chosen])
    return iter(chosen)


def a_call(people: Iterator[Participant], officer: User) -> Callable[[], object]:
    """She rang and was told something she had not been told: a duty is met."""
    for one in people:
        if events := list(untold_to(one)[:1]):
            break
    else:
        sys.exit("Too few victims are owed anything.")
    return lambda: log(
        participant=one, direction=Contact.Direction.IN, channel=Contact.Channel.PHONE,
        outcome=Contact.Outcome.REACHED, at=clock.now() - timedelta(minutes=1), note="She asked about the trial.",
        tells=events, no_task_because="Nothing is left to do", by=officer,
    )  # fmt: skip


def an_arrest(people: Iterator[Participant], officer: User) -> Callable[[], object]:
    one = next(people)
    return lambda: record_event(
        case=one.case, kind=Kind.SUSPECT_ARRESTED, occurred=clock.now() - timedelta(hours=1), by=officer
    )


def many(people: Iterator[Participant], officer: User) -> Callable[[], object]:
    """Five hundred cases whose duties are gone, so that every one of them opens again."""
    ids = list(
        Participant.objects.filter(team=officer.team, role="VICTIM")
        .order_by("pk")
        .values_list("case_id", flat=True)[:BULK]
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM compliance_duty WHERE case_id = ANY(%s)", [ids])
    return lambda: actions.assess(ids)


WRITES = {
    "log a call": (a_call, ROUNDS),
    "record an arrest": (an_arrest, ROUNDS),
    "assess 500": (many, BULK_ROUNDS),
}


def measure() -> list[dict[str, object]]:
    officer = User.objects.get(username="officer0-3")
    people = victims(officer)
    rows = []
    for name, (prepare, rounds) in WRITES.items():
        took: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(rounds + 3):
            for is_on in ((True, False), (False, True))[turn % 2]:
                write = prepare(people, officer)
                switch(is_on=is_on)
                start = time.perf_counter()
                write()
                if turn >= 3:  # the first ones warm up
                    took[is_on].append(time.perf_counter() - start)
        switch(is_on=True)
        with_them, without = (statistics.median(took[is_on]) * 1000 for is_on in (True, False))
        rows.append(
            {
                "write": name,
                "p50_ms": round(with_them, 2),
                "p50_without_ms": round(without, 2),
                "ratio": round(with_them / without, 3),
                "is_met": with_them <= MUST * without,
                "is_moonshot": with_them <= MOONSHOT * without,
            }
        )
    return rows


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 2)


def main() -> None:
    filled = big.fill()
    sys.stderr.write(f"{filled}\n")
    rows = measure()
    waiting = DutyChange.objects.count()
    folded = seconds(rollups.fold)
    wrong = rollups.recount(repairs=True)  # what was written without triggers
    right = rollups.recount(repairs=False)
    found = {
        "database": filled | {"duties": Duty.objects.count()},
        "writes": rows,
        "fold": {"changes": waiting, "seconds": folded},
        "recount": {
            "tallies": right.tallies, "duties": right.duties, "seconds": right.seconds,
            "repaired": wrong.differing, "differing": right.differing,
        },
    }  # fmt: skip
    for row in rows:
        sys.stderr.write(
            f"{row['write']:20}{row['p50_ms']:>9} ms, {row['p50_without_ms']:>9} without: {row['ratio']}\n"
        )
    sys.stderr.write(f"{found['fold']} {found['recount']}\n")
    sys.stdout.write(json.dumps(found) + "\n")
    if right.differing:
        sys.exit("The figures differ from a count of the duties.")
    missed = [str(row["write"]) for row in rows if not row["is_met"]]
    sys.exit(f"Missed: {', '.join(missed)}." if missed else 0)


if __name__ == "__main__":
    big.and_clear_away(main)
