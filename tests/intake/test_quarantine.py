"""The worklist of rows that could not be kept: grouped, filtered, set aside together, asked of the officer."""

import pytest
from django.urls import reverse
from django.utils.translation import gettext, override

from referrals.models import Referral
from tests.factories import TeamFactory, UserFactory
from tests.referrals.test_receive import ARREST, SIAN, receive, receive_events
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Question
from victimcare.cases.questions import answer
from victimcare.faults import Refused, Stale
from victimcare.intake import settling
from victimcare.intake.models import ImportRow

pytestmark = pytest.mark.django_db
URL = "/intake/quarantine/"


@pytest.fixture(autouse=True)
def _waiting(monday, unit):
    """Three postcodes, a date, and an event whose crime we do not hold."""
    bad = [
        SIAN | {"person_id": f"P{n}", "postcode": code, "oic_collar": "1234"}
        for n, code in enumerate(("NP", "CF", "SA1"))
    ]
    receive(*bad, SIAN | {"person_id": "P9", "date_of_birth": "31/02/1990"})
    receive_events(ARREST)


def waiting():
    return ImportRow.objects.in_quarantine().order_by("pk")


def row_url(row, name="row"):
    return reverse(f"intake:{name}", args=[row.batch.reference, row.number])


def test_equal_problems_are_one_line_with_their_number(as_supervisor):
    page = as_supervisor.get(URL)
    said = [(group["column"], group["n"]) for group, _url in page.context["groups"]]
    assert said == [("postcode", 3), ("occurrence_no", 1), ("date_of_birth", 1)] or said[0] == ("postcode", 3)
    assert "… is not a whole postcode" in page.text and "Quarantine: 5 rows" in page.text


def test_what_is_wrong_is_said_in_the_language_of_its_reader(as_supervisor):
    as_supervisor.cookies["language"] = "cy"
    with override("cy"):
        sentence = gettext("“%s” is not a whole postcode, like NP20 4AB.")
    page = as_supervisor.get(URL).text
    assert sentence % "NP" in page and "is not a whole" not in page and sentence.replace("“%s”", "…") in page


def test_a_group_opens_its_rows_alone(as_supervisor):
    url = next(url for group, url in as_supervisor.get(URL).context["groups"] if group["n"] == 3)
    page = as_supervisor.get(URL + url)
    assert {one["row"].column for one in page.context["rows"]} == {"postcode"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "events"}, 1), ({"kind": "referrals"}, 4), ({"column": "postcode"}, 3), ({"file": "extract"}, 5),
        ({"file": "nothing"}, 0), ({"asked": "no"}, 5), ({"asked": "waiting"}, 0), ({"kind": "x"}, 5),
        ({"after": "x"}, 5), ({"column": "x" * 500}, 5),
    ],
)  # fmt: skip
def test_it_is_filtered_by_kind_file_column_and_question(as_supervisor, query, expected):
    assert len(as_supervisor.get(URL, query).context["rows"]) == expected


def test_the_ticked_rows_are_set_aside_together(as_supervisor, supervisor):
    first, second = waiting()[:2]
    page = as_supervisor.post(URL, {"row": [first.pk, second.pk], "reason": "Test rows."}, follow=True)
    assert "Set aside: 2 rows." in page.text
    first.refresh_from_db()
    assert (first.settlement, first.settled_by, first.content) == ("Set aside: Test rows.", supervisor, {})
    first.settlement = "Mended and sent on: accepted."
    with override("cy"):
        assert first.settled_as == "Cywirwyd ac anfonwyd ymlaen: derbyniwyd."
    assert waiting().count() == 3


def test_all_that_the_filters_leave_are_set_aside_together(as_supervisor):
    as_supervisor.post(f"{URL}?column=postcode", {"which": "all", "reason": "Test rows."})
    assert [row.column for row in waiting()] == ["date_of_birth", "occurrence_no"]


@pytest.mark.parametrize("posted", [{"reason": ""}, {"reason": "x"}, {"row": "nonsense", "reason": "x"}])
def test_nothing_is_set_aside_without_rows_and_a_reason(as_supervisor, posted):
    assert as_supervisor.post(URL, posted).status_code == 422
    assert waiting().count() == 5


def test_a_row_goes_back_to_the_officer_in_the_case_with_a_question(as_supervisor, supervisor):
    officer = UserFactory(username="pc", collar="1234", roles=[Role.OFFICER_IN_THE_CASE], team=None)
    row = waiting().first()
    assert 'value="1234"' in as_supervisor.get(row_url(row)).text
    page = as_supervisor.post(
        row_url(row, "return"), {"words": "Which postcode is it?", "to_collar": "1234"}, follow=True
    )
    assert f"Asked of {officer}, collar number 1234. The answer is due by" in page.text
    assert f"Asked of {officer}, collar number 1234; the answer is due" in page.text
    question = Question.objects.get()
    assert (question.kind, question.to_collar, question.asked_by) == ("row", "1234", supervisor)
    assert question.about_row == f"{row.batch.reference}, row {row.number}"
    assert Notification.objects.filter(recipient=officer, subject=question.reference).exists()
    assert [one["row"].pk for one in as_supervisor.get(URL, {"asked": "waiting"}).context["rows"]] == [row.pk]


def test_the_answer_is_shown_with_the_row_and_the_row_is_mended_with_it(as_supervisor, supervisor):
    officer = UserFactory(username="pc", collar="1234", roles=[Role.OFFICER_IN_THE_CASE], team=None)
    row = waiting().first()
    question = settling.return_to_officer(row=row, words="Which postcode?", to_collar="1234", by=supervisor)
    answer(question=question, reply="It is NP20 4AB.", version=question.version, by=officer)
    page = as_supervisor.get(row_url(row)).text
    assert "It is NP20 4AB." in page
    assert len(as_supervisor.get(URL, {"asked": "answered"}).context["rows"]) == 1
    row.refresh_from_db()
    as_supervisor.post(row_url(row), row.content | {"postcode": "NP20 4AB"})
    assert Referral.objects.count() == 1


def test_nobody_is_asked_the_same_twice_or_about_a_settled_row(supervisor):
    row = waiting().first()
    settling.return_to_officer(row=row, words="Which?", to_collar="1234", by=supervisor)
    with pytest.raises(Refused, match="asked already"):
        settling.return_to_officer(row=row, words="Which?", to_collar="1234", by=supervisor)
    settling.set_aside(row=row, reason="x", by=supervisor)
    with pytest.raises(Stale):
        settling.return_to_officer(row=row, words="Which?", to_collar="1234", by=supervisor)


def test_a_question_says_whom_it_is_for(as_supervisor):
    page = as_supervisor.post(row_url(waiting().last(), "return"), {"words": "Which?"})
    assert page.status_code == 422 and "collar number, or the team" in page.text


@pytest.mark.parametrize(
    ("to", "who"),
    [
        ({"to_collar": "9999"}, "the officer with collar number 9999"),
        ({"to_team": "CID West"}, "the team CID West"),
    ],
)
def test_who_is_asked_is_named_when_nobody_here_has_that_number(as_supervisor, to, who):
    said = {"words": "Which?", "all_the_same": "on"} | to
    page = as_supervisor.post(row_url(waiting().first(), "return"), said, follow=True)
    assert f"Asked of {who}. The answer" in page.text and f"Asked of {who}; the answer" in page.text


def test_days_that_cannot_be_are_grouped_in_plain_words(as_supervisor):
    wrong = [
        ("date_of_birth", "2030-01-01"), ("recorded_at", "2030-01-01T00:00"), ("reported_at", "2030-01-02T05:00Z"),
        ("date_of_birth", "1850-01-01"),
    ]  # fmt: skip
    receive(*[SIAN | {"person_id": f"Q{n}", column: said} for n, (column, said) in enumerate(wrong)])
    page = as_supervisor.get(URL)
    said = {(group["column"], group["words"]) for group, _url in page.context["groups"]}
    assert {
        (column, "A day in the future") for column in ("date_of_birth", "recorded_at", "reported_at")
    } <= said
    assert {("date_of_birth", "A day that does not exist"), ("date_of_birth", "A day before 1900")} <= said
    assert "A day in the future" in page.text and "… is in the future" not in page.text


def test_the_hint_names_a_column_as_people_say_it(as_supervisor):
    page = as_supervisor.get(URL, {"column": "date of birth"})
    assert [one["row"].column for one in page.context["rows"]] == ["date_of_birth"]
    assert "Such as date of birth" in page.text


def test_the_list_costs_the_same_however_many_wait(as_supervisor, django_assert_max_num_queries):
    receive(*[SIAN | {"person_id": f"Q{n}", "postcode": "NP"} for n in range(70)])
    with django_assert_max_num_queries(12):
        page = as_supervisor.get(URL)
    assert len(page.context["rows"]) == 50 and "after=" in page.context["older_url"]


def test_a_form_of_nothing_is_asked_for_its_rows(as_supervisor):
    page = as_supervisor.post(URL, {})
    assert page.status_code == 422 and "Tick the rows that are not kept." in page.text


def test_the_ticks_stay_when_the_reason_is_missing(as_supervisor):
    first, second = waiting()[:2]
    page = as_supervisor.post(URL, {"row": [first.pk], "reason": ""})
    assert page.status_code == 422
    assert f'value="{first.pk}" checked' in page.text and f'value="{second.pk}" checked' not in page.text


def test_an_offence_given_as_a_moment_is_of_its_london_day(supervisor):
    batch = receive(
        SIAN | {"person_id": "P20", "offence_from": "2026-11-19T22:00", "offence_to": "2026-11-20T01:00Z"}
    )
    assert (batch.accepted + batch.updated, batch.quarantined) == (1, 0)


def test_a_failure_of_ours_is_logged_by_its_place_and_not_its_words(as_supervisor, monkeypatch, caplog):
    def fails(_request):
        raise ValueError("Sian Evans")

    monkeypatch.setattr("victimcare.intake.quarantine_views._asked_for", fails)
    as_supervisor.raise_request_exception = False
    assert as_supervisor.get(URL).status_code == 500
    said = [record.getMessage() for record in caplog.records if record.name == "victimcare"]
    assert any(
        "failed: ValueError at /intake/quarantine/, raised in test_quarantine.py" in one for one in said
    )
    assert "Sian" not in " ".join(said)


def test_a_row_returned_to_a_team_reaches_its_officers_and_says_when_nobody_sees_it(as_supervisor):
    team = TeamFactory(name="CID West", kind="police")
    dan = UserFactory(username="dan", collar="77", roles=[Role.OFFICER_IN_THE_CASE], team=team)
    other = UserFactory(username="other", collar="78", roles=[Role.OFFICER_IN_THE_CASE])
    first, second = waiting()[:2]
    said = {
        "words": "Which postcode?",
        "to_team": "cid west",
        "form_key": "0d7a2f0e-3f5f-4a43-9a53-0f2a0a1a7a12",
    }
    page = as_supervisor.post(row_url(first, "return"), said, follow=True)
    assert "Nobody who signs in here" not in page.text
    assert [each.words for each in Question.objects.asked_of(dan)] == ["Which postcode?"]
    assert not Question.objects.asked_of(other).exists()
    assert Notification.objects.filter(recipient=dan, kind="question_asked").exists()
    nobody = said | {"to_team": "CID North", "form_key": "0d7a2f0e-3f5f-4a43-9a53-0f2a0a1a7a13"}
    assert "all_the_same" in as_supervisor.post(row_url(second, "return"), nobody).text
    page = as_supervisor.post(row_url(second, "return"), nobody | {"all_the_same": "on"}, follow=True)
    assert "Nobody who signs in here has that collar number or is in that team" in page.text
