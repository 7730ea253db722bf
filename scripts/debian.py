"""Debian packages: installed by root, or else unpacked under .local where only we use them."""

import os
import shutil
import subprocess
import threading

from scripts.places import LOCAL

PRIVATE = LOCAL / "debian"
# Set-up works in threads, and apt works for one of them at a time.
APT = threading.Lock()


class NotInstalled(Exception):
    """A package could not be had; the message says what to do about it."""


def install(packages, *, what_for):
    """Install the packages. Returns where they were unpacked, or None if the system has them now."""
    by_hand = f"Install it with: apt-get install {' '.join(packages)}"
    if not shutil.which("apt-get"):
        raise NotInstalled(
            f"{what_for} is missing and this system has no apt-get to install it with. {by_hand}"
        )
    with APT:
        if os.geteuid() == 0 and apt_installs(packages):
            return None
        try:
            return unpack(packages, PRIVATE / packages[0])
        except (subprocess.CalledProcessError, OSError) as problem:
            said = getattr(problem, "stderr", "") or problem
            raise NotInstalled(
                f"{what_for} is missing and could not be installed. {by_hand}\n{said}"
            ) from None


def apt_installs(packages):
    """Whether apt-get could install them; if not at first, then after fetching today's lists."""
    options = ["-y", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    install = ["apt-get", "install", *options, "--no-install-recommends", *packages]
    for command in (install, ["apt-get", "update", "-qq"], install):
        done = quietly(command)
        if command is install and done.returncode == 0:
            return True
    return False


def unpack(packages, into):
    """Fetch what the system lacks into a private apt state and unpack it; no root needed."""
    state = PRIVATE / "apt"
    for directory in ("lists/partial", "cache/archives/partial"):
        (state / directory).mkdir(parents=True, exist_ok=True)
    mine = {"Dir::State::lists": state / "lists", "Dir::Cache": state / "cache", "Debug::NoLocking": "1"}
    options = ["-y", "-qq", *(word for key, value in mine.items() for word in ("-o", f"{key}={value}"))]
    quietly(["apt-get", "update", *options])
    for archive in (state / "cache" / "archives").glob("*.deb"):
        archive.unlink()
    quietly(
        ["apt-get", "install", *options, "--download-only", "--no-install-recommends", *packages]
    ).check_returncode()
    unfinished = into.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for archive in (state / "cache" / "archives").glob("*.deb"):
        quietly(["dpkg-deb", "-x", archive, unfinished]).check_returncode()
        archive.unlink()
    shutil.rmtree(into, ignore_errors=True)
    return unfinished.rename(into)


def quietly(command):
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run([str(word) for word in command], env=env, capture_output=True, text=True)


def library_directories(unpacked):
    """Where the shared libraries of unpacked packages are."""
    return sorted(
        {str(library.parent) for library in unpacked.glob("**/*.so*") if "/lib" in str(library.parent)}
    )
