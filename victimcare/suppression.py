"""Hides small numbers in a table, and enough besides that none of them can be worked out. Pure.

A row of the table is one group: how many, of how many. The row "" is all groups together. Three counts of each
row could give somebody away: those who were, those who were not, and both together.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple

WHOLE = ""
Place = tuple[str, str]  # a row and a column


class Counts(NamedTuple):
    """How many, of how many; None for a number that is not shown. A plain count has no `of`."""

    n: int | None
    of: int | None


def is_small(number: int, threshold: int) -> bool:
    """Whether a number could give somebody away: nobody can be known by a nought."""
    return 0 < number < threshold


def hide_small(table: Mapping[str, tuple[int | None, int | None]], threshold: int) -> dict[str, Counts]:
    """The same table without what could give somebody away.

    First what is small itself: below `threshold`, but not nought. Then so many others that the total less what is
    shown is never one hidden number, nor a small sum of them. What has no number stays without one.
    """
    whole = table.get(WHOLE, (None, None))
    groups = {
        name: (n, n if of is None else of)
        for name, (n, of) in table.items()
        if name != WHOLE and n is not None
    }
    no_size = _sizes_to_hide({name: of for name, (_n, of) in groups.items()}, threshold)
    split = _splits_to_hide(groups, no_size, threshold)
    shown = {
        name: _shown(counts, hides_n=name in split, hides_of=name in no_size)
        for name, counts in table.items()
        if name != WHOLE
    }
    if WHOLE in table:
        n, of = whole
        is_hidden = n is not None and _is_revealing(n, n if of is None else of, threshold)
        size_is_small = of is not None and is_small(of, threshold)
        shown = {WHOLE: _shown(whole, hides_n=is_hidden, hides_of=size_is_small), **shown}
    return shown


def crossed_to_hide(table: Mapping[str, Mapping[str, int]], threshold: int) -> set[Place]:
    """Which counts of a table that adds up both ways are not shown: (row, column).

    Each row counts one group by columns; the row and the column "" are what all of them add up to. What is small
    is hidden, and so many others that no row and no column leaves a hidden number, or a small sum of them, over.
    """
    parts = list(dict.fromkeys(column for row in table.values() for column in row))
    full = {(name, column): row.get(column, 0) for name, row in table.items() for column in parts}
    full |= {(name, WHOLE): sum(row.values()) for name, row in table.items()}
    full |= {(WHOLE, column): sum(full[name, column] for name in table) for column in (*parts, WHOLE)}
    rows, columns = [*table, WHOLE], [*parts, WHOLE]
    lines = [[(name, column) for column in columns] for name in rows]
    lines += [[(name, column) for name in rows] for column in columns]  # the last of each is its whole
    return lines_to_hide(lines, full, set(), threshold)


def lines_to_hide(
    lines: Iterable[Sequence[Place]], full: Mapping[Place, int | None], hidden: set[Place], threshold: int
) -> set[Place]:
    """What is hidden of numbers of which some add up: the parts of each line come to its last.

    What is in `hidden` is hidden before, and what has no number in `full`; with them goes what is small, and so many
    others that no line leaves a hidden number, or a small sum of them, over.
    """
    lines = list(lines)
    hidden = hidden | {place for place, n in full.items() if n is None or is_small(n, threshold)}
    before = -1
    while len(hidden) > before:
        before = len(hidden)
        for line in lines:
            hidden |= _more_of_a_line(line, full, hidden, threshold)
    return hidden


def _more_of_a_line(
    line: Sequence[Place], full: Mapping[Place, int | None], hidden: set[Place], threshold: int
) -> set[Place]:
    """What of a line is hidden, with what must be hidden beside it: the smallest first, the whole last."""
    *parts, whole = line
    lost = {place for place in line if place in hidden}
    others = sorted(
        (place for place in parts if place not in hidden and full[place]), key=lambda p: (full[p] or 0, p)
    )
    if whole not in hidden and full[whole]:
        others.append(whole)
    while lost and others and (len(lost) < 2 or (whole not in lost and _come_to(full, lost) < threshold)):
        lost.add(others.pop(0))
    return lost


def _come_to(full: Mapping[Place, int | None], places: Iterable[Place]) -> float:
    """The sum of these; beyond all bounds where it was hidden before how many one of them is."""
    return sum(inf if (n := full[place]) is None else n for place in places)


def _shown(counts: tuple[int | None, int | None], *, hides_n: bool, hides_of: bool) -> Counts:
    n, of = counts
    return Counts(None if hides_n else n, None if hides_of else of)


def _is_revealing(n: int, of: int, threshold: int) -> bool:
    return is_small(n, threshold) or is_small(of - n, threshold) or is_small(of, threshold)


def _sizes_to_hide(sizes: Mapping[str, int], threshold: int) -> set[str]:
    """The groups whose size is not shown: the small ones, and the next smallest until they cannot be told apart."""
    hidden = {name for name, size in sizes.items() if is_small(size, threshold)}
    others = sorted(
        (name for name in sizes if name not in hidden and sizes[name]), key=lambda name: (sizes[name], name)
    )
    while hidden and others and (len(hidden) < 2 or sum(sizes[name] for name in hidden) < threshold):
        hidden.add(others.pop(0))
    return hidden


def _splits_to_hide(groups: Mapping[str, tuple[int, int]], no_size: set[str], threshold: int) -> set[str]:
    """The groups of which it is not shown how many were and were not."""
    hidden = no_size | {name for name, (n, of) in groups.items() if _is_revealing(n, of, threshold)}
    others = sorted(
        (name for name in groups if name not in hidden and groups[name][1]),
        key=lambda name: (groups[name][1], name),
    )
    while hidden and others:
        were = sum(groups[name][0] for name in hidden)
        were_not = sum(groups[name][1] - groups[name][0] for name in hidden)
        if len(hidden) >= 2 and were >= threshold and were_not >= threshold:
            break
        lacking = [
            name
            for name in others
            if len(hidden) < 2
            or (were < threshold and groups[name][0])
            or (were_not < threshold and groups[name][1] > groups[name][0])
        ]
        if not lacking:  # nobody else was, or was not: the total itself says so
            break
        hidden.add(lacking[0])
        others.remove(lacking[0])
    return hidden
