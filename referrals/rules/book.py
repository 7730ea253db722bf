"""The versions of the rules, ready to judge by and to quote from. Reads only.

A version that was approved never changes, so it is read once a process and kept.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from referrals.rules.models import PriorityStandard, RuleSet, TriageRule
from referrals.triage import Rule, Rules, Standard

FIRST = Path(__file__).resolve().parent.parent / "first_rules.toml"


class Quotable(Protocol):
    """What is asked of a referral to say why; its model is a storey up."""

    reasons: list[str]
    rule_set_id: int | None
    decided_fields: list[str]
    suppressed_because: str


class RulesByDay:
    """Every version approved until now. Loaded once for many referrals: one query, and one for a new version."""

    def __init__(self) -> None:
        found = list(RuleSet.objects.approved().values_list("effective_from", "pk"))
        self._from = [day for day, _pk in found if day is not None]
        self._pks = [pk for _day, pk in found]

    def on(self, day: date) -> Rules:
        """The rules that judge a referral received on this day; before any, the first."""
        if not self._pks:
            return first_rules()
        return approved_rules(self._pks[max(bisect_right(self._from, day) - 1, 0)])


def rules_on(day: date) -> Rules:
    """The rules that judge a referral received on this day."""
    return RulesByDay().on(day)


@lru_cache(maxsize=32)
def approved_rules(pk: int) -> Rules:
    """An approved version, ready."""
    return rules_of(pk)


def rules_of(pk: int) -> Rules:
    """Any version, ready, as its rows say now. Raises ValueError for a way that says nothing."""
    return Rules(
        [_rule(row) for row in TriageRule.objects.filter(rule_set_id=pk)],
        [
            Standard(row.priority, row.within, tuple(row.channels))
            for row in PriorityStandard.objects.filter(rule_set_id=pk)
        ],
        pk=pk,
    )


def _rule(row: TriageRule) -> Rule:
    return Rule(
        name=row.name, kind=row.kind, ways=tuple(row.ways), priority=row.priority, category=row.category,
        is_filler=row.is_filler,
    )  # fmt: skip


# --- The table that came with the application ------------------------------------------------------


@cache
def first_table() -> dict[str, Any]:
    """The first version as it is written down; the migration makes rows of it."""
    return tomllib.loads(FIRST.read_text("utf-8"))


@cache
def first_rules() -> Rules:
    """The first version, where a database holds none at all: a referral is judged all the same."""
    table = first_table()
    rules = [
        Rule(
            name=row["name"], kind=row["kind"], ways=tuple(row["ways"]), priority=row.get("priority"),
            category=row.get("category", ""), is_filler=row.get("is_filler", False),
        )
        for row in table["rules"]
    ]  # fmt: skip
    standards = [
        Standard(row["priority"], row["within"], tuple(row["channels"])) for row in table["standards"]
    ]
    return Rules(rules, standards)


# --- In words --------------------------------------------------------------------------------------

BY_A_PERSON = "by_a_person"  # in place of a rule's name, where somebody decided over the rules
IN_PERSON = {BY_A_PERSON: _("A supervisor decided that the unit does not contact them.")}


def why(referral: Quotable, *, most: int | None = None) -> str:
    """Why a referral has its priority: a person's decision first, then the rules."""
    said = in_words(referral.reasons[:most], referral.rule_set_id)
    if "priority" in referral.decided_fields:
        said = [gettext("a supervisor decided"), *said]
    return ", ".join(said)


def because(referral: Quotable) -> str:
    """Why the unit does not contact somebody; empty where it does."""
    name = referral.suppressed_because
    if not name:
        return ""
    return str(IN_PERSON[name]) if name in IN_PERSON else in_words([name], referral.rule_set_id)[0]


def in_words(names: Iterable[str], rule_set_id: int | None) -> list[str]:
    """What the rules of an approved version say, in the reader's language.

    A name that this version does not know is looked for in the others, and else shown as it is.
    """
    place = 1 if get_language() == "cy" else 0
    said = _words(rule_set_id) if rule_set_id else _first_words()
    found = [said.get(name) or _elsewhere(name) for name in names]
    return [words[place] or words[0] for words in found]


def entitlement_reason(reasons: Iterable[str], rule_set_id: int | None) -> str:
    """Why somebody's provisional rights are what they are."""
    return gettext("From triage: %s.") % ", ".join(in_words(reasons, rule_set_id))


@lru_cache(maxsize=64)
def _words(rule_set_id: int) -> dict[str, tuple[str, str]]:
    rows = TriageRule.objects.filter(rule_set_id=rule_set_id)
    return {
        name: (words, words_cy) for name, words, words_cy in rows.values_list("name", "words", "words_cy")
    }


@cache
def _first_words() -> dict[str, tuple[str, str]]:
    return {row["name"]: (row["words"], row["words_cy"]) for row in first_table()["rules"]}


def _elsewhere(name: str) -> tuple[str, str]:
    if name in _first_words():
        return _first_words()[name]
    rows = TriageRule.objects.filter(name=name, rule_set__state=RuleSet.State.APPROVED)
    newest = rows.order_by("-rule_set__number").values_list("words", "words_cy").first()
    return newest or (name, "")
