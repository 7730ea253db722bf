"""The numbers this unit sets for itself: how many calls before we write, how long an officer has to answer.

Each number is a row with versions (`Standard`), written by one supervisor and approved by another. None of
them is the Code's, and none was found in the force's published policy: until somebody approves one, pages
say that it is not confirmed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from victimcare.accounts.models import User
from victimcare.cases.models import Standard
from victimcare.prepared import Given, Prepared


class Key(TextChoices):
    """Which number. The label is how the page of standards asks for it."""

    ATTEMPTS = "attempts", _("Calls before we write to somebody")
    GAP = "attempt_gap", _("Working days from one call to the next")
    AFTERNOON = "afternoon_from", _("The hour at which the afternoon begins")
    EVENING = "evening_from", _("The hour at which the evening begins")
    WAIT = "wait_for_answer", _("Days we wait for an answer after we wrote")
    OFFICER_REPLY = "officer_reply", _("Working days an officer in the case has to answer a question")
    REMIND = "remind_before", _("Working days before something is due when its officer is reminded")
    ESCALATE = "escalate_after", _("Working days late when the supervisor is told")
    SNOOZE = "snooze_at_most", _("Days for which a reminder may be put off")
    QUIET_FROM = "quiet_from", _("The hour from which staff get no emails")
    QUIET_UNTIL = "quiet_until", _("The hour until which staff get no emails")
    SERGEANT = "minute_sergeant", _("Hours before the sergeant hears that an officer has told nobody")
    MINUTE_UNIT = "minute_unit", _("Hours before the unit hears that an officer has told nobody")
    RING_WITHIN = "ring_within", _("Minutes within which a victim in danger is rung after a release")
    RING_ABUSE = "ring_abuse", _("Ring at once when a suspect of domestic abuse is released: 1 yes, 0 no")
    RING_STALKING = "ring_stalking", _("Ring at once when a suspect of stalking is released: 1 yes, 0 no")
    RING_SEXUAL = "ring_sexual", _("Ring at once when a suspect of a sexual offence is released: 1 yes, 0 no")
    UNIT_OPENS = "unit_opens", _("The hour at which the unit opens; before it, the on-call supervisor rings")
    UNIT_CLOSES = (
        "unit_closes",
        _("The hour at which the unit closes; from then, the on-call supervisor rings"),
    )
    DRAFTS = "drafts_kept", _("Days for which an unfinished form is kept for its author")
    COMPLAINT_REPLY = "complaint_reply", _("Working days within which a complaint is answered")
    MEND_WITHIN = "mend_within", _("Working days within which somebody who is not content hears from us")
    BREACH_ANSWER = "breach_answer", _("Working days within which a missed duty is accepted or disputed")
    BREACH_DECIDE = "breach_decide", _("Working days within which a dispute about a missed duty is decided")
    BREACH_CLOSE = "breach_close", _("Working days from accepting a missed duty to what was learned from it")
    SMALL_NUMBERS = "small_numbers", _("Numbers of people below this are hidden where groups are compared")

    UPDATE_EVERY = "update_every", _("Days between updates, where nothing else was agreed")
    HORIZON = (
        "holidays_horizon",
        _("Months before the known bank holidays end when pages say so"),
    )
    REVIEW_CHARGE = "review_charge", _("Working days to agree a plan again after a charge; 0 for not at all")
    REVIEW_PLEA = "review_plea", _("Working days to agree a plan again after a plea; 0 for not at all")
    REVIEW_TRIAL = (
        "review_trial",
        _("Working days to agree a plan again when a trial is fixed; 0 for not at all"),
    )
    REVIEW_SENTENCE = (
        "review_sentence",
        _("Working days to agree a plan again after sentence; 0 for not at all"),
    )
    MINUTES_TELL = "minutes_tell", _("Minutes to tell somebody what happened")
    MINUTES_MORE = "minutes_more", _("Minutes for each further thing told in the same call")
    MINUTES_DO = "minutes_do", _("Minutes for a duty that no call meets, such as a letter")
    MINUTES_UPDATE = "minutes_update", _("Minutes for an agreed update")
    MINUTES_PROMISE = "minutes_promise", _("Minutes for a promise or a task")
    MINUTES_FIRST_CONTACT = "minutes_first_contact", _("Minutes for a first contact")
    MINUTES_ATTEMPT = "minutes_attempt", _("Minutes for another attempt to reach somebody")
    MINUTES_REVIEW = "minutes_review", _("Minutes to agree a plan, or safe contact, again")
    MINUTES_QUESTION = "minutes_question", _("Minutes to chase or answer a question")
    MINUTES_COMPLAINT = "minutes_complaint", _("Minutes to answer a complaint")


@dataclass(frozen=True)
class Range:
    """What a number may be, and what it is before anybody wrote a version."""

    lowest: int
    highest: int
    first: int


RANGES: dict[str, Range] = {
    Key.ATTEMPTS: Range(1, 9, 3),
    Key.GAP: Range(1, 10, 1),
    Key.AFTERNOON: Range(11, 14, 12),
    Key.EVENING: Range(15, 19, 17),
    Key.WAIT: Range(1, 28, 7),
    Key.OFFICER_REPLY: Range(1, 10, 2),
    Key.REMIND: Range(0, 5, 1),
    Key.ESCALATE: Range(1, 10, 2),
    Key.SNOOZE: Range(1, 14, 5),
    Key.QUIET_FROM: Range(17, 23, 20),
    Key.QUIET_UNTIL: Range(4, 9, 7),
    Key.SERGEANT: Range(1, 72, 12),
    Key.MINUTE_UNIT: Range(2, 96, 24),
    Key.RING_WITHIN: Range(10, 240, 60),
    Key.RING_ABUSE: Range(0, 1, 1),
    Key.RING_STALKING: Range(0, 1, 1),
    Key.RING_SEXUAL: Range(0, 1, 1),
    Key.UNIT_OPENS: Range(6, 11, 9),
    Key.UNIT_CLOSES: Range(14, 22, 17),
    Key.DRAFTS: Range(1, 28, 7),
    Key.COMPLAINT_REPLY: Range(1, 20, 10),
    Key.MEND_WITHIN: Range(1, 10, 1),
    Key.UPDATE_EVERY: Range(1, 90, 28),
    Key.HORIZON: Range(1, 36, 12),
    Key.BREACH_ANSWER: Range(1, 20, 5),
    Key.BREACH_DECIDE: Range(1, 20, 5),
    Key.BREACH_CLOSE: Range(1, 40, 10),
    Key.SMALL_NUMBERS: Range(3, 20, 5),
    Key.REVIEW_CHARGE: Range(0, 20, 5),
    Key.REVIEW_PLEA: Range(0, 20, 5),
    Key.REVIEW_TRIAL: Range(0, 20, 5),
    Key.REVIEW_SENTENCE: Range(0, 20, 5),
    Key.MINUTES_TELL: Range(5, 90, 20),
    Key.MINUTES_MORE: Range(0, 30, 5),
    Key.MINUTES_DO: Range(5, 90, 15),
    Key.MINUTES_UPDATE: Range(5, 90, 15),
    Key.MINUTES_PROMISE: Range(5, 90, 15),
    Key.MINUTES_FIRST_CONTACT: Range(5, 120, 35),
    Key.MINUTES_ATTEMPT: Range(5, 90, 15),
    Key.MINUTES_REVIEW: Range(5, 90, 20),
    Key.MINUTES_QUESTION: Range(5, 60, 10),
    Key.MINUTES_COMPLAINT: Range(5, 240, 60),
}


@Prepared
def approved_versions() -> QuerySet[Standard]:
    """The version of each number whose turn it is on a `day`."""
    rows = Standard.objects.approved().filter(effective_from__lte=Given("day"))
    return rows.order_by("key", "-effective_from", "-number").distinct("key")


def in_force_on(day: date) -> dict[str, Standard]:
    """The version of each number whose turn it is on this day. One query."""
    return {row.key: row for row in approved_versions(day=day)}


def numbers_on(day: date) -> Mapping[str, int]:
    """Every number as it is on this day. One query."""
    return numbers_of(approved_versions(day=day))


def numbers_of(rows: Iterable[Standard]) -> Mapping[str, int]:
    """Every number, as these versions have it."""
    found = {row.key: row.value for row in rows}
    return {key: found.get(key, RANGES[key].first) for key in Key.values}


class Proposed(Protocol):
    """A version that one person writes and another approves; what we began with was written by nobody."""

    reason: str
    written_by: User | None
    approved_by: User | None
    withdrawn_at: datetime | None


def note_of(version: Proposed) -> str:
    """Who wrote it, why, and whether it counts: Siân Evans: agreed on Friday. Waits for approval."""
    if version.withdrawn_at:
        state = _now("Set aside")
    elif version.approved_by:
        state = _now("Approved by %s") % version.approved_by
    else:
        state = _now("Not confirmed") if version.written_by is None else _now("Waits for approval")
    who = str(version.written_by or _now("What we began with"))
    return f"{who}: {version.reason} {state}.".replace("  ", " ")
