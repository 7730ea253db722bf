"""The figures of a period: counted once, the same for good, on the funnel and in the pack; nobody in them."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from compliance.actions import assess
from compliance.metrics import Figure
from compliance.packs import actions, figures, spreadsheet
from compliance.packs.models import Pack, Snapshot
from compliance.packs.tasks import make_waiting_packs
from contacts.models import Contact
from desk.funnel import Cohort, count_steps
from tests.factories import (
    ContactFactory,
    EventFactory,
    NeedsAssessmentFactory,
    ParticipantFactory,
    PersonFactory,
    ReferralFactory,
    TeamFactory,
    UserFactory,
    london,
)
from tests.packs.test_evidence import Copier, closed_up, words_of
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Case, Standard
from victimcare.faults import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def copied(monkeypatch):
    monkeypatch.setattr(actions, "Press", Copier)


@pytest.fixture
def year(officer):
    """Forty victims referred: 24 reached by a call and told of the arrest, 12 of them assessed; one in the Far East."""
    team = TeamFactory()
    for n in range(40):
        victim = ParticipantFactory(
            team=team, officer=officer, person=PersonFactory(surname=f"Victim{n}", sex="F" if n < 20 else "M"),
            case__policing_area="=cmd|' /C calc'!A0" if n % 2 else "West",
        )  # fmt: skip
        ReferralFactory(participant=victim)
        arrest = EventFactory(case=victim.case, occurred_at=london(2026, 11, 10, 9))
        if n < 24:
            call = ContactFactory(participant=victim, by=officer, at=london(2026, 11, 11, 12))
            call.tells.add(arrest)
        if n < 12:
            NeedsAssessmentFactory(
                participant=victim, assessed_by=officer, status="completed", completed_at=london(2026, 11, 18)
            )
    assess(Case.objects.values_list("pk", flat=True))


def ask(by, kind="board", language="en"):
    pack = actions.ask_for_figures(
        kind=kind, since=date(2026, 11, 1), until=date(2026, 11, 22), language=language, by=by
    )
    assert make_waiting_packs() == 1
    pack.refresh_from_db()
    return pack


def sheets(pack):
    book = openpyxl.load_workbook(io.BytesIO(bytes(pack.sheet)))
    assert all(sheet.sheet_state == "visible" for sheet in book)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def test_the_pack_says_what_the_funnel_says_and_names_nobody(year, supervisor, officer):
    pack = ask(supervisor)
    counts = count_steps(Cohort(date(2026, 11, 1), date(2026, 11, 22)).referrals())
    assert (counts["received"], counts["reached"], counts["assessed"]) == (40, 24, 12)
    said = sheets(pack)
    funnel = {row[0]: row[1:3] for row in said["Funnel"][3:]}
    assert funnel["Received"] == [40, 100]
    assert funnel["Reached by a first call"] == [24, 60]
    assert funnel["Needs assessed"] == [12, 30]
    duties = {row[1]: row[2:5] for row in said["Duties"][3:]}
    assert duties["R6-ARREST"] == [24, 40, 60]
    pages = words_of(pack)
    text = closed_up(" ".join(pages))
    for words in (
        "Victims Board pack",
        "Needs assessed 12 30.0",
        "Arrest R6-ARREST 24 40 60.0 60.0 60.0",
        "VCOP-2020",
        "M26",
    ):
        assert closed_up(words) in text, words
    assert all(f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, 1))
    everything = " ".join(pages) + str(said)
    for private in (
        "Victim7",
        "Bryn Road",
        "07700",
        "@example.org",
        officer.display_name,
        supervisor.display_name,
    ):
        assert private not in everything, private


def test_no_cell_is_a_formula(year, copied, supervisor):
    areas = {row[1] for row in sheets(ask(supervisor))["Areas"][3:]}
    assert areas == {"West", "'=cmd|' /C calc'!A0"}
    assert spreadsheet.safe("  =1+1") == "'  =1+1"
    assert spreadsheet.safe("－1") == "'－1"
    assert (spreadsheet.safe(-1), spreadsheet.safe("R6-ARREST")) == (-1, "R6-ARREST")


def test_the_same_snapshot_prints_the_same_bytes_until_more_is_hidden(
    year, copied, supervisor, monday, sign_in
):
    first = ask(supervisor)
    monday.move_to(london(2026, 12, 1, 9))
    Contact.objects.all().update(outcome=Contact.Outcome.NO_ANSWER)
    again = actions.print_again(pack=first, kind="board", language="en", by=supervisor)
    welsh = actions.print_again(pack=first, kind="return", language="cy", by=supervisor)
    assert make_waiting_packs() == 2
    again.refresh_from_db()
    welsh.refresh_from_db()
    assert Snapshot.objects.count() == 1
    assert (again.sha256, again.sheet_sha256) == (first.sha256, first.sheet_sha256)
    assert '<html lang="cy">' in bytes(welsh.pdf).decode() and "Tachwedd 2026" in bytes(welsh.pdf).decode()
    kept = Snapshot.objects.get()
    assert kept.sha256 == figures.fingerprint(kept.figures)
    assert figures.as_shown_now(kept.figures, 10) == kept.figures
    Standard.objects.create(
        key="small_numbers", number=1, value=20, effective_from=date(2026, 1, 1), written_by=None
    )
    stricter = actions.print_again(pack=first, kind="board", language="en", by=supervisor)
    assert make_waiting_packs() == 1
    stricter.refresh_from_db()
    funnel = {row[0]: row[1] for row in sheets(stricter)["Funnel"][3:]}
    assert (funnel["Received"], funnel["Needs assessed"]) == (40, "Hidden")
    kept.refresh_from_db()
    assert kept.sha256 == figures.fingerprint(kept.figures)
    reading = sign_in(supervisor)
    assert "Printed by earlier rules" in reading.get(f"/packs/{first.reference}/").text
    assert "Printed by earlier rules" not in reading.get(f"/packs/{stricter.reference}/").text


def test_a_snapshot_is_never_changed(copied, supervisor):
    ask(supervisor, kind="return")
    for change in (lambda rows: rows.update(code="another"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Snapshot.objects.all())


def test_no_snapshot_holds_a_small_number_nor_what_gives_one_away():
    def row(key, part, n, of):
        return Figure(key, part, "", n, of, None)

    rows = figures._guarded(
        [
            row("M1", "", 60, 100),
            row("M1", "R6-ARREST", 50, 70),
            row("M1", "R6-BAIL", 7, 12),
            row("M1", "R6-CHARGE", 3, 18),
            row("M1", "missed", 25, 100),
            row("M2", "", 64, 100),  # four were told late: 64 less 60
            row("M4", "", 75, 100),
        ],
        10,
        by="",
    )
    shown = {(row["key"], row["part"]): row["n"] for row in rows}
    assert shown[("M1", "")] == 60
    assert shown[("M1", "R6-BAIL")] is shown[("M1", "R6-CHARGE")] is None
    assert shown[("M1", "missed")] is shown[("M2", "")] is shown[("M4", "")] is None
    assert all(row["value"] is None for row in rows if row["is_hidden"])


def _shown(*rows):
    found = figures._guarded([Figure(key, part, "", n, of, None) for key, part, n, of in rows], 10, by="")
    return {(row["key"], row["part"]): (row["n"], row["of"]) for row in found}


def test_a_number_hidden_in_one_row_is_not_said_by_its_twin():
    shown = _shown(
        ("M1", "", 180, 228), ("M1", "with_no_evidence", 180, 228), ("M1", "no_evidence", 0, None),
        ("M1", "missed", 44, 228), ("M2", "", 184, 228), ("M2", "with_no_evidence", 184, 228),
        ("M3", "", 180, 228), ("M4", "", 180, 228),
    )  # fmt: skip
    assert shown["M1", ""] == shown["M3", ""] == (180, 228)
    assert {shown[place][0] for place in (("M2", ""), ("M2", "with_no_evidence"), ("M1", "missed"))} == {None}


def test_of_how_many_a_step_is_does_not_say_the_hidden_step_before_it():
    """Ninety-five of ninety-six were referred: that is how many a service could accept."""
    steps = ("M10", "offered", 120, 140), ("M10", "refused", 24, 120)
    shown = _shown(*steps, ("M10", "made", 95, 96), ("M10", "in_time", 80, 96), ("M10", "accepted", 60, 95))
    assert shown["M10", "made"] == (None, 96) and shown["M10", "accepted"] == (None, None)
    assert shown["M10", "refused"] == (24, 120) and shown["M10", "in_time"] == (80, 96)
    shown = _shown(("M8", "", 133, 140), ("Q4", "", 60, 133), ("M8", "overlooked", 0, 7), ("M6", "", 60, 140))
    assert shown["M8", ""] == (None, 140) and shown["Q4", ""] == shown["M8", "overlooked"] == (None, None)
    assert shown["M6", ""] == (60, 140)
    kept = {"threshold": 10, "funnel": [], "splits": [], "measures": figures._guarded([
        Figure("M10", "made", "", 95, 96, None), Figure("M10", "accepted", "", 60, 95, None),
    ], 10, by="")}  # fmt: skip
    assert figures.as_shown_now(kept, 10) == kept
    old = {**kept, "splits": [], "counts_people": False, "measures": [
        {"key": "M1", "part": "", "group": group, "n": n, "of": of, "value": 50.0, "unit": "percent", "note": {},
         "is_hidden": False} for group, n, of in (("", 200, 400), ("75", 30, 60), ("25", 170, 340))
    ]}  # fmt: skip
    assert [row["of"] for row in figures.as_shown_now(old, 10)["measures"]] == [
        400,
        None,
        None,
    ]  # sixty of six people
    kept["measures"][1] |= {"n": 60, "of": 95, "is_hidden": False}  # as it was kept before this rule
    assert figures.as_shown_now(kept, 10)["measures"][1]["of"] is None


def test_few_with_no_evidence_are_not_said_by_what_they_are_judged_beside():
    shown = _shown(
        ("M1", "", 180, 228), ("M1", "with_no_evidence", 180, 232), ("M1", "no_evidence", 4, None),
        ("M2", "", 200, 228), ("M2", "with_no_evidence", 200, 232), ("M4", "", 180, 228),
    )  # fmt: skip
    assert shown["M1", "with_no_evidence"] == shown["M2", "with_no_evidence"] == (None, None)
    assert shown["M1", "no_evidence"][0] is None and shown["M2", ""] == (200, 228)


def test_a_measure_of_some_duties_does_not_tell_the_rest_of_them():
    duties = (
        ("R6-BAIL", 13, 30), ("R6-RUI", 5, 20), ("R6-NFA-RELEASE", 4, 18), ("R6-ARREST", 40, 52),
        ("R3-ACK", 40, 68), ("R4-REFERRAL", 20, 34), ("R9-SENTENCE", 6, 6),
    )  # fmt: skip
    inner = [(key, *row) for key, n in (("Q5", 3), ("Q3", 4)) for row in duties[:n]]
    shown = _shown(
        ("Q3", "", 62, 120), ("Q5", "", 22, 68), ("M1", "", 128, 228), *inner,
        *(("M1", *row) for row in duties), *(("M3", *row) for row in duties),
    )  # fmt: skip
    for key in ("M1", "M3", "Q3", "Q5"):
        assert shown[key, "R6-BAIL"][0] is None, key  # 22 less 13 would say nine
    assert shown["M1", "R9-SENTENCE"] == (None, None)
    assert shown["M1", "R4-REFERRAL"] == (None, None)  # 228 less 120 and 68 is forty: of two duties
    assert shown["M1", "R3-ACK"] == (40, 68) and shown["Q3", ""] == (62, 120)


def test_the_same_people_are_not_split_twice():
    assert "language" in figures.SPLITS and "welsh" not in figures.SPLITS


def test_who_may_have_a_pack(copied, supervisor, officer, auditor, sign_in):
    analyst = UserFactory(roles=[Role.ANALYST], team=None)
    asked = {"kind": "return", "language": "en", "since": "2026-10-01", "until": "2026-10-31"}
    assert sign_in(officer).get("/packs/").status_code == 403
    assert sign_in(auditor).post("/packs/ask", asked).status_code == 403
    browser = sign_in(analyst)
    assert browser.post("/packs/ask", asked | {"until": "2026-09-01"}).status_code == 422
    for said, why in (
        ({"until": "2026-10-30"}, "Choose whole months"),
        ({"since": "2024-01-01"}, "two years at most"),
    ):
        assert why in browser.post("/packs/ask", asked | said).context["form"].errors["until"][0]
    page = browser.post("/packs/ask", asked, follow=True)
    pack = Pack.objects.get()
    assert page.redirect_chain == [(f"/packs/{pack.reference}/", 302)]
    assert browser.get(f"/packs/{pack.reference}/pdf").status_code == 404
    assert make_waiting_packs() == 1
    pack.refresh_from_db()
    for reader in (analyst, auditor, supervisor):
        reading = sign_in(reader)
        assert pack.sheet_sha256 in reading.get(f"/packs/{pack.reference}/").content.decode()
        assert reading.get(f"/packs/{pack.reference}/spreadsheet").content == bytes(pack.sheet)
    progress = browser.get(f"/packs/{pack.reference}/", headers={"HX-Request": "true"})
    assert progress.headers["HX-Refresh"] == "true"  # what can be done with it now stands around it
    again = browser.post(f"/packs/{pack.reference}/print-again", {"kind": "board", "language": "cy"})
    assert again.status_code == 302 and Pack.objects.filter(snapshot=pack.snapshot).count() == 2
    file = SimpleUploadedFile("figures.xlsx", bytes(pack.sheet))
    assert "Nothing in it was changed" in browser.post("/packs/check", {"file": file}).content.decode()
    assert "A pack is ready" in browser.get("/notifications/").content.decode()


def test_what_is_refused(supervisor, officer):
    for since, until in (
        ("2026-11-22", "2026-11-01"),
        ("2026-11-01", "2026-11-24"),
        ("2024-01-01", "2026-11-01"),
    ):
        with pytest.raises(Refused):
            actions.ask_for_figures(
                kind="board", since=date.fromisoformat(since), until=date.fromisoformat(until), language="en",
                by=supervisor,
            )  # fmt: skip
    assert not Pack.objects.exists()
