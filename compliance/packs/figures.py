"""The figures of a period, counted once: small numbers hidden, every word in both languages. What a snapshot keeps.

    {"threshold": 10, "funnel": [row], "measures": [row], "splits": [{"by", "label", "measures": [row]}],
     "definitions": [{"key", "label", "definition", "numerator", "denominator"}]}

A row is {"key", "part", "group", "label", "n", "of", "value", "unit", "note", "is_hidden", "people"}; a label, a note and a
definition are {"en", "cy"}. A number that is not shown is None, here already: no snapshot holds it. What rules
that came later hide besides is hidden when it is printed (`as_shown_now`).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import holidays
from django.utils import translation
from django.utils.functional import Promise

from compliance import words
from compliance.closeness import IN_TIME, Place, steps_too_close, too_close
from compliance.metrics import BREAKDOWNS, METRICS, OF_SEVERAL, PARTS, QUARTERLY, Figure, People, measure
from compliance.metrics.definitions import NOT_COLLECTED
from compliance.models import CodeVersion
from compliance.reader import strictest_threshold
from victimcare import calendars
from victimcare.calendars import FIRST_YEAR, LAST_YEAR
from victimcare.suppression import WHOLE, Counts, hide_small, is_small

Row = dict[str, Any]
Said = dict[str, str]

LANGUAGES = ("en", "cy")
MOST_EACH = 10  # duties of one person, where it was not counted of how many people they are
PERCENT, COUNT = "percent", "count"
# Whether everybody is treated alike: the share in time of what the force owes, by who they are.
# Who prefers Welsh is nearly who has Welsh as their language: beside each other, the two would tell the rest.
CHARACTERISTICS = tuple(
    key for key, each in BREAKDOWNS.items() if each.is_characteristic and each.is_collected and key != "welsh"
)
SPLITS: dict[str, tuple[str, ...]] = {
    "area": (*QUARTERLY, IN_TIME),
    "tier": (IN_TIME,),
    **{key: (IN_TIME,) for key in CHARACTERISTICS},
}

Step = tuple[str, str | Promise, int]
_funnel_of: Callable[[date, date], list[Step]] | None = None


def funnel_from(counting: Callable[[date, date], list[Step]]) -> None:
    """Have the steps of the funnel counted by an app above: key, label, how many; the first is all of them."""
    global _funnel_of
    _funnel_of = counting


def count(since: date, until: date, *, counted_on: date) -> dict[str, Any]:
    """Every figure of the period as judged on `counted_on`, ready to be kept and printed."""
    threshold = strictest_threshold(counted_on)
    whole = [
        figure
        for figure in measure(since, until, snapshot_on=counted_on, counts_people=True)
        if ":" not in figure.part
    ]  # tiers are a split of their own
    return {
        "threshold": threshold,
        "counts_people": True,
        "funnel": _funnel(_funnel_of(since, until) if _funnel_of else [], threshold),
        "measures": _guarded(whole, threshold, by=""),
        "splits": [
            {
                "by": by,
                "label": in_both(BREAKDOWNS[by].label),
                "measures": _guarded(_split(since, until, by, keys, counted_on), threshold, by=by),
            }
            for by, keys in SPLITS.items()
        ],
        "definitions": [
            {
                "key": metric.key,
                "label": in_both(metric.label),
                "definition": in_both(metric.definition),
                "numerator": in_both(metric.numerator),
                "denominator": in_both(metric.denominator),
            }
            for metric in METRICS.values()
        ],
    }


def _split(since: date, until: date, by: str, keys: tuple[str, ...], counted_on: date) -> list[Figure]:
    """The shares of these measures for each group, in the order of a page; what is not recorded comes last."""
    found = [
        figure
        for figure in measure(since, until, by=by, snapshot_on=counted_on, keys=keys, counts_people=True)
        if figure.part == "" and figure.numerator is not None
    ]
    order = ["", *BREAKDOWNS[by].names({figure.group for figure in found} - {""})]
    return sorted(found, key=lambda figure: (keys.index(figure.key), order.index(figure.group)))


def in_both(said: "str | Promise | Callable[[], str]") -> Said:
    """The same words in English and in Welsh."""
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = str(said() if callable(said) and not isinstance(said, Promise) else said)
    return found


def codes_counted_by(until: date) -> str:
    """The keys of the Code versions that were in force by then."""
    in_force = CodeVersion.objects.brought_into_force().filter(in_force_from__lte=until)
    return ", ".join(in_force.values_list("key", flat=True))


def calendar_counted_by() -> str:
    """Which version of the bank holidays working days are counted with now."""
    return f"holidays {holidays.__version__}, {FIRST_YEAR}-{LAST_YEAR}, version {calendars.current().number}"


def fingerprint(kept: Mapping[str, Any]) -> str:
    """SHA-256 of figures as canonical JSON: the same figures have the same one."""
    canonical = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


# --- What may be shown --------------------------------------------------------------------------------


def _funnel(steps: list[Step], threshold: int) -> list[Row]:
    received = steps[0][2] if steps else 0
    close = steps_too_close({key: n for key, _label, n in steps}, threshold)
    rows = []
    for key, label, n in steps:
        shown = Counts(None if key in close else n, None if is_small(received, threshold) else received)
        said = in_both(label)
        rows.append(_row(key, "", "", said, shown.n, shown.of, PERCENT, {}, is_hidden=shown.n is None))
    return rows


def _guarded(figures: list[Figure], threshold: int, *, by: str) -> list[Row]:
    """The figures without any number that could give somebody away, nor one it could be worked out from."""
    shown = _shown(figures, threshold)
    rows = []
    for figure in figures:
        n, of = shown[_place(figure)]
        is_counted = figure.numerator is not None
        is_hidden = (is_counted and n is None) or (figure.denominator is not None and of is None)
        row = _row(
            figure.key, figure.part, figure.group, _label(figure, by), n, of, figure.unit,
            in_both(NOT_COLLECTED[figure.key][figure.part]) if figure.note else {}, is_hidden=is_hidden,
        )  # fmt: skip
        row["people"] = _people_shown(figure, n, of)
        if figure.unit not in (PERCENT, COUNT):  # days: of so many that nobody can be known by them
            row["value"] = None if is_hidden else figure.value
        rows.append(row)
    return rows


def _shown(figures: list[Figure], threshold: int) -> dict[Place, Counts]:
    """What of each figure is shown beside all the others."""
    shown: dict[Place, Counts] = {}
    for table in _tables(figures):
        # Of what was hidden before, only the size is left to be hidden.
        cells = {
            name: (figure.denominator, None)
            if name and figure.numerator is None
            else (figure.numerator, figure.denominator)
            for name, figure in table.items()
        }
        behind = {
            name: (figure.people[2], 0, figure.people[2]) if figure.numerator is None else figure.people
            for name, figure in table.items()
            if figure.people
        }
        for name, counts in hide_small(cells, threshold, behind).items():
            is_size = bool(name) and table[name].numerator is None
            shown[_place(table[name])] = Counts(None, counts.n) if is_size else counts
    close = too_close(figures, threshold)
    for figure in figures:
        place = _place(figure)
        n, of = close.without(figure, shown[place])
        shown[place] = Counts(n, None if figure.denominator is None else of)
    return shown


def _people_shown(figure: Figure, n: int | None, of: int | None) -> list[int] | None:
    """How many people stand behind what is shown of a figure; nought for what is not."""
    if figure.people is None or (n is None and of is None):
        return None
    return list(figure.people) if n is not None else [0, 0, figure.people[2]]


def _people_kept(row: Row, *, is_counted: bool) -> People | None:
    """The people behind a row of a snapshot. Where none were counted, as few as there can be: ten duties for each."""
    if is_counted:
        kept = row["people"]
        return (kept[0], kept[1], kept[2]) if kept else None
    n, of = row["n"] or 0, row["n"] if row["of"] is None else row["of"]
    if row["key"] not in OF_SEVERAL or of is None:
        return None
    were, were_not, every = (-(-number // MOST_EACH) for number in (n, of - n, of))
    return were, were_not, every


def as_shown_now(kept: Mapping[str, Any], threshold: int) -> dict[str, Any]:
    """The figures of a snapshot, without what today's rules hide besides. The same figures where they hide no more."""
    threshold, is_counted = max(threshold, kept["threshold"]), kept.get("counts_people", False)
    return {
        **kept,
        "threshold": threshold,
        "funnel": _funnel_hidden_again(kept["funnel"], threshold),
        "measures": _all_hidden_again(kept["measures"], threshold, is_counted=is_counted),
        "splits": [
            split | {"measures": _all_hidden_again(split["measures"], threshold, is_counted=is_counted)}
            for split in kept["splits"]
        ],
    }


def _all_hidden_again(rows: list[Row], threshold: int, *, is_counted: bool) -> list[Row]:
    names = ("key", "part", "group", "n", "of", "value", "unit")
    figures = [
        Figure(*(row[name] for name in names), people=_people_kept(row, is_counted=is_counted))
        for row in rows
    ]
    shown = _shown(figures, threshold)
    return [_hidden_again(row, shown[row["key"], row["part"], row["group"]]) for row in rows]


def _funnel_hidden_again(rows: list[Row], threshold: int) -> list[Row]:
    close = steps_too_close({row["key"]: row["n"] for row in rows}, threshold)
    return [
        _hidden_again(row, Counts(None, None if is_small(row["of"] or 0, threshold) else row["of"]))
        if row["key"] in close
        else row
        for row in rows
    ]


def _hidden_again(row: Row, shown: Counts) -> Row:
    """A row with what is shown of it now: nothing that was hidden comes back."""
    if shown == (row["n"], row["of"]):
        return row
    return row | {"n": shown.n, "of": shown.of, "value": None, "is_hidden": True}


def _place(figure: Figure) -> Place:
    return figure.key, figure.part, figure.group


def _tables(figures: Iterable[Figure]) -> list[dict[str, Figure]]:
    """The figures of each measure that add up: its duties with the whole, its groups with the whole."""
    tables: dict[tuple[str, str], dict[str, Figure]] = defaultdict(dict)
    for figure in figures:
        if figure.group or figure.part in words.SHORT or not figure.part:
            tables[figure.key, ""][figure.group or figure.part] = figure
        else:  # a step, or a count beside: a table of its own
            tables[figure.key, figure.part][WHOLE] = figure
    return list(tables.values())


def _row(
    key: str, part: str, group: str, label: Said, n: int | None, of: int | None, unit: str, note: Said, *,
    is_hidden: bool,
) -> Row:  # fmt: skip
    value = round(100 * n / of, 1) if unit == PERCENT and n is not None and of else None
    return {
        "key": key, "part": part, "group": group, "label": label, "n": n, "of": of, "value": value,
        "unit": unit, "note": note, "is_hidden": is_hidden,
    }  # fmt: skip


def _label(figure: Figure, by: str) -> Said:
    """What this row is called: its group, its duty, its step, or the measure itself."""
    if figure.group:
        return in_both(lambda: BREAKDOWNS[by].names([figure.group])[figure.group])
    if figure.part in words.SHORT:
        return in_both(words.SHORT[figure.part])
    if figure.part in PARTS:
        return in_both(PARTS[figure.part])
    return in_both(METRICS[figure.key].label)
