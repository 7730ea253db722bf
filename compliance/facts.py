"""Turns rows into the plain facts the engine reads: one query a table, for one case or two thousand."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby, zip_longest
from typing import Any

from django.db.models import BigIntegerField, F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import TruncDate

from compliance import words
from compliance.calendar.reading import as_of
from compliance.catalogue import Rule, Rulebook, codes
from compliance.engine import Happened, Served, Told
from compliance.models import CodeVersion, LocalStandard
from contacts.models import TELLS, Contact
from victimcare.calendars import Calendar, current
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.letters.models import Letter
from victimcare.lookups import is_any
from victimcare.prepared import Asked, Given, Prepared, ask_together
from victimcare.working_days import LONDON, london_day

LOCAL = "LOCAL"


@dataclass(frozen=True, slots=True)
class Care:
    """Who of the unit looks after a participant."""

    case: int
    team: int | None
    officer: int | None


@dataclass(slots=True)
class Facts:
    """What is known of some cases. Keys are primary keys."""

    rulebook: Rulebook = field(default_factory=lambda: Rulebook(()))
    calendar: Calendar = field(default_factory=current)
    served: dict[int, list[Served]] = field(default_factory=lambda: defaultdict(list))  # by case
    care: dict[int, Care] = field(default_factory=dict)  # by participant
    events: dict[int, list[Happened]] = field(default_factory=lambda: defaultdict(list))  # by case
    told: dict[int, list[Told]] = field(default_factory=lambda: defaultdict(list))  # by participant
    beside: list[list[Any]] = field(default_factory=list)  # the answers to what else was asked


def rulebook() -> Rulebook:
    """Every version of the Code that was brought into force, each until the next, and our own standards."""
    return Rulebook((*_of_the_code(), *local_rules()))


def _of_the_code() -> Iterator[Rule]:
    versions = [row for row in CodeVersion.objects.brought_into_force() if row.key in codes()]
    for row, after in zip_longest(versions, versions[1:]):
        for rule in codes()[row.key].rules:
            yield replace(
                rule,
                in_force_from=row.in_force_from,
                starts_by=row.transition,
                in_force_until=after.in_force_from if after else date.max,
                ends_by=after.transition if after else rule.ends_by,
            )


def local_rules() -> Iterator[Rule]:
    """The unit's own standards, each version until the next, as rules that are never reported as the Code's."""
    rows = LocalStandard.objects.approved().order_by("key", "effective_from", "number")
    for _key, versions in groupby(rows, key=lambda row: row.key):
        ordered = list(versions)
        words.OURS[ordered[-1].key] = (ordered[-1].name, ordered[-1].name_cy)
        for row, after in zip_longest(ordered, ordered[1:]):
            if row.is_kept:
                yield local_rule(row, until=after.effective_from if after else date.max)


def local_rule(row: LocalStandard, *, until: date = date.max) -> Rule:
    """One version of one of our own standards as a rule, which telling the victim meets."""
    puts_right = row.trigger == Kind.RIGHT_NOT_MET  # whoever was late, and a witness too
    return Rule(
        key=row.key,
        right=row.right,
        owned_by="FORCE",
        trigger=(row.trigger,),
        clock=row.clock,
        tell=row.title,
        tell_cy=row.title_cy,
        code=LOCAL,
        in_force_from=row.effective_from,
        in_force_until=until,
        standard=row.standard,
        enhanced=row.enhanced,
        owed_to=("VICTIM", "WITNESS") if puts_right else ("VICTIM",),
        owner_when_detail_says={"OWED BY WCU": "WCU"} if puts_right else {},
        source="The unit's own standard",
        checked=True,
        is_local=True,
    )


# What a change of the rules always changes: a row is added to the history of one of these tables.
_STAMP = RawSQL(
    """(SELECT concat(
        (SELECT max(history_id) FROM compliance_historicalcodeversion), '/',
        (SELECT max(history_id) FROM compliance_historicallocalstandard)))""",
    (),
)
# How many versions of the calendar two people approved: none is ever taken back.
_CALENDARS = RawSQL(
    "(SELECT count(*) FROM compliance_calendarversion WHERE number IS NOT NULL)", (), BigIntegerField()
)
_newest: tuple[str, Rulebook] | None = None


def _rulebook_as_of(stamp: str) -> Rulebook:
    """The rulebook, read again only when a rule was changed since this process read it."""
    global _newest
    if _newest is None or _newest[0] != stamp:
        _newest = (stamp, rulebook())
    return _newest[1]


def facts_of(case_ids: Collection[int], *beside: Asked, by: Rulebook | None = None) -> Facts:
    """What is known of these cases, as far as the rules in force care, or those of `by`.

    Two queries, however many cases; two more when the rules changed since this process last asked. What is asked
    `beside` the first is answered in `facts.beside`.
    """
    facts, cases = Facts(), list(case_ids)
    people, told, *facts.beside = ask_together(
        _all_served.of(cases=cases), _all_that_told.of(cases=cases), *beside
    )
    stands_for = _people(facts, people, by)
    if facts.served:
        _events(facts, case_ids, stands_for)
        _tellings(facts, told, stands_for)
    return facts


def _london(moment: str) -> TruncDate:
    """The London day of a moment, as the database tells it: to read moments and turn them costs a third of a year."""
    return TruncDate(moment, tzinfo=LONDON)


def _people(facts: Facts, rows: list[Any], by: Rulebook | None) -> dict[int, int]:
    """Fills in who is served. Returns whom each participant stands for: mostly themselves."""
    stands_for: dict[int, int] = {}
    for n, ((pk, case, role, represents, team, officer, reported, stamp, approved), dated) in enumerate(
        groupby(rows, key=lambda row: (*row[:7], *row[9:]))
    ):
        if n == 0:  # the same in every row
            facts.rulebook, facts.calendar = by or _rulebook_as_of(stamp), as_of(approved)
        stands_for[pk] = represents or pk
        if role != Participant.Role.REPRESENTATIVE:
            enhanced = tuple((row[7], row[8]) for row in dated if row[7])
            facts.care[pk] = Care(case, team, officer)
            facts.served[case].append(Served(pk, role, enhanced, reported))
    return stands_for


@Prepared
def _all_served() -> QuerySet[Participant, Any]:
    return (
        Participant.objects.served()
        .filter(is_any("case_id", Given("cases")))
        .order_by("pk", "entitlements__from_on", "entitlements__pk")
        .values_list(
            "pk", "case_id", "role", "represents_id", "team_id", "officer_id", _london("case__reported_at"),
            "entitlements__from_on", "entitlements__is_enhanced", _STAMP, _CALENDARS,
        )
    )  # fmt: skip


def _events(facts: Facts, case_ids: Collection[int], stands_for: dict[int, int]) -> None:
    rows = _all_that_happened(cases=list(case_ids), kinds=sorted(facts.rulebook.kinds))
    for (
        case,
        pk,
        kind,
        occurred,
        learned,
        reference,
        participant,
        suspect,
        hearing,
        detail,
        data,
        replaces,
    ) in rows:
        facts.events[case].append(
            Happened(
                pk,
                kind,
                occurred,
                learned,
                reference,
                stands_for.get(participant, participant),
                suspect,
                hearing,
                detail,
                data,
                replaces,
            )
        )


@Prepared
def _all_that_happened() -> QuerySet[Event, Any]:
    return (
        Event.objects.filter(is_any("case_id", Given("cases")), is_any("kind", Given("kinds")))
        .order_by("pk")
        .values_list(
            "case_id", "pk", "kind", _london("occurred_at"), _london("learned_at"), "reference", "participant_id",
            "suspect_id", "hearing", "detail", "data", "replaces_id",
        )
    )  # fmt: skip


def _tellings(facts: Facts, rows: list[Any], stands_for: dict[int, int]) -> None:
    """What told, in the order it did: contacts that reached the victim or who acts for them; letters sent."""
    for at, reference, participant, event in sorted(rows):
        facts.told[stands_for.get(participant, participant)].append(Told(event, london_day(at), reference))


@Prepared
def _all_that_told() -> QuerySet[Any, Any]:
    contacts = (
        Contact.tells.through.objects.filter(
            is_any("contact__participant__case_id", Given("cases")), contact__outcome__in=TELLS
        )
        .filter(
            Q(contact__spoke_to=None)
            | Q(contact__spoke_to=F("contact__participant"))
            | Q(contact__spoke_to__represents=F("contact__participant"))
            | Q(contact__participant__represents=F("contact__spoke_to"))
        )
        .values_list("contact__at", "contact__reference", "contact__participant_id", "event_id")
    )
    letters = (
        Letter.tells.through.objects.filter(
            is_any("letter__participant__case_id", Given("cases")), letter__status=Letter.Status.DISPATCHED
        )
        # A letter that came back told nobody.
        .exclude(letter__reference__in=_returned())
        .values_list("letter__dispatched_at", "letter__reference", "letter__participant_id", "event_id")
    )
    return contacts.union(letters, all=True)


def _returned() -> QuerySet[Contact, str]:
    """References of the letters that were noted as returned."""
    back = Contact.objects.filter(
        is_any("participant__case_id", Given("cases")), outcome=Contact.Outcome.RETURNED
    )
    return back.exclude(letter="").values_list("letter", flat=True)
