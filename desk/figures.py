"""What the dashboards have in common: a period, a line of figures, how each stands, and the list behind a number."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance import rollups
from compliance.models import Duty
from compliance.reader import TOO_FEW, Reader
from compliance.rollups import Asked
from victimcare.accounts.models import Team, User
from victimcare.cases.counting import only_counts
from victimcare.govuk.dates import day as short_day
from victimcare.govuk.dates import moment
from victimcare.http import Request
from victimcare.suppression import WHOLE

FORCE = (Duty.Owner.FORCE.value, Duty.Owner.WCU.value)
EXTERNAL = (Duty.Owner.CPS.value, Duty.Owner.HMCTS.value, Duty.Owner.PROBATION.value)
FIRST_DAY = date(2021, 4, 1)  # the Code came into force

STANDINGS = {
    "in_time": gettext_lazy("In time"),
    "late": gettext_lazy("Late"),
    "missed": gettext_lazy("Missed"),
    "no_evidence": gettext_lazy("No evidence"),
    "not_due": gettext_lazy("Not yet due"),
    "declined": gettext_lazy("Declined"),
    "exempt": gettext_lazy("Good reason"),
    "not_applicable": gettext_lazy("Not applicable"),
}


# --- Periods ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """A week, Monday to Sunday, or a calendar month; London days, both ends in. The tallies add up to either."""

    start: date
    end: date

    @classmethod
    def week_of(cls, day: date) -> "Period":
        monday = day - timedelta(days=day.weekday())
        return cls(monday, monday + timedelta(days=6))

    @classmethod
    def month_of(cls, day: date) -> "Period":
        first = day.replace(day=1)
        return cls(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))

    @property
    def is_week(self) -> bool:
        return (self.end - self.start).days == 6

    def of(self, day: date) -> "Period":
        """The one of this kind that a day is in."""
        return Period.week_of(day) if self.is_week else Period.month_of(day)

    def back(self) -> "Period":
        return self.of(self.start - timedelta(days=1))

    def on(self) -> "Period":
        return self.of(self.end + timedelta(days=1))

    @property
    def asks(self) -> dict[str, str]:
        """What an address says of it: week=2026-11-16, month=2026-11."""
        return {"week": self.start.isoformat()} if self.is_week else {"month": f"{self.start:%Y-%m}"}

    @property
    def words(self) -> str:
        """Mon 16 Nov to Sun 22 Nov."""
        return _("%(start)s to %(end)s") % {"start": short_day(self.start), "end": short_day(self.end)}


def asked_period(request: Request, today: date) -> Period:
    """The period of `?week=2026-11-16` or `?month=2026-11`; this week when that is no time we know."""
    return _read_period(request, today) or Period.week_of(today)


def _read_period(request: Request, today: date) -> Period | None:
    said = request.GET.get("month")
    try:
        day = date.fromisoformat(f"{said}-01" if said else request.GET.get("week", ""))
    except ValueError:
        return None
    if not FIRST_DAY <= day <= today + timedelta(days=366):
        return None
    return Period.month_of(day) if said else Period.week_of(day)


def asked_team(request: Request, user: User) -> int | None:
    """The team of `?team=3`, for those who are shown every team; None: all that they are shown."""
    said = request.GET.get("team", "")
    is_theirs = only_counts(user) and said.isascii() and said.isdigit() and len(said) < 10
    return int(said) if is_theirs and Team.objects.filter(pk=said).exists() else None


def left_out(request: Request, today: date | None = None, **read: Any) -> list[str]:
    """A sentence about each thing the address asks for that could not be read: `read` is what came of them.

    With `today`, of the period too.
    """
    if today is not None:
        period = _read_period(request, today)
        read |= {"month" if request.GET.get("month") else "week": period}
    return [
        _("“%(name)s=%(said)s” in the address is nothing that can be shown here, so it was left out.")
        % {"name": name, "said": said[:40]}
        for name, found in read.items()
        if found in (None, "") and (said := request.GET.get(name, ""))
    ]


def moves(period: Period, today: date, **kept: Any) -> list[dict[str, str]]:
    """The way to the period before and after, and to the other kind of period."""
    other = (
        Period.month_of(min(period.end, today)) if period.is_week else Period.week_of(min(period.end, today))
    )
    is_week = period.is_week
    offered = [(_("Week before") if is_week else _("Month before"), period.back())]
    if period.end < today:
        offered.append((_("Week after") if is_week else _("Month after"), period.on()))
    offered.append((_("The month") if is_week else _("The week"), other))
    return [{"label": label, "url": "?" + query(**kept, **each.asks)} for label, each in offered]


def query(**said: Any) -> str:
    return urlencode({name: value for name, value in said.items() if value not in ("", None)})


# --- Figures ---------------------------------------------------------------------------------------


@dataclass
class Line:
    """The figures of one right, officer, area or owner. Every duty is in exactly one of them."""

    in_time: int = 0
    late: int = 0
    missed: int = 0
    no_evidence: int = 0
    not_due: int = 0
    declined: int = 0
    exempt: int = 0  # with a good reason that was approved
    not_applicable: int = 0

    @property
    def owed(self) -> int:
        return sum(self.counts.values())

    @property
    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in STANDINGS}

    @property
    def judged(self) -> int:
        """What a share is a share of: settled or due by now, and shown to us one way or the other."""
        return self.in_time + self.late + self.missed + self.exempt

    @property
    def adjusted(self) -> int:
        """In time, or not in time with a good reason that two people saw."""
        return self.in_time + self.exempt

    def __add__(self, other: "Line") -> "Line":
        return Line(*(getattr(self, name) + getattr(other, name) for name in STANDINGS))


def lines(user: User, asked: Asked, by: tuple[str, ...], today: date) -> dict[tuple[Any, ...], Line]:
    """The line of each of these, as this person is shown them. One query."""
    found: dict[tuple[Any, ...], Line] = {}
    for (*key, standing), n in rollups.counts(user, asked, (*by, "standing"), today).items():
        line = found.setdefault(tuple(key), Line())
        setattr(line, standing, getattr(line, standing) + n)
    return found


def total(each: Iterable[Line]) -> Line:
    return sum(each, Line())


# --- Tables ----------------------------------------------------------------------------------------


def columns(first: str, shown: Iterable[str], *, last: str = "") -> list[Any]:
    """The heads of a table of lines."""
    heads = [
        _("Owed"), _("In time, strict"), _("With good reason"), *(str(STANDINGS[name]) for name in shown)
    ]  # fmt: skip
    return [first, *({"label": head, "is_number": True} for head in heads), *([last] if last else [])]


def shown_standings(found: Iterable[Line], *, with_missed: bool = True) -> list[str]:
    """The standings that are columns: those nobody has are left out, the usual ones never. They make a row add up."""
    whole = total(found)
    usual = ["late", *(["missed"] if with_missed else []), "no_evidence", "not_due", "declined"]
    return usual + [name for name in ("exempt", "not_applicable") if getattr(whole, name)]


def cells(
    line: Line, shown: Iterable[str], links: "Links", hides: Collection[str] = (), **said: Any
) -> list[dict[str, Any]]:
    """The figures of a line, each the way to its list; the word for it where one is among those that are hidden."""
    reader = links.reader

    def number(name: str, **more: Any) -> dict[str, Any]:
        n = None if name in hides else getattr(line, name or "owed")
        return {"text": reader.text(n), "url": links.of_period(**said, **more) if n else ""}

    in_time = part_cell(line.in_time, line.judged, reader, is_hidden="in_time" in hides)
    adjusted = part_cell(
        line.adjusted, line.judged, reader, is_hidden="in_time" in hides or "exempt" in hides
    )
    return [
        number(WHOLE),
        number("in_time", status="in_time") | in_time,
        adjusted,
        *(number(name, status=name) for name in shown),
    ]


def part_cell(part: int, whole: int, reader: Reader, *, is_hidden: bool = False) -> dict[str, Any]:
    """A share with what it is a share of."""
    counts = reader.one(part, whole)
    if is_hidden or counts.n is None or counts.of is None:
        return {"text": str(TOO_FEW), "note": ""}
    note = _("%(part)s of %(whole)s") % {"part": reader.text(part), "whole": reader.text(whole)}
    return {"text": reader.share(counts), "note": note if whole else ""}


def never_allocated(line: Line, links: "Links", hides: Collection[str], **said: Any) -> dict[str, str] | None:
    """What the strict share leaves out though the force owes it: nobody was given it. With its list; None for none."""
    if not line.no_evidence:
        return None
    n = None if "no_evidence" in hides else links.reader.one(line.no_evidence, None).n
    text = _(
        "Not in the strict share, because nobody was allocated and nobody has shown us that they told: %(n)s."
    )
    return {"text": text % {"n": links.reader.text(n)}, "url": links.of_period(**said, status="no_evidence")}


def hidden(found: Mapping[Any, Mapping[str, int]], reader: Reader) -> dict[Any, set[str]]:
    """What of each row this person is not shown, by its columns; the whole of all rows is "", and that of a row."""
    names = {str(key): key for key in found}
    places: dict[Any, set[str]] = {WHOLE: set(), **{key: set() for key in found}}
    for name, column in reader.hidden({name: found[key] for name, key in names.items()}):
        places[names.get(name, WHOLE)].add(column)
    return places


@dataclass(frozen=True)
class Links:
    """The list behind a number, for those who may see lists."""

    reader: Reader
    period: Period
    has_lists: bool = True

    def duties(self, **said: Any) -> str:
        if not self.has_lists or not self.reader.may_list:
            return ""
        return f"{reverse('desk:duties')}?{query(**said)}"

    def of_period(self, **said: Any) -> str:
        return self.duties(**said, **{"from": self.period.start, "to": self.period.end})


def counted_note() -> str:
    """When every figure was last held against the duties themselves, and what came of it."""
    last = rollups.last_recount()
    if last is None:
        return _("Not yet counted anew: that is done every night.")
    said = {"when": moment(last.at), "n": f"{last.differing:,}", "duties": f"{last.duties:,}"}
    if not last.differing:
        return _("Counted anew on %(when)s, %(duties)s duties: every figure agreed.") % said
    if last.is_repaired:
        return (
            _("Counted anew on %(when)s, %(duties)s duties: %(n)s figures differed and were put right.")
            % said
        )
    return (
        _("Counted anew on %(when)s, %(duties)s duties: %(n)s figures differ. Tell the administrator.") % said
    )


# --- The pages that belong together ----------------------------------------------------------------


def dashboards(open_page: str, team: int | None = None) -> list[dict[str, Any]]:
    """The dashboards, as tabs: each with the team that is looked at."""
    pages = [
        (_("Overview"), "desk:dashboard", []),
        *((label, "desk:figures", [name]) for name, label in breakdowns().items()),
        (_("Trend"), "desk:trend", []),
        (_("Forecast and workload"), "desk:forecast", []),
        (_("Measures"), "compliance:metrics", []),
        (_("Funnel"), "desk:funnel", []),
    ]
    tail = f"?{query(team=team)}" if team else ""
    return [
        {
            "label": label,
            "url": reverse(name, args=args) + tail,
            "is_on": ":".join([name, *args]) == open_page,
        }
        for label, name, args in pages
    ]


def headings() -> dict[str, str]:
    """The head of the first column of each breakdown."""
    return {
        "duty": _("Duty"),
        "team": _("Team"),
        "officer": _("Officer"),
        "area": _("Area"),
        "offence": _("Offence group"),
        "tier": _("Tier"),
    }


def breakdowns() -> dict[str, str]:
    """What figures are broken down by: the word of the address, and the tab."""
    return {
        "duty": _("By duty"),
        "team": _("By team"),
        "officer": _("By officer"),
        "area": _("By area"),
        "offence": _("By offence"),
        "tier": _("By tier"),
    }
