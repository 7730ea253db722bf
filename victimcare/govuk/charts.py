"""Where each mark of a chart goes. Widths are percentages and type is in pixels, so charts fit any screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, isfinite, log10
from typing import Any
from zlib import crc32

LINE_HEIGHT = 180
LEFT = 11.0  # the figures of the scale stand to the left
RIGHT = 84.0  # the line ends here; its last figure stands to the right


def name(title: str) -> str:
    """An id that stays the same for the same title."""
    return f"chart-{crc32(str(title).encode()):08x}"


def as_row(row: Any) -> Any:
    """A bar given as a pair, as a dict."""
    return {"label": row[0], "value": row[1]} if isinstance(row, tuple | list) else row


def bars(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Bars to a common scale. Long labels stand above their bars."""
    is_stacked = any(len(str(row["label"])) > 18 for row in rows)
    left = 0 if is_stacked else 33
    step, offset = (48, 20) if is_stacked else (34, 0)
    room = 80 - left
    top = max((row["value"] for row in rows), default=0) or 1
    for place, row in enumerate(rows):
        width = round(room * max(row["value"], 0) / top, 2)
        y = place * step + offset
        row |= {"x": left, "y": y, "width": width, "end": round(left + width, 2), "middle": y + 17}
        row["label_y"] = y - 5 if is_stacked else y + 17
    # A picture has no links in it for those who hear the page; a group of them does.
    role = "group" if any(row.get("url") for row in rows) else "img"
    return {"rows": rows, "height": len(rows) * step + 6, "role": role}


@dataclass(frozen=True)
class Scale:
    """From a figure to its height on the page."""

    low: float
    high: float

    def y(self, value: float) -> float:
        return round(16 + (LINE_HEIGHT - 32) * (self.high - value) / ((self.high - self.low) or 1), 1)


def line(
    points: list[tuple[str, float | None]],
    *,
    unit: str,
    band: tuple[float, float] | None,
    centre: float | None,
    marks: Mapping[str, str],
    gaps: Mapping[str, str],
) -> dict[str, Any]:
    """A line through the points that have a figure; it breaks where one has none, and `gaps` may say why."""
    known = [value for _, value in points if value is not None]
    around = [*known, *(band or ()), *([] if centre is None else [centre])]
    steps = round_steps(min(around, default=0), max(around, default=1))
    scale = Scale(steps[0], steps[-1])
    gap = (RIGHT - LEFT) / max(len(points) - 1, 1)
    dots = [
        {
            "label": label,
            "value": value,
            "place": place,
            "x": round(LEFT + place * gap, 2),
            "y": scale.y(value),
            "words": marks.get(label, ""),
        }
        for place, (label, value) in enumerate(points)
        if value is not None
    ]
    places = {dot["place"] for dot in dots}
    return {
        "rows": [
            {"label": label, "value": value, "text": gaps.get(label) or figure(value, unit)}
            for label, value in points
        ],
        "steps": [{"y": scale.y(step), "text": figure(step, unit)} for step in steps],
        "segments": [{"a": a, "b": b} for a, b in pairwise(dots) if b["place"] == a["place"] + 1],
        "alone": [dot for dot in dots if not {dot["place"] - 1, dot["place"] + 1} & places],
        "marks": [beside(dot) for dot in dots if dot["words"]],
        "last": last_dot(dots[-1], unit, None if centre is None else scale.y(centre)) if dots else None,
        "band": {"y": scale.y(band[1]), "height": scale.y(band[0]) - scale.y(band[1])} if band else None,
        "centre": {"y": scale.y(centre)} if centre is not None else None,
        "first_label": points[0][0] if points else "",
        "last_label": points[-1][0] if len(points) > 1 else "",
        "left": LEFT,
        "width": RIGHT - LEFT,
        "right": RIGHT,
        "height": LINE_HEIGHT,
    }


def round_steps(low: float, high: float) -> list[float]:
    """Three to six round figures from at most `low` to at least `high`: 60, 70, 80, 90."""
    width = high - low
    if not isfinite(width) or width <= 0:  # one height: it stands at the top, and none of 100% is above it
        return [high - abs(high) / 5, high] if high else [0, 1]
    size = 10 ** floor(log10(width / 3))
    step = next(size * n for n in (1, 2, 5, 10) if size * n >= width / 3)
    first, last = floor(low / step), ceil(high / step)
    return [round(n * step, 6) for n in range(first, last + 1)]


def figure(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:,g}{unit}"


def last_dot(dot: dict[str, Any], unit: str, centre_y: float | None) -> dict[str, Any]:
    """The end of the line with its figure, which does not sit on the words of the centre."""
    words_y = dot["y"] if centre_y is None else apart(dot["y"], centre_y)
    return dot | {"text": figure(dot["value"], unit), "words_y": words_y}


def beside(dot: dict[str, Any]) -> dict[str, Any]:
    """Words of a marked point: below when the point is low, and never off the page."""
    anchor = "start" if dot["x"] < 25 else "end" if dot["x"] > 60 else "middle"
    return dot | {"anchor": anchor, "words_y": dot["y"] + (20 if dot["y"] > LINE_HEIGHT / 2 else -12)}


def apart(y: float, other: float) -> float:
    """A height for a label that does not sit on another one."""
    if abs(y - other) >= 15:
        return y
    return other + 15 if y >= other else other - 15


def spark(values: list[float]) -> dict[str, Any] | None:
    """A small line of a figure's last months; None when there is no line to draw."""
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    step = 80 / (len(values) - 1)
    points = [
        (round(2 + n * step, 1), round(18 - 16 * (value - low) / ((high - low) or 1), 1))
        for n, value in enumerate(values)
    ]
    return {"points": " ".join(f"{x},{y}" for x, y in points), "end": points[-1]}
