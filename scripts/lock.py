"""Compile the dependencies in pyproject.toml into hashed requirements files that carry no addresses."""

import os
import sys

from scripts.fetch import UV, for_uv, run

# The development lock comes first and holds the others to its versions.
LOCKS = {
    "requirements-dev.txt": "pyproject.toml --extra demo --extra dev",
    "requirements-demo.txt": "pyproject.toml --extra demo --constraints requirements-dev.txt",
    "requirements.txt": "pyproject.toml --constraints requirements-dev.txt",
    "requirements-installer.txt": "--group installer",
    "requirements-node.txt": "--group node",
}
ALWAYS = "--quiet --generate-hashes --no-annotate --python-version 3.11"
NO_ADDRESSES = "--no-emit-index-url --no-emit-find-links"


def compile_locks(*arguments):
    options = f"{ALWAYS} {NO_ADDRESSES}".split()
    for lock, sources in LOCKS.items():
        command = [UV, "pip", "compile", *sources.split(), *options, *arguments, "--output-file", lock]
        done = run([*command, "--custom-compile-command", "./run lock"], env=os.environ | for_uv())
        if done.returncode:
            sys.exit(f"{lock} could not be compiled.\n{done.stderr.strip()}")


if __name__ == "__main__":
    compile_locks(*sys.argv[1:])
