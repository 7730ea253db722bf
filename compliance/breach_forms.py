"""Forms about duties that are excused, and duties that were not kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compliance.models import Breach, Excuse
from contacts.models import Contact
from victimcare.govuk.dates import moment
from victimcare.govuk.forms import (
    ChoiceRadios,
    ChoiceSelect,
    Form,
    FormKeyField,
    LongTextField,
    VersionField,
)


class AskForm(Form):
    """What a duty is to become, and why."""

    form_key = FormKeyField()
    status = ChoiceRadios(
        label=_("What is it to become?"),
        choices=Excuse.Status.choices,
        hints={
            Excuse.Status.EXEMPT: _(
                "It was owed, and there was a good reason not to do it in time, or at all."
            ),
            Excuse.Status.DECLINED: _("They, or who acts for them, said that they do not want it."),
            Excuse.Status.NOT_APPLICABLE: _("It is not owed to this person at all."),
        },
        reveals={Excuse.Status.EXEMPT: "reason", Excuse.Status.DECLINED: "contact"},
        missing=_("Choose what it is to become."),
    )
    reason = ChoiceSelect(label=_("Which good reason?"), choices=Excuse.Reason.choices, required=False)
    contact = ChoiceSelect(label=_("In which contact did they say so?"), choices=(), required=False)
    why = LongTextField(
        label=_("Why?"),
        hint=_("What happened, so that a supervisor can decide and an inspector can follow."),
        max_length=600,
        rows=4,
        missing=_("Say why, so that a supervisor can decide."),
    )

    def __init__(self, *args: Any, contacts: list[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contacts = {contact.reference: contact for contact in contacts}
        self.fields["contact"].choices = [(ref, _in_words(row)) for ref, row in self.contacts.items()]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("status") == Excuse.Status.EXEMPT and not said.get("reason"):
            self.add_error("reason", _("Choose the good reason."))
        if said.get("status") == Excuse.Status.DECLINED and not said.get("contact"):
            missing = _("Choose the contact in which they declined. Log it first if it is not written down.")
            self.add_error("contact", missing)
        said["contact"] = self.contacts.get(said.get("contact", ""))
        return said


def _in_words(contact: Contact) -> str:
    """Tue 24 Nov, 13:50: Phone, with Mair Evans."""
    line = f"{moment(contact.at)}: {contact.get_channel_display()}"
    if contact.spoke_to is None:
        return line
    return _("%(contact)s, with %(name)s") % {"contact": line, "name": contact.spoke_to.person.name}


AGREE, REFUSE = "agree", "refuse"
TAKES_BACK = Excuse.Decision.APPROVED.value  # what the page showed on which something is taken back


class ShownField(forms.CharField):
    """Hidden: how the request stood on the page. It never stands so again, so this is its version too."""

    widget = forms.HiddenInput

    def __init__(self, shown: str) -> None:
        super().__init__(required=False, initial=shown, max_length=10)


class DecideForm(Form):
    """Whether a duty is excused."""

    about = Excuse.Decision.WAITING
    form_key = FormKeyField()
    answer = ChoiceRadios(
        label=_("Do you agree?"),
        choices=[(AGREE, _("Yes, it is excused")), (REFUSE, _("No, it stays owed"))],
        missing=_("Choose whether it is excused."),
    )
    because = LongTextField(
        label=_("Why?"), hint=_("Needed when it stays owed."), max_length=300, rows=3, required=False
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("answer") == REFUSE and not said.get("because") and "because" not in self.errors:
            self.add_error("because", _("Say why not, so that whoever asked knows what to do."))
        return said


class TakeBackForm(Form):
    """Why a duty is no longer excused."""

    about = Excuse.Decision.APPROVED
    form_key = FormKeyField()
    shown = ShownField(TAKES_BACK)
    because = LongTextField(
        label=_("Why is it taken back?"), max_length=300, rows=3, missing=_("Say why it is taken back.")
    )


ACCEPT, DISPUTE = "accept", "dispute"


class AnswerForm(Form):
    """Why it was late, and whether the force answers for it."""

    form_key = FormKeyField()
    version = VersionField()
    reason = ChoiceSelect(
        label=_("Why was it late?"),
        choices=[choice for choice in Breach.Reason.choices if choice[0]],
        missing=_("Choose why it was late."),
    )
    account = LongTextField(
        label=_("What happened?"), max_length=1000, rows=4, missing=_("Say what happened.")
    )
    answer = ChoiceRadios(
        label=_("Does the force answer for it?"),
        choices=[(ACCEPT, _("Yes: accept it")), (DISPUTE, _("No: dispute it"))],
        reveals={DISPUTE: ("claimed_agency", "claim")},
        missing=_("Choose whether you accept it or dispute it."),
    )
    claimed_agency = ChoiceSelect(
        label=_("Who answers for it?"),
        choices=[choice for choice in Breach.Agency.choices if choice[0] != Breach.Agency.FORCE],
        required=False,
    )
    claim = LongTextField(
        label=_("Why, and how did you discuss it with them?"), max_length=1000, rows=4, required=False
    )

    def __init__(self, *args: Any, may_dispute: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_dispute:
            self.fields["answer"].choices = [(ACCEPT, _("It stays as the dispute was decided"))]
            self.fields["answer"].help_text = _(
                "Another supervisor decided about the dispute, once. Why it was late and what happened can still be changed."
            )
            self.fields["answer"].initial = ACCEPT
            self.fields["answer"].reveals = {}  # type: ignore[attr-defined]
            del self.fields["claimed_agency"], self.fields["claim"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("answer") == DISPUTE:
            if not said.get("claimed_agency"):
                self.add_error("claimed_agency", _("Choose who answers for it instead."))
            if not said.get("claim") and "claim" not in self.errors:
                self.add_error("claim", _("Say why, and how you discussed it with them."))
        return said


UPHOLD = "uphold"


class DisputeForm(Form):
    """Whether a dispute is upheld."""

    form_key = FormKeyField()
    version = VersionField()
    answer = ChoiceRadios(
        label=_("Is the dispute upheld?"),
        choices=[(UPHOLD, _("Yes: they answer for it")), (REFUSE, _("No: the force answers for it"))],
        missing=_("Choose whether the dispute is upheld."),
    )
    because = LongTextField(
        label=_("Why?"), max_length=600, rows=4, missing=_("Say why, so that both sides can follow.")
    )


class CloseForm(Form):
    """What became of it, and what is learned."""

    form_key = FormKeyField()
    version = VersionField()
    resolution = LongTextField(
        label=_("What was done about it?"), max_length=1000, rows=4, missing=_("Say what was done about it.")
    )
    learning = LongTextField(
        label=_("What is learned from it?"),
        hint=_("What will be done otherwise, so that it does not happen again."),
        max_length=1000,
        rows=4,
        missing=_("Say what is learned from it."),
    )
