"""The officer's minute: one page on a phone for the officer in the case. Who is owed what, and three answers.

Only victims of their own crimes. The safe way to reach each is asked now, as the page is made, and again when
the answer is kept.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Min
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from compliance import words as rules
from compliance.models import Duty
from contacts.models import ContactPlan, Telling, UrgentCall
from contacts.say import what_to_say
from contacts.telling import CannotSay, answer_for
from desk import words
from desk.asking import to_tell, told_meanwhile
from desk.minute_answered import answered_already, typed_of
from desk.minute_forms import NOW, MinuteForm
from desk.passed_on import is_number_wrong
from desk.urgent import OURS
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.context import StripItem, strip
from victimcare.cases.models import Event, Participant, Question, SafeContact
from victimcare.cases.questions import answer as keep_answer
from victimcare.cases.safe_contact import (
    ASK_ONLY,
    NEVER_ACTS,
    NO_MESSAGES,
    NO_TEXT,
    NO_VOICEMAIL,
    Channel,
    Purpose,
    Verdict,
    phone_key,
    verdicts_for,
)
from victimcare.faults import Refused
from victimcare.govuk.dates import due, moment, time_or_moment
from victimcare.http import Request

CARDS = 12  # victims on a page: what comes after them shows once these are answered
QUESTIONS = 10
ANSWERED_SHOWN = 10


# What the strip has said in red above the number.
SAID_ABOVE = (ASK_ONLY, NO_MESSAGES, NO_VOICEMAIL, NO_TEXT)


@dataclass
class Card:
    """One victim on the page: what to tell them by when, how to reach them now, what to say."""

    participant: Participant
    duties: list[Duty]
    people: list[Participant]  # the victim, and who acts for them
    called: Participant
    phone: Verdict
    in_person: Verdict
    language: str
    by_channel: dict[Channel, Verdict]  # of whoever is rung
    number: str = ""
    urgent: UrgentCall | None = None
    telling: Telling | None = None
    is_told_meanwhile: bool = False  # by somebody else, since this officer's page was made
    boxes: dict[str, Any] = field(default_factory=dict)  # the form's fields for this card

    @property
    def reference(self) -> str:
        return self.participant.reference

    @property
    def first_name(self) -> str:
        return self.participant.person.first_name

    @property
    def name(self) -> str:
        return words.named(
            self.participant.person.name, self.participant.person.age_on(clock.today())
        ).rstrip(",")

    @property
    def events(self) -> list[Event]:
        return list({duty.event_id: duty.event for duty in self.duties}.values())

    @property
    def event_choices(self) -> list[tuple[str, str]]:
        return [(event.reference, _happened(event)) for event in self.events]

    @property
    def due_on(self) -> date | None:
        return min((duty.due_on for duty in self.duties if duty.due_on), default=None)

    @property
    def what(self) -> str:
        return words.owed(self.first_name, self.duties)

    @property
    def happened(self) -> list[str]:
        return [_happened(event) for event in self.events]

    @property
    def why(self) -> str:
        return words.why(self.duties[0])

    @property
    def can_be_told(self) -> bool:
        """Some way of telling is clear now: the phone, or going there."""
        return self.phone.allowed or self.in_person.allowed

    @property
    def tel(self) -> str:
        return phone_key(self.number)

    @property
    def how(self) -> list[str]:
        """How to ring, in the order it is needed."""
        safe = _safe(self.called)
        said = [
            str(line) for line in self.phone.instructions if self.phone.allowed and line not in SAID_ABOVE
        ]
        if self.called.pk != self.participant.pk:
            said.insert(0, _("%s acts for them.") % self.called.person.name)
        if safe.withhold_number and _("Withhold the number.") not in said:
            said.append(_("Withhold the number."))
        said_below = (_("Phone"), _("Code word on file."))
        said += [
            _in_words(item)
            for item in self._strip
            if not item.is_warning and (item.label or item.text) not in said_below
        ]
        if self.shows_code_word:
            said.append(
                _("Ask for the code word first: %s. Any other answer: end the call.") % safe.code_word
            )
        elif safe.code_word:
            said.append(_("A code word is on file. Check who it is before you say anything."))
        if safe.call_from and safe.call_until:
            said.append(
                _("Ring between %(from)s and %(until)s.")
                % {"from": f"{safe.call_from:%H:%M}", "until": f"{safe.call_until:%H:%M}"}
            )
        note = _safe(self.participant).note
        if self.called.pk != self.participant.pk and note:
            said.append(f"{self.participant.person.name}: {note}")
        return said

    @property
    def shows_code_word(self) -> bool:
        """As a call sheet shows it: to whoever may ring now, and it is written down that they saw it."""
        return self.phone.allowed and bool(_safe(self.called).code_word)

    @property
    def never(self) -> list[str]:
        """What must not be used or done, and why, as the strip says it, whatever the phone's own answer."""
        said = [_in_words(item) for item in self._strip if item.is_warning]
        if is_number_wrong(self.phone):
            said += [str(reason.words) for reason in self.phone.reasons if reason.rule == "wrong_number"]
            said.append(_("Do you know the right number? Choose “Could not” and write it for the unit."))
        if not self.phone.allowed and self.in_person.allowed:
            said.append(_("You may see them alone, in person."))
        return list(dict.fromkeys(said))  # each once: the strip says some of it too

    @property
    def _strip(self) -> list[StripItem]:
        """The safe-contact strip of whoever is rung, as every page of the case shows it."""
        return strip(self.called.person, _safe(self.called), self.by_channel, shows_numbers=False)

    @property
    def say(self) -> list[dict[str, str]]:
        """What to say of each event, in their language; in English too where theirs is Welsh."""
        said = [
            {
                "words": what_to_say(event.kind, event.occurred_on, self.language),
                "english": what_to_say(event.kind, event.occurred_on, "en") if self.language == "cy" else "",
            }
            for event in self.events
        ]
        return [line for line in said if line["words"]]

    @property
    def ring_by(self) -> str:
        """Ring before 22:10; nothing where the hour of a release does not run."""
        if self.urgent is None:
            return ""
        if not self.phone.allowed:
            return _("Tell them by %s, and do not ring") % time_or_moment(self.urgent.due_at)
        if self.urgent.due_at < clock.now():
            return _("Ring now: it should have been by %s") % time_or_moment(self.urgent.due_at)
        return _("Ring by %s") % time_or_moment(self.urgent.due_at)

    @property
    def whose_hour(self) -> str:
        """The hour of a release is ours: it stands beside a day of the Code and is not it."""
        return str(OURS) if self.urgent else ""

    @property
    def whose_day(self) -> str:
        """Right 6: which rule the day it is due by comes from."""
        first = next((duty for duty in self.duties if duty.due_on == self.due_on), self.duties[0])
        return f"{rules.why(first.right, is_local=first.is_local)}:"

    @property
    def said_before(self) -> str:
        """What this officer said earlier of them, where that did not settle it."""
        if self.telling is None or not self.telling.answered_at:
            return ""
        return _("You said on %(when)s: %(why)s. The unit knows.") % {
            "when": moment(self.telling.answered_at),
            "why": str(self.telling.get_why_display() or self.telling.get_answer_display()).lower(),
        }

    @property
    def with_the_unit(self) -> str:
        officer = self.participant.officer
        return _("%s of the Victim Care Unit has this on their list too.") % officer if officer else ""


def _safe(part: Participant) -> SafeContact:
    return getattr(part.person, "safe_contact", None) or SafeContact()


def _in_words(item: StripItem) -> str:
    """Note: Ask for the pharmacy."""
    said = f"{item.label}: {item.text}" if item.label else str(item.text)
    return said if said.endswith((".", "?", "!")) else f"{said}."


def _happened(event: Event) -> str:
    """Suspect released on bail, Fri 20 Nov, 21:10. Not to contact the victim."""
    when = moment(event.occurred_at) if event.precision == Event.Precision.MOMENT else None
    said = f"{event.title}, {when or words.day(event.occurred_at)}"
    return f"{said}. {event.told[:160]}" if event.detail else said


@allow(Permission.TELL_VICTIMS)
@require_http_methods(["GET", "HEAD", "POST"])
def minute(request: Request) -> HttpResponse:
    """Everything this officer is to tell victims of their crimes, and what the unit asks them, in one page."""
    user = request.user
    posted = request.POST if request.method == "POST" else None
    cards, more, handed = cards_of(user, **_typed(posted) if posted else {})
    asked = Question.objects.asked_of(user).open()
    questions = list(
        asked.select_related("participant__person", "participant__case", "case", "asked_by")[:QUESTIONS]
    )
    people = {card.participant.pk: card.participant for card in cards}
    people |= {telling.participant_id: telling.participant for telling in handed}
    people |= {each.participant.pk: each.participant for each in questions if each.participant}
    answered = (
        answered_already(
            posted,
            user,
            victims={card.reference for card in cards},
            questions={question.reference for question in questions},
        )
        if posted
        else []
    )
    people |= {late.participant.pk: late.participant for late in answered if late.participant}
    _record_the_look(request, list(people.values()))
    _record_code_words(request, [card.participant for card in cards if card.shows_code_word])
    form = MinuteForm(
        posted, initial={"when": NOW}, cards=cards, questions=questions, is_answered=bool(answered)
    )
    if posted is not None and not answered and form.is_valid() and _keep(form, user):
        messages.success(request, _thanks(form))
        return redirect("desk:minute")
    for card in cards:
        card.boxes = _boxes(form, card)
    context = {
        "form": form,
        "cards": cards,
        "more": more,
        "questions": [_question(form, question) for question in questions],
        "answered": answered,
        "handed": [_handed(telling) for telling in handed],
        "constables": constables_of(user),
    }
    status = 409 if answered else 422 if form.errors else 200
    return render(request, "desk/minute.html", context, status=status)


def _typed(posted: QueryDict) -> dict[str, list[str]]:
    """Of whom the page says anything, and who of them was told."""
    also = typed_of(posted)
    return {"also": also, "told": [ref for ref in also if posted[f"says_{ref}"] == Telling.Answer.TOLD]}


def _record_the_look(request: Request, people: list[Participant]) -> None:
    """Who was shown, whether the page was opened or answered; nobody shown, nothing to write down."""
    if people:
        record_access(
            by=request.user,
            op=AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT,
            subjects=[part.reference for part in people],
            field_group="officer's minute",
            justification="officer in the case",
            path=request.path,
        )


def _record_code_words(request: Request, people: list[Participant]) -> None:
    """Whose code word stood on the page, or that of whoever acts for them."""
    if people:
        record_access(
            by=request.user,
            op=AccessEntry.Op.CONSULT,
            subjects=[part.reference for part in people],
            field_group="code word",
            justification="officer in the case",
            path=request.path,
        )


# --- What is on the page ---------------------------------------------------------------------------


def cards_of(
    user: User, *, also: Collection[str] = (), told: Collection[str] = ()
) -> tuple[list[Card], int, list[Telling]]:
    """The victims this officer is to tell, what is due first on top; how many more; what is with the unit.

    `also` are the references of those answered on this page, shown although something newer is due
    first; `told` those of them whom this officer told: they stand here even where somebody else told them
    meanwhile. About a dozen queries, however many victims.
    """
    if not user.collar:
        return [], 0, []
    duties = list(
        to_tell().filter(case__oic_collar=user.collar).select_related("event").order_by("due_on", "pk")[:400]
    )
    waits = {duty.participant_id for duty in duties}
    late = told_meanwhile(user, told).select_related("event").order_by("due_on", "pk") if told else ()
    duties += [duty for duty in late if duty.participant_id not in waits]
    seen = (
        Participant.objects.visible_to(user)
        .select_related("person__safe_contact", "case", "officer")
        .in_bulk({duty.participant_id for duty in duties})
    )
    tellings = {
        (each.participant_id, each.event_id): each
        for each in Telling.objects.filter(participant__in=seen, ended_at=None)
    }
    handed: dict[int, Telling] = {}
    owed: dict[int, list[Duty]] = {}
    for duty in duties:
        part = seen.get(duty.participant_id)
        if part is None or not words.is_told(duty):
            continue
        telling = tellings.get((part.pk, duty.event_id))
        if telling is not None and telling.answer == Telling.Answer.HANDED_OVER:
            telling.participant = part
            handed.setdefault(part.pk, telling)
        else:
            owed.setdefault(part.pk, []).append(duty)
    urgent = {call.participant_id: call for call in UrgentCall.objects.open().filter(participant__in=owed)}
    order = sorted(owed, key=lambda pk: (pk not in urgent, owed[pk][0].due_on or date.max))
    shown = [seen[pk] for n, pk in enumerate(order) if n < CARDS or seen[pk].reference in also]
    cards = _cards(shown, owed, urgent, tellings) if shown else []
    for card in cards:
        card.is_told_meanwhile = card.participant.pk not in waits
    return cards, len(order) - len(shown), list(handed.values())[:ANSWERED_SHOWN]


def _cards(
    shown: list[Participant],
    owed: dict[int, list[Duty]],
    urgent: dict[int, UrgentCall],
    tellings: dict[tuple[int, int], Telling],
) -> list[Card]:
    acting: dict[int, list[Participant]] = {}
    rows = Participant.objects.filter(represents__in=shown, closed_at=None)
    for part in rows.select_related("person__safe_contact", "case", "officer").order_by("pk"):
        acting.setdefault(part.represents_id or 0, []).append(part)
    everybody = [*shown, *(part for parts in acting.values() for part in parts)]
    said = verdicts_for(everybody)
    stale = [
        part
        for part in everybody
        if not said[part.pk][Channel.PHONE].allowed
        and all(reason.rule == "stale" for reason in said[part.pk][Channel.PHONE].reasons)
    ]
    for pk, found in (verdicts_for(stale, purpose=Purpose.REVIEW) if stale else {}).items():
        said[pk] = said[pk] | {Channel.PHONE: found[Channel.PHONE]}
    plans = dict(
        ContactPlan.objects.current().filter(participant__in=shown).values_list("participant", "language")
    )
    cards = []
    for part in shown:
        called = _called(part, acting.get(part.pk, []), said)
        phone = said[called.pk][Channel.PHONE]
        number = (called.person.phone_mobile or called.person.phone_home) if phone.allowed else ""
        speaks_welsh = plans.get(part.pk, "en") != "en" or called.person.speaks_welsh
        cards.append(
            Card(
                participant=part,
                duties=owed[part.pk],
                people=[part, *acting.get(part.pk, [])],
                called=called,
                phone=phone,
                in_person=said[called.pk][Channel.IN_PERSON],
                language="cy" if speaks_welsh else "en",
                by_channel=said[called.pk],
                number=number,
                urgent=urgent.get(part.pk),
                telling=next(
                    (
                        found
                        for duty in owed[part.pk]
                        if (found := tellings.get((part.pk, duty.event_id))) and found.answer
                    ),
                    None,
                ),
            )
        )
    return cards


def _called(
    part: Participant, acting: list[Participant], said: dict[int, dict[Channel, Verdict]]
) -> Participant:
    """Whom to ring: the victim, or who acts for them where the victim is a child or has died."""
    if said[part.pk][Channel.PHONE].rule not in ("child", "died") or not acting:
        return part
    unsafe = set(NEVER_ACTS)
    safe = [
        each for each in acting if unsafe.isdisjoint(r.rule for r in said[each.pk][Channel.PHONE].reasons)
    ]
    return next((each for each in safe if said[each.pk][Channel.PHONE].allowed), safe[0] if safe else part)


BOXES = ("says", "why", "words", "spoke_to", "tells", "despite")


def _boxes(form: MinuteForm, card: Card) -> dict[str, Any]:
    names = {box: f"{box}_{card.reference}" for box in BOXES}
    return {box: form[name] for box, name in names.items() if name in form.fields}


def _question(form: MinuteForm, question: Question) -> dict[str, Any]:
    return {
        "heading": str(question.get_kind_display()),
        "who": question.participant.person.name if question.participant else question.about_row,
        "words": question.words,
        "asked": _("%(who)s asks. Answer %(due)s.")
        % {"who": question.asked_by, "due": due(question.due_on, clock.today()).sentence.lower()},
        "reply": form[f"reply_{question.reference}"],
        "version": form[f"version_{question.reference}"],
    }


def _handed(telling: Telling) -> dict[str, str]:
    return {
        "text": telling.participant.person.name,
        "note": _("Handed to the unit on %s") % moment(telling.answered_at),
    }


def constables_of(user: User) -> list[dict[str, Any]]:
    """A sergeant's officers who have not said what became of it: how many victims, never which. One query."""
    today = clock.today()
    rows = (
        Telling.objects.waiting()
        .filter(officer__sergeant=user, sergeant_told_at__isnull=False)
        .order_by()
        .values("officer__display_name")
        .annotate(n=Count("participant", distinct=True), first=Min("due_on"))
        .order_by("first")[:50]
    )
    return [
        {
            "text": row["officer__display_name"],
            "note": " ".join(
                (
                    ngettext("%(n)d victim to tell.", "%(n)d victims to tell.", row["n"]) % {"n": row["n"]},
                    f"{due(row['first'], today).sentence}." if row["first"] else "",
                )
            ).strip(),
        }
        for row in rows
    ]


# --- Keeping the answers ---------------------------------------------------------------------------


def _keep(form: MinuteForm, user: User) -> bool:
    """Keep everything the page says, or nothing: what cannot be kept is said at its own box."""
    try:
        with transaction.atomic():
            answer_for(
                said=form.said,
                how=form.cleaned_data["how"],
                at=form.at,
                has_interpreter=form.cleaned_data["has_interpreter"],
                by=user,
            )
            for question, reply, version in form.replies:
                keep_answer(question=question, reply=reply, version=version, by=user)
    except CannotSay as cannot:
        box = f"{cannot.box or 'says'}_{cannot.participant.reference}"
        sentence = f"{cannot.participant.person.first_name}: {cannot.sentence}"
        form.add_error(box if box in form.fields else None, sentence)
        return False
    except Refused as refused:
        form.add_error(None, str(refused.sentence))
        return False
    return True


def _thanks(form: MinuteForm) -> str:
    said = form.said
    told = sum(each.answer == Telling.Answer.TOLD for each in said)
    lines = []
    if told:
        lines.append(
            ngettext("Kept: you told %(n)d victim.", "Kept: you told %(n)d victims.", told) % {"n": told}
        )
    for card in form.cards:
        if card.is_told_meanwhile:
            lines.append(_("Somebody else had told %s too: both are kept.") % card.name)
    if len(said) > told:
        lines.append(_("The Victim Care Unit knows what you could not do."))
    if form.replies:
        lines.append(_("Your answer was sent to whoever asked."))
    return " ".join(lines)
