"""Whoever was told something that is no longer so is found, until they are told what is."""

import pytest
from django.urls import reverse

from contacts.models import untold_to
from contacts.truth import misled, told_to
from tests.factories import ContactFactory, EventFactory, ParticipantFactory, SuspectFactory, london
from victimcare.cases.events import correct_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant

pytestmark = pytest.mark.django_db


def bailed(victim, day=16, **more):
    said = {"case": victim.case, "kind": Kind.SUSPECT_BAILED, "occurred_at": london(2026, 11, day)} | more
    return EventFactory(**said)


def changed(victim, day=20, **more):
    return bailed(victim, day, kind=Kind.BAIL_CHANGED, detail="No conditions", **more)


def told(victim, *events, day=17, outcome="reached"):
    contact = ContactFactory(participant=victim, at=london(2026, 11, day), outcome=outcome)
    contact.tells.set(events)


def found():
    return [
        (each.participant, [(row.told.kind, row.now.kind) for row in each.rows])
        for each in misled(Participant.objects.all())
    ]


def test_bail_that_changed_since_misleads_until_they_are_told(victim):
    told(victim, bailed(victim))
    assert found() == []
    later = changed(victim)
    assert found() == [(victim, [("SUSPECT_BAILED", "BAIL_CHANGED")])]
    told(victim, later, day=21)
    assert found() == []


def test_whoever_was_told_nothing_believes_nothing_wrong(victim):
    bailed(victim)
    changed(victim)
    assert found() == []


def test_a_voicemail_tells_nobody(victim):
    told(victim, bailed(victim))
    told(victim, changed(victim), day=21, outcome="message_left")
    assert len(found()) == 1


def test_the_bail_of_one_suspect_says_nothing_of_anothers(victim):
    one, other = SuspectFactory(case=victim.case), SuspectFactory(case=victim.case)
    told(victim, bailed(victim, suspect=one))
    changed(victim, suspect=other)
    assert found() == []
    changed(victim, 21, suspect=one)
    assert len(found()) == 1


def listed(victim, hearing, day, before="", kind=Kind.HEARING_LISTED):
    return EventFactory(
        case=victim.case, kind=kind, occurred_at=london(2026, 11, day), hearing=hearing,
        data={"moved_from": before},
    )  # fmt: skip


def test_a_hearing_that_moved_misleads_and_another_hearing_does_not(victim):
    told(victim, listed(victim, "H-1", 16))
    listed(victim, "H-9", 18)
    assert found() == []
    listed(victim, "H-2", 19, before="H-1", kind=Kind.HEARING_MOVED)
    last = listed(victim, "H-3", 20, before="H-2", kind=Kind.HEARING_MOVED)
    assert found() == [(victim, [("HEARING_LISTED", "HEARING_MOVED")])]
    told(victim, last, day=21)
    assert found() == []


def test_what_was_told_and_then_corrected_misleads(victim, officer, monday):
    wrong = bailed(victim, 18)
    told(victim, wrong, day=19)
    correct_event(event=wrong, occurred=london(2026, 11, 17), detail="A day earlier", by=officer)
    ((who, _rows),) = found()
    assert who == victim


def withdrawn(event, by):
    return correct_event(event=event, occurred=None, detail="Another man", by=by)


def test_what_was_told_and_never_happened_misleads_until_they_are_told_so(victim, officer, monday):
    wrong = bailed(victim, 18)
    told(victim, wrong, day=19)
    gone = withdrawn(wrong, officer)
    assert found() == [(victim, [("SUSPECT_BAILED", "WITHDRAWN")])]
    assert list(untold_to(victim)) == [gone]
    told(victim, gone, day=23)
    assert found() == []
    assert not untold_to(victim).exists()


def test_what_was_corrected_and_then_withdrawn_misleads_whoever_was_told_the_first(victim, officer, monday):
    wrong = bailed(victim, 18)
    told(victim, wrong, day=19)
    right = correct_event(event=wrong, occurred=london(2026, 11, 17), detail="A day earlier", by=officer)
    withdrawn(right, officer)
    assert found() == [(victim, [("SUSPECT_BAILED", "WITHDRAWN")])]


def test_what_never_happened_misleads_though_something_newer_was_told_before(victim, officer, monday):
    wrong, later = bailed(victim, 16), changed(victim, 18)
    told(victim, wrong, later, day=19)
    withdrawn(wrong, officer)
    assert found() == [(victim, [("SUSPECT_BAILED", "WITHDRAWN")])]


def test_what_never_happened_and_was_never_told_is_nobodys(victim, officer, monday):
    told(victim, bailed(victim))
    withdrawn(changed(victim), officer)
    assert found() == []
    assert not untold_to(victim).exists()


def test_what_never_happened_stands_wherever_they_are_looked_up_and_can_be_ticked(
    victim, officer, monday, as_officer, django_assert_max_num_queries
):
    wrong = bailed(victim, 18, suspect=SuspectFactory(case=victim.case))
    told(victim, wrong, day=19)
    gone = withdrawn(wrong, officer)
    references = [victim.case.reference, victim.reference]
    for name in ("desk:summary", "contacts:log"):
        as_officer.get(reverse(name, args=references))  # what a first look alone asks for
        with django_assert_max_num_queries(25):
            page = as_officer.get(reverse(name, args=references)).content.decode()
        assert "It did not happen: Suspect released on bail" in page
    assert "1 person was told" in as_officer.get(reverse("desk:told") + "?flag=1").content.decode()
    page = as_officer.get(reverse("desk:told"))
    assert "It did not happen" in page.content.decode()
    form = as_officer.get(page.context["groups"][0]["button"]["url"]).context["form"]
    assert form["tells"].value() == [gone.reference]
    assert gone.reference in form.events


def test_an_interview_takes_back_nothing(victim):
    told(victim, bailed(victim, kind=Kind.SUSPECT_ARRESTED))
    bailed(victim, 18, kind=Kind.SUSPECT_INTERVIEWED)
    assert found() == []


def test_what_another_victim_was_told_is_theirs(victim):
    other = ParticipantFactory(case=victim.case, team=victim.team)
    told(other, bailed(victim))
    changed(victim)
    assert [who for who, _rows in found()] == [other]
    assert told_to([victim])[victim.pk][0].told is None


def test_only_the_newest_counts_though_one_between_was_never_told(victim):
    told(victim, bailed(victim))
    changed(victim, 18)
    told(victim, changed(victim, 19), day=20)
    assert found() == []


def test_those_who_believe_it_longest_come_first(victim):
    other = ParticipantFactory()
    for part, day in ((victim, 20), (other, 18)):
        told(part, bailed(part))
        changed(part, day)
    assert [who for who, _rows in found()] == [other, victim]


# --- The pages --------------------------------------------------------------------------------------


def test_an_officer_sees_their_own_and_the_supervisor_the_team(victim, monday, as_officer, as_supervisor):
    colleagues = ParticipantFactory(team=victim.team, person__given_names="Heledd")
    for part in (victim, colleagues):
        told(part, bailed(part))
        changed(part)
    mine = as_officer.get(reverse("desk:told")).content.decode()
    assert "1 person was told something that is no longer so" in mine
    assert "Heledd" not in mine
    assert "2 people were told" in as_supervisor.get(reverse("desk:told")).content.decode()


def test_the_button_opens_the_call_with_what_is_so_ticked(victim, monday, as_officer):
    told(victim, bailed(victim))
    later = changed(victim)
    page = as_officer.get(reverse("desk:told"))
    url = page.context["groups"][0]["button"]["url"]
    assert as_officer.get(url).context["form"]["tells"].value() == [later.reference]


def test_the_record_says_it_at_its_head_and_the_call_sheet_too(victim, monday, as_officer):
    told(victim, bailed(victim))
    changed(victim)
    references = [victim.case.reference, victim.reference]
    for name in ("desk:summary", "contacts:log"):
        assert "no longer so" in as_officer.get(reverse(name, args=references)).content.decode()


def test_a_stranger_sees_none_of_them(victim, monday, as_stranger):
    told(victim, bailed(victim))
    changed(victim)
    page = as_stranger.get(reverse("desk:told") + "?whose=team").content.decode()
    assert victim.person.surname not in page


def test_a_closed_record_waits_for_nobody(victim, monday, as_officer):
    told(victim, bailed(victim))
    changed(victim)
    Participant.objects.filter(pk=victim.pk).update(closed_at=london(2026, 11, 22), closure_reason="declined")
    assert "0 people were told" in as_officer.get(reverse("desk:told")).content.decode()


def test_many_people_cost_no_more_queries(victim, officer, monday, as_officer, django_assert_max_num_queries):
    for n in range(30):
        part = ParticipantFactory(officer=officer, team=officer.team)
        told(part, bailed(part, suspect=SuspectFactory(case=part.case)))
        changed(part, suspect=part.case.participants.get(role="SUSPECT"))
        told(part, bailed(part, 18 - n % 2, kind=Kind.SUSPECT_CHARGED), day=19)
    with django_assert_max_num_queries(12):
        page = as_officer.get(reverse("desk:told"))
    assert len(page.context["groups"]) == 25
    second = as_officer.get(page.context["older_url"])
    assert len(second.context["groups"]) == 5


def test_the_home_page_asks_how_many_and_names_nobody(victim, monday, as_officer):
    told(victim, bailed(victim))
    changed(victim)
    assert reverse("desk:told") + "?flag=1" in as_officer.get("/").content.decode()
    flag = as_officer.get(reverse("desk:told") + "?flag=1").content.decode()
    assert "1 person was told something that is no longer so" in flag
    assert victim.person.surname not in flag
