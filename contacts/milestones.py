"""Which events of a case are milestones, after which a plan is agreed anew. Pure: an event's words in, a name out.

For each milestone the unit sets how many working days there are for it; 0 asks nobody (victimcare.cases.standards).
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from contacts.models import PlanReview
from victimcare.cases.kinds import Kind
from victimcare.cases.standards import Key
from victimcare.working_days import LONDON

KINDS = frozenset({Kind.SUSPECT_CHARGED, Kind.HEARING_LISTED, Kind.RESULT_RECEIVED})
PLEAS = frozenset({"G", "NG"})
DAYS = {
    PlanReview.Milestone.CHARGE: Key.REVIEW_CHARGE,
    PlanReview.Milestone.PLEA: Key.REVIEW_PLEA,
    PlanReview.Milestone.TRIAL: Key.REVIEW_TRIAL,
    PlanReview.Milestone.SENTENCE: Key.REVIEW_SENTENCE,
}


def milestone_of(kind: str, data: Mapping[str, Any]) -> PlanReview.Milestone | None:
    """The milestone that an event is; None for most events."""
    if kind == Kind.SUSPECT_CHARGED:
        return PlanReview.Milestone.CHARGE
    if kind == Kind.HEARING_LISTED and data.get("type") == "TRIAL":
        return PlanReview.Milestone.TRIAL
    if kind == Kind.RESULT_RECEIVED:
        if "sentence" in (data.get("result_kind") or ()):
            return PlanReview.Milestone.SENTENCE
        if data.get("plea") in PLEAS:
            return PlanReview.Milestone.PLEA
    return None


def is_after(learned_at: datetime, *, made_at: datetime | None, agreed_on: date) -> bool:
    """Whether we heard of it after the plan was agreed, so that nobody could have spoken of it then."""
    agreed_at = made_at or datetime.combine(agreed_on + timedelta(days=1), time.min, LONDON)
    return learned_at > agreed_at
