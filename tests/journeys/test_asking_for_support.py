"""Somebody asks for support in Welsh, on a telephone, and leaves nothing behind on it."""

import re

import pytest

from tests.journeys.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]


def test_somebody_asks_for_support_in_welsh_and_an_officer_sees_her(browser, service, somebody):
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    ffion = Person(context.new_page(), service)
    page = ffion.page
    ffion.go("/support/")
    page.get_by_role("link", name="Cymraeg").click()
    assert page.locator("html").get_attribute("lang") == "cy"
    ffion.picture("31-cymorth")
    page.locator("[name=go][value=start]").click()
    page.locator("[name=ways][value=phone]").check()
    page.locator("[name=secret][value=yes]").check()
    page.locator("[name=secret_note]").fill("Mae fy ngŵr gartref gyda’r nos")
    ffion.picture("32-ffyrdd-diogel")
    page.locator("[name=go][value=next]").click()
    page.locator("[name=phone]").fill("12")
    for name, value in (("hours", "school"), ("voicemail", "no"), ("hide_number", "yes")):
        page.locator(f"[name={name}][value={value}]").check()
    page.locator("[name=code_word]").fill("cennin")
    page.locator("[name=go][value=next]").click()
    assert page.locator("[name=code_word]").input_value() == "cennin"
    ffion.picture("33-camgymeriad")
    page.locator("[name=phone]").fill("07700 900 321")
    page.keyboard.press("Enter")
    page.locator("[name=given_names]").fill("Ffion")
    page.locator("[name=surname]").fill("Ŵyr")
    page.locator("[name=language][value=cy]").check()
    page.locator("[name=go][value=next]").click()
    page.locator("[name=kinds][value=domestic_abuse]").check()
    page.locator("[name=reported][value=no]").check()
    page.locator("[name=go][value=next]").click()
    ffion.sees("Ffion", "Ŵyr", "cennin")
    ffion.picture("34-gwirio")
    page.locator("[name=go][value=send]").click()
    reference = re.search(r"R-[0-9A-Z]{8}", page.locator(".govuk-panel").inner_text())
    ffion.picture("35-cyfeirnod")
    assert reference and page.url.endswith("/cymorth/")
    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]

    page.route("https://www.bbc.co.uk/**", lambda route: route.fulfill(body="<h1>Tywydd</h1>"))
    page.locator(".govuk-js-exit-this-page-button").click()
    page.wait_for_url("https://www.bbc.co.uk/weather")
    page.go_back()
    assert "Ffion" not in page.content() and reference[0] not in page.content()
    context.close()

    supervisor = somebody("Anwen Probert")
    supervisor.go("/referrals/?show=received")
    supervisor.sees("Ffion Ŵyr")
