"""A young child who asks for support alone: blocked until a supervisor decides, and then only as they asked."""

from datetime import date

import pytest

from tests.factories import (
    CaseFactory,
    ParticipantFactory,
    PersonFactory,
    SafeContactFactory,
    UserFactory,
    london,
)
from victimcare.accounts.permissions import Role
from victimcare.cases.changing import set_safe_contact
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant, SafeContact
from victimcare.cases.safe_contact import Channel, verdicts
from victimcare.cases.safety.actions import decide_child
from victimcare.faults import NotAllowed, Refused, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

OPENED_HERE = {"occurrence_no": "", "oic_name": "", "oic_collar": "", "oic_team": "", "flags": ["DA"]}


def fresh(part: Participant) -> Participant:
    return Participant.objects.select_related("case", "person").get(pk=part.pk)


def rules(part: Participant) -> dict[Channel, str]:
    return {channel: verdict.rule for channel, verdict in verdicts(fresh(part)).items()}


def of(part: Participant, page: str) -> str:
    return f"/cases/{part.case.reference}/{part.reference}/{page}"


@pytest.fixture
def ffion(unit) -> Participant:
    """Ffion, thirteen, asked for support herself: text is safe, ringing is not known."""
    child = ParticipantFactory(
        case=CaseFactory(**OPENED_HERE), person=PersonFactory(date_of_birth=date(2013, 3, 1)), team=unit
    )
    SafeContactFactory(
        person=child.person, phone="", text="Y", email="", post="N", confirmed_at=london(2026, 11, 23, 9)
    )
    return fresh(child)


def test_nobody_contacts_her_until_a_supervisor_decides(ffion):
    said = verdicts(ffion)
    assert said[Channel.TEXT].rule == "nobody_acts"
    assert "A supervisor decides" in str(said[Channel.TEXT].reasons[0].sentence)
    assert said[Channel.IN_PERSON].allowed


def test_once_decided_only_what_she_said_yes_to_opens(ffion, supervisor):
    decide_child(participant=ffion, because="Her school nurse knows.", version=1, by=supervisor)
    said = rules(ffion)
    assert (said[Channel.TEXT], said[Channel.PHONE], said[Channel.POST]) == (
        "said_yes",
        "child_did_not_ask",
        "child_did_not_ask",
    )
    event = Event.objects.get(kind=Kind.SAFETY_DECIDED)
    assert (event.participant, event.by) == (ffion, supervisor) and "school nurse" in event.detail


def test_only_a_supervisor_decides_and_not_on_their_own_answers(ffion, officer, supervisor):
    with pytest.raises(NotAllowed, match="A supervisor decides"):
        decide_child(participant=ffion, because="She said so.", version=1, by=officer)
    SafeContact.objects.update(confirmed_by=supervisor)
    with pytest.raises(NotAllowed, match="another supervisor"):
        decide_child(participant=ffion, because="She said so.", version=1, by=supervisor)


@pytest.mark.parametrize(
    ("because", "version", "raised"), [(" ", 1, Refused), ("Her school nurse knows.", 2, Stale)]
)
def test_no_decision_without_a_reason_or_on_answers_that_changed(ffion, supervisor, because, version, raised):
    with pytest.raises(raised):
        decide_child(participant=ffion, because=because, version=version, by=supervisor)
    assert rules(ffion)[Channel.TEXT] == "nobody_acts"


def test_answers_that_change_close_it_again(ffion, supervisor, officer):
    decide_child(participant=ffion, because="Her school nurse knows.", version=1, by=supervisor)
    safe = set_safe_contact(person=ffion.person, version=2, by=officer, text="Y", phone="Y", asked=True)
    assert rules(ffion)[Channel.TEXT] == "nobody_acts"
    assert (safe.child_reached_because, safe.child_decided_by) == ("", None)


def test_a_number_that_changes_closes_it_again(ffion, supervisor, monday):
    SafeContact.objects.update(confirmed_at=None)  # the force's own answers: not asked of her
    decide_child(participant=ffion, because="Her school nurse knows.", version=1, by=supervisor)
    monday.move_to(london(2026, 11, 23, 11))
    ffion.person.phone_mobile = "07700 900777"
    ffion.person.save()
    assert rules(ffion)[Channel.TEXT] == "nobody_acts"


def test_an_adult_who_acts_for_her_comes_before_the_decision(ffion, supervisor):
    decide_child(participant=ffion, because="Her school nurse knows.", version=1, by=supervisor)
    ParticipantFactory(
        case=ffion.case, role="REPRESENTATIVE", represents=ffion, person=PersonFactory(given_names="Carys")
    )
    assert rules(ffion)[Channel.TEXT] == "child"


def test_an_adult_and_a_child_who_ticked_nothing_need_no_decision(victim, ffion, supervisor):
    with pytest.raises(Refused, match="Nobody waits"):
        decide_child(participant=fresh(victim), because="She rang.", version=1, by=supervisor)
    SafeContact.objects.filter(person=ffion.person).update(text="")
    with pytest.raises(Refused, match="answered with yes"):
        decide_child(participant=ffion, because="She rang.", version=1, by=supervisor)


def test_at_sixteen_her_own_ticked_ways_work(ffion):
    ffion.person.date_of_birth = date(2010, 11, 23)
    ffion.person.save()
    said = rules(ffion)
    assert (said[Channel.TEXT], said[Channel.EMAIL], said[Channel.POST]) == (
        "said_yes",
        "not_known",
        "said_no",
    )


# --- The pages -------------------------------------------------------------------------------------


def test_she_is_on_todays_page_and_the_list_until_decided(as_supervisor, ffion):
    assert of(ffion, "child") in as_supervisor.get("/").text
    assert of(ffion, "child") in as_supervisor.get("/safety/").text
    page = as_supervisor.get(of(ffion, "child")).text
    assert "Until you decide, they are met in person only" in page
    answer = {"version": "1", "because": "Her school nurse knows."}
    assert as_supervisor.post(of(ffion, "child"), answer).status_code == 302
    assert of(ffion, "child") not in as_supervisor.get("/safety/").text
    assert rules(ffion)[Channel.TEXT] == "said_yes"


def test_an_officer_does_not_open_the_page_and_another_teams_supervisor_does_not_see_her(
    as_officer, sign_in, stranger, ffion
):
    assert as_officer.get(of(ffion, "child")).status_code == 403
    stranger.roles = [Role.SUPERVISOR]
    stranger.save()
    assert of(ffion, "child") not in sign_in(stranger).get("/safety/").text


def test_a_reason_is_asked_for_and_what_was_typed_stays(as_supervisor, ffion):
    response = as_supervisor.post(of(ffion, "child"), {"version": "1", "because": ""})
    assert response.status_code == 422 and "Say why it is safe" in response.text


def test_fifty_children_cost_no_more_than_five(as_supervisor, unit, django_assert_max_num_queries):
    for _n in range(30):
        child = ParticipantFactory(
            case=CaseFactory(**OPENED_HERE), person=PersonFactory(date_of_birth=date(2013, 3, 1)), team=unit
        )
        SafeContactFactory(person=child.person)
    UserFactory()
    with django_assert_max_num_queries(12):
        page = as_supervisor.get("/safety/")
    assert page.text.count("Decide how") == 25
