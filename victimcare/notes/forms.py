"""What is asked about a note and a file."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from victimcare.govuk.forms import ChoiceRadios, FileInput, Form, FormKeyField, LongTextField, TextField
from victimcare.notes.models import Note


class NoteForm(Form):
    """A note, or what is added to one."""

    form_key = FormKeyField()
    kind = ChoiceRadios(
        label=_("What kind of note?"),
        choices=Note.Kind.choices,
        hints={Note.Kind.SUPERVISION: _("Only supervisors and you read it.")},
        missing=_("Choose what kind of note it is."),
    )
    words = LongTextField(
        label=_("The note"),
        hint=_("It cannot be changed afterwards, only added to. They may ask to see it."),
        max_length=8000,
        rows=8,
        missing=_("Write the note."),
    )
    sensitivity = ChoiceRadios(
        label=_("Who may read it?"),
        choices=Note.Sensitivity.choices,
        initial=Note.Sensitivity.ORDINARY,
        missing=_("Say who may read it."),
    )

    def __init__(self, *args: Any, adds_to: Note | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if adds_to is not None:
            del self.fields["kind"]
            self.fields["words"].label = _("What is to be added?")
            if adds_to.sensitivity == Note.Sensitivity.SUPERVISORS:
                del self.fields["sensitivity"]


class FileForm(Form):
    """A file that belongs to this person."""

    form_key = FormKeyField()
    file = FileInput(
        label=_("The file"),
        hint=_(
            "PDF, PNG, JPEG or Word (docx), at most 20 MB. Where and when a picture was taken is removed from it."
        ),
        endings=("pdf", "png", "jpg", "jpeg", "docx"),
        max_megabytes=20,
        missing=_("Choose a file."),
    )
    about = TextField(label=_("What is it?"), max_length=200, missing=_("Say what it is, in a few words."))


class RedactForm(Form):
    """Why something is taken out for good."""

    form_key = FormKeyField()
    reason = TextField(
        label=_("Why is it taken out?"),
        hint=_("Its place will say so. Do not repeat here what should not be seen."),
        max_length=300,
        missing=_("Say why it is taken out."),
    )
