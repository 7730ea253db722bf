"""What we owe people, from the rows of every app: duties, first contacts, agreed updates, promises.

The one place that says what counts: Today, the summary of a case and the lists of cases all read it here.
What the court, the CPS or probation owes is on the rights page.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from compliance.models import Duty
from contacts.models import Contact, ContactPlan, ContactSeries, PlanReview, Promise
from desk import words
from desk.day import Item, Thing, What, things
from referrals.models import Referral
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.models import Event, Participant, Question
from victimcare.lookups import is_any
from victimcare.prepared import Given, Prepared

OURS_TO_TELL = (Duty.Owner.FORCE, Duty.Owner.WCU)


# --- Which rows ------------------------------------------------------------------------------------


def updates() -> QuerySet[ContactPlan]:
    """Plans in force of open cases whose next update has a date."""
    return ContactPlan.objects.current().filter(due_on__isnull=False, participant__closed_at=None)


def first_contacts() -> QuerySet[Referral]:
    """Victims of open cases, allocated, whom nobody has tried to reach yet."""
    tried = Contact.objects.filter(participant=OuterRef("participant"), direction=Contact.Direction.OUT)
    rows = Referral.objects.allocated().filter(due_on__isnull=False, participant__closed_at=None)
    return rows.filter(~Exists(tried))


@Prepared
def first_priority() -> QuerySet[Referral, Any]:
    """Of these `people`, participants by primary key, those whom triage put first."""
    rows = Referral.objects.filter(is_any("participant_id", Given("people")), priority=1)
    return rows.values_list("participant_id", flat=True)


def first_contact_due(participants: Iterable[int]) -> dict[int, date]:
    """Of these participants, by primary key, the day by which triage says to reach them. One query."""
    rows = Referral.objects.filter(participant__in=list(participants), due_on__isnull=False)
    return dict(rows.values_list("participant_id", "due_on"))


def attempts() -> QuerySet[ContactSeries]:
    """First contacts of open cases that have begun and reached nobody yet, with a next step."""
    return ContactSeries.objects.open().filter(next_on__isnull=False, participant__closed_at=None)


def reviews() -> QuerySet[PlanReview]:
    """Plans of open cases that are to be agreed again because of a milestone."""
    return PlanReview.objects.open().filter(participant__closed_at=None).select_related("event")


def plans_due(until: date | None) -> QuerySet[ContactPlan]:
    """Plans of open cases with an update, or to be agreed again, by this day; with `asked`, what asks for that."""
    asked = PlanReview.objects.open().filter(participant=OuterRef("participant"))
    due = Q(due_on__isnull=False)
    if until is not None:
        asked, due = asked.filter(due_on__lte=until), Q(due_on__lte=until)
    rows = ContactPlan.objects.current().filter(participant__closed_at=None).filter(due | Exists(asked))
    return _with_reviews(rows, asked)


def plan_in_force(person: Participant) -> ContactPlan | None:
    """What is agreed with this person, with `asked`, what asks for it to be agreed again. One query."""
    asked = PlanReview.objects.open().filter(participant=OuterRef("participant"))
    return _with_reviews(ContactPlan.objects.current().filter(participant=person), asked).first()


def _with_reviews(plans: QuerySet[ContactPlan], asked: QuerySet[PlanReview]) -> QuerySet[ContactPlan]:
    said = JSONObject(
        milestone="milestone",
        due_on="due_on",
        occurred_at="event__occurred_at",
        learned_at="event__learned_at",
    )
    return plans.annotate(asked=ArraySubquery(asked.order_by("due_on").values(said=said)))


def safe_reviews() -> QuerySet[Participant]:
    """Victims and witnesses of open cases who are to be asked anew how to reach them safely."""
    rows = Participant.objects.served().filter(closed_at=None)
    return rows.filter(person__safe_contact__review_on__isnull=False)


# --- As items of a day -----------------------------------------------------------------------------


def of_duties(duties: Iterable[Duty]) -> Iterator[Item]:
    """Those that are open and have a last day."""
    for duty in duties:
        if duty.status == Duty.Status.OPEN and duty.due_on:
            what = What.TELL if words.is_told(duty) else DO_AS.get(duty.rule, What.DO)
            yield Item(what, duty.participant_id, duty.due_on, duty.enhanced_applied, duty)


DO_AS = {"R12-COMPLAINT": What.COMPLAINT}  # duties that are planned for otherwise than a letter


def of_reviews(rows: Iterable[PlanReview]) -> Iterator[Item]:
    return (Item(What.REVIEW, row.participant_id, row.due_on, source=row) for row in rows)


def of_plans_due(plans: Iterable[ContactPlan], until: date | None) -> Iterator[Item]:
    """The updates and the reviews of `plans_due`."""
    for plan in plans:
        if plan.due_on and (until is None or plan.due_on <= until):
            yield Item(What.UPDATE, plan.participant_id, plan.due_on, source=plan)
        yield from of_reviews(_review(plan, said) for said in plan.asked)  # type: ignore[attr-defined]


def _review(plan: ContactPlan, said: Mapping[str, str]) -> PlanReview:
    """A review as its row says it, with as much of its event as is said aloud."""
    moments = {name: datetime.fromisoformat(said[name]) for name in ("occurred_at", "learned_at")}
    return PlanReview(
        participant_id=plan.participant_id,
        milestone=said["milestone"],
        due_on=date.fromisoformat(said["due_on"]),
        event=Event(**moments),
    )


def of_safe_reviews(people: Iterable[Participant]) -> Iterator[Item]:
    """Each came with their safe-contact answers, which name the day by which they are asked anew."""
    for part in people:
        safe = getattr(part.person, "safe_contact", None)
        if safe is not None and safe.review_on:
            yield Item(What.SAFE_REVIEW, part.pk, safe.review_on, source=part)


def of_questions(questions: Iterable[Question]) -> Iterator[Item]:
    """A question about no one person is nobody's: participant 0."""
    return (Item(What.QUESTION, each.participant_id or 0, each.due_on, source=each) for each in questions)


def of_updates(plans: Iterable[ContactPlan]) -> Iterator[Item]:
    return (Item(What.UPDATE, plan.participant_id, plan.due_on, source=plan) for plan in plans if plan.due_on)


def of_promises(promises: Iterable[Promise]) -> Iterator[Item]:
    return (Item(What.PROMISE, each.participant_id, each.due_on, source=each) for each in promises)


def of_first_contacts(referrals: Iterable[Referral]) -> Iterator[Item]:
    return (
        Item(What.FIRST_CONTACT, each.participant_id, each.due_on, source=each)
        for each in referrals
        if each.due_on
    )


def of_attempts(series: Iterable[ContactSeries]) -> Iterator[Item]:
    return (
        Item(What.ATTEMPT, each.participant_id, each.next_on, each.is_serious, each)
        for each in series
        if each.next_on
    )


# --- What is owed next -----------------------------------------------------------------------------


def owed_to(
    person: Participant,
    user: User,
    duties: Iterable[Duty],
    plan: ContactPlan | None,
    promises: Iterable[Promise],
) -> list[Thing]:
    """Everything with a date that is owed to this person, soonest first. Two queries.

    The duties, the plan in force (`plan_in_force`) and the open promises are this person's, read already. What they
    told us is for those who may read contacts.
    """
    items = list(of_duties(duty for duty in duties if duty.owner in OURS_TO_TELL))
    if user.may(Permission.VIEW_CONTACTS):
        items += of_first_contacts(first_contacts().filter(participant=person))
        items += of_attempts(attempts().filter(participant=person))
        items += of_plans_due([plan] if plan and not person.closed_at else [], None)
        items += of_promises(promises)
    for item in items:
        item.source.participant = person  # type: ignore[attr-defined]
    return things(items)


def owed_next(people: list[Participant], user: User) -> dict[int, Thing]:
    """What is owed soonest to each of these people, by their primary keys. Five queries however many."""
    items: list[Item] = []
    if user.may(Permission.VIEW_RIGHTS):
        duties = Duty.objects.open().timed().filter(participant__in=people, owner__in=OURS_TO_TELL)
        soonest = duties.order_by("participant", "due_on", "-enhanced_applied", "pk").distinct("participant")
        items += of_duties(soonest.select_related("event"))
    if user.may(Permission.VIEW_CONTACTS):
        promises = Promise.objects.open().filter(participant__in=people)
        items += of_first_contacts(first_contacts().filter(participant__in=people))
        items += of_attempts(attempts().filter(participant__in=people))
        items += of_updates(updates().filter(participant__in=people))
        items += of_promises(promises.order_by("participant", "due_on", "pk").distinct("participant"))
    found: dict[int, Thing] = {}
    for thing in things(items):
        found.setdefault(thing.participant, thing)
    return found
