"""The Victims' Code as data: reads the files `code_*.toml`, and refuses one it does not understand."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from victimcare.cases.kinds import Kind

HERE = Path(__file__).parent

OWNERS = frozenset({"FORCE", "WCU", "CPS", "HMCTS", "PROBATION"})
CLOCKS = frozenset({"event", "receipt", "report", "decision", "request"})
PERS = frozenset({"victim", "suspect", "hearing"})
OWED_TO = frozenset({"VICTIM", "WITNESS", "REQUIRED_WITNESS"})
RESULTS = frozenset({"bail", "warrant", "rearrest", "outcome", "sentence", "adjourned"})
TRANSITIONS = frozenset({"trigger", "report"})
TOLD = "told"


class BadCatalogue(Exception):
    """A Code file says something this service does not know. The sentence names the rule and the word."""


@dataclass(frozen=True)
class Rule:
    """One row of the catalogue: who owes what to whom, when something happens, within how many working days.

    `standard` and `enhanced` are None where the Code gives no number. `met_by` is empty when telling is
    what meets it; else the kinds of event that do. `results` narrows RESULT_RECEIVED to its kinds of result.

    The rule counts from the day `in_force_from`, and before the day `in_force_until`, when its next version
    begins. `starts_by` and `ends_by` say whether it is the day of the trigger or of the report that decides.
    """

    key: str
    right: int
    owned_by: str
    trigger: tuple[str, ...]
    clock: str
    tell: str
    tell_cy: str = ""
    code: str = ""
    in_force_from: date = date.min
    in_force_until: date = date.max
    starts_by: str = "trigger"
    ends_by: str = "trigger"
    paragraph: str = ""
    standard: int | None = None
    enhanced: int | None = None
    met_by: tuple[str, ...] = ()
    met_when: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # values of the meeting event's data
    met_clock: str = "event"  # receipt: settled on the day we heard, as when a court passes its result on
    declined_by: tuple[str, ...] = ()
    per: str = "victim"
    owed_to: tuple[str, ...] = ("VICTIM",)
    results: tuple[str, ...] = ()
    when: Mapping[str, Any] = field(default_factory=dict)  # what the triggering event's data must say
    owner_when_detail_says: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    checked: bool = False
    is_local: bool = False

    @property
    def is_told(self) -> bool:
        """Met by telling; else by an event."""
        return not self.met_by

    @property
    def is_tracked(self) -> bool:
        """Opened by something this service records; else it stands in the catalogue alone."""
        return bool(self.trigger)

    @property
    def is_timed(self) -> bool:
        return self.standard is not None

    def limit(self, *, is_enhanced: bool) -> int | None:
        """Working days."""
        return self.enhanced if is_enhanced else self.standard

    def is_in_force(self, *, trigger_on: date, reported_on: date | None) -> bool:
        """Whether this version of the rule counts. Where nobody knows the report's day, the trigger's decides."""
        report = reported_on or trigger_on
        starts = report if self.starts_by == "report" else trigger_on
        ends = report if self.ends_by == "report" else trigger_on
        return self.in_force_from <= starts and ends < self.in_force_until

    @property
    def counts_from(self) -> str:
        """learned or occurred: which of an event's two days is day 0."""
        return "learned" if self.clock == "receipt" else "occurred"


@dataclass(frozen=True)
class Rulebook:
    """The rules duties are computed by: every version of the Code brought into force, and our own standards."""

    rules: tuple[Rule, ...]

    @cached_property
    def opened_by(self) -> dict[str, tuple[Rule, ...]]:
        """The rules each kind of event opens."""
        kinds = {kind for rule in self.rules for kind in rule.trigger}
        return {kind: tuple(rule for rule in self.rules if kind in rule.trigger) for kind in kinds}

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind of event that opens, meets or ends a duty, or says an event never happened."""
        named = (kind for rule in self.rules for kind in (*rule.trigger, *rule.met_by, *rule.declined_by))
        return frozenset(
            {*named, Kind.WITNESS_REQUIRED, Kind.WITNESS_NOT_REQUIRED, Kind.DUTY_EXCUSED, Kind.WITHDRAWN}
        )

    @cached_property
    def by_key(self) -> dict[str, Rule]:
        """Each rule by its key, in its latest version."""
        return {rule.key: rule for rule in sorted(self.rules, key=lambda rule: rule.in_force_from)}

    def rule_on(self, key: str, day: date) -> Rule | None:
        """The version of this rule that counts for what happens, and is reported, on this day."""
        in_force = (
            rule
            for rule in self.rules
            if rule.key == key and rule.is_in_force(trigger_on=day, reported_on=day)
        )
        return next(in_force, None)


@dataclass(frozen=True)
class Code(Rulebook):
    """One version of the Victims' Code, as its file says it."""

    key: str = ""
    title: str = ""
    in_force_from: date = date.min
    transition: str = "trigger"  # whether the day of the trigger or of the report says which version counts
    sha256: str = ""
    file: str = ""


def rule_from(row: dict[str, Any], *, code: str, in_force_from: date) -> Rule:
    """One table of a Code file. Raises BadCatalogue for a word, key, kind or limit that is not known."""
    key = str(row.get("key", "?"))

    def unknown(what: str, words: Iterable[Any]) -> None:
        listed = ", ".join(map(str, words))
        if listed:
            raise BadCatalogue(f"{code} {key}: {what} {listed} is not known.")

    unknown("the word", sorted(row.keys() - Rule.__dataclass_fields__.keys()))
    met_by = () if row.get("met_by", TOLD) == TOLD else tuple(row["met_by"])
    try:
        rule = Rule(
            **row
            | {
                "code": code,
                "in_force_from": in_force_from,
                "trigger": tuple(row["trigger"]),
                "met_by": met_by,
                "met_when": {name: tuple(values) for name, values in row.get("met_when", {}).items()},
                "declined_by": tuple(row.get("declined_by", ())),
                "owed_to": tuple(row.get("owed_to", ("VICTIM",))),
                "results": tuple(row.get("results", ())),
            }
        )
    except (KeyError, TypeError) as missing:
        raise BadCatalogue(f"{code} {key}: something is missing: {missing}.") from missing
    unknown("event kind", sorted({*rule.trigger, *rule.met_by, *rule.declined_by} - set(Kind.values)))
    unknown("owner", {rule.owned_by, *rule.owner_when_detail_says.values()} - OWNERS)
    unknown("clock", {rule.clock, rule.met_clock} - CLOCKS)
    unknown("per", {rule.per} - PERS)
    unknown("owed_to", set(rule.owed_to) - OWED_TO)
    unknown("result", set(rule.results) - RESULTS)
    if (rule.standard is None) != (rule.enhanced is None):
        raise BadCatalogue(f"{code} {key}: give both limits or neither.")
    return rule


def read(text: str, *, file: str = "") -> Code:
    """A Code from the words of its file. Raises BadCatalogue when it cannot be trusted."""
    try:
        said = tomllib.loads(text)
        about = said["code"]
        key, start = str(about["key"]), about["in_force_from"]
        transition = about.get("transition", "trigger")
        if transition not in TRANSITIONS:
            raise BadCatalogue(f"{key}: the transition {transition} is not known.")
        rules = tuple(rule_from(row, code=key, in_force_from=start) for row in said["rules"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as fault:
        raise BadCatalogue(f"{file or 'The file'} is not a Code file: {fault}.") from fault
    twice = sorted({rule.key for rule in rules if sum(other.key == rule.key for other in rules) > 1})
    if twice:
        raise BadCatalogue(f"{key}: {', '.join(twice)} stands there twice.")
    return Code(
        rules, key, str(about["title"]), start, transition, hashlib.sha256(text.encode()).hexdigest(), file
    )


@lru_cache(maxsize=1)
def codes() -> dict[str, Code]:
    """Every Code file beside this module, by its key. Raises BadCatalogue: the application does not start."""
    files = sorted(HERE.glob("code_*.toml"))
    read_codes = [read(path.read_text("utf-8"), file=path.name) for path in files]
    return {code.key: code for code in read_codes}
