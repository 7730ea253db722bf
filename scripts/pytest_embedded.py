"""One throw-away PostgreSQL and Valkey for each run of the tests, however many processes share it.

Loaded with -p, so that it comes before pytest-django reads the settings. The first process starts the
servers and names them by its own id; two runs on one machine have nothing in common.
"""

import atexit
import os
import signal

import pytest

from scripts.embedded import Servers, sweep_leftovers
from scripts.migrated import MigratedCluster
from scripts.setup import environment


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests():
    """A wrapper goes before every other plugin's hook."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        start_servers()
    return (yield)


def start_servers():
    os.environ.update(environment())
    os.environ["VICTIMCARE_ROLE"] = "test"
    sweep_leftovers()
    servers = Servers(f"test-{os.getpid()}", throw_away=True)
    atexit.register(stop_servers, servers, os.getpid())
    # Being asked to stop should end the run in good order, with the servers gone.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    postgres = servers.embedded.get("DATABASE_URL")
    cluster = MigratedCluster(servers) if postgres else None
    if cluster:
        cluster.put_in(postgres)
    os.environ.update(servers.start())
    if cluster:
        cluster.keep(postgres)
        os.environ["TEST_DATABASE_TEMPLATE"] = "vcu"


def stop_servers(servers, started_by):
    """A fork of ours leaves them alone."""
    if os.getpid() == started_by:
        servers.stop()
