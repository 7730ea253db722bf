"""What is asked about a contact, a plan and a letter; cleaned_data is the domain's own types."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.call_sheet import event_line
from contacts.models import TELLS, Contact, ContactPlan
from victimcare import clock
from victimcare.cases.models import Event, Participant
from victimcare.cases.safe_contact import Channel, Verdict
from victimcare.govuk.dates import day
from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceRadios,
    ChoiceSelect,
    DateInputField,
    Form,
    FormKeyField,
    LongTextField,
    TextField,
    TimeInputField,
    VersionField,
)
from victimcare.working_days import LONDON

Outcome = Contact.Outcome
OUTCOMES: dict[str, tuple[Outcome, ...]] = {
    Contact.Channel.PHONE: (
        Outcome.REACHED,
        Outcome.REACHED_OTHER,
        Outcome.NO_ANSWER,
        Outcome.MESSAGE_LEFT,
        Outcome.WRONG_NUMBER,
        Outcome.UNSAFE,
    ),
    Contact.Channel.IN_PERSON: (Outcome.REACHED, Outcome.REACHED_OTHER, Outcome.NO_ANSWER, Outcome.UNSAFE),
    Contact.Channel.TEXT: (Outcome.SENT, Outcome.REACHED, Outcome.RETURNED),
    Contact.Channel.EMAIL: (Outcome.SENT, Outcome.REACHED, Outcome.RETURNED),
}
OF_INCOMING = frozenset({Outcome.REACHED, Outcome.REACHED_OTHER, Outcome.MESSAGE_LEFT, Outcome.UNSAFE})


def event_choice(event: Event) -> str:
    return f"{event_line(event)}, {day(event.occurred_on)}"


class LogForm(Form):
    """One contact, in the order a call goes."""

    mark_optional = False  # most of a call is optional; the words say what is needed
    form_key = FormKeyField()
    channel = forms.ChoiceField(choices=Contact.Channel.choices, widget=forms.HiddenInput)
    direction = ChoiceRadios(
        label=_("Who contacted whom?"),
        choices=Contact.Direction.choices,
        inline=True,
        missing=_("Say who contacted whom."),
    )
    spoke_to = ChoiceRadios(label=_("Who did you speak to?"), choices=(), inline=True, required=False)
    outcome = ChoiceRadios(
        label=_("Did you reach someone?"),
        choices=(),
        inline=True,
        missing=_("Say whether you reached someone."),
    )
    tells = ChoiceCheckboxes(label=_("What did you tell them?"), choices=(), required=False)
    note = LongTextField(
        label=_("How did it land?"),
        hint=_("Their words where you can. This is what the next person reads first."),
        max_length=4000,
        rows=4,
        required=False,
    )
    promise = TextField(label=_("Did you promise anything?"), max_length=300, required=False)
    promise_due_on = DateInputField(label=_("By when?"), required=False, earliest=clock.today)
    on = DateInputField(
        label=_("On which day?"),
        latest=clock.today,
        missing=_("Enter the day of the contact, like 27 3 2026."),
    )
    at_time = TimeInputField(
        label=_("At what time?"), missing=_("Enter the time of the contact, like 14:05.")
    )
    despite = TextField(
        label=_("It happened already: say why it went ahead"),
        hint=_("Only for a contact that was already made. The supervisors are told."),
        max_length=300,
        required=False,
    )
    next = ChoiceRadios(
        label=_("What next?"),
        choices=(
            ("", _("Nothing more now")),
            ("plan", _("Agree the plan")),
            ("safe", _("Change safe contact")),
            ("needs", _("Assess needs")),
        ),
        inline=True,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        participant: Participant,
        acting: list[Participant],
        untold: list[Event],
        told: list[Event],
        channel: str,
        next_steps: list[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.events = {event.reference: event for event in [*untold, *told]}
        self.people = {part.reference: part for part in acting}
        self.participant = participant
        name = participant.person.first_name
        self.fields["outcome"].choices = [
            (outcome, name if outcome == Outcome.REACHED and not acting else outcome.label)
            for outcome in OUTCOMES[channel]
        ]
        if channel in {Contact.Channel.TEXT, Contact.Channel.EMAIL}:
            self.fields["outcome"].label = _("What happened?")
        self.fields["tells"].choices = [(ref, event_choice(event)) for ref, event in self.events.items()]
        self.fields["next"].choices = [
            c for c in self.fields["next"].choices if not c[0] or c[0] in next_steps
        ]
        if acting:
            self.fields["spoke_to"].choices = [("", name)] + [
                (ref, gettext("%s, who acts for them") % part.person.name)
                for ref, part in self.people.items()
            ]
        else:
            del self.fields["spoke_to"]
        if not self.events:
            del self.fields["tells"]

    def clean_tells(self) -> list[Event]:
        return [self.events[reference] for reference in self.cleaned_data["tells"]]

    def clean_spoke_to(self) -> Participant | None:
        return self.people.get(self.cleaned_data["spoke_to"])

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        outcome, told = answers.get("outcome"), answers.get("tells")
        if outcome and answers.get("direction") == Contact.Direction.IN and outcome not in OF_INCOMING:
            self.add_error("outcome", _("They contacted us, so somebody was reached or a message was left."))
        elif outcome and told and outcome not in TELLS:
            self.add_error(
                "tells", _("A message left or a failed attempt does not tell. Untick what was not told.")
            )
        if (
            answers.get("promise")
            and not answers.get("promise_due_on")
            and "promise_due_on" not in self.errors
        ):
            self.add_error("promise_due_on", _("Enter the date you promised it for, like 27 3 2026."))
        if answers.get("promise_due_on") and not answers.get("promise"):
            self.add_error("promise", _("Enter what you promised."))
        at = self.at
        if at and at > clock.now():
            self.add_error("at_time", _("That is in the future. Enter when it happened."))
        return answers

    @property
    def at(self) -> datetime | None:
        """The moment of the contact, from its day and time in London; None while either is missing."""
        on, at_time = self.cleaned_data.get("on"), self.cleaned_data.get("at_time")
        return datetime.combine(on, at_time, LONDON) if on and at_time else None


def log_initial(channel: str, direction: str, asked: list[str], now: datetime) -> dict[str, Any]:
    """The answers a fresh page starts with: now, and what the link said to tell."""
    local = now.astimezone(LONDON)
    return {
        "channel": channel,
        "direction": direction,
        "tells": asked,
        "spoke_to": "",
        "next": "",
        "on": local.date(),
        "at_time": time(local.hour, local.minute),
    }


UNUSABLE = frozenset({"said_no", "shared_with_suspect"})


class PlanForm(Form):
    """How, how often and about what this person wants to be told."""

    form_key = FormKeyField()
    version = VersionField()  # the number of the plan the page showed
    frequency_days = ChoiceRadios(
        label=_("How often?"),
        hint=_("Besides what the Code says they are told at once."),
        choices=ContactPlan.Frequency.choices,
        missing=_("Choose how often."),
    )
    first = ChoiceSelect(
        label=_("First choice"), choices=ContactPlan.CHANNELS, missing=_("Choose how to reach them first.")
    )
    second = ChoiceSelect(
        label=_("Second choice"), choices=ContactPlan.CHANNELS, required=False, blank=_("None")
    )
    third = ChoiceSelect(
        label=_("Third choice"), choices=ContactPlan.CHANNELS, required=False, blank=_("None")
    )
    topics = ChoiceCheckboxes(label=_("About what?"), choices=ContactPlan.Topic.choices, required=False)
    language = ChoiceRadios(
        label=_("In which language?"),
        choices=ContactPlan.Language.choices,
        inline=True,
        missing=_("Choose a language."),
    )
    words = LongTextField(
        label=_("In their own words"),
        hint=_("What they asked for, what worries them, when to say nothing."),
        max_length=600,
        rows=3,
        required=False,
    )
    agreed_with = TextField(
        label=_("Agreed with"),
        max_length=120,
        missing=_("Enter who agreed: the victim, or who acts for them."),
    )
    agreed_on = DateInputField(
        label=_("Agreed on"), latest=clock.today, missing=_("Enter the day it was agreed, like 27 3 2026.")
    )

    def __init__(self, *args: Any, verdicts: dict[Channel, Verdict], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verdicts = verdicts

    def clean_frequency_days(self) -> int:
        return int(self.cleaned_data["frequency_days"])

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        seen: list[str] = []
        for name in ("first", "second", "third"):
            channel = answers.get(name)
            if not channel:
                continue
            if channel in seen:
                self.add_error(name, _("This is chosen already. Choose each way once."))
            why = [r.sentence for r in self.verdicts[Channel(channel)].reasons if r.rule in UNUSABLE]
            if why:
                self.add_error(name, why[0])
            seen.append(channel)
        answers["channels"] = seen
        return answers

    @property
    def plan(self) -> dict[str, Any]:
        """The answers as `agree_plan` takes them."""
        names = ("frequency_days", "channels", "topics", "language", "words", "agreed_with", "agreed_on")
        return {name: self.cleaned_data[name] for name in names}


def plan_initial(participant: Participant, current: ContactPlan | None, today: date) -> dict[str, Any]:
    """A fresh page starts from the plan in force; else from 28 days, with no channel assumed safe."""
    if current is None:
        welsh = participant.person.speaks_welsh
        return {
            "version": 0,
            "frequency_days": ContactPlan.Frequency.EVERY_28_DAYS,
            "language": ContactPlan.Language.WELSH if welsh else ContactPlan.Language.ENGLISH,
            "agreed_with": participant.person.name,
            "agreed_on": today,
        }
    first, second, third = [*current.channels, "", "", ""][:3]
    return {
        "version": current.number,
        "frequency_days": current.frequency_days,
        "first": first,
        "second": second,
        "third": third,
        "topics": current.topics,
        "language": current.language,
        "words": current.words,
        "agreed_with": current.agreed_with,
        "agreed_on": today,
    }
