"""What the pages of allocating show, gathered in a fixed number of queries whatever the load. Reads only.

One run proposes an officer for everybody who waits, up to `AT_MOST`; a page of them is shown. The same board
serves the referrals that wait for an officer and the people of an officer who leaves.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import islice

from django.db.models import Count, Max, OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from referrals.conflicts import Conflicts, conflicts_in
from referrals.models import Referral, WorkloadScale, kept_from
from referrals.proposals import (
    FIRST_SCALE,
    Load,
    Proposal,
    Run,
    Scale,
    Wanted,
    Words,
    full_at,
    propose,
    room_for,
    skills_wanted,
    summed,
)
from referrals.rules.book import why
from victimcare import clock
from victimcare.accounts.models import Leave, User
from victimcare.accounts.permissions import Role
from victimcare.accounts.skills import LANGUAGES, SKILLS, words_for
from victimcare.cases.models import Case, Entitlement, Participant
from victimcare.govuk.dates import day, moment
from victimcare.working_days import england_and_wales, is_working_day, working_days_after

PAGE = 25
AT_MOST = 2000  # in one run: more than a week of referrals
SAYS = Words(languages=LANGUAGES, skills=SKILLS)
LEAVE_SHOWN_DAYS = 14


# --- Officers --------------------------------------------------------------------------------------


@dataclass
class Officer:
    """One officer of the team as the supervisor sees them beside the list."""

    user: User
    load: Load
    leave: list[Leave] = field(default_factory=list)
    last_allocated: datetime | None = None
    on: date | None = None  # the day that is allocated for, where it is not today
    chosen: int = 0  # points of what is about to be saved
    knows: list[str] = field(default_factory=list)  # names on this page
    conflicts: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The name, and Welsh: what a supervisor looks for first."""
        return f"{self.load.name}, {_('Welsh')}" if "cy" in self.load.languages else self.load.name

    @property
    def is_over(self) -> bool:
        return self.load.booked + self.chosen > self.load.full_at

    @property
    def booked(self) -> int:
        return round(100 * self.load.booked / (self.load.full_at or 1))

    @property
    def added(self) -> int:
        return round(100 * self.chosen / (self.load.full_at or 1))

    @property
    def text(self) -> str:
        """Beside the bar."""
        if self.load.is_away:
            return _("away %s") % day(self.on) if self.on else _("away today")
        if self.load.is_off_today:
            return _("off %s") % day(self.on) if self.on else _("day off today")
        return f"{self.booked + self.added}%"

    @property
    def glance(self) -> str:
        """Under the bar: points and room, hours and leave, skills. The rest opens."""
        load, left = self.load, self.load.left + self.load.proposed - self.chosen
        points = _("%(used)d of %(full)d points") % {"used": load.booked, "full": load.full_at}
        if self.chosen:
            points += ", " + _("%(n)d more here") % {"n": self.chosen}
        if load.is_away:
            points += ", " + _("no room: away")
        elif left < 0:
            points += ", " + ngettext("%(n)d over", "%(n)d over", -left) % {"n": -left}
        else:
            points += ", " + ngettext("room for %(n)d", "room for %(n)d", left) % {"n": left}
        hours = self.user.hours_a_week
        week = _("%(n)s hours a week") % {"n": f"{hours:g}"} if hours is not None else _("Hours not known")
        skills = words_for(sorted(load.skills), SKILLS)
        return ". ".join(part for part in (points, week, *self._away, skills) if part)

    @property
    def _away(self) -> list[str]:
        today = clock.today()
        return [
            (_("Away until %(day)s") if leave.from_on <= today else _("Away from %(first)s to %(day)s"))
            % {"day": day(leave.until_on), "first": day(leave.from_on)}
            for leave in self.leave
        ]

    @property
    def facts(self) -> list[str]:
        """What opens under the bar, a sentence each; only what is so."""
        said = [
            words_for(sorted(self.load.languages), LANGUAGES),
            _("Last allocated %s") % moment(self.last_allocated) if self.last_allocated else "",
            _("Knows: %s") % ", ".join(self.knows) if self.knows else "",
            _("Conflict: %s") % ", ".join(self.conflicts) if self.conflicts else "",
        ]
        return [fact for fact in said if fact]


# --- What work is counted in -----------------------------------------------------------------------


def scale_on(today: date) -> Scale:
    """What work is counted in on this day."""
    row = WorkloadScale.objects.in_force(today)
    if row is None:
        return FIRST_SCALE
    return Scale(
        points={1: row.points_1, 2: row.points_2, 3: row.points_3, 4: row.points_4},
        full_week=row.full_week,
        looks_ahead=row.looks_ahead,
    )


def loads_today(user: User, today: date) -> list[Load]:
    """The officers of the user's team: what each carries, and who is away. Four queries."""
    return [officer.load for officer in officers_today(user, today, scale_on(today))]


def officers_today(user: User, today: date, scale: Scale) -> list[Officer]:
    """The officers of the user's team, as they stand on the day that is allocated for. Three queries."""
    people = list(User.objects.active().with_role(Role.VICTIM_CARE_OFFICER).filter(team_id=user.team_id))
    first = day_for(people, today)
    coming = [
        first,
        *islice(working_days_after(first, bank_holidays=england_and_wales()), scale.looks_ahead - 1),
    ]
    leave: dict[int, list[Leave]] = defaultdict(list)
    for row in Leave.objects.standing().between(today, coming[-1]).filter(user__in=people):
        leave[row.user_id].append(row)
    carried = _carried([person.pk for person in people], scale)
    officers = [_officer(person, leave[person.pk], carried[person.pk], coming, scale) for person in people]
    for officer in officers:
        officer.on = first if first != today else None
    return officers


def day_for(people: list[User], today: date) -> date:
    """The day that is allocated for: today, or on a day off the next working day, unless somebody works today."""
    holidays = england_and_wales()
    if is_working_day(today, bank_holidays=holidays) or any(works_on(person, today) for person in people):
        return today
    return next(working_days_after(today, bank_holidays=holidays))


def works_on(person: User, on: date) -> bool:
    """By their hours, weekends too; by the week where nobody wrote hours down. Nobody on a bank holiday."""
    holidays = england_and_wales()
    if not person.working_hours:
        return is_working_day(on, bank_holidays=holidays)
    return on not in holidays and person.hours_on(on) is not None


@dataclass
class _Carried:
    """An officer's open work, in points, and when they were last given somebody who is still open."""

    points: int = 0
    last: datetime | None = None


def _carried(officers: list[int], scale: Scale) -> dict[int, _Carried]:
    """What each carries. One query."""
    found: dict[int, _Carried] = defaultdict(_Carried)
    # Looked up person by person: a join would read the referrals of everybody ever closed.
    theirs = Referral.objects.filter(participant=OuterRef("pk"))
    work = (
        Participant.objects.victims().open().filter(officer__in=officers)
        .annotate(priority=Subquery(theirs.values("priority")), given=Subquery(theirs.values("allocated_at")))
        .values_list("officer_id", "priority").annotate(n=Count("pk"), last=Max("given")).order_by()
    )  # fmt: skip
    for officer, priority, n, last in work:
        carried = found[officer]
        carried.points += n * scale.of(priority)
        carried.last = max(filter(None, (carried.last, last)), default=None)
    return found


def _officer(
    person: User, leave: list[Leave], carried: _Carried, coming: list[date], scale: Scale
) -> Officer:
    today, full = coming[0], full_at(person.caseload_points, person.hours_a_week, scale)
    works = [on for on in coming if works_on(person, on)]
    here = [on for on in works if not any(each.from_on <= on <= each.until_on for each in leave)]
    load = Load(
        officer_id=person.pk,
        name=person.display_name,
        booked=carried.points,
        full_at=full,
        languages=frozenset(person.languages),
        skills=frozenset(person.skills),
        is_away=any(each.from_on <= today <= each.until_on for each in leave),
        is_off_today=today not in works,
        room=room_for(full, carried.points, here=len(here), works=len(works)),
    )
    return Officer(person, load, leave, carried.last)


# --- Who waits -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """One victim who needs an officer, as the run looks at them."""

    pk: int
    key: str  # the reference by which the form names this row
    version: int
    priority: int
    received_at: datetime
    due_on: date | None
    participant_id: int
    person_id: int
    case_id: int
    is_restricted: bool
    flags: list[str]
    offence_code: str
    prefers_welsh: bool | None
    language: str
    born: date | None

    @property
    def place(self) -> str:
        """Where this row stands in the list, for the link to the next page."""
        return f"{self.priority}~{self.received_at.isoformat()}~{self.pk}"


_OF_PARTICIPANT = (
    "person_id", "case_id", "case__is_restricted", "case__flags", "case__offence_code",
    "person__prefers_welsh", "person__language", "person__date_of_birth",
)  # fmt: skip


def waiting_for(user: User) -> list[Waiting]:
    """The referrals of the user's team that wait for an officer, most urgent first. One query."""
    rows = Referral.objects.to_allocate_by(user).unallocated().values_list(
        "pk", "reference", "version", "priority", "received_at", "due_on", "participant_id",
        *(f"participant__{name}" for name in _OF_PARTICIPANT),
    )  # fmt: skip
    return [Waiting(*row) for row in rows[: AT_MOST + 1]]


def carried_by(user: User, officer: User) -> list[Waiting]:
    """The open victims of one officer of the user's team, most urgent first. One query."""
    theirs = Referral.objects.filter(participant=OuterRef("pk"))
    rows = (
        Participant.objects.victims().open().filter(officer=officer, team_id=user.team_id)
        .exclude(case_id__in=kept_from(user))
        .annotate(priority=Subquery(theirs.values("priority")), received_at=Subquery(theirs.values("received_at")))
        .order_by("priority", "received_at", "pk")
        .values_list("pk", "reference", "version", "priority", "received_at", "case__opened_at", *_OF_PARTICIPANT)
    )  # fmt: skip
    return [
        Waiting(pk, key, version, priority or max(FIRST_SCALE.points), received or opened, None, pk, *rest)
        for pk, key, version, priority, received, opened, *rest in rows[: AT_MOST + 1]
    ]


# --- The board -------------------------------------------------------------------------------------


@dataclass
class Row:
    """One victim as the supervisor sees them; a restricted one shows nothing but that they wait."""

    key: str
    version: int
    priority: int
    participant: Participant
    received_at: datetime
    due_on: date | None
    is_masked: bool
    reasons: str
    entitlement: str
    notes: str
    proposal: Proposal
    choices: list[Load]
    barred: list[str] = field(default_factory=list)
    chosen: int | None = None
    is_ticked: bool = False

    @property
    def options(self) -> list[tuple[int, str]]:
        """The officers to choose from, for a select box."""
        return _options(tuple((load.officer_id, load.name, load.is_away) for load in self.choices))

    @property
    def why(self) -> str:
        return ", ".join(str(reason) for reason in self.proposal.reasons)


@lru_cache(maxsize=64)
def _options(choices: tuple[tuple[int, str, bool], ...]) -> list[tuple[int, str]]:
    return [(pk, f"{name} ({_('away')})" if is_away else name) for pk, name, is_away in choices]


@dataclass
class Board:
    """A page of those who wait, the officers beside it, and what the run over all of them came to."""

    rows: list[Row]
    officers: list[Officer]
    run: Run
    total: int
    is_capped: bool
    next_after: str
    proposed: list[tuple[str, int, int]]  # of all who wait: reference, officer, version
    changes: int  # chosen and not saved yet, on all pages
    changes_elsewhere: int
    on: date  # the day that is allocated for
    waits: int  # points of all who wait

    @property
    def is_day_off(self) -> bool:
        return self.on != clock.today()

    @property
    def here(self) -> int:
        """The officers who work on the day."""
        return sum(not officer.load.is_away and not officer.load.is_off_today for officer in self.officers)

    @property
    def room(self) -> int:
        """Points of new work for which the officers had room before this run."""
        loads = (officer.load for officer in self.officers if not officer.load.is_away)
        return sum(max(load.left + load.proposed, 0) for load in loads)

    @property
    def capacity(self) -> str:
        """Who is in, and whether what waits fits: 17 of 19 officers work on Mon 23 Nov. ..."""
        return _(
            "%(here)s of %(all)s officers work on %(day)s. The team has room for %(room)s points of new work;"
            " those who wait come to %(points)s."
        ) % {
            "here": f"{self.here:,}",
            "all": f"{len(self.officers):,}",
            "day": day(self.on),
            "room": f"{self.room:,}",
            "points": f"{self.waits:,}",
        }

    @property
    def words(self) -> list[str]:
        """The run as one reads it."""
        run, said = self.run, []
        counted = (
            (self.changes, ngettext("%(n)s is chosen", "%(n)s are chosen", self.changes)),
            (run.placed, ngettext("%(n)s has a proposal", "%(n)s have a proposal", run.placed)),
            (
                run.no_room,
                ngettext(
                    "%(n)s finds nobody with room, from priority %(p)s on",
                    "%(n)s find nobody with room, from priority %(p)s on",
                    run.no_room,
                ),
            ),
            (
                run.not_in,
                ngettext(
                    "%(n)s is due by %(day)s, and whoever has room does not work that day",
                    "%(n)s are due by %(day)s, and whoever has room does not work that day",
                    run.not_in,
                ),
            ),
            (
                run.by_hand,
                ngettext("%(n)s is restricted: you choose", "%(n)s are restricted: you choose", run.by_hand),
            ),
            (
                run.conflict,
                ngettext(
                    "%(n)s has no officer without a conflict",
                    "%(n)s have no officer without a conflict",
                    run.conflict,
                ),
            ),
        )
        for n, words in counted:
            if n:
                said.append(words % {"n": f"{n:,}", "p": run.ran_out_at, "day": day(self.on)})
        return said


Place = tuple[int, datetime, int]


def board_for(
    user: User,
    waiting: list[Waiting],
    *,
    after: Place | None = None,
    chosen: Mapping[str, tuple[int, int | None]] | None = None,
    leaver: User | None = None,
) -> Board:
    """A page of these with a proposal for each of all of them. Nothing is saved. Fourteen queries at most.

    `chosen` is what the supervisor has picked already; the run goes on from there. `leaver` is given nobody.
    """
    chosen, today = chosen or {}, clock.today()
    scale = scale_on(today)
    officers = [
        each for each in officers_today(user, today, scale) if not leaver or each.user.pk != leaver.pk
    ]
    total, waiting = len(waiting), waiting[:AT_MOST]
    facts = _facts(user, waiting, [officer.user for officer in officers], leaver)
    on = day_for([officer.user for officer in officers], today)
    says = replace(SAYS, on=day(on) if on != today else "")
    everybody = {each.key: _wanted(each, facts, today, on) for each in waiting}
    why_chosen = _why_chosen(everybody, officers, chosen, scale)
    _take_up(officers, waiting, chosen, scale)
    wanted = [want for key, want in everybody.items() if key not in chosen]
    proposals = propose(wanted, [officer.load for officer in officers], scale=scale, words=says)
    page, more = _page(waiting, after)
    if not chosen:
        for officer in officers:
            officer.chosen = officer.load.proposed
    rows = _rows(user, page, proposals | why_chosen, officers, facts, chosen)
    keys = {each.key for each in page}
    return Board(
        rows=rows,
        officers=officers,
        run=summed(wanted, proposals),
        total=min(total, AT_MOST),
        is_capped=total > AT_MOST,
        next_after=page[-1].place if more else "",
        proposed=[
            (each.key, officer, each.version)
            for each in waiting
            if each.pk in proposals and (officer := proposals[each.pk].officer_id)
        ],
        changes=len(chosen),
        changes_elsewhere=sum(1 for key in chosen if key not in keys),
        on=on,
        waits=sum(scale.of(each.priority) for each in waiting),
    )


def _why_chosen(
    everybody: Mapping[str, Wanted],
    officers: list[Officer],
    chosen: Mapping[str, tuple[int, int | None]],
    scale: Scale,
) -> dict[int, Proposal]:
    """Why each was proposed for whom they are chosen for; "you chose" where nobody had proposed that."""
    if not chosen:
        return {}
    first = propose(
        everybody.values(), [replace(officer.load) for officer in officers], scale=scale, words=SAYS
    )
    by_hand = Proposal(None, (_("you chose"),))
    found = {}
    for key, (officer, _version) in chosen.items():
        if key in everybody:
            pk = everybody[key].referral_id
            found[pk] = first[pk] if first[pk].officer_id == officer else by_hand
    return found


def _take_up(
    officers: list[Officer],
    waiting: list[Waiting],
    chosen: Mapping[str, tuple[int, int | None]],
    scale: Scale,
) -> None:
    """What is chosen already fills the officers' room."""
    by_pk = {officer.user.pk: officer for officer in officers}
    for each in waiting:
        officer = by_pk.get(chosen[each.key][0]) if each.key in chosen else None
        if officer:
            officer.chosen += scale.of(each.priority)
            officer.load.proposed += scale.of(each.priority)


def _page(waiting: list[Waiting], after: Place | None) -> tuple[list[Waiting], bool]:
    """The rows after this place, and whether there are more."""
    if after:
        waiting = [each for each in waiting if (each.priority, each.received_at, each.pk) > after]
    return waiting[:PAGE], len(waiting) > PAGE


@dataclass
class _Facts:
    known: dict[int, frozenset[int]]  # by person: officers who have or had them in a case the reader may open
    conflicts: Conflicts
    on_list: dict[int, set[int]]  # by restricted case


def _facts(user: User, waiting: list[Waiting], officers: list[User], leaver: User | None) -> _Facts:
    """What the run looks at beside the rows. At most four queries.

    That an officer knows somebody from a case the reader may not open is not said, nor hinted at.
    """
    if not waiting:
        return _Facts({}, {}, {})
    known: dict[int, set[int]] = defaultdict(set)
    theirs = Participant.objects.visible_to(user).filter(
        person_id__in={each.person_id for each in waiting}, officer__in=officers
    )
    for person, officer in theirs.values_list("person_id", "officer_id"):
        known[person].add(officer)
    on_list: dict[int, set[int]] = defaultdict(set)
    if restricted := {each.case_id for each in waiting if each.is_restricted}:
        lists = Case.restricted_to.through.objects.filter(case_id__in=restricted)
        for case, named in lists.values_list("case_id", "user_id"):
            if leaver is None or named != leaver.pk:
                on_list[case].add(named)
    conflicts = conflicts_in({each.case_id for each in waiting}, officers)
    return _Facts({person: frozenset(ids) for person, ids in known.items()}, conflicts, on_list)


def _wanted(each: Waiting, facts: _Facts, today: date, on: date) -> Wanted:
    speaks_welsh = bool(each.prefers_welsh) or each.language == "cy"
    return Wanted(
        referral_id=each.pk,
        priority=each.priority,
        person_id=each.person_id,
        language="cy" if speaks_welsh else each.language if each.language != "en" else "",
        skills=skills_wanted(
            flags=each.flags,
            offence_code=each.offence_code,
            age=_age(each.born, today) if each.born else None,
        ),
        known_by=facts.known.get(each.person_id, frozenset()),
        barred=frozenset(facts.conflicts.get(each.case_id, ())),
        is_restricted=each.is_restricted,
        is_due_today=each.due_on is not None and each.due_on <= on,
    )


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


# --- A page of rows --------------------------------------------------------------------------------


def _rows(
    user: User,
    page: list[Waiting],
    proposals: dict[int, Proposal],
    officers: list[Officer],
    facts: _Facts,
    chosen: Mapping[str, tuple[int, int | None]],
) -> list[Row]:
    """Five queries: the people, who of them may be seen, their referrals, rights and who acts for them."""
    ids = [each.participant_id for each in page]
    people = Participant.objects.select_related("person", "case").in_bulk(ids)
    visible = set(Participant.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    about = {referral.participant_id: referral for referral in Referral.objects.filter(participant__in=ids)}
    rights = _rights(ids)
    acted_for = set(Participant.objects.filter(represents__in=ids).values_list("represents_id", flat=True))
    rows = []
    for each in page:
        part = people[each.participant_id]
        picked = chosen.get(each.key)
        proposal = proposals[each.pk]
        row = Row(
            key=each.key,
            version=each.version,
            priority=each.priority,
            participant=part,
            received_at=each.received_at,
            due_on=each.due_on,
            is_masked=each.participant_id not in visible,
            reasons="",
            entitlement="",
            notes="",
            proposal=proposal,
            choices=_choices(each, officers, facts),
            chosen=picked[0] if picked else proposal.officer_id,
            is_ticked=picked is not None,
        )
        if row.is_masked:
            row.reasons = _restricted(bool(facts.on_list.get(each.case_id)))
        else:
            referral = about.get(part.pk)
            channel = referral.channel if referral else "phone"
            row.reasons = why(referral) if referral else ""
            row.entitlement = _said_rights(rights.get(part.pk))
            row.notes = ". ".join(_notes(part, channel, part.pk in acted_for))
            _beside(row, each, officers, facts)
        rows.append(row)
    return rows


def _choices(each: Waiting, officers: list[Officer], facts: _Facts) -> list[Load]:
    """Whoever may be given this victim: never somebody with a conflict; on its list where there is one."""
    barred, listed = facts.conflicts.get(each.case_id, {}), facts.on_list.get(each.case_id)
    return [
        officer.load
        for officer in officers
        if officer.user.pk not in barred and (not listed or officer.user.pk in listed)
    ]


def _beside(row: Row, each: Waiting, officers: list[Officer], facts: _Facts) -> None:
    """Write on the officers' cards whom of this page they know, and whom they must not be given."""
    name, barred = row.participant.person.name, facts.conflicts.get(each.case_id, {})
    for officer in officers:
        if officer.user.pk in facts.known.get(each.person_id, ()):
            officer.knows.append(name)
        if why := barred.get(officer.user.pk):
            officer.conflicts.append(name)
            row.barred.append(f"{officer.load.name}: {why}")


def _restricted(has_list: bool) -> str:
    if has_list:
        return _("need to know: choose someone on its list")
    return _("need to know: whoever you choose is put on its list")


def _said_rights(entitlement: Entitlement | None) -> str:
    if not entitlement or not entitlement.is_enhanced:
        return _("Standard rights")
    labels = ", ".join(str(Entitlement.Category(name).label).lower() for name in entitlement.categories)
    words = _("Provisionally enhanced: %s") if entitlement.is_provisional else _("Enhanced: %s")
    return words % labels


def _notes(part: Participant, channel: str, is_acted_for: bool) -> list[str]:
    person, notes = part.person, []
    if person.speaks_welsh:
        notes.append(_("Welsh"))
    elif person.language not in ("", "en"):
        notes.append(str(LANGUAGES.get(person.language, person.language)))
    if person.interpreter_language:
        notes.append(_("Needs an interpreter"))
    if is_acted_for:
        notes.append(_("Contact whoever acts for them"))
    elif not channel:
        notes.append(_("No safe way to reach them is known"))
    return notes


def _rights(participants: list[int]) -> dict[int, Entitlement]:
    latest = (
        Entitlement.objects.filter(participant__in=participants)
        .order_by("participant_id", "-from_on", "-pk")
        .distinct("participant_id")
    )
    return {entitlement.participant_id: entitlement for entitlement in latest}
