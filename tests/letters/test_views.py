"""A case's letters on the page: read, approved, opened, by those who may."""

import re

import pytest
from django.urls import reverse

from tests.factories import ParticipantFactory
from victimcare.audit.models import AccessEntry
from victimcare.letters.models import Letter

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]


def address(name, letter, participant=None):
    part = participant or letter.participant
    return reverse(f"letters:{name}", args=[part.case.reference, part.reference, letter.reference])


def hidden(page):
    """The first form's hidden answers, as a browser would send them."""
    content = page.content.decode()
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', content)[1] for name in ("form_key", "version")
    }


def printed(letter):
    Letter.objects.filter(pk=letter.pk).update(
        status="rendered", pdf=b"%PDF-1.7 words", sha256="0" * 64, rendered_at="2026-11-23T10:00Z", pages=2
    )
    return letter


def test_an_officer_reads_both_languages_and_approves(write, as_officer):
    letter = write()
    page = as_officer.get(address("letter", letter))
    assert "Annwyl Mali" in page.content.decode() and "Dear Mali" in page.content.decode()
    answer = as_officer.post(address("approve", letter), hidden(page), follow=True)
    assert "It is being printed" in answer.content.decode()
    assert 'hx-trigger="every 2s"' in answer.content.decode()


def test_approving_twice_has_one_effect(write, as_officer):
    letter = write()
    answers = hidden(as_officer.get(address("letter", letter)))
    for _ in range(2):
        assert as_officer.post(address("approve", letter), answers).status_code == 302
    letter.refresh_from_db()
    assert (letter.status, letter.version) == (Letter.Status.QUEUED, 2)


def test_approving_what_somebody_else_withdrew_says_so(write, as_officer, as_supervisor):
    letter = write()
    mine, theirs = (
        hidden(as_officer.get(address("letter", letter))),
        hidden(as_supervisor.get(address("letter", letter))),
    )
    as_supervisor.post(address("withdraw", letter), theirs)
    answer = as_officer.post(address("approve", letter), mine)
    assert answer.status_code == 409
    assert "Someone else changed this letter" in answer.content.decode()


def test_a_form_that_is_not_ours_is_refused_in_words(write, as_officer):
    assert as_officer.post(address("approve", write()), {"version": "x"}).status_code == 422


def test_the_pdf_opens_in_the_browser_is_kept_nowhere_and_the_look_is_a_disclosure(write, as_officer):
    answer = as_officer.get(address("pdf", printed(write())))
    assert answer.content == b"%PDF-1.7 words"
    assert answer["Content-Disposition"].startswith("inline")
    assert "no-store" in answer["Cache-Control"]
    assert AccessEntry.objects.latest("pk").op == AccessEntry.Op.DISCLOSE


def test_a_letter_not_yet_printed_has_no_pdf(write, as_officer):
    assert as_officer.get(address("pdf", write())).status_code == 404


@pytest.mark.parametrize("name", ["letter", "pdf"])
def test_a_stranger_cannot_tell_that_the_letter_exists(write, as_stranger, name):
    assert as_stranger.get(address(name, printed(write()))).status_code == 404


@pytest.mark.parametrize("name", ["letter", "pdf"])
def test_one_victims_letter_is_not_on_anothers_pages(write, officer, as_officer, name):
    letter = printed(write())
    other = ParticipantFactory(case=letter.participant.case, team=officer.team)
    assert as_officer.get(address(name, letter, other)).status_code == 404
    listed = as_officer.get(reverse("letters:list", args=[other.case.reference, other.reference]))
    assert "No letters yet" in listed.content.decode()


def test_an_administrator_reads_no_letters(write, administrator, sign_in):
    assert sign_in(administrator).get(address("letter", write())).status_code == 403


def test_the_list_of_letters_asks_no_more_however_many_there_are(
    write, mali, as_officer, django_assert_max_num_queries
):
    for _ in range(12):
        write()
    with django_assert_max_num_queries(25):
        page = as_officer.get(reverse("letters:list", args=[mali.case.reference, mali.reference]))
    assert (
        page.content.decode().count("We have tried") + page.content.decode().count("Rydym wedi ceisio") >= 12
    )


def test_the_live_part_alone_is_sent_to_htmx(write, as_officer):
    letter = write()
    Letter.objects.update(status="queued")
    part = as_officer.get(address("letter", letter), headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith("<section") and "<h1" not in part
