"""The API by which another system sends extracts and reads what became of them.

Every answer is JSON with a sentence in `error` where something is wrong. Bounded: a body of at most 8 MB, 60
requests a minute for a token, problems in pages of 100.
"""

import io
import logging
from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    NotFound,
    PermissionDenied,
    UnsupportedMediaType,
)
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from victimcare import clock
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.http import AWAY
from victimcare.intake import actions, admitting
from victimcare.intake.api_description import DESCRIPTION
from victimcare.intake.extract import Unreadable, open_extract
from victimcare.intake.models import FeedToken, ImportBatch, ImportRow
from victimcare.intake.tokens import ImportService, service_of

log = logging.getLogger("victimcare")
LARGEST = 8 * 1024 * 1024
PAGE = 100
COUNTS = ("received", *ImportRow.Outcome.values)


class TooLarge(APIException):
    status_code = 413


class CannotBeRead(APIException):
    status_code = 422


class AlreadyHere(APIException):
    status_code = 409

    def __init__(self, here: actions.AlreadyHere) -> None:
        super().__init__(str(here.sentence))
        self.said = {"reference": here.batch.reference}
        if here.batch.came_by == ImportBatch.Way.API:  # what came another way is not read here
            self.said["url"] = reverse("intake:api-extract", args=[here.batch.reference])


class ByToken(BaseAuthentication):
    """`Authorization: Bearer <token>`: a token that an administrator made, not run out and not revoked."""

    def authenticate(self, request: Request) -> tuple[ImportService, FeedToken]:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        found = service_of(secret.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise AuthenticationFailed(_("Send a token that is valid: Authorization: Bearer <token>."))
        found.used_in_minute = admitting.note_use(token=found.token)
        return found, found.token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _token(request: Request) -> FeedToken:
    """The token that came with the request: every address here asks for one."""
    return cast(FeedToken, request.auth)


class InScope(BasePermission):
    """The token may do what this method does."""

    def has_permission(self, request: Request, view: Any) -> bool:
        wanted = FeedToken.Scope.SEND if request.method == "POST" else FeedToken.Scope.READ
        if wanted not in _token(request).scopes:
            raise PermissionDenied(_("This token may not do that. Ask the administrator for another."))
        return True


class OfAToken(BaseThrottle):
    """Sixty requests in a minute by the clock for each token, counted in its row: one count for all processes."""

    def allow_request(self, request: Request, view: Any) -> bool:
        return cast(ImportService, request.user).used_in_minute <= admitting.MOST_IN_A_MINUTE

    def wait(self) -> float:
        return 60.0 - clock.now().second


class Whole(BaseParser):
    """The body as bytes, whatever it says it is; refused when it is larger than we read."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body: bytes = stream.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise TooLarge(_("The file is larger than 8 MB. Send it in parts, or use the drop folder."))
        return body


def _said(fault: APIException) -> str:
    return str(fault.detail if isinstance(fault.detail, str) else getattr(fault, "default_detail", ""))


class OurView(APIView):
    """What all addresses of the API share."""

    policy = "import service"
    authentication_classes = (ByToken,)
    permission_classes = (InScope,)
    throttle_classes = (OfAToken,)
    parser_classes = (Whole,)
    renderer_classes = (JSONRenderer,)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, AWAY):
            log.error("unavailable: %s at %s", type(exc).__name__, self.request.path)
            words = _("The service cannot reach its database. Nothing was saved. Send it again in a minute.")
            return Response({"error": words}, status=503, headers={"Retry-After": "60"})
        response = super().handle_exception(exc)
        if isinstance(exc, APIException):
            response.data = {"error": _said(exc), **getattr(exc, "said", {})}
        return response


class Extracts(OurView):
    """POST an extract: CSV or JSON. 202 with its reference; a worker reads it within seconds."""

    http_method_names = ("post",)

    def post(self, request: Request) -> Response:
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        if kind not in ("text/csv", "application/json"):
            raise UnsupportedMediaType(kind, _("Send the extract as text/csv or application/json."))
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > LARGEST:
            raise TooLarge(_("The file is larger than 8 MB. Send it in parts, or use the drop folder."))
        body = cast(bytes, request.data)
        try:
            opened = open_extract(io.BytesIO(body))
            if not opened.count():
                raise Unreadable(_("There are no rows in this file."))
        except Unreadable as fault:
            raise CannotBeRead(fault.sentence) from None
        try:
            with transaction.atomic():
                batch = actions.upload(
                    file_name=f"{opened.kind}.{'json' if opened.is_json else 'csv'}", content=body, by=None,
                    came_by=ImportBatch.Way.API, token=_token(request),
                )  # fmt: skip
                record_access(
                    by=cast(ImportService, request.user),
                    op=AccessEntry.Op.COLLECT,
                    field_group=f"extract {opened.kind} sent",
                    path=batch.reference,
                )
        except actions.AlreadyHere as here:
            raise AlreadyHere(here) from None
        address = reverse("intake:api-extract", args=[batch.reference])
        return Response(
            {"reference": batch.reference, "state": batch.state, "url": address},
            status=202,
            headers={"Location": address},
        )


class OneExtract(OurView):
    """GET what became of an extract that was sent here: its state, its counts, the rows that wait and why."""

    http_method_names = ("get",)

    def get(self, request: Request, reference: str) -> Response:
        batch = ImportBatch.objects.filter(reference=reference, came_by=ImportBatch.Way.API)
        found = batch.defer("content", "preview").first()
        if found is None:
            raise NotFound(_("There is no such extract."))
        after = request.query_params.get("after", "0")
        row = int(after) if after.isdecimal() and len(after) < 10 else 0
        waiting = found.rows.filter(outcome=ImportRow.Outcome.QUARANTINED, number__gt=row).order_by("number")
        problems = list(waiting[: PAGE + 1])
        record_access(
            by=cast(ImportService, request.user),
            op=AccessEntry.Op.CONSULT,
            field_group="extract",
            path=request.path,
        )
        address = reverse("intake:api-extract", args=[found.reference])
        return Response(
            {
                "reference": found.reference,
                "state": found.state,
                "kind": found.kind,
                "encoding": found.encoding,
                "arrived_at": found.arrived_at,
                "finished_at": found.finished_at,
                "sentence": found.sentence,
                "unknown_columns": found.unknown_columns,
                "expected": found.expected,
                **{name: getattr(found, name) for name in COUNTS},
                "problems": [
                    {
                        "row": each.number,
                        "column": problem["column"],
                        "reason": problem["reason"],
                        "settled": each.settled_at is not None,
                    }
                    for each in problems[:PAGE]
                    for problem in each.all_wrong
                ],
                "kept": [
                    {"row": each.number, "columns": each.kept}
                    for each in found.rows.exclude(kept=[]).order_by("number")[:PAGE]
                ],
                "next": f"{address}?after={problems[PAGE - 1].number}" if len(problems) > PAGE else None,
            }
        )


class Description(APIView):
    """The OpenAPI description. Says nothing that is not in the documentation."""

    policy = "anyone"
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (JSONRenderer,)
    http_method_names = ("get",)

    def get(self, request: HttpRequest) -> Response:
        return Response(DESCRIPTION)
