"""A duty of the force that was not kept: recorded, answered for, put right with the victim, and learned from."""

from datetime import date

import pytest
from django.urls import reverse

from compliance import actions
from compliance.breaches import answer_breach, close_breach, decide_dispute, keep_breaches, recoveries
from compliance.excuses import agree_to_excuse, ask_to_excuse, take_excuse_back
from compliance.models import Breach, Duty
from contacts.models import Contact, untold_to
from tests.factories import CaseFactory, ContactFactory, EventFactory, ParticipantFactory, UserFactory, london
from victimcare.accounts.permissions import Role
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.faults import NotAllowed, Refused, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
WHY = {"reason": "not_reached", "account": "Rang twice in the week."}


@pytest.fixture
def another(unit):
    """A second supervisor of the team."""
    return UserFactory(username="second", display_name="Sec Ond", team=unit, roles=[Role.SUPERVISOR])


def arrest(victim, day=13):
    """Arrested on Friday 13 November 2026: to be told by Friday the 20th."""
    event = EventFactory(case=victim.case, occurred_at=london(2026, 11, day, 10))
    actions.assess([victim.case_id])
    return Duty.objects.current().get(event=event, participant=victim)


def tell(victim, *events, at):
    call = ContactFactory(participant=victim, at=at)
    call.tells.set(events)
    actions.assess([victim.case_id])
    return call


def owed(rule, victim):
    return Duty.objects.current().filter(rule=rule, participant=victim).first()


def accept(duty, by, version=1, **said):
    return answer_breach(**{"duty": duty, "is_accepted": True, "version": version, "by": by} | WHY | said)


def dispute(duty, by, version=1):
    return accept(
        duty, by, version, is_accepted=False, claimed_agency="cps", claim="They told us on the 20th."
    )


def test_what_is_missed_is_recorded_once_and_the_victim_is_to_be_put_right(victim, as_officer):
    duty = arrest(victim)
    assert (keep_breaches().opened, keep_breaches().opened) == (1, 0)
    breach = Breach.objects.get()
    assert (breach.duty, breach.agency, breach.state, breach.due_on) == (
        duty,
        "force",
        "open",
        date(2026, 11, 30),
    )
    assert (breach.event.occurred_on, breach.event.detail) == (date(2026, 11, 21), "Arrest (Right 6)")
    mend = owed("PUT-RIGHT", victim)
    assert (mend.due_on, mend.owner, mend.is_local, mend.officer) == (
        date(2026, 11, 30), "FORCE", True, victim.officer,
    )  # fmt: skip
    page = as_officer.get("/due/?group=later").content.decode()
    assert "and say that we were late, why, and what happens now" in page
    assert f"tell={breach.event.reference}" in page
    assert breach.event in untold_to(victim)


def test_the_contact_that_says_so_puts_it_right_even_the_one_that_was_late(victim, officer, supervisor):
    duty = arrest(victim)
    keep_breaches()
    breach = accept(duty, supervisor)
    close = {"breach": breach, "resolution": "Told.", "learning": "Cover.", "by": supervisor}
    tell(victim, breach.event, at=london(2026, 11, 23, 8))  # that we were late, and not of the arrest
    with pytest.raises(Refused, match="It is still owed"):
        close_breach(**close, version=breach.version)
    Contact.objects.all().delete()
    call = tell(victim, duty.event, breach.event, at=london(2026, 11, 23, 9))
    duty.refresh_from_db()
    assert (duty.status, recoveries([breach])[breach.pk].status, owed("PUT-RIGHT", victim).met_by) == (
        "met_late", "met", call.reference,
    )  # fmt: skip
    assert keep_breaches().ended == 0
    closed = close_breach(**close, version=breach.version)
    assert (closed.state, closed.closed_by, closed.history.count()) == ("closed", supervisor, 3)


def test_what_turns_out_met_in_time_is_no_breach_and_nobody_is_put_right(victim):
    duty = arrest(victim)
    keep_breaches()
    tell(victim, duty.event, at=london(2026, 11, 19, 9))  # written down late
    assert keep_breaches().ended == 1
    assert Breach.objects.get().state == "ended"
    assert owed("PUT-RIGHT", victim) is None
    assert Event.objects.filter(kind=Kind.WITHDRAWN).count() == 1


def test_an_excused_duty_is_no_breach_and_one_again_when_that_is_taken_back(
    victim, officer, supervisor, as_supervisor
):
    duty = arrest(victim)
    keep_breaches()
    excuse = ask_to_excuse(duty=duty, status="exempt", reason="risk", why="He was in the house.", by=officer)
    agree_to_excuse(excuse=excuse, by=supervisor)
    url = reverse("compliance:breach", args=[duty.pk])
    page = as_supervisor.get(url)  # before the sweep ends the record
    assert (page.context["is_one"], page.context["mended"], page.context["tell_url"]) == (False, "", "")
    assert page.context["ended_because"] == "Exempt with good reason"
    done = next(row["value"] for row in page.context["facts"] if row["label"] == "Done")
    assert done == "Exempt with good reason, Mon 23 Nov."
    assert as_supervisor.get(reverse("compliance:decide-dispute", args=[duty.pk])).url == url
    keep_breaches()
    assert (Breach.objects.get().state, Breach.objects.get().ended_because) == (
        "ended",
        "Exempt with good reason",
    )
    take_excuse_back(excuse=excuse, because="He was not.", by=supervisor)
    assert keep_breaches().opened == 1
    assert (Breach.objects.get().state, owed("PUT-RIGHT", victim).status) == ("open", "open")


def test_what_others_owe_and_our_own_standards_are_no_breach_and_witness_care_answers_for_its_own(
    victim, witness_care
):
    unallocated = ParticipantFactory(officer=None)
    arrest(unallocated)  # the officer in the case owes it: no evidence, not missed
    EventFactory(case=victim.case, kind=Kind.HEARING_CONCLUDED, occurred_at=london(2026, 11, 9))
    case = CaseFactory(witness_care_officer=witness_care, witness_care_team=witness_care.team)
    theirs = ParticipantFactory(case=case, role=Participant.Role.WITNESS)
    EventFactory(case=case, participant=theirs, kind=Kind.WITNESS_REQUIRED, occurred_at=london(2026, 11, 16))
    actions.assess([victim.case_id, case.pk])
    keep_breaches()
    assert [each.duty.rule for each in Breach.objects.all()] == ["R8-GIVE-EVIDENCE"]
    mend = owed("PUT-RIGHT", theirs)
    theirs_to_do = f"{witness_care.display_name}, {witness_care.team}"
    assert (mend.owner, mend.accountable, owed("R8-GIVE-EVIDENCE", theirs).accountable) == (
        "WCU", theirs_to_do, theirs_to_do,
    )  # fmt: skip
    assert mend in Duty.objects.owed_by(witness_care)


def test_a_corrected_event_takes_its_breach_along(victim):
    duty = arrest(victim)
    keep_breaches()
    EventFactory(case=victim.case, occurred_at=london(2026, 11, 12, 10), replaces=duty.event)
    actions.assess([victim.case_id])
    assert keep_breaches().moved == 1
    breach = Breach.objects.get()
    assert breach.duty == Duty.objects.current().get(rule="R6-ARREST", participant=victim)
    tell(victim, breach.duty.event, at=london(2026, 11, 23, 9))
    said = {
        "closed_by": victim.officer,
        "closed_at": london(2026, 11, 23),
        "resolution": "Told.",
        "learning": "Cover.",
    }
    Breach.objects.update(state="closed", **said)
    EventFactory(case=victim.case, occurred_at=london(2026, 11, 11, 10), replaces=breach.duty.event)
    actions.assess([victim.case_id])
    assert (keep_breaches().moved, keep_breaches().moved, Breach.objects.get().state) == (1, 0, "closed")


def test_a_dispute_is_upheld_by_somebody_else_and_then_that_agency_answers(
    victim, supervisor, another, as_supervisor
):
    duty = arrest(victim)
    keep_breaches()
    breach = dispute(duty, supervisor)
    with pytest.raises(NotAllowed, match="another supervisor decides"):
        decide_dispute(breach=breach, is_upheld=True, because="So.", version=breach.version, by=supervisor)
    with pytest.raises(Stale):
        decide_dispute(breach=breach, is_upheld=True, because="So.", version=1, by=another)
    with pytest.raises(Refused, match="Say why"):
        decide_dispute(breach=breach, is_upheld=True, because=" ", version=breach.version, by=another)
    decided = decide_dispute(
        breach=breach, is_upheld=True, because="Their letter says so.", version=breach.version, by=another
    )
    assert (decided.agency, decided.state, decided.decision) == ("cps", "accepted", "upheld")
    assert decided.due_on == date(2026, 12, 7)
    page = as_supervisor.get(reverse("compliance:breach", args=[duty.pk])).content.decode()
    assert "Dispute upheld. Who answers: Crown Prosecution Service" in page
    assert "Accepted" not in page
    accept(duty, another, version=decided.version, account="They rang us, and nobody passed it on.")
    page = as_supervisor.get(reverse("compliance:breach", args=[duty.pk]))
    before = [row["value"] for row in page.context["said"] if row["label"] == "Said before it was changed"]
    assert len(before) == 1
    assert before[0].startswith(
        "Tried in time, but not reached. Rang twice in the week. They told us on the 20th"
    )
    form = as_supervisor.get(reverse("compliance:answer-breach", args=[duty.pk])).content.decode()
    assert "Another supervisor decided about the dispute, once." in form and "Yes: accept it" not in form
    decided.refresh_from_db()
    with pytest.raises(Refused, match="decided already"):
        dispute(duty, supervisor, version=decided.version)


def test_an_answer_says_what_it_needs_and_only_a_supervisor_gives_it(victim, supervisor, officer):
    duty = arrest(victim, day=2)  # older than the sweep looks back: recorded when somebody works on it
    Duty.objects.filter(pk=duty.pk).update(due_on=date(2026, 9, 9))
    assert keep_breaches().opened == 0
    with pytest.raises(NotAllowed):
        accept(duty, officer, version=0)
    for said, sentence in (
        ({"reason": ""}, "why it was late"),
        ({"account": " "}, "what happened"),
        ({"is_accepted": False, "claimed_agency": "force", "claim": "No."}, "instead"),
    ):
        with pytest.raises(Refused, match=sentence):
            accept(duty, supervisor, version=0, **said)
    accept(duty, supervisor, version=0)
    assert Breach.objects.get().event.kind == Kind.RIGHT_NOT_MET
    with pytest.raises(Stale):
        accept(duty, supervisor, version=0)
    fine = arrest(ParticipantFactory(officer=officer), day=20)
    with pytest.raises(Refused, match="not missed"):
        accept(fine, supervisor, version=0)


def test_the_page_tells_the_story_and_takes_the_answer(
    victim, as_supervisor, as_officer, as_stranger, django_assert_max_num_queries
):
    duty = arrest(victim)
    ContactFactory(participant=victim, at=london(2026, 11, 17, 9), outcome="no_answer", note="Rang out.")
    late = tell(victim, duty.event, at=london(2026, 11, 23, 9))
    keep_breaches()
    url = reverse("compliance:breach", args=[duty.pk])
    assert as_stranger.get(url).status_code == 404
    with django_assert_max_num_queries(25):
        page = as_supervisor.get(url).content.decode()
    assert page.index("Rang out.") < page.index("This is what told them: 1 working day late.")
    assert "Log the contact" in as_officer.get(url).content.decode()
    assert as_officer.get(reverse("compliance:answer-breach", args=[duty.pk])).status_code == 403
    with django_assert_max_num_queries(25):
        listed = as_supervisor.get(reverse("compliance:breaches"))
    assert url in listed.content.decode()
    assert late.reference in Duty.objects.get(pk=duty.pk).met_by
    answer = reverse("compliance:answer-breach", args=[duty.pk])
    form = as_supervisor.get(answer).context["form"]
    said = WHY | {"version": form["version"].value(), "form_key": form["form_key"].value()}
    assert as_supervisor.post(answer, said | {"answer": "dispute"}).status_code == 422
    assert as_supervisor.post(answer, said | {"answer": "accept"}).status_code == 302
    assert Breach.objects.get().state == "accepted"
    assert "Put it right with the victim first" in as_supervisor.get(url).content.decode()
    close = reverse("compliance:close-breach", args=[duty.pk])
    assert (
        as_supervisor.post(close, {"version": "2", "resolution": "Rang.", "learning": "x"}).status_code == 422
    )
    assert (
        url
        in as_supervisor.get(
            reverse("compliance:breaches") + "?state=accepted&agency=force&right=6"
        ).content.decode()
    )
    assert (
        url
        not in as_supervisor.get(reverse("compliance:breaches") + "?state=accepted&right=9").content.decode()
    )


def test_the_list_keeps_restricted_cases_to_those_named_and_turns_its_pages(victim, officer, as_supervisor):
    for _each in range(27):
        EventFactory(case=victim.case, occurred_at=london(2026, 11, 13, 10))
    actions.assess([victim.case_id])
    keep_breaches()
    page = as_supervisor.get(reverse("compliance:breaches"))
    assert len(page.context["rows"]) == 25
    assert page.context["tabs"][0]["n"] == "27"
    assert len(as_supervisor.get(page.context["older_url"]).context["rows"]) == 2
    victim.case.is_restricted = True
    victim.case.save()
    hidden = as_supervisor.get(reverse("compliance:breaches"))
    assert (hidden.context["rows"], hidden.context["tabs"][0]["n"]) == ([], "0")
    duty = Breach.objects.first().duty_id
    assert as_supervisor.get(reverse("compliance:breach", args=[duty])).status_code == 404


@pytest.mark.parametrize(
    ("on", "late"), [(23, "1 working day late"), (21, "1 day late"), (26, "4 working days late")]
)
def test_the_page_of_a_breach_and_why_its_date_is_what_it_is_say_the_same_days(
    victim, officer, monday, sign_in, on, late
):
    duty = arrest(victim)
    monday.move_to(london(2026, 11, on, 10))
    browser = sign_in(officer)
    for page in ("breach", "explain"):
        said = browser.get(reverse(f"compliance:{page}", args=[duty.pk])).content.decode()
        assert late in said
        assert "days late" not in said.replace("working days late", "")
