"""Reminders when everything dies: none lost, none twice, none late. Real processes on real servers; `./run faults`."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.embedded import valkey_server
from tests.faults.test_kills import beside  # noqa: F401 - a fixture
from tests.journeys.conftest import ROOT, Service

pytestmark = pytest.mark.faults

OVERDUE = 10_000
MINUTES_TO_CLEAR = 10
SECONDS_LATE = 60

# Due over the last two weeks, to people of the demonstration's units; every hour is somebody's shift.
MAKE = f"""
from datetime import timedelta, time
from django.utils import timezone
from contacts.models import ContactPlan
from victimcare import clock
from victimcare.accounts.models import StaffMail, Notification, User
from victimcare.cases.models import Case, Participant, Person
Notification.objects.all().delete(); StaffMail.objects.all().delete()
User.objects.update(working_hours=[["00:00", "23:59"]] * 7, quiet_from=time(0), quiet_until=time(0))
User.objects.filter(email="").update(email="somebody@police.example")
officers = list(User.objects.active().filter(roles__contains=["victim_care_officer"], team__isnull=False))
n = range({OVERDUE})
person = Person.objects.create(given_names="Nia", surname="Sweep")
cases = Case.objects.bulk_create(
    [Case(occurrence_no=f"S{{i}}", source_system="SWEEP", offence_title="Theft", recorded_at=timezone.now()) for i in n])
parts = Participant.objects.bulk_create(
    [Participant(case=case, person=person, role="VICTIM", team_id=officers[i % len(officers)].team_id,
                 officer=officers[i % len(officers)]) for i, case in enumerate(cases)])
ContactPlan.objects.bulk_create(
    [ContactPlan(participant=part, channels=["phone"], agreed_on=clock.today(), agreed_with="x", agreed_by=officers[0],
                 due_on=clock.today() - timedelta(days=i % 15)) for i, part in enumerate(parts)])
"""
# What ought to have been said, worked out row by row by the rules alone, beside what was.
COMPARE = """
import json
from collections import Counter
from contacts.models import ContactPlan
from contacts.reminders import answers_for, answers_for_team, levels, spans
from contacts.reminding import staff_on
from victimcare import clock
from victimcare.accounts.models import Notification, StaffMail
from victimcare.cases.standards import numbers_on
from victimcare.working_days import england_and_wales
today = clock.today()
numbers, staff = numbers_on(today), staff_on(today)
said = spans(today, remind_before=numbers["remind_before"], escalate_after=numbers["escalate_after"],
             bank_holidays=england_and_wales())
own, teams, wanted = answers_for(staff), answers_for_team(staff), set()
for plan in ContactPlan.objects.timed().filter(participant__person__surname="Sweep").select_related("participant"):
    part = plan.participant
    for level in levels(plan.due_on, said):
        heard = [own[part.officer_id]] if level != "escalated" and part.officer_id in own else [
            each.person for each in teams.get(part.team_id, ()) if level != "escalated" or each.is_supervisor]
        wanted |= {(part.reference, plan.due_on.isoformat(), level.value, person) for person in heard}
about = {w[0] for w in wanted}
rows = Counter((n.subject, n.due_on.isoformat(), n.level, n.recipient_id) for n in
               Notification.objects.filter(kind="update_due", settled_at=None) if n.subject in about)
mails = Counter(StaffMail.objects.values_list("recipient_id", flat=True))
sent = StaffMail.objects.filter(status="sent").values("recipient").distinct().count()
print(json.dumps({"wanted": len(wanted), "lost": len(wanted - set(rows)), "wrong": len(set(rows) - wanted),
                  "duplicated": sum(rows.values()) - len(rows), "digests": sent,
                  "officers": len({w[3] for w in wanted}), "two_digests": sum(n > 1 for n in mails.values())}))
"""
PASSES = """
import time
from contacts import digests, reminding
from victimcare import clock
from victimcare.messaging.staff_mail import send_staff_mail
reminding.TOGETHER = 500
while True:
    sweep = reminding.remind(clock.now())
    if not sweep.was_busy:
        digests.write_digests(clock.now())
    send_staff_mail()
    time.sleep(0.5)
"""
# One update after another falls due while everything dies; how late each was said, at the worst.
FALLS_DUE = """
import json
from datetime import timedelta
from victimcare import clock
from django.utils import timezone
from contacts.models import ContactPlan
plan = ContactPlan.objects.filter(participant__person__surname="Sweep", frequency_days=28).order_by("pk").first()
ContactPlan.objects.filter(pk=plan.pk).update(due_on=clock.today() - timedelta(days=40), frequency_days=7)
print(json.dumps([plan.participant.reference, timezone.now().timestamp()]))
"""
SAID_AT = """
import json
from victimcare.accounts.models import Notification
from victimcare import clock
from datetime import timedelta
rows = Notification.objects.filter(kind="update_due", due_on=clock.today() - timedelta(days=40), level="overdue")
print(json.dumps({n.subject: n.created_at.timestamp() for n in rows}))
"""
NIGHTS = """
import json
from datetime import date, datetime, timedelta
from contacts.models import ContactPlan
from contacts.reminding import remind
from victimcare.accounts.models import Notification
from victimcare.working_days import LONDON
plans = list(ContactPlan.objects.filter(participant__person__surname="Sweep")[:5])
ContactPlan.objects.filter(participant__person__surname="Sweep").exclude(pk__in=[p.pk for p in plans]).delete()
nights = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31), date(2028, 3, 26)]
early = late = twice = sweeps = 0
for plan, night in zip(plans, nights):
    ContactPlan.objects.filter(pk=plan.pk).update(due_on=night)
    reference = plan.participant.reference
    begins = datetime.combine(night - timedelta(days=1), datetime.min.time(), tzinfo=LONDON).timestamp() + 22 * 3600
    midnight = datetime.combine(night, datetime.min.time(), tzinfo=LONDON).timestamp()
    first = None
    for minute in range(6 * 60):  # two hours before midnight, four after
        at = datetime.fromtimestamp(begins + 60 * minute, tz=LONDON)
        made = remind(at).created["update_due", "due_today"]
        sweeps += 1
        if made and first is None:
            first = at.timestamp()
        elif made:
            twice += 1
    early += first < midnight
    late += first - midnight > 60
    for hours in (30, 4):  # the clock put on by a day, and back
        twice += remind(datetime.fromtimestamp(midnight + 3600 * hours, tz=LONDON)).created["update_due", "due_today"]
    ContactPlan.objects.filter(pk=plan.pk).delete()
rows = Notification.objects.filter(kind="update_due", level="due_today", due_on__in=nights).count()
print(json.dumps({"nights": len(nights), "sweeps": sweeps, "early": early, "late": late, "twice": twice, "rows": rows}))
"""


class Machinery:
    """Beats, workers and a Valkey of our own, each killed without a word and started again."""

    def __init__(self, service: Service, place: Path) -> None:
        self.socket, self.place = place / "valkey.sock", place
        self.env = service.env | {"REDIS_URL": f"redis+socket://{self.socket}", "VICTIMCARE_ROLE": "worker"}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.kills = 0

    def start(self, name: str) -> None:
        celery = [sys.executable, "-m", "celery", "--app", "victimcare.celery"]
        command = {
            "valkey": [
                str(valkey_server()),
                "--port",
                "0",
                "--unixsocket",
                str(self.socket),
                "--save",
                "",
                "--dir",
                str(self.place),
            ],
            "worker": [
                *celery,
                "worker",
                "--concurrency",
                "2",
                "--hostname",
                f"faults{self.kills}-{os.getpid()}@%h",
            ],
        }.get(name, [*celery, "beat", "--pidfile=", "--schedule", str(self.place / name)])
        self.running[name] = subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )  # fmt: skip
        while name == "valkey" and not self.socket.exists():
            time.sleep(0.1)

    def kill(self, name: str) -> None:
        os.killpg(self.running[name].pid, signal.SIGKILL)
        self.running[name].wait()
        self.kills += 1
        if name == "valkey":
            self.socket.unlink(missing_ok=True)

    def stop(self) -> None:
        for child in self.running.values():
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@pytest.fixture
def machinery(beside: Service, tmp_path: Path) -> Iterator[Machinery]:  # noqa: F811
    machinery = Machinery(beside, tmp_path)
    yield machinery
    machinery.stop()


def run(service: Service, python: str) -> None:
    service.manage("shell", "--no-imports", "-v0", "-c", python)


def _passes(service: Service) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-v0", "-c", PASSES], cwd=ROOT,
        env=service.env | {"VICTIMCARE_ROLE": "worker"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def wait_until_said(service: Service, started: float) -> dict[str, int]:
    while True:
        found: dict[str, int] = service.ask(COMPARE)
        if not found["lost"] and found["digests"] >= found["officers"]:
            return found
        assert time.monotonic() < started + MINUTES_TO_CLEAR * 60, found
        time.sleep(2)


def test_ten_thousand_overdue_are_said_once_each_although_the_sweepers_are_killed(beside):  # noqa: F811
    run(beside, MAKE)
    chance, kills, started = random.Random(4), 0, time.monotonic()
    sweepers = [_passes(beside) for _ in range(2)]
    try:
        while kills < 14:
            time.sleep(chance.uniform(1.0, 4.0))
            which = chance.randrange(2)
            os.killpg(sweepers[which].pid, signal.SIGKILL)
            sweepers[which].wait()
            kills += 1
            sweepers[which] = _passes(beside)
        found = wait_until_said(beside, started)
    finally:
        for sweeper in sweepers:
            os.killpg(sweeper.pid, signal.SIGKILL)
            sweeper.wait()
    print(json.dumps(found | {"kills": kills, "seconds": round(time.monotonic() - started)}))
    assert (found["lost"], found["wrong"], found["duplicated"], found["two_digests"]) == (0, 0, 0, 0)
    assert found["wanted"] > OVERDUE


def test_two_beats_dead_workers_and_an_emptied_valkey_lose_and_double_nothing(beside, machinery):  # noqa: F811
    """Three days of downtime are over: everything is due at once, and then everything dies in turn."""
    run(beside, MAKE)
    started = time.monotonic()
    for name in ("valkey", "worker", "beat-1", "beat-2"):
        machinery.start(name)
    chance, due = random.Random(5), {}
    for fault in (
        "worker",
        "flush",
        "beat-1",
        "worker",
        "valkey",
        "worker",
        "beat-2",
        "flush",
        "worker",
        "valkey",
    ):
        reference, at = beside.ask(FALLS_DUE)
        due[reference] = at
        time.sleep(chance.uniform(2.0, 6.0))
        if fault == "flush":
            command = f"import redis; redis.Redis(unix_socket_path={str(machinery.socket)!r}).flushall()"
            subprocess.run([sys.executable, "-c", command], check=True, timeout=20)
            machinery.kills += 1
        else:
            machinery.kill(fault)
            machinery.start(fault)
    found = wait_until_said(beside, started)
    while len(said := beside.ask(SAID_AT)) < len(due):
        assert time.monotonic() < started + MINUTES_TO_CLEAR * 60
        time.sleep(1)
    latest = max(said[reference] - at for reference, at in due.items())
    seconds = round(time.monotonic() - started)
    print(
        json.dumps(found | {"faults": machinery.kills, "latest_seconds": round(latest), "seconds": seconds})
    )
    assert (found["lost"], found["wrong"], found["duplicated"], found["two_digests"]) == (0, 0, 0, 0)
    assert latest <= SECONDS_LATE


def test_no_night_of_a_clock_change_says_a_thing_early_late_or_twice(beside):  # noqa: F811
    run(beside, MAKE)
    found = beside.ask(NIGHTS, timeout=900)  # 1,800 passes, on a machine that does other things too
    print(json.dumps(found))
    assert (found["early"], found["late"], found["twice"]) == (0, 0, 0)
    assert found["rows"] == found["nights"] == 5
