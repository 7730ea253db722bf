"""Friday night: a suspect walks free, and the victim is rung within the hour, whoever is on duty."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils.translation import override

from compliance.models import Duty
from contacts.actions import log
from contacts.models import Contact, OnCall, UrgentCall
from contacts.reaching import clearance_for
from contacts.urgent import (
    SEXUAL_CLASSES,
    Danger,
    Standards,
    dangers,
    due_at,
    is_out_of_hours,
    is_rung_about,
    on_call_day,
)
from contacts.urgent_calls import look_at, say_what_is_late, set_aside, set_on_call, standards_on
from tests.factories import LeaveFactory, ParticipantFactory, SafeContactFactory, UserFactory, london
from victimcare.accounts.models import Notification, StaffMail, User
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.actions import close, decide_standard, propose_standard
from victimcare.cases.events import correct_event, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Exclusion, Participant, SafeContact
from victimcare.cases.offence_groups import GROUPS
from victimcare.cases.safe_contact import Channel
from victimcare.faults import NotAllowed, Refused
from victimcare.govuk.dates import moment
from victimcare.working_days import england_and_wales

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]

STANDARDS = Standards(timedelta(minutes=60), frozenset(Danger), opens=9, closes=17)
BANK_HOLIDAYS = england_and_wales()


@pytest.fixture
def abused(victim):
    """Siân Evans, of whose case domestic abuse is flagged."""
    Case.objects.filter(pk=victim.case_id).update(flags=["DA"])
    victim.case.refresh_from_db()
    return victim


@pytest.fixture
def on_call(unit, supervisor):
    """Another supervisor, on call on Friday 20 November."""
    other = UserFactory(username="oncall", display_name="Owain Call", team=unit, roles=[Role.SUPERVISOR])
    OnCall.objects.create(team=unit, on=date(2026, 11, 20), user=other)
    return other


def release(victim, at, *, kind=Kind.SUSPECT_BAILED, by=None):
    return record_event(case=victim.case, kind=kind, occurred=at, by=by)


def ring(victim, by, at, *, tells=(), outcome="reached", channel="phone"):
    cleared = clearance_for(victim, Channel(channel), at) if channel == "phone" else None
    return log(
        participant=victim, direction="out", channel=channel, outcome=outcome, at=at, note="", tells=tells,
        clearance=cleared, why_again="Urgent.", by=by,
    )  # fmt: skip


def heard():
    return set(Notification.objects.filter(kind="urgent_call").values_list("recipient__username", flat=True))


# --- The rule --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "relationship", "offence", "found"),
    [
        (["DA"], "", "8N", {Danger.ABUSE}),
        (["STALKING"], "", "8N", {Danger.STALKING}),
        (["RASSO"], "", "8N", {Danger.SEXUAL}),
        ([], "EX_PARTNER", "8N", {Danger.ABUSE}),
        ([], "STRANGER", "8Q", {Danger.STALKING}),
        ([], "", "19c", {Danger.SEXUAL}),
        (["DA", "STALKING"], "", "8N", {Danger.ABUSE, Danger.STALKING}),
        (["HATE"], "NEIGHBOUR", "8N", set()),
    ],
)
def test_who_is_in_danger(flags, relationship, offence, found):
    assert dangers(flags, relationship, offence) == found


def test_the_sexual_offences_are_those_the_dashboards_count():
    assert GROUPS["sexual"].classes == SEXUAL_CLASSES


def test_an_arrest_is_no_release_and_an_old_release_is_told_as_the_code_says():
    known = london(2026, 11, 20, 21)
    assert not is_rung_about("SUSPECT_ARRESTED", known, known)
    assert is_rung_about("SUSPECT_BAILED", known - timedelta(hours=71), known)
    assert not is_rung_about("SUSPECT_BAILED", known - timedelta(hours=73), known)


@pytest.mark.parametrize(
    ("moment", "is_out", "turn"),
    [
        (london(2026, 11, 20, 16, 59), False, date(2026, 11, 20)),
        (london(2026, 11, 20, 17, 0), True, date(2026, 11, 20)),
        (london(2026, 11, 21, 0, 10), True, date(2026, 11, 20)),  # past midnight it is still Friday's turn
        (london(2026, 11, 21, 8, 59), True, date(2026, 11, 20)),
        (london(2026, 11, 21, 9, 0), True, date(2026, 11, 21)),  # Saturday
        (london(2026, 12, 25, 11, 0), True, date(2026, 12, 25)),  # a bank holiday, a Friday
        (london(2026, 7, 1, 9, 0), False, date(2026, 7, 1)),  # nine in London, eight in UTC
        (london(2026, 7, 1, 8, 59), True, date(2026, 6, 30)),
    ],
)
def test_out_of_hours_is_what_the_clock_in_london_says(moment, is_out, turn):
    moment = moment.astimezone(UTC)
    assert is_out_of_hours(moment, STANDARDS, bank_holidays=BANK_HOLIDAYS) is is_out
    assert on_call_day(moment, STANDARDS) == turn


@pytest.mark.parametrize(
    ("known", "due"),
    [
        # The clocks go back at 01:00 UTC on 25 October 2026: half past one comes twice in London.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, tzinfo=UTC)),
        # They go forward at 01:00 UTC on 28 March 2027.
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), datetime(2026, 11, 21, 0, 30, tzinfo=UTC)),
    ],
)
def test_an_hour_is_an_hour_whatever_the_clocks_do(known, due):
    assert due_at(known, STANDARDS) == due


# --- Raised, and who hears -------------------------------------------------------------------------


def test_a_release_on_friday_night_is_raised_at_once_and_falls_to_who_is_on_call(
    abused, on_call, officer, monday
):
    monday.move_to(london(2026, 11, 20, 21, 40))
    event = release(abused, london(2026, 11, 20, 21, 10))
    call = UrgentCall.objects.get()
    assert (call.event, call.due_at, call.asked) == (event, london(2026, 11, 20, 22, 40), on_call)
    assert call.is_out_of_hours and call.dangers == ["abuse"]
    assert heard() == {"oncall"}


def test_the_email_says_nothing_but_that_there_is_something(abused, on_call, monday):
    monday.move_to(london(2026, 11, 20, 21, 40))
    release(abused, london(2026, 11, 20, 21, 10))
    mail = StaffMail.objects.get()
    assert mail.recipient == on_call and mail.is_urgent
    said = f"{mail.subject} {mail.body}"
    for secret in ("Siân", "Evans", abused.reference, abused.case.reference, "bail", "abuse", "07700"):
        assert secret not in said
    assert "By Fri 20 Nov, 22:40." in said


def test_the_email_is_in_its_readers_language_and_names_the_day(abused, on_call, monday):
    User.objects.filter(pk=on_call.pk).update(language="cy")
    monday.move_to(london(2026, 11, 20, 23, 40))
    with override("en-gb"):
        release(abused, london(2026, 11, 20, 23, 10))
    said = StaffMail.objects.get().body
    with override("cy"):
        assert moment(london(2026, 11, 21, 0, 40)) in said  # tomorrow, when it was written
    assert "Sat 21 Nov" not in said


def test_in_hours_it_falls_to_their_officer_or_to_who_covers(abused, officer, colleague, monday):
    release(abused, london(2026, 11, 23, 9, 50))
    assert UrgentCall.objects.get().asked == officer
    LeaveFactory(user=officer, covered_by=colleague)
    release(abused, london(2026, 11, 23, 9, 55), kind=Kind.BAIL_CHANGED)
    assert UrgentCall.objects.order_by("pk").last().asked == colleague


def test_where_nobody_is_on_call_every_supervisor_of_the_team_hears(abused, supervisor, unit, monday):
    UserFactory(username="other", team=unit, roles=[Role.SUPERVISOR])
    UserFactory(username="elsewhere", roles=[Role.SUPERVISOR], team=None)
    monday.move_to(london(2026, 11, 20, 21, 40))
    release(abused, london(2026, 11, 20, 21, 10))
    assert UrgentCall.objects.get().asked is None
    assert heard() == {"supervisor", "other"}


def test_who_must_not_know_of_the_case_is_not_told(abused, on_call, supervisor, monday):
    Exclusion.objects.create(case=abused.case, user=on_call, reason="Her cousin", declared_by=supervisor)
    monday.move_to(london(2026, 11, 20, 21, 40))
    release(abused, london(2026, 11, 20, 21, 10))
    assert heard() == {"supervisor"}


def test_who_opted_out_is_rung_all_the_same_and_who_died_is_not(abused, officer, supervisor, monday):
    close(
        participant=abused, reason=Participant.Closure.OPTED_OUT, version=abused.version,
        despite="Asked us to stop.", by=officer,
    )  # fmt: skip
    dead = ParticipantFactory(case=abused.case, team=officer.team)
    dead.person.date_of_death = date(2026, 11, 19)
    dead.person.save()
    release(abused, london(2026, 11, 23, 9, 50))
    assert [call.participant for call in UrgentCall.objects.all()] == [abused]


def test_a_crime_without_danger_raises_nothing(victim, monday):
    release(victim, london(2026, 11, 23, 9, 50))
    assert not UrgentCall.objects.exists()


def test_it_is_raised_once_however_often_the_sweep_runs(abused, officer, monday):
    release(abused, london(2026, 11, 23, 9, 50))
    assert look_at() == 0 and look_at([abused.case_id]) == 0
    assert UrgentCall.objects.count() == Notification.objects.filter(kind="urgent_call").count() == 1


def test_what_a_crash_left_behind_is_raised_by_the_sweep(abused, monday, monkeypatch):
    monkeypatch.setattr("victimcare.cases.events.announce", lambda _ids: None)
    release(abused, london(2026, 11, 23, 9, 50))
    assert not UrgentCall.objects.exists()
    monday.move_to(london(2026, 11, 25, 10, 0))
    assert look_at() == 1
    assert UrgentCall.objects.get().due_at == london(2026, 11, 23, 11, 0)  # the clock ran all the same


def test_two_supervisors_decide_how_long_and_about_what(abused, supervisor, monday):
    for key, value in (("ring_within", 30), ("ring_abuse", 0)):
        row = propose_standard(
            key=key, value=value, effective_from=date(2026, 11, 23), reason="Agreed", number=0, by=supervisor
        )
        decide_standard(standard=row, is_approved=True, by=UserFactory(roles=[Role.SUPERVISOR]))
    assert standards_on(date(2026, 11, 23)).within == timedelta(minutes=30)
    release(abused, london(2026, 11, 23, 9, 50))
    assert not UrgentCall.objects.exists()


# --- Met, late, set aside --------------------------------------------------------------------------


def test_a_call_that_reached_her_and_told_it_ends_it(abused, officer, monday):
    event = release(abused, london(2026, 11, 23, 9, 50))
    monday.move_to(london(2026, 11, 23, 10, 20))
    contact = ring(abused, officer, london(2026, 11, 23, 10, 15), tells=[event])
    call = UrgentCall.objects.get()
    assert (call.ended_as, call.met_by, call.is_in_time) == ("met", contact, True)
    assert not Notification.objects.filter(kind="urgent_call", settled_at=None).exists()


@pytest.mark.parametrize("outcome", ["no_answer", "wrong_number"])
def test_an_attempt_does_not_end_it(abused, officer, monday, outcome):
    release(abused, london(2026, 11, 23, 9, 50))
    ring(abused, officer, london(2026, 11, 23, 9, 58), outcome=outcome)
    assert UrgentCall.objects.open().count() == 1


def test_a_call_about_something_else_does_not_end_it(abused, officer, monday):
    release(abused, london(2026, 11, 23, 9, 50))
    ring(abused, officer, london(2026, 11, 23, 9, 58))
    assert UrgentCall.objects.open().count() == 1


def test_what_was_told_after_the_hour_is_late_and_no_breach_of_the_code(abused, officer, supervisor, monday):
    event = release(abused, london(2026, 11, 23, 9, 50))
    monday.move_to(
        london(
            2026,
            11,
            23,
            11,
            0,
        )
        + timedelta(seconds=30)
    )
    assert say_what_is_late(london(2026, 11, 23, 11, 0) + timedelta(seconds=30)) == 1
    assert say_what_is_late(london(2026, 11, 23, 11, 5)) == 0
    assert Notification.objects.get(kind="urgent_call_late").recipient == supervisor
    ring(abused, officer, london(2026, 11, 23, 11, 0), tells=[event])
    monday.move_to(london(2026, 11, 23, 12))
    call = UrgentCall.objects.get()
    assert call.ended_as == "met" and call.is_in_time  # on the minute is in time
    assert set(Duty.objects.current().filter(event=event).values_list("status", flat=True)) == {"met"}


def test_a_release_that_never_happened_is_rung_about_no_more(abused, officer, monday):
    event = release(abused, london(2026, 11, 23, 9, 50), by=officer)
    correct_event(event=event, occurred=None, detail="Another man.", by=officer)
    assert UrgentCall.objects.get().ended_as == "withdrawn"


def test_a_corrected_time_keeps_the_clock_and_what_was_told(abused, officer, monday):
    event = release(abused, london(2026, 11, 23, 9, 30), by=officer)
    monday.move_to(london(2026, 11, 23, 10, 30))
    correct_event(event=event, occurred=london(2026, 11, 23, 9, 40), detail="Ten minutes later.", by=officer)
    old, new = UrgentCall.objects.order_by("pk")
    assert (old.ended_as, new.ended_as) == ("withdrawn", "")
    assert new.due_at == old.due_at


def test_a_supervisor_sets_one_aside_with_the_reason(abused, supervisor, officer, monday):
    release(abused, london(2026, 11, 23, 9, 50), kind=Kind.BAIL_CHANGED)
    call = UrgentCall.objects.get()
    with pytest.raises(NotAllowed):
        set_aside(call=call, because="Stricter", version=call.version, by=officer)
    with pytest.raises(Refused):
        set_aside(call=call, because="  ", version=call.version, by=supervisor)
    set_aside(call=call, because="The conditions are stricter.", version=call.version, by=supervisor)
    call.refresh_from_db()
    assert (call.ended_as, call.set_aside_by) == ("set_aside", supervisor)


def test_each_supervisor_sees_whose_each_call_is_and_may_take_it_over(
    abused, on_call, supervisor, sign_in, monday
):
    monday.move_to(london(2026, 11, 20, 21, 40))
    SafeContact.objects.filter(person=abused.person).update(phone="")  # nobody asked
    release(abused, london(2026, 11, 20, 21, 10))
    call = UrgentCall.objects.get()
    hers, his = sign_in(supervisor), sign_in(on_call)
    shown = his.get(reverse("desk:today")).context
    row = shown["urgent"][0]
    assert "It is yours." in row["note_for_me"] and not shown["with_others"]
    # At 21:40 the gate forbids the call: the row says what may be done, and no number.
    assert "in person, do not ring" in row["what"] and "see them alone" in row["how"]
    assert row["button"]["label"] == "Log how they were told" and not row["button"]["is_primary"]
    assert abused.person.phone_mobile not in row["how"]
    assert "see them alone" in his.get(reverse("desk:urgent-call", args=[call.reference])).text
    shown = hers.get(reverse("desk:today")).context
    assert not shown["urgent"] and "It is with Owain Call." in shown["with_others"][0]["note_for_me"]
    assert "It is with Owain Call." in hers.get(reverse("desk:urgent")).content.decode()
    take = reverse("desk:take-urgent", args=[call.reference])
    assert hers.post(take, {"version": call.version}).status_code == 302
    assert UrgentCall.objects.get().asked == supervisor
    his.post(take, {"version": call.version})  # too late: she was first
    assert UrgentCall.objects.get().asked == supervisor
    assert hers.get(reverse("desk:today")).context["urgent"]
    assert his.get(reverse("desk:today")).context["with_others"]
    assert his.post(take, {"version": "9" * 5000}).status_code == 302  # no number of ours, and no fault
    monday.move_to(london(2026, 11, 20, 22, 41))  # late: everybody's
    late = sign_in(on_call)
    assert late.get(reverse("desk:today")).context["urgent"]
    UrgentCall.objects.update(ended_as="withdrawn", ended_at=london(2026, 11, 20, 22, 42))
    assert "This has ended already." in late.post(take, {"version": 2}, follow=True).text


def test_who_is_on_call_past_midnight_is_whose_turn_began_the_day_before(on_call, monday, sign_in):
    for hour, said in (
        (london(2026, 11, 20, 14), "Owain Call is on call tonight."),
        (london(2026, 11, 21, 0, 10), "Owain Call is on call now."),
        (london(2026, 11, 21, 10), "Nobody is on call now: every supervisor is told."),
    ):
        monday.move_to(hour)
        assert said in sign_in(on_call).get(reverse("desk:urgent")).content.decode()


# --- The pages -------------------------------------------------------------------------------------


def test_what_was_tried_yesterday_is_said_with_its_day(abused, as_officer, supervisor):
    release(abused, london(2026, 11, 22, 13, 0))
    ring(abused, supervisor, london(2026, 11, 22, 13, 25), outcome="no_answer")
    page = as_officer.get(reverse("desk:today")).content.decode()
    assert "Tried 1 time; last on Sun 22 Nov, 13:25: no answer." in page
    assert "last at 13:25" not in page


def test_an_hour_that_ended_yesterday_is_said_with_its_day(abused, officer, sign_in, monday):
    release(abused, london(2026, 11, 23, 9, 50))
    monday.move_to(london(2026, 11, 24, 9, 0))
    assert "by Mon 23 Nov, 11:00" in sign_in(officer).get(reverse("desk:today")).content.decode()


def test_a_call_made_in_time_on_another_day_says_the_day(abused, supervisor, sign_in):
    release(abused, london(2026, 11, 22, 13, 0))
    bailed = abused.case.events.get(kind=Kind.SUSPECT_BAILED)
    ring(abused, supervisor, london(2026, 11, 22, 13, 25), tells=[bailed])
    page = sign_in(supervisor).get(reverse("desk:urgent")).content.decode()
    assert "Reached Sun 22 Nov, 13:25, in time" in page


def test_it_stands_on_top_of_today_with_what_was_tried(
    abused, officer, as_officer, supervisor, sign_in, monday
):
    release(abused, london(2026, 11, 23, 9, 50))
    ring(abused, officer, london(2026, 11, 23, 9, 58), outcome="no_answer")
    for browser, heading in (
        (as_officer, "To be told at once"),
        (sign_in(supervisor), "with somebody else: 1"),
    ):
        page = browser.get(reverse("desk:today")).content.decode()
        assert "now: the bail" in page
        assert "Tried 1 time; last at 09:58: no answer." in page
        assert "by 11:00" in page
        assert page.index(heading) < page.index("desk-work__row")


def test_it_is_on_the_day_of_nobody_else(abused, as_stranger, colleague, sign_in, monday):
    release(abused, london(2026, 11, 23, 9, 50))
    for browser in (as_stranger, sign_in(colleague)):
        assert "Siân" not in browser.get(reverse("desk:today")).content.decode()


def test_the_list_says_what_became_of_each(abused, officer, as_supervisor, monday):
    event = release(abused, london(2026, 11, 23, 9, 50))
    monday.move_to(london(2026, 11, 23, 12, 30))
    assert "Missed: nobody has reached them" in as_supervisor.get(reverse("desk:urgent")).content.decode()
    ring(abused, officer, london(2026, 11, 23, 12, 10), tells=[event])
    page = as_supervisor.get(reverse("desk:urgent")).content.decode()
    assert "1 hour 10 late" in page
    assert AccessEntry.objects.filter(field_group="urgent calls").exists()


def test_the_list_costs_the_same_for_many(abused, as_supervisor, monday, django_assert_max_num_queries):
    for minute in range(30):
        release(abused, london(2026, 11, 23, 9, minute))
    with django_assert_max_num_queries(14):
        as_supervisor.get(reverse("desk:urgent"))
    with django_assert_max_num_queries(45):
        as_supervisor.get(reverse("desk:today"))


def test_another_teams_call_is_not_there(abused, sign_in, monday):
    release(abused, london(2026, 11, 23, 9, 50))
    elsewhere = sign_in(UserFactory(roles=[Role.SUPERVISOR], team=None))
    assert "Siân" not in elsewhere.get(reverse("desk:urgent")).content.decode()
    call = UrgentCall.objects.get()
    assert elsewhere.get(reverse("desk:urgent-call", args=[call.reference])).status_code == 404


def test_a_supervisor_sets_it_aside_on_its_page(abused, as_supervisor, monday):
    release(abused, london(2026, 11, 23, 9, 50))
    call = UrgentCall.objects.get()
    url = reverse("desk:urgent-call", args=[call.reference])
    assert as_supervisor.post(url, {"because": "", "version": call.version}).status_code == 422
    assert as_supervisor.post(url, {"because": "Told in custody.", "version": 0}).status_code == 422
    answer = as_supervisor.post(url, {"because": "Told in custody.", "version": call.version})
    assert answer.status_code == 302
    assert "Told in custody." in as_supervisor.get(reverse("desk:urgent")).content.decode()


def test_a_supervisor_enters_a_week(unit, supervisor, as_supervisor, officer, monday):
    url = reverse("desk:on-call") + "?week=2026-11-25"
    page = as_supervisor.get(url).content.decode()
    assert "Monday 23 November 2026, and the night after" in page
    week = {f"on_2026-11-{day}": supervisor.pk for day in (24, 25, 27)}
    assert as_supervisor.post(url, week).status_code == 302
    assert set(OnCall.objects.values_list("on", "user")) == {
        (date(2026, 11, day), supervisor.pk) for day in (24, 25, 27)
    }
    assert as_supervisor.post(url, {"on_2026-11-24": supervisor.pk}).status_code == 302
    assert OnCall.objects.count() == 1
    assert as_supervisor.post(url, {"on_2026-11-24": officer.pk}).status_code == 422


def test_a_day_that_is_past_stands_as_it_was(unit, supervisor, on_call, monday):
    with pytest.raises(Refused):
        set_on_call(team=unit, turns={date(2026, 11, 20): supervisor}, by=supervisor)
    with pytest.raises(NotAllowed):
        set_on_call(
            team=unit,
            turns={date(2026, 11, 24): supervisor},
            by=UserFactory(roles=[Role.SUPERVISOR], team=None),
        )


@pytest.mark.parametrize("week", ["", "x", "2026-02-30", "9999-12-31", "0001-01-01", "2026-W11-1"])
def test_an_odd_week_is_this_week(as_supervisor, monday, week):
    assert "23 November 2026" in as_supervisor.get(reverse("desk:on-call"), {"week": week}).content.decode()


def test_an_answer_by_text_does_not_end_it(abused, officer, monday):
    event = release(abused, london(2026, 11, 23, 9, 50))
    SafeContactFactory.build()  # her text is safe, but a text is no conversation
    log(
        participant=abused, direction="out", channel="text", outcome="sent", at=london(2026, 11, 23, 9, 55),
        note="", tells=[event], clearance=clearance_for(abused, Channel.TEXT, london(2026, 11, 23, 9, 55)),
        by=officer,
    )  # fmt: skip
    assert UrgentCall.objects.open().exists()
    assert Contact.objects.get().outcome == "sent"
