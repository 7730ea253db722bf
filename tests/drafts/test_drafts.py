"""What somebody typed and did not save: kept for them alone, put back, gone once it is saved."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Contact
from tests.factories import ContactPlanFactory, ParticipantFactory, london
from victimcare.drafts import actions as drafts
from victimcare.drafts.models import Draft

pytestmark = pytest.mark.django_db
SAID = "She cried, and asked when the trial is"


def log_page(victim):
    return reverse("contacts:log", args=[victim.case.reference, victim.reference])


def answers(**more):
    return {
        "channel": "phone",
        "direction": "out",
        "outcome": "reached",
        "note": SAID,
        "on": "2026-11-23",
        "at_time": "09:50",
        "next": "none",
        "no_task_because": "Nothing is left to do",
    } | more


def shown_to(user):
    return {"typed_by": drafts.signed_author(user.pk)}


def test_a_saved_draft_is_back_in_the_form(monday, victim, as_officer):
    response = as_officer.post(log_page(victim), answers(save_draft="yes", promise="Ring about the trial"))
    page = as_officer.get(response["Location"])
    assert page.context["form"]["note"].value() == SAID
    assert page.context["form"]["outcome"].value() == "reached"
    assert "is back in the form" in page.content.decode()
    assert not Contact.objects.exists()


def test_a_blank_form_offers_the_draft_of_this_person_to_whoever_typed_it(
    monday, victim, as_officer, colleague
):
    assert "Go on with your draft" not in as_officer.get(log_page(victim)).text
    back = as_officer.post(log_page(victim), answers(save_draft="yes"))["Location"]
    blank = as_officer.get(log_page(victim) + "?channel=text").text
    assert "Go on with your draft" in blank and f'href="{back}"' in blank
    assert "Go on with your draft" not in as_officer.get(back).text
    other = Client()
    other.force_login(colleague)
    assert "Go on with your draft" not in other.get(log_page(victim)).text


def test_what_could_not_be_saved_yet_is_kept_as_it_is(monday, victim, as_officer):
    half = {
        "channel": "phone",
        "note": SAID,
        "on_day": "31",
        "on_month": "",
        "on_year": "",
        "save_draft": "yes",
    }
    page = as_officer.get(as_officer.post(log_page(victim), half)["Location"])
    assert page.status_code == 200
    assert page.context["form"]["note"].value() == SAID
    assert page.context["form"]["on"].value() == ("31", "", "")


def test_the_next_draft_of_a_form_replaces_the_one_before(monday, victim, as_officer):
    as_officer.post(log_page(victim), answers(save_draft="yes"))
    response = as_officer.post(log_page(victim), answers(save_draft="auto", note="More"))
    assert drafts.answers_of(Draft.objects.get())["note"] == "More"
    assert response.content.decode() == Draft.objects.get().reference


def test_saving_the_form_forgets_its_draft(monday, victim, as_officer):
    place = as_officer.post(log_page(victim), answers(save_draft="yes"))["Location"]
    form = as_officer.get(place).context["form"]
    assert as_officer.post(place, answers(form_key=form["form_key"].value())).status_code == 302
    assert Contact.objects.get().note == SAID
    assert not Draft.objects.exists()


def test_a_session_that_ended_loses_no_typing(monday, victim, officer, as_officer, sign_in):
    as_officer.logout()
    response = as_officer.post(log_page(victim), answers(**shown_to(officer)))
    assert response["Location"].startswith("/sign-in")
    assert SAID not in response["Location"]
    place = log_page(victim) + f"?draft={Draft.objects.get(user=officer).reference}"
    assert sign_in(officer).get(place).context["form"]["note"].value() == SAID


def test_the_way_back_leads_through_signing_in(monday, victim, officer, as_officer):
    as_officer.logout()
    response = as_officer.post(log_page(victim), answers(**shown_to(officer)))
    assert f"draft%3D{Draft.objects.get().reference}" in response["Location"]


def test_a_page_drawn_before_signing_in_anew_goes_on_where_it_was(monday, victim, officer):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(officer, backend="victimcare.accounts.backends.WithTeam")
    response = strict.post(log_page(victim), answers(**shown_to(officer)))
    assert response.status_code == 302
    assert strict.get(response["Location"]).context["form"]["note"].value() == SAID


def test_nobody_else_sees_a_draft(monday, victim, as_officer, colleague, sign_in):
    place = as_officer.post(log_page(victim), answers(save_draft="yes"))["Location"]
    page = sign_in(colleague).get(place)
    assert page.status_code == 200
    assert SAID not in page.content.decode()


def test_nobody_else_throws_it_away(victim, as_officer, colleague, sign_in):
    as_officer.post(log_page(victim), answers(save_draft="yes"))
    away = reverse("accounts:throw-draft-away", args=[Draft.objects.get().reference])
    sign_in(colleague).post(away)
    assert Draft.objects.exists()
    as_officer.post(away)
    assert not Draft.objects.exists()


def test_without_our_signature_nothing_is_kept_for_anybody(victim, officer):
    for token in ("", str(officer.pk), f"{officer.pk}:forged"):
        Client().post(log_page(victim), answers(typed_by=token))
    assert not Draft.objects.exists()


def test_a_draft_of_another_form_is_not_put_back(monday, victim, officer, as_officer):
    as_officer.post(log_page(victim), answers(save_draft="yes"))
    another = ParticipantFactory(officer=officer, team=officer.team)
    page = as_officer.get(log_page(another) + f"?draft={Draft.objects.get().reference}")
    assert SAID not in page.content.decode()


def test_a_row_another_hand_wrote_is_not_put_back(monday, victim, as_officer):
    place = as_officer.post(log_page(victim), answers(save_draft="yes"))["Location"]
    Draft.objects.update(answers="W10:forged")
    assert as_officer.get(place).status_code == 200


def test_a_code_word_is_never_kept(victim, officer, as_officer):
    page = reverse("contacts:caller", args=[victim.case.reference, victim.reference])
    said = {"how": "code_word", "said": "bluebell"} | shown_to(officer)
    assert as_officer.post(page, said | {"save_draft": "yes"}).status_code == 422
    as_officer.logout()
    as_officer.post(page, said)
    assert not Draft.objects.exists()


def test_old_drafts_are_forgotten(monday, victim, as_officer):
    as_officer.post(log_page(victim), answers(save_draft="yes"))
    assert drafts.forget_old(before=london(2026, 11, 23, 9)) == 0
    assert drafts.forget_old(before=london(2026, 11, 23, 10) + timedelta(seconds=1)) == 1


def test_only_the_latest_drafts_of_one_author_are_kept(monday, victim, as_officer, monkeypatch):
    monkeypatch.setattr(drafts, "DRAFTS_EACH", 2)
    for channel in ("phone", "text", "email"):
        as_officer.post(log_page(victim) + f"?channel={channel}", answers(save_draft="yes"))
        monday.shift(timedelta(minutes=1))
    kept = {draft.url.rpartition("=")[2] for draft in Draft.objects.all()}
    assert kept == {"text", "email"}


def test_ones_own_drafts_are_listed_with_the_way_back(monday, victim, as_officer, colleague, sign_in):
    place = as_officer.post(log_page(victim), answers(save_draft="yes"))["Location"]
    assert reverse("desk:drafts") + "?list=1" in as_officer.get("/").content.decode()
    for url in (reverse("desk:drafts"), reverse("desk:drafts") + "?list=1"):
        page = as_officer.get(url).content.decode()
        assert "Contact: Siân Evans" in page
        assert place.replace("&", "&amp;") in page
        assert SAID not in page
    Draft.objects.update(page="contacts:plan")
    ContactPlanFactory(participant=victim, made_at=london(2026, 11, 23, 11))
    assert "a plan was agreed since, on Mon 23 Nov, 11:00" in as_officer.get(reverse("desk:drafts")).text
    assert "Siân" not in sign_in(colleague).get(reverse("desk:drafts")).content.decode()


def test_a_draft_about_somebody_no_longer_theirs_names_nobody(monday, victim, as_officer, officer, stranger):
    as_officer.post(log_page(victim), answers(save_draft="yes"))
    type(victim).objects.filter(pk=victim.pk).update(team=stranger.team, officer=stranger)
    assert "Siân" not in as_officer.get(reverse("desk:drafts")).content.decode()
