"""What a second person writes when they decide. Cleaned answers are plain values."""

from django.utils.translation import gettext_lazy as _

from victimcare.govuk.forms import Form, FormKeyField, LongTextField, VersionField


class ChildForm(Form):
    """Why a young child may be contacted in the ways they asked for."""

    form_key = FormKeyField()
    version = VersionField()
    because = LongTextField(
        label=_("Why is it safe to contact this child in these ways?"),
        hint=_("What you know, from whom, and who else is told. Others read this before they ring."),
        max_length=300,
        rows=4,
        missing=_("Say why it is safe, so that others can follow."),
    )
