"""Where the demo is served: BIND and PORT, or http://127.0.0.1:8000."""

import errno
import os
import socket

HOST = os.environ.get("BIND", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")
ADDRESS = f"http://{HOST}:{PORT}"


class NotFree(Exception):
    """We cannot have the port; the message says why and what to do."""


def refuse_a_port_we_cannot_have():
    if not PORT.isdigit() or not 0 < int(PORT) < 65536:
        raise NotFree(f"PORT must be a number from 1 to 65535, and it is {PORT!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(PORT)))
        except OSError as problem:
            why = "is already in use" if problem.errno == errno.EADDRINUSE else f"cannot be had: {problem}"
            raise NotFree(f"Port {PORT} {why}. Choose another: PORT={another()} ./run") from None


def another():
    return int(PORT) + 1 if int(PORT) < 65535 else 8000
