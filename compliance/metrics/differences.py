"""How far a group is from the whole, with the interval in which chance alone might put it. Pure."""

from dataclasses import dataclass
from math import sqrt

Z = 1.96  # 95%: nineteen times in twenty


@dataclass(frozen=True)
class Difference:
    """Percentage points from the whole, and the interval around them."""

    points: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether chance alone would seldom make a difference in this direction."""
        return self.low > 0 or self.high < 0


def from_the_whole(n: int, of: int, *, whole_n: int, whole_of: int) -> Difference | None:
    """The difference of a group's share from that of the whole it is part of. None where nobody else is in it.

    The group is held against everybody else (Newcombe's interval of two shares), and the answer is said of the
    whole: a group that is most of the whole can never be far from it.
    """
    rest_n, rest_of = whole_n - n, whole_of - of
    if of <= 0 or rest_of <= 0:
        return None
    share, rest = n / of, rest_n / rest_of
    low, high = _wilson(n, of)
    rest_low, rest_high = _wilson(rest_n, rest_of)
    weight = 100 * rest_of / whole_of
    apart = share - rest
    return Difference(
        round(weight * apart, 1),
        round(weight * (apart - sqrt((share - low) ** 2 + (rest_high - rest) ** 2)), 1),
        round(weight * (apart + sqrt((high - share) ** 2 + (rest - rest_low) ** 2)), 1),
    )


def _wilson(n: int, of: int) -> tuple[float, float]:
    """Wilson's interval of one share: it stays between nothing and all, however few there are."""
    share, z2 = n / of, Z * Z
    middle = share + z2 / (2 * of)
    spread = Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return (middle - spread) / (1 + z2 / of), (middle + spread) / (1 + z2 / of)
