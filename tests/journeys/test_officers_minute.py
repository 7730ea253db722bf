"""A release: the officer in the case opens one page on a phone, tells, and gives what they cannot do to the unit."""

import json
import os
from pathlib import Path

import pytest

from tests.journeys.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]

# Two victims of PC Gavin Pugh's crimes, both of domestic abuse and allocated; released an hour ago.
RELEASE = """
import json
from datetime import timedelta
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Participant, Person, SafeContact
olwen = User.objects.get(display_name="Olwen Pritchard")
found = []
for n, name in enumerate(("Carys Lloyd", "Nerys Vaughan")):
    given, surname = name.split()
    case = Case.objects.create(
        source_system="RMS", occurrence_no=f"26994000{n:02}", offence_code="8N", flags=["DA"], oic_collar="4417",
        offence_title="Assault occasioning actual bodily harm", oic_name="PC Gavin Pugh",
        reported_at=clock.now() - timedelta(days=3), recorded_at=clock.now() - timedelta(days=3))
    person = Person.objects.create(
        given_names=given, surname=surname, date_of_birth="1990-03-04", phone_mobile=f"07700 90088{n}",
        prefers_welsh=not n, address_line_1=f"{n + 3} Lôn Fach", postcode="NP20 1AA")
    SafeContact.objects.create(person=person, phone="Y", code_word="heron" if n else "")
    part = Participant.objects.create(case=case, person=person, role="VICTIM", officer=olwen, team=olwen.team)
    record_event(case=case, kind=Kind.SUSPECT_BAILED, occurred=clock.now() - timedelta(minutes=30),
                 detail="Not to go to her street.", by=None)
    found.append(f"/cases/{case.reference}/{part.reference}/")
print(json.dumps(found))
"""
STATUS = """
import json
from compliance.models import Duty
print(json.dumps({d.participant.person.surname: d.status for d in Duty.objects.current().filter(
    rule="R6-BAIL", case__occurrence_no__startswith="26994000").select_related("participant__person")}))
"""
MAILED = """
import json
from victimcare.accounts.models import StaffMail
print(json.dumps(list(StaffMail.objects.filter(recipient__display_name="Gavin Pugh").values_list("subject", "body"))))
"""
CALLS = """
import json
from contacts.models import UrgentCall
print(json.dumps({c.participant.person.surname: c.ended_as for c in UrgentCall.objects.filter(
    participant__case__occurrence_no__startswith="26994000").select_related("participant__person")}))
"""


def _card(person: Person, name: str):
    return person.page.locator(".minute__card", has_text=name)


def _opens_what_is_with_others(person: Person) -> None:
    person.sees("Today: ")
    others = person.page.locator("details", has_text="with somebody else")
    if others.count():
        others.first.locator("summary").first.click()


def test_a_release_is_told_in_a_minute_and_what_cannot_be_is_the_units(somebody, service):
    carys, nerys = service.ask(RELEASE)

    # Beat asks him, once, by an email that names nobody.
    pugh = somebody("Gavin Pugh")
    pugh.waits_until(lambda: any("/minute/" in body for _s, body in service.ask(MAILED)), seconds=75)
    for subject, body in service.ask(MAILED):
        assert not {"Carys", "Nerys", "bail", "26994000"} & set(f"{subject} {body}".split())

    # On a phone, in a car: one column, and no victim takes more than a screen.
    pugh.page.set_viewport_size({"width": 390, "height": 844})
    pugh.go("/minute/")
    pugh.sees(
        "Carys Lloyd", "Nerys Vaughan", "Ring 07700 900880", "Ask for the code word first: heron.", "Ring by"
    )
    for name in ("Carys Lloyd", "Nerys Vaughan"):
        box = _card(pugh, name).bounding_box()
        assert box is not None and box["height"] <= 844 and box["width"] <= 390, (name, box)
    targets = "a.govuk-button, summary, button, .govuk-radios__label, .govuk-checkboxes__label"
    small = pugh.page.locator(f".minute :is({targets})").evaluate_all(
        "all => all.filter(each => each.offsetHeight && each.offsetHeight < 44).map(each => each.outerHTML)"
    )
    assert not small, small
    _card(pugh, "Carys Lloyd").get_by_text("Words to use").click()
    pugh.sees("cafodd y person dan amheuaeth ei ryddhau ar fechnïaeth")
    pugh.picture("minute-1-page")

    # One told, one given to the unit, in one go.
    pugh.page.set_viewport_size({"width": 390, "height": 844})
    _card(pugh, "Carys Lloyd").get_by_label("Told", exact=True).check()
    _card(pugh, "Nerys Vaughan").get_by_label("Please do it for me").check()
    pugh.page.locator(".minute__foot").get_by_label("Phone", exact=True).check()
    pugh.press("Send")
    pugh.sees("Kept: you told 1 victim.", "With the Victim Care Unit", "Nerys Vaughan")
    pugh.picture("minute-2-sent")
    assert service.ask(STATUS) == {"Lloyd": "met", "Vaughan": "open"}
    assert service.ask(CALLS) == {"Lloyd": "met", "Vaughan": ""}

    # What he cannot do is on her officer's day at once, and so is the hour.
    olwen = somebody("Olwen Pritchard")
    _opens_what_is_with_others(olwen)  # out of hours it is with whoever is on call
    olwen.sees("Ring Nerys Vaughan now", "From officers in the case", "Gavin Pugh asks you to do it")
    assert "Carys Lloyd" not in olwen.page.locator(".desk-list__main").inner_text().split("Overdue")[0]
    olwen.picture("minute-3-today")
    olwen.go(carys + "rights/")
    olwen.go(nerys + "contacts/")

    # The supervisor sees the list, and says who is on call.
    mared = somebody("Mared Gwynne")
    _opens_what_is_with_others(mared)
    mared.sees("Ring Nerys Vaughan now")
    mared.go("/urgent/")
    mared.sees("Nerys Vaughan", "Carys Lloyd", "To be rung now", "in time")
    mared.picture("minute-4-urgent")
    mared.go("/urgent/on-call/")
    mared.picture("minute-5-rota")
    chosen = mared.page.locator("select:not([disabled])").last
    chosen.select_option(label="Mared Gwynne")
    mared.press("Save")
    mared.sees("Saved: 1 day changed.")
    mared.go("/urgent/")
    mared.follow("Nerys Vaughan")
    mared.picture("minute-6-one")
    assert (
        json.dumps(sorted(p.name for p in Path(os.environ["ARTEFACTS"]).glob("minute-*"))).count("390") >= 5
    )
