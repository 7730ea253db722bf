"""An extract through the real path, beside plain COPY of the same file and a save of row after row.

Each is measured in a process and a database of its own, in turn, round after round, so that a busy moment
slows them all alike and the memory is what that one needed. The extracts are the demonstration's, made here.
The real path is `import_extract` as the force's feed runs it: people matched, cases, events, history and
access rows written, triage run, on a durable server. Its duties are assessed too, and timed apart.
Prints one JSON document; ends with 1 when less than the issue demands was reached.

ROWS=50000 rows of referrals, ROUNDS=3, SAVED=1000 rows saved one after the other.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
from psycopg import sql

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victimcare.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from desk.demo import people  # noqa: E402
from desk.demo.extracts import Story, Teller, events_csv, referrals_csv  # noqa: E402
from referrals.arriving import Arrival, arrivals  # noqa: E402
from referrals.models import Referral  # noqa: E402
from referrals.rows import clean_referral  # noqa: E402
from referrals.staged import CASE_WORDS, PERSON_WORDS  # noqa: E402
from victimcare import clock  # noqa: E402
from victimcare.cases.kinds import Kind  # noqa: E402
from victimcare.cases.models import Case, Entitlement, Event, Participant, Person, SafeContact  # noqa: E402
from victimcare.intake.extract import open_extract  # noqa: E402
from victimcare.intake.models import ImportBatch  # noqa: E402
from victimcare.working_days import LONDON  # noqa: E402

ROWS = int(os.environ.get("ROWS", "50000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SAVED = int(os.environ.get("SAVED", "1000"))
MUST, AIM = 1500, 5000  # rows a second
MOST_MEGABYTES, MOST_SECONDS = 400, 240  # the seconds for a year's extracts, their duties apart
OF_PERSON = (*PERSON_WORDS, "date_of_birth", "date_of_death")
OF_CASE = [word for word in CASE_WORDS if word != "oic_team"]
READY = "import_bench"  # a database with tables and people and no case; each measurement copies it


# --- What is imported ------------------------------------------------------------------------------


def write_extracts(to: Path) -> None:
    """referrals.csv of so many rows, and events.csv with what then happened, over the last year."""
    now = clock.now()
    officers = tuple((collar, f"PC {name}", team) for name, collar, team in people.OFFICERS_IN_THE_CASE)
    told = list(_stories(Teller(1, now.astimezone(LONDON), officers), now.astimezone(LONDON)))
    lines = referrals_csv(told).splitlines(keepends=True)[: ROWS + 1]
    (to / "referrals.csv").write_bytes(b"".join(lines))
    (to / "events.csv").write_bytes(events_csv(told[: int(len(told) * 0.99)]))


def _stories(teller: Teller, now: datetime) -> Iterator[Story]:
    start, last = now.replace(tzinfo=None) - timedelta(days=365), None
    rows = 0
    while rows < ROWS:
        at = start + timedelta(days=363 * rows / ROWS)
        twin = last if last and teller.random.random() < 0.05 else None
        last = teller.story(at, same_crime_as=twin)
        if not twin:
            teller.investigate(last)
        rows += 2 if last.representative else 1
        yield last


# --- Three ways ------------------------------------------------------------------------------------


def copied(file: Path) -> dict[str, Any]:
    """Plain COPY of the file into one table of text with a key: as fast as the server takes the bytes."""
    columns = file.open().readline().strip().split(",")
    described = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TABLE plain ({}, UNIQUE (occurrence_no, person_id, role))").format(described)
        )
        started = time.monotonic()
        with file.open("rb") as stream, cursor.copy("COPY plain FROM STDIN (FORMAT csv, HEADER)") as copy:
            while block := stream.read(1 << 18):
                copy.write(block)
        seconds = time.monotonic() - started
        cursor.execute("SELECT count(*) FROM plain")
        return {"received": cursor.fetchone()[0], "seconds": seconds}


def imported(*files: Path) -> dict[str, Any]:
    """The real path. Two files are a year's; the same file twice is a replay."""
    out = StringIO()
    with redirect_stdout(out):
        call_command("import_extract", *map(str, files), "--json", "--history", stderr=StringIO())
    return dict(json.loads(out.getvalue()))


def saved(file: Path) -> dict[str, Any]:
    """What the real path writes for a row, saved row after row, each row a transaction."""
    now = clock.now()
    batch = ImportBatch.objects.create(file_name=file.name, sha256="0", is_history=True, state="reading")
    with file.open("rb") as stream:
        raws = islice(open_extract(stream).rows(), SAVED)
        started, received = time.monotonic(), 0
        for raw in raws:
            row, problems = clean_referral(raw, now=now)
            if problems:
                continue
            with transaction.atomic():
                _save(arrivals(batch, [row])[0], batch)
            received += 1
    return {"received": received, "seconds": time.monotonic() - started}


def _save(arrival: Arrival, batch: ImportBatch) -> None:
    row, made = arrival.row, arrival.triage
    person, _new = Person.objects.update_or_create(
        source_system=row["source_system"],
        source_id=row["person_id"],
        defaults={name: row[name] for name in OF_PERSON},
    )
    case, _new = Case.objects.update_or_create(
        source_system=row["source_system"],
        occurrence_no=row["occurrence_no"],
        defaults={name: row[name] for name in OF_CASE} | {"flags": row["flags"]},
        create_defaults={name: row[name] for name in OF_CASE}
        | {"flags": row["flags"], "opened_at": arrival.received_at},
    )
    part, is_new = Participant.objects.get_or_create(
        case=case, person=person, role=row["role"], defaults={"team_id": arrival.team_id}
    )
    if row["suspect_ref"]:
        suspect, _new = Person.objects.get_or_create(
            source_system=row["source_system"],
            source_id=row["suspect_ref"],
            defaults={"surname": row["suspect_name"][:100]},
        )
        Participant.objects.get_or_create(case=case, person=suspect, role="SUSPECT")
    safe = {name: row[f"safe_to_{name}"] for name in ("text", "email", "post", "voicemail")}
    if any(safe.values()):
        SafeContact.objects.update_or_create(person=person, defaults=safe | {"phone": row["safe_to_call"]})
    if made is None or not is_new:
        return
    Event.objects.create(
        case=case, participant=part, kind=Kind.CRIME_REPORTED, occurred_at=arrival.crime_at,
        learned_at=max(arrival.received_at, arrival.crime_at), precision=arrival.crime_precision,
    )  # fmt: skip
    if made.categories:
        Entitlement.objects.create(
            participant=part, is_enhanced=True, categories=list(made.categories), from_on=arrival.crime_on
        )
    Referral.objects.create(
        participant=part, source="force", batch=batch, received_at=arrival.received_at, priority=made.priority,
        reasons=list(made.reasons), channel=made.channel, due_on=arrival.due_on,
        suppressed_because=made.suppressed_because,
        status="suppressed" if made.suppressed_because else "received",
    )  # fmt: skip


WAYS: dict[str, Callable[..., dict[str, Any]]] = {"copy": copied, "import": imported, "save": saved}


def alone(way: str, *files: str) -> None:
    """One measurement, in this process: prints what came of it and the most memory it held."""
    found = WAYS[way](*map(Path, files))
    found["megabytes"] = round(_most_memory() / 1024)
    sys.stdout.write(json.dumps(found))


def _most_memory() -> int:
    """Kilobytes at the worst moment, of this process and of its largest child."""
    status = Path("/proc/self/status").read_text()
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


# --- In turn ---------------------------------------------------------------------------------------


def _address(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def _on_server(*statements: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


@contextmanager
def ready() -> Iterator[None]:
    """A database to copy, with the unit's people in it, for as long as we measure."""
    _on_server(f"DROP DATABASE IF EXISTS {READY}", f"CREATE DATABASE {READY}")
    env = os.environ | {"DATABASE_URL": _address(READY), "VICTIMCARE_ROLE": "manage"}
    hire = "from desk.demo.people import hire; from victimcare import clock; hire(clock.today())"
    try:
        for command in (["migrate", "-v0"], ["shell", "--no-imports", "-v0", "-c", hire]):
            subprocess.run([sys.executable, "manage.py", *command], env=env, check=True, stdout=sys.stderr)
        yield
    finally:
        _on_server(f"DROP DATABASE IF EXISTS {READY}")


def measured(way: str, *files: Path) -> dict[str, Any]:
    """One way in a process and on a database of its own."""
    name = f"{READY}_{os.getpid()}"
    _on_server(f"CREATE DATABASE {name} TEMPLATE {READY} STRATEGY file_copy")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.imports", way, *map(str, files)],
            env=os.environ | {"DATABASE_URL": _address(name), "VICTIMCARE_ROLE": "manage"},
            check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
    finally:
        _on_server(f"DROP DATABASE IF EXISTS {name}")
    return dict(json.loads(done.stdout))


def main() -> None:
    if len(sys.argv) > 1:
        alone(*sys.argv[1:])
        return
    rounds: list[dict[str, dict[str, Any]]] = []
    with tempfile.TemporaryDirectory() as directory, ready():
        write_extracts(Path(directory))
        referrals, events = Path(directory, "referrals.csv"), Path(directory, "events.csv")
        for _round in range(ROUNDS):
            rounds.append(
                {
                    "copy": measured("copy", referrals),
                    "import": measured("import", referrals, events, referrals),
                    "save": measured("save", referrals),
                }
            )
    report(rounds)


def report(rounds: list[dict[str, dict[str, Any]]]) -> None:
    first, events, again = (
        statistics.median(one["import"]["files"][n]["rows_per_second"] for one in rounds) for n in range(3)
    )
    seconds = statistics.median(sum(file["seconds"] for file in one["import"]["files"][:2]) for one in rounds)
    copy = statistics.median(one["copy"]["received"] / one["copy"]["seconds"] for one in rounds)
    save = statistics.median(one["save"]["received"] / one["save"]["seconds"] for one in rounds)
    megabytes = max(one["import"]["megabytes"] for one in rounds)
    found = {
        "rows": ROWS, "rounds": ROUNDS, "load": round(os.getloadavg()[0], 1), "cores": os.cpu_count(),
        "referrals_rows_per_second": round(first), "events_rows_per_second": round(events),
        "same_file_again_rows_per_second": round(again),
        "duties_seconds": statistics.median(one["import"]["duties_seconds"] for one in rounds),
        "referrals_and_events_seconds": round(seconds, 1),
        "plain_copy_rows_per_second": round(copy), "one_by_one_rows_per_second": round(save),
        "part_of_plain_copy": round(first / copy, 3), "times_one_by_one": round(first / save, 1),
        "megabytes": megabytes,
        "must": first >= MUST and megabytes < MOST_MEGABYTES and seconds < MOST_SECONDS, "aim": first >= AIM,
    }  # fmt: skip
    for name, value in found.items():
        sys.stderr.write(f"{name:>34} {value}\n")
    sys.stdout.write(json.dumps(found) + "\n")
    sys.exit(0 if found["must"] else 1)


if __name__ == "__main__":
    main()
