"""Forms of compliance."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from compliance import words
from compliance.models import CodeVersion
from victimcare import clock
from victimcare.govuk.forms import (
    ChoiceRadios,
    ChoiceSelect,
    DateInputField,
    Form,
    FormKeyField,
    LongTextField,
    TextField,
    TickBox,
    VersionField,
)
from victimcare.working_days import LAST_YEAR

YES, NO = "yes", "no"


class ApprovalForm(Form):
    """Bring a loaded Code version into force."""

    form_key = FormKeyField()
    version = VersionField()


class LoadForm(Form):
    """Load a Code file, and say what decides between it and the version before."""

    form_key = FormKeyField()
    transition = ChoiceRadios(
        label=_("What decides whether this version counts?"),
        hint=_("The regulations that bring a Code into operation say it. Its file says what is chosen here."),
        choices=CodeVersion.Transition.choices,
    )


class CheckForm(Form):
    """What somebody found who held a rule against the published Code."""

    form_key = FormKeyField()
    paragraph = TextField(
        label=_("Paragraph of the published Code"), hint=_("Such as 6.1."), max_length=30, width=5
    )
    agrees = ChoiceRadios(
        label=_("Does it say the same?"),
        choices=((YES, _("Yes, in every particular")), (NO, _("No, it says something else"))),
    )
    note = LongTextField(label=_("What it says, if not the same"), max_length=400, required=False)
    checked_on = DateInputField(label=_("Checked on"), latest=clock.today)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("agrees") == NO and not said.get("note"):
            self.add_error("note", _("Say what the published Code says instead."))
        return said


class CalculatorForm(Form):
    """Which duty, from which day, with which entitlement."""

    mark_optional = False
    rule = ChoiceSelect(label=_("Duty"), choices=(), blank=_("Choose one"))
    on = DateInputField(
        label=_("Day 0"),
        hint=_("The day it happened; for a clock that starts when we heard, the day we heard."),
        earliest=date(2021, 4, 1),
        latest=date(LAST_YEAR, 12, 31),
    )
    enhanced = TickBox(label=_("The victim has enhanced rights"), required=False)

    def __init__(self, *args: Any, rules: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [(key, f"{words.short(key)} ({key})") for key in rules]
