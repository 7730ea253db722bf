"""What every page may ask about the person signed in."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from victimcare import clock
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import PermsTo
from victimcare.drafts.actions import signed_author


def signed_in(request: HttpRequest) -> dict[str, Any]:
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"perms_to": PermsTo(frozenset()), "unread_notifications": 0}
    unread = SimpleLazyObject(lambda: Notification.objects.unread_by(user, clock.today()).count())
    return {
        "perms_to": PermsTo(user.permissions),
        "unread_notifications": unread,
        "typed_by": signed_author(user.pk),
    }
