"""Who might take which victim: plain facts in, an officer and the reasons in words out. Pure; a person
decides.

In order: the officer who already knows the person; a Welsh speaker for somebody who speaks Welsh; then the
lightest load. Nobody on leave today, and nobody beyond their points, is proposed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Points of work that one open victim means, by priority. A caseload is full at the officer's own points.
POINTS = {1: 3, 2: 2, 3: 1, 4: 1}


@dataclass
class Load:
    """One officer today: what they carry, what they could, and whether they are here."""

    officer_id: int
    name: str
    booked: int
    full_at: int
    languages: frozenset[str] = frozenset()
    is_away: bool = False
    proposed: int = field(default=0)

    @property
    def share(self) -> float:
        """How full, 1.0 being full, with what is proposed."""
        return (self.booked + self.proposed) / self.full_at if self.full_at else float("inf")

    def has_room_for(self, points: int) -> bool:
        return not self.is_away and self.booked + self.proposed + points <= self.full_at


@dataclass(frozen=True)
class Wanted:
    """One referral that needs an officer. Restricted ones are never proposed."""

    referral_id: int
    priority: int
    person_id: int = 0
    speaks_welsh: bool = False
    known_by: frozenset[int] = frozenset()  # officers who have or had this person in another case
    is_restricted: bool = False


@dataclass(frozen=True)
class Proposal:
    """Whom to choose, if anybody, and why."""

    officer_id: int | None
    reasons: tuple[str | Promise, ...]


def propose(wanted: Iterable[Wanted], loads: list[Load]) -> dict[int, Proposal]:
    """A proposal for each referral, in the order given; the loads' `proposed` grow as they are placed.

    One person's referrals go to one officer.
    """
    proposals: dict[int, Proposal] = {}
    placed: dict[int, int] = {}  # who takes a person, from the rows above
    for want in wanted:
        same = placed.get(want.person_id)
        known = replace(want, known_by=frozenset({same})) if same else want
        proposal = proposals[want.referral_id] = _place(known, loads)
        if proposal.officer_id and want.person_id:
            placed.setdefault(want.person_id, proposal.officer_id)
    return proposals


def _place(want: Wanted, loads: list[Load]) -> Proposal:
    if want.is_restricted:
        return Proposal(None, (_("not proposed: you decide"),))
    points = POINTS[want.priority]
    with_room = [load for load in loads if load.has_room_for(points)]
    if not with_room:
        return Proposal(None, (_("nobody here today has room"),))
    known = [load for load in with_room if load.officer_id in want.known_by]
    welsh = [load for load in with_room if "cy" in load.languages]
    reasons: list[str | Promise] = []
    choose_from = known or with_room
    if known:
        reasons.append(_("knows this person already"))
    if want.speaks_welsh:
        fluent = [load for load in choose_from if "cy" in load.languages]
        if fluent:
            choose_from = fluent
            reasons.append(_("speaks Welsh"))
        elif not known:
            reasons.append(_("no Welsh speaker has room") if not welsh else _("speaks no Welsh"))
    elif not known:  # Welsh speakers are kept free for those who need them, where loads are alike
        lightest = min(load.share for load in choose_from)
        choose_from = [
            load for load in choose_from if load.share <= lightest + 0.05 and "cy" not in load.languages
        ] or choose_from
    chosen = min(choose_from, key=lambda load: (load.share, load.name))
    if not known:
        reasons.append(_("lightest load") if len(with_room) > 1 else _("has room"))
    chosen.proposed += points
    return Proposal(chosen.officer_id, tuple(reasons))
