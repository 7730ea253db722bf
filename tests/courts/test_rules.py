"""What a result code tells, and what is in the way of a witness: without a database."""

import pytest

from courts.readiness import Facts, Next, next_thing
from courts.results import concludes, kinds_of


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("4506", ("adjourned",)),
        ("4027", ("bail",)),
        ("4558", ("bail",)),
        ("1002", ("outcome", "sentence")),
        ("1115", ("outcome", "sentence")),
        ("3047", ("outcome", "sentence")),
        ("2004", ("outcome",)),
        ("2051", ("outcome",)),
        ("9999", ()),
    ],
)
def test_what_a_result_code_tells(code, kinds):
    assert kinds_of(code) == kinds


def test_the_case_ends_with_a_sentence_or_an_acquittal_and_not_with_an_adjournment():
    assert [concludes(code) for code in ("1116", "2004", "4506", "4027", "9999")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def facts(**said):
    known = {
        "is_victim": True, "is_required": True, "was_required": False, "knows_of_hearing": True,
        "is_warned": True, "is_stood_down": False, "letter_status": "", "reply": "will_attend",
        "open_measures": 0,
    }  # fmt: skip
    return Facts(**known | said)


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ({}, Next.NOTHING),
        ({"is_warned": False, "reply": ""}, Next.WARN),
        ({"is_warned": False, "letter_status": "draft"}, Next.APPROVE_LETTER),
        ({"is_warned": False, "letter_status": "rendered"}, Next.SEND_LETTER),
        ({"is_warned": False, "letter_status": "parked"}, Next.MEND_LETTER),
        ({"knows_of_hearing": False}, Next.TELL),
        ({"reply": ""}, Next.ASK_REPLY),
        ({"reply": "cannot"}, Next.CANNOT_COME),
        ({"reply": "unsure"}, Next.UNSURE),
        ({"open_measures": 1}, Next.MEASURES),
        ({"is_required": False, "was_required": True}, Next.STAND_DOWN),
        ({"is_required": False, "was_required": True, "is_stood_down": True}, Next.NOTHING),
        (
            {"is_required": False, "is_victim": False, "knows_of_hearing": False, "is_warned": False},
            Next.NOTHING,
        ),
        ({"is_required": False, "knows_of_hearing": False, "is_warned": False}, Next.TELL),
    ],
)
def test_the_one_thing_in_the_way_of_a_witness(said, first):
    assert next_thing(facts(**said)) == first
