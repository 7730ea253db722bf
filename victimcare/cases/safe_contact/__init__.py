"""The third door: is it safe to reach this person this way, now?

`judge` is the rule: plain facts in, a verdict out, no database. `clear` gathers the facts and, where the
verdict is yes, hands over the proof that everything which sends must hold. Not known means no where the
victim may be in danger, but for the first-contact rule (safety.md, controls spelled out).
"""

from victimcare.cases.safe_contact.acting import NEVER_ACTS, whom_not_to_ask, why_not_to_act_for
from victimcare.cases.safe_contact.asking import moved_since_asked, opened_by
from victimcare.cases.safe_contact.clearing import Blocked, Clearance, clear, verdicts, verdicts_for
from victimcare.cases.safe_contact.danger import (
    DANGER_FLAGS,
    DANGER_RELATIONSHIPS,
    in_danger,
    is_flagged,
)
from victimcare.cases.safe_contact.destinations import address_keys, person_keys, phone_key
from victimcare.cases.safe_contact.gathering import ANSWERED
from victimcare.cases.safe_contact.rule import (
    ASK_ONLY,
    NO_MESSAGES,
    NO_TEXT,
    NO_VOICEMAIL,
    OFFICE_HOURS,
    PLAN_GOES_STALE_AFTER_DAYS,
    WHO_LIFTS,
    YOUNG_CHILD,
    Channel,
    Facts,
    Purpose,
    Verdict,
    judge,
    no_messages,
)

__all__ = [
    "ANSWERED",
    "ASK_ONLY",
    "DANGER_FLAGS",
    "DANGER_RELATIONSHIPS",
    "NEVER_ACTS",
    "NO_MESSAGES",
    "NO_TEXT",
    "NO_VOICEMAIL",
    "OFFICE_HOURS",
    "PLAN_GOES_STALE_AFTER_DAYS",
    "WHO_LIFTS",
    "YOUNG_CHILD",
    "Blocked",
    "Channel",
    "Clearance",
    "Facts",
    "Purpose",
    "Verdict",
    "address_keys",
    "clear",
    "in_danger",
    "is_flagged",
    "judge",
    "moved_since_asked",
    "no_messages",
    "opened_by",
    "person_keys",
    "phone_key",
    "verdicts",
    "verdicts_for",
    "whom_not_to_ask",
    "why_not_to_act_for",
]
