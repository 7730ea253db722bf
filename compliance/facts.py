"""Turns rows into the plain facts the engine reads: one query a table, for one case or two thousand."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.db.models import F, Q, QuerySet

from compliance.catalogue import Code, Rule, Rulebook, codes
from compliance.engine import Happened, Served, Told
from compliance.models import CodeVersion, LocalStandard
from contacts.models import TELLS, Contact
from victimcare.cases.models import Entitlement, Event, Participant
from victimcare.letters.models import Letter
from victimcare.lookups import is_any
from victimcare.working_days import london_day

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

    served: dict[int, list[Served]] = field(default_factory=lambda: defaultdict(list))  # by case
    care: dict[int, Care] = field(default_factory=dict)  # by participant
    events: dict[int, list[Happened]] = field(default_factory=lambda: defaultdict(list))  # by case
    told: dict[int, list[Told]] = field(default_factory=lambda: defaultdict(list))  # by participant


def code_in_force(day: date) -> Code | None:
    """The Code that counts on this day, from its file; None before any was brought into force."""
    version = CodeVersion.objects.in_force_on(day)
    return codes().get(version.key) if version else None


def local_rules(day: date) -> tuple[Rule, ...]:
    """The unit's own standards in their latest version, as rules that are never reported as the Code's."""
    latest = LocalStandard.objects.filter(effective_from__lte=day).order_by("key", "-number").distinct("key")
    return tuple(
        Rule(
            key=row.key,
            right=row.right,
            owned_by="FORCE",
            trigger=(row.trigger,),
            clock=row.clock,
            tell=row.title,
            code=LOCAL,
            in_force_from=row.effective_from,
            standard=row.standard,
            enhanced=row.enhanced,
            source="The unit's own standard",
            checked=True,
            is_local=True,
        )
        for row in latest
    )


def rulebook_on(day: date) -> Rulebook:
    """The Code in force and the unit's own standards. Two queries."""
    code = code_in_force(day)
    return Rulebook((*(code.rules if code else ()), *local_rules(day)))


def facts_of(case_ids: Collection[int], rulebook: Rulebook) -> Facts:
    """Four queries, however many cases."""
    facts = Facts()
    stands_for = _people(facts, case_ids)
    _events(facts, case_ids, rulebook, stands_for)
    _tellings(facts, case_ids, stands_for)
    return facts


def _people(facts: Facts, case_ids: Collection[int]) -> dict[int, int]:
    """Fills in who is served. Returns whom each participant stands for: mostly themselves."""
    stands_for: dict[int, int] = {}
    enhanced: dict[int, list[tuple[date, bool]]] = defaultdict(list)
    for participant, day, is_enhanced in (
        Entitlement.objects.filter(is_any("participant__case_id", case_ids))
        .order_by("from_on", "pk")
        .values_list("participant_id", "from_on", "is_enhanced")
    ):
        enhanced[participant].append((day, is_enhanced))
    for pk, case, role, represents, team, officer in (
        Participant.objects.served()
        .filter(is_any("case_id", case_ids))
        .order_by("pk")
        .values_list("pk", "case_id", "role", "represents_id", "team_id", "officer_id")
    ):
        stands_for[pk] = represents or pk
        if role != Participant.Role.REPRESENTATIVE:
            facts.care[pk] = Care(case, team, officer)
            facts.served[case].append(Served(pk, role, tuple(enhanced.get(pk, ()))))
    return stands_for


def _events(facts: Facts, case_ids: Collection[int], rulebook: Rulebook, stands_for: dict[int, int]) -> None:
    rows = (
        Event.objects.filter(is_any("case_id", case_ids), kind__in=rulebook.kinds)
        .order_by("pk")
        .values_list(
            "case_id", "pk", "kind", "occurred_at", "learned_at", "reference", "participant_id", "suspect_id",
            "hearing", "detail", "data", "replaces_id",
        )
    )  # fmt: skip
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
                london_day(occurred),
                london_day(learned),
                reference,
                stands_for.get(participant, participant),
                suspect,
                hearing,
                detail,
                data,
                replaces,
            )
        )


def _tellings(facts: Facts, case_ids: Collection[int], stands_for: dict[int, int]) -> None:
    """What told, in the order it did: contacts that reached the victim or who acts for them; letters sent."""
    contacts = (
        Contact.tells.through.objects.filter(
            is_any("contact__participant__case_id", case_ids), contact__outcome__in=TELLS
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
            is_any("letter__participant__case_id", case_ids), letter__status=Letter.Status.DISPATCHED
        )
        # A letter that came back told nobody.
        .exclude(letter__reference__in=_returned(case_ids))
        .values_list("letter__dispatched_at", "letter__reference", "letter__participant_id", "event_id")
    )
    for at, reference, participant, event in sorted(contacts.union(letters, all=True)):
        facts.told[stands_for.get(participant, participant)].append(Told(event, london_day(at), reference))


def _returned(case_ids: Collection[int]) -> QuerySet[Contact, str]:
    """References of the letters that were noted as returned."""
    back = Contact.objects.filter(is_any("participant__case_id", case_ids), outcome=Contact.Outcome.RETURNED)
    return back.exclude(letter="").values_list("letter", flat=True)
