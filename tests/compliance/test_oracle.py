"""The engine beside an oracle that shares nothing with it: the table of the Code, typed again, and a walk day by day.

Five thousand invented cases here; a hundred thousand in `./run faults`.
"""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.catalogue import codes
from compliance.engine import Happened, Served, Told, owed_to, standing
from victimcare.working_days import england_and_wales

# Rule: event, what its data must say, which of the two days is day 0, standard, enhanced.
TABLE = {
    "R6-NO-INVEST": ("NOT_INVESTIGATED", None, "happened", 5, 1),
    "R6-ARREST": ("SUSPECT_ARRESTED", None, "happened", 5, 1),
    "R6-INTERVIEW": ("SUSPECT_INTERVIEWED", None, "happened", 5, 1),
    "R6-NFA-RELEASE": ("SUSPECT_RELEASED_NO_CHARGE", None, "happened", 5, 1),
    "R6-BAIL": ("SUSPECT_BAILED", None, "happened", 5, 1),
    "R6-RUI": ("SUSPECT_RELEASED_UNDER_INVESTIGATION", None, "happened", 5, 1),
    "R6-BAIL-CHANGE": ("BAIL_CHANGED", None, "happened", 5, 1),
    "R6-CHARGE": ("SUSPECT_CHARGED", None, "happened", 5, 1),
    "R6-FIRST-HEARING": ("SUSPECT_CHARGED", None, "happened", 5, 1),
    "R6-OOCD-OUTCOME": ("OUT_OF_COURT_DISPOSAL", None, "happened", 5, 1),
    "R6-NOPROS": ("DECISION_NOT_TO_PROSECUTE", None, "happened", 5, 1),
    "R6-CPS-ALTER": ("PROSECUTION_ALTERED", None, "happened", 5, 1),
    "R8-HEARING": ("HEARING_LISTED", None, "heard", 1, 1),
    "R8-BAIL-OUTCOME": ("RESULT_RECEIVED", "bail", "heard", 5, 1),
    "R8-WARRANT": ("RESULT_RECEIVED", "warrant", "heard", 5, 1),
    "R8-REARREST-HEARING": ("RESULT_RECEIVED", "rearrest", "heard", 5, 1),
    "R8-GIVE-EVIDENCE": ("WITNESS_REQUIRED", None, "heard", 1, 1),
    "R9-OUTCOME": ("RESULT_RECEIVED", "outcome", "heard", 1, 1),
    "R9-SENTENCE": ("RESULT_RECEIVED", "sentence", "heard", 1, 1),
    "R9-ULS": ("RESULT_RECEIVED", "sentence", "heard", 1, 1),
    "R9-APPEAL-LEAVE": ("APPEAL_NOTICE", None, "heard", 1, 1),
    "R9-APPEAL-BAIL": ("APPEAL_BAIL", None, "heard", 1, 1),
    "R9-APPEAL-HEARING": ("APPEAL_LISTED", None, "heard", 1, 1),
    "R9-APPEAL-OUTCOME": ("APPEAL_RESULT", None, "heard", 1, 1),
}
# The bank holidays of 2026 to 2028 that fall on a weekday, as the government lists them.
CLOSED = {
    date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25), date(2026, 8, 31),
    date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1), date(2027, 3, 26), date(2027, 3, 29),
    date(2027, 5, 3), date(2027, 5, 31), date(2027, 8, 30), date(2027, 12, 27), date(2027, 12, 28),
    date(2028, 1, 3), date(2028, 4, 14), date(2028, 4, 17), date(2028, 5, 1), date(2028, 5, 29),
    date(2028, 8, 28), date(2028, 12, 25), date(2028, 12, 26),
}  # fmt: skip
FIRST, DAYS = date(2026, 1, 1), 1_000
VICTIM, SOMEBODY_ELSE = 1, 2

RESULTS = ["bail", "warrant", "rearrest", "outcome", "sentence", "adjourned"]
KINDS = sorted({row[0] for row in TABLE.values()})


def invented(seed):
    """Some events of one case, a few of them corrected or withdrawn; who was told what; the entitlement over time."""
    chance = Random(seed)

    def day():
        return FIRST + timedelta(days=chance.randrange(DAYS))

    events = []
    for number in range(1, chance.randint(1, 5) + 1):
        happened, kind, replaces = day(), chance.choice(KINDS), None
        left = [event["id"] for event in events if event["id"] not in {other["replaces"] for other in events}]
        if left and chance.random() < 0.4:
            replaces = chance.choice(left)
            kind = chance.choice(
                [kind, events[replaces - 1]["kind"], events[replaces - 1]["kind"], "WITHDRAWN"]
            )
        events.append(
            {
                "id": number,
                "kind": kind,
                "happened": happened,
                "heard": happened + timedelta(days=chance.randint(0, 9)),
                "for": chance.choice([None, VICTIM, SOMEBODY_ELSE]),
                "result": chance.choice(RESULTS),
                "replaces": replaces,
            }
        )
    told = [
        (event["id"], event["happened"] + timedelta(days=chance.randint(-3, 20)))
        for event in chance.choices(events, k=chance.randint(0, 5))
    ]
    entitlement = [(day(), chance.random() < 0.5) for _ in range(chance.randint(0, 3))]
    if chance.random() < 0.5:  # near something that happened, where it matters
        near = chance.choice(events)["happened"] + timedelta(days=chance.randint(-2, 8))
        entitlement.append((near, True))
    return events, sorted(told, key=lambda said: said[1]), sorted(entitlement, key=lambda said: said[0])


def walk(day, working_days):
    """Day by day, as one would on a calendar on the wall."""
    while working_days:
        day += timedelta(days=1)
        if day.isoweekday() <= 5 and day not in CLOSED:
            working_days -= 1
    return day


def oracle(events, told, entitlement):
    """What is owed, said as the Code and docs/compliance.md say it, without a thought for speed."""
    gone = [event["replaces"] for event in events if event["replaces"]]
    answer = set()
    for event in events:
        if event["id"] in gone or event["kind"] == "WITHDRAWN" or event["for"] == SOMEBODY_ELSE:
            continue
        same = {event["id"]}
        before = event["replaces"]
        while before:
            if events[before - 1]["kind"] == event["kind"]:
                same.add(before)
            before = events[before - 1]["replaces"]
        for rule, (kind, wanted, starts, standard, enhanced) in TABLE.items():
            if kind != event["kind"] or (wanted and wanted != event["result"]):
                continue
            start = event[starts]
            then = [is_enhanced for day, is_enhanced in entitlement if day <= start]
            due = walk(start, enhanced if then and then[-1] else standard)
            telling = [day for about, day in told if about in same and day >= event["happened"]]
            for day, is_enhanced in entitlement:
                still_open = not telling or telling[0] >= day
                if is_enhanced and enhanced < standard and start < day <= due and still_open:
                    due = min(due, walk(day, enhanced))
            status = "open" if not telling else "met" if telling[0] <= due else "met_late"
            answer.add((rule, event["id"], due, status))
    return answer


def engine(events, told, entitlement):
    happened = [
        Happened(
            event["id"], event["kind"], event["happened"], event["heard"], participant=event["for"],
            data={"result_kind": event["result"]}, replaces=event["replaces"],
        )
        for event in events
    ]  # fmt: skip
    owed = owed_to(
        Served(VICTIM, "VICTIM", tuple(entitlement)),
        standing(happened),
        [Told(about, day, f"C-{n}") for n, (about, day) in enumerate(told)],
        codes()["VCOP-2020"],
        bank_holidays=england_and_wales(),
    )
    return {(each.rule.key, each.event, each.due_on, each.status) for each in owed if each.rule.key in TABLE}


def agrees(seed):
    case = invented(seed)
    assert engine(*case) == oracle(*case), case


QUICKLY = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
ANY_CASE = st.integers(0, 2**60)


@settings(max_examples=5_000, derandomize=True, **QUICKLY)
@given(ANY_CASE)
def test_the_engine_agrees_with_the_oracle_on_five_thousand_cases(seed):
    agrees(seed)


@pytest.mark.faults
@settings(max_examples=100_000, **QUICKLY)
@given(ANY_CASE)
def test_the_engine_agrees_with_the_oracle_on_a_hundred_thousand_cases(seed):
    agrees(seed)


def test_what_is_invented_has_every_verdict_and_every_turn():
    cases = [invented(seed) for seed in range(2_000)]
    verdicts = {verdict for case in cases for *_rest, verdict in oracle(*case)}
    assert verdicts == {"open", "met", "met_late"}
    assert any(event["kind"] == "WITHDRAWN" for events, *_rest in cases for event in events)
    assert any(event["replaces"] for events, *_rest in cases for event in events)


def test_every_rule_that_telling_meets_is_in_the_oracles_table():
    told = {rule.key for rule in codes()["VCOP-2020"].rules if rule.is_told and rule.is_timed}
    assert told == TABLE.keys()
