"""GOV.UK Notify as the carrier of texts and emails. Imported only where settings ask for it."""

import logging
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from victimcare.messaging.models import Channel
from victimcare.messaging.providers import Away, Fate, Outgoing, Went, WillNot

log = logging.getLogger(__name__)

NOTIFY_SAYS = {
    "delivered": Fate.DELIVERED,
    "temporary-failure": Fate.TEMPORARY,
    "permanent-failure": Fate.PERMANENT,
    "technical-failure": Fate.TECHNICAL,
    "validation-failed": Fate.PERMANENT,
}


class Notify:
    """GOV.UK Notify, through its own client. Its templates hold one placeholder each: ((body)), ((subject))."""

    name = "notify"

    def __init__(self) -> None:
        self.client: Any = NotificationsAPIClient(
            settings.NOTIFY_API_KEY, base_url=settings.NOTIFY_ADDRESS, timeout=10
        )

    def send(self, message: Outgoing) -> Went:
        try:
            if message.channel == Channel.TEXT:
                answer = self.client.send_sms_notification(
                    phone_number=message.destination,
                    template_id=settings.NOTIFY_TEXT_TEMPLATE,
                    personalisation={"body": message.body},
                    reference=message.reference,
                )
            else:
                answer = self.client.send_email_notification(
                    email_address=message.destination,
                    template_id=settings.NOTIFY_EMAIL_TEMPLATE,
                    personalisation={"subject": message.subject, "body": message.body},
                    reference=message.reference,
                )
        except HTTPError as fault:
            raise _meant(fault) from None
        return Went(answer["id"], Fate.ON_ITS_WAY)

    def find(self, message: Outgoing) -> Went | None:
        try:
            answer = self.client.get_all_notifications(reference=message.reference)
        except HTTPError as fault:
            raise _meant(fault) from None
        found = answer.get("notifications") or []
        return Went(found[0]["id"], _notify_fate(found[0])) if found else None

    def fate(self, message: Outgoing) -> Fate:
        try:
            return _notify_fate(self.client.get_notification_by_id(message.provider_reference))
        except HTTPError as fault:
            raise _meant(fault) from None


def _notify_fate(notification: dict[str, Any]) -> Fate:
    return NOTIFY_SAYS.get(str(notification.get("status")), Fate.ON_ITS_WAY)


def _meant(fault: HTTPError) -> Exception:
    """A refusal for good is a fault of the message (400); all else is the service's, and is tried again."""
    if fault.status_code == 400:
        log.error("Notify refused a message: %s.", fault.status_code)
        return WillNot(_("The sending service refused the number or address."))
    return Away(str(fault.status_code))
