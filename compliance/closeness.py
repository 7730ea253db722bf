"""Which figures of a period would tell a small number by what they differ in from others shown beside them. Pure.

What the force owes and is judged was told in time, told late, missed, or excused; each measure of it is some of
these of the same whole. The duties of some measures are some of those of another. So no table is safe by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from compliance.metrics import PARTS, Figure, People
from victimcare.suppression import WHOLE, Counts, hide_small, is_small, lines_to_hide

IN_TIME, COVERAGE, STRICT, ADJUSTED, TRIED = "M1", "M2", "M3", "M4", "M24"
# Measures that count those in time of some duties, and the one whose duties these are some of.
WITHIN = {"Q3": IN_TIME, "Q5": "Q3", "M17": "Q3"}
# Measures that count one duty alone, or nearly.
OF_ONE = {"M21": "R11-VCS-REFER", "M20": "R9-SENTENCE"}
SAME = (IN_TIME, STRICT, *WITHIN)
WIDER = (COVERAGE, ADJUSTED, TRIED)
FAMILY = (*SAME, *WIDER, "M5", *OF_ONE)
APART = (  # what differs from those in time by the late, the missed or the excused
    *((IN_TIME, "missed"), (IN_TIME, "good_reason"), (COVERAGE, ""), (COVERAGE, "with_no_evidence")),
    *((ADJUSTED, ""), (ADJUSTED, "good_reason"), ("M5", "median"), ("M5", "ninetieth")),
)
LATE = ("M5", "median")
TWINS = ((IN_TIME, "with_no_evidence"), (COVERAGE, "with_no_evidence"))

# Numbers that stand in more places than one: how many of one measure, and of how many of another.
SAID = {
    "victims": (
        *(
            ("Q1", "", "of"),
            ("M6", "", "of"),
            ("M7", "", "of"),
            ("M8", "", "of"),
            ("M8", "provisional", "of"),
        ),
        *(("M9", "", "of"), ("M10", "offered", "of")),
    ),
    "acknowledged": (("Q1", "", "n"), ("M9", "", "n")),
    "assessed": (("M6", "", "n"),),
    "assessed_in_time": (("M7", "", "n"),),
    "enhanced": (("M8", "", "n"), ("Q4", "", "of"), ("M14", "", "of")),
    "provisional": (("M8", "provisional", "n"),),
    "standard": (("M8", "overlooked", "of"),),
    "overlooked": (("M8", "overlooked", "n"),),
    "statement": (("Q4", "", "n"), ("M14", "", "n")),
    "offered": (("M10", "offered", "n"), ("M10", "refused", "of")),
    "refused": (("M10", "refused", "n"),),
    "willing": (("M10", "made", "of"), ("M10", "in_time", "of")),
    "made": (("M10", "made", "n"), ("M10", "accepted", "of")),
    "made_in_time": (("M10", "in_time", "n"),),
    "referred_in_time": (("Q2", "", "n"),),
    "accepted": (("M10", "accepted", "n"),),
    "excused": (("G3", "", "n"),),
    "judged": (("G3", "", "of"),),
    "declined": (("G4", "", "n"),),
    "judged_or_declined": (("G4", "", "of"),),
}
# Which of them are some of others, and what the rest is called where it is shown as well.
SOME_OF = (
    *(("acknowledged", "victims", ""), ("assessed", "victims", ""), ("assessed_in_time", "assessed", "")),
    *(
        ("assessed_in_time", "victims", ""),
        ("enhanced", "victims", "standard"),
        ("provisional", "enhanced", ""),
    ),
    *(("provisional", "victims", ""), ("overlooked", "standard", ""), ("statement", "enhanced", "")),
    *(("offered", "victims", ""), ("refused", "offered", "willing"), ("made", "willing", "")),
    *(
        ("made_in_time", "made", ""),
        ("made_in_time", "willing", ""),
        ("referred_in_time", "made_in_time", ""),
    ),
    *(("accepted", "made", ""), ("excused", "judged", ""), ("declined", "judged_or_declined", "judged")),
)
CHAINED = tuple(dict.fromkeys(key for places in SAID.values() for key, _part, _side in places))

# Of the steps of the funnel: all come from those received, and who was reached was attempted.
RECEIVED = "received"
STEP_WITHIN = {"reached": "attempted"}

Place = tuple[str, str, str]  # measure, part, group
Pair = tuple[int, int]
Each = TypeVar("Each")


class Hidden(NamedTuple):
    """The figures of which it is not shown how many, and those of which it is not shown of how many."""

    n: set[Place]
    of: set[Place]

    def without(self, figure: Figure, counts: Counts) -> Counts:
        """What is shown of a figure, without what tells a small number beside others."""
        place = figure.key, figure.part, figure.group
        is_close = place in self.n
        hides_of = place in self.of or (is_close and figure.numerator is None)
        return Counts(None if is_close else counts.n, None if hides_of else counts.of)


def steps_too_close(counts: Mapping[str, int | None], threshold: int) -> set[str]:
    """The steps of the funnel that are not shown: the small ones, and those that few of whom they are among lack."""
    hidden = set()
    for key, n in counts.items():
        wholes = {counts.get(RECEIVED), counts.get(STEP_WITHIN.get(key, RECEIVED))} - {None}
        if n is not None and (
            is_small(n, threshold) or any(is_small(whole - n, threshold) for whole in wholes if whole)
        ):
            hidden.add(key)
    return hidden


def too_close(figures: Iterable[Figure], threshold: int) -> Hidden:
    """What is not shown beside the rest, because a small number could be worked out from it."""
    figures = list(figures)
    found = {(each.key, each.part, each.group): each for each in figures if each.numerator is not None}
    counts = {place: (each.numerator or 0, each.denominator or 0) for place, each in found.items()}
    people = {(each.key, each.part, each.group): each.people for each in figures if each.people}
    hidden = Hidden(set(), set())
    for group in {group for _key, _part, group in counts}:
        _hide_whole(_of_group(counts, group), _of_group(people, group), group, threshold, hidden)
    _hide_duties(_of_group(counts, WHOLE), _of_group(people, WHOLE), threshold, hidden)
    _hide_nested_groups(counts, threshold, hidden)
    _hide_chained(figures, threshold, hidden)
    hidden.n.update(hidden.of)
    return hidden


def _of_group(known: Mapping[Place, Each], group: str) -> dict[tuple[str, str], Each]:
    return {place[:2]: each for place, each in known.items() if place[2] == group}


def _hide_whole(
    known: Mapping[tuple[str, str], Pair],
    people: Mapping[tuple[str, str], People],
    group: str,
    threshold: int,
    hidden: Hidden,
) -> None:
    """All duties together: where the late, the missed or the excused are few, only those in time are shown."""
    if (IN_TIME, "") not in known:
        return
    in_time, judged = known[IN_TIME, ""]
    told, adjusted = known.get((COVERAGE, "")), known.get((ADJUSTED, ""))
    late, excused = (each[0] - in_time if each else 0 for each in (told, adjusted))
    parts = [in_time, late, excused]
    if told and adjusted:
        parts.append(judged - in_time - late - excused)
    parts += [known[place][0] for place in APART if place in known and place[1] in ("missed", "good_reason")]
    parts += [people[place][0] for place in ((IN_TIME, ""), *APART) if place in people and place[0] != "M5"]
    parts += [people[place][2] for place in (LATE,) if place in people]
    if any(is_small(n, threshold) for n in parts):
        hidden.n.update((*place, group) for place in APART)
    sides = [in_time, judged - in_time, *people.get((IN_TIME, ""), ())]
    if any(is_small(n, threshold) for n in sides):
        hidden.n.update((*place, group) for place in ((IN_TIME, ""), (STRICT, ""), *TWINS))
    if (TRIED, "") in known and is_small(judged - in_time - known[TRIED, ""][0], threshold):
        hidden.n.add((TRIED, "", group))
    unshown = [known[place][1] - judged for place in TWINS if place in known]
    unshown += [people[place][0] for place in ((IN_TIME, "no_evidence"),) if place in people]
    if any(is_small(n, threshold) for n in unshown):
        hidden.of.update((*place, group) for place in TWINS)
        hidden.n.add((IN_TIME, "no_evidence", group))


def _hide_duties(
    known: Mapping[tuple[str, str], Pair],
    people: Mapping[tuple[str, str], People],
    threshold: int,
    hidden: Hidden,
) -> None:
    """Duty by duty: a table for each measure, in which those measured apart stand as one."""
    duties = {part: pair for (key, part), pair in known.items() if key == IN_TIME and _is_duty(part)}
    own = {key: {part for each, part in known if each == key and _is_duty(part)} for key in WITHIN}
    own[IN_TIME] = set(duties)
    no_n: set[str] = set()
    no_of: set[str] = set()
    for outer in (IN_TIME, *WITHIN):  # the wider first: what hides one of them hides all that is in it
        if (outer, "") not in known:
            continue
        inner = [key for key, within in WITHIN.items() if within == outer and (key, "") in known]
        apart = set[str]().union(*(own[key] for key in inner))
        table = {key: known[key, ""] for key in inner} | {
            part: duties.get(part) or known[outer, part] for part in sorted(own[outer] - apart)
        }
        behind = {
            name: them
            for name in (WHOLE, *table)
            if (
                them := people.get((name, "") if name in WITHIN else (IN_TIME, name))
                or people.get((outer, name))
            )
        }
        for name, shown in hide_small({WHOLE: known[outer, ""]} | table, threshold, behind).items():
            inside = {name} | own.get(name, set()) | {key for key, within in WITHIN.items() if within == name}
            if name != WHOLE and shown.n is None:
                no_n |= inside
            if name != WHOLE and shown.of is None:
                no_of |= inside
    for name in no_n | no_of:
        places = {(name, "", "")} if name in WITHIN else {(key, name, "") for key in (*SAME, *WIDER)}
        places |= {(key, "", "") for key, duty in OF_ONE.items() if duty == name}
        hidden.n.update(places)
        if name in no_of:
            hidden.of.update(places)
    for key, part in _wider_to_hide(known, people, {WHOLE, *duties}, threshold):
        hidden.n.add((key, part, ""))


def _wider_to_hide(
    known: Mapping[tuple[str, str], Pair],
    people: Mapping[tuple[str, str], People],
    parts: set[str],
    threshold: int,
) -> set[tuple[str, str]]:
    """The duties whose late, excused or missed are few, with enough others that the whole does not say them."""
    tables: dict[str, dict[str, tuple[int, int]]] = {"late": {}, "excused": {}, "missed": {}, "untried": {}}
    for part in parts & {part for key, part in known if key == IN_TIME}:
        in_time, judged = known[IN_TIME, part]
        told, adjusted, tried = (known.get((key, part)) for key in WIDER)
        if told:
            tables["late"][part] = told[0] - in_time, judged
        if adjusted:
            tables["excused"][part] = adjusted[0] - in_time, judged
        if told and adjusted:
            tables["missed"][part] = judged + in_time - told[0] - adjusted[0], judged
        if tried:
            tables["untried"][part] = judged - in_time - tried[0], judged
    late = {
        part: (people["M5", f"median:{part}"][2], them[0], them[2])
        for part in parts
        if (them := people.get((IN_TIME, part))) and ("M5", f"median:{part}") in people
    }
    hidden = set()
    for name, table in tables.items():
        kept = hide_small(table, threshold, late if name == "late" else None)
        lost = [part for part, shown in kept.items() if part and shown.n is None]
        keys = (TRIED,) if name == "untried" else (COVERAGE, ADJUSTED)
        hidden |= {(key, part) for part in lost for key in keys}
    return hidden


def _hide_nested_groups(counts: Mapping[Place, Pair], threshold: int, hidden: Hidden) -> None:
    """Split by place or person: a measure within another is not shown where little else is in the other."""
    for inner, outer in WITHIN.items():
        rest = {
            group: (counts[outer, "", group][0] - n, counts[outer, "", group][1] - of)
            for (key, part, group), (n, of) in counts.items()
            if key == inner and not part and (outer, "", group) in counts
        }
        if set(rest) <= {WHOLE}:
            continue
        shown: dict[str, Counts] = hide_small(rest, threshold)
        hidden.n.update((inner, "", group) for group, pair in shown.items() if group and pair.n is None)
        hidden.of.update((inner, "", group) for group, pair in shown.items() if group and pair.of is None)


def _hide_chained(figures: Iterable[Figure], threshold: int, hidden: Hidden) -> None:
    """Of how many a step is counted is how many the step before it was: what is hidden of one is of the other."""
    tables: dict[tuple[str, str], dict[str, Figure]] = defaultdict(dict)
    for each in figures:
        if each.key in CHAINED and not each.note and not _is_duty(each.part):
            tables[each.key, each.part][each.group] = each
    full: dict[Place, int | None] = {}
    lost: set[Place] = set()
    for (key, part), table in tables.items():
        shown = hide_small(
            {group: (each.numerator, each.denominator) for group, each in table.items()},
            threshold,
            {group: each.people for group, each in table.items() if each.people},
        )
        for group, each in table.items():
            is_close = (key, part, group) in hidden.n
            for name in _names_said(key, part, "n"):
                full[name, group] = each.numerator
                lost |= {(name, group)} if shown[group].n is None or is_close else set()
            for name in _names_said(key, part, "of"):
                full[name, group] = each.denominator
                lost |= {(name, group)} if shown[group].of is None else set()
    lost = lines_to_hide(_lines(full), full, lost, threshold)
    for (key, part), table in tables.items():
        for group, each in table.items():
            if each.numerator is not None and any(
                (name, group) in lost for name in _names_said(key, part, "n")
            ):
                hidden.n.add((key, part, group))
            if any((name, group) in lost for name in _names_said(key, part, "of")):
                hidden.of.add((key, part, group))


def _names_said(key: str, part: str, side: str) -> list[str]:
    """What the number in this place is called among SAID; at most one."""
    return [name for name, places in SAID.items() if (key, part, side) in places]


def _lines(full: dict[tuple[str, str], int | None]) -> list[list[tuple[str, str]]]:
    """What adds up among these numbers: some of a whole and the rest of it, and the groups of each.

    A rest that is shown nowhere, and can be worked out, is put in `full` as if it were.
    """
    lines = []
    groups = list(dict.fromkeys(group for _name, group in full))
    for group in groups:
        for some, whole, named in SOME_OF:
            rest = named or f"{whole} not {some}"
            if (some, group) not in full or (whole, group) not in full:
                continue
            if (rest, group) not in full:
                n, of = full[some, group], full[whole, group]
                full[rest, group] = None if n is None or of is None else of - n
            lines.append([(some, group), (rest, group), (whole, group)])
    names = list(dict.fromkeys(name for name, _group in full))
    for name in names:
        if (name, WHOLE) in full and len(groups) > 2:
            parts = [(name, group) for group in groups if group and (name, group) in full]
            lines.append([*parts, (name, WHOLE)])
    return lines


def _is_duty(part: str) -> bool:
    return bool(part) and part not in PARTS and ":" not in part
