"""Forms of compliance."""

from victimcare.govuk.forms import Form, FormKeyField, VersionField


class ApprovalForm(Form):
    """Bring a loaded Code version into force."""

    form_key = FormKeyField()
    version = VersionField()
