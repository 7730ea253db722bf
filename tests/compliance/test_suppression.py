"""Small numbers are hidden, and nobody can work them out from what is shown."""

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.closeness import steps_too_close
from victimcare.suppression import crossed_to_hide, hide_small

numbers = st.integers(0, 6)
groups = st.lists(st.tuples(numbers, numbers).map(lambda pair: (pair[0], sum(pair))), min_size=1, max_size=5)
THRESHOLD = 4


def with_whole(pairs):
    whole = (sum(n for n, _of in pairs), sum(of for _n, of in pairs))
    return {"": whole, **{f"g{place}": pair for place, pair in enumerate(pairs)}}


def possible(shown, group):
    """Every (n, of) this group might have, as far as somebody knows who reads what is shown."""
    whole = shown[""]
    most = 40 if whole.of is None else whole.of

    def candidates(counts):
        sizes = range(most + 1) if counts.of is None else [counts.of]
        return {
            (n, of) for of in sizes for n in (range(of + 1) if counts.n is None else [counts.n]) if n <= of
        }

    sums = {(0, 0)}
    for name, counts in shown.items():
        if name not in ("", group):
            sums = {(a + n, b + of) for a, b in sums for n, of in candidates(counts) if b + of <= most}
    return {
        (n, of)
        for n, of in candidates(shown[group])
        for a, b in sums
        if whole.n in (None, a + n) and whole.of in (None, b + of)
    }


@settings(max_examples=40, deadline=None)
@given(groups)
def test_no_hidden_number_can_be_worked_out(pairs):
    table = with_whole(pairs)
    shown = hide_small(table, THRESHOLD)
    whole_n, whole_of = table[""]
    for name, (n, of) in shown.items():
        for number in (n, of, None if n is None or of is None else of - n):
            assert number is None or number == 0 or number >= THRESHOLD
        if name == "" or (n is not None and of is not None):
            continue
        mights = possible(shown, name)
        if of is None:
            assert len({size for _n, size in mights}) > 1
        # Where nobody was, or everybody, the total itself says so of each group.
        if n is None and shown[""].n is not None and 0 < whole_n < whole_of:
            assert len({count for count, _of in mights}) > 1


def test_a_second_number_goes_with_the_only_small_one():
    shown = hide_small({"": (60, 80), "a": (2, 10), "b": (28, 40), "c": (30, 30)}, 5)
    assert shown["a"] == (None, 10)
    assert shown["c"] == (None, 30)  # else sixty less what b and c had would say it
    assert shown["b"] == (28, 40)


def test_a_small_group_hides_its_size_and_that_of_the_next():
    shown = hide_small({"": (60, 80), "a": (2, 3), "b": (28, 37), "c": (30, 40)}, 5)
    assert shown == {"": (60, 80), "a": (None, None), "b": (None, None), "c": (30, 40)}


def test_plain_counts_and_what_has_no_number():
    assert hide_small({"": (20, None), "a": (3, None), "b": (8, None), "c": (9, None), "d": (None, None)}, 5) == {
        "": (20, None), "a": (None, None), "b": (None, None), "c": (9, None), "d": (None, None),
    }  # fmt: skip
    assert hide_small({"": (2, 9)}, 5) == {"": (None, 9)}


def test_many_duties_of_few_people_are_few():
    """Twelve duties of three people, and nineteen of five: the next smallest group goes with them."""
    duties = {"": (90, 131), "75": (6, 12), "18": (9, 19), "25": (35, 40), "35": (40, 60)}
    people = {"75": (2, 2, 3), "18": (4, 4, 5), "25": (14, 12, 15), "35": (20, 20, 30)}
    shown = hide_small(duties, 5, people)
    assert shown["75"] == shown["18"] == (None, None)
    assert shown["35"] == (40, 60) and shown[""] == (90, 131)
    assert hide_small({"": (50, 60)}, 10, {"": (20, 4, 20)})[""] == (None, 60)  # the ten were missed by four


def test_what_adds_up_both_ways_leaves_no_hidden_number_over():
    table = {
        "north": {"late": 3, "missed": 20, "in_time": 40},
        "south": {"late": 12, "missed": 15, "in_time": 60},
        "west": {"late": 30, "missed": 0, "in_time": 90},
    }
    # The late of the north, one beside it in its row and in its column, and what closes the square.
    assert crossed_to_hide(table, 10) == {
        (place, column) for place in ("north", "south") for column in ("late", "missed")
    }
    assert crossed_to_hide({"east": {"late": 3}}, 10) == {
        ("east", "late"),
        ("east", ""),
        ("", "late"),
        ("", ""),
    }
    assert crossed_to_hide({"east": {"late": 0, "in_time": 12}}, 10) == set()


def test_few_who_were_tried_and_not_reached_are_not_told_by_the_funnel():
    steps = {"received": 90, "suppressed": 0, "attempted": 50, "reached": 45, "assessed": 84, "closed": 3}
    assert steps_too_close(steps, 10) == {"reached", "assessed", "closed"}
