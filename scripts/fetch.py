"""Fetch Python packages by their hashes: with uv, which is quick, or else with pip."""

import ast
import os
import subprocess

from scripts.places import PYTHON, ROOT, VENV

UV = VENV / "bin" / "uv"


class NotFetched(Exception):
    """Packages could not be fetched; the message says what the installer said."""


def fetch(lock, *options):
    """Install what a requirements file names. Every file must have the hash that was locked."""
    arguments = ["--quiet", "--require-hashes", "-r", lock, *options]
    if (
        UV.exists()
        or pip("install", "--quiet", "--require-hashes", "-r", "requirements-installer.txt").returncode == 0
    ):
        done = run([UV, "pip", "install", "--python", PYTHON, *arguments], env=os.environ | for_uv())
        if done.returncode == 0:
            return
    done = pip("install", *arguments)
    if done.returncode:
        raise NotFetched(f"The packages in {lock} could not be fetched.\n{done.stderr.strip()}")


def for_uv():
    """Tell uv what pip knows of this machine: its certificates and its index, which uv does not read."""
    env = {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never"}
    settings = pip_settings()
    if index := settings.get("index-url"):
        env.setdefault("UV_DEFAULT_INDEX", index)
    if extra := settings.get("extra-index-url"):
        # Hashes decide what is installed, so it does not matter which index has it.
        env |= {"UV_INDEX": extra, "UV_INDEX_STRATEGY": "unsafe-best-match"}
    if links := settings.get("find-links"):
        env["UV_FIND_LINKS"] = links.replace(" ", ",")
    if certificates := settings.get("cert"):
        env["SSL_CERT_FILE"] = certificates
    return {name: value for name, value in env.items() if name not in os.environ}


def pip_settings():
    """pip's settings from its files and the environment; the environment is listed first, and wins."""
    settings = {}
    for line in pip("config", "list").stdout.splitlines():
        name, _, value = line.partition("=")
        settings.setdefault(name.rpartition(".")[2], " ".join(ast.literal_eval(value).split()))
    return settings


def pip(*arguments):
    return run([PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments])


def run(command, **options):
    return subprocess.run(
        [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, **options
    )
