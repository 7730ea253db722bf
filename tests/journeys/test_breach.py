"""From a red number on the dashboard to the one call that was late, and why; and a dispute that is accepted."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]
SUPERVISOR, ANOTHER = "Mared Gwynne", "Stephen Powell"

# An arrest of three weeks ago, told of by a call that was late, after one that nobody answered.
LATE = """
import json
from datetime import timedelta
from compliance import actions, rollups
from compliance.breaches import keep_breaches
from compliance.models import Duty
from contacts.models import Contact
from victimcare import clock
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant
part = Participant.objects.victims().filter(
    officer__isnull=False, team__name="Victim Care Unit", closed_at=None, case__is_restricted=False
).order_by("pk")[%d]
event = record_event(case=part.case, kind=Kind.SUSPECT_ARRESTED, occurred=clock.now() - timedelta(days=21), by=None)
actions.assess([part.case_id])
duty = Duty.objects.current().get(event=event, participant=part)
at = clock.now() - timedelta(days=(clock.today() - duty.due_on).days - 3)
Contact.objects.create(participant=part, channel="phone", outcome="no_answer", at=at - timedelta(days=2), by=part.officer)
call = Contact.objects.create(participant=part, channel="phone", outcome="reached", at=at, by=part.officer,
                              note="Told of the arrest. She had heard it from a neighbour.")
call.tells.add(event)
actions.assess([part.case_id])
keep_breaches()
rollups.fold()
print(json.dumps([duty.pk, str(duty.due_on)]))
"""


def test_a_supervisor_goes_from_a_red_number_to_the_call_that_was_late(somebody, service):
    duty, due_on = service.ask(LATE % 0)
    supervisor = somebody(SUPERVISOR)
    supervisor.go(f"/dashboard/?week={due_on}")
    supervisor.page.locator("main a[href*='status=late'][href*='right=6']").first.click()
    supervisor.page.wait_for_url("**/dashboard/duties/**")
    supervisor.page.locator(f"main a[href$='/duties/{duty}/']").first.click()
    supervisor.follow("What was done, and why it was late")
    supervisor.sees("no answer", "She had heard it from a neighbour.", "This is what told them:", "late.")
    supervisor.picture("breach-1-the-call")
    supervisor.press("Accept or dispute")
    supervisor.page.locator("[name=reason]").select_option("not_reached")
    supervisor.page.locator("[name=account]").fill("Rung in the mornings only.")
    supervisor.page.locator("[name=answer][value=accept]").check()
    supervisor.picture("breach-2-answer")
    supervisor.press("Save")
    supervisor.sees("Tried in time, but not reached", "Rung in the mornings only.", "Accepted")
    supervisor.follow("All breaches")
    supervisor.follow(re.compile("^To be closed"))
    supervisor.sees("Put right")
    supervisor.picture("breach-3-list")


def test_a_dispute_is_accepted_by_another_supervisor(somebody, service):
    duty, _due_on = service.ask(LATE % 1)
    another = somebody(ANOTHER)
    another.go(f"/duties/{duty}/breach/answer")
    another.page.locator("[name=reason]").select_option("heard_late")
    another.page.locator("[name=account]").fill("The custody desk wrote it down a week later.")
    another.page.locator("[name=answer][value=dispute]").check()
    another.page.locator("[name=claimed_agency]").select_option("other")
    another.page.locator("[name=claim]").fill("The arrest was another force’s. Their sergeant agrees.")
    another.press("Save")
    another.sees("You wrote this dispute, so another supervisor decides.")

    supervisor = somebody(SUPERVISOR)
    supervisor.go("/breaches/?state=disputed")
    supervisor.page.locator(f"main a[href='/duties/{duty}/breach/']").first.click()
    supervisor.press("Decide about the dispute")
    supervisor.page.locator("[name=answer][value=uphold]").check()
    supervisor.page.locator("[name=because]").fill("Their email of the 2nd says so.")
    supervisor.picture("breach-4-dispute")
    supervisor.press("Save")
    supervisor.sees("Dispute upheld. Who answers: Somebody else", "Their email of the 2nd says so.")
    supervisor.go("/excuses/")
    supervisor.picture("breach-5-excuses")
    supervisor.page.locator("main table a").first.click()
    supervisor.picture("breach-6-excuse")
