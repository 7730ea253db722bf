"""What is asked when a plan is agreed; cleaned_data is the domain's own types."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.models import ContactPlan, OptOut
from contacts.planning import Terms
from victimcare import clock
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Channel, Verdict
from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceRadios,
    ChoiceSelect,
    DateInputField,
    Form,
    FormKeyField,
    LongTextField,
    TextField,
    VersionField,
    WholeNumber,
)

OTHER = "other"
UNUSABLE = frozenset({"said_no", "shared_with_suspect"})


class PlanForm(Form):
    """How, how often and about what this person wants to be told."""

    form_key = FormKeyField()
    version = VersionField()  # the number of the plan the page showed
    frequency_days = ChoiceRadios(
        label=_("How often?"),
        hint=_("Besides what the Code says they are told at once."),
        choices=(*ContactPlan.Frequency.choices, (OTHER, _("As agreed: another number of days"))),
        reveals={OTHER: "every_days"},
        missing=_("Choose how often."),
    )
    every_days = WholeNumber(
        label=_("Every how many days?"),
        lowest=1,
        highest=ContactPlan.LONGEST,
        width=3,
        suffix=_("days"),
        required=False,
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
    times = ChoiceCheckboxes(
        label=_("When do they like to be rung?"),
        hint=_("A wish. The hours at which it is safe to ring are in the safe-contact answers."),
        choices=ContactPlan.Time.choices,
        inline=True,
        required=False,
    )
    topics = ChoiceCheckboxes(label=_("About what?"), choices=ContactPlan.Topic.choices, required=False)
    language = ChoiceRadios(
        label=_("In which language?"),
        choices=ContactPlan.Language.choices,
        inline=True,
        missing=_("Choose a language."),
    )
    formats = ChoiceCheckboxes(
        label=_("In which form?"), choices=ContactPlan.Format.choices, inline=True, required=False
    )
    format_note = TextField(
        label=_("Which language, size or sign language?"),
        hint=_("For an interpreter: the language, and whether a man or a woman."),
        max_length=120,
        required=False,
    )
    may_tell = TextField(
        label=_("Who else may be told?"),
        hint=_("Name and what they are to the victim. Leave empty for nobody."),
        max_length=300,
        required=False,
    )
    silent_unless = TextField(
        label=_("Say nothing unless"),
        hint=_("For example: unless he is released, or unless I ask."),
        max_length=300,
        required=False,
    )
    words = LongTextField(
        label=_("In their own words"),
        hint=_("What they asked for, what worries them."),
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

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        is_other = answers.get("frequency_days") == OTHER
        if is_other and not answers.get("every_days") and "every_days" not in self.errors:
            self.add_error("every_days", _("Enter the number of days that was agreed, like 10."))
        needs_note = ContactPlan.Format.INTERPRETER in answers.get("formats", ())
        if needs_note and not answers.get("format_note"):
            self.add_error("format_note", _("Enter the language they need an interpreter for."))
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
    def terms(self) -> Terms:
        """The answers as `agree_plan` takes them."""
        answers = self.cleaned_data
        every = answers["frequency_days"]
        return Terms(
            frequency_days=answers["every_days"] if every == OTHER else int(every),
            channels=tuple(answers["channels"]),
            topics=tuple(answers["topics"]),
            language=answers["language"],
            words=answers["words"],
            times=tuple(answers["times"]),
            formats=tuple(answers["formats"]),
            format_note=answers["format_note"],
            may_tell=answers["may_tell"],
            silent_unless=answers["silent_unless"],
        )


def plan_initial(participant: Participant, current: ContactPlan | None, today: date) -> dict[str, Any]:
    """A fresh page starts from the plan in force; else from no interval and no channel: both are asked."""
    if current is None:
        welsh, spoken = participant.person.speaks_welsh, participant.person.interpreter_language
        return {
            "version": 0,
            "language": ContactPlan.Language.WELSH if welsh else ContactPlan.Language.ENGLISH,
            "formats": [ContactPlan.Format.INTERPRETER] if spoken else [],
            "format_note": spoken,
            "agreed_with": participant.person.name,
            "agreed_on": today,
        }
    first, second, third = [*current.channels, "", "", ""][:3]
    is_listed = current.frequency_days in ContactPlan.Frequency
    return {
        "version": current.number,
        "frequency_days": current.frequency_days if is_listed else OTHER,
        "every_days": None if is_listed else current.frequency_days,
        "first": first,
        "second": second,
        "third": third,
        "times": current.times,
        "topics": current.topics,
        "language": current.language,
        "formats": current.formats,
        "format_note": current.format_note,
        "may_tell": current.may_tell,
        "silent_unless": current.silent_unless,
        "words": current.words,
        "agreed_with": current.agreed_with,
        "agreed_on": today,
    }


class KeepForm(Form):
    """They were asked again and want the plan to stay as it is."""

    form_key = FormKeyField()
    version = VersionField()  # the number of the plan the page showed
    kept_with = TextField(
        label=_("Who said so?"),
        max_length=120,
        missing=_("Enter who said so: the victim, or who acts for them."),
    )


NOTHING, SOME, ALL = "nothing", "some", "all"


class OptOutForm(Form):
    """What they do not want to be told, from when, and who said so."""

    form_key = FormKeyField()
    version = VersionField()  # the choice the page showed, 0 for none
    what = ChoiceRadios(
        label=_("What do they not want to hear?"),
        choices=(
            (NOTHING, _("They want to hear everything that was agreed")),
            (SOME, _("Some things")),
            (ALL, _("All updates")),
        ),
        reveals={SOME: "topics"},
        missing=_("Choose what they do not want to hear."),
    )
    topics = ChoiceCheckboxes(
        label=_("About what do they not want to hear?"), choices=ContactPlan.Topic.choices, required=False
    )
    from_on = DateInputField(
        label=_("From which day?"), missing=_("Enter the day from which this holds, like 27 3 2026.")
    )
    said_by = TextField(
        label=_("Who said so?"),
        max_length=120,
        missing=_("Enter who said so: the victim, or who acts for them."),
    )
    words = TextField(label=_("In their own words"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        if answers.get("what") == SOME and not answers.get("topics"):
            self.add_error("topics", _("Choose what they do not want to hear about."))
        return answers

    @property
    def choice(self) -> dict[str, Any]:
        """The answers as `choose_updates` takes them."""
        answers = self.cleaned_data
        return {
            "is_everything": answers["what"] == ALL,
            "topics": answers["topics"] if answers["what"] == SOME else [],
            "from_on": answers["from_on"],
            "said_by": answers["said_by"],
            "words": answers["words"],
        }


def opt_out_initial(participant: Participant, standing: OptOut | None, today: date) -> dict[str, Any]:
    """A fresh page starts from the choice that holds."""
    return {
        "version": standing.pk if standing else 0,
        "what": (ALL if standing.is_everything else SOME) if standing else "",
        "topics": standing.topics if standing else [],
        "from_on": today,
        "said_by": participant.person.name,
    }


class AcknowledgeForm(Form):
    """What a supervisor decided about somebody who does not want to hear of a release."""

    form_key = FormKeyField()
    note = TextField(
        label=_("What was decided?"),
        hint=_("Who rings when the suspect is released, or why nobody does."),
        max_length=300,
        missing=_("Say what was decided."),
    )
