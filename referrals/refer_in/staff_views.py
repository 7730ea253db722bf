"""Referrals to us from people who sign in: a partner, an officer, and whoever answers the phone."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from referrals.models import Referral
from referrals.refer_in import actions
from referrals.refer_in.forms import PAGES, TITLES, ReferInForm
from referrals.refer_in.models import ReferredIn
from referrals.refer_in.said import Agreement, said_in
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed
from victimcare.govuk.dates import moment
from victimcare.http import Request

AT_MOST = 100


@allow(Permission.REFER_IN)
def refer_in(request: Request) -> HttpResponse:
    """Refer a victim who agrees. Whoever opens it sees nobody but whom they name."""
    source = actions.source_of(request.user)
    form = ReferInForm(request.POST or None, needs_occurrence=source == Referral.Source.OFFICER)
    if form.is_valid():
        referral = actions.refer_in(
            said=said_in(form.cleaned_data),
            source=source,
            agreed=Agreement(form.cleaned_data["agreed_on"], form.cleaned_data["agreed_how"]),
            by=request.user,
        )
        messages.success(
            request, _("Referred under %(reference)s. Keep the number.") % {"reference": referral.reference}
        )
        return redirect("referrals:from-us")
    parts = [{"title": title, "fields": [form[name] for name in PAGES[page]]} for page, title in HEADINGS]
    return render(request, "refer_in/staff.html", {"form": form, "parts": parts})


HEADINGS: tuple[tuple[str, Promise], ...] = (
    ("ways", gettext_lazy("How to reach them safely")),
    ("where", gettext_lazy("Where to reach them")),
    ("you", gettext_lazy("Who they are")),
    ("what", TITLES["what"]),
)


@allow(Permission.REFER_IN)
@require_safe
def from_us(request: Request) -> HttpResponse:
    """What this person, or their service, referred to us, and how each stands. Nothing of what we know."""
    made = ReferredIn.objects.filter(_theirs(request.user)).select_related("referral__participant__case")
    made = list(made[:AT_MOST])
    listed(request, [each.referral.participant for each in made], field_group="referred to us")
    rows = [_row(each) for each in made]
    columns = [_("Reference"), _("Whom you named"), _("Referred"), _("How it stands")]
    return render(request, "refer_in/from_us.html", {"rows": rows, "columns": columns})


def _theirs(user: User) -> Q:
    theirs = Q(made_by=user)
    if actions.source_of(user) == Referral.Source.PARTNER and user.team_id:
        theirs |= Q(partner__team_id=user.team_id)
    return theirs


def _row(made: ReferredIn) -> list[Any]:
    return [made.referral.reference, made.named, moment(made.made_at), how_it_stands(made.referral)]


def how_it_stands(referral: Referral) -> str:
    """Received, with an officer, or closed: no reason, and nothing of a case that was restricted since."""
    part = referral.participant
    if part.case.is_restricted:
        return _("Received")
    if part.closed_at:
        return _("Closed")
    return _("With an officer") if referral.status == Referral.Status.ALLOCATED else _("Received")
