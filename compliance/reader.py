"""Who reads figures, and what of them this person is shown: on the dashboards, the measures and the funnel alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.conf import settings
from django.utils.translation import gettext_lazy

from compliance.closeness import Hidden, steps_too_close, too_close
from compliance.metrics import Figure
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.counting import only_counts
from victimcare.cases.standards import Key, numbers_on
from victimcare.suppression import WHOLE, Behind, Counts, Place, crossed_to_hide, hide_small

TOO_FEW = gettext_lazy("hidden")


def strictest_threshold(day: date) -> int:
    """Numbers below this are small to whoever may not open what is behind them, and in any pack. One query."""
    return max(numbers_on(day)[Key.SMALL_NUMBERS], settings.SMALL_NUMBERS_BELOW)


@dataclass(frozen=True)
class Reader:
    """Who reads. Who only counts is shown no small number, and all others rounded to five."""

    user: User

    @cached_property
    def may_list(self) -> bool:
        return self.user.may(Permission.VIEW_LISTS)

    @cached_property
    def is_guarded(self) -> bool:
        return only_counts(self.user)

    @property
    def threshold(self) -> int:
        """Numbers below this are small to this person. Asked once a request, whoever makes a reader of them again."""
        kept = self.user.__dict__
        if "small_numbers_below" not in kept:
            today = clock.today()
            kept["small_numbers_below"] = (
                strictest_threshold(today) if self.is_guarded else numbers_on(today)[Key.SMALL_NUMBERS]
            )
        below: int = kept["small_numbers_below"]
        return below

    def table(
        self,
        counts: Mapping[str, tuple[int | None, int | None]],
        *,
        hides: bool,
        people: Mapping[str, Behind] | None = None,
    ) -> dict[str, Counts]:
        """These groups with what this person is shown of them; the whole is the row "". `people` as in `hide_small`."""
        if not (hides or self.is_guarded):
            return {name: Counts(*pair) for name, pair in counts.items()}
        return hide_small(counts, self.threshold, people)

    def one(self, n: int | None, of: int | None, people: Behind | None = None) -> Counts:
        """One number, of how many, that stands alone."""
        return self.table({WHOLE: (n, of)}, hides=False, people={WHOLE: people} if people else None)[WHOLE]

    def hidden(self, counts: Mapping[str, Mapping[str, int]]) -> set[Place]:
        """Which counts of groups that add up both ways this person is not shown; the whole is "", each way."""
        return crossed_to_hide(counts, self.threshold) if self.is_guarded else set()

    def close(self, figures: Iterable[Figure], *, hides: bool = False) -> Hidden:
        """Which of these figures would tell a small number, where it is hidden, by what they differ in from others."""
        return too_close(figures, self.threshold) if hides or self.is_guarded else Hidden(set(), set())

    def close_steps(self, counts: Mapping[str, int]) -> set[str]:
        """Which steps of the funnel this person is not shown."""
        return steps_too_close(counts, self.threshold) if self.is_guarded else set()

    def rounded(self, number: int) -> int:
        """To five, for who only counts."""
        return 5 * round(number / 5) if self.is_guarded else number

    def text(self, number: int | None) -> str:
        """A number as it is printed; the word for it where it is not shown."""
        return str(TOO_FEW) if number is None else f"{self.rounded(number):,}"

    def share(self, counts: Counts) -> str:
        """The share; of the numbers beside it where those are rounded, so that the three agree and say no more."""
        if counts.n is None or not counts.of:
            return "–"
        return (
            f"{self.per_cent(counts.n, counts.of):g}%" if self.is_guarded else f"{counts.n / counts.of:.1%}"
        )

    def per_cent(self, n: int, of: int) -> float:
        """A share in per cent; for who only counts a whole one, of the rounded numbers."""
        if not self.is_guarded:
            return round(100 * n / of, 1)
        return round(100 * self.rounded(n) / (self.rounded(of) or of))
