"""Letters become PDFs: once each, in a process that may fetch nothing, whatever dies on the way."""

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pikepdf
import pypdfium2
import pytest
from django.db import connection

from tests.factories import EventFactory
from tests.letters.conftest import COURT, TIME
from victimcare import clock
from victimcare.accounts.models import Notification
from victimcare.cases.kinds import Kind
from victimcare.letters import actions, press
from victimcare.letters.models import Letter
from victimcare.letters.press import CannotPrint, Press, PressDown
from victimcare.letters.tasks import render_queued_letters

EVERY_LETTER = {
    "court_warning": {"court": COURT, "hearing_day": date(2027, 1, 11), "hearing_time": TIME},
    "hearing_told": {
        "court": COURT,
        "hearing_day": date(2027, 1, 11),
        "hearing_time": TIME,
        "hearing": {"en": "Trial", "cy": "Treial"},
    },
    "update_arrest_bail": {},
    "crime_acknowledgement": {},
    "unable_to_contact": {},
    "sentence": {
        "court": COURT,
        "result_day": date(2026, 11, 20),
        "outcome": {"en": "Guilty", "cy": "Euog"},
        "sentence": {"en": "Community order", "cy": "Gorchymyn cymunedol"},
    },
}


@pytest.fixture(scope="module")
def warm():
    """One press for all the letters of this module."""
    with Press() as press:
        yield press


def _text(pdf, page):
    return pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_bounded()


def _written(write, mali, key):
    told = [EventFactory(case=mali.case), EventFactory(case=mali.case, kind=Kind.SUSPECT_BAILED)]
    return write(key=key, values=EVERY_LETTER[key], tells=told if key == "update_arrest_bail" else [])


@pytest.mark.django_db
@pytest.mark.parametrize("key", EVERY_LETTER)
def test_each_letter_prints_as_agreed_one_page_to_a_language(write, mali, warm, key, golden, monday):
    letter = _written(write, mali, key)
    letter.reference, letter.written_at = "L-GOLDEN22", clock.now()
    html = actions.html_of(letter)
    golden(f"{key}.html", html)
    printed = warm.print(html, identifier=letter.reference)
    assert printed.pages == 2
    assert "Annwyl Mali" in _text(printed.pdf, 0)
    assert "Dear Mali" in _text(printed.pdf, 1)


@pytest.mark.django_db
def test_welsh_letters_are_read_out_right_and_the_pdf_says_its_languages(write, mali, warm, monday):
    letter = _written(write, mali, "court_warning")
    pdf = warm.print(actions.html_of(letter), identifier=letter.reference).pdf
    words = _text(pdf, 0)
    assert "Mali Ŵyn" in words and "3 Tŷ Newydd" in words and "gwŷs tyst" in words and "siŵr" in words
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.MarkInfo.Marked
        assert document.Root.Lang == "cy"
        assert document.Root.ViewerPreferences.DisplayDocTitle
        metadata = document.open_metadata()
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Mae eich angen fel tyst"


@pytest.mark.django_db
def test_the_address_stands_where_the_window_of_the_envelope_is(write, mali, warm, monday):
    pdf = warm.print(actions.html_of(_written(write, mali, "court_warning")), identifier="x").pdf
    page = pypdfium2.PdfDocument(pdf)[0]
    text = page.get_textpage()
    index, _count = text.search("3 Tŷ Newydd").get_next()
    left, bottom, _right, top = text.get_charbox(index)
    millimetres = 72 / 25.4
    assert 19 < left / millimetres < 25
    assert (page.get_height() - top) / millimetres > 45 and (page.get_height() - bottom) / millimetres < 80


@pytest.mark.django_db
def test_what_somebody_typed_is_words_and_never_a_page(write, monday):
    letter = write(
        key="court_warning",
        values={"court": '<img src="file:///etc/passwd">', "hearing_day": "Monday", "hearing_time": "10"},
    )
    assert "<img" not in actions.html_of(letter)


@pytest.mark.parametrize(
    "page",
    [
        '<img src="http://127.0.0.1:9/x.png">',
        '<img src="file:///etc/passwd">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
        '<link rel="attachment" href="file:///etc/passwd">',
        "<style>@import url(file:///etc/passwd);</style>",
        "<style>@font-face { font-family: x; src: url(http://127.0.0.1:9/x.ttf) }</style><p>x",
        '<object data="file:///etc/passwd"></object>',
        '<p style="background-image: url(//127.0.0.1:9/x)">x',
        '<svg><image href="file:///etc/hostname" width="1" height="1"/></svg>',
    ],
)
def test_the_press_fetches_nothing(warm, page):
    try:
        printed = warm.print(f"<html lang=en><title>x</title><body>{page}</body></html>", identifier="x")
    except CannotPrint:
        return
    with pikepdf.open(io.BytesIO(printed.pdf)) as document:
        assert "/EmbeddedFiles" not in document.Root.get("/Names", {})
        assert b"root:" not in printed.pdf


def test_a_letter_too_big_to_lay_out_ends_without_taking_the_press_with_it(warm):
    with pytest.raises(CannotPrint):
        warm.print("<div>" * 3000 + "x", identifier="x")
    assert warm.print("<html lang=en><title>x</title><p>x", identifier="x").pages == 1


def test_a_press_without_fonts_says_so_before_it_prints(monkeypatch):
    monkeypatch.setenv("FONTCONFIG_FILE", "/nowhere/fonts.conf")
    with pytest.raises(PressDown, match="FONTCONFIG_FILE"), Press():
        pass


def test_the_press_is_told_no_secret(monkeypatch):
    assert not {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} & set(press.TOLD)


@pytest.mark.django_db
def test_a_queued_letter_becomes_a_pdf_and_its_author_hears(queued, officer):
    assert render_queued_letters() == 1
    queued.refresh_from_db()
    assert (queued.status, queued.pages) == (Letter.Status.RENDERED, 2)
    assert queued.sha256 == hashlib.sha256(queued.pdf).hexdigest()
    assert Notification.objects.get(recipient=officer).kind == "letter_ready"
    assert render_queued_letters() == 0


@pytest.mark.django_db
def test_a_draft_is_not_printed(write):
    write()
    assert render_queued_letters() == 0


@pytest.mark.django_db
def test_a_letter_whose_worker_was_killed_returns_to_the_queue_after_a_minute(queued, monday):
    Letter.objects.update(status="rendering", claimed_at=clock.now())
    assert actions.free_left_behind() == 0
    monday.shift(timedelta(seconds=61))
    assert actions.free_left_behind() == 1
    queued.refresh_from_db()
    assert (queued.status, queued.attempts) == (Letter.Status.QUEUED, 0)


@pytest.mark.django_db
def test_a_worker_whose_claim_went_to_another_keeps_nothing(queued, monkeypatch, monday):
    def slow(letter, press):
        Letter.objects.update(status="rendering", claimed_at=clock.now() + timedelta(seconds=61))
        return actions.Printed(pdf=b"%PDF", pages=1)

    monkeypatch.setattr(actions, "_print", slow)
    assert actions.render(queued) is False
    queued.refresh_from_db()
    assert queued.pdf is None


@pytest.mark.django_db
def test_a_letter_with_a_fault_of_its_own_is_parked_after_five_attempts(queued, officer, monkeypatch):
    def cannot(letter, press):
        raise CannotPrint("It is nested too deeply to lay out.")

    monkeypatch.setattr(actions, "_print", cannot)
    for _ in range(6):
        actions.render(queued)
    queued.refresh_from_db()
    assert (queued.status, queued.attempts) == (Letter.Status.PARKED, 5)
    assert queued.parked_reason == "It is nested too deeply to lay out."
    assert Notification.objects.get(recipient=officer).kind == "letter_parked"


@pytest.mark.django_db
def test_trouble_of_the_machine_uses_up_no_attempt(queued, monkeypatch):
    monkeypatch.setenv("FONTCONFIG_FILE", "/nowhere/fonts.conf")
    for _ in range(6):
        assert render_queued_letters() == 0
    queued.refresh_from_db()
    assert (queued.status, queued.attempts) == (Letter.Status.QUEUED, 0)


@pytest.mark.django_db
def test_a_press_that_dies_between_letters_leaves_the_letter_in_the_queue(queued):
    with Press() as press:
        press.process.kill()
        press.process.wait()
        with pytest.raises(PressDown):
            actions.render(queued, press=press)
    queued.refresh_from_db()
    assert (queued.status, queued.attempts) == (Letter.Status.QUEUED, 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_print_a_letter_once(queued):
    def work():
        try:
            return render_queued_letters()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        counts = [done.result() for done in [workers.submit(work), workers.submit(work)]]
    assert sum(counts) == 1
    assert Letter.history.filter(status="rendered").count() == 1


@pytest.fixture
def golden():
    """Compares with the kept text; GOLDEN=write keeps what there is now."""

    def same(name, text):
        kept = os.path.join(os.path.dirname(__file__), "golden", name)
        if os.environ.get("GOLDEN") == "write":
            with open(kept, "w", encoding="utf-8") as file:
                file.write(text)
        with open(kept, encoding="utf-8") as file:
            assert text == file.read()

    return same
