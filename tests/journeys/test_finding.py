"""Searching as people do it: by the keyboard, into a record, and back."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]


def test_a_name_is_in_no_address_and_going_back_finds_the_list_again(somebody):
    officer = somebody("Nerys Bowen")
    page = officer.page
    officer.go("/cases/")
    surname = page.locator("main table a").first.inner_text().split()[-1]
    page.keyboard.press("/")
    page.keyboard.type(surname.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?again=*")
    officer.sees(f"For “{surname.lower()}”")
    officer.picture("26-search")
    page.locator("main table a").first.click()
    page.wait_for_url("**/cases/**")
    page.go_back()
    page.wait_for_url("**/search?again=*")
    officer.sees(f"For “{surname.lower()}”")
    page.reload()
    officer.sees(f"For “{surname.lower()}”")
    assert surname.lower() not in page.url.lower()
