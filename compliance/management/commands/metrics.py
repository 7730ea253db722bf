"""manage.py metrics --from DATE --to DATE [--by FIELD] [--json]: the measures M1 to M26 of a period."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.metrics import BREAKDOWNS, METRICS, Figure, measure
from compliance.models import CodeVersion
from victimcare import clock


class Command(BaseCommand):
    help = "Count every measure of the Code, M1 to M26, and the five quarterly ones, for a period."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="start", required=True, help="first London day, such as 2026-10-01"
        )
        parser.add_argument("--to", dest="end", required=True, help="last London day")
        parser.add_argument(
            "--by", default="", metavar="FIELD", help=f"split by one of {', '.join(BREAKDOWNS)}"
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON document")

    def handle(self, *, start: str, end: str, by: str, as_json: bool, **_: Any) -> None:
        since, until, today = _day(start), _day(end), clock.today()
        if until < since:
            raise CommandError("--to is before --from. Change one of them.", returncode=2)
        if (until - since).days > 3660:
            raise CommandError("That is more than ten years. Give a shorter period.", returncode=2)
        if by and by not in BREAKDOWNS:
            known = ", ".join(BREAKDOWNS)
            raise CommandError(f"{by} is nothing to split by. Use one of {known}.", returncode=2)
        figures = measure(since, until, by=by, snapshot_on=today)
        if not as_json:
            self.stdout.write("\n".join(_in_words(figures)))
            return
        codes = CodeVersion.objects.brought_into_force().filter(in_force_from__lte=until)
        answer = {
            "from": since.isoformat(),
            "to": until.isoformat(),
            "by": by,
            "snapshot_on": today.isoformat(),
            "code": [code.key for code in codes],
            "metrics": {
                key: {
                    "label": str(metric.label),
                    "definition": str(metric.definition),
                    "numerator_is": str(metric.numerator),
                    "denominator_is": str(metric.denominator),
                    "version": metric.version,
                    **_headline(key, figures),
                    "figures": [_without_key(figure) for figure in figures if figure.key == key],
                }
                for key, metric in METRICS.items()
            },
        }
        self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))


def _day(said: str) -> date:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise CommandError(f"{said} is not a date. Write it as 2026-11-23.", returncode=2) from None
    if not 2000 <= day.year <= 2100:
        raise CommandError(f"{said} is not a day we know. Give one from 2000 to 2100.", returncode=2)
    return day


def _headline(key: str, figures: list[Figure]) -> dict[str, Any]:
    """The measure's own number: its first figure of all together."""
    own = [figure for figure in figures if figure.key == key and not figure.group]
    first = next((figure for figure in own if not figure.part), own[0])
    return {
        "part": first.part,
        "numerator": first.numerator,
        "denominator": first.denominator,
        "value": first.value,
        "unit": first.unit,
        "note": first.note,
    }


def _without_key(figure: Figure) -> dict[str, Any]:
    said = asdict(figure)
    said.pop("key")
    return said


def _in_words(figures: list[Figure]) -> list[str]:
    lines, before = [], ""
    for figure in figures:
        if figure.key != before:
            before = figure.key
            lines.append(f"{figure.key:<4} {METRICS[figure.key].label}")
        what = " ".join(word for word in (figure.part, figure.group) if word) or "all"
        lines.append(f"     {what:<40}{_number(figure)}")
    return lines


def _number(figure: Figure) -> str:
    if figure.note:
        return figure.note
    if figure.unit == "count":
        return f"{figure.numerator:>10,}"
    if figure.unit == "working_days":
        return f"{'–' if figure.value is None else f'{figure.value:g}':>10} working days, of {figure.denominator:,}"
    value = "–" if figure.value is None else f"{figure.value:.1f}%"
    return f"{figure.numerator:>10,} of {figure.denominator:>10,} {value:>8}"
