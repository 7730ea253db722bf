"""The real thing for journeys: our pages in gunicorn, a Celery worker and beat, on servers of this run's own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PageError

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]
SECONDS_TO_START = 60


@dataclass
class Service:
    """A running Victim Care with the demonstration's people and live cases."""

    address: str
    env: dict[str, str]
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def manage(self, *command: str, timeout: float = 240) -> str:
        """What a management command printed. Raises with what it said when it fails, or takes so many seconds."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self.env | {"VICTIMCARE_ROLE": "manage"},
            capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def ask(self, python: str, *, timeout: float = 240) -> Any:
        """The JSON that a few lines of Python print, run beside the service for at most so many seconds."""
        said = self.manage("shell", "--no-imports", "-v0", "-c", python, timeout=timeout)
        return json.loads(said.strip().splitlines()[-1])

    def start(self, role: str, *module: str) -> None:
        log = Path(os.environ["ARTEFACTS"]) / f"journey-{role}.log"
        with log.open("wb") as out:
            self.children.append(
                subprocess.Popen(
                    [sys.executable, "-m", *module],
                    cwd=ROOT,
                    env=self.env | {"VICTIMCARE_ROLE": role},
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
            )

    def stop(self) -> None:
        """End what we started, by pid, and nothing else."""
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _own_database(name: str) -> str:
    """A database of our own in this run's cluster, with its tables where they are kept; its address."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    kept = os.environ.get("TEST_DATABASE_TEMPLATE")
    elsewhere = urlunsplit(parts._replace(path="/postgres"))  # nobody may be in what is copied
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{kept}"' if kept else ""))
    return urlunsplit(parts._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    env = os.environ | {
        "DATABASE_URL": _own_database(f"journey_{port}"),
        "STATIC_ROOT": str(tmp_path_factory.mktemp("static")),
        "DEMO": "1",
    }
    service = Service(address, env)
    service.manage("migrate", "-v0")
    service.manage("collectstatic", "--noinput", "-v0")
    service.manage("demo")
    beat_file = str(tmp_path_factory.mktemp("beat") / "schedule")
    celery = ("celery", "--app", "victimcare.celery")
    try:
        service.start("web", "gunicorn", "victimcare.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
                      "--workers", "1", "--threads", "4", "--no-control-socket")  # fmt: skip
        service.start("worker", *celery, "worker", "--concurrency", "1", "--hostname", f"journey{port}@%h")
        service.start("beat", *celery, "beat", "--pidfile=", "--schedule", beat_file)
        _wait_for(address)
        yield service
    finally:
        service.stop()


def _wait_for(address: str) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            urllib.request.urlopen(address + "/livez", timeout=5)  # noqa: S310
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file: while it is open, Django takes this thread for an asynchronous one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
        yield browser
        browser.close()


class Person:
    """Somebody at a browser of their own, who keeps a picture of each page and checks that everybody can use it."""

    def __init__(self, page: Page, service: Service) -> None:
        self.page = page
        self.service = service
        self.faults: list[str] = []
        page.on("console", lambda message: message.type == "error" and self.faults.append(message.text))
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))

    def sign_in(self, name: str) -> "Person":
        self.go("/")
        self.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()
        self.page.wait_for_url(self.service.address + "/")
        if self.page.locator("html").get_attribute("lang") == "cy":  # as an earlier journey left it
            self.press("English")
        return self

    def go(self, path: str) -> None:
        response = self.page.goto(path if path.startswith("http") else self.service.address + path)
        assert response is not None and response.ok, f"{path}: {response and response.status}"

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).first.click()
        self.page.wait_for_load_state()

    def follow(self, label: str | re.Pattern[str]) -> None:
        exact = isinstance(label, str)
        self.page.locator("main, .desk-tabs, nav").get_by_role("link", name=label, exact=exact).first.click()
        self.page.wait_for_load_state()

    def sees(self, *words: str) -> None:
        """The words are on the page, or come within ten seconds: a busy machine is slow to turn a page."""
        until = time.monotonic() + 10
        while True:
            text = self._text()
            missing = [word for word in words if word not in text]
            if not missing:
                return
            assert time.monotonic() < until, f"{missing} is not on {self.page.url}:\n{text[:3000]}"
            time.sleep(0.1)

    def _text(self) -> str:
        try:
            return self.page.locator("body").inner_text()
        except PageError as fault:  # the page was turned while it was read
            return str(fault)

    def picture(self, name: str) -> None:
        """Wide and narrow, and nothing that keeps somebody out (WCAG 2.2 AA, axe-core)."""
        for width, height in ((1440, 1000), (390, 844)):
            self.page.set_viewport_size({"width": width, "height": height})
            path = Path(os.environ["ARTEFACTS"]) / f"{name}-{width}.png"
            self.page.evaluate("scrollTo(0, 0)")  # what stays on screen is where it begins
            self.page.screenshot(path=path, full_page=True)
            sideways = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert sideways <= 0, f"{name} scrolls sideways by {sideways}px at {width}px"
        self.page.set_viewport_size({"width": 1440, "height": 1000})
        self.page.evaluate(Path(os.environ["AXE_JS"]).read_text())
        found = self.page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        problems = [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]]
        assert not problems, f"{name}: {problems}"
        assert not self.faults, f"{name}: {self.faults}"

    def waits_until(self, happened: Callable[[], bool], *, seconds: int = 60) -> None:
        """Reload until it has happened: what a person without JavaScript would do."""
        until = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < until, (
                f"still not after {seconds} s: {self.page.locator('main').inner_text()[:2000]}"
            )
            time.sleep(1)
            self.page.reload()


@pytest.fixture
def somebody(browser: Browser, service: Service) -> Iterator[Callable[..., Person]]:
    """`somebody("Olwen Pritchard")` is that person, signed in, at a browser of their own."""
    contexts = []

    def sit_down(name: str, **browsing: Any) -> Person:
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en-GB", **browsing)
        contexts.append(context)
        return Person(context.new_page(), service).sign_in(name)

    yield sit_down
    for context in contexts:
        context.close()
