"""The right victim first."""

from datetime import date

import pytest

from referrals.triage import Facts, due_on, in_words, triage


@pytest.mark.parametrize(
    ("facts", "priority", "categories"),
    [
        (Facts(offence_code="8Q", flags=frozenset({"STALKING"})), 1, ("persistently_targeted",)),
        (
            Facts(offence_code="8N", flags=frozenset({"DA"}), risk_level="HIGH"),
            1,
            ("serious_crime", "intimidated"),
        ),
        (Facts(offence_code="8N", flags=frozenset({"DA"}), risk_level="STANDARD"), 2, ("serious_crime",)),
        (Facts(offence_code="49", age=15), 1, ("vulnerable",)),
        (Facts(offence_code="28E", age=71), 2, ()),
        (Facts(offence_code="28E", age=40), 3, ()),
        (Facts(offence_code="34B", age=40), 2, ()),
        (Facts(offence_code="5D", age=40), 2, ("serious_crime",)),
        (Facts(offence_code="49", age=40), 4, ()),
        (Facts(offence_code="49", age=40, crimes_in_12_months=3), 2, ("persistently_targeted",)),
        (Facts(offence_code="53C", age=80), 2, ()),
        (Facts(offence_code="105A", age=30), 3, ()),
    ],
)
def test_priority_and_provisional_rights(facts, priority, categories):
    result = triage(facts)
    assert (result.priority, result.categories) == (priority, categories)
    assert in_words(result.reasons) and result.suppressed_because == ""


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (Facts(has_died=True), "died"),
        (Facts(is_suspect_here=True), "suspect_here"),
        (Facts(is_nameless_business=True), "nameless_business"),
    ],
)
def test_who_is_not_contacted(facts, why):
    assert triage(facts).suppressed_because == why


def test_the_channel_follows_what_is_safe():
    da = frozenset({"DA"})
    assert triage(Facts(flags=da, safe_to=(("phone", "N"), ("text", ""), ("post", "")))).channel == ""
    assert triage(Facts(flags=da, safe_to=(("phone", ""), ("text", "")))).channel == "phone"
    assert triage(Facts(flags=da, safe_to=(("phone", "N"), ("text", "Y")))).channel == "text"
    assert triage(Facts(offence_code="49", safe_to=(("phone", ""), ("post", "")))).channel == "post"


def test_first_contact_is_due_the_same_day_or_the_next_working_day():
    assert due_on(date(2026, 11, 23), 1) == date(2026, 11, 23)
    assert due_on(date(2026, 11, 21), 1) == date(2026, 11, 23)
    assert due_on(date(2026, 12, 24), 2) == date(2026, 12, 30)
