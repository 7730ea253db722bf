"""The few shared libraries that no wheel carries: installed by root, or else unpacked for us alone."""

import os
import subprocess
import sys
from dataclasses import dataclass

from scripts import debian


@dataclass(frozen=True)
class Libraries:
    what_for: str
    packages: list[str]
    names: list[str]

    def make_sure(self):
        if self.load():
            return
        debian.install(self.packages, what_for=self.what_for)
        if not self.load():
            raise debian.NotInstalled(f"{self.what_for} was installed but does not load: {self.names}.")

    def load(self):
        """Whether a new Python finds every library. Off Linux, those who use them say so themselves."""
        if sys.platform != "linux":
            return True
        code = f"import ctypes; [ctypes.CDLL(name) for name in {self.names}]"
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=os.environ | environment(), capture_output=True).returncode == 0

    def unpacked(self):
        return debian.PRIVATE / self.packages[0]


PANGO = Libraries(
    what_for="Pango, which lays out letters,",
    packages=["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"],
    names=["libgobject-2.0.so.0", "libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"],
)
ATOMIC = Libraries(
    what_for="libatomic, which the driver of the browser tests needs,",
    packages=["libatomic1"],
    names=["libatomic.so.1"],
)


def environment():
    """Where to look for the libraries, if we keep our own."""
    ours = [path for kind in (PANGO, ATOMIC) for path in debian.library_directories(kind.unpacked())]
    if not ours:
        return {}
    theirs = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    return {"LD_LIBRARY_PATH": ":".join([*ours, *(path for path in theirs if path and path not in ours)])}
