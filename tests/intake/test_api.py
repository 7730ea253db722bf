"""Another system sends extracts with a token, and reads what became of them. Nothing it sends makes a 500."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from referrals.models import Referral
from referrals.rows import REFERRAL_COLUMNS
from tests.referrals.test_receive import SIAN, as_csv, receive
from victimcare import clock
from victimcare.audit.models import AccessEntry
from victimcare.faults import Refused
from victimcare.intake import admitting, api
from victimcare.intake.api_description import DESCRIPTION
from victimcare.intake.models import FeedToken, ImportBatch, ImportRow
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = pytest.mark.django_db
URL = "/api/v1/extracts"
BOTH = ["extracts.send", "extracts.read"]


@pytest.fixture
def secret(monday, unit, administrator):
    return admitting.make_token(name="Crime system", scopes=BOTH, days=90, by=administrator)[1]


@pytest.fixture
def force(secret):
    """The force's system, with its token."""
    return Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)


@pytest.fixture(autouse=True)
def _not_throttled(monkeypatch):
    monkeypatch.setattr(admitting, "MOST_IN_A_MINUTE", 1000)


def send(client, body, kind="text/csv"):
    return client.post(URL, body, content_type=kind)


def good(**said):
    return as_csv([SIAN | said], REFERRAL_COLUMNS)


def test_an_extract_is_kept_and_its_counts_can_be_asked_for(force):
    sent = send(force, as_csv([SIAN, SIAN | {"person_id": "P2", "postcode": "NP"}], REFERRAL_COLUMNS))
    assert (sent.status_code, sent["Location"]) == (202, sent.json()["url"])
    assert force.get(sent.json()["url"]).json()["state"] == "waiting"
    read_waiting_extracts()
    said = force.get(sent.json()["url"]).json()
    assert (said["state"], said["received"], said["accepted"], said["quarantined"]) == ("done", 2, 1, 1)
    [problem] = said["problems"]
    assert (problem["row"], problem["column"], problem["settled"]) == (3, "postcode", False)
    assert ImportBatch.objects.get().came_by == "api"


def test_json_is_read_as_well(force):
    assert send(force, json.dumps([SIAN]), "application/json; charset=utf-8").status_code == 202
    read_waiting_extracts()
    assert Referral.objects.count() == 1


def test_the_same_file_twice_at_once_is_told_so(force):
    send(force, good())
    again = send(force, good())
    assert again.status_code == 409 and "already waiting" in again.json()["error"]


def test_the_look_at_an_extract_is_written_down(force):
    sent = send(force, good())
    force.get(sent.json()["url"])
    entry = AccessEntry.objects.filter(op="consult").get()
    assert (entry.actor_name, entry.actor_roles) == ("Crime system", "import service")


# --- Who comes in ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer vcf_wrong", "Basic dTpw", "Bearer " + "v" * 5000]
)
def test_nobody_comes_in_without_a_token(monday, secret, header):
    client = Client(headers={"Authorization": header} if header else {}, raise_request_exception=False)
    answer = send(client, good())
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert "error" in answer.json() and not ImportBatch.objects.exists()


def test_a_supervisor_who_is_signed_in_does_not_come_in_that_way(monday, as_supervisor):
    assert send(as_supervisor, good()).status_code == 401


def test_a_token_ends_after_its_days_and_when_it_is_revoked(monday, force, administrator):
    token = FeedToken.objects.get()
    monday.shift(timedelta(days=91))
    assert send(force, good()).status_code == 401
    FeedToken.objects.update(expires_at=clock.now() + timedelta(hours=1), made_at=clock.now())
    assert send(force, good()).status_code == 202
    admitting.revoke_token(token=token, by=administrator)
    assert send(force, good(town="Cwm")).status_code == 401


def test_a_token_does_what_it_was_made_for_and_no_more(monday, unit, administrator):
    reader = admitting.make_token(name="R", scopes=["extracts.read"], days=1, by=administrator)[1]
    sender = admitting.make_token(name="S", scopes=["extracts.send"], days=1, by=administrator)[1]
    assert send(Client(headers={"Authorization": f"Bearer {reader}"}), good()).status_code == 403
    client = Client(headers={"Authorization": f"Bearer {sender}"})
    sent = send(client, good())
    assert (sent.status_code, client.get(sent.json()["url"]).status_code) == (202, 403)


def test_what_came_by_another_way_is_not_there(force):
    batch = receive(SIAN)
    assert force.get(f"{URL}/{batch.reference}").status_code == 404
    assert force.get(f"{URL}/B-NOTHING").status_code == 404


def test_a_token_is_kept_as_a_digest_alone(secret):
    token = FeedToken.objects.get()
    assert secret not in repr(token.__dict__) and len(token.digest) == 64


@pytest.mark.parametrize(("days", "scopes"), [(0, BOTH), (91, BOTH), (30, [])])
def test_a_token_lasts_ninety_days_at_most_and_is_for_something(administrator, days, scopes):
    with pytest.raises(Refused):
        admitting.make_token(name="x", scopes=scopes, days=days, by=administrator)


def test_sixty_requests_a_minute_are_enough(force, monkeypatch):
    monkeypatch.setattr(admitting, "MOST_IN_A_MINUTE", 3)
    answers = [force.get(f"{URL}/B-NOTHING").status_code for _n in range(5)]
    assert answers[:3] == [404] * 3 and answers[-1] == 429


# --- Hostile (IN-02) -----------------------------------------------------------------------------------

DEEP = b"[" * 100_000 + b"]" * 100_000
HOSTILE = {
    "100,000 deep": (DEEP, "application/json"),
    "deep objects": (b'{"a":' * 100_000, "application/json"),
    "deep in a row": (b'[{"source_system": ' + DEEP + b"}]", "application/json"),
    "a huge number": (b'[{"source_system": ' + b"9" * 100_000 + b"}]", "application/json"),
    "nothing": (b"", "text/csv"),
    "blanks": (b"   \n\n", "application/json"),
    "a NUL": (b"\x00" * 1000, "text/csv"),
    "half of UTF-16": (b"\xff\xfe\x00\xd8", "text/csv"),
    "no extract": (b"a,b\n1,2\n", "text/csv"),
    "a heading alone": (",".join(REFERRAL_COLUMNS).encode(), "text/csv"),
    "10 MB": (b"x" * 10_000_000, "text/csv"),
    "10 MB of JSON": (b"[" + b'"x",' * 2_500_000, "application/json"),
    "a spreadsheet": (b"PK\x03\x04" + b"x" * 100, "text/csv"),
    "a million columns": (b"," * 1_000_000, "text/csv"),
    "never closed": (b'source_system,occurrence_no,person_id,role\n"' + b"x" * 5_000_000, "text/csv"),
    "html": (b"<html></html>", "text/html"),
    "a form": (b"a=1&a=2", "application/x-www-form-urlencoded"),
    "many fields": (b"&".join(b"f%d=1" % n for n in range(10_000)), "multipart/form-data; boundary=x"),
    "no kind": (b"x", ""),
    "an odd kind": (b"x", "text/\\x00;=;"),
    "NaN": (b"[NaN, Infinity]", "application/json"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_in_a_sentence(force, name):
    body, kind = HOSTILE[name]
    answer = send(force, body, kind)
    assert 400 <= answer.status_code < 500, answer.content[:300]
    assert answer.json()["error"]
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    "cell",
    [
        1e20,
        10**30,
        -1,
        True,
        None,
        "\x00",
        "\ud800",
        "a\x00b",
        "x" * 100_000,
        "\u202esiht",
        [1],
        {"a": 1},
        "=cmd|x",
    ],
)
def test_a_hostile_cell_ends_in_an_outcome(force, cell):
    sent = send(force, json.dumps([SIAN | {"surname": cell}, SIAN | {"person_id": "P2"}]), "application/json")
    assert sent.status_code == 202
    read_waiting_extracts()
    said = force.get(sent.json()["url"]).json()
    assert (said["state"], said["received"]) == ("done", 2)
    assert said["accepted"] + said["quarantined"] == 2 and said["accepted"] >= 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", URL, 405), ("put", URL, 405), ("delete", URL, 405), ("patch", URL, 405),
        ("post", f"{URL}/B-1", 405), ("get", f"{URL}/{'B' * 500}", 404), ("get", f"{URL}/B-1?after=1e20", 404),
        ("get", f"{URL}/B-1?after=99999999999999999999&after=2&_connector=OR&reference__startswith=B", 404),
        ("get", f"{URL}/%00", 400), ("get", f"{URL}/B-1?format=api", 404), ("options", URL, 405),
    ],
)  # fmt: skip
def test_odd_methods_and_addresses_are_told_so(force, method, path, status):
    answer = getattr(force, method)(path, headers={"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == status


def test_problems_come_in_pages(force, monkeypatch):
    monkeypatch.setattr(api, "PAGE", 2)
    rows = [SIAN | {"person_id": f"P{n}", "postcode": "NP"} for n in range(5)]
    sent = send(force, as_csv(rows, REFERRAL_COLUMNS))
    read_waiting_extracts()
    seen, url = [], sent.json()["url"]
    while url:
        page = force.get(url).json()
        seen += [problem["row"] for problem in page["problems"]]
        url = page["next"]
    assert seen == [2, 3, 4, 5, 6] and ImportRow.objects.count() == 5


# --- The description and the page ---------------------------------------------------------------------


def test_the_description_names_what_is_answered(force, client):
    described = client.get("/api/v1/schema").json()
    assert described == json.loads(json.dumps(DESCRIPTION))
    send(force, good())
    said = force.get(f"{URL}/{ImportBatch.objects.get().reference}").json()
    schema = described["paths"]["/api/v1/extracts/{reference}"]["get"]["responses"]["200"]
    assert set(said) == set(schema["content"]["application/json"]["schema"]["properties"])


def test_the_administrator_makes_a_token_and_sees_it_once(monday, unit, administrator, sign_in):
    browser, url = sign_in(administrator), reverse("intake:tokens")
    make = reverse("intake:make-token")
    page = browser.post(make, {"name": "Crime system", "scopes": BOTH, "days": "30"}).text
    secret = next(
        word for word in page.replace("<", " ").replace(">", " ").split() if word.startswith("vcf_")
    )
    assert send(Client(headers={"Authorization": f"Bearer {secret}"}), good()).status_code == 202
    assert secret not in browser.get(url).text
    browser.post(reverse("intake:revoke-token", args=[FeedToken.objects.get().reference]))
    assert "Revoked" in browser.get(url).text
    assert "90 or less" in browser.post(make, {"name": "x", "scopes": BOTH, "days": "91"}).text
    assert FeedToken.objects.count() == 1


def test_nobody_else_makes_tokens(as_supervisor, as_officer):
    for browser in (as_supervisor, as_officer):
        assert browser.get(reverse("intake:tokens")).status_code == 403


@pytest.fixture
def browser(monday, unit, administrator, sign_in):
    return sign_in(administrator)


MAKE = {
    "name": "Crime system",
    "scopes": BOTH,
    "days": "30",
    "form_key": "0192f0c1-7b1a-7000-8000-000000000001",
}


def test_a_double_click_makes_one_token_and_shows_it(browser):
    first, second = (browser.post(reverse("intake:make-token"), MAKE) for _click in range(2))
    assert first.context["secret"] == second.context["secret"] != ""
    assert FeedToken.objects.count() == 1


def test_another_form_makes_another_token(browser):
    first = browser.post(reverse("intake:make-token"), MAKE).context["secret"]
    other = MAKE | {"form_key": "0192f0c1-7b1a-7000-8000-000000000002"}
    assert browser.post(reverse("intake:make-token"), other).context["secret"] != first


@pytest.mark.parametrize("later", [{"name": "Another"}, {}])
def test_a_form_sent_again_later_or_otherwise_shows_no_secret(browser, monday, later):
    browser.post(reverse("intake:make-token"), MAKE)
    monday.shift(0 if later else 120)
    again = browser.post(reverse("intake:make-token"), MAKE | later)
    assert again.status_code == 422 and "vcf_" not in again.text
    assert FeedToken.objects.count() == 1


def test_the_auditor_reads_the_tokens_and_neither_makes_nor_revokes_one(secret, auditor, sign_in):
    browser = sign_in(auditor)
    page = browser.get(reverse("intake:tokens")).text
    assert "Crime system" in page and "In use" in page
    assert "A new token" not in page and ">Revoke<" not in page
    assert browser.post(reverse("intake:make-token"), MAKE).status_code == 403
    token = FeedToken.objects.get()
    assert browser.post(reverse("intake:revoke-token", args=[token.reference])).status_code == 403


def test_a_batch_says_which_token_brought_it(force, as_supervisor):
    send(force, good())
    read_waiting_extracts()
    batch, token = ImportBatch.objects.get(), FeedToken.objects.get()
    assert batch.token == token
    page = as_supervisor.get(reverse("intake:batch", args=[batch.reference])).text
    assert "by the API, from Crime system" in page and token.reference in page
    assert "Crime system" in as_supervisor.get(reverse("intake:list")).text
    assert AccessEntry.objects.filter(op="collect", actor=token.reference).count() == 2  # sent, and read


def test_requests_are_counted_in_one_place_by_the_minute(force, monday, monkeypatch):
    monkeypatch.setattr(admitting, "MOST_IN_A_MINUTE", 3)
    token = FeedToken.objects.get()
    assert [admitting.note_use(token=token) for _elsewhere in range(2)] == [1, 2]
    assert [force.get(f"{URL}/B-NOTHING").status_code for _here in range(3)] == [404, 429, 429]
    refused = force.get(f"{URL}/B-NOTHING")
    assert "throttled" in refused.json()["error"].lower() and refused["Retry-After"] == "60"
    monday.shift(60)
    assert force.get(f"{URL}/B-NOTHING").status_code == 404


@pytest.mark.parametrize("place", ["service_of", "admitting.note_use"])
def test_a_database_that_is_away_is_a_sentence(force, monkeypatch, place):
    def away(*_args, **_kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(f"victimcare.intake.api.{place}", away)
    answer = force.get(f"{URL}/B-NOTHING")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "cannot reach its database" in answer.json()["error"]


def test_the_same_file_again_says_which_batch_holds_it(force):
    sent = send(force, good()).json()
    again = send(force, good()).json()
    assert (again["reference"], again["url"]) == (sent["reference"], sent["url"])


def test_the_page_leads_to_the_batch_that_holds_the_same_file(force, as_supervisor):
    sent = send(force, good()).json()
    page = as_supervisor.post(reverse("intake:list"), {"file": SimpleUploadedFile("again.csv", good())})
    assert page.status_code == 200 and sent["reference"] in page.text
    assert f'href="{reverse("intake:batch", args=[sent["reference"]])}"' in page.text
