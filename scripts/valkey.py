"""One Valkey server on a Unix socket: Celery's broker and the shared cache."""

import socket
import time

from scripts.account import NotStarted, private_directory

SECONDS_TO_START = 10
SECONDS_TO_STOP = 10
# Any other policy may drop queued work when memory runs short.
MEMORY = ["--maxmemory", "256mb", "--maxmemory-policy", "noeviction"]


class Valkey:
    def __init__(self, program, data, sockets, account):
        self.program, self.data, self.account = program, data, account
        self.socket = sockets / "valkey.sock"

    def address(self):
        # Celery knows no valkey:// scheme; the protocol is the same.
        return f"redis+socket://{self.socket}"

    def start(self, *, durable):
        if self.answers():
            return
        private_directory(self.data, self.account)
        where = ["--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700", "--dir", self.data]
        kept = ["--save", "", "--appendonly", "yes" if durable else "no"]
        log = self.data / "valkey.log"
        apart = ["--daemonize", "yes", "--logfile", log, "--pidfile", self.data / "valkey.pid"]
        done = self.account.run([self.program, *where, *kept, *MEMORY, *apart])
        if not self.waits_for(True, SECONDS_TO_START):
            tail = self.account.run(["tail", "-n", "20", log]).stdout
            raise NotStarted(f"Valkey did not start.\n{done.stdout}{done.stderr}{tail}".rstrip())

    def stop(self):
        """It writes what it must keep and goes. The socket is in our own directory, so it is ours."""
        try:
            self.say("SHUTDOWN", "NOSAVE")
        except OSError:
            return
        self.waits_for(False, SECONDS_TO_STOP)

    def answers(self):
        try:
            return self.say("PING").startswith(b"+PONG")
        except OSError:
            return False

    def waits_for(self, up, seconds):
        deadline = time.monotonic() + seconds
        while self.answers() is not up:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def say(self, *words):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(self.socket))
            lengths = b"".join(f"${len(word)}\r\n{word}\r\n".encode() for word in words)
            connection.sendall(f"*{len(words)}\r\n".encode() + lengths)
            return connection.recv(64)
