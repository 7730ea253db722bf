"""What victims were written, and the updates that their plans promised: most of them in time, as in any unit."""

import random
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from contacts.models import ContactPlan
from desk.demo.book import Book, Landed
from desk.demo.extracts import AT_RISK_FLAGS
from desk.demo.moments import office_time
from victimcare.accounts.models import User
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant
from victimcare.letters.models import LetterTemplate
from victimcare.working_days import LONDON, england_and_wales, is_working_day

ACKNOWLEDGEMENT = "crime_acknowledgement"
WRITTEN = ([1, 14], [93, 4])  # within so many days, of a hundred; the rest nobody wrote to
# Updates given in time. Of the others, half are no breach of the plan: the officer in the case rang meanwhile.
KEPT = 0.74
YOUNG = 16


def acknowledged(book: Book, people: Iterable[Landed], chance: random.Random, now: datetime) -> None:
    """Right 3: the force's own system wrote to most of those who can safely be written to. One query, and one more.

    The letter itself was never here, so nothing of this service sent it: only that it went is recorded.
    """
    acting = dict(
        Participant.objects.filter(role=Participant.Role.REPRESENTATIVE, represents__isnull=False)
        .order_by("pk")
        .values_list("represents", "pk")
    )
    title = LetterTemplate.objects.in_force(now.date()).get(key=ACKNOWLEDGEMENT).title_en
    for who in people:
        adult = acting.get(who.participant_id)
        within = chance.choices([*WRITTEN[0], 0], [*WRITTEN[1], 100 - sum(WRITTEN[1])])[0]
        if not within or not _may_be_written_to(who, is_acted_for=adult is not None):
            continue
        recorded = who.story.recorded_at.replace(tzinfo=LONDON)
        at = office_time(recorded, chance, days=within * (0.3 + chance.random()))
        if at < now:
            to = adult or who.participant_id
            book.event(
                who, Kind.LETTER_DISPATCHED, at, to=to, detail=title, data={"template": ACKNOWLEDGEMENT}
            )


def _may_be_written_to(who: Landed, *, is_acted_for: bool) -> bool:
    """Never where post was refused, or where they may be in danger and nobody asked."""
    story = who.story
    if who.has_died or story.age < YOUNG:
        return is_acted_for and not AT_RISK_FLAGS.intersection(story.row["flags"].split(";"))
    return story.row.get("safe_to_post", "") == "Y" or not story.is_flagged


def agree(book: Book, who: Landed, officer: User, at: datetime, *, next_on: date, until: datetime,
          chance: random.Random, **terms: Any) -> None:  # fmt: skip
    """A plan agreed at `at`, and its updates up to `until`: the next one is due about `next_on`."""
    days = updates(at.date(), next_on, until.date(), terms["frequency_days"], chance)
    given = [office_time(datetime.combine(day, time(9, 0), LONDON), chance) for day in days]
    book.plan(who, officer, at, given, **terms)
    for moment in given:
        told = [event.id for event in who.tellable(moment) if event.at > moment - timedelta(days=30)]
        book.contact(who, moment, "reached", by=officer, tells=told, note="Rang as agreed.")


def usual_terms(chance: random.Random, language: str, given_names: str) -> dict[str, Any]:
    """Terms that somebody with nothing special to ask agrees to."""
    return {
        "frequency_days": chance.choices([7, 14, 28], [2, 5, 3])[0],
        "channels": ["phone", "email"],
        "language": ContactPlan.Language.WELSH if language == "cy" else ContactPlan.Language.ENGLISH,
        "agreed_with": given_names,
    }


def updates(agreed_on: date, next_on: date, until: date, every: int, chance: random.Random) -> list[date]:
    """The working days of past updates, oldest first; the last of them makes the next one due about `next_on`.

    Counted backwards from there: most followed the one before within the interval, the others came days late.
    """
    found: list[date] = []
    day = _working(min(next_on - timedelta(days=every), until - timedelta(days=1)))
    while day > agreed_on:
        found.append(day)
        is_kept = chance.random() < KEPT
        between = every - chance.randint(2, 4) if is_kept else every + chance.randint(1, 6)
        day = _working(day - timedelta(days=between), is_later=is_kept)
    return found[::-1]


def _working(day: date, *, is_later: bool = False) -> date:
    """The working day before, or after."""
    while not is_working_day(day, bank_holidays=england_and_wales()):
        day += timedelta(days=1 if is_later else -1)
    return day
