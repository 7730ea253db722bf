"""A plan agreed in Welsh, their copy printed, then fewer updates; and the list of due work."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]


def test_an_officer_agrees_a_plan_in_welsh_and_it_is_asked_for_where_it_is_due(somebody):
    officer = somebody("Nerys Bowen")
    officer.go("/cases/")
    officer.page.locator("main table a").first.click()
    case = officer.page.url
    officer.page.get_by_role("button", name="Cymraeg").first.click()
    officer.go(case + "contacts/plan")
    assert officer.page.locator("html").get_attribute("lang") == "cy"
    officer.page.locator("[name=frequency_days][value=other]").check()
    officer.page.locator("[name=every_days]").fill("10")
    officer.page.locator("[name=first]").select_option("in_person")
    officer.page.locator("[name=second]").select_option("")
    officer.page.locator("[name=third]").select_option("")
    officer.page.locator("[name=times][value=afternoon]").check()
    officer.page.locator("[name=topics][value=bail]").check()
    officer.page.locator("[name=language][value=cy]").check()
    officer.page.locator("[name=words]").fill("Ffoniwch ar ôl tri, os gwelwch yn dda.")
    officer.picture("agree-a-plan")
    officer.page.locator("main form.desk-form button[type=submit]:not([name])").click()
    officer.page.wait_for_url(case + "contacts/")
    officer.sees("Ffoniwch ar ôl tri, os gwelwch yn dda.")
    officer.go(case + "contacts/plan/copy")
    assert officer.page.locator("section[lang=cy]").count() == 1
    officer.picture("copy-of-a-plan")
    officer.go(case + "contacts/plan/versions")
    officer.picture("plan-versions")
    officer.page.get_by_role("button", name="English").first.click()
    officer.go(case + "contacts/opt-out")
    officer.page.locator("[name=what][value=all]").check()
    officer.picture("opt-out")
    officer.page.locator("main form.desk-form button[type=submit]:not([name])").click()
    officer.page.wait_for_url(case + "contacts/")
    officer.sees("No update is due: they opted out.")
    officer.go("/due/")
    officer.picture("due-work")
    officer.go("/")
    officer.picture("today-planned")


def test_a_supervisor_sees_what_does_not_fit_and_what_reaches_people(somebody):
    supervisor = somebody("Mared Gwynne")
    for path, name in (("/due/team/", "team-day"), ("/reach/", "reach"), ("/opt-outs/", "opt-outs")):
        supervisor.go(path)
        supervisor.picture(name)
