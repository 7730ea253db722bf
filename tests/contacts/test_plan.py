"""A plan is agreed, its versions are kept, and two people agreeing at once lose nothing."""

from datetime import date

import pytest
from django.urls import reverse

from contacts import planning
from contacts.models import ContactPlan
from contacts.planning import Terms
from tests.factories import ContactPlanFactory, ParticipantFactory, SafeContactFactory, UserFactory
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, SafeContact
from victimcare.faults import Refused, Stale

pytestmark = pytest.mark.django_db
KEY = "5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7b09"


def agree(victim, by, **answers):
    said = {
        "frequency_days": 14,
        "channels": ("phone", "text"),
        "topics": ("bail",),
        "language": "cy",
        "words": "Ring before work.",
    }
    said |= {name: answers.pop(name) for name in list(answers) if name in Terms.__dataclass_fields__}
    return planning.agree_plan(
        **{
            "participant": victim,
            "number": 0,
            "terms": Terms(**said),
            "agreed_with": "Siân Evans",
            "agreed_on": date(2026, 11, 23),
            "by": by,
        }
        | answers
    )


def test_a_plan_says_when_the_next_update_is_due(victim, officer, monday):
    plan = agree(victim, officer)
    assert (plan.number, plan.due_on) == (1, date(2026, 12, 7))
    assert (
        plan.sentence == "Every 14 days: phone, then text message. In Welsh. About arrest, bail and release."
    )
    assert Event.objects.get(kind=Kind.PLAN_AGREED).participant == victim


def test_a_plan_agreed_last_week_counts_from_then(victim, officer, monday):
    assert agree(victim, officer, agreed_on=date(2026, 11, 17)).due_on == date(2026, 12, 1)


def test_only_when_something_happens_has_no_next_date(victim, officer, monday):
    assert agree(victim, officer, frequency_days=0).due_on is None


def test_an_earlier_plan_is_ended_and_kept(victim, officer, monday):
    first = agree(victim, officer)
    second = agree(victim, officer, number=1, frequency_days=7)
    first.refresh_from_db()
    assert first.ended_at and second.number == 2
    assert ContactPlan.objects.current().get() == second


def test_a_plan_agreed_from_an_old_page_is_refused_and_shows_the_other(victim, officer, monday):
    theirs = agree(victim, officer)
    with pytest.raises(Stale) as stale:
        agree(victim, officer)
    assert stale.value.theirs == {"plan": theirs}


@pytest.mark.parametrize("wrong", [{"agreed_on": date(2026, 11, 24)}, {"channels": ()}])
def test_a_plan_that_cannot_be_is_refused(victim, officer, monday, wrong):
    with pytest.raises(Refused):
        agree(victim, officer, **wrong)


def test_a_mistyped_year_does_not_become_the_plan_in_force(monday, victim, officer, as_officer):
    first = agree(victim, officer)
    for day, sentence in (
        ("2025-11-23", "before the crime was reported on"),
        ("2026-11-22", "before the plan in force was agreed on Mon 23 Nov"),
    ):
        shown = as_officer.post(page(victim), answers(version="1", agreed_on=day))
        assert shown.status_code == 422 and sentence in shown.text
        assert "Say nothing to my mother." in shown.text
    assert ContactPlan.objects.get() == first


def page(victim, name="plan"):
    return reverse(f"contacts:{name}", args=[victim.case.reference, victim.reference])


def answers(**changes):
    return {
        "version": "0",
        "frequency_days": "28",
        "first": "phone",
        "language": "en",
        "words": "Say nothing to my mother.",
        "agreed_with": "Siân Evans",
        "agreed_on": "2026-11-23",
    } | changes


def test_a_plan_is_agreed_on_its_page(monday, victim, as_officer):
    response = as_officer.post(page(victim), answers(form_key="5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7b01"))
    assert response.url == page(victim, "list")
    shown = as_officer.get(response.url).text
    assert "Every 28 days: phone." in shown and "Say nothing to my mother." in shown


def test_two_people_agreeing_at_once_see_both_and_lose_nothing(monday, victim, as_officer, colleague):
    agree(victim, colleague, words="Text me first.")
    response = as_officer.post(page(victim), answers(form_key="5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7b02"))
    assert response.status_code == 409
    assert "Text me first." in response.text and "Say nothing to my mother." in response.text
    again = as_officer.post(
        page(victim), answers(version="1", form_key="5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7b02")
    )
    assert again.status_code == 302
    assert ContactPlan.objects.current().get().words == "Say nothing to my mother."


def test_a_channel_they_asked_us_not_to_use_is_not_agreed(monday, officer, as_officer):
    victim = ParticipantFactory(officer=officer)
    SafeContactFactory(person=victim.person, text="N")
    response = as_officer.post(page(victim), answers(second="text"))
    assert response.status_code == 422 and "asked not to be reached this way" in response.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"frequency_days": "3"},
        {"first": ""},
        {"second": "phone"},
        {"agreed_on": "2027-01-01"},
        {"version": "x"},
    ],
)
def test_a_bad_answer_gets_a_sentence(monday, victim, as_officer, wrong):
    assert as_officer.post(page(victim), answers(**wrong)).status_code == 422


def test_a_witness_care_officer_may_not_agree_a_plan(monday, victim, witness_care, sign_in):
    assert sign_in(witness_care).get(page(victim)).status_code == 403


def test_a_promise_of_another_victim_is_not_found(monday, victim, officer, as_officer):
    other = ParticipantFactory(case=victim.case, officer=officer)
    promise = other.promises.create(what="Ring back", due_on=date(2026, 11, 27), made_by=officer)
    url = reverse("contacts:promise-kept", args=[victim.case.reference, victim.reference, promise.reference])
    assert as_officer.post(url).status_code == 404
    right = reverse("contacts:promise-kept", args=[victim.case.reference, other.reference, promise.reference])
    assert as_officer.post(right).status_code == 302
    promise.refresh_from_db()
    assert promise.kept_by == officer


def test_the_plan_in_force_is_what_the_page_starts_from(monday, victim, as_officer):
    ContactPlanFactory(participant=victim, words="Never on Fridays.", agreed_by=UserFactory())
    assert "Never on Fridays." in as_officer.get(page(victim)).text
    SafeContact.objects.filter(person=victim.person).update(phone="N")  # what it names is not safe any more
    asks = "a way that is not safe: Phone. Agree another way"
    contacts = reverse("contacts:list", args=[victim.case.reference, victim.reference])
    assert asks in as_officer.get(page(victim)).text and asks in as_officer.get(contacts).text


def test_every_ten_days_is_as_good_as_every_seven(monday, victim, as_officer):
    as_officer.post(page(victim), answers(frequency_days="other", every_days="10", form_key=KEY))
    hidden = as_officer.post(
        page(victim), answers(frequency_days="14", every_days="0", version="1", agreed_with="")
    )
    assert set(hidden.context["form"].errors) == {"agreed_with"}  # the hidden box is not asked about
    plan = ContactPlan.objects.current().get()
    assert (plan.frequency_days, plan.how_often, plan.due_on) == (10, "Every 10 days", date(2026, 12, 3))


def test_another_number_of_days_has_to_be_said(monday, victim, as_officer):
    response = as_officer.post(page(victim), answers(frequency_days="other"))
    assert response.status_code == 422 and "Enter the number of days that was agreed" in response.text


def test_a_plan_says_form_times_and_who_else(monday, victim, as_officer):
    said = {
        "times": ["evening"],
        "formats": ["large_print", "interpreter"],
        "format_note": "Polish, a woman",
        "may_tell": "Ana, her sister",
        "silent_unless": "unless he is released",
    }
    as_officer.post(page(victim), answers(**said, form_key=KEY))
    shown = as_officer.get(page(victim)).text
    assert "Large print, An interpreter: Polish, a woman" in shown
    assert "Ana, her sister" in shown and "unless he is released" in shown


def test_an_interpreter_needs_a_language(monday, victim, as_officer):
    response = as_officer.post(page(victim), answers(formats=["interpreter"]))
    assert response.status_code == 422 and "Enter the language they need" in response.text


def test_both_texts_stand_side_by_side_where_they_differ(monday, victim, as_officer, colleague):
    agree(victim, colleague, words="Text me first.")
    response = as_officer.post(page(victim), answers(form_key=KEY))
    assert ["How often", "Every 14 days", "Every 28 days"] in response.context["differs"]
    assert "Where the two differ" in response.text


def test_what_a_later_plan_changed_is_said(monday, victim, officer, as_officer):
    agree(victim, officer)
    agree(victim, officer, number=1, frequency_days=7, words="Ring before work.")
    (second, first) = as_officer.get(page(victim, "plan-versions")).context["versions"]
    assert second["changes"] == [["How often", "Every 14 days", "Every 7 days"]]
    assert first["changes"] == [] and first["says"]


def test_their_copy_is_in_their_language_and_says_not_to_post_it(monday, victim, officer, as_officer):
    agree(victim, officer, language="cy,en")
    response = as_officer.get(page(victim, "plan-copy"))
    assert [each["language"] for each in response.context["copies"]] == ["cy", "en"]
    assert "Cytunwyd ar ddydd Llun 23 Tachwedd 2026" in response.text
    assert "Do not post this" in response.text  # her post is not safe


def test_nobody_has_a_copy_of_a_plan_that_was_never_agreed(monday, victim, as_officer):
    assert as_officer.get(page(victim, "plan-copy")).status_code == 404


def test_somebody_without_a_plan_has_no_versions(monday, victim, as_officer):
    assert as_officer.get(page(victim, "plan-versions")).context["versions"] == []


def test_a_first_plan_opens_with_no_interval_chosen(victim, as_officer):
    form = as_officer.get(page(victim)).context["form"]
    assert not form["frequency_days"].value()
