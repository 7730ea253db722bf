"""The third door: is it safe to reach this person this way, now? Only this module makes a Clearance.

`judge` is the rule: plain facts in, a verdict out, no database. `clear` gathers the facts and, where the
verdict is yes, hands over the proof that everything which sends must hold. Not known means no where the
victim may be in danger, but for the first-contact rule (safety.md, controls spelled out).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, DateTimeField, F, OuterRef, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from victimcare import clock
from victimcare.cases.links import linked_to
from victimcare.cases.models import Participant, PendingChange, Person, SafeContact
from victimcare.faults import Refused
from victimcare.govuk.dates import day
from victimcare.working_days import LONDON

PLAN_GOES_STALE_AFTER_DAYS = 90
# Where one of these is flagged, or the victim is under 18, a channel nobody asked about is not used.
DANGER_FLAGS = frozenset({"DA", "RASSO", "STALKING", "HBA", "CSE", "MSHT"})
# So is it where the suspect is or was the victim's partner, or the risk was found high: a flag is forgotten.
DANGER_RELATIONSHIPS = frozenset({Participant.Relationship.PARTNER, Participant.Relationship.EX_PARTNER})
# A younger child is reached only through an adult; one of sixteen may be rung where no adult acts for them.
CHILD, YOUNG_CHILD = 18, 16
OFFICE_HOURS = (time(9, 0), time(17, 0))


class Channel(StrEnum):
    PHONE = "phone"
    TEXT = "text"
    EMAIL = "email"
    POST = "post"
    VOICEMAIL = "voicemail"
    IN_PERSON = "in_person"


class Purpose(StrEnum):
    FIRST_CONTACT = "first_contact"
    UPDATE = "update"
    REVIEW = "review"
    COURT = "court"


class Blocked(Refused):
    """It is not safe to reach this person this way. The sentences say which rule and what to do."""

    def __init__(self, reasons: "list[Reason]") -> None:
        super().__init__(" ".join(str(reason.sentence) for reason in reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Reason:
    """Why a channel is closed: the rule's name and the sentence a person reads."""

    rule: str
    sentence: str | Promise

    @property
    def who_lifts(self) -> str | Promise:
        """Who may open the channel again, and how."""
        return WHO_LIFTS.get(self.rule, "")

    @property
    def words(self) -> str:
        """The rule in plain words, and who may lift it."""
        return f"{self.sentence} {self.who_lifts}".strip()


_ASKS_THEM = _(
    "Anybody here who asks them, face to face or on a number that is safe, may write the answer down."
)
_TWO = _("A No of somebody in danger is taken back by two people: whoever asks, and a supervisor.")
WHO_LIFTS: dict[str, str | Promise] = {
    "died": _("Nobody lifts this."),
    "suspect": _("Nobody here lifts this: only the force’s own record can change it."),
    "tied_to_suspect": _("Nobody here lifts this: it ends when the records say otherwise."),
    "unsafe": _("Two people open it again: whoever asks, and a supervisor."),
    "said_no": _TWO,
    "shared_with_suspect": _("Nobody lifts this: it ends when they have a number or address of their own."),
    "protected_address": _ASKS_THEM,
    "wrong_number": _("Another number that is confirmed opens it. Ask the officer in the case for one."),
    "outside_window": _("They alone: ask them for other times when you speak."),
    "not_known": _ASKS_THEM,
    "first_contact_hours": _("Nobody lifts this: it opens at 09:00."),
    "stale": _ASKS_THEM,
    "pending_change": _("Anybody who may change details, but not whoever wrote it down."),
    "nobody_acts": _("Where no officer is in the case, a supervisor decides."),
    "child": _("Nobody lifts this while an adult acts for them."),
    "child_did_not_ask": _ASKS_THEM,
    "no_destination": _("Anybody here who learns it from them may write it down."),
}


@dataclass(frozen=True)
class Facts:
    """Everything the rule looks at, as plain values."""

    channel: Channel
    purpose: Purpose
    safe: str  # Y, N or "" for this channel
    destination: str  # the number or address, normalised; "" when there is none
    is_flagged: bool  # danger flag in any case of theirs, a partner suspected, high risk, or under 18
    has_died: bool
    is_suspect_here: bool  # the person contacted is a suspect in this case
    # Where the suspects of any case of theirs, and who lives with them, are or were reached.
    suspect_destinations: frozenset[str]
    at: time
    call_from: time | None
    call_until: time | None
    asked_on: date | None  # when a person last confirmed the answers
    today: date
    address_is_protected: bool
    is_unsafe: bool = False  # closed because nobody could reach them safely
    is_tied_to_suspect: bool = False  # acts for a victim, and lives or shares a phone with a suspect
    age: int | None = None
    acted_for_by: str = ""  # the name of an adult who safely acts for this victim
    must_withhold: bool = False  # our number, said on this record or a linked one
    decides: str = ""  # who says whom to contact where nobody safe acts for them
    is_child_decided: bool = False  # a supervisor decided: in the ways the child asked for
    is_changing: bool = False  # another number or address than this one waits to be verified
    wrong_on: date | None = None  # the day on which a call found this number to be somebody else's
    # Of a call: which messages the rule closes to this person. What is said of them agrees with the rule.
    closed_messages: frozenset[Channel] = frozenset({Channel.VOICEMAIL, Channel.TEXT})


@dataclass(frozen=True)
class Verdict:
    """Yes with how to do it, or no with every reason."""

    allowed: bool
    rule: str
    reasons: tuple[Reason, ...] = ()
    instructions: tuple[str | Promise, ...] = ()


@dataclass(frozen=True)
class Clearance:
    """Proof, for now, that one channel to one person is safe. Carries the destination to use."""

    participant: Participant
    channel: Channel
    purpose: Purpose
    destination: str
    destination_lines: tuple[str, ...]
    safe_contact_version: int
    rule: str
    checked_at: datetime
    instructions: tuple[str | Promise, ...] = field(default=())


def judge(facts: Facts) -> Verdict:
    """The rule itself. Pure; every block names its rule."""
    reasons: list[Reason] = []
    phone_like = facts.channel in {Channel.PHONE, Channel.TEXT, Channel.VOICEMAIL}
    if facts.has_died:
        reasons.append(Reason("died", _died(facts)))
    elif (child := _child(facts)) is not None:
        reasons.append(child)
    if facts.is_suspect_here:
        reasons.append(
            Reason("suspect", _("This person is a suspect in this case. They are never contacted."))
        )
    if facts.is_tied_to_suspect:
        reasons.append(Reason("tied_to_suspect", TIED_TO_SUSPECT))
    if facts.is_unsafe:
        reasons.append(
            Reason(
                "unsafe",
                _("This was closed as unsafe to contact. Ask a supervisor before you open it again."),
            )
        )
    if facts.channel is not Channel.IN_PERSON and not facts.destination:
        reasons.append(
            Reason("no_destination", _("No phone number is held. Ask the officer in the case."))
            if phone_like
            else Reason("no_destination", _("No address is held for this channel. Choose another."))
        )
    if phone_like and facts.wrong_on:
        reasons.append(
            Reason(
                "wrong_number",
                _("Do not ring this number: wrong number on %(day)s.") % {"day": day(facts.wrong_on)},
            )
        )
    if facts.safe == SafeContact.Safe.NO:
        reasons.append(
            Reason("said_no", _("This person asked not to be reached this way. Choose another channel."))
        )
    if facts.destination and facts.destination in facts.suspect_destinations:
        reasons.append(
            Reason(
                "shared_with_suspect",
                _(
                    "A suspect has the same phone number or address, or somebody who lives with one. Choose another channel."
                ),
            )
        )
    if (
        facts.channel is Channel.POST
        and facts.address_is_protected
        and facts.safe == SafeContact.Safe.NOT_KNOWN
    ):
        reasons.append(
            Reason(
                "protected_address",
                _("Their address is protected. Ask them first whether post is safe there."),
            )
        )
    if facts.is_changing and facts.channel not in {Channel.PHONE, Channel.IN_PERSON}:
        reasons.append(Reason("pending_change", PENDING_CHANGE))
    has_window = facts.channel is Channel.PHONE and facts.call_from and facts.call_until
    if has_window and not facts.call_from <= facts.at <= facts.call_until:  # type: ignore[operator]
        reasons.append(Reason("outside_window", _("Outside the times this person agreed to be rung.")))
    if facts.safe == SafeContact.Safe.NOT_KNOWN and facts.is_flagged and not reasons:
        return _first_contact(facts)
    if (
        facts.is_flagged
        and facts.asked_on
        and (facts.today - facts.asked_on).days > PLAN_GOES_STALE_AFTER_DAYS
        and facts.channel is not Channel.IN_PERSON
        and not (facts.channel is Channel.PHONE and facts.purpose is Purpose.REVIEW)
    ):
        reasons.append(
            Reason("stale", _("The safe-contact answers are over 90 days old. Ring to review them first."))
        )
    if reasons:
        return Verdict(False, reasons[0].rule, tuple(reasons))
    withhold = (_("Withhold the number."),) if phone_like and facts.must_withhold else ()
    rule = "said_yes" if facts.safe == SafeContact.Safe.YES else "no_known_danger"
    return Verdict(True, rule, instructions=withhold + _while_changing(facts))


PENDING_CHANGE = _(
    "A change of this number or address waits to be verified: neither the old nor the new is used. Somebody else "
    "than who wrote it down verifies it, such as by ringing the number held before."
)


def _while_changing(facts: Facts) -> tuple[str | Promise, ...]:
    """The number held before is rung to verify the new one, and for nothing before that."""
    if facts.is_changing and facts.channel is Channel.PHONE:
        return (_("Another number waits to be verified: make sure first that it is them."),)
    return ()


TIED_TO_SUSPECT = _(
    "They live or share a phone with a suspect, so they cannot act for the victim. The officer in the case decides "
    "who does."
)


def _died(facts: Facts) -> str | Promise:
    if facts.acted_for_by:
        return _("This person has died. Contact %(name)s, who acts for the family.") % {
            "name": facts.acted_for_by
        }
    if facts.decides:
        return _(
            "This person has died and nobody safe acts for the family here. %(who)s decides who is contacted: ask."
        ) % {"who": facts.decides}
    return _("This person has died. Contact whoever acts for them.")


def _child(facts: Facts) -> Reason | None:
    """A child is reached through the adult who acts for them; a young one through nobody else. Not in person."""
    if facts.age is None or facts.age >= CHILD or facts.channel is Channel.IN_PERSON:
        return None
    if facts.acted_for_by:
        sentence = _("This is a child. Contact %(name)s, who acts for them.") % {"name": facts.acted_for_by}
        return Reason("child", sentence)
    if facts.age < YOUNG_CHILD and facts.is_child_decided:
        if facts.safe == SafeContact.Safe.YES:
            return None
        return Reason("child_did_not_ask", _("This child is reached only in the ways they asked for."))
    if facts.age < YOUNG_CHILD:
        return Reason(
            "nobody_acts",
            _("This is a child, and nobody safe acts for them here. %(who)s decides who is contacted: ask.")
            % {"who": facts.decides or _("The officer in the case")},
        )
    return None


def _first_contact(facts: Facts) -> Verdict:
    """Nothing says no and no suspect shares the number: an officer may ring, carefully, in office hours."""
    if facts.channel is Channel.IN_PERSON:
        return Verdict(True, "in_person", instructions=(_("See them alone."),))
    if facts.channel is not Channel.PHONE:
        return Verdict(
            False,
            "not_known",
            (
                Reason(
                    "not_known",
                    _("Nobody has asked whether this is safe, and this victim may be in danger. Ring first."),
                ),
            ),
        )
    if not OFFICE_HOURS[0] <= facts.at <= OFFICE_HOURS[1]:
        return Verdict(
            False,
            "first_contact_hours",
            (
                Reason(
                    "first_contact_hours",
                    _("Whether this number is safe is not known: ring between 09:00 and 17:00 only."),
                ),
            ),
        )
    return Verdict(
        True,
        "first_contact",
        instructions=(
            _("Withhold the number."),
            ASK_ONLY,
            *_no_messages(facts.closed_messages),
            *_while_changing(facts),
        ),
    )


ASK_ONLY = _("Ask only for the victim; do not say where you are calling from.")
NO_VOICEMAIL, NO_TEXT = _("No voicemail."), _("No text.")
NO_MESSAGES = _("No voicemail and no text.")


def _no_messages(closed: frozenset[Channel]) -> tuple[str | Promise, ...]:
    if closed >= {Channel.VOICEMAIL, Channel.TEXT}:
        return (NO_MESSAGES,)
    if closed:
        return (NO_VOICEMAIL if Channel.VOICEMAIL in closed else NO_TEXT,)
    return ()


def phone_key(number: str) -> str:
    """Digits only; +44, 0044 and +44 (0) as 0, so that neither spacing nor habit hides a match."""
    digits = re.sub(r"^00(?=44)", "", re.sub(r"\D", "", number))
    return "0" + digits[2:].lstrip("0") if digits.startswith("44") and len(digits) > 10 else digits


def address_keys(person: Person) -> frozenset[str]:
    """Every way one door is written, lower case without spaces: any of them alone is a match.

    The first line; both lines together; and each number in them with the postcode, so that "Flat 2, 14 High
    Street" is also 14 High Street. A house without a number is its postcode: few doors share one there.
    """
    first, second = person.address_line_1.lower(), person.address_line_2.lower()
    postcode = re.sub(r"\s", "", person.postcode.lower())
    keys = {_letters_and_figures(first + second)}
    if not FLAT_ALONE.fullmatch(first.strip()):
        keys.add(_letters_and_figures(first))
    if postcode and keys != {""}:
        numbers = re.findall(r"\d+[a-z]?\b", f"{first} {second}") or [""]
        keys |= {number + "@" + postcode for number in numbers}
    return frozenset(keys) - {""}


# "Flat 2" is behind every other front door: it means nothing without the line below.
FLAT_ALONE = re.compile(r"(?:flat|apartment|apt|room|unit|fflat|ystafell)\.?\s*\w{1,4},?")


def _letters_and_figures(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text)


def person_keys(person: Person) -> frozenset[str]:
    """Every phone and address by which post or a call could reach this person."""
    return (
        address_keys(person)
        | {phone_key(number) for number in person.phones}
        | ({person.email.lower()} if person.email else set())
    )


def is_flagged(participant: Participant, on: date) -> bool:
    """Domestic abuse, stalking, a sexual offence, trafficking, honour-based abuse, a partner, a child."""
    age = participant.person.age_on(on)
    return _is_dangerous(
        participant.case.flags, participant.relationship_to_suspect, participant.risk_level
    ) or (age is not None and age < CHILD)


def _is_dangerous(flags: Iterable[str], relationship: str, risk: str) -> bool:
    """What one case says of danger: a flag, a partner suspected, a high risk."""
    return bool(DANGER_FLAGS & set(flags)) or relationship in DANGER_RELATIONSHIPS or risk == "HIGH"


def verdicts(
    participant: Participant,
    *,
    purpose: Purpose = Purpose.UPDATE,
    at: datetime | None = None,
    acting: list[Participant] | None = None,
) -> dict[Channel, Verdict]:
    """What the rule says of every channel, with the suspects read once. Five queries at most.

    `acting` is who acts for them where the page has read that, each with `case` and `person`: they are judged
    too, so that `whom_not_to_ask` costs nothing.
    """
    at = at or clock.now()
    known = {participant.pk: acting} if acting else None
    gathered = _gather_all([participant], known)[participant.pk]
    return {channel: judge(_facts(participant, channel, purpose, at, gathered)) for channel in Channel}


def verdicts_for(
    participants: Iterable[Participant], *, purpose: Purpose = Purpose.UPDATE, at: datetime | None = None
) -> dict[int, dict[Channel, Verdict]]:
    """What the rule says of every channel to each of these, by participant. Four queries however many: one more
    where somebody is a child or has died, and one where somebody acts for another.

    Each must come with its `case` and `person` selected.
    """
    at = at or clock.now()
    everyone = {part.pk: part for part in participants}
    gathered = _gather_all(list(everyone.values()))
    return {
        pk: {channel: judge(_facts(part, channel, purpose, at, gathered[pk])) for channel in Channel}
        for pk, part in everyone.items()
    }


def clear(
    participant: Participant, channel: Channel, purpose: Purpose, *, at: datetime | None = None
) -> Clearance:
    """Proof that this channel is safe now. Raises Blocked with every reason."""
    at = at or clock.now()
    gathered = _gather_all([participant])[participant.pk]
    facts = _facts(participant, channel, purpose, at, gathered)
    verdict = judge(facts)
    if not verdict.allowed:
        raise Blocked(list(verdict.reasons))
    person = participant.person
    lines: tuple[str, ...] = ()
    if channel is Channel.POST:
        lines = tuple(person.address_lines)
    return Clearance(
        participant=participant,
        channel=channel,
        purpose=purpose,
        destination=_destination(person, channel),
        destination_lines=lines,
        safe_contact_version=gathered.safe.version if gathered.safe.pk else 0,
        rule=verdict.rule,
        checked_at=at,
        instructions=verdict.instructions,
    )


@dataclass(frozen=True)
class _Gathered:
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


@dataclass
class _Known:
    """What the cases in which somebody is served say of them."""

    suspects: set[int] = field(default_factory=set)
    near: set[int] = field(default_factory=set)  # who else is in a case with a suspect, and is no victim
    partners: set[int] = field(default_factory=set)  # those of them who are a suspect's partner
    is_flagged: bool = False
    was_closed_as_dead: bool = False
    was_closed_as_unsafe: bool = False

    def add(self, other: "_Known") -> None:
        self.suspects |= other.suspects
        self.near |= other.near
        self.partners |= other.partners
        self.is_flagged |= other.is_flagged
        self.was_closed_as_dead |= other.was_closed_as_dead
        self.was_closed_as_unsafe |= other.was_closed_as_unsafe


class _Facts:
    """What is read, once, of everybody that a batch of verdicts is about, and of everybody linked to them."""

    def __init__(
        self, participants: list[Participant], acting: dict[int, list[Participant]] | None = None
    ) -> None:
        self.acting = _acting_for(participants) if acting is None else acting
        everyone = [*participants, *(part for each in self.acting.values() for part in each)]
        self.wards = _wards(everyone)
        people = {part.person_id for part in everyone} | set(self.wards.values())
        self.groups = linked_to(people)
        people |= {pk for group in self.groups.values() for pk in group}
        self.answers = SafeContact.objects.in_bulk(list(people), field_name="person_id")
        self.known, self.suspected = _known_of(people)
        self.lives, self.changing = _lives(
            people | {pk for each in self.known.values() for pk in each.suspects | each.near}
        )

    def of(self, part: Participant) -> _Gathered:
        """Everything about one of them; the stricter of what is held of all who are the same human being."""
        group = self.groups[part.person_id]
        safe = self.answers.get(part.person_id) or SafeContact()
        theirs = self._of_group(group)
        around = _Known()
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
        return _Gathered(
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

    def _of_group(self, group: frozenset[int]) -> _Known:
        together = _Known()
        for pk in group:
            together.add(self.known[pk])
        return together

    def _household(self, around: _Known, keys: frozenset[str]) -> set[int]:
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


def _gather_all(
    participants: list[Participant], acting: dict[int, list[Participant]] | None = None
) -> dict[int, _Gathered]:
    """The answers of each, where every suspect of any case of theirs is or was reached, and who has died."""
    facts = _Facts(participants, acting)
    for part in participants:  # so that a page need not ask again whether there are other records
        part.has_linked_records = len(facts.groups[part.person_id]) > 1  # type: ignore[attr-defined]
        part.may_not_act = {  # type: ignore[attr-defined]
            each.pk: facts.why_not_to_act(each) for each in facts.acting.get(part.pk, ())
        }
    return {part.pk: facts.of(part) for part in participants}


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


def why_not_to_act_for(person: Person, victim: Participant) -> str | Promise:
    """Why this person may not act for that victim; "" when they may. Not saved yet, either of them may be."""
    part = Participant(
        case=victim.case, person=person, role=Participant.Role.REPRESENTATIVE, represents=victim
    )
    facts = _Facts([part]).of(part)
    if facts.has_died:
        return _("This person has died. Choose somebody else to act for the victim.")
    if facts.is_suspect:
        return _(
            "This person is held as a suspect in a crime against the victim, so they cannot act for them. "
            "The officer in the case decides who does."
        )
    if facts.is_tied_to_suspect:
        return TIED_TO_SUSPECT
    return ""


NEVER_ACTS: dict[str, Promise] = {
    "died": _("has died"),
    "suspect": _("not to be contacted: held as a suspect"),
    "tied_to_suspect": _("not to be contacted: shares a phone or address with the suspect"),
}


def whom_not_to_ask(
    acting: Iterable[Participant], judged: Iterable[Participant] = ()
) -> dict[int, str | Promise]:
    """Who of these representatives may not act, by participant, and why, without a number or an address.

    `judged` are victims whose verdicts the page has: whoever was read with them is not read again. Five queries
    however many are left, none for nobody.
    """
    rules: dict[int, str] = {}
    for part in judged:
        rules |= getattr(part, "may_not_act", {})
    left = [part for part in acting if part.pk not in rules]
    if left:
        facts = _Facts(left)
        rules |= {part.pk: facts.why_not_to_act(part) for part in left}
    return {pk: NEVER_ACTS[rule] for pk, rule in rules.items() if rule}


def _known_of(people: set[int]) -> tuple[dict[int, _Known], set[tuple[int, int]]]:
    """What is known of each from every case they are served in, and who is suspected in which. One query."""
    served = Participant.objects.served().filter(person_id__in=people)
    rows = Participant.objects.filter(case_id__in=served.values("case_id")).values_list(
        "case_id",
        "person_id",
        "role",
        "closure_reason",
        "case__flags",
        "relationship_to_suspect",
        "risk_level",
    )
    suspected: dict[int, set[int]] = {}
    near: dict[int, set[int]] = {}
    victims: set[int] = set()
    partners: set[int] = set()
    parts: list[tuple[int, int, str, bool]] = []
    for case_id, person_id, role, closure, flags, relationship, risk in rows:
        if role == Participant.Role.SUSPECT:
            suspected.setdefault(case_id, set()).add(person_id)
            continue
        if role == Participant.Role.VICTIM:
            victims.add(person_id)
        elif role in Participant.SERVED:
            near.setdefault(case_id, set()).add(person_id)
            if relationship == Participant.Relationship.PARTNER:
                partners.add(person_id)
        if person_id in people:
            parts.append((case_id, person_id, closure, _is_dangerous(flags, relationship, risk)))
    known = {person: _Known() for person in people}
    for case_id, person_id, closure, is_dangerous in parts:
        each = known[person_id]
        each.suspects |= suspected.get(case_id, set()) - {person_id}
        if case_id in suspected:
            each.near |= near.get(case_id, set()) - victims - {person_id}
        each.is_flagged |= is_dangerous
        each.was_closed_as_dead |= closure == Participant.Closure.DECEASED
        each.was_closed_as_unsafe |= closure == Participant.Closure.UNSAFE_TO_CONTACT
    for each in known.values():
        each.partners = each.near & partners
    return known, {(case, person) for case, people_of in suspected.items() for person in people_of}


def _lives(
    person_ids: set[int],
) -> tuple[dict[int, list[tuple[Person, datetime | None]]], dict[int, list[str]]]:
    """Each person as they are and were, with the moment of each change: an old key still opens a door.

    Beside it what of theirs waits to be verified. One query.
    """
    lives: dict[int, list[tuple[Person, datetime | None]]] = {pk: [] for pk in person_ids}
    changing: dict[int, list[str]] = {}
    if person_ids:
        fields = (
            "id", "address_line_1", "address_line_2", "postcode", "phone_mobile", "phone_home", "email",
            "date_of_birth", "date_of_death", "wrong_number", "wrong_number_on", "since", "waiting",
        )  # fmt: skip
        waiting = PendingChange.objects.waiting().filter(person=OuterRef("pk")).order_by()
        now = Person.objects.filter(id__in=person_ids).annotate(
            since=Value(None, output_field=DateTimeField()), waiting=ArraySubquery(waiting.values("what"))
        )
        nothing = Value([], output_field=ArrayField(CharField(max_length=15)))
        before = Person.history.filter(id__in=person_ids).annotate(since=F("history_date"), waiting=nothing)
        for values in now.values(*fields).union(before.values(*fields)):
            since, held = values.pop("since"), values.pop("waiting")
            lives[values["id"]].append((Person(**values), since))
            if held:
                changing[values["id"]] = held
    return lives, changing


def in_danger(people: Iterable[int], on: date) -> set[int]:
    """Those of these people who are flagged in any case of theirs, or of a record linked to theirs. Three queries."""
    groups = linked_to(people)
    everyone = {pk for group in groups.values() for pk in group}
    known, _suspected = _known_of(everyone)
    born = dict(Person.objects.filter(pk__in=everyone).values_list("pk", "date_of_birth"))
    children = {
        pk
        for pk, day in born.items()
        if (age := Person(date_of_birth=day).age_on(on)) is not None and age < CHILD
    }
    return {
        person
        for person, group in groups.items()
        if group & children or any(known[pk].is_flagged for pk in group)
    }


def _as_it_was(life: list[tuple[Person, datetime | None]], at: datetime | None) -> Person | None:
    """This person at that moment; None when nobody asked them, or nothing was kept of them by then."""
    kept = [(since, index) for index, (_person, since) in enumerate(life) if since and at and since <= at]
    return life[max(kept)[1]][0] if kept else None


def _destination(person: Person, channel: Channel) -> str:
    if channel in {Channel.PHONE, Channel.TEXT, Channel.VOICEMAIL}:
        return person.phone_mobile or (person.phone_home if channel is not Channel.TEXT else "")
    if channel is Channel.EMAIL:
        return person.email
    if channel is Channel.POST:
        return ", ".join(person.address_lines) if person.address_line_1 else ""
    return ""


def _facts(
    participant: Participant, channel: Channel, purpose: Purpose, at: datetime, gathered: _Gathered
) -> Facts:
    person, safe = participant.person, gathered.stricter
    local = at.astimezone(LONDON)
    destination = _destination(person, channel)
    keys = address_keys(person) if channel is Channel.POST else frozenset({_key(destination, channel)})
    shared = keys & gathered.suspect_keys
    answer = "Y" if channel is Channel.IN_PERSON else getattr(safe, channel)
    if answer == SafeContact.Safe.YES and _has_moved(gathered.told_when_at, person, channel):
        answer = SafeContact.Safe.NOT_KNOWN
    born_on = max(filter(None, (person.date_of_birth, gathered.born_on)), default=None)
    age = Person(date_of_birth=born_on).age_on(local.date())
    return Facts(
        channel=channel,
        purpose=purpose,
        safe=answer,
        destination=next(iter(shared), "") or _key(destination, channel),
        is_flagged=gathered.is_flagged_elsewhere
        or is_flagged(participant, local.date())
        or (age is not None and age < CHILD),
        has_died=person.date_of_death is not None or gathered.has_died,
        is_suspect_here=gathered.is_suspect or participant.role not in Participant.SERVED,
        suspect_destinations=gathered.suspect_keys,
        at=local.time(),
        call_from=safe.call_from,
        call_until=safe.call_until,
        asked_on=safe.confirmed_at.astimezone(LONDON).date() if safe.confirmed_at else None,
        today=local.date(),
        address_is_protected=safe.address_is_protected,
        is_unsafe=participant.closure_reason == Participant.Closure.UNSAFE_TO_CONTACT
        or gathered.is_unsafe_elsewhere,
        is_tied_to_suspect=gathered.is_tied_to_suspect,
        must_withhold=safe.withhold_number,
        age=age if participant.is_victim else None,
        acted_for_by=gathered.acted_for_by,
        decides=_who_decides(participant) if participant.is_victim else "",
        is_child_decided=gathered.safe.is_child_decided
        and not _has_moved(gathered.decided_when_at, person, channel),
        is_changing=_reached_by(person, channel) in gathered.changing,
        wrong_on=gathered.wrong.get(_key(destination, channel)),
        closed_messages=frozenset(
            message
            for message in (Channel.VOICEMAIL, Channel.TEXT)
            if not judge(_facts(participant, message, purpose, at, gathered)).allowed
        )
        if channel is Channel.PHONE
        else frozenset(),
    )


def _reached_by(person: Person, channel: Channel) -> str:
    """What of theirs this channel uses, in the words of a pending change; "" in person."""
    if channel in {Channel.PHONE, Channel.TEXT, Channel.VOICEMAIL}:
        return PendingChange.What.MOBILE if person.phone_mobile else PendingChange.What.HOME
    return {Channel.EMAIL: PendingChange.What.EMAIL, Channel.POST: PendingChange.What.ADDRESS}.get(
        channel, ""
    )


def _who_decides(participant: Participant) -> str:
    """The officer in the case, by name where it is known; a supervisor of ours where there is no such officer."""
    if not participant.case.has_officer:
        return str(_("A supervisor"))
    return participant.case.oic_name or str(_("The officer in the case"))


def _has_moved(then: Person | None, now: Person, channel: Channel) -> bool:
    """True when the number or address is another than the one the answer was about."""
    if then is None or channel is Channel.IN_PERSON:
        return False
    if channel is Channel.POST:
        return not address_keys(then) & address_keys(now)
    return _key(_destination(then, channel), channel) != _key(_destination(now, channel), channel)


def _key(destination: str, channel: Channel) -> str:
    if channel in {Channel.PHONE, Channel.TEXT, Channel.VOICEMAIL}:
        return phone_key(destination)
    if channel is Channel.EMAIL:
        return destination.lower()
    return _letters_and_figures(destination.lower())
