"""The printing press: a program of its own that turns HTML into PDF, one child process for each letter.

It knows no database and no secret, and stays warm between letters. Each letter is laid out in a fork that may
use 1 GB of memory, 20 seconds of processor and 25 seconds in all, and fetch nothing: no file, no address.
Started and spoken to by press.py: a JSON line in, a JSON line and so many bytes out. Imports nothing of ours.
"""

import errno
import json
import os
import resource
import signal
import sys
from typing import Any, BinaryIO

MEMORY_BYTES = 1024**3
PROCESSOR_SECONDS = 20
WALL_SECONDS = 25
# The machine's troubles, not the letter's: they use up no attempt.
OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO}


def main() -> None:
    """Say whether it can print, then print until there is nothing more to read."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    try:
        check_fonts()
        import weasyprint  # noqa: F401 - warm before the first fork
    except Exception as fault:
        say(answers, {"ready": False, "reason": f"{type(fault).__name__}: {fault}"[:300]})
        return
    say(answers, {"ready": True})
    for line in sys.stdin.buffer:
        say(answers, *print_one(json.loads(line)))


def check_fonts() -> None:
    """Pango without a fonts file ends the process without a word, so look first. Raises RuntimeError."""
    conf = os.environ.get("FONTCONFIG_FILE", "")
    if not conf or not os.path.exists(conf):
        raise RuntimeError("FONTCONFIG_FILE names no file. Start with ./run, which writes one.")


def say(answers: BinaryIO, answer: dict[str, Any], body: bytes = b"") -> None:
    answers.write(json.dumps(answer | {"length": len(body)}).encode() + b"\n" + body)
    answers.flush()


def print_one(job: dict[str, str]) -> tuple[dict[str, Any], bytes]:
    """One letter in a child of its own: what became of it, and the PDF."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        set_limits()
        with os.fdopen(writing, "wb") as out:
            out.write(lay_out(job))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        written = pipe.read()
    _, status = os.waitpid(child, 0)
    head, _, pdf = written.partition(b"\n")
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0 and head:
        answer: dict[str, Any] = json.loads(head)
        if len(pdf) == answer.pop("size", 0):
            return answer, pdf
    return {"fault": "content", "reason": ended_because(status)}, b""


def ended_because(status: int) -> str:
    """Why a child ended without a letter."""
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL}:
        return f"It took longer than {PROCESSOR_SECONDS} seconds to lay out."
    return "Laying it out ended without a page."


def set_limits() -> None:
    """For this child alone. The alarm ends it whatever it waits for."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(WALL_SECONDS)


def lay_out(job: dict[str, str]) -> bytes:
    """A line that says how it went, then the PDF."""
    from weasyprint import HTML

    try:
        document = HTML(string=job["html"], url_fetcher=fetch_nothing, base_url="letter:").render()
        pdf: bytes = document.write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=job["identifier"].encode(), pdf_tags=True
        )
    except MemoryError:
        return b'{"fault": "content", "reason": "It needs more memory than a letter may use."}\n'
    except RecursionError:
        return b'{"fault": "content", "reason": "It is nested too deeply to lay out."}\n'
    except Exception as fault:
        kind = "machine" if isinstance(fault, OSError) and fault.errno in OF_THE_MACHINE else "content"
        answer = {"fault": kind, "reason": f"{type(fault).__name__}: {fault}"[:200]}
        return json.dumps(answer).encode() + b"\n"
    return json.dumps({"pages": len(document.pages), "size": len(pdf)}).encode() + b"\n" + pdf


def fetch_nothing(url: str) -> Any:
    """A letter carries all it needs: only what is written into it (data:) is read. Raises otherwise."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    if url.startswith("data:"):
        return URLFetcher(allowed_protocols=["data"], allow_redirects=False).fetch(url)
    raise FatalURLFetchingError("A letter may not fetch anything from outside itself.")


if __name__ == "__main__":
    main()
