"""Forms of the calendar."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from victimcare import clock
from victimcare.govuk.forms import DateInputField, Form, FormKeyField, LongTextField, TextField, VersionField


class ProposeForm(Form):
    """One-off days of one announcement: holidays that are added, one that is worked after all."""

    form_key = FormKeyField()
    added_1 = DateInputField(
        label=_("A day that nobody works"),
        hint=_("A bank holiday announced for this once, such as a state funeral."),
        required=False,
    )
    name_1 = TextField(
        label=_("What that day is called"),
        hint=_("Each explained date says it."),
        max_length=80,
        required=False,
    )
    added_2 = DateInputField(label=_("A second day that nobody works"), required=False)
    name_2 = TextField(label=_("What the second day is called"), max_length=80, required=False)
    taken = DateInputField(
        label=_("A bank holiday that is worked after all"),
        hint=_("Such as the one that moves to another day this year."),
        required=False,
    )
    effective_from = DateInputField(
        label=_("Count by it from which day?"),
        hint=_("From that day every open duty is counted by it. What is settled stays as it is."),
        earliest=clock.today,
        missing=_("Enter the day, like 1 12 2026."),
    )
    reason = LongTextField(
        label=_("Why, and who announced it?"),
        max_length=400,
        rows=2,
        missing=_("Say why, so that whoever approves it knows."),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for n in ("1", "2"):
            if said.get(f"added_{n}") and not said.get(f"name_{n}"):
                self.add_error(f"name_{n}", _("Enter what the day is called."))
            if said.get(f"name_{n}") and not said.get(f"added_{n}") and f"added_{n}" not in self.errors:
                self.add_error(f"added_{n}", _("Enter the day, like 1 12 2026."))
        return said


class DecideForm(Form):
    """Approve proposed days, or set them aside."""

    form_key = FormKeyField()
    version = VersionField()
