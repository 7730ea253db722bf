"""The rows behind one number: filtered by the very condition that counted them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from compliance.metrics import populations as of
from compliance.metrics.breakdowns import BREAKDOWNS, may_split
from compliance.metrics.figures_of import in_the_figures_of
from compliance.metrics.guards import GUARD_SHARES
from compliance.metrics.intervals import with_intervals
from compliance.metrics.populations import Population, Scope
from compliance.metrics.shares import SHARES, Share
from compliance.models import Duty
from victimcare.accounts.models import User

_BY_PART = {(share.key, share.part): share for share in (*SHARES, *GUARD_SHARES)}
_TOLD_LATE = of.THE_FORCES & of.MATURED & Q(status=Duty.Status.MET_LATE)
_LATE = Share("M5", "", of.DUTIES, _TOLD_LATE, _TOLD_LATE)


@dataclass(frozen=True)
class Number:
    """One number of one measure: above the line or below it, of one part and one group."""

    key: str
    part: str = ""
    is_below: bool = False  # the denominator
    by: str = ""
    group: str = ""

    @property
    def share(self) -> Share | None:
        """What counts it; None where no list can be made."""
        if self.key == "M5":
            return _LATE
        name, _colon, _tier = self.part.partition(":")
        found = _BY_PART.get((self.key, self.part))
        if found is None and (whole := _BY_PART.get((self.key, ""))) and whole.is_by_duty and name[:1] == "R":
            return whole
        return found

    @property
    def has_list(self) -> bool:
        """Whether there can be a list of what it counts."""
        if self.key == "M12":
            return not self.by
        return self.share is not None and (not self.by or may_split(BREAKDOWNS[self.by], self.share.rows))

    def _duty(self) -> Q:
        """Narrowed to one duty, and perhaps to one tier of it."""
        rule, _colon, tier = self.part.rpartition(":") if self.key == "M5" else self.part.partition(":")
        if self.key == "M5":
            rule, tier = (tier if tier[:1] == "R" else ""), ""
        if not rule.startswith("R"):
            return Q()
        return Q(rule=rule) & (Q(enhanced_applied=tier == "enhanced") if tier else Q())


def rows_behind(number: Number, scope: Scope, user: User | None) -> tuple[QuerySet[Any], Population] | None:
    """The rows that this number counts, in the figures of this person; None where there can be no list."""
    if number.key == "M12" and not number.by:
        found, rows = with_intervals(scope, is_kept=not number.is_below), of.VICTIMS
        return in_the_figures_of(found, rows, user), rows
    share = number.share
    if share is None:
        return None
    rows = share.rows
    condition = share.denominator if number.is_below else share.numerator & share.denominator
    found = rows.rows(scope).filter(condition & number._duty())
    if number.by:
        split = BREAKDOWNS[number.by]
        if not may_split(split, rows):
            return None
        if number.group:
            found = found.annotate(group=split.of(rows)).filter(split.holds(number.group))
    return in_the_figures_of(found, rows, user), rows
