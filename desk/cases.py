"""The lists of people: mine, my team's, everybody I may see; and the search that finds one."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import CharField, F, Func, Q, TextField, Value
from django.db.models.functions import Replace, Upper
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance.words import short
from desk.day import Thing, What
from desk.owed import owed_next
from desk.worklist import last_contacts
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.access import listed
from victimcare.cases.models import Entitlement, Participant, Person
from victimcare.cases.same_person import also_linked
from victimcare.govuk.dates import day, due
from victimcare.http import Request

PAGE = 25
FOUND_AT_MOST = 50
AT_LEAST = 3  # characters

PEOPLE = ("person", "case", "officer")


# --- Lists -----------------------------------------------------------------------------------------


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
    rows = _asked_for(request.user, asked).select_related(*PEOPLE).order_by("-pk")
    if asked.before:
        rows = rows.filter(pk__lt=asked.before)
    found = list(rows[: PAGE + 1])
    people = found[:PAGE]
    listed(request, people, field_group="cases")
    officer = User.objects.filter(reference=asked.officer).first() if asked.officer else None
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


def _asked_for(user: User, asked: Asked) -> Any:
    rows = Participant.objects.visible_to(user).filter(closed_at__isnull=not asked.is_closed)
    if asked.officer:
        return rows.filter(officer__reference=asked.officer)
    if asked.whose == "mine":
        # Each way has its own index; an OR across the two tables would read them both whole.
        mine = [Q(officer=user), Q(case__witness_care_officer=user)]
        if user.collar and user.has_role(Role.OFFICER_IN_THE_CASE):
            mine.append(Q(case__oic_collar=user.collar))
        first, *rest = (Participant.objects.filter(way).values("pk") for way in mine)
        return rows.filter(pk__in=first.union(*rest))
    if asked.whose == "team" and user.team_id:
        return rows.filter(Q(team_id=user.team_id) | Q(case__witness_care_team_id=user.team_id))
    return rows


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
    """Each person as a row of the list. Six queries however many."""
    today = clock.today()
    rights, next_due, last = (
        _entitlements(people, today),
        owed_next(people, user),
        last_contacts(p.pk for p in people),
    )
    rows = []
    for part in people:
        thing, entitlement, contact = next_due.get(part.pk), rights.get(part.pk), last.get(part.pk)
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
                if entitlement and entitlement.is_enhanced
                else {"text": _("Standard")},
                _next_in_words(thing, user, today),
                {"text": day(contact.at), "note": str(contact.get_outcome_display())}
                if contact
                else _("Never"),
                part.officer.display_name if part.officer else _("Nobody"),
            ]
        )
    return rows


def _entitlements(people: list[Participant], today: date) -> dict[int, Entitlement]:
    """The entitlement in force for each. One query."""
    rows = Entitlement.objects.filter(participant__in=people, from_on__lte=today)
    rows = rows.order_by("participant", "-from_on", "-pk").distinct("participant")
    return {row.participant_id: row for row in rows}


def _next_in_words(thing: Thing | None, user: User, today: date) -> Any:
    """When the next thing is owed and what it is; nothing to those who may not know."""
    if thing is None:
        return _("Nothing with a date") if user.may(Permission.VIEW_RIGHTS) else "–"
    said = due(thing.due_on, today)
    return {
        "text": said.lead,
        "note": f"{_named(thing)}, {said.note}",
        "tone": {"overdue": "danger", "today": "due"}.get(said.tone, ""),
    }


def _named(thing: Thing) -> str:
    """A thing to do in two or three words."""
    if thing.what in (What.TELL, What.DO):
        return short(thing.items[0].source.rule)  # type: ignore[attr-defined]
    return {
        What.FIRST_CONTACT: _("First contact"),
        What.ATTEMPT: _("First contact"),
        What.UPDATE: _("Agreed update"),
        What.PROMISE: _("Promise"),
    }[thing.what]


# --- Search ----------------------------------------------------------------------------------------


@allow(Permission.SEARCH)
def search(request: Request) -> HttpResponse:
    """Find somebody by name, phone, postcode or reference: at most fifty, and only visible ones."""
    typed = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    too_short = len(re.sub(r"\W", "", typed)) < AT_LEAST
    people = [] if too_short else find(typed, request.user)
    people += also_linked(people, request.user)
    listed(request, people, field_group="search")
    n = len(people)
    context = {
        "typed": typed,
        "too_short": too_short,
        "is_full": n >= FOUND_AT_MOST,
        "found": ngettext("%(n)d person found", "%(n)d people found", n) % {"n": n},
        "rows": in_rows(people, request.user),
        "columns": columns(),
    }
    return render(request, "desk/search.html", context)


def find(typed: str, user: User) -> list[Participant]:
    """Everybody this person may see whom the words could mean; the surest ways first. One query a way."""
    found: dict[int, Participant] = {}
    for way in WAYS:
        asked = way(typed)
        if asked is None or len(found) >= FOUND_AT_MOST:
            continue
        rows = Participant.objects.visible_to(user).filter(asked).select_related(*PEOPLE).order_by("-pk")
        for part in rows[:FOUND_AT_MOST]:
            found.setdefault(part.pk, part)
    return list(found.values())[:FOUND_AT_MOST]


def _by_reference(typed: str) -> Q | None:
    """VC-..., P-..., PE-... or the force's own number."""
    asked = typed.upper().replace(" ", "")
    for prefix, field in (("VC-", "case__reference"), ("PE-", "person__reference"), ("P-", "reference")):
        if asked.startswith(prefix):
            return Q(**{field: asked})
    return Q(case__occurrence_no=asked) if re.search(r"\d", asked) else None


def _by_phone(typed: str) -> Q | None:
    if not re.fullmatch(r"\+?[\d\s()./-]{6,25}", typed):
        return None
    asked = Func(Value(typed), function="digits", output_field=TextField())
    people = Person.objects.alias(
        mobile_digits=Func(F("phone_mobile"), function="digits", output_field=TextField()),
        home_digits=Func(F("phone_home"), function="digits", output_field=TextField()),
    )
    mobile = people.exclude(phone_mobile="").filter(mobile_digits=asked)
    home = people.exclude(phone_home="").filter(home_digits=asked)
    return Q(person__in=mobile.values("pk").union(home.values("pk")))


def _by_postcode(typed: str) -> Q | None:
    asked = typed.upper().replace(" ", "")
    if not re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", asked):
        return None
    squeezed = Replace(Upper("postcode"), Value(" "), Value(""), output_field=CharField())
    return Q(
        person__in=Person.objects.alias(squeezed=squeezed)
        .exclude(postcode="")
        .filter(squeezed=asked)
        .values("pk")
    )


def _by_name(typed: str) -> Q | None:
    """The words as a surname, a given name, the name they like, or both names; accents do not matter."""
    if re.search(r"\d", typed):
        return None
    words = typed.split()
    whole = _plain(Value(typed))
    # Nothing but signs is nobody: every name starts with nothing.
    people = Person.objects.alias(
        asked=whole,
        plain_surname=_plain(F("surname")),
        plain_given=_plain(F("given_names")),
        plain_preferred=_plain(F("preferred_name")),
    ).exclude(asked="")
    ways = [
        people.filter(plain_surname__startswith=whole),
        people.filter(plain_given__startswith=whole),
        people.exclude(preferred_name="").filter(plain_preferred__startswith=whole),
    ]
    for cut in range(1, len(words)):
        given, surname = _plain(Value(" ".join(words[:cut]))), _plain(Value(" ".join(words[cut:])))
        ways.append(people.filter(plain_surname__startswith=surname, plain_given__startswith=given))
        ways.append(people.filter(plain_surname__startswith=given, plain_given__startswith=surname))
    first, *rest = (way.values("pk") for way in ways)
    return Q(person__in=first.union(*rest))


def _plain(value: Any) -> Func:
    """Lower case, without accents or apostrophes, as the index keeps names."""
    return Func(value, function="plain", output_field=TextField())


WAYS: tuple[Callable[[str], Q | None], ...] = (_by_reference, _by_phone, _by_postcode, _by_name)
