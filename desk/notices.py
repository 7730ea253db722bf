"""What the application tells somebody: notifications in words, and the page that lists them."""

import re
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from victimcare.accounts.access import anyone_signed_in
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import read, read_all
from victimcare.govuk.dates import clock_time, day, moment
from victimcare.http import Request

AT_MOST = 100

# Each kind in words. The subject is a reference: no notification carries a name.
KINDS: dict[str, Promise] = {
    "update_due": lazy("An agreed update is due"),
    "contact_not_cleared": lazy("A contact was made although it was not clear to be safe"),
    "officer_left": lazy("An officer left: their open cases need somebody"),
    "letter_ready": lazy("A letter is ready to send"),
    "letter_parked": lazy("A letter could not be printed"),
    "danger": lazy("Somebody may be in danger now"),
}


def in_words(notice: Notification) -> dict[str, Any]:
    said = str(KINDS.get(notice.kind, lazy("Something to look at")))
    due = _("Due %(day)s.") % {"day": day(notice.due_on)} if notice.due_on else ""
    level = f"{notice.get_level_display()}." if notice.level != Notification.Level.NEWS else ""
    row = {
        "text": said,  # for a side list
        "what": said,  # for a row of work
        "who": said,
        "url": notice.url,
        "when": day(notice.created_at),
        "when_note": clock_time(notice.created_at),
        "why": f"{level} {due}".strip(),
        "note": " ".join(part for part in (level, due) if part) or moment(notice.created_at),
        "is_read": notice.read_at is not None,
    }
    return row if row["is_read"] else row | {"select_name": "which", "select_value": notice.pk}


def unread(user: User) -> list[dict[str, Any]]:
    rows = Notification.objects.filter(recipient=user, read_at=None).order_by("-created_at")[:AT_MOST]
    return [in_words(notice) for notice in rows]


@anyone_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: Request) -> HttpResponse:
    """Everything this person was told, newest first; one or all marked as read."""
    if request.method == "POST":
        which = request.POST.getlist("which")[:AT_MOST]
        if which == ["all"]:
            read_all(by=request.user)
        else:
            read(by=request.user, pks=[int(pk) for pk in which if re.fullmatch(r"[0-9]{1,17}", pk)])
        return redirect("desk:notifications")
    rows = Notification.objects.filter(recipient=request.user).order_by("-created_at")[:AT_MOST]
    notices = [in_words(notice) for notice in rows]
    new = [notice for notice in notices if not notice["is_read"]]
    return render(
        request, "desk/notifications.html", {"new": new, "old": [n for n in notices if n["is_read"]]}
    )
