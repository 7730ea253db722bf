"""What is asked about a pack: what of, in which language, why; and which file is to be checked."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from compliance.metric_periods import WHY_MONTHS
from compliance.packs.models import Pack
from victimcare import clock
from victimcare.govuk.forms import (
    ChoiceRadios,
    DateInputField,
    FileInput,
    Form,
    FormKeyField,
    LongTextField,
    VersionField,
)


def language_field() -> ChoiceRadios:
    return ChoiceRadios(
        label=_("In which language?"),
        choices=Pack.Language.choices,
        initial=Pack.Language.EN,
        missing=_("Choose the language of the pack."),
    )


class EvidenceForm(Form):
    """Why the evidence of one case is needed, and in which language."""

    form_key = FormKeyField()
    reason = LongTextField(
        label=_("Why do you need it?"),
        hint=_("Such as an inspection, a complaint or a review. It is printed in the pack, without names."),
        max_length=300,
        rows=3,
        missing=_("Say why you need the pack."),
    )
    language = language_field()


class AgainForm(Form):
    """One button on a pack that could not be made."""

    form_key = FormKeyField()
    version = VersionField()


class CheckForm(Form):
    """A file that may be a pack. It is read here and kept nowhere."""

    file = FileInput(
        label=_("The file"),
        hint=_("It is compared with what was made here, and not kept."),
        endings=("pdf",),
        max_megabytes=20,
        missing=_("Choose the file to check."),
    )


class FigureFileForm(CheckForm):
    """A PDF or a spreadsheet of figures."""

    file = FileInput(
        label=_("The file"),
        hint=_("It is compared with what was made here, and not kept."),
        endings=("pdf", "xlsx"),
        max_megabytes=20,
        missing=_("Choose the file to check."),
    )


KINDS = [(kind.value, kind.label) for kind in (Pack.Kind.BOARD, Pack.Kind.RETURN)]
HINTS = {
    Pack.Kind.BOARD.value: _(
        "The funnel, the quarterly measures, each duty, whether everybody is treated alike."
    ),
    Pack.Kind.RETURN.value: _("The quarterly measures, each duty and all other measures, by policing area."),
}


class FiguresForm(Form):
    """Which pack, of which period, in which language."""

    form_key = FormKeyField()
    kind = ChoiceRadios(label=_("Which pack?"), choices=KINDS, hints=HINTS, missing=_("Choose the pack."))
    since = DateInputField(
        label=_("From which day?"), latest=clock.today, missing=_("Enter the first day of the period.")
    )
    until = DateInputField(
        label=_("To which day?"), latest=clock.today, missing=_("Enter the last day of the period.")
    )
    language = language_field()

    def __init__(self, *args: Any, of_months: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if of_months:
            self.fields["until"].help_text = WHY_MONTHS

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("since") and said.get("until") and said["until"] < said["since"]:
            self.add_error("until", _("The last day must not be before the first. Change one of them."))
        return said


class SameFiguresForm(Form):
    """The same figures as which pack, in which language."""

    form_key = FormKeyField()
    kind = ChoiceRadios(label=_("Which pack?"), choices=KINDS, missing=_("Choose the pack."), inline=True)
    language = language_field()
