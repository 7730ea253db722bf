"""Which new values are another address or number, and not the same one written another way. Pure."""

from collections.abc import Mapping

from victimcare.cases.models import PendingChange, Person
from victimcare.cases.safe_contact import address_keys, phone_key

ADDRESS = ("address_line_1", "address_line_2", "town", "postcode")
What = PendingChange.What
FIELDS_OF: dict[str, tuple[str, ...]] = {
    What.ADDRESS: ADDRESS,
    What.MOBILE: ("phone_mobile",),
    What.HOME: ("phone_home",),
    What.EMAIL: ("email",),
}


def moves(person: Person, fields: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By what it is of a person, the values by which they would be reached somewhere else than now.

    A number taken away, and one spaced or an address capitalised another way, leads nobody anywhere else.
    """
    found = {}
    for what, names in FIELDS_OF.items():
        values = {name: fields.get(name, getattr(person, name)) for name in names}
        if any(values.values()) and _key(what, values) != _key(
            what, {name: getattr(person, name) for name in names}
        ):
            found[str(what)] = values
    return found


def same_place(what: str, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """True when both lead to one door, phone or mailbox."""
    return _key(what, one) == _key(what, other)


def _key(what: str, values: Mapping[str, str]) -> object:
    if what == What.ADDRESS:
        lived_at = Person(**values)
        return address_keys(lived_at), "".join(lived_at.postcode.split()).lower()
    (text,) = values.values()
    # What is no number at all still is another thing than none: it is never taken over unasked.
    return text.strip().lower() if what == What.EMAIL else phone_key(text) or text.strip().lower()
