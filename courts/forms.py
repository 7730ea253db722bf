"""What is asked about hearings, witnesses and special measures; cleaned_data is the domain's own types."""

from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from courts.models import Court, Hearing, SpecialMeasure, Warning
from courts.results import RESULTS, ResultKind
from victimcare import clock
from victimcare.cases.models import Case, Participant
from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceRadios,
    ChoiceSelect,
    DateInputField,
    Form,
    FormKeyField,
    LongTextField,
    ModelChoiceRadios,
    ModelChoiceSelect,
    TextField,
    TickBox,
    TimeInputField,
    VersionField,
)
from victimcare.working_days import LONDON

MIDDAY = time(12, 0)
OTHER = "other"
KINDS = [
    (ResultKind.OUTCOME.value, _("The outcome of the case")),
    (ResultKind.SENTENCE.value, _("A sentence")),
    (ResultKind.BAIL.value, _("Bail or custody")),
    (ResultKind.WARRANT.value, _("A warrant for the suspect")),
    (ResultKind.REARREST.value, _("A hearing after the suspect was arrested again")),
    (ResultKind.ADJOURNED.value, _("Put off to another day")),
]
REPLIES = [(value, label) for value, label in Warning.Reply.choices if value]
REPLIES_ASKED = [*REPLIES, ("none", _("They have not said"))]


def moment_heard(day: date) -> datetime:
    """Now, for today; midday in London for a day before."""
    return clock.now() if day == clock.today() else datetime.combine(day, MIDDAY, LONDON)


def learned_field(label: Any) -> DateInputField:
    return DateInputField(
        label=label,
        hint=_("The clock for telling the victim starts on this day."),
        latest=clock.today,
        initial=clock.today,
        missing=_("Enter the day, like 27 3 2026."),
    )


class ListForm(Form):
    """A listing as the court sent it."""

    form_key = FormKeyField()
    number = TextField(
        label=_("Crime number, URN or case reference"),
        max_length=30,
        width=20,
        missing=_("Enter the crime number, the URN or the case reference."),
    )
    court = ModelChoiceRadios(
        label=_("Which court?"), queryset=Court.objects.all(), missing=_("Choose the court.")
    )
    type = ChoiceRadios(
        label=_("What kind of hearing?"),
        choices=Hearing.Type.choices,
        missing=_("Choose the kind of hearing."),
    )
    suspect = ModelChoiceSelect(
        label=_("Which defendant?"),
        queryset=None,
        required=False,
        blank=_("All of them"),
        describe=lambda part: part.person.name,
    )
    listed_on = DateInputField(
        label=_("On which day is it?"),
        earliest=clock.today,
        missing=_("Enter the day of the hearing, like 27 3 2026."),
    )
    start_time = TimeInputField(label=_("At what time, if it is known?"), required=False)
    courtroom = TextField(label=_("Courtroom"), max_length=20, width=5, required=False)
    learned_on = learned_field(_("When did the court tell us?"))

    def __init__(self, *args: Any, case: Case | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if case is None:
            del self.fields["suspect"]
            return
        del self.fields["number"]
        suspects = Participant.objects.filter(case=case, role=Participant.Role.SUSPECT)
        self.fields["suspect"].queryset = suspects.select_related("person")  # type: ignore[attr-defined]


class RequireForm(Form):
    """When the prosecution said who must come, or need not."""

    form_key = FormKeyField()
    learned_on = learned_field(_("When did the prosecution tell us?"))
    version = VersionField()


class ResultForm(Form):
    """How a hearing ended, as the court sent it."""

    form_key = FormKeyField()
    version = VersionField()
    result_code = ChoiceSelect(
        label=_("What was the result?"),
        choices=[*((r.code, f"{r.name} ({r.code})") for r in RESULTS.values()), (OTHER, _("Another result"))],
        missing=_("Choose the result."),
    )
    other_code = TextField(label=_("The code of another result"), max_length=10, width=5, required=False)
    kinds = ChoiceCheckboxes(
        label=_("What does that other result tell the victim?"), choices=KINDS, required=False
    )
    resulted_on = DateInputField(
        label=_("On which day?"),
        latest=clock.today,
        missing=_("Enter the day of the result, like 27 3 2026."),
    )
    learned_on = learned_field(_("When did the court tell us?"))
    vcs_eligible = TickBox(
        label=_("Eligible for the Victim Contact Scheme"),
        hint=_("A violent or sexual offence with 12 months in custody or more, or a hospital order."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        if answers.get("result_code") == OTHER:
            if not answers.get("other_code"):
                self.add_error("other_code", _("Enter the code of the result."))
            if not answers.get("kinds"):
                self.add_error("kinds", _("Tick what this result tells the victim."))
        return answers


class CallForm(Form):
    """A warning by word of mouth: did it reach them, and will they come?"""

    form_key = FormKeyField()
    channel = ChoiceRadios(label=_("How?"), choices=(), inline=True, missing=_("Say how you contacted them."))
    outcome = ChoiceRadios(
        label=_("Did you reach them?"),
        choices=[
            (Contact.Outcome.REACHED.value, Contact.Outcome.REACHED.label),
            (Contact.Outcome.REACHED_OTHER.value, Contact.Outcome.REACHED_OTHER.label),
            (Contact.Outcome.NO_ANSWER.value, Contact.Outcome.NO_ANSWER.label),
            (Contact.Outcome.WRONG_NUMBER.value, Contact.Outcome.WRONG_NUMBER.label),
            (Contact.Outcome.UNSAFE.value, Contact.Outcome.UNSAFE.label),
        ],
        inline=True,
        missing=_("Say whether you reached them."),
    )
    reply = ChoiceRadios(label=_("Will they come?"), choices=REPLIES_ASKED, inline=True, required=False)
    note = LongTextField(
        label=_("How did it land?"),
        hint=_("Their words where you can."),
        max_length=4000,
        rows=3,
        required=False,
    )

    def __init__(
        self, *args: Any, channels: list[tuple[str, Any]], is_stand_down: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = channels  # type: ignore[attr-defined]
        if is_stand_down:
            del self.fields["reply"]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        is_reached = answers.get("outcome") == Contact.Outcome.REACHED
        if "reply" in self.fields and is_reached and not answers.get("reply"):
            self.add_error("reply", _("Say whether they will come."))
        if answers.get("reply") == "none" or not is_reached:
            answers["reply"] = ""
        return answers


class LetterForm(Form):
    """A warning by letter: one button."""

    form_key = FormKeyField()


class ReplyForm(Form):
    """What the witness said to the warning."""

    form_key = FormKeyField()
    version = VersionField()
    reply = ChoiceRadios(
        label=_("Will they come?"), choices=REPLIES, missing=_("Say whether they will come.")
    )


class AskMeasureForm(Form):
    """A special measure the witness wants."""

    form_key = FormKeyField()
    measure = ChoiceRadios(
        label=_("Which measure?"), choices=SpecialMeasure.Measure.choices, missing=_("Choose the measure.")
    )
    why = LongTextField(
        label=_("Why would it help? In their own words where you can."),
        max_length=400,
        missing=_("Say why it would help this witness."),
    )


class MeasureForm(Form):
    """How far one measure is."""

    form_key = FormKeyField()
    version = VersionField()
    status = ChoiceRadios(
        label=_("How far is it?"), choices=SpecialMeasure.Status.choices, missing=_("Say how far it is.")
    )
    status_on = DateInputField(
        label=_("Since which day?"),
        latest=clock.today,
        initial=clock.today,
        missing=_("Enter the day, like 27 3 2026."),
    )


class CheckForm(Form):
    """The advisor's check of one measure."""

    form_key = FormKeyField()
    version = VersionField()
    finding = ChoiceRadios(
        label=_("What did you find?"),
        choices=SpecialMeasure.Finding.choices,
        missing=_("Say what you found."),
    )
    check_note = LongTextField(
        label=_("What is to be put right, or is worth repeating?"), max_length=400, required=False
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        is_right = answers.get("finding") == SpecialMeasure.Finding.MET
        if answers.get("finding") and not is_right and not answers.get("check_note"):
            self.add_error("check_note", _("Say what is to be put right."))
        return answers
