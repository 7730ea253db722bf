"""Proof that somebody may be reached, and the verdict on every channel. Only this module makes a Clearance."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from victimcare import clock
from victimcare.cases.models import Participant, Person, SafeContact
from victimcare.cases.safe_contact.danger import is_flagged
from victimcare.cases.safe_contact.destinations import (
    address_keys,
    destination_of,
    has_moved,
    key_of,
    reached_by,
)
from victimcare.cases.safe_contact.gathering import Gathered, gather_all
from victimcare.cases.safe_contact.rule import CHILD, Channel, Facts, Purpose, Reason, Verdict, judge
from victimcare.faults import Refused
from victimcare.working_days import LONDON


class Blocked(Refused):
    """It is not safe to reach this person this way. The sentences say which rule and what to do."""

    def __init__(self, reasons: "list[Reason]") -> None:
        super().__init__(" ".join(str(reason.sentence) for reason in reasons))
        self.reasons = reasons


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


def verdicts(
    participant: Participant,
    *,
    purpose: Purpose = Purpose.UPDATE,
    at: datetime | None = None,
    acting: list[Participant] | None = None,
) -> dict[Channel, Verdict]:
    """What the rule says of every channel, with the suspects read once. Four queries at most, two for most.

    `acting` is who acts for them where the page has read that, each with `case` and `person`: they are judged
    too, so that `whom_not_to_ask` costs nothing.
    """
    at = at or clock.now()
    known = {participant.pk: acting} if acting else None
    gathered = gather_all([participant], known)[participant.pk]
    return {channel: judge(_facts(participant, channel, purpose, at, gathered)) for channel in Channel}


def verdicts_for(
    participants: Iterable[Participant], *, purpose: Purpose = Purpose.UPDATE, at: datetime | None = None
) -> dict[int, dict[Channel, Verdict]]:
    """What the rule says of every channel to each of these, by participant. Two queries however many: one more
    where somebody is a child or has died, and one where somebody acts for another.

    Each must come with its `case` and `person` selected.
    """
    at = at or clock.now()
    everyone = {part.pk: part for part in participants}
    gathered = gather_all(list(everyone.values()))
    return {
        pk: {channel: judge(_facts(part, channel, purpose, at, gathered[pk])) for channel in Channel}
        for pk, part in everyone.items()
    }


def clear(
    participant: Participant, channel: Channel, purpose: Purpose, *, at: datetime | None = None
) -> Clearance:
    """Proof that this channel is safe now. Raises Blocked with every reason."""
    at = at or clock.now()
    gathered = gather_all([participant])[participant.pk]
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
        destination=destination_of(person, channel),
        destination_lines=lines,
        safe_contact_version=gathered.safe.version if gathered.safe.pk else 0,
        rule=verdict.rule,
        checked_at=at,
        instructions=verdict.instructions,
    )


def _facts(
    participant: Participant, channel: Channel, purpose: Purpose, at: datetime, gathered: Gathered
) -> Facts:
    person, safe = participant.person, gathered.stricter
    local = at.astimezone(LONDON)
    destination = destination_of(person, channel)
    keys = address_keys(person) if channel is Channel.POST else frozenset({key_of(destination, channel)})
    shared = keys & gathered.suspect_keys
    answer = "Y" if channel is Channel.IN_PERSON else getattr(safe, channel)
    if answer == SafeContact.Safe.YES and has_moved(gathered.told_when_at, person, channel):
        answer = SafeContact.Safe.NOT_KNOWN
    born_on = max(filter(None, (person.date_of_birth, gathered.born_on)), default=None)
    age = Person(date_of_birth=born_on).age_on(local.date())
    return Facts(
        channel=channel,
        purpose=purpose,
        safe=answer,
        destination=next(iter(shared), "") or key_of(destination, channel),
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
        and not has_moved(gathered.decided_when_at, person, channel),
        is_changing=reached_by(person, channel) in gathered.changing,
        wrong_on=gathered.wrong.get(key_of(destination, channel)),
        closed_messages=frozenset(
            message
            for message in (Channel.VOICEMAIL, Channel.TEXT)
            if not judge(_facts(participant, message, purpose, at, gathered)).allowed
        )
        if channel is Channel.PHONE
        else frozenset(),
    )


def _who_decides(participant: Participant) -> str:
    """The officer in the case, by name where it is known; a supervisor of ours where there is no such officer."""
    if not participant.case.has_officer:
        return str(_("A supervisor"))
    return participant.case.oic_name or str(_("The officer in the case"))
