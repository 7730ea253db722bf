"""Who takes whom: the board, choosing across pages, saving once, and undoing."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from referrals import actions
from referrals.models import Referral
from tests.factories import (
    CaseFactory,
    EventFactory,
    LeaveFactory,
    ParticipantFactory,
    PersonFactory,
    ReferralFactory,
    SuspectFactory,
    UserFactory,
    london,
)
from victimcare import clock
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Exclusion, Likeness, Participant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
PAGE = reverse("referrals:allocate")


def text(response):
    return response.content.decode()


def waiting(n=1, **fields):
    fields = {"reasons": ["grievous_harm"], **fields}
    return ReferralFactory.create_batch(n, participant__team__name="Victim Care Unit", **fields)


def post(client, *pairs, do="save", shown=(), after=""):
    """Tick these referrals for these officers; `shown` were on the page and are not ticked."""
    rows = [referral for referral, _officer in pairs]
    data = {
        "do": do,
        "shown": [f"{row.reference}:{row.version}" for row in (*rows, *shown)],
        "referral": [row.reference for row in rows],
    }
    data |= {f"officer-{row.reference}": str(officer.pk) if officer else "" for row, officer in pairs}
    return client.post(PAGE + (f"?after={after}" if after else ""), data, follow=True)


# --- What the board shows --------------------------------------------------------------------------


def test_the_board_says_hours_points_leave_languages_and_skills(as_supervisor, officer):
    officer.languages, officer.skills = ["cy", "pl"], ["sexual offences"]
    officer.working_hours = [["09:00", "17:00"]] * 2 + [["09:00", "13:00"]] + [None] * 4
    officer.save()
    LeaveFactory(user=officer, from_on=date(2026, 12, 1), until_on=date(2026, 12, 2))
    ReferralFactory(
        participant__officer=officer, priority=1, status="allocated", allocated_at=london(2026, 11, 19)
    )
    waiting()
    page = text(as_supervisor.get(PAGE))
    assert "3 of 50 points" in page and "20 hours a week. Away from Tue 1 Dec to Wed 2 Dec" in page
    assert "Welsh, Polish" in page and "Sexual offences" in page and "Last allocated Thu 19 Nov" in page


def test_who_has_too_much_is_shown_in_red(as_supervisor, officer):
    officer.caseload_points = 2
    officer.save()
    ReferralFactory(
        participant__officer=officer, priority=1, status="allocated", allocated_at=london(2026, 11, 19)
    )
    waiting()
    page = text(as_supervisor.get(PAGE))
    assert "desk-meter__bar--over" in page and "150%" in page and "1 over" in page


def test_leave_to_come_makes_the_room_smaller(as_supervisor, officer):
    officer.caseload_points = 10
    officer.save()
    LeaveFactory(user=officer, from_on=date(2026, 11, 24), until_on=date(2026, 12, 4))  # 9 of ten days
    waiting(3, priority=3)
    page = text(as_supervisor.get(PAGE))
    assert "2 find nobody with room, from priority 3 on" in page


def test_the_proposal_says_who_is_trained_and_who_knows_them(as_supervisor, officer, colleague):
    colleague.skills = ["sexual offences"]
    colleague.save()
    waiting(participant__case__flags=["RASSO"])
    known = PersonFactory(given_names="Mair")
    ParticipantFactory(person=known, officer=officer, team=officer.team)
    waiting(participant__person=known)
    page = text(as_supervisor.get(PAGE))
    assert "trained in sexual offences" in page
    assert "knows this person already" in page and "Knows: Mair Evans" in page


# --- Conflicts -------------------------------------------------------------------------------------


def test_nobody_waits_for_an_officer_once_they_are_closed(as_supervisor):
    kept, closed = waiting(2)
    Participant.objects.filter(pk=closed.participant_id).update(
        closed_at=clock.now(), closure_reason="information_only"
    )
    assert list(Referral.objects.unallocated()) == [kept]
    listed = text(as_supervisor.get(reverse("referrals:list"), {"show": "unallocated"}))
    assert kept.participant.case.reference in listed and closed.participant.case.reference not in listed


def test_an_excluded_officer_is_not_offered_and_is_refused(as_supervisor, officer, supervisor):
    (referral,) = waiting()
    Exclusion.objects.create(
        case=referral.participant.case, user=officer, reason="Aunt", declared_by=supervisor
    )
    page = text(as_supervisor.get(PAGE))
    assert f'<option value="{officer.pk}"' not in page and "Olwen Officer: excluded: conflict" in page
    said = text(post(as_supervisor, (referral, officer)))
    assert "Not allocated: Siân Evans: Olwen Officer must not be given this case (excluded: conflict)" in said
    assert Referral.objects.unallocated().get() == referral


@pytest.mark.parametrize("namesake", ["suspect", "victim"])
def test_nobody_is_given_a_case_they_are_named_in(as_supervisor, officer, namesake):
    case = CaseFactory()
    olwen = PersonFactory(given_names="Olwen Mair", surname="Officer")
    (referral,) = waiting(
        participant__case=case, **({"participant__person": olwen} if namesake == "victim" else {})
    )
    if namesake == "suspect":
        SuspectFactory(case=case, person=olwen)
    assert "has the name of somebody in this case" in text(as_supervisor.get(PAGE))
    post(as_supervisor, (referral, officer))
    assert Referral.objects.unallocated().count() == 1


def test_the_conflict_of_one_stops_nobody_elses(as_supervisor, officer, colleague, supervisor):
    one, two = waiting(2)
    Exclusion.objects.create(case=one.participant.case, user=officer, reason="Aunt", declared_by=supervisor)
    said = text(post(as_supervisor, (one, officer), (two, colleague)))
    assert "1 victim allocated." in said and "Not allocated" in said
    assert list(Referral.objects.unallocated()) == [one]


def test_a_restricted_referral_is_masked_and_never_proposed_nor_selected(as_supervisor, officer):
    (referral,) = waiting(participant__case__is_restricted=True)
    page = text(as_supervisor.get(PAGE))
    assert "Siân" not in page and "1 is restricted: you choose" in page and "on all pages" not in page
    assert "1 victim allocated." in text(post(as_supervisor, (referral, officer)))
    assert list(referral.participant.case.restricted_to.all()) == [officer]


def test_a_restricted_referral_is_for_the_supervisors_on_its_list_alone(
    as_supervisor, supervisor, officer, unit
):
    (referral,) = waiting(participant__case__is_restricted=True)
    referral.participant.case.restricted_to.add(officer, UserFactory(team=unit, roles=[Role.SUPERVISOR]))
    page = text(as_supervisor.get(PAGE))
    assert "Nobody is waiting for an officer" in page and "restricted" not in page.lower()
    said = text(post(as_supervisor, (referral, officer)))
    assert "1 more: not yours to allocate any more" in said and "allocated." not in said
    referral.participant.case.restricted_to.add(supervisor)
    assert "Siân Evans" in text(as_supervisor.get(PAGE))


def test_where_no_supervisor_is_on_the_list_somebody_can_still_allocate_it(as_supervisor, officer):
    (referral,) = waiting(participant__case__is_restricted=True)
    referral.participant.case.restricted_to.add(officer)
    page = text(as_supervisor.get(PAGE))
    assert "1 is restricted: you choose" in page and "Siân" not in page
    assert "1 victim allocated." in text(post(as_supervisor, (referral, officer)))


def test_whose_officer_leaves_is_given_away_although_only_they_were_on_its_list(
    as_supervisor, officer, colleague
):
    (referral,) = waiting(participant__case__is_restricted=True)
    post(as_supervisor, (referral, officer))
    part = referral.participant
    part.refresh_from_db()
    page = reverse("referrals:reallocate", args=[officer.reference])
    assert "Restricted referral" in text(as_supervisor.get(page))
    ticked = {"shown": [f"{part.reference}:{part.version}"], "referral": [part.reference],
              f"officer-{part.reference}": colleague.pk, "reason": "Olwen leaves."}  # fmt: skip
    assert "1 victim has another officer" in text(as_supervisor.post(page, ticked, follow=True))
    assert set(part.case.restricted_to.all()) == {officer, colleague}


# --- Days off --------------------------------------------------------------------------------------


def test_on_a_saturday_it_is_proposed_for_monday_and_says_so(as_supervisor, officer, monday):
    waiting(priority=1, due_on=date(2026, 11, 20))
    monday.move_to(london(2026, 11, 21, 10))
    page = text(as_supervisor.get(PAGE))
    assert "Nobody works today: proposed for Mon 23 Nov." in page and "1 has a proposal" in page
    assert "Officers on Mon 23 Nov" in page and "nobody here today" not in page


def test_who_works_on_saturdays_is_proposed_for_today(as_supervisor, officer, colleague, monday):
    colleague.working_hours = [None] * 5 + [["09:00", "13:00"]]
    colleague.save()
    waiting(priority=1, due_on=date(2026, 11, 20))
    monday.move_to(london(2026, 11, 21, 10))
    page = text(as_supervisor.get(PAGE))
    assert "1 of 2 officers work on Sat 21 Nov." in page and "Nobody works today" not in page
    assert f'<option value="{colleague.pk}" selected' in page


# --- A reason that is missing ----------------------------------------------------------------------


def test_giving_people_away_without_a_reason_is_one_error_and_loses_nothing(
    as_supervisor, officer, colleague
):
    given = {"status": "allocated", "allocated_at": london(2026, 11, 19), "participant__officer": officer}
    part = waiting(**given)[0].participant
    page = reverse("referrals:reallocate", args=[officer.reference])
    ticked = {"shown": [f"{part.reference}:{part.version}"], "referral": [part.reference],
              f"officer-{part.reference}": colleague.pk}  # fmt: skip
    answer = as_supervisor.post(page, ticked)
    assert answer.status_code == 422 and text(answer).count("There is a problem") == 1
    assert 'href="#id_reason"' in text(answer)
    kept = text(as_supervisor.get(page))
    assert "1 change<" in kept and f'<option value="{colleague.pk}" selected' in kept


def test_a_reason_that_is_typed_stays_when_the_page_is_turned(as_supervisor, officer, colleague):
    given = {"status": "allocated", "allocated_at": london(2026, 11, 19), "participant__officer": officer}
    part = waiting(**given)[0].participant
    page = reverse("referrals:reallocate", args=[officer.reference])
    ticked = {"shown": [f"{part.reference}:{part.version}"], "referral": [part.reference],
              f"officer-{part.reference}": colleague.pk, "reason": "Olwen leaves."}  # fmt: skip
    turned = as_supervisor.post(page, ticked | {"do": f"3~{london(2026, 11, 19).isoformat()}~1"}, follow=True)
    assert 'value="Olwen leaves."' in text(turned)
    as_supervisor.post(page, ticked)
    assert "Olwen leaves." not in text(as_supervisor.get(page))


def test_an_officer_of_another_team_cannot_be_posted_in(as_supervisor, stranger):
    (referral,) = waiting()
    assert "no victim care officer of your team" in text(post(as_supervisor, (referral, stranger)))
    assert Referral.objects.unallocated().exists()


# --- All of them, across pages ---------------------------------------------------------------------


def test_all_are_selected_as_proposed_and_saved_once(as_supervisor, officer, colleague):
    waiting(30, priority=3)
    page = text(post(as_supervisor, do="all"))
    assert "30 changes" in page and page.count("checked") == 25
    assert "30 victims allocated." in text(post(as_supervisor))
    assert not Referral.objects.unallocated().exists()
    assert Event.objects.filter(kind=Kind.OFFICER_ALLOCATED).count() == 30


def test_what_is_changed_on_one_page_stays_when_the_page_is_turned(as_supervisor, officer, colleague):
    rows = waiting(30, priority=3)
    first = sorted(rows, key=lambda row: row.pk)
    post(as_supervisor, do="all")
    after = f"{first[24].priority}~{first[24].received_at.isoformat()}~{first[24].pk}"
    page = post(
        as_supervisor, (first[0], colleague), shown=first[1:25], do=after
    )  # the others are not ticked
    assert "6 changes" in text(page) and page.redirect_chain[-1][0].endswith(after.replace("+", "%2B"))
    post(as_supervisor, *[(row, officer) for row in first[25:]])
    assert Referral.objects.allocated().filter(participant__officer=officer).count() == 5
    assert Referral.objects.allocated().get(participant__officer=colleague) == first[0]


def test_clear_forgets_what_was_chosen(as_supervisor, officer):
    waiting(2)
    post(as_supervisor, do="all")
    assert "0 changes" in text(post(as_supervisor, do="clear"))
    assert "Tick the victims" in text(post(as_supervisor))
    assert Referral.objects.unallocated().count() == 2


def test_whoever_changed_meanwhile_is_named_and_left(as_supervisor, supervisor, officer, colleague):
    gone, changed, there = waiting(3)
    one, other = sorted((gone.participant.person_id, there.participant.person_id))
    Likeness.objects.create(one_id=one, other_id=other, score=90)
    assert text(post(as_supervisor, do="all")).count("May be the same person as another") == 2
    actions.allocate(choices={gone.reference: (colleague, None)}, by=supervisor)
    Referral.objects.filter(pk=changed.pk).update(version=9)
    said = text(post(as_supervisor))
    assert "1 victim allocated." in said
    assert "Siân Evans: you allocated them already" in said
    assert "Siân Evans: changed since you looked: look again" in said
    assert list(Referral.objects.unallocated()) == [changed]
    assert Referral.objects.get(pk=there.pk).status == "allocated"


def test_what_may_no_longer_be_seen_is_counted_and_not_named(as_supervisor, supervisor, officer):
    (referral,) = waiting()
    post(as_supervisor, do="all")
    Exclusion.objects.create(
        case=referral.participant.case, user=supervisor, reason="Niece", declared_by=officer
    )
    said = text(post(as_supervisor))
    assert "1 more: not yours to allocate any more" in said and "Siân" not in said


def test_the_run_says_when_capacity_ran_out(as_supervisor, officer):
    officer.caseload_points = 3
    officer.save()
    waiting(5, priority=2)
    page = text(as_supervisor.get(PAGE))
    assert "1 has a proposal; 4 find nobody with room, from priority 2 on" in page
    assert "1 of 1 officers work on Mon 23 Nov. The team has room for 3 points of new work;" in page
    assert "those who wait come to 10." in page
    assert "Select 1 as proposed" in page


def test_nonsense_in_the_form_changes_nothing(as_supervisor, officer):
    (referral,) = waiting()
    data = {"do": "2~x~y", "shown": ["R:z", referral.reference], "referral": ["nobody", referral.reference]}
    data[f"officer-{referral.reference}"] = "9" * 30
    assert as_supervisor.post(PAGE, data).status_code == 422
    assert as_supervisor.get(PAGE, {"after": "9~~~"}).status_code == 200


# --- Undo ------------------------------------------------------------------------------------------


def test_a_save_is_undone_but_for_whoever_was_worked_on(as_supervisor, officer, monday):
    one, two = waiting(2)
    post(as_supervisor, (one, officer), (two, officer))
    monday.shift(timedelta(minutes=5))
    EventFactory(
        case=one.participant.case, participant=one.participant, kind=Kind.CONTACT_MADE, by=officer,
        occurred_at=london(2026, 11, 23, 10, 4),
    )  # fmt: skip
    said = text(as_supervisor.post(reverse("referrals:undo"), follow=True))
    assert "1 allocation undone." in said
    assert "Not undone, because somebody has worked on them: Siân Evans: contact." in said
    two.participant.refresh_from_db()
    assert two.participant.officer is None and list(Referral.objects.unallocated()) == [two]


def test_sixteen_minutes_later_it_is_too_late_to_undo(as_supervisor, officer, monday):
    post(as_supervisor, (waiting()[0], officer))
    monday.shift(timedelta(minutes=16))
    assert "undone for 15 minutes" in text(as_supervisor.post(reverse("referrals:undo")))


# --- How much it asks of the database --------------------------------------------------------------


@pytest.fixture
def asked(as_supervisor, officer, colleague):
    def count(do):
        as_supervisor.get(PAGE)
        with CaptureQueriesContext(
            connection,
        ) as found:
            do()
        return len(found)

    return count


def test_sixty_waiting_cost_no_more_queries_than_twenty_five(asked, as_supervisor):
    waiting(25)
    few = asked(lambda: as_supervisor.get(PAGE))
    waiting(35)
    assert asked(lambda: as_supervisor.get(PAGE)) == few <= 25


def test_saving_forty_costs_little_more_than_saving_ten(asked, as_supervisor):
    waiting(10, priority=4)
    post(as_supervisor, do="all")
    few = asked(lambda: actions_only(as_supervisor))
    waiting(40, priority=4)
    post(as_supervisor, do="all")
    assert asked(lambda: actions_only(as_supervisor)) <= few + 4
    assert not Referral.objects.unallocated().exists()


def actions_only(client):
    """Save, without the page that follows."""
    assert client.post(PAGE, {"do": "save"}).status_code == 302


def test_every_name_shown_is_written_down(as_supervisor, officer):
    rows = waiting(2)
    as_supervisor.get(PAGE)
    look = AccessEntry.objects.get(field_group="allocation")
    assert set(look.subjects) == {row.participant.reference for row in rows}


def test_only_supervisors_allocate(as_officer, officer):
    assert as_officer.get(PAGE).status_code == 403
    assert as_officer.get(reverse("referrals:reallocate", args=[officer.reference])).status_code == 403
    assert as_officer.get(reverse("referrals:workload")).status_code == 403


# --- How work is counted ---------------------------------------------------------------------------


SCALE = {
    "points_1": 5, "points_2": 2, "points_3": 1, "points_4": 1, "full_week": 37, "looks_ahead": 5,
    "effective_from": "2026-11-23", "reason": "P1 takes longer.",
}  # fmt: skip


def test_points_count_once_another_supervisor_has_approved_them(as_supervisor, unit, officer, sign_in):
    ReferralFactory(
        participant__officer=officer, priority=1, status="allocated", allocated_at=london(2026, 11, 19)
    )
    waiting()
    points = reverse("referrals:workload")
    as_supervisor.post(points, SCALE)
    approve = reverse("referrals:approve-workload", args=[1])
    assert as_supervisor.post(approve, {"do": "approve"}).status_code == 403
    assert "3 of 100 points" in text(as_supervisor.get(PAGE))
    assert "Another version waits" in text(as_supervisor.post(points, SCALE))
    other = sign_in(UserFactory(team=unit, roles=[Role.SUPERVISOR]))
    assert "Version 1 counts from Mon 23 Nov." in text(other.post(approve, {"do": "approve"}, follow=True))
    assert "5 of 100 points" in text(as_supervisor.get(PAGE))


def test_a_version_nobody_approved_can_be_discarded(as_supervisor):
    points = reverse("referrals:workload")
    as_supervisor.post(points, SCALE)
    discarded = as_supervisor.post(
        reverse("referrals:approve-workload", args=[1]), {"do": "discard"}, follow=True
    )
    assert "Version 1 is discarded." in text(discarded)
    assert "Enter the points" in text(as_supervisor.post(points, SCALE | {"points_1": ""}))
