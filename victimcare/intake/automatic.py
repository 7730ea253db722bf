"""Rows that the system opens by itself and people work on afterwards: an urgent call, a breach.

While nobody has, they are nobody's work: they do not stand in the way of a withdrawal, and end with it. An app's
`ready()` says so with `register_automatic`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import Q


@dataclass(frozen=True)
class Automatic:
    """One such table."""

    label: str  # "compliance.Breach"
    untouched: Q  # its rows that nobody worked on
    # Ends what nobody worked on of these participants and of these events, by primary key. Runs in the caller's
    # transaction; the rows stay, so that the record keeps both.
    end: Callable[[Collection[int], Collection[int]], None]
    event: str = ""  # the field with the event that was recorded with a row, where one is


_AUTOMATIC: dict[str, Automatic] = {}


def register_automatic(table: Automatic) -> None:
    """The rows of this table open by themselves from now on."""
    _AUTOMATIC[table.label] = table


def automatic() -> dict[str, Automatic]:
    """By label."""
    return dict(_AUTOMATIC)
