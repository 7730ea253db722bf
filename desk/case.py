"""The pages of one person's case that look across every app: summary, timeline, rights, who looked."""

from collections import Counter
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance.breaches import is_a_breach
from compliance.excuses import CAN_BE_EXCUSED, asked_about
from compliance.explain import due_of, explain
from compliance.models import Duty, Excuse
from compliance.words import RIGHTS, short
from contacts.models import ContactPlan, Promise
from contacts.told import Row
from contacts.truth import told_to
from courts.models import Hearing
from desk.day import Thing, things
from desk.owed import OURS_TO_TELL, of_duties, owed_to, plan_in_force
from desk.timeline import FILTERS, story
from desk.told import as_told, tell_url
from desk.worklist import button, in_sentences
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import case_for, listed, participant_for
from victimcare.cases.context import verdicts_here
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import whom_not_to_ask
from victimcare.cases.same_person import panel
from victimcare.govuk.dates import day, due, moment
from victimcare.http import Request, moment_from

LOOKS_SHOWN = 100
PROMISES_SHOWN = 10
Asked = dict[tuple[str, int], Excuse]  # by rule and event


@allow(Permission.VIEW_CASE)
def case(request: Request, case: str) -> HttpResponse:
    """The one person of this case whom the reader may see, or the choice between them."""
    found = case_for(request, case)
    people = list(
        Participant.objects.visible_to(request.user)
        .filter(case=found)
        .select_related("person")
        .order_by("role", "pk")[:100]
    )
    if len(people) == 1:
        return redirect("desk:summary", case, people[0].reference)
    listed(request, people, field_group="case")
    rows = [
        {
            "label": person.person.name,
            "url": reverse("desk:summary", args=[case, person.reference]),
            "status": person.get_role_display(),
            "hint": _("Closed") if person.closed_at else "",
        }
        for person in people
    ]
    return render(request, "desk/case.html", {"case": found, "rows": rows})


# --- Summary ---------------------------------------------------------------------------------------


@allow(Permission.VIEW_CASE)
def summary(request: Request, case: str, participant: str) -> HttpResponse:
    """What is owed next, what they were last told, the latest of the story, and who is who."""
    person = participant_for(request, case, participant)
    user = request.user
    acting = list(
        Participant.objects.filter(represents=person, closed_at=None)
        .select_related("person", "case")
        .order_by("pk")[:10]
    )
    if acting and user.may(Permission.VIEW_SAFE_CONTACT):
        verdicts_here(request, acting)
    duties = (
        list(Duty.objects.owed_to(person).with_checks().select_related("event"))
        if user.may(Permission.VIEW_RIGHTS)
        else []
    )
    plan = plan_in_force(person)
    promises = list(Promise.objects.open().filter(participant=person).select_related("made_by")[:100])
    sees_contacts = user.may(Permission.VIEW_CONTACTS)
    told = told_to([person])[person.pk] if sees_contacts else []
    context = {
        "participant": person,
        "next": _next(owed_to(person, user, duties, plan, promises), person, request)
        or _next_of_others(duties, person),
        "told": _told(told),
        "misled": [row for row in told if row.misleads],
        "tell_url": tell_url(person, [row for row in told if row.misleads]),
        "latest": story(person, user, room=5, is_whole=False).items
        if user.may(Permission.VIEW_TIMELINE)
        else [],
        "promises": [
            {
                "text": promise.what,
                "note": _("%(who)s, by %(day)s") % {"who": promise.made_by, "day": day(promise.due_on)},
            }
            for promise in promises[:PROMISES_SHOWN]
        ]
        if sees_contacts
        else [],
        "plan": _plan(plan) if sees_contacts else [],
        "people": _people(person, acting, user),
        "same_person": panel(person, user),
        "dates": _dates(person, plan),
        "rights": _counts(duties),
        "undated": sum(
            duty.status == Duty.Status.OPEN and not duty.due_on and not duty.is_local for duty in duties
        ),
    }
    return render(request, "desk/summary.html", context)


def _next(found: list[Thing], person: Participant, request: Request) -> dict[str, Any] | None:
    """What is owed next, in one sentence with one button; None when nothing with a date is."""
    if not found:
        return None
    thing = found[0]
    due_then = due(thing.due_on, clock.today())
    references = (person.case.reference, person.reference)
    said = in_sentences(thing, person.person.first_name)
    action = button(thing, references, request.user, verdicts_here(request))
    return {
        "heading": said["what"],
        "body": f"{due_then.sentence}. {said['why']} {_whose_duty(thing, person, request.user)}",
        "tone": "danger" if due_then.tone == "overdue" else "",
        "label": action["label"] if action else "",
        "url": action["url"] if action else "",
        "steps": said.get("explain", []),
        "more": len(found) - 1,
    }


def _next_of_others(duties: list[Duty], person: Participant) -> dict[str, Any] | None:
    """What the CPS, a court or probation owes next, where nothing is left for us: to know, with no button."""
    theirs = things(of_duties(duty for duty in duties if duty.owner not in OURS_TO_TELL))
    if not theirs:
        return None
    thing = theirs[0]
    thing.items[0].source.participant = person  # type: ignore[attr-defined]
    said = in_sentences(thing, person.person.first_name)
    return {
        "heading": said["what"],
        "body": f"{due(thing.due_on, clock.today()).sentence}. {said['why']} {_whose_duty(thing, person, None)}",
        "tone": "",
        "label": "",
        "url": "",
        "steps": said.get("explain", []),
        "more": len(theirs) - 1,
    }


def _whose_duty(thing: Thing, person: Participant, user: User | None) -> str:
    """Who has to do it, in a sentence: the reader, somebody of the unit by name, or whoever else owes it."""
    source = thing.items[0].source
    owner = source.owner if isinstance(source, Duty) else Duty.Owner.FORCE
    who = source.falls_to if isinstance(source, Promise) else person.officer
    if owner == Duty.Owner.WCU:
        who = person.case.witness_care_officer
    elif owner != Duty.Owner.FORCE:
        who = None
    is_theirs = owner == Duty.Owner.FORCE and who is None and user is not None and bool(user.collar)
    if user is not None and (who == user or (is_theirs and user.collar == person.case.oic_collar)):
        return _("Whose duty: yours.")
    if owner == Duty.Owner.FORCE and who is None:
        named = person.case.oic_name or person.case.oic_collar
        said = _("the officer in the case, %s") % named if named else _("the officer in the case")
    elif owner == Duty.Owner.FORCE:
        said = _("%s, for the unit") % who
    else:
        label = str(Duty.Owner(owner).label)
        said = f"{label}, {who}" if who else label
    return _("Whose duty: %s.") % said


def _told(rows: list[Row]) -> list[dict[str, Any]]:
    """For `told_table`: of each topic what misleads, and the newest."""
    shown: dict[str, list[Row]] = {}
    for row in rows:
        shown.setdefault(str(row.about), []).append(row)
    return [as_told(row) for each in shown.values() for n, row in enumerate(each) if n == 0 or row.misleads]


def _plan(plan: ContactPlan | None) -> list[dict[str, str]]:
    if plan is None:
        return [{"text": _("No plan agreed yet")}]
    said = f"{plan.how_often}: {', '.join(plan.channel_labels).lower()}"
    agreed = _("Agreed %(day)s with %(whom)s") % {"day": day(plan.agreed_on), "whom": plan.agreed_with}
    return [
        {
            "text": f"“{plan.words}”" if plan.words else said,
            "note": f"{said}. {agreed}" if plan.words else agreed,
        }
    ]


def _people(person: Participant, acting: list[Participant], user: User) -> list[dict[str, Any]]:
    """Who works with this person, and who acts for them."""
    case = person.case
    people = _acting(acting, person, user)
    if person.represents_id and person.represents:
        people.append({"text": person.represents.person.name, "note": _("they act for this victim")})
    if person.officer:
        people.append({"text": person.officer.display_name, "note": _("victim care officer")})
    elif person.is_victim:
        people.append({"text": _("Nobody allocated"), "note": _("the officer in the case answers for them")})
    if case.oic_name or case.oic_collar:
        note = ", ".join(part for part in (_("officer in the case"), case.oic_team) if part)
        people.append({"text": case.oic_name or case.oic_collar, "note": note})
    if case.witness_care_officer:
        people.append({"text": case.witness_care_officer.display_name, "note": _("witness care officer")})
    return people


def _acting(acting: list[Participant], person: Participant, user: User) -> list[dict[str, Any]]:
    """Who acts for them; beside whoever may not, that they are not contacted, and to whom it is shown, why."""
    sees_why = user.may(Permission.VIEW_SAFE_CONTACT)
    unsafe = whom_not_to_ask(acting, [person])
    return [
        {
            "text": each.person.name,
            "note": (unsafe[each.pk] if sees_why else _("not to be contacted"))
            if each.pk in unsafe
            else _("acts for them"),
        }
        for each in acting
    ]


def _dates(person: Participant, plan: ContactPlan | None) -> list[dict[str, str]]:
    """What is coming, soonest first."""
    today = clock.today()
    dates: list[tuple[date, str]] = [
        (
            hearing.listed_on,
            _("%(type)s, %(court)s") % {"type": hearing.get_type_display(), "court": hearing.court.name},
        )
        for hearing in Hearing.objects.filter(case=person.case, listed_on__gte=today, moved_to=None)
        .select_related("court")
        .order_by("listed_on")[:5]
    ]
    if plan and plan.due_on:
        dates.append((plan.due_on, _("next update under the plan")))
    safe = getattr(person.person, "safe_contact", None)
    if safe and safe.review_on:
        dates.append((safe.review_on, _("ask again how to contact safely")))
    return [{"text": due(on, today).sentence, "note": what} for on, what in sorted(dates)]


def standing_of(duty: Duty, today: date) -> str:
    """met, late, owed, missed, no_evidence, excused, declined or none: how it stands today, for the reader."""
    if duty.status in (Duty.Status.MET, Duty.Status.MET_LATE):
        return "met" if duty.status == Duty.Status.MET else "late"
    if duty.status in (Duty.Status.EXEMPT, Duty.Status.DECLINED):
        return "excused" if duty.status == Duty.Status.EXEMPT else "declined"
    if duty.status != Duty.Status.OPEN:
        return "none"
    if duty.due_on is None or duty.due_on >= today:
        return "owed"
    return "missed" if duty.is_ours else "no_evidence"


STANDINGS = ("met", "late", "owed", "missed", "no_evidence", "excused", "declined", "none")


def _label(standing: str) -> tuple[str, str]:
    """The word and the colour of a tag."""
    return {
        "met": (_("Met"), "green"),
        "late": (_("Met late"), "amber"),
        "owed": (_("Owed"), "blue"),
        "missed": (_("Missed"), "red"),
        "no_evidence": (_("No evidence"), "grey"),
        "excused": (_("Excused"), "grey"),
        "declined": (_("Declined"), "grey"),
        "none": (_("Does not apply"), "grey"),
    }[standing]


def _counts(duties: list[Duty]) -> list[dict[str, str]]:
    counts = Counter(standing_of(duty, clock.today()) for duty in duties if not duty.is_local)
    return [
        {"text": f"{_label(standing)[0]} {counts[standing]}", "colour": _label(standing)[1]}
        for standing in STANDINGS
        if counts[standing]
    ]


# --- Timeline --------------------------------------------------------------------------------------


@allow(Permission.VIEW_TIMELINE)
def timeline(request: Request, case: str, participant: str) -> HttpResponse:
    """Everything that happened, newest first."""
    person = participant_for(request, case, participant, field_group="timeline")
    only = request.GET.get("show", "")
    only = only if only in FILTERS else ""
    page = story(person, request.user, only=only, before=moment_from(request.GET.get("before", "")))
    here = reverse("desk:timeline", args=[case, participant])
    filters = [
        {
            "label": label,
            "url": here if key == only or not key else f"{here}?show={key}",
            "is_on": bool(key) and key == only,
        }
        for key, (label, _kinds) in FILTERS.items()
        if key
    ]
    older = {"show": only, "before": page.older}
    context = {
        "participant": person,
        "items": page.items,
        "filters": filters,
        "newer_url": (f"{here}?show={only}" if only else here) if request.GET.get("before") else "",
        "older_url": f"{here}?{urlencode({k: v for k, v in older.items() if v})}" if page.older else "",
    }
    return render(request, "desk/timeline.html", context)


# --- Rights ----------------------------------------------------------------------------------------


@allow(Permission.VIEW_RIGHTS)
def rights(request: Request, case: str, participant: str) -> HttpResponse:
    """The twelve rights, each with what it owes this person and how that stands."""
    person = participant_for(request, case, participant, field_group="rights")
    today = clock.today()
    duties = list(
        Duty.objects.owed_to(person)
        .with_checks()
        .select_related("event")
        .order_by("right", "clock_on", "pk")[:500]
    )
    asked = asked_about(person)
    rows = {
        duty.pk: _in_words(duty, today) | _may_be_done(duty, asked, request.user, today) for duty in duties
    }
    sections = [
        {
            "number": number,
            "title": title,
            "duties": [rows[duty.pk] for duty in duties if duty.right == number and not duty.is_local],
        }
        for number, title in RIGHTS.items()
    ]
    local = [rows[duty.pk] for duty in duties if duty.is_local]
    context = {"participant": person, "sections": sections, "local": local, "counts": _counts(duties)}
    return render(request, "desk/rights.html", context)


def _in_words(duty: Duty, today: date) -> dict[str, Any]:
    standing = standing_of(duty, today)
    status, colour = _label(standing)
    if standing in ("excused", "declined", "none"):
        status = str(duty.get_status_display())
    when = ""
    if duty.settled_on:
        when = day(duty.settled_on)
    elif duty.due_on:
        when = due_of(duty, today).sentence
    elif standing == "owed":
        when = _("The Code gives no number of days")
    return {
        "what": short(duty.rule),
        "why": f"{duty.event.title}, {day(duty.clock_on)}",
        "when": when,
        "owner": duty.get_owner_display(),
        "status": status,
        "colour": colour,
        "steps": explain(duty),
    }


def _may_be_done(duty: Duty, asked: Asked, user: User, today: date) -> dict[str, str]:
    """What was asked about a duty, and where to ask that it be excused, or see why it was late."""
    excuse = asked.get((duty.rule, duty.event_id))
    waits = excuse is not None and excuse.decision == Excuse.Decision.WAITING
    may_ask = user.may(Permission.ASK_EXCUSE) and duty.status in CAN_BE_EXCUSED and not waits
    said = f"{excuse.get_status_display()}: {str(excuse.get_decision_display()).lower()}" if excuse else ""
    if excuse and excuse.because and excuse.decision == Excuse.Decision.REFUSED:
        said += f" ({excuse.because})"
    return {
        "asked": said,
        "excuse_url": reverse("compliance:excuse", args=[excuse.reference])
        if excuse and user.may(Permission.DECIDE_EXCUSE)
        else "",
        "ask_url": reverse("compliance:ask-excuse", args=[duty.pk]) if may_ask else "",
        "breach_url": reverse("compliance:breach", args=[duty.pk]) if is_a_breach(duty, today) else "",
    }


# --- Who looked ------------------------------------------------------------------------------------


@allow(Permission.VIEW_ACCESS)
def who_looked(request: Request, case: str, participant: str) -> HttpResponse:
    """Everybody who opened this case, newest first."""
    person = participant_for(request, case, participant, field_group="access")
    looks = AccessEntry.objects.filter(case=case).order_by("-at", "-pk")[:LOOKS_SHOWN]
    ops = {op.value: str(op.label) for op in AccessEntry.Op}
    rows = [
        [
            moment(look.at),
            {"text": look.actor_name, "note": role_names(look.actor_roles)},
            {"text": ops.get(look.op, look.op), "note": look.field_group},
            _whose(look.subject, person),
            look.justification,
        ]
        for look in looks
    ]
    n = len(rows)
    caption = ngettext("The latest %(n)d look", "The latest %(n)d looks", n) % {"n": n}
    columns = [_("When"), _("Who"), _("What"), _("Whose pages"), _("Why they could")]
    context = {"participant": person, "columns": columns, "rows": rows, "caption": caption}
    return render(request, "desk/who_looked.html", context)


def _whose(subject: str, person: Participant) -> str:
    """Whose pages: this person's, somebody else's, or the case itself."""
    if not subject:
        return _("the case")
    return person.person.name if subject == person.reference else _("another person in this case")


def role_names(stored: str) -> str:
    """The roles somebody held when they looked, in words."""
    return ", ".join(str(Role(role).label) if role in Role else role for role in stored.split(",") if role)
