"""What the pages of allocating show, gathered in a fixed number of queries whatever the load. Reads only.

One run proposes an officer for everybody who waits, up to `AT_MOST`; a page of them is shown. The same board
serves the referrals that wait for an officer and the people of an officer who leaves.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from referrals.conflicts import Conflicts, conflicts_in
from referrals.first_contact import FirstContact, first_contacts
from referrals.models import Referral
from referrals.officers import Officer, day_for, officers_today, scale_on
from referrals.proposals import Load, Proposal, Run, Scale, Wanted, Words, propose, skills_wanted, summed
from referrals.rules.book import why
from referrals.waiting import AT_MOST, Waiting
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.skills import LANGUAGES, SKILLS
from victimcare.cases.models import Case, Entitlement, Likeness, Participant
from victimcare.govuk.dates import day

PAGE = 25
SAYS = Words(languages=LANGUAGES, skills=SKILLS)


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
        choices = tuple((load.officer_id, load.name, load.is_away) for load in self.choices)
        return _options(choices, _("away"))

    @property
    def why(self) -> str:
        return ", ".join(str(reason) for reason in self.proposal.reasons)


@lru_cache(maxsize=64)
def _options(choices: tuple[tuple[int, str, bool], ...], away: str) -> list[tuple[int, str]]:
    return [(pk, f"{name} ({away})" if is_away else name) for pk, name, is_away in choices]


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
    """A page of these with a proposal for each of all of them. Nothing is saved. Fifteen queries at most.

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
    """The people, who of them may be seen, their referrals, rights, how to contact them, who is alike: one query each,
    and up to three more for the safe-contact rule, however many they are.
    """
    ids = [each.participant_id for each in page]
    people = Participant.objects.select_related("person", "case").in_bulk(ids)
    visible = set(Participant.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    about = {referral.participant_id: referral for referral in Referral.objects.filter(participant__in=ids)}
    rights = _rights(ids)
    alike = _alike({part.person_id for part in people.values() if part.pk in visible}, user)
    ways = first_contacts([part for part in people.values() if part.pk in visible], about)
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
            way = ways[part.pk]
            row.reasons = ", ".join(filter(None, (way.check, why(referral) if referral else "")))
            row.entitlement = _said_rights(rights.get(part.pk))
            row.notes = ". ".join(_notes(part, way, part.person_id in alike))
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


def _alike(people: Iterable[int], user: User) -> set[int]:
    """Those of these people who may be somebody else we hold, whom this reader may see too: one officer for both."""
    pairs = Likeness.objects.undecided().visible_to(user)
    either = Q(one__in=people) | Q(other__in=people)
    return {pk for pair in pairs.filter(either).values_list("one", "other") for pk in pair}


def _notes(part: Participant, way: FirstContact, is_alike: bool) -> list[str]:
    person, notes = part.person, []
    if is_alike:
        notes.append(_("May be the same person as another record: compare them first"))
    if person.speaks_welsh:
        notes.append(_("Welsh"))
    elif person.language not in ("", "en"):
        notes.append(str(LANGUAGES.get(person.language, person.language)))
    if person.interpreter_language:
        notes.append(_("Needs an interpreter"))
    if way.instead:
        notes.append(way.instead.rstrip("."))
    elif not way.channel:
        notes.append(_("No safe way to reach them is known"))
    return notes


def _rights(participants: list[int]) -> dict[int, Entitlement]:
    latest = (
        Entitlement.objects.filter(participant__in=participants)
        .order_by("participant_id", "-from_on", "-pk")
        .distinct("participant_id")
    )
    return {entitlement.participant_id: entitlement for entitlement in latest}
