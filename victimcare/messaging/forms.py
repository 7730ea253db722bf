"""What is asked about a message: only that it is still the one that was read."""

from victimcare.govuk.forms import Form, FormKeyField, VersionField


class WithdrawForm(Form):
    """One button: take back a message that is still waiting."""

    form_key = FormKeyField()
    version = VersionField()
