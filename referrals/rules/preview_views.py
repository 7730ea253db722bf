"""How referrals would fall by another version: the week that is looked at, the numbers, and the list of each."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from referrals.rules import preview, words
from referrals.rules.book import rules_of
from referrals.rules.forms import WeekForm
from referrals.rules.models import RuleSet, TriageRule
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed
from victimcare.govuk.dates import day
from victimcare.http import Request

PAGE = 25


@allow(Permission.CHANGE_RULES)
@require_safe
def preview_page(request: Request, number: int) -> HttpResponse:
    """One week's referrals by the rules there are and by this version: how many move, and which, and why."""
    version = get_object_or_404(RuleSet, number=number)
    week = WeekForm(request.GET if request.GET else None)
    chosen = week.cleaned_data["week"] if week.is_bound and week.is_valid() else None
    chosen = chosen or clock.today() - timedelta(days=7)
    monday = chosen - timedelta(days=chosen.weekday())
    week = WeekForm(initial={"week": monday})
    referrals, has_more = preview.week_of(request.user, monday)
    broken = [rule.said for rule in version.rules.all() if not rule.ways]
    compared = [] if broken else preview.compare(referrals, rules_of(version.pk))
    names = {
        **dict(
            TriageRule.objects.filter(rule_set__state=RuleSet.State.APPROVED).values_list("name", "words")
        ),
        **dict(version.rules.values_list("name", "words")),
    }
    context = {
        "version": version,
        "week": week,
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "broken": broken,
        **shown(request, compared, names, has_more=has_more),
    }
    return render(request, "referrals/rules/preview.html", context)


def shown(
    request: Request, compared: list[preview.Compared], names: dict[str, str], *, has_more: bool
) -> dict[str, Any]:
    """The matrices of a preview, and a page of the list behind the cell that was opened."""
    cell = request.GET.get("cell", "")
    found = preview.in_cell(compared, cell)
    page = _number(request.GET.get("page", ""))
    some = found[(page - 1) * PAGE : page * PAGE]
    listed(request, [each.referral.participant for each in some], field_group="triage preview")
    query = request.GET.copy()
    query.pop("page", None)
    turn = {n: f"?{_turned(query, n)}" for n in (page - 1, page + 1)}
    query.pop("cell", None)
    return {
        "n": len(compared),
        "has_more": has_more,
        "moving": sum(each.moves for each in compared),
        "due": [
            {"n": n, "words": _due_words(way, n), "key": f"due.{way}"}
            for way in preview.DUE
            if (n := preview.due_moves(compared)[way])
        ],
        "matrices": [
            {"title": title, **preview.matrix(compared, by)}
            for by, title in (
                ("priority", _("Priority")),
                ("channel", _("First contact by")),
                ("rights", _("Rights, provisionally")),
            )
        ]
        if compared
        else [],
        "query": query.urlencode(),
        "cell": cell if cell.partition(".")[0] in {*preview.READ, "due"} else "",
        "list_heading": _cell_words(cell),
        "found": len(found),
        "table": [_move_row(each, names) for each in some],
        "columns": [
            _("Victim"),
            _("Offence"),
            _("By the rules now"),
            _("By this version"),
            _("First contact due"),
            _("What moves it"),
        ],
        "newer_url": turn[page - 1] if page > 1 else "",
        "older_url": turn[page + 1] if len(found) > page * PAGE else "",
    }


def _number(text: str) -> int:
    return (
        int(text)
        if text.isascii() and text.isdigit() and 0 < int(text[:5]) <= preview.MOST and len(text) < 5
        else 1
    )


def _turned(query: Any, page: int) -> str:
    turned = query.copy()
    turned["page"] = str(page)
    return str(turned.urlencode())


def _cell_words(cell: str) -> str:
    by, _dot, rest = cell.partition(".")
    before, _dot, after = rest.partition(".")
    if by == "due" and rest in preview.DUE:
        return _due_heading(rest)
    labels = preview.columns(by) if by in preview.READ else {}
    if before not in labels or after not in labels:
        return _("Those that would move")
    if before == after:
        return _("%(before)s, as before") % {"before": labels[before]}
    return _("From %(before)s to %(after)s") % {"before": labels[before], "after": labels[after]}


def _move_row(each: preview.Compared, names: dict[str, str]) -> list[Any]:
    part = each.referral.participant
    return [
        {
            "text": part.person.name,
            "note": _("A person decided: stays as it is") if each.referral.decided_fields else "",
            "url": reverse("referrals:triage", args=[part.case.reference, part.reference]),
        },
        part.case.offence_title,
        _fate_cell(each.before),
        _fate_cell(each.after),
        _due_cell(each),
        _mover(each, names),
    ]


def _fate_cell(fate: preview.Fate) -> dict[str, Any]:
    channel = words.CHANNELS.get(fate.channel)
    return {
        "text": "",
        "tag": words.fate(fate.priority, fate.suppressed_because),
        "colour": "grey" if fate.suppressed_because else words.COLOURS[fate.priority],
        "note": f"{channel or _('No safe channel known')}. {words.rights(fate.categories)}",
    }


def _due_words(way: str, n: int) -> str:
    """12 would be due earlier: one way in which last days move."""
    said = {
        "earlier": ngettext("%(n)s would be due earlier", "%(n)s would be due earlier", n),
        "later": ngettext("%(n)s would be due later", "%(n)s would be due later", n),
        "new": ngettext("%(n)s would have a last day", "%(n)s would have a last day", n),
        "gone": ngettext("%(n)s would have no last day", "%(n)s would have no last day", n),
    }[way]
    return said % {"n": f"{n:,}"}


def _due_heading(way: str) -> str:
    return {
        "earlier": _("Those that would be due earlier"),
        "later": _("Those that would be due later"),
        "new": _("Those that would have a last day"),
        "gone": _("Those that would have no last day"),
    }[way]


def _due_cell(each: preview.Compared) -> dict[str, Any]:
    """The last day by this version, with the day it was where that moves."""
    before, after = (day(fate.due_on) or _("no last day") for fate in (each.before, each.after))
    return {"text": after, "note": _("was %s") % before if before != after else _("as before")}


def _mover(each: preview.Compared, names: dict[str, str]) -> Any:
    before, after = (names.get(fate.rule, fate.rule) for fate in (each.before, each.after))
    if before != after:
        return {"text": after, "note": _("instead of: %s") % before}
    if each.before.priority != each.after.priority:
        was, now = each.before.priority, each.after.priority
        return {"text": after, "note": _("the same rule: P%(was)d, now P%(now)d") % {"was": was, "now": now}}
    if each.before.channel != each.after.channel:
        return _("the order of channels, or what is known of them")
    if each.before.categories != each.after.categories:
        return _("the rules of enhanced rights")
    if each.due_moves != "same":
        return _("the working days to first contact")
    return {"text": after, "note": _("as before")}
