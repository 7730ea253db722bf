"""Every write of the unit's own standards: one person proposes a version, another approves it."""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from compliance.actions import look_again_since
from compliance.models import LocalStandard
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.kinds import TELLABLE
from victimcare.faults import NotAllowed, Refused, Stale

LONGEST = 60  # working days


@dataclass(frozen=True)
class Terms:
    """What a version says: what must be told, within how many working days, from which day on."""

    title: str
    standard: int
    enhanced: int
    effective_from: date
    is_kept: bool = True  # False: from that day there is no such standard
    title_cy: str = ""
    name_cy: str = ""  # of a standard that the unit named itself


@dataclass(frozen=True)
class Opening:
    """What opens a new standard, and how it is named in lists."""

    name: str
    right: int
    trigger: str
    clock: str


@transaction.atomic
def propose(*, key: str, number: int, terms: Terms, reason: str, by: User) -> LocalStandard:
    """Propose the next version of a standard. `number` is the latest the page showed; raises Stale for another."""
    latest = LocalStandard.objects.select_for_update(of=("self",)).filter(key=key).order_by("-number").first()
    if latest is None:
        raise Refused(_("There is no such standard. Open the list again."))
    if latest.number != number:
        raise Stale(_("Someone else wrote another version while you were working. Open the page again."))
    opening = Opening(latest.name, latest.right, latest.trigger, latest.clock)
    return _written(key, number + 1, opening, terms, reason, by)


@transaction.atomic
def begin(*, opening: Opening, terms: Terms, reason: str, by: User) -> LocalStandard:
    """Propose a standard that there was not. Its key tells its right, and that it is ours: R6-OWN-2."""
    if opening.trigger not in TELLABLE:
        raise Refused(_("A victim cannot be told of that. Choose something else that happens."))
    mine = f"R{opening.right}-OWN-"
    begun = LocalStandard.objects.filter(key__startswith=mine, number=1).count()
    try:
        with transaction.atomic():
            return _written(f"{mine}{begun + 1}", 1, opening, terms, reason, by)
    except IntegrityError:
        raise Stale(_("Somebody else proposed another at the same moment. Send yours again.")) from None


def _written(key: str, number: int, opening: Opening, terms: Terms, reason: str, by: User) -> LocalStandard:
    if terms.effective_from < clock.today():
        raise Refused(_("What was counted stays counted. Enter today or a later day."))
    if not 0 < terms.enhanced <= terms.standard <= LONGEST:
        raise Refused(
            _("Enter from 1 to %(longest)d working days, and no more for enhanced rights than for standard.")
            % {"longest": LONGEST}
        )
    row = LocalStandard(
        key=key,
        number=number,
        name=opening.name,
        name_cy=terms.name_cy if opening.name else "",
        right=opening.right,
        trigger=opening.trigger,
        clock=opening.clock,
        title=terms.title,
        title_cy=terms.title_cy,
        standard=terms.standard,
        enhanced=terms.enhanced,
        effective_from=terms.effective_from,
        is_kept=terms.is_kept,
        reason=reason,
        written_by=by,
        written_at=clock.now(),
    )
    row._history_user = by
    row.save()
    return row


@transaction.atomic
def decide(*, key: str, number: int, is_approved: bool, by: User) -> LocalStandard:
    """Approve a proposed version, or set it aside. Nobody approves their own. What happens from its day on is
    counted by it.
    """
    row = LocalStandard.objects.select_for_update(of=("self",)).filter(key=key, number=number).first()
    if row is None:
        raise Refused(_("That proposal is not there. Open the list again."))
    if row.approved_at or row.withdrawn_at or row.written_by_id is None:
        raise Stale(_("This was decided already. Open the page again."))
    if is_approved and row.written_by_id == by.pk:
        raise NotAllowed(_("You wrote this version, so somebody else has to approve it."))
    if is_approved:
        row.approved_by, row.approved_at = by, clock.now()
        row.effective_from = max(row.effective_from, clock.today())
    else:
        row.withdrawn_at = clock.now()
    row._history_user = by
    row.save()
    if is_approved:
        look_again_since(row.effective_from)
    return row
