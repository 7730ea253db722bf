"""A person's texts and emails: the list, and one with its words and what became of it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import participant_for
from victimcare.cases.context import verdicts_here
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Channel
from victimcare.govuk.dates import moment
from victimcare.http import Request
from victimcare.messaging import actions
from victimcare.messaging.forms import WithdrawForm
from victimcare.messaging.models import Message

COLOURS = {
    "sent": "blue", "delivered": "green", "temporary": "amber", "permanent": "red", "technical": "red",
    "unknown": "amber", "blocked": "red",
}  # fmt: skip
LIST_LIMIT = 100
# What to do next, by what became of it.
NEXT = {
    "temporary": gettext_lazy("Try later, or another way."),
    "permanent": gettext_lazy("Ask them for the right number or address, or try another way."),
    "technical": gettext_lazy("Send it again, or another way."),
    "unknown": gettext_lazy("Ring to make sure, rather than sending it twice."),
    "blocked": gettext_lazy("See the safe-contact strip for a way that is safe."),
}


def _address(name: str, message: Message, part: Participant) -> str:
    return reverse(f"messaging:{name}", args=[part.case.reference, part.reference, message.reference])


def _ways_on(request: Request, message: Message, part: Participant) -> list[dict[str, str]]:
    """What is safe now where a message did not arrive: ring, write, or send another."""
    if message.status not in NEXT or not request.user.may(Permission.VIEW_SAFE_CONTACT):
        return []
    said, references = verdicts_here(request), [part.case.reference, part.reference]
    events = urlencode({"tell": [event.reference for event in message.tells.all()[:5]]}, doseq=True)
    log, write, letter = (
        f"{reverse(name, args=references)}?{events}"
        for name in ("contacts:log", "contacts:write-message", "contacts:write-letter")
    )
    rings = request.user.may(Permission.LOG_CONTACT) and said[Channel.PHONE].allowed
    ways = [{"text": str(_("Ring them")), "url": log}] if rings else []
    if message.status == Message.Status.UNKNOWN or not request.user.may(Permission.WRITE_LETTER):
        return ways
    same = actions.SAFE_CHANNEL[message.channel]
    if said[same].allowed and message.status != Message.Status.PERMANENT:
        url = f"{write}&{urlencode({'template': message.template.key})}"
        ways.append({"text": str(_("Send it again")), "url": url})
    if any(said[way].allowed for way in (Channel.TEXT, Channel.EMAIL) if way != same):
        ways.append({"text": str(_("Send a text or an email")), "url": write})
    if said[Channel.POST].allowed:
        ways.append({"text": str(_("Write a letter")), "url": letter})
    return ways


@allow(Permission.VIEW_LETTERS)
@require_safe
def message_list(request: Request, case: str, participant: str) -> HttpResponse:
    """Every text and email to this person, newest first."""
    part = participant_for(request, case, participant, field_group="messages")
    found = Message.objects.filter(participant=part).select_related("template", "written_by")[:LIST_LIMIT]
    rows = [
        [
            {"text": each.template.name_in(get_language() or "en"), "url": _address("message", each, part)},
            each.get_channel_display(),
            {"text": "", "tag": each.get_status_display(), "colour": COLOURS.get(each.status, "grey")},
            each.get_languages_display(),
            each.written_by.display_name,
            moment(each.sent_at or each.written_at),
        ]
        for each in found
    ]
    columns = [_("Message"), _("Text or email"), _("What became of it"), _("Language"), _("From"), _("When")]
    write = reverse("contacts:write-message", args=[part.case.reference, part.reference])
    context = {
        "columns": columns,
        "rows": rows,
        "write_url": write if request.user.may(Permission.WRITE_LETTER) else "",
    }
    return render(request, "messaging/list.html", context)


@allow(Permission.VIEW_LETTERS)
@require_safe
def message(request: Request, case: str, participant: str, message: str) -> HttpResponse:
    """One message: its words, and what became of it."""
    part = participant_for(request, case, participant, field_group="messages")
    return render(request, "messaging/message.html", _shown(request, _of(part, message), part))


def _of(part: Participant, reference: str) -> Message:
    """This person's message. Raises Http404 for anybody else's."""
    found = (
        Message.objects.filter(participant=part, reference=reference)
        .select_related("template", "written_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


def _shown(request: Request, found: Message, part: Participant) -> dict[str, Any]:
    is_waiting = found.status in (Message.Status.QUEUED, Message.Status.SENDING)
    facts = [
        {"label": _("To"), "value": found.destination},
        {"label": _("From"), "value": found.written_by.display_name},
        {"label": _("Written"), "value": moment(found.written_at)},
        {"label": _("Sent"), "value": moment(found.sent_at) if found.sent_at else _("Not yet")},
    ]
    return {
        "message": found,
        "name": found.template.name_in(get_language() or "en"),
        "colour": COLOURS.get(found.status, "grey"),
        "facts": facts,
        "tells": found.tells.order_by("occurred_at", "id"),
        "next": NEXT.get(found.status, ""),
        "ways": _ways_on(request, found, part),
        "is_waiting": is_waiting,
        "address": _address("message", found, part),
        "withdraw_url": _address("withdraw", found, part)
        if found.status == Message.Status.QUEUED and request.user.may(Permission.WRITE_LETTER)
        else "",
        "form": WithdrawForm(initial={"version": found.version}),
    }


@allow(Permission.WRITE_LETTER)
@require_POST
def withdraw(request: Request, case: str, participant: str, message: str) -> HttpResponse:
    """Take back a message that is still waiting."""
    part = participant_for(request, case, participant, field_group="messages", op=AccessEntry.Op.ALTER)
    found = _of(part, message)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        actions.withdraw(message=found, version=form.cleaned_data["version"], by=request.user)
        messages.success(request, _("The message is withdrawn and will not be sent."))
    return redirect(_address("message", found, part))
