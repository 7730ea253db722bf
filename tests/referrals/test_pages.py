"""The pages of referrals, as each person sees them."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from referrals import actions, views
from referrals.board import PAGE
from referrals.models import OnwardReferral, Referral
from referrals.rows import REFERRAL_COLUMNS
from tests.factories import (
    CaseFactory,
    EventFactory,
    LeaveFactory,
    ParticipantFactory,
    PartnerFactory,
    PersonFactory,
    ReferralFactory,
    TeamFactory,
    UserFactory,
    london,
)
from tests.referrals.test_receive import SIAN, as_csv, receive
from victimcare.accounts.models import Team
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.faults import Refused
from victimcare.intake.actions import import_checked
from victimcare.intake.models import ImportBatch, ImportRow
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = pytest.mark.django_db

PAGES = ["referrals:list", "intake:list", "intake:quarantine", "referrals:allocate"]


def text(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("page", PAGES)
def test_only_a_supervisor_opens_these(monday, as_supervisor, as_officer, client, page):
    assert as_supervisor.get(reverse(page)).status_code == 200
    assert as_officer.get(reverse(page)).status_code == 403
    assert client.get(reverse(page)).status_code == 302


# --- Intake ----------------------------------------------------------------------------------------


def upload(client, content, name="referrals.csv"):
    return client.post(reverse("intake:list"), {"file": SimpleUploadedFile(name, content)}, follow=True)


def test_an_upload_waits_and_its_page_tells_how_it_went(monday, unit, supervisor, as_supervisor):
    page = upload(
        as_supervisor, as_csv([SIAN, SIAN | {"person_id": "P2", "postcode": "NP"}], REFERRAL_COLUMNS)
    )
    assert "Waiting to be checked" in text(page)
    assert 'hx-trigger="every 2s"' in text(page)
    read_waiting_extracts()
    import_checked(batch=ImportBatch.objects.get(), by=supervisor)
    read_waiting_extracts()
    page = as_supervisor.get(page.request["PATH_INFO"], headers={"HX-Request": "true"})
    assert 'id="batch-progress"' in text(page) and "hx-trigger" not in text(page)
    assert "not a whole postcode" in text(page) and "utf-8" in text(page)


def test_the_same_file_twice_at_once_is_told_so(monday, unit, as_supervisor):
    upload(as_supervisor, as_csv([SIAN], REFERRAL_COLUMNS))
    assert "already waiting" in text(upload(as_supervisor, as_csv([SIAN], REFERRAL_COLUMNS)))
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "words"), [("x.xlsx", b"PK", "csv, json"), ("x.csv", b"", "empty")]
)
def test_a_file_of_another_kind_is_refused(monday, unit, as_supervisor, name, content, words):
    assert words in text(upload(as_supervisor, content, name))
    assert not ImportBatch.objects.exists()


# --- Quarantine ------------------------------------------------------------------------------------


@pytest.fixture
def bad_row(monday, unit):
    receive(SIAN | {"postcode": "NP"})
    return ImportRow.objects.in_quarantine().get()


def row_url(row, name="intake:row"):
    return reverse(name, args=[row.batch.reference, row.number])


def test_a_mended_row_goes_the_way_of_all_rows(bad_row, as_supervisor, supervisor):
    page = text(as_supervisor.get(row_url(bad_row)))
    assert "Postcode</a>: “NP” is not a whole postcode" in page and 'value="Siân"' in page
    mended = bad_row.content | {"postcode": "NP20 4AB"}
    sent = as_supervisor.post(row_url(bad_row), mended, follow=True)
    sian = Participant.objects.victims().get()
    assert sian.person.postcode == "NP20 4AB" and f'{sian.reference}/">Siân Evans</a>' in sent.text
    bad_row.refresh_from_db()
    assert (bad_row.settled_by, bad_row.settlement, bad_row.content) == (
        supervisor,
        "Mended and sent on: accepted.",
        {},
    )
    late = as_supervisor.post(row_url(bad_row), mended | {"town": "Cwmbrân"})
    assert late.status_code == 409 and "Cwmbrân" in late.text and "Town" in late.text


def test_the_page_of_a_row_saves_first_and_sets_aside_second(bad_row, as_supervisor):
    page = text(as_supervisor.get(row_url(bad_row)))
    save, aside = page.index(">Save and send it on</button>"), page.index(">Set aside</button>")
    assert "govuk-button--secondary" in page[save:aside]


def test_a_batch_says_in_words_why_rows_are_suppressed(monday, unit, as_supervisor):
    batch = receive(SIAN, SIAN | {"person_id": "S1"})
    page = text(as_supervisor.get(reverse("intake:batch", args=[batch.reference])))
    assert "also a suspect in this case" in page and "suspect_here" not in page
    page = text(as_supervisor.get(reverse("referrals:list"), {"show": "suppressed"}))
    assert "also a suspect in this case" in page and "suspect_here" not in page


def test_a_row_that_is_still_wrong_says_where(bad_row, as_supervisor):
    page = text(as_supervisor.post(row_url(bad_row), bad_row.content | {"postcode": "NP2"}))
    assert "“NP2” is not a whole postcode" in page
    assert not Participant.objects.exists()


def test_the_bad_row_again_after_mending_is_unchanged(bad_row, as_supervisor):
    as_supervisor.post(row_url(bad_row), bad_row.content | {"postcode": "NP20 4AB"})
    assert receive(SIAN | {"postcode": "NP"}).unchanged == 1


def test_a_row_is_set_aside_with_a_reason(bad_row, as_supervisor):
    assert "Enter why" in text(as_supervisor.post(row_url(bad_row, "intake:set-aside"), {"reason": ""}))
    as_supervisor.post(row_url(bad_row, "intake:set-aside"), {"reason": "A test row."})
    bad_row.refresh_from_db()
    assert bad_row.settlement == "Set aside: A test row."
    assert "A test row." in text(as_supervisor.get(row_url(bad_row)))
    assert "Nothing in quarantine" in text(as_supervisor.get(reverse("intake:quarantine")))


def test_two_people_mending_one_row(bad_row, as_supervisor):
    said = dict(bad_row.content)
    as_supervisor.post(row_url(bad_row, "intake:set-aside"), {"reason": "Mine."})
    assert as_supervisor.post(row_url(bad_row, "intake:set-aside"), {"reason": "Yours."}).status_code == 409
    as_supervisor.post(row_url(bad_row), said | {"postcode": "NP20 4AB"})
    assert not Participant.objects.exists()


# --- Allocation ------------------------------------------------------------------------------------


def test_the_board_says_who_waits_why_and_whom_for(monday, supervisor, as_supervisor, officer, colleague):
    victim = ParticipantFactory(team=supervisor.team, person__language="cy")
    ReferralFactory(participant=victim, priority=1, reasons=["stalking"])
    officer.languages = ["cy"]
    officer.save()
    LeaveFactory(user=colleague)
    page = text(as_supervisor.get(reverse("referrals:allocate")))
    for words in (
        "Siân Evans",
        "stalking",
        "Standard rights",
        "speaks Welsh",
        "away today",
        "Allocate: 1 referral",
    ):
        assert words in page


def allocate(client, *pairs):
    data = {"referral": [referral.reference for referral, _officer in pairs]}
    data |= {f"officer-{referral.reference}": officer.pk if officer else "" for referral, officer in pairs}
    return client.post(reverse("referrals:allocate"), data, follow=True)


def test_ticked_rows_are_saved_once_and_can_be_undone(monday, supervisor, as_supervisor, officer, colleague):
    one, two, _three = (ReferralFactory(participant__team=supervisor.team) for _n in range(3))
    page = allocate(as_supervisor, (one, officer), (two, colleague))
    assert "2 victims allocated." in text(page) and "You allocated 2 victims" in text(page)
    one.refresh_from_db()
    assert (one.status, one.allocated_by, one.participant.officer) == ("allocated", supervisor, officer)
    assert Event.objects.filter(kind=Kind.OFFICER_ALLOCATED).count() == 2
    as_supervisor.post(reverse("referrals:undo"))
    one.refresh_from_db()
    one.participant.refresh_from_db()
    assert (one.status, one.participant.officer) == ("received", None)
    assert Referral.objects.unallocated().count() == 3


def test_after_fifteen_minutes_there_is_no_undo(monday, supervisor, as_supervisor, officer):
    allocate(as_supervisor, (ReferralFactory(participant__team=supervisor.team), officer))
    monday.shift(timedelta(minutes=16))
    assert as_supervisor.post(reverse("referrals:undo")).status_code == 422


def test_a_tick_without_an_officer_says_what_to_do(monday, supervisor, as_supervisor):
    referral = ReferralFactory(participant__team=supervisor.team)
    assert "Choose an officer" in text(allocate(as_supervisor, (referral, None)))
    assert "Tick the victims" in text(allocate(as_supervisor))


def test_a_restricted_referral_shows_no_name(monday, supervisor, as_supervisor, officer, colleague):
    restricted = ReferralFactory(participant__team=supervisor.team, participant__case__is_restricted=True)
    page = text(as_supervisor.get(reverse("referrals:allocate")))
    assert (
        "Restricted referral" in page
        and "Siân" not in page
        and restricted.participant.case.reference not in page
    )
    allocate(as_supervisor, (restricted, officer))
    assert list(restricted.participant.case.restricted_to.all()) == [officer]
    other = ReferralFactory(participant__team=supervisor.team, participant__case=restricted.participant.case)
    assert "is not on the list of this restricted case" in text(allocate(as_supervisor, (other, colleague)))


def test_another_units_referrals_and_excluded_cases_are_not_there(monday, supervisor, as_supervisor, officer):
    theirs = ReferralFactory(participant__team=TeamFactory(name="Another unit"))
    mine = ReferralFactory(participant__team=supervisor.team)
    mine.participant.case.exclusions.create(user=supervisor, reason="Cousin", declared_by=supervisor)
    assert "Nobody is waiting" in text(as_supervisor.get(reverse("referrals:allocate")))
    choices = {theirs.reference: (officer, None), mine.reference: (officer, None)}
    assert actions.allocate(choices=choices, by=supervisor).given == 0


@pytest.mark.parametrize("n", [1, 30])
def test_the_pages_cost_the_same_however_much_waits(
    monday, supervisor, as_supervisor, django_assert_max_num_queries, n
):
    for _n in range(n):
        ReferralFactory(participant__team=supervisor.team, reasons=["grievous_harm"])
    UserFactory.create_batch(n // 4, team=supervisor.team)
    for page in PAGES:
        with django_assert_max_num_queries(25):
            as_supervisor.get(reverse(page))


def test_the_referral_after_a_full_page_is_on_the_next_one(monday, supervisor, as_supervisor):
    case, people = CaseFactory(), PersonFactory.create_batch(PAGE + 1)
    for person in people:
        ReferralFactory(participant=ParticipantFactory(case=case, person=person, team=supervisor.team))
    page = as_supervisor.get(reverse("referrals:allocate"))
    after = page.context["board"].next_after
    last = as_supervisor.get(reverse("referrals:allocate"), {"after": after})
    assert len(page.context["board"].rows) == PAGE and len(last.context["board"].rows) == 1
    assert "Allocate: 26 referrals" in text(page) and "Allocate: 26 referrals" in text(last)
    assert as_supervisor.get(reverse("referrals:allocate"), {"after": "2~nonsense~9"}).status_code == 200


def test_the_next_page_goes_on_among_those_who_came_at_one_moment(
    monday, supervisor, as_supervisor, monkeypatch
):
    monkeypatch.setattr(views, "PAGE", 2)
    for _n in range(3):
        ReferralFactory(participant__team=supervisor.team, received_at=london(2026, 11, 23, 9))
    first = as_supervisor.get(reverse("referrals:list"))
    last = as_supervisor.get(reverse("referrals:list") + first.context["older_url"])
    shown = [row.pk for page in (first, last) for row in page.context["rows"]]
    assert len(shown) == len(set(shown)) == 3 and last.context["older_url"] == ""


def test_a_list_of_referrals_asks_eight_questions_at_most(
    monday, supervisor, as_supervisor, django_assert_max_num_queries
):
    for _n in range(3):
        ReferralFactory(participant__team=supervisor.team, reasons=["grievous_harm"])
    for page in ("referrals:list", "referrals:triage-list"):
        as_supervisor.get(reverse(page))
        with django_assert_max_num_queries(8):
            assert as_supervisor.get(reverse(page)).status_code == 200


@pytest.mark.parametrize("show", ["received", "unallocated", "suppressed", "nonsense"])
def test_each_number_opens_its_list(monday, supervisor, as_supervisor, show):
    receive(SIAN | {"person_id": "S1"} if show == "suppressed" else SIAN)
    page = text(
        as_supervisor.get(reverse("referrals:list"), {"show": show, "before": "2030-01-01T00:00:00+00:00"})
    )
    assert "Siân Evans" in page
    assert as_supervisor.get(reverse("referrals:list"), {"before": "nonsense"}).status_code == 200


# --- Referring on ----------------------------------------------------------------------------------


@pytest.fixture
def partner(db):
    return PartnerFactory(team=TeamFactory(name="New Pathways", kind=Team.Kind.PARTNER))


@pytest.fixture
def worker(partner):
    return UserFactory(username="worker", team=partner.team, roles=[Role.PARTNER])


def refer_on_url(victim):
    return reverse("referrals:refer-on", args=[victim.case.reference, victim.reference])


def test_an_officer_refers_a_victim_on_with_their_agreement(monday, victim, officer, as_officer, partner):
    as_officer.post(
        refer_on_url(victim),
        {"partner": partner.pk, "shares": "Needs counselling.", "agreed_on": "2026-11-23"},
    )
    onward = OnwardReferral.objects.get()
    assert (onward.participant, onward.shares, onward.agreed_on, onward.made_by) == (
        victim,
        "Needs counselling.",
        date(2026, 11, 23),
        officer,
    )
    assert Event.objects.get(kind=Kind.REFERRED_TO_SUPPORT).participant == victim
    assert AccessEntry.objects.filter(op=AccessEntry.Op.DISCLOSE, subject=victim.reference).exists()


def test_no_means_nothing_is_shared(monday, victim, officer, as_officer, partner):
    Participant.objects.filter(pk=victim.pk).update(consent_to_refer="N")
    page = as_officer.post(
        refer_on_url(victim), {"partner": partner.pk, "shares": "x", "agreed_on": "2026-11-23"}
    )
    assert "said no to being referred" in text(page)
    assert not OnwardReferral.objects.exists()


def test_a_stranger_cannot_refer_and_an_auditor_may_not(victim, as_stranger, auditor, sign_in):
    assert as_stranger.get(refer_on_url(victim)).status_code == 404
    assert sign_in(auditor).get(refer_on_url(victim)).status_code == 403


def refer(victim, partner, officer):
    return actions.refer_on(
        participant=victim,
        partner=partner,
        shares="Needs counselling.",
        agreed_on=date(2026, 11, 20),
        by=officer,
    )


def test_nobody_is_referred_twice_nor_to_a_service_that_ended(monday, victim, officer, partner):
    refer(victim, partner, officer)
    with pytest.raises(Refused, match="already referred"):
        refer(victim, partner, officer)
    with pytest.raises(Refused, match="takes no referrals now"):
        refer(victim, PartnerFactory(name="Closed", contract_until=date(2026, 10, 31)), officer)


def test_a_partner_sees_only_their_own_open_referrals(monday, victim, officer, partner, worker, sign_in):
    onward, browser = refer(victim, partner, officer), sign_in(worker)
    refer(victim, PartnerFactory(name="Other", team=TeamFactory(name="Other")), officer)
    assert "Referred to us: 1 person" in text(browser.get(reverse("referrals:own")))
    page = text(browser.get(reverse("referrals:own-referral", args=[onward.reference])))
    assert (
        "Needs counselling." in page
        and victim.person.address_line_1 not in page
        and page.count("Do not use.") == 1  # voicemail
    )
    assert browser.get(
        reverse("desk:summary", args=[victim.case.reference, victim.reference])
    ).status_code in (403, 404)
    monday.shift(timedelta(days=184))
    assert sign_in(worker).get(reverse("referrals:own-referral", args=[onward.reference])).status_code == 404


def test_when_the_victim_changes_their_mind_the_partner_sees_nothing(
    monday, victim, officer, partner, worker, sign_in
):
    onward = refer(victim, partner, officer)
    Participant.objects.filter(pk=victim.pk).update(consent_to_refer="N")
    assert sign_in(worker).get(reverse("referrals:own-referral", args=[onward.reference])).status_code == 404


def test_a_partner_accepts_or_declines_once(monday, victim, officer, partner, worker, sign_in):
    onward, browser = refer(victim, partner, officer), sign_in(worker)
    url = reverse("referrals:own-referral", args=[onward.reference])
    assert "Enter why" in text(browser.post(url, {"version": 1, "answer": "declined"}))
    browser.post(url, {"version": 1, "answer": "accepted"})
    onward.refresh_from_db()
    assert (onward.status, onward.answered_by) == ("accepted", worker)
    assert browser.post(url, {"version": 1, "answer": "accepted"}).status_code == 409


def test_a_partner_reads_when_they_accepted_if_we_know(monday, victim, officer, partner, worker, sign_in):
    onward, browser = refer(victim, partner, officer), sign_in(worker)
    url = reverse("referrals:own-referral", args=[onward.reference])
    browser.post(url, {"version": 1, "answer": "accepted"})
    assert "Accepted Mon 23 Nov, 10:00." in text(browser.get(url))
    OnwardReferral.objects.update(answered_at=None)  # loaded without its moment
    page = text(browser.get(url))
    assert "Accepted." in page and "Accepted ." not in page


def test_no_events_of_another_victim_show_when_referring(monday, victim, as_officer, partner):
    EventFactory(case=victim.case, participant=ParticipantFactory(case=victim.case), detail="secret")
    assert "secret" not in text(as_officer.get(refer_on_url(victim)))
