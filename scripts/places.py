"""Where things are kept. Everything but the code itself lives under .local, .venv and node_modules."""

import fcntl
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VENDOR = ROOT / "static" / "vendor"
FONTS_CONF = LOCAL / "fonts.conf"
AXE_JS = LOCAL / "axe.min.js"
ARTEFACTS = LOCAL / "artefacts"


def fingerprint(*files):
    """What these files say now, in one short word."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def held_open(path):
    """A file to lock; never one that a link points us to."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


@contextmanager
def one_at_a_time(path, if_we_wait=lambda: None):
    """Hold this file while working, so that two of us do not do the same thing at once."""
    with os.fdopen(held_open(path)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if_we_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
