"""Every write to texts and emails: compose, send, watch, withdraw. Nothing is sent in a web request.

QUEUED -> SENDING -> SENT -> DELIVERED, or one of the failures. A message that its worker left half sent is
never sent again before the provider has been asked whether it went; where it cannot say, people are told.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.models import Event, Participant
from victimcare.cases.safe_contact import Channel as SafeChannel
from victimcare.cases.safe_contact import Clearance, Purpose, clear
from victimcare.faults import Refused, Stale
from victimcare.http import AWAY
from victimcare.letters.words import told_of
from victimcare.messaging import words
from victimcare.messaging.models import ATTEMPTS, Message, MessageTemplate
from victimcare.messaging.providers import Away, Fate, Provider, Unsure, Went, WillNot, provider_for

log = logging.getLogger(__name__)

SAFE_CHANNEL = {"text": SafeChannel.TEXT, "email": SafeChannel.EMAIL}
CLEARANCE_LASTS = timedelta(minutes=5)
BACK_OFF = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
ASKED_AGAIN_AFTER = timedelta(minutes=1)  # how often a provider is asked what became of one message


@transaction.atomic
def compose(
    *,
    clearance: Clearance,
    template: MessageTemplate,
    languages: str,
    values: Mapping[str, words.Value],
    tells: Iterable[Event] = (),
    by: User,
) -> Message:
    """Write a message and queue it. `tells` are the events that its delivery will tell.

    Raises Refused for a clearance for another channel, a template not in force, an event that is not this
    person's, a placeholder unknown or empty, and a text that would tell a stranger what it is about.
    """
    told = list(tells)
    message = drawn(
        clearance=clearance, template=template, languages=languages, values=values, tells=told, by=by
    )
    message._history_user = by  # type: ignore[attr-defined]
    message.save()
    message.tells.set(told)
    return message


def drawn(
    *,
    clearance: Clearance,
    template: MessageTemplate,
    languages: str,
    values: Mapping[str, words.Value],
    tells: Iterable[Event] = (),
    by: User,
) -> Message:
    """The message with its words filled in, to be looked at: nothing is kept. Raises as `compose` does."""
    if clearance.channel is not SAFE_CHANNEL[template.channel]:
        raise Refused(_("The safe-contact check was for another channel. Check again."))
    if clock.now() - clearance.checked_at > CLEARANCE_LASTS:
        raise Refused(_("Whether this is safe was checked a while ago. Check again."))
    if template.status != MessageTemplate.Status.APPROVED:
        raise Refused(_("These words are not approved. Choose another message."))
    participant, told = clearance.participant, list(tells)
    about = Event.objects.about(participant).filter(replaced_by=None, pk__in=[event.pk for event in told])
    if about.count() != len({event.pk for event in told}):
        raise Refused(_("A message tells only what happened in this person's own case. Choose again."))
    if told and template.channel == "text":
        raise Refused(_("A text tells nothing of the case. Ask them to ring, and tell them then."))
    known: dict[str, words.Value] = {
        "first_name": participant.person.first_name,
        "officer": by.display_name,
        "phone": settings.SERVICE_PHONE,
        "reference": participant.case.reference,
    } | dict(values)
    if told:
        said = [told_of(event) for event in sorted(told, key=lambda event: (event.occurred_at, event.pk))]
        known["what_happened"] = {
            language: " ".join(sentence[language] for sentence in said) for language in ("en", "cy")
        }
    codes = Message.Languages(languages).value.split(",")
    message = Message(
        participant=participant,
        template=template,
        channel=template.channel,
        languages=languages,
        subject=" / ".join(_in(template, "subject", code, known) for code in codes)
        if template.subject_en
        else "",
        body=words.BETWEEN[template.channel].join(_in(template, "body", code, known) for code in codes),
        destination=clearance.destination,
        safe_contact_version=clearance.safe_contact_version,
        clearance_rule=clearance.rule,
        written_by=by,
    )
    words.check_harmless(template.channel, message.subject, message.body)
    return message


def _in(template: MessageTemplate, part: str, language: str, values: Mapping[str, words.Value]) -> str:
    return words.fill(getattr(template, f"{part}_{language}"), language, values, channel=template.channel)


@transaction.atomic
def withdraw(*, message: Message, version: int, by: User) -> Message:
    """Take back a message that is still waiting. Raises Stale, or Refused when it has gone."""
    fresh = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if fresh.version != version:
        raise Stale(_("This message has moved on meanwhile. Open it again to see where it is."))
    if fresh.status != Message.Status.QUEUED:
        raise Refused(_("This message has gone. Ring, or write another that puts it right."))
    fresh.status = Message.Status.WITHDRAWN
    return _save(fresh, by)


@transaction.atomic
def mark_recorded(*, message: Message) -> bool:
    """Say that a settled message now stands among this person's contacts. False when it did already."""
    return bool(Message.objects.filter(pk=message.pk, is_recorded=False).update(is_recorded=True))


def _save(message: Message, by: User | None) -> Message:
    message.version += 1
    message._history_user = by  # type: ignore[attr-defined]
    message.save()
    return message


# --- Sending: the worker's part ------------------------------------------------------------------


def send_waiting(limit: int = 200) -> int:
    """Send what waits, oldest first. Returns how many a provider took. Safe with any number of workers."""
    left = list(Message.objects.left_behind(clock.now())[:limit])
    sent = sum(_by_itself(_resume, message, message.pk) for message in left)
    now = clock.now()
    ready = Message.objects.waiting().exclude(try_after__gt=now).values_list("pk", flat=True)[:limit]
    return sent + sum(_by_itself(_send_one, pk, pk) for pk in list(ready))


def _by_itself(do: Callable[[Any], bool], which: Any, pk: int) -> bool:
    """One message that cannot be sent holds up no other; after five times it is a fault people must see.

    The log says what kind of fault it was, never the words of it: they may name somebody.
    """
    try:
        return do(which)
    except AWAY:
        raise
    except Exception as fault:
        log.error("A message could not be sent: %s.", type(fault).__name__)
        _count_a_fault(pk)
        return False


@transaction.atomic
def _count_a_fault(pk: int) -> None:
    """It may have gone, so it is never just sent again: its claim lapses, and then the provider is asked."""
    held = (
        Message.objects.select_for_update(of=("self",))
        .select_related("participant__case", "written_by", "template")
        .filter(pk=pk, status=Message.Status.SENDING)
        .first()
    )
    if held is None:
        return
    held.attempts += 1
    if held.attempts >= ATTEMPTS:
        _end(
            held,
            Message.Status.UNKNOWN,
            _("A fault of this system stopped it five times. Ring to make sure."),
        )
    else:
        _save(held, None)


def _claim(pk: int, status: str, claimed_at: datetime | None = None) -> Message | None:
    """The message, ours for a minute; None when another worker has it or it moved on."""
    with transaction.atomic():
        found = (
            Message.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("participant__case", "participant__person", "template")
            .filter(pk=pk, status=status)
            .first()
        )
        if found is None or (claimed_at is not None and found.claimed_at != claimed_at):
            return None
        found.status, found.claimed_at = Message.Status.SENDING, clock.now()
        return _save(found, None)


def _send_one(pk: int) -> bool:
    message = _claim(pk, Message.Status.QUEUED)
    return message is not None and _hand_over(message)


def _resume(left: Message) -> bool:
    """Go on with one whose worker died: it may have gone, so the provider is asked before it goes again."""
    message = _claim(left.pk, Message.Status.SENDING, left.claimed_at)
    if message is None:
        return False
    try:
        went = provider_for(message.channel).find(message)
    except Unsure:
        _settle(message, Message.Status.UNKNOWN, _("The sending service cannot say. Ring to make sure."))
        return False
    except Away as fault:
        _wait(message, fault, uses_attempt=False, status=Message.Status.SENDING)
        return False
    return _took(message, provider_for(message.channel), went) if went else _hand_over(message)


def _hand_over(message: Message) -> bool:
    """Ask whether it is still safe, then give it to the provider."""
    try:
        _check_holds(message)
    except Refused as unsafe:
        _settle(message, Message.Status.BLOCKED, str(unsafe.sentence))
        return False
    provider = provider_for(message.channel)
    try:
        went = provider.send(message)
    except WillNot as fault:
        _settle(message, Message.Status.PERMANENT, str(fault))
        return False
    except Away as fault:
        _wait(message, fault, uses_attempt=True, status=Message.Status.QUEUED)
        return False
    return _took(message, provider, went)


def _check_holds(message: Message) -> None:
    """Raises Blocked when it is not safe now, Refused when the destination, the answers or the author have changed."""
    part = Participant.objects.select_related("case", "person").get(pk=message.participant_id)
    seen = Participant.objects.visible_to(message.written_by)
    if not message.written_by.is_active or not seen.filter(pk=part.pk).exists():
        raise Refused(_("Whoever wrote this may no longer see the case. Somebody who may writes it again."))
    clearance = clear(part, SAFE_CHANNEL[message.channel], Purpose.UPDATE)
    if (clearance.destination, clearance.safe_contact_version) != (
        message.destination,
        message.safe_contact_version,
    ):
        raise Refused(_("The number, address or safe-contact answers changed since this was written."))
    told = message.tells.all()
    held = Event.objects.about(part).filter(replaced_by=None, pk__in=told.values("pk"))
    if held.count() != told.count():
        raise Refused(_("Something this message tells was corrected since. Write it again."))


@transaction.atomic
def _took(message: Message, provider: Provider, went: Went) -> bool:
    """The provider has it: keep that, once, and write down that somebody was told something."""
    held = _held(message)
    if held is None:
        return False
    held.provider, held.provider_reference = provider.name, went.reference[:80]
    held.status, held.sent_at, held.claimed_at = Message.Status.SENT, clock.now(), None
    _save(held, None)
    record_access(
        by=held.written_by,
        op=AccessEntry.Op.DISCLOSE,
        case=held.participant.case.reference,
        subject=held.participant.reference,
        field_group=f"{held.channel} message",
        justification=held.template.key,
    )
    _fated(held, went.fate)
    return True


def _held(message: Message) -> Message | None:
    """The message as long as our claim on it holds."""
    return (
        Message.objects.select_for_update(of=("self",))
        .select_related("participant__case", "participant__person", "template", "written_by")
        .filter(pk=message.pk, status=Message.Status.SENDING, claimed_at=message.claimed_at)
        .first()
    )


@transaction.atomic
def _wait(message: Message, fault: Away, *, uses_attempt: bool, status: str) -> None:
    """Back in the queue until later. After five refusals by the service it is a fault people must see."""
    held = _held(message)
    if held is None:
        return
    log.warning("Message %s waits: %s.", held.reference, fault)
    held.attempts += uses_attempt
    if held.attempts >= ATTEMPTS:
        _end(held, Message.Status.TECHNICAL, _("The sending service could not be reached five times."))
        return
    held.status = status
    if status == Message.Status.QUEUED:
        held.claimed_at = None
        held.try_after = clock.now() + BACK_OFF[min(held.attempts, len(BACK_OFF)) - 1]
    _save(held, None)


@transaction.atomic
def _settle(message: Message, status: str, reason: str) -> None:
    held = _held(message)
    if held is not None:
        _end(held, status, reason)


def _end(held: Message, status: str, reason: str) -> None:
    held.status, held.reason, held.settled_at, held.claimed_at = status, reason[:300], clock.now(), None
    _save(held, None)
    _tell_the_author(held)


# --- Watching what became of it ------------------------------------------------------------------


def look_after(limit: int = 100) -> int:
    """Ask the provider about messages on their way. Returns how many settled."""
    now, settled = clock.now(), 0
    due = Message.objects.on_their_way(now).exclude(looked_at__gt=now - ASKED_AGAIN_AFTER)
    for message in list(due[:limit]):
        Message.objects.filter(pk=message.pk).update(looked_at=now)
        try:
            fate = provider_for(message.channel).fate(message)
        except Away as fault:
            log.warning("What became of message %s is not known yet: %s.", message.reference, fault)
            continue
        with transaction.atomic():
            held = (
                Message.objects.select_for_update(of=("self",))
                .select_related("participant__case", "written_by", "template")
                .filter(pk=message.pk, status=Message.Status.SENT)
                .first()
            )
            settled += held is not None and _fated(held, fate)
    return settled


def _fated(message: Message, fate: Fate) -> bool:
    """Keep what became of a message that was sent. True when that is its end."""
    if fate is Fate.ON_ITS_WAY:
        return False
    message.status, message.settled_at = Message.Status(fate.value), clock.now()
    _save(message, None)
    if message.has_failed:
        _tell_the_author(message)
    return True


def _tell_the_author(message: Message) -> None:
    participant = message.participant
    notify(
        recipients=User.objects.filter(pk=message.written_by_id),
        kind="message_failed",
        subject=message.reference,
        level=Notification.Level.NEWS,
        url=reverse(
            "messaging:message", args=[participant.case.reference, participant.reference, message.reference]
        ),
    )
