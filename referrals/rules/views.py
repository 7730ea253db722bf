"""The pages of the rules of triage: the versions, and one to read or to change."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from referrals.rules import actions, checks, words
from referrals.rules.forms import (
    ApproveForm,
    DraftForm,
    PressedForm,
    ProposeForm,
    RuleForm,
    SendBackForm,
    StandardForm,
    WayForm,
)
from referrals.rules.models import PriorityStandard, RuleSet, TriageRule, until_of
from referrals.triage import DAY_ENDS
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.govuk.dates import day, long_day
from victimcare.http import Request

PAGE = 25
PEOPLE = ("drafted_by", "proposed_by", "approved_by")


# --- The versions ----------------------------------------------------------------------------------


@allow(Permission.VIEW_RULES)
@require_safe
def versions(request: Request) -> HttpResponse:
    """Every version there was, is or is being written, newest first."""
    found = list(RuleSet.objects.select_related(*PEOPLE)[:100])
    today = clock.today()
    in_force = RuleSet.objects.in_force_on(today)
    context = {
        "in_force": in_force,
        "rows": [_version_row(version, found, in_force) for version in found],
        "columns": [_("Version"), _("Where it is"), _("In force"), _("What it changes"), _("By whom")],
        "open_one": next(
            (v for v in found if v.state in (RuleSet.State.DRAFT, RuleSet.State.PROPOSED)), None
        ),
    }
    return render(request, "referrals/rules/versions.html", context)


def _version_row(version: RuleSet, all_of_them: Sequence[RuleSet], in_force: RuleSet | None) -> list[Any]:
    stands, colour = _stands(version, in_force)
    return [
        {
            "text": _("Version %(n)d") % {"n": version.number},
            "url": reverse("referrals:rules-version", args=[version.number]),
        },
        {"text": "", "tag": stands, "colour": colour},
        _when(version, all_of_them),
        version.note or version.drawn_from or "–",
        {
            "text": str(version.proposed_by or version.drafted_by or _("with the application")),
            "note": _("approved by %s") % version.approved_by if version.approved_by else "",
        },
    ]


def _stands(version: RuleSet, in_force: RuleSet | None) -> tuple[str, str]:
    """Where a version is, and its colour."""
    if version.state != RuleSet.State.APPROVED:
        return str(
            version.get_state_display()
        ), "amber" if version.state == RuleSet.State.PROPOSED else "grey"
    if in_force is not None and version.pk == in_force.pk:
        return _("In force"), "green"
    if version.effective_from and version.effective_from > clock.today():
        return _("Approved, not yet in force"), "blue"
    return _("Replaced"), "grey"


def _when(version: RuleSet, all_of_them: Sequence[RuleSet]) -> str:
    if version.effective_from is None:
        return "–"
    approved = [other for other in all_of_them if other.state == RuleSet.State.APPROVED]
    until = until_of(version, approved)
    if until is None:
        return _("from %s") % day(version.effective_from)
    if until < version.effective_from:
        return _("never: replaced on its first day, %s") % day(version.effective_from)
    return _("%(start)s to %(end)s") % {"start": day(version.effective_from), "end": day(until)}


@allow(Permission.CHANGE_RULES)
def draft(request: Request) -> HttpResponse:
    """Begin a new version, as a copy of the one in force."""
    based_on = RuleSet.objects.approved().last()
    if based_on is None:
        raise Http404
    form = DraftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = actions.draft(based_on=based_on, note=form.cleaned_data["note"], by=request.user)
        messages.success(
            request, _("Version %(n)d is begun. Nothing changes until it is approved.") % {"n": made.number}
        )
        return redirect("referrals:rules-version", made.number)
    return render(
        request,
        "referrals/rules/form.html",
        {
            "form": form,
            "heading": _("Begin a new version of the rules"),
            "lede": _("It starts as a copy of version %(n)d.") % {"n": based_on.number},
            "submit_label": _("Begin"),
            "cancel_url": reverse("referrals:rules"),
        },
    )


# --- One version -----------------------------------------------------------------------------------


def _version(number: int) -> RuleSet:
    return get_object_or_404(RuleSet.objects.select_related("based_on", *PEOPLE), number=number)


@allow(Permission.VIEW_RULES)
@require_safe
def version_page(request: Request, number: int) -> HttpResponse:
    """One version as a table: who is not contacted, how soon, enhanced rights, and what a priority means."""
    version = _version(number)
    rules = list(version.rules.all())
    approved = list(RuleSet.objects.approved())
    in_force = RuleSet.objects.in_force_on(clock.today())
    stands, colour = _stands(version, in_force)
    may_change = request.user.may(Permission.CHANGE_RULES)
    may_edit = may_change and version.is_draft
    is_proposed = may_change and version.state == RuleSet.State.PROPOSED
    has_written = is_proposed and actions.has_written(version, request.user)
    initial = {"version": version.version}
    context = {
        "version": version,
        "stands": stands,
        "colour": colour,
        "when": _when(version, approved),
        "facts": _facts(version),
        "may_edit": may_edit,
        "may_preview": may_change and version.state in (RuleSet.State.DRAFT, RuleSet.State.PROPOSED),
        "sections": [_section(version, kind, rules) for kind in TriageRule.Kind],
        "standards": [
            {
                "row": standard,
                "within": within_words(standard.within),
                "channels": _(", then ").join(str(words.CHANNELS[name]) for name in standard.channels),
            }
            for standard in version.standards.all()
        ],
        "day_ends": f"{DAY_ENDS:%H:%M}",
        "press": PressedForm(initial=initial) if may_edit else None,
        "problems": checks.problems(rules) if version.is_draft else [],
        "remarks": checks.remarks(rules) if version.state != RuleSet.State.DROPPED else [],
        "propose": ProposeForm(initial={**initial, "note": version.note}) if may_edit else None,
        "approve": ApproveForm(initial={**initial, "effective_from": clock.today()})
        if is_proposed and not has_written
        else None,
        "waits_for_another": has_written,
        "send_back": SendBackForm(initial=initial)
        if may_change and version.state == RuleSet.State.PROPOSED
        else None,
        "drop": PressedForm(initial=initial)
        if may_change and version.state in (RuleSet.State.DRAFT, RuleSet.State.PROPOSED)
        else None,
        "is_newest": bool(approved) and version.pk == approved[-1].pk,
    }
    return render(request, "referrals/rules/version.html", context)


def within_words(days: int) -> str:
    """How soon, in words."""
    if days == 0:
        return _("the same day, or the next working day")
    return ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}


def _facts(version: RuleSet) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    if version.note:
        said.append({"label": _("What it changes"), "value": version.note})
    if version.drawn_from:
        said.append({"label": _("Drawn from"), "value": version.drawn_from})
    if version.based_on:
        said.append({"label": _("Begun from"), "value": _("version %(n)d") % {"n": version.based_on.number}})
    for label, who, at in (
        (_("Begun by"), version.drafted_by, version.drafted_at),
        (_("Proposed by"), version.proposed_by, version.proposed_at),
        (_("Approved by"), version.approved_by, version.approved_at),
    ):
        if who:
            said.append({"label": label, "value": f"{who}, {day(at)}"})
    if version.sent_back_because:
        said.append({"label": _("Sent back because"), "value": version.sent_back_because})
    return said


def _section(version: RuleSet, kind: TriageRule.Kind, rules: Sequence[TriageRule]) -> dict[str, Any]:
    heading, lede, gives = {
        TriageRule.Kind.SUPPRESS: (
            _("Who is not contacted by the unit"),
            _("The first rule that fits is the reason. The Code's duties run all the same."),
            _("What follows"),
        ),
        TriageRule.Kind.PRIORITY: (
            _("How soon they are contacted"),
            _("The first rule that fits gives the priority. Every rule that fits is shown as a reason."),
            _("Priority"),
        ),
        TriageRule.Kind.ENHANCED: (
            _("Enhanced rights, until somebody has assessed"),
            _("Every rule that fits gives its ground."),
            _("Ground"),
        ),
    }[kind]
    rows = [
        {
            "rule": rule,
            "said": rule.said,
            "ways": [words.in_words(way) for way in rule.ways],
            "gives": f"P{rule.priority}"
            if rule.priority
            else str(rule.get_category_display())
            if rule.category
            else _("Suppressed"),
            "colour": words.COLOURS.get(rule.priority or 0, "grey"),
            "url": reverse("referrals:rules-rule", args=[version.number, rule.name]),
            "move_url": reverse("referrals:rules-move", args=[version.number, rule.name]),
        }
        for rule in rules
        if rule.kind == kind
    ]
    return {
        "kind": str(kind),
        "heading": heading,
        "lede": lede,
        "gives": gives,
        "rows": rows,
        "add_url": reverse("referrals:rules-add", args=[version.number, str(kind)]),
    }


# --- Changing a draft ------------------------------------------------------------------------------


def _draft(number: int) -> RuleSet:
    """The draft of this number; 404 for a version that is not to be changed."""
    version = _version(number)
    if not version.is_draft:
        raise Http404
    return version


def _rule(version: RuleSet, name: str) -> TriageRule:
    rule = get_object_or_404(version.rules.select_related("rule_set"), name=name)
    rule.rule_set = version
    return rule


@allow(Permission.CHANGE_RULES)
def add_rule(request: Request, number: int, kind: str) -> HttpResponse:
    """A new rule: what it says and gives. Whom it fits is asked next."""
    version = _draft(number)
    if kind not in TriageRule.Kind.values:
        raise Http404
    form = RuleForm(request.POST or None, kind=kind, initial={"version": version.version})
    if request.method == "POST" and form.is_valid():
        rule = actions.add_rule(
            rule_set=version,
            version=form.cleaned_data["version"] or 0,
            kind=kind,
            by=request.user,
            **form.answers(),
        )
        return redirect("referrals:rules-add-way", number, rule.name)
    return render(
        request,
        "referrals/rules/form.html",
        {
            "form": form,
            "heading": {
                "suppress": _("Add a rule about who is not contacted"),
                "priority": _("Add a rule about how soon"),
                "enhanced": _("Add a rule about enhanced rights"),
            }[kind],
            "submit_label": _("Save and say whom it fits"),
            "cancel_url": reverse("referrals:rules-version", args=[number]),
        },
    )


@allow(Permission.CHANGE_RULES)
def rule_page(request: Request, number: int, rule: str) -> HttpResponse:
    """One rule of a draft: what it says and gives, and the ways to fit it."""
    version = _draft(number)
    found = _rule(version, rule)
    initial = {
        "version": version.version, "words": found.words, "words_cy": found.words_cy,
        "priority": found.priority, "is_filler": found.is_filler, "category": found.category,
    }  # fmt: skip
    form = RuleForm(request.POST or None, kind=found.kind, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.change_rule(
            rule=found, version=form.cleaned_data["version"] or 0, by=request.user, **form.answers()
        )
        messages.success(request, _("Saved in the draft."))
        return redirect("referrals:rules-version", number)
    context = {
        "version": version,
        "rule": found,
        "form": form,
        "press": PressedForm(initial={"version": version.version}),
        "ways": [
            {
                "said": words.in_words(way),
                "url": reverse("referrals:rules-way", args=[number, found.name, place]),
                "remove_url": reverse("referrals:rules-remove-way", args=[number, found.name, place]),
            }
            for place, way in enumerate(found.ways)
        ],
        "cancel_url": reverse("referrals:rules-version", args=[number]),
    }
    return render(request, "referrals/rules/rule.html", context)


@allow(Permission.CHANGE_RULES)
def add_way(request: Request, number: int, rule: str) -> HttpResponse:
    """One more way to fit a rule."""
    return _way(request, number, rule, None)


@allow(Permission.CHANGE_RULES)
def change_way(request: Request, number: int, rule: str, place: int) -> HttpResponse:
    """Change one way to fit a rule."""
    return _way(request, number, rule, place)


def _way(request: Request, number: int, name: str, place: int | None) -> HttpResponse:
    version = _draft(number)
    rule = _rule(version, name)
    if place is not None and place >= len(rule.ways):
        raise Http404
    form = WayForm(
        request.POST or None,
        way=rule.ways[place] if place is not None else {},
        initial={"version": version.version},
    )
    if request.method == "POST" and form.is_valid():
        actions.keep_way(
            rule=rule, place=place, way=form.way(), version=form.cleaned_data["version"] or 0, by=request.user
        )
        messages.success(request, _("Saved in the draft."))
        return redirect("referrals:rules-rule", number, name)
    context = {
        "form": form,
        "rule": rule,
        "heading": _("Whom does “%(rule)s” fit?") % {"rule": rule.said},
        "cancel_url": reverse("referrals:rules-rule", args=[number, name]),
    }
    return render(request, "referrals/rules/way.html", context)


@allow(Permission.CHANGE_RULES)
@require_POST
def remove_way(request: Request, number: int, rule: str, place: int) -> HttpResponse:
    found = _rule(_draft(number), rule)
    actions.remove_way(rule=found, place=place, version=_pressed(request), by=request.user)
    messages.success(request, _("Removed from the draft."))
    return redirect("referrals:rules-rule", number, rule)


@allow(Permission.CHANGE_RULES)
@require_POST
def move_rule(request: Request, number: int, rule: str) -> HttpResponse:
    found = _rule(_draft(number), rule)
    up = request.POST.get("way") == "up"
    actions.move_rule(rule=found, up=up, version=_pressed(request), by=request.user)
    return redirect(reverse("referrals:rules-version", args=[number]) + f"#rule-{rule}")


@allow(Permission.CHANGE_RULES)
@require_POST
def remove_rule(request: Request, number: int, rule: str) -> HttpResponse:
    found = _rule(_draft(number), rule)
    said = found.said
    actions.remove_rule(rule=found, version=_pressed(request), by=request.user)
    messages.success(request, _("“%(rule)s” is removed from the draft.") % {"rule": said})
    return redirect("referrals:rules-version", number)


def _pressed(request: Request) -> int:
    """The version that a button's page showed; 0, which no row has, where a form is not ours."""
    form = PressedForm(request.POST)
    return (form.cleaned_data["version"] or 0) if form.is_valid() else 0


@allow(Permission.CHANGE_RULES)
def standard_page(request: Request, number: int, priority: int) -> HttpResponse:
    """How soon first contact is due for one priority, and by which channels."""
    version = _draft(number)
    standard = get_object_or_404(PriorityStandard, rule_set=version, priority=priority)
    names = ("first", "second", "third", "fourth")
    form = StandardForm(
        request.POST or None,
        initial={
            "version": version.version,
            "within": standard.within,
            **dict(zip(names, standard.channels, strict=False)),
        },
    )
    if request.method == "POST" and form.is_valid():
        actions.set_standard(
            rule_set=version,
            priority=priority,
            within=form.cleaned_data["within"],
            channels=form.channels(),
            version=form.cleaned_data["version"] or 0,
            by=request.user,
        )
        messages.success(request, _("Saved in the draft."))
        return redirect("referrals:rules-version", number)
    return render(
        request,
        "referrals/rules/form.html",
        {
            "form": form,
            "heading": _("What priority %(n)d means") % {"n": priority},
            "lede": _("A channel is used only where it is safe for the victim, whatever stands here."),
            "cancel_url": reverse("referrals:rules-version", args=[number]),
        },
    )


# --- Propose, approve ------------------------------------------------------------------------------


def _asked(request: Request, number: int, form: Any, heading: str, submit_label: str) -> HttpResponse:
    """A form of the version's page, shown by itself with what to mend."""
    context = {
        "form": form,
        "heading": heading,
        "submit_label": submit_label,
        "cancel_url": reverse("referrals:rules-version", args=[number]),
    }
    return render(request, "referrals/rules/form.html", context)


@allow(Permission.CHANGE_RULES)
@require_POST
def propose(request: Request, number: int) -> HttpResponse:
    version, form = _version(number), ProposeForm(request.POST)
    if not form.is_valid():
        return _asked(request, number, form, _("Propose version %(n)d") % {"n": number}, _("Propose"))
    actions.propose(
        rule_set=version,
        note=form.cleaned_data["note"],
        version=form.cleaned_data["version"] or 0,
        by=request.user,
    )
    messages.success(request, _("Proposed. Another supervisor can now approve it."))
    return redirect("referrals:rules-version", number)


@allow(Permission.CHANGE_RULES)
@require_POST
def approve(request: Request, number: int) -> HttpResponse:
    version, form = _version(number), ApproveForm(request.POST)
    if not form.is_valid():
        return _asked(request, number, form, _("Approve version %(n)d") % {"n": number}, _("Approve"))
    made = actions.approve(
        rule_set=version,
        effective_from=form.cleaned_data["effective_from"],
        version=form.cleaned_data["version"] or 0,
        by=request.user,
    )
    messages.success(
        request,
        _("Approved. It judges what is received from %(day)s. Nothing that came before is triaged again.")
        % {"day": long_day(made.effective_from)},
    )
    return redirect("referrals:rules-version", number)


@allow(Permission.CHANGE_RULES)
@require_POST
def send_back(request: Request, number: int) -> HttpResponse:
    version, form = _version(number), SendBackForm(request.POST)
    if not form.is_valid():
        return _asked(request, number, form, _("Send version %(n)d back") % {"n": number}, _("Send back"))
    actions.send_back(
        rule_set=version,
        because=form.cleaned_data["because"],
        version=form.cleaned_data["version"] or 0,
        by=request.user,
    )
    messages.success(request, _("Sent back. It is a draft again."))
    return redirect("referrals:rules-version", number)


@allow(Permission.CHANGE_RULES)
@require_POST
def drop(request: Request, number: int) -> HttpResponse:
    actions.drop(rule_set=_version(number), version=_pressed(request), by=request.user)
    messages.success(request, _("Dropped. It stays readable here."))
    return redirect("referrals:rules")
