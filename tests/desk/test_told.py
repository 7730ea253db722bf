"""What somebody was last told, beside what is so now."""

from contacts.told import Fact, Telling, last_told
from tests.factories import london

BAILED = Fact(1, "SUSPECT_BAILED", "Bailed, not to enter Blackwood", london(2026, 11, 16))
CHANGED = Fact(2, "BAIL_CHANGED", "Condition removed", london(2026, 11, 20))
TOLD = Telling(london(2026, 11, 17), "phone")


def test_what_changed_since_is_stale():
    (row,) = last_told([BAILED, CHANGED], {1: TOLD})
    assert (row.told, row.now, row.is_stale) == (BAILED, CHANGED, True)


def test_what_has_not_changed_is_the_same():
    (row,) = last_told([BAILED], {1: TOLD})
    assert (row.told, row.now, row.is_stale) == (BAILED, BAILED, False)


def test_what_nobody_told_says_so():
    (row,) = last_told([CHANGED], {})
    assert (row.told, row.telling, row.is_stale) == (None, None, True)


def test_nothing_happened_nothing_to_tell():
    assert last_told([], {}) == []
