"""The lists of people: mine, my team's, everybody I may see."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from compliance.words import short
from contacts.models import Contact
from desk.day import What
from desk.glance import Owed, glances
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.access import listed
from victimcare.cases.models import Participant, ParticipantQuerySet, ways_to_see
from victimcare.govuk.dates import day, due
from victimcare.http import Request

PAGE = 25
# For which reasons to see somebody they are on a list; on the third list they are for any.
WHOSE = {
    "mine": ("officer", "witness care officer", "officer in the case"),
    "team": ("team", "witness care team"),
}


@dataclass(frozen=True)
class Asked:
    """What a list was asked for, from its address; anything unknown is the first choice."""

    whose: str = "mine"
    is_closed: bool = False
    officer: str = ""
    before: int = 0

    @classmethod
    def of(cls, request: Request) -> "Asked":
        get = request.GET.get
        first = "team" if request.user.has_role(Role.SUPERVISOR) else "mine"
        first = "all" if request.user.has_role(Role.ENGAGEMENT_COORDINATOR) else first
        return cls(
            whose=get("whose", "") if get("whose") in ("mine", "team", "all") else first,
            is_closed=get("closed") == "1",
            officer=get("officer", "")[:20],
            before=int(get("before", "")) if re.fullmatch(r"[0-9]{1,17}", get("before", "")) else 0,
        )

    def url(self, **changes: Any) -> str:
        asked = {
            "whose": self.whose,
            "closed": "1" if self.is_closed else "",
            "officer": self.officer,
            **changes,
        }
        return "?" + urlencode({name: value for name, value in asked.items() if value})


@allow(Permission.VIEW_CASE)
def cases(request: Request) -> HttpResponse:
    """Victims and witnesses this person may see, newest first, a page at a time."""
    asked = Asked.of(request)
    officer = User.objects.filter(reference=asked.officer).first() if asked.officer else None
    found = _asked_for(request.user, asked, officer)
    people = found[:PAGE]
    listed(request, people, field_group="cases")
    context = {
        "tabs": _tabs(request.user, asked),
        "filters": _filters(asked, officer),
        "rows": in_rows(people, request.user),
        "columns": columns(),
        "newer_url": asked.url() if asked.before else "",
        "older_url": asked.url(before=people[-1].pk) if len(found) > PAGE else "",
        "asked": asked,
    }
    return render(request, "desk/cases.html", context)


def _asked_for(user: User, asked: Asked, officer: User | None) -> list[Participant]:
    """A page of them, and one more if there is another page."""
    rows = Participant.objects.visible_to(user).filter(closed_at__isnull=not asked.is_closed)
    if asked.before:
        rows = rows.filter(pk__lt=asked.before)
    if asked.officer:
        return newest_of(rows, [Q(officer=officer)] if officer else [])
    reasons = WHOSE.get(asked.whose)
    ways = {reason: way for reason, way in ways_to_see(user).items() if reasons is None or reason in reasons}
    if "witness care team" not in ways:
        return newest_of(rows, list(ways.values()))
    found: list[Participant] = []
    for at_most in (2 * PAGE, None):  # all of them only where so many of the newest may not be seen
        ways["witness care team"] = Q(pk__in=_of_care_team(user, asked, at_most))
        found = newest_of(rows, list(ways.values()))
        if len(found) > PAGE:
            break
    return found


def _of_care_team(user: User, asked: Asked, at_most: int | None) -> RawSQL:
    """The newest of a witness care team's cases, read in the order of their index and no further."""
    state = "IS NOT NULL" if asked.is_closed else "IS NULL"
    return RawSQL(  # noqa: S611
        f"""
        SELECT n.participant_id FROM cases_nameincase n CROSS JOIN LATERAL (
            SELECT 1 FROM cases_participant WHERE id = n.participant_id AND closed_at {state} OFFSET 0) AS part
         WHERE n.witness_care_team_id = %s AND n.participant_id < %s ORDER BY n.participant_id DESC LIMIT %s
        """,  # noqa: S608 - two words of ours
        [user.team_id, asked.before or 2**62, at_most],
    )


def newest_of(rows: ParticipantQuerySet, ways: list[Q]) -> list[Participant]:
    """The newest by any of these ways, one more than a page.

    Each way is read from its own index, in its order, and no further than a page: an OR across the tables would
    read them all.
    """
    if not ways:
        return []
    first, *rest = (rows.filter(way).order_by("-pk").values("pk")[: PAGE + 1] for way in ways)
    ids = first.union(*rest) if rest else first
    return list(Participant.objects.filter(pk__in=ids.values("pk")).for_a_list().order_by("-pk")[: PAGE + 1])


def _tabs(user: User, asked: Asked) -> list[dict[str, Any]]:
    labels = {"mine": _("Mine"), "team": _("My team’s"), "all": _("Everybody I may see")}
    return [
        {
            "label": label,
            "url": asked.url(whose=whose, officer=""),
            "is_current": whose == asked.whose and not asked.officer,
        }
        for whose, label in labels.items()
        if whose != "team" or user.team_id
    ]


def _filters(asked: Asked, officer: User | None) -> list[dict[str, Any]]:
    filters = [
        {
            "label": _("Closed"),
            "url": asked.url(closed="" if asked.is_closed else "1"),
            "is_on": asked.is_closed,
        }
    ]
    if officer is not None:
        filters.append({"label": officer.display_name, "url": asked.url(officer=""), "is_on": True})
    return filters


def columns() -> list[str]:
    return [_("Name"), _("Crime"), _("Rights"), _("Owed next"), _("Last contact"), _("Officer")]


def in_rows(people: list[Participant], user: User) -> list[list[Any]]:
    """Each person as a row of the list. One query however many."""
    today = clock.today()
    seen = glances([part.pk for part in people], user, today)
    rows = []
    for part in people:
        glance = seen[part.pk]
        age = part.person.age_on(today)
        role = "" if part.is_victim else str(part.get_role_display())
        rows.append(
            [
                {
                    "text": part.person.name,
                    "url": reverse("desk:summary", args=[part.case.reference, part.reference]),
                    "note": ", ".join(word for word in (role, str(age) if age is not None else "") if word),
                },
                {"text": part.case.offence_title or _("Not recorded"), "note": part.case.occurrence_no},
                {"text": "", "tag": _("Enhanced"), "colour": "blue"}
                if glance.is_enhanced
                else {"text": _("Standard")},
                _next_in_words(glance.owed, user, today),
                {"text": day(glance.contact_at), "note": str(Contact.Outcome(glance.outcome).label)}
                if glance.contact_at
                else _("Never"),
                part.officer.display_name if part.officer else _("Nobody"),
            ]
        )
    return rows


def _next_in_words(owed: Owed | None, user: User, today: date) -> Any:
    """When the next thing is owed and what it is; nothing to those who may not know."""
    if owed is None:
        return _("Nothing with a date") if user.may(Permission.VIEW_RIGHTS) else "–"
    said = due(owed.due_on, today)
    return {
        "text": said.lead,
        "note": f"{_named(owed)}, {said.note}",
        "tone": {"overdue": "danger", "today": "due"}.get(said.tone, ""),
    }


def _named(owed: Owed) -> str:
    """A thing to do in two or three words."""
    if owed.what in (What.TELL, What.DO):
        return short(owed.rule)
    return {
        What.FIRST_CONTACT: _("First contact"),
        What.ATTEMPT: _("First contact"),
        What.UPDATE: _("Agreed update"),
        What.PROMISE: _("Promise"),
        What.REVIEW: _("Agree the plan again"),
    }[owed.what]
