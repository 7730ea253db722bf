"""The search page: what was typed is in no address, and the way back finds the same list again."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import CaseFactory, ParticipantFactory, ReferralFactory, TeamFactory, UserFactory
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def brynmor(officer):
    """Dafydd O'Brien, in one case of the unit."""
    return ParticipantFactory(
        person__given_names="Dafydd", person__surname="O’Brien", team=officer.team,
        case=CaseFactory(occurrence_no="2600012345"),
    )  # fmt: skip


def named(response) -> list[str]:
    return [row[0]["text"] for row in response.context["rows"]]


def address_in(response) -> str:
    """Where the browser is told that this list is."""
    return re.search(r'data-address="([^"]+)"', response.text)[1]


def test_a_name_is_posted_and_in_no_address(as_officer, brynmor):
    response = as_officer.post("/search", {"q": "obrien"})
    assert named(response) == ["Dafydd O’Brien"]
    assert re.fullmatch(r"/search\?again=[\w-]{11}", address_in(response))


def test_the_way_back_finds_the_same_list_again(as_officer, brynmor):
    address = address_in(as_officer.post("/search", {"q": "obrien"}))
    assert named(as_officer.get(address)) == ["Dafydd O’Brien"]
    assert address_in(as_officer.post("/search", {"q": "obrien"})) == address


def test_the_same_address_is_nothing_to_somebody_else(as_officer, as_supervisor, brynmor):
    address = address_in(as_officer.post("/search", {"q": "obrien"}))
    response = as_supervisor.get(address)
    assert named(response) == []
    assert "Type it again" in response.text


def test_the_number_that_somebody_was_given_when_they_asked_for_support_finds_them(as_officer, brynmor):
    referral = ReferralFactory(participant=brynmor)
    response = as_officer.post("/search", {"q": referral.reference.lower()})
    assert named(response) == ["Dafydd O’Brien"]
    assert address_in(response) == f"/search?q={referral.reference.lower()}"


def test_a_session_remembers_the_last_ten_searches(as_officer, brynmor):
    addresses = [address_in(as_officer.post("/search", {"q": f"obrien{'x' * n}"})) for n in range(12)]
    lost = [as_officer.get(address).context["is_lost"] for address in addresses]
    assert lost == [True, True, *[False] * 10]


@pytest.mark.parametrize("typed", ["2600012345", "vc-{case}"])
def test_a_reference_or_an_occurrence_number_may_stand_in_an_address(as_officer, brynmor, typed):
    typed = typed.replace("vc-{case}", brynmor.case.reference)
    response = as_officer.post("/search", {"q": typed})
    assert address_in(response) == f"/search?q={typed}"
    assert named(as_officer.get(f"/search?q={typed}")) == ["Dafydd O’Brien"]


@pytest.mark.parametrize(
    "typed", ["obrien", "07700900321", "7700900321", "+447700900321", "01051992", "NP20 4AB"]
)
def test_what_is_about_somebody_is_not_looked_up_from_an_address(as_officer, brynmor, typed):
    response = as_officer.get("/search", {"q": typed}, follow=True)
    assert response.redirect_chain == [("/search?again=0", 302)]
    assert named(response) == []
    assert "Type it again" in response.text
    assert typed not in response.text


def test_the_box_of_every_page_posts(as_officer, brynmor):
    page = as_officer.get("/cases/").text
    form = page[page.index('<form class="desk-search"') :]
    form = form[: form.index("</form>")]
    assert 'method="post" action="/search"' in form
    assert "csrfmiddlewaretoken" in form


def test_names_spelled_otherwise_are_shown_apart(as_officer, brynmor):
    ParticipantFactory(person__given_names="Tom", person__surname="O'Brian", team=brynmor.team)
    page = as_officer.post("/search", {"q": "obrien"})
    assert "1 person found" in page.text
    assert page.text.index("spelled or sounding like it") < page.text.index("Tom O&#x27;Brian")


def test_the_heading_counts_similar_names_apart_and_the_nearest_come_first(as_officer, officer):
    for surname in ("Llywelyn", "Llewellynn"):  # the farther is the newer
        ParticipantFactory(person__given_names="Rhys", person__surname=surname, team=officer.team)
    page = as_officer.post("/search", {"q": "Llywelin"}).text
    assert "0 people found, and 2 with similar names" in page
    assert page.index("Rhys Llywelyn") < page.index("Rhys Llewellynn")
    assert "first fifty" not in page


def test_fifty_that_are_everybody_are_not_called_the_first_fifty(as_officer, officer):
    ParticipantFactory.create_batch(50, team=officer.team)
    page = as_officer.post("/search", {"q": "evans"}).text
    assert "50 people found" in page
    assert "first fifty" not in page


@pytest.mark.parametrize(
    "typed", ["", "ab", "a b", "--'", "'; drop table", "x" * 500, "VC-", "+44", "½½½", "%", "a\0b"]
)
def test_whatever_is_typed_there_is_a_page(as_officer, typed):
    assert as_officer.post("/search", {"q": typed}).status_code == 200


@pytest.mark.parametrize(
    "query", ["", "?q=x", "?again=", "?again=x", "?again=x&q=VC-1", "?q=½½½", "?q=VC-" + "9" * 99]
)
def test_whatever_the_address_says_there_is_a_page(as_officer, query):
    assert as_officer.get(f"/search{query}", follow=True).status_code == 200


def test_fewer_than_three_characters_asks_for_more(as_officer, brynmor):
    assert "at least three" in as_officer.post("/search", {"q": "da"}).text


def test_a_search_and_whom_it_showed_is_written_down(as_officer, brynmor):
    as_officer.post("/search", {"q": "obrien"})
    look = AccessEntry.objects.get(field_group="search")
    assert (look.subjects, look.path) == ([brynmor.reference], "/search")


def test_at_most_fifty_are_shown(as_officer, officer):
    ParticipantFactory.create_batch(60, team=officer.team)
    response = as_officer.post("/search", {"q": "evans"})
    assert len(response.context["rows"]) == 50
    assert "first fifty" in response.text


def test_a_search_costs_eight_questions_for_thirty_as_for_three(as_officer, officer):
    counts = []
    for n in (3, 27):
        ParticipantFactory.create_batch(n, team=officer.team)
        with CaptureQueriesContext(connection) as queries:
            as_officer.post("/search", {"q": f"evans{' ' * n}"})
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
    assert counts[0] <= 8
    assert counts[1] <= 8


def test_who_may_not_search(sign_in, auditor):
    oic = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=TeamFactory(name="Response"))
    for user in (auditor, oic):
        assert sign_in(user).post("/search", {"q": "evans"}).status_code == 403
