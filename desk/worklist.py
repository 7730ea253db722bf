"""What one person has to do: gathered from the rows of every app, laid out by `day`, said in `words`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from compliance.explain import explain
from compliance.models import Duty
from contacts.attempts import Because, Step
from contacts.models import Contact, ContactPlan, ContactSeries, Promise
from contacts.series import in_words
from desk import owed, words
from desk.day import CRITICAL_AFTER, Day, Group, Thing, What, horizon, lay_out
from referrals.models import Referral
from referrals.rules.book import why
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.context import RIGHT_NUMBER_WRONG_TIME, how_to_reach
from victimcare.cases.models import Participant, Question
from victimcare.cases.safe_contact import Channel, Verdict, verdicts_for
from victimcare.govuk.dates import day as said_day
from victimcare.govuk.dates import moment
from victimcare.working_days import england_and_wales

ROOM = 50  # rows in sight
AT_MOST = 400  # rows read of each kind: more than anybody can do in three days

# What the button of a duty that no call meets opens: the first way this person may go. Everything else opens
# the contact log.
WRITES = (Permission.WRITE_LETTER, "contacts:write-letter", lazy("Write"))
DOES = {
    "R3-ACK": (WRITES,),
    "R3-INFO": (WRITES,),
    "R4-REFERRAL": (
        (Permission.REFER_ON, "referrals:refer-on", lazy("Refer")),
        (Permission.RECORD_SUPPORT_ANSWER, "cases:support-answer", lazy("Record")),
    ),
    "R4-NEEDS": ((Permission.ASSESS_NEEDS, "needs_assessments:assess", lazy("Assess")),),
    "R6-CONTACT-PLAN": ((Permission.AGREE_PLAN, "contacts:plan", lazy("Agree")),),
}
LOGS = (Permission.LOG_CONTACT, "contacts:log", lazy("Log"))


@dataclass
class Worklist:
    """A day as its page shows it: groups of rows, and the people on them."""

    day: Day
    groups: list[dict[str, Any]] = field(default_factory=list)
    people: list[Participant] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)  # this person's own, whenever due, soonest first


def covered_by(user: User) -> list[int]:
    """The colleagues this person covers for today, by primary key."""
    today = clock.today()
    return list(
        user.covering.filter(from_on__lte=today, until_on__gte=today, cancelled_at=None).values_list(
            "user_id", flat=True
        )
    )


def worklist(user: User, *, without: Collection[tuple[int, int]] = ()) -> Worklist:
    """Everything this person has to do by the third working day from now. About a dozen queries.

    `without` are the participants and events, by primary key, that the page shows elsewhere.
    """
    today, holidays = clock.today(), england_and_wales()
    ends = horizon(today, bank_holidays=holidays)
    whose = [user.pk, *covered_by(user)]
    promised = list(
        Promise.objects.open()
        .falling_to(whose)
        .select_related("made_by", "owner")
        .order_by("due_on")[:AT_MOST]
    )
    updates = _of_theirs(owed.updates(), whose).filter(due_on__lte=ends).order_by("due_on")
    new = _of_theirs(owed.first_contacts(), whose).filter(due_on__lte=ends).order_by("due_on", "priority")
    series = _of_theirs(owed.attempts(), whose).filter(next_on__lte=ends).order_by("next_on")
    found = [
        *owed.of_duties(
            duty for duty in _duties(user, whose, ends) if (duty.participant_id, duty.event_id) not in without
        ),
        *owed.of_first_contacts(new[:AT_MOST]),
        *owed.of_attempts(series[:AT_MOST]),
        *owed.of_updates(updates[:AT_MOST]),
        *(item for item in owed.of_promises(promised) if item.due_on <= ends),
    ]
    people = _visible(user, {row.participant_id for row in promised} | {item.participant for item in found})
    items = [item for item in found if item.participant in people]
    promises = [row for row in promised if row.participant_id in people and row.falls_to.pk == user.pk]
    for row in (*promises, *(item.source for item in items)):
        row.participant = people[row.participant_id]  # type: ignore[attr-defined]
    day = lay_out(items, today, bank_holidays=holidays, room=ROOM)
    shown = {thing.participant: people[thing.participant] for thing in day.shown}
    return Worklist(day, _groups(day, shown, user), list(shown.values()), promises)


def _visible(user: User, participants: set[int]) -> dict[int, Participant]:
    """Those of these people whom this user may see. Asked once, and not with the rows of every app."""
    seen = Participant.objects.visible_to(user).select_related("person__safe_contact", "case")
    return seen.in_bulk(participants)


def _duties(user: User, whose: Sequence[int], ends: date) -> QuerySet[Duty]:
    """The open duties that fall to this person, and to whom they cover for."""
    duties = Duty.objects.falling_to(user)
    if len(whose) > 1:
        duties = duties | Duty.objects.open().filter(
            owner=Duty.Owner.FORCE, participant__officer__in=whose, participant__closed_at=None
        )
    rows = duties.timed().filter(due_on__lte=ends).select_related("event")
    return rows.order_by("due_on", "pk")[:AT_MOST]


def _of_theirs(rows: QuerySet[Any], whose: Sequence[int]) -> QuerySet[Any]:
    """Rows about these officers' people."""
    return rows.filter(participant__officer__in=whose)


# --- As rows of the page ---------------------------------------------------------------------------


def heading_of(group: Group) -> str:
    return {
        Group.CRITICAL: _("Critically overdue"),
        Group.OVERDUE: _("Overdue"),
        Group.TODAY: _("Due today"),
        Group.SOON: _("Next three working days"),
    }[group]


def _why_critical() -> str:
    return _("Late for somebody with enhanced rights, or late by %(n)d working days or more for anybody.") % {
        "n": CRITICAL_AFTER
    }


def _groups(day: Day, people: dict[int, Participant], user: User) -> list[dict[str, Any]]:
    verdicts = verdicts_for(people.values()) if user.may(Permission.VIEW_SAFE_CONTACT) else {}
    last = last_contacts(people)
    tone = {Group.SOON: ""}
    return [
        {
            "heading": heading_of(group),
            "note": _why_critical() if group is Group.CRITICAL else "",
            "count": day.counts[group],
            "tone": tone.get(group, group.value),
            "rows": [
                row(thing, people[thing.participant], user, verdicts.get(thing.participant), last)
                | ({"tone": "critical"} if group is Group.CRITICAL else {})
                for thing in found
            ],
        }
        for group, found in day.groups.items()
        if found
    ]


def last_contacts(people: Iterable[int]) -> dict[int, Contact]:
    """The latest contact with each of these people. One query."""
    found = Contact.objects.filter(participant__in=list(people)).order_by("participant", "-at", "-pk")
    return {contact.participant_id: contact for contact in found.distinct("participant").select_related("by")}


def row(
    thing: Thing,
    person: Participant,
    user: User,
    verdicts: dict[Channel, Verdict] | None,
    last: dict[int, Contact],
) -> dict[str, Any]:
    """One thing to do, for `work_row`."""
    name = person.person.name
    who = words.named(name, person.person.age_on(clock.today()))
    references = (person.case.reference, person.reference)
    how = (
        how_to_reach(person, verdicts, shows_numbers=user.may(Permission.VIEW_CONTACT_DETAILS))
        if verdicts
        else ""
    )
    said = in_sentences(thing, who)
    contact = last.get(person.pk)
    return said | {
        "who": name,
        "url": reverse("desk:summary", args=references),
        "due_on": thing.due_on,
        "how": "" if thing.what is What.DO else how,
        "button": button(thing, references, user, verdicts),
        "note_for_me": _("You are covering for a colleague.")
        if person.officer_id not in (user.pk, None) and user.has_role(Role.VICTIM_CARE_OFFICER)
        else "",
        "details": [{"label": _("Last contact"), "value": last_said(contact)}] if contact else [],
    }


def last_said(contact: Contact) -> str:
    """Tue 24 Nov, 13:50: Phone, no answer. What was said."""
    outcome = str(contact.get_outcome_display()).lower()
    line = f"{moment(contact.at)}: {contact.get_channel_display()}, {outcome}."
    return f"{line} {contact.note[:200]}".strip()


def in_sentences(thing: Thing, who: str) -> dict[str, Any]:
    """What to do, why, and how its date was counted, where a rule did. Each source knows its person."""
    return _SAYS[thing.what](thing, who)


def _tells(thing: Thing, who: str) -> dict[str, Any]:
    duties: list[Duty] = [item.source for item in thing.items]  # type: ignore[misc]
    return {
        "what": words.owed(who, duties),
        "why": words.why(duties[0]),
        "explain": explain(duties[0]),
    }


def _updates_them(thing: Thing, who: str) -> dict[str, Any]:
    plan: ContactPlan = thing.items[0].source  # type: ignore[assignment]
    why = _("Agreed plan: %(how_often)s.") % {"how_often": plan.how_often.lower()}
    return {
        "what": _("Update %(who)s as agreed, even if nothing is new") % {"who": who},
        "why": f"{why} “{plan.words}”" if plan.words else why,
    }


def _keeps_promise(thing: Thing, who: str) -> dict[str, Any]:
    promise: Promise = thing.items[0].source  # type: ignore[assignment]
    if promise.kind == Promise.Kind.TASK:
        return {
            "what": f"{promise.participant.person.name}: {promise.what}",
            "why": _("%(who)s wrote this down on %(day)s.")
            % {"who": promise.made_by, "day": said_day(promise.made_at)},
        }
    return {
        "what": _("Promise to %(name)s: %(what)s")
        % {"name": promise.participant.person.name, "what": promise.what},
        "why": _("%(who)s promised this on %(day)s.")
        % {"who": promise.made_by, "day": said_day(promise.made_at)},
    }


def _reaches_first(thing: Thing, who: str) -> dict[str, Any]:
    referral: Referral = thing.items[0].source  # type: ignore[assignment]
    reasons = why(referral, most=3)
    return {
        "what": _("First contact with %(who)s: nobody has tried yet") % {"who": who.rstrip(",")},
        "why": _("Priority %(n)d: %(reasons)s.") % {"n": referral.priority, "reasons": reasons},
        "tag": referral.participant.case.offence_title[:40],
        "colour": "grey",
    }


def _tries_again(thing: Thing, who: str) -> dict[str, Any]:
    series: ContactSeries = thing.items[0].source  # type: ignore[assignment]
    name = who.rstrip(",")
    what = {
        Step.RING: _("Try again to reach %(who)s"),
        Step.ASK: _("Ask the officer in the case about %(who)s"),
        Step.WRITE: _("Write to %(who)s: nobody could be reached"),
        Step.CLOSE: _("Close %(who)s, or find another way to reach them"),
    }[Step(series.step)]
    return {"what": what % {"who": name}, "why": in_words(series)}


_SAYS = {
    What.TELL: _tells,
    What.DO: _tells,
    What.UPDATE: _updates_them,
    What.PROMISE: _keeps_promise,
    What.FIRST_CONTACT: _reaches_first,
    What.ATTEMPT: _tries_again,
}


def button(
    thing: Thing, references: tuple[str, str], user: User, verdicts: dict[Channel, Verdict] | None
) -> dict[str, Any] | None:
    """The page that does it, with what to tell ticked already."""
    if thing.what is What.DO:
        duty: Duty = thing.items[0].source  # type: ignore[assignment]
        ways = [way for way in (*DOES.get(duty.rule, ()), LOGS) if user.may(way[0])]
        return {"label": ways[0][2], "url": reverse(ways[0][1], args=references)} if ways else None
    if thing.what is What.ATTEMPT and (other := _step_button(thing, references, user, verdicts)):
        return other
    if not user.may(Permission.LOG_CONTACT):
        return None
    told = thing.items if thing.what is What.TELL else ()
    tells = list(dict.fromkeys(item.source.event.reference for item in told))  # type: ignore[attr-defined]
    url = reverse("contacts:log", args=references) + (
        "?" + urlencode({"tell": tells}, doseq=True) if tells else ""
    )
    phone = verdicts[Channel.PHONE] if verdicts else None
    can_ring = phone is not None and (phone.allowed or phone.rule in RIGHT_NUMBER_WRONG_TIME)
    is_officer_in_the_case = user.has_role(Role.OFFICER_IN_THE_CASE)
    label = _("Log") if is_officer_in_the_case or not can_ring else _("Call")
    return {"label": label, "url": url, "is_primary": thing.due_on <= clock.today()}


def _step_button(
    thing: Thing, references: tuple[str, str], user: User, verdicts: dict[Channel, Verdict] | None
) -> dict[str, Any] | None:
    """The page for a step of the first contact that is no call; None for a call, or where none may be opened."""
    series: ContactSeries = thing.items[0].source  # type: ignore[assignment]
    if series.step == Step.RING:
        return None
    can_text = verdicts is not None and (verdicts[Channel.TEXT].allowed or verdicts[Channel.EMAIL].allowed)
    ask = {
        Because.WRONG_NUMBER: Question.Kind.WRONG_NUMBER,
        Because.UNSAFE: Question.Kind.UNSAFE_NUMBER,
    }.get(Because(series.because), Question.Kind.UNREACHABLE)
    reason = (
        Participant.Closure.UNSAFE_TO_CONTACT
        if series.because == Because.UNSAFE
        else Participant.Closure.UNABLE_TO_CONTACT
    )
    text = "text" if verdicts is not None and verdicts[Channel.TEXT].allowed else "email"
    held, label, name, asked = {
        Step.ASK: (Permission.ASK_OFFICER, _("Ask"), "cases:ask", {"kind": ask.value}),
        Step.WRITE: (Permission.LOG_CONTACT, _("Text"), "contacts:log", {"channel": text})
        if can_text
        else (Permission.WRITE_LETTER, _("Write"), "contacts:write-letter", {}),
        Step.CLOSE: (Permission.CLOSE_CASE, _("Close"), "cases:close", {"reason": reason.value}),
    }[Step(series.step)]
    if not user.may(held):
        return None
    url = reverse(name, args=references) + (f"?{urlencode(asked)}" if asked else "")
    return {"label": label, "url": url, "is_primary": thing.due_on <= clock.today()}
