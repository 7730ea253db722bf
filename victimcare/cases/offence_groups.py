"""Offences in the groups people ask for, by the Home Office's class for recorded crime. Pure.

Each class is in one group. What no group names, and a crime that has no class yet, is in "other".
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class OffenceGroup:
    """A name that an address carries, the words people read, and the classes that belong."""

    name: str
    words: Promise
    classes: frozenset[str]

    @property
    def listed(self) -> str:
        """5D, 5E, 8N: in the order of the Home Office's index."""
        return ", ".join(sorted(self.classes, key=_in_order))


def _in_order(code: str) -> tuple[int, str]:
    digits = code.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").split(".")[0]
    return int(digits), code


def _group(name: str, words: Promise, classes: str) -> OffenceGroup:
    return OffenceGroup(name, words, frozenset(classes.split()))


GROUPS: dict[str, OffenceGroup] = {
    group.name: group
    for group in (
        _group("death", _("A death by crime"), "1 4.1 4.2 4.3 4.4 4.6 4.7 4.8 4.9 4.10 37.1"),
        _group("injury", _("Violence with injury"), "2 5A 5B 5C 5D 5E 8F 8G 8H 8J 8K 8N 8P 8S"),
        _group("violence", _("Violence without injury"), "3A 3B 11A 36 104 105A 105B"),
        _group("stalking", _("Stalking, harassment and control"), "8L 8M 8Q 8R 8U"),
        _group(
            "sexual",
            _("Sexual offences"),
            "17A 17B 19C 19D 19E 19F 19G 19H 19J 19K 20A 20B 21 22A 22B 23 70 71 72 73 88A 88C 88D 88E",
        ),
        _group("slavery", _("Modern slavery"), "106"),
        _group("robbery", _("Robbery"), "34A 34B"),
        _group("burglary", _("Burglary"), "28 28A 28B 28C 28D 28E 28F 28G 28H 29 30A 30B 30C 30D 31"),
        _group("vehicle", _("Vehicle crime"), "37.2 45 48 126"),
        _group("theft", _("Theft"), "39 40 41 42 43 44 46 47 49 49A"),
        _group("damage", _("Criminal damage and arson"), "56A 56B 58A 58B 58C 58D 58E 58F 58G 58H 58J 59"),
        _group("public_order", _("Public order"), "9A 9B 62A 65 66"),
        _group("fraud", _("Fraud"), "51 52 53A 53B 53C 53D 53E 53F"),
    )
}
OTHER = "other"
GROUPED: frozenset[str] = frozenset().union(*(group.classes for group in GROUPS.values()))


def choices() -> list[tuple[str, str | Promise]]:
    """The groups as a box offers them."""
    return [*((group.name, group.words) for group in GROUPS.values()), (OTHER, _("Other, or no class yet"))]
