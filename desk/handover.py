"""The brief of whoever takes over from a colleague: of each person, what one must know before ringing.

Written from what is so when it is read. Whoever takes over ticks the people whose brief they have read; the
supervisors see who is not ticked yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from compliance.models import Duty
from contacts.call_sheet import event_line
from contacts.models import Contact, Promise, UrgentCall
from desk import owed, words
from desk.day import Thing, things
from desk.worklist import in_sentences, last_contacts, last_said
from referrals import actions
from referrals.models import HandedOver, Handover
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed
from victimcare.cases.context import StripItem, strip
from victimcare.cases.models import Entitlement, Exclusion, Participant, SafeContact
from victimcare.cases.safe_contact import (
    Channel,
    Verdict,
    in_danger,
    is_flagged,
    verdicts_for,
    whom_not_to_ask,
)
from victimcare.govuk.dates import day, due, moment
from victimcare.govuk.forms import Form, FormKeyField
from victimcare.http import Request

PAGE = 25
AT_MOST = 1000  # people of one handover
NEXT = 3  # things to do for each
TOLD = 3


@dataclass
class Brief:
    """What whoever takes over one person must know, as plain values."""

    participant: Participant
    url: str
    line: str
    tags: list[dict[str, str]] = field(default_factory=list)
    reach: list[StripItem] = field(default_factory=list)
    told: str = ""
    last: str = ""
    promised: list[str] = field(default_factory=list)
    do_not_say: list[str] = field(default_factory=list)
    next: list[dict[str, str]] = field(default_factory=list)
    ring_now: str = ""  # an urgent call that is open: by when
    is_received: bool = False


class ReceiveForm(Form):
    """Only its key: one tick, however often it is sent."""

    form_key = FormKeyField()


# --- The pages -------------------------------------------------------------------------------------


@allow(Permission.VIEW_CONTACTS)
@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: Request, handover: str) -> HttpResponse:
    """The brief, the most urgent first: 25 to a page, or all of them for paper. POST ticks the ones read."""
    found = get_object_or_404(
        Handover.objects.visible_to(request.user).select_related("from_officer", "to_officer", "leave"),
        reference=handover,
    )
    if found.leave and (found.leave.cancelled_at or found.leave.until_on < clock.today()):
        return render(request, "desk/handover_over.html", {"handover": found})
    received = _received(found, request.user)
    if request.method == "POST":
        return _receive(request, found, received)
    people = _in_order(received, request.user)
    is_whole = request.GET.get("all") == "1"
    page = Paginator(people, AT_MOST if is_whole else PAGE).get_page(request.GET.get("page"))
    shown = [person for person, _things in page]
    listed(request, shown, field_group="handover")
    left = sum(1 for at in received.values() if at is None)
    context = {
        "handover": found,
        "briefs": _briefs(list(page), request.user, received),
        "page": page,
        "total": len(people),
        "left": left,
        "is_whole": is_whole,
        "is_mine": found.to_officer_id == request.user.pk,
        "uncovered": _uncovered(found, request.user),
        "form": ReceiveForm(),
        "at": clock.now(),
    }
    return render(request, "desk/handover.html", context)


def _receive(request: Request, found: Handover, received: dict[int, Any]) -> HttpResponse:
    """Tick the people whose brief was read: those ticked on the page, or everybody."""
    wanted = set(request.POST.getlist("person"))
    people = Participant.objects.filter(pk__in=received)
    if request.POST.get("do") != "all":
        people = people.filter(reference__in=wanted)
    n = actions.receive(handover=found, participants=people, by=request.user)
    if n:
        words = ngettext("%(n)d person received.", "%(n)d people received.", n)
        messages.success(request, words % {"n": n})
    else:
        messages.warning(request, _("Tick the people whose brief you have read."))
    here = reverse("desk:handover", args=[found.reference])
    page = request.GET.get("page", "")
    return redirect(f"{here}?page={page}" if page.isdecimal() and len(page) < 5 else here)


@allow(Permission.VIEW_CONTACTS)
@require_safe
def handovers(request: Request) -> HttpResponse:
    """What is handed over to this person and by them; for a supervisor, the whole team's. Names nobody."""
    rows = [_row(each) for each in handovers_of(request.user)]
    columns = [
        _("Handover"),
        _("Why"),
        {"label": _("People"), "is_number": True},
        {"label": _("Not received yet"), "is_number": True},
        _("Made"),
    ]
    return render(request, "desk/handovers.html", {"rows": rows, "columns": columns})


def handovers_of(user: User, *, room: int = 100) -> list[Any]:
    """Handovers that stand, newest first, with how many people each has and how many are not received.

    Nobody is counted whom the reader may not see.
    """
    seen = Participant.objects.visible_to(user)
    here = Q(people__in=HandedOver.objects.with_whom_they_are().filter(participant__in=seen))
    return list(
        Handover.objects.visible_to(user)
        .standing(clock.today())
        .select_related("from_officer", "to_officer", "leave")
        .annotate(
            total=Count("people", filter=here),
            left=Count("people", filter=here & Q(people__received_at=None)),
        )
        .filter(total__gt=0)
        .order_by("-made_at", "-pk")[:room]
    )


def not_received(user: User, *, most: int) -> int:
    """How many people of this supervisor's team were handed over and are not ticked yet; `most` at most."""
    rows = HandedOver.objects.unreceived(clock.today()).filter(
        handover__to_officer__team=user.team_id, participant__in=Participant.objects.visible_to(user)
    )
    return len(rows.values_list("pk", flat=True)[:most])


def unread_by(user: User) -> list[dict[str, Any]]:
    """What is handed over to this person and not read yet, for their home page. One query."""
    rows = (
        HandedOver.objects.unreceived(clock.today())
        .filter(handover__to_officer=user, participant__in=Participant.objects.visible_to(user))
        .values("handover__reference", "handover__from_officer__display_name")
        .annotate(n=Count("pk"))
        .order_by("handover__made_at")[:10]
    )
    return [
        {
            "words": ngettext(
                "%(who)s hands %(n)d person over to you.", "%(who)s hands %(n)d people over to you.", row["n"]
            )
            % {"who": row["handover__from_officer__display_name"], "n": row["n"]},
            "url": reverse("desk:handover", args=[row["handover__reference"]]),
        }
        for row in rows
    ]


def _row(each: Any) -> list[Any]:
    why = each.reason
    if each.leave:
        why = f"{each.leave.get_kind_display()}, {day(each.leave.from_on)} – {day(each.leave.until_on)}"
    return [
        {
            "text": _("%(from)s to %(to)s") % {"from": each.from_officer, "to": each.to_officer},
            "url": reverse("desk:handover", args=[each.reference]),
        },
        why,
        each.total,
        {"text": each.left, "tone": "danger"} if each.left else "0",
        day(each.made_at),
    ]


# --- Who is on it ----------------------------------------------------------------------------------


def _received(found: Handover, user: User) -> dict[int, Any]:
    """Those who are still with whom the handover says and whom the reader may see: when each was ticked."""
    rows = HandedOver.objects.with_whom_they_are().filter(
        handover=found, participant__in=Participant.objects.visible_to(user)
    )
    return dict(rows.order_by("participant").values_list("participant_id", "received_at")[:AT_MOST])


def _in_order(received: Iterable[int], user: User) -> list[tuple[Participant, list[Thing]]]:
    """Each with what is owed to them soonest first. Whoever is to be rung now comes before everybody, the one due
    first on top; then whoever is late or due by now, those in danger first; then whoever is owed something soonest.

    Nine queries, however many.
    """
    people = Participant.objects.select_related("person__safe_contact", "case").in_bulk(list(received))
    owed_to: dict[int, list[Thing]] = {pk: [] for pk in people}
    for thing in _owed(people, user):
        owed_to[thing.participant].append(thing)
    ring_by, today = _ring_by(people), clock.today()
    endangered = in_danger([person.person_id for person in people.values()], today)

    def urgency(pk: int) -> tuple[Any, ...]:
        first = owed_to[pk][0] if owed_to[pk] else None
        due_on = first.due_on if first else date.max
        return (
            pk not in ring_by,
            ring_by.get(pk),
            due_on > today,
            people[pk].person_id not in endangered,
            due_on,
            not (first and first.is_enhanced),
            pk,
        )

    for pk, by_when in ring_by.items():
        people[pk].ring_by = by_when  # type: ignore[attr-defined]
    order = sorted(people, key=urgency)
    return [(people[pk], owed_to[pk]) for pk in order]


def _ring_by(ids: Iterable[int]) -> dict[int, datetime]:
    """By when each of these is to be rung because a suspect walks free; nobody else. One query."""
    rows = UrgentCall.objects.open().filter(participant__in=list(ids)).order_by("-due_at")
    return dict(rows.values_list("participant_id", "due_at"))  # the earliest of each comes last, and stays


def _owed(people: dict[int, Participant], user: User) -> list[Thing]:
    """Everything with a date that is owed to these people, soonest first. Four queries."""
    ids = list(people)
    duties = (
        Duty.objects.open().timed().with_checks().filter(participant__in=ids, owner__in=owed.OURS_TO_TELL)
    )
    items = [
        *(owed.of_duties(duties.select_related("event")) if user.may(Permission.VIEW_RIGHTS) else ()),
        *owed.of_first_contacts(owed.first_contacts().filter(participant__in=ids)),
        *owed.of_updates(owed.updates().filter(participant__in=ids)),
        *owed.of_promises(_promises(ids)),
    ]
    for item in items:
        item.source.participant = people[item.participant]  # type: ignore[attr-defined]
    return things(items)


def _promises(ids: list[int]) -> Any:
    return (
        Promise.objects.open().filter(participant__in=ids).select_related("made_by").order_by("due_on", "pk")
    )


def _uncovered(found: Handover, user: User) -> int:
    """People of the officer away whom the cover may not see: a supervisor finds another for them by hand."""
    if not found.is_cover or not user.may(Permission.ALLOCATE):
        return 0
    theirs = Participant.objects.open().filter(officer=found.from_officer, team_id=user.team_id)
    excluded = Exclusion.objects.filter(user=user, lifted_at=None).values("case_id")
    return (
        theirs.exclude(case_id__in=excluded)
        .exclude(pk__in=Participant.objects.visible_to(found.to_officer).values("pk"))
        .exclude(pk__in=found.people.values("participant"))
        .count()
    )


# --- A brief ---------------------------------------------------------------------------------------


def _briefs(page: list[tuple[Participant, list[Thing]]], user: User, received: dict[int, Any]) -> list[Brief]:
    """Nine queries, however many people; five more where somebody acts for a grown-up."""
    people = [person for person, _things in page]
    ids = [person.pk for person in people]
    verdicts = verdicts_for(people) if user.may(Permission.VIEW_SAFE_CONTACT) else {}
    told, last, rights = _told(ids), last_contacts(ids), _rights(ids)
    promised: dict[int, list[Promise]] = {pk: [] for pk in ids}
    for promise in _promises(ids):
        promised[promise.participant_id].append(promise)
    acting: dict[int, list[str]] = {pk: [] for pk in ids}
    rows = Participant.objects.filter(represents__in=ids, closed_at=None)
    act = list(rows.select_related("person", "case").order_by("pk"))
    unsafe = whom_not_to_ask(act, people)
    for each in act:
        if each.pk not in unsafe:
            acting[each.represents_id].append(each.person.name)  # type: ignore[index]
    shows_numbers = user.may(Permission.VIEW_CONTACT_DETAILS)
    return [
        Brief(
            participant=person,
            url=reverse("desk:summary", args=[person.case.reference, person.reference]),
            line=_line(person, acting[person.pk]),
            tags=_tags(person, rights.get(person.pk)),
            reach=_reach(person, verdicts.get(person.pk), shows_numbers=shows_numbers),
            told=told.get(person.pk) or _("Nothing yet"),
            last=last_said(last[person.pk]) if person.pk in last else _("Nobody has tried yet."),
            promised=[_promised(promise) for promise in promised[person.pk]],
            do_not_say=_do_not_say(person),
            next=[_action(thing, person) for thing in owed_to[:NEXT]],
            ring_now=_ring_now(person),
            is_received=received.get(person.pk) is not None,
        )
        for person, owed_to in page
    ]


def _ring_now(person: Participant) -> str:
    """An urgent call that is open, as `_in_order` found it."""
    by_when = getattr(person, "ring_by", None)
    return (
        _("To be rung now: by %(when)s. A suspect was released.") % {"when": moment(by_when)}
        if by_when
        else ""
    )


def _line(person: Participant, acting: list[str]) -> str:
    """She/her, 34. Stalking. Contact Mair Evans, who acts for them."""
    who, age = person.person, person.person.age_on(clock.today())
    parts = [part for part in (who.pronouns, str(age) if age is not None else "") if part]
    said = [", ".join(parts), person.case.offence_title or _("Offence not recorded")]
    if not person.is_victim:
        said.append(str(person.get_role_display()))
    if acting:
        said.append(_("Contact %s, who acts for them") % ", ".join(acting))
    return ". ".join(part for part in said if part) + "."


def _tags(person: Participant, entitlement: Entitlement | None) -> list[dict[str, str]]:
    tags = []
    if person.person.date_of_death:
        tags.append({"text": _("Has died"), "colour": "red"})
    if entitlement and entitlement.is_enhanced:
        tags.append({"text": _("Enhanced"), "colour": "blue"})
    if person.person.speaks_welsh:
        tags.append({"text": _("Welsh"), "colour": "green"})
    if person.person.interpreter_language:
        tags.append({"text": _("Interpreter: %s") % person.person.interpreter_language, "colour": "amber"})
    return tags


def _reach(
    person: Participant, by_channel: dict[Channel, Verdict] | None, *, shows_numbers: bool
) -> list[StripItem]:
    """What the rule of safe contact says, as the strip of the case says it."""
    if by_channel is None:
        return []
    safe = getattr(person.person, "safe_contact", None) or SafeContact()
    return strip(person.person, safe, by_channel, shows_numbers=shows_numbers)


def _told(ids: list[int]) -> dict[int, str]:
    """What each was last told, when and how. Three queries."""
    newest = (
        Contact.objects.filter(participant__in=ids, tells__isnull=False)
        .that_tell()
        .order_by("participant", "-at", "-pk")
        .distinct("participant")
    )
    found = Contact.objects.filter(pk__in=newest.values("pk")).prefetch_related("tells__suspect__person")
    return {
        contact.participant_id: _("%(what)s, told %(day)s by %(how)s")
        % {
            "what": words.and_list([event_line(event) for event in contact.tells.all()[:TOLD]]),
            "day": day(contact.at),
            "how": str(contact.get_channel_display()).lower(),
        }
        for contact in found
    }


def _rights(ids: list[int]) -> dict[int, Entitlement]:
    latest = (
        Entitlement.objects.filter(participant__in=ids, from_on__lte=clock.today())
        .order_by("participant_id", "-from_on", "-pk")
        .distinct("participant_id")
    )
    return {entitlement.participant_id: entitlement for entitlement in latest}


def _promised(promise: Promise) -> str:
    return _("%(what)s, by %(day)s (%(who)s, %(made)s)") % {
        "what": promise.what,
        "day": day(promise.due_on),
        "who": promise.made_by,
        "made": day(promise.made_at),
    }


def _do_not_say(person: Participant) -> list[str]:
    """What must not be said about this person, beside what is never said of anybody."""
    safe = getattr(person.person, "safe_contact", None) or SafeContact()
    said = []
    if safe.address_is_protected:
        said.append(_("The address, aloud: it is protected."))
    if is_flagged(person, clock.today()):
        said.append(_("To anybody else who answers: who you are, or where you call from."))
    return said


def _action(thing: Thing, person: Participant) -> dict[str, str]:
    said = in_sentences(thing, person.person.first_name)
    when = due(thing.due_on, clock.today())
    return {"what": str(said["what"]), "when": when.sentence, "tone": when.tone}
