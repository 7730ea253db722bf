"""Who carries texts and emails. One is chosen by settings; none is known to anybody but the sender.

A provider is given a message's own reference and never sends the same one twice knowingly: before a message
is sent again, `find` asks whether it went the first time. "Cannot tell" is an answer, and is shown to people.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _


class Fate(StrEnum):
    """What a provider says became of a message."""

    ON_ITS_WAY = "sent"
    DELIVERED = "delivered"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    TECHNICAL = "technical"


class Away(Exception):
    """The provider cannot be reached or is too busy. No fault of the message: it waits."""


class WillNot(Exception):
    """The provider refuses this message for good; the words say why."""


class Unsure(Exception):
    """This provider cannot say whether it ever got a message."""


@dataclass(frozen=True)
class Went:
    """A message that a provider has taken: its reference there, and what it knows already."""

    reference: str
    fate: Fate


class Outgoing(Protocol):
    """What a provider needs to know of a text or an email, to a victim or to staff."""

    @property
    def channel(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def provider_reference(self) -> str: ...
    @property
    def destination(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...


class Provider(Protocol):
    name: str

    def send(self, message: Outgoing) -> Went:
        """Hand a message over. Raises Away or WillNot."""

    def find(self, message: Outgoing) -> Went | None:
        """What became of one we may have handed over. None: it never arrived. Raises Away, Unsure."""

    def fate(self, message: Outgoing) -> Fate:
        """What became of one that was handed over. Raises Away."""


# Numbers and addresses that let people practise what to do when a message does not arrive.
PRACTICE = {"0001": Fate.PERMANENT, "0002": Fate.TEMPORARY, "0003": Fate.TECHNICAL}


class Local:
    """Keeps every message where staff can see it, and sends nothing anywhere. The default.

    To practise: a number or mailbox ending in 0001 is wrong, 0002 is full, 0003 meets a fault.
    """

    name = "local"

    def send(self, message: Outgoing) -> Went:
        ending = message.destination.partition("@")[0][-4:]
        return Went(f"local-{message.reference}", PRACTICE.get(ending, Fate.DELIVERED))

    def find(self, message: Outgoing) -> Went | None:
        return None  # it went nowhere, so sending again is sending once

    def fate(self, message: Outgoing) -> Fate:
        return Fate.DELIVERED


class Smtp:
    """Email by the force's own mail server. It says no more than that it took a message."""

    name = "smtp"

    def send(self, message: Outgoing) -> Went:
        mail = EmailMessage(
            subject=message.subject,
            body=message.body,
            from_email=settings.MESSAGES_FROM,
            to=[message.destination],
            headers={"Message-ID": f"<{message.reference}@{settings.MESSAGES_DOMAIN}>"},
        )
        try:
            mail.send()
        except ValueError:  # an address that no mail can carry; its words may name somebody
            raise WillNot(_("The mail server refused the address.")) from None
        except OSError as fault:  # every fault of smtplib is one
            if getattr(fault, "smtp_code", 0) // 100 == 5 or getattr(fault, "recipients", None):
                raise WillNot(_("The mail server refused the address.")) from None
            raise Away(type(fault).__name__) from None
        return Went(message.reference, Fate.ON_ITS_WAY)

    def find(self, message: Outgoing) -> Went | None:
        raise Unsure

    def fate(self, message: Outgoing) -> Fate:
        return Fate.ON_ITS_WAY


PROVIDERS = {
    "local": "victimcare.messaging.providers.Local",
    "smtp": "victimcare.messaging.providers.Smtp",
    "notify": "victimcare.messaging.govuk_notify.Notify",
}


def provider_for(channel: str) -> Provider:
    """The provider that settings name for this channel."""
    made: Provider = import_string(
        PROVIDERS[settings.TEXTS_BY if channel == "text" else settings.EMAILS_BY]
    )()
    return made
