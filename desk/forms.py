"""What people fill in on their own pages: why a reminder can wait."""

from django.utils.translation import gettext_lazy as _

from victimcare.govuk.forms import DateInputField, Form, FormKeyField, TextField


class SnoozeForm(Form):
    form_key = FormKeyField()
    until = DateInputField(label=_("Remind me again on"), missing=_("Enter the day to be reminded again."))
    reason = TextField(
        label=_("Why can it wait?"),
        hint=_("Like “She is away until Thursday and asked us to ring then”."),
        max_length=300,
        missing=_("Say why it can wait: your supervisor may ask."),
    )
