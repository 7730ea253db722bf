"""A case's letters: the list, one letter with its words, and the PDF itself."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import participant_for
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import is_flagged
from victimcare.faults import NotAllowed, Refused
from victimcare.govuk.dates import moment
from victimcare.http import Request
from victimcare.letters import actions
from victimcare.letters.envelope import lines_shown, may_open_the_paper
from victimcare.letters.forms import LetterForm
from victimcare.letters.models import Letter

COLOURS = {"draft": "amber", "rendered": "blue", "dispatched": "green", "parked": "red"}
LIST_LIMIT = 100
WITH_PDF = (Letter.Status.RENDERED, Letter.Status.DISPATCHED)


def _letter_of(participant: Participant, reference: str) -> Letter:
    """This person's letter, without its PDF. Raises Http404 for anybody else's."""
    found = (
        Letter.objects.without_pdf()
        .filter(participant=participant, reference=reference)
        .select_related("template", "written_by", "approved_by")
        .first()
    )
    if found is None:
        raise Http404
    found.participant = participant
    return found


def _address(name: str, letter: Letter) -> str:
    participant = letter.participant
    return reverse(
        f"letters:{name}", args=[participant.case.reference, participant.reference, letter.reference]
    )


@allow(Permission.VIEW_LETTERS)
@require_safe
def letter_list(request: Request, case: str, participant: str) -> HttpResponse:
    """Every letter to this person, newest first."""
    found = participant_for(request, case, participant, field_group="letters")
    letters = Letter.objects.without_pdf().filter(participant=found).select_related("written_by")[:LIST_LIMIT]
    rows = []
    for letter in letters:
        letter.participant = found
        rows.append(
            [
                {"text": letter.title, "url": _address("letter", letter)},
                {
                    "text": "",
                    "tag": letter.get_status_display(),
                    "colour": COLOURS.get(letter.status, "grey"),
                },
                letter.get_languages_display(),
                letter.written_by.display_name if letter.written_by else "",
                moment(letter.written_at),
                moment(letter.dispatched_at) if letter.dispatched_at else "",
            ]
        )
    columns = [_("Letter"), _("Where it is"), _("Languages"), _("Written by"), _("Written"), _("Sent")]
    return render(
        request,
        "letters/list.html",
        {"columns": columns, "rows": rows, "write_url": _write_url(request, found)},
    )


def _write_url(request: Request, participant: Participant) -> str:
    if not request.user.may(Permission.WRITE_LETTER):
        return ""
    return reverse("contacts:write-letter", args=[participant.case.reference, participant.reference])


@allow(Permission.VIEW_LETTERS)
@require_safe
def letter(request: Request, case: str, participant: str, letter: str) -> HttpResponse:
    """One letter: how far it is, its words as merged, and what may be done with it now."""
    found = _letter_of(participant_for(request, case, participant, field_group="letters"), letter)
    page = "letters/progress.html" if request.htmx else "letters/letter.html"
    return render(request, page, _letter_context(request, found))


def _letter_context(request: Request, letter: Letter) -> dict[str, Any]:
    may_approve = letter.status == Letter.Status.DRAFT and actions.may_approve(letter, request.user)
    return {
        "letter": letter,
        "lines": lines_shown(letter),
        "pages": [{"language": code, **letter.merged[code]} for code in letter.language_codes],
        "colour": COLOURS.get(letter.status, "grey"),
        "form": LetterForm(initial={"version": letter.version}),
        "may_approve": may_approve,
        "needs_another": letter.status == Letter.Status.DRAFT
        and not may_approve
        and is_flagged(letter.participant, clock.today()),
        "may_withdraw": request.user.may(Permission.WRITE_LETTER)
        and letter.status not in {Letter.Status.DISPATCHED, Letter.Status.WITHDRAWN},
        "may_print_again": request.user.may(Permission.WRITE_LETTER)
        and letter.status == Letter.Status.PARKED,
        "has_pdf": letter.status in WITH_PDF and may_open_the_paper(letter, request.user),
        "send_url": _send_url(request, letter),
        "facts": _facts(letter),
        "tells": letter.tells.order_by("occurred_at", "id"),
    }


def _send_url(request: Request, letter: Letter) -> str:
    if letter.status != Letter.Status.RENDERED or not request.user.may(Permission.WRITE_LETTER):
        return ""
    participant = letter.participant
    return reverse(
        "contacts:send-letter", args=[participant.case.reference, participant.reference, letter.reference]
    )


def _facts(letter: Letter) -> list[dict[str, Any]]:
    """Who did what with it, in order."""
    facts = [
        {
            "label": _("Written"),
            "value": f"{moment(letter.written_at)}, {letter.written_by or ''}",
        },
        {"label": _("Languages"), "value": letter.get_languages_display()},
    ]
    if letter.approved_by:
        facts.append({"label": _("Approved by"), "value": letter.approved_by.display_name})
    if letter.rendered_at:
        facts.append({"label": _("Printed"), "value": f"{moment(letter.rendered_at)}"})
        facts.append({"label": _("Pages"), "value": str(letter.pages)})
    if letter.dispatched_at:
        facts.append({"label": _("Sent"), "value": moment(letter.dispatched_at)})
    return facts


@allow(Permission.VIEW_LETTERS)
@require_safe
def pdf(request: Request, case: str, participant: str, letter: str) -> HttpResponse:
    """The PDF, opened in the browser and kept nowhere else. Looking at it is a disclosure.

    Raises Blocked or Refused for one that has not gone and is not safe to send any more, and NotAllowed where
    the address on it is protected and not for the reader.
    """
    found = participant_for(request, case, participant, field_group="letter", op=AccessEntry.Op.DISCLOSE)
    printed = Letter.objects.filter(participant=found, reference=letter, status__in=WITH_PDF).first()
    if printed is None:
        raise Http404
    printed.participant = found
    if not may_open_the_paper(printed, request.user):
        raise NotAllowed(
            _(
                "Their address is protected, and this letter carries it. Ask their officer or a supervisor to print it."
            )
        )
    if printed.status != Letter.Status.DISPATCHED:  # whoever opens it may put it in the post
        actions.check_still_safe(printed)
    response = HttpResponse(bytes(printed.pdf or b""), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{printed.reference}.pdf"'
    response["Cache-Control"] = "no-store, private"
    return response


@allow(Permission.APPROVE_LETTER)
@require_POST
def approve(request: Request, case: str, participant: str, letter: str) -> HttpResponse:
    """Let the draft be printed."""
    found = _letter_of(participant_for(request, case, participant, field_group="letters"), letter)
    actions.approve(letter=found, version=_version(request), by=request.user)
    messages.success(request, _("Letter approved. It is being printed."))
    return redirect(_address("letter", found))


@allow(Permission.WRITE_LETTER)
@require_POST
def withdraw(request: Request, case: str, participant: str, letter: str) -> HttpResponse:
    """Take back a letter that has not gone."""
    found = _letter_of(participant_for(request, case, participant, field_group="letters"), letter)
    actions.withdraw(letter=found, version=_version(request), by=request.user)
    messages.success(request, _("Letter withdrawn. It will not be sent."))
    return redirect(_address("letter", found))


@allow(Permission.WRITE_LETTER)
@require_POST
def print_again(request: Request, case: str, participant: str, letter: str) -> HttpResponse:
    """Put a parked letter back in the queue."""
    found = _letter_of(participant_for(request, case, participant, field_group="letters"), letter)
    actions.try_again(letter=found, version=_version(request), by=request.user)
    messages.success(request, _("The letter is being printed again."))
    return redirect(_address("letter", found))


def _version(request: Request) -> int | None:
    """The version the page showed. Raises Refused for a page that is not ours."""
    form = LetterForm(request.POST)
    if not form.is_valid():
        raise Refused(_("This page was not filled in by our form. Open it again and retry."))
    version: int | None = form.cleaned_data["version"]
    return version
