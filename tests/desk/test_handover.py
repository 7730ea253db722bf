"""Whoever takes over reads the brief and says so."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Promise, UrgentCall
from referrals import actions
from referrals.models import HandedOver, Handover
from referrals.tasks import hand_over_for_leave
from tests.factories import (
    ContactFactory,
    EventFactory,
    LeaveFactory,
    ParticipantFactory,
    ReferralFactory,
    SafeContactFactory,
    UserFactory,
    london,
)
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.kinds import Kind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def text(response):
    return response.content.decode()


@pytest.fixture
def leave(officer, colleague):
    return LeaveFactory(user=officer, covered_by=colleague)


@pytest.fixture
def brief(victim, leave):
    """Olwen is away all week and Col covers: the page of what he must know."""
    hand_over_for_leave()
    return reverse("desk:handover", args=[Handover.objects.get().reference])


# --- Cover -----------------------------------------------------------------------------------------


def test_cover_is_handed_over_and_the_colleague_is_told_once(brief, colleague, victim):
    hand_over_for_leave()
    assert HandedOver.objects.get().participant == victim
    told = Notification.objects.get(recipient=colleague, kind="handover")
    assert told.url == brief


def test_the_brief_says_who_how_told_promised_and_what_next(brief, officer, colleague, victim, sign_in):
    arrest = EventFactory(case=victim.case)
    ContactFactory(participant=victim, by=officer, note="She cried.").tells.add(arrest)
    Promise.objects.create(
        participant=victim, what="Ring about bail", due_on=date(2026, 11, 24), made_by=officer
    )
    page = text(sign_in(colleague).get(brief))
    assert "Handover from Olwen Officer: 1 person" in page and "Siân Evans" in page
    assert "Suspect arrested, told Thu 19 Nov by phone" in page
    assert "Ring about bail, by Tue 24 Nov (Olwen Officer, Mon 23 Nov)" in page
    assert "Promise to Siân Evans: Ring about bail." in page
    assert victim.person.phone_mobile in page and "No voicemail, post." in page
    assert "what somebody else in their case told us" in page
    assert AccessEntry.objects.get(field_group="handover").subjects == [victim.reference]


def test_what_another_victim_told_us_is_on_nobody_elses_brief(brief, colleague, victim, sign_in):
    other = ParticipantFactory(case=victim.case, team=victim.team)
    ContactFactory(participant=other, note="secret").tells.add(
        EventFactory(case=victim.case, participant=other)
    )
    assert "secret" not in text(sign_in(colleague).get(brief))


def test_a_code_word_is_never_on_paper(brief, colleague, victim, sign_in):
    victim.person.safe_contact.code_word = "bluebell"
    victim.person.safe_contact.save()
    page = text(sign_in(colleague).get(brief, {"all": "1"}))
    assert "bluebell" not in page and "Code word on file." in page


def test_the_most_urgent_comes_first(brief, officer, colleague, victim, sign_in):
    urgent = ParticipantFactory(officer=officer, team=officer.team, person__given_names="Mair")
    ReferralFactory(
        participant=urgent, status="allocated", allocated_at=london(2026, 11, 20), due_on=date(2026, 11, 20)
    )
    hand_over_for_leave()
    page = text(sign_in(colleague).get(brief))
    assert page.index("Mair Evans") < page.index("Siân Evans")


def test_whoever_takes_over_ticks_whom_they_have_read(brief, colleague, supervisor, victim, sign_in):
    col = sign_in(colleague)
    assert "Sue" not in text(col.get("/")) and "Olwen Officer hands 1 person over to you." in text(
        col.get("/")
    )
    assert "handed over, not received" in text(sign_in(supervisor).get("/"))
    assert "Tick the people" in text(col.post(brief, {}, follow=True))
    assert "1 person received." in text(col.post(brief, {"person": victim.reference}, follow=True))
    assert "All received." in text(col.get(brief)) and "hands 1 person" not in text(col.get("/"))
    assert Notification.objects.get(kind="handover").read_at


def test_nobody_ticks_for_somebody_else(brief, as_supervisor, victim):
    assert "Not received yet" in text(as_supervisor.get(brief))
    assert as_supervisor.post(brief, {"do": "all"}).status_code == 403
    assert HandedOver.objects.get().received_at is None


def test_the_supervisor_sees_what_is_not_received(brief, as_supervisor, colleague, sign_in):
    page = text(as_supervisor.get(reverse("desk:handovers")))
    assert "Olwen Officer to Col League" in page and "Annual leave, Mon 23 Nov – Fri 27 Nov" in page


def test_strangers_and_others_of_the_team_do_not_open_it(brief, as_stranger, unit, sign_in):
    assert as_stranger.get(brief).status_code == 404
    assert sign_in(UserFactory(team=unit)).get(brief).status_code == 404
    assert "Nobody is handed over" in text(as_stranger.get(reverse("desk:handovers")))


def test_whom_the_cover_may_not_see_is_left_to_the_supervisor(
    officer, victim, leave, as_supervisor, colleague, sign_in
):
    restricted = ParticipantFactory(officer=officer, team=officer.team, case__is_restricted=True)
    hand_over_for_leave()
    assert not HandedOver.objects.filter(participant=restricted).exists()
    page = reverse("desk:handover", args=[Handover.objects.get().reference])
    assert "1 open case of Olwen Officer is not covered" in text(as_supervisor.get(page))
    assert "not covered" not in text(sign_in(colleague).get(page))


def test_who_comes_to_the_officer_away_is_added(brief, officer, colleague):
    ParticipantFactory(officer=officer, team=officer.team)
    hand_over_for_leave()
    assert HandedOver.objects.count() == 2


def test_after_the_leave_nothing_is_shown(brief, colleague, victim, sign_in, monday):
    monday.shift(timedelta(days=5))
    page = text(sign_in(colleague).get(brief))
    assert "This cover is over" in page and "Siân" not in page


def test_leave_that_is_cancelled_or_without_cover_hands_nothing_over(officer, colleague, victim):
    LeaveFactory(user=officer)
    LeaveFactory(user=officer, covered_by=colleague, cancelled_at=london(2026, 11, 20))
    LeaveFactory(user=officer, covered_by=colleague, from_on=date(2026, 12, 7), until_on=date(2026, 12, 8))
    hand_over_for_leave()
    assert not Handover.objects.exists()


def test_sixty_people_cost_no_more_queries_than_thirty(brief, officer, colleague, sign_in):
    browser, counts = sign_in(colleague), []
    for n in (29, 30):
        for person in ParticipantFactory.create_batch(n, officer=officer, team=officer.team):
            SafeContactFactory(person=person.person)
            ContactFactory(participant=person, by=officer).tells.add(EventFactory(case=person.case))
            ReferralFactory(participant=person, status="allocated", allocated_at=london(2026, 11, 20))
        hand_over_for_leave()
        browser.get(brief)
        with CaptureQueriesContext(connection) as found:
            page = text(browser.get(brief))
        assert page.count("desk-brief__tick") == 25
        counts.append(len(found))
    assert counts[0] == counts[1] <= 25
    assert text(browser.get(brief, {"all": "1"})).count("desk-brief__tick") == 60


# --- For good --------------------------------------------------------------------------------------


def move(client, leaver, *pairs, reason="Olwen leaves on Friday.", do="save"):
    data = {
        "do": do,
        "reason": reason,
        "shown": [f"{person.reference}:{person.version}" for person, _to in pairs],
        "referral": [person.reference for person, _to in pairs],
    }
    data |= {f"officer-{person.reference}": str(to.pk) for person, to in pairs}
    return client.post(reverse("referrals:reallocate", args=[leaver.reference]), data, follow=True)


def test_people_of_a_leaver_are_given_to_others_with_the_brief(as_supervisor, officer, colleague, victim):
    page = text(as_supervisor.get(reverse("referrals:reallocate", args=[officer.reference])))
    assert "Olwen Officer: 1 open victim" in page and f'<option value="{officer.pk}"' not in page
    assert "The brief is with them." in text(move(as_supervisor, officer, (victim, colleague)))
    victim.refresh_from_db()
    handover = Handover.objects.get()
    assert (victim.officer, handover.to_officer, handover.reason) == (
        colleague,
        colleague,
        "Olwen leaves on Friday.",
    )
    assert Notification.objects.get(kind="handover").recipient == colleague


def test_nobody_changes_hands_without_a_reason(as_supervisor, officer, colleague, victim):
    assert "Say why they change hands" in text(move(as_supervisor, officer, (victim, colleague), reason=""))
    victim.refresh_from_db()
    assert victim.officer == officer


def test_all_of_a_leaver_are_spread_over_the_team(as_supervisor, officer, colleague, unit):
    other = UserFactory(team=unit)
    people = ParticipantFactory.create_batch(30, officer=officer, team=unit)
    officer.is_active = False
    officer.save()
    assert "30 changes" in text(move(as_supervisor, officer, do="all"))
    assert "30 victims have another officer." in text(move(as_supervisor, officer))
    assert not officer.participant_set.exists() if hasattr(officer, "participant_set") else True
    taken = {handover.to_officer: handover.people.count() for handover in Handover.objects.all()}
    assert taken == {colleague: 15, other: 15} and len(people) == 30


def test_whoever_moved_meanwhile_is_named(as_supervisor, supervisor, officer, colleague, victim):
    choices = {victim.reference: (colleague, None)}
    actions.reallocate(choices=choices, from_officer=officer, reason="Too much.", by=supervisor)
    victim.refresh_from_db()
    said = text(move(as_supervisor, officer, (victim, colleague)))
    assert "Not moved: Siân Evans: a colleague gave them to Col League meanwhile" in said


def test_the_next_transfer_takes_the_brief_along(
    as_supervisor, supervisor, officer, colleague, unit, victim, sign_in
):
    third = UserFactory(team=unit, display_name="Third")
    for giver, taker in ((officer, colleague), (colleague, third)):
        actions.reallocate(
            choices={victim.reference: (taker, None)}, from_officer=giver, reason="Balance.", by=supervisor
        )
    assert "hands 1 person" not in text(sign_in(colleague).get("/"))
    assert "Col League hands 1 person over to you." in text(sign_in(third).get("/"))


def test_another_teams_people_cannot_be_moved(as_supervisor, stranger):
    theirs = ParticipantFactory(officer=stranger, team=stranger.team)
    assert move(as_supervisor, stranger, (theirs, stranger)).status_code == 404
    supervisor = UserFactory(team=stranger.team, roles=[Role.SUPERVISOR])
    with pytest.raises(actions.Refused):
        actions.reallocate(choices={}, from_officer=stranger, reason=" ", by=supervisor)


def test_the_timeline_says_who_took_over(supervisor, officer, colleague, victim):
    choices = {victim.reference: (colleague, None)}
    actions.reallocate(choices=choices, from_officer=officer, reason="Too much.", by=supervisor)
    assert victim.events.get(kind=Kind.OFFICER_ALLOCATED).detail == "Col League"


def test_whoever_is_to_be_rung_now_comes_first_and_says_so(brief, officer, colleague, victim, sign_in):
    late = ParticipantFactory(officer=officer, team=officer.team, person__given_names="Mair")
    ReferralFactory(
        participant=late, status="allocated", allocated_at=london(2026, 11, 20), due_on=date(2026, 11, 20)
    )
    UrgentCall.objects.create(
        participant=victim, event=EventFactory(case=victim.case, kind=Kind.SUSPECT_BAILED), dangers=["abuse"],
        known_at=london(2026, 11, 23, 9), due_at=london(2026, 11, 23, 10), is_out_of_hours=False,
    )  # fmt: skip
    hand_over_for_leave()
    page = text(sign_in(colleague).get(brief))
    assert page.index("Siân Evans") < page.index("Mair Evans")
    assert "To be rung now: by Mon 23 Nov, 10:00. A suspect was released." in page
