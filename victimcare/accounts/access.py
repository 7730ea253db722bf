"""What a view asks before anything else: is somebody signed in, and may their role do this?

Every view of ours declares one of these three; a route that declares none fails `tests/test_doors.py`.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from victimcare.accounts.models import SentForm, User
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.drafts import actions as drafts
from victimcare.drafts.models import Draft
from victimcare.faults import NotAllowed, Refused
from victimcare.http import Request
from victimcare.http import expired as too_old

Args = ParamSpec("Args")
View = Callable[Concatenate[Request, Args], HttpResponse]


def anyone(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open without signing in. Says so, where a test can read it."""
    view.policy = "anyone"  # type: ignore[attr-defined]
    return view


def anyone_signed_in(view: View[Args]) -> View[Args]:
    """Only people who are signed in, whatever their role: their own preferences, their own password."""

    @wraps(view)
    def guarded(request: Request, *args: Args.args, **kwargs: Args.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return _answer(request, lambda: view(request, *args, **kwargs))

    guarded.policy = "anyone signed in"  # type: ignore[attr-defined]
    return cast(View[Args], guarded)


def allow(permission: Permission) -> Callable[[View[Args]], View[Args]]:
    """Only people whose role holds this permission. Not signed in: the sign-in page. Wrong role: 403, logged.

    A POST whose form carries a `form_key` takes effect once: see `_once`. One that comes when the session is
    over, or asks for it ("Save draft"), is kept as a draft, which the page puts back into its form.
    """

    def declare(view: View[Args]) -> View[Args]:
        @wraps(view)
        def guarded(request: Request, *args: Args.args, **kwargs: Args.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(_address_to_go_on(request))
            if request.user.is_password_temporary:
                return redirect("accounts:password")
            if not request.user.may(permission):
                record_access(by=request.user, op=AccessEntry.Op.CONSULT, outcome=AccessEntry.Outcome.DENIED,
                              path=request.path, field_group=permission)  # fmt: skip
                raise NotAllowed(_("Your role does not open this page. Ask a supervisor if you need it."))
            if request.method == "POST" and request.POST.get("save_draft"):
                return _save_draft(request)
            _put_back(request)
            return _answer(request, lambda: view(request, *args, **kwargs))

        guarded.policy = permission  # type: ignore[attr-defined]
        return cast(View[Args], guarded)

    return declare


def _address_to_go_on(request: HttpRequest) -> str:
    """Where somebody goes who signs in again: the page they asked for, with what they had typed into it."""
    draft = _keep_typing(request)
    return drafts.address_with(draft) if draft else request.get_full_path()


def _keep_typing(request: HttpRequest) -> Draft | None:
    """What was posted without a session, kept for whom the form was shown to; None where nobody can say whom."""
    author = drafts.author_of(request.POST.get("typed_by", "")) if request.method == "POST" else None
    if author is None or not User.objects.active().filter(pk=author).exists():
        return None
    try:
        return drafts.keep(request=request, author=author)
    except Refused:
        return None


def _save_draft(request: Request) -> HttpResponse:
    """Kept, and back to the form; a page that saves by itself gets the reference and stays."""
    draft = drafts.keep(request=request, author=request.user.pk)
    if request.POST["save_draft"] == "auto":
        return HttpResponse(draft.reference, content_type="text/plain")
    messages.success(request, _("Draft saved. Only you can see it."))
    return redirect(drafts.address_with(draft))


def _put_back(request: Request) -> None:
    """The draft that the address names, where it is one's own and of this form."""
    reference = request.GET.get("draft", "")[:20] if request.method == "GET" else ""
    if reference:
        found = Draft.objects.filter(
            user=request.user, reference=reference, url=drafts.address_of(request)
        ).first()
        if found is not None:
            request.draft = found
            request.typed_before = drafts.answers_of(found)


def expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was drawn before signing in anew, or long ago: what was typed is kept and put back."""
    draft = _keep_typing(request)
    user: Any = request.user
    if draft is not None and user.is_authenticated and draft.user_id == user.pk:
        return redirect(drafts.address_with(draft))
    return too_old(request, reason)


def _answer(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """What the view says; a posted form with a key is answered once."""
    if request.method == "POST" and request.POST.get("form_key"):
        return _once(request, view)
    return view()


def _once(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """Run a posted form once. The same form again gets the same answer; others under its key get a 422.

    The claim and the effect commit together, so a crash between them leaves neither. A refusal undoes what
    its own action did, and no more: who looked stays written down, for its page may show what others wrote.
    """
    try:
        key = UUID(request.POST["form_key"])
    except ValueError:
        raise Refused(_("This page was not filled in by our form. Open it again and retry.")) from None
    user: Any = request.user
    body_hash = _hash_of(request)
    refused: Refused | None = None
    with transaction.atomic():
        if not _claim(key, user.pk, body_hash):
            sent = SentForm.objects.get(key=key)
            if sent.user_id not in (None, user.pk) or sent.body_hash != body_hash:
                raise Refused(
                    _("This form was saved already with other answers. Open the page again to see them.")
                )
            return redirect(sent.location)
        try:
            response = view()
        except Refused as raised:
            refused = raised
        if refused is None and response.status_code in (302, 303):
            _lead_to(key, response["Location"])
            if user.is_authenticated and (request.GET.get("draft") or request.POST.get("draft")):
                drafts.forget(author=user.pk, url=drafts.address_of(request))
        else:  # the form came back with something to mend: its key stays free
            SentForm.objects.filter(key=key).delete()
    if refused is not None:
        raise refused
    return response


def _claim(key: UUID, user: int | None, body_hash: str) -> bool:
    """Take this key for this form, or False where it was taken. Whoever posts it at once waits here. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_sentform (key, user_id, body_hash, location, sent_at)"
            " VALUES (%s, %s, %s, '', %s) ON CONFLICT DO NOTHING",
            [key, user, body_hash, timezone.now()],
        )
        return bool(cursor.rowcount)


def _lead_to(key: UUID, location: str) -> None:
    """Whoever posts the same form again is led there; where the address is too long to keep, to its page. One query."""
    kept = location if len(location) <= LONGEST_KEPT else location.partition("?")[0]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_sentform SET location = %s WHERE key = %s", [kept, key])


LONGEST_KEPT = SentForm._meta.get_field("location").max_length or 0


def _hash_of(request: HttpRequest) -> str:
    """What was answered, the files with it: another file under the same key is another answer."""
    answers = [
        (name, tuple(values)) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"
    ]
    hashed = hashlib.sha256(repr(sorted(answers)).encode("utf-8", "backslashreplace"))
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            hashed.update(repr((name, file.name)).encode("utf-8", "backslashreplace"))
            for chunk in file.chunks():
                hashed.update(chunk)
            file.seek(0)
    return hashed.hexdigest()
