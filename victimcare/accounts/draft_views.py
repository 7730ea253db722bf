"""One's own drafts: thrown away by hand. They are saved and put back by the door of each page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from victimcare.accounts.access import anyone_signed_in
from victimcare.drafts import actions as drafts
from victimcare.http import Request


@require_POST
@anyone_signed_in
def throw_away(request: Request, draft: str) -> HttpResponse:
    """Throw one's own draft away; somebody else's is as if it were not there."""
    if drafts.throw_away(draft=draft, author=request.user.pk):
        messages.success(request, _("Draft thrown away."))
    return redirect("desk:today")
