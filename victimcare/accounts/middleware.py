"""Sessions end when nobody is there, when the person has left, and after twelve hours whatever happens.

Each request counts by the calendar as it stands when it begins.
"""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from victimcare import calendars
from victimcare.accounts import actions

ONCE_A_MINUTE = 60
ASKS_NOTHING = ("/livez", "/readyz")  # answered even where the sessions cannot be read


class SignedIn:
    """Signs out an idle session, keeps private pages out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in ASKS_NOTHING:
            return self.get_response(request)
        calendars.keep_up()
        user: Any = request.user
        if user.is_authenticated:
            now = int(time.time())
            seen = request.session.get("seen", now)
            since = request.session.get("since", now)
            if now - seen > settings.SESSION_IDLE_SECONDS or now - since > settings.SESSION_COOKIE_AGE:
                logout(request)
            elif "seen" not in request.session or now - seen > ONCE_A_MINUTE:
                request.session["seen"] = now
                request.session.setdefault("since", now)
        response = self.get_response(request)
        self.keep_language(request, response)
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def keep_language(self, request: HttpRequest, response: HttpResponse) -> None:
        """The language chosen in the header is the one they sign in to next time."""
        chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
        user: Any = request.user
        if chosen and request.path == reverse("set_language") and user.is_authenticated:
            actions.set_preferences(by=user, language=chosen.value, is_compact=user.is_compact)
