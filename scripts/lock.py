"""Compile the dependencies in pyproject.toml into hashed requirements files that carry no addresses."""

import os
import subprocess
import sys

from scripts.places import ROOT, VENV

# The development lock comes first and holds the others to its versions.
LOCKS = {
    "requirements-dev.txt": ["pyproject.toml", "--extra", "demo", "--extra", "dev"],
    "requirements-demo.txt": ["pyproject.toml", "--extra", "demo", "--constraints", "requirements-dev.txt"],
    "requirements.txt": ["pyproject.toml", "--constraints", "requirements-dev.txt"],
    "requirements-installer.txt": ["--group", "installer"],
    "requirements-node.txt": ["--group", "node"],
}
ALWAYS = (
    "--quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --python-version 3.11"
).split()


def compile_locks(uv, arguments):
    for lock, sources in LOCKS.items():
        command = [uv, "pip", "compile", *sources, *ALWAYS, *arguments, "--output-file", lock]
        subprocess.run(
            [*command, "--custom-compile-command", "./run lock"],
            cwd=ROOT,
            check=True,
            env=os.environ | {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never"},
            stdout=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    compile_locks(os.environ.get("UV", VENV / "bin" / "uv"), sys.argv[1:])
