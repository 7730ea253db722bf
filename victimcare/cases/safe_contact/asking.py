"""Which answers still hold, and which new ones open a way: such an answer is one that somebody asked for."""

from collections.abc import Collection, Mapping
from typing import Any

from victimcare.cases.models import Person, SafeContact
from victimcare.cases.safe_contact.destinations import has_moved
from victimcare.cases.safe_contact.gathering import ANSWERED
from victimcare.cases.safe_contact.rule import Channel


def moved_since_asked(safe: SafeContact, person: Person) -> frozenset[str]:
    """The ways whose yes was about another number or address than the one held now. One query at most."""
    said_yes = [channel for channel in ANSWERED if getattr(safe, channel) == SafeContact.Safe.YES]
    if not said_yes or safe.confirmed_at is None:
        return frozenset()
    lives = Person.history.filter(id=person.pk, history_date__lte=safe.confirmed_at)
    then = lives.order_by("-history_date", "-history_id").first()
    return frozenset(channel for channel in said_yes if has_moved(then, person, Channel(channel)))


def opened_by(safe: SafeContact, answers: Mapping[str, Any], moved: Collection[str]) -> list[str]:
    """The ways that these answers open: a yes that did not hold, or a no that is none any more."""
    held = {channel: "" if channel in moved else getattr(safe, channel) for channel in ANSWERED}
    said = {channel: answers.get(channel, was) for channel, was in held.items()}
    yes, no = SafeContact.Safe.YES, SafeContact.Safe.NO
    return [
        channel
        for channel, was in held.items()
        if was != said[channel] and (said[channel] == yes or was == no)
    ]
