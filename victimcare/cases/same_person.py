"""Pairs that may be one person, side by side, as plain values for a page; and who is linked to whom.

Reads only, and only what the reader may open: nothing here counts or hints at a record that is hidden.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.links import all_linked, linked_to
from victimcare.cases.matching import Match, contradictions, in_words, why
from victimcare.cases.models import Likeness, Participant, Person, PersonLink, SafeContact
from victimcare.cases.safe_contact import phone_key
from victimcare.govuk.dates import long_day

CRIMES_SHOWN = 5
LINKED_SHOWN = 25

Parts = dict[int, list[Participant]]


def parts_seen(people: Iterable[int], user: User) -> Parts:
    """The parts of these people that this user may open, newest first. One query."""
    parts: Parts = {}
    rows = Participant.objects.visible_to(user).filter(person__in=set(people))
    for part in rows.select_related("case", "person").order_by("-pk")[:500]:
        parts.setdefault(part.person_id, []).append(part)
    return parts


def side_by_side(pairs: Sequence[Likeness], user: User) -> tuple[list[dict[str, Any]], list[Participant]]:
    """For `cases/pair.html`, and everybody whose record is shown. Two queries however many pairs."""
    people = {pk for pair in pairs for pk in (pair.one_id, pair.other_id)}
    parts = parts_seen(people, user)
    protected = set(
        SafeContact.objects.filter(person__in=people, address_is_protected=True).values_list(
            "person_id", flat=True
        )
    )
    shown = [
        {
            "reference": pair.reference,
            "key": uuid4(),
            "is_key": pair.is_key and not _against(pair),
            "reasons": sentence(in_words(pair.reasons)),
            "against": sentence(in_words(_against(pair))),
            "one": _head(pair.one, parts),
            "other": _head(pair.other, parts),
            "rows": _rows(pair, parts, protected, user),
        }
        for pair in pairs
    ]
    return shown, [part for each in parts.values() for part in each]


def _against(pair: Likeness) -> tuple[str, ...]:
    """What speaks against it, as the two records stand now."""
    one, other = pair.one, pair.other
    return contradictions(one.date_of_birth, other.date_of_birth, one.sex, other.sex)


def _why(pair: Likeness) -> list[str]:
    return why(Match(pair.score, tuple(pair.reasons), pair.is_key, _against(pair)))


def sentence(words: list[str]) -> str:
    """Reasons as one sentence: The same name, the same phone number."""
    said = ", ".join(words)
    return said[:1].upper() + said[1:] + "." if said else ""


def _head(person: Person, parts: Parts) -> dict[str, str]:
    first = parts.get(person.pk, [None])[0]
    url = reverse("desk:summary", args=[first.case.reference, first.reference]) if first else ""
    return {"name": person.name, "reference": person.reference, "url": url}


def _rows(pair: Likeness, parts: Parts, protected: set[int], user: User) -> list[dict[str, Any]]:
    """What each record says, line by line; a line that neither has is left out."""
    ones, others = (_facts(person, person.pk in protected, user) for person in (pair.one, pair.other))
    names = {"other_birth": _("Born"), "other_sex": _("Sex")}
    contradicted = {names[rule] for rule in _against(pair)}
    rows = [
        {
            "label": label,
            "one": said,
            "other": others[label],
            "is_same": bool(said) and _same(said, others[label]),
            "speaks_against": label in contradicted,
        }
        for label, said in ones.items()
        if said or others[label]
    ]
    crimes = {"label": _("Crimes you may open"), "is_same": False}
    return [
        *rows,
        {**crimes, "crimes": [_crimes(parts.get(pk, [])) for pk in (pair.one_id, pair.other_id)]},
    ]


def _same(one: str, other: str) -> bool:
    """Whatever the spacing of a number or the capitals of an email."""
    return one.casefold() == other.casefold() or (
        len(phone_key(one)) > 9 and not re.search("[a-zA-Z]", one) and phone_key(one) == phone_key(other)
    )


def _facts(person: Person, is_protected: bool, user: User) -> dict[str, str]:
    facts = {
        _("Name"): f"{person.given_names} {person.surname}".strip(),
        _("Likes to be called"): person.preferred_name,
        _("Born"): long_day(person.date_of_birth) if person.date_of_birth else "",
        _("Sex"): str(person.get_sex_display()) if person.sex else "",
        _("Died"): long_day(person.date_of_death) if person.date_of_death else "",
    }
    if user.may(Permission.VIEW_CONTACT_DETAILS):
        facts |= {
            _("Address"): _("Protected") if is_protected else ", ".join(person.address_lines),
            _("Mobile phone"): person.phone_mobile,
            _("Other phone"): person.phone_home,
            _("Email"): person.email,
        }
    return facts


def _crimes(parts: list[Participant]) -> list[dict[str, str]]:
    return [
        {
            "url": reverse("desk:summary", args=[part.case.reference, part.reference]),
            "text": part.case.offence_title or part.case.reference,
            "note": ", ".join(
                word
                for word in (
                    str(part.get_role_display()),
                    part.case.occurrence_no,
                    long_day(part.case.recorded_at) if part.case.recorded_at else "",
                )
                if word
            ),
        }
        for part in parts[:CRIMES_SHOWN]
    ]


def pairs_about(participant: Participant, user: User, room: int = 10) -> list[Likeness]:
    """The pairs to be decided about, with this person in them, that this user may see. Surest first."""
    return list(
        Likeness.objects.of(participant.person)
        .undecided()
        .visible_to(user)
        .select_related("one", "other")
        .order_by("-is_key", "-score", "-pk")[:room]
    )


def links_of(participant: Participant, user: User) -> list[dict[str, Any]]:
    """The other records of this human being that this user may open, each with the link that joins it, if it is
    joined to this one itself. Three queries, one where nobody is linked.
    """
    person = participant.person_id
    others = linked_to([person])[person] - {person}
    if not others:
        return []
    parts = parts_seen(others, user)
    links = {
        link.other_id if link.one_id == person else link.one_id: link
        for link in PersonLink.objects.filter(
            Q(one=person) | Q(other=person), unlinked_at=None
        ).select_related("linked_by")
    }
    return [
        {
            "person": held[0].person,
            "parts": held,
            "crimes": _crimes(held),
            "link": links.get(pk),
            "key": uuid4(),
        }
        for pk, held in sorted(parts.items())
    ]


def panel(participant: Participant, user: User) -> list[dict[str, str]]:
    """For the side of the case: who this may be, and the other records of theirs. Two queries at most."""
    if not user.may(Permission.LINK_PEOPLE):
        return []
    url = reverse("cases:same-person-of", args=[participant.case.reference, participant.reference])
    rows = Participant.objects.visible_to(user).filter(person__in=all_linked([participant.person_id]))
    others = rows.exclude(person=participant.person_id).select_related("person", "case").order_by("-pk")
    linked = [
        {
            "text": part.person.name,
            "note": _("the same person: %(crime)s") % {"crime": crime["text"]},
            "url": crime["url"],
        }
        for part in (others[:CRIMES_SHOWN] if getattr(participant, "has_linked_records", True) else ())
        for crime in _crimes([part])
    ]
    pairs = [
        {
            "text": (pair.other if pair.one_id == participant.person_id else pair.one).name,
            "note": _("may be the same person: %(why)s") % {"why": ", ".join(_why(pair))},
            "url": url,
        }
        for pair in pairs_about(participant, user, room=3)
    ]
    return linked + pairs


def also_linked(found: Sequence[Participant], user: User) -> list[Participant]:
    """Those linked to whoever was found, where this user may open them: search by either record shows both."""
    people = {part.person_id for part in found}
    if not people:
        return []
    rows = Participant.objects.visible_to(user).filter(person__in=all_linked(people))
    others = rows.exclude(person__in=people).select_related("person", "case", "officer")
    return list(others.order_by("-pk")[:LINKED_SHOWN])
