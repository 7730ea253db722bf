"""How referrals would fall by other rules: what moves, from where to where, and which rule moves it. Reads only."""

from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from referrals.models import Referral
from referrals.rules import words
from referrals.rules.actions import apply
from referrals.rules.book import RulesByDay
from referrals.rules.facts import facts_of
from referrals.triage import LEAST, Rules, Triage, triage
from victimcare.accounts.models import User
from victimcare.cases.models import Entitlement
from victimcare.working_days import LONDON, london_day

MOST = 5000  # referrals looked at: five of the busiest weeks


@dataclass(frozen=True)
class Fate:
    """What one referral comes to."""

    priority: int
    suppressed_because: str
    channel: str
    categories: tuple[str, ...]
    decided_by: str  # the rule
    due_on: date | None = None  # for first contact; None for who is suppressed

    @property
    def rule(self) -> str:
        """The rule that says so: that suppresses, or that gives the priority."""
        return self.suppressed_because or self.decided_by


@dataclass(frozen=True)
class Compared:
    """One referral by the rules there are and by the others."""

    referral: Referral
    before: Fate
    after: Fate

    @property
    def moves(self) -> bool:
        return self.due_moves != "same" or any(
            read(self.before) != read(self.after) for read in READ.values()
        )

    @property
    def due_moves(self) -> str:
        """earlier, later, same; or new and gone, where only one of the two has a last day."""
        before, after = self.before.due_on, self.after.due_on
        if before == after:
            return "same"
        if before is None or after is None:
            return "new" if before is None else "gone"
        return "earlier" if after < before else "later"


def _fall(fate: Fate) -> str:
    return "S" if fate.suppressed_because else str(fate.priority)


DUE = ("earlier", "later", "new", "gone")
READ: dict[str, Callable[[Fate], str]] = {
    "priority": _fall,
    "channel": lambda fate: fate.channel or "none",
    "rights": lambda fate: "enhanced" if fate.categories else "standard",
}


def due_moves(compared: Sequence[Compared]) -> Counter[str]:
    """How many would be due earlier, later, newly or no more."""
    return Counter(each.due_moves for each in compared if each.due_moves != "same")


def columns(by: str) -> dict[str, str]:
    """The answers of one matrix, in order, with their words."""
    if by == "priority":
        return {"1": "P1", "2": "P2", "3": "P3", "4": "P4", "S": _("Suppressed")}
    if by == "channel":
        return {**{name: str(label) for name, label in words.CHANNELS.items()}, "none": _("None known safe")}
    return {"enhanced": _("Enhanced"), "standard": _("Standard")}


def week_of(user: User, monday: date) -> tuple[list[Referral], bool]:
    """The referrals this person may see that were received in the week; and whether there were more than `MOST`."""
    start, end = (datetime.combine(day, time(), LONDON) for day in (monday, monday + timedelta(days=7)))
    found = list(
        Referral.objects.visible_to(user)
        .received_between(start, end)
        .select_related("participant__case", "participant__person__safe_contact")
        .order_by("received_at", "pk")[: MOST + 1]
    )
    return found[:MOST], len(found) > MOST


def compare(referrals: Sequence[Referral], after: Rules) -> list[Compared]:
    """Each by the rules in force when it was received, and by the others, on what is known of them now."""
    facts, by_day = facts_of(referrals), RulesByDay()
    compared = []
    for referral in referrals:
        known, before = facts[referral.participant_id], by_day.on(london_day(referral.received_at))
        compared.append(
            Compared(
                referral,
                _fate(referral, triage(known, before), before),
                _fate(referral, triage(known, after), after),
            )
        )
    return compared


def compare_again(referrals: Sequence[Referral], rules: Rules) -> list[Compared]:
    """Each as it stands, and as it would stand if it were triaged again. What a person decided stays."""
    facts = facts_of(referrals)
    rights = dict(
        Entitlement.objects.filter(participant__in=[referral.participant_id for referral in referrals])
        .order_by("participant_id", "from_on", "pk")
        .values_list("participant_id", "categories")
    )
    compared = []
    for referral in referrals:
        made = triage(facts[referral.participant_id], rules)
        would = copy(referral)
        apply(would, made, rules)
        held = tuple(rights.get(referral.participant_id, ()))
        compared.append(Compared(referral, _standing(referral, held), _standing(would, made.categories)))
    return compared


def _fate(referral: Referral, made: Triage, rules: Rules) -> Fate:
    """What the rules say, but where a person decided: that stays by any rules."""
    decided = referral.decided_fields
    priority = referral.priority if "priority" in decided else made.priority
    suppressed = referral.suppressed_because if "status" in decided else made.suppressed_because
    due_on = (
        referral.due_on if "due_on" in decided else rules.due_on(referral.received_at, min(priority, LEAST))
    )
    return Fate(
        priority=priority,
        suppressed_because=suppressed,
        channel=referral.channel if "channel" in decided else made.channel,
        categories=made.categories,
        decided_by=made.decided_by,
        due_on=None if suppressed else due_on,
    )


def _standing(referral: Referral, categories: tuple[str, ...]) -> Fate:
    decided = referral.reasons[0] if referral.reasons else ""
    return Fate(
        referral.priority, referral.suppressed_because, referral.channel, categories, decided, referral.due_on
    )


def matrix(compared: Sequence[Compared], by: str) -> dict[str, Any]:
    """How many fall where, before (down) and after (across); what moves is told from what stays."""
    read = READ[by]
    counts = Counter((read(each.before), read(each.after)) for each in compared)
    labels = columns(by)
    return {
        "by": by,
        "columns": list(labels.values()),
        "rows": [
            {
                "label": label,
                "total": sum(counts[name, other] for other in labels),
                "cells": [
                    {"n": counts[name, other], "moves": name != other, "key": f"{by}.{name}.{other}"}
                    for other in labels
                ],
            }
            for name, label in labels.items()
        ],
        "totals": [sum(counts[name, other] for name in labels) for other in labels],
    }


def in_cell(compared: Sequence[Compared], key: str) -> list[Compared]:
    """Those of one cell, such as "priority.2.1" or "due.later"; all that move for anything else."""
    by, _dot, rest = key.partition(".")
    before, _dot, after = rest.partition(".")
    if by == "due" and rest in DUE:
        return [each for each in compared if each.due_moves == rest]
    if by not in READ:
        return [each for each in compared if each.moves]
    read = READ[by]
    return [each for each in compared if read(each.before) == before and read(each.after) == after]
