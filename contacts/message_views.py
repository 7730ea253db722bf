"""Sending a text or an email: only where it is safe, only words that were approved."""

from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.call_sheet import offered, wanted
from contacts.message_forms import MessageForm
from contacts.reaching import verdicts_now
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import participant_for
from victimcare.cases.safe_contact import Purpose, clear
from victimcare.faults import Refused
from victimcare.http import Request
from victimcare.messaging import actions as messaging
from victimcare.messaging.models import Message, MessageTemplate


@allow(Permission.WRITE_LETTER)
def write_message(request: Request, case: str, participant: str) -> HttpResponse:
    """Choose a text or an email among those that may safely go; then its language; see its words; send it."""
    op = AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT
    part = participant_for(request, case, participant, field_group="messages", op=op)
    said = verdicts_now(request)
    templates = list(MessageTemplate.objects.in_force(clock.today()))
    safe = [each for each in templates if said[messaging.SAFE_CHANNEL[each.channel]].allowed]
    template = next((each for each in safe if each.key == request.GET.get("template")), None)
    language = get_language() or "en"
    context: dict[str, Any] = {
        "participant": part,
        "choices": [
            {
                "text": each.name_in(language),
                "note": each.get_channel_display(),
                "url": f"?template={each.key}",
            }
            for each in safe
        ],
        "blocked": [
            {
                "channel": label,
                "why": [reason.words for reason in said[messaging.SAFE_CHANNEL[channel]].reasons],
            }
            for channel, label in MessageTemplate.channel.field.choices or ()
            if not said[messaging.SAFE_CHANNEL[str(channel)]].allowed
        ],
        "cancel_url": reverse("messaging:list", args=[part.case.reference, part.reference]),
    }
    if template is None:
        status = 403 if request.method == "POST" else 200
        return render(request, "contacts/choose_message.html", context, status=status)
    asked = request.GET.getlist("tell")[:50]
    untold, told = offered(part, [*asked, *request.POST.getlist("tells")[:50]])
    untold = wanted(part, untold, [*asked, *request.POST.getlist("tells")[:50]])
    initial = {
        "languages": Message.Languages.CY_EN if part.person.speaks_welsh else Message.Languages.EN,
        "tells": asked,
    }
    form = MessageForm(
        request.POST or None, initial=initial, participant=part, template=template, events=[*untold, *told]
    )
    seen: Message | None = None
    if form.is_valid():
        meant: dict[str, Any] = {
            "clearance": clear(part, messaging.SAFE_CHANNEL[template.channel], Purpose.UPDATE),
            "template": template,
            "languages": form.cleaned_data["languages"],
            "values": form.values,
            "tells": form.cleaned_data.get("tells", []),
            "by": request.user,
        }
        try:
            seen = messaging.drawn(**meant)
            if request.POST.get("seen") == _mark(seen):
                message = messaging.compose(**meant)
                messages.success(request, _("On its way to %s.") % part.person.name)
                return redirect("messaging:message", part.case.reference, part.reference, message.reference)
        except Refused as refused:
            form.add_error(None, str(refused.sentence))
    context |= {
        "form": form,
        "template": template,
        "name": template.name_in(language),
        "bodies": [("en", template.body_en), ("cy", template.body_cy)],
        "seen": seen,
        "mark": _mark(seen) if seen else "",
    }
    return render(request, "contacts/write_message.html", context, status=422 if form.errors else 200)


def _mark(message: Message) -> str:
    """Which words were seen: other answers, or other words meanwhile, are shown again before anything goes."""
    return sha256(f"{message.destination}\n{message.subject}\n{message.body}".encode()).hexdigest()
