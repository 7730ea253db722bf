"""One pass of reminders over 1,000,000 open plans, beside a hand-written SQL claim of the same overdue ones.

The claim is the floor of performance.md G16: 20,700 due rows marked in batches of 1,000 with UPDATE ... FOR UPDATE
SKIP LOCKED RETURNING. It says nothing to anybody; our pass writes each reminder, and to the supervisors what is
late. Both in one run, in turn, round after round, each from the same start. A second pass, which finds that
nothing has changed, and the finding of what is due are timed too.

PLANS=100000 builds fewer; ROUNDS=5. Prints one JSON document; ends with 1 when the goal is missed.
"""

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg

PLANS = int(os.environ.get("PLANS", "1000000"))
DUE = PLANS * 207 // 10_000  # 20,700 of a million
ROUNDS = int(os.environ.get("ROUNDS", "3"))
MUST, AIM, DETECTED_MS = 3.0, 1.5, 10
NAME = "sweep_bench"
ADDRESS = os.environ["DATABASE_URL"]


def administer(sql: str) -> None:
    with psycopg.connect(ADDRESS, autocommit=True) as connection:
        connection.execute(sql)  # type: ignore[call-overload]


administer(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
administer(f"CREATE DATABASE {NAME}")
os.environ["DATABASE_URL"] = urlunsplit(urlsplit(ADDRESS)._replace(path=f"/{NAME}"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victimcare.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from benchmarks._big import _insert, _staff  # noqa: E402
from contacts import reminding  # noqa: E402
from contacts.models import ContactPlan  # noqa: E402
from contacts.subjects import SUBJECTS  # noqa: E402
from victimcare.accounts.models import User  # noqa: E402
from victimcare.accounts.permissions import Role  # noqa: E402
from victimcare.cases.models import Case, Participant, Person  # noqa: E402
from victimcare.working_days import LONDON  # noqa: E402

DAY = date(2026, 11, 25)  # a Wednesday
AS_OF = datetime(2026, 11, 25, 9, tzinfo=LONDON)

CLAIM = """
UPDATE floor_plan SET alerted_at = now() WHERE id IN (
    SELECT id FROM floor_plan WHERE is_open AND alerted_at IS NULL AND due_on <= %s
    ORDER BY due_on LIMIT 1000 FOR UPDATE SKIP LOCKED
) RETURNING id, officer_id
"""


def build() -> None:
    """As many people being updated as `PLANS`, each with an older plan that ended; DUE of them are due."""
    call_command("migrate", verbosity=0)
    _staff(10)
    officers = User.objects.filter(roles=[Role.VICTIM_CARE_OFFICER]).order_by("team_id", "pk")
    of = "'{" + ",".join(str(user.pk) for user in officers) + "}'::bigint[]"
    units = "'{" + ",".join(str(user.team_id) for user in officers) + "}'::bigint[]"
    # Two thirds overdue, the rest due today; the others over the months to come.
    due = (
        f"CASE WHEN n * 7919::bigint % {PLANS} < {DUE} THEN date '{DAY}' - (n % 3)"
        f" ELSE date '{DAY}' + 2 + (n % 90) END"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '64MB'; SET synchronous_commit = off")
        person = Person.objects.create(given_names="Nia", surname="Sweep")
        _insert(cursor, Case, {
            "id": "n", "reference": "'VC-' || n", "source_system": "'RMS'", "occurrence_no": "n::text",
            "offence_title": "'Theft'", "recorded_at": "now()", "opened_at": "now()",
        }, f"generate_series(1, {PLANS}) n")  # fmt: skip
        _insert(cursor, Participant, {
            "id": "n", "reference": "'P-' || n", "case_id": "n", "person_id": str(person.pk), "role": "'VICTIM'",
            "officer_id": f"({of})[1 + n % {len(officers)}]", "team_id": f"({units})[1 + n % {len(officers)}]",
            "consent_to_refer": "'U'",
        }, f"generate_series(1, {PLANS}) n")  # fmt: skip
        for ended, number in (("now()", 1), ("NULL", 2)):
            _insert(cursor, ContactPlan, {
                "participant_id": "n", "number": str(number), "channels": "'{phone}'", "agreed_with": "'them'",
                "agreed_on": f"date '{DAY}' - 28", "agreed_by_id": str(officers[0].pk), "due_on": due,
                "ended_at": ended,
            }, f"generate_series(1, {PLANS}) n")  # fmt: skip
        cursor.execute(
            "CREATE TABLE floor_plan AS SELECT id, ended_at IS NULL AS is_open, due_on, participant_id,"
            " agreed_by_id AS officer_id, NULL::timestamptz AS alerted_at FROM contacts_contactplan"
        )
        cursor.execute("ALTER TABLE floor_plan ADD PRIMARY KEY (id)")
        cursor.execute(
            "CREATE INDEX floor_due ON floor_plan (due_on) INCLUDE (id, officer_id) WHERE is_open AND alerted_at IS NULL"
        )
        cursor.execute("VACUUM ANALYZE")


def timed(do: Callable[[], int]) -> tuple[float, int]:
    started = time.perf_counter()
    number = do()
    return time.perf_counter() - started, number


def claim() -> int:
    """The floor: rows marked, a thousand at a time, until none is left."""
    number = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(CLAIM, [DAY])
            if not (claimed := len(cursor.fetchall())):
                return number
            number += claimed


def sweep() -> int:
    return reminding.remind(AS_OF).total


def find() -> int:
    return sum(number for _day, number in reminding.due_days(SUBJECTS["update_due"], DAY))


def again() -> None:
    """As before either: nothing marked and nothing said, and the tables tidy."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE accounts_notification; UPDATE floor_plan SET alerted_at = NULL WHERE alerted_at IS NOT NULL"
        )
        cursor.execute("VACUUM (ANALYZE) floor_plan")
        cursor.execute("ANALYZE accounts_notification")


def megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    built, _ = timed(lambda: build() or 0)
    floors, passes, seconds, finds = [], [], [], []
    before = megabytes()
    for number in range(ROUNDS + 1):  # the first warms up
        again()
        floor, claimed = timed(claim)
        ours, said = timed(sweep)
        second, more = timed(sweep)
        found, due = timed(find)
        assert (claimed, due, more) == (DUE, DUE, 0), (claimed, due, more)
        if number:
            floors.append(floor)
            passes.append(ours)
            seconds.append(second)
            finds.append(found)
    ratio = statistics.median(ours / floor for ours, floor in zip(passes, floors, strict=True))
    report = {
        "open_plans": PLANS, "due": DUE, "reminders": said, "built_seconds": round(built),
        "claim_seconds": round(statistics.median(floors), 3), "sweep_seconds": round(statistics.median(passes), 3),
        "ratio": round(ratio, 2), "must": MUST, "aim": AIM,
        "second_pass_seconds": round(statistics.median(seconds), 3),
        "finding_ms": round(statistics.median(finds) * 1000, 1), "finding_aim_ms": DETECTED_MS,
        "queries": queries(), "memory_before_mb": before, "memory_peak_mb": megabytes(),
    }  # fmt: skip
    print(json.dumps(report, indent=2))
    return int(ratio > MUST)


def queries() -> int:
    """How many queries one pass asks, whatever is due."""
    again()
    asked = 0

    def count(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        nonlocal asked
        asked += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        sweep()
    return asked


if __name__ == "__main__":
    code = main()
    connections.close_all()
    administer(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    sys.exit(code)
