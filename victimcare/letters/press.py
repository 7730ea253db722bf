"""Our end of the printing press (printer.py): start it, hand it a letter's HTML, get the PDF or the fault."""

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

PRINTER = Path(__file__).with_name("printer.py")
# All that the printer is told of the world: where the libraries and fonts are. No secret, no database.
TOLD = ("PATH", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "LANG", "HOME", "XDG_CACHE_HOME", "TMPDIR")
START_SECONDS = 60
LETTER_SECONDS = 40  # the child gives up after 25


class CannotPrint(Exception):
    """This letter's own fault: the same again will fail again."""


class PressDown(Exception):
    """The machine's fault: no fonts, no memory, no disk, the press was killed. The letter may wait."""


@dataclass(frozen=True)
class Printed:
    """A letter as it came from the press."""

    pdf: bytes
    pages: int


def end_of(pipe: IO[bytes] | None) -> int:
    """The number of an open pipe. Raises PressDown when there is none."""
    if pipe is None:
        raise PressDown("The printer has stopped.")
    return pipe.fileno()


class Press:
    """A warm printer for as long as the `with` lasts. Raises PressDown when it cannot start."""

    def __enter__(self) -> Self:
        told = {name: os.environ[name] for name in TOLD if name in os.environ}
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", str(PRINTER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=told,
                bufsize=0,
            )
        except OSError as fault:
            raise PressDown(f"The printer did not start: {fault.strerror}.") from fault
        self.waiting = b""
        try:
            answer = self._line(START_SECONDS)
            if not answer.get("ready"):
                raise PressDown(str(answer.get("reason", "The printer did not start.")))
        except PressDown:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def print(self, html: str, *, identifier: str) -> Printed:
        """Lay out one letter. Raises CannotPrint for a fault of its own, PressDown for the machine's."""
        job = json.dumps({"html": html, "identifier": identifier}).encode() + b"\n"
        try:
            sent = memoryview(job)
            while sent:
                sent = sent[os.write(end_of(self.process.stdin), sent) :]
        except OSError as fault:
            raise PressDown("The printer has stopped.") from fault
        answer = self._line(LETTER_SECONDS)
        pdf = self._bytes(answer["length"], LETTER_SECONDS)
        if answer.get("fault") == "machine":
            raise PressDown(answer["reason"])
        if "fault" in answer:
            raise CannotPrint(answer["reason"])
        return Printed(pdf=pdf, pages=answer["pages"])

    def _line(self, seconds: float) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while b"\n" not in self.waiting:
            self._read(until)
        line, _, self.waiting = self.waiting.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _bytes(self, length: int, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        while len(self.waiting) < length:
            self._read(until)
        body, self.waiting = self.waiting[:length], self.waiting[length:]
        return body

    def _read(self, until: float) -> None:
        pipe = end_of(self.process.stdout)
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        read = os.read(pipe, 1 << 16) if ready else b""
        if not read:
            self.process.kill()
            raise PressDown("The printer has stopped.")
        self.waiting += read

    def _stop(self) -> None:
        """The printer ends when there is nothing more to read."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
