"""Writing and sending a letter: safety is asked before the first word, and again at the door."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts import actions
from contacts.call_sheet import offered, wanted
from contacts.forms import OUTCOMES
from contacts.letter_forms import SendForm, WriteForm, write_initial
from contacts.models import Contact
from contacts.reaching import verdicts_now
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import participant_for
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Blocked, Channel, Purpose, clear
from victimcare.faults import Refused
from victimcare.http import Request
from victimcare.letters import actions as letters
from victimcare.letters.envelope import lines_shown
from victimcare.letters.models import Letter, LetterTemplate


@allow(Permission.WRITE_LETTER)
def write_letter(request: Request, case: str, participant: str) -> HttpResponse:
    """Choose a letter, its languages and what it tells; where post is not safe, other ways."""
    op = AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT
    part = participant_for(request, case, participant, field_group="letter", op=op)
    said = verdicts_now(request)
    templates = list(LetterTemplate.objects.in_force(clock.today()))
    asked = request.GET.getlist("tell")[:50]
    context: dict[str, Any] = {
        "participant": part,
        "blocked": [reason.words for reason in said[Channel.POST].reasons],
        "other_ways": _other_ways(part, [c for c, verdict in said.items() if verdict.allowed]),
        "templates": [_choice(each, request) for each in templates],
        "cancel_url": reverse("letters:list", args=[part.case.reference, part.reference]),
    }
    template = next((each for each in templates if each.key == request.GET.get("template")), None)
    if template is None or context["blocked"]:
        status = 403 if request.method == "POST" else 200
        return render(request, "contacts/choose_letter.html", context, status=status)
    untold, told = offered(part, [*asked, *request.POST.getlist("tells")[:50]])
    untold = wanted(part, untold, [*asked, *request.POST.getlist("tells")[:50]])
    events = [*untold, *told]
    form = WriteForm(
        request.POST or None,
        initial=write_initial(letters.languages_for(part.person), asked, events),
        template=template,
        participant=part,
        events=events,
    )
    if form.is_valid():
        letter = _compose(form, part, template, request.user)
        if letter is not None:
            messages.success(request, _("Letter written. Read it, then approve it."))
            return redirect("letters:letter", part.case.reference, part.reference, letter.reference)
    context |= {"form": form, "template": template}
    return render(request, "contacts/write_letter.html", context, status=422 if form.errors else 200)


def _choice(template: LetterTemplate, request: Request) -> dict[str, str]:
    query = request.GET.copy()
    query["template"] = template.key
    return {"text": template.title_en, "note": template.title_cy, "url": f"?{query.urlencode()}"}


def _compose(form: WriteForm, participant: Participant, template: LetterTemplate, by: User) -> Letter | None:
    """The draft; None when it cannot be written, with the reason on the form."""
    try:
        return letters.compose(
            clearance=clear(participant, Channel.POST, Purpose.UPDATE),
            template=template,
            languages=form.cleaned_data["languages"],
            values=form.values,
            tells=form.cleaned_data["tells"],
            by=by,
        )
    except Refused as refused:
        form.add_error(None, str(refused.sentence))
        return None


def _other_ways(participant: Participant, allowed: list[Channel]) -> list[dict[str, str]]:
    url = reverse("contacts:log", args=[participant.case.reference, participant.reference])
    return [
        {"label": str(Contact.Channel(each).label), "url": f"{url}?channel={each}"}
        for each in OUTCOMES
        if actions.CLEARED_AS[Contact.Channel(each)] in allowed
    ]


@allow(Permission.WRITE_LETTER)
def send_letter(request: Request, case: str, participant: str, letter: str) -> HttpResponse:
    """Say where it goes and what sending it tells; then say that it has gone."""
    op = AccessEntry.Op.DISCLOSE if request.method == "POST" else AccessEntry.Op.CONSULT
    part = participant_for(request, case, participant, field_group="letter", op=op)
    found = get_object_or_404(
        Letter.objects.defer("pdf").select_related("template"), participant=part, reference=letter
    )
    letter_url = reverse("letters:letter", args=[part.case.reference, part.reference, found.reference])
    form = SendForm(request.POST or None, initial={"version": found.version})
    if form.is_valid():
        try:
            actions.record_dispatch(letter=found, version=form.cleaned_data["version"], by=request.user)
        except Blocked as blocked:
            form.add_error(None, str(blocked.sentence))
        else:
            messages.success(request, _("The letter to %s is marked as sent.") % part.person.name)
            return redirect(letter_url)
    verdict = verdicts_now(request)[Channel.POST]
    context = {
        "participant": part,
        "letter": found,
        "tells": list(found.tells.select_related("suspect__person")),
        "lines": lines_shown(found),
        "blocked": [reason.words for reason in verdict.reasons],
        "other_ways": _other_ways(part, [c for c, v in verdicts_now(request).items() if v.allowed])
        if not verdict.allowed
        else [],
        "form": form,
        "cancel_url": letter_url,
    }
    return render(request, "contacts/send_letter.html", context, status=422 if form.errors else 200)
