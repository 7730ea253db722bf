"""Run one command with the servers up, and leave them as they were found.

Standard output belongs to the command alone, and its exit code is passed on.
"""

import os
import signal
import subprocess
import sys

from scripts.account import NotOurs, NotStarted
from scripts.embedded import Servers
from scripts.places import ROOT
from scripts.setup import say

# These make tables themselves, or are about the code and not the data.
NEED_NO_TABLES = {"check", "help", "makemigrations", "migrate", "showmigrations", "sqlmigrate"}


def run_each(commands, *, servers="demo"):
    """Run each command (a Python script or module with its arguments) and return the exit codes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.setdefault("VICTIMCARE_ROLE", "manage")
    try:
        with Servers(servers) as up:
            if up.have_a_new_database and any(needs_tables(command) for command in commands):
                say("The database is new: making its tables.")
                wait_for(python("manage.py", "migrate", "--verbosity", "0", stdout=sys.stderr))
            return [wait_for(python(*command)) for command in commands]
    except (NotOurs, NotStarted) as problem:
        print(problem, file=sys.stderr)
        return [1]
    except KeyboardInterrupt:
        return [130]


def needs_tables(command):
    """Whether it is a script of ours, or a management command that reads the data."""
    script, *arguments = command
    return script.endswith(".py") and not NEED_NO_TABLES.intersection(arguments[:1])


def python(*command, **options):
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, **options)


def wait_for(child):
    """The exit code, as a shell gives it. On Ctrl-C the child may finish before the servers go."""
    try:
        code = child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)
        child.wait()
        raise
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(run_each([sys.argv[1:]])[0])
