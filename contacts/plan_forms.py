"""What is asked when a plan is agreed; cleaned_data is the domain's own types."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.models import ContactPlan
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
)

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
