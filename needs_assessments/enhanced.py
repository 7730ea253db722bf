"""Does this person have enhanced rights? Pure: answers go in, a decision comes out.

Victims' Code, enhanced rights: any one category is enough. "Not asked" is not "no": a category that was
in force and was not asked about this time stays in force.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

YES, NO, NOT_ASKED = "Y", "N", ""


@dataclass(frozen=True)
class Decision:
    """Enhanced with its categories, or standard with none."""

    is_enhanced: bool
    categories: tuple[str, ...]


def decide(answers: Mapping[str, str], *, in_force: Collection[str]) -> Decision:
    """What the answers come to. `in_force` are the categories that give enhanced rights today."""
    yes = [category for category, answer in answers.items() if answer == YES]
    kept = [category for category in in_force if answers.get(category, NOT_ASKED) == NOT_ASKED]
    categories = tuple(dict.fromkeys([*yes, *kept]))
    return Decision(bool(categories), categories)
