"""Told something that is no longer so: who it is, what they believe, what is so. For officers and supervisors."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.told import Row
from contacts.truth import AT_MOST, Misled, misled
from desk.worklist import covered_by
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.access import listed
from victimcare.cases.models import Participant
from victimcare.govuk.dates import day
from victimcare.http import Request

PAGE = 25


@allow(Permission.VIEW_CONTACTS)
def told(request: Request) -> HttpResponse:
    """One's own people, or the team's: those who believe longest what is not so come first."""
    user = request.user
    if request.GET.get("flag"):  # the home page asks, once it is drawn: how many, and nobody by name
        return render(request, "desk/told_flag.html", {"misled": misled_in_words(user)})
    is_team = request.GET.get("whose", "team" if user.has_role(Role.SUPERVISOR) else "") == "team"
    found = misled_for(user, is_team=is_team)
    number = request.GET.get("page", "1")
    start = (min(int(number), 100) - 1) * PAGE if number.isascii() and number.isdigit() and int(number) else 0
    shown = found[start : start + PAGE]
    listed(request, [each.participant for each in shown], field_group="told")
    here, n = reverse("desk:told"), len(found)
    whose = "team" if is_team else "mine"
    page = start // PAGE + 1
    context = {
        "is_team": is_team,
        "groups": [in_words(each, user) for each in shown],
        "heading": _how_many(n),
        "is_full": n >= AT_MOST,
        "newer_url": f"{here}?whose={whose}&page={page - 1}" if page > 1 else "",
        "older_url": f"{here}?whose={whose}&page={page + 1}" if start + PAGE < n else "",
    }
    return render(request, "desk/told.html", context)


def misled_for(user: User, *, is_team: bool = False) -> list[Misled]:
    """Among one's own people and those one covers for; or among all whom one may see. Four queries."""
    people = Participant.objects.visible_to(user).filter(closed_at=None, role__in=Participant.SERVED)
    if not is_team:
        whose = [user.pk, *covered_by(user)]
        mine = Q(officer__in=whose)
        if user.has_role(Role.WITNESS_CARE_OFFICER):
            mine |= Q(case__witness_care_officer__in=whose)
        people = people.filter(mine)
    return misled(people)


def misled_in_words(user: User) -> str:
    """How many of one's people, or of a supervisor's team, believe what is no longer so; "" for none."""
    n = len(misled_for(user, is_team=user.has_role(Role.SUPERVISOR)))
    return _how_many(n) if n else ""


def _how_many(n: int) -> str:
    return ngettext(
        "%(n)d person was told something that is no longer so",
        "%(n)d people were told something that is no longer so",
        n,
    ) % {"n": n}


def in_words(each: Misled, user: User) -> dict[str, Any]:
    """One person as the list shows them: what they believe, what is so, and the button that tells them."""
    part = each.participant
    return {
        "name": part.person.name,
        "url": reverse("desk:summary", args=[part.case.reference, part.reference]),
        "officer": part.officer.display_name if part.officer else _("Nobody allocated"),
        "case": part.case.reference,
        "rows": [as_told(row) for row in each.rows],
        "button": {"label": _("Tell them"), "url": tell_url(part, each.rows)}
        if user.may(Permission.LOG_CONTACT)
        else None,
    }


def tell_url(participant: Participant, rows: list[Row]) -> str:
    """The page of the call, with what is so now ticked."""
    url = reverse("contacts:log", args=[participant.case.reference, participant.reference])
    return f"{url}?{urlencode({'tell': [row.now.reference for row in rows]}, doseq=True)}"


def as_told(row: Row) -> dict[str, Any]:
    """For `told_table`."""
    return {
        "about": row.about,
        "told": row.told.words if row.told else _("Nothing yet"),
        "when": f"{day(row.telling.at)}, {row.telling.how}" if row.telling else "",
        "now": row.now.words if row.is_stale else _("The same"),
        "is_stale": row.is_stale,
    }
