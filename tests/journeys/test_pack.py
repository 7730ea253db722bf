"""A pack printed in Welsh: the figures for the board, and the evidence of one case."""

import io

import pikepdf
import pypdfium2
import pytest

A_VICTIM = """
import json
from compliance.models import Duty
from victimcare.accounts.models import User
duties = Duty.objects.current().visible_to(User.objects.get(display_name="Mared Gwynne"))
duty = duties.filter(participant__role="VICTIM", status="met_late").select_related("participant", "case").first()
print(json.dumps(f"/cases/{duty.case.reference}/{duty.participant.reference}/"))
"""

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]


def test_a_supervisor_prints_the_board_pack_and_the_evidence_of_a_case_in_welsh(somebody):
    supervisor = somebody("Mared Gwynne")
    page = supervisor.page

    def saves():
        """What the first of the page's files is, once the worker made it."""
        supervisor.waits_until(lambda: page.locator("#progress a.govuk-button").count() > 0)
        with page.expect_download() as download:
            page.locator("#progress a.govuk-button").first.click()
        return download.value.path().read_bytes()

    supervisor.go("/dashboard/")
    page.get_by_role("button", name="Cymraeg").first.click()
    supervisor.go("/packs/ask")
    assert page.locator("html").get_attribute("lang") == "cy"
    page.locator("[name=kind][value=board]").check()
    for name, value in {"since_day": "1", "since_month": "1", "since_year": "2026"}.items():
        page.locator(f"[name={name}]").fill(value)
    today = supervisor.service.ask(
        "import json; from victimcare import clock; print(json.dumps(clock.today().isoformat()))"
    ).split("-")
    for name, value in zip(("until_year", "until_month", "until_day"), today, strict=True):
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=language][value=cy]").check()
    supervisor.picture("ask-for-a-pack")
    page.locator("main form.desk-form button[type=submit]").click()
    page.wait_for_url("**/packs/PK-*/")
    board = saves()
    with pikepdf.open(io.BytesIO(board)) as document:
        assert document.Root.Lang == "cy"
    first = pypdfium2.PdfDocument(board)[0].get_textpage().get_text_bounded()
    assert "1 Ionawr 2026" in first
    supervisor.picture("a-pack-of-figures")

    case = supervisor.service.address + supervisor.service.ask(A_VICTIM)
    supervisor.go(case + "evidence/ask")
    page.locator("[name=reason]").fill("Arolygiad.")
    page.locator("[name=language][value=cy]").check()
    page.locator("main form.desk-form button[type=submit]:not([name])").click()
    page.wait_for_url(case + "evidence/PK-*/")
    evidence = saves()
    with pikepdf.open(io.BytesIO(evidence)) as document:
        assert document.Root.Lang == "cy"
    supervisor.picture("an-evidence-pack")
    supervisor.go(case + "evidence/check")
    page.locator("[name=file]").set_input_files(
        {"name": "pecyn.pdf", "mimeType": "application/pdf", "buffer": evidence}
    )
    page.locator("main form.desk-form button[type=submit]").first.click()
    page.locator("main .govuk-summary-list").wait_for()
    supervisor.picture("check-a-pack")
