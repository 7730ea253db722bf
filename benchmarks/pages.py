"""Every page of the thread on the full demo year, as a ratio to a bare signed-in page taken in the same run.

Pages are asked for in turn, round after round, so that a busy moment slows them all alike. Timed over HTTP
on loopback, from a gunicorn of our own with one sync worker, as the web role, on a real PostgreSQL; that
worker closes each connection, so a time includes opening one. Queries are counted before, in this process.
Prints one JSON document.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victimcare.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from compliance.models import Duty  # noqa: E402
from courts.models import WitnessRequirement  # noqa: E402
from referrals.models import Referral  # noqa: E402
from victimcare.accounts.models import User  # noqa: E402
from victimcare.accounts.permissions import Role  # noqa: E402
from victimcare.cases.models import Participant  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "25"))
MOST_QUERIES, MOST_TIMES_BARE = 25, 8.0


def signed_in(user: User) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user, backend="victimcare.accounts.backends.WithTeam")
    return client


def pages() -> dict[str, tuple[Client, str]]:
    """Each page of the thread, as the person who opens it."""
    busiest = (
        Duty.objects.open().filter(participant__officer__isnull=False, participant__closed_at=None)
        .values_list("participant", flat=True)[:1][0]
    )  # fmt: skip
    victim = Participant.objects.select_related("case", "officer").get(pk=busiest)
    witness = WitnessRequirement.objects.select_related("participant__case", "hearing").first()
    supervisor = signed_in(User.objects.with_role(Role.SUPERVISOR)[0])
    officer = signed_in(victim.officer)
    witness_care = signed_in(User.objects.with_role(Role.WITNESS_CARE_OFFICER)[0])
    of = [victim.case.reference, victim.reference]
    at = [witness.participant.case.reference, witness.participant.reference]
    names = {
        "bare": (officer, reverse("bare")),
        "today: officer": (officer, reverse("desk:today")),
        "today: supervisor": (supervisor, reverse("desk:today")),
        "today: witness care": (witness_care, reverse("desk:today")),
        "cases": (officer, reverse("desk:cases")),
        "search: reference": (officer, reverse("desk:search") + f"?q={victim.case.reference}"),
        "summary": (officer, reverse("desk:summary", args=of)),
        "timeline": (officer, reverse("desk:timeline", args=of)),
        "rights": (officer, reverse("desk:rights", args=of)),
        "contacts and plan": (officer, reverse("contacts:list", args=of)),
        "log a contact": (officer, reverse("contacts:log", args=of)),
        "agree a plan": (officer, reverse("contacts:plan", args=of)),
        "needs": (officer, reverse("needs_assessments:list", args=of)),
        "assess needs": (officer, reverse("needs_assessments:assess", args=of)),
        "letters": (officer, reverse("letters:list", args=of)),
        "court of a case": (witness_care, reverse("courts:case", args=at)),
        "hearings": (witness_care, reverse("courts:hearings")),
        "hearing": (witness_care, reverse("courts:hearing", args=[witness.hearing.reference])),
        "warn": (witness_care, reverse("courts:warn", args=[witness.hearing.reference, at[1]])),
        "who looked": (supervisor, reverse("desk:who-looked", args=of)),
        "referrals": (supervisor, reverse("referrals:list")),
        "allocate": (supervisor, reverse("referrals:allocate")),
        "intake": (supervisor, reverse("intake:list")),
        "quarantine": (supervisor, reverse("intake:quarantine")),
        "dashboard": (supervisor, reverse("desk:dashboard")),
        "duties overdue": (supervisor, reverse("desk:duties")),
        "funnel": (supervisor, reverse("desk:funnel")),
        "funnel: reached": (supervisor, reverse("desk:funnel-step", args=["reached"])),
    }
    return names


def counted(everything: dict[str, tuple[Client, str]]) -> dict[str, tuple[int, int]]:
    """How many queries each page asks and how many bytes it is, in this process."""
    found = {}
    for name, (client, url) in everything.items():
        with CaptureQueriesContext(connection) as captured:
            response = client.get(url)
        if response.status_code != 200:
            sys.exit(f"{name}: {url} answered {response.status_code}")
        found[name] = len(captured), len(response.content)
    return found


@contextmanager
def served(static_root: str) -> Iterator[HTTPConnection]:
    """A gunicorn of our own. It inherits a socket that listens already: the first request waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, fd = listening.getsockname()[1], listening.fileno()
        gunicorn = f"gunicorn benchmarks._wsgi --bind fd://{fd} --workers 1 --worker-class sync"
        server = subprocess.Popen(
            [sys.executable, "-m", *gunicorn.split(), "--log-level", "warning", "--no-control-socket"],
            env=os.environ | {"VICTIMCARE_ROLE": "web", "DEMO": "1", "STATIC_ROOT": static_root},
            pass_fds=[fd],
            stdout=sys.stderr,
        )
    try:
        yield HTTPConnection("127.0.0.1", port, timeout=60)
    finally:
        server.terminate()
        server.wait()


def seconds_for(http: HTTPConnection, client: Client, url: str) -> float:
    """How long one page takes, from asking to its last byte, with the cookies of that client."""
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())
    start = time.perf_counter()
    http.request("GET", url, headers={"Cookie": cookies})
    response = http.getresponse()
    response.read()
    taken = time.perf_counter() - start
    if response.status != 200:
        sys.exit(f"{url} answered {response.status} over HTTP")
    return taken


def measure(static_root: str) -> list[dict[str, object]]:
    times: dict[str, list[float]] = {}
    everything = pages()
    counts = counted(everything)
    with served(static_root) as http:
        for round_ in range(ROUNDS + 1):
            for name, (client, url) in everything.items():
                taken = seconds_for(http, client, url)
                if round_:  # the first round warms the caches
                    times.setdefault(name, []).append(taken)
    bare = statistics.median(times["bare"])
    return [
        {
            "page": name,
            "queries": counts[name][0],
            "p50_ms": round(statistics.median(taken) * 1000, 1),
            "times_bare": round(statistics.median(taken) / bare, 2),
            "kilobytes": round(counts[name][1] / 1024),
        }
        for name, taken in times.items()
    ]


def main() -> None:
    if not Referral.objects.exists():
        call_command("demo", referrals=48_461)
    with (
        tempfile.TemporaryDirectory() as static_root,
        override_settings(ROOT_URLCONF="benchmarks._urls", STATIC_ROOT=static_root),
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
        found = measure(static_root)
    slow = [row for row in found if row["queries"] > MOST_QUERIES or row["times_bare"] > MOST_TIMES_BARE]
    for row in sorted(found, key=lambda row: -row["times_bare"]):
        sys.stderr.write(
            f"{row['times_bare']:6.2f}x bare  {row['p50_ms']:7.1f} ms  {row['queries']:3} queries"
            f"  {row['kilobytes']:4} KB  {row['page']}\n"
        )
    sys.stdout.write(json.dumps({"pages": found, "over_the_limits": [row["page"] for row in slow]}) + "\n")


if __name__ == "__main__":
    main()
