"""Whatever stands in an address, the answer is a page, a refusal or "not found", never a failure of ours.

Every page is asked with every name that any page reads from its address, each holding something that no link
of ours holds. What a page reads is noted as it reads it.
"""

import re
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.urls import reverse

from tests.factories import (
    CaseFactory,
    ContactFactory,
    ContactPlanFactory,
    EventFactory,
    HearingFactory,
    ImportBatchFactory,
    ParticipantFactory,
    ReferralFactory,
    SuspectFactory,
    TeamFactory,
    UserFactory,
    london,
)
from tests.test_doors import ROUTES, Route
from victimcare.accounts.models import Team
from victimcare.accounts.permissions import ROLES, Role

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]

# Already as an address carries them: some are not text in any encoding.
ODD = {
    "nul": "%00",
    "nul inside": "a%00b",
    "control": "%01%1B%7F",
    "half a character": "%ED%A0%80",
    "not utf-8": "%FF%FE",
    "right to left": quote("\u202eexe"),
    "huge number": "9" * 30,
    "digits without end": "9" * 5000,
    "below zero": "-1",
    "past a bigint": "9223372036854775808",
    "figures of another script": quote("٣٤٥"),
    "superscript": quote("²"),
    "no such day": "2026-02-30",
    "no such moment": quote("2026-13-45T99:99:99+00:00"),
    "a moment without zone": "2026-11-20T10:00:00",
    "a moment far off": quote("9999-12-31T23:59:59-23:59"),
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
    "a place too far": "2026-11-20." + "9" * 17,
    "a cursor of nothing": quote("1~2026-13-40T00:00:00+00:00~1"),
    "a cursor too far": quote("1~2026-11-20T00:00:00+00:00~-99999999999999999"),
    "another cursor": quote("9999-12-31T23:59:59-23:59~99999999999999999"),
    "formula": quote("=cmd|' /C calc'!A0"),
    "page of html": quote("<script>alert(1)</script>"),
    "template": quote("{{ settings.SECRET_KEY }}{% debug %}"),
    "attribute": quote("{0.__class__}%s%(x)s"),
    "another site": quote("//evil.example/"),
    "sql": quote("' OR 1=1 --"),
    "very long": "a" * 6000,
    "nothing": "",
}
NAMES = (
    "after", "before", "channel", "closed", "court", "direction", "flag", "from", "from_0", "from_1",
    "from_2", "moves", "next", "officer", "owner", "page", "q", "right", "show", "status", "team", "tell",
    "template", "to", "to_0", "to_1", "to_2", "week", "whose", "who", "year", "case", "on", "on_0", "on_1", "on_2",
    "role", "draft",
)  # fmt: skip
CASEWORK = [
    Role.VICTIM_CARE_OFFICER, Role.SUPERVISOR, Role.WITNESS_CARE_OFFICER, Role.MEASURES_ADVISOR,
    Role.OFFICER_IN_THE_CASE,
]  # fmt: skip


@pytest.fixture
def addresses():
    """A case with something of everything, and how each of its pages is addressed."""
    team = TeamFactory(kind=Team.Kind.VICTIM_CARE)
    case = CaseFactory(witness_care_team=team, oic_collar="1234")
    victim = ParticipantFactory(case=case, team=team, agreed_to_be_asked=True)
    SuspectFactory(case=case)
    event = EventFactory(case=case)
    hearing = HearingFactory(case=case)
    ContactFactory(participant=victim)
    ContactPlanFactory(participant=victim)
    ReferralFactory(participant=victim)
    batch = ImportBatchFactory()
    known = {
        "case": case.reference,
        "participant": victim.reference,
        "event": event.reference,
        "hearing": hearing.reference,
        "batch": batch.reference,
        "step": "received",
        "by": "duty",
    }

    def at(route: Route) -> str:
        found = re.sub(r"<int:\w+>", "1", route.pattern)
        return "/" + re.sub(r"<str:(\w+)>", lambda name: known.get(name[1], "NOTHING"), found)

    return at


@pytest.fixture
def opens(sign_in):
    """`opens(route)`: a browser of somebody whom this page answers; anybody's for the API, which answers no session.

    Each is signed in anew: one of the pages signs out.
    """
    people = {}

    def browser_for(route: Route):
        is_open = route.policy.startswith("anyone") or route.policy == "import service"
        role = next((role for role, held in ROLES.items() if route.policy in held), None)
        if is_open or any(route.policy in ROLES[role] for role in CASEWORK):
            role = None
        if role not in people:
            team = TeamFactory(kind=Team.Kind.VICTIM_CARE)
            people[role] = UserFactory(
                roles=[role] if role else CASEWORK, team=team, collar="" if role else "1234"
            )
        browser = sign_in(people[role])
        browser.raise_request_exception = False
        return browser

    return browser_for


@pytest.fixture
def read(monkeypatch):
    """The names that pages asked an address or a form for; cleared by whoever wants to know anew."""
    names = set()

    def noted(method):
        def ask(self, name, *others):
            if len(self):
                names.add(name)
            return method(self, name, *others)

        return ask

    for method in ("__getitem__", "__contains__", "getlist"):
        monkeypatch.setattr(QueryDict, method, noted(getattr(QueryDict, method)))
    return names


def is_a_plain_answer(response):
    return response.status_code < 500 and not (
        response.status_code in (301, 302) and "evil.example" in response.url.split("?")[0]
    )


# One place reads these, for all pages and forms: who saves a draft is asked for no answers.
DRAFTS = {"draft", "save_draft", "typed_by", "form_key"}
APPS = sorted({route.name.partition(":")[0] for route in ROUTES})


def of(app: str) -> list[Route]:
    return [route for route in ROUTES if route.name.partition(":")[0] == app]


@pytest.mark.parametrize("app", APPS)
def test_nothing_in_an_address_breaks_a_page(app, addresses, opens, read):
    """Each name holds something odd, another thing each time. What asks an address for nothing is asked once."""
    values = [value for said, value in ODD.items() if "%00" not in value]  # one of those answers for all
    for route in of(app):
        browser, address = opens(route), addresses(route)
        read.clear()
        for start in range(0, len(values), 4):
            names = [*NAMES, *sorted(read - {*NAMES})]
            query = "&".join(f"{name}={values[(start + n) % len(values)]}" for n, name in enumerate(names))
            response = browser.get(f"{address}?{query}")
            assert is_a_plain_answer(response), f"{route.name}: {query[:2000]}"
            if response.status_code == 405 or read <= DRAFTS:
                break


LISTS = {
    "desk:search": ("q", "again"),
    "desk:cases": ("whose", "closed", "officer", "before"),
    "desk:dashboard": ("week", "month", "team"),
    "desk:duties": (
        "right",
        "status",
        "owner",
        "from",
        "to",
        "after",
        "rule",
        "team",
        "officer",
        "area",
        "group",
    ),
    "desk:trend": ("owner", "right", "team"),
    "desk:funnel": ("from", "from_0", "to_2", "team", "flag"),
    "desk:funnel-step": ("from_1", "before"),
    "desk:timeline": ("show", "before"),
    "contacts:list": ("before",),
    "contacts:log": ("channel", "direction", "tell"),
    "contacts:write-letter": ("template", "tell"),
    "referrals:list": ("show", "before"),
    "intake:quarantine": ("after",),
    "intake:rows": ("after",),
    "referrals:allocate": ("after",),
    "courts:hearings": ("from", "court"),
    "courts:list-hearing": ("moves",),
    "accounts:people": ("page", "q", "role", "team"),
    "accounts:sign-in": ("next",),
    "audit:log": ("who", "case", "on_0", "on_2", "before"),
}


# What a filter alone meets: text that is none, numbers and days out of bounds, cursors that lead nowhere.
ALONE = (
    "half a character", "digits without end", "past a bigint", "superscript", "a moment far off", "the first day",
    "a place too far", "a cursor too far", "nothing",
)  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_nothing_in_a_filter_breaks_its_list(name, addresses, opens):
    """Each filter meets everything odd beside others that do, and what matters most alone; each is given twice."""
    route, filters, values = (
        next(route for route in ROUTES if route.name == name),
        LISTS[name],
        list(ODD.values()),
    )
    browser, address = opens(route), addresses(route)
    asked = [
        [(each, values[(start + 7 * n) % len(values)]) for n, each in enumerate(filters)]
        for start in range(len(values))
    ]
    if len(filters) > 1:
        asked += [[(each, ODD[said])] for each in filters for said in ALONE]
    for odd in asked:
        response = browser.get(f"{address}?" + "&".join(f"{each}=1&{each}={value}" for each, value in odd))
        assert is_a_plain_answer(response), [(each, value[:60]) for each, value in odd]


def test_a_name_of_html_is_words_on_every_page_of_the_case(sign_in, addresses):
    """What a feed or a person wrote is shown as it was written, and does nothing."""
    team = TeamFactory(kind=Team.Kind.VICTIM_CARE)
    bad = "<script>alert(1)</script>"
    case = CaseFactory(witness_care_team=team, oic_collar="1234", offence_title=bad, oic_name=bad)
    victim = ParticipantFactory(case=case, team=team, person__given_names=bad, person__surname=bad)
    SuspectFactory(case=case, person__surname=bad)
    event = EventFactory(case=case, detail=bad)
    ContactFactory(participant=victim, note=bad, by__display_name=bad).tells.add(event)
    ContactPlanFactory(participant=victim, words=bad, agreed_with=bad)
    ReferralFactory(participant=victim, received_at=london(2026, 11, 23, 9))
    HearingFactory(case=case, listed_on=london(2026, 11, 24).date())
    browser = sign_in(UserFactory(roles=CASEWORK, team=team, collar="1234", display_name=bad))
    shown = 0
    for route in ROUTES:
        if not any(route.policy in ROLES[role] for role in CASEWORK):
            continue
        found = re.sub(r"<int:\w+>", "1", route.pattern)
        found = found.replace("<str:case>", case.reference).replace("<str:participant>", victim.reference)
        page = browser.get("/" + re.sub(r"<str:\w+>", "NOTHING", found))
        if page.status_code == 200 and "text/html" in page["Content-Type"]:
            assert bad not in page.text, route.name
            shown += "&lt;script&gt;alert" in page.text
    assert shown > 10


@pytest.mark.parametrize("app", APPS)
def test_a_form_of_odd_answers_is_answered_in_a_sentence(app, addresses, opens, read):
    """What reads no answers at all meets them once."""
    known = {
        "kind", "on_0", "on_1", "on_2", "at", "concerns", "detail", "suspect", "version", "phone", "note",
        "tells", "outcome", "direction", "channel", "spoke_to", "reason", "languages", "frequency_days",
        "first", "topics", "referral", "which", "person", "partner", "measure", "status", "court", "type",
        "listed_on_0", "number", "way", "later", "answer", "key", "next",
    }  # fmt: skip
    for route in of(app):
        browser, address = opens(route), addresses(route)
        read.clear()
        for odd in ("a\0b", "\ud800", "9" * 5000, "=1+1", "{0.__class__}", "x" * 20000):
            said = odd.encode("utf-8", "surrogatepass")
            body = urlencode(dict.fromkeys(known | read - DRAFTS, said) | {"form_key": uuid4()})
            response = browser.post(address, body, content_type="application/x-www-form-urlencoded")
            assert is_a_plain_answer(response), f"{route.name}: {odd[:20]!r}"
            if response.status_code == 405 or read <= DRAFTS:
                break
        if response.status_code != 405:
            assert is_a_plain_answer(browser.post(address, {})), f"{route.name}: nothing"


def test_an_officer_of_endless_digits_is_no_officer(sign_in, addresses):
    referral = ReferralFactory(status="received", participant__team=TeamFactory())
    supervisor = sign_in(UserFactory(roles=[Role.SUPERVISOR], team=referral.participant.team))
    answers = {"referral": referral.reference, f"officer-{referral.reference}": "9" * 5000}
    page = supervisor.post(reverse("referrals:allocate"), answers)
    assert page.status_code == 422 and "Choose an officer" in page.text


def test_a_key_of_no_form_of_ours_is_refused(sign_in, victim):
    browser = sign_in(victim.officer)
    address = reverse("cases:close", args=[victim.case.reference, victim.reference])
    assert browser.post(address, {"form_key": "9" * 5000, "reason": "declined"}).status_code == 422
