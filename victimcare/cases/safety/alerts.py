"""Which answers are safety alerts, and which new answers would take one back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from victimcare.cases.models import SafeContact
from victimcare.cases.safe_contact import ANSWERED


@dataclass(frozen=True)
class Lifted:
    """One alert that would be taken back: the answer, what it says, and what it would say."""

    field: str
    was: str
    to: str


def lifted_by(safe: SafeContact, answers: Mapping[str, Any], *, is_in_danger: bool) -> list[Lifted]:
    """The alerts among these answers that new ones would take back.

    A protected address and a code word are alerts for everybody; a No is one where somebody may be in danger.
    """
    found = []
    if is_in_danger:
        found = [
            Lifted(channel, SafeContact.Safe.NO, answers[channel])
            for channel in ANSWERED
            if getattr(safe, channel) == SafeContact.Safe.NO
            and answers.get(channel, SafeContact.Safe.NO) != SafeContact.Safe.NO
        ]
    if safe.address_is_protected and not answers.get("address_is_protected", True):
        found.append(Lifted("address_is_protected", "yes", "no"))
    word = answers.get("code_word", safe.code_word)
    if safe.code_word and word != safe.code_word:
        found.append(Lifted("code_word", safe.code_word, word))
    return found
