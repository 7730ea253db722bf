"""What a text may say: nothing that tells a stranger what it is about."""

import pytest

from victimcare.faults import Refused
from victimcare.messaging.models import MessageTemplate
from victimcare.messaging.words import check_harmless, fill

MANY = {"first_name": "Siân", "officer": "Dafydd", "phone": "01632 960123"}


def test_a_placeholder_is_filled_once():
    said = fill("Helo {first_name}", "cy", MANY | {"first_name": "{phone}"}, channel="text")
    assert said == "Helo {phone}"


@pytest.mark.parametrize("name", ["what_happened", "offence", "crime_number", "reference", "court"])
def test_no_placeholder_of_a_text_can_carry_the_crime(name):
    with pytest.raises(Refused, match=name):
        fill(f"Hello {{{name}}}", "en", {name: "x"}, channel="text")


def test_a_placeholder_without_a_value_is_named():
    with pytest.raises(Refused, match=r"needs {day}"):
        fill("On {day}", "en", MANY, channel="text")


@pytest.mark.parametrize(
    "text",
    [
        "Your witness care officer rang",
        "About the Court",
        "Am y drosedd",
        "Mae'r heddlu yn ffonio",
        "your bail",
    ],
)
def test_a_text_that_tells_a_stranger_is_refused(text):
    with pytest.raises(Refused, match="Take out"):
        check_harmless("text", "", text)


def test_the_subject_of_an_email_is_as_careful_and_its_body_need_not_be():
    check_harmless("email", "A message from Dafydd", "On Monday a suspect was charged.")
    with pytest.raises(Refused, match="suspect"):
        check_harmless("email", "A suspect was charged", "")


def test_a_text_longer_than_four_parts_is_refused_with_its_length():
    with pytest.raises(Refused, match="613 characters"):
        check_harmless("text", "", "a" * 613)


@pytest.mark.django_db
def test_every_template_the_project_ships_is_harmless_in_both_languages():
    for template in MessageTemplate.objects.all():
        for subject, body in (
            (template.subject_en, template.body_en),
            (template.subject_cy, template.body_cy),
            (f"{template.subject_cy} / {template.subject_en}", f"{template.body_cy}\n\n{template.body_en}"),
        ):
            check_harmless(template.channel, subject, body)
