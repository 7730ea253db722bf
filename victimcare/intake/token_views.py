"""The administrator's page of tokens: who may send extracts by the API, until when, and the end of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.http import Request
from victimcare.intake import admitting
from victimcare.intake.forms import TokenForm
from victimcare.intake.models import FeedToken

SHOWN = 50


@allow(Permission.VIEW_TOKENS)
@require_GET
def tokens(request: Request) -> HttpResponse:
    """Every token, newest first; and, for whoever keeps them, a form for a new one."""
    return _page(request, TokenForm())


@allow(Permission.MANAGE_TOKENS)
@require_POST
def make(request: Request) -> HttpResponse:
    """A new token, whose secret is shown this once. The same form sent twice shows the same one again."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    made, secret = admitting.make_token(
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        days=form.cleaned_data["days"],
        by=request.user,
        form_key=str(form.cleaned_data["form_key"]),
    )
    messages.success(request, _("A token for %s was made. Copy it now: it is not shown again.") % made.name)
    return _page(request, TokenForm(), secret=secret)


def _page(request: Request, form: TokenForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    rows = FeedToken.objects.select_related("made_by", "revoked_by")[:SHOWN]
    context = {"form": form, "secret": secret, "tokens": rows, "now": clock.now()}
    return render(request, "intake/tokens.html", context, status=status)


@allow(Permission.MANAGE_TOKENS)
@require_POST
def revoke(request: Request, token: str) -> HttpResponse:
    """Nobody comes in with this token from now on."""
    revoked = admitting.revoke_token(token=get_object_or_404(FeedToken, reference=token), by=request.user)
    messages.success(request, _("The token for %s is revoked.") % revoked.name)
    return redirect("intake:tokens")
