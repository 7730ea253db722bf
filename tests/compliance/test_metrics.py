"""What each measure counts, with figures counted by hand."""

from datetime import date

import pytest

from compliance.metrics import BREAKDOWNS, METRICS, QUARTERLY, measure

pytestmark = pytest.mark.django_db

NOVEMBER = {"since": date(2026, 11, 1), "until": date(2026, 11, 30), "snapshot_on": date(2027, 1, 4)}


def test_every_measure_has_a_figure_or_says_why_it_has_none():
    figures = measure(**NOVEMBER)
    assert {figure.key for figure in figures} == set(METRICS)
    assert all(
        figure.note.startswith("Not collected")
        for figure in figures
        if figure.numerator is None and figure.unit == "percent"
    )
    assert set(QUARTERLY) <= set(METRICS)


def test_every_measure_can_be_split_by_everything():
    for by in BREAKDOWNS:
        assert {figure.key for figure in measure(**NOVEMBER, by=by)} == set(METRICS), by
