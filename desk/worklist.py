"""What one person has to do: gathered from the rows of every app, laid out by `day`, said in `words`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from compliance.explain import explain
from compliance.models import Duty
from contacts.attempts import Because, Step
from contacts.models import (
    RELEASE_NEWS,
    Contact,
    ContactPlan,
    ContactSeries,
    OptOut,
    PlanReview,
    Promise,
)
from contacts.plan_changes import not_safe
from contacts.series import in_words
from desk import asked, owed, words
from desk.covering import covered_by, covering_today  # noqa: F401
from desk.day import CRITICAL_AFTER, MINUTES, Day, Group, Item, Thing, What, horizon, lay_out
from desk.fit import Fit, Person, Placed, Why, fit, minute_of
from referrals.models import Referral
from referrals.rules.book import why
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.context import RIGHT_NUMBER_WRONG_TIME, how_to_reach
from victimcare.cases.models import Participant, Question
from victimcare.cases.safe_contact import Channel, Verdict, verdicts_for
from victimcare.cases.standards import Key, numbers_on
from victimcare.govuk.dates import day as said_day
from victimcare.govuk.dates import moment
from victimcare.working_days import LONDON, england_and_wales

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
    plan: Fit = field(default_factory=Fit)  # how it fits into the hours left; empty for somebody else's


@dataclass
class Gathered:
    """What is owed by some people: the items, whom they are about, and what was promised."""

    items: list[Item]
    people: dict[int, Participant]
    promises: list[Promise]


def worklist(user: User, *, without: Collection[tuple[int, int]] = ()) -> Worklist:
    """Everything this person has to do by the third working day from now. About a dozen queries.

    `without` are the participants and events, by primary key, that the page shows elsewhere.
    """
    today, holidays = clock.today(), england_and_wales()
    whose = [user.pk, *covered_by(user)]
    found = gather(user, whose, until=horizon(today, bank_holidays=holidays), without=without)
    minutes, more = minutes_each()
    day = lay_out(found.items, today, bank_holidays=holidays, room=ROOM, minutes=minutes, more=more)
    shown = {thing.participant: found.people[thing.participant] for thing in day.shown if thing.participant}
    promises = [row for row in found.promises if row.falls_to.pk == user.pk]
    plan = day_plan(day.shown, found.people, user)
    return Worklist(day, _groups(day, shown, user, plan), list(shown.values()), promises, plan)


def gather(
    user: User,
    whose: Sequence[int],
    *,
    until: date | None,
    without: Collection[tuple[int, int]] = (),
    is_team: bool = False,
) -> Gathered:
    """What falls to these people until this day, or whenever, as far as `user` may see it. About ten queries."""
    promised = list(
        Promise.objects.open()
        .falling_to(whose)
        .select_related("made_by", "owner")
        .order_by("due_on")[:AT_MOST]
    )
    has_cases = is_team or len(whose) > 1 or user.has_role(Role.VICTIM_CARE_OFFICER)
    officers = whose if has_cases else []  # nobody is allocated to anybody else: those queries are not asked
    duties = _until(_duties(user, whose, is_team=is_team).with_checks(), "due_on", until)
    plans = _of_theirs(owed.plans_due(until), officers).order_by("due_on", "pk")[:AT_MOST]
    new = _until(_of_theirs(owed.first_contacts(), officers), "due_on", until)
    series = _until(_of_theirs(owed.attempts(), officers), "next_on", until)
    found = [
        *owed.of_duties(duty for duty in duties if (duty.participant_id, duty.event_id) not in without),
        *owed.of_first_contacts(new),
        *owed.of_attempts(series),
        *owed.of_plans_due(plans, until),
        *(item for item in owed.of_promises(promised) if until is None or item.due_on <= until),
        *owed.of_questions(asked.questions_due(user, whose, until, is_team=is_team)),
    ]
    named = {row.participant_id for row in promised} | {
        item.participant for item in found if item.participant
    }
    asked_safely = _until(
        owed.safe_reviews().filter(officer__in=officers), "person__safe_contact__review_on", until
    ).values("pk")
    people = _visible(user, named, asked_safely)
    found += [
        item
        for item in owed.of_safe_reviews(people.values())
        if people[item.participant].officer_id in whose
        and people[item.participant].closed_at is None
        and (until is None or item.due_on <= until)
    ]
    items = [item for item in found if item.participant in people or item.what is What.QUESTION]
    promises = [row for row in promised if row.participant_id in people]
    for row in (*promises, *(item.source for item in items)):
        if not isinstance(row, Question | Participant):
            row.participant = people[row.participant_id]  # type: ignore[attr-defined]
    for item in items:  # the same person, once
        if item.what is What.QUESTION and item.participant:
            people.setdefault(item.participant, item.source.participant)  # type: ignore[attr-defined]
    return Gathered(items, people, promises)


def _until(rows: QuerySet[Any], column: str, until: date | None) -> QuerySet[Any]:
    """The soonest of these, until this day where there is one."""
    if until is not None:
        rows = rows.filter(**{f"{column}__lte": until})
    return rows.order_by(column, "pk")[:AT_MOST]


def minutes_each() -> tuple[dict[What, int], int]:
    """How long each kind of work takes, and each further thing told in one call. One query."""
    numbers = numbers_on(clock.today())
    takes = {what: numbers[key] for what, key in TAKES.items()}
    return MINUTES | takes, numbers[Key.MINUTES_MORE]


TAKES = {
    What.TELL: Key.MINUTES_TELL,
    What.DO: Key.MINUTES_DO,
    What.UPDATE: Key.MINUTES_UPDATE,
    What.PROMISE: Key.MINUTES_PROMISE,
    What.FIRST_CONTACT: Key.MINUTES_FIRST_CONTACT,
    What.ATTEMPT: Key.MINUTES_ATTEMPT,
    What.REVIEW: Key.MINUTES_REVIEW,
    What.SAFE_REVIEW: Key.MINUTES_REVIEW,
    What.QUESTION: Key.MINUTES_QUESTION,
    What.COMPLAINT: Key.MINUTES_COMPLAINT,
}


# --- How it fits into the day ----------------------------------------------------------------------


def day_plan(
    found: Iterable[Thing], people: Mapping[int, Participant], worker: User, *, is_away: bool = False
) -> Fit:
    """How what is late, due, or due soon fits into the rest of this person's day."""
    return fit(
        found,
        now=clock.now().astimezone(LONDON).time(),
        hours=None if is_away else worker.hours_on(clock.today()),
        people={pk: _when(part) for pk, part in people.items()},
    )


def _when(part: Participant) -> Person:
    """`part` comes from `gather`, or with a question."""
    likes = getattr(part, "likes", None) or ()
    safe = getattr(part.person, "safe_contact", None)
    if safe is None or safe.call_from is None or safe.call_until is None:
        return Person(likes=tuple(likes))
    return Person((minute_of(safe.call_from), minute_of(safe.call_until)), tuple(likes))


def why_left(why: Why) -> str:
    """Why something waits for another day."""
    return {
        Why.DAY_OFF: _("no working hours are left today"),
        Why.NOT_SAFE_TODAY: _("the hours at which it is safe to ring are outside your hours"),
        Why.FULL: _("more urgent work takes the time"),
        Why.TOO_LONG: _("no free time today is long enough"),
    }[why]


def _visible(user: User, named: set[int], others: QuerySet[Any, Any]) -> dict[int, Participant]:
    """Those of these people whom this user may see, asked once, and not with the rows of every app.

    With `likes`, the times of day they agreed, and `opted_out`, what they do not want to be told.
    """
    plan = ContactPlan.objects.current().filter(participant=OuterRef("pk"))
    choice = OptOut.objects.standing().filter(participant=OuterRef("pk"))
    said = JSONObject(is_everything="is_everything", topics="topics", from_on="from_on")
    seen = (
        Participant.objects.visible_to(user)
        .select_related("person__safe_contact", "case", "officer")
        .annotate(
            likes=Subquery(plan.order_by().values("times")[:1]),
            opted_out=Subquery(choice.order_by().values(said=said)[:1], output_field=JSONField()),
        )
    )
    if not named and others.query.is_empty():
        return {}
    given = Participant.objects.filter(pk__in=named).order_by().values("pk")
    # Not an OR, which would read every participant there is.
    return {part.pk: part for part in seen.filter(pk__in=given.union(others).values("pk"))}


def _duties(user: User, whose: Sequence[int], *, is_team: bool) -> QuerySet[Duty]:
    """The open duties that fall to this person and to whom they cover for; or to the officers of a team."""
    if is_team:
        duties = Duty.objects.open().filter(
            owner=Duty.Owner.FORCE, participant__officer__in=whose, participant__closed_at=None
        )
    else:
        duties = Duty.objects.falling_to(user, covering=[pk for pk in whose if pk != user.pk])
    return duties.timed().select_related("event")


def _of_theirs(rows: QuerySet[Any], whose: Sequence[int]) -> QuerySet[Any]:
    """Rows about these officers' people."""
    return rows.filter(participant__officer__in=whose)


# --- As rows of the page ---------------------------------------------------------------------------


def heading_of(group: Group) -> str:
    return {
        Group.CRITICAL: _("Critically overdue"),
        Group.OVERDUE: _("Overdue"),
        Group.TODAY: _("Due today"),
        Group.SOON: _("Next three days"),
        Group.LATER: _("Later"),
    }[group]


def why_critical() -> str:
    return _("Late for somebody with enhanced rights, or late by %(n)d working days or more for anybody.") % {
        "n": CRITICAL_AFTER
    }


def _groups(day: Day, people: dict[int, Participant], user: User, plan: Fit) -> list[dict[str, Any]]:
    at = {id(each.thing): each for each in plan.placed}
    return [
        group | {"url": f"{reverse('desk:due')}?group={group['key']}"}
        for group in in_groups(day, people, user, at)
    ]


def in_groups(
    day: Day,
    people: dict[int, Participant],
    user: User,
    at: Mapping[int, Placed],
    *,
    names_officer: bool = False,
) -> list[dict[str, Any]]:
    """Each group that has rows in sight, as its page shows it. Three queries and those of the verdicts."""
    verdicts = verdicts_for(people.values()) if user.may(Permission.VIEW_SAFE_CONTACT) else {}
    last = last_contacts(people)
    tone = {Group.SOON: "", Group.LATER: ""}
    return [
        {
            "key": group.value,
            "heading": heading_of(group),
            "note": why_critical() if group is Group.CRITICAL else "",
            "count": day.counts[group],
            "tone": tone.get(group, group.value),
            "rows": [
                _in_sight(thing, people, user, verdicts, last, at, names_officer)
                | ({"tone": "critical"} if group is Group.CRITICAL else {})
                for thing in found
            ],
        }
        for group, found in day.groups.items()
        if found
    ]


def _in_sight(
    thing: Thing,
    people: Mapping[int, Participant],
    user: User,
    verdicts: Mapping[int, dict[Channel, Verdict]],
    last: dict[int, Contact],
    at: Mapping[int, Placed],
    names_officer: bool,
) -> dict[str, Any]:
    """One thing as its row, with when the day's plan has it, and whether they asked not to be told."""
    if thing.what is What.QUESTION:
        said = asked.as_row(thing.items[0].source, user)  # type: ignore[arg-type]
    else:
        said = row(thing, people[thing.participant], user, verdicts.get(thing.participant), last)
        choice = _choice_of(people[thing.participant])
        if choice is not None and (warning := about_opt_out(thing, choice)):
            said["note_for_me"] = f"{warning} {said['note_for_me']}".strip()
        officer = people[thing.participant].officer
        if names_officer:
            said["note_for_me"] = str(officer or _("Nobody allocated"))
    placed = at.get(id(thing))
    if placed is not None:
        said["when_note"] = _("today about %(at)s") % {"at": f"{placed.at:%H:%M}"}
    return said


def _choice_of(part: Participant) -> OptOut | None:
    """What this person, as `gather` gave them, does not want to be told."""
    said = getattr(part, "opted_out", None)
    if not said:
        return None
    from_on = date.fromisoformat(said["from_on"])
    return OptOut(is_everything=said["is_everything"], topics=said["topics"], from_on=from_on)


def about_opt_out(thing: Thing, choice: OptOut) -> str:
    """What to mind about a duty to tell somebody who asked not to be told of such things."""
    if thing.what is not What.TELL:
        return ""
    kinds = {item.source.event.kind for item in thing.items}  # type: ignore[attr-defined]
    if not any(choice.covers(kind) for kind in kinds):
        return ""
    said = words.opted_out(choice.of_what.lower(), choice.from_on, clock.today())
    if kinds & RELEASE_NEWS:
        return (
            said
            + " "
            + _("It is news of a release or of bail: ask your supervisor before you leave it unsaid.")
        )
    return said + " " + _("It stays owed until they are told, or the duty is excused.")


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
    plan = next((item.source for item in thing.items if isinstance(item.source, ContactPlan)), None)
    if verdicts and (ways := not_safe(plan, verdicts)):
        how += " " + _("The plan says %s, which is not safe: agree another way.") % ", ".join(ways).lower()
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
        "explain": [
            {"text": _("Agreement: %(plan)s") % {"plan": plan.sentence}},
            {
                "text": _("Agreed %(day)s with %(who)s.")
                % {"day": said_day(plan.agreed_on), "who": plan.agreed_with}
            },
            {
                "text": _("The next update after the last one is due by %s; on a working day.")
                % said_day(thing.due_on)
            },
        ],
    }


def _agrees_again(thing: Thing, who: str) -> dict[str, Any]:
    reviews: list[PlanReview] = [item.source for item in thing.items]  # type: ignore[misc]
    after = words.and_list(
        [
            _("%(what)s on %(day)s")
            % {"what": str(each.get_milestone_display()).lower(), "day": said_day(each.event.occurred_on)}
            for each in reviews
        ]
    )
    return {
        "what": _("Re-agree how often %(who)s wants to hear: %(after)s")
        % {"who": who.rstrip(","), "after": after},
        "why": _("Our own rule: a plan is agreed again after a milestone."),
        "explain": [
            {"text": _("What asks for it: %s.") % after},
            {"text": _("We heard on %s.") % said_day(reviews[0].event.learned_on)},
            {
                "text": _("The working days allowed are our own number, and end on %s.")
                % said_day(thing.due_on)
            },
        ],
    }


def _asks_safely(thing: Thing, who: str) -> dict[str, Any]:
    return {
        "what": _("Ask %(who)s again how to reach them safely") % {"who": who.rstrip(",")},
        "why": _("The day for it was set with their safe-contact answers."),
        "explain": [
            {
                "text": _("Calendar: the review day in the safe-contact answers is %s.")
                % said_day(thing.due_on)
            }
        ],
    }


def _keeps_promise(thing: Thing, who: str) -> dict[str, Any]:
    promise: Promise = thing.items[0].source  # type: ignore[assignment]
    promised = [
        {
            "text": _("Agreement: %(who)s wrote this down on %(day)s.")
            % {"who": promise.made_by, "day": said_day(promise.made_at)}
        },
        {"text": _("The day said then is %s.") % said_day(promise.due_on)},
    ]
    if promise.kind == Promise.Kind.TASK:
        return {
            "explain": promised,
            "what": f"{promise.participant.person.name}: {promise.what}",
            "why": _("%(who)s wrote this down on %(day)s.")
            % {"who": promise.made_by, "day": said_day(promise.made_at)},
        }
    return {
        "explain": promised,
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
        "explain": [
            {"text": _("Rule: triage put this person in priority %d.") % referral.priority},
            {"text": _("That priority is reached by %s.") % said_day(thing.due_on)},
        ],
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
    return {
        "what": what % {"who": name},
        "why": in_words(series),
        "explain": [
            {"text": _("Rule: a first contact is a series of calls at other times of day, then a letter.")},
            {"text": in_words(series)},
        ],
    }


_SAYS = {
    What.TELL: _tells,
    What.DO: _tells,
    What.COMPLAINT: _tells,
    What.REVIEW: _agrees_again,
    What.SAFE_REVIEW: _asks_safely,
    What.UPDATE: _updates_them,
    What.PROMISE: _keeps_promise,
    What.FIRST_CONTACT: _reaches_first,
    What.ATTEMPT: _tries_again,
}


def button(
    thing: Thing, references: tuple[str, str], user: User, verdicts: dict[Channel, Verdict] | None
) -> dict[str, Any] | None:
    """The page that does it, with what to tell ticked already."""
    if thing.what is What.REVIEW and user.may(Permission.AGREE_PLAN):
        url = reverse("contacts:plan", args=references)
        return {"label": _("Agree"), "url": url, "is_primary": thing.due_on <= clock.today()}
    if thing.what is What.SAFE_REVIEW and user.may(Permission.SET_SAFE_CONTACT):
        url = reverse("cases:safe-contact", args=references)
        return {"label": _("Ask"), "url": url, "is_primary": thing.due_on <= clock.today()}
    if thing.what in (What.DO, What.COMPLAINT):
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
