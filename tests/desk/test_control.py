"""What is usual in a line of figures, and what asks for a reason."""

import pytest

from desk.control import Signal, limits, signals

STEADY = [90.0, 92.0] * 6


def test_the_limits_come_from_the_mean_difference_of_neighbours():
    usual = limits(STEADY)
    assert usual is not None
    assert (usual.centre, round(usual.low, 2), round(usual.high, 2)) == (91.0, 85.68, 96.32)


def test_few_figures_have_no_limits_and_shares_none_beyond_a_hundred():
    assert limits(STEADY[:11]) is None
    usual = limits([99.0, 90.0] * 6)
    assert usual is not None and usual.high == 100
    low = limits([1.0, 9.0] * 6)
    assert low is not None and low.low == 0


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ([84.0], {12: Signal.BELOW}),
        ([97.0], {12: Signal.ABOVE}),
        ([86.0], {}),
        ([91.5] * 6, {}),
        ([90.5] * 8, {19: Signal.LOW_RUN}),
        ([91.5] * 9, {20: Signal.HIGH_RUN}),
        ([91.0, *[90.5] * 7], {}),
    ],
)
def test_a_figure_outside_or_the_last_of_eight_on_one_side_asks_for_a_reason(more, found):
    usual = limits(STEADY)
    assert usual is not None
    assert signals([*STEADY, *more], usual) == found
