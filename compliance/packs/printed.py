"""A snapshot as tables, in one language: the same cells for the PDF and for the spreadsheet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from compliance import words
from compliance.closeness import IN_TIME
from compliance.metrics import QUARTERLY
from compliance.packs.figures import Row, as_shown_now
from compliance.packs.models import Pack, Snapshot
from victimcare.govuk.dates import clock_time, long_day, long_day_within, on_long_day
from victimcare.working_days import london_day

SHORT, SHORT_HEAD = 16, 10  # letters that stay on one line, in a cell and above it

Cell = str | int | float | None  # None: there is no such number


@dataclass(frozen=True)
class Table:
    """One table: a short name for its sheet, a heading, what it counts, and rows of plain values."""

    name: str
    title: str
    note: str
    columns: list[str]
    rows: list[list[Cell]]


def contents(snapshot: Snapshot, kind: str, language: str, *, threshold: int) -> dict[str, Any]:
    """All that one pack says of one snapshot, with what is small below today's `threshold` hidden.

    Asks the database nothing, so it always says the same until the rules of hiding change.
    """
    kept, code = as_shown_now(snapshot.figures, threshold), "cy" if language == Pack.Language.CY else "en"
    tables = Tables(kept, code)
    board = [
        tables.funnel(),
        tables.quarterly(),
        tables.standing(),
        tables.duties(),
        tables.alike(),
        tables.areas(),
        tables.others(),
        tables.definitions(),
    ]
    of_return = [
        tables.quarterly(),
        tables.standing(),
        tables.duties(),
        tables.areas(),
        tables.others(),
        tables.definitions(),
    ]
    return {
        "title": str(Pack.Kind(kind).label),
        "period": _("%(since)s to %(until)s") % {
            "since": long_day_within(snapshot.since), "until": on_long_day(snapshot.until),
        },
        "reference": snapshot.reference,
        "made_at": snapshot.made_at,
        "facts": _facts(snapshot),
        "notes": _notes(kept["threshold"], hides_more=hides_more(snapshot, threshold)),
        "tables": [
            table for table in (board if kind == Pack.Kind.BOARD else of_return) if table.rows
        ],
    }  # fmt: skip


def _facts(snapshot: Snapshot) -> list[tuple[str, str]]:
    made = f"{long_day(london_day(snapshot.made_at))}, {clock_time(snapshot.made_at)}"
    return [
        (_("Period"), f"{long_day(snapshot.since)} – {long_day(snapshot.until)}"),
        (_("As it stood on"), long_day(snapshot.counted_on)),
        (_("Counted"), made),
        (_("Code"), snapshot.code or "–"),
        (_("Calendar"), snapshot.calendar),
        (_("Snapshot"), snapshot.reference),
        (_("SHA-256 of the figures"), snapshot.sha256),
    ]


def hides_more(snapshot: Snapshot, threshold: int) -> bool:
    """Whether today's rules hide figures that this snapshot holds."""
    kept, now = snapshot.figures, as_shown_now(snapshot.figures, threshold)
    return any(kept[name] != now[name] for name in ("funnel", "measures", "splits"))


def _notes(threshold: int, *, hides_more: bool) -> list[str]:
    later = _("Rules that came after these figures were counted hide some of them besides.")
    return [
        *([later] if hides_more else []),
        _("Nobody is named, and no figure of fewer than %(n)d people is shown, but nought.") % {"n": threshold},
        _("“Hidden” stands for a small number, or for one from which a small number could be worked out."),
        _("Strict: done in time, of what was judged. A good reason makes nothing in time."),
        _("Adjusted, which counts a good reason as met, stands beside and is never added to the strict rate."),
        _("No evidence: owed by somebody outside the unit who has not shown whether it was done. Never counted as missed."),
        _("What courts, prosecutors and probation owe is not in the force’s figures. Nor are our own standards."),
    ]  # fmt: skip


class Tables:
    """The tables that can be made of one snapshot, in one language."""

    def __init__(self, kept: Mapping[str, Any], language: str) -> None:
        self.kept, self.language = kept, language
        self.by_place: dict[tuple[str, str], Row] = {
            (row["key"], row["part"]): row for row in kept["measures"]
        }
        self.metrics = {metric["key"]: metric for metric in kept["definitions"]}

    def said(self, both: Mapping[str, str]) -> str:
        return both.get(self.language) or both.get("en") or ""

    def funnel(self) -> Table:
        return Table(
            _("Funnel"),
            _("How far the victims referred came"),
            _(
                "Received counts every victim referred, suppressed ones included. Reached: a call of the unit’s that"
                " reached them."
            ),
            [_("Step"), _("Victims"), _("Per cent of those received")],
            [[self.said(row["label"]), shown(row, "n"), shown(row, "value")] for row in self.kept["funnel"]],
        )  # fmt: skip

    def quarterly(self) -> Table:
        rows = [self.by_place[key, ""] for key in QUARTERLY if (key, "") in self.by_place]
        return Table(
            _("Quarterly"),
            _("The five quarterly measures"),
            "",
            [_("Measure"), _("How many"), _("Of"), _("Per cent"), _("What is counted")],
            [
                [self.said(row["label"]), *numbers(row), self.said(self.metrics[row["key"]]["numerator"])]
                for row in rows
            ],
        )

    def standing(self) -> Table:
        rows = [row for row in self._of(IN_TIME) if row["part"] not in words.SHORT]
        return Table(
            _("Standing"),
            _("How the duties of the Code stand"),
            _("What the force owes, by the day its clock started."),
            [_("How it stands"), _("Duties"), _("Of"), _("Per cent")],
            [
                [_("In time (strict)") if not row["part"] else self.said(row["label"]), *numbers(row)]
                for row in rows
            ],
        )

    def duties(self) -> Table:
        parts = [row["part"] for row in self._of(IN_TIME) if row["part"] in words.SHORT]
        columns = [_("Duty"), _("Rule"), _("In time"), _("Judged"), _("Per cent in time (strict)")]
        columns += [_("Per cent told at all"), _("Per cent in time or excused (adjusted)")]
        rows: list[list[Cell]] = []
        for part in parts:
            in_time = self.by_place[IN_TIME, part]
            told, adjusted = self.by_place.get(("M2", part)), self.by_place.get(("M4", part))
            rows.append(
                [
                    self.said(in_time["label"]),
                    part,
                    *numbers(in_time),
                    shown(told, "value") if told else None,
                    shown(adjusted, "value") if adjusted else None,
                ]
            )
        return Table(_("Duties"), _("Duty by duty"), "", columns, rows)

    def others(self) -> Table:
        skipped = {*QUARTERLY, "M1", "M3"}
        rows: list[list[Cell]] = []
        for row in self.kept["measures"]:
            if row["key"] in skipped or row["part"] in words.SHORT:
                continue
            name = self.said(self.metrics[row["key"]]["label"])
            part = self.said(row["label"]) if row["part"] else ""
            label = f"{name}: {part}" if part else name
            rows.append([row["key"], label, *numbers(row), self._unit(row), self.said(row["note"])])
        return Table(
            _("Measures"),
            _("The other measures"),
            "",
            [_("Key"), _("Measure"), _("How many"), _("Of"), _("Value"), _("Unit"), _("Note")],
            rows,
        )

    def alike(self) -> Table:
        """Whether everybody is treated alike: in time, by who they are."""
        rows: list[list[Cell]] = []
        for split in self.kept["splits"]:
            if split["by"] != "area":
                rows += [
                    [self.said(split["label"]), self.said(row["label"]), *numbers(row)]
                    for row in split["measures"]
                    if row["group"]
                ]
        return Table(
            _("Treated alike"),
            _("Whether everybody is told in time alike"),
            _(
                "Strict, of all duties the force owes. Differences between small groups are often chance. What is not"
                " recorded is a group of its own."
            ),
            [_("Split by"), _("Group"), _("In time"), _("Judged"), _("Per cent in time")],
            rows,
        )  # fmt: skip

    def areas(self) -> Table:
        rows: list[list[Cell]] = [
            [self.said(self.metrics[row["key"]]["label"]), self.said(row["label"]), *numbers(row)]
            for split in self.kept["splits"]
            if split["by"] == "area"
            for row in split["measures"]
            if row["group"]
        ]
        columns = [_("Measure"), _("Policing area"), _("How many"), _("Of"), _("Per cent")]
        return Table(_("Areas"), _("By policing area"), "", columns, rows)

    def definitions(self) -> Table:
        return Table(
            _("Definitions"),
            _("Definitions"),
            "",
            [_("Key"), _("Measure"), _("Definition"), _("What is counted"), _("Of what")],
            [
                [each["key"], *(self.said(each[name]) for name in ("label", "definition", "numerator", "denominator"))]
                for each in self.kept["definitions"]
            ],
        )  # fmt: skip

    def _of(self, key: str) -> Iterator[Row]:
        return (row for row in self.kept["measures"] if row["key"] == key)

    def _unit(self, row: Row) -> str:
        return {"percent": _("per cent"), "count": "", "working_days": _("working days")}.get(row["unit"], "")


def numbers(row: Row) -> list[Cell]:
    """How many, of how many, and the share or the value."""
    value = None if row["unit"] == "count" else shown(row, "value")
    return [shown(row, "n"), shown(row, "of"), value]


def shown(row: Row, name: str) -> Cell:
    """One number of a row; the word for it where it is hidden, None where there is none."""
    found: Cell = row[name]
    if found is None and row["is_hidden"] and not row["note"]:
        return _("Hidden")
    return found


def as_text(cell: Cell) -> str:
    """A cell as it is printed: thousands apart, one place after the point."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def in_text(tables: Iterable[Table]) -> list[dict[str, Any]]:
    """The tables as a page shows them: a column of numbers stands to the right, hidden ones with it."""
    return [_in_text(table) for table in tables]


def _in_text(table: Table) -> dict[str, Any]:
    is_number = [
        any(isinstance(row[n], int | float) for row in table.rows) for n, _column in enumerate(table.columns)
    ]
    return {
        "title": table.title,
        "note": table.note,
        "columns": [
            {"text": column, "is_number": n, "is_short": len(column) <= SHORT_HEAD}
            for column, n in zip(table.columns, is_number, strict=True)
        ],
        "rows": [
            [
                {"text": text, "is_number": n, "is_short": len(text) <= SHORT}
                for text, n in zip(map(as_text, row), is_number, strict=True)
            ]
            for row in table.rows
        ],
    }
