"""Set up whatever is missing: the virtual environment, packages, Pango, styles and fonts, messages, a secret.

Each step looks first and does nothing if its work is done, so that a second start is quick. This runs on
the system's own Python before there are any packages: standard library only.
"""

import os
import secrets
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from scripts import browser, debian, front_end, libraries
from scripts.fetch import NotFetched, fetch
from scripts.places import (
    ARTEFACTS,
    AXE_JS,
    FONTS_CONF,
    LOCAL,
    PYTHON,
    ROOT,
    VENDOR,
    VENV,
    fingerprint,
    one_at_a_time,
)

# Handed on to what we become, so that the seconds count from the start of ./run.
STARTED = float(os.environ.setdefault("RUN_STARTED", str(time.monotonic())))
STAMPS = LOCAL / "stamps"
SECRET_KEY = LOCAL / "secret-key"
LOCKS = {"demo": ROOT / "requirements-demo.txt", "dev": ROOT / "requirements-dev.txt"}


class NotSetUp(Exception):
    """Something is missing that we cannot fetch; the message names it and says how to get it."""


def say(sentence):
    """Progress goes to standard error: standard output belongs to the command that was asked for."""
    print(f"[{time.monotonic() - STARTED:5.1f}s] {sentence}", file=sys.stderr, flush=True)


def set_up(packages="demo", *, with_browser=False):
    """Everything needed to serve the demo, or with `dev` to test and check. Safe to start twice at once."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    try:
        with one_at_a_time(LOCAL / "set-up", lambda: say("Waiting for another ./run to set up.")):
            virtual_environment()
            steps = [lambda: python_packages(packages), libraries.PANGO.make_sure, styles_and_fonts]
            steps += [libraries.ATOMIC.make_sure, chromium] if with_browser else []
            with ThreadPoolExecutor() as together:
                for step in [together.submit(step) for step in steps]:
                    step.result()
            messages()
            secret_key()
    except (NotFetched, front_end.NotBuilt, debian.NotInstalled) as problem:
        raise NotSetUp(str(problem)) from None


def environment():
    """What every process of ours is told. What the environment says already is left alone."""
    env = {
        "FONTCONFIG_FILE": str(FONTS_CONF),
        "SECRET_KEY": SECRET_KEY.read_text().strip(),
        "DJANGO_SETTINGS_MODULE": "victimcare.settings",
        "AXE_JS": str(AXE_JS),
        "ARTEFACTS": str(ARTEFACTS),
        "DEMO": "1",
    }
    return {name: value for name, value in env.items() if not os.environ.get(name)} | libraries.environment()


def virtual_environment():
    if works(PYTHON):
        return
    say("Making a virtual environment.")
    shutil.rmtree(VENV, ignore_errors=True)
    make = [sys.executable, "-m", "venv", str(VENV)]
    done = subprocess.run(make, capture_output=True, text=True)
    if done.returncode and os.geteuid() == 0 and shutil.which("apt-get"):
        shutil.rmtree(VENV, ignore_errors=True)
        debian.install(["python3-venv"], what_for="Python's venv module")
        done = subprocess.run(make, capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise NotSetUp(
            "Python's venv module is missing. Install it with: apt-get install python3-venv\n"
            f"{done.stdout}{done.stderr}".rstrip()
        )
    for stamp in STAMPS.glob("packages-*"):
        stamp.unlink()


def works(python):
    try:
        return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def python_packages(purpose):
    stamps = {name: STAMPS / f"packages-{name}" for name in LOCKS}
    if is_stamped(stamps[purpose], fingerprint(LOCKS[purpose])):
        return
    say("Fetching Python packages.")
    for stamp in stamps.values():
        stamp.unlink(missing_ok=True)
    fetch(LOCKS[purpose].name)
    # What development needs includes what the demo needs, at the same versions.
    for name in {"demo": ["demo"], "dev": ["demo", "dev"]}[purpose]:
        stamps[name].write_text(fingerprint(LOCKS[name]))
    say("Python packages are in place.")


def styles_and_fonts():
    sources = [ROOT / "package-lock.json", ROOT / "scripts" / "vendor.py"]
    stamp, now = STAMPS / "front-end", f"{fingerprint(*sources)} {ROOT}"
    if is_stamped(stamp, now) and (VENDOR / "govuk.css").exists() and FONTS_CONF.exists() and AXE_JS.exists():
        return
    say("Fetching styles and fonts.")
    front_end.build()
    stamp.write_text(now)
    say("Styles and fonts are in place.")


def chromium():
    os.environ["CHROMIUM"] = browser.make_sure()


def messages():
    """Compile the Welsh messages if they are newer than what was compiled from them."""
    for catalogue in ROOT.glob("*/locale/*/LC_MESSAGES/*.po"):
        compiled = catalogue.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime_ns < catalogue.stat().st_mtime_ns:
            compile_them = [PYTHON, "-m", "scripts.messages", "compile"]
            if subprocess.run(compile_them, cwd=ROOT, stdout=sys.stderr).returncode:
                raise NotSetUp(
                    f"{catalogue.relative_to(ROOT)} could not be compiled; what is wrong is above."
                )
            return


def secret_key():
    if SECRET_KEY.exists():
        return
    with os.fdopen(os.open(SECRET_KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(50))


def is_stamped(stamp, now):
    return stamp.exists() and stamp.read_text() == now
