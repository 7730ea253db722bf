"""What is asked about a contact, a plan and a letter; cleaned_data is the domain's own types."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.call_sheet import event_line
from contacts.complaints import Discontent
from contacts.models import TELLS, Complaint, Contact, IdentityCheck
from victimcare import clock
from victimcare.cases.models import Event, Participant, Question
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
        Outcome.NOT_CONTACTED,
    ),
    Contact.Channel.IN_PERSON: (
        Outcome.REACHED,
        Outcome.REACHED_OTHER,
        Outcome.NO_ANSWER,
        Outcome.UNSAFE,
        Outcome.NOT_CONTACTED,
    ),
    Contact.Channel.TEXT: (Outcome.SENT, Outcome.REACHED, Outcome.RETURNED),
    Contact.Channel.EMAIL: (Outcome.SENT, Outcome.REACHED, Outcome.RETURNED),
}
# What goes back to the officer in the case, by what the call found.
ASKS = {
    Outcome.WRONG_NUMBER: Question.Kind.WRONG_NUMBER,
    Outcome.UNSAFE: Question.Kind.UNSAFE_NUMBER,
}
OF_INCOMING = frozenset({Outcome.REACHED, Outcome.REACHED_OTHER, Outcome.MESSAGE_LEFT, Outcome.UNSAFE})


def incoming_outcomes(channel: str, name: str, *, is_written: bool) -> list[tuple[str, str]]:
    """What can come of it when they contact us: nobody can be out, or the number wrong, who rings us.

    `name` is whose contact it is; empty where it may have been somebody who acts for them.
    """
    spoke = gettext("%s wrote to us") if is_written else gettext("I spoke to %s")
    said = {
        Outcome.REACHED: spoke % name if name else gettext("They, or whoever acts for them"),
        Outcome.REACHED_OTHER: gettext("It was somebody else"),
        Outcome.MESSAGE_LEFT: gettext("They left a message"),
        Outcome.UNSAFE: gettext("It was not safe to talk: ended"),
    }
    return [(outcome.value, said[outcome]) for outcome in OUTCOMES[channel] if outcome in OF_INCOMING]


def event_choice(event: Event) -> str:
    return f"{event_line(event)}, {day(event.occurred_on)}"


PROMISES = ("promise", "promise_2", "promise_3")
NEXT = {"next", "task", "task_due_on", "no_task_because"}
DATES = {
    "promise_due_on": _("Promise"),
    "promise_2_due_on": _("Second promise"),
    "promise_3_due_on": _("Third promise"),
    "task_due_on": _("Next task"),
    "on": _("Day of the contact"),
}


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
        label=_("What was said?"),
        hint=_("Their words where you can. This is what the next person reads first."),
        max_length=4000,
        rows=4,
        required=False,
    )
    landed = ChoiceRadios(
        label=_("How did it land?"),
        choices=Contact.Landed.choices,
        inline=True,
        required=False,
    )
    promise = TextField(label=_("Did you promise anything?"), max_length=300, required=False)
    promise_due_on = DateInputField(label=_("By when?"), required=False, earliest=clock.today)
    promise_2 = TextField(label=_("A second promise"), max_length=300, required=False)
    promise_2_due_on = DateInputField(label=_("By when?"), required=False, earliest=clock.today)
    promise_3 = TextField(label=_("A third promise"), max_length=300, required=False)
    promise_3_due_on = DateInputField(label=_("By when?"), required=False, earliest=clock.today)
    signposted = ChoiceCheckboxes(label=_("Services on our list"), choices=(), required=False)
    signposted_other = TextField(label=_("Another service"), max_length=120, required=False)
    complaint = ChoiceRadios(
        label=_("Are they not content with something?"),
        choices=(("", _("Nothing was said of that")), *Complaint.Kind.choices),
        hints={
            Complaint.Kind.DISSATISFIED: _("Somebody rings them about it. Tell them how to complain."),
            Complaint.Kind.COMPLAINT: _("They get a reply. Right 12 of the Code."),
        },
        required=False,
    )
    complaint_about = ChoiceSelect(label=_("With whom?"), choices=Complaint.About.choices, required=False)
    complaint_words = LongTextField(
        label=_("With what, in their words?"), max_length=2000, rows=3, required=False
    )
    complaint_passed_to = TextField(
        label=_("Who looks into it?"),
        hint=_("A name or a team. Your supervisors see it whatever you write."),
        max_length=120,
        required=False,
    )
    why_again = TextField(
        label=_("Why was it tried again at this hour?"),
        hint=_("Nobody was reached before on the same day, or at the same time of day."),
        max_length=300,
        required=False,
    )
    message = TextField(label=_("A message for their officer"), max_length=280, required=False)
    new_number = TextField(
        label=_("A new number they gave"),
        hint=_("Kept here only. Their officer checks it on the number held before, then changes it."),
        max_length=30,
        width=20,
        input_type="tel",
        required=False,
    )
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
        label=_("What is the next task?"),
        choices=(
            ("series", _("Try again, as planned above")),
            ("update", _("The update they agreed")),
            ("plan", _("Agree the plan, now")),
            ("safe", _("Change safe contact, now")),
            ("needs", _("Assess needs, now")),
            ("officer", _("Ask the officer in the case")),
            ("task", _("Something else")),
            ("none", _("No task at this time")),
        ),
        reveals={"task": ("task", "task_due_on"), "none": "no_task_because"},
        required=False,
    )
    task = TextField(label=_("What is to be done?"), max_length=300, required=False)
    task_due_on = DateInputField(label=_("By when?"), required=False, earliest=clock.today)
    no_task_because = TextField(label=_("Why is there nothing to do?"), max_length=300, required=False)

    def __init__(
        self,
        *args: Any,
        participant: Participant,
        acting: list[Participant],
        events: list[Event],
        channel: str,
        next_steps: list[str],
        is_tried: bool = False,
        is_colleagues: bool = False,
        is_incoming: bool = False,
        services: Callable[[], Sequence[str]] = tuple,
        has_plan: bool = False,
        **kwargs: Any,
    ) -> None:
        """`events` may be told: all that the page offers; of a form that was posted, those that were ticked."""
        super().__init__(*args, **kwargs)
        self.events = {event.reference: event for event in events}
        self.people = {part.reference: part for part in acting}
        self.participant = participant
        name = participant.person.first_name
        is_written = channel in {Contact.Channel.TEXT, Contact.Channel.EMAIL}
        reached = name if not acting else Outcome.REACHED.label
        if is_written:
            self.fields["outcome"].label = _("What happened?")
            reached = gettext("%s answered") % name if not acting else reached
        self.fields["outcome"].choices = [
            (outcome, reached if outcome == Outcome.REACHED else outcome.label)
            for outcome in OUTCOMES[channel]
        ]
        if is_incoming:  # offered; what else somebody posts is answered by clean, in a sentence
            self.fields["outcome"].label = _("What came of it?")
            self.fields["outcome"].widget.choices = incoming_outcomes(
                channel, name if not acting else "", is_written=is_written
            )
        self.fields["tells"].choices = [(reference, reference) for reference in self.events]
        self.is_tried, self.has_plan = is_tried, has_plan
        self.fields["next"].choices = [c for c in self.fields["next"].choices if c[0] in next_steps]
        if not next_steps:  # an officer in the case says what they told, and no more
            del self.fields["next"], self.fields["task"], self.fields["task_due_on"]
            del self.fields["no_task_because"], self.fields["new_number"]
        if not is_colleagues:
            del self.fields["message"]
        self.fields["signposted"].choices = lambda: [(name, name) for name in services()]
        if acting:
            self.fields["spoke_to"].choices = [("", name)] + [
                (ref, gettext("%s, who acts for them") % part.person.name)
                for ref, part in self.people.items()
            ]
        else:
            del self.fields["spoke_to"]

    def offer(self, events: Sequence[Event]) -> None:
        """Before the page is drawn: the events to tick, in words."""
        self.events = {event.reference: event for event in events}
        self.fields["tells"].choices = [(event.reference, event_choice(event)) for event in events]
        if not events and "tells" not in self.errors:
            del self.fields["tells"]

    def clean_tells(self) -> list[Event]:
        return [self.events[reference] for reference in self.cleaned_data["tells"]]

    def clean_spoke_to(self) -> Participant | None:
        return self.people.get(self.cleaned_data["spoke_to"])

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        self._name_the_dates()
        outcome, told = answers.get("outcome"), answers.get("tells")
        if outcome and answers.get("direction") == Contact.Direction.IN and outcome not in OF_INCOMING:
            self.add_error("outcome", _("They contacted us, so somebody was reached or a message was left."))
        elif outcome and told and outcome not in TELLS:
            self.add_error(
                "tells", _("A message left or a failed attempt does not tell. Untick what was not told.")
            )
        for name in PROMISES:
            self._check_promise(name, answers)
        if answers.get("complaint"):
            self._check_complaint(answers)
        at = self.at
        if at and at > clock.now():
            self.add_error("at_time", _("That is in the future. Enter when it happened."))
        if outcome == Outcome.NOT_CONTACTED and not answers.get("note"):
            self.add_error("note", _("Say why nobody was contacted."))
        if "next" in self.fields and self.errors.keys().isdisjoint(NEXT):
            self._check_next(answers)
        return answers

    def _name_the_dates(self) -> None:
        """Four dates are asked with the same words: what is wrong with one says which."""
        for name, which in DATES.items():
            codes = {error.code for error in self.errors[name].as_data()} if name in self.errors else set()
            if codes & {"early", "late"}:
                said = [f"{which}: {error[:1].lower()}{error[1:]}" for error in self.errors[name]]
                self.errors[name] = self.error_class(said, renderer=self.renderer)

    def _check_promise(self, name: str, answers: dict[str, Any]) -> None:
        """What was promised and by when: both or neither."""
        by_when = f"{name}_due_on"
        if answers.get(name) and not answers.get(by_when) and by_when not in self.errors:
            self.add_error(by_when, _("Enter the date you promised it for, like 27 3 2026."))
        if answers.get(by_when) and not answers.get(name):
            self.add_error(name, _("Enter what you promised."))

    def _check_complaint(self, answers: dict[str, Any]) -> None:
        if not answers.get("complaint_about"):
            self.add_error("complaint_about", _("Say with whom they are not content."))
        if not answers.get("complaint_words") and "complaint_words" not in self.errors:
            self.add_error("complaint_words", _("Write down what they are not content with."))

    def _check_next(self, answers: dict[str, Any]) -> None:
        """Something is always next, or there is a reason why nothing is; said with all that is wrong."""
        step = answers.get("next")
        promised = any(answers.get(name) for name in PROMISES)
        series_goes_on = self.is_tried and answers.get("outcome") not in (
            Outcome.REACHED,
            Outcome.NOT_CONTACTED,
        )
        if not step and not promised and not series_goes_on:
            self.add_error("next", _("Choose what is to be done next, or “No task at this time” and why."))
        elif step == "series" and answers.get("outcome") in TELLS and not series_goes_on:
            self.add_error("next", _("You reached them, so choose what comes next."))
        elif step == "update" and not self.has_plan:
            self.add_error("next", _("No regular update was agreed. Choose another task, or agree the plan."))
        elif step == "task" and not answers.get("task"):
            self.add_error("task", _("Enter what is to be done."))
        elif step == "task" and not answers.get("task_due_on"):
            self.add_error("task_due_on", _("Enter the day by which it is done, like 27 3 2026."))
        elif step == "none" and not answers.get("no_task_because"):
            self.add_error("no_task_because", _("Say why there is nothing to do."))

    @property
    def promises(self) -> list[tuple[str, date]]:
        """What was promised, each with its day."""
        said = self.cleaned_data
        pairs = ((said.get(name), said.get(f"{name}_due_on")) for name in PROMISES)
        return [(what, due_on) for what, due_on in pairs if what and due_on]

    @property
    def services(self) -> list[str]:
        """Every service they were pointed to, by name."""
        other = self.cleaned_data["signposted_other"]
        return [*self.cleaned_data.get("signposted", ()), *([other] if other else ())]

    @property
    def discontent(self) -> Discontent | None:
        """What they are not content with; None where nothing was said of that."""
        said = self.cleaned_data
        if not said["complaint"]:
            return None
        return Discontent(
            said["complaint"], said["complaint_about"], said["complaint_words"], said["complaint_passed_to"]
        )

    @property
    def next_task(self) -> dict[str, Any]:
        """The next task as `log` takes it: only what belongs to the answer that was chosen."""
        answers = self.cleaned_data
        step, outcome = answers.get("next", ""), answers["outcome"]
        return {
            "task": answers["task"] if step == "task" else "",
            "task_due_on": answers["task_due_on"] if step == "task" else None,
            "no_task_because": answers["no_task_because"] if step == "none" else "",
            "ask_officer_about": ASKS.get(outcome, "") if step == "officer" else "",
        }

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
        "on": local.date(),
        "at_time": time(local.hour, local.minute),
    }


class CallerForm(Form):
    """What a caller says to show who they are. What they should say is on no page."""

    form_key = FormKeyField()
    how = ChoiceRadios(
        label=_("How do you check who it is?"),
        choices=(),
        hints={
            IdentityCheck.How.CODE_WORD: _("Ask: “What is the word we agreed?”"),
            IdentityCheck.How.DETAILS: _("Ask: “What is your date of birth, and your postcode?”"),
            IdentityCheck.How.RANG_BACK: _("Only where it is safe to ring."),
        },
        reveals={
            IdentityCheck.How.CODE_WORD: "said",
            IdentityCheck.How.DETAILS: ("born_on", "postcode"),
        },
        missing=_("Choose how you check who it is."),
    )
    said = TextField(label=_("What word did the caller say?"), max_length=60, width=20, required=False)
    born_on = DateInputField(label=_("What date of birth did they say?"), required=False)
    postcode = TextField(label=_("What postcode did they say?"), max_length=10, width=10, required=False)

    def __init__(self, *args: Any, has_code_word: bool, is_rung_only: bool = False, **kwargs: Any) -> None:
        """`is_rung_only` after too many wrong answers: nothing the caller says is tried any more."""
        super().__init__(*args, **kwargs)
        first = IdentityCheck.How.CODE_WORD if has_code_word else IdentityCheck.How.DETAILS
        left_out = {"said"} if not has_code_word else {"born_on", "postcode"}
        if is_rung_only:
            left_out = {"said", "born_on", "postcode"}
        for name in left_out:
            del self.fields[name]
        ways = (IdentityCheck.How.RANG_BACK,) if is_rung_only else (first, IdentityCheck.How.RANG_BACK)
        self.fields["how"].choices = [(way.value, way.label) for way in ways]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        how = answers.get("how")
        if how == IdentityCheck.How.CODE_WORD and not answers.get("said"):
            self.add_error("said", _("Enter the word the caller said."))
        if how == IdentityCheck.How.DETAILS:
            if not answers.get("born_on") and "born_on" not in self.errors:
                self.add_error("born_on", _("Enter the date of birth the caller said, like 27 3 1986."))
            if not answers.get("postcode"):
                self.add_error("postcode", _("Enter the postcode the caller said."))
        return answers


class CallNoteForm(Form):
    """What somebody said whom nobody could find."""

    form_key = FormKeyField()
    caller = TextField(label=_("What name did they give?"), max_length=120, required=False)
    number = TextField(
        label=_("On which number can they be rung?"),
        max_length=30,
        width=20,
        input_type="tel",
        required=False,
    )
    words = LongTextField(
        label=_("What did they say?"), max_length=1000, rows=4, missing=_("Enter what they said.")
    )


class SettleNoteForm(Form):
    """What became of such a call."""

    settlement = TextField(label=_("What became of it?"), max_length=300, missing=_("Say what became of it."))
