"""What we owe people, from the rows of every app: duties, first contacts, agreed updates, promises.

The one place that says what counts: Today, the summary of a case and the lists of cases all read it here.
What the court, the CPS or probation owes is on the rights page.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from compliance.models import Duty
from contacts.models import Contact, ContactPlan, ContactSeries, Promise
from desk import words
from desk.day import Item, Thing, What, things
from referrals.models import Referral
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.models import Participant

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


def first_priority(participants: Iterable[int]) -> set[int]:
    """Of these participants, by primary key, those whom triage put first. One query."""
    rows = Referral.objects.filter(participant__in=list(participants), priority=1)
    return set(rows.values_list("participant_id", flat=True))


def first_contact_due(participants: Iterable[int]) -> dict[int, date]:
    """Of these participants, by primary key, the day by which triage says to reach them. One query."""
    rows = Referral.objects.filter(participant__in=list(participants), due_on__isnull=False)
    return dict(rows.values_list("participant_id", "due_on"))


def attempts() -> QuerySet[ContactSeries]:
    """First contacts of open cases that have begun and reached nobody yet, with a next step."""
    return ContactSeries.objects.open().filter(next_on__isnull=False, participant__closed_at=None)


# --- As items of a day -----------------------------------------------------------------------------


def of_duties(duties: Iterable[Duty]) -> Iterator[Item]:
    """Those that are open and have a last day."""
    for duty in duties:
        if duty.status == Duty.Status.OPEN and duty.due_on:
            what = What.TELL if words.is_told(duty) else What.DO
            yield Item(what, duty.participant_id, duty.due_on, duty.enhanced_applied, duty)


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

    The duties, the plan in force and the open promises are this person's, read already. What they told us is
    for those who may read contacts.
    """
    items = list(of_duties(duty for duty in duties if duty.owner in OURS_TO_TELL))
    if user.may(Permission.VIEW_CONTACTS):
        items += of_first_contacts(first_contacts().filter(participant=person))
        items += of_attempts(attempts().filter(participant=person))
        items += of_updates([plan] if plan and not person.closed_at else [])
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
