"""What a second person writes when they decide. Cleaned answers are plain values."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from victimcare.cases.models import PendingChange
from victimcare.govuk.forms import ChoiceRadios, Form, FormKeyField, LongTextField, TextField, VersionField


class ChildForm(Form):
    """Why a young child may be contacted in the ways they asked for."""

    form_key = FormKeyField()
    version = VersionField()
    because = LongTextField(
        label=_("Why is it safe to contact this child in these ways?"),
        hint=_("What you know, from whom, and who else is told. It stands on the timeline."),
        max_length=300,
        rows=4,
        missing=_("Say why it is safe, so that others can follow."),
    )


REFUSED = "refused"


class ChangeForm(Form):
    """How somebody verified a new address or number, or that it is not theirs."""

    form_key = FormKeyField()
    how = ChoiceRadios(
        label=_("Is it truly theirs?"),
        hint=_("Never rely on the new number or address itself: whoever gave it would confirm it."),
        choices=[*PendingChange.How.choices, (REFUSED, _("It is not theirs, or nobody can tell"))],
        missing=_("Choose how you verified it, or that it is not theirs."),
    )
    note = TextField(
        label=_("What they said"),
        hint=_("Needed when it is not theirs."),
        max_length=200,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        if answers.get("how") == REFUSED and not answers.get("note") and "note" not in self.errors:
            self.add_error("note", _("Say why it is not theirs, so that nobody writes it down again."))
        return answers


LIFT, KEEP = "lift", "keep"


class LiftForm(Form):
    """Whether a warning is taken back."""

    form_key = FormKeyField()
    answer = ChoiceRadios(
        label=_("Is it safe to take this warning back?"),
        choices=[(LIFT, _("Yes, lift it")), (KEEP, _("No, it stays as it is"))],
        missing=_("Choose whether the warning is lifted."),
    )
    because = TextField(
        label=_("Why?"), hint=_("Needed when it stays as it is."), max_length=200, required=False
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        if answers.get("answer") == KEEP and not answers.get("because") and "because" not in self.errors:
            self.add_error("because", _("Say why it stays as it is, so that whoever asked knows."))
        return answers
