"""Odd answers on the form, and who is written down as shown."""

from datetime import date

import pytest
from django.urls import reverse

from referrals.models import Referral
from referrals.refer_in.actions import refer_in
from referrals.refer_in.said import Agreement, said_in
from tests.factories import UserFactory
from tests.referrals.test_refer_in import WAYS, WHAT, WHERE, YOU, Somebody
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]


def test_a_postcode_that_grows_in_capitals_is_kept_as_far_as_it_fits(client):
    somebody = Somebody(client)
    post = {"address_line_1": "1 Bryn Road", "town": "Newport", "postcode": "ß" * 10}
    somebody.answers(WAYS | {"ways": ["post"]}, {"page": "where"} | post, YOU, WHAT)
    assert somebody.post("send").status_code == 200
    assert Person.objects.get().postcode == "SSSSSSSSSS"


def test_what_somebody_referred_is_written_down_as_shown(sign_in):
    officer = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="77", team=None)
    answers = {
        **{name: "" for name in ("phone", "hours", "voicemail", "hide_number", "email", "address_line_1")},
        **{"town": "", "postcode": "", "code_word": "", "secret_note": "", "other_language": "", "words": ""},
        "date_of_birth": None, "reported_on": None, "who_did_it": "", "ways": ["phone"], "secret": "no",
        **{name: value for name, value in (WHERE | YOU | WHAT).items() if name != "page"},
    }  # fmt: skip
    referral = refer_in(
        said=said_in(answers),
        source=Referral.Source.OFFICER,
        by=officer,
        agreed=Agreement(date(2026, 11, 20), "On the phone"),
    )
    sign_in(officer).get(reverse("referrals:from-us"))
    shown = AccessEntry.objects.filter(field_group="referred to us").latest("pk")
    assert shown.subjects == [referral.participant.reference]
