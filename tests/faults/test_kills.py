"""kill -9 at any moment: nothing lost, nothing twice. Real processes on real servers; `./run faults`."""

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

from tests.journeys.conftest import ROOT, Service, _free_port, _own_database

pytestmark = pytest.mark.faults

LETTERS = 120
ROWS = 12_000
SECONDS = 240

MAKE_LETTERS = f"""
from victimcare.accounts.models import User
from victimcare.cases.models import Participant, SafeContact
from victimcare.cases.safe_contact import Blocked, Channel, Purpose, clear
from victimcare.letters import actions
from victimcare.letters.models import Letter, LetterTemplate
by = User.objects.get(username="olwen.pritchard")
template = LetterTemplate.objects.filter(key="unable_to_contact", status="approved").latest("number")
people = []
for part in Participant.objects.visible_to(by).filter(role="VICTIM", closed_at=None).select_related("case", "person"):
    try:
        people.append(clear(part, Channel.POST, Purpose.UPDATE))
    except Blocked:
        pass
for n in range({LETTERS}):
    letter = actions.compose(clearance=people[n % len(people)], template=template, languages="en", values={{}}, by=by)
    Letter.objects.filter(pk=letter.pk).update(status="queued")
"""
LEFT = (
    "import json; from victimcare.letters.models import Letter as L; print(json.dumps(["
    "L.objects.filter(status__in=['queued', 'rendering']).count(), L.objects.filter(status='parked').count()]))"
)
PRINTED = (
    "import json, hashlib; from victimcare.letters.models import Letter as L; print(json.dumps(["
    "[l.sha256, hashlib.sha256(bytes(l.pdf)).hexdigest()] for l in L.objects.filter(status='rendered')]))"
)
RENDER = (
    "from victimcare.letters import actions\nwhile True: actions.free_left_behind(); actions.render_queued(5)"
)


@pytest.fixture
def beside() -> Iterator[Service]:
    """A database of our own with the demonstration's people; nothing is running on it yet."""
    service = Service("", os.environ | {"DATABASE_URL": _own_database(f"faults_{_free_port()}"), "DEMO": "1"})
    service.manage("migrate", "-v0")
    service.manage("demo")
    yield service
    service.stop()


def _start(service: Service, *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=service.env | {"VICTIMCARE_ROLE": "worker"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def _kill(child: subprocess.Popen[bytes]) -> None:
    """The whole group, as the machine would: no handler runs, no file is closed in good order."""
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def test_letters_are_printed_once_each_although_the_printers_are_killed(beside):
    beside.manage("shell", "--no-imports", "-v0", "-c", MAKE_LETTERS)
    wanted = beside.ask(LEFT)[0]  # ours, and those the demonstration had waiting
    chance, kills, started = random.Random(1), 0, time.monotonic()
    printers = [_start(beside, "shell", "--no-imports", "-v0", "-c", RENDER) for _ in range(2)]
    try:
        while time.monotonic() < started + 30:  # half a minute of kills
            time.sleep(chance.uniform(2.0, 4.0))
            victim = chance.randrange(2)
            _kill(printers[victim])
            kills += 1
            printers[victim] = _start(beside, "shell", "--no-imports", "-v0", "-c", RENDER)
        while beside.ask(LEFT)[0]:  # a killed claim comes back after a minute
            assert time.monotonic() < started + SECONDS, beside.ask(LEFT)
            time.sleep(2)
    finally:
        for printer in printers:
            _kill(printer)
    printed = beside.ask(PRINTED)
    print(
        json.dumps(
            {"kills": kills, "lost": wanted - len(printed), "seconds": round(time.monotonic() - started)}
        )
    )
    assert beside.ask(LEFT) == [0, 0]
    assert len(printed) == wanted >= LETTERS
    assert all(kept == actual for kept, actual in printed)
    assert kills >= 6


def test_an_import_killed_again_and_again_keeps_every_row_once(beside, tmp_path: Path):
    extract = tmp_path / "referrals.csv"
    heading = "source_system,occurrence_no,person_id,role,recorded_at,offence_code,offence_title,given_names,surname"
    rows = [
        f"RMS,27{n:08d},K{n:07d},VICTIM,2026-10-{1 + n % 28:02d}T10:00,49,Other theft,Nia,Kill{n % 500}"
        for n in range(ROWS)
    ]
    extract.write_text("\n".join([heading, *rows]) + "\n")
    count = (
        "import json; from referrals.models import Referral; "
        "from victimcare.intake.models import ImportBatch as B; "
        "b = B.objects.filter(file_name='referrals.csv')"
        ".order_by('id').last(); print(json.dumps([Referral.objects.filter(participant__person__source_id__startswith='K')"
        ".count(), b.state if b else '', b.received if b else 0]))"
    )
    chance, kills = random.Random(2), 0
    for _ in range(6):
        reader = _start(beside, "import_extract", str(extract))
        time.sleep(chance.uniform(1.5, 4.0))
        if reader.poll() is None:
            _kill(reader)
            kills += 1
    beside.manage("import_extract", str(extract))
    kept, state, received = beside.ask(count)
    print(json.dumps({"kills": kills, "lost": ROWS - kept}))
    assert kills >= 2
    assert (kept, state, received) == (ROWS, "done", ROWS)
