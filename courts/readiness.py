"""What one witness of one hearing still needs: the one thing in the way, first things first. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Next(StrEnum):
    """The one thing in the way."""

    TELL = "tell"  # of the hearing: owed to every victim
    WARN = "warn"
    STAND_DOWN = "stand_down"
    APPROVE_LETTER = "approve_letter"
    SEND_LETTER = "send_letter"
    MEND_LETTER = "mend_letter"
    ASK_REPLY = "ask_reply"
    CANNOT_COME = "cannot_come"
    UNSURE = "unsure"
    MEASURES = "measures"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Facts:
    """Everything the rule looks at, as plain values."""

    is_victim: bool
    is_required: bool
    was_required: bool  # and is no longer
    knows_of_hearing: bool
    is_warned: bool  # spoken to, or a letter that has gone
    is_stood_down: bool  # told that they need not come
    letter_status: str  # of the newest warning letter that has not gone; "" for none
    reply: str  # will_attend, unsure, cannot or ""
    open_measures: int  # wanted or applied for, and not answered


def next_thing(facts: Facts) -> Next:
    """The one thing in the way of this person coming, or of knowing they need not."""
    if facts.is_required and not facts.is_warned:
        return _of_letter(facts.letter_status) or Next.WARN
    if facts.was_required and facts.is_warned and not facts.is_stood_down:
        return _of_letter(facts.letter_status) or Next.STAND_DOWN
    if facts.is_victim and not facts.knows_of_hearing:
        return Next.TELL
    if not facts.is_required:
        return Next.NOTHING
    if facts.reply == "cannot":
        return Next.CANNOT_COME
    if facts.reply == "unsure":
        return Next.UNSURE
    if not facts.reply:
        return Next.ASK_REPLY
    return Next.MEASURES if facts.open_measures else Next.NOTHING


def _of_letter(status: str) -> Next | None:
    return {
        "draft": Next.APPROVE_LETTER,
        "queued": Next.SEND_LETTER,
        "rendering": Next.SEND_LETTER,
        "rendered": Next.SEND_LETTER,
        "parked": Next.MEND_LETTER,
    }.get(status)
