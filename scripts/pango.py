"""Pango, which lays out the text of letters: the one library that WeasyPrint needs and no wheel carries."""

import os
import subprocess
import sys

from scripts import debian

PACKAGES = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
LIBRARIES = ["libgobject-2.0.so.0", "libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"]
UNPACKED = debian.PRIVATE / PACKAGES[0]


def make_sure():
    if not loads():
        debian.install(PACKAGES, what_for="Pango, which lays out letters,")
        if not loads():
            raise debian.NotInstalled(f"Pango was installed but does not load: {', '.join(LIBRARIES)}.")


def loads():
    """Whether a new Python finds every library. Elsewhere than on Linux, WeasyPrint says it itself."""
    if sys.platform != "linux":
        return True
    code = f"import ctypes; [ctypes.CDLL(name) for name in {LIBRARIES}]"
    return (
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | environment(), capture_output=True
        ).returncode
        == 0
    )


def environment():
    """Where to look for the libraries, if we keep our own."""
    if not UNPACKED.exists():
        return {}
    theirs = os.environ.get("LD_LIBRARY_PATH", "")
    return {"LD_LIBRARY_PATH": ":".join([*debian.library_directories(UNPACKED), *filter(None, [theirs])])}
