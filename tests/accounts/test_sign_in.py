"""Coming in and going out: with a password, or by picking a person in the demonstration."""

import pytest
from django.urls import reverse

from tests.factories import UserFactory
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

PASSWORD = "correct horse battery staple"
SIGN_IN = "/sign-in"


@pytest.fixture
def olwen(officer):
    officer.set_password(PASSWORD)
    officer.save()
    return officer


@pytest.fixture
def real(settings):
    """Not a demonstration."""
    settings.DEMO = False


def sign_in(client, password=PASSWORD, username="officer", **more):
    return client.post(SIGN_IN, {"username": username, "password": password, **more})


def test_the_right_password_opens_todays_work(client, olwen, real):
    response = sign_in(client)
    assert (response.status_code, response["Location"]) == (302, reverse("desk:today"))
    assert client.get("/preferences").status_code == 200


def test_a_password_is_kept_as_argon2(olwen):
    assert olwen.password.startswith("argon2$")


def test_capitals_in_the_username_do_not_matter(client, olwen, real):
    assert sign_in(client, username="Officer").status_code == 302


def test_an_unknown_name_and_a_wrong_password_read_the_same(client, olwen, real):
    wrong = sign_in(client, password="something else entirely").content
    unknown = sign_in(client, username="nobody").content
    for page in (wrong, unknown):
        assert "The username or the password is wrong" in page.decode()


def test_after_five_wrong_passwords_the_right_one_does_not_open_either(client, olwen, real):
    for _try in range(5):
        response = sign_in(client, password="something else entirely")
    assert response.status_code == 429
    response = sign_in(client)
    assert response.status_code == 429
    assert "Wait 15 minutes" in response.content.decode()


def test_somebody_who_left_does_not_come_in(client, olwen, real):
    User.objects.filter(pk=olwen.pk).update(is_active=False)
    assert "The username or the password is wrong" in sign_in(client).content.decode()


def test_the_page_asked_for_opens_after_signing_in(client, olwen, real):
    asked = client.get("/preferences")
    assert asked["Location"] == "/sign-in?next=/preferences"
    assert 'value="/preferences"' in client.get(asked["Location"]).content.decode()
    assert sign_in(client, next="/preferences")["Location"] == "/preferences"


ELSEWHERE = ["https://evil.example/", "//evil.example", "javascript:alert(1)", r"/\evil"]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_nobody_is_sent_to_another_site(client, olwen, real, elsewhere):
    assert sign_in(client, next=elsewhere)["Location"] == reverse("desk:today")


def test_somebody_without_a_role_yet_comes_to_their_own_preferences(client):
    newcomer = UserFactory(roles=[])
    newcomer.set_password(PASSWORD)
    newcomer.save()
    assert sign_in(client, username=newcomer.username)["Location"] == "/preferences"


def test_signing_in_gives_a_new_session_key_and_the_persons_language(client, olwen, real):
    session = client.session
    session["before"] = "1"
    session.save()
    client.cookies["session"] = before = session.session_key
    User.objects.filter(pk=olwen.pk).update(language="cy")
    response = sign_in(client)
    assert client.session.session_key != before
    assert response.cookies["language"].value == "cy"


def test_signing_in_is_no_change_to_a_person(client, olwen, real):
    before = olwen.history.count()
    sign_in(client)
    assert olwen.history.count() == before


def test_a_demonstration_lets_you_pick_a_person(client, officer, supervisor):
    page = client.get(SIGN_IN).content.decode()
    assert "Pick a person" in page and "Olwen Officer" in page and "Sue Pervisor" in page
    client.post("/sign-in/pick", {"person": officer.reference})
    assert client.session["_auth_user_id"] == str(officer.pk)


def test_nobody_is_picked_where_data_are_real(client, officer, real):
    assert "Olwen Officer" not in client.get(SIGN_IN).content.decode()
    assert client.post("/sign-in/pick", {"person": officer.reference}).status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("person", ["", "U-NONSENSE", "x" * 5000, "U\x00"])
def test_picking_nobody_says_so(client, person, db):
    response = client.post("/sign-in/pick", {"person": person}, follow=True)
    assert "Pick another" in response.content.decode()


def test_somebody_who_left_cannot_be_picked(client, officer):
    User.objects.filter(pk=officer.pk).update(is_active=False)
    client.post("/sign-in/pick", {"person": officer.reference})
    assert "_auth_user_id" not in client.session


def test_signing_out_ends_the_session_and_clears_the_browser(as_officer):
    response = as_officer.post("/sign-out")
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert as_officer.get("/preferences")["Location"].startswith(SIGN_IN)


def test_a_link_does_not_sign_anybody_out(as_officer):
    assert as_officer.get("/sign-out").status_code == 405


def test_preferences_are_kept_and_pages_change_language(as_officer, officer):
    response = as_officer.post("/preferences", {"language": "cy", "is_compact": "on"})
    officer.refresh_from_db()
    assert (officer.language, officer.is_compact) == ("cy", True)
    assert response.cookies["language"].value == "cy"


def test_the_language_chosen_in_the_header_is_remembered(as_officer, officer):
    as_officer.post(reverse("set_language"), {"language": "cy", "next": "/"})
    officer.refresh_from_db()
    assert officer.language == "cy"


def test_the_switch_at_the_foot_makes_pages_compact(as_officer, officer):
    response = as_officer.post("/preferences/density", {"is_compact": "yes", "next": "/people/"})
    officer.refresh_from_db()
    assert officer.is_compact and response["Location"] == "/people/"


def test_a_new_password_ends_other_sessions_but_not_this_one(client, olwen, sign_in, real):
    here, elsewhere = sign_in(olwen), sign_in(olwen)
    new = "seven purple kettles hum"
    assert here.post("/preferences/password", {"current": PASSWORD, "new": new}).status_code == 302
    assert here.get("/preferences").status_code == 200
    assert elsewhere.get("/preferences").status_code == 302
    olwen.refresh_from_db()
    assert olwen.check_password(new)


@pytest.mark.parametrize(
    ("current", "new", "sentence"),
    [
        (PASSWORD, "too short", "at least 15 characters"),
        (PASSWORD, PASSWORD, "Choose another"),
        (PASSWORD, "x" * 129, "at most 128"),
        ("not it", "seven purple kettles hum", "not your password"),
    ],
)
def test_a_password_that_will_not_do_says_why(olwen, sign_in, current, new, sentence):
    response = sign_in(olwen).post("/preferences/password", {"current": current, "new": new})
    assert response.status_code == 200 and sentence in response.content.decode()


def test_a_temporary_password_opens_nothing_but_the_page_that_changes_it(sign_in, real):
    joiner = UserFactory(roles=[Role.SUPERVISOR], is_password_temporary=True)
    joiner.set_password(PASSWORD)
    joiner.save()
    browser = sign_in(joiner)
    assert browser.get("/people/")["Location"] == "/preferences/password"
    browser.post("/preferences/password", {"current": PASSWORD, "new": "seven purple kettles hum"})
    assert browser.get("/people/").status_code == 200
