"""The drop folder: files that another system leaves are read as the feed, and moved to done/ or refused/.

A file is taken when nobody has written to it for a while; *.part and hidden files are left alone. The folder
needs no memory of its own: a worker that is killed leaves the file where it was, its batch is gone on with,
and a file that was read to its end already changes nothing when it is read again.
"""

import contextlib
import hashlib
import logging
import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from victimcare.faults import Refused
from victimcare.intake import actions, claiming
from victimcare.intake.extract import visible
from victimcare.intake.models import ImportBatch, ImportRow

logger = logging.getLogger(__name__)

STILL_FOR = 10  # seconds without a change before a file counts as finished
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
MOST_PROBLEMS = 100
LONGEST_NAME = 200  # bytes of it that stay: beside the reference and an ending there is room for 255


def take_all(folder: Path, *, now: float) -> int:
    """Read every finished file of the folder, oldest first. Returns how many were moved.

    `now` is in seconds since 1970, as the file system counts. One worker at a time; raises what is the
    machine's fault, such as a database that is away, and leaves the file for the next time.
    """
    moved = 0
    with _alone() as is_ours:
        if is_ours:
            for path in finished(folder, now=now):
                moved += _take(folder, path)
    return moved


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other worker is at the folder. The lock goes with its connection, so a kill frees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('intake.folder'))")
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            with contextlib.suppress(*claiming.OF_THE_MACHINE), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('intake.folder'))")


def finished(folder: Path, *, now: float) -> list[Path]:
    """The files that are whole: regular, not hidden, not called unfinished, and still for ten seconds."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED):
                continue
            said = entry.stat(follow_symlinks=False)
            # The change of the inode counts too: a copy that keeps the file's own time is still being written.
            if stat.S_ISREG(said.st_mode) and max(said.st_mtime, said.st_ctime) <= now - STILL_FOR:
                found.append((said.st_mtime, entry.name))
    return [folder / name for _at, name in sorted(found)]


def _take(folder: Path, path: Path) -> bool:
    """Read one file and move it. False when it has to wait, such as for the same file on the page."""
    opened = _open(path)
    if opened is None:
        return False
    try:
        with opened as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            batch = actions.begin(
                file_name=visible(path.name), sha256=sha256, by=None, came_by=ImportBatch.Way.FOLDER
            )
            batch = actions.receive(batch=batch, stream=stream)
    except Refused:
        return False
    if batch.state not in (ImportBatch.State.DONE, ImportBatch.State.UNREADABLE):
        return False
    is_done = batch.state == ImportBatch.State.DONE
    if not is_done:
        claiming.tell_of_refused(batch=batch)
    _move(path, folder / ("done" if is_done else "refused"), batch)
    return True


def _open(path: Path) -> BufferedReader | None:
    """The file itself, whatever its name leads to by now; None for one that cannot be read.

    It holds up no other: whoever left it may have taken it back, put a link in its place or kept it to themselves.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as fault:
        logger.warning("A file in the drop folder cannot be opened: %s.", type(fault).__name__)
        return None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        return None
    return os.fdopen(file, "rb")


def _move(path: Path, to: Path, batch: ImportBatch) -> None:
    """The report first, then the file: a kill in between leaves the file to be read again, which changes nothing."""
    to.mkdir(exist_ok=True)
    # The end of a long name, in bytes as the file system counts, and always the reference.
    name = f"{batch.reference}-{os.fsdecode(os.fsencode(path.name)[-LONGEST_NAME:])}"
    report = to / f".{name}.txt.part"
    with report.open("w", encoding="utf-8", errors="replace") as out:
        out.write(report_of(batch))
        out.flush()
        os.fsync(out.fileno())
    report.replace(to / f"{name}.txt")
    path.replace(to / name)


def report_of(batch: ImportBatch) -> str:
    """What became of a file, for whoever looks into the folder."""
    counts = [
        f"{label}: {getattr(batch, name):,}"
        for name, label in (("received", _("Rows received")), *ImportRow.Outcome.choices)
    ]
    lines = [visible(batch.file_name), batch.reference]
    if batch.sentence:
        lines += ["", batch.sentence]
    if batch.kind:
        lines += ["", f"{batch.get_kind_display()}, {batch.encoding}", *map(str, counts)]
    if batch.unknown_columns:
        lines.append(_("Columns we do not know: %s") % ", ".join(batch.unknown_columns))
    rows = ImportRow.objects.filter(batch=batch, outcome=ImportRow.Outcome.QUARANTINED).order_by("number")
    problems = [
        _("Row %(row)d, %(column)s: %(reason)s")
        % {"row": row.number, "column": one["column"] or _("the whole row"), "reason": one["reason"]}
        for row in rows[:MOST_PROBLEMS]
        for one in row.all_wrong
    ]
    if problems:
        lines += ["", _("Rows that could not be kept, and wait in quarantine:"), *problems]
    return "\n".join(lines) + "\n"
