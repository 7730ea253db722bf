"""What people fill in: who takes whom, a referral to a partner."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from referrals.models import OnwardReferral, Partner
from victimcare import clock
from victimcare.govuk.forms import (
    ChoiceRadios,
    DateInputField,
    Form,
    FormKeyField,
    LongTextField,
    ModelChoiceRadios,
    TextField,
    VersionField,
)


class AllocateForm(Form):
    """Only its key: one save, however often it is sent."""

    form_key = FormKeyField()


class ReferOnForm(Form):
    form_key = FormKeyField()
    partner = ModelChoiceRadios(
        label=_("Which service?"), queryset=Partner.objects.none(), describe=lambda partner: partner.name,
        missing=_("Choose a service."),
    )  # fmt: skip
    shares = LongTextField(
        label=_("What did they agree may be shared?"),
        hint=_("Only this is shown to the service, with their name and a safe way to reach them."),
        max_length=400,
        missing=_("Enter what they agreed may be shared."),
    )
    agreed_on = DateInputField(
        label=_("When did they agree?"),
        latest=clock.today,
        missing=_("Enter the day they agreed, like 27 3 2026."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["partner"].queryset = Partner.objects.contracted_on(clock.today())  # type: ignore[attr-defined]


class AnswerForm(Form):
    form_key = FormKeyField()
    version = VersionField()
    answer = ChoiceRadios(
        label=_("Can you take this on?"),
        choices=[
            (OnwardReferral.Status.ACCEPTED, _("Yes, accept")),
            (OnwardReferral.Status.DECLINED, _("No, decline")),
        ],
        reveals={OnwardReferral.Status.DECLINED: "reason"},
        missing=_("Say whether you can take this on."),
    )
    reason = TextField(label=_("Why not?"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == OnwardReferral.Status.DECLINED and not cleaned.get("reason"):
            self.add_error("reason", _("Enter why you cannot take this on."))
        return cleaned
