"""An update nobody gave climbs to the supervisor; whoever covers hears during leave; a reminder can wait."""

import json

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]
OFFICER, COVER, SUPERVISOR = "Nerys Bowen", "Priya Nair", "Mared Gwynne"

# One of the officer's own, with nobody else's work on her pages beside it; the update was due two weeks ago.
LATE = f"""
import json
from datetime import timedelta
from contacts.models import ContactPlan
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.models import Participant
officer = User.objects.get(display_name="{OFFICER}")
part = Participant.objects.victims().filter(officer=officer, closed_at=None, case__is_restricted=False).order_by("pk")[0]
due_on = clock.today() - timedelta(days=14)
plan = ContactPlan.objects.current().filter(participant=part).first() or ContactPlan(
    participant=part, channels=["phone"], agreed_on=due_on, agreed_with="the victim", agreed_by=officer)
plan.due_on, plan.is_paused = due_on, False
plan.save()
print(json.dumps([part.reference, part.person.name, officer.reference]))
"""


def standing(service, subject):
    """Who is told of this person's update, and how loudly, at this moment."""
    rows = service.ask(
        "import json; from victimcare.accounts.models import Notification as N; print(json.dumps(list(N.objects.filter("
        f"kind='update_due', subject='{subject}', settled_at=None).values_list('recipient__display_name', 'level'))))"
    )
    return {tuple(row) for row in rows}


def test_an_overdue_plan_climbs_and_whoever_covers_hears(somebody, service):
    subject, name, officer_reference = service.ask(LATE)
    service.manage("sweep")
    again = json.loads(service.manage("sweep", "--json"))
    assert again["created"] == 0
    assert {(OFFICER, "overdue"), (SUPERVISOR, "escalated")} <= standing(service, subject)

    supervisor = somebody(SUPERVISOR)
    supervisor.go("/notifications/")
    supervisor.sees(f"An agreed update is due: {name}", "Escalated to the supervisor")
    supervisor.picture("reminders-1-escalated")

    officer = somebody(OFFICER)
    officer.go("/notifications/")
    officer.sees(f"An agreed update is due: {name}", "Overdue")
    officer.picture("reminders-2-overdue")

    # She is away from today; the supervisor writes it down, and who covers.
    supervisor.go(f"/people/{officer_reference}/leave")
    today = service.ask("import json; from victimcare import clock; print(json.dumps(str(clock.today())))")
    for field in ("from_on", "until_on"):
        for part, typed in zip(("year", "month", "day"), today.split("-"), strict=True):
            supervisor.page.locator(f"[name={field}_{part}]").fill(typed)
    supervisor.page.get_by_label("Training").check()
    supervisor.page.locator("[name=covered_by]").select_option(label=COVER)
    supervisor.page.locator("main form button[type=submit]").first.click()
    supervisor.page.wait_for_load_state()

    cover = somebody(COVER)
    cover.waits_until(lambda: (COVER, "overdue") in standing(service, subject), seconds=75)
    assert (OFFICER, "overdue") not in standing(service, subject)
    cover.go("/notifications/")
    cover.sees(f"An agreed update is due: {name}")
    cover.picture("reminders-3-cover")

    # It can wait, for a reason; the supervisor goes on hearing of it.
    cover.page.locator(".desk-work__row", has_text=name).get_by_role("button", name="Put off").first.click()
    cover.page.wait_for_load_state()
    cover.page.get_by_label("Why can it wait?").fill("She asked us to ring on Wednesday.")
    cover.picture("reminders-4-put-off")
    cover.press("Put it off")
    cover.sees("Put off until", "She asked us to ring on Wednesday.")
    cover.picture("reminders-5-waits")
    assert (SUPERVISOR, "escalated") in standing(service, subject)
