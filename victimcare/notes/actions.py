"""Every write to notes and files: written, added to, taken out; never edited."""

import hashlib
import logging

from django.db import transaction
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.models import Participant
from victimcare.faults import NotAllowed, Refused
from victimcare.notes import scanning
from victimcare.notes.models import AttachedFile, FileContent, Note
from victimcare.notes.sniffing import NotAllowedFile, sniff

journal = logging.getLogger("notes")

MOST_FILES = 50  # of one person
LARGEST = 20 * 1024 * 1024  # bytes
SCANNED_AT_ONCE = 10


@transaction.atomic
def write(
    *,
    participant: Participant,
    kind: str,
    sensitivity: str,
    words: str,
    adds_to: Note | None = None,
    by: User,
) -> Note:
    """Keep a note. What adds to another is as sensitive as that one. Raises Refused when nothing is said."""
    if not words.strip():
        raise Refused(_("Write the note."))
    if adds_to is not None:
        if adds_to.participant_id != participant.pk:
            raise Refused(_("That note is about somebody else."))
        if adds_to.sensitivity == Note.Sensitivity.SUPERVISORS:
            sensitivity = adds_to.sensitivity
        kind = adds_to.kind
    if kind == Note.Kind.SUPERVISION:
        sensitivity = Note.Sensitivity.SUPERVISORS
    return Note.objects.create(
        participant=participant,
        kind=kind,
        sensitivity=sensitivity,
        words=words.strip(),
        adds_to=adds_to,
        by=by,
        at=clock.now(),
    )


@transaction.atomic
def attach(*, participant: Participant, name: str, about: str, data: bytes, by: User) -> AttachedFile:
    """Keep a file under a random reference. What it is, its content says, whatever it is called.

    Raises Refused for what is of no kind we keep, too large, or one too many.
    """
    if len(data) > LARGEST:
        raise Refused(_("The file is larger than 20 MB. Choose a smaller one, or split it."))
    # One at a time for one person, so that the last place is given once.
    Participant.objects.select_for_update(of=("self",)).get(pk=participant.pk)
    if AttachedFile.objects.filter(participant=participant, redacted_at=None).count() >= MOST_FILES:
        raise Refused(_("There are 50 files already. Ask a supervisor which of them can be taken out."))
    try:
        kind, kept = sniff(data)
    except NotAllowedFile:
        raise Refused(
            _(
                "This is not a PDF, a picture (PNG or JPEG) or a Word document (docx). Save it as one of these."
            )
        ) from None
    waits = scanning.is_configured()
    file = AttachedFile.objects.create(
        participant=participant,
        name=name[-200:],
        about=about,
        kind=kind,
        size=len(kept),
        sha256=hashlib.sha256(kept).hexdigest(),
        scan=AttachedFile.Scan.WAITING if waits else AttachedFile.Scan.NOT_SCANNED,
        by=by,
        at=clock.now(),
    )
    FileContent.objects.create(file=file, data=kept)
    return file


@transaction.atomic
def redact_note(*, note: Note, reason: str, by: User) -> Note:
    """Take the words out for good; that there was a note, whose and why it went, stays."""
    _check_may_redact(reason, by)
    note = Note.objects.select_for_update(of=("self",)).get(pk=note.pk)
    if note.redacted_at is not None:
        raise Refused(_("This was taken out already."))
    note.words, note.redacted_because = "", reason.strip()
    note.redacted_at, note.redacted_by = clock.now(), by
    note.save()
    return note


@transaction.atomic
def redact_file(*, file: AttachedFile, reason: str, by: User) -> AttachedFile:
    """Take the content out for good; its name, its print (SHA-256) and why it went stay."""
    _check_may_redact(reason, by)
    file = AttachedFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    if file.redacted_at is not None:
        raise Refused(_("This was taken out already."))
    FileContent.objects.filter(file=file).delete()
    file.redacted_because = reason.strip()
    file.redacted_at, file.redacted_by = clock.now(), by
    file.save()
    return file


def _check_may_redact(reason: str, by: User) -> None:
    if not (by.has_role(Role.SUPERVISOR) and by.may(Permission.REDACT)):
        raise NotAllowed(_("A supervisor takes out what should not be here. Ask yours."))
    if not reason.strip():
        raise Refused(_("Say why it is taken out."))


def scan_waiting() -> int:
    """Ask the scanner about files that wait, the oldest first. Returns how many have a verdict. Safe to run twice."""
    done = 0
    for file in AttachedFile.objects.filter(scan=AttachedFile.Scan.WAITING).order_by("pk")[:SCANNED_AT_ONCE]:
        content = FileContent.objects.filter(file=file).first()
        if content is None:
            verdict = AttachedFile.Scan.NOT_SCANNED
        else:
            try:
                found = scanning.has_virus(bytes(content.data))
            except scanning.ScannerAway as away:
                journal.warning("files: the scanner is away (%s)", away)
                return done
            verdict = AttachedFile.Scan.FOUND if found else AttachedFile.Scan.CLEAN
        done += AttachedFile.objects.filter(pk=file.pk, scan=AttachedFile.Scan.WAITING).update(scan=verdict)
    return done
