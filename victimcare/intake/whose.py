"""Whose record a mended row would change without its writer having said so. Reads only."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.models import Participant
from victimcare.faults import Refused
from victimcare.intake import layouts
from victimcare.intake.cells import Clean
from victimcare.intake.extract import RawRow
from victimcare.intake.models import FeedRow, ImportRow


class AsksFirst(Refused):
    """The row would change what is held already: the same again with `meant`, the row's key, is a yes."""

    def __init__(self, sentence: str, *, key: str) -> None:
        super().__init__(sentence)
        self.key = key


@dataclass(frozen=True)
class Held:
    """A record that is there already; `participant` is None where it is about nobody in particular."""

    participant: Participant | None


def check_is_meant(*, row: ImportRow, mended: Clean, meant: str, by: User) -> None:
    """Raises AsksFirst when the mended row would change another record than it named, and that was not confirmed."""
    if meant == mended["key"]:
        return
    held = _held(row, mended)
    if held is None:
        return
    part = held.participant
    if part is not None and Participant.objects.visible_to(by).filter(pk=part.pk).exists():
        whose = _("the record of %(person)s in %(case)s") % {
            "person": part.reference,
            "case": part.case.reference,
        }
    else:
        whose = _("a record that is not yours to see")
    raise AsksFirst(
        _("Nothing is saved yet. This row would change %(whose)s, which is held already.") % {"whose": whose},
        key=mended["key"],
    )


def _held(row: ImportRow, mended: Clean) -> Held | None:
    """What is held under the number that the mender typed, or may be of another person; None when nothing is."""
    layout = layouts.of(row.batch.kind)
    before = layout.clean(RawRow(row.number, dict(row.content)), clock.now())[0]
    if mended["key"] != before["key"]:
        said = FeedRow.objects.filter(kind=layout.feed, key=mended["key"])
        if found := said.select_related("participant__case").first():
            return Held(found.participant)
    if layout.doubtful is None:
        return None
    names = ("source_system", "person_id")
    is_renumbered = any(mended[name] != before[name] for name in names)
    if is_renumbered or layout.doubtful([mended]):
        parts = Participant.objects.exclude(role=Participant.Role.SUSPECT).filter(
            person__source_system=mended["source_system"], person__source_id=mended["person_id"]
        )
        part = parts.select_related("case").order_by("-pk").first()
        return Held(part) if part is not None else None
    return None
