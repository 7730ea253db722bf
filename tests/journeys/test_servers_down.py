"""A server that is down: a plain sentence, nothing lost, no 500."""

import os
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.journeys.conftest import ROOT, _free_port, _wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]


@pytest.fixture
def without_a_database(tmp_path):
    """Our web process, pointed at a PostgreSQL that is not there."""
    port = _free_port()
    env = os.environ | {
        "DATABASE_URL": f"postgresql://vcu@/vcu?host={tmp_path}",
        "VICTIMCARE_ROLE": "web",
        "STATIC_ROOT": str(tmp_path / "static"),
        "DEMO": "1",
    }
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT, env=env, check=True
    )
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "victimcare.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"],
        cwd=ROOT, env=env, start_new_session=True,
    )  # fmt: skip
    try:
        _wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        web.terminate()
        web.wait(20)


def _ask(address: str, **headers: str) -> tuple[int, str, str | None]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20) as answer:  # noqa: S310
            return answer.status, answer.read().decode(), None
    except urllib.error.HTTPError as fault:
        return fault.code, fault.read().decode(), fault.headers["Retry-After"]


def test_without_a_database_every_page_says_what_to_do(without_a_database):
    for path in ("/", "/cases/", "/referrals/", "/sign-in/"):
        status, page, retry = _ask(
            without_a_database + path, Cookie="session=abcdefghijklmnopqrstuvwxyz123456"
        )
        assert status == 503, (path, status)
        assert "cannot reach its database" in page
        assert retry == "60"


def test_without_a_database_the_process_says_it_lives_and_is_not_ready(without_a_database):
    signed_in = {"Cookie": "session=abcdefghijklmnopqrstuvwxyz123456"}
    assert _ask(without_a_database + "/livez", **signed_in)[0] == 200
    assert _ask(without_a_database + "/readyz", **signed_in)[0] == 503
