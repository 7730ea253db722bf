"""Who might take which victim: plain facts in, an officer and the reasons in words out. Pure; a person
decides.

In order: the officer who already knows the person; one who speaks their language; one trained for what
happened to them; then the lightest load. Nobody away, nobody beyond their points and nobody with a conflict
is proposed, and a restricted referral is never proposed at all.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ALIKE = 0.05  # shares of a full caseload this close are the same load


@dataclass(frozen=True)
class Scale:
    """What the unit counts work in. These are the first version; the one in force is a row."""

    points: Mapping[int, int] = field(
        default_factory=lambda: {1: 3, 2: 2, 3: 1, 4: 1}
    )  # an open victim, by priority
    full_week: int = 40  # hours between start and end of a full-time week
    looks_ahead: int = 10  # working days in which leave makes room for new work smaller

    def of(self, priority: int | None) -> int:
        """The points of one victim; somebody who came by no referral counts least."""
        return self.points.get(priority or max(self.points), min(self.points.values()))


FIRST_SCALE = Scale()


def full_at(points: int, hours: float | None, scale: Scale = FIRST_SCALE) -> int:
    """Points of open work when full: half a week carries half. Hours nobody wrote down are a full week."""
    return points if hours is None else round(points * min(hours / scale.full_week, 1))


def room_for(full: int, booked: int, *, here: int, works: int) -> int:
    """Points of new work: what is left of a caseload, for the share of the coming working days they are here.

    Below nothing when there is more work than a full caseload.
    """
    left = full - booked
    return left * here // works if left > 0 and works else left


@dataclass
class Load:
    """One officer on the day that is allocated for: what they carry, could carry, and whether they are here.

    In points.
    """

    officer_id: int
    name: str
    booked: int
    full_at: int
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    is_away: bool = False
    is_off_today: bool = False  # not a day of the week they work: nothing due that day goes to them
    room: int | None = None  # for new work, leave taken into account; all that is left where it is not said
    proposed: int = field(default=0)

    @property
    def share(self) -> float:
        """How full, 1.0 being full, with what is proposed."""
        return (self.booked + self.proposed) / self.full_at if self.full_at else float("inf")

    @property
    def left(self) -> int:
        """Points of new work they can still take; below nothing for somebody over capacity."""
        room = self.full_at - self.booked if self.room is None else self.room
        return room - self.proposed

    def has_room_for(self, points: int) -> bool:
        return not self.is_away and points <= self.left


@dataclass(frozen=True)
class Wanted:
    """One referral that needs an officer. Restricted ones are never proposed."""

    referral_id: int
    priority: int
    person_id: int = 0
    language: str = ""  # beside English, when it is the one they speak
    skills: frozenset[str] = frozenset()  # any of these is a reason
    known_by: frozenset[int] = frozenset()  # officers who have or had this person in another case
    barred: frozenset[int] = frozenset()  # officers with a conflict: never these
    is_restricted: bool = False
    is_due_today: bool = False


class Outcome(StrEnum):
    """What became of one referral in a run."""

    PLACED = "placed"
    BY_HAND = "by_hand"  # restricted: a supervisor chooses
    NO_ROOM = "no_room"
    NOT_IN = "not_in"  # due by the day, on which whoever has room does not work
    CONFLICT = "conflict"  # whoever has room has a conflict


@dataclass(frozen=True)
class Proposal:
    """Whom to choose, if anybody, and why."""

    officer_id: int | None
    reasons: tuple[str | Promise, ...]
    outcome: Outcome = Outcome.PLACED


@dataclass(frozen=True)
class Words:
    """How languages and skills are said, by their keys."""

    languages: Mapping[str, str | Promise] = field(default_factory=lambda: {"cy": _("Welsh")})
    skills: Mapping[str, str | Promise] = field(default_factory=dict)
    on: str = ""  # the day that is allocated for, where it is not today


def propose(
    wanted: Iterable[Wanted], loads: list[Load], *, scale: Scale = FIRST_SCALE, words: Words | None = None
) -> dict[int, Proposal]:
    """A proposal for each referral, in the order given; the loads' `proposed` grow as they are placed.

    One person's referrals go to one officer.
    """
    words = words or Words()
    proposals: dict[int, Proposal] = {}
    placed: dict[int, int] = {}  # who takes a person, from the rows above
    for want in wanted:
        same = placed.get(want.person_id)
        known = replace(want, known_by=frozenset({same})) if same else want
        proposal = proposals[want.referral_id] = _place(known, loads, scale.of(want.priority), words)
        if proposal.officer_id and want.person_id:
            placed.setdefault(want.person_id, proposal.officer_id)
    return proposals


def _place(want: Wanted, loads: list[Load], points: int, words: Words) -> Proposal:
    if want.is_restricted:
        return Proposal(None, (_("not proposed: you decide"),), Outcome.BY_HAND)
    with_room = [load for load in loads if load.has_room_for(points)]
    here = [load for load in with_room if not (want.is_due_today and load.is_off_today)]
    free = [load for load in here if load.officer_id not in want.barred]
    if not free:
        return _unplaced(is_conflict=bool(here), is_off=bool(with_room), on=words.on)
    known = [load for load in free if load.officer_id in want.known_by]
    reasons: list[str | Promise] = []
    choose_from = known or free
    if known:
        reasons.append(_("knows this person already"))
    elif knew := [load for load in loads if load.officer_id in want.known_by - want.barred]:
        reasons.append(_Said(_why_not(knew[0]), {"name": knew[0].name}))
    choose_from = _who_speaks(want, choose_from, free, reasons, words, is_known=bool(known))
    if trained := [load for load in choose_from if want.skills & load.skills]:
        choose_from = trained
    chosen = min(choose_from, key=lambda load: (load.share, load.name))
    for skill in sorted(want.skills & chosen.skills)[:1]:
        said = str(words.skills.get(skill, skill)).lower()
        reasons.append(_Said(_("trained in %(skill)s"), {"skill": said}))
    if not known and (len(choose_from) > 1 or not reasons):
        reasons.append(_("lightest load") if len(free) > 1 else _("has room"))
    chosen.proposed += points
    return Proposal(chosen.officer_id, tuple(reasons))


def _unplaced(*, is_conflict: bool, is_off: bool, on: str) -> Proposal:
    if is_conflict:
        return Proposal(None, (_("whoever has room has a conflict with this case"),), Outcome.CONFLICT)
    if is_off:
        return Proposal(
            None, (_("due by then, and whoever has room does not work that day"),), Outcome.NOT_IN
        )
    if on:
        return Proposal(
            None, (_Said(_("nobody who works on %(day)s has room"), {"day": on}),), Outcome.NO_ROOM
        )
    return Proposal(None, (_("nobody here today has room"),), Outcome.NO_ROOM)


def _why_not(load: Load) -> Promise:
    """Why the officer who knows somebody is not proposed for them."""
    return _("%(name)s knows them and is away") if load.is_away else _("%(name)s knows them and has no room")


def _who_speaks(
    want: Wanted, choose_from: list[Load], free: list[Load], reasons: list[str | Promise], words: Words,
    *, is_known: bool,
) -> list[Load]:  # fmt: skip
    """Those who speak this person's language. Welsh speakers are kept free for those who need them."""
    if not want.language:
        lightest = min(load.share for load in choose_from)
        others = [
            load for load in choose_from if load.share <= lightest + ALIKE and "cy" not in load.languages
        ]
        return choose_from if is_known or want.skills else others or choose_from
    said = {"language": words.languages.get(want.language, want.language)}
    if fluent := [load for load in choose_from if want.language in load.languages]:
        reasons.append(_Said(_("speaks %(language)s"), said))
        return fluent
    if is_known:
        is_spoken = any(want.language in load.languages for load in free)
        reasons.append(_Said(_("speaks no %(language)s"), said) if is_spoken else _Said(_NOBODY_SPEAKS, said))
    else:
        reasons.append(_Said(_NOBODY_SPEAKS, said))
    return choose_from


_NOBODY_SPEAKS = _("nobody with room speaks %(language)s")


class _Said:
    """Words with names in them, put together when somebody reads them: in the reader's language."""

    def __init__(self, words: Promise, names: Mapping[str, str | Promise]) -> None:
        self.words, self.names = words, names

    def __str__(self) -> str:
        return str(self.words) % {name: str(value) for name, value in self.names.items()}


# --- The run as a whole ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """What one run came to: how many have an officer, and why the others have none."""

    placed: int
    by_hand: int
    no_room: int
    not_in: int
    conflict: int
    ran_out_at: int | None  # the priority of the first for whom nobody had room


def summed(wanted: Collection[Wanted], proposals: Mapping[int, Proposal]) -> Run:
    """The run in numbers."""
    outcomes = [proposals[want.referral_id].outcome for want in wanted]
    short = (want.priority for want in wanted if proposals[want.referral_id].outcome is Outcome.NO_ROOM)
    return Run(
        placed=outcomes.count(Outcome.PLACED),
        by_hand=outcomes.count(Outcome.BY_HAND),
        no_room=outcomes.count(Outcome.NO_ROOM),
        not_in=outcomes.count(Outcome.NOT_IN),
        conflict=outcomes.count(Outcome.CONFLICT),
        ran_out_at=next(short, None),
    )


# --- What somebody needs of an officer -------------------------------------------------------------

SEXUAL = ("17", "19", "20")  # how the codes of sexual offences begin
FRAUD = ("53",)
BY_FLAG: Mapping[str, str] = {
    "DA": "domestic abuse",
    "STALKING": "stalking",
    "RASSO": "sexual offences",
    "CSE": "young people",
    "HATE": "hate crime",
    "MSHT": "modern slavery",
    "HOMICIDE": "bereavement",
}


def skills_wanted(*, flags: Iterable[str], offence_code: str, age: int | None) -> frozenset[str]:
    """What an officer for this victim is best trained in; several when several things are so."""
    wanted = {BY_FLAG[flag] for flag in flags if flag in BY_FLAG}
    if offence_code[:2] in SEXUAL and not offence_code[2:3].isdigit():
        wanted.add("sexual offences")
    if offence_code[:2] in FRAUD and not offence_code[2:3].isdigit():
        wanted.add("fraud")
    if age is not None and age < 18:
        wanted.add("young people")
    if age is not None and age >= 65:
        wanted.add("older people")
    return frozenset(wanted)
