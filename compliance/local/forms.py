"""Forms of the unit's own standards."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from compliance import words
from compliance.local.actions import LONGEST, Opening, Terms
from victimcare.cases.forms import ProposalForm
from victimcare.cases.kinds import TELLABLE, Kind
from victimcare.govuk.forms import (
    ChoiceRadios,
    ChoiceSelect,
    Form,
    FormKeyField,
    TextField,
    WholeNumber,
)

KEPT, ENDED = "kept", "ended"
CLOCKS = ("event", "decision", "receipt")


class VersionForm(ProposalForm):
    """The next version of a standard."""

    title = TextField(
        label=_("What must be told"), max_length=160, missing=_("Enter what the victim must be told.")
    )
    title_cy = TextField(
        label=_("What must be told, in Welsh"),
        hint=_("For Welsh pages. They show the English where this is empty."),
        max_length=200,
        required=False,
    )
    name_cy = TextField(label=_("Its name in lists, in Welsh"), max_length=60, required=False)
    standard = WholeNumber(
        label=_("Within how many working days?"),
        lowest=1,
        highest=LONGEST,
        width=3,
        missing=_("Enter how many working days."),
    )
    enhanced = WholeNumber(
        label=_("Within how many for somebody with enhanced rights?"),
        lowest=1,
        highest=LONGEST,
        width=3,
        missing=_("Enter how many working days."),
    )
    is_kept = ChoiceRadios(
        label=_("From that day"),
        choices=((KEPT, _("It counts")), (ENDED, _("There is no such standard any more"))),
        initial=KEPT,
    )
    field_order: Sequence[str] = (
        "form_key", "version", "title", "title_cy", "name_cy", "standard", "enhanced", "is_kept",
    )  # fmt: skip

    def __init__(self, *args: Any, is_named: bool, **kwargs: Any) -> None:
        """`is_named`: by the unit; else the application names it, in both languages."""
        super().__init__(*args, **kwargs)
        if not is_named:
            del self.fields["name_cy"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if (said.get("enhanced") or 0) > (said.get("standard") or LONGEST):
            self.add_error("enhanced", _("Enter no more days for enhanced rights than for standard."))
        return said

    @property
    def terms(self) -> Terms:
        said = self.cleaned_data
        return Terms(
            title=said["title"],
            standard=said["standard"],
            enhanced=said["enhanced"],
            effective_from=said["effective_from"],
            is_kept=said.get("is_kept", KEPT) == KEPT,
            title_cy=said["title_cy"],
            name_cy=said.get("name_cy", ""),
        )


class NewForm(VersionForm):
    """A standard that there was not: what opens it besides."""

    name = TextField(
        label=_("Its name in lists"), max_length=40, missing=_("Enter a name of two or three words.")
    )
    trigger = ChoiceSelect(
        label=_("What opens it?"), choices=(), blank=_("Choose"), missing=_("Choose what opens it.")
    )
    clock = ChoiceSelect(
        label=_("It counts"), choices=[(key, words.CLOCKS[key]) for key in CLOCKS], initial=CLOCKS[0]
    )
    right = ChoiceSelect(
        label=_("Which right does it serve?"),
        choices=[(str(n), name) for n, name in words.RIGHTS.items()],
        blank=_("Choose"),
        missing=_("Choose a right."),
    )
    field_order = ("form_key", "name", "name_cy", "right", "trigger", "clock", *VersionForm.field_order[2:])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, is_named=True, **kwargs)
        del self.fields["is_kept"], self.fields["version"]
        self.fields["trigger"].choices = [(kind.value, kind.label) for kind in Kind if kind in TELLABLE]

    @property
    def opening(self) -> Opening:
        said = self.cleaned_data
        return Opening(said["name"], int(said["right"]), said["trigger"], said["clock"])


class DecideForm(Form):
    """Approve a proposed version, or set it aside."""

    form_key = FormKeyField()
