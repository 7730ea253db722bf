"""Chromium for the tests that look at pages: the one on this machine, or else Debian's."""

import os
import shutil
import subprocess

from scripts import debian

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
UNPACKED = debian.PRIVATE / "chromium"
WRAPPER = debian.PRIVATE / "chromium-with-its-libraries"


def make_sure():
    """Where Chromium is, fetched if there is none. Without one the tests fail; they are never skipped."""
    if found := find():
        return found
    debian.install(["chromium"], what_for="Chromium, which the browser tests drive,")
    if found := find():
        return found
    raise debian.NotInstalled("Chromium was installed but does not start. Set CHROMIUM to one that does.")


def find():
    if chosen := os.environ.get("CHROMIUM"):
        return chosen
    candidates = [shutil.which(name) for name in NAMES] + [wrapper()]
    return next((browser for browser in candidates if browser and starts(browser)), None)


def wrapper():
    """A script that gives the unpacked browser its libraries, and nothing else on the machine."""
    program = UNPACKED / "usr" / "lib" / "chromium" / "chromium"
    if not program.exists():
        return None
    libraries = ":".join(debian.library_directories(UNPACKED))
    WRAPPER.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH="{libraries}" exec "{program}" "$@"\n')
    WRAPPER.chmod(0o755)
    return str(WRAPPER)


def starts(browser):
    """Whether it says its version; some distributions put a script there that only asks for a snap."""
    try:
        return subprocess.run([browser, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
