"""Lists, search, logging a contact and creating a case at 500,000 cases, beside a bare page and a bare form in one run.

The cases are made in a database of their own beside the demo's, which is dropped at the end. Each thing is asked for
in turn, round after round, over HTTP on loopback from a gunicorn of our own (one sync worker, the web role). What is
said of each is the median and the worst of the rounds' medians, as a ratio to the floor of the same round.

CASES=50000 builds fewer; ROUNDS=5 TIMES=15 measures longer; BIG_KEEP=1 keeps the database for another run; GOALS=G6
measures what has this goal alone.
Prints one JSON document; exits with 1 where a goal that must be met is missed.
"""

import json
import os
import re
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import django
import psycopg

CASES = int(os.environ.get("CASES", "500000"))
ROUNDS, TIMES = int(os.environ.get("ROUNDS", "3")), int(os.environ.get("TIMES", "9"))
GOALS = set(os.environ.get("GOALS", "").split())  # none: everything
NAME = f"victimcare_big_{CASES}"
ADDRESS = os.environ["DATABASE_URL"]


def administer(sql: str) -> None:
    with psycopg.connect(ADDRESS, autocommit=True) as connection:
        connection.execute(sql)  # type: ignore[call-overload]


def is_built() -> bool:
    """Whether an earlier run kept the database, and had finished it."""
    named = "SELECT 1 FROM pg_database WHERE datname = %s AND shobj_description(oid, 'pg_database') = 'built'"
    with psycopg.connect(ADDRESS) as connection:
        return connection.execute(named, [NAME]).fetchone() is not None


IS_KEPT = is_built()
if not IS_KEPT:
    administer(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    administer(f"CREATE DATABASE {NAME}")
os.environ["DATABASE_URL"] = urlunsplit(urlsplit(ADDRESS)._replace(path=f"/{NAME}"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victimcare.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import reverse  # noqa: E402

from benchmarks._big import build  # noqa: E402
from benchmarks.pages import served, signed_in  # noqa: E402
from contacts.models import untold_to  # noqa: E402
from victimcare import clock  # noqa: E402
from victimcare.accounts.models import User  # noqa: E402
from victimcare.accounts.permissions import Role  # noqa: E402
from victimcare.cases.models import Case, Participant, Person  # noqa: E402


@dataclass
class Thing:
    """One thing that is measured: what is asked, beside which floor, and how good it must and could be."""

    goal: str
    name: str
    client: Client
    url: str
    floor: str = "bare"
    must: float = 0
    moonshot: float = 0
    most_queries: int = 0
    answers: Callable[[], dict[str, Any]] | None = None  # of a form, new each time
    expects: int = 200
    times: list[list[float]] = field(default_factory=list)
    queries: int = 0  # before it is committed
    queries_after: int = 0  # of the listeners, once it is


def somebody_of(officer: User) -> Participant:
    """One of the officer's own people whose number, postcode and birthday are known."""
    people = Participant.objects.filter(officer=officer, closed_at=None, case__is_restricted=False)
    return people.exclude(person__phone_mobile="").select_related("person", "case").order_by("pk")[5]


def things() -> list[Thing]:
    officer = User.objects.get(username="officer0-3")
    theirs, care, boss = (
        signed_in(User.objects.get(username=name)) for name in ("officer0-3", "care0-1", "supervisor0")
    )
    one = somebody_of(officer)
    cases, search, person = reverse("desk:cases"), reverse("desk:search"), one.person
    rare = Person.objects.filter(parts__team=officer.team_id).order_by("-surname")[500].surname

    def sought(name: str, typed: str, client: Client = theirs, moonshot: float = 3) -> Thing:
        return Thing(
            "G2", f"search: {name}", client, search, must=6, moonshot=moonshot, most_queries=8,
            answers=lambda: {"q": typed},
        )  # fmt: skip

    def listed(name: str, url: str, client: Client = theirs) -> Thing:
        return Thing("G1", name, client, url, must=5, moonshot=3, most_queries=8)

    mine = (
        Participant.objects.filter(officer=officer, closed_at=None)
        .order_by("-pk")
        .values_list("pk", flat=True)
    )
    found = [
        Thing("", "bare", theirs, reverse("bare")),
        Thing(
            "",
            "bare form",
            theirs,
            reverse("bare-post"),
            answers=lambda: {"subject": uuid.uuid4()},
            expects=302,
        ),
        listed("cases: mine", cases),
        listed("cases: mine, page 4", f"{cases}?before={mine[75]}"),
        listed("cases: my team's", f"{cases}?whose=team"),
        listed("cases: everybody I may see", f"{cases}?whose=all"),
        listed("cases: my team's, closed", f"{cases}?whose=team&closed=1"),
        listed("cases: of one officer, for a supervisor", f"{cases}?officer={officer.reference}", boss),
        listed("cases: witness care, mine", cases, care),
        listed("cases: witness care, the team's", f"{cases}?whose=team", care),
        sought("surname, common", "jones"),
        sought("surname, rare", rare),
        sought("start of a surname", "mac"),
        sought("forename and surname", "siân jones"),
        sought("surname and forename", "jones, sian"),
        sought("misspelt surname", "llewelen", moonshot=4),
        sought("misspelt, both names", "sian grifiths", moonshot=4),
        sought("nobody", "zzyzx qqf"),
        sought("surname and date of birth", f"{person.surname} {person.date_of_birth:%d/%m/%Y}"),
        sought("phone", f"+44 {person.phone_mobile[-10:-6]} {person.phone_mobile[-6:]}"),
        sought("postcode", person.postcode.replace(" ", "")),
        sought("our reference", one.case.reference),
        sought("occurrence number", one.case.occurrence_no),
        sought("start of an occurrence number", one.case.occurrence_no[:8]),
        sought("witness care, surname", "jones", care),
        *dashboards(theirs, boss),
        Thing("", "today: officer", theirs, reverse("desk:today"), most_queries=25),
        Thing("", "today: supervisor", boss, reverse("desk:today"), most_queries=25),
        Thing("", "allocate", boss, reverse("referrals:allocate"), most_queries=25),
        Thing("", "referrals", boss, reverse("referrals:list"), most_queries=25),
        Thing("", "quarantine", boss, reverse("intake:quarantine"), most_queries=8),
    ]
    return [*found, logging(theirs, officer), *creating(theirs, officer)]


def dashboards(theirs: Client, boss: Client) -> list[Thing]:
    """What a supervisor, an officer and an analyst are shown."""
    analyst, _is_new = User.objects.get_or_create(
        username="analyst", defaults={"display_name": "Analyst", "roles": [Role.ANALYST], "password": "!"}
    )
    month = f"month={clock.today():%Y-%m}"

    def shown(name: str, client: Client, url: str, most: int = 8) -> Thing:
        return Thing("G4", f"dashboard: {name}", client, url, must=8, moonshot=4, most_queries=most)

    page = reverse("desk:dashboard")
    return [
        shown("overview", boss, page),
        shown("overview of a month", boss, f"{page}?{month}"),
        shown("overview, an officer's", theirs, page),
        shown("overview, an analyst's", signed_in(analyst), page),
        *(
            shown(f"by {by}", boss, f"{reverse('desk:figures', args=[by])}?{month}")
            for by in ("duty", "officer", "area", "offence")
        ),
        shown("trend", boss, reverse("desk:trend")),
        shown("forecast and workload", boss, reverse("desk:forecast")),
        shown("overdue, the list", boss, f"{reverse('desk:duties')}?status=overdue"),
    ]


def logging(client: Client, officer: User) -> Thing:
    """A call at eleven on the last working day, to somebody who may be rung, that told what happened."""
    people = Participant.objects.filter(officer=officer, closed_at=None, person__safe_contact__phone="Y")
    one = people.select_related("case").order_by("pk")[5]
    day = clock.today() - timedelta(days=1)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    events = untold_to(one)[:1]
    said = {
        "channel": "phone", "direction": "out", "outcome": "reached", "note": "She asked about the trial.",
        "tells": [event.reference for event in events], "landed": "calm", "promise": "Ask about screens",
        "promise_due_on_day": 31, "promise_due_on_month": 12, "promise_due_on_year": clock.today().year,
        "on_day": day.day, "on_month": day.month, "on_year": day.year, "at_time": "11:00", "next": "none",
        "no_task_because": "Nothing is left to do",
    }  # fmt: skip
    return Thing(
        "G5", "log a contact", client, reverse("contacts:log", args=[one.case.reference, one.reference]),
        floor="bare form", must=5, moonshot=3, most_queries=14, answers=lambda: said, expects=302,
    )  # fmt: skip


def creating(client: Client, officer: User) -> list[Thing]:
    """A case by hand: the search that comes first, which is the check for duplicates, and the form after it."""
    day = clock.today()
    url, before = reverse("cases:open-case"), Person.objects.order_by("pk")[1234]
    who = {
        "given_names": before.given_names, "surname": before.surname, "postcode": before.postcode,
        "phone": before.phone_mobile, "date_of_birth_day": before.date_of_birth.day,
        "date_of_birth_month": before.date_of_birth.month, "date_of_birth_year": before.date_of_birth.year,
    }  # fmt: skip
    page = client.post(url, who).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    if token is None:
        sys.exit("The search before a case is opened gave no proof of itself.")
    opened = {
        "token": token[1], "who": "new", "officer": officer.pk, "offence_title": "Criminal damage",
        "occurrence_no": "", "reported_on_day": day.day, "reported_on_month": day.month,
        "reported_on_year": day.year,
    }  # fmt: skip
    by_form = {
        "ways": ["phone"], "secret": "no", "phone": before.phone_mobile or "07700 900321", "hours": "school",
        "voicemail": "no", "hide_number": "no", "code_word": "daffodil", "given_names": before.given_names,
        "surname": before.surname, "language": "cy", "kinds": ["domestic_abuse"], "words": "He took my phone.",
        "reported": "no", "agreed": "yes", "agreed_on": day.isoformat(), "agreed_how": "I asked on the phone.",
    }  # fmt: skip
    goal: dict[str, Any] = {"floor": "bare form", "must": 8, "moonshot": 4, "most_queries": 14}
    return [
        Thing("G6", "duplicate check before a case", client, url, answers=lambda: who, **goal),
        Thing("G6", "open a case by hand", client, url, answers=lambda: opened, expects=302, **goal),
        Thing(
            "G6",
            "refer somebody by a form",
            client,
            reverse("referrals:refer-in"),
            answers=lambda: by_form,
            expects=302,
            **goal,
        ),
    ]


def filled_in(thing: Thing) -> dict[str, Any]:
    """The answers of a form. One that saves carries a key, so that it takes effect once."""
    key = {"form_key": uuid.uuid4()} if thing.goal in {"G5", "G6"} else {}
    return key | (thing.answers() if thing.answers else {})


def asked(thing: Thing) -> str:
    """The body of a form, as a browser sends it; nothing for a page."""
    if thing.answers is None:
        return ""
    token = thing.client.cookies["csrf"].value
    return urlencode({"csrfmiddlewaretoken": token, **filled_in(thing)}, doseq=True)


def count(thing: Thing) -> None:
    """How many questions it asks of the database before it is committed, and after, in this process."""
    found: list[str] = []
    committed: list[int] = []
    run_hooks = connection.run_and_clear_commit_hooks

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            found.append(sql)
        return execute(sql, params, many, context)

    def run_hooks_and_note() -> None:
        if connection.run_on_commit:
            committed.append(len(found))
        run_hooks()

    connection.run_and_clear_commit_hooks = run_hooks_and_note  # type: ignore[method-assign]
    try:
        with connection.execute_wrapper(note):
            ask = thing.client.get if thing.answers is None else thing.client.post
            response = ask(thing.url, filled_in(thing))
    finally:
        connection.run_and_clear_commit_hooks = run_hooks  # type: ignore[method-assign]
    if response.status_code != thing.expects:
        sys.exit(f"{thing.name}: {thing.url} answered {response.status_code}, not {thing.expects}.")
    thing.queries = committed[0] if committed else len(found)
    thing.queries_after = len(found) - thing.queries


def seconds(http: HTTPConnection, thing: Thing) -> float:
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in thing.client.cookies.items())
    body, headers = asked(thing), {"Cookie": cookies}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    start = time.perf_counter()
    http.request("POST" if body else "GET", thing.url, body=body or None, headers=headers)
    response: HTTPResponse = http.getresponse()
    response.read()
    taken = time.perf_counter() - start
    if response.status != thing.expects:
        sys.exit(f"{thing.name}: {thing.url} answered {response.status} over HTTP, not {thing.expects}.")
    return taken


def measure(everything: list[Thing]) -> None:
    for thing in everything:
        thing.client.get(reverse("desk:cases"))  # so that it has the cookie of a form
        count(thing)
        if thing.most_queries and thing.queries > thing.most_queries:
            count(thing)  # once a minute a session says that it was seen, and the calendar is asked for
    with served(str(os.environ["STATIC_ROOT"])) as http:
        for thing in everything:  # warms the caches of the worker and of the database
            for _ in range(3):
                seconds(http, thing)
        for _ in range(ROUNDS):
            for thing in everything:
                thing.times.append([])
            for _ in range(TIMES):
                for thing in everything:
                    thing.times[-1].append(seconds(http, thing))


def said(thing: Thing, floors: dict[str, list[float]]) -> dict[str, Any]:
    medians = [statistics.median(each) for each in thing.times]
    ratios = [mine / floor for mine, floor in zip(medians, floors[thing.floor], strict=True)]
    ratio = statistics.median(ratios)
    return {
        "goal": thing.goal,
        "what": thing.name,
        "p50_ms": round(statistics.median(medians) * 1000, 1),
        "ratio": round(ratio, 2),
        "worst_round": round(max(ratios), 2),
        "floor": thing.floor,
        "must": thing.must,
        "moonshot": thing.moonshot,
        "queries": thing.queries,
        "queries_after_commit": thing.queries_after,
        "most_queries": thing.most_queries,
        "is_met": not (thing.must and ratio > thing.must)
        and not (thing.most_queries and thing.queries > thing.most_queries),
        "is_moonshot": bool(thing.moonshot) and ratio <= thing.moonshot,
    }


def is_wanted(thing: Thing) -> bool:
    return not GOALS or thing.goal in GOALS or thing.name.startswith("bare")


def table(rows: list[dict[str, Any]]) -> str:
    lines = [f"{'':4}{'what':44}{'p50 ms':>8}{'ratio':>7}{'must':>6}{'moon':>6}{'queries':>11}"]
    for row in rows:
        verdict = (
            ""
            if not row["must"]
            else "moonshot"
            if row["is_moonshot"]
            else "met"
            if row["is_met"]
            else "MISSED"
        )
        most = f"/{row['most_queries']}" if row["most_queries"] else ""
        most += f" +{row['queries_after_commit']}" if row["queries_after_commit"] else ""
        lines.append(
            f"{row['goal']:4}{row['what']:44}{row['p50_ms']:8.1f}{row['ratio']:7.2f}{row['must'] or '':>6}"
            f"{row['moonshot'] or '':>6}{str(row['queries']) + most:>11}  {verdict}"
        )
    return "\n".join(lines)


def fill() -> dict[str, Any]:
    """Tables and cases, unless they were kept; how long that took and how big it is."""
    start = time.perf_counter()
    call_command("migrate", verbosity=0)
    if not IS_KEPT:
        build(CASES)
        administer(f"COMMENT ON DATABASE {NAME} IS 'built'")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        [size] = cursor.fetchone()
    return {
        "cases": Case.objects.count(),
        "participants": Participant.objects.count(),
        "people": Person.objects.count(),
        "build_seconds": None if IS_KEPT else round(time.perf_counter() - start),
        "gigabytes": round(size / 2**30, 2),
    }


def main() -> None:
    filled = fill()
    sys.stderr.write(f"{filled}\n")
    with tempfile.TemporaryDirectory() as static_root:
        os.environ["STATIC_ROOT"] = static_root
        with override_settings(ROOT_URLCONF="benchmarks._urls", STATIC_ROOT=static_root):
            call_command("collectstatic", interactive=False, verbosity=0)
            everything = [thing for thing in things() if is_wanted(thing)]
            measure(everything)
    floors = {
        thing.name: [statistics.median(each) for each in thing.times]
        for thing in everything
        if thing.name.startswith("bare")
    }
    rows = [said(thing, floors) for thing in everything]
    sys.stderr.write(table(rows) + "\n")
    sys.stdout.write(json.dumps({"database": filled, "things": rows}) + "\n")
    missed = [row["what"] for row in rows if not row["is_met"]]
    sys.exit(f"Missed: {', '.join(missed)}." if missed else 0)


def and_clear_away(measuring: Callable[[], None]) -> None:
    """Measure, and leave no database behind; with BIG_KEEP it stays for the next time."""
    try:
        measuring()
    finally:
        connections.close_all()
        if not os.environ.get("BIG_KEEP"):
            administer(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


if __name__ == "__main__":
    and_clear_away(main)
