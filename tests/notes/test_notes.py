"""Notes are added to and never edited; what should not be there is taken out by a supervisor, with a reason."""

import pytest
from django.urls import reverse

from tests.factories import ParticipantFactory
from victimcare.audit.models import AccessEntry
from victimcare.faults import NotAllowed, Refused
from victimcare.notes import actions
from victimcare.notes.models import Note

pytestmark = pytest.mark.django_db


def place(name, victim, *more):
    return reverse(f"notes:{name}", args=[victim.case.reference, victim.reference, *more])


def noted(victim, by, words="She moved back in with her mother", **more):
    said = {"kind": "general", "sensitivity": "ordinary", "words": words} | more
    return actions.write(participant=victim, by=by, **said)


def test_a_note_is_written_on_its_page_and_read_on_the_list(monday, victim, as_officer):
    body = {"kind": "risk", "words": "He sits outside in his car", "sensitivity": "ordinary"}
    assert as_officer.post(place("write", victim), body).status_code == 302
    page = as_officer.get(place("list", victim)).content.decode()
    assert "He sits outside in his car" in page
    assert "Risk" in page


def test_what_is_missing_is_added_and_the_note_stays_as_it_was(monday, victim, officer, as_officer):
    note = noted(victim, officer)
    as_officer.post(
        f"{place('write', victim)}?to={note.reference}", {"words": "No: her aunt", "sensitivity": "ordinary"}
    )
    note.refresh_from_db()
    assert note.words == "She moved back in with her mother"
    assert list(note.additions.values_list("words", "kind")) == [("No: her aunt", "general")]


def test_a_supervision_note_is_for_supervisors_and_its_author(
    victim, officer, colleague, supervisor, sign_in
):
    noted(victim, officer, "Talked about the load", kind="supervision")
    shown = {
        user.username: "Talked about the load" in sign_in(user).get(place("list", victim)).content.decode()
        for user in (officer, colleague, supervisor)
    }
    assert shown == {"officer": True, "colleague": False, "supervisor": True}


def test_what_is_added_to_a_note_for_few_is_for_few(victim, officer, supervisor, colleague, sign_in):
    note = noted(victim, officer, sensitivity="supervisors")
    noted(victim, supervisor, "Agreed", adds_to=note, sensitivity="ordinary")
    assert "Agreed" not in sign_in(colleague).get(place("list", victim)).content.decode()
    assert sign_in(colleague).get(f"{place('write', victim)}?to={note.reference}").status_code == 404


def test_a_supervisor_takes_words_out_for_good(monday, victim, officer, as_supervisor, as_officer):
    note = noted(victim, officer, "About her neighbour, Mrs Price")
    as_supervisor.post(place("redact-note", victim, note.reference), {"reason": "about another person"})
    note.refresh_from_db()
    assert note.words == ""
    page = as_officer.get(place("list", victim)).content.decode()
    assert "Mrs Price" not in page
    assert "about another person" in page


def test_nobody_else_takes_anything_out(victim, officer, as_officer):
    note = noted(victim, officer)
    assert as_officer.post(place("redact-note", victim, note.reference), {"reason": "x"}).status_code == 403
    with pytest.raises(NotAllowed):
        actions.redact_note(note=note, reason="x", by=officer)


def test_what_was_taken_out_is_not_taken_out_again(victim, officer, supervisor):
    note = actions.redact_note(note=noted(victim, officer), reason="wrong person", by=supervisor)
    with pytest.raises(Refused):
        actions.redact_note(note=note, reason="again", by=supervisor)


def test_a_note_about_somebody_else_is_not_found_here(victim, officer, as_supervisor):
    other = ParticipantFactory(case=victim.case, team=victim.team)
    note = noted(other, officer, "Only about the other victim")
    assert "Only about the other" not in as_supervisor.get(place("list", victim)).content.decode()
    assert as_supervisor.get(place("redact-note", victim, note.reference)).status_code == 404
    with pytest.raises(Refused):
        noted(victim, officer, adds_to=note)


def test_a_stranger_finds_nothing_and_each_look_is_written_down(victim, as_stranger, as_officer):
    assert as_stranger.get(place("list", victim)).status_code == 404
    as_officer.get(place("list", victim))
    assert AccessEntry.objects.filter(subject=victim.reference, field_group="notes").count() == 1


def test_only_one_kind_is_shown_when_asked_for(victim, officer, as_officer):
    noted(victim, officer, "Ordinary words")
    noted(victim, officer, "Danger ahead", kind="risk")
    page = as_officer.get(place("list", victim) + "?kind=risk").content.decode()
    assert "Danger ahead" in page
    assert "Ordinary words" not in page


def test_many_notes_cost_no_more_queries_and_the_older_are_a_page_away(
    victim, officer, as_officer, django_assert_max_num_queries
):
    for n in range(30):
        note = noted(victim, officer, f"Note {n}.")
        noted(victim, officer, f"More on {n}.", adds_to=note)
    with django_assert_max_num_queries(18):
        page = as_officer.get(place("list", victim))
    assert "Note 29." in page.content.decode()
    assert "Note 4." not in page.content.decode()
    older = as_officer.get(
        place("list", victim) + page.context["older_url"].rpartition("/")[2]
    ).content.decode()
    assert "Note 4." in older


def test_a_note_says_something(victim, officer):
    with pytest.raises(Refused):
        noted(victim, officer, "   ")
    assert not Note.objects.exists()
