"""Hides small numbers in a table, and enough besides that none of them can be worked out. Pure.

A row of the table is one group: how many, of how many. The row "" is all groups together. Three counts of each
row could give somebody away: those who were, those who were not, and both together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple

WHOLE = ""
Place = tuple[str, str]  # a row and a column
Behind = tuple[int, int, int]  # those who were, those who were not, and all of them
Together = Callable[[Iterable[int]], int]


class Counts(NamedTuple):
    """How many, of how many; None for a number that is not shown. A plain count has no `of`."""

    n: int | None
    of: int | None


def is_small(number: int, threshold: int) -> bool:
    """Whether a number could give somebody away: nobody can be known by a nought."""
    return 0 < number < threshold


def hide_small(
    table: Mapping[str, tuple[int | None, int | None]],
    threshold: int,
    people: Mapping[str, Behind] | None = None,
) -> dict[str, Counts]:
    """The same table without what could give somebody away.

    First what is small itself: below `threshold`, but not nought. Then so many others that the total less what is
    shown is never one hidden number, nor a small sum of them. What has no number stays without one. Where one person
    may be counted more than once, `people` says how many stand behind each row: then they are what is small.
    """
    behind = {
        name: (n, 0, n) if of is None else (n, of - n, of) for name, (n, of) in table.items() if n is not None
    }
    behind |= {name: them for name, them in (people or {}).items() if name in behind}
    groups = {name: them for name, them in behind.items() if name != WHOLE}
    # The same person may be in more groups than one: together they are as many as the largest, for all we know.
    together: Together = max if people else sum
    no_size = _sizes_to_hide({name: them[2] for name, them in groups.items()}, threshold, together)
    split = _splits_to_hide(groups, no_size, threshold, together)
    shown = {
        name: _shown(counts, hides_n=name in split, hides_of=name in no_size)
        for name, counts in table.items()
        if name != WHOLE
    }
    if WHOLE in table:
        of = table[WHOLE][1]
        is_hidden = WHOLE in behind and _is_revealing(behind[WHOLE], threshold)
        size = (people or {}).get(WHOLE, (0, 0, of or 0))[2]
        shown = {
            WHOLE: _shown(
                table[WHOLE], hides_n=is_hidden, hides_of=of is not None and is_small(size, threshold)
            ),
            **shown,
        }
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


def _is_revealing(behind: Behind, threshold: int) -> bool:
    return any(is_small(number, threshold) for number in behind)


def _sizes_to_hide(sizes: Mapping[str, int], threshold: int, together: Together) -> set[str]:
    """The groups whose size is not shown: the small ones, and the next smallest until they cannot be told apart."""
    hidden = {name for name, size in sizes.items() if is_small(size, threshold)}
    others = sorted(
        (name for name in sizes if name not in hidden and sizes[name]), key=lambda name: (sizes[name], name)
    )
    while hidden and others and (len(hidden) < 2 or together(sizes[name] for name in hidden) < threshold):
        hidden.add(others.pop(0))
    return hidden


def _splits_to_hide(
    groups: Mapping[str, Behind], no_size: set[str], threshold: int, together: Together
) -> set[str]:
    """The groups of which it is not shown how many were and were not."""
    hidden = no_size | {name for name, behind in groups.items() if _is_revealing(behind, threshold)}
    others = sorted(
        (name for name in groups if name not in hidden and groups[name][2]),
        key=lambda name: (groups[name][2], name),
    )
    while hidden and others:
        were = together(groups[name][0] for name in hidden)
        were_not = together(groups[name][1] for name in hidden)
        if len(hidden) >= 2 and were >= threshold and were_not >= threshold:
            break
        lacking = [
            name
            for name in others
            if len(hidden) < 2
            or (were < threshold and groups[name][0])
            or (were_not < threshold and groups[name][1])
        ]
        if not lacking:  # nobody else was, or was not: the total itself says so
            break
        hidden.add(lacking[0])
        others.remove(lacking[0])
    return hidden
