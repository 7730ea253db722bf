"""Pages, components and form fields: what people see, and what is said when an answer cannot be used."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from django import forms as django_forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils.translation import override
from lxml import html

from tests.factories import london
from victimcare.govuk import charts, dates, forms
from victimcare.govuk.typed import typed

THURSDAY = date(2026, 11, 26)


def page_of(response: Any) -> Any:
    return html.fromstring(response.content.decode())


def drawn(template: str, **values: Any) -> Any:
    """A piece of a page, as a browser would read it."""
    values.setdefault("request", RequestFactory().get("/cases/", {"team": "east", "page": "3"}))
    return html.fromstring("<div>" + Template(template).render(Context(values)) + "</div>")


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


def form_of(field: django_forms.Field, typed: dict[str, Any] | None = None, **kwargs: Any) -> forms.Form:
    """A form with one field, called x."""
    form_class = type("OneField", (forms.Form,), {"x": field})
    return form_class(typed, **kwargs)


def said(field: django_forms.Field, typed: Any, files: Any = None) -> str:
    """The sentence that an answer earns; empty when it is accepted."""
    typed = typed if isinstance(typed, dict) else {"x": typed}
    return " ".join(form_of(field, typed, files=files).errors.get("x", []))


def read(field: django_forms.Field, typed: Any) -> Any:
    typed = typed if isinstance(typed, dict) else {"x": typed}
    form = form_of(field, typed)
    assert form.is_valid(), form.errors
    return form.cleaned_data["x"]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """A page asked for in Welsh does not make the next test Welsh."""
    with override("en-gb"):
        yield


@pytest.fixture(params=["en-gb", "cy"])
def gallery(request: pytest.FixtureRequest) -> Any:
    """The gallery in each language."""
    client = Client()
    client.cookies["language"] = request.param
    response = client.get("/components/")
    assert response.status_code == 200
    return page_of(response)


# --- The gallery ----------------------------------------------------------------------------------


def test_the_gallery_has_one_h1_and_says_its_language(gallery: Any) -> None:
    assert len(gallery.findall(".//h1")) == 1
    assert gallery.get("lang") in {"en-gb", "cy"}


def test_every_control_of_the_gallery_has_a_label(gallery: Any) -> None:
    labelled = {label.get("for") for label in gallery.iter("label")}
    controls = [c for c in gallery.iter("input", "select", "textarea") if c.get("type") != "hidden"]
    assert len(controls) > 30
    assert [c.get("name") for c in controls if c.get("id") not in labelled] == []


def test_no_id_is_used_twice(gallery: Any) -> None:
    ids = gallery.xpath("//@id")
    assert sorted(ids) == sorted(set(ids))


def test_everything_pointed_at_is_there(gallery: Any) -> None:
    ids = set(gallery.xpath("//@id"))
    pointed = " ".join(gallery.xpath("//@aria-describedby | //@aria-labelledby | //@aria-controls")).split()
    assert pointed
    assert set(pointed) <= ids


def test_nothing_that_the_browser_is_told_to_refuse(gallery: Any) -> None:
    assert gallery.xpath("//*[@style]") == []
    assert gallery.xpath("//script[not(@src)] | //style") == []
    assert gallery.xpath("//@*[starts-with(name(), 'on')]") == []


def test_every_chart_has_a_title_and_its_figures_in_a_table(gallery: Any) -> None:
    figures = gallery.xpath("//figure")
    assert len(figures) == 2
    for figure in figures:
        [title] = figure.xpath(".//svg[@role='img']/title")
        assert words(title)
        assert figure.xpath(".//svg/@aria-labelledby") == [title.get("id")]
        assert len(figure.xpath(".//details//tbody/tr")) >= 6


def test_the_language_switch_is_a_form_in_the_other_language(gallery: Any) -> None:
    switches = gallery.xpath("//button[@name='language']")  # in the bar, and in the menu of a narrow screen
    other = {"en-gb": ("Cymraeg", "cy"), "cy": ("English", "en")}[gallery.get("lang")]
    assert [(words(switch), switch.get("lang")) for switch in switches] == [other] * 2
    assert {switch.getparent().get("method") for switch in switches} == {"post"}


# --- Frame and layouts ----------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["list", "form", "case", "public"])
def test_each_layout_has_one_h1_a_way_past_the_header_and_a_main(layout: str) -> None:
    source = '{% extends "layouts/LAYOUT.html" %}{% block heading %}Cases: 14{% endblock %}'
    page = drawn(source.replace("LAYOUT", layout), form=form_of(forms.TickBox(label="Agreed")))
    assert [words(h1) for h1 in page.iter("h1")] == ["Cases: 14"]
    assert page.xpath("//a[@class='govuk-skip-link']/@href") == ["#main-content"]
    assert len(page.xpath("//main[@id='main-content']")) == 1


def test_the_safe_contact_strip_is_on_every_page_of_a_case() -> None:
    case_bar = {
        "name": "Siân E.",
        "line": "She/her, 34.",
        "has_danger": True,
        "strip": [{"text": "No voicemail.", "is_warning": True}],
    }
    for layout in ("case", "form", "list"):
        page = drawn(f'{{% extends "layouts/{layout}.html" %}}', case_bar=case_bar)
        [strip] = page.xpath("//section[contains(@class, 'desk-safe--danger')]")
        assert words(strip) == "No voicemail."
        assert words(page.find(".//h1")) == "Siân E."


def test_a_form_page_with_mistakes_says_so_first_in_its_title_and_links_to_each() -> None:
    form = form_of(forms.TextField(label="Name", max_length=20, missing="Enter her name."), {"x": ""})
    page = drawn('{% extends "layouts/form.html" %}{% block title %}Call{% endblock %}', form=form)
    assert words(page.find(".//title")).startswith("Error: Call")
    [link] = page.xpath("//div[contains(@class, 'govuk-error-summary')]//a")
    assert (words(link), link.get("href")) == ("Enter her name.", "#id_x")
    assert page.xpath("//input[@id='id_x']/@aria-describedby") == ["id_x-error"]


def test_a_message_stays_on_the_page() -> None:
    class Message:
        level_tag = "success"

        def __str__(self) -> str:
            return "Contact saved."

    page = drawn('{% extends "base.html" %}', messages=[Message()])
    [banner] = page.xpath("//div[contains(@class, 'govuk-notification-banner--success')]")
    assert banner.get("role") == "alert"
    assert "Contact saved." in words(banner)


# --- Error pages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["400", "403", "404", "409", "422", "500", "503", "locked"])
@pytest.mark.parametrize("language", ["en-gb", "cy"])
def test_an_error_page_needs_nothing_and_says_what_to_do(name: str, language: str) -> None:
    with override(language):
        page = html.fromstring(render_to_string(f"errors/{name}.html"))
    assert len(page.findall(".//h1")) == 1
    assert page.xpath("//main//p")


@pytest.mark.parametrize("name", ["400", "403", "409", "422", "503"])
def test_what_was_typed_is_on_the_error_page(name: str) -> None:
    posted = [("How did it land", "Frightened.\nAsked why nobody rang."), ("By", "<b>Friday</b>")]
    page = html.fromstring(render_to_string(f"errors/{name}.html", {"posted": posted}))
    assert [dd.text_content() for dd in page.iter("dd")] == [value for _, value in posted]


class Visit(forms.Form):
    where = forms.ChoiceRadios(label="Where to?", choices=[("home", "To their home")])
    on_day = forms.DateInputField(label="Which day?")
    comes = forms.TickBox(label="They come alone", required=False)
    secret = forms.Password(label="Your password")
    note = forms.TextField(label="What to take along", max_length=9)


@pytest.mark.parametrize("is_read", [True, False])
def test_what_was_typed_is_said_in_the_words_of_its_page(is_read: bool) -> None:
    sent = (
        "where=home&on_day_day=3&on_day_month=dec&on_day_year=2026&comes=on&secret=hush&note=cake&answer=go"
    )
    posted = QueryDict(sent)
    if is_read:
        Visit(posted)
    assert typed(posted) == [
        ("Where to?", "To their home"),
        ("Which day?", "3 dec 2026"),
        ("They come alone", "Yes"),
        ("What to take along", "cake"),
    ]
    assert typed(QueryDict("why_not=No+time&answer=approve&next=/due/")) == [("Why not", "No time")]


def test_when_two_people_change_the_same_thing_both_versions_are_shown() -> None:
    context = {
        "posted": [("Plan", "Ring weekly")],
        "theirs": {"Plan": "Ring monthly"},
        "current_url": "/plan/",
    }
    page = html.fromstring(render_to_string("errors/409.html", context))
    assert [words(dd) for dd in page.iter("dd")] == ["Ring monthly", "Ring weekly"]
    assert page.xpath("//main//a/@href") == ["/plan/"]


# --- Words: one line and several ------------------------------------------------------------------


def name(**kwargs: Any) -> forms.TextField:
    return forms.TextField(**{"label": "Name", "max_length": 20, **kwargs})


def note(**kwargs: Any) -> forms.LongTextField:
    return forms.LongTextField(**{"label": "Note", "max_length": 100, **kwargs})


def test_words_are_stripped_and_composed() -> None:
    assert read(name(), "  Sia\u0302n  ") == "Siân"
    assert read(name(), "a\tb") == "a b"


HIDDEN = (
    "\x00\x07\x1b\x7f\x85\u00ad\u061c\u180e\u200b\u200d\u200e\u200f\u2028"
    "\u202a\u202e\u2060\u2066\u2069\ufeff\ue000\U000e0041\u3164"
)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_character_that_nobody_can_see_is_refused_and_its_place_is_named(hidden: str) -> None:
    sentence = "Remove the hidden character after “Siân”. Text copied from elsewhere can carry one."
    assert said(name(), f"Siân{hidden}Evans") == sentence
    assert said(note(), f"Ring Siân{hidden} today") == sentence


@pytest.mark.parametrize("spelt", ["شریفی\u200cنیا", "ශ්\u200dරී", "क्\u200dष"])
def test_a_name_spelt_with_a_joiner_is_kept_as_it_is(spelt: str) -> None:
    assert read(name(), spelt) == spelt


def test_a_hidden_character_at_the_start_is_named_too() -> None:
    assert said(name(), "\ufeffSiân").startswith("Remove the hidden character at the start.")


@pytest.mark.parametrize("text", ["Ŵyn O’Brien-Łukasz", "محمد", "山田", "ਗੁਰਮੁਖੀ", "Null", "=cmd", "👍🏽"])
def test_names_of_every_script_are_kept(text: str) -> None:
    assert read(name(), text) == text


def test_several_lines_keep_their_breaks_and_one_line_has_none() -> None:
    assert read(note(), "One\r\n\r\nTwo\rThree") == "One\n\nTwo\nThree"
    assert "Remove the hidden character" in said(name(), "One\nTwo")


def test_words_too_long_are_told_how_long_they_are_and_never_cut() -> None:
    assert said(name(), "x" * 21) == "Shorten this to 20 characters. It has 21."
    assert "maxlength" not in str(form_of(name())["x"])
    assert read(name(), "Sia\u0302n" * 5) == "Siân" * 5  # 25 characters typed, 20 once composed


def test_max_length_must_be_given() -> None:
    with pytest.raises(TypeError):
        forms.TextField(label="Name")  # type: ignore[call-arg]


def test_an_empty_answer_earns_its_own_sentence() -> None:
    assert said(name(missing="Enter her name."), "") == "Enter her name."
    assert said(name(), "   ") == "Answer “Name”."
    assert read(name(required=False), "") == ""


def test_an_email_address_is_checked() -> None:
    assert read(forms.EmailAddress(label="Email"), " sian@example.org ") == "sian@example.org"
    assert said(forms.EmailAddress(label="Email"), "sian") == "Enter an email address like name@example.org."


def test_a_whole_number_may_have_a_comma() -> None:
    assert read(forms.WholeNumber(label="How many?"), "1,200") == 1200
    assert said(forms.WholeNumber(label="How many?"), "1.5") == "Enter a whole number, like 12."
    assert said(forms.WholeNumber(label="How many?", lowest=1), "0") == "Enter 1 or more."


# --- Dates and times ------------------------------------------------------------------------------


def spoke_on(**kwargs: Any) -> forms.DateInputField:
    missing = "Enter the date you spoke, like 27 3 2026."
    return forms.DateInputField(**{"label": "When?", "missing": missing, **kwargs})


def parts(day: str, month: str, year: str) -> dict[str, str]:
    return {"x_day": day, "x_month": month, "x_year": year}


@pytest.mark.parametrize("month", ["3", "03", "March", "mar", "Mar.", "Mawrth", "mawrth"])
def test_a_month_is_read_as_a_number_or_by_its_name(month: str) -> None:
    assert read(spoke_on(), parts("27", month, "2026")) == date(2026, 3, 27)


def test_a_date_may_come_in_a_link() -> None:
    assert read(spoke_on(), "2026-03-27") == date(2026, 3, 27)
    assert said(spoke_on(), "2026-02-30") == "There is no date 2026-02-30. Enter one like 27 3 2026."


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("", "", ""), "Enter the date you spoke, like 27 3 2026."),
        (("", "3", "2026"), "Enter the day too, like 27 3 2026."),
        (("27", "", "2026"), "Enter the month too, like 27 3 2026."),
        (("27", "3", ""), "Enter the year too, like 27 3 2026."),
        (("27", "", ""), "Enter the day, the month and the year, like 27 3 2026."),
        (("x", "3", "2026"), "Enter the day as a number from 1 to 31."),
        (("27", "13", "2026"), "Enter the month as a number from 1 to 12."),
        (("27", "3", "26"), "Enter the year with 4 figures, like 2026."),
        (("31", "2", "2026"), "There is no date 31 2 2026. Enter one like 27 3 2026."),
        (("29", "2", "2027"), "There is no date 29 2 2027. Enter one like 27 3 2026."),
        (("27", "3", "0202"), "Enter a date on or after Mon 1 Jan 1900."),
        (("9" * 5000, "3", "2026"), "Enter the day as a number from 1 to 31."),
    ],
)
def test_a_date_that_cannot_be_used_says_what_to_enter(typed: tuple[str, str, str], sentence: str) -> None:
    assert said(spoke_on(), parts(*typed)) == sentence


def test_a_date_has_limits_worked_out_when_it_is_read() -> None:
    field = spoke_on(earliest=date(2026, 11, 1), latest=lambda: THURSDAY)
    assert said(field, "2026-11-27").startswith("Enter a date on or before Thu 26 Nov")
    assert said(field, "2026-10-31").startswith("Enter a date on or after Sun 1 Nov")
    assert read(field, "2026-11-26") == THURSDAY


def test_the_box_at_fault_is_marked_linked_and_keeps_what_was_typed() -> None:
    form = form_of(spoke_on(), parts("27", "Marth", "2026"))
    page = drawn("{% error_summary form %}{{ form }}", form=form)
    assert page.xpath("//*[@class='govuk-list govuk-error-summary__list']//a/@href") == ["#id_x_month"]
    assert page.xpath("//input[@aria-invalid]/@value") == ["Marth"]
    assert page.xpath("//fieldset/@aria-describedby") == ["id_x-error"]


def test_a_date_given_beforehand_is_shown_in_its_boxes() -> None:
    page = drawn("{{ form }}", form=form_of(spoke_on(), initial={"x": THURSDAY}))
    assert page.xpath("//input/@value") == ["26", "11", "2026"]


def test_an_unchanged_date_has_not_changed() -> None:
    assert not form_of(spoke_on(), parts("26", "11", "2026"), initial={"x": THURSDAY}).has_changed()


@pytest.mark.parametrize("typed", ["14:05", "1405", "14.05", "2:05pm", "2.05 PM", "2:05 p.m."])
def test_a_time_is_read_as_people_write_it(typed: str) -> None:
    assert read(forms.TimeInputField(label="When?"), typed) == time(14, 5)


@pytest.mark.parametrize(
    ("typed", "expected"), [("12am", time(0)), ("12pm", time(12)), ("9am", time(9)), ("0:30", time(0, 30))]
)
def test_noon_and_midnight_are_told_apart(typed: str, expected: time) -> None:
    assert read(forms.TimeInputField(label="When?"), typed) == expected


@pytest.mark.parametrize("typed", ["9", "25:00", "14:60", "13pm", "0am", "soon", "14:5", "1:2:3"])
def test_a_time_that_cannot_be_used_says_what_to_enter(typed: str) -> None:
    assert said(forms.TimeInputField(label="When?"), typed) == "Enter a time like 14:05 or 2:05pm."


# --- Choices, files and hidden fields -------------------------------------------------------------

OUTCOMES = [("reached", "Reached"), ("none", "No answer")]


def test_a_choice_that_is_not_listed_is_refused() -> None:
    for field in (forms.ChoiceRadios, forms.ChoiceSelect):
        assert read(field(label="Outcome", choices=OUTCOMES), "none") == "none"
        assert said(field(label="Outcome", choices=OUTCOMES), "other") == "Choose one of the answers listed."
    many = forms.ChoiceCheckboxes(label="Outcomes", choices=OUTCOMES)
    assert read(many, {"x": ["none", "reached"]}) == ["none", "reached"]
    assert said(many, {"x": ["other"]}) == "Choose one of the answers listed."


def test_not_knowing_is_an_answer_and_silence_is_not() -> None:
    field = forms.YesNoNotKnown(label="Is she in danger?", missing="Say whether she is in danger.")
    assert read(field, "not_known") == forms.YesNoNotKnown.NOT_KNOWN
    assert said(field, "") == "Say whether she is in danger."


def test_a_select_starts_with_a_line_that_chooses_nothing() -> None:
    page = drawn("{{ form }}", form=form_of(forms.ChoiceSelect(label="Outcome", choices=OUTCOMES)))
    assert [words(option) for option in page.iter("option")] == ["Choose", "Reached", "No answer"]
    assert said(forms.ChoiceSelect(label="Outcome", choices=OUTCOMES), "") == "Answer “Outcome”."


def test_a_choice_has_its_hint_and_draws_the_field_it_reveals_once() -> None:
    class Outcome(forms.Form):
        outcome = forms.ChoiceRadios(
            label="Outcome", choices=OUTCOMES, hints={"none": "Rang out."}, reveals={"none": "why"}
        )
        why = forms.TextField(label="Why?", max_length=50, required=False)

    page = drawn("{{ form }}", form=Outcome())
    assert page.xpath("//input[@value='none']/@aria-describedby") == ["id_outcome_1-hint"]
    assert words(page.get_element_by_id("id_outcome_1-hint")) == "Rang out."
    assert page.xpath("//div[contains(@class, 'desk-reveal')]//input/@name") == ["why"]
    assert page.xpath("count(//input[@name='why'])") == 1


def test_the_summary_links_to_the_first_choice() -> None:
    form = form_of(forms.ChoiceRadios(label="Outcome", choices=OUTCOMES), {"x": ""})
    assert drawn("{% error_summary form %}", form=form).xpath("//a/@href") == ["#id_x_0"]


def test_a_hint_and_an_error_are_both_read_out() -> None:
    form = form_of(name(hint="As she likes it."), {"x": ""})
    assert drawn("{{ form }}", form=form).xpath("//input/@aria-describedby") == ["id_x-hint id_x-error"]


def test_optional_fields_say_so_and_filters_do_not() -> None:
    class Filter(forms.Form):
        mark_optional = False
        x = name(required=False)

    assert "(optional)" in str(form_of(name(required=False)))
    assert "(optional)" not in str(Filter())


def test_a_file_has_a_kind_and_a_size() -> None:
    field = forms.FileInput(label="File", endings=("csv",), max_megabytes=1)
    good = SimpleUploadedFile("list.CSV", b"a,b")
    assert said(field, {}, files={"x": good}) == ""
    wrong = SimpleUploadedFile("list.exe", b"a,b")
    assert said(field, {}, files={"x": wrong}) == "Choose a file of this kind: csv."
    large = SimpleUploadedFile("list.csv", b"a" * (1024 * 1024 + 1))
    assert said(field, {}, files={"x": large}).startswith("The file is larger than 1 MB.")
    assert (
        said(field, {}, files={"x": SimpleUploadedFile("list.csv", b"")})
        == "The file is empty. Choose another."
    )


def test_a_form_key_stays_the_same_when_the_page_comes_back_with_mistakes() -> None:
    first = form_of(forms.FormKeyField())["x"].value()
    again = form_of(forms.FormKeyField(), {"x": first})
    assert again["x"].value() == first
    assert read(forms.FormKeyField(), first) == uuid.UUID(first)
    assert form_of(forms.FormKeyField())["x"].value() != first


def test_a_broken_form_key_is_said_in_the_summary() -> None:
    form = form_of(forms.FormKeyField(), {"x": "nonsense"})
    [line] = drawn("{% error_summary form %}", form=form).iter("li")
    assert words(line) == "Open this page again, then send the form."


# --- Words and dates ------------------------------------------------------------------------------


def test_days_are_said_in_english_and_in_welsh() -> None:
    assert dates.day(THURSDAY, THURSDAY) == "Thu 26 Nov"
    assert dates.day(date(2025, 3, 1), THURSDAY) == "Sat 1 Mar 2025"
    with override("cy"):
        assert dates.day(THURSDAY, THURSDAY) == "Iau 26 Tach"
        assert dates.long_day(THURSDAY) == "Dydd Iau 26 Tachwedd 2026"
        assert dates.long_day_within(THURSDAY) == "dydd Iau 26 Tachwedd 2026"
    assert dates.long_day_within(THURSDAY) == "Thursday 26 November 2026"


def test_a_moment_is_said_in_london() -> None:
    assert dates.moment(london(2026, 11, 24, 13, 50), THURSDAY) == "Tue 24 Nov, 13:50"
    assert dates.moment(london(2026, 7, 1, 0, 30), THURSDAY) == "Wed 1 Jul, 00:30"


@pytest.mark.parametrize(
    ("due_on", "tone", "sentence"),
    [
        (date(2026, 11, 23), "overdue", "3 days late, was due Mon 23 Nov"),
        (date(2026, 11, 26), "today", "Today, Thu 26 Nov"),
        (date(2026, 11, 27), "later", "Fri 27 Nov (in 1 working day)"),
        (date(2026, 12, 1), "later", "Tue 1 Dec (in 3 working days)"),
        (date(2026, 12, 29), "later", "Tue 29 Dec (in 21 working days)"),
    ],
)
def test_a_due_date_is_said_in_working_days(due_on: date, tone: str, sentence: str) -> None:
    due = dates.due(due_on, THURSDAY)
    assert (due.tone, due.sentence) == (tone, sentence)


def test_a_weekend_before_any_working_day_is_counted_in_days() -> None:
    assert dates.due(date(2026, 11, 29), date(2026, 11, 27)).note == "in 2 days"


def test_a_length_of_time_is_said_in_hours() -> None:
    said_of = [dates.duration(n) for n in (0, 1, 40, 60, 320)]
    assert said_of == ["0 minutes", "1 minute", "40 minutes", "1 hour", "5 hours 20"]


# --- Components -----------------------------------------------------------------------------------


def test_a_work_row_links_the_person_in_its_sentence_and_escapes_the_rest() -> None:
    row = {
        "what": "Tell Siân E. about <bail>",
        "who": "Siân E.",
        "url": "/sian/",
        "due_on": date(2026, 11, 23),
    }
    page = drawn("{% work_row row %}", row=row, today=THURSDAY)
    assert words(page.find(".//h3")) == "Tell Siân E. about <bail>"
    assert [(words(a), a.get("href")) for a in page.iter("a")] == [("Siân E.", "/sian/")]
    assert "3 days late" in words(page)


def test_entries_by_the_system_are_folded() -> None:
    items = [
        {"heading": "Call", "when": THURSDAY},
        {"heading": "Duty opened", "is_system": True},
        {"heading": "Reminder", "is_system": True},
        {"heading": "Charge", "when": THURSDAY},
    ]
    page = drawn("{% timeline items %}", items=items)
    assert len(page.xpath("./ol/li")) == 3
    assert words(page.find(".//summary")) == "2 entries by the system"


def test_pages_are_few_however_long_the_list_and_keep_the_filter() -> None:
    page = drawn("{% pagination page %}", page=Paginator(range(100_000), 25).page(2000))
    links = page.xpath("//a/@href")
    assert len(links) <= 9
    assert "?page=1999&team=east" in links


def test_a_column_sorts_up_then_down_and_goes_back_to_the_first_page() -> None:
    first = drawn('{% sort_th "Owed" "owed" %}')
    assert first.xpath("//a/@href") == ["?sort=owed&team=east"]
    request = RequestFactory().get("/cases/", {"sort": "owed"})
    again = drawn('<table><tr>{% sort_th "Owed" "owed" %}</tr></table>', request=request)
    assert again.xpath("//a/@href") == ["?sort=-owed"]
    assert again.xpath("//th/@aria-sort") == ["ascending"]


def test_a_full_day_says_so_in_words() -> None:
    assert "over capacity" in words(drawn('{% capacity_meter "Officer 14" 98 10 %}'))
    assert "over capacity" not in words(drawn('{% capacity_meter "Officer 3" 62 14 %}'))


@pytest.mark.parametrize("rows", [[], [("None", 0)], [("A label that is much too long for the left", 3)]])
def test_a_bar_chart_is_drawn_whatever_it_is_given(rows: list[tuple[str, int]]) -> None:
    page = drawn('{% bar_chart "Nothing happened" rows %}', rows=rows)
    assert len(page.xpath("//rect")) == len(rows)


@pytest.mark.parametrize(
    "points", [[], [("Mon", 3)], [("Mon", None), ("Tue", None)], [("Mon", 3), ("Tue", 3)]]
)
def test_a_line_chart_is_drawn_whatever_it_is_given(points: list[tuple[str, Any]]) -> None:
    page = drawn('{% line_chart "Nothing changed" points centre=3 %}', points=points)
    assert len(page.xpath("//tbody/tr")) == len(points)


def test_a_line_breaks_where_there_is_no_figure_and_its_scale_is_round() -> None:
    line = charts.line(
        [("a", 61), ("b", 72), ("c", None), ("d", 88)], unit="%", band=None, centre=None, marks={}, gaps={}
    )
    assert [(each["a"]["label"], each["b"]["label"]) for each in line["segments"]] == [("a", "b")]
    assert [dot["label"] for dot in line["alone"]] == ["d"]
    assert [step["text"] for step in line["steps"]] == ["60%", "70%", "80%", "90%"]


def test_a_restricted_word_in_a_component_is_escaped() -> None:
    page = drawn(
        '{% tag text %}{% notice text %}{% stat_tile text text "/x" %}', text="<script>alert(1)</script>"
    )
    assert page.xpath("//script") == []


def test_how_long_ago_is_said_in_our_own_words(monday):
    moments = (datetime(2026, 11, 23, 9, 50, tzinfo=UTC), datetime(2026, 11, 22, 19, 24, tzinfo=UTC))
    assert [dates.ago(then) for then in moments] == ["10 minutes ago", "14 hours ago"]
    assert not [each for each in Path("templates").rglob("*.html") if "timesince" in each.read_text()]
