"""The unit's own standards: two people change them, from a day on, and none is ever a breach of the Code."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils.translation import override

from compliance import actions, words
from compliance.local.actions import Opening, Terms, begin, decide, propose
from compliance.local.preview import Verdicts, compared, would_open
from compliance.models import Duty, LocalStandard
from tests.factories import ContactFactory, UserFactory, london
from victimcare.accounts.permissions import Role
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case
from victimcare.faults import NotAllowed, Refused, Stale

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def other(unit):
    return UserFactory(team=unit, roles=[Role.SUPERVISOR], display_name="Other Supervisor")


def terms(standard=3, enhanced=1, effective_from=TODAY, **also):
    return Terms("That it was closed, and why.", standard, enhanced, effective_from, **also)


def proposed(by, **said):
    return propose(key="R6-END", number=1, terms=terms(**said), reason="Agreed on Friday.", by=by)


def closed(victim, day):
    event = record_event(
        case=victim.case,
        kind=Kind.INVESTIGATION_CLOSED_NO_SUSPECT,
        occurred=london(2026, 11, day, 9),
        by=None,
    )
    return Duty.objects.get(event=event)


def test_a_version_counts_what_happens_from_its_day_on_once_somebody_else_approved_it(
    victim, supervisor, other, monday
):
    row = proposed(supervisor)
    assert closed(victim, 23).due_on == date(2026, 11, 30)
    with pytest.raises(NotAllowed):
        decide(key="R6-END", number=2, is_approved=True, by=supervisor)
    decide(key="R6-END", number=row.number, is_approved=True, by=other)
    assert Case.objects.get(pk=victim.case_id).changed_at is not None
    before = closed(victim, 20)
    actions.assess([victim.case_id])
    assert before.due_on == date(2026, 11, 27)
    assert Duty.objects.current().get(clock_on=TODAY).due_on == date(2026, 11, 26)
    assert not Duty.objects.code().filter(rule="R6-END").exists()


def test_a_standard_ends_on_its_day_and_what_is_open_stays_open(victim, supervisor, other, monday):
    before = closed(victim, 20)
    proposed(supervisor, is_kept=False)
    decide(key="R6-END", number=2, is_approved=True, by=other)
    record_event(
        case=victim.case,
        kind=Kind.INVESTIGATION_CLOSED_NO_SUSPECT,
        occurred=london(2026, 11, 23, 9),
        by=None,
    )
    assert list(Duty.objects.current().filter(rule="R6-END")) == [before]


def test_a_new_standard_is_named_and_opened_by_what_happens(victim, supervisor, other, monday):
    opening = Opening("Interview, our own", 6, Kind.SUSPECT_INTERVIEWED, "event")
    row = begin(opening=opening, terms=terms(2, name_cy="Cyfweliad"), reason="Agreed.", by=supervisor)
    decide(key=row.key, number=1, is_approved=True, by=other)
    event = record_event(
        case=victim.case, kind=Kind.SUSPECT_INTERVIEWED, occurred=london(2026, 11, 23, 9), by=None
    )
    duty = Duty.objects.get(event=event, is_local=True)
    assert (duty.rule, duty.code, duty.due_on) == ("R6-OWN-1", "LOCAL", date(2026, 11, 25))
    assert words.short("R6-OWN-1") == "Interview, our own"
    with override("cy"):
        assert words.short("R6-OWN-1") == "Cyfweliad"
    with pytest.raises(Refused, match="cannot be told"):
        begin(
            opening=Opening("Closing", 6, Kind.CASE_CLOSED, "event"), terms=terms(), reason="x", by=supervisor
        )


def test_what_cannot_be_proposed_is_refused_in_a_sentence(supervisor, other, monday):
    for said, sentence in (
        ({"effective_from": date(2026, 11, 22)}, "stays counted"),
        ({"enhanced": 4}, "no more for enhanced"),
        ({"standard": 61}, "from 1 to 60"),
    ):
        with pytest.raises(Refused, match=sentence):
            proposed(supervisor, **said)
    proposed(supervisor)
    with pytest.raises(Stale):
        proposed(other)
    decide(key="R6-END", number=2, is_approved=False, by=supervisor)
    with pytest.raises(Stale):
        decide(key="R6-END", number=2, is_approved=True, by=other)


def test_the_preview_counts_the_last_three_months_both_ways(victim, supervisor, monday):
    in_time, late, _open = closed(victim, 12), closed(victim, 11), closed(victim, 18)
    for duty, day in ((in_time, 18), (late, 19)):
        ContactFactory(participant=victim, at=london(2026, 11, day, 11)).tells.set([duty.event])
    actions.assess([victim.case_id])
    now, then = compared(proposed(supervisor, standard=2), TODAY, user=supervisor)
    assert now == Verdicts(in_time=1, late=1, open=1)
    assert then == Verdicts(late=2, overdue=1)


def test_the_preview_of_a_new_standard_counts_what_it_would_have_opened(victim, supervisor, monday):
    for day in (12, 13, 20):
        event = record_event(
            case=victim.case, kind=Kind.HEARING_MOVED, occurred=london(2026, 11, day, 9), by=None
        )
        if day == 12:
            ContactFactory(participant=victim, at=london(2026, 11, 16, 11)).tells.set([event])
    opening = Opening("Hearing moved", 8, Kind.HEARING_MOVED, "event")
    row = begin(opening=opening, terms=terms(2), reason="Agreed.", by=supervisor)
    opened = would_open(row, TODAY, user=supervisor)
    assert opened.verdicts == Verdicts(in_time=1, overdue=1, open=1)
    assert (opened.cases, opened.open_cases, opened.is_cut) == (1, 1, False)
    assert (opened.first_due, opened.last_due) == (date(2026, 11, 17), date(2026, 11, 24))
    victim.case.is_restricted = True
    victim.case.save()
    assert would_open(row, TODAY, user=supervisor).cases == 0


def test_the_pages_from_a_proposal_to_a_version_that_counts(
    monday, supervisor, other, as_supervisor, sign_in, django_assert_max_num_queries
):
    url = reverse("compliance:standard", args=["R6-END"])
    form = as_supervisor.get(url).context["form"]
    typed = {
        "form_key": form["form_key"].value(), "version": 1, "title": "That it was closed.", "standard": "4",
        "enhanced": "1", "is_kept": "kept", "effective_from_day": "23", "effective_from_month": "11",
        "effective_from_year": "2026", "reason": "Agreed.",
    }  # fmt: skip
    page = as_supervisor.post(url, typed, follow=True).content.decode()
    assert "somebody else approves it" in page
    theirs = sign_in(other)
    address = reverse("compliance:standard-version", args=["R6-END", 2])
    with django_assert_max_num_queries(12):
        key = theirs.get(address).context["form"]["form_key"].value()
    said = {"form_key": key, "answer": "approve"}
    page = theirs.post(reverse("compliance:standard-decide", args=["R6-END", 2]), said, follow=True)
    assert "Approved by Other Supervisor" in page.content.decode()
    assert LocalStandard.objects.get(key="R6-END", number=2).is_confirmed
    with django_assert_max_num_queries(12):
        page = theirs.get(reverse("compliance:standards")).content.decode()
    assert "That it was closed." in page
    assert "R6-END" in theirs.get(reverse("compliance:code")).content.decode()


def test_a_new_standard_is_typed_and_waits(monday, as_supervisor):
    url = reverse("compliance:standard-new")
    key = as_supervisor.get(url).context["form"]["form_key"].value()
    typed = {
        "form_key": key, "name": "Hearing moved", "right": "8", "trigger": "HEARING_MOVED", "clock": "receipt",
        "title": "The new day.", "standard": "2", "enhanced": "3", "effective_from": "2026-11-23", "reason": "Agreed.",
    }  # fmt: skip
    answer = as_supervisor.post(url, typed)
    assert (answer.status_code, "no more days for enhanced" in answer.content.decode()) == (422, True)
    key = answer.context["form"]["form_key"].value()
    welsh = {"name_cy": "Gwrandawiad wedi’i symud", "title_cy": "Y diwrnod newydd."}
    typed |= welsh | {"enhanced": "1", "form_key": key}
    page = as_supervisor.post(url, typed, follow=True).content.decode()
    assert "Hearing moved" in page
    assert "it would have been opened in 0 cases" in page
    row = LocalStandard.objects.waiting().get()
    assert (row.key, row.name_cy, row.title_cy) == ("R8-OWN-1", *welsh.values())
