"""The right victim first: plain facts and one version of the rules in; what becomes of a referral out. Pure.

Rules are data (`referrals.models.RuleSet`). Each fits somebody whom one of its *ways* fits; a way is a small
closed vocabulary (`CONDITIONS`), never code, and fits when all it says is true. The first priority rule that
fits gives the priority, every one that fits gives its reason. Suppressed victims are not contacted by the
unit; the Code's duties to them run all the same. Nobody is suppressed for having died: their family is contacted.

Rules are made ready once a version and remember what they made of equal facts: an extract has tens of
thousands of rows, and few kinds of them.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from victimcare.cases.safe_contact import DANGER_FLAGS
from victimcare.working_days import LONDON, add_working_days, england_and_wales, is_working_day

LEAST = 4
CHANNELS = ("phone", "text", "email", "post")
CHILD = 18
REMEMBERED = 50_000
# The end of the unit's working day in London: whoever arrives later counts as arriving on the next working
# day. The unit has not confirmed it; the page of the rules says so.
DAY_ENDS = time(17)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the rules look at about one victim of one crime."""

    flags: frozenset[str] = frozenset()
    offence_code: str = ""
    age: int | None = None  # on the day the crime was recorded
    risk_level: str = ""
    disability: str = ""
    crimes_in_12_months: int = 1  # this one included
    has_died: bool = False
    is_suspect_here: bool = False
    is_nameless_business: bool = False
    # phone, text, email, post: Y, N or "" for each that has a destination
    safe_to: tuple[tuple[str, str], ...] = ()
    patterns: frozenset[str] = frozenset()  # of repeat crimes: same_suspect, same_address, rising_harm
    source: str = "force"
    has_secret: bool = False  # somebody must not know that they asked, or where they live
    is_untold: bool = False  # nobody has said yet what happened


class Triage(NamedTuple):
    """What becomes of a referral. `reasons` and `suppressed_because` are names of rules."""

    priority: int
    reasons: tuple[str, ...]
    categories: tuple[str, ...]  # provisional enhanced rights; empty is standard
    channel: str  # phone, text, email, post; "" when none is known to be safe
    suppressed_because: str = ""
    decided_by: str = ""  # the rule that gave the priority

    @property
    def is_enhanced(self) -> bool:
        return bool(self.categories)


@dataclass(frozen=True)
class Rule:
    """One line of the table: its name, what it does, and the ways in which somebody may fit it."""

    name: str
    kind: str  # suppress, priority, enhanced
    ways: tuple[Mapping[str, Any], ...]
    priority: int | None = None
    category: str = ""
    is_filler: bool = False  # said only when it decides


@dataclass(frozen=True)
class Standard:
    """For one priority: the working days to first contact, and the channels, best first."""

    priority: int
    within: int
    channels: tuple[str, ...] = CHANNELS


Fits = Callable[[Facts], bool]

# --- What a way may say ----------------------------------------------------------------------------


def _shares(name: str, *, any_of: bool) -> Callable[[Any], Fits]:
    """Whether the set of this name has any of the words given; or none of them."""
    read: Callable[[Facts], frozenset[str]] = attrgetter(name)

    def about(value: Any) -> Fits:
        wanted = frozenset(value)
        if any_of:
            return lambda facts: not wanted.isdisjoint(read(facts))
        return lambda facts: wanted.isdisjoint(read(facts))

    return about


def _is_one(name: str, *, of: bool) -> Callable[[Any], Fits]:
    """Whether the word of this name is one of those given; or is not."""
    read: Callable[[Facts], str] = attrgetter(name)

    def about(value: Any) -> Fits:
        wanted = frozenset(value)
        if of:
            return lambda facts: read(facts) in wanted
        return lambda facts: read(facts) not in wanted

    return about


def _is_so(read: Callable[[Facts], object]) -> Callable[[Any], Fits]:
    return lambda value: lambda facts: bool(read(facts))


# Each makes one question out of the value that stands beside it. Nothing else may stand in a way.
CONDITIONS: dict[str, Callable[[Any], Fits]] = {
    "everyone": _is_so(lambda facts: True),
    "flags": _shares("flags", any_of=True),
    "not_flags": _shares("flags", any_of=False),
    "offences": _is_one("offence_code", of=True),
    "not_offences": _is_one("offence_code", of=False),
    "age_from": lambda value: lambda facts: facts.age is not None and facts.age >= value,
    "age_below": lambda value: lambda facts: facts.age is not None and facts.age < value,
    "risks": _is_one("risk_level", of=True),
    "not_risks": _is_one("risk_level", of=False),
    "has_disability": _is_so(attrgetter("disability")),
    "crimes_from": lambda value: lambda facts: facts.crimes_in_12_months >= value,
    "crimes_below": lambda value: lambda facts: facts.crimes_in_12_months < value,
    "patterns": _shares("patterns", any_of=True),
    "has_died": _is_so(attrgetter("has_died")),
    "is_suspect_here": _is_so(attrgetter("is_suspect_here")),
    "is_nameless_business": _is_so(attrgetter("is_nameless_business")),
    "has_secret": _is_so(attrgetter("has_secret")),
    "is_untold": _is_so(attrgetter("is_untold")),
    "sources": _is_one("source", of=True),
}
LISTS = frozenset(
    {"flags", "not_flags", "offences", "not_offences", "risks", "not_risks", "patterns", "sources"}
)
NUMBERS = frozenset({"age_from", "age_below", "crimes_from", "crimes_below"})


def check(way: Mapping[str, Any]) -> None:
    """Raises ValueError for a way that says nothing, or what no way may say."""
    if not way:
        raise ValueError("A way must say something.")
    for name, value in way.items():
        if name not in CONDITIONS:
            raise ValueError(f"No condition is called {name}.")
        if name in LISTS:
            fits = isinstance(value, list) and value and all(isinstance(one, str) for one in value)
        elif name in NUMBERS:
            fits = type(value) is int and 0 <= value <= 200
        else:
            fits = value is True
        if not fits:
            raise ValueError(f"{name} cannot be {value!r}.")


def _ready(way: Mapping[str, Any]) -> Fits:
    check(way)
    questions = [CONDITIONS[name](value) for name, value in way.items()]
    if len(questions) == 1:
        return questions[0]
    return lambda facts: all([question(facts) for question in questions])


def _any_of(ways: Sequence[Fits]) -> Fits:
    if len(ways) == 1:
        return ways[0]
    return lambda facts: any([fits(facts) for fits in ways])


# --- One version, ready ----------------------------------------------------------------------------


class Rules:
    """One version of the rules, made ready to judge. Raises ValueError for a way that cannot be."""

    def __init__(
        self, rules: Iterable[Rule], standards: Iterable[Standard], *, pk: int | None = None
    ) -> None:
        self.pk = pk  # of the version these came from; None for the table that came with the application
        self.rules = tuple(rules)
        self.standards = {standard.priority: standard for standard in standards}
        made = [(rule, _any_of([_ready(way) for way in rule.ways])) for rule in self.rules]
        # Whoever died is not contacted, but those who act for them are, and where nobody does, a supervisor says
        # who is: their referral goes on. That is no rule that anybody edits: it is the same in every version.
        self._suppress = [
            (rule.name, _any_of([_ready(way) for way in ways]))
            for rule in self.rules
            if rule.kind == "suppress" and (ways := [way for way in rule.ways if "has_died" not in way])
        ]
        self._priority = [(rule, fits) for rule, fits in made if rule.kind == "priority"]
        self._enhanced = [(rule.category, fits) for rule, fits in made if rule.kind == "enhanced"]
        said = [way for rule in self.rules for way in rule.ways]
        # The ages at which this version begins to answer otherwise, and the crimes beyond which it does not.
        self._ages = sorted(
            {CHILD, *(way[name] for way in said for name in ("age_from", "age_below") if name in way)}
        )
        self._most_crimes = max(
            (way[name] for way in said for name in ("crimes_from", "crimes_below") if name in way), default=0
        )
        # What was made of facts that this version does not tell apart, but for the channel; and the channels.
        self._verdicts: dict[tuple[Any, ...], tuple[int, bool, dict[str, Triage]]] = {}
        self._channels: dict[tuple[int, bool, tuple[tuple[str, str], ...]], str] = {}

    def judge(self, facts: Facts) -> Triage:
        """What becomes of a victim with these facts. Never raises."""
        crimes = facts.crimes_in_12_months
        key = (
            facts.flags,
            facts.offence_code,
            -1 if facts.age is None else bisect_right(self._ages, facts.age),
            facts.risk_level,
            not facts.disability,
            crimes if crimes < self._most_crimes else self._most_crimes,
            facts.patterns,
            facts.has_died,
            facts.is_suspect_here,
            facts.is_nameless_business,
            facts.source,
            facts.has_secret,
            facts.is_untold,
        )
        remembered = self._verdicts.get(key)
        if remembered is None:
            remembered = self._remember(key, facts)
        priority, in_danger, by_channel = remembered
        asked = (priority, in_danger, () if facts.has_died else facts.safe_to)
        channel = self._channels.get(asked)
        if channel is None:
            channel = self._channels[asked] = self._best_channel(*asked)
        made = by_channel.get(channel)
        if made is None:
            made = by_channel[channel] = by_channel[""]._replace(channel=channel)
        return made

    def _remember(self, key: tuple[Any, ...], facts: Facts) -> tuple[int, bool, dict[str, Triage]]:
        if len(self._verdicts) >= REMEMBERED:
            self._verdicts.clear()
        made = self._judge(facts)
        in_danger = (
            not DANGER_FLAGS.isdisjoint(facts.flags)
            or (facts.age is not None and facts.age < CHILD)
            or facts.risk_level == "HIGH"
            or facts.has_secret
        )
        remembered = self._verdicts[key] = (made.priority, in_danger, {"": made})
        return remembered

    def _judge(self, facts: Facts) -> Triage:
        """All but the channel."""
        fitting = [rule for rule, fits in self._priority if fits(facts)]
        return Triage(
            priority=(fitting[0].priority or LEAST) if fitting else LEAST,
            reasons=tuple(
                rule.name for place, rule in enumerate(fitting) if place == 0 or not rule.is_filler
            ),
            categories=tuple(dict.fromkeys(name for name, fits in self._enhanced if fits(facts))),
            channel="",
            suppressed_because=next((name for name, fits in self._suppress if fits(facts)), ""),
            decided_by=fitting[0].name if fitting else "",
        )

    def _best_channel(self, priority: int, in_danger: bool, safe_to: tuple[tuple[str, str], ...]) -> str:
        """The best channel known to be safe. Where there may be danger, a written one needs a yes.

        That is no rule that anybody edits: it is the same in every version.
        """
        answers = dict(safe_to)
        for channel in self.standards[priority].channels if priority in self.standards else CHANNELS:
            answer = answers.get(channel)
            if answer == "Y" or (answer == "" and (channel == "phone" or not in_danger)):
                return channel
        return ""

    def due_on(self, received_at: datetime, priority: int) -> date:
        """The last day for first contact by this version. Raises ValueError for a moment without a time zone."""
        standard = self.standards.get(priority)
        return day_due(*reached_us(received_at), standard.within if standard else 0)


def triage(facts: Facts, rules: Rules) -> Triage:
    """What becomes of a victim with these facts by these rules. Never raises."""
    return rules.judge(facts)


def reached_us(received_at: datetime) -> tuple[date, bool]:
    """The London day of this moment, and whether it was after the working day's end. Raises ValueError."""
    if received_at.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    there = received_at.astimezone(LONDON)
    return there.date(), there.time() >= DAY_ENDS


def day_due(received_on: date, is_late: bool, within: int) -> date:
    """The last day in time. Within 0 is the day it reached the unit when the unit was there, or else the next
    working day. `is_late` is after the end of that working day.
    """
    return _day_due(received_on, is_late, within, england_and_wales())


@lru_cache(maxsize=4096)
def _day_due(received_on: date, is_late: bool, within: int, bank_holidays: frozenset[date]) -> date:
    if within == 0 and not is_late and is_working_day(received_on, bank_holidays=bank_holidays):
        return received_on
    return add_working_days(received_on, max(within, 1), bank_holidays=bank_holidays)
