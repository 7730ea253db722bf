"""Requests as our views see them, and the plain sentence in place of a stack trace."""

import logging
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails
from psycopg_pool import PoolTimeout

from victimcare import clock
from victimcare.faults import Refused
from victimcare.govuk.typed import typed

if TYPE_CHECKING:
    from victimcare.accounts.models import User
    from victimcare.cases.models import Participant
    from victimcare.cases.safe_contact import Channel, Verdict
    from victimcare.drafts.models import Draft

log = logging.getLogger("victimcare")

AWAY = (OperationalError, InterfaceError, PoolTimeout)  # what a database that cannot be reached raises


class Request(HttpRequest):
    """A request by someone signed in."""

    user: "User"  # type: ignore[assignment]
    htmx: HtmxDetails
    participant: "Participant"  # set by the door
    verdicts: "dict[Channel, Verdict]"  # set when first asked for: see victimcare.cases.context
    draft: "Draft"  # set where the address names one: see victimcare.accounts.access
    typed_before: QueryDict


def moment_from(address: str) -> datetime | None:
    """The moment that an address carries, as our links write it; None for anything that is not one.

    A link is made from a row, so its year is one of ours: beyond it no database keeps what a shift of zone gives.
    """
    try:
        found = parse_datetime(address.replace(" ", "+"))
    except ValueError:
        return None
    if found is None or timezone.is_naive(found) or not 1900 <= found.year <= 2100:
        return None
    return found


def service(request: HttpRequest) -> dict[str, Any]:
    """What every page may say of the service itself."""
    is_welsh = get_language() == "cy"
    return {
        "service_name": settings.SERVICE_NAME_CY if is_welsh else settings.SERVICE_NAME,
        "is_demo": settings.DEMO,
        "today": clock.today(),
        "language_url": reverse("set_language"),
        "other_language": "en-gb" if is_welsh else "cy",
    }


class PlainSentences:
    """Turns a refusal into its sentence and a server that is down into a 503 that says what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # PostgreSQL keeps no such character, so no address of ours has one.
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            context = {
                "sentence": exception.sentence,
                "posted": typed(request.POST),
                "theirs": getattr(exception, "theirs", {}),
                "current_url": request.get_full_path(),
            }
            return render(request, f"errors/{exception.status}.html", context, status=exception.status)
        if isinstance(exception, TooManyFieldsSent):
            return render(request, "errors/400.html", {}, status=400)
        if isinstance(exception, DataError):  # a number or a character that no column can hold
            log.warning("unreadable: %s at %s", type(exception).__name__, request.path)
            return bad_request(request)
        if isinstance(exception, AWAY):
            return unavailable(request, exception)
        return None


def unavailable(request: HttpRequest, fault: Exception) -> HttpResponse:
    """503: the database is away. Nothing was saved; what was typed is shown back. Asks the database nothing."""
    log.error("unavailable: %s at %s", type(fault).__name__, request.path)
    sentence = _("The service cannot reach its database. Nothing was saved. Wait a minute and try again.")
    if request.headers.get("Accept", "").startswith("application/json"):
        response: HttpResponse = JsonResponse({"error": sentence}, status=503)
    else:
        context = {
            "sentence": sentence,
            "posted": typed(request.POST, asks_database=False),
            "current_url": request.get_full_path(),
        }
        response = HttpResponse(render_to_string("errors/503.html", context), status=503)
    response["Retry-After"] = "60"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was opened too long ago, or in another window before signing in. What was typed is shown back."""
    context = {
        "sentence": _(
            "This page was open too long to be saved safely. Open it again; what you typed is below."
        ),
        "posted": typed(request.POST),
        "current_url": request.get_full_path(),
    }
    return render(request, "errors/403.html", context, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same body whether there is nothing or nothing this person may see."""
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks nothing of the database, the session or the template tags that might have failed.

    A fault inside another middleware (the session's query) never reaches ours: Django brings it here.
    """
    fault = sys.exc_info()[1]
    if isinstance(fault, AWAY):
        return unavailable(request, fault)
    if fault is not None:
        log.error("failed: %s at %s, raised in %s", type(fault).__name__, request.path, _place_of(fault))
    return HttpResponse(render_to_string("errors/500.html"), status=500)


def _place_of(fault: BaseException) -> str:
    """Where it was raised: file, line and function. Never its words, which may hold what somebody typed."""
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(settings.BASE_DIR)]
    named = [frame for frame in ours if not {".venv", "node_modules"} & set(Path(frame.filename).parts)]
    if not (named or frames):
        return "nowhere"
    last = (named or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno} {last.name}"
