"""The right victim first: an extract checked, a row mended, triage, allocation, three calls, a closing, a call back."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.conftest import Person
from victimcare.working_days import england_and_wales, working_days_between

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]
LONDON = ZoneInfo("Europe/London")
COLUMNS = (
    "source_system,occurrence_no,person_id,role,recorded_at,reported_at,offence_code,offence_title,flags,location,"
    "policing_area,given_names,surname,date_of_birth,postcode,phone_mobile,safe_to_call,safe_to_text,"
    "relationship_to_suspect,suspect_ref,suspect_name,oic_collar,oic_name,oic_email,team,consent_to_refer"
)


def _victim(number: int, name: str, *, born: str, phone: str, code: str, title: str, flags: str = "") -> str:
    given, surname = name.split()
    at = (datetime.now(LONDON) - timedelta(days=25)).strftime("%Y-%m-%dT%H:%M")
    return (
        f"RMS,26990010{number:02},PR{number},VICTIM,{at},{at},{code},{title},{flags},Bryn Road,West,{given},{surname},"
        f"{born},NP20 1AA,{phone},Y,Y,EX_PARTNER,SR{number},Evan Crow,4417,PC Gavin Pugh,4417@police.example,"
        "Response Newport Central,Y"
    )


RHIAN = _victim(
    1, "Rhian Bowen", born="1988-03-04", phone="07700 900778", code="8Q", title="Stalking", flags="STALKING"
)
IESTYN = _victim(
    2, "Iestyn Hale", born="1990-02-31", phone="07700 900779", code="30C", title="Burglary in a dwelling"
)


def _words(person: Person) -> str:
    return person.page.locator("main").inner_text()


def _upload(person: Person, name: str, *rows: str) -> str:
    """Send a file to be checked. Returns the address of its page."""
    person.go("/intake/")
    person.page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": "\r\n".join([COLUMNS, *rows]).encode()}
    )
    person.press("Upload and check")
    return person.page.url


def _import(person: Person, extract: str, *, picture: str = "") -> None:
    """Once the check says that it is right."""
    person.go(extract)
    person.waits_until(lambda: "Nothing of this file is kept" in _words(person), seconds=45)
    if picture:
        person.picture(picture)
    person.press("Import it")
    person.waits_until(lambda: not re.search("Waiting to be read|Being read", _words(person)), seconds=45)


def _case_of(person: Person, name: str) -> str:
    """The address of a victim whom no officer has yet."""
    person.go("/referrals/?show=received")
    href = person.page.get_by_role("link", name=name).first.get_attribute("href")
    assert href
    return re.match(r"/cases/[^/]+/[^/]+/", href)[0]


def _choose(person: Person, **answers: str) -> None:
    for name, value in answers.items():
        person.page.locator(f"[name={name}][value='{value}']").check()


def _fill(person: Person, **words: str) -> None:
    for name, said in words.items():
        person.page.locator(f"[name={name}]").fill(said)


def _date(person: Person, name: str, day: datetime) -> None:
    _fill(person, **{f"{name}_{part}": str(getattr(day, part)) for part in ("day", "month", "year")})


def _allocate(person: Person, name: str, officer: str) -> None:
    person.go("/referrals/allocate/")
    row = person.page.locator("tr", has_text=name)
    row.get_by_role("checkbox").check()
    row.get_by_role("combobox").select_option(label=officer)


def _working_day_before(n: int, hour: int) -> datetime:
    now, holidays = datetime.now(LONDON), england_and_wales()
    days = (day for back in range(1, 40) if (day := now - timedelta(days=back)).weekday() < 5)
    day = next(d for d in days if working_days_between(d.date(), now.date(), bank_holidays=holidays) == n)
    return day.replace(hour=hour, minute=0)


def _log(person: Person, at: datetime, *, picture: str = "", **answers: str) -> None:
    """A contact that happened on a day before today."""
    person.page.get_by_text("It did not happen just now").click()
    _date(person, "on", at)
    _fill(person, at_time=f"{at:%H:%M}")
    _choose(person, **answers)
    if picture:
        person.picture(picture)
    person.page.locator("main form button[type=submit]:not([name=save_draft])").last.click()
    person.page.wait_for_load_state()
    assert not person.page.locator(".govuk-error-summary").count(), _words(person)


def test_from_an_extract_to_a_door_that_opens_again(somebody, service):
    supervisor = somebody("Mared Gwynne")

    # The file is checked, imported, and its one bad row is mended in the browser.
    _import(supervisor, _upload(supervisor, "right-victim.csv", RHIAN, IESTYN), picture="41-checked")
    supervisor.sees("There is no date 1990-02-31.")
    supervisor.picture("42-imported")
    supervisor.follow("Row 3")
    supervisor.picture("43-mend-a-row")
    _fill(supervisor, date_of_birth="1990-02-28")
    supervisor.press("Save and send it on")
    supervisor.picture("44-mended")

    # Triage: she agrees with the rules for one, and decides otherwise for another.
    supervisor.go("/referrals/triage/")
    supervisor.picture("45-triage")
    supervisor.press("Work through this list")
    supervisor.picture("46-one-of-the-list")
    supervisor.press("Agree, and show the next")
    iestyn = _case_of(supervisor, "Iestyn Hale")
    supervisor.go(iestyn + "referral")
    supervisor.sees("Priority")
    supervisor.press("Decide otherwise")
    _choose(supervisor, contact="yes", priority="2")
    _fill(supervisor, reason="He is 84 and lives alone since the burglary.")
    supervisor.picture("47-decide-otherwise")
    supervisor.page.locator("main form button[type=submit]:not([name=save_draft])").last.click()
    supervisor.sees("He is 84 and lives alone since the burglary.", "Priority 2")
    supervisor.picture("48-decided")

    # An allocation is undone within its minutes, and made again.
    rhian = _case_of(supervisor, "Rhian Bowen")
    _allocate(supervisor, "Rhian Bowen", "Olwen Pritchard")
    supervisor.picture("49-allocate")
    supervisor.press("Save allocation")
    supervisor.sees("You allocated 1 victim")
    supervisor.press("Undo")
    assert supervisor.page.locator("tr", has_text="Rhian Bowen").count() == 1
    _allocate(supervisor, "Rhian Bowen", "Olwen Pritchard")
    supervisor.press("Save allocation")
    supervisor.sees("You allocated 1 victim")

    # Three calls on three days at three times of day reach nobody.
    officer = somebody("Olwen Pritchard")
    officer.sees("Rhian Bowen")
    for n, hour, picture in ((10, 10, ""), (9, 14, ""), (8, 18, "51-third-call")):
        officer.go(rhian + "contacts/log")
        _log(officer, _working_day_before(n, hour), outcome="no_answer", next="series", picture=picture)
    officer.go("/")
    officer.picture("52-today-after-three-calls")

    # The crime is serious: the officer in the case is asked before anybody gives up, and answers.
    officer.go(rhian + "questions/ask")
    _choose(officer, kind="unreachable")
    _fill(officer, words="Nobody answers on 07700 900778. Is there another number?")
    officer.picture("53-ask-the-officer")
    officer.press("Send the question")
    constable = somebody("Gavin Pugh")
    constable.go("/questions/mine")
    constable.sees("Rhian Bowen")
    constable.picture("54-questions-to-me")
    constable.page.locator("main").get_by_role("link", name=re.compile("Rhian Bowen")).first.click()
    _fill(constable, reply="None that I know of. She is staying with her sister.")
    constable.picture("55-answer")
    constable.press("Send the answer")
    officer.go("/notifications/")
    officer.follow("The officer in the case answered: Rhian Bowen")
    officer.sees("She is staying with her sister.")
    officer.picture("56-answered")

    # She is written to; a week later nothing was heard, and our work with her is closed.
    officer.go(rhian + "contacts/log?channel=text")
    _log(officer, _working_day_before(7, 10), outcome="sent", next="series", picture="57-text")
    officer.go("/")
    officer.picture("58-today-close")
    officer.go(rhian + "close")
    _choose(officer, reason="unable_to_contact")
    officer.picture("59-close")
    officer.press("Close")
    officer.go(rhian)
    officer.sees("Unable to contact")
    officer.picture("60-closed")

    # She rings: found by her number, checked by what she says, logged, and the door opens again.
    officer.go("/calls/")
    _fill(officer, who="07700900778")
    officer.press("Find")
    officer.picture("61-found-by-phone")
    officer.page.locator("main").get_by_role("link", name=re.compile("Check|Rhian")).first.click()
    _choose(officer, how="details")
    _date(officer, "born_on", datetime(1988, 3, 4))  # noqa: DTZ001
    _fill(officer, postcode="np20 1aa")
    officer.picture("62-check-who-it-is")
    officer.press("Check")
    officer.sees("You checked who is ringing.", "Our work with them is closed.")
    _choose(officer, outcome="reached", next="none")
    _fill(officer, note="She is with her sister and wants help now.", no_task_because="It is opened again.")
    officer.picture("63-log-her-call")
    officer.press("Save the call")
    officer.go(rhian + "reopen")
    _fill(officer, reason="She rang, and wants help.")
    officer.picture("64-open-again")
    officer.press("Open again")
    officer.sees("Rhian Bowen")
    officer.picture("65-opened-again")


def test_what_was_done_is_taken_back_and_rules_are_changed_by_two(somebody, service):
    supervisor = somebody("Mared Gwynne")

    # The wrong file came in: it is taken back whole.
    osian = _victim(3, "Osian Wrong", born="1985-06-07", phone="07700 900781", code="49", title="Theft")
    nerys = _victim(4, "Nerys Twice", born="1979-01-09", phone="07700 900780", code="49", title="Theft")
    twice = nerys.replace("2699001004", "2699001005").replace("PR4", "PR5")
    wrong = _upload(supervisor, "wrong-file.csv", osian)
    right = _upload(supervisor, "right-file.csv", nerys, twice)
    _import(supervisor, wrong)
    supervisor.follow("Withdraw this extract")
    _fill(supervisor, reason="It is the file of another force.")
    supervisor.picture("71-withdraw")
    supervisor.press("Withdraw it")
    supervisor.waits_until(lambda: "is gone from every page" in _words(supervisor))
    supervisor.sees("It is the file of another force.")
    supervisor.picture("72-withdrawn")
    supervisor.go("/referrals/?show=received")
    assert "Osian Wrong" not in _words(supervisor)

    # Two records turn out to be one person; then they do not.
    _import(supervisor, right)
    service.manage(
        "shell", "--no-imports", "-v0", "-c",
        "from victimcare.cases.tasks import compare_new_people; compare_new_people()",
    )  # fmt: skip
    case = _case_of(supervisor, "Nerys Twice")
    supervisor.go(case + "same-person/")
    supervisor.sees("the same phone number")
    why = supervisor.page.locator(".desk-pair__answer [name=reason]").first
    why.fill("She told me that she reported both.")
    supervisor.picture("73-same-person")
    supervisor.press("Link: the same person")
    supervisor.go(case + "same-person/")
    supervisor.sees("Linked: the same person")
    supervisor.picture("74-linked")
    why.fill("A mother and her daughter share the telephone.")
    supervisor.press("Unlink")
    supervisor.go(case + "same-person/")
    assert "Linked: the same person" not in _words(supervisor)

    # A rule is changed in a draft, looked at on last week, proposed, and approved by somebody else.
    supervisor.go("/referrals/rules/")
    supervisor.picture("75-rules")
    supervisor.press("Begin a new version")
    _fill(supervisor, note="Hate crime is contacted the same day.")
    supervisor.page.locator("main form button[type=submit]:not([name=save_draft])").last.click()
    supervisor.page.wait_for_load_state()
    version = supervisor.page.url
    supervisor.picture("76-a-draft")
    supervisor.follow("hate crime")
    supervisor.picture("77-a-rule")
    _choose(supervisor, priority="1")
    supervisor.page.locator("main form button[type=submit]", has_text="Save").first.click()
    supervisor.page.wait_for_load_state()
    supervisor.go(version)
    supervisor.press("See how last week would have fallen")
    supervisor.sees("would move")
    supervisor.picture("78-preview")
    supervisor.go(version)
    supervisor.press("Propose")
    supervisor.sees("Waiting for another supervisor")
    supervisor.picture("79-proposed")
    another = somebody("Anwen Probert")
    another.go(version)
    _date(another, "effective_from", datetime.now(LONDON) + timedelta(days=30))
    another.picture("80-approve")
    another.press("Approve")
    another.sees("In force")
    another.picture("81-approved")
