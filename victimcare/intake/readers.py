"""Who may read a row in quarantine whole, and who only the cells that are wrong. Reads only.

A row whose crime we hold is read whole by whoever may see that case. One whose crime we do not hold is read whole
by the team it will land in; where no team is known, by all who mend rows. Everybody else who mends rows sees
the cells that are wrong, and never whom the row is about.
"""

from collections import defaultdict
from collections.abc import Sequence

from victimcare.accounts.models import Team, User
from victimcare.cases.models import Case
from victimcare.intake.cells import Wrong, plain_cell
from victimcare.intake.models import ImportBatch, ImportRow
from victimcare.lookups import is_any


def read_whole(rows: Sequence[ImportRow], user: User) -> set[int]:
    """The keys of those rows that this reader may see whole. Three queries, however many rows."""
    crimes = {row.pk: _crime_of(row) for row in rows}
    held: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    cases = Case.objects.filter(is_any("occurrence_no", set(crimes.values()) - {""}))
    for number, pk, is_restricted in cases.values_list("occurrence_no", "pk", "is_restricted"):
        held[number].append((pk, is_restricted))
    keys = [pk for found in held.values() for pk, _is_restricted in found]
    visible = Case.objects.visible_to(user).filter(is_any("pk", keys))
    seen = set(visible.values_list("pk", flat=True)) if keys else set()
    teams = _Teams()
    whole = set()
    for row in rows:
        found = held.get(crimes[row.pk], [])
        is_seen = all(pk in seen for pk, _is_restricted in found)
        team = teams.it_lands_in(row)
        lands_here = team is not None and team == user.team_id
        is_open = not any(is_restricted for _pk, is_restricted in found)
        may = (is_seen or (is_open and lands_here)) if found else (team is None or lands_here)
        if may:
            whole.add(row.pk)
    return whole


def _crime_of(row: ImportRow) -> str:
    """The number of the crime a row is about, as it is held; "" where the row does not say."""
    said = _cell(row, "occurrence_no")
    if not said and row.batch.kind == ImportBatch.Kind.REFERRALS:  # what is left of one that was settled
        said = row.natural_key.partition("|")[2].partition("|")[0]
    return said


def _cell(row: ImportRow, column: str) -> str:
    try:
        return plain_cell(row.content.get(column) or "")
    except Wrong:
        return ""


class _Teams:
    """Which victim care team a row lands in by its policing area; the team that names no area takes the rest."""

    def __init__(self) -> None:
        teams = list(Team.objects.filter(kind=Team.Kind.VICTIM_CARE).order_by("pk"))
        self.by_area = {area: team.pk for team in teams for area in team.policing_areas}
        self.rest = next((team.pk for team in teams if not team.policing_areas), None)

    def it_lands_in(self, row: ImportRow) -> int | None:
        """None where no team is known, as for a row that brings nobody."""
        if row.batch.kind != ImportBatch.Kind.REFERRALS or not row.content:
            return None
        return self.by_area.get(_cell(row, "policing_area"), self.rest)
