"""What a list says of each person beside their name: rights, what is owed next, the last contact. One query."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    F,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from compliance import words as rules
from compliance.models import Duty
from contacts.models import Contact, Promise
from desk import owed, words
from desk.day import What
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.models import Entitlement


@dataclass
class Owed:
    """What is owed soonest. `rule` is the duty's, where it is a duty."""

    what: What
    due_on: date
    rule: str = ""
    is_enhanced: bool = False

    @property
    def place(self) -> tuple[date, bool]:
        """Soonest first; of the same day, those with enhanced rights."""
        return self.due_on, not self.is_enhanced


@dataclass
class Glance:
    """One person in a list."""

    is_enhanced: bool = False
    owed: Owed | None = None
    contact_at: datetime | None = None
    outcome: str = ""


def glances(people: Iterable[int], user: User, today: date) -> dict[int, Glance]:
    """By the participants' primary keys. What this person may not know is as if it were not there."""
    found = {pk: Glance() for pk in people}
    if not found:
        return {}
    first, *rest = _parts(list(found), user, today)
    for pk, part, is_enhanced, on, said, kind, at in first.union(*rest, all=True):
        glance = found[pk]
        if part == "rights":
            glance.is_enhanced = is_enhanced
        elif part == "contact":
            glance.contact_at, glance.outcome = at, said
        else:
            told = part == What.DO and kind in words.ABOUT and said in rules.ABOUT
            owed_now = Owed(What.TELL if told else What(part), on, said, is_enhanced)
            if glance.owed is None or owed_now.place < glance.owed.place:
                glance.owed = owed_now
    return found


# Each part of the query has these columns: whose, which part, and what it says.
COLUMNS: dict[str, Any] = {
    "of": CharField(),
    "enhanced": BooleanField(),
    "on": DateField(),
    "said": CharField(),
    "kind": CharField(),
    "when": DateTimeField(),
}


def _parts(people: list[int], user: User, today: date) -> Iterator[QuerySet[Any, Any]]:
    rights = Entitlement.objects.filter(participant__in=people, from_on__lte=today)
    rights = rights.order_by("participant", "-from_on", "-pk").distinct("participant")
    yield _part(rights, "rights", enhanced=F("is_enhanced"))
    contacts = Contact.objects.filter(participant__in=people)
    contacts = contacts.order_by("participant", "-at", "-pk").distinct("participant")
    yield _part(contacts, "contact", said=F("outcome"), when=F("at"))
    if user.may(Permission.VIEW_RIGHTS):
        duties = Duty.objects.open().timed().filter(participant__in=people, owner__in=owed.OURS_TO_TELL)
        duties = duties.order_by("participant", "due_on", "-enhanced_applied", "pk").distinct("participant")
        yield _part(
            duties,
            What.DO,
            on=F("due_on"),
            enhanced=F("enhanced_applied"),
            said=F("rule"),
            kind=F("event__kind"),
        )
    if user.may(Permission.VIEW_CONTACTS):
        attempts = owed.attempts().filter(participant__in=people)
        yield _part(attempts.order_by(), What.ATTEMPT, on=F("next_on"), enhanced=F("is_serious"))
        for what, rows in (
            (What.FIRST_CONTACT, owed.first_contacts()),
            (What.UPDATE, owed.updates()),
            (What.REVIEW, owed.reviews().select_related(None)),
            (What.PROMISE, Promise.objects.open()),
        ):
            yield _part(rows.filter(participant__in=people).order_by(), what, on=F("due_on"))


def _part(rows: QuerySet[Any], part: str, **said: Any) -> QuerySet[Any, Any]:
    said["of"] = Value(str(part), CharField())
    named = {f"its_{name}": said.get(name, Cast(Value(None), field)) for name, field in COLUMNS.items()}
    found: QuerySet[Any, Any] = rows.values_list("participant_id").annotate(**named)
    return found.values_list("participant_id", *named)
