"""A duty is excused by two people: one asks, a supervisor of the victim's team who is not that one agrees."""

import pytest
from django.urls import reverse

from compliance import actions
from compliance.excuses import agree_to_excuse, ask_to_excuse, refuse_to_excuse, take_excuse_back
from compliance.models import Duty, Excuse
from tests.factories import ContactFactory, EventFactory, ParticipantFactory, TeamFactory, UserFactory, london
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event
from victimcare.faults import NotAllowed, Refused, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def another(unit):
    """A second supervisor of the team."""
    return UserFactory(username="second", display_name="Sec Ond", team=unit, roles=[Role.SUPERVISOR])


def arrest(victim, day=18):
    """The duty to tell of an arrest on this day of November: five working days."""
    event = EventFactory(case=victim.case, occurred_at=london(2026, 11, day, 10))
    actions.assess([victim.case_id])
    return Duty.objects.current().get(event=event, participant=victim)


def ask(duty, by, status="exempt", **said):
    reason = "operation" if status == "exempt" else ""
    return ask_to_excuse(
        **{"duty": duty, "status": status, "reason": reason, "why": "The house was searched.", "by": by}
        | said
    )


def now(duty):
    return Duty.objects.current().get(participant=duty.participant, rule=duty.rule)


def test_what_is_asked_changes_nothing_until_a_supervisor_agrees_and_taking_it_back_keeps_both(
    victim, officer, supervisor
):
    duty = arrest(victim)
    excuse = ask(duty, officer)
    assert now(duty).status == "open"
    agreed = agree_to_excuse(excuse=excuse, by=supervisor)
    assert (now(duty).status, now(duty).met_by) == ("exempt", agreed.event.reference)
    assert agreed.event.data == {
        "rule": "R6-ARREST", "event": duty.event_id, "status": "exempt", "excuse": excuse.reference,
    }  # fmt: skip
    assert "Arrest: exempt, with good reason. An arrest or a search" in agreed.event.detail
    assert Notification.objects.get(recipient=officer).kind == "excuse_agreed"
    take_excuse_back(excuse=agreed, because="The search had ended.", by=supervisor)
    assert (now(duty).status, now(duty).met_by) == ("open", "")
    assert Event.objects.get(kind=Kind.WITHDRAWN).replaces == agreed.event
    kept = Excuse.objects.get()
    assert (kept.decision, kept.team, kept.asked_by, kept.decided_by) == (
        "withdrawn", victim.team, officer, supervisor,
    )  # fmt: skip
    with pytest.raises(Stale):
        take_excuse_back(excuse=kept, because="Again.", by=supervisor)


def test_nobody_agrees_to_their_own_nor_for_another_team(victim, supervisor, another, officer):
    excuse = ask(arrest(victim), supervisor)
    elsewhere = UserFactory(team=TeamFactory(name="Another unit"), roles=[Role.SUPERVISOR])
    for by, sentence in (
        (supervisor, "You asked"),
        (officer, "own team decides"),
        (elsewhere, "own team decides"),
    ):
        with pytest.raises(NotAllowed, match=sentence):
            agree_to_excuse(excuse=excuse, by=by)
    assert agree_to_excuse(excuse=excuse, by=another).decided_by == another


def test_a_request_says_what_it_needs_and_one_waits_at_a_time(victim, officer, auditor):
    duty = arrest(victim)
    of_another = ContactFactory(participant=ParticipantFactory())
    for said, sentence in (
        ({"why": " "}, "Say why"),
        ({"reason": ""}, "good reason"),
        ({"status": "declined"}, "Choose the contact"),
        ({"status": "declined", "contact": of_another}, "Choose the contact"),
        ({"status": "met"}, "what the duty becomes"),
    ):
        with pytest.raises(Refused, match=sentence):
            ask(duty, officer, **said)
    with pytest.raises(NotAllowed):
        ask(duty, auditor)
    ask(duty, officer)
    with pytest.raises(Refused, match="asked already"):
        ask(duty, officer, status="not_applicable")


def test_what_they_declined_in_a_call_is_settled_on_the_day_of_the_call(victim, officer, supervisor):
    duty = arrest(victim, day=9)
    call = ContactFactory(participant=victim, at=london(2026, 11, 12, 15))
    agree_to_excuse(excuse=ask(duty, officer, status="declined", contact=call), by=supervisor)
    assert (now(duty).status, f"{now(duty).settled_on}") == ("declined", "2026-11-12")


def test_a_refusal_says_why_and_the_duty_stays_owed(victim, officer, supervisor, as_officer):
    duty = arrest(victim)
    excuse = ask(duty, officer)
    with pytest.raises(Refused, match="Say why not"):
        refuse_to_excuse(excuse=excuse, because=" ", by=supervisor)
    refuse_to_excuse(excuse=excuse, because="Tell her after the search.", by=supervisor)
    assert now(duty).status == "open"
    page = as_officer.get(reverse("desk:rights", args=[victim.case.reference, victim.reference]))
    assert "Tell her after the search." in page.content.decode()
    with pytest.raises(Stale):
        agree_to_excuse(excuse=excuse, by=supervisor)


def test_what_was_told_meanwhile_needs_no_excuse_and_a_corrected_event_keeps_its_own(
    victim, officer, supervisor
):
    duty = arrest(victim)
    excuse = ask(duty, officer)
    call = ContactFactory(participant=victim, at=london(2026, 11, 20, 9))
    call.tells.add(duty.event)
    actions.assess([victim.case_id])
    assert agree_to_excuse(excuse=excuse, by=supervisor).decision == "overtaken"
    assert not Event.objects.filter(kind=Kind.DUTY_EXCUSED).exists()
    with pytest.raises(Refused, match="settled already"):
        ask(now(duty), officer)


def test_an_officer_asks_and_a_supervisor_decides_on_their_pages(victim, as_officer, as_supervisor, sign_in):
    duty = arrest(victim)
    url = reverse("compliance:ask-excuse", args=[duty.pk])
    page = as_officer.get(url)
    said = {"status": "exempt", "reason": "risk", "why": "He reads her post.", "form_key": ""}
    assert as_officer.post(url, said | {"reason": ""}).status_code == 422
    key = page.context["form"]["form_key"].value()
    assert as_officer.post(url, said | {"form_key": key}).status_code == 302
    excuse = Excuse.objects.get()
    stranger = sign_in(UserFactory(team=TeamFactory(name="Another unit"), roles=[Role.SUPERVISOR]))
    assert excuse.reference not in stranger.get(reverse("compliance:excuses")).content.decode()
    assert stranger.get(reverse("compliance:excuse", args=[excuse.reference])).status_code == 404
    listed = as_supervisor.get(reverse("compliance:excuses")).content.decode()
    assert excuse.reference in listed
    answer = reverse("compliance:excuse", args=[excuse.reference])
    assert "He reads her post." in as_supervisor.get(answer).content.decode()
    assert as_supervisor.post(answer, {"answer": "refuse", "because": ""}).status_code == 422
    assert as_supervisor.post(answer, {"answer": "agree", "because": ""}).status_code == 302
    assert now(duty).status == "exempt"
    assert (
        "as two people agreed"
        in as_officer.get(reverse("compliance:explain", args=[duty.pk])).content.decode()
    )
    page = as_supervisor.get(answer)
    said = {"because": "It was not so.", "shown": page.context["form"]["shown"].value()}
    assert as_supervisor.post(answer, said).status_code == 302
    assert now(duty).status == "open"


def test_a_restricted_case_is_on_no_list_of_a_supervisor_not_named(victim, officer, as_supervisor):
    excuse = ask(arrest(victim), officer)
    victim.case.is_restricted = True
    victim.case.save()
    assert excuse.reference not in as_supervisor.get(reverse("compliance:excuses")).content.decode()
    assert as_supervisor.get(reverse("compliance:excuse", args=[excuse.reference])).status_code == 404


def test_a_no_from_a_page_that_grew_stale_takes_back_nothing(
    victim, officer, supervisor, another, as_supervisor
):
    duty = arrest(victim)
    excuse = ask(duty, officer)
    url = reverse("compliance:excuse", args=[excuse.reference])
    stale = as_supervisor.get(url).context["form"]
    agree_to_excuse(excuse=excuse, by=another)
    said = {name: stale[name].value() or "" for name in stale.fields}
    for because in ("Tell her after the search.", ""):
        page = as_supervisor.post(url, said | {"answer": "refuse", "because": because})
        assert page.status_code == 409
        assert "Sec Ond has agreed meanwhile" in page.content.decode()
        assert "No, it stays owed" in page.content.decode()
        assert because in page.content.decode()
    assert now(duty).status == "exempt"
    assert Excuse.objects.get().decision == "approved"


def test_taking_back_from_a_page_that_grew_stale_is_said_too(
    victim, officer, supervisor, another, as_supervisor
):
    excuse = ask(arrest(victim), officer)
    url = reverse("compliance:excuse", args=[excuse.reference])
    early = as_supervisor.post(url, {"shown": "approved", "because": "Not so."})
    assert (early.status_code, Excuse.objects.get().decision) == (409, "")
    agreed = agree_to_excuse(excuse=excuse, by=another)
    take_excuse_back(excuse=agreed, because="The search had ended.", by=another)
    page = as_supervisor.post(url, {"shown": "approved", "because": "Not so."})
    assert page.status_code == 409
    assert "Sec Ond has taken it back meanwhile" in page.content.decode()


def test_a_second_ask_is_told_at_once_and_its_words_are_shown_back_as_the_page_has_them(
    victim, officer, as_officer, as_supervisor
):
    duty = arrest(victim)
    url = reverse("compliance:ask-excuse", args=[duty.pk])
    before = as_officer.get(url).content.decode()
    excuse = ask(duty, officer)
    page = as_supervisor.get(url).content.decode()
    assert "Somebody asked already" in page
    assert reverse("compliance:excuse", args=[excuse.reference]) in page
    assert "Ask a supervisor" in before
    assert "Ask a supervisor" not in page
    late = as_officer.post(url, {"status": "not_applicable", "why": "She is not his mother."})
    assert late.status_code == 409
    assert "It does not apply" in late.content.decode()
    assert "not_applicable" not in late.content.decode()
