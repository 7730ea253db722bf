"""The rest of the year: 48,461 referrals reach 19 officers, 7,425 are reached by a first call, 6,191 assessed."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from desk.demo.book import Book, Landed
from desk.demo.moments import by_day, office_time, office_time_by
from desk.demo.updates import acknowledged, agree, usual_terms
from referrals.models import Partner
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Role
from victimcare.cases.kinds import TELLABLE, Kind
from victimcare.cases.models import Participant
from victimcare.working_days import LONDON

RECEIVED, REACHED, ASSESSED = 48_461, 7_425, 6_191  # the unit's first year, as published
ATTEMPTED, ALLOCATED, REFERRED_ON = 9_180, 9_600, 940  # invented, between the published figures
AGREED, OVERDUE = 0.92, 0.06  # of those assessed, who agreed a plan; of these, whose update is late now

NOTES = (
    "Spoke at length. Sleeping badly, glad of the call.",
    "Doing well, has family nearby. Knows how to reach us.",
    "Worried about going to court. Explained what happens next.",
    "Asked about compensation; told how to apply.",
    "Wants to think about support. Agreed to ring again.",
)
DOMAINS = ("health", "shelter", "family", "work", "money", "outlook", "social", "safety")


def share(of: int, total: int) -> int:
    """The published figure, scaled to a demonstration of another size."""
    return round(total * of / RECEIVED)


class Year:
    """Decides, for each victim who is not one of the live cases, how far they came."""

    def __init__(self, seed: int, now: datetime, book: Book) -> None:
        self.chance = random.Random(seed)
        self.habit = random.Random(seed + 1)  # of writing and of keeping plans
        self.now = now
        self.book = book
        users = User.objects.active()
        self.officers = list(users.with_role(Role.VICTIM_CARE_OFFICER).order_by("pk"))
        self.supervisors = list(
            users.with_role(Role.SUPERVISOR).filter(team__kind=Team.Kind.VICTIM_CARE).order_by("pk")
        )
        self.partners = list(Partner.objects.order_by("pk"))

    def live_through(self, people: list[Landed], *, reached: int, assessed: int) -> None:
        """Exactly so many are reached by a first call and assessed; the others end before a call, as planned."""
        settled = self.now - timedelta(days=2)
        rung = [who for who in people if not who.is_suppressed and not who.has_died and who.story.recorded_at.replace(
            tzinfo=LONDON) < self.now - timedelta(days=4)]  # fmt: skip
        weights = {1: 12.0, 2: 5.0, 3: 1.0, 4: 0.3}
        rung.sort(key=lambda who: self.chance.random() ** (1 / weights[who.priority]), reverse=True)
        total = len(people)
        attempted = min(len(rung), max(reached, share(ATTEMPTED, total)))
        allocated = min(len(rung), max(attempted, share(ALLOCATED, total)))
        if reached > len(rung):
            raise ValueError("Too few referrals to reach so many.")
        referred = share(REFERRED_ON, total)
        worked = set()
        for n, who in enumerate(rung[:allocated]):
            worked.add(who.participant_id)
            self._work(who, is_attempted=n < attempted, is_reached=n < reached, is_assessed=n < assessed,
                       is_referred=n < referred)  # fmt: skip
        acknowledged(self.book, people, self.habit, self.now)
        for who in people:
            told_by_the_officer_in_the_case(self.book, who, self.chance, self.now)
            support_offered(self.book, who, self.chance, self.now)
            if who.participant_id not in worked and not who.is_suppressed:
                after = who.story.recorded_at.replace(tzinfo=LONDON) + timedelta(
                    hours=self.chance.uniform(4, 40)
                )
                if after < settled:
                    self.book.close(
                        who, after, Participant.Closure.INFORMATION_ONLY, self.chance.choice(self.supervisors)
                    )

    def _work(
        self, who: Landed, *, is_attempted: bool, is_reached: bool, is_assessed: bool, is_referred: bool
    ) -> None:
        officer, supervisor = self.chance.choice(self.officers), self.chance.choice(self.supervisors)
        received = who.story.recorded_at.replace(tzinfo=LONDON)
        at = allocated_at = office_time(received, self.chance, days=0.1)
        self.book.allocate(who, officer, at, supervisor)
        reason = Participant.Closure.UNABLE_TO_CONTACT
        if is_attempted:
            failures = self.chance.choices([0, 1, 2], [60, 27, 13])[0] if is_reached else 3
            for at in self._tries(allocated_at, failures + is_reached):
                is_last = is_reached and failures == 0
                failures -= 1
                if not is_last:
                    self.book.contact(who, at, "no_answer", by=officer)
                    continue
                told = [event.id for event in who.tellable(at) if event.at > at - timedelta(days=30)]
                self.book.contact(who, at, "reached", by=officer, tells=told, note=self.chance.choice(NOTES))
            reason = Participant.Closure.SUPPORT_COMPLETE if is_reached else reason
        if is_assessed:
            at = min(at + timedelta(minutes=self.chance.randint(10, 50)), self.now)
            self._assess(who, officer, at)
        if is_referred:
            partner = self.chance.choice(self.partners)
            self.book.refer_on(
                who, partner.pk, partner.name, officer, min(at + timedelta(minutes=5), self.now)
            )
        done = at + timedelta(days=self.chance.uniform(5, 45))
        is_done = done < self.now - timedelta(days=1)
        if is_reached and is_assessed:
            self._agree(who, officer, at, min(done, self.now))
        if is_done:
            self.book.close(who, done, reason, officer)

    def _agree(self, who: Landed, officer: User, at: datetime, until: datetime) -> None:
        """Most of those assessed agree how often to hear; a few of them wait too long just now."""
        if self.habit.random() > AGREED:
            return
        terms = usual_terms(self.habit, who.story.row["language"], who.story.row["given_names"])
        is_overdue = self.habit.random() < OVERDUE
        days = -self.habit.randint(1, 6) if is_overdue else self.habit.randint(1, terms["frequency_days"])
        next_on = until.date() + timedelta(days=days)
        agree(self.book, who, officer, at, next_on=next_on, until=until, chance=self.habit, **terms)

    def _tries(self, after: datetime, count: int) -> Iterator[datetime]:
        at = after
        for n in range(count):
            at = office_time_by(self.now - timedelta(minutes=30), at, self.chance, days=0.8 if n else 0.05)
            yield at

    def _assess(self, who: Landed, officer: User, at: datetime) -> None:
        story = who.story
        categories = []
        if who.priority == 1 and story.age >= 18:
            categories.append("serious_crime" if story.is_serious else "intimidated")
        if story.age < 18:
            categories.append("vulnerable")
        domains = self.chance.sample(DOMAINS, 3)
        needs = [(domain, self.chance.choices([1, 2, 3], [5, 4, 2])[0], "") for domain in domains]
        self.book.assess(who, officer, at, categories, needs, self.chance.choice(NOTES))


def told_by_the_officer_in_the_case(
    book: Book, who: Landed, chance: random.Random, now: datetime, *, usually: float = 0.93
) -> None:
    """Most victims are told by the officer in the case, most of them in time."""
    if who.has_died:
        return
    for event in who.events:
        if event.kind not in TELLABLE:
            continue
        is_recent = event.at > now - timedelta(days=4)
        if chance.random() > (min(usually, 0.5) if is_recent else usually):
            continue
        within = chance.choices([0.6, 3.5, 10], [84, 11, 5])[0]
        at = by_day(event.learned_at + timedelta(days=chance.random() * within, minutes=20), event.learned_at)
        if at < now:
            channel = chance.choice(["phone", "phone", "in_person", "text", "email"])
            outcome = "reached" if channel in ("phone", "in_person") else "sent"
            collar = who.story.row["oic_collar"]
            book.contact(who, at, outcome, by=None, channel=channel, tells=[event.id], collar=collar)


def support_offered(book: Book, who: Landed, chance: random.Random, now: datetime) -> None:
    """Right 4: the officer who took the report offers support; most say yes, some say no, a few wait."""
    reported = datetime.fromisoformat(who.story.row["reported_at"]).replace(tzinfo=LONDON)
    within = chance.choices([0.4, 1.2, 9], [80, 14, 6])[0]
    at = reported + timedelta(days=within * chance.random(), minutes=30)
    if at < now and (chance.random() < 0.97 or reported < now - timedelta(days=10)):
        kind = Kind.SUPPORT_DECLINED if chance.random() < 0.15 else Kind.REFERRED_TO_SUPPORT
        book.event(who, kind, at, detail="Victim Support" if kind == Kind.REFERRED_TO_SUPPORT else "")
