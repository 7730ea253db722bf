"""The account the servers run as, and directories that are for it alone."""

import contextlib
import os
import pwd
import stat
import subprocess
from dataclasses import dataclass


class NotOurs(Exception):
    """Something is in the way that we did not make. Nothing is trusted, used or removed."""


class NotStarted(Exception):
    """A server did not come up; the message says what it said."""


@dataclass(frozen=True)
class Account:
    """The operating-system account the servers run as."""

    uid: int
    gid: int

    @classmethod
    def for_servers(cls):
        """PostgreSQL refuses to run as root, so root hands over to an account without rights."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise NotStarted("PostgreSQL does not run as root, and no account 'postgres' or 'nobody' exists.")

    def run(self, command, **options):
        """Run a command as this account, from a directory it can surely enter."""
        if self.uid != os.geteuid():
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        # The caller's PG* settings and private libraries are not for the servers.
        env = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "LD_LIBRARY_PATH"}
        env |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return subprocess.run(
            [str(word) for word in command], cwd="/", env=env, capture_output=True, text=True, **options
        )

    def can_read(self, path):
        return self.run(["test", "-r", path]).returncode == 0


def private_directory(path, account):
    """Make a directory for this account alone, or make sure that the one we find is: /tmp is shared."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {account.uid, os.geteuid()}:
        raise NotOurs(f"{path} belongs to someone else, so it is not used. Ask its owner to remove it.")
    if stat.S_IMODE(found.st_mode) & 0o777 != 0o700:
        raise NotOurs(f"{path} is open to other accounts, so it is not used. Remove it and start again.")
    if found.st_uid != account.uid:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return path
