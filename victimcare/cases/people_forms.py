"""What people write to find somebody before they add them, and to add them. Cleaned answers are plain values."""

from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Participant
from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceRadios,
    DateInputField,
    EmailAddress,
    Form,
    FormKeyField,
    ModelChoiceSelect,
    TextField,
)
from victimcare.govuk.numbers import NOT_A_PHONE, NOT_A_POSTCODE, is_phone, postcode_of

NOBODY = "new"  # none of these: add new

# What makes a case dangerous or its victim's rights enhanced, as the extract says it.
FLAGS = (
    ("DA", _("Domestic abuse")),
    ("STALKING", _("Stalking")),
    ("RASSO", _("Rape or serious sexual offence")),
    ("HBA", _("Honour-based abuse")),
    ("CSE", _("Child sexual exploitation")),
    ("MSHT", _("Modern slavery or trafficking")),
    ("HATE", _("Hate crime")),
)


class SearchFirstForm(Form):
    """Who it is, as far as is known: search before create."""

    FACTS = ("given_names", "surname", "date_of_birth", "postcode", "phone", "email")

    mark_optional = False
    given_names = TextField(label=_("Given names"), max_length=100, required=False)
    surname = TextField(label=_("Surname"), max_length=100, missing=_("Enter a surname."))
    date_of_birth = DateInputField(label=_("Date of birth, if known"), latest=clock.today, required=False)
    postcode = TextField(label=_("Postcode, if known"), max_length=10, width=10, required=False)
    phone = TextField(label=_("Phone, if known"), max_length=30, width=20, input_type="tel", required=False)
    email = EmailAddress(label=_("Email, if known"), required=False)

    def clean_postcode(self) -> str:
        typed: str = self.cleaned_data["postcode"]
        if typed and not postcode_of(typed):
            raise ValidationError(NOT_A_POSTCODE)
        return postcode_of(typed)

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"]
        if typed and not is_phone(typed):
            raise ValidationError(NOT_A_PHONE)
        return typed

    @property
    def facts(self) -> dict[str, Any]:
        born = self.cleaned_data["date_of_birth"]
        return {name: self.cleaned_data[name] for name in self.FACTS} | {
            "date_of_birth": born.isoformat() if born else None
        }


class ReasonForm(Form):
    """Why two records are one person, or are not."""

    form_key = FormKeyField()
    reason = TextField(label=_("Why?"), max_length=200, required=False)


class LinkByReferenceForm(Form):
    """Another record of this person that nobody proposed."""

    form_key = FormKeyField()
    reference = TextField(
        label=_("Reference of the other record"), hint=_("PE-… or P-…"), max_length=20, width=20,
        missing=_("Enter the reference of the other record."),
    )  # fmt: skip
    reason = TextField(
        label=_("How do you know?"), max_length=200, missing=_("Say how you know, so that others can follow.")
    )


class AddForm(Form):
    """Which of those found it is, or somebody new, and their part in the case."""

    form_key = FormKeyField()
    who = ChoiceRadios(label=_("Who is it?"), choices=(), missing=_("Choose who it is."))
    role = ChoiceRadios(
        label=_("What is their part?"), choices=(), missing=_("Choose their part in the case.")
    )

    def __init__(
        self, *args: Any, people: list[tuple[str, str, str]], roles: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        none = _now("None of these: add somebody new") if people else _now("Add somebody new")
        self.fields["who"].choices = [
            *((reference, name) for reference, name, _hint in people),
            (NOBODY, none),
        ]
        self.fields["who"].widget.hints = {reference: hint for reference, _name, hint in people}
        self.fields["role"].choices = roles


class OpenCaseForm(AddForm):
    """The same, for a crime that no feed sent."""

    offence_title = TextField(
        label=_("What happened?"), hint=_("For example: Criminal damage to a dwelling"), max_length=160,
        missing=_("Enter what happened in a few words."),
    )  # fmt: skip
    occurrence_no = TextField(
        label=_("Occurrence number"), max_length=30, width=20, required=False,
        hint=_("Leave it empty when it was not reported to the police."),
    )  # fmt: skip
    reported_on = DateInputField(
        label=_("When was it reported, or when did we hear?"), latest=clock.today,
        missing=_("Enter the day, like 20 11 2026."),
    )  # fmt: skip
    flags = ChoiceCheckboxes(label=_("Does any of these apply?"), choices=FLAGS, required=False)
    officer = ModelChoiceSelect(
        label=_("Who looks after them?"),
        queryset=None,
        missing=_("Choose an officer: nobody is left without."),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        officers = User.objects.filter(
            is_active=True, team_id=by.team_id, roles__contains=[Role.VICTIM_CARE_OFFICER]
        )
        self.fields["officer"].queryset = officers.order_by("display_name")
        self.fields["officer"].describe = lambda officer: officer.display_name
        if by.has_role(Role.VICTIM_CARE_OFFICER):
            self.fields["officer"].initial = by.pk
        del self.fields["role"]


# --- The proof that a search was made ----------------------------------------------------------------

SALT = "cases.searched-first"
GOOD_FOR = 30 * 60  # seconds


def proof_of_search(*, by: User, place: str, facts: dict[str, Any], shown: list[str]) -> str:
    """Signed: who searched, for which case, what they typed, and whom they were shown."""
    return signing.dumps({"by": by.reference, "place": place, "facts": facts, "shown": shown}, salt=SALT)


def search_proved(token: str, *, by: User, place: str) -> dict[str, Any] | None:
    """What was searched; None for a proof of somebody else, of another case, that is old or was changed."""
    try:
        proof = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    return proof if (proof["by"], proof["place"]) == (by.reference, place) else None


def roles_for(by: User, participant: Participant) -> list[tuple[str, str]]:
    """The parts this user may give somebody in this person's case.

    Witness care adds witnesses alone: who a victim is, and who is contacted instead, is the victim's officer's
    to say.
    """
    Roles = Participant.Role
    is_witness_care = _is_witness_care_alone(by)
    roles = [] if is_witness_care else [Roles.VICTIM]
    roles.append(Roles.WITNESS)
    choices = [(role.value, str(role.label)) for role in roles]
    if participant.is_victim and not is_witness_care:
        words = _now("Acts for %(name)s") % {"name": participant.person.name}
        choices.append((Roles.REPRESENTATIVE.value, words))
    return choices


def _is_witness_care_alone(by: User) -> bool:
    return not (by.has_role(Role.VICTIM_CARE_OFFICER) or by.has_role(Role.SUPERVISOR))
