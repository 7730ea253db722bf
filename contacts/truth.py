"""Who was told something that is no longer so. A few queries, however many people and tellings there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from contacts.models import TELLS, Contact
from contacts.told import HEARINGS, TAKE_NOTHING_BACK, TOPICS, Fact, Row, Telling, last_told
from victimcare.cases.kinds import TELLABLE, Kind
from victimcare.cases.models import Event, Participant
from victimcare.govuk.dates import day
from victimcare.lookups import is_any
from victimcare.prepared import Asked, Given, Prepared, ask_together

AT_MOST = 200  # people of one list: a unit that misleads more has another problem
EVENTS_EACH = 200
Told = Contact.tells.through


@dataclass(frozen=True)
class Misled:
    """One person, and what they believe that is no longer so."""

    participant: Participant
    rows: list[Row]

    @property
    def since(self) -> Any:
        """When the oldest of it stopped being so."""
        return min(row.now.occurred_at for row in self.rows)


def told_to(people: Iterable[Participant]) -> dict[int, list[Row]]:
    """What each of these was last told of each topic, beside what is so now. One question of two parts."""
    people = list(people)
    return beside(people, *ask_together(*told_questions(people)))


def told_questions(people: list[Participant]) -> list[Asked]:
    """What was told to these, and what is so: `beside` lays the answers side by side."""
    facts = _of_one if len(people) == 1 else Prepared(lambda: _tellable_now(len(people)))
    keys = [part.pk for part in people]
    return [
        _tellings.of(people=keys),
        facts.of(people=keys, cases=list({part.case_id for part in people})),
    ]


@Prepared
def _tellings() -> QuerySet[Contact, Any]:
    return (
        Contact.objects.filter(is_any("participant_id", Given("people")))
        .that_tell()
        .filter(tells__isnull=False)
        .order_by("at", "pk")
        .values_list("participant_id", "tells", "at", "channel", "by__display_name", "by_collar")
    )


def beside(people: list[Participant], rows: list[Any], events: list[Event]) -> dict[int, list[Row]]:
    """What each was last told of each topic, beside what is so now."""
    tellings: dict[int, dict[int, Telling]] = {part.pk: {} for part in people}
    for pk, event, at, channel, by, collar in rows:
        tellings[pk].setdefault(event, Telling(at, _how(channel, by, collar)))
    facts = _facts(events)
    return {
        part.pk: last_told(
            (
                fact
                for fact, whose in facts.get(part.case_id, ())
                if whose in (None, part.pk) and (fact.is_so or fact.id in tellings[part.pk])
            ),
            tellings[part.pk],
        )
        for part in people
    }


def _tellable_now(how_many: int) -> QuerySet[Event]:
    """What can be told in the cases of so many people; what was corrected only where one of them was told it."""
    these = is_any("participant_id", Given("people"))
    told = Told.objects.filter(event=OuterRef("pk"), contact__outcome__in=TELLS)
    return (
        Event.objects.filter(is_any("case_id", Given("cases")), kind__in=[*TELLABLE, Kind.WITHDRAWN])
        .filter(Q(participant=None) | these)
        .filter(Q(replaced_by=None) | Exists(told.filter(is_any("contact__participant_id", Given("people")))))
        .select_related("replaced_by", "suspect__person", "replaces__replaces__replaces")
        .order_by("-occurred_at", "-pk")[: EVENTS_EACH * max(how_many, 1)]
    )


_of_one = Prepared(lambda: _tellable_now(1))


def _facts(events: list[Event]) -> dict[int, list[tuple[Fact, int | None]]]:
    """What can be told, by the case, and whose it is."""
    found: dict[int, list[tuple[Fact, int | None]]] = {}
    for event in events:
        undone = event.replaces if event.kind == Kind.WITHDRAWN else None
        fact = Fact(
            event.pk,
            event.kind,
            _words(event),
            event.occurred_at,
            of=str(event.suspect_id or ""),
            hearing=event.hearing,
            moved_from=str(event.data.get("moved_from", "")),
            reference=event.reference,
            is_so=getattr(event, "replaced_by", None) is None,
            undoes=_chain(undone),
            was=undone.kind if undone else "",
            known_at=event.recorded_at,
        )
        found.setdefault(event.case_id, []).append((fact, event.participant_id))
    return found


def _chain(undone: Event | None) -> frozenset[int]:
    """A withdrawn event and those it had corrected, as far back as one query reaches."""
    chain = set()
    for _back in range(3):
        if undone is not None:
            chain.add(undone.pk)
            undone = undone.replaces
    return frozenset(chain)


def _words(event: Event) -> str:
    """Suspect released on bail (Gareth Probert), Wed 18 Nov. Not to enter Blackwood.

    Of a withdrawal: It did not happen: Suspect released on bail (Gareth Probert), Wed 18 Nov.
    """
    if event.kind == Kind.WITHDRAWN:
        return f"{event_line(event)}, {day(event.occurred_on)}"
    who = f" ({event.suspect.person.name})" if event.suspect else ""
    return f"{event.title}{who}, {day(event.occurred_on)}" + (f". {event.told}" if event.detail else "")


def event_line(event: Event) -> str:
    """Suspect released on bail (Gareth Probert); It did not happen: Suspect released on bail (Gareth Probert)."""
    is_undone = event.kind == Kind.WITHDRAWN and event.replaces is not None
    title = (event.replaces if is_undone else event).named  # type: ignore[union-attr]
    line = f"{title} ({event.suspect.person.name})" if event.suspect else title
    return _("It did not happen: %(what)s") % {"what": line} if is_undone else line


def _how(channel: str, by: str | None, collar: str) -> str:
    """By phone, Olwen Officer."""
    who = by or (_("officer %(collar)s") % {"collar": collar} if collar else _("the force"))
    return f"{str(Contact.Channel(channel).label).lower()}, {who}"


def misled(people: "QuerySet[Participant]") -> list[Misled]:
    """Those of these people who believe what is no longer so, the longest ago first. Three queries."""
    suspected = list(_suspected(people).select_related("person", "case", "officer").order_by("pk")[:AT_MOST])
    if not suspected:
        return []
    rows = told_to(suspected)
    found = [Misled(part, wrong) for part in suspected if (wrong := [r for r in rows[part.pk] if r.misleads])]
    return sorted(found, key=lambda each: (each.since, each.participant.pk))


def _topic(kind: str) -> Case:
    whens = [
        When(**{f"{kind}__in": sorted(kinds), "then": Value(n)}) for n, (_about, kinds) in enumerate(TOPICS)
    ]
    return Case(*whens, default=Value(-1), output_field=IntegerField())


HEARING_TOPIC = next(n for n, (_about, kinds) in enumerate(TOPICS) if kinds == HEARINGS)


def _suspected(people: "QuerySet[Participant]") -> "QuerySet[Participant]":
    """Those told something of a topic of which something newer, or a correction, was not told them.

    A few too many: `last_told` has the last word. Each is decided by the indexes of events by case and of
    contacts by participant.
    """
    told = Told.objects.filter(
        contact__participant=OuterRef(OuterRef("pk")), contact__outcome__in=TELLS
    ).annotate(topic=_topic("event__kind"), of=Coalesce("event__suspect", 0))
    kinds = sorted(frozenset().union(*(kinds for _about, kinds in TOPICS)) - TAKE_NOTHING_BACK)
    newer = (
        Event.objects.filter(case=OuterRef("case"), kind__in=kinds)
        .current()
        .filter(Q(participant=None) | Q(participant=OuterRef("pk")))
        .annotate(topic=_topic("kind"), of=Coalesce("suspect", 0))
        .filter(
            ~Exists(told.filter(event=OuterRef("pk"))),
            Exists(
                told.filter(topic=OuterRef("topic")).filter(
                    Q(event__occurred_at__lte=OuterRef("occurred_at")) | Q(event=OuterRef("replaces"))
                )
            ),
        )
        .filter(
            Q(topic=HEARING_TOPIC)
            | ~Exists(
                told.filter(
                    topic=OuterRef("topic"),
                    of=OuterRef("of"),
                    event__occurred_at__gt=OuterRef("occurred_at"),
                    event__replaced_by=None,
                )
            )
        )
    )
    withdrawn = (
        Event.objects.filter(case=OuterRef("case"), kind=Kind.WITHDRAWN, replaced_by=None)
        .filter(Q(participant=None) | Q(participant=OuterRef("pk")))
        .filter(
            ~Exists(told.filter(event=OuterRef("pk"))), Exists(told.filter(event__replaced_by__isnull=False))
        )
    )
    return people.filter(Exists(newer) | Exists(withdrawn))
