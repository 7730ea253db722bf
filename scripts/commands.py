"""Victim Care's commands.

./run                      set up and serve the demo on http://127.0.0.1:8000 (PORT=8001 for another)
./run test [ARGUMENTS]     run the tests; arguments go to pytest
./run faults               run the tests that break things on purpose
./run check                lint, types, templates, missing migrations
./run manage COMMAND       run a management command with the servers up
./run bench [NAME]         run the benchmarks, or one of them
./run messages             collect the words to translate, and compile the translations
./run lock [ARGUMENTS]     compile the dependencies again; --upgrade for newer versions
./run setup                only set up
./run help                 this list
"""

import os
import sys

from scripts.address import NotFree, refuse_a_port_we_cannot_have
from scripts.places import ARTEFACTS, PYTHON, ROOT
from scripts.setup import NotSetUp, environment, set_up


def serve():
    refuse_a_port_we_cannot_have()
    set_up()
    become("scripts.serve")


def test(*arguments):
    set_up("dev", with_browser=True)
    ARTEFACTS.mkdir(exist_ok=True)
    become("pytest", *arguments)


def faults(*arguments):
    # One at a time: they break the servers that all tests share.
    test("-m", "faults", "--numprocesses=0", *arguments)


def check():
    set_up("dev")
    become("scripts.check")


def manage(*arguments):
    set_up()
    become("scripts.with_servers", "manage.py", *arguments)


def bench(*names):
    set_up("dev")
    become("scripts.bench", *names)


def messages():
    set_up("dev")
    become("scripts.messages", "extract", "compile")


def lock(*arguments):
    set_up()
    become("scripts.lock", *arguments)


def setup():
    set_up("dev", with_browser=True)


def help():
    print(__doc__.strip())


def become(module, *arguments):
    """Turn into the command: its output, its signals and its exit code are then the caller's own."""
    os.environ.update(environment())
    os.execv(PYTHON, [str(PYTHON), "-m", module, *arguments])  # noqa: S606 - our own Python, no shell


COMMANDS = {
    function.__name__: function
    for function in (serve, test, faults, check, manage, bench, messages, lock, setup, help)
}


def main(name="serve", *arguments):
    os.chdir(ROOT)
    command = COMMANDS.get(name.removeprefix("--"))
    if command is None:
        sys.exit(f"There is no command {name!r}.\n\n{__doc__.strip()}")
    try:
        command(*arguments)
    except (NotFree, NotSetUp) as problem:
        sys.exit(str(problem))
    except PermissionError as problem:
        sys.exit(f"{problem.filename} belongs to another account. Remove it, or run this as its owner.")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(*sys.argv[1:])
