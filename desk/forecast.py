"""What falls due in the next ten working days, what is overdue now, and whose it is."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from compliance import rollups
from compliance.models import Duty
from compliance.reader import Reader
from compliance.rollups import Asked, Cut
from desk.figures import FORCE, Links, Period, asked_team, counted_note, dashboards, hidden, left_out
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.counting import may_count, only_counts
from victimcare.cases.models import Participant
from victimcare.govuk.dates import day as short_day
from victimcare.http import Request
from victimcare.suppression import WHOLE
from victimcare.working_days import england_and_wales, working_days_after

DAYS = 10
OVERDUE, UNALLOCATED, LATER = "overdue", "unallocated", "later"  # columns beside the days
PAST = (OVERDUE, UNALLOCATED)  # and how their lists are asked for


@dataclass(frozen=True)
class Day:
    """One working day, with the days off before it: nothing that falls due on a Saturday is lost."""

    first: date
    day: date

    @property
    def column(self) -> str:
        return self.day.isoformat()

    @property
    def asks(self) -> dict[str, date]:
        return {"from": self.first, "to": self.day}


def next_days(today: date) -> list[Day]:
    """Today, where it is a working day, and those after it: ten in all."""
    yesterday = today - timedelta(days=1)
    working = islice(working_days_after(yesterday, bank_holidays=england_and_wales()), DAYS)
    days, first = [], today
    for day in working:
        days.append(Day(first, day))
        first = day + timedelta(days=1)
    return days


Whose = tuple[str, str]  # an officer's number or "", and the owner
NOBODY: Whose = ("", Duty.Owner.FORCE.value)  # the force owes it, and nobody of the unit was given it


@dataclass(frozen=True)
class Load:
    """What is still to be done for victims who are not closed, by whose it is and by when.

    What nobody was allocated is counted with what is to come; once it is late it is *no evidence*, and apart.
    """

    overdue: Counter[Whose]
    unallocated: Counter[Whose]  # past its last day, and of nobody
    due: Counter[tuple[Whose, date]]  # by the working day
    later: Counter[Whose]

    @property
    def everybody(self) -> set[Whose]:
        return {*self.overdue, *self.unallocated, *self.later, *(whose for whose, _day in self.due)}

    def on(self, day: date) -> int:
        return sum(n for (_whose, due_on), n in self.due.items() if due_on == day)

    def counts_of(self, whose: Whose, days: list[Day]) -> dict[str, int]:
        """By column: what is overdue, what each day brings, and the rest."""
        ahead = {each.column: self.due[whose, each.day] for each in days}
        past = {OVERDUE: self.overdue[whose], UNALLOCATED: self.unallocated[whose]}
        return past | ahead | {LATER: self.later[whose]}

    def hidden(self, days: list[Day], reader: Reader) -> dict[Any, set[str]]:
        """Which columns of each this person is not shown; of all together under ""."""
        return hidden({whose: self.counts_of(whose, days) for whose in self.everybody}, reader)


def load_of(user: User, today: date, days: list[Day], *, team: int | None = None) -> Load:
    """One query."""
    asked = Asked(Cut.OFFICER, only_open=True, owners=FORCE, of_open_victims=True, team=team)
    load = Load(Counter(), Counter(), Counter(), Counter())
    for (value, owner, due_on), n in rollups.counts(user, asked, ("value", "owner", "due_on"), today).items():
        whose = (value, owner)
        if due_on < today:
            (load.unallocated if whose == NOBODY else load.overdue)[whose] += n
            continue
        day = next((each.day for each in days if due_on <= each.day), None)
        if day is None:
            load.later[whose] += n
        else:
            load.due[whose, day] += n
    return load


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def forecast(request: Request) -> HttpResponse:
    """The ten days as a picture, and each officer's part of them."""
    user, today = request.user, clock.today()
    days, team = next_days(today), asked_team(request, user)
    load, reader = load_of(user, today, days, team=team), Reader(user)
    links, hides = Links(reader, Period.week_of(today)), load.hidden(days, reader)
    victims = open_victims(user, [int(value) for value, _owner in load.everybody if value])
    context = {
        "problems": left_out(request, team=team),
        "tabs": dashboards("desk:forecast", team),
        "chart_title": finding(load, days, reader, hides[WHOLE]),
        "chart": [bar(each, load.on(each.day), links, hides[WHOLE]) for each in days],
        "columns": [
            _("Whose"),
            *(
                {"label": label, "is_number": True}
                for label in (
                    _("Open victims"), _("Overdue now"), *(short_day(each.day) for each in days), _("Later"), _("In all")
                )
            ),
        ],
        "rows": workload(load, days, links, victims, hides),
        "reader": reader,
        "note": counted_note(),
    }  # fmt: skip
    return render(request, "desk/forecast.html", context)


def bar(day: Day, n: int, links: Links, hides: set[str]) -> dict[str, Any]:
    """One day of the picture."""
    is_hidden = day.column in hides
    return {
        "label": short_day(day.day),
        "value": 0 if is_hidden else links.reader.rounded(n),
        "text": links.reader.text(None if is_hidden else n),
        "url": links.duties(status="to_do", **day.asks) if n else "",
    }


def finding(load: Load, days: list[Day], reader: Reader, hides: set[str]) -> str:
    """The fullest day, in a sentence."""
    n, fullest = max((load.on(each.day), each.day) for each in days)
    if not n:
        return _("Nothing falls due in the next ten working days")
    if any(each.column in hides for each in days):
        return _("What falls due in the next ten working days; small numbers are hidden")
    whole = reader.rounded(sum(load.on(each.day) for each in days))
    return ngettext(
        "%(whole)s duty falls due in the next ten working days, on %(day)s",
        "%(whole)s duties fall due in the next ten working days, most on %(day)s",
        whole,
    ) % {"whole": f"{whole:,}", "day": short_day(fullest)}


def open_victims(user: User, officers: list[int]) -> dict[int, int]:
    """How many victims each of these officers has open. One query, none for nobody."""
    if not officers:
        return {}
    found = Participant.objects.victims().open().filter(officer__in=officers)
    if not only_counts(user):
        found = found.filter(may_count(user))
    return dict(found.order_by().values_list("officer").annotate(n=Count("pk")))


def workload(
    load: Load, days: list[Day], links: Links, victims: dict[int, int], hides: dict[Any, set[str]]
) -> list[list[Any]]:
    """A row an officer, the one with the most overdue first; witness care in one row."""
    officers = User.objects.only("display_name", "reference").in_bulk(
        [int(value) for value, _owner in load.everybody if value]
    )
    has_open = links.reader.table({str(pk): (n, None) for pk, n in victims.items()}, hides=False)
    table = []
    for whose in load.everybody:
        value, owner = whose
        officer = officers.get(int(value)) if value else None
        name = officer.display_name if officer else _name_of(whose)
        asks: dict[str, Any] = {"owner": owner} | ({"officer": officer.reference} if officer else {})
        asks |= {"officer": "-"} if whose == NOBODY else {}
        counts = load.counts_of(whose, days)
        del counts[OVERDUE if whose == NOBODY else UNALLOCATED]  # they share a column of the table
        row = [
            {"text": name, "url": links.duties(status="to_do", **asks)},
            links.reader.text(has_open[value].n if value in has_open else 0) if value else "–",
            *(
                number(None if column in hides[whose] else n, links, tone="danger" if column in PAST else "",
                       **asks, **asked_by(column, days))
                for column, n in counts.items()
            ),
            links.reader.text(None if WHOLE in hides[whose] else sum(counts.values())),
        ]  # fmt: skip
        table.append(((-counts.get(OVERDUE, 0), -sum(counts.values()), name), row))
    return [row for _order, row in sorted(table, key=lambda each: each[0])]


def _name_of(whose: Whose) -> str:
    return _("Nobody yet") if whose == NOBODY else str(Duty.Owner(whose[1]).label)


def asked_by(column: str, days: list[Day]) -> dict[str, Any]:
    """How a list is asked for what one column counts."""
    if column in PAST:
        return {"status": column}
    if column == LATER:
        return {"status": "to_do", "from": days[-1].day + timedelta(days=1)}
    return {"status": "to_do"} | next(each.asks for each in days if each.column == column)


def number(n: int | None, links: Links, tone: str = "", **asks: Any) -> dict[str, Any]:
    return {
        "text": links.reader.text(n),
        "url": links.duties(**asks) if n else "",
        "tone": tone if n else "",
    }
