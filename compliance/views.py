"""The Code as this service counts by it, and why each date is what it is."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from compliance import actions, words
from compliance.breaches import is_a_breach
from compliance.calendar.horizon import horizon_warning
from compliance.catalogue import Code, Rule, codes
from compliance.explain import answer_of, is_checked, late_by, rule_of
from compliance.explain import explain as steps_of
from compliance.facts import local_rules, rulebook
from compliance.forms import YES, ApprovalForm, CalculatorForm, CheckForm, LoadForm
from compliance.models import CodeVersion, Duty, RuleCheck
from compliance.revisions import revisions_of
from contacts.models import Contact
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import participant_for
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant
from victimcare.faults import NotAllowed
from victimcare.govuk.dates import day
from victimcare.http import Request

COLOURS = {
    Duty.Verdict.MISSED: "red",
    Duty.Verdict.NO_EVIDENCE: "grey",
    Duty.Verdict.OPEN: "blue",
    Duty.Verdict.EXTERNAL: "grey",
    Duty.Verdict.MET: "green",
}


@allow(Permission.VIEW_CODE)
@require_safe
def code(request: Request) -> HttpResponse:
    """The catalogue, right by right, with what nobody has checked yet; the versions; our own standards.

    `?version=` shows another version that was loaded, and what it changes against the one in force.
    """
    today = clock.today()
    in_force = CodeVersion.objects.in_force_on(today)
    loaded = list(CodeVersion.objects.select_related("loaded_by", "approved_by"))
    row = next((each for each in loaded if each.key == request.GET.get("version")), in_force)
    shown, now = (codes().get(each.key) if each else None for each in (row, in_force))
    is_another = row != in_force
    checks = RuleCheck.objects.latest(shown.key) if shown else {}
    may_approve = request.user.may(Permission.BRING_CODE_INTO_FORCE)
    context = {
        "in_force": row,
        "is_another": is_another,
        "change_columns": [_("Duty"), _("What changes against the version in force")],
        "changes": _changes(shown, now) if is_another and shown and now else [],
        "title": words.code_title(row.key, row.title) if row else _("The Victims' Code"),
        "horizon": horizon_warning(today),
        "unchecked": sum(not _is_checked(rule, checks.get(rule.key)) for rule in shown.rules) if shown else 0,
        "changed_since": bool(shown and row and shown.sha256 != row.sha256),
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
                "rows": [_row(rule, checks.get(rule.key)) for rule in shown.rules if rule.right == right],
            }
            for right in sorted({rule.right for rule in shown.rules})
        ]
        if shown
        else [],
        "local_rows": [
            _row(rule, None)
            for rule in local_rules()
            if rule.is_in_force(trigger_on=today, reported_on=today)
        ],
        "versions": [
            {
                "row": each,
                "title": words.code_title(each.key, each.title),
                "form": ApprovalForm(initial={"version": each.version}),
                "may_approve": may_approve
                and each.approved_at is None
                and each.loaded_by_id != request.user.pk,
            }
            for each in loaded
        ],
        "may_load": [key for key in codes() if may_approve and key not in {each.key for each in loaded}],
    }
    return render(request, "compliance/code.html", context)


def _changes(new: Code, old: Code) -> list[list[Any]]:
    """Each rule that is new, gone or different in one Code against another, with what was and what will be."""
    rows = []
    for key in sorted({*new.by_key, *old.by_key}):
        was, then = old.by_key.get(key), new.by_key.get(key)
        before, after = _particulars(was), _particulars(then)
        if was is None:
            said = [_("New in this version.")]
        elif then is None:
            said = [_("No longer in this version.")]
        else:
            said = [
                _("%(what)s: from “%(was)s” to “%(now)s”.")
                % {"what": label, "was": before.get(label, "–"), "now": after.get(label, "–")}
                for label in {**before, **after}
                if before.get(label) != after.get(label)
            ]
        if said:
            code = (then or was).code  # type: ignore[union-attr]
            url = reverse("compliance:rule", args=[code, key])
            rows.append([{"text": words.short(key), "note": key, "url": url}, " ".join(said)])
    return rows


def _particulars(rule: Rule | None) -> dict[str, str]:
    return {row["label"]: row["value"] for row in _in_full(rule)} if rule else {}


def _is_checked(rule: Rule, check: RuleCheck | None) -> bool:
    return is_checked(rule, check.agrees if check else None)


def _row(rule: Rule, check: RuleCheck | None) -> list[Any]:
    paragraph = check.paragraph if check else rule.paragraph
    duty = {"text": words.short(rule.key), "note": f"{rule.key} {paragraph}".strip()}
    if not rule.is_local:
        duty["url"] = reverse("compliance:rule", args=[rule.code, rule.key])
    if check and not check.agrees:
        duty |= {"tag": _("Differs from the published Code"), "colour": "red"}
    elif not _is_checked(rule, check):
        duty |= {"tag": _("Not yet checked"), "colour": "amber"}
    return [
        duty,
        words.tell(rule),
        Duty.Owner(rule.owned_by).label,
        {"text": _triggers(rule), "note": words.CLOCKS[rule.clock] if rule.is_tracked else ""},
        {
            "text": _days(rule.standard),
            "note": _("Enhanced: %(days)s") % {"days": _days(rule.enhanced)}
            if rule.enhanced != rule.standard
            else "",
        },
        _("The unit’s own standard") if rule.is_local else rule.source,
    ]


def _triggers(rule: Rule) -> str:
    if not rule.is_tracked:
        return _("Not recorded here")
    return ", ".join(str(Kind(kind).label) for kind in rule.trigger)


def _days(limit: int | None) -> str:
    if limit is None:
        return _("No number")
    return ngettext("%(n)d working day", "%(n)d working days", limit) % {"n": limit}


@allow(Permission.BRING_CODE_INTO_FORCE)
def load_code(request: Request, key: str) -> HttpResponse:
    """Load the file of a Code, and say what decides between it and the one before."""
    file = codes().get(key)
    if file is None:
        raise Http404
    form = LoadForm(request.POST or None, initial={"transition": file.transition})
    if form.is_valid():
        actions.load_code(key=key, transition=form.cleaned_data["transition"], by=request.user)
        messages.success(request, _("Loaded. Another supervisor can now bring it into force."))
        return redirect("compliance:code")
    context = {"form": form, "file": file, "title": words.code_title(key, file.title)}
    return render(request, "compliance/load.html", context, status=422 if form.errors else 200)


@allow(Permission.VIEW_CODE)
def rule(request: Request, key: str, rule: str) -> HttpResponse:
    """One rule in full, who held it against the published Code and when, and a way to say that one did."""
    file = codes().get(key)
    found = file.by_key.get(rule) if file else None
    if file is None or found is None:
        raise Http404
    may_check = request.user.may(Permission.BRING_CODE_INTO_FORCE)
    if request.method == "POST" and not may_check:
        raise NotAllowed(_("A supervisor holds the rules against the published Code. Ask one."))
    form = CheckForm(
        request.POST or None, initial={"paragraph": found.paragraph, "checked_on": clock.today()}
    )
    if form.is_valid():
        said = form.cleaned_data
        actions.check_rule(
            code=key, rule=rule, paragraph=said["paragraph"], agrees=said["agrees"] == YES, note=said["note"],
            checked_on=said["checked_on"], by=request.user,
        )  # fmt: skip
        messages.success(request, _("Kept. The page of the Code says so too."))
        return redirect("compliance:rule", key, rule)
    checks = list(RuleCheck.objects.filter(code=key, rule=rule).select_related("by").order_by("-pk"))
    context = {
        "title": words.code_title(key, file.title),
        "rule": found,
        "name": words.short(rule),
        "right": words.RIGHTS[found.right],
        "is_checked": _is_checked(found, checks[0] if checks else None),
        "facts": _in_full(found),
        "checks": [
            [
                day(check.checked_on),
                check.paragraph,
                {"text": _("The same"), "tag": ""}
                if check.agrees
                else {"text": check.note, "tag": _("Differs")},
                str(check.by),
                _("The file of this Code changed since.") if check.sha256 != file.sha256 else "",
            ]
            for check in checks
        ],
        "check_columns": [_("Checked on"), _("Paragraph"), _("What it says"), _("By"), _("Since then")],
        "form": form,
        "may_check": may_check,
    }
    return render(request, "compliance/rule.html", context, status=422 if form.is_bound else 200)


def _in_full(rule: Rule) -> list[dict[str, Any]]:
    """Every particular of the rule, for a summary list."""
    met_by = ", ".join(str(Kind(kind).label) for kind in rule.met_by) or _("Telling them")
    counts = words.CLOCKS[rule.clock] if rule.is_tracked else ""
    says = [
        (_("What must be told or done"), words.tell(rule)),
        (_("Owed by"), Duty.Owner(rule.owned_by).label),
        (_("Owed to each"), words.OWED_TO[rule.owed_to]),
        (_("Opened by"), _triggers(rule)),
        (_("Counts"), counts),
        (_("Standard rights"), _days(rule.standard)),
        (_("Enhanced rights"), _days(rule.enhanced)),
        (_("Met by"), met_by if rule.is_tracked else ""),
        (_("Ended by"), ", ".join(str(Kind(kind).label) for kind in rule.declined_by)),
        (_("Source"), rule.source),
    ]
    return [{"label": label, "value": value} for label, value in says if value]


@allow(Permission.VIEW_CODE)
@require_safe
def calculator(request: Request) -> HttpResponse:
    """By when a duty is due, counted day by day, for any day anybody asks about. Keeps nothing."""
    book = rulebook()
    keys = [key for key, found in book.by_key.items() if found.is_timed]
    form = CalculatorForm(request.GET or None, rules=keys)
    answer, is_marked = None, False
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        found = book.rule_on(said["rule"], said["on"])
        if found is None:
            form.add_error("on", _("No version of this rule is in force on that day. Choose a later one."))
        else:
            answer = answer_of(found, said["on"], is_enhanced=said["enhanced"])
            is_marked = not _is_checked(found, RuleCheck.objects.last_of(found.code, found.key))
    return render(
        request,
        "compliance/calculator.html",
        {"form": form, "answer": answer, "is_marked": is_marked, "columns": [_("Day"), _("Counted")]},
        status=422 if form.errors else 200,
    )


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


def _evidence_url(duty: Duty, participant: Participant) -> str:
    """The timeline from the contact down that met it; empty where something else did, or nothing."""
    contact = Contact.objects.for_participant(participant).filter(reference=duty.met_by or None).first()
    if contact is None:
        return ""
    before = {"show": "contacts", "before": (contact.at + timedelta(seconds=1)).isoformat()}
    timeline = reverse("desk:timeline", args=[participant.case.reference, participant.reference])
    return f"{timeline}?{urlencode(before)}"


@allow(Permission.VIEW_RIGHTS)
@require_safe
def explain(request: Request, duty: int) -> HttpResponse:
    """Why this duty is due when it is, and how it stands. Through the victim's own door."""
    rows = Duty.objects.with_the_accountable().select_related("participant", "case", "event")
    found = rows.filter(pk=duty).first()
    if found is None:
        raise Http404
    participant = participant_for(
        request, found.case.reference, found.participant.reference, field_group="rights"
    )
    rule = rule_of(found)
    today = clock.today()
    verdict = found.verdict_on(today)
    context = {
        "participant": participant,
        "duty": found,
        "what": words.asks(found.rule, participant.person.first_name),
        "tell": words.tell(rule) if rule else "",
        "steps": steps_of(found),
        "right": None if found.is_local else words.RIGHTS.get(found.right),
        "accountable": found.accountable,
        "is_breach": is_a_breach(found, today),
        "verdict": verdict.label,
        # As on the page of its breach: in the working days in which the Code counts.
        "late": late_by(found, today) if found.status == Duty.Status.OPEN else "",
        "colour": COLOURS.get(verdict, "amber"),
        "has_no_evidence": verdict == Duty.Verdict.NO_EVIDENCE,
        "revisions": revisions_of(found),
        "evidence_url": _evidence_url(found, participant)
        if request.user.may(Permission.VIEW_TIMELINE)
        else "",
    }
    return render(request, "compliance/explain.html", context)
