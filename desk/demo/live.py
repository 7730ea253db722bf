"""The live cases: every stage of the work, as it stands this morning."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from courts import actions as courts
from courts.models import Court, Hearing, SpecialMeasure
from desk.demo.book import Book, Landed
from desk.demo.extracts import Story, Teller
from desk.demo.moments import office_time_by
from desk.demo.updates import acknowledged, agree
from desk.demo.year import NOTES, support_offered, told_by_the_officer_in_the_case
from referrals.models import Partner
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases import changing, safe_contact
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Event, Participant, SafeContact
from victimcare.cases.safe_contact import Blocked, Channel, Purpose
from victimcare.letters import actions as letters
from victimcare.letters.models import LetterTemplate
from victimcare.working_days import LONDON, add_working_days, england_and_wales

# Stage, how many, and how many days ago the crime was recorded.
STAGES = (
    ("waiting", 26, (0.05, 0.9)),
    ("new", 14, (1, 3)),
    ("trying", 12, (3, 7)),
    ("reached", 14, (2, 12)),
    ("arrest_and_bail", 16, (5, 12)),
    ("court", 22, (45, 80)),
    ("sentence", 6, (120, 160)),
    ("plan_overdue", 10, (40, 60)),
    ("closed", 6, (30, 50)),
)
# How often, and what they said about it.
AGREED = (
    (14, "Ring me every two weeks even if nothing has happened, and straight away if he is let out."),
    (28, "Text first, then ring after five."),
    (28, "Once a month will do. Never at work."),
)
AGREED_IN_WELSH = (14, "Ffoniwch fi bob pythefnos, hyd yn oed os nad oes newyddion.")
THREAD_PHONE = "07700 900123"  # Siân Evans, whom the README follows


def is_the_thread(story: Story) -> bool:
    return story.row["phone_mobile"] == THREAD_PHONE and story.stage == "arrest_and_bail"


def stories(teller: Teller, now: datetime) -> list[Story]:
    """A hundred and some victims, some of one crime, some Welsh speakers, some children."""
    told: list[Story] = []
    local = now.astimezone(LONDON).replace(tzinfo=None)
    for stage, count, (nearest, furthest) in STAGES:
        for n in range(count):
            recorded = local - timedelta(days=teller.random.uniform(nearest, furthest))
            wanted: dict[str, Any] = {"welsh": teller.random.random() < 0.18}
            if stage == "arrest_and_bail":
                wanted |= {
                    "offence": "8Q" if n % 2 == 0 else "8N",
                    "known": True,
                    "suspect": True,
                    "same_home": n == 3,
                }
                if n == 0:
                    wanted |= {"given": "Siân", "surname": "Evans", "age": 33, "welsh": True}
            elif stage in ("court", "sentence"):
                wanted |= {"offence": ("8N", "34B", "8Q", "28E", "5D")[n % 5], "suspect": True}
            elif n == 2:
                wanted["age"] = 15
            twin = told[-1] if stage in ("reached", "court") and n == 5 else None
            story = teller.story(recorded if not twin else twin.recorded_at, same_crime_as=twin, **wanted)
            story.stage = stage
            if n == 0 and stage == "arrest_and_bail":  # always reachable by phone, never by post
                story.row |= {"safe_to_call": "Y", "safe_to_text": "N", "safe_to_post": "N", "safe_to_voicemail": "N",
                              "safe_contact_note": "He still has a key. Number must be withheld.",
                              "phone_mobile": THREAD_PHONE, "consent_to_refer": "Y", "restricted": "N"}  # fmt: skip
            if not twin:
                _investigate(teller, story, local)
            if stage in ("court", "sentence") and n % 3 == 0:
                story.row["safe_to_post"] = "Y"
            told.append(story)
    return told


def _investigate(teller: Teller, story: Story, now: datetime) -> None:
    if story.stage == "arrest_and_bail":
        hours = 4.5 if is_the_thread(story) else teller.random.uniform(12, 96)
        arrested = now - timedelta(hours=hours)
        teller.happen(story, "SUSPECT_ARRESTED", arrested, learned=timedelta(minutes=30))
        bailed = arrested + timedelta(hours=3.5 if hours < 9 else 8)
        teller.happen(
            story, "SUSPECT_BAILED", bailed, "Not to contact the victim", learned=timedelta(minutes=30)
        )
    elif story.stage in ("court", "sentence"):
        arrested = story.recorded_at + timedelta(days=2)
        teller.happen(story, "SUSPECT_ARRESTED", arrested)
        teller.happen(story, "SUSPECT_CHARGED", arrested + timedelta(days=1), story.row["offence_title"])
    elif story.stage == "plan_overdue":
        teller.investigate(story, "rui" if story.row["suspect_ref"] else "")
    elif story.stage not in ("waiting",):
        teller.investigate(story)


class Live:
    """Brings each live case to its stage: the past through the book, the court and letters through their actions."""

    def __init__(self, seed: int, now: datetime, book: Book) -> None:
        self.chance = random.Random(seed)
        self.habit = random.Random(seed + 1)  # of writing and of keeping plans
        self.now, self.today = now, now.astimezone(LONDON).date()
        self.book = book
        users = User.objects.active()
        self.officers = list(users.with_role(Role.VICTIM_CARE_OFFICER).order_by("pk"))
        self.supervisor = users.with_role(Role.SUPERVISOR).order_by("pk")[0]
        self.witness_care = list(users.with_role(Role.WITNESS_CARE_OFFICER).order_by("pk"))
        self.advisor = users.with_role(Role.MEASURES_ADVISOR)[0]
        self.partners = list(Partner.objects.order_by("pk"))
        self.turn = 0
        self.found_wrong: dict[int, tuple[datetime, User]] = {}  # by participant: when, and who rang

    def live_through(self, people: list[Landed]) -> None:
        """The part of each stage that is rows of the past."""
        acknowledged(self.book, people, self.habit, self.now)
        for who in people:
            if not who.is_suppressed and who.story.stage != "waiting":
                getattr(self, f"_{who.story.stage}")(who, *self._allocate(who))
            support_offered(self.book, who, self.chance, self.now)
            usually = 0.2 if who.story.stage == "arrest_and_bail" else 0.9
            if not is_the_thread(who.story):
                told_by_the_officer_in_the_case(self.book, who, self.chance, self.now, usually=usually)

    def _allocate(self, who: Landed) -> tuple[User, datetime]:
        welsh = who.story.row["language"] == "cy"
        able = [officer for officer in self.officers if "cy" in officer.languages] if welsh else self.officers
        officer = able[self.turn % len(able)]
        if is_the_thread(who.story) or self.turn % 7 == 3:  # one officer's day is full enough to look at
            officer = self.officers[0]
        self.turn += 1
        at = self._at(who.story.recorded_at.replace(tzinfo=LONDON), 0.1)
        self.book.allocate(who, officer, at, self.supervisor)
        return officer, at

    def _at(self, after: datetime, days: float = 0.0) -> datetime:
        return office_time_by(self.now - timedelta(minutes=20), after, self.chance, days=days)

    def _new(self, who: Landed, officer: User, at: datetime) -> None:
        """Allocated, nobody has rung yet."""

    def _trying(self, who: Landed, officer: User, at: datetime) -> None:
        for n in range(self.chance.randint(1, 3)):
            at = self._at(at, 0.9 if n else 0.1)
            outcome = self.chance.choice(["no_answer", "no_answer", "wrong_number"])
            self.book.contact(who, at, outcome, by=officer)
            if outcome == "wrong_number":
                self.found_wrong[who.participant_id] = (at, officer)

    def _first_call(self, who: Landed, officer: User, at: datetime, *, tells: bool = True) -> datetime:
        at = self._at(at, 0.3)
        known = [event.id for event in who.tellable(at)] if tells else []
        self.book.contact(who, at, "reached", by=officer, tells=known, note=self.chance.choice(NOTES))
        return at

    def _plan(self, who: Landed, officer: User, at: datetime, due_on: date) -> None:
        welsh = who.story.row["language"] == "cy"
        every, words = AGREED_IN_WELSH if welsh else self.chance.choice(AGREED)
        agree(
            self.book, who, officer, at, next_on=due_on, until=self.now, chance=self.habit, frequency_days=every,
            channels=["phone", "email"], language="cy" if welsh else "en", words=words,
            agreed_with=who.story.row["given_names"],
        )  # fmt: skip

    def _reached(self, who: Landed, officer: User, at: datetime) -> None:
        at = self._first_call(who, officer, at)
        self._plan(who, officer, at, self.today + timedelta(days=self.chance.randint(2, 20)))
        if self.chance.random() < 0.6:
            due = add_working_days(self.today, self.chance.randint(0, 4), bank_holidays=england_and_wales())
            what = self.chance.choice(
                ["Ring after the CPS meeting", "Send the compensation leaflet", "Ask about the phone"]
            )
            self.book.promise(who, officer, what, due, at)

    def _arrest_and_bail(self, who: Landed, officer: User, at: datetime) -> None:
        at = self._first_call(who, officer, at, tells=False)
        if not is_the_thread(who.story):
            self._plan(who, officer, at, self.today + timedelta(days=self.chance.randint(1, 20)))
            if self.turn % 2:
                self._assess(who, officer, at)
        if self.turn % 5 == 0:
            self.book.contact(who, self._at(self.now - timedelta(days=1)), "no_answer", by=officer)

    def _assess(self, who: Landed, officer: User, at: datetime) -> None:
        at = min(at + timedelta(minutes=30), self.now)
        categories = ["intimidated"] if who.story.is_flagged or self.chance.random() < 0.4 else []
        needs = [
            ("safety", 3, "Afraid to leave the house."),
            ("health", 2, "Not sleeping."),
            ("money", 1, ""),
        ]
        self.book.assess(who, officer, at, categories, needs, self.chance.choice(NOTES))

    def _court(self, who: Landed, officer: User, at: datetime) -> None:
        at = self._first_call(who, officer, at)
        self._assess(who, officer, at)
        self._plan(who, officer, at, self.today + timedelta(days=self.chance.randint(1, 24)))
        for event in who.tellable(self.now):
            self.book.contact(who, self._at(event.learned_at, 0.2), "reached", by=officer, tells=[event.id])
        if self.turn % 3 == 0:
            partner = self.partners[self.turn % len(self.partners)]
            self.book.refer_on(who, partner.pk, partner.name, officer, at)

    _sentence = _court

    def _plan_overdue(self, who: Landed, officer: User, at: datetime) -> None:
        at = self._first_call(who, officer, at)
        self._plan(who, officer, at, self.today - timedelta(days=self.chance.randint(1, 9)))

    def _closed(self, who: Landed, officer: User, at: datetime) -> None:
        at = self._first_call(who, officer, at)
        self._assess(who, officer, at)
        done = self._at(at, 14)
        self.book.close(who, done, Participant.Closure.SUPPORT_COMPLETE, officer)

    def ask_safely(self, people: list[Landed]) -> None:
        """What some victims said about reaching them, asked by their officers; and who may be asked again later.

        A number that was somebody else's is held as wrong.
        """
        for pk, (at, officer) in self.found_wrong.items():
            person = Participant.objects.select_related("person").get(pk=pk).person
            number, on = person.phone_mobile or person.phone_home, at.astimezone(LONDON).date()
            changing.hear_of_number(person=person, number=number, is_wrong=True, on=on, by=officer)
        for who in people:
            if is_the_thread(who.story) or who.story.stage == "reached":
                part = Participant.objects.select_related("person__safe_contact", "officer").get(
                    pk=who.participant_id
                )
                safe = getattr(part.person, "safe_contact", SafeContact(version=0))
                changing.set_safe_contact(
                    person=part.person, version=safe.version, by=part.officer or self.supervisor, asked=True,
                    phone=safe.phone if safe.phone == "N" else "Y",
                    text=safe.text, email=safe.email, post=safe.post, voicemail="N", withhold_number=who.story.is_flagged,
                    code_word="heron" if who.story.is_flagged else "", note=safe.note,
                    review_on=self.today + timedelta(days=60),
                )  # fmt: skip
        closed = [who.participant_id for who in people if who.story.stage == "closed"]
        Participant.objects.filter(pk__in=closed[::2]).update(agreed_to_be_asked=True)

    def go_to_court(self, people: list[Landed]) -> None:
        """Hearings, who must come, who was warned, measures asked for, and letters, all through the real actions."""
        crown, magistrates = Court.objects.get(ou="C62NG00"), Court.objects.get(ou="B61NP00")
        seen: dict[int, Hearing] = {}
        at_court = [
            who for who in people if who.story.stage in ("court", "sentence") and not who.is_suppressed
        ]
        for n, who in enumerate(at_court):
            part = Participant.objects.select_related("case", "person", "officer").get(pk=who.participant_id)
            officer = self.witness_care[n % len(self.witness_care)]
            if part.case_id not in seen:
                is_past = who.story.stage == "sentence"
                days = -self.chance.randint(1, 3) if is_past else (2, 5, 9, 20, 48, 75)[n % 6]
                seen[part.case_id] = self._list(part.case, crown if n % 2 else magistrates, days, officer, n)
                if is_past:
                    self._result(seen[part.case_id], officer)
            hearing = seen[part.case_id]
            if who.story.stage == "court" and hearing.type == Hearing.Type.TRIAL:
                self._require(hearing, part, officer, n)
            if n % 5 < 3:
                self._tell_of_the_hearing(who, part, officer)

    def _tell_of_the_hearing(self, who: Landed, part: Participant, officer: User) -> None:
        """Witness care rang, the same day or the next."""
        listed = (
            Event.objects.about(part).current().filter(kind__in=[Kind.HEARING_LISTED, Kind.WITNESS_REQUIRED])
        )
        if ids := list(listed.values_list("pk", flat=True)):
            at = self._at(max(event.learned_at for event in listed), 0.1)
            self.book.contact(
                who, at, "reached", by=officer, tells=ids, note="Told of the hearing; asked about screens."
            )

    def _list(self, case: Case, court: Court, days: int, officer: User, n: int) -> Hearing:
        day = self.today + timedelta(days=days)
        while day.weekday() > 4:
            day += timedelta(days=1 if days > 0 else -1)
        learned = self._at(self.now - timedelta(days=(0 if n % 4 == 0 else 6) if days > 0 else 40))
        hearing = courts.list_hearing(
            case=case, court=court, type=Hearing.Type.TRIAL if n % 5 else Hearing.Type.FIRST, listed_on=day,
            start_time=time(10, 0), courtroom=str(1 + n % 4), learned_at=learned, by=officer,
        )  # fmt: skip
        Case.objects.filter(pk=case.pk).update(witness_care_officer=officer if n % 4 else None)
        return hearing

    def _result(self, hearing: Hearing, officer: User) -> None:
        learned = self._at(datetime.combine(hearing.listed_on, datetime.min.time(), LONDON), 0.7)
        courts.record_result(
            hearing=hearing, result_code="1002", plea="NG", verdict="G", resulted_on=hearing.listed_on, learned_at=learned,
            by=officer,
        )  # fmt: skip

    def _require(self, hearing: Hearing, part: Participant, officer: User, n: int) -> None:
        learned = hearing.listed_learned_at + timedelta(minutes=5)
        requirement = courts.require_witness(
            hearing=hearing, participant=part, learned_at=learned, by=officer
        )
        if n % 3 == 0:
            courts.ask_for_measure(
                participant=part,
                measure=SpecialMeasure.Measure.SCREENS,
                why="Afraid of seeing the defendant.",
                by=officer,
            )
        if n % 3 != 1:
            return
        events = list(
            Event.objects.about(part).current().filter(kind__in=[Kind.HEARING_LISTED, Kind.WITNESS_REQUIRED])
        )
        try:
            clearance = safe_contact.clear(part, Channel.POST, Purpose.COURT)
        except Blocked:
            return
        template = LetterTemplate.objects.filter(key="court_warning", status="approved").latest("number")
        court = {"en": hearing.court.name, "cy": hearing.court.name_cy or hearing.court.name}
        letter = letters.compose(
            clearance=clearance, template=template, languages=letters.languages_for(part.person), tells=events, by=officer,
            values={"court": court, "hearing_day": hearing.listed_on, "hearing_time": hearing.start_time},
        )  # fmt: skip
        if letters.may_approve(letter, officer):
            letters.approve(letter=letter, by=officer)
            courts.warn(requirement=requirement, letter=letter, by=officer)
