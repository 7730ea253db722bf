"""Asks a virus scanner about bytes: clamd, by its own protocol, where the settings name one."""

import socket
import struct
from contextlib import closing

from django.conf import settings

CHUNK = 64 * 1024
SECONDS = 30


class ScannerAway(Exception):
    """Nobody answers, or not in words we know: the file waits."""


def is_configured() -> bool:
    return bool(settings.CLAMD)


def has_virus(data: bytes) -> bool:
    """True when the scanner knows what is in it. Raises ScannerAway when it gives no verdict."""
    try:
        with closing(_connect(settings.CLAMD)) as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(data), CHUNK):
                piece = data[start : start + CHUNK]
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
            said = b""
            while not said.endswith(b"\0") and (more := line.recv(4096)):
                said += more
    except OSError as fault:
        raise ScannerAway(type(fault).__name__) from fault
    answer = said.rstrip(b"\0").decode("ascii", "replace")
    if answer.endswith(" FOUND"):
        return True
    if answer.endswith(" OK"):
        return False
    raise ScannerAway("no verdict")


def _connect(address: str) -> socket.socket:
    """`/run/clamav/clamd.ctl`, or `host:3310`."""
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(SECONDS)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
        return line
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)
