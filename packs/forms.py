"""What is asked about a pack: what of, in which language, why; and which file is to be checked."""

from django.utils.translation import gettext_lazy as _

from packs.models import Pack
from victimcare.govuk.forms import (
    ChoiceRadios,
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
