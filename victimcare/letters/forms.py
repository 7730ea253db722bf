"""What is asked about a letter: only that it is still the one that was read."""

from victimcare.govuk.forms import Form, FormKeyField, VersionField


class LetterForm(Form):
    """One button on the letter that is open: approve, withdraw or print again."""

    form_key = FormKeyField()
    version = VersionField()
