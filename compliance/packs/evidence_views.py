"""The evidence packs of one case: the list, asking for one, its progress, the file, and checking a file."""

import hashlib
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from compliance.packs import actions
from compliance.packs.forms import AgainForm, CheckForm, EvidenceForm
from compliance.packs.models import Pack, PackQuerySet
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import participant_for
from victimcare.cases.models import Participant
from victimcare.faults import Refused
from victimcare.govuk.dates import moment
from victimcare.http import Request

COLOURS = {"ready": "green", "parked": "red"}
LIST_LIMIT = 100


@allow(Permission.MAKE_EVIDENCE_PACK)
@require_safe
def evidence(request: Request, case: str, participant: str) -> HttpResponse:
    """Every pack made of this person's evidence, newest first."""
    found = participant_for(request, case, participant, field_group="evidence packs")
    packs = Pack.objects.without_files().evidence_of(found).select_related("asked_by")[:LIST_LIMIT]
    rows = [
        [
            {
                "text": pack.reference,
                "url": reverse("packs:evidence-pack", args=[case, participant, pack.reference]),
            },
            {"text": "", "tag": pack.get_status_display(), "colour": COLOURS.get(pack.status, "blue")},
            pack.get_language_display(),
            str(pack.asked_by),
            moment(pack.asked_at),
            pack.reason,
        ]
        for pack in packs
    ]
    columns = [_("Pack"), _("Where it is"), _("Language"), _("Asked for by"), _("When"), _("Why")]
    context = {
        "participant": found,
        "columns": columns,
        "rows": rows,
        "is_owed": found.role in actions.OWED_TO,
    }
    return render(request, "packs/evidence.html", context)


@allow(Permission.MAKE_EVIDENCE_PACK)
def ask_for_evidence(request: Request, case: str, participant: str) -> HttpResponse:
    """Why and in which language; then the pack waits for the worker."""
    found = participant_for(request, case, participant, field_group="evidence packs")
    form = EvidenceForm(request.POST or None)
    if form.is_valid():
        pack = actions.ask_for_evidence(
            participant=found,
            language=form.cleaned_data["language"],
            reason=form.cleaned_data["reason"],
            by=request.user,
        )
        return redirect("packs:evidence-pack", case, participant, pack.reference)
    context = {
        "participant": found,
        "form": form,
        "submit_label": _("Make the pack"),
        "cancel_url": reverse("packs:evidence", args=[case, participant]),
    }
    return render(request, "packs/ask_for_evidence.html", context, status=422 if form.is_bound else 200)


def _pack_of(participant: Participant, reference: str) -> Pack:
    """This person's pack, without its file. Raises Http404 for anybody else's."""
    found = (
        Pack.objects.without_files()
        .evidence_of(participant)
        .filter(reference=reference)
        .select_related("asked_by")
        .first()
    )
    if found is None:
        raise Http404
    found.participant = participant
    return found


@allow(Permission.MAKE_EVIDENCE_PACK)
@require_safe
def evidence_pack(request: Request, case: str, participant: str, pack: str) -> HttpResponse:
    """How far one pack is, and the file once it is ready."""
    found = _pack_of(participant_for(request, case, participant, field_group="evidence packs"), pack)
    references = [case, participant, pack]
    context = {
        "participant": found.participant,
        "pack": found,
        "here": reverse("packs:evidence-pack", args=references),
        "pdf_url": reverse("packs:evidence-pdf", args=references),
        "again_url": reverse("packs:make-evidence-again", args=references),
        "colour": COLOURS.get(found.status, "blue"),
        "form": AgainForm(initial={"version": found.version}),
        "facts": facts_of(found),
    }
    page = "packs/progress.html" if request.htmx else "packs/evidence_pack.html"
    return render(request, page, context)


def facts_of(pack: Pack) -> list[dict[str, Any]]:
    """Who asked for it, why, and what came of it."""
    facts = [
        (_("Asked for by"), str(pack.asked_by)),
        (_("When"), moment(pack.asked_at)),
        (_("Why"), pack.reason),
        (_("Language"), str(pack.get_language_display())),
        (_("Made"), moment(pack.made_at)),
        (_("Pages"), str(pack.pages or "")),
        (_("SHA-256 of the PDF"), pack.sha256),
        (_("SHA-256 of the spreadsheet"), pack.sheet_sha256),
    ]
    return [{"label": label, "value": value} for label, value in facts if value]


@allow(Permission.MAKE_EVIDENCE_PACK)
@require_safe
def evidence_pdf(request: Request, case: str, participant: str, pack: str) -> HttpResponse:
    """The file itself. Each download is a disclosure, and is written down as one."""
    found = participant_for(
        request, case, participant, field_group="evidence pack", op=AccessEntry.Op.DISCLOSE
    )
    ready = Pack.objects.evidence_of(found).filter(reference=pack, status=Pack.Status.READY).first()
    if ready is None:
        raise Http404
    return file_response(bytes(ready.pdf or b""), "application/pdf", f"{case}-{ready.reference}.pdf")


def file_response(body: bytes, kind: str, name: str) -> HttpResponse:
    """A file to save, that no cache keeps."""
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store, private"
    return response


@allow(Permission.MAKE_EVIDENCE_PACK)
@require_POST
def make_evidence_again(request: Request, case: str, participant: str, pack: str) -> HttpResponse:
    """Put a pack that could not be made back in the queue."""
    found = _pack_of(participant_for(request, case, participant, field_group="evidence packs"), pack)
    form = AgainForm(request.POST)
    if not form.is_valid():
        raise Refused(_("This page was not filled in by our form. Open it again and retry."))
    actions.try_again(pack=found, version=form.cleaned_data["version"], by=request.user)
    messages.success(request, _("The pack is being made again."))
    return redirect("packs:evidence-pack", case, participant, pack)


@allow(Permission.MAKE_EVIDENCE_PACK)
def check_evidence(request: Request, case: str, participant: str) -> HttpResponse:
    """Whether a file is a pack that was made here, to the last byte."""
    found = participant_for(request, case, participant, field_group="evidence packs")
    form = CheckForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"participant": found, "form": form, "submit_label": _("Check the file")}
    context["cancel_url"] = reverse("packs:evidence", args=[case, participant])
    status = 200
    if request.method == "POST":
        if form.is_valid():
            context |= checked(form.cleaned_data["file"], Pack.objects.evidence_of(found))
        else:
            status = 422
    return render(request, "packs/check_evidence.html", context, status=status)


def checked(file: UploadedFile, packs: PackQuerySet) -> dict[str, Any]:
    """What the file is, by its SHA-256: which of these packs, or none."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    sha256 = digest.hexdigest()
    is_it = Q(sha256=sha256) | Q(sheet_sha256=sha256)
    pack = packs.without_files().filter(is_it).select_related("asked_by").order_by("pk").first()
    n = packs.filter(status=Pack.Status.READY).count()
    return {
        "sha256": sha256,
        "about": [{"label": _("SHA-256 of the file"), "value": sha256}],
        "is_ours": pack,
        "compared": ngettext(
            "It was compared with %(n)d pack.", "It was compared with %(n)d packs.", n
        ) % {"n": n},
    }  # fmt: skip
