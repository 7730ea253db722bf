"""Every page of the thread on the full demo year, as a ratio to a bare signed-in page taken in the same run.

Pages are asked for in turn, round after round, so that a busy moment slows them all alike. In one process,
through the whole Django stack and a real PostgreSQL; no HTTP. Prints one JSON document.
"""

import json
import os
import statistics
import sys
import time

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
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
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
        "search: surname": (officer, reverse("desk:search") + "?q=llewelyn"),
        "search: two words": (officer, reverse("desk:search") + "?q=sian+evans"),
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
        "intake": (supervisor, reverse("referrals:intake")),
        "quarantine": (supervisor, reverse("referrals:quarantine")),
        "dashboard": (supervisor, reverse("desk:dashboard")),
        "duties overdue": (supervisor, reverse("desk:duties")),
        "funnel": (supervisor, reverse("desk:funnel")),
        "funnel: reached": (supervisor, reverse("desk:funnel-step", args=["reached"])),
    }
    return names


def measure() -> list[dict[str, object]]:
    times: dict[str, list[float]] = {}
    queries: dict[str, int] = {}
    sizes: dict[str, int] = {}
    everything = pages()
    for round_ in range(ROUNDS + 2):
        for name, (client, url) in everything.items():
            if round_ == 0:
                with CaptureQueriesContext(
                    connection,
                ) as captured:
                    response = client.get(url)
                if response.status_code != 200:
                    sys.exit(f"{name}: {url} answered {response.status_code}")
                queries[name], sizes[name] = len(captured), len(response.content)
                continue
            start = time.perf_counter()
            client.get(url)
            if round_ > 1:  # the first timed round warms the caches
                times.setdefault(name, []).append(time.perf_counter() - start)
    bare = statistics.median(times["bare"])
    return [
        {
            "page": name,
            "queries": queries[name],
            "p50_ms": round(statistics.median(taken) * 1000, 1),
            "times_bare": round(statistics.median(taken) / bare, 2),
            "kilobytes": round(sizes[name] / 1024),
        }
        for name, taken in times.items()
    ]


def main() -> None:
    if not Referral.objects.exists():
        call_command("demo", referrals=48_461)
    with override_settings(ROOT_URLCONF="benchmarks._urls"):
        found = measure()
    slow = [row for row in found if row["queries"] > MOST_QUERIES or row["times_bare"] > MOST_TIMES_BARE]
    for row in sorted(found, key=lambda row: -row["times_bare"]):
        sys.stderr.write(
            f"{row['times_bare']:6.2f}x bare  {row['p50_ms']:7.1f} ms  {row['queries']:3} queries"
            f"  {row['kilobytes']:4} KB  {row['page']}\n"
        )
    sys.stdout.write(json.dumps({"pages": found, "over_the_limits": [row["page"] for row in slow]}) + "\n")


if __name__ == "__main__":
    main()
