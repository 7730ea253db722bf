"""Somebody is ringing: find who it may be, without a name in the address, and no more shown than is needed."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import CallNote
from desk.covering import covered_by
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed
from victimcare.cases.finding import clean, find, is_too_short
from victimcare.cases.models import Participant
from victimcare.govuk.dates import moment
from victimcare.http import Request

NOTES_SHOWN = 25
FOUND_SHOWN = 25


@allow(Permission.TAKE_CALL)
def calls(request: Request) -> HttpResponse:
    """Find somebody by phone, name or reference. What was typed is posted and is in no address."""
    typed = clean(request.POST.get("who", ""))
    too_short = is_too_short(typed)
    found = find(typed, request.user).everybody
    people = found[:FOUND_SHOWN]
    listed(request, people, field_group="call")
    n = len(people)
    context = {
        "typed": typed,
        "has_searched": request.method == "POST",
        "too_short": too_short,
        "is_full": len(found) > FOUND_SHOWN,
        "found": ngettext("%(n)d person it may be", "%(n)d people it may be", n) % {"n": n},
        "columns": [_("Who"), _("Case"), _("Officer"), _("Next")],
        "rows": _in_rows(people, request.user),
        "notes": _notes(request.user),
    }
    return render(request, "desk/calls.html", context)


def _in_rows(people: list[Participant], user: User) -> list[list[Any]]:
    """Mine in full; a colleague's by the initials and the town, until the caller is known."""
    mine = {user.pk, *covered_by(user)}
    return [
        _in_a_row(part, is_mine=part.officer_id in mine or part.case.witness_care_officer_id == user.pk)
        for part in people
    ]


def _in_a_row(part: Participant, *, is_mine: bool) -> list[Any]:
    references = (part.case.reference, part.reference)
    officer = part.officer.display_name if part.officer else _("Nobody")
    return [
        {"text": part.person.name, "note": part.case.offence_title}
        if is_mine
        else {"text": initials(part), "note": part.person.town},
        {"text": part.case.reference, "note": _("Closed") if part.closed_at else ""},
        {"text": officer, "note": "" if is_mine else _("Not yours: shown by initials")},
        {"text": _("Check who it is"), "url": reverse("contacts:caller", args=references)},
    ]


def initials(part: Participant) -> str:
    """S. E."""
    names = f"{part.person.given_names} {part.person.surname}".split()
    firsts = (next((sign for sign in name if sign.isalpha()), "") for name in names)
    return " ".join(f"{first}." for first in firsts if first) or "–"


def _notes(user: User) -> list[dict[str, str]]:
    """Calls of people nobody could find, not settled yet. One query."""
    rows = CallNote.objects.visible_to(user).open().select_related("by")[:NOTES_SHOWN]
    return [
        {
            "reference": row.reference,
            "words": row.words,
            "caller": ", ".join(part for part in (row.caller, row.number) if part),
            "when": moment(row.at),
            "by": row.by.display_name,
        }
        for row in rows
    ]
