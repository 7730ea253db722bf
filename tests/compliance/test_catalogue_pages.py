"""A rule in full, who held it against the published Code, and the page that works a date out."""

import io
import json
from datetime import date

import pytest
from django.core.management import call_command
from django.urls import reverse

from compliance import actions
from compliance.models import Duty, RuleCheck
from tests.factories import EventFactory, UserFactory, london
from victimcare.accounts.permissions import Role
from victimcare.faults import Refused

pytestmark = pytest.mark.django_db
ARREST = ("VCOP-2020", "R6-ARREST")


def checked(by, **said):
    facts = {"paragraph": "6.1", "agrees": True, "note": "", "checked_on": date(2026, 11, 20)} | said
    return actions.check_rule(code=ARREST[0], rule=ARREST[1], by=by, **facts)


def page(browser, **asked):
    return browser.get(reverse("compliance:calculator"), asked)


def asked(browser, day, **more):
    boxes = {"on_day": str(day.day), "on_month": str(day.month), "on_year": str(day.year)}
    return page(browser, rule="R6-ARREST", **boxes, **more)


def test_a_date_is_worked_out_day_by_day(monday, as_officer):
    answer = asked(as_officer, date(2026, 12, 24)).context["answer"]
    assert answer["due_on"] == date(2027, 1, 5)
    assert [row[1] for row in answer["rows"][:4]] == [
        "Day 0",
        "Not counted: Christmas Day",
        "Not counted: Boxing Day",
        "Not counted: weekend",
    ]
    foreseen = asked(as_officer, date(2028, 12, 29)).content.decode()
    assert "Bank holidays are published to the end of 2028, so this day is provisional." in foreseen
    assert asked(as_officer, date(9999, 12, 31)).status_code == 422


def test_an_enhanced_victim_has_an_earlier_date(monday, as_officer):
    assert asked(as_officer, date(2026, 12, 24), enhanced="on").context["answer"]["due_on"] == date(
        2026, 12, 29
    )


def test_a_day_before_the_code_or_beyond_the_known_holidays_is_refused_in_a_sentence(monday, as_officer):
    for day in (date(2021, 3, 31), date(2029, 1, 1)):
        found = asked(as_officer, day)
        assert found.status_code == 422
        assert "Enter a date on or" in found.content.decode()


def test_a_supervisor_says_where_a_rule_stands_in_the_published_code(monday, as_supervisor, supervisor):
    url = reverse("compliance:rule", args=ARREST)
    boxes = {"checked_on_day": "20", "checked_on_month": "11", "checked_on_year": "2026"}
    form_key = as_supervisor.get(url).context["form"]["form_key"].value()
    said = {"paragraph": "6.1", "agrees": "yes", "note": "", "form_key": form_key, **boxes}
    assert as_supervisor.post(url, said).status_code == 302
    check = RuleCheck.objects.get()
    assert (check.rule, check.paragraph, check.by) == ("R6-ARREST", "6.1", supervisor)
    after = as_supervisor.get(url)
    assert after.context["is_checked"]
    assert "By nobody yet" not in after.content.decode()


def test_the_code_no_longer_marks_what_was_checked(monday, as_supervisor, supervisor):
    before = as_supervisor.get(reverse("compliance:code")).context["unchecked"]
    checked(supervisor)
    assert as_supervisor.get(reverse("compliance:code")).context["unchecked"] == before - 1


def test_a_rule_that_differs_is_marked_so_and_the_last_check_counts(monday, as_supervisor, supervisor):
    checked(supervisor)
    checked(supervisor, agrees=False, note="Three working days")
    said = as_supervisor.get(reverse("compliance:code")).content.decode()
    assert said.count("Differs from the published Code") == 1


def test_what_was_checked_is_marked_nowhere_until_somebody_finds_a_difference(
    monday, victim, supervisor, as_officer
):
    EventFactory(case=victim.case, occurred_at=london(2026, 11, 18, 10))
    actions.assess([victim.case_id])
    duty = Duty.objects.current().get(participant=victim, rule="R6-ARREST")
    rights = reverse("desk:rights", args=[victim.case.reference, victim.reference])

    def marked():
        printed = io.StringIO()
        call_command("due", "R6-ARREST", on="2026-11-23", as_json=True, stdout=printed)
        pages = (
            as_officer.get(reverse("compliance:explain", args=[duty.pk])),
            as_officer.get(rights),
            asked(as_officer, date(2026, 12, 24)),
        )
        said = ["not yet checked" in each.content.decode() for each in pages]
        return [*said, not json.loads(printed.getvalue())["checked"]]

    assert marked() == [True] * 4
    checked(supervisor)
    assert marked() == [False] * 4
    checked(supervisor, agrees=False, note="Three working days")
    assert marked() == [True] * 4


def test_a_difference_wants_words_and_a_day_that_has_come(monday, supervisor):
    with pytest.raises(Refused, match="what the published Code says"):
        checked(supervisor, agrees=False)
    with pytest.raises(Refused, match="today or before"):
        checked(supervisor, checked_on=date(2026, 11, 24))


def test_an_officer_reads_a_rule_and_checks_none(monday, as_officer):
    url = reverse("compliance:rule", args=ARREST)
    assert not as_officer.get(url).context["may_check"]
    as_officer.post(url, {"paragraph": "6.1", "agrees": "yes"})
    assert not RuleCheck.objects.exists()


def test_no_such_rule_is_no_page(monday, as_officer):
    assert as_officer.get(reverse("compliance:rule", args=["VCOP-2020", "R6-NOTHING"])).status_code == 404
    assert as_officer.get(reverse("compliance:rule", args=["NO-CODE", "R6-ARREST"])).status_code == 404


@pytest.mark.parametrize("role", [Role.PARTNER, Role.OFFICER_IN_THE_CASE])
def test_who_may_not_see_the_code_works_no_date_out(role, monday, sign_in):
    assert page(sign_in(UserFactory(roles=[role], team=None))).status_code == 403
