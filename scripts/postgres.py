"""One PostgreSQL cluster on a Unix socket. Its superuser is `postgres`; the service's `vcu` is not one."""

import shutil
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from scripts.account import NotOurs, NotStarted, private_directory

ATTEMPTS = 20
SECONDS_BETWEEN_ATTEMPTS = 0.5
# Byte order for letters of every language, the same on every machine.
LOCALE = ["--encoding=UTF8", "--locale=C.UTF-8"]
LOCALE_FROM_17 = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
# A failed statement holds names and addresses, and so does the detail of a failed constraint.
NO_PERSONAL_DATA_IN_LOGS = ["log_min_error_statement=panic", "log_error_verbosity=terse"]
# Much faster, and the data is gone after a power cut: for throw-away clusters only.
NOT_DURABLE = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


class Postgres:
    def __init__(self, home, data, sockets, account):
        self.home, self.data, self.sockets, self.account = home, data, sockets, account
        self.made_the_database = False

    def address(self):
        return f"postgresql://vcu@/vcu?host={quote(str(self.sockets), safe='')}&port=5432"

    def start(self, *, durable):
        if not (self.data / "PG_VERSION").exists():
            self.create_cluster(durable)
        if not self.answers():
            self.start_server(durable)
        self.refuse_a_stranger()
        self.create_database()

    def create_cluster(self, durable):
        """Under another name first: a cluster that was not finished must not look like one."""
        unfinished = self.data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        private_directory(unfinished, self.account)
        locale = LOCALE + (LOCALE_FROM_17 if self.major_version() >= 17 else [])
        # Trust is safe here: nobody else can enter the directory of the socket.
        access = ["--username=postgres", "--auth=trust"]
        self.tool("initdb", "-D", unfinished, *access, *locale, *([] if durable else ["--no-sync"]))
        unfinished.rename(self.data)

    def major_version(self):
        return int(self.tool("postgres", "--version").split()[2].split(".")[0])

    def start_server(self, durable):
        ours = [f"unix_socket_directories='{self.sockets}'", "listen_addresses=''", "max_connections=200"]
        settings = ours + NO_PERSONAL_DATA_IN_LOGS + ([] if durable else NOT_DURABLE)
        options = " ".join(f"-c {setting}" for setting in settings)
        log = self.data / "server.log"
        for attempt in range(1, ATTEMPTS + 1):
            self.forget_a_dead_server()
            try:
                self.tool("pg_ctl", "start", "-D", self.data, "-l", log, "-w", "-t", "60", "-o", options)
                return
            except NotStarted as problem:
                # After a crash the old server can take some seconds to let go of its lock.
                if attempt == ATTEMPTS:
                    tail = self.account.run(["tail", "-n", "20", log]).stdout
                    raise NotStarted(f"{problem}\n{tail}") from None
                time.sleep(SECONDS_BETWEEN_ATTEMPTS)

    def forget_a_dead_server(self):
        """A killed server that nobody reaps stays a zombie, and PostgreSQL would refuse to start for ever."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split()[0])
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, ValueError, IndexError):
            return
        if state == "Z":
            pid_file.unlink()

    def connect(self):
        where = {"host": str(self.sockets), "port": 5432, "dbname": "postgres", "user": "postgres"}
        return psycopg.connect(**where, autocommit=True, connect_timeout=5)

    def answers(self):
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def refuse_a_stranger(self):
        with self.connect() as connection:
            [directory] = connection.execute("show data_directory").fetchone()
        if Path(directory).resolve() != self.data.resolve():
            raise NotOurs(f"The PostgreSQL on {self.sockets} keeps its data in {directory}: it is not ours.")

    def create_database(self):
        """`vcu` owns its database and may make test databases, but no rule is waived for it."""
        with self.connect() as connection:
            if not connection.execute("select 1 from pg_roles where rolname = 'vcu'").fetchone():
                connection.execute("create role vcu login createdb createrole")
            if not connection.execute("select 1 from pg_database where datname = 'vcu'").fetchone():
                connection.execute("create database vcu owner vcu")
                self.made_the_database = True

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            pg_ctl = [self.home / "bin" / "pg_ctl", "stop", "-D", self.data]
            self.account.run([*pg_ctl, "-m", "fast", "-w", "-t", "30"])

    def tool(self, name, *arguments):
        done = self.account.run([self.home / "bin" / name, *arguments])
        if done.returncode:
            raise NotStarted(f"PostgreSQL: {name} failed.\n{done.stdout}{done.stderr}".rstrip())
        return done.stdout
