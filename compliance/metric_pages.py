"""The measures of a period: the five quarterly ones, all of them, one of them split, and what bends them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from compliance import words
from compliance.closeness import CHAINED, FAMILY, Hidden
from compliance.kept import kept_a_minute
from compliance.metric_periods import Period, PeriodForm, quick
from compliance.metrics import BREAKDOWNS, GUARDS, METRICS, PARTS, QUARTERLY, Figure, Metric, People, measure
from compliance.metrics.behind import Number
from compliance.metrics.breakdowns import NOT_RECORDED, Breakdown
from compliance.metrics.differences import from_the_whole
from compliance.models import CodeVersion
from compliance.reader import TOO_FEW, Reader
from contacts.models import Contact
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.models import Event
from victimcare.govuk.forms import ChoiceSelect
from victimcare.http import Request
from victimcare.suppression import WHOLE, Counts

ALL_METRICS: dict[str, Metric] = METRICS | GUARDS


class SplitForm(PeriodForm):
    """From which day to which, and split by what."""

    by = ChoiceSelect(
        label=gettext_lazy("Split by"), choices=(), blank=gettext_lazy("Not split"), required=False
    )

    def __init__(self, *args: Any, offered: Mapping[str, Breakdown], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["by"].choices = [(key, split.label) for key, split in offered.items()]


# --- Figures as one person is shown them ------------------------------------------------------------


def figures_for(
    user: User, period: Period, today: date, *, by: str = "", keys: Collection[str], counts_people: bool
) -> list[Figure]:
    """The measures as this person is shown them. What took long is kept for a minute, or until anything happens."""
    last = (Event.objects.aggregate(n=Max("pk"))["n"], Contact.objects.aggregate(n=Max("pk"))["n"])
    said = (
        "metrics",
        user.pk,
        *user.roles,
        user.team_id,
        get_language(),
        period,
        today,
        by,
        *keys,
        *last,
        counts_people,
    )
    return kept_a_minute(
        said,
        lambda: measure(
            period.since,
            period.until,
            by=by,
            snapshot_on=today,
            user=user,
            keys=keys,
            counts_people=counts_people,
        ),
    )


def behind_each(figures: Mapping[str, Figure]) -> dict[str, People]:
    """How many people stand behind each of these, where that was counted."""
    return {name: each.people for name, each in figures.items() if each.people}


def part_called(part: str) -> str:
    """A part of a measure in words: a step, or a duty and its tier."""
    said = [str(PARTS[name]) if name in PARTS else words.short(name) for name in part.split(":") if name]
    return ", ".join(said)


def list_url(number: Number, period: Period) -> str:
    """The list behind a number."""
    said = period.asks | {"part": number.part, "by": number.by, "group": number.group}
    said |= {"of": "1" if number.is_below else ""}
    asks = urlencode({name: value for name, value in said.items() if value})
    return f"{reverse('compliance:metric-list', args=[number.key])}?{asks}"


def page_url(key: str, period: Period, **also: str) -> str:
    asks = urlencode(period.asks | {name: value for name, value in also.items() if value})
    return f"{reverse('compliance:metric', args=[key])}?{asks}"


def cells(
    number: Number, counts: Counts, reader: Reader, period: Period, *, hides: bool = False
) -> list[dict[str, Any]]:
    """How many, of how many, each opening its list for who may see lists, and the share.

    With `hides`, neither opens where one of them is hidden: the list would say whom the hidden number counts.
    """
    is_closed = hides and None in counts

    def cell(value: int | None, *, is_below: bool) -> dict[str, Any]:
        opens = reader.may_list and value and number.has_list and not is_closed
        behind = Number(number.key, number.part, is_below, number.by, number.group)
        return {"text": reader.text(value), "url": list_url(behind, period) if opens else ""}

    return [cell(counts.n, is_below=False), cell(counts.of, is_below=True), {"text": reader.share(counts)}]


def row(figure: Figure, counts: Counts, label: str, reader: Reader, period: Period) -> list[Any]:
    """One line of one measure."""
    if figure.note:
        return [label, {"text": "–", "note": figure.note}, "–", "–"]
    number = Number(figure.key, figure.part)
    if figure.unit == "working_days":
        value = "–" if figure.value is None else _("%(n)g working days") % {"n": figure.value}
        if counts.of is None and figure.denominator is not None:
            value = str(TOO_FEW)
        below = cells(number, Counts(None, counts.of), reader, period)[1]
        return [label, {"text": value}, below, "–"]
    drawn = cells(number, counts, reader, period)
    if figure.unit == "count":
        return [label, drawn[0], "–", "–"]
    return [label, *drawn]


COLUMNS = (
    gettext_lazy("Measure"),
    gettext_lazy("Counted"),
    gettext_lazy("Of"),
    gettext_lazy("Share"),
)


def columns(*also: str, of: Any = None) -> list[Any]:
    heads = [{"label": str(label), "is_number": True} for label in (*COLUMNS[1:], *also)]
    return [str(of or COLUMNS[0]), *heads]


def measure_rows(
    metric: Metric, figures: list[Figure], reader: Reader, period: Period, close: Hidden
) -> list[list[Any]]:
    """The lines of one measure on the page of all: its own first, then its steps; not each duty."""
    own = [figure for figure in figures if figure.key == metric.key and not figure.group]
    steps = [figure for figure in own if not figure.part or figure.part in PARTS]
    order = {"": -1} | {part: place for place, part in enumerate(PARTS)}
    rows = []
    for figure in sorted(steps, key=lambda each: order[each.part]):
        alone = reader.one(figure.numerator, figure.denominator, figure.people)
        shown = close.without(figure, alone)
        label = f"{metric.key}: {part_called(figure.part)}" if figure.part else ""
        rows.append(row(figure, shown, label, reader, period))
    first = rows[0]
    own_name = {"text": str(metric.label), "url": page_url(metric.key, period)}
    step = f" {first[0].partition(': ')[2]}." if first[0] else ""
    own_name["note"] = (
        f"{metric.key}, {_('version %(n)d') % {'n': metric.version}}.{step} {metric.definition}"
    )
    rows[0] = [
        own_name,
        explained(first[1], metric.numerator),
        explained(first[2], metric.denominator),
        first[3],
    ]
    return rows


def explained(cell: Any, sentence: Any) -> dict[str, Any]:
    """A number with what it counts beneath, unless it says already why there is none."""
    given = dict(cell) if isinstance(cell, dict) else {"text": cell}
    return {"note": str(sentence)} | given


def in_a_sentence(quarterly: list[list[Any]]) -> str:
    """What the picture shows: how many of the updates of Right 6 were given in time."""
    _name, told, of, share = quarterly[QUARTERLY.index("Q3")]
    if str(TOO_FEW) in (told["text"], of["text"]):
        return _("How many updates were given in time is hidden, because few people would stand out")
    if share["text"] == "–":
        return _("No update of the investigation fell due in this period")
    return _("%(share)s of updates were given in time") % {"share": share["text"]}


def of_the_code(period: Period) -> str:
    """Which versions of the Code the period's duties were counted by."""
    found = CodeVersion.objects.brought_into_force().filter(in_force_from__lte=period.until)
    keys = [f"{code.title} ({code.key})" for code in found]
    return ", ".join(keys[-1:])


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def metrics(request: Request) -> HttpResponse:
    """The five quarterly measures, then all, each with its definition, its numbers and the lists behind them."""
    today, reader = clock.today(), Reader(request.user)
    form = PeriodForm(request.GET, of_months=reader.is_guarded)
    period = form.period(today)
    figures = figures_for(request.user, period, today, keys=tuple(METRICS), counts_people=reader.is_guarded)
    close = reader.close(figures)
    quarterly = [measure_rows(METRICS[key], figures, reader, period, close)[0] for key in QUARTERLY]
    context = {
        "form": form,
        "period": period,
        "quick": quick(period, today, reverse("compliance:metrics"), of_months=reader.is_guarded),
        "columns": columns(),
        "quarterly": quarterly,
        "chart_title": in_a_sentence(quarterly),
        "chart": [
            {
                "label": METRICS[key].label,
                "value": float(line[3]["text"].rstrip("%")),
                "text": line[3]["text"],
            }
            for key, line in zip(QUARTERLY, quarterly, strict=True)
            if isinstance(line[3], dict) and line[3]["text"] != "–"
        ],
        "rows": [
            line
            for key, metric in METRICS.items()
            if key not in QUARTERLY
            for line in measure_rows(metric, figures, reader, period, close)
        ],
        "code": of_the_code(period),
        "reader": reader,
        "guards_url": f"{reverse('compliance:guards')}?{urlencode(period.asks)}",
        "fairness_url": page_url("M3", period, by="ethnicity"),
    }
    return render(request, "compliance/metrics.html", context)


# --- One measure, and split -------------------------------------------------------------------------


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def metric(request: Request, key: str) -> HttpResponse:
    """One measure with its parts, or split by a characteristic, a place, a team or how it was told."""
    if key not in ALL_METRICS:
        raise Http404
    today, reader = clock.today(), Reader(request.user)
    form = SplitForm(request.GET, offered=_offered(reader), of_months=reader.is_guarded)
    period = form.period(today)
    split = _offered(reader).get(request.GET.get("by", ""))
    by = split.key if split else ""
    hides = reader.is_guarded or bool(split and split.is_characteristic)
    beside = [each for family in (FAMILY, CHAINED) if hides and key in family for each in family]
    measured = figures_for(
        request.user, period, today, by=by, keys=dict.fromkeys([key, *beside]), counts_people=hides
    )
    close = reader.close(measured, hides=hides)
    figures = [figure for figure in measured if figure.key == key]
    parts = list(dict.fromkeys(figure.part for figure in figures if not figure.note))
    if split and split.is_characteristic:
        parts = [part for part in parts if not part or part in PARTS]
    if reader.is_guarded:
        parts = [part for part in parts if ":" not in part or not part.startswith("R")]
    part = asked if (asked := request.GET.get("part", "")) in parts else (parts[0] if parts else "")
    home = "compliance:guards" if key in GUARDS else "compliance:metrics"
    context: dict[str, Any] = {
        "metric": ALL_METRICS[key],
        "form": form,
        "period": period,
        "part": part,
        "part_called": part_called(part),
        "quick": quick(
            period,
            today,
            reverse("compliance:metric", args=[key]),
            of_months=reader.is_guarded,
            by=by,
            part=part,
        ),
        "code": of_the_code(period),
        "reader": reader,
        "split": split,
        "back_url": f"{reverse(home)}?{urlencode(period.asks)}",
        "parts": [
            {
                "label": part_called(each) or _("Altogether"),
                "url": page_url(key, period, by=by, part=each),
                "is_on": each == part,
            }
            for each in parts
        ],
    }
    context |= (
        _split(figures, part, split, reader, period, close)
        if split
        else _whole(figures, reader, period, close)
    )
    return render(request, "compliance/metric.html", context)


def _offered(reader: Reader) -> dict[str, Breakdown]:
    """What this person may split by. Who only counts is told nothing of single officers."""
    return {key: split for key, split in BREAKDOWNS.items() if key != "officer" or reader.may_list}


def _whole(figures: list[Figure], reader: Reader, period: Period, close: Hidden) -> dict[str, Any]:
    """Every part of a measure. Duties are shown as one table, so that none can be worked out from the others."""
    drawn = [figure for figure in figures if not (reader.is_guarded and ":" in figure.part)]
    duties = {
        figure.part: figure
        for figure in drawn
        if figure.part and figure.part not in PARTS and not figure.note
    }
    whole = next((figure for figure in drawn if not figure.part), None)
    counts = {part: (figure.numerator, figure.denominator) for part, figure in duties.items()}
    if whole:
        counts[WHOLE] = (whole.numerator, whole.denominator)
    behind = behind_each(duties | ({WHOLE: whole} if whole else {}))
    shown = reader.table(counts, hides=False, people=behind)
    rows = []
    for figure in drawn:
        alone = reader.one(figure.numerator, figure.denominator, figure.people)
        label = part_called(figure.part) or _("Altogether")
        safe = close.without(figure, shown.get(figure.part, alone))
        rows.append(row(figure, safe, label, reader, period))
    return {"rows": rows, "columns": columns(), "chart": []}


def _split(
    figures: list[Figure], part: str, split: Breakdown, reader: Reader, period: Period, close: Hidden
) -> dict[str, Any]:
    """One part of a measure by group, each beside the whole, with what is not recorded."""
    own = {figure.group: figure for figure in figures if figure.part == part and not figure.note}
    if not own:
        return {"rows": [], "columns": columns(), "chart": []}
    if next(iter(own.values())).unit == "working_days":
        return _split_days(own, split, reader)
    hides = split.is_characteristic
    table = reader.table(
        {name: (each.numerator, each.denominator) for name, each in own.items()},
        hides=hides,
        people=behind_each(own),
    )
    shown = {name: close.without(own[name], counts) for name, counts in table.items()}
    names = {WHOLE: _("Altogether")} | split.names(group for group in own if group)
    whole = shown.get(WHOLE, Counts(None, None))
    rows = []
    for name, label in names.items():
        number = Number(own[name].key, part, by=split.key if name else "", group=name)
        rows.append(
            [
                label,
                *cells(number, shown[name], reader, period, hides=hides),
                *_apart(shown[name], whole, is_told=bool(name) and not reader.is_guarded),
            ]
        )
    missing = shown.get(NOT_RECORDED, Counts(0, 0))
    size = missing.of if whole.of is not None else missing.n
    total = whole.of if whole.of is not None else whole.n
    return {
        "rows": rows,
        "columns": columns(_("From the whole"), _("Chance alone"), of=split.label),
        "chart": [
            {"label": label, "value": float(reader.share(shown[name]).rstrip("%")),
             "text": reader.share(shown[name]), "tone": "quiet" if name == NOT_RECORDED else ""}
            for name, label in names.items() if name and reader.share(shown[name]) != "–"
        ],
        "not_recorded": reader.share(Counts(size, total)),
        "hides_not_recorded": size is None or total is None,
        "hides": hides or reader.is_guarded,
    }  # fmt: skip


def _apart(counts: Counts, whole: Counts, *, is_told: bool) -> list[str | dict[str, Any]]:
    """How far from the whole, and whether chance alone might do it: not beside rounded numbers."""
    if not is_told or None in (*counts, *whole) or not counts.of or not whole.of:
        return ["–", "–"]
    apart = from_the_whole(counts.n or 0, counts.of, whole_n=whole.n or 0, whole_of=whole.of)
    if apart is None:
        return ["–", "–"]
    points = _("%(n)s points") % {"n": _signed(apart.points)}
    between = _("%(low)s to %(high)s") % {"low": _signed(apart.low), "high": _signed(apart.high)}
    verdict = _("more than chance") if apart.is_clear else _("may be chance")
    return [{"text": points, "note": between}, verdict]


def _signed(points: float) -> str:
    """+1.2, −3.4, 0.0."""
    return f"{points:+.1f}".replace("-", "−") if round(points, 1) else "0.0"


def _split_days(own: Mapping[str, Figure], split: Breakdown, reader: Reader) -> dict[str, Any]:
    """Working days late by group: a median of a few says little, so they are hidden where numbers are small."""
    hides = split.is_characteristic or reader.is_guarded
    sizes = {name: (each.denominator, None) for name, each in own.items()}
    behind = {name: (each.people[2], 0, each.people[2]) for name, each in own.items() if each.people}
    shown = reader.table(sizes, hides=split.is_characteristic, people=behind)
    rows = []
    names = {WHOLE: _("Altogether")} | split.names(group for group in own if group)
    for name, label in names.items():
        size, value = shown[name].n, own[name].value
        days = "–" if value is None or (hides and size is None) else _("%(n)g working days") % {"n": value}
        rows.append([
            label, days,
            reader.text(size), "–",
        ])  # fmt: skip
    heads = columns(of=split.label)
    return {"rows": rows, "columns": heads, "chart": [], "hides": hides, "not_recorded": ""}


# --- What bends a figure ----------------------------------------------------------------------------


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def guards(request: Request) -> HttpResponse:
    """What makes a figure look better than the service was, team by team."""
    today, reader = clock.today(), Reader(request.user)
    form = PeriodForm(request.GET, of_months=reader.is_guarded)
    period = form.period(today)
    figures = figures_for(
        request.user, period, today, by="team", keys=tuple(GUARDS), counts_people=reader.is_guarded
    )
    close = reader.close(figures)
    split = BREAKDOWNS["team"]
    teams = {WHOLE: _("Altogether")} | split.names({figure.group for figure in figures if figure.group})
    sections = []
    for key, each in GUARDS.items():
        own = {figure.group: figure for figure in figures if figure.key == key}
        shown = reader.table(
            {name: (figure.numerator, figure.denominator) for name, figure in own.items()},
            hides=False,
            people=behind_each(own),
        )
        rows = []
        for name, label in teams.items():
            if name not in own:
                continue
            number = Number(key, by="team" if name else "", group=name)
            safe = close.without(own[name], shown[name])
            rows.append([label, *cells(number, safe, reader, period)])
        sections.append({"metric": each, "rows": rows})
    context = {
        "form": form,
        "period": period,
        "quick": quick(period, today, reverse("compliance:guards"), of_months=reader.is_guarded),
        "columns": columns(of=split.label),
        "sections": sections,
        "reader": reader,
        "metrics_url": f"{reverse('compliance:metrics')}?{urlencode(period.asks)}",
    }
    return render(request, "compliance/guards.html", context)
