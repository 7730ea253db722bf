"""One thread, end to end: a crime extract arrives, a victim is called, a duty is met, a letter is printed."""

import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from tests.journeys.conftest import Person
from victimcare.working_days import england_and_wales, working_days_between

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]
NUMBER = "2699000001"
LONDON = ZoneInfo("Europe/London")


def _referrals(now: datetime) -> bytes:
    """Heledd Gruffydd, who speaks Welsh; and a row nobody could keep."""
    columns = (
        "source_system,occurrence_no,person_id,role,recorded_at,reported_at,offence_code,offence_title,cjs_code,location,"
        "local_authority,policing_area,title,given_names,surname,date_of_birth,sex,language,welsh_preference,"
        "address_line_1,town,postcode,phone_mobile,safe_to_call,safe_to_post,relationship_to_suspect,suspect_ref,"
        "suspect_name,oic_collar,oic_name,oic_email,team,consent_to_refer"
    )
    reported = (_three_working_days_before(now) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    good = (
        f"RMS,{NUMBER},PJ1,VICTIM,{reported},{reported},8N,Assault occasioning actual bodily harm,OF61102,Bryn Road,Newport,"
        "West,Ms,Heledd,Gruffydd,1990-03-04,F,cy,Y,7 Lôn Las,Newport,NP20 1AA,07700 900777,Y,Y,STRANGER,SJ1,Evan Crow,"
        "4417,PC Gavin Pugh,4417@police.example,Response Newport Central,Y"
    )
    bad = good.replace("PJ1", "PJ2").replace("1990-03-04", "1990-02-31").replace(NUMBER, "2699000002")
    return "\r\n".join([columns, good, bad]).encode("cp1252")


def _three_working_days_before(now: datetime) -> datetime:
    """Late enough that five working days are not over, early enough that their end is in sight."""
    days = (now - timedelta(days=n) for n in range(1, 20))
    holidays = england_and_wales()
    return next(d for d in days if working_days_between(d.date(), now.date(), bank_holidays=holidays) == 3)


def _events(now: datetime) -> bytes:
    columns = "source_system,event_id,occurrence_no,suspect_ref,kind,occurred_at,learned_at,detail"
    arrested = _three_working_days_before(now)
    rows = [
        f"RMS,EJ{n},{NUMBER},SJ1,{kind},{at:%Y-%m-%dT%H:%M},{at + timedelta(minutes=5):%Y-%m-%dT%H:%M},{detail}"
        for n, (kind, at, detail) in enumerate(
            [
                ("SUSPECT_ARRESTED", arrested, ""),
                ("SUSPECT_BAILED", arrested + timedelta(hours=9), "Not to contact the victim"),
                ("SUSPECT_FLED", arrested, ""),
            ]
        )
    ]
    return "\r\n".join([columns, *rows]).encode()


def _upload(supervisor: Person, name: str, content: bytes) -> None:
    supervisor.go("/intake/")
    supervisor.page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    supervisor.press("Upload and check")
    supervisor.waits_until(
        lambda: "Nothing of this file is kept" in supervisor.page.locator("main").inner_text(), seconds=45
    )
    supervisor.press("Import it")
    supervisor.waits_until(
        lambda: "First rows in quarantine" in supervisor.page.locator("main").inner_text(), seconds=45
    )


def _tick(person: Person, label: str) -> None:
    person.page.get_by_label(re.compile(label)).first.check()


def test_one_thread_from_a_crime_extract_to_a_printed_letter(somebody, service):
    now = datetime.now(LONDON)
    supervisor = somebody("Mared Gwynne")

    # Two extracts arrive. What cannot land says why.
    _upload(supervisor, "referrals.csv", _referrals(now))
    supervisor.sees("cp1252", "There is no date 1990-02-31.")
    supervisor.picture("1-referrals-read")
    _upload(supervisor, "events.csv", _events(now))
    supervisor.sees("SUSPECT_FLED")
    supervisor.picture("2-events-read")

    # A supervisor allocates.
    supervisor.go("/referrals/allocate/")
    row = supervisor.page.locator("tr", has_text="Heledd Gruffydd")
    row.get_by_role("checkbox").check()
    row.get_by_role("combobox").select_option(label="Olwen Pritchard")
    supervisor.picture("3-allocate")
    supervisor.press("Save allocation")
    supervisor.sees("You allocated 1 victim")

    # The officer's day says what is due and why; she opens the case.
    officer = somebody("Olwen Pritchard")
    officer.sees("Tell Heledd Gruffydd", "Right 6", "5 working days")
    officer.picture("4-today")
    officer.follow("Heledd Gruffydd")
    officer.sees("Suspect arrested", "Suspect released on bail", "07700 900777")
    officer.picture("5-summary")
    case = officer.page.url.removeprefix(service.address)

    # One call tells two things, and two duties are met on time. Nobody typed a deadline.
    officer.go(case + "contacts/log")
    officer.picture("6-call")
    _tick(officer, "^Heledd")
    _tick(officer, "Suspect arrested")
    _tick(officer, "Suspect released on bail")
    officer.page.get_by_label("What was said?").fill("Relieved. Wants to be rung after five.")
    officer.page.locator("[name=next][value=plan]").check()
    officer.press("Save the call")
    officer.go(case + "rights/")
    officer.picture("7-rights")
    met = service.ask(
        "import json; from compliance.models import Duty; print(json.dumps(sorted(Duty.objects.current().filter("
        f"case__occurrence_no='{NUMBER}', status='met').values_list('rule', flat=True))))"
    )
    assert {"R6-ARREST", "R6-BAIL"} <= set(met)

    # What no feed sent is recorded by hand.
    officer.go(case + "events/record")
    officer.page.get_by_label("What happened?").select_option(label="Suspect charged")
    for part in ("day", "month", "year"):
        officer.page.locator(f"[name$=on_{part}]").first.fill(str(getattr(now, part)))
    officer.picture("8-record-an-event")
    officer.press("Record it")
    officer.go(case + "timeline/")
    officer.sees("Suspect charged")
    officer.picture("9-timeline")

    # She agrees a plan in Welsh; when it is overdue, beat reminds her and then her supervisor.
    officer.go(case + "contacts/plan")
    _tick(officer, "Every 7 days")
    officer.page.get_by_label("First choice").select_option(label="Phone")
    officer.page.get_by_label("In their own words").fill("Ffoniwch fi ar ôl pump.")
    officer.picture("10-plan")
    officer.press("Save the plan")
    officer.sees("Ffoniwch fi ar ôl pump.")
    service.manage(
        "shell", "--no-imports", "-v0", "-c",
        "from datetime import timedelta; from contacts.models import ContactPlan; from victimcare import clock;"
        f"ContactPlan.objects.filter(participant__case__occurrence_no='{NUMBER}')"
        ".update(due_on=clock.today() - timedelta(days=14))",
    )  # fmt: skip
    heard = (
        "import json; from victimcare.accounts.models import Notification as N; print(json.dumps(list(N.objects.filter("
        f"url__contains='{case.split('/')[3]}').values_list('recipient__display_name', 'level'))))"
    )
    officer.waits_until(lambda: ["Mared Gwynne", "escalated"] in service.ask(heard), seconds=75)
    assert ["Olwen Pritchard", "overdue"] in service.ask(heard)
    officer.go("/notifications/")
    officer.sees("An agreed update is due")
    officer.picture("11-reminded")
    supervisor.go("/notifications/")
    supervisor.sees("Escalated to the supervisor")

    # A short needs assessment gives enhanced rights, and the open duty moves.
    due = (
        "import json; from compliance.models import Duty; d = Duty.objects.current().get("
        f"case__occurrence_no='{NUMBER}', rule='R6-CHARGE'); print(json.dumps([str(d.first_due_on), str(d.due_on)]))"
    )
    before = service.ask(due)
    officer.go(case + "needs/assess")
    officer.page.locator("[name=is_in_danger_now][value=N]").check()
    officer.page.locator("[name=category_intimidated]").select_option("Y")
    officer.page.locator("[name=why_intimidated]").fill("Afraid to give evidence.")
    officer.picture("12-assess")
    officer.press("Finish the assessment")
    officer.sees("Enhanced: intimidated")
    after = service.ask(due)
    assert after[1] < before[1], (before, after)
    officer.picture("13-needs")

    # A listing arrives; witness care warns her by a letter in Welsh and English, printed by a worker.
    witness_care = somebody("Wyn Bevan")
    witness_care.go("/court/list")
    hearing_day = now + timedelta(days=30)
    witness_care.page.get_by_label("Crime number, URN or case reference").fill(NUMBER)
    _tick(witness_care, "Newport Crown Court")
    _tick(witness_care, "^Trial")
    for part in ("day", "month", "year"):
        witness_care.page.locator(f"[name=listed_on_{part}]").fill(str(getattr(hearing_day, part)))
    witness_care.page.locator("[name=start_time]").fill("10:00")
    witness_care.picture("14-list-a-hearing")
    witness_care.press("List the hearing")
    witness_care.sees("Trial, Newport Crown Court", "Heledd Gruffydd")
    witness_care.follow(re.compile("Require"))
    witness_care.press("They must come")
    witness_care.sees("Warn Heledd Gruffydd")
    witness_care.picture("15-warn")
    witness_care.press("Write the letter")
    witness_care.sees("Annwyl", "Dear")
    witness_care.press("Approve and print")
    pdf_link = witness_care.page.locator("main a[href$='/pdf']")
    witness_care.waits_until(lambda: pdf_link.count() > 0, seconds=60)
    witness_care.picture("16-letter")
    letter = pdf_link.first.get_attribute("href")
    pdf = witness_care.page.context.request.get(service.address + letter)
    assert pdf.headers["content-type"] == "application/pdf"
    document = pypdfium2.PdfDocument(pdf.body())
    words = " ".join(page.get_textpage().get_text_range() for page in document)
    assert "Annwyl Heledd" in words and "Dear Heledd" in words and "Llys y Goron Casnewydd" in words
    for number, page in enumerate(document):
        page.render(scale=1.5).to_pil().save(
            Path(os.environ["ARTEFACTS"]) / f"17-letter-page-{number + 1}.png"
        )

    # The week's compliance, and each number opens its list.
    supervisor.go("/dashboard/")
    supervisor.sees("Compliance, ")
    supervisor.picture("18-dashboard")
    numbers = supervisor.page.locator("main .desk-stats a, main .desk-table a").evaluate_all(
        "links => links.map(a => a.href)"
    )
    assert len(numbers) > 6
    for href in dict.fromkeys(numbers):
        supervisor.go(href)
    supervisor.go("/dashboard/funnel/")
    supervisor.picture("19-funnel")
    supervisor.go(case + "who-looked/")
    supervisor.sees("Olwen Pritchard", "Wyn Bevan")
    supervisor.picture("20-who-looked")
