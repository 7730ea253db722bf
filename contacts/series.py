"""The first contact of one victim or many: gathers what `attempts` decides from, and says the step in words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contacts.attempts import Attempt, Band, Because, Facts, Next, Numbers, Step, what_next
from contacts.models import Contact, ContactPlan, ContactSeries
from contacts.reach import counts_on, suggest
from victimcare.cases.context import RIGHT_NUMBER_WRONG_TIME
from victimcare.cases.models import Participant, Question, SafeContact, Standard
from victimcare.cases.safe_contact import (
    OFFICE_HOURS,
    Channel,
    Verdict,
    is_flagged,
    phone_key,
    verdicts_for,
)
from victimcare.cases.standards import Key, approved_versions, numbers_of
from victimcare.govuk.dates import day, moment
from victimcare.lookups import is_any
from victimcare.prepared import Given, Prepared, ask_together
from victimcare.working_days import LONDON, england_and_wales

CALLS = (Contact.Channel.PHONE, Contact.Channel.IN_PERSON)
WRITTEN = (Contact.Channel.TEXT, Contact.Channel.EMAIL, Contact.Channel.LETTER)
# Asked of the officer in the case, any of these counts as going back to them.
GOES_BACK = (
    Question.Kind.WRONG_NUMBER,
    Question.Kind.UNSAFE_NUMBER,
    Question.Kind.SAFE_CONTACT,
    Question.Kind.UNREACHABLE,
)

# Who of these `people` is serious too, by primary key. An app above registers its question: see desk.apps.
Serious = Prepared[Any]
_SERIOUS: list[Serious] = []


def also_serious(which: Serious) -> Serious:
    """Of these participants, the ones whose officer in the case is asked before they are closed."""
    if which not in _SERIOUS:
        _SERIOUS.append(which)
    return which


# By when each is first tried, by primary key. An app above registers what it knows: see desk.apps.
FirstDue = Callable[[Iterable[int]], dict[int, date]]
_FIRST_DUE: list[FirstDue] = []


def first_due(which: FirstDue) -> FirstDue:
    """Of these participants, the day by which somebody tries them for the first time."""
    if which not in _FIRST_DUE:
        _FIRST_DUE.append(which)
    return which


@dataclass
class Standing:
    """How the first contact of one person stands: what was tried, and what is next."""

    participant: Participant
    began_at: datetime | None = None  # None: nobody has tried yet
    attempts: list[Attempt] = field(default_factory=list)
    has_reached: bool = False
    is_serious: bool = False
    next: Next | None = None  # None once they were reached

    @property
    def made(self) -> int:
        return len(self.attempts)


@dataclass(frozen=True)
class Known:
    """What is asked of somebody at each contact with them, read at once."""

    latest: str | None  # how their latest series ended; "" while it goes on, None where there was none
    was_reached: bool  # by the unit
    has_plan: bool  # by which an update falls due
    is_represented: bool

    def is_over(self, *, is_reached_now: bool) -> bool:
        """Whether a first contact is made and nothing of it is open, so that one more contact changes nothing."""
        if self.latest is None:
            return self.was_reached or is_reached_now
        return self.latest == ContactSeries.Ended.REACHED


def known_of(participant: Participant) -> Known:
    """One query."""
    [row] = about_them(participant=participant.pk)
    return Known(*row)


@Prepared
def about_them() -> QuerySet[Participant, Any]:
    """What `Known` holds of one `participant`, as one row."""
    series = ContactSeries.objects.filter(participant=OuterRef("pk")).order_by("-started_at", "-pk")
    reached = Contact.objects.filter(
        participant=OuterRef("pk"), is_by_unit=True, outcome=Contact.Outcome.REACHED
    )
    plans = ContactPlan.objects.current().filter(participant=OuterRef("pk"), due_on__isnull=False)
    acting = Participant.objects.filter(represents=OuterRef("pk"), closed_at=None)
    return Participant.objects.filter(pk=Given("participant")).values_list(
        Subquery(series.values("ended_as")[:1]), Exists(reached), Exists(plans), Exists(acting)
    )


def numbers_today(day: date) -> Numbers:
    """The unit's own numbers. One query."""
    return numbers_of_series(approved_versions(day=day))


def numbers_of_series(versions: Iterable[Standard]) -> Numbers:
    """The numbers of a first contact, as these versions have them."""
    found = numbers_of(versions)
    return Numbers(
        attempts=found[Key.ATTEMPTS],
        gap=found[Key.GAP],
        afternoon_from=found[Key.AFTERNOON],
        evening_from=found[Key.EVENING],
        wait=found[Key.WAIT],
    )


def standings(
    participants: Iterable[Participant],
    series: Mapping[int, ContactSeries],
    numbers: Numbers,
    *,
    verdicts: Mapping[int, dict[Channel, Verdict]] | None = None,
    first_on: date | None = None,
    ended: Mapping[int, datetime] | None = None,
) -> dict[int, Standing]:
    """How each stands, by primary key. `series` are the open ones, or where the next one would begin.

    Every call since the series before it ended counts, in whatever order they were written down; `ended` is when
    that was, for whoever had one, where the caller has read it. `first_on` is the day of the first call of
    somebody without a series.

    One question and those of the verdicts, however many people.
    """
    people = {part.pk: part for part in participants}
    verdicts = verdicts if verdicts is not None else verdicts_for(people.values())
    answers = _answers(people.values())
    keys = {"people": list(people)}
    parts = [*_SERIOUS, *([_ended] if ended is None else [])]
    attempts, questions, *others = ask_together(
        *(question.of(**keys) for question in (_by_the_unit, _gone_back, *parts))
    )
    serious = set().union(*others[: len(_SERIOUS)])
    contacts: dict[int, list[Contact]] = {}
    for row in attempts:
        contacts.setdefault(row.participant_id, []).append(row)
    ended = dict(others[-1]) if ended is None else ended
    asked: dict[int, Question] = {question.participant_id: question for question in questions}
    return {
        pk: _standing(
            part,
            series.get(pk),
            ended.get(pk),
            contacts.get(pk, []),
            asked.get(pk),
            answers.get(part.person_id) or SafeContact(),
            verdicts[pk],
            pk in serious,
            numbers,
            first_on,
        )
        for pk, part in people.items()
    }


@Prepared
def _by_the_unit() -> QuerySet[Contact]:
    rows = Contact.objects.filter(is_any("participant_id", Given("people")), is_by_unit=True)
    return rows.order_by("at", "pk").only(
        "participant_id", "at", "outcome", "channel", "direction", "number_used", "spoke_to_id", "recorded_at"
    )


@Prepared
def _gone_back() -> QuerySet[Question]:
    """What went back to the officer in the case of each, the latest last."""
    rows = Question.objects.filter(is_any("participant_id", Given("people")), kind__in=GOES_BACK)
    return rows.order_by("asked_at")


@Prepared
def _ended() -> QuerySet[ContactSeries, Any]:
    """When the latest series of each that has ended did."""
    rows = ContactSeries.objects.filter(is_any("participant_id", Given("people")), ended_at__isnull=False)
    return rows.order_by().values_list("participant").annotate(Max("ended_at"))


def _answers(people: Iterable[Participant]) -> dict[int, SafeContact]:
    """Their safe-contact answers, by person; asked for those alone who came without. One query at most."""
    people = list(people)
    came = [part.person for part in people if SafeContact.person.field.remote_field.is_cached(part.person)]
    known = {person.pk: getattr(person, "safe_contact", None) for person in came}
    rest = [part.person_id for part in people if part.person_id not in known]
    found = SafeContact.objects.in_bulk(rest, field_name="person_id") if rest else {}
    return found | {pk: safe for pk, safe in known.items() if safe is not None}


def _standing(
    part: Participant,
    series: ContactSeries | None,
    since: datetime | None,  # when the series before it ended
    contacts: list[Contact],
    asked: Question | None,
    safe: SafeContact,
    verdicts: dict[Channel, Verdict],
    is_serious: bool,
    numbers: Numbers,
    first_on: date | None,
) -> Standing:
    mine = [row for row in contacts if since is None or row.at >= since]
    calls = [row for row in mine if row.direction == Contact.Direction.OUT and row.channel in CALLS]
    failed = [row for row in calls if row.outcome not in (Contact.Outcome.REACHED, NOT_TRIED)]
    stand = Standing(
        part,
        began_at=series.started_at if series else mine[0].at if mine else None,
        attempts=[_attempt(row, part) for row in failed],
        has_reached=any(row.outcome == Contact.Outcome.REACHED for row in mine),
        is_serious=is_serious or is_flagged(part, _today(series, contacts)),
    )
    if stand.has_reached or part.closed_at:
        return stand
    letters = [row for row in mine if row.channel in WRITTEN and row.outcome == Contact.Outcome.SENT]
    back = asked if asked and (since is None or asked.asked_at >= since) else None
    phone = verdicts[Channel.PHONE]
    facts = Facts(
        attempts=stand.attempts,
        number=_number(part),
        can_ring=phone.allowed
        or phone.rule in RIGHT_NUMBER_WRONG_TIME
        or {reason.rule for reason in phone.reasons} == {"stale"},
        can_write=any(verdicts[way].allowed for way in (Channel.TEXT, Channel.EMAIL, Channel.POST)),
        hours=_hours(safe, phone),
        works_weekends=_works_weekends(part),
        is_serious=stand.is_serious,
        asked_safely_at=_local(safe.confirmed_at),
        wrote_at=_local(letters[-1].at) if letters else None,
        asked_officer_at=_local(back.asked_at) if back else None,
        answer_due_on=back.due_on if back and back.replied_at is None else None,
        has_nobody_to_act=phone.rule == "nobody_acts",
        has_no_decider=phone.rule == "nobody_acts" and not part.case.has_officer,
        held_until=series.held_until if series else None,
        first_on=series.started_at.astimezone(LONDON).date() if series else first_on,
        written_on=max((row.recorded_at.astimezone(LONDON).date() for row in failed), default=None),
        is_reopened=series is not None and since is not None,
    )
    stand.next = what_next(facts, numbers, bank_holidays=england_and_wales())
    return stand


NOT_TRIED = Contact.Outcome.NOT_CONTACTED


def _attempt(row: Contact, part: Participant) -> Attempt:
    """A call as the rule sees it. One written down before numbers were kept went to the number of today."""
    is_theirs = row.channel == Contact.Channel.PHONE and row.spoke_to_id is None
    number = (phone_key(row.number_used) or _number(part)) if is_theirs else ""
    return Attempt(row.at.astimezone(LONDON), row.outcome, number)


def _number(part: Participant) -> str:
    return phone_key(part.person.phone_mobile or part.person.phone_home)


def _hours(safe: SafeContact, phone: Verdict) -> tuple[time, time] | None:
    if phone.rule in {"first_contact", "first_contact_hours"}:
        return OFFICE_HOURS
    return (safe.call_from, safe.call_until) if safe.call_from and safe.call_until else None


def _works_weekends(part: Participant) -> bool:
    hours = part.officer.working_hours if part.officer else []
    return any(hours[5:7])


def _today(series: ContactSeries | None, contacts: list[Contact]) -> date:
    """The day on which the age is asked: of the latest contact, so that the answer does not move by itself."""
    latest = contacts[-1].at if contacts else series.started_at if series else None
    return latest.astimezone(LONDON).date() if latest else date.max


def _local(at: datetime | None) -> datetime | None:
    return at.astimezone(LONDON) if at else None


@dataclass(frozen=True)
class FirstContact:
    """How the first contact stands, for a page: the next step in a sentence, and what was tried."""

    line: str
    tried: list[str]
    attempts: list[Attempt]
    numbers: Numbers
    is_ringing: bool  # the next step is a call
    suggestion: str = ""  # the hours at which most such calls reached somebody


def first_contact(
    participant: Participant, verdicts: dict[Channel, Verdict], day: date, *, known: Known | None = None
) -> FirstContact | None:
    """None for somebody reached before, closed, or whom nobody is trying. One query for most people.

    Whom nobody has tried yet is tried by the day that an app above knows of, or else today. `known` is what the
    page read of them already.
    """
    if not participant.is_victim or participant.closed_at:
        return None
    known = known or known_of(participant)
    if known.latest or (known.latest is None and known.was_reached):
        return None
    latest, versions = ask_together(_latest.of(participant=participant.pk), approved_versions.of(day=day))
    series, numbers = next(iter(latest), None), numbers_of_series(versions)
    open_one = {participant.pk: series} if series else {}
    due = (
        []
        if series
        else [found[participant.pk] for which in _FIRST_DUE if (found := which([participant.pk]))]
    )
    stand = standings(
        [participant],
        open_one,
        numbers,
        verdicts={participant.pk: verdicts},
        first_on=max([day, *due]),
        ended={participant.pk: series.before} if series and series.before else {},
    )[participant.pk]
    row = as_series(stand, numbers)
    if row is None:
        return None
    is_ringing = row.step == Step.RING
    suggestion = ""
    if is_ringing and row.next_on:
        answers = getattr(participant.person, "safe_contact", None) or SafeContact()
        safe = _hours(answers, verdicts[Channel.PHONE])
        suggestion = suggest(counts_on(row.next_on, row.attempt), row.next_on, safe)
    return FirstContact(in_words(row), tried_in_words(stand), stand.attempts, numbers, is_ringing, suggestion)


@Prepared
def _latest() -> QuerySet[ContactSeries, Any]:
    """The latest series of one person, with when the one `before` it ended."""
    every = ContactSeries.objects.filter(participant=Given("participant"))
    before = every.filter(ended_at__isnull=False).order_by("-ended_at").values("ended_at")[:1]
    return every.annotate(before=Subquery(before)).order_by("-started_at", "-pk")[:1]


# --- In words --------------------------------------------------------------------------------------


def band_in_words(band: str) -> str:
    """A time of day after a weekday: Thursday evening."""
    return (
        {
            Band.MORNING: pgettext("Thursday ...", "morning"),
            Band.AFTERNOON: pgettext("Thursday ...", "afternoon"),
            Band.EVENING: pgettext("Thursday ...", "evening"),
            Band.WEEKEND: "",
        }.get(Band(band), "")
        if band
        else ""
    )


def why(because: str, tried: Iterable[str], band: str = "", attempt: int = 0) -> str:
    """Because nobody has rung in the evening yet."""
    if because == Because.UNTRIED and band:
        return {
            Band.MORNING: _("because nobody has rung in the morning yet"),
            Band.AFTERNOON: _("because nobody has rung in the afternoon yet"),
            Band.EVENING: _("because nobody has rung in the evening yet"),
            Band.WEEKEND: _("because nobody has rung at the weekend yet"),
        }[Band(band)]
    said: dict[str, str] = {
        Because.FIRST: _("because nobody has tried yet"),
        Because.REOPENED: _("because they were opened again, and nobody has reached them yet"),
        Because.ONLY_SAFE_HOURS: _("because no other time of day is safe"),
        Because.NEW_NUMBER: _("because there is another number now"),
        Because.HELD: _("because somebody decided not to try before"),
        Because.WRONG_NUMBER: _("because the number is wrong"),
        Because.UNSAFE: _("because it was not safe to talk"),
        Because.CHILD: _("because this is a child, and nobody safe acts for them here"),
        Because.NOBODY_ACTS: _("because this is a child, and nobody safe acts for them here"),
        Because.SERIOUS: _("because the crime is serious and nobody could be reached"),
        Because.NOBODY_REACHED: _("because %(n)d calls did not reach them") % {"n": attempt},
        Because.CANNOT_RING: _("because it is not safe to ring, or no number is held"),
        Because.NO_ANSWER: _("because nothing was heard after we wrote"),
        Because.NO_SAFE_WAY: _("because no safe way to write is known"),
    }
    return said.get(because, "")


def in_words(series: ContactSeries) -> str:
    """The next step in a sentence: Attempt 3 of 3: Thursday evening, because nobody has rung then yet."""
    reason = why(series.because, series.tried, series.band, series.attempt)
    when = _when(series.next_on, series.band)
    if series.step == Step.RING:
        of = {"n": series.attempt, "all": series.wanted}
        head = _("Attempt %(n)d of %(all)d") % of
        if series.attempt > series.wanted:
            head = _("Attempt %(n)d") % of
        if when and series.because in (Because.FIRST, Because.REOPENED):
            when = _("by %(day)s") % {"day": when}
        return f"{head}: {when}, {reason}." if when else f"{head}, {reason}."
    head = {
        Step.ASK: _("Ask the officer in the case"),
        Step.WRITE: _("Send a text or a letter"),
        Step.CLOSE: _("Close as unable to contact, or try another way"),
    }[Step(series.step)]
    if series.because == Because.CHILD:
        head = _("Ask a supervisor how to contact them")
    if series.step == Step.CLOSE and series.because == Because.UNSAFE:
        head = _("Close as unsafe to contact, or find another way")
    return f"{head}: {when}, {reason}." if when else f"{head}, {reason}."


def _when(on: date | None, band: str) -> str:
    """Thu 26 Nov, evening."""
    part = band_in_words(band)
    return ", ".join(words for words in (day(on) if on else "", part) if words)


def as_series(standing: Standing, numbers: Numbers) -> ContactSeries | None:
    """The next step as a row, saved or not; None once somebody was reached."""
    step = standing.next
    if step is None:
        return None
    return ContactSeries(
        participant=standing.participant,
        step=step.step,
        because=step.because,
        attempt=step.attempt,
        wanted=numbers.attempts,
        band=step.band or "",
        tried=sorted(step.tried),
        next_on=step.on,
        is_serious=standing.is_serious,
    )


def tried_in_words(standing: Standing) -> list[str]:
    """Each call made: Mon 23 Nov, 09:40: no answer."""
    return [
        f"{moment(each.at)}: {str(Contact.Outcome(each.outcome).label).lower()}" for each in standing.attempts
    ]
