"""The evidence of one case: what it says, whom it never names, who may have it, and that it is what was made."""

import hashlib
import io
import re

import pikepdf
import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from compliance.actions import assess
from compliance.breaches import keep_breaches
from compliance.excuses import agree_to_excuse, ask_to_excuse, take_excuse_back
from compliance.models import Duty
from compliance.models_breach import Breach, Excuse
from compliance.packs import actions, evidence
from compliance.packs.models import Pack
from compliance.packs.redaction import Redactor
from compliance.packs.tasks import make_waiting_packs
from contacts.models import Contact
from tests.factories import (
    ContactFactory,
    EntitlementFactory,
    EventFactory,
    ParticipantFactory,
    PersonFactory,
    SuspectFactory,
    UserFactory,
    london,
)
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Participant
from victimcare.faults import Refused
from victimcare.letters.press import Printed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def case(victim, officer, supervisor):
    """An arrest told late, bail never told, a charge excused, a hearing passed on by nobody; and another victim."""
    suspect = SuspectFactory(case=victim.case)
    other = ParticipantFactory(
        case=victim.case, person=PersonFactory(given_names="Mali", surname="Rosser"), team=victim.team
    )
    EntitlementFactory(participant=victim)
    arrest = EventFactory(case=victim.case, suspect=suspect, occurred_at=london(2026, 11, 16, 9))
    bail = EventFactory(
        case=victim.case, kind=Kind.SUSPECT_BAILED, suspect=suspect, occurred_at=london(2026, 11, 17, 9),
        detail="Not to go to 99 Mill Lane.",
    )  # fmt: skip
    charge = EventFactory(case=victim.case, kind=Kind.SUSPECT_CHARGED, occurred_at=london(2026, 11, 18, 9))
    ContactFactory(
        participant=victim, by=officer, outcome=Contact.Outcome.NO_ANSWER, at=london(2026, 11, 17, 15)
    )
    told = ContactFactory(
        participant=victim, by=officer, at=london(2026, 11, 20, 13), note="Siân lives with Dewi now."
    )
    told.tells.add(arrest)
    others = ContactFactory(participant=other, by=officer, at=london(2026, 11, 17, 11), note="Mali was told.")
    others.tells.add(bail)
    assess([victim.case_id])
    excuse = ask_to_excuse(
        duty=Duty.objects.current().get(participant=victim, event=charge, rule="R6-CHARGE"),
        status="exempt", reason="risk", by=officer,
        why="Gareth Probert rang her on 07700 900999, and Mali asked us to wait",
    )  # fmt: skip
    agree_to_excuse(excuse=excuse, by=supervisor)
    keep_breaches()
    return victim.case


class Copier:
    """Stands where the press does, and hands back the page of HTML as it came."""

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        pass

    def print(self, html, *, identifier):
        return Printed(html.encode(), 1)


@pytest.fixture
def copied(monkeypatch):
    """Packs are kept as HTML: quick, where it does not matter how they look."""
    monkeypatch.setattr(actions, "Press", Copier)


@pytest.fixture
def made(case, victim, supervisor):
    """The pack that the worker made of it."""

    def make(language="en", reason="A complaint by Siân Evans."):
        pack = actions.ask_for_evidence(participant=victim, language=language, reason=reason, by=supervisor)
        assert make_waiting_packs() == 1
        pack.refresh_from_db()
        return pack

    return make


def closed_up(text):
    """Letters and figures alone: where a line ends, after a hyphen too, is the printer's affair."""
    return "".join(character for character in text if character.isalnum())


def words_of(pack):
    document = pypdfium2.PdfDocument(bytes(pack.pdf))
    return [document[n].get_textpage().get_text_bounded().replace("\r\n", " ") for n in range(len(document))]


def test_a_pack_says_what_was_owed_what_met_it_and_what_is_missing_and_names_nobody(
    made, case, victim, officer, supervisor
):
    pack = made()
    pages = words_of(pack)
    text = closed_up(" ".join(pages))
    told = Contact.objects.get(participant=victim, outcome="reached")
    tried = Contact.objects.get(participant=victim, outcome="no_answer")
    breach = Breach.objects.get(participant=victim, duty__rule="R6-BAIL")
    for said in (
        f"Phone ({told.reference}), Friday 20 November 2026, 13:00, Victim care officer, {officer.reference}: Reached.",
        "It was done 3 working days after its last day, Tuesday 17 November 2026.",
        f"They were tried 1 time in between and not reached: {tried.reference}.",
        "Nothing shows that it was done. Its last day, Wednesday 18 November 2026, was 3 working days ago.",
        "Exempt with good reason, Monday 23 November 2026. Telling them would put somebody at risk."
        " “[left out] rang her on [left out], and [left out] asked us to wait” Asked for by Victim care officer,"
        f" {officer.reference} and agreed by Supervisor, {supervisor.reference}",
        f"The force ({breach.reference}); Not said yet; To be accepted or disputed.",
        "Enhanced rights were in force on Mon 16 Nov: within 1 working day.",
        "Right 12: To make a complaint about their rights not being met Nothing has happened that makes this owed.",
        "The Code also says, and this service does not record: How to complain.",
        f"Asked for by Supervisor, {supervisor.reference}",
        "What was left out, and why",
    ):
        assert closed_up(said) in text, said
    assert all(f"Case {case.reference}, pack {pack.reference}" in page for page in pages)
    assert all(f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, 1))
    assert len(pages) == pack.pages > 1
    assert pack.sha256 == hashlib.sha256(bytes(pack.pdf)).hexdigest()
    with pikepdf.open(io.BytesIO(bytes(pack.pdf))) as document:
        assert (document.Root.Lang, document.open_metadata()["pdfuaid:part"]) == ("en", "1")
    text = " ".join(pages).casefold()
    people = [part.person for part in Participant.objects.filter(case=case).select_related("person")]
    assert len(people) == 3
    for person in people:
        private = [person.surname, *person.given_names.split(), *person.address_lines[::2], *person.phones]
        for word in filter(None, [*private, person.email]):
            assert word.casefold() not in text, word
    for word in (officer.display_name, supervisor.display_name, "dewi", "07700"):
        assert word.casefold() not in text, word


def test_no_member_of_staff_is_named_whoever_touched_the_case(copied, made, officer, unit):
    officer.display_name = "Dewi Watkins"
    officer.save()
    UserFactory(display_name="Bethan Pritchard", team=unit, roles=[Role.SUPERVISOR])
    UserFactory(display_name="Anwen Two", team=None)
    reason = "Complaint by Mair, 07700 900624, about Dewi Watkins; Mr WATKINS, Bethan and Anwen Two know."
    page = bytes(made(reason=reason).pdf).decode()
    assert (
        "Complaint by Mair, [left out], about [left out]; Mr [left out], [left out] and [left out] know."
        in page
    )
    assert f"Victim care officer, {officer.reference}" in page


def test_a_staff_name_that_stands_in_a_coded_place_stops_the_pack(copied, case, victim, officer, supervisor):
    Case.objects.filter(pk=case.pk).update(offence_title=f"Assault, says {officer.display_name}")
    pack = actions.ask_for_evidence(participant=victim, language="en", reason="A review.", by=supervisor)
    assert make_waiting_packs() == 0
    pack.refresh_from_db()
    assert pack.status == "parked"


def test_an_excuse_taken_back_stays_in_the_pack(copied, made, supervisor):
    excuse = Excuse.objects.get()
    take_excuse_back(excuse=excuse, because="Sue Pervisor was wrong.", by=supervisor)
    page = bytes(made().pdf).decode()
    assert "Agreed, and taken back" in page and excuse.reference in page
    assert "Exempt, with good reason, Monday 23 November 2026" in page
    assert f"Supervisor, {supervisor.reference}. “[left out] was wrong.”" in page


def test_what_was_declined_is_not_counted_as_excused(case, victim, supervisor):
    duty = Duty.objects.current().filter(participant=victim, status="exempt").get()
    assert evidence.standing_of(duty, duty.clock_on) == "excused"
    duty.status = "declined"
    assert evidence.standing_of(duty, duty.clock_on) == "declined"
    counted = evidence._how_it_stands([{"standing": "declined", "is_local": False}])
    assert dict(counted) == dict.fromkeys(dict(counted), 0) | {"Declined": 1}


def test_a_pack_in_welsh_is_in_welsh(made, copied):
    page = bytes(made(language="cy").pdf).decode()
    assert '<html lang="cy">' in page and ", dydd Gwener 20 Tachwedd 2026" in page
    assert not re.search(r"[a-z,] Dydd", re.sub(r"<[^>]*>", ".", page))  # small within a sentence


def test_asking_making_and_downloading_are_each_written_down(copied, case, victim, as_supervisor, supervisor):
    references = [victim.case.reference, victim.reference]
    ask = reverse("packs:ask-for-evidence", args=references)
    assert as_supervisor.post(ask, {"reason": "", "language": "en"}).status_code == 422
    page = as_supervisor.post(ask, {"reason": "An inspection.", "language": "en"}, follow=True)
    assert "Being made" not in page.content.decode() and "Waiting to be made" in page.content.decode()
    pack = Pack.objects.get()
    file = reverse("packs:evidence-pdf", args=[*references, pack.reference])
    assert as_supervisor.get(file).status_code == 404
    make_waiting_packs()
    pack.refresh_from_db()
    answer = as_supervisor.get(file)
    assert answer.content == bytes(pack.pdf)
    assert "no-store" in answer["Cache-Control"] and answer["Content-Disposition"].startswith("attachment")
    looks = AccessEntry.objects.filter(subject=victim.reference, actor=supervisor.reference)
    assert looks.filter(op="combine", field_group=f"evidence pack {pack.reference}").count() == 1
    assert looks.filter(op="disclose", path=file).count() == 2
    page = as_supervisor.get(
        reverse("packs:evidence-pack", args=[*references, pack.reference])
    ).content.decode()
    assert pack.sha256 in page and "An inspection." in page
    notice = Notification.objects.get(kind="evidence_ready", recipient=supervisor)
    assert as_supervisor.get(notice.url).status_code == 200
    assert "An evidence pack is ready: Siân Evans" in as_supervisor.get("/notifications/").content.decode()


def test_a_file_is_checked_against_the_packs_made_here(copied, made, victim, as_supervisor):
    pack = made()
    address = reverse("packs:check-evidence", args=[victim.case.reference, victim.reference])

    def check(body):
        return as_supervisor.post(address, {"file": SimpleUploadedFile("pack.pdf", body)}).content.decode()

    assert "Nothing in it was changed" in check(bytes(pack.pdf))
    changed = check(bytes(pack.pdf) + b" ")
    assert "it was changed since" in changed and "compared with 1 pack" in changed
    assert as_supervisor.post(address, {}).status_code == 422


def test_who_may_no_longer_see_the_case_gets_no_pack(copied, case, victim, supervisor, as_supervisor):
    pack = actions.ask_for_evidence(participant=victim, language="en", reason="A review.", by=supervisor)
    victim.case.exclusions.create(user=supervisor, reason="Neighbour", declared_by=supervisor)
    assert make_waiting_packs() == 0
    pack.refresh_from_db()
    assert (pack.status, pack.pdf) == ("parked", None)
    assert "may no longer see the case" in pack.parked_reason
    assert not AccessEntry.objects.filter(op="combine").exists()


def test_the_officer_makes_no_pack_and_a_suspect_has_none(case, victim, as_officer, supervisor):
    address = reverse("packs:ask-for-evidence", args=[victim.case.reference, victim.reference])
    assert as_officer.post(address, {"reason": "For myself.", "language": "en"}).status_code == 403
    suspect = case.participants.get(role="SUSPECT")
    with pytest.raises(Refused):
        actions.ask_for_evidence(participant=suspect, language="en", reason="A review.", by=supervisor)


def test_a_pack_whose_worker_died_is_made_by_the_next_and_at_last_parked(
    copied, case, victim, supervisor, monday
):
    pack = actions.ask_for_evidence(participant=victim, language="en", reason="A review.", by=supervisor)
    Pack.objects.filter(pk=pack.pk).update(
        status="making", claimed_at=london(2026, 11, 23, 9, 56), attempts=1
    )
    assert make_waiting_packs() == 1
    Pack.objects.filter(pk=pack.pk).update(
        status="making", claimed_at=london(2026, 11, 23, 9, 56), attempts=5
    )
    assert make_waiting_packs() == 0
    pack.refresh_from_db()
    assert pack.status == "parked"
    actions.try_again(pack=pack, version=pack.version, by=supervisor)
    assert make_waiting_packs() == 1


def test_people_are_taken_out_of_what_somebody_typed():
    redactor = Redactor(["Siân", "Evans", "12 Bryn Road", "Jo"], instead="–")
    assert redactor.clean("SIÂN EVANS of 12  Bryn road, np20 4ab") == "– of –, –"
    assert redactor.clean("Evanston, john, 2026-11-23, R6-ARREST, VC-7K2M9QWD") == (
        "Evanston, john, 2026-11-23, R6-ARREST, VC-7K2M9QWD"
    )
    assert (
        redactor.clean("Ring (01633) 838 111 or +44 7700 900123, or a.b@example.org.") == "Ring – or –, or –."
    )
    assert redactor.count == 6
