"""Whom and which extracts an obstacle to a withdrawal is about, for the reader who may open them. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from victimcare.accounts.models import User
from victimcare.cases.models import Case, Participant, Person
from victimcare.intake.brought import Obstacle
from victimcare.intake.models import FeedRow
from victimcare.lookups import is_any

MOST = 20  # people of one obstacle; the others are counted
LOOKED_AT = 200  # rows of one obstacle
_ENDS = {Participant: "pk", Case: "case_id", Person: "person_id"}


@dataclass
class Where:
    """What was done, with the people it was done about that this reader may see, and the later extracts."""

    words: str
    people: Sequence[Participant]
    more: int  # people beyond those
    extracts: Sequence[str]  # references


def where(obstacles: Sequence[Obstacle], user: User) -> list[Where]:
    """Each obstacle with whom it is about. Two queries for each place where work shows, and one for all of them."""
    keys = [_keys(obstacle) for obstacle in obstacles]
    wanted = Q(pk__in=[])
    for found in keys:
        for end, ids in found.items():
            wanted |= Q(is_any(_ENDS[end], ids))
    seen = Participant.objects.visible_to(user).filter(wanted).select_related("case", "person").order_by("pk")
    people = list(seen[:LOOKED_AT]) if any(keys) else []
    return [
        Where(obstacle.words, here[:MOST], max(0, len(here) - MOST), _extracts(obstacle))
        for obstacle, found in zip(obstacles, keys, strict=True)
        for here in [[part for part in people if _is_about(part, found)]]
    ]


def _is_about(part: Participant, found: dict[Any, set[int]]) -> bool:
    if part.pk in found.get(Participant, ()) or part.person_id in found.get(Person, ()):
        return True
    return part.role == Participant.Role.VICTIM and part.case_id in found.get(Case, ())


def _keys(obstacle: Obstacle) -> dict[Any, set[int]]:
    """The participants, cases or people that the rows of an obstacle lead to, by their keys."""
    found: dict[Any, set[int]] = {}
    for rows in obstacle.rows:
        way = _way(rows.model)
        if way is not None:
            path, end = way
            values = rows.order_by().values_list(path, flat=True)[:LOOKED_AT]
            found.setdefault(end, set()).update(pk for pk in values if pk is not None)
    return found


def _way(model: Any) -> tuple[str, Any] | None:
    """The path from a row of this table, or of its history, to the nearest participant, case or person."""
    itself = getattr(model, "instance_type", model)
    if itself in _ENDS:
        return "id", itself
    links = [field for field in model._meta.concrete_fields if field.related_model]
    for end in _ENDS:
        for link in links:
            if link.related_model is end:
                return link.attname, end
    for end in _ENDS:
        for link in links:
            for further in link.related_model._meta.concrete_fields:
                if further.related_model is end:
                    return f"{link.name}__{further.attname}", end
    return None


def _extracts(obstacle: Obstacle) -> list[str]:
    """The later extracts among what was done."""
    found: set[str] = set()
    for rows in obstacle.rows:
        if rows.model is FeedRow:
            found |= set(rows.order_by().values_list("batch__reference", flat=True).distinct()[:MOST])
        elif hasattr(rows.model, "history_change_reason"):
            reasons = rows.filter(history_change_reason__startswith="extract ").order_by()
            found |= {
                reason.removeprefix("extract ")
                for reason in reasons.values_list("history_change_reason", flat=True).distinct()[:MOST]
            }
    return sorted(filter(None, found))
