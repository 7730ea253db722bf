"""The Code's arithmetic on worked examples, without a database."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from compliance import words
from compliance.catalogue import BadCatalogue, Rule, Rulebook, codes, read
from compliance.engine import Happened, Served, Told, owed_to, standing
from victimcare.cases.kinds import Kind
from victimcare.working_days import england_and_wales

EXAMPLES = tomllib.loads(Path(__file__).with_name("code_2020_examples.toml").read_text("utf-8"))["example"]
CODE = codes()["VCOP-2020"]
END = Rule(
    "R6-END",
    6,
    "FORCE",
    ("INVESTIGATION_CLOSED_NO_SUSPECT",),
    "decision",
    "That it was closed.",
    code="LOCAL",
    standard=5,
    enhanced=1,
    is_local=True,
)
PUT_RIGHT = Rule(
    "PUT-RIGHT",
    12,
    "FORCE",
    ("RIGHT_NOT_MET",),
    "receipt",
    "That we were late, and why.",
    code="LOCAL",
    standard=5,
    enhanced=1,
    is_local=True,
)
RULEBOOK = Rulebook((*CODE.rules, END, PUT_RIGHT))


def happened(said):
    said = dict(said)
    on = date.fromisoformat(said.pop("on"))
    learned = date.fromisoformat(said.pop("learned", on.isoformat()))
    return Happened(occurred_on=on, learned_on=learned, **said)


def owed(example):
    served = Served(
        1,
        example.get("role", "VICTIM"),
        tuple((date.fromisoformat(day), answer) for day, answer in example.get("enhanced", ())),
    )
    told = [Told(event, date.fromisoformat(on), by) for event, on, by in example.get("told", ())]
    events = standing(happened(said) for said in example["events"])
    return owed_to(served, events, told, RULEBOOK, bank_holidays=england_and_wales())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["says"])
def test_worked_examples(example):
    answer = [
        [d.rule.key, d.event, d.due_on.isoformat() if d.due_on else "none", d.status] for d in owed(example)
    ]
    assert answer == example["owed"]


def test_there_are_thirty_one_timed_duties_and_four_the_report_opens_without_a_number():
    assert sum(rule.is_timed for rule in CODE.rules) == 31
    assert [rule.key for rule in CODE.rules if rule.is_tracked and not rule.is_timed] == [
        "R3-ACK",
        "R3-INFO",
        "R4-NEEDS",
        "R6-CONTACT-PLAN",
    ]
    assert not any(rule.checked for rule in CODE.rules)


def test_what_nothing_opens_stands_in_the_catalogue_so_that_none_is_forgotten():
    listed = [rule for rule in CODE.rules if not rule.is_tracked]
    assert len(listed) == 33
    assert {rule.right for rule in CODE.rules} == set(range(1, 13))
    assert not any(rule.is_timed for rule in listed)


def test_an_enhanced_victim_is_told_of_a_charge_within_one_working_day():
    answer = owed(
        {
            "enhanced": [["2026-11-01", True]],
            "events": [{"id": 1, "kind": "SUSPECT_CHARGED", "on": "2026-11-23"}],
        }
    )
    assert {d.due_on for d in answer} == {date(2026, 11, 24)}
    assert all(d.enhanced_at_trigger for d in answer)


def test_a_duty_keeps_the_entitlement_at_its_trigger_and_the_one_applied():
    [duty] = owed(
        {
            "enhanced": [["2026-11-19", True]],
            "events": [{"id": 1, "kind": "SUSPECT_ARRESTED", "on": "2026-11-18"}],
        }
    )
    assert (duty.enhanced_at_trigger, duty.enhanced_applied) == (False, True)
    assert (duty.first_due_on, duty.due_on) == (date(2026, 11, 25), date(2026, 11, 20))


@pytest.mark.parametrize(("detail", "owner"), [("Police", "FORCE"), ("CPS", "CPS"), ("", "FORCE")])
def test_who_decided_not_to_prosecute_owes_the_reasons(detail, owner):
    [duty] = owed(
        {"events": [{"id": 1, "kind": "DECISION_NOT_TO_PROSECUTE", "on": "2026-11-18", "detail": detail}]}
    )
    assert duty.owner == owner


def test_nothing_is_owed_by_a_code_that_was_not_yet_in_force():
    assert owed({"events": [{"id": 1, "kind": "SUSPECT_ARRESTED", "on": "2021-03-31"}]}) == []


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ('trigger = ["SUSPECT_ARRESTED"]', 'trigger = ["SUSPECT_ABDUCTED"]'),
        ('owned_by = "HMCTS"', 'owned_by = "THE_MOON"'),
        ('clock = "decision"', 'clock = "whenever"'),
        ("enhanced = 1\n", ""),
        ("checked = false", "chequed = false"),
        ('key = "R6-BAIL"', 'key = "R6-ARREST"'),
        ('results = ["warrant"]', 'results = ["wedding"]'),
        ("[[rules]]", "[[rules]"),
    ],
)
def test_a_code_file_that_says_what_we_do_not_know_is_refused(was, is_now):
    text = (Path(__file__).parents[2] / "compliance" / CODE.file).read_text("utf-8")
    assert was in text
    with pytest.raises(BadCatalogue):
        read(text.replace(was, is_now, 1))


def test_every_rule_has_its_words():
    keys = {rule.key for rule in RULEBOOK.rules}
    tracked = {rule.key for rule in RULEBOOK.rules if rule.is_tracked}
    assert keys == words.SHORT.keys()
    assert tracked == words.ASKS.keys()
    assert words.ABOUT.keys() == {rule.key for rule in RULEBOOK.rules if rule.is_tracked and rule.is_told}
    assert {rule.right for rule in RULEBOOK.rules} <= words.RIGHTS.keys()


def test_every_kind_in_the_catalogue_is_an_event_kind():
    assert RULEBOOK.kinds <= set(Kind.values)
