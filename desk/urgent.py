"""Friday night on the pages: what must be rung at once, on top of Today; the list, and who is on call.

A standard of our own beside the Code: no figure of compliance counts it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from contacts.call_sheet import log_url
from contacts.models import TELLS, Contact, UrgentCall
from contacts.urgent import Danger, is_out_of_hours, on_call_day
from contacts.urgent_calls import set_aside, set_on_call, standards_on, take_over
from contacts.whom import rota
from desk.urgent_forms import AsideForm, RotaForm
from desk.words import ABOUT
from desk.worklist import covered_by, covering_today
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import justification, listed
from victimcare.cases.context import how_to_reach
from victimcare.cases.models import Participant, may_see
from victimcare.cases.safe_contact import Channel, Verdict, verdicts_for
from victimcare.faults import Refused
from victimcare.govuk.dates import clock_time, day, duration, is_today, long_day, moment, time_or_moment
from victimcare.http import Request
from victimcare.working_days import england_and_wales

AT_MOST = 25  # on top of a day: more than anybody can ring in an hour
PAGE = 25
LOOKS_BACK = timedelta(days=90)
WITH = (
    "event",
    "asked",
    "met_by",
    "set_aside_by",
    "participant__person__safe_contact",
    "participant__case",
    "participant__officer",
)
BECAUSE: dict[str, Promise] = {
    Danger.ABUSE: lazy("Domestic abuse."),
    Danger.STALKING: lazy("Stalking."),
    Danger.SEXUAL: lazy("A sexual offence."),
}


# --- On top of Today -------------------------------------------------------------------------------


def urgent_for(user: User) -> QuerySet[UrgentCall]:
    """The calls this person must see made now: of their own people, asked of them, or of their team."""
    if not user.may(Permission.LOG_CONTACT):
        return UrgentCall.objects.none()
    mine = Q(participant__officer=user) | Q(participant__officer__in=covering_today(user)) | Q(asked=user)
    if user.has_role(Role.SUPERVISOR):
        mine |= Q(participant__team=user.team_id) | Q(participant__team=None)
    if user.has_role(Role.OFFICER_IN_THE_CASE) and user.collar:
        mine |= Q(participant__case__oic_collar=user.collar)
    return UrgentCall.objects.open().filter(mine & may_see(user, "participant__"))


@dataclass
class OnTop:
    """The calls to make now, as rows: what falls to this person, what falls to somebody else, and whom they name."""

    mine: list[dict[str, Any]] = field(default_factory=list)
    with_others: list[dict[str, Any]] = field(default_factory=list)
    people: list[Participant] = field(default_factory=list)


def urgent_today(user: User, which: Sequence[int]) -> OnTop:
    """These calls (`on_top` finds them): one's own first, then what is due first. No query for none."""
    if not which:
        return OnTop()
    rows = UrgentCall.objects.filter(pk__in=which).select_related(*WITH)
    calls = list(rows.order_by("due_at", "pk")[:AT_MOST])
    calls.sort(key=lambda call: call.asked_id != user.pk)
    tried = _tried(calls)
    people = {call.participant_id: call.participant for call in calls}
    said = verdicts_for(people.values())
    found = OnTop(people=list(people.values()))
    for call in calls:
        row = _row(call, user, tried, said)
        (found.mine if _is_for(user, call) else found.with_others).append(row)
    return found


def _is_for(user: User, call: UrgentCall) -> bool:
    """Whether this person is to ring: asked, one of all who were, or the officer in the case. What is late is for all."""
    if call.asked_id is None or call.asked_id in (user.pk, *covered_by(user)) or call.due_at < clock.now():
        return True
    return user.has_role(Role.OFFICER_IN_THE_CASE) and call.participant.case.oic_collar == user.collar != ""


def whose(call: UrgentCall, user: User) -> str:
    """Whose an open call is, to somebody who reads of it."""
    if call.asked_id == user.pk:
        return _("It is yours.")
    if call.asked is None:
        return _("Every supervisor of the team was told.")
    return _("It is with %s.") % call.asked


def _tried(calls: Iterable[UrgentCall]) -> dict[int, list[Contact]]:
    """The calls made to each of these since, which reached nobody or told something else. One query."""
    calls = list(calls)
    since = min(call.event.occurred_at for call in calls)
    rows = Contact.objects.filter(
        participant__in=[call.participant_id for call in calls],
        at__gte=since,
        direction=Contact.Direction.OUT,
    )
    tried: dict[int, list[Contact]] = {}
    for contact in rows.select_related("by").order_by("at", "pk")[:200]:
        tried.setdefault(contact.participant_id, []).append(contact)
    return tried


def _row(
    call: UrgentCall, user: User, tried: dict[int, list[Contact]], said: dict[int, dict[Channel, Verdict]]
) -> dict[str, Any]:
    """One call to make, for `work_row`."""
    part, now = call.participant, clock.now()
    minutes = int((call.due_at - now).total_seconds() // 60)
    attempts = [contact for contact in tried.get(part.pk, []) if contact.at >= call.event.occurred_at]
    shows_numbers = user.may(Permission.VIEW_CONTACT_DETAILS)
    details = [{"label": _("Tried"), "value": attempt_line(contact)} for contact in attempts[-5:]]
    may_ring = said[part.pk][Channel.PHONE].allowed
    what = _("Ring %(who)s now: %(what)s") if may_ring else _("Tell %(who)s in person, do not ring: %(what)s")
    how = [] if may_ring else [str(INSTEAD)]
    if user.may(Permission.VIEW_SAFE_CONTACT):
        how.append(how_to_reach(part, said[part.pk], shows_numbers=may_ring and shows_numbers))
    row = {
        "what": what % {"who": part.person.name, "what": ABOUT.get(call.event.kind, call.event.title)},
        "who": part.person.name,
        "url": reverse("desk:summary", args=[part.case.reference, part.reference]),
        "when": _("by %s") % time_or_moment(call.due_at),
        "when_note": _("in %s") % duration(minutes) if minutes >= 0 else _("%s late") % duration(-minutes),
        "tone": "critical",
        "why": " ".join(
            (f"{call.event.title}, {moment(call.event.occurred_at)}.", in_danger(call), str(OURS))
        ),
        "how": " ".join(how),
        "button": {
            "label": _("Call") if may_ring else _("Log how they were told"),
            "url": log_url(part, [call.event]),
            "is_primary": may_ring,
        },
        "details": details,
        "note_for_me": f"{whose(call, user)} {_tried_line(attempts)}",
    }
    if call.asked_id != user.pk and user.may(Permission.WATCH_URGENT):
        row["post"] = {
            "label": _("Take it over"),
            "url": reverse("desk:take-urgent", args=[call.reference]),
            "name": "version",
            "value": call.version,
        }
    if user.may(Permission.WATCH_URGENT):
        row["explain_url"] = reverse("desk:urgent-call", args=[call.reference])
    return row


OURS = lazy("Our own standard, not the Code’s.")
# The hour ends with a visit as with a call, and going there needs no number.
INSTEAD = lazy("They may not be rung now: see them alone, or have the officer in the case go there.")


def in_danger(call: UrgentCall) -> str:
    return " ".join(str(BECAUSE[each]) for each in call.dangers if each in BECAUSE)


def attempt_line(contact: Contact) -> str:
    """Fri 20 Nov, 21:30: no answer, Olwen Officer."""
    who = str(contact.by or contact.by_collar)
    return f"{moment(contact.at)}: {str(contact.get_outcome_display()).lower()}, {who}"


def _tried_line(attempts: list[Contact]) -> str:
    failed = [contact for contact in attempts if contact.outcome not in TELLS]
    if not failed:
        return _("Nobody has tried yet.")
    last = failed[-1]
    line = (
        ngettext(
            "Tried %(n)d time; last at %(time)s: %(outcome)s.",
            "Tried %(n)d times; last at %(time)s: %(outcome)s.",
            len(failed),
        )
        if is_today(last.at)
        else ngettext(
            "Tried %(n)d time; last on %(time)s: %(outcome)s.",
            "Tried %(n)d times; last on %(time)s: %(outcome)s.",
            len(failed),
        )
    )
    return line % {
        "n": len(failed),
        "time": time_or_moment(last.at),
        "outcome": str(last.get_outcome_display()).lower(),
    }


# --- The list --------------------------------------------------------------------------------------


@allow(Permission.WATCH_URGENT)
def urgent(request: Request) -> HttpResponse:
    """Every call of the last 90 days, the newest first; how many were in time, late, missed or set aside."""
    user = request.user
    rows = (
        UrgentCall.objects.filter(known_at__gte=clock.now() - LOOKS_BACK)
        .filter(may_see(user, "participant__"))
        .select_related(*WITH)
        .order_by("-known_at", "-pk")
    )
    edge = UrgentCall.objects.filter(reference=request.GET.get("before", "")[:20]).first()
    if edge:
        rows = rows.filter(Q(known_at__lt=edge.known_at) | Q(known_at=edge.known_at, pk__lt=edge.pk))
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    listed(request, [call.participant for call in shown], field_group="urgent calls")
    here = reverse("desk:urgent")
    context = {
        "columns": [_("Whom"), _("What"), _("Known"), _("By"), _("What became of it")],
        "rows": [_in_a_row(call, user) for call in shown],
        "older_url": f"{here}?before={shown[-1].reference}" if len(found) > PAGE else "",
        "newer_url": here if edge else "",
        "on_call": _on_call(user),
    }
    return render(request, "desk/urgent.html", context)


def _in_a_row(call: UrgentCall, user: User) -> list[Any]:
    part = call.participant
    state, tone = state_of(call)
    return [
        {
            "text": part.person.name,
            "url": reverse("desk:urgent-call", args=[call.reference]),
            "note": part.case.reference,
        },
        {"text": str(call.event.title), "note": in_danger(call)},
        {"text": moment(call.known_at), "note": _("out of hours") if call.is_out_of_hours else ""},
        {"text": clock_time(call.due_at), "note": day(call.due_at)},
        {"text": state, "tone": tone, "note": call.because or ("" if call.ended_as else whose(call, user))},
    ]


def state_of(call: UrgentCall) -> tuple[str, str]:
    """What became of it in words, and the tone they are shown in."""
    if call.ended_as == UrgentCall.Ended.MET and call.met_at:
        late = int((call.met_at - call.due_at).total_seconds() // 60)
        if late <= 0:
            return _in_time(call.met_at), ""
        return _("Reached %(when)s, %(late)s late") % {
            "when": moment(call.met_at),
            "late": duration(max(late, 1)),
        }, "due"
    if call.ended_as:
        return str(call.get_ended_as_display()), ""
    if call.due_at < clock.now():
        return _("Missed: nobody has reached them"), "danger"
    return _("To be rung now"), "due"


def _in_time(met_at: datetime) -> str:
    if is_today(met_at):
        return _("Reached at %s, in time") % clock_time(met_at)
    return _("Reached %(when)s, in time") % {"when": moment(met_at)}


def _on_call(user: User) -> str:
    """Who is on call for this team, in a sentence: now, or while the unit is open from this evening. Two queries."""
    now = clock.now()
    standards = standards_on(clock.today())
    on = on_call_day(now, standards)
    turn = rota(user.team_id, on, on).get(on) if user.team_id else None
    is_now = is_out_of_hours(now, standards, bank_holidays=england_and_wales())
    if turn is None:
        return (
            _("Nobody is on call now: every supervisor is told.")
            if is_now
            else _("Nobody is on call tonight: every supervisor is told.")
        )
    return (_("%s is on call now.") if is_now else _("%s is on call tonight.")) % turn.user


# --- One of them -----------------------------------------------------------------------------------


@allow(Permission.WATCH_URGENT)
def urgent_call(request: Request, call: str) -> HttpResponse:
    """One call: whom, why, what was tried; a supervisor may set it aside with the reason."""
    found = _opened(request, call)
    form = AsideForm(request.POST or None, initial={"version": found.version})
    if form.is_valid():
        try:
            set_aside(
                call=found,
                because=form.cleaned_data["because"],
                version=form.cleaned_data["version"] or 0,
                by=request.user,
            )
        except Refused as refused:
            form.add_error(None, str(refused.sentence))
        else:
            messages.success(request, _("Set aside. It stays on the list, with your reason."))
            return redirect("desk:urgent")
    state, tone = state_of(found)
    may_ring = verdicts_for([found.participant])[found.participant_id][Channel.PHONE].allowed
    context = {
        "call": found,
        "form": form if not found.ended_as else None,
        "facts": _facts(found),
        "state": state,
        "state_tone": "danger" if tone == "danger" else "",
        "call_url": log_url(found.participant, [found.event]),
        "instead": "" if may_ring else INSTEAD,
        "is_mine": found.asked_id == request.user.pk,
        "cancel_url": reverse("desk:urgent"),
    }
    return render(request, "desk/urgent_call.html", context, status=422 if form.errors else 200)


def _opened(request: Request, reference: str) -> UrgentCall:
    """The call of this reference, ended or not, and that it was opened is written down. Raises Http404."""
    seen = UrgentCall.objects.filter(may_see(request.user, "participant__"), reference=reference)
    found = get_object_or_404(seen.select_related(*WITH))
    part = found.participant
    record_access(
        by=request.user,
        op=AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT,
        case=part.case.reference,
        subject=part.reference,
        field_group="urgent call",
        justification=justification(request.user, part),
        path=request.path,
    )
    return found


def _facts(call: UrgentCall) -> list[dict[str, str]]:
    part = call.participant
    tried = [contact for contact in _tried([call]).get(part.pk, []) if contact.at >= call.event.occurred_at]
    said = [
        {"label": _("What happened"), "value": f"{call.event.title}, {moment(call.event.occurred_at)}"},
        {"label": _("Why it is urgent"), "value": in_danger(call)},
        {"label": _("Known here"), "value": moment(call.known_at)},
        {"label": _("To be rung by"), "value": moment(call.due_at)},
        {"label": _("Whose to ring"), "value": str(call.asked or _("Every supervisor of the team"))},
        {
            "label": _("Tried"),
            "value": "; ".join(attempt_line(contact) for contact in tried[-10:])
            or _("Nobody has tried yet."),
        },
    ]
    if call.set_aside_by:
        said.append({"label": _("Set aside"), "value": f"{call.set_aside_by}: {call.because}"})
    return said


@allow(Permission.WATCH_URGENT)
@require_POST
def take_urgent(request: Request, call: str) -> HttpResponse:
    """A supervisor rings instead of whoever was asked; everybody else reads whose it is."""
    found, version = _opened(request, call), request.POST.get("version", "")
    try:
        take_over(
            call=found,
            version=int(version) if re.fullmatch(r"[0-9]{1,9}", version) else 0,
            by=request.user,
        )
    except Refused as refused:
        messages.error(request, str(refused.sentence))
    else:
        messages.success(
            request, _("It is yours now. Today says how to tell %s.") % found.participant.person.name
        )
    return redirect("desk:today")


# --- Who is on call --------------------------------------------------------------------------------


@allow(Permission.WATCH_URGENT)
def on_call(request: Request) -> HttpResponse:
    """Who answers for the team out of hours, a week at a time."""
    team = request.user.team
    monday = _monday(request.GET.get("week", ""))
    days = [monday + timedelta(days=n) for n in range(7)]
    turns = rota(team.pk, days[0], days[-1]) if team else {}
    supervisors = User.objects.supervisors_of(team).order_by("display_name") if team else User.objects.none()
    form = RotaForm(
        request.POST or None,
        days=days,
        people=supervisors,
        today=clock.today(),
        initial={f"on_{on}": row.user_id for on, row in turns.items()},
    )
    week = f"{reverse('desk:on-call')}?week={monday}"
    if form.is_valid():
        if team is None:
            form.add_error(None, _("You are in no team, so there is no rota of yours."))
        else:
            try:
                changed = set_on_call(team=team, turns=form.turns, by=request.user)
            except Refused as refused:
                form.add_error(None, str(refused.sentence))
            else:
                messages.success(
                    request,
                    ngettext("Saved: %(n)d day changed.", "Saved: %(n)d days changed.", changed)
                    % {"n": changed},
                )
                return redirect(week)
    standards = standards_on(clock.today())
    context = {
        "form": form,
        "week": long_day(monday),
        "earlier_url": f"{reverse('desk:on-call')}?week={monday - timedelta(days=7)}",
        "later_url": f"{reverse('desk:on-call')}?week={monday + timedelta(days=7)}",
        "hours": {"opens": f"{standards.opens:02d}:00", "closes": f"{standards.closes:02d}:00"},
        "cancel_url": reverse("desk:urgent"),
    }
    return render(request, "desk/on_call.html", context, status=422 if form.errors else 200)


def _monday(asked: str) -> date:
    """The Monday of the week asked for, within two years of today; this week's where it cannot be read."""
    today = clock.today()
    try:
        chosen = datetime.strptime(asked, "%Y-%m-%d").date() if len(asked) == 10 else today  # noqa: DTZ007
    except ValueError:
        chosen = today
    if abs((chosen - today).days) > 730:
        chosen = today
    return chosen - timedelta(days=chosen.weekday())
