"""Numbers and addresses, written so that two ways to write one door or phone are a match."""

import re

from victimcare.cases.models import PendingChange, Person
from victimcare.cases.safe_contact.rule import Channel


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


def destination_of(person: Person, channel: Channel) -> str:
    if channel in {Channel.PHONE, Channel.TEXT, Channel.VOICEMAIL}:
        return person.phone_mobile or (person.phone_home if channel is not Channel.TEXT else "")
    if channel is Channel.EMAIL:
        return person.email
    if channel is Channel.POST:
        return ", ".join(person.address_lines) if person.address_line_1 else ""
    return ""


def reached_by(person: Person, channel: Channel) -> str:
    """What of theirs this channel uses, in the words of a pending change; "" in person."""
    if channel in {Channel.PHONE, Channel.TEXT, Channel.VOICEMAIL}:
        return PendingChange.What.MOBILE if person.phone_mobile else PendingChange.What.HOME
    return {Channel.EMAIL: PendingChange.What.EMAIL, Channel.POST: PendingChange.What.ADDRESS}.get(
        channel, ""
    )


def has_moved(then: Person | None, now: Person, channel: Channel) -> bool:
    """True when the number or address is another than the one the answer was about."""
    if then is None or channel is Channel.IN_PERSON:
        return False
    if channel is Channel.POST:
        return not address_keys(then) & address_keys(now)
    return key_of(destination_of(then, channel), channel) != key_of(destination_of(now, channel), channel)


def key_of(destination: str, channel: Channel) -> str:
    if channel in {Channel.PHONE, Channel.TEXT, Channel.VOICEMAIL}:
        return phone_key(destination)
    if channel is Channel.EMAIL:
        return destination.lower()
    return _letters_and_figures(destination.lower())
