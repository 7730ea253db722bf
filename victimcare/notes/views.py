"""The notes and files of one victim: read, written, added to, opened, taken out."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import participant_for
from victimcare.cases.models import Participant
from victimcare.faults import Refused
from victimcare.govuk.dates import moment
from victimcare.http import Request
from victimcare.notes import actions
from victimcare.notes.forms import FileForm, NoteForm, RedactForm
from victimcare.notes.models import AttachedFile, FileContent, Note

SHOWN = 25
# What a browser is told a file is. It is saved, never drawn: no page of ours, and no frame, shows it.
MEDIA = {
    AttachedFile.Kind.PDF: "application/pdf",
    AttachedFile.Kind.PNG: "image/png",
    AttachedFile.Kind.JPEG: "image/jpeg",
    AttachedFile.Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def _op(request: Request) -> AccessEntry.Op:
    return AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT


def _list_url(participant: Participant) -> str:
    return reverse("notes:list", args=[participant.case.reference, participant.reference])


@allow(Permission.VIEW_NOTES)
def note_list(request: Request, case: str, participant: str) -> HttpResponse:
    """Every note this reader may read, newest first with what was added to it, and the files."""
    part = participant_for(request, case, participant, field_group="notes")
    rows = Note.objects.filter(participant=part, adds_to=None).readable_by(request.user)
    kind = request.GET.get("kind", "")
    if kind in Note.Kind:
        rows = rows.filter(kind=kind)
    edge = (
        rows.filter(reference=request.GET.get("before", "")[:20]).first()
        if request.GET.get("before")
        else None
    )
    if edge:
        rows = rows.filter(at__lte=edge.at).exclude(pk__gte=edge.pk)
    found = list(rows.select_related("by", "redacted_by")[: SHOWN + 1])
    notes = found[:SHOWN]
    files = AttachedFile.objects.filter(participant=part).select_related("by", "redacted_by")
    here = _list_url(part)
    chosen = f"kind={kind}&" if kind in Note.Kind else ""
    context = {
        "participant": part,
        "notes": _with_additions(notes, part, request.user),
        "kinds": [
            {
                "label": label,
                "url": here if value == kind else f"{here}?kind={value}",
                "is_on": value == kind,
            }
            for value, label in Note.Kind.choices
        ],
        "older_url": f"{here}?{chosen}before={notes[-1].reference}" if len(found) > SHOWN else "",
        "newer_url": (f"{here}?{chosen.rstrip('&')}" if chosen else here) if edge else "",
        "files": [_as_file(file, part) for file in files[: actions.MOST_FILES * 2]],
    }
    return render(request, "notes/list.html", context)


def _with_additions(notes: list[Note], participant: Participant, user: User) -> list[dict[str, Any]]:
    """Each note with what was added to it, the oldest first. One query."""
    added: dict[int, list[Note]] = {}
    rows = Note.objects.filter(adds_to__in=notes).readable_by(user).select_related("by", "redacted_by")
    for note in rows.order_by("at", "pk")[:500]:
        added.setdefault(note.adds_to_id or 0, []).append(note)
    return [
        _as_note(note, participant)
        | {"added": [_as_note(each, participant) for each in added.get(note.pk, [])]}
        for note in notes
    ]


def _as_note(note: Note, participant: Participant) -> dict[str, Any]:
    references = (participant.case.reference, participant.reference)
    return {
        "kind": note.get_kind_display(),
        "is_risk": note.kind in (Note.Kind.RISK, Note.Kind.SAFEGUARDING),
        "is_for_supervisors": note.sensitivity == Note.Sensitivity.SUPERVISORS,
        "words": note.words,
        "who": note.by.display_name,
        "when": moment(note.at),
        "taken_out": _taken_out(note),
        "add_url": f"{reverse('notes:write', args=references)}?to={note.reference}",
        "redact_url": reverse("notes:redact-note", args=[*references, note.reference]),
    }


def _taken_out(row: Note | AttachedFile) -> str:
    """Taken out on Tue 24 Nov, 10:14 by Sue Pervisor: about another person. Empty while it stands."""
    if row.redacted_at is None:
        return ""
    said = {"when": moment(row.redacted_at), "who": row.redacted_by, "why": row.redacted_because}
    return _("Taken out on %(when)s by %(who)s: %(why)s") % said


def _as_file(file: AttachedFile, participant: Participant) -> dict[str, Any]:
    references = (participant.case.reference, participant.reference, file.reference)
    return {
        "about": file.about,
        "name": file.name,
        "kind": file.get_kind_display(),
        "size": _size(file.size),
        "scan": file.get_scan_display(),
        "colour": {"clean": "green", "found": "red", "waiting": "amber"}.get(file.scan, "grey"),
        "who": file.by.display_name,
        "when": moment(file.at),
        "taken_out": _taken_out(file),
        "url": reverse("notes:open", args=references) if file.can_be_opened else "",
        "redact_url": reverse("notes:redact-file", args=references),
    }


def _size(size: int) -> str:
    """2.4 MB; 310 kB."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(size // 1000, 1)} kB"


@allow(Permission.WRITE_NOTE)
def write(request: Request, case: str, participant: str) -> HttpResponse:
    """A note, or what is added to one."""
    part = participant_for(request, case, participant, field_group="notes", op=_op(request))
    adds_to = _note_of(part, request.GET["to"], request.user) if request.GET.get("to") else None
    form = NoteForm(request.POST or None, adds_to=adds_to)
    if form.is_valid():
        said = form.cleaned_data
        actions.write(
            participant=part,
            kind=said.get("kind", adds_to.kind if adds_to else ""),
            sensitivity=said.get("sensitivity", Note.Sensitivity.SUPERVISORS),
            words=said["words"],
            adds_to=adds_to,
            by=request.user,
        )
        messages.success(request, _("Note saved."))
        return redirect(_list_url(part))
    context = {
        "participant": part,
        "form": form,
        "adds_to": _as_note(adds_to, part) if adds_to else None,
        "cancel_url": _list_url(part),
    }
    return render(request, "notes/write.html", context, status=422 if form.errors else 200)


@allow(Permission.ATTACH_FILE)
def attach(request: Request, case: str, participant: str) -> HttpResponse:
    """Keep a file with this person's record."""
    part = participant_for(request, case, participant, field_group="files", op=_op(request))
    form = FileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            actions.attach(
                participant=part,
                name=upload.name,
                about=form.cleaned_data["about"],
                data=upload.read(),
                by=request.user,
            )
        except Refused as refused:
            form.add_error("file", str(refused.sentence))
        else:
            messages.success(request, _("File saved."))
            return redirect(_list_url(part))
    context = {"participant": part, "form": form, "cancel_url": _list_url(part)}
    return render(request, "notes/attach.html", context, status=422 if form.errors else 200)


@allow(Permission.VIEW_NOTES)
def open_file(request: Request, case: str, participant: str, file: str) -> HttpResponse:
    """The file itself, to be saved: never shown in a page, whatever a browser makes of its content."""
    part = participant_for(request, case, participant, field_group="file")
    found = _file_of(part, file)
    if not found.can_be_opened:
        raise Refused(
            _("This file was taken out, or a virus scanner has not passed it. It cannot be opened.")
        )
    content = FileContent.objects.filter(file=found).first()
    if content is None:
        raise Http404
    response = HttpResponse(bytes(content.data), content_type=MEDIA[AttachedFile.Kind(found.kind)])
    response["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


@allow(Permission.REDACT)
def redact_note(request: Request, case: str, participant: str, note: str) -> HttpResponse:
    """Take a note's words out for good."""
    part = participant_for(request, case, participant, field_group="notes", op=_op(request))
    found = _note_of(part, note, request.user)
    form = RedactForm(request.POST or None)
    if form.is_valid():
        actions.redact_note(note=found, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("The words were taken out."))
        return redirect(_list_url(part))
    context = {
        "participant": part,
        "form": form,
        "note": _as_note(found, part),
        "cancel_url": _list_url(part),
    }
    return render(request, "notes/take_out.html", context, status=422 if form.errors else 200)


@allow(Permission.REDACT)
def redact_file(request: Request, case: str, participant: str, file: str) -> HttpResponse:
    """Take a file's content out for good."""
    part = participant_for(request, case, participant, field_group="files", op=_op(request))
    found = _file_of(part, file)
    form = RedactForm(request.POST or None)
    if form.is_valid():
        actions.redact_file(file=found, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("The file was taken out."))
        return redirect(_list_url(part))
    context = {
        "participant": part,
        "form": form,
        "file": _as_file(found, part),
        "cancel_url": _list_url(part),
    }
    return render(request, "notes/take_out.html", context, status=422 if form.errors else 200)


def _note_of(participant: Participant, reference: str, user: User) -> Note:
    """A note of this person that this reader may read. Raises Http404."""
    notes = Note.objects.filter(participant=participant, reference=reference[:20]).readable_by(user)
    found = notes.select_related("by", "redacted_by").first()
    if found is None:
        raise Http404
    return found


def _file_of(participant: Participant, reference: str) -> AttachedFile:
    files = AttachedFile.objects.filter(participant=participant, reference=reference[:30])
    found = files.select_related("by", "redacted_by").first()
    if found is None:
        raise Http404
    return found
