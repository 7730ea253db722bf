"""A warning is taken back by two people; until then it holds."""

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
from victimcare.cases.actions import reopen
from victimcare.cases.changing import set_safe_contact
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant, SafeContact, SafetyLift
from victimcare.cases.safe_contact import WHO_LIFTS, Channel, verdicts
from victimcare.cases.safety.actions import keep_alert, lift_alert
from victimcare.faults import NotAllowed, Refused, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

ANSWERS = {"phone": "Y", "text": "Y", "email": "Y", "post": "N", "voicemail": "N"}


def fresh(part: Participant) -> Participant:
    return Participant.objects.select_related("case", "person").get(pk=part.pk)


def rules(part: Participant) -> dict[Channel, str]:
    return {channel: verdict.rule for channel, verdict in verdicts(fresh(part)).items()}


def of(part: Participant, page: str) -> str:
    return f"/cases/{part.case.reference}/{part.reference}/{page}"


@pytest.fixture
def another(unit):
    """A second supervisor."""
    return UserFactory(username="second", display_name="Sec Ond", team=unit, roles=[Role.SUPERVISOR])


@pytest.fixture
def mali(officer, unit) -> Participant:
    """Mali, of a domestic abuse case: no letters, a protected address, a code word."""
    part = ParticipantFactory(
        case=CaseFactory(flags=["DA"]), person=PersonFactory(given_names="Mali"), officer=officer, team=unit
    )
    SafeContactFactory(
        person=part.person, code_word="heron", address_is_protected=True,
        confirmed_at=london(2026, 11, 23, 10), **ANSWERS | {"voicemail": "Y"},
    )  # fmt: skip
    return fresh(part)


def ask(part, by, version=1, why="He is in prison.", **answers) -> SafetyLift | None:
    said = ANSWERS | {"voicemail": "Y", "code_word": "heron", "address_is_protected": True} | answers
    set_safe_contact(person=part.person, version=version, by=by, why_lifted=why, **said)
    return SafetyLift.objects.waiting().last()


def test_a_no_of_somebody_in_danger_holds_until_a_supervisor_agrees(mali, officer, supervisor):
    lift = ask(mali, officer, post="Y", note="Rings on Mondays.")
    safe = SafeContact.objects.get()
    assert (safe.post, safe.note, rules(mali)[Channel.POST]) == ("N", "Rings on Mondays.", "said_no")
    lift_alert(lift=lift, participant=mali, by=supervisor)
    assert rules(mali)[Channel.POST] == "said_yes"
    assert Event.objects.get(kind=Kind.SAFETY_DECIDED).by == supervisor


@pytest.mark.parametrize(
    ("answer", "field"),
    [({"post": ""}, "post"), ({"address_is_protected": False}, "address_is_protected"), ({"code_word": ""}, "code_word"),
     ({"code_word": "rose"}, "code_word")],
)  # fmt: skip
def test_each_kind_of_warning_takes_two(mali, officer, supervisor, answer, field):
    lift = ask(mali, officer, **answer)
    held = getattr(SafeContact.objects.get(), field)
    assert (
        lift.field == field
        and held == {"post": "N", "address_is_protected": True, "code_word": "heron"}[field]
    )
    lift_alert(lift=lift, participant=mali, by=supervisor)
    assert getattr(SafeContact.objects.get(), field) == next(iter(answer.values()))


def test_stricter_answers_and_those_of_nobody_in_danger_hold_at_once(mali, officer, victim):
    assert ask(mali, officer, why="", text="N", note="He is back.") is None
    assert rules(mali)[Channel.TEXT] == "said_no"
    set_safe_contact(person=victim.person, version=1, by=officer, post="Y")
    assert rules(victim)[Channel.POST] == "said_yes"


def test_nobody_lifts_their_own_and_no_officer_lifts_any(mali, supervisor, another, colleague):
    lift = ask(mali, supervisor, post="Y")
    with pytest.raises(NotAllowed, match="another supervisor"):
        lift_alert(lift=lift, participant=mali, by=supervisor)
    with pytest.raises(NotAllowed, match="Only a supervisor"):
        lift_alert(lift=lift, participant=mali, by=colleague)
    lift_alert(lift=lift, participant=mali, by=another)


def test_a_reason_is_needed_to_ask_and_to_keep(mali, officer, supervisor):
    with pytest.raises(Refused, match="say why it is safe now"):
        ask(mali, officer, why=" ", post="Y")
    lift = ask(mali, officer, post="Y")
    with pytest.raises(Refused, match="Say why it stays"):
        keep_alert(lift=lift, participant=mali, because="", by=supervisor)
    keep_alert(lift=lift, participant=mali, because="She told me otherwise.", by=supervisor)
    assert rules(mali)[Channel.POST] == "said_no"


def test_answers_written_again_overtake_what_was_asked(mali, officer, colleague, supervisor):
    lift = ask(mali, officer, post="Y")
    ask(mali, colleague, version=2, why="")
    with pytest.raises(Stale, match="written again"):
        lift_alert(lift=lift, participant=mali, by=supervisor)
    lift.refresh_from_db()
    assert (lift.decision, rules(mali)[Channel.POST]) == ("overtaken", "said_no")


def test_what_was_closed_as_unsafe_is_opened_by_two(mali, officer, supervisor):
    mali.closed_at, mali.closure_reason = london(2026, 11, 20), "unsafe_to_contact"
    mali.save()
    assert reopen(participant=mali, reason="She rang.", version=mali.version, by=officer).closed_at
    with pytest.raises(Refused, match="asked for this already"):
        reopen(participant=mali, reason="She rang.", version=mali.version, by=officer)
    assert rules(mali)[Channel.PHONE] == "unsafe"
    lift_alert(lift=SafetyLift.objects.get(), participant=mali, by=supervisor)
    assert fresh(mali).closed_at is None and rules(mali)[Channel.PHONE] == "said_yes"
    assert Event.objects.get(kind=Kind.CASE_REOPENED).detail == "She rang."


def test_every_rule_says_who_may_lift_it(mali):
    blocked = [reason for verdict in verdicts(mali).values() for reason in verdict.reasons]
    assert blocked and all(reason.rule in WHO_LIFTS for reason in blocked)
    assert "two people" in blocked[0].words


# --- The pages -------------------------------------------------------------------------------------


def form(**said):
    return {
        "version": "1",
        **ANSWERS,
        "voicemail": "Y",
        "code_word": "heron",
        "address_is_protected": "on",
    } | said


def test_asked_for_by_one_and_lifted_by_another_in_the_browser(as_officer, as_supervisor, mali):
    without = as_officer.post(of(mali, "safe-contact"), form(post="Y"))
    assert "Say why it is safe now" in without.text
    page = as_officer.post(
        of(mali, "safe-contact"), form(post="Y", why_lifted="He is in prison."), follow=True
    )
    assert "A supervisor has to agree" in page.text
    assert "withdraws it" in as_officer.get(of(mali, "safe-contact")).text
    assert as_officer.get(of(mali, "lifts")).status_code == 403
    today = as_supervisor.get("/").text
    assert of(mali, "lifts") in today and "Post: from “Not safe” to “Safe”" in today
    lift = SafetyLift.objects.get()
    nothing = as_supervisor.post(of(mali, "lifts"), {"lift": lift.reference})
    assert nothing.status_code == 422 and "Choose whether" in nothing.text
    answer = {"lift": lift.reference, "answer": "lift"}
    assert "Lifted" in as_supervisor.post(of(mali, "lifts"), answer, follow=True).text
    assert rules(mali)[Channel.POST] == "said_yes"
    late = as_supervisor.post(of(mali, "lifts"), answer | {"because": "She said so."})
    assert late.status_code == 409 and "Is it safe to take this warning back?" in late.text
    assert "Yes, lift it" in late.text and lift.reference not in late.text


def test_a_code_word_is_never_said_on_the_page(as_supervisor, officer, mali):
    ask(mali, officer, code_word="rose")
    page = as_supervisor.get(of(mali, "lifts")).text
    assert "Another code word" in page and "rose" not in page and "heron" not in page


def test_a_blocked_letter_says_who_may_lift_it(as_officer, mali):
    page = as_officer.get(of(mali, "letters/write")).text
    assert "asked not to be reached this way" in page and "taken back by two people" in page
