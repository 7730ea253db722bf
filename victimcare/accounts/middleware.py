"""Sessions end when nobody is there, when the person has left, and after twelve hours whatever happens."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

ONCE_A_MINUTE = 60


class SignedIn:
    """Signs out an idle session, keeps private pages out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if user.is_authenticated:
            now = int(time.time())
            seen = request.session.get("seen", now)
            if now - seen > settings.SESSION_IDLE_SECONDS or now - request.session.get("since", now) > 12 * 3600:
                logout(request)
            elif "seen" not in request.session or now - seen > ONCE_A_MINUTE:
                request.session["seen"] = now
                request.session.setdefault("since", now)
        response = self.get_response(request)
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
