"""The Code as this service counts by it, and why each date is what it is."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from compliance import actions, words
from compliance.catalogue import Rule, codes
from compliance.explain import explain as steps_of
from compliance.explain import rule_of
from compliance.facts import local_rules
from compliance.forms import ApprovalForm
from compliance.models import CodeVersion, Duty
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import participant_for
from victimcare.cases.kinds import Kind
from victimcare.govuk.dates import day
from victimcare.http import Request


@allow(Permission.VIEW_CODE)
@require_safe
def code(request: Request) -> HttpResponse:
    """The catalogue, right by right, with what nobody has checked yet; the versions; our own standards."""
    today = clock.today()
    in_force = CodeVersion.objects.in_force_on(today)
    shown = codes().get(in_force.key) if in_force else None
    may_approve = request.user.may(Permission.BRING_CODE_INTO_FORCE)
    loaded = list(CodeVersion.objects.select_related("loaded_by", "approved_by"))
    context = {
        "in_force": in_force,
        "unchecked": sum(not rule.checked for rule in shown.rules) if shown else 0,
        "changed_since": bool(shown and in_force and shown.sha256 != in_force.sha256),
        "columns": [
            _("Duty"),
            _("What must be told or done"),
            _("Owed by"),
            _("When"),
            _("Within"),
            _("Source"),
        ],
        "rights": [
            {
                "number": right,
                "name": words.RIGHTS[right],
                "rows": [_row(rule) for rule in shown.rules if rule.right == right],
            }
            for right in sorted({rule.right for rule in shown.rules})
        ]
        if shown
        else [],
        "local_rows": [
            _row(rule) for rule in local_rules() if rule.is_in_force(trigger_on=today, reported_on=today)
        ],
        "versions": [
            {
                "row": row,
                "form": ApprovalForm(initial={"version": row.version}),
                "may_approve": may_approve
                and row.approved_at is None
                and row.loaded_by_id != request.user.pk,
            }
            for row in loaded
        ],
        "may_load": [key for key in codes() if may_approve and key not in {row.key for row in loaded}],
    }
    return render(request, "compliance/code.html", context)


def _row(rule: Rule) -> list[Any]:
    mark = {} if rule.checked else {"tag": _("Not yet checked"), "colour": "amber"}
    return [
        {"text": words.short(rule.key), "note": f"{rule.key} {rule.paragraph}".strip(), **mark},
        rule.tell,
        Duty.Owner(rule.owned_by).label,
        {"text": ", ".join(str(Kind(kind).label) for kind in rule.trigger), "note": words.CLOCKS[rule.clock]},
        {
            "text": _days(rule.standard),
            "note": _("Enhanced: %(days)s") % {"days": _days(rule.enhanced)}
            if rule.enhanced != rule.standard
            else "",
        },
        rule.source,
    ]


def _days(limit: int | None) -> str:
    if limit is None:
        return _("No number")
    return ngettext("%(n)d working day", "%(n)d working days", limit) % {"n": limit}


@allow(Permission.BRING_CODE_INTO_FORCE)
@require_POST
def load_code(request: Request, key: str) -> HttpResponse:
    actions.load_code(key=key, by=request.user)
    messages.success(request, _("Loaded. Another supervisor can now bring it into force."))
    return redirect("compliance:code")


@allow(Permission.BRING_CODE_INTO_FORCE)
@require_POST
def bring_into_force(request: Request, key: str) -> HttpResponse:
    row = get_object_or_404(CodeVersion, key=key)
    form = ApprovalForm(request.POST)
    if form.is_valid():
        actions.bring_into_force(
            version_id=row.pk, version=form.cleaned_data["version"] or 0, by=request.user
        )
        messages.success(request, _("In force from %(day)s.") % {"day": day(row.in_force_from)})
    return redirect("compliance:code")


@allow(Permission.VIEW_RIGHTS)
@require_safe
def explain(request: Request, duty: int) -> HttpResponse:
    """Why this duty is due when it is, and how it stands. Through the victim's own door."""
    found = Duty.objects.filter(pk=duty).select_related("participant", "case", "event", "officer").first()
    if found is None:
        raise Http404
    participant = participant_for(
        request, found.case.reference, found.participant.reference, field_group="rights"
    )
    rule = rule_of(found)
    today = clock.today()
    is_past = found.status == Duty.Status.OPEN and found.due_on is not None and found.due_on < today
    context = {
        "participant": participant,
        "duty": found,
        "what": words.asks(found.rule, participant.person.first_name),
        "tell": rule.tell if rule else "",
        "steps": steps_of(found),
        "right": None if found.is_local else words.RIGHTS.get(found.right),
        "accountable": found.officer.display_name if found.officer else found.get_owner_display(),
        "is_missed": is_past and found.is_ours,
        "has_no_evidence": is_past and not found.is_ours,
        "earlier": Duty.objects.filter(
            participant=participant, rule=found.rule, event=found.event_id, is_current=False
        )
        .exclude(pk=found.pk)
        .order_by("-revision"),
    }
    return render(request, "compliance/explain.html", context)
