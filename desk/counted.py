"""How much of a team is late and due today, by officer: counted as `desk.worklist` lists it, and no row is built."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce

from compliance.models import Duty
from contacts.models import ContactPlan, PlanReview, Promise
from desk import owed, words
from desk.day import IN_ONE_CALL, What
from victimcare.accounts.models import User
from victimcare.cases.models import Question, may_see


@dataclass
class Counted:
    """What one officer has to do: things, as a list of due work has rows."""

    late: int = 0
    today: int = 0
    oldest: date | None = None  # the last day of what is latest


def by_officer(user: User, officers: Sequence[int], today: date) -> dict[int, Counted]:
    """What is late or due today for each of these officers, as far as `user` may see it. One query."""
    if not officers:
        return {}
    found: dict[int, Counted] = {each: Counted() for each in officers}
    seen: set[tuple[Any, ...]] = set()
    for officer, participant, due_on, what, rule, kind in _rows(user, officers, today):
        if what == What.TELL and not words.is_telling(rule, kind):
            what = owed.DO_AS.get(rule, What.DO)
        if what in IN_ONE_CALL:
            together = (what, participant, due_on)
            if together in seen:
                continue
            seen.add(together)
        counted = found[officer]
        if due_on == today:
            counted.today += 1
            continue
        counted.late += 1
        counted.oldest = min(counted.oldest or due_on, due_on)
    return found


def _rows(user: User, officers: Sequence[int], today: date) -> QuerySet[Any, Any]:
    """Each thing due by today: whose, about whom, its last day, what it is, and of a duty its rule and event."""
    theirs = may_see(user, "participant__")
    of_officers = {"participant__officer__in": officers}
    plans = owed.updates().filter(theirs, due_on__lte=today, **of_officers)
    has_plan = Exists(ContactPlan.objects.current().filter(participant=OuterRef("participant")))
    reviews = PlanReview.objects.open().filter(
        theirs, has_plan, due_on__lte=today, participant__closed_at=None, **of_officers
    )
    promises = (
        Promise.objects.open()
        .falling_to(officers)
        .filter(theirs, due_on__lte=today)
        .annotate(whose=Coalesce("owner_id", "made_by_id"))
    )
    duties = Duty.objects.open().filter(
        theirs, due_on__lte=today, owner=Duty.Owner.FORCE, participant__closed_at=None, **of_officers
    )
    asked = Question.objects.visible_to(user).late_on(today).filter(asked_by__in=officers)
    safe = owed.safe_reviews().filter(may_see(user), person__safe_contact__review_on__lte=today)
    parts = [
        _said(duties, What.TELL, rule=F("rule"), kind=F("event__kind")),
        _said(plans, What.UPDATE),
        _said(reviews, What.REVIEW),
        _said(owed.first_contacts().filter(theirs, due_on__lte=today, **of_officers), What.FIRST_CONTACT),
        _said(
            owed.attempts().filter(theirs, next_on__lte=today, **of_officers),
            What.ATTEMPT,
            due_on=F("next_on"),
        ),
        _said(promises, What.PROMISE, officer=F("whose")),
        _said(asked, What.QUESTION, officer=F("asked_by_id")),
        _said(
            safe.filter(officer__in=officers),
            What.SAFE_REVIEW,
            officer=F("officer_id"),
            participant=F("pk"),
            due_on=F("person__safe_contact__review_on"),
        ),
    ]
    return reduce(lambda some, more: some.union(more, all=True), parts)


def _said(rows: QuerySet[Any], what: What, **columns: Any) -> QuerySet[Any, Any]:
    """The six columns; `columns` says those that the row's participant, or no duty, does not answer."""
    said = {
        "officer": F("participant__officer_id"),
        "participant": F("participant_id"),
        "due_on": F("due_on"),
        "what": Value(what.value, CharField()),
        "rule": Value("", CharField()),
        "kind": Value("", CharField()),
    } | columns
    # With a prefix: some of these names are the model's own.
    named = {f"of_{name}": value for name, value in said.items()}
    return rows.order_by().annotate(**named).values_list(*named)
