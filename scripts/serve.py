"""Serve the demo: servers, tables, demo data, then web, worker and beat under one eye.

Ctrl-C or SIGTERM stops all of it. The data stays, and the next start finds it.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

from scripts.account import NotOurs, NotStarted
from scripts.embedded import Servers
from scripts.places import LOCAL, ROOT, one_at_a_time
from scripts.setup import say

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")
ADDRESS = f"http://{HOST}:{PORT}"
LOGS = LOCAL / "logs"
LOG_LIMIT = 5_000_000
SECONDS_TO_STOP = 15
PREPARATION = [
    ("Updating the tables.", ["migrate", "--verbosity", "0"]),
    ("Collecting the static files.", ["collectstatic", "--noinput", "--verbosity", "0"]),
    ("Looking for demo data.", ["demo", "--if-empty"]),
]
CELERY = ["celery", "--app", "victimcare.celery"]
WEB = f"gunicorn victimcare.wsgi --bind {HOST}:{PORT} --worker-class gthread --workers 2 --threads 4"
WORKER = f"worker --concurrency 2 --loglevel info --hostname worker-{PORT}@%h"
BEAT = "beat --loglevel info --pidfile="
CHILDREN = {
    "web": WEB.split(),
    "worker": [*CELERY, *WORKER.split()],
    "beat": [*CELERY, *BEAT.split(), "--schedule", f"{LOCAL}/beat-{PORT}"],
}


class Failed(Exception):
    """The demo cannot be served; the message says why."""


def serve():
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    LOGS.mkdir(exist_ok=True)
    refuse_a_port_in_use()
    with Servers():
        say("PostgreSQL and Valkey are up.")
        with one_at_a_time(LOCAL / "preparing"):
            for sentence, command in PREPARATION:
                prepare(sentence, command, stop)
                if stop.is_set():
                    return
        children = {}
        try:
            for name, command in CHILDREN.items():
                children[name] = spawn(name, command)
            watch(children, stop)
        finally:
            stop_all(children)


def refuse_a_port_in_use():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(PORT)))
        except ValueError:
            raise Failed(f"PORT must be a number, and it is {PORT!r}.") from None
        except OSError:
            raise Failed(
                f"Port {PORT} is already in use. Choose another: PORT={int(PORT) + 1} ./run"
            ) from None


def prepare(sentence, command, stop):
    say(sentence)
    env = os.environ | {"VICTIMCARE_ROLE": "manage"}
    child = subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=env, start_new_session=True
    )
    while child.poll() is None:
        if stop.wait(0.05):
            child.terminate()
            child.wait()
    if child.returncode and not stop.is_set():
        raise Failed(f"manage.py {command[0]} failed; what it said is above.")


def spawn(name, command):
    """In a session of its own, so that Ctrl-C reaches only us and we stop the others in order."""
    log = LOGS / f"{name}.log"
    fresh = not log.exists() or log.stat().st_size > LOG_LIMIT
    with log.open("wb" if fresh else "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=os.environ | {"VICTIMCARE_ROLE": name},
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=stop_with_parent if sys.platform == "linux" else None,
        )


def stop_with_parent():
    """If we are killed outright, the kernel asks our children to stop."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def watch(children, stop):
    ready = False
    while not stop.wait(0.1):
        for name, child in children.items():
            if child.poll() is not None:
                raise Failed(
                    f"{name} stopped with code {child.returncode}. The end of its log:\n{tail(name)}"
                )
        if not ready and answers():
            ready = True
            say("All is up.")
            print(f"Victim Care is ready: {ADDRESS}", flush=True)


def answers():
    try:
        with urllib.request.urlopen(ADDRESS, timeout=5):
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
