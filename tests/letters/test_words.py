"""The words of a letter, without a database."""

from datetime import date, time

import pytest

from victimcare.cases.kinds import Kind
from victimcare.faults import Refused
from victimcare.letters import words


def test_a_day_is_said_in_english_and_in_welsh():
    day = date(2027, 1, 11)
    assert words.day_in("en", day) == "Monday 11 January 2027"
    assert words.day_in("cy", day) == "dydd Llun 11 Ionawr 2027"
    assert words.on_day("cy", day) == "Ar ddydd Llun 11 Ionawr 2027"


def test_a_placeholder_is_filled_in_the_language_of_the_page():
    values = {
        "court": {"en": "Newport Crown Court", "cy": "Llys y Goron Casnewydd"},
        "hearing_time": time(10),
    }
    assert words.fill("{court}, {hearing_time}", "cy", values) == "Llys y Goron Casnewydd, 10:00"


@pytest.mark.parametrize("text", ["{postcode}", "{first_name.__class__}", "{0}", "{}", "{first_name!r}"])
def test_an_unknown_placeholder_is_refused_by_name(text):
    with pytest.raises(Refused) as refusal:
        words.fill(text, "en", {"first_name": "Mali"})
    assert text in str(refusal.value.sentence)


def test_a_placeholder_nobody_filled_is_refused_by_name():
    with pytest.raises(Refused, match=r"\{court\}"):
        words.fill("Come to {court}.", "en", {})


@pytest.mark.parametrize("text", ["{", "}", "{first_name", "{{first_name}}"])
def test_a_brace_without_its_pair_is_refused(text):
    with pytest.raises(Refused):
        words.fill(text, "en", {"first_name": "Mali"})


def test_what_is_put_in_is_never_read_again():
    assert words.fill("Dear {first_name}", "en", {"first_name": "{officer}"}) == "Dear {officer}"


def test_text_is_cut_into_headings_facts_points_and_paragraphs():
    cut = words.blocks("Come.\n\n## When\n| Day: Monday\n\n- one\n- two")
    assert [block["kind"] for block in cut] == ["paragraph", "heading", "facts", "points"]
    assert cut[2]["facts"] == [["Day", "Monday"]]


def test_an_arrest_is_told_in_both_languages():
    said = words.told(Kind.SUSPECT_ARRESTED, date(2026, 11, 18), {})
    assert said["en"] == "On Wednesday 18 November 2026 a suspect was arrested."
    assert said["cy"] == "Ar ddydd Mercher 18 Tachwedd 2026 cafodd person dan amheuaeth ei arestio."


def test_a_listing_is_told_with_its_court_and_day():
    data = {"listed_on": "2027-01-11", "court": "Newport Crown Court", "court_cy": "Llys y Goron Casnewydd"}
    said = words.told(Kind.HEARING_LISTED, date(2026, 11, 19), data)
    assert (
        said["cy"]
        == "Mae gwrandawiad llys wedi'i restru yn Llys y Goron Casnewydd ar ddydd Llun 11 Ionawr 2027."
    )


def test_a_result_is_not_told_by_a_general_letter():
    with pytest.raises(Refused, match="Court result received"):
        words.told(Kind.RESULT_RECEIVED, date(2026, 11, 19), {})
