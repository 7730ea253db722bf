"""What to know before ringing, as plain values: who to ask for, what to tell, what not to say."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise as Words
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import RELEASE_NEWS, TELLS, Contact, OptOut, Promise, tellable_to, untold_to
from contacts.series import Known, about_them
from contacts.told import Row
from contacts.truth import beside, event_line, told_questions
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.context import withholds_number
from victimcare.cases.models import Event, Participant, SafeContact
from victimcare.cases.safe_contact import Channel, Verdict, no_messages
from victimcare.drafts.actions import drafts_waiting
from victimcare.drafts.models import Draft
from victimcare.govuk.dates import day, moment
from victimcare.lookups import is_any
from victimcare.prepared import Asked, Given, Prepared, ask_together

SHOWN = 30  # events offered to tell: a case with more is told by letter


@dataclass(frozen=True)
class Line:
    """One thing on the sheet, and when it happened or is due."""

    text: str
    when: str = ""
    note: str = ""


@dataclass(frozen=True)
class Owed:
    """What an app above knows to be owed to somebody. It registers its question: see desk.apps."""

    questions: Callable[[Participant, User], list[Asked]]  # one at most, asked beside those of the sheet
    lines: Callable[[list[Any]], Iterable[Line]]  # from its rows


_owed: list[Owed] = []


def also_owed(which: Owed) -> None:
    """Called in `AppConfig.ready` of an app above."""
    if which not in _owed:
        _owed.append(which)


@dataclass(frozen=True)
class Sheet:
    """The call sheet of one victim or witness."""

    ask_for: str
    pronouns: str
    acts_for_them: list[str]
    not_to_ask: list[Line]  # who is held to act for them and is not contacted, and why
    instructions: list[str]
    to_tell: list[Line]
    about_them: list[str] = field(default_factory=list)
    no_longer_so: list[Line] = field(default_factory=list)
    owed: list[Line] = field(default_factory=list)
    attempts: list[Line] = field(default_factory=list)
    last_told: list[Line] = field(default_factory=list)
    last_said: Line | None = None
    promised: list[Line] = field(default_factory=list)
    do_not_say: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Papers:
    """What is held of one person for the page on which a contact with them is logged."""

    untold: list[Event]
    draft: Draft | None  # what this user typed of them and did not save
    owed: list[Line] = field(default_factory=list)
    # Nothing of these for somebody who may not read the contacts: an officer in the case.
    past: list[Contact] = field(default_factory=list)  # the newest first
    promises: list[Promise] = field(default_factory=list)
    told: list[Row] = field(default_factory=list)


def papers_of(participant: Participant, user: User) -> Papers:
    """One question, of as many parts as there are papers."""
    whose = {"participant": participant.pk}
    owed = [(each, questions) for each in _owed if (questions := each.questions(participant, user))]
    parts = [
        _untold.of(**whose, case=participant.case_id),
        drafts_waiting.of(author=user.pk, page="contacts:log", subject=participant.reference),
        *(part for _each, [part] in owed),
    ]
    if user.may(Permission.VIEW_CONTACTS):
        parts += [_recent.of(**whose), _promised.of(**whose), *told_questions([participant])]
    untold, drafts, *answers = ask_together(*parts)
    draft = drafts[0] if drafts else None
    lines = [line for (each, _part), rows in zip(owed, answers, strict=False) for line in each.lines(rows)]
    if not user.may(Permission.VIEW_CONTACTS):
        return Papers(untold, draft, lines)
    past, promises, tellings, events = answers[len(owed) :]
    return Papers(
        untold, draft, lines, past, promises, beside([participant], tellings, events)[participant.pk]
    )


@Prepared
def _recent() -> QuerySet[Contact]:
    return Contact.objects.filter(participant=Given("participant")).select_related("by")[:20]


@Prepared
def _promised() -> QuerySet[Promise]:
    open_ones = Promise.objects.open().filter(participant=Given("participant"))
    return open_ones.select_related("made_by")[:10]


def sheet_for(
    participant: Participant,
    papers: Papers,
    acting: list[Participant],
    unsafe: dict[int, str | Words],
    by_channel: Mapping[Channel, Verdict],
    user: User,
    *,
    shows_code_word: bool = True,
    is_checked: bool = False,
) -> Sheet:
    safe = getattr(participant.person, "safe_contact", None) or SafeContact()
    sees_why = user.may(Permission.VIEW_SAFE_CONTACT)
    past, told = papers.past, papers.told
    return Sheet(
        ask_for=participant.person.name,
        pronouns=participant.person.pronouns,
        acts_for_them=[part.person.name for part in acting if part.pk not in unsafe],
        not_to_ask=[
            Line(part.person.name, note=str(unsafe[part.pk]) if sees_why else _("not to be contacted"))
            for part in acting
            if part.pk in unsafe
        ],
        instructions=_instructions(safe, by_channel, shows_code_word=shows_code_word, is_checked=is_checked),
        to_tell=[
            Line(line, day(event.occurred_on), "" if event.told in line else event.told)
            for event in papers.untold
            for line in [event_line(event)]
        ],
        about_them=_about(participant, clock.today()),
        no_longer_so=[_wrong(row) for row in told if row.misleads],
        owed=papers.owed,
        attempts=_attempts(past),
        last_told=_last_told(told),
        last_said=next((Line(c.note, moment(c.at), str(c.by or "")) for c in past if c.note), None),
        promised=[
            Line(promise.what, _("by %s") % day(promise.due_on), str(promise.made_by))
            for promise in papers.promises
            if promise.kind == Promise.Kind.PROMISE
        ],
        do_not_say=_do_not_say(safe),
    )


def _about(participant: Participant, today: date) -> list[str]:
    """34 years old; asked for Welsh; needs an interpreter: what shapes a call before it begins."""
    person = participant.person
    said, years = [], person.age_on(today)
    if years is not None:
        said.append(ngettext("%(n)d year old", "%(n)d years old", years) % {"n": years})
    if person.speaks_welsh:
        said.append(_("Asked for Welsh"))
    if person.interpreter_language:
        said.append(_("Needs an interpreter: %s") % person.interpreter_language)
    if person.disability:
        said.append(_("Disability: %s") % person.disability_in_words)
    return said


def _attempts(past: list[Contact]) -> list[Line]:
    """Those of ours that failed since somebody was last reached, the newest first."""
    found = []
    for contact in past:
        if contact.outcome in TELLS:
            break
        if contact.direction == Contact.Direction.OUT and contact.outcome != Contact.Outcome.NOT_CONTACTED:
            how = f"{contact.get_channel_display()}: {contact.get_outcome_display()}"
            found.append(Line(how, moment(contact.at), contact.number_used))
    return found[:5]


def _wrong(row: Row) -> Line:
    """What they believe, and what is so."""
    told, when = row.told, row.telling
    return Line(
        _("%(about)s. Told: %(told)s") % {"about": row.about, "told": told.words if told else ""},
        day(when.at) if when else "",
        _("Now: %s") % row.now.words,
    )


def _last_told(rows: list[Row]) -> list[Line]:
    """The newest thing told of each topic, the latest told first."""
    said = [(row.telling, row.told) for row in rows if row.telling and row.told]
    said.sort(key=lambda each: each[0].at, reverse=True)
    return [Line(told.words, _("told %s") % day(telling.at)) for telling, told in said[:4]]


def _instructions(
    safe: SafeContact, by_channel: Mapping[Channel, Verdict], *, shows_code_word: bool, is_checked: bool
) -> list[str]:
    """How to ring, from what the strip of the page is from: it holds while the call itself is blocked too."""
    phone = by_channel[Channel.PHONE]
    said = [_("Withhold the number.")] if withholds_number(safe, phone) else []
    said += [str(words) for words in phone.instructions]
    closed = {way for way in (Channel.VOICEMAIL, Channel.TEXT) if not by_channel[way].allowed}
    said += [str(words) for words in no_messages(closed)]
    if safe.code_word and not shows_code_word:
        said += [] if is_checked else [_("A code word is on file. Check who it is before you say anything.")]
    elif safe.code_word:
        said.append(_("Ask for the code word first: %s. Any other answer: end the call.") % safe.code_word)
    if safe.who_may_answer:
        said.append(_("May answer: %s.") % safe.who_may_answer)
    return list(dict.fromkeys(said))  # each once: the rule says some of it too


def _do_not_say(safe: SafeContact) -> list[str]:
    said = []
    if safe.address_is_protected:
        said.append(_("The address, aloud."))
    said.append(_("Anything that somebody else in this case told us."))
    return said


IN_WORDS = ("suspect__person", "replaces")
# Stands for whomever is asked about, where the question is put into SQL once for everybody.
_ANYBODY: Any = Given("participant")
_ANYBODY.case_id = Given("case")


@Prepared
def _untold() -> QuerySet[Event]:
    return untold_to(_ANYBODY).select_related(*IN_WORDS)[:SHOWN]


def _tellable() -> QuerySet[Event]:
    return tellable_to(_ANYBODY).filter(is_any("reference", Given("references")))


_ticked = Prepared(_tellable)
_ticked_in_words = Prepared(lambda: _tellable().select_related(*IN_WORDS))


def offered(participant: Participant, asked: list[str]) -> tuple[list[Event], list[Event]]:
    """The events not yet told, and those told before that a link asked for. Two queries at most."""
    untold = _untold(participant=participant.pk, case=participant.case_id)
    return untold, told_again(participant, asked, untold)


def told_again(participant: Participant, asked: list[str], untold: list[Event]) -> list[Event]:
    """The events told before, or further back, that a link asked for. One query at most."""
    known = {event.reference for event in untold}
    again = [reference for reference in asked if reference not in known][:SHOWN]
    if not again:
        return []
    return _ticked_in_words(participant=participant.pk, case=participant.case_id, references=again)


def known_and_ticked(participant: Participant, references: list[str]) -> tuple[Known, list[Event]]:
    """What is known of this person, and those of these events that may be told to them, not in words. One question."""
    parts = [about_them.of(participant=participant.pk)]
    if references:
        parts.append(_ticked.of(participant=participant.pk, case=participant.case_id, references=references))
    [row], *events = ask_together(*parts)
    return Known(*row), events[0] if events else []


EVENTS_IN_A_LINK = 5


def log_url(participant: Participant, tells: Iterable[Event]) -> str:
    """The page on which a call to this person is written down, with what to tell ticked already."""
    url = reverse("contacts:log", args=[participant.case.reference, participant.reference])
    asked = [event.reference for event in tells][:EVENTS_IN_A_LINK]
    return f"{url}?{urlencode({'tell': asked}, doseq=True)}" if asked else url


def wanted(participant: Participant, events: list[Event], asked: list[str]) -> list[Event]:
    """Without what they opted out of, for what is written to them; what a link asked for stays. One query.

    News of a release or of bail stays too: nobody is kept from it in silence.
    """
    choice = OptOut.objects.standing().filter(participant=participant).first()
    if choice is None or choice.from_on > clock.today():
        return events
    return [
        event
        for event in events
        if event.reference in asked or event.kind in RELEASE_NEWS or not choice.covers(event.kind)
    ]
