"""Repeat victims: the crimes of one human being in twelve months, and the pattern in them.

`crimes_before` reads for many people at once: triage asks it for a whole chunk of referrals and counts every
crime. A page shows only those its reader may see: `seen_by`. `pattern` is the rule, on plain facts.
"""

# The SQL is put together from text in this file; values are always parameters.
# ruff: noqa: S608, SIM905

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from victimcare.accounts.models import User
from victimcare.cases.links import CHAIN
from victimcare.cases.models import Participant
from victimcare.prepared import Asked

YEAR = timedelta(days=365)

# How badly a crime of this class hurts: 5 a death or an attempt, 1 things only. A class not named is 2.
HARM: dict[str, int] = {
    **dict.fromkeys("1 2".split(), 5),
    **dict.fromkeys("5D 5E 8F 56A 106 36 17A 17B 19C 19D 19E 19F 19G 19H 20A 20B".split(), 5),
    **dict.fromkeys("3B 34A 34B 8N 8S 8U".split(), 4),
    **dict.fromkeys("8L 8Q 105A 8G 8P".split(), 3),
    **dict.fromkeys("28 28A 28B 28C 28D 28E 28F 28G 28H 9A 8R 35".split(), 2),
    **dict.fromkeys("30C 39 45 46 48 49 53B 53C 53D 56B 58A 58B 58C 58D".split(), 1),
}
ORDINARY_HARM = 2


@dataclass(frozen=True)
class Crime:
    """One crime against somebody, as the pattern looks at it."""

    case_id: int
    participant: str  # the reference of the victim's own part in it
    reference: str
    occurrence_no: str
    on: date  # recorded, in London
    offence_code: str
    offence_title: str
    suspects: frozenset[int] = frozenset()  # people
    place: str = ""  # letters and figures only; "" where not known

    @property
    def harm(self) -> int:
        return HARM.get(self.offence_code, ORDINARY_HARM)


_WORDS: dict[str, str | Promise] = {
    "same_suspect": _("the same suspect"),
    "same_address": _("the same place"),
    "rising_harm": _("the harm is rising"),
}


def pattern(crimes: Sequence[Crime]) -> tuple[str, ...]:
    """What these crimes against one person have in common: names of rules. One crime has no pattern."""
    in_order = sorted(crimes, key=lambda crime: (crime.on, crime.case_id))
    if len(in_order) < 2:
        return ()
    suspects = Counter(suspect for crime in in_order for suspect in crime.suspects)
    places = Counter(crime.place for crime in in_order if crime.place)
    harms = [crime.harm for crime in in_order]
    found = {
        "same_suspect": max(suspects.values(), default=0) > 1,
        "same_address": max(places.values(), default=0) > 1,
        "rising_harm": harms[-1] > harms[0] and harms == sorted(harms),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def place_of(location: str) -> str:
    """A place as the pattern compares it: letters and figures only."""
    return re.sub(r"[^a-z0-9]", "", location.lower())


def in_words(names: Iterable[str]) -> list[str]:
    """The pattern in the reader's language."""
    return [str(_WORDS.get(name, name)) for name in names]


def crimes_before(person_ids: Iterable[int], on_day: date) -> dict[int, list[Crime]]:
    """The crimes in the twelve months to this day against each of these people, or whoever is linked to them.

    Oldest first, that of the day itself among them; a person without any has an empty list. Restricted crimes
    count: what a reader may be shown is asked of `seen_by`. One query however many people.
    """
    return crimes_between(person_ids, on_day - YEAR + timedelta(days=1), on_day)


def crimes_against(person_id: int, on_day: date) -> Asked:
    """The same of one person, to be asked beside other questions."""
    first = on_day - YEAR + timedelta(days=1)
    return Asked(_CRIMES, [[person_id], first, on_day], lambda rows: [_crime(row[1:]) for row in rows])


def crimes_between(person_ids: Iterable[int], first: date, last: date) -> dict[int, list[Crime]]:
    """The same for any days, both included. For a chunk of rows, ask once and pick with `in_year_to`."""
    ids = sorted(set(person_ids))
    crimes: dict[int, list[Crime]] = {pk: [] for pk in ids}
    if not ids:
        return crimes
    with connection.cursor() as cursor:
        cursor.execute(_CRIMES, [ids, first, last])
        for row in cursor.fetchall():
            crimes[row[0]].append(_crime(row[1:]))
    return crimes


def in_year_to(crimes: Iterable[Crime], day: date) -> list[Crime]:
    """Those recorded in the twelve months to this day."""
    return [crime for crime in crimes if day - YEAR < crime.on <= day]


def seen_by(user: User, crimes: Sequence[Crime]) -> list[Crime]:
    """Those of which this user may open the victim's own record; the others are neither shown nor counted."""
    references = {crime.participant for crime in crimes}
    seen = set(
        Participant.objects.visible_to(user)
        .filter(reference__in=references)
        .values_list("reference", flat=True)
    )
    return [crime for crime in crimes if crime.participant in seen]


# A suspect without a record of their own is known by the crime alone: never the same in two crimes.
_CRIMES = f"""
{CHAIN}
SELECT DISTINCT ON (chain.start, recorded.on_day, c.id) chain.start, c.id, part.reference, c.reference, c.occurrence_no,
       recorded.on_day, c.offence_code, c.offence_title, c.location,
       (SELECT coalesce(array_agg(suspect.person_id), '{{}}') FROM cases_participant suspect
         WHERE suspect.case_id = c.id AND suspect.role = 'SUSPECT')
  FROM chain
  JOIN cases_participant part ON part.person_id = chain.person AND part.role = 'VICTIM'
  JOIN cases_case c ON c.id = part.case_id
 CROSS JOIN LATERAL (SELECT (coalesce(c.recorded_at, c.reported_at, c.opened_at)
                             AT TIME ZONE 'Europe/London')::date AS on_day) AS recorded
 WHERE recorded.on_day BETWEEN %s AND %s AND part.closure_reason NOT IN ('duplicate', 'data_error')
 ORDER BY chain.start, recorded.on_day, c.id, part.id
"""


def _crime(row: Any) -> Crime:
    case_id, participant, reference, occurrence, on, code, title, location, suspects = row
    return Crime(
        case_id=case_id, participant=participant, reference=reference, occurrence_no=occurrence, on=on,
        offence_code=code, offence_title=title, suspects=frozenset(suspects),
        place=place_of(location),
    )  # fmt: skip
