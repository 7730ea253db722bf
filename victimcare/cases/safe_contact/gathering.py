"""What the rule looks at, read once for everybody that a batch of verdicts is about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import CharField, DateTimeField, F, OuterRef, QuerySet, Value

from victimcare import clock
from victimcare.cases.links import CHAIN
from victimcare.cases.models import Participant, PendingChange, Person, SafeContact
from victimcare.cases.safe_contact.danger import Known, all_around, known_of
from victimcare.cases.safe_contact.destinations import person_keys
from victimcare.cases.safe_contact.rule import CHILD
from victimcare.lookups import is_any
from victimcare.prepared import Asked, Given, Prepared, ask_together


@dataclass(frozen=True)
class Gathered:
    """What is held of one person, before a channel is chosen."""

    safe: SafeContact
    stricter: SafeContact  # with the answers of every record linked to this person's
    suspect_keys: frozenset[str]
    is_suspect: bool
    is_flagged_elsewhere: bool
    has_died: bool
    is_unsafe_elsewhere: bool
    told_when_at: Person | None  # where this person was reached when they gave their answers
    decided_when_at: Person | None = None  # and when a supervisor decided about a child
    born_on: date | None = None  # where two records differ, the younger
    is_tied_to_suspect: bool = False
    acted_for_by: str = ""
    changing: frozenset[str] = frozenset()  # what of theirs waits to be verified
    wrong: dict[str, date] = field(default_factory=dict)  # numbers that are somebody else's, and since when


class Everybody:
    """What is read, once, of everybody that a batch of verdicts is about, and of everybody linked to them."""

    def __init__(
        self, participants: list[Participant], acting: dict[int, list[Participant]] | None = None
    ) -> None:
        self.acting = _acting_for(participants) if acting is None else acting
        everyone = [*participants, *(part for each in self.acting.values() for part in each)]
        self.wards = _wards(everyone)
        people = {part.person_id for part in everyone} | set(self.wards.values())
        # Few have other records: who is around them is asked at once, and anew where somebody has.
        linked, around = ask_together(
            Asked(LINKED_WITH_ANSWERS, [sorted(people)]), all_around.of(people=list(people))
        )
        self.groups, self.answers = _linked_with_answers(people, linked)
        everybody = people.union(*self.groups.values())
        self.known, self.suspected = known_of(everybody, around if everybody == people else None)
        self.lives, self.changing = _lives(
            everybody | {pk for each in self.known.values() for pk in each.suspects | each.near}
        )

    def of(self, part: Participant) -> Gathered:
        """Everything about one of them; the stricter of what is held of all who are the same human being."""
        group = self.groups[part.person_id]
        safe = self.answers.get(part.person_id) or SafeContact()
        theirs = self._of_group(group)
        around = Known()
        around.add(theirs)
        ward = self.wards.get(part.pk)
        if ward is not None:
            around.add(self._of_group(self.groups[ward]))
        suspects = around.suspects
        # Of a suspect who turned out to be linked to her, every number and address stays closed.
        keys = self._keys(suspects - {part.person_id})
        own = group if ward is None else group | self.groups[ward]
        keys |= self._keys(self._household(around, keys) - own)
        others = [answer for pk in group - {part.person_id} if (answer := self.answers.get(pk))]
        return Gathered(
            safe=safe,
            stricter=_stricter(safe, others),
            suspect_keys=keys,
            is_suspect=any((part.case_id, pk) in self.suspected for pk in group)
            or (ward is not None and bool(suspects & group)),
            is_flagged_elsewhere=theirs.is_flagged,
            has_died=theirs.was_closed_as_dead or any(self._has_died(pk) for pk in group),
            is_unsafe_elsewhere=any(self.known[pk].was_closed_as_unsafe for pk in group),
            told_when_at=_as_it_was(self.lives[part.person_id], safe.confirmed_at),
            decided_when_at=_as_it_was(self.lives[part.person_id], safe.child_decided_at),
            born_on=max(filter(None, (self._born(pk) for pk in group)), default=None),
            is_tied_to_suspect=ward is not None and bool(self._keys(group) & keys),
            acted_for_by=next(
                (each.person.name for each in self.acting.get(part.pk, ()) if self.may_act(each)), ""
            ),
            changing=frozenset(what for pk in group for what in self.changing.get(pk, ())),
            wrong={
                now.wrong_number: now.wrong_number_on
                for pk in group
                for now, since in self.lives[pk]
                if since is None and now.wrong_number and now.wrong_number_on
            },
        )

    def may_act(self, representative: Participant) -> bool:
        """Alive, no suspect, and neither living nor sharing a phone with one."""
        return not self.why_not_to_act(representative)

    def why_not_to_act(self, representative: Participant) -> str:
        """The rule by which this one may not act for the victim: died, suspect, tied_to_suspect; "" when they may."""
        facts = self.of(representative)
        if facts.has_died:
            return "died"
        if facts.is_suspect:
            return "suspect"
        return "tied_to_suspect" if facts.is_tied_to_suspect else ""

    def _of_group(self, group: frozenset[int]) -> Known:
        together = Known()
        for pk in group:
            together.add(self.known[pk])
        return together

    def _household(self, around: Known, keys: frozenset[str]) -> set[int]:
        """Who lives or lived with a suspect, or shares a phone with one: a partner, and whoever is known there.

        Only of those in a case of theirs who are no victims: she who fled him is nobody's household.
        """
        near = around.near - around.suspects
        return {pk for pk in near if pk in around.partners or self._keys([pk]) & keys}

    def _keys(self, people: Iterable[int]) -> frozenset[str]:
        """Where these people are or were reached."""
        lives = (place for pk in people for place, _at in self.lives[pk])
        return frozenset(key for place in lives for key in person_keys(place)) - {""}

    def _born(self, person: int) -> date | None:
        return next((now.date_of_birth for now, since in self.lives[person] if since is None), None)

    def _has_died(self, person: int) -> bool:
        return any(since is None and now.date_of_death for now, since in self.lives[person])


def gather_all(
    participants: list[Participant], acting: dict[int, list[Participant]] | None = None
) -> dict[int, Gathered]:
    """The answers of each, where every suspect of any case of theirs is or was reached, and who has died."""
    facts = Everybody(participants, acting)
    for part in participants:  # so that a page need not ask again whether there are other records
        part.has_linked_records = len(facts.groups[part.person_id]) > 1  # type: ignore[attr-defined]
        part.may_not_act = {  # type: ignore[attr-defined]
            each.pk: facts.why_not_to_act(each) for each in facts.acting.get(part.pk, ())
        }
    return {part.pk: facts.of(part) for part in participants}


def _linked_with_answers(
    people: set[int], rows: list[Any]
) -> tuple[dict[int, frozenset[int]], dict[int, SafeContact]]:
    """Who is the same human being as each of these, and the answers of all of them, by person."""
    groups: dict[int, set[int]] = {pk: {pk} for pk in people}
    answers: dict[int, SafeContact] = {}
    for start, person, answered, *values in rows:
        groups[start].add(person)
        if answered:
            answers[person] = SafeContact.from_db(connection.alias, ANSWER_FIELDS, values)
    return {pk: frozenset(group) for pk, group in groups.items()}, answers


ANSWER_FIELDS = [each.attname for each in SafeContact._meta.concrete_fields]
LINKED_WITH_ANSWERS = CHAIN + (
    f"SELECT chain.start, chain.person, safe.id IS NOT NULL, "  # noqa: S608 - names of our own columns
    f"{', '.join(f'safe.{each.column}' for each in SafeContact._meta.concrete_fields)} "
    f"FROM chain LEFT JOIN {SafeContact._meta.db_table} AS safe ON safe.person_id = chain.person"
)


def _acting_for(participants: list[Participant]) -> dict[int, list[Participant]]:
    """Who acts for those who are dead or children, in the order they came. No query where nobody is."""
    today = clock.today()
    asked = [
        part.pk
        for part in participants
        if part.role == Participant.Role.VICTIM and _needs_somebody(part, today)
    ]
    acting: dict[int, list[Participant]] = {}
    if asked:
        rows = Participant.objects.filter(represents__in=asked, closed_at=None).select_related(
            "person", "case"
        )
        for part in rows.order_by("pk"):
            acting.setdefault(part.represents_id, []).append(part)  # type: ignore[arg-type]
    return acting


def _needs_somebody(part: Participant, today: date) -> bool:
    age = part.person.age_on(today)
    return (
        part.person.date_of_death is not None
        or part.closure_reason == Participant.Closure.DECEASED
        or (age is not None and age < CHILD)
    )


def _wards(participants: list[Participant]) -> dict[int, int]:
    """The person whom each representative acts for. No query where all are among these."""
    acts_for = {part.pk: part.represents_id for part in participants if part.represents_id}
    if not acts_for:
        return {}
    people = {part.pk: part.person_id for part in participants}
    if left := set(acts_for.values()) - set(people):
        people |= dict(Participant.objects.filter(pk__in=left).values_list("pk", "person_id"))
    return {pk: people[ward] for pk, ward in acts_for.items()}


def _stricter(safe: SafeContact, others: list[SafeContact]) -> SafeContact:
    """These answers, with every no, every protected address and the narrowest hours of the linked records."""
    if not others:
        return safe
    together = [safe, *others]
    strict = SafeContact()
    for channel in ANSWERED:
        refused = any(getattr(each, channel) == SafeContact.Safe.NO for each in together)
        setattr(strict, channel, SafeContact.Safe.NO if refused else getattr(safe, channel))
    strict.call_from = max((each.call_from for each in together if each.call_from), default=None)
    strict.call_until = min((each.call_until for each in together if each.call_until), default=None)
    strict.address_is_protected = any(each.address_is_protected for each in together)
    strict.withhold_number = any(each.withhold_number for each in together)
    strict.confirmed_at = safe.confirmed_at
    return strict


ANSWERED = ("phone", "text", "email", "post", "voicemail")


def _lives(
    person_ids: set[int],
) -> tuple[dict[int, list[tuple[Person, datetime | None]]], dict[int, list[str]]]:
    """Each person as they are and were, with the moment of each change: an old key still opens a door.

    Beside it what of theirs waits to be verified. One query.
    """
    lives: dict[int, list[tuple[Person, datetime | None]]] = {pk: [] for pk in person_ids}
    changing: dict[int, list[str]] = {}
    for values in _now_and_before(people=list(person_ids)) if person_ids else ():
        since, held = values.pop("since"), values.pop("waiting")
        lives[values["id"]].append((Person(**values), since))
        if held:
            changing[values["id"]] = held
    return lives, changing


@Prepared
def _now_and_before() -> QuerySet[Any, Any]:
    """Each of these people as they are, with what waits, and as they were."""
    fields = (
        "id", "address_line_1", "address_line_2", "postcode", "phone_mobile", "phone_home", "email",
        "date_of_birth", "date_of_death", "wrong_number", "wrong_number_on", "since", "waiting",
    )  # fmt: skip
    these = is_any("id", Given("people"))
    waiting = PendingChange.objects.waiting().filter(person=OuterRef("pk")).order_by()
    now = Person.objects.filter(these).annotate(
        since=Value(None, output_field=DateTimeField()), waiting=ArraySubquery(waiting.values("what"))
    )
    nothing = Value([], output_field=ArrayField(CharField(max_length=15)))
    before = Person.history.filter(these).annotate(since=F("history_date"), waiting=nothing)
    together: QuerySet[Any, Any] = now.values(*fields).union(before.values(*fields))
    return together


def _as_it_was(life: list[tuple[Person, datetime | None]], at: datetime | None) -> Person | None:
    """This person at that moment; None when nobody asked them, or nothing was kept of them by then."""
    kept = [(since, index) for index, (_person, since) in enumerate(life) if since and at and since <= at]
    return life[max(kept)[1]][0] if kept else None
