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
    WholeNumber,
)


class AllocateForm(Form):
    """Only its key: one save, however often it is sent."""

    form_key = FormKeyField()


class ReallocateForm(Form):
    form_key = FormKeyField()
    reason = TextField(
        label=_("Why do they change hands?"),
        hint=_("Whoever takes over reads it, like “Olwen leaves on Friday”."),
        max_length=300,
        missing=_("Say why they change hands: whoever takes over reads it."),
    )


def _points(label: Any) -> WholeNumber:
    return WholeNumber(
        label=label,
        lowest=1,
        highest=100,
        width=3,
        suffix=_("points"),
        missing=_("Enter the points, like 3."),
    )


class ScaleForm(Form):
    """The next version of what work is counted in."""

    form_key = FormKeyField()
    points_1 = _points(_("An open victim of priority 1"))
    points_2 = _points(_("An open victim of priority 2"))
    points_3 = _points(_("An open victim of priority 3"))
    points_4 = _points(_("An open victim of priority 4"))
    full_week = WholeNumber(
        label=_("A full week"), lowest=1, highest=100, width=3, suffix=_("hours"),
        hint=_("From start to end of each day. Who works half of it carries half the points."),
        missing=_("Enter the hours, like 40."),
    )  # fmt: skip
    looks_ahead = WholeNumber(
        label=_("How far leave is looked at"), lowest=1, highest=60, width=3, suffix=_("working days"),
        hint=_("Who is away for half of them has half the room for new work."),
        missing=_("Enter the days, like 10."),
    )  # fmt: skip
    effective_from = DateInputField(label=_("From when?"), missing=_("Enter the day, like 27 3 2026."))
    reason = TextField(label=_("Why?"), max_length=300, missing=_("Say why it changes."))

    def scale(self) -> dict[str, Any]:
        """The answers as the action takes them."""
        cleaned = self.cleaned_data
        points = {number: cleaned[f"points_{number}"] for number in (1, 2, 3, 4)}
        return {"points": points} | {
            name: cleaned[name] for name in ("full_week", "looks_ahead", "effective_from", "reason")
        }


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
