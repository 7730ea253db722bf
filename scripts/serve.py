"""Serve the demo: servers, tables, demo data, then web, worker and beat under one eye.

Ctrl-C or SIGTERM stops all of it. The data stays, and the next start finds it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from scripts.account import NotOurs, NotStarted
from scripts.address import ADDRESS, HOST, PORT
from scripts.embedded import Servers
from scripts.places import LOCAL, ROOT, one_at_a_time
from scripts.setup import say

LOGS = LOCAL / "logs"
LOG_LIMIT = 5_000_000
SECONDS_TO_STOP = 15
SECONDS_BETWEEN_LOOKS = 2  # at Valkey
WEB = f"gunicorn victimcare.wsgi --bind {HOST}:{PORT} --no-control-socket"
# Loaded once and forked: ready sooner, and less memory.
WEB_SIZE = "--worker-class gthread --workers 2 --threads 4 --preload"
CELERY = "celery --app victimcare.celery"
WORKER = f"worker --concurrency 2 --loglevel info --hostname worker-{PORT}@%h"
BEAT = "beat --loglevel info --pidfile= --schedule"
CHILDREN = {
    "web": [*WEB.split(), *WEB_SIZE.split()],
    "worker": [*CELERY.split(), *WORKER.split()],
    "beat": [*CELERY.split(), *BEAT.split(), f"{LOCAL}/beat-{PORT}"],
}


class Failed(Exception):
    """The demo cannot be served; the message says why."""


def serve():
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    LOGS.mkdir(exist_ok=True)
    with Servers() as servers:
        say("PostgreSQL and Valkey are up.")
        with one_at_a_time(LOCAL / "preparing"):
            prepare(stop)
        children = {}
        try:
            children["web"] = spawn("web")
            watch(children, stop, until=answers)
            if not stop.is_set():
                print(f"Victim Care is ready: {ADDRESS}", flush=True)
                # The first page comes first; nothing is due in its first seconds.
                children |= {name: spawn(name) for name in ("worker", "beat")}
            watch(children, stop, until=looking_after(servers))
        finally:
            stop_all(children)


def prepare(stop):
    """Tables, then demo data, and the static files beside them: they do not need each other."""
    say("Updating the tables and collecting the static files.")
    static_files = manage("collectstatic", "--noinput", "--verbosity", "0")
    finish(manage("migrate", "--verbosity", "0"), stop)
    say("Looking for demo data.")
    finish(manage("demo", "--if-empty"), stop)
    finish(static_files, stop)


def manage(*command):
    env = os.environ | {"VICTIMCARE_ROLE": "manage"}
    return subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, env=env, **APART)


def finish(child, stop):
    """Wait for it, or stop it if we are asked to stop."""
    while child.poll() is None:
        if stop.wait(0.02):
            child.terminate()
            child.wait()
    if child.returncode and not stop.is_set():
        raise Failed(f"manage.py {child.args[2]} failed; what it said is above.")


def spawn(name):
    log = LOGS / f"{name}.log"
    fresh = not log.exists() or log.stat().st_size > LOG_LIMIT
    with log.open("wb" if fresh else "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *CHILDREN[name]],
            cwd=ROOT,
            env=os.environ | {"VICTIMCARE_ROLE": name},
            stdout=output,
            stderr=output,
            **APART,
        )


def stop_with_parent():
    """If we are killed outright, the kernel asks our children to stop."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


# In a session of its own: Ctrl-C reaches only us, and we stop the others in order.
APART = {"start_new_session": True, "preexec_fn": stop_with_parent if sys.platform == "linux" else None}


def watch(children, stop, until=lambda: False):
    """Return when we are asked to stop, or have what we wait for. A child that dies ends it all."""
    while not stop.wait(0.1) and not until():
        for name, child in children.items():
            if child.poll() is not None:
                raise Failed(
                    f"{name} stopped with code {child.returncode}. The end of its log:\n{tail(name)}"
                )


def looking_after(servers):
    """To be asked again and again: starts Valkey anew when it died. Never says that we are done."""
    looked_at = time.monotonic()

    def look():
        nonlocal looked_at
        if time.monotonic() < looked_at + SECONDS_BETWEEN_LOOKS:
            return False
        looked_at = time.monotonic()
        try:
            if servers.revive_the_broker():
                say("Valkey had stopped. It is up again; nothing is lost, the database is the queue.")
        except NotStarted as problem:
            say(f"{problem}\nVictim Care goes on without it, and what is swept waits. Trying again.")
        return False

    return look


def answers():
    try:
        with urllib.request.urlopen(ADDRESS, timeout=5):  # noqa: S310 - our own address
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def tail(name, lines=20):
    text = (LOGS / f"{name}.log").read_text("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def stop_all(children):
    running = {name: child for name, child in children.items() if child.poll() is None}
    if running:
        say(f"Stopping {', '.join(running)}.")
    for child in running.values():
        child.terminate()
    for child in running.values():
        try:
            child.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


if __name__ == "__main__":
    try:
        serve()
    except (Failed, NotOurs, NotStarted) as problem:
        sys.exit(str(problem))
    say("Stopped. The data is kept.")
