"""The right victim first: plain facts in; priority, provisional entitlement, channel and reasons out. Pure.

Rules are ordered data: the first that fits gives the priority, every one that fits gives its reason. The
names of rules are what is stored; `in_words` says them. Suppressed victims are not contacted by the unit;
the Code's duties to them run all the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from victimcare.cases.safe_contact import DANGER_FLAGS
from victimcare.working_days import add_working_days, england_and_wales, is_working_day

# Working days within which the unit makes first contact: its own standard, not the Code's.
DUE_IN = {1: 0, 2: 2, 3: 5, 4: 10}
LEAST = 4

GRIEVOUS_HARM = frozenset({"2", "5D", "5E", "8F"})
ROBBERY = frozenset({"34A", "34B"})
DWELLING_BURGLARY = frozenset({"28", "28A", "28B", "28C", "28D", "28E", "28F", "28G", "28H"})
SEXUAL = frozenset({"17A", "17B", "19C", "19D", "19E", "19F", "19G", "19H", "20A", "20B"})
FRAUD = frozenset({"53B", "53C", "53D"})
# Nobody was hurt or faced: information is sent unless something about the victim says otherwise.
ABOUT_THINGS = frozenset({"30C", "45", "46", "48", "49", "53C", "56B", "58C", "58D"})


@dataclass(frozen=True)
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
    safe_to: tuple[
        tuple[str, str], ...
    ] = ()  # phone, text, email, post: Y, N or "" for each that has a destination


@dataclass(frozen=True)
class Triage:
    """What becomes of a referral. `reasons` and `suppressed_because` are names of rules."""

    priority: int
    reasons: tuple[str, ...]
    categories: tuple[str, ...]  # provisional enhanced rights; empty is standard
    channel: str  # phone, text, email, post; "" when none is known to be safe
    suppressed_because: str = ""

    @property
    def is_enhanced(self) -> bool:
        return bool(self.categories)


@dataclass(frozen=True)
class Rule:
    """One line of the table: its name, the words people read, the priority it gives, and when it fits."""

    name: str
    words: str | Promise
    priority: int
    fits: Callable[[Facts], bool]


def _flag(name: str) -> Callable[[Facts], bool]:
    return lambda facts: name in facts.flags


def _is_child(facts: Facts) -> bool:
    return facts.age is not None and facts.age < 18


def _is_older(facts: Facts) -> bool:
    return facts.age is not None and facts.age >= 65


RULES: tuple[Rule, ...] = (
    Rule("rape_or_sexual_offence", _("rape or serious sexual offence"), 1,
         lambda f: "RASSO" in f.flags or f.offence_code in SEXUAL),
    Rule("domestic_abuse_high", _("domestic abuse, high risk"), 1,
    lambda f: "DA" in f.flags and f.risk_level == "HIGH"),
    Rule("domestic_abuse_medium", _("domestic abuse, medium risk"), 1,
         lambda f: "DA" in f.flags and f.risk_level == "MEDIUM"),
    Rule("stalking", _("stalking"), 1, lambda f: "STALKING" in f.flags or f.offence_code == "8Q"),
    Rule("honour_based_abuse", _("honour-based abuse"), 1, _flag("HBA")),
    Rule("modern_slavery", _("modern slavery or trafficking"), 1,
         lambda f: "MSHT" in f.flags or f.offence_code == "106"),
    Rule("child_exploitation", _("child sexual exploitation"), 1, _flag("CSE")),
    Rule("child", _("under 18"), 1, _is_child),
    Rule("attempted_murder", _("attempted murder"), 1, lambda f: f.offence_code == "2"),
    Rule("bereaved", _("a death by crime"), 1, lambda f: "HOMICIDE" in f.flags or f.offence_code == "1"),
    Rule("domestic_abuse", _("domestic abuse"), 2,
         lambda f: "DA" in f.flags and f.risk_level not in ("HIGH", "MEDIUM")),
    Rule("hate", _("hate crime"), 2, _flag("HATE")),
    Rule("grievous_harm", _("serious violence"), 2, lambda f: f.offence_code in GRIEVOUS_HARM - {"2"}),
    Rule("threats_to_kill", _("threats to kill"), 2, lambda f: f.offence_code == "3B"),
    Rule("robbery", _("robbery"), 2, lambda f: f.offence_code in ROBBERY),
    Rule("arson_endangering_life", _("arson endangering life"), 2, lambda f: f.offence_code == "56A"),
    Rule("repeat", _("third crime or more in 12 months"), 2, lambda f: f.crimes_in_12_months >= 3),
    Rule("burglary_of_older_person", _("home of someone aged 65 or over burgled"), 2,
         lambda f: f.offence_code in DWELLING_BURGLARY and _is_older(f)),
    Rule("fraud_of_vulnerable", _("fraud against someone who may be vulnerable"), 2,
         lambda f: f.offence_code in FRAUD and (_is_older(f) or bool(f.disability))),
    Rule("vulnerable", _("a health condition or disability"), 2, lambda f: bool(f.disability)),
    Rule("second_crime", _("second crime in 12 months"), 3, lambda f: f.crimes_in_12_months == 2),
    Rule("against_the_person", _("a crime against a person or their home"), 3,
         lambda f: f.offence_code not in ABOUT_THINGS),
    Rule("about_things", _("no ground for a call found: information is sent"), LEAST, lambda f: True),
)  # fmt: skip

SUPPRESSIONS: tuple[Rule, ...] = (
    Rule("died", _("This person has died. Those who act for them are contacted instead."), LEAST,
    lambda f: f.has_died),
    Rule("suspect_here", _("This person is also a suspect in this case. The officer in the case "
                           "decides."), LEAST,
         lambda f: f.is_suspect_here),
    Rule("nameless_business", _("A business without a named contact. Ask the officer in the case "
                                "for one."), LEAST,
         lambda f: f.is_nameless_business),
)  # fmt: skip

# Provisional enhanced rights under the Victims' Code, until somebody has assessed.
ENHANCED: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    (
        "serious_crime",
        lambda f: (
            bool(f.flags & {"DA", "RASSO", "HATE", "MSHT", "HBA", "HOMICIDE", "CSE"})
            or f.offence_code in SEXUAL | GRIEVOUS_HARM | {"1", "36", "56A", "106"}
        ),
    ),
    (
        "persistently_targeted",
        lambda f: "STALKING" in f.flags or f.offence_code == "8Q" or f.crimes_in_12_months >= 3,
    ),
    ("vulnerable", lambda f: _is_child(f) or bool(f.disability)),
    ("intimidated", lambda f: "HBA" in f.flags or f.risk_level == "HIGH" or f.offence_code == "3B"),
)

_WORDS: dict[str, str | Promise] = {rule.name: rule.words for rule in (*RULES, *SUPPRESSIONS)}
# Said only when nothing stronger is.
_WEAK = frozenset({"against_the_person", "about_things"})


def triage(facts: Facts) -> Triage:
    """What becomes of a victim with these facts. Never raises."""
    fitting = [rule for rule in RULES if rule.fits(facts)]
    strong = [rule for rule in fitting if rule.name not in _WEAK]
    priority = min(rule.priority for rule in fitting)
    return Triage(
        priority=priority,
        reasons=tuple(rule.name for rule in (strong or fitting[:1])),
        categories=tuple(name for name, fits in ENHANCED if fits(facts)),
        channel=_channel(facts, priority),
        suppressed_because=next((rule.name for rule in SUPPRESSIONS if rule.fits(facts)), ""),
    )


def _channel(facts: Facts, priority: int) -> str:
    """Phone first, but for information only. Where there may be danger, a written channel needs a yes."""
    in_danger = bool(facts.flags & DANGER_FLAGS) or _is_child(facts)
    answers = dict(facts.safe_to)
    for channel in (
        ("phone", "text", "email", "post") if priority < LEAST else ("text", "email", "post", "phone")
    ):
        answer = answers.get(channel)
        if answer == "Y" or (answer == "" and (channel == "phone" or not in_danger)):
            return channel
    return ""


def in_words(names: Iterable[str]) -> list[str]:
    """The rules' words in the reader's language. A name we no longer know is shown as it is."""
    return [str(_WORDS.get(name, name)) for name in names]


@lru_cache(maxsize=4096)
def due_on(received_on: date, priority: int) -> date:
    """The last day for first contact. Day 0 is the day it reached the unit, or the next working day."""
    holidays = england_and_wales()
    start = received_on
    if DUE_IN[priority] == 0 and not is_working_day(start, bank_holidays=holidays):
        return add_working_days(start, 1, bank_holidays=holidays)
    return add_working_days(start, DUE_IN[priority], bank_holidays=holidays)
