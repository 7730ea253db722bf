"""Without JavaScript, without a mouse, in Welsh: the same work can be done."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]


def test_without_javascript_a_call_is_logged_and_a_menu_opens(somebody):
    officer = somebody("Nerys Bowen", java_script_enabled=False)
    officer.go("/cases/")
    officer.page.locator("main table a").first.click()
    case = officer.page.url
    officer.go(case + "contacts/log?channel=in_person")
    officer.page.locator("[name=outcome][value=no_answer]").check()
    officer.page.get_by_label("What was said?").fill("Nobody was at home.")
    officer.page.locator("[name=next][value=none]").check()
    officer.page.get_by_label("Why is there nothing to do?").fill("The plan goes on.")
    officer.page.get_by_role("button", name=re.compile("^Save the")).first.click()
    officer.go(case + "contacts/")
    officer.sees("Nobody was at home.")


def test_a_wrong_answer_is_explained_beside_the_question_and_at_the_top(somebody):
    officer = somebody("Nerys Bowen", java_script_enabled=False)
    officer.go("/cases/")
    officer.page.locator("main table a").first.click()
    officer.go(officer.page.url + "contacts/plan")
    officer.page.locator("[name=agreed_on_day]").fill("31")
    officer.page.locator("[name=agreed_on_month]").fill("2")
    officer.page.get_by_role("button", name="Save the plan").click()
    officer.sees("There is a problem", "There is no date 31 2 2026.")
    assert officer.page.locator("[name=agreed_on_day]").input_value() == "31"


def test_the_keyboard_reaches_the_content_and_the_search(somebody):
    officer = somebody("Nerys Bowen")
    officer.page.keyboard.press("Tab")
    assert officer.page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    officer.page.evaluate("document.activeElement.blur()")
    officer.page.keyboard.press("/")
    assert officer.page.evaluate("document.activeElement.name") == "q"


def test_the_work_is_in_welsh_for_those_who_choose_it(somebody):
    officer = somebody("Nerys Bowen")
    officer.press("Cymraeg")
    assert officer.page.locator("html").get_attribute("lang") == "cy"
    officer.picture("21-heddiw")
    officer.go("/cases/")
    officer.picture("22-achosion")
    officer.page.locator("main table a").first.click()
    case = officer.page.url
    for number, (name, path) in enumerate(
        [("crynodeb", ""), ("llinell-amser", "timeline/"), ("hawliau", "rights/"), ("galwad", "contacts/log"),
         ("cynllun", "contacts/plan"), ("asesiad", "needs/assess")], start=23,
    ):  # fmt: skip
        officer.go(case + path)
        officer.picture(f"{number}-{name}")
    officer.press("English")
    assert officer.page.locator("html").get_attribute("lang").startswith("en")
