"""The short assessment: danger, nine parts of life, enhanced rights, their own words."""

from dataclasses import dataclass
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from needs_assessments.actions import Answers
from needs_assessments.models import Need
from victimcare import clock
from victimcare.cases.models import Entitlement
from victimcare.govuk.forms import (
    ChoiceRadios,
    ChoiceSelect,
    DateInputField,
    Form,
    FormKeyField,
    LongTextField,
    TextField,
    VersionField,
)

LEVELS = (
    ("0", _("0 None")),
    ("1", _("1 Information only")),
    ("2", _("2 Some support")),
    ("3", _("3 Significant")),
    ("4", _("4 Urgent")),
)
YES_NO = (("Y", _("Yes")), ("N", _("No")))
YES_NO_NOT_ASKED = (*YES_NO, ("", _("Not asked")))
HINTS = {
    Entitlement.Category.SERIOUS_CRIME: _(
        "Bereaved, domestic abuse, hate crime, sexual offence, trafficking, terrorism, attempted murder,"
        " serious wounding"
    ),
    Entitlement.Category.PERSISTENTLY_TARGETED: _("Targeted more than once, harassed or stalked"),
    Entitlement.Category.VULNERABLE: _("Under 18 at the time, or a condition that affects their evidence"),
    Entitlement.Category.INTIMIDATED: _("Fear or distress about giving evidence"),
    Entitlement.Category.DISCRETION: _("Our decision: say why"),
}


@dataclass(frozen=True)
class Row:
    """One line of a table of questions: what is asked, the answer's field and the note's field."""

    label: Any
    hint: Any
    answer: Any
    note: Any


class AssessmentForm(Form):
    """One conversation. A draft may leave anything out; a finished one says whether there is danger now."""

    mark_optional = False  # all but one answer may be left out, and the page says so
    form_key = FormKeyField()
    version = VersionField()  # the draft's; 0 for none
    is_in_danger_now = ChoiceRadios(
        label=_("Are they in danger now?"),
        hint=_(
            "Yes tells the officer and the supervisors at once. Ring 999 first where somebody may be hurt."
        ),
        choices=YES_NO,
        inline=True,
        required=False,
    )
    wants_vps = ChoiceRadios(
        label=_("Do they want to make a Victim Personal Statement?"),
        choices=YES_NO_NOT_ASKED,
        inline=True,
        required=False,
    )
    summary = LongTextField(
        label=_("In their own words"),
        hint=_("What has changed for them, and what would help."),
        max_length=4000,
        rows=4,
        required=False,
    )
    review_on = DateInputField(label=_("Ask again on"), required=False, earliest=clock.today)

    def __init__(self, *args: Any, is_draft: bool = False, is_under_18: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_draft, self.is_under_18 = is_draft, is_under_18
        for domain, label in Need.Domain.choices:
            self.fields[f"level_{domain}"] = ChoiceSelect(
                label=label, choices=LEVELS, required=False, blank=_("Not asked")
            )
            self.fields[f"note_{domain}"] = TextField(
                label=format_lazy(_("Note on: {label}"), label=label), max_length=1000, required=False
            )
        for category, label in Entitlement.Category.choices:
            self.fields[f"category_{category}"] = ChoiceSelect(
                label=label, choices=YES_NO, required=False, blank=_("Not asked")
            )
            self.fields[f"why_{category}"] = TextField(
                label=format_lazy(_("Why: {label}"), label=label), max_length=400, required=False
            )

    @property
    def needs(self) -> list[Row]:
        return [
            Row(label, "", self[f"level_{domain}"], self[f"note_{domain}"])
            for domain, label in Need.Domain.choices
        ]

    @property
    def categories(self) -> list[Row]:
        return [
            Row(label, HINTS[Entitlement.Category(key)], self[f"category_{key}"], self[f"why_{key}"])
            for key, label in Entitlement.Category.choices
        ]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        if self.is_draft:
            return answers
        if not answers.get("is_in_danger_now"):
            self.add_error(
                "is_in_danger_now",
                _("Say whether they are in danger now. Finish later if you could not ask."),
            )
        for category in Entitlement.Category.values:
            if answers.get(f"category_{category}") == "Y" and not answers.get(f"why_{category}"):
                self.add_error(f"why_{category}", _("Say why this gives enhanced rights."))
        if self.is_under_18 and answers.get("category_vulnerable") == "N":
            self.add_error("category_vulnerable", _("A victim under 18 is vulnerable: answer yes."))
        for domain in Need.Domain.values:
            if answers.get(f"note_{domain}") and not answers.get(f"level_{domain}"):
                self.add_error(f"level_{domain}", _("Choose a level for what you noted."))
        return answers

    @property
    def answers(self) -> Answers:
        said = self.cleaned_data
        return Answers(
            is_in_danger_now=said["is_in_danger_now"],
            needs={
                domain: (int(said[f"level_{domain}"]), said[f"note_{domain}"])
                for domain in Need.Domain.values
                if said[f"level_{domain}"]
            },
            categories={
                category: (said[f"category_{category}"], said[f"why_{category}"])
                for category in Entitlement.Category.values
            },
            wants_vps=said["wants_vps"],
            summary=said["summary"],
            review_on=said["review_on"],
        )


def initial_of(answers: Answers, version: int) -> dict[str, Any]:
    """A page that starts from what was answered before."""
    initial: dict[str, Any] = {
        "version": version,
        "is_in_danger_now": answers.is_in_danger_now,
        "wants_vps": answers.wants_vps,
        "summary": answers.summary,
        "review_on": answers.review_on,
    }
    for domain, (level, note) in answers.needs.items():
        initial |= {f"level_{domain}": str(level), f"note_{domain}": note}
    for category, (answer, why) in answers.categories.items():
        initial |= {f"category_{category}": answer, f"why_{category}": why}
    return initial
