"""A call is logged while it goes on: what it told meets its duties, and a lost session loses no typing."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]

# A victim of Olwen Pritchard's, with three things to tell her; made as the application makes them.
THREE_TO_TELL = """
import json
from datetime import timedelta
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases import actions
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Participant, Person, SafeContact
olwen = User.objects.get(display_name="Olwen Pritchard")
now = clock.now()
case = Case.objects.create(offence_title="Assault", recorded_at=now - timedelta(days=2), reported_at=now - timedelta(days=2))
person = Person.objects.create(given_names="Heulwen", surname="Rhydderch", phone_mobile="07700 900778", language="en")
SafeContact.objects.create(person=person, phone="Y", text="Y", email="Y", post="Y", voicemail="N")
part = Participant.objects.create(case=case, person=person, role="VICTIM", team=olwen.team, officer=olwen)
for kind in (Kind.SUSPECT_ARRESTED, Kind.SUSPECT_BAILED, Kind.SUSPECT_CHARGED):
    record_event(case=case, kind=kind, occurred=now - timedelta(hours=3), by=None)
print(json.dumps([case.reference, part.reference]))
"""
MET = (
    "import json; from compliance.models import Duty; print(json.dumps(sorted(Duty.objects.current()"
    ".filter(case__reference='%s', status='met').values_list('rule', flat=True))))"
)
SIGNED_OUT = "from django.contrib.sessions.models import Session; print(Session.objects.all().delete()[0])"
SAID = "She was relieved, and asked when the trial is."


@pytest.fixture
def victim(service):
    """The references of the case and of Heulwen Rhydderch's part in it."""
    return service.ask(THREE_TO_TELL)


def test_a_call_that_tells_three_events_meets_three_duties(somebody, service, victim):
    case, participant = victim
    officer = somebody("Olwen Pritchard")
    officer.go(f"/cases/{case}/{participant}/contacts/log")
    officer.sees("Before you ring", "Heulwen Rhydderch", "Suspect arrested")
    officer.page.locator("[name=outcome][value=reached]").check()
    for event in ("Suspect arrested", "Suspect released on bail", "Suspect charged"):
        officer.page.get_by_label(re.compile(f"^{event}")).first.check()
    officer.page.get_by_label("What was said?").fill(SAID)
    officer.page.locator("[name=landed][value=relieved]").check()
    officer.page.locator("[name=next][value=none]").check()
    officer.page.get_by_label("Why is there nothing to do?").fill("The court is awaited.")
    officer.picture("logging-1-call")
    officer.press("Save the call")
    officer.go(f"/cases/{case}/{participant}/contacts/")
    officer.sees(SAID, "How it landed: relieved.")
    assert {"R6-ARREST", "R6-BAIL", "R6-CHARGE"} <= set(service.ask(MET % case))
    officer.go(f"/cases/{case}/{participant}/rights/")
    officer.picture("logging-2-rights")


@pytest.mark.parametrize("has_javascript", [True, False])
def test_a_session_lost_in_the_middle_loses_no_typing(somebody, service, victim, has_javascript):
    case, participant = victim
    officer = somebody("Olwen Pritchard", java_script_enabled=has_javascript)
    officer.go(f"/cases/{case}/{participant}/contacts/log")
    officer.page.locator("[name=outcome][value=reached]").check()
    officer.page.get_by_label("What was said?").fill(SAID)
    officer.page.locator("[name=next][value=none]").check()
    officer.page.get_by_label("Why is there nothing to do?").fill("The court is awaited.")
    service.manage("shell", "--no-imports", "-v0", "-c", SIGNED_OUT)
    officer.page.get_by_role("button", name="Save the call").click()
    officer.page.wait_for_url(re.compile("/sign-in"))
    officer.page.get_by_role("button", name=re.compile("^Olwen Pritchard")).click()
    officer.page.wait_for_url(re.compile("/contacts/log"))
    officer.sees("Not saved yet")
    assert officer.page.get_by_label("What was said?").input_value() == SAID
    assert officer.page.locator("[name=outcome][value=reached]").is_checked()
    if has_javascript:
        officer.picture("logging-3-put-back")
    officer.page.get_by_role("button", name="Save the call").click()
    officer.page.wait_for_url(re.compile("/contacts/$"))
    officer.sees(SAID)
    officer.go("/drafts/")
    officer.sees("Nothing waits to be saved.")
