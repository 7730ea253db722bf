"""The triage of the day: what waits for somebody to look, one referral with why, and a decision over the rules."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from referrals.first_contact import FirstContact, first_contacts
from referrals.models import Referral, TriageDecision
from referrals.rules import actions, preview, words
from referrals.rules.book import RulesByDay, because, in_words, why
from referrals.rules.facts import facts_of
from referrals.rules.forms import DecideForm, PressedForm
from referrals.rules.models import TriageRule
from referrals.rules.preview_views import shown
from referrals.rules.views import within_words
from referrals.triage import triage
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed, participant_for
from victimcare.cases.models import Entitlement, Participant
from victimcare.govuk.dates import day, moment
from victimcare.http import Request, moment_from
from victimcare.lookups import how_many

PAGE = 25
MOST_COUNTED = 1000


# --- The worklist ----------------------------------------------------------------------------------


@allow(Permission.TRIAGE)
@require_safe
def worklist(request: Request) -> HttpResponse:
    """Referrals nobody has looked at, all that wait for an officer, and those suppressed; most urgent first."""
    show = request.GET.get("show", "new")
    lists = _lists(request.user)
    if show not in lists:
        show = "new"
    found = lists[show]
    latest = Entitlement.objects.filter(participant=OuterRef("participant")).order_by("-from_on", "-pk")
    rows = list(
        _after(found, request.GET.get("after", ""))
        .select_related("participant__person", "participant__case", "triaged_by")
        .annotate(rights=Subquery(latest.values("categories")[:1]))[: PAGE + 1]
    )
    more, rows = len(rows) > PAGE, rows[:PAGE]
    listed(request, [row.participant for row in rows], field_group="triage")
    ways = first_contacts([row.participant for row in rows], {row.participant_id: row for row in rows})
    here = reverse("referrals:triage-list")
    counts = _counts(lists, request.user)
    context = {
        "show": show,
        "tabs": [
            {"name": name, "label": label, "n": counts[name], "url": f"{here}?show={name}"}
            for name, label in (
                ("new", _("Nobody has looked yet")),
                ("waiting", _("All without an officer")),
                ("suppressed", _("Suppressed")),
            )
        ],
        "rows": [_row(row, row.rights or [], ways[row.participant_id], show) for row in rows],
        "columns": [_("Victim"), _("Why"), _("Rights, provisionally"), _("First contact"), _("Received")]
        if show != "suppressed"
        else [
            _("Victim"),
            _("Why the unit does not contact them"),
            _("Otherwise"),
            _("Looked at"),
            _("Received"),
        ],
        "older_url": f"?show={show}&after={_place(rows[-1])}" if more else "",
        "start_url": _referral_url(rows[0], show) if rows else "",
    }
    return render(request, "referrals/rules/worklist.html", context)


def _lists(user: User) -> dict[str, QuerySet[Referral]]:
    open_ones = Referral.objects.visible_to(user).filter(participant__closed_at=None)
    order = ("priority", "received_at", "pk")
    return {
        "new": open_ones.filter(status=Referral.Status.RECEIVED, triaged_at=None).order_by(*order),
        "waiting": open_ones.filter(status=Referral.Status.RECEIVED).order_by(*order),
        "suppressed": open_ones.filter(status=Referral.Status.SUPPRESSED).order_by(*order),
    }


def _counts(lists: dict[str, QuerySet[Referral]], user: User) -> dict[str, str]:
    """How long each list is, in words. One query."""
    asked = (how_many(found, at_most=MOST_COUNTED) for found in lists.values())
    counts = User.objects.filter(pk=user.pk).values_list(*asked).get()
    over = _("over %s") % f"{MOST_COUNTED:,}"
    return {name: over if n > MOST_COUNTED else f"{n:,}" for name, n in zip(lists, counts, strict=True)}


def _place(referral: Referral) -> str:
    return f"{referral.priority}~{referral.received_at.isoformat()}~{referral.pk}".replace("+", "%2B")


def _after(found: QuerySet[Referral], text: str) -> QuerySet[Referral]:
    """What comes after the row that an address names; all of it where it names none of ours."""
    priority, _tilde, rest = text.partition("~")
    at, _tilde, pk = rest.partition("~")
    received: datetime | None = moment_from(at)
    if received is None or not all(
        part.isascii() and part.isdigit() and len(part) < 18 for part in (priority, pk)
    ):
        return found
    return found.filter(
        Q(priority__gt=int(priority[:2]))
        | Q(priority=int(priority[:2]), received_at__gt=received)
        | Q(priority=int(priority[:2]), received_at=received, pk__gt=int(pk))
    )


def _row(referral: Referral, rights: list[str], way: FirstContact, show: str) -> list[Any]:
    part = referral.participant
    who = {
        "text": part.person.name if part.person.surname else part.organisation_name or part.person.name,
        "note": part.case.offence_title,
        "url": _referral_url(referral, show),
    }
    tag = {"tag": f"P{referral.priority}", "colour": words.COLOURS[referral.priority]}
    received = {"text": moment(referral.received_at), "note": str(referral.get_source_display())}
    looked = (
        {"text": str(referral.triaged_by), "note": moment(referral.triaged_at)}
        if referral.triaged_at
        else _("Not yet")
    )
    if show == "suppressed":
        return [who, because(referral), {"text": _reasons(referral, way), **tag}, looked, received]
    due = day(referral.due_on) if referral.due_on else "–"
    channel = words.CHANNELS.get(way.channel, way.instead or _("No safe channel known"))
    return [
        who,
        {"text": _reasons(referral, way), **tag},
        words.rights(rights),
        {"text": due, "note": str(channel), "tone": _tone(referral)},
        received,
    ]


def _reasons(referral: Referral, way: FirstContact) -> str:
    """Why it has its priority, and what to look at before anybody rings."""
    return ", ".join(filter(None, (way.check, why(referral))))


def _tone(referral: Referral) -> str:
    if referral.due_on is None or referral.due_on > clock.today():
        return ""
    return "overdue" if referral.due_on < clock.today() else "today"


def _referral_url(referral: Referral, show: str = "") -> str:
    part = referral.participant
    url = reverse("referrals:triage", args=[part.case.reference, part.reference])
    return f"{url}?list={show}" if show else url


# --- One referral ----------------------------------------------------------------------------------


@allow(Permission.VIEW_TRIAGE)
@require_safe
def referral_page(request: Request, case: str, participant: str) -> HttpResponse:
    """What triage made of one victim's referral and why, what people decided, and what the rules would say now."""
    victim = participant_for(request, case, participant, field_group="referral")
    referral = _referral_of(victim)
    show = request.GET.get("list", "")
    may_triage = request.user.may(Permission.TRIAGE)
    if referral is None:
        return render(request, "referrals/rules/referral.html", {"participant": victim, "referral": None})
    rights = actions.latest_rights([victim.pk]).get(victim.pk)
    way = first_contacts([referral.participant], {victim.pk: referral})[victim.pk]
    decisions = list(referral.decisions.select_related("by")[:20])
    context = {
        "participant": victim,
        "referral": referral,
        "list": show if show in ("new", "waiting", "suppressed") else "",
        "may_triage": may_triage,
        "colour": words.COLOURS[referral.priority],
        "fate": f"P{referral.priority}",
        "because": because(referral),
        "says": _says(referral, rights, way),
        "reasons": [*filter(None, [way.check]), *in_words(referral.reasons, referral.rule_set_id)],
        "decisions": [_decision(each) for each in decisions],
        "now": _now_says(referral),
        "agree": PressedForm(initial={"version": referral.version})
        if may_triage and referral.triaged_at is None
        else None,
        "decide_url": reverse("referrals:decide", args=[case, participant])
        + (f"?list={show}" if show else ""),
        "ask_url": reverse("cases:ask", args=[case, participant])
        if referral.suppressed_because == "nameless_business" and request.user.may(Permission.ASK_OFFICER)
        else "",
        "may_see_rules": request.user.may(Permission.VIEW_RULES),
    }
    return render(request, "referrals/rules/referral.html", context)


def _referral_of(victim: Participant) -> Referral | None:
    return (
        Referral.objects.filter(participant=victim)
        .select_related(
            "rule_set",
            "triaged_by",
            "participant__case",
            "participant__person__safe_contact",
            "participant__officer",
        )
        .first()
    )


def _says(referral: Referral, rights: Entitlement | None, way: FirstContact) -> list[dict[str, Any]]:
    standard = words.rights(rights.categories if rights else [])
    if rights is not None and not rights.is_provisional:
        standard = _("%(rights)s (assessed, no longer by triage)") % {"rights": standard}
    by_person = {name: _(" (a supervisor decided)") for name in referral.decided_fields}
    channel = str(words.CHANNELS.get(way.channel, way.instead or _("None is known to be safe")))
    due = day(referral.due_on) if referral.due_on else _("Not contacted")
    version = referral.rule_set
    return [
        {"label": _("Priority"), "value": f"P{referral.priority}{by_person.get('priority', '')}"},
        {"label": _("Rights"), "value": standard},
        {"label": _("First contact by"), "value": f"{channel}{by_person.get('channel', '')}"},
        {"label": _("First contact due"), "value": f"{due}{by_person.get('due_on', '')}"},
        {
            "label": _("Received"),
            "value": _("%(when)s, from %(source)s")
            % {"when": moment(referral.received_at), "source": str(referral.get_source_display()).lower()},
        },
        {
            "label": _("Judged by"),
            "value": _("version %(n)d of the rules") % {"n": version.number}
            if version
            else _("the rules from before they had versions"),
        },
    ]


LABELS = {
    "priority": lambda value: f"P{value}",
    "channel": lambda value: str(words.CHANNELS.get(value, _("none known safe"))),
    "due_on": lambda value: day(datetime.fromisoformat(value).date()) if value else _("no day"),
    "suppressed": lambda value: _("suppressed") if value else _("contacted"),
}


def _decision(decision: TriageDecision) -> dict[str, Any]:
    names = {
        "priority": _("Priority"),
        "channel": _("First contact by"),
        "due_on": _("First contact due"),
        "suppressed": _("The unit's contact"),
    }
    changes = [
        _("%(what)s: %(was)s, now %(now)s")
        % {"what": names[name], "was": LABELS[name](was), "now": LABELS[name](now)}
        for name in names
        for was, now in [decision.changes.get(name, (None, None))]
        if name in decision.changes
    ]
    return {
        "heading": ". ".join(changes) if changes else _("Agreed with the rules"),
        "when": moment(decision.at),
        "body": decision.reason,
        "by": str(decision.by),
    }


def _now_says(referral: Referral) -> dict[str, Any] | None:
    """What the rules in force would say today, where that is not what stands; None where it is."""
    rules = RulesByDay().on(clock.today())
    made = triage(facts_of([referral])[referral.participant_id], rules)
    stands = (referral.priority, referral.suppressed_because, referral.channel)
    if (made.priority, made.suppressed_because, made.channel) == stands:
        return None
    return {
        "only_decided": all(
            name in referral.decided_fields
            for name, differs in (
                ("priority", made.priority != referral.priority),
                ("status", made.suppressed_because != referral.suppressed_because),
                ("channel", made.channel != referral.channel),
            )
            if differs
        ),
        "fate": words.fate(made.priority, made.suppressed_because),
        "reasons": ", ".join(in_words(made.reasons, rules.pk)),
        "because": in_words([made.suppressed_because], rules.pk)[0] if made.suppressed_because else "",
        "channel": str(words.CHANNELS.get(made.channel, _("none known safe"))),
    }


def _next(request: Request, show: str) -> HttpResponse | None:
    """The next referral of the list somebody works through; None where they came from no list."""
    lists = _lists(request.user)
    if show not in lists:
        return None
    found = lists[show].filter(triaged_at=None)
    following = found.select_related("participant__case").first()
    if following is None:
        messages.info(request, _("That was the last one: somebody has looked at all of them."))
        return redirect("referrals:triage-list")
    return redirect(_referral_url(following, show))


@allow(Permission.TRIAGE)
@require_POST
def agree(request: Request, case: str, participant: str) -> HttpResponse:
    """The rules were right; on to the next."""
    victim = participant_for(request, case, participant, field_group="referral")
    referral = _referral_of(victim)
    if referral is None:
        raise Http404
    form = PressedForm(request.POST)
    version = (form.cleaned_data["version"] or 0) if form.is_valid() else 0
    actions.agree(referral=referral, version=version, by=request.user)
    messages.success(request, _("%(name)s: agreed.") % {"name": victim.person.name})
    return _next(request, request.GET.get("list", "")) or redirect("referrals:triage", case, participant)


@allow(Permission.TRIAGE)
def decide(request: Request, case: str, participant: str) -> HttpResponse:
    """Decide over the rules: priority, channel, day, suppressed or not; with a reason."""
    victim = participant_for(request, case, participant, field_group="referral")
    referral = _referral_of(victim)
    if referral is None:
        raise Http404
    initial = {
        "version": referral.version,
        "contact": "no" if referral.status == Referral.Status.SUPPRESSED else "yes",
        "priority": referral.priority,
        "channel": "none" if victim.person.date_of_death else referral.channel or "none",
        "due_on": referral.due_on,
    }
    form = DecideForm(request.POST or None, initial=initial, held=referral.due_on)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        actions.decide(
            referral=referral,
            reason=said["reason"],
            priority=int(said["priority"]),
            channel="" if said["channel"] == "none" else said["channel"],
            due_on=said["due_on"],
            is_suppressed=said["contact"] == "no",
            version=said["version"] or 0,
            by=request.user,
        )
        messages.success(request, _("%(name)s: your decision is kept.") % {"name": victim.person.name})
        return _next(request, request.GET.get("list", "")) or redirect("referrals:triage", case, participant)
    context = {
        "form": form,
        "participant": victim,
        "referral": referral,
        "says": why(referral),
        "because": because(referral),
        "fate": words.fate(referral.priority, referral.suppressed_because),
        "cancel_url": _referral_url(referral),
        "submit_label": _("Save the decision"),
    }
    return render(request, "referrals/rules/decide.html", context)


# --- Triage again ----------------------------------------------------------------------------------


@allow(Permission.TRIAGE)
def again(request: Request) -> HttpResponse:
    """All that no officer has yet, by the rules in force today: what would move, and a button that moves it."""
    rules = RulesByDay().on(clock.today())
    if request.method == "POST":
        n = actions.triage_again(by=request.user)
        said = ngettext("%(n)d referral moved.", "%(n)d referrals moved.", n) % {"n": n}
        messages.success(request, f"{said} {_('What people had decided stays.')}")
        return redirect("referrals:triage-list")
    waiting = list(actions.to_triage_again(request.user))
    names = dict(TriageRule.objects.filter(rule_set=rules.pk).values_list("name", "words"))
    context = {
        "press": PressedForm(initial={"version": 0}),
        "standards": [(f"P{n}", within_words(each.within)) for n, each in sorted(rules.standards.items())],
        **shown(
            request, preview.compare_again(waiting, rules), names, has_more=len(waiting) == actions.AT_ONCE
        ),
    }
    return render(request, "referrals/rules/again.html", context)
