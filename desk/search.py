"""The search page: finds somebody by name, number, postcode, date of birth or reference.

What was typed is about somebody, so it is never in an address: the form posts it, the answer is the list, and the
session keeps it under a key of no meaning, so that going back to the list, or reloading it, finds the same again.
Our own references and the force's numbers say nothing about anybody and may stand in an address.
"""

import re
import secrets
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext

from desk.cases import columns, in_rows
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed
from victimcare.cases.finding import clean, find, is_too_short
from victimcare.cases.same_person import also_linked
from victimcare.http import Request

KEPT = "searches"
KEPT_AT_MOST = 10  # searches a session remembers, the newest

# A reference of ours, or a number too long for a date and not shaped like a telephone's.
MAY_STAND_IN_AN_ADDRESS = re.compile(
    r"(VC|PE|P|R)-[0-9A-Z]{1,20}|(?!0|44|7\d{9}$)[A-Z]{0,4}\d{9,14}", re.IGNORECASE | re.ASCII
)


@allow(Permission.SEARCH)
def search(request: Request) -> HttpResponse:
    """At most fifty people, and only those this person may see."""
    typed, is_lost = _typed(request)
    if request.method == "GET" and is_lost and "q" in request.GET:
        return redirect(f"{reverse('desk:search')}?again=0")  # out of the address bar, at least
    too_short = is_too_short(typed)
    found = find(typed, request.user)
    linked = [part for part in found.everybody if part.is_linked]  # type: ignore[attr-defined]
    found.people += also_linked(linked, request.user)
    listed(request, found.everybody, field_group="search")
    rows = in_rows(found.everybody, request.user)
    n, similar = len(found.people), len(found.alike)
    heading = ngettext("%(n)d person found", "%(n)d people found", n) % {"n": n}
    context = {
        "typed": typed,
        "too_short": too_short,
        "is_lost": is_lost,
        "is_full": found.is_full,
        "found": heading,
        "heading": _and_similar(heading, similar),
        "rows": rows[:n],
        "alike": rows[n:],
        "columns": columns(),
        "here_url": _address(request, typed) if request.method == "POST" and not too_short else "",
    }
    return render(request, "desk/search.html", context)


def _and_similar(heading: str, n: int) -> str:
    """4 people found, and 46 with similar names."""
    if not n:
        return heading
    words = ngettext("%(found)s, and %(n)d with a similar name", "%(found)s, and %(n)d with similar names", n)
    return words % {"found": heading, "n": n}


def _typed(request: Request) -> tuple[str, bool]:
    """What to look for; and whether it is lost, because the session that kept it is over."""
    if request.method == "POST":
        return clean(request.POST.get("q", "")), False
    if "again" in request.GET:
        kept = request.session.get(KEPT, {}).get(request.GET["again"])
        return kept or "", kept is None
    asked = clean(request.GET.get("q", ""))
    if MAY_STAND_IN_AN_ADDRESS.fullmatch(asked):
        return asked, False
    return "", bool(asked)


def _address(request: Request, typed: str) -> str:
    """Where this list can be found again."""
    if MAY_STAND_IN_AN_ADDRESS.fullmatch(typed):
        return f"{reverse('desk:search')}?{urlencode({'q': typed})}"
    kept = request.session.get(KEPT, {})
    key = next((key for key, words in kept.items() if words == typed), None)
    if key is None:
        key = secrets.token_urlsafe(8)
        newest = list(kept.items())[1 - KEPT_AT_MOST :]
        request.session[KEPT] = {**dict(newest), key: typed}
    return f"{reverse('desk:search')}?{urlencode({'again': key})}"
