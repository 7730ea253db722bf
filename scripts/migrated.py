"""A migrated cluster, kept for the next run of the tests: migrating takes most of a minute, copying it a second."""

import os
import shutil
import subprocess

from scripts.account import NotStarted, private_directory
from scripts.embedded import base_for
from scripts.places import PYTHON, ROOT, fingerprint

KEPT = 3  # so that going to and fro between branches migrates once for each
# What a migration reads, and what decides how a cluster is made.
SAYS_WHAT_IS_IN_IT = (
    "*/migrations/*.py",
    "victimcare/*/migrations/*.py",
    "*/*.toml",
    "*/*/*.toml",
    "scripts/postgres.py",
    "requirements-dev.txt",
)


class MigratedCluster:
    """The cluster that the tests of this checkout begin with: `vcu` has every table and no row of a person."""

    def __init__(self, servers):
        self.servers = servers
        files = sorted({file for pattern in SAYS_WHAT_IS_IN_IT for file in ROOT.glob(pattern)})
        self.base = base_for(servers.account)
        self.path = self.base / f"migrated-{fingerprint(*files)}"

    def put_in(self, postgres):
        """Begin with the kept one, if there is one."""
        if self.path.exists():
            self.copy(self.path, postgres.data)
            self.path.touch()

    def keep(self, postgres):
        """Migrate, and keep a copy of the cluster, unless it began with one. It is stopped for the copying."""
        if self.path.exists():
            return
        migrated = subprocess.run(
            [PYTHON, "manage.py", "migrate", "--verbosity=0"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": postgres.address()},
            capture_output=True,
            text=True,
        )
        if migrated.returncode:
            raise NotStarted(f"The tables could not be made.\n{migrated.stderr}".rstrip())
        postgres.stop()
        unfinished = self.base / f"{self.path.name}.{os.getpid()}"
        self.copy(postgres.data, unfinished)
        try:
            unfinished.rename(self.path)
        except OSError:  # another run was quicker
            shutil.rmtree(unfinished)
        self.forget_old_ones()
        postgres.start(durable=False)

    def copy(self, origin, target):
        private_directory(target, self.servers.account)
        copied = self.servers.account.run(["cp", "-a", f"{origin}/.", target])
        if copied.returncode:
            raise NotStarted(f"The cluster could not be copied.\n{copied.stderr}".rstrip())

    def forget_old_ones(self):
        kept = sorted(self.base.glob("migrated-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[KEPT:]:
            shutil.rmtree(path, ignore_errors=True)
