"""What no event and no contact says: a message that did not arrive, a number that changed, a file that was added."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.held_before import changes_of
from victimcare.cases.models import Participant
from victimcare.messaging.models import Message
from victimcare.notes.models import AttachedFile

STOPPED = (Message.Status.BLOCKED, *Message.FAILED, Message.Status.WITHDRAWN)
Entry = tuple[datetime, int, dict[str, Any]]


def beside_the_story(participant: Participant, user: User, before: datetime | None, room: int) -> list[Entry]:
    """The newest of each before a moment, as entries of the story. Three queries at most.

    Which number or address changed is said, and never what it is: the story is read by more than may know it.
    """
    found: list[Entry] = []
    if user.may(Permission.VIEW_LETTERS):
        found += _messages(participant, before, room)
    if user.may(Permission.VIEW_CONTACT_DETAILS):
        found += _changes(participant, before)
    if user.may(Permission.VIEW_NOTES):
        found += _files(participant, before, room)
    return found


def _messages(participant: Participant, before: datetime | None, room: int) -> Iterator[Entry]:
    rows = Message.objects.filter(participant=participant, status__in=STOPPED).select_related("written_by")
    if before:
        rows = rows.filter(written_at__lt=before)
    for message in rows.order_by("-written_at", "-pk")[:room]:
        yield (
            message.written_at,
            message.pk,
            _entry(
                f"{message.get_channel_display()}: {message.get_status_display()}",
                message.written_at,
                message.reason,
                message.written_by,
            )
            | {
                "is_failed": True,
                "url": reverse(
                    "messaging:message",
                    args=[participant.case.reference, participant.reference, message.reference],
                ),
            },
        )


def _changes(participant: Participant, before: datetime | None) -> Iterator[Entry]:
    for change in changes_of(participant.person):
        if before is None or change.at < before:
            names = ", ".join(dict.fromkeys(str(name) for name, _was, _now in change.fields))
            yield (
                change.at,
                0,
                _entry(_("Changed: %s") % names, change.at, "", change.who or _("from the force’s system")),
            )


def _files(participant: Participant, before: datetime | None, room: int) -> Iterator[Entry]:
    rows = AttachedFile.objects.filter(participant=participant, redacted_at=None).select_related("by")
    if before:
        rows = rows.filter(at__lt=before)
    for file in rows.order_by("-at", "-pk")[:room]:
        yield file.at, file.pk, _entry(_("File added: %s") % file.name, file.at, file.about, file.by)


def _entry(heading: str, at: datetime, body: str, by: object) -> dict[str, Any]:
    return {"heading": heading, "when": at, "body": body, "by": str(by), "url": ""}
