"""The figures of a week or a month by duty, team, officer, area, offence group or tier, each opening its list."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from compliance import words
from compliance.models import Duty
from compliance.reader import Reader
from compliance.rollups import Asked, Cut
from desk.duty_list import NOBODY, OWN, tier_name
from desk.figures import (
    EXTERNAL,
    FORCE,
    Line,
    Links,
    asked_period,
    asked_team,
    breakdowns,
    cells,
    columns,
    counted_note,
    dashboards,
    headings,
    hidden,
    left_out,
    lines,
    moves,
    never_allocated,
    query,
    shown_standings,
    total,
)
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Permission
from victimcare.cases import offence_groups
from victimcare.http import Request
from victimcare.suppression import WHOLE


@dataclass(frozen=True)
class Row:
    """One value: how it is sorted and said, and how a list is asked for it."""

    order: tuple[Any, ...]
    name: str
    asks: dict[str, Any]
    has_list: bool = True


def _duties(keys: list[Any]) -> dict[Any, Row]:
    return {
        key: Row((key[0], key[1]), words.short(key[1]), {"rule": key[1], "right": key[0]}) for key in keys
    }


def _teams(keys: list[Any]) -> dict[Any, Row]:
    known = Team.objects.in_bulk([key for (key,) in keys if key])
    return {
        (key,): Row((0, known[key].name), known[key].name, {"team": key})
        if key in known
        else Row((1, ""), _("No team"), {"team": NOBODY}, has_list=False)  # nobody may open them
        for (key,) in keys
    }


def _officers(keys: list[Any]) -> dict[Any, Row]:
    known = User.objects.only("display_name", "reference").in_bulk(
        [int(value) for value, _who in keys if value]
    )
    rows = {}
    for value, owner in keys:
        officer = known.get(int(value)) if value else None
        if officer:
            asks = {"officer": officer.reference, "owner": owner}
            rows[value, owner] = Row((0, officer.display_name), officer.display_name, asks)
        elif owner == Duty.Owner.FORCE:
            asks = {"officer": NOBODY, "owner": owner}
            rows[value, owner] = Row((1, ""), _("Officers in the case, where the unit has nobody"), asks)
        else:
            rows[value, owner] = Row((2, owner), str(Duty.Owner(owner).label), {"owner": owner})
    return rows


def _areas(keys: list[Any]) -> dict[Any, Row]:
    return {
        (key,): Row((0, key), key, {"area": key}) if key else Row((1, ""), _("No area"), {"area": NOBODY})
        for (key,) in keys
    }


def _offences(keys: list[Any]) -> dict[Any, Row]:
    names = dict(offence_groups.choices())
    order = list(names)
    return {(key,): Row((order.index(key),), str(names[key]), {"group": key}) for (key,) in keys}


def _tiers(keys: list[Any]) -> dict[Any, Row]:
    return {(key,): Row((key,), tier_name(key), {"tier": key}) for (key,) in keys}


@dataclass(frozen=True)
class Breakdown:
    """What the figures are cut by, and how its values are said."""

    cut: Cut
    by: tuple[str, ...]
    rows: Callable[[list[Any]], dict[Any, Row]]


BREAKDOWNS = {
    "duty": Breakdown(Cut.DUTY, ("right", "value"), _duties),
    "team": Breakdown(Cut.TIER, ("team_id",), _teams),
    "officer": Breakdown(Cut.OFFICER, ("value", "owner"), _officers),
    "area": Breakdown(Cut.AREA, ("value",), _areas),
    "offence": Breakdown(Cut.OFFENCE, ("value",), _offences),
    "tier": Breakdown(Cut.TIER, ("value",), _tiers),
}


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def figures(request: Request, by: str) -> HttpResponse:
    """One table: a row a value, of the force's duties of the Code, of our own standards, or of one owner outside."""
    if by not in BREAKDOWNS:
        raise Http404
    user, today, chosen = request.user, clock.today(), BREAKDOWNS[by]
    whose = request.GET.get("owner", "") if request.GET.get("owner") in {*EXTERNAL, OWN} else ""
    owner, of = ("", OWN) if whose == OWN else (whose, "code")
    period, team = asked_period(request, today), asked_team(request, user)
    asked = Asked(
        chosen.cut, start=period.start, end=period.end, owners=(owner,) if owner else FORCE, team=team, is_local=of == OWN
    )  # fmt: skip
    found = lines(user, asked, chosen.by, today)
    if by == "offence":
        found = in_groups(found)
    reader = Reader(user)
    links = Links(reader, period)
    shown = shown_standings(found.values(), with_missed=not owner)
    context = {
        "heading": breakdowns()[by],
        "problems": left_out(request, today, team=team, owner=whose),
        "tabs": dashboards(f"desk:figures:{by}", team),
        "period": period,
        "moves": moves(period, today, owner=whose, team=team),
        "owners": [
            {"label": label, "url": "?" + query(owner=name, team=team, **period.asks), "is_on": name == whose}
            for name, label in [
                ("", _("The force")),
                *((each, Duty.Owner(each).label) for each in EXTERNAL),
                (OWN, _("Our own standards")),
            ]
        ],
        "columns": columns(headings()[by], shown),
        "rows": rows(found, chosen, links, shown, asks={"owner": owner or "ours", "of": of}),
        "never_allocated": None
        if owner
        else never_allocated(
            whole := total(found.values()),
            links,
            hidden({WHOLE: whole.counts}, reader)[WHOLE],
            owner="ours",
            of=of,
        ),
        "reader": reader,
        "note": counted_note(),
    }
    return render(request, "desk/figures.html", context)


def in_groups(by_class: dict[tuple[Any, ...], Line]) -> dict[tuple[Any, ...], Line]:
    """The lines of the offence groups, from those of the classes."""
    found: dict[tuple[Any, ...], Line] = {}
    for (code,), line in by_class.items():
        name = next(
            (group.name for group in offence_groups.GROUPS.values() if code in group.classes), "other"
        )
        found[(name,)] = found.get((name,), Line()) + line
    return found


def rows(
    found: dict[tuple[Any, ...], Line],
    chosen: Breakdown,
    links: Links,
    shown: list[str],
    *,
    asks: dict[str, str],
) -> list[list[Any]]:
    """The table, and all of it together at its foot where there is more than one row."""
    said = chosen.rows(list(found))
    hides = hidden({key: line.counts for key, line in found.items()}, links.reader)
    table = []
    for key in sorted(found, key=lambda each: said[each].order):
        row = said[key]
        its_asks = asks | row.asks
        its = links if row.has_list else replace(links, has_lists=False)
        name = {"text": row.name, "url": its.of_period(**its_asks)}
        table.append([name, *cells(found[key], shown, its, hides[key], **its_asks)])
    if len(table) > 1:
        table.append([_("All of them"), *cells(total(found.values()), shown, links, hides[WHOLE], **asks)])
    return table
