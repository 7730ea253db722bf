"""The invented year says what the unit's first year said, counted from the rows."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from compliance.metrics.measuring import measure
from contacts.models import Contact, ContactPlan, ReachDay
from contacts.reminding import remind
from courts.models import WitnessRequirement
from desk.demo.year import ASSESSED, REACHED, share
from referrals.models import Referral
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Case, Person
from victimcare.intake.models import ImportRow
from victimcare.letters.models import Letter

pytestmark = pytest.mark.django_db


def _funnel() -> dict[str, int]:
    said = io.StringIO()
    call_command("funnel", json=True, stdout=said)
    return json.loads(said.getvalue())


def test_a_year_of_any_size_has_the_published_shares_exactly(settings):
    settings.DEMO = True
    call_command("demo", referrals=900, stdout=io.StringIO(), stderr=io.StringIO())
    counted = _funnel()
    assert counted["received"] == 900
    assert counted["reached"] == share(REACHED, 900) == 138
    assert counted["assessed"] == share(ASSESSED, 900) == 115
    assert User.objects.active().with_role(Role.VICTIM_CARE_OFFICER).count() == 19
    assert ContactPlan.objects.exists() and WitnessRequirement.objects.exists() and Letter.objects.exists()
    assert ImportRow.objects.filter(outcome="quarantined").count() == 4
    assert ReachDay.objects.exists()  # the report of what reaches people is not empty for an hour
    _is_a_unit_that_mostly_keeps_its_word()
    assert Person.objects.filter(sex="M").count() > 200
    by_night = Contact.objects.filter(channel="phone", is_by_unit=True).exclude(at__hour__range=(8, 20))
    assert not by_night.exists()
    heard = remind(clock.now())
    assert heard.total and not heard.unheard_teams  # what is late climbs to somebody
    with pytest.raises(CommandError, match="This database holds cases"):
        call_command("demo", stderr=io.StringIO())
    cases = Case.objects.count()
    call_command("demo", if_empty=True, stderr=io.StringIO())
    assert Case.objects.count() == cases


def _is_a_unit_that_mostly_keeps_its_word():
    today = clock.today()
    figures = measure(today - timedelta(days=365), today, snapshot_on=today, keys=("Q1", "M9", "M12"))
    values = {figure.key: figure for figure in figures}
    assert 75 < values["M9"].value < 92 and values["Q1"].value == values["M9"].value
    assert 75 < values["M12"].value < 95 and values["M12"].denominator > 50
    waiting = Referral.objects.unallocated()
    assert (
        20 < waiting.count() < 60
        and waiting.filter(received_at__lt=clock.now() - timedelta(days=5)).count() == 0
    )


def test_nothing_is_invented_where_real_cases_are_kept(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="only for demonstrations"):
        call_command("demo", stderr=io.StringIO())
