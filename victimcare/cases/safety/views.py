"""The pages on which a supervisor decides what one person alone may not."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import listed, participant_for
from victimcare.cases.models import Participant, PendingChange, SafeContact, SafetyLift
from victimcare.cases.safe_contact import ANSWERED
from victimcare.cases.safety import actions
from victimcare.cases.safety.forms import LIFT, REFUSED, ChangeForm, ChildForm, LiftForm
from victimcare.cases.safety.waiting import Waiting, waiting_for
from victimcare.faults import Stale
from victimcare.govuk.dates import moment
from victimcare.http import Request


@allow(Permission.DECIDE_SAFETY)
def safety(request: Request) -> HttpResponse:
    """Everything that waits for a supervisor before somebody is reached another way, oldest first."""
    waiting = waiting_for(request.user)
    listed(request, waiting.people, field_group="safety decisions")
    n = waiting.count
    context = {
        "groups": groups(waiting),
        "heading": ngettext("%(n)d safety decision waits", "%(n)d safety decisions wait", n) % {"n": n},
    }
    return render(request, "cases/safety/waiting.html", context)


def groups(waiting: Waiting) -> list[dict[str, Any]]:
    """What waits as rows of work, by kind; nothing for a kind of which none waits."""
    found = [
        (_("Children who asked for support alone"), [_child(part) for part in waiting.children]),
        (_("Addresses and numbers to verify"), [_change(*each) for each in waiting.changes]),
        (_("Safety alerts somebody asks to lift"), [_lift(*each) for each in waiting.lifts]),
    ]
    return [{"heading": heading, "count": len(rows), "rows": rows} for heading, rows in found if rows]


def _child(part: Participant) -> dict[str, Any]:
    url = reverse("cases:decide-child", args=[part.case.reference, part.reference])
    asked_at = part.person.safe_contact.confirmed_at
    return {
        "what": _("Decide how %(who)s is contacted") % {"who": part.person.name},
        "who": part.person.name,
        "url": url,
        "when": moment(asked_at) if asked_at else "",
        "when_note": _("asked for support"),
        "why": _("A child, and nobody acts for them here. Until you decide they are met in person only."),
        "tone": "today",
        "button": {"label": _("Decide"), "url": url, "is_primary": False},
    }


@allow(Permission.DECIDE_SAFETY)
def decide_child(request: Request, case: str, participant: str) -> HttpResponse:
    """Say that a young child for whom nobody acts is contacted in the ways they asked for."""
    child = participant_for(request, case, participant, field_group="safe contact", op=_op(request))
    safe = SafeContact.objects.filter(person=child.person).select_related("child_decided_by").first()
    form = ChildForm(request.POST or None, initial={"version": safe.version if safe else 0})
    if form.is_valid():
        actions.decide_child(
            participant=child,
            because=form.cleaned_data["because"],
            version=form.cleaned_data["version"],
            by=request.user,
        )
        messages.success(
            request,
            _("Decided: %(name)s is contacted in the ways they asked for.") % {"name": child.person.name},
        )
        return redirect("desk:summary", case, participant)
    context = {
        "form": form,
        "participant": child,
        "waits": actions.waits_for_a_decision(child),
        "asked_for": _ways(child, safe),
        "safe": safe,
    }
    return render(request, "cases/safety/child.html", context, status=422 if form.errors else 200)


def _ways(child: Participant, safe: SafeContact | None) -> list[dict[str, str]]:
    """What the child said about each way, and the number or address it is about."""
    if safe is None:
        return []
    person = child.person
    where = {
        "phone": person.phone_mobile or person.phone_home,
        "voicemail": person.phone_mobile or person.phone_home,
        "text": person.phone_mobile,
        "email": person.email,
        "post": ", ".join(person.address_lines),
    }
    rows = [
        {
            "label": str(SafeContact._meta.get_field(channel).verbose_name).capitalize(),
            "value": f"{getattr(safe, f'get_{channel}_display')()}. {where[channel]}".strip(),
        }
        for channel in ANSWERED
    ]
    said = (
        (_("Code word"), safe.code_word),
        (_("Who may answer"), safe.who_may_answer),
        (_("Note"), safe.note),
    )
    return rows + [{"label": label, "value": value} for label, value in said if value]


# --- A new address or number -----------------------------------------------------------------------


def _change(change: PendingChange, part: Participant) -> dict[str, Any]:
    url = reverse("cases:changes", args=[part.case.reference, part.reference])
    return {
        "what": _("Verify a new %(what)s of %(who)s")
        % {"what": str(change.get_what_display()).lower(), "who": part.person.name},
        "who": part.person.name,
        "url": url,
        "when": moment(change.asked_at),
        "when_note": str(change.asked_by or change.get_source_display()),
        "why": _(
            "They may be in danger. Neither the old nor the new is written to until somebody else verifies it."
        ),
        "tone": "today",
        "button": {"label": _("Verify"), "url": url, "is_primary": False},
    }


@allow(Permission.CHANGE_DETAILS)
def changes(request: Request, case: str, participant: str) -> HttpResponse:
    """The new addresses and numbers of this person that wait to be verified, and those decided about."""
    person = participant_for(request, case, participant, field_group="details", op=_op(request))
    rows = PendingChange.objects.filter(person=person.person).select_related("asked_by", "decided_by")
    waiting = list(rows.waiting())
    asked = next((row for row in waiting if row.reference == request.POST.get("change")), None)
    form = ChangeForm(request.POST or None, auto_id=_ids(asked))
    if request.method == "POST" and asked is None:
        raise Stale(_("Somebody decided about this change already. Open the page again to see how."))
    if asked is not None and form.is_valid():
        _decide_change(request, asked, person, form)
        return redirect("cases:changes", case, participant)
    decided = rows.exclude(decision="").order_by("-decided_at", "-pk")[:DECIDED_SHOWN]
    context = {
        "participant": person,
        "waiting": [
            {
                "change": row,
                "facts": _facts(row, person),
                "is_mine": row.asked_by_id == request.user.pk,
                "form": form if row == asked else ChangeForm(auto_id=_ids(row)),
            }
            for row in waiting
        ],
        "form": form if form.errors else None,
        "decided": [_as_decided(row) for row in decided],
    }
    return render(request, "cases/safety/changes.html", context, status=422 if form.errors else 200)


DECIDED_SHOWN = 25


def _ids(row: PendingChange | SafetyLift | None) -> str:
    """Several forms stand on one page: the fields of each have names of their own."""
    return f"id_{row.reference}_%s" if row else "id_%s"


def _decide_change(request: Request, change: PendingChange, person: Participant, form: ChangeForm) -> None:
    how, note = form.cleaned_data["how"], form.cleaned_data["note"]
    if how == REFUSED:
        actions.refuse_change(change=change, participant=person, because=note, by=request.user)
        messages.success(request, _("Kept: it is not theirs. What was held before is used again."))
        return
    actions.verify_change(change=change, participant=person, how=how, note=note, by=request.user)
    messages.success(
        request,
        _("Verified and saved. Ask them which ways are safe there: until then it counts as not known."),
    )


def _facts(change: PendingChange, person: Participant) -> list[dict[str, str]]:
    held = [getattr(person.person, name) for name in change.fields]
    said = [
        (_("Held now"), ", ".join(value for value in held if value) or _("Nothing")),
        (_("New, not verified"), change.words),
        (_("Written down"), f"{moment(change.asked_at)}, {change.asked_by or change.get_source_display()}"),
        (_("How they knew"), change.said),
    ]
    return [{"label": label, "value": value} for label, value in said if value]


def _as_decided(change: PendingChange) -> dict[str, str]:
    decided = f"{change.get_decision_display()}, {moment(change.decided_at)}"
    who = str(change.decided_by or "")
    note = ". ".join(str(word) for word in (who, change.get_how_display(), change.because) if word)
    return {"text": f"{change.get_what_display()}: {change.words}. {decided}", "note": note}


# --- A warning -------------------------------------------------------------------------------------


def _lift(lift: SafetyLift, part: Participant) -> dict[str, Any]:
    url = reverse("cases:lifts", args=[part.case.reference, part.reference])
    return {
        "what": _("Decide whether a warning about %(who)s is taken back") % {"who": part.person.name},
        "who": part.person.name,
        "url": url,
        "when": moment(lift.asked_at),
        "when_note": str(lift.asked_by or ""),
        "why": f"{lift.words}. “{lift.why}”",
        "tone": "today",
        "button": {"label": _("Decide"), "url": url, "is_primary": False},
    }


@allow(Permission.DECIDE_SAFETY)
def lifts(request: Request, case: str, participant: str) -> HttpResponse:
    """The warnings about this person that somebody asks to take back, and those decided about."""
    person = participant_for(request, case, participant, field_group="safe contact", op=_op(request))
    rows = SafetyLift.objects.filter(person=person.person).select_related("asked_by", "decided_by")
    waiting = list(rows.waiting())
    asked = next((row for row in waiting if row.reference == request.POST.get("lift")), None)
    form = LiftForm(request.POST or None, auto_id=_ids(asked))
    if request.method == "POST" and asked is None:
        raise Stale(_("This was decided already, or the answers were written again. Open the page again."))
    if asked is not None and form.is_valid():
        decide = actions.lift_alert if form.cleaned_data["answer"] == LIFT else actions.keep_alert
        decided = decide(
            lift=asked, participant=person, because=form.cleaned_data["because"], by=request.user
        )
        messages.success(request, f"{decided.words}. {decided.get_decision_display()}.")
        return redirect("cases:lifts", case, participant)
    context = {
        "participant": person,
        "waiting": [
            {
                "lift": row,
                "facts": _of_lift(row),
                "is_mine": row.asked_by_id == request.user.pk,
                "form": form if row == asked else LiftForm(auto_id=_ids(row)),
            }
            for row in waiting
        ],
        "form": form if form.errors else None,
        "decided": [
            {
                "text": f"{row.words}. {row.get_decision_display()}, {moment(row.decided_at)}",
                "note": " ".join(str(word) for word in (row.decided_by or "", row.because) if word),
            }
            for row in rows.exclude(decision="").order_by("-decided_at", "-pk")[:DECIDED_SHOWN]
        ],
    }
    return render(request, "cases/safety/lifts.html", context, status=422 if form.errors else 200)


def _of_lift(lift: SafetyLift) -> list[dict[str, str]]:
    return [
        {"label": _("Asked"), "value": f"{moment(lift.asked_at)}, {lift.asked_by or ''}"},
        {"label": _("Why it is safe now"), "value": lift.why},
    ]


def _op(request: Request) -> AccessEntry.Op:
    """Looking at a form is a look; sending it is a change."""
    return AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT
