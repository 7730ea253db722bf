"""The page of measures: who sees which number, and the list behind each."""

from datetime import date

import pytest
from django.urls import reverse

from compliance import metric_pages
from compliance.metric_periods import Period
from compliance.metrics import GUARDS, METRICS, measure
from compliance.metrics.behind import Number, rows_behind
from compliance.metrics.populations import Scope
from compliance.reader import Reader
from contacts.models import Complaint
from tests.compliance.test_metrics import owed
from tests.factories import (
    ContactFactory,
    EntitlementFactory,
    HearingFactory,
    NeedsAssessmentFactory,
    ParticipantFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.models import Standard
from victimcare.suppression import Counts

pytestmark = pytest.mark.django_db

ASKED = {"from": "2026-11-01", "to": "2026-11-23"}
A_MONTH = {"from": "2026-11-01", "to": "2026-11-30"}  # for who only counts
SCOPE = Scope(date(2026, 11, 1), date(2026, 11, 23), date(2026, 11, 27))


@pytest.fixture
def autumn(officer, monday):
    """Eight women and two men, on Friday 27 November: most told in time, one man late and one not at all."""
    monday.move_to(london(2026, 11, 27, 9))
    people = [ParticipantFactory(officer=officer, person__sex="F") for _ in range(8)]
    people += [ParticipantFactory(officer=officer, person__sex="M") for _ in range(2)]
    for part in people:
        owed(part, rule="R4-REFERRAL", due=18)
    for part in people[:8]:
        owed(part)
    owed(people[8], status="met_late")
    owed(people[9], status="open", enhanced_applied=True)
    ContactFactory(participant=people[9], outcome="no_answer", at=london(2026, 11, 20), by=officer)
    EntitlementFactory(participant=people[9])
    NeedsAssessmentFactory(participant=people[0], status="completed", completed_at=london(2026, 11, 18))
    HearingFactory(
        case=people[0].case, resulted_on=date(2026, 11, 16), result_learned_at=london(2026, 11, 23)
    )
    Complaint.objects.create(
        participant=people[0], kind="complaint", about="unit", words="Late.", made_at=london(2026, 11, 6),
        reply_due_on=date(2026, 11, 20), taken_by=officer,
    )  # fmt: skip
    return people


def line(page, label):
    """The line with this label: label, how many, of how many, share."""
    rows = [*page.context["rows"], *page.context.get("quarterly", [])]
    return next(row for row in rows if (row[0]["text"] if isinstance(row[0], dict) else row[0]) == label)


def cells(page, label):
    return [cell["text"] if isinstance(cell, dict) else cell for cell in line(page, label)[1:3]]


def test_every_number_is_as_many_as_its_list(autumn, supervisor):
    asked = {"": METRICS, "sex": ("M1", "M6", "M24"), "category": ("M8",), "team": GUARDS}
    for by, keys in asked.items():
        found = measure(
            SCOPE.since, SCOPE.until, by=by, snapshot_on=SCOPE.snapshot_on, user=supervisor, keys=keys
        )
        for figure in found:
            for is_below, counted in ((False, figure.numerator), (True, figure.denominator)):
                number = Number(figure.key, figure.part, is_below, by if figure.group else "", figure.group)
                if counted and number.has_list:
                    behind, _rows = rows_behind(number, SCOPE, supervisor)
                    assert behind.order_by().count() == counted, number


def test_the_page_shows_the_numbers_and_opens_their_lists(
    autumn, as_supervisor, django_assert_max_num_queries
):
    with django_assert_max_num_queries(25):
        page = as_supervisor.get(reverse("compliance:metrics"), ASKED)
    assert cells(page, "Strict rate") == ["18", "20"]
    assert cells(page, "Told of a release") == ["0", "0"]
    assert page.context["chart_title"] == "80.0% of updates were given in time"
    assert b"Not collected: victims are not surveyed" in page.content
    assert b"VCOP-2020" in page.content
    address = line(page, "Strict rate")[2]["url"]
    with django_assert_max_num_queries(25):
        behind = as_supervisor.get(address)
    assert behind.context["counted"] == "20 counted"
    assert len(behind.context["rows"]) == 20
    logged = AccessEntry.objects.filter(path=reverse("compliance:metric-list", args=["M3"])).get()
    assert set(logged.subjects) == {part.reference for part in autumn}


def test_a_list_shows_only_those_one_may_open_and_says_how_many_it_does_not(autumn, as_supervisor):
    owed(ParticipantFactory(team=None))
    page = as_supervisor.get(reverse("compliance:metric-list", args=["M3"]), ASKED | {"of": "1"})
    assert (page.context["counted"], page.context["kept_from"], len(page.context["rows"])) == (
        "21 counted",
        1,
        20,
    )
    page = as_supervisor.get(reverse("compliance:metric-list", args=["M12"]), ASKED)
    assert page.context["counted"] == "0 intervals of 0 victims"  # the number is of the first


def test_by_a_characteristic_small_numbers_are_hidden_from_everybody(autumn, as_supervisor, sign_in):
    address = reverse("compliance:metric", args=["M3"])
    page = as_supervisor.get(address, ASKED | {"by": "sex"})
    assert cells(page, "Altogether") == ["hidden", "20"]  # but for two, everybody was told in time
    assert cells(page, "Male") == cells(page, "Female") == ["hidden", "hidden"]
    assert page.context["not_recorded"] == "0.0%"
    page = as_supervisor.get(address, ASKED | {"by": "team"})
    assert cells(page, "Victim Care Unit") == ["18", "20"]
    Standard.objects.create(
        key="small_numbers", number=1, value=3, effective_from=date(2026, 1, 1), written_by=None
    )
    page = as_supervisor.get(address, ASKED | {"by": "sex"})
    assert cells(page, "Male") == ["hidden", "hidden"]  # four duties, of two men
    assert cells(page, "Altogether") == ["hidden", "20"]
    assert [cell["url"] for cell in line(page, "Altogether")[1:3]] == ["", ""]  # the list would say who
    page = as_supervisor.get(address, ASKED | {"by": "religion"})
    assert b"Nothing records this" in page.content


def test_who_only_counts_opens_no_list_and_sees_no_small_number(autumn, monday, sign_in):
    monday.move_to(london(2026, 12, 1, 9))
    as_analyst = sign_in(UserFactory(team=None, roles=[Role.ANALYST]))
    page = as_analyst.get(
        reverse("compliance:metrics"), ASKED
    )  # but for a week of it: two could be subtracted
    assert page.context["period"] == Period(date(2026, 7, 1), date(2026, 9, 30))
    assert "whole months" in page.context["form"].errors["to"][0]
    page = as_analyst.get(reverse("compliance:metrics"), A_MONTH)
    assert cells(page, "Strict rate") == ["hidden", "20"]
    assert cells(page, "Needs assessed") == ["hidden", "10"]
    assert "is hidden" in page.context["chart_title"]
    assert b"/list/" not in page.content
    by_officer = as_analyst.get(reverse("compliance:metric", args=["M3"]), A_MONTH | {"by": "officer"})
    assert by_officer.context["split"] is None
    assert as_analyst.get(reverse("compliance:metric-list", args=["M3"]), A_MONTH).status_code == 403


def test_beside_rounded_numbers_the_share_is_of_them(db, supervisor):
    analyst = Reader(UserFactory(team=None, roles=[Role.ANALYST]))
    asked = Number("M3"), Counts(17, 24)
    period = Period(SCOPE.since, SCOPE.until)
    drawn = metric_pages.cells(*asked, analyst, period)
    assert [cell["text"] for cell in drawn] == ["15", "25", "60%"]
    drawn = metric_pages.cells(*asked, Reader(supervisor), period)
    assert [cell["text"] for cell in drawn] == ["17", "24", "70.8%"]


def test_what_tells_a_small_number_by_its_twin_is_hidden_from_who_only_counts(
    monday, officer, supervisor, sign_in, django_assert_max_num_queries
):
    monday.move_to(london(2026, 12, 1, 9))
    as_analyst = sign_in(UserFactory(team=None, roles=[Role.ANALYST]))
    for n in range(26):  # thirteen in time, two late, eleven missed
        owed(
            ParticipantFactory(officer=officer), status="met" if n < 13 else "met_late" if n < 15 else "open"
        )
    twin = "M2: With no evidence counted as not told"
    page = as_analyst.get(reverse("compliance:metrics"), A_MONTH)
    assert cells(page, "Strict rate") == ["15", "25"]
    assert cells(page, "Coverage") == cells(page, twin) == ["hidden", "25"]
    assert cells(sign_in(supervisor).get(reverse("compliance:metrics"), A_MONTH), twin) == ["15", "26"]
    with django_assert_max_num_queries(25):
        alone = as_analyst.get(reverse("compliance:metric", args=["M2"]), A_MONTH)
    assert cells(alone, "Altogether") == ["hidden", "25"]
    one = ParticipantFactory(officer=officer, team=TeamFactory(name="Far East"))
    for n in range(26):  # all of one person
        owed(one, status="met" if n < 13 else "open")
    by_team = as_analyst.get(reverse("compliance:metric", args=["M3"]), A_MONTH | {"by": "team"})
    assert cells(by_team, "Far East") == ["hidden", "hidden"]


def test_what_bends_a_figure_is_a_page_of_its_own(autumn, as_supervisor, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        page = as_supervisor.get(reverse("compliance:guards"), ASKED)
    late = page.context["sections"][0]
    assert [row[0] for row in late["rows"]] == ["Altogether", "Victim Care Unit"]
    assert late["rows"][1][1]["text"] == "1"
    assert as_supervisor.get(late["rows"][1][1]["url"]).context["counted"] == "1 counted"


@pytest.mark.parametrize(
    "said", [{"from": "x"}, {"from": "2026-11-20", "to": "2026-11-19"}, {"from": "2020-01-01"}]
)
def test_a_period_typed_wrong_is_answered_in_a_sentence(monday, as_supervisor, said):
    page = as_supervisor.get(reverse("compliance:metrics"), said)
    assert page.status_code == 200
    assert page.context["period"].until <= date(2026, 11, 23)


def test_what_is_no_number_of_ours_is_not_found(as_supervisor):
    assert as_supervisor.get("/metrics/M99/").status_code == 404
    for said in ({"part": "nonsense"}, {"by": "shoe_size"}):
        assert as_supervisor.get("/metrics/M3/list/", said).status_code == 404
    assert as_supervisor.get("/metrics/M26/list/").status_code == 404
