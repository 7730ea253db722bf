"""The names, numbers and addresses of one person as they were held before: read from the history, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from victimcare.cases.models import Person

SHOWN = 50
NAMES = {
    "given_names": _("Given names"),
    "surname": _("Surname"),
    "preferred_name": _("Preferred name"),
    "phone_mobile": _("Mobile"),
    "phone_home": _("Home phone"),
    "email": _("Email"),
    "address_line_1": _("Address"),
    "address_line_2": _("Address, second line"),
    "town": _("Town"),
    "postcode": _("Postcode"),
}
WHERE = frozenset({"address_line_1", "address_line_2", "town", "postcode"})


@dataclass(frozen=True)
class Change:
    """One time that something of it changed: who, when, how it was checked, and each thing before and after."""

    at: datetime
    who: str  # "" for an extract
    how: str
    fields: Sequence[tuple[object, str, str]]


def changes_of(person: Person, *, shows_address: bool = True) -> list[Change]:
    """The latest changes of what is held to reach this person by, the newest first. One query."""
    names = [name for name in NAMES if shows_address or name not in WHERE]
    rows = list(
        person.history.select_related("history_user").order_by("-history_date", "-history_id")[: SHOWN + 1]
    )
    found = []
    for later, earlier in pairwise(rows):
        fields = [
            (NAMES[name], getattr(earlier, name), getattr(later, name))
            for name in names
            if getattr(earlier, name) != getattr(later, name)
        ]
        if fields:
            who = later.history_user.display_name if later.history_user else ""
            found.append(Change(later.history_date, who, later.history_change_reason or "", fields))
    return found
