"""Run one command with the servers up, and leave them as they were found.

Standard output belongs to the command alone, and its exit code is passed on.
"""

import os
import signal
import subprocess
import sys

from scripts.account import NotOurs, NotStarted
from scripts.embedded import Servers


def run(*command, servers="demo"):
    """Run a Python script or module with its arguments, between starting the servers and letting them go."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.setdefault("VICTIMCARE_ROLE", "manage")
    try:
        with Servers(servers):
            return wait_for(subprocess.Popen([sys.executable, *command]))
    except (NotOurs, NotStarted) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def wait_for(child):
    """Ctrl-C reaches the child too; it may finish what it is doing before the servers go."""
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)
        child.wait()
        raise


if __name__ == "__main__":
    code = run(*sys.argv[1:])
    sys.exit(code if code >= 0 else 128 - code)
