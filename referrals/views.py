"""The pages of referrals: the board, allocation, and referring on."""

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from referrals import actions
from referrals.forms import AnswerForm, ReferOnForm
from referrals.models import OnwardReferral, Referral
from referrals.rules.book import because, why
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import listed, participant_for
from victimcare.cases.models import SafeContact
from victimcare.cases.safe_contact import Blocked, Channel, Clearance, Purpose, clear
from victimcare.faults import Refused
from victimcare.govuk.dates import moment
from victimcare.http import Request, moment_from
from victimcare.intake.models import ImportBatch, ImportRow
from victimcare.lookups import how_many
from victimcare.working_days import LONDON

PAGE = 50
MOST_COUNTED = 1000  # a bigger count says "over 1,000": nobody acts on the difference


# --- The board -------------------------------------------------------------------------------------


@allow(Permission.VIEW_REFERRALS)
@require_GET
def board(request: Request) -> HttpResponse:
    """The day's referrals in five numbers, each a list; the list chosen below."""
    lists = _lists(request.user)
    show = request.GET.get("show", "received")
    if show not in lists:
        show = "received"
    found = _before(lists[show][1], request.GET.get("before", ""))
    rows = list(
        found.select_related("participant__person", "participant__case", "participant__officer")[: PAGE + 1]
    )
    older = f"?show={show}&before={_place(rows[PAGE - 1])}" if len(rows) > PAGE else ""
    rows = rows[:PAGE]
    listed(request, [row.participant for row in rows], field_group="referrals")
    context = {
        "tiles": _tiles(lists, request.user),
        "show": show,
        "heading": lists[show][0],
        "rows": rows,
        "table": [_listed_row(row) for row in rows],
        "columns": [_("Victim"), _("Offence"), _("Received"), _("Priority and why"), _("What became of it")],
        "older_url": older,
        "can_allocate": request.user.may(Permission.ALLOCATE),
        "can_import": request.user.may(Permission.IMPORT_EXTRACT),
    }
    return render(request, "referrals/list.html", context)


def _lists(user: User) -> dict[str, tuple[str, QuerySet[Referral]]]:
    start = datetime.combine(clock.today(), time(), LONDON)
    seen = Referral.objects.visible_to(user)
    return {
        "received": (
            _("Received today"),
            seen.filter(received_at__gte=start).order_by("-received_at", "-pk"),
        ),
        "unallocated": (
            _("Waiting for an officer"),
            seen.unallocated().order_by("-received_at", "-pk"),
        ),
        "suppressed": (_("Suppressed"), seen.suppressed().order_by("-received_at", "-pk")),
    }


def _tiles(lists: dict[str, tuple[str, QuerySet[Referral]]], user: User) -> list[dict[str, Any]]:
    """Each number, how old its oldest is, and the list it opens. One query."""
    here = reverse("referrals:list")
    in_quarantine = ImportRow.objects.in_quarantine()
    waiting = ImportBatch.objects.filter(state__in=["waiting", "reading"])
    counted = (lists["received"][1], waiting, in_quarantine, lists["suppressed"][1], lists["unallocated"][1])
    *counts, oldest, oldest_row = (
        User.objects.filter(pk=user.pk)
        .values_list(
            *(how_many(rows, at_most=MOST_COUNTED) for rows in counted),
            Subquery(lists["unallocated"][1].reverse().values("received_at")[:1]),
            Subquery(in_quarantine.order_by("batch__arrived_at").values("batch__arrived_at")[:1]),
        )
        .get()
    )
    received, extracts, quarantined, suppressed, unallocated = map(_counted, counts)
    return [
        {"figure": received, "label": _("received today"),
        "url": f"{here}?show=received", "note": ""},
        {"figure": extracts, "label": _("extracts waiting to be read"),
        "url": reverse("intake:list"), "note": ""},
        {"figure": quarantined, "label": _("rows in quarantine"),
        "url": reverse("intake:quarantine"),
         "note": _("oldest %s") % moment(oldest_row) if oldest_row else ""},
        {"figure": suppressed, "label": _("suppressed"),
        "url": f"{here}?show=suppressed", "note": ""},
        {"figure": unallocated, "label": _("waiting for an officer"),
        "url": f"{here}?show=unallocated",
         "note": _("oldest %s") % moment(oldest) if oldest else ""},
    ]  # fmt: skip


def _counted(n: int) -> str:
    return _("over %s") % f"{MOST_COUNTED:,}" if n > MOST_COUNTED else f"{n:,}"


def _place(last: Referral) -> str:
    """Where a page ends. All rows of an extract came at one moment, so the moment alone is no place."""
    return f"{last.received_at.isoformat()}~{last.pk}".replace("+", "%2B")


def _before(found: QuerySet[Referral], text: str) -> QuerySet[Referral]:
    """What comes after the row that an address names; all of it where it names none of ours."""
    at, _tilde, pk = text.partition("~")
    moment_of_it = moment_from(at)
    if moment_of_it is None:
        return found
    if not (pk.isascii() and pk.isdigit() and len(pk) < 18):
        return found.filter(received_at__lt=moment_of_it)
    rest = found.filter(received_at__lte=moment_of_it)
    return rest.filter(Q(received_at__lt=moment_of_it) | Q(pk__lt=int(pk)))


def _listed_row(referral: Referral) -> list[Any]:
    part = referral.participant
    became = {
        Referral.Status.SUPPRESSED: because(referral),
        Referral.Status.ALLOCATED: part.officer.display_name if part.officer else _("Allocated"),
        Referral.Status.RECEIVED: _("Waiting for an officer"),
    }[Referral.Status(referral.status)]
    return [
        {
            "text": part.person.name if part.person.surname else part.organisation_name or part.person.name,
            "url": reverse("desk:summary", args=[part.case.reference, part.reference]),
        },
        part.case.offence_title,
        moment(referral.received_at),
        {
            "text": why(referral),
            "tag": f"P{referral.priority}",
            "colour": _colour(referral),
        },
        became,
    ]


def _colour(referral: Referral) -> str:
    return {1: "red", 2: "blue"}.get(referral.priority, "grey")


# --- Referring on ----------------------------------------------------------------------------------


@allow(Permission.REFER_ON)
def refer_on(request: Request, case: str, participant: str) -> HttpResponse:
    """Refer a victim to a partner, with their agreement."""
    victim = participant_for(request, case, participant, field_group="onward referral")
    form = ReferOnForm(request.POST or None, initial={"agreed_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        answers = {name: value for name, value in form.cleaned_data.items() if name != "form_key"}
        try:
            onward = actions.refer_on(participant=victim, by=request.user, **answers)
            messages.success(
                request,
                _("%(name)s is referred to %(partner)s.")
                % {"name": victim.person.name, "partner": onward.partner.name},
            )
            return redirect("desk:summary", case, participant)
        except Refused as refused:
            form.add_error(None, str(refused.sentence))
    context = {
        "form": form,
        "said_no": victim.consent_to_refer == "N",
        "onward": victim.onward_referrals.select_related("partner")[:20],
        "cancel_url": reverse("desk:summary", args=[case, participant]),
    }
    return render(request, "referrals/refer_on.html", context)


@allow(Permission.VIEW_OWN_REFERRALS)
@require_GET
def own(request: Request) -> HttpResponse:
    """For a partner's worker: who was referred to their service and is open. No more than was agreed."""
    found = list(
        OnwardReferral.objects.visible_to(request.user)
        .select_related("participant__person", "made_by")
        .order_by("-made_at")[:100]
    )
    listed(request, [onward.participant for onward in found], field_group="onward referral")
    return render(request, "referrals/own.html", {"referrals": found})


@allow(Permission.VIEW_OWN_REFERRALS)
def own_referral(request: Request, onward: str) -> HttpResponse:
    """One victim referred to this partner: what they agreed to share, how to reach them safely, and the
    answer.
    """
    found = (
        OnwardReferral.objects.visible_to(request.user)
        .select_related("participant__person", "participant__case", "made_by")
        .filter(reference=onward)
        .first()
    )
    if found is None:
        raise Http404
    part = found.participant
    record_access(
        by=request.user, op=AccessEntry.Op.CONSULT, case=part.case.reference, subject=part.reference,
        field_group="onward referral", justification="referred to us", path=request.path,
    )  # fmt: skip
    form = AnswerForm(request.POST or None, initial={"version": found.version})
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        if form.cleaned_data["answer"] == OnwardReferral.Status.ACCEPTED:
            actions.accept(onward=found, version=version, by=request.user)
            messages.success(request, _("Accepted. Please contact them in the safe way shown."))
            return redirect("referrals:own-referral", onward)
        actions.decline(onward=found, reason=form.cleaned_data["reason"], version=version, by=request.user)
        messages.success(request, _("Declined. The Victim Care Unit will see why."))
        return redirect("referrals:own")
    return render(
        request, "referrals/own_referral.html", {"onward": found, "form": form, "ways": _safe_ways(found)}
    )


def _safe_ways(onward: OnwardReferral) -> list[dict[str, str]]:
    """Each way by which the third door lets this person be reached now, with how; and those it does not.

    The careful first call to a number nobody knows to be safe is our officers' alone: a partner waits for it.
    """
    ways = []
    for channel, label in (
        (Channel.PHONE, _("Phone")),
        (Channel.TEXT, _("Text")),
        (Channel.EMAIL, _("Email")),
    ):
        proof: Clearance | None
        try:
            proof = clear(onward.participant, channel, Purpose.UPDATE)
        except Blocked:
            proof = None
        if proof is None or proof.rule == "first_contact":
            ways.append({"label": label, "value": _("Do not use.")})
            continue
        how = " ".join(str(line) for line in proof.instructions)
        ways.append({"label": label, "value": f"{proof.destination}. {how}" if how else proof.destination})
    safe = SafeContact.objects.filter(person_id=onward.participant.person_id).first() or SafeContact()
    if safe.call_from and safe.call_until:
        when = _("%(from)s to %(until)s") % {
            "from": f"{safe.call_from:%H:%M}",
            "until": f"{safe.call_until:%H:%M}",
        }
        ways.append({"label": _("Ring only"), "value": when})
    if safe.voicemail != SafeContact.Safe.YES:
        ways.append({"label": _("Voicemail"), "value": _("Do not use.")})
    if safe.withhold_number:
        ways.append({"label": _("Your number"), "value": _("Withhold it.")})
    if safe.note:
        ways.append({"label": _("Note"), "value": safe.note})
    return ways
