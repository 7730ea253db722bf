"""The questions somebody is asked who comes to us without the force's system. One form, asked in three voices.

The public form shows a few questions at a time, in the order of `PAGES`: how to reach them safely comes first.
Staff and partners answer the same questions on one page, about somebody else.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from referrals.refer_in.said import HOURS, KINDS, NO, NOT_SURE, YES
from victimcare import clock
from victimcare.accounts.skills import LANGUAGES
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import phone_key
from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceRadios,
    ChoiceSelect,
    DateInputField,
    EmailAddress,
    Form,
    FormKeyField,
    LongTextField,
    TextField,
)

PAGES: dict[str, tuple[str, ...]] = {
    "ways": ("ways", "secret", "secret_note"),
    "where": (
        "phone", "hours", "voicemail", "hide_number", "email", "address_line_1", "town", "postcode",
        "code_word",
    ),
    "you": ("given_names", "surname", "date_of_birth", "language", "other_language"),
    "what": ("kinds", "who_did_it", "words", "reported", "reported_on"),
}  # fmt: skip
TITLES: dict[str, Promise] = {
    "ways": _("How can we reach you safely?"),
    "where": _("Where can we reach you?"),
    "you": _("About you"),
    "what": _("What happened"),
}
YES_OR_NO = ((YES, _("Yes")), (NO, _("No")))


def _ring(answers: Mapping[str, Any]) -> bool:
    return "phone" in answers["ways"]


def _number(answers: Mapping[str, Any]) -> bool:
    return bool({"phone", "text"} & set(answers["ways"]))


# A question that follows from how they want to be reached, and the sentence for when it is left empty.
WHERE: dict[str, Any] = {
    "phone": (_number, _("Enter the number.")),
    "hours": (_ring, _("Choose when it is safe to ring.")),
    "voicemail": (_ring, _("Say whether we may leave a message.")),
    "hide_number": (_ring, _("Say whether we should hide our number.")),
    "email": (lambda answers: "email" in answers["ways"], _("Enter the email address.")),
    "address_line_1": (lambda answers: "post" in answers["ways"], _("Enter the house and street.")),
    "town": (lambda answers: "post" in answers["ways"], None),
    "postcode": (lambda answers: "post" in answers["ways"], _("Enter the postcode.")),
}


class SupportForm(Form):
    """Every question, or those named by `only`. `before` is what earlier pages were answered."""

    ways = ChoiceCheckboxes(
        label=_("In which ways is it safe for you?"),
        hint=_("Tick every way that is safe. We use no other."),
        choices=[
            ("phone", _("Ring me")),
            ("text", _("Send me a text message")),
            ("email", _("Send me an email")),
            ("post", _("Write me a letter")),
        ],
        missing=_("Tick at least one way that is safe."),
    )
    secret = ChoiceRadios(
        label=_("Is there somebody who must not know that you asked us?"),
        hint=_("If there is, we are careful: we hide our number and give your address to nobody."),
        choices=YES_OR_NO,
        reveals={YES: "secret_note"},
        missing=_("Choose yes or no."),
    )
    secret_note = LongTextField(
        label=_("What should we be careful of?"),
        hint=_("For example: my husband reads my post. You need not say who."),
        max_length=400,
        rows=3,
        required=False,
    )
    phone = TextField(
        label=_("Phone number"), max_length=30, width=20, input_type="tel", inputmode="tel", required=False
    )
    hours = ChoiceRadios(
        label=_("When is it safe to ring?"),
        choices=[(name, words) for name, (words, _hours) in HOURS.items()],
        required=False,
    )
    voicemail = ChoiceRadios(
        label=_("May we leave a message if you do not answer?"),
        choices=YES_OR_NO,
        inline=True,
        required=False,
    )
    hide_number = ChoiceRadios(
        label=_("Shall we hide our number when we ring?"), choices=YES_OR_NO, inline=True, required=False
    )
    email = EmailAddress(label=_("Email address"), required=False)
    address_line_1 = TextField(label=_("House and street"), max_length=120, required=False)
    town = TextField(label=_("Town"), max_length=80, width=20, required=False)
    postcode = TextField(label=_("Postcode"), max_length=10, width=10, required=False)
    code_word = TextField(
        label=_("A word by which we can check that it is you"),
        hint=_("When we ring, we say nothing about this until you have said the word."),
        max_length=60,
        width=20,
        required=False,
    )
    given_names = TextField(label=_("First name"), max_length=100, width=20, missing=_("Enter a first name."))
    surname = TextField(label=_("Last name"), max_length=100, width=20, required=False)
    date_of_birth = DateInputField(
        label=_("Date of birth"),
        hint=_("We ask so that we know if you are under 18. For example, 27 3 1990."),
        latest=clock.today,
        required=False,
    )
    language = ChoiceRadios(
        label=_("In which language shall we answer you?"),
        choices=[("cy", "Cymraeg"), ("en", "English"), ("other", _("Another language"))],
        reveals={"other": "other_language"},
        missing=_("Choose a language."),
    )
    other_language = ChoiceSelect(
        label=_("Which language?"),
        choices=[(code, words) for code, words in LANGUAGES.items() if code != "cy"],
        required=False,
    )
    kinds = ChoiceCheckboxes(
        label=_("What was it?"),
        hint=_("Tick all that are true. You need not say."),
        choices=[(name, words) for name, (words, _flag) in KINDS.items()],
        required=False,
    )
    who_did_it = ChoiceRadios(
        label=_("Who did it?"),
        choices=[
            *((value, words) for value, words in Participant.Relationship.choices if value),
            ("", _("I do not know, or would rather not say")),
        ],
        required=False,
    )
    words = LongTextField(
        label=_("Anything you want to tell us now"),
        hint=_("You need not say. We can talk about it when we ring."),
        max_length=800,
        rows=5,
        required=False,
    )
    reported = ChoiceRadios(
        label=_("Have the police been told?"),
        hint=_("You get the same support if they have not."),
        choices=[(YES, _("Yes")), (NO, _("No")), (NOT_SURE, _("I am not sure"))],
        reveals={YES: "reported_on"},
        missing=_("Choose yes, no or not sure."),
    )
    reported_on = DateInputField(label=_("On what day, if you know it?"), latest=clock.today, required=False)

    def __init__(
        self,
        *args: Any,
        only: Iterable[str] = (),
        before: Mapping[str, Any] | None = None,
        is_quiet: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.before = before or {}
        wanted = set(only) or set(self.fields)
        for name in [name for name in self.fields if name not in wanted]:
            del self.fields[name]
        if "ways" in self.before:  # on a page of its own, only what follows from the ways is asked
            for name in [name for name, (is_asked, _missing) in WHERE.items() if not is_asked(self.before)]:
                self.fields.pop(name, None)
            for name, (_is_asked, missing) in WHERE.items():
                if name in self.fields and missing:
                    self.fields[name].required = True
                    self.fields[name].error_messages["required"] = missing
        if is_quiet:  # answers are shown back, and not judged
            self._errors = ErrorDict()

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        known = {"ways": [], **self.before, **said}
        for name, (is_asked, missing) in WHERE.items():
            if name not in self.fields or name in self.errors:
                continue
            if missing and is_asked(known) and not said.get(name):
                self.add_error(name, missing)
        number = said.get("phone", "")
        if _number(known) and number and not 10 <= len(phone_key(number)) <= 15:
            self.add_error("phone", _("Enter a phone number like 01632 960123, with its area code."))
        elif "text" in known["ways"] and number and not phone_key(number).startswith("07"):
            self.add_error("phone", _("Enter a mobile number, so that a text message can reach it."))
        if said.get("language") == "other" and not said.get("other_language"):
            self.add_error("other_language", _("Choose the language."))
        born, reported = said.get("date_of_birth"), said.get("reported_on")
        if born and reported and reported < born:
            self.add_error("reported_on", _("That is before the date of birth. Check both."))
        return said


def as_posted(stored: Mapping[str, list[str]]) -> QueryDict:
    """Answers kept between pages, as a browser posts them."""
    posted = QueryDict(mutable=True)
    for name, values in stored.items():
        posted.setlist(name, list(values))
    return posted


class ReferInForm(SupportForm):
    """The same questions, asked of somebody who refers a victim to us."""

    mark_optional = False
    form_key = FormKeyField()
    agreed = ChoiceRadios(
        label=_("Do they know, and do they agree?"),
        choices=YES_OR_NO,
        missing=_("Say whether they agree."),
    )
    agreed_on = DateInputField(
        label=_("When did they agree?"),
        latest=clock.today,
        missing=_("Enter the day they agreed, like 27 3 2026."),
    )
    agreed_how = TextField(
        label=_("Who asked them, and how did they say yes?"),
        hint=_("For example: I asked her on the phone."),
        max_length=200,
        missing=_("Enter who asked them, and how they said yes."),
    )
    occurrence_no = TextField(
        label=_("Occurrence number"),
        hint=_("As the force’s system shows it."),
        max_length=30,
        width=20,
        required=False,
    )

    ORDER = (
        "form_key", "agreed", "agreed_on", "agreed_how",
        *PAGES["ways"], *PAGES["where"], *PAGES["you"], *PAGES["what"], "occurrence_no",
    )  # fmt: skip
    THEM: dict[str, Promise] = {
        "ways": _("In which ways is it safe to reach them?"),
        "secret": _("Is there somebody who must not know?"),
        "voicemail": _("May we leave a message if they do not answer?"),
        "code_word": _("A word by which we can check that it is them"),
        "language": _("In which language shall we answer them?"),
        "words": _("What should we know?"),
    }
    HINTS: dict[str, Any] = {
        "ways": _("Ask them. Tick every way that is safe: we use no other."),
        "secret": _("If there is, we hide our number and give their address to nobody."),
        "secret_note": _("For example: her husband reads her post."),
        "code_word": _("When we ring, we say nothing about this until they have said the word."),
        "date_of_birth": _("For example, 27 3 1990."),
        "kinds": _("Tick all that are true."),
        "words": _("Only what they agreed that you tell us. They may read it one day."),
        "reported": "",
    }
    WAYS = (
        ("phone", _("Phone")),
        ("text", _("Text message")),
        ("email", _("Email")),
        ("post", _("Letter")),
    )

    def __init__(self, *args: Any, needs_occurrence: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.ORDER)
        for name, label in self.THEM.items():
            self.fields[name].label = label
        for name, hint in self.HINTS.items():
            self.fields[name].help_text = hint
        self.fields["ways"].choices = self.WAYS
        if needs_occurrence:
            self.fields["occurrence_no"].required = True
            self.fields["occurrence_no"].error_messages["required"] = _(
                "Enter the occurrence number, so that the victim and the crime find each other."
            )

    def clean_agreed(self) -> str:
        agreed: str = self.cleaned_data["agreed"]
        if agreed == NO:
            raise ValidationError(
                _(
                    "Ask them first: we take a referral only from somebody who agrees. In an emergency ring 999."
                )
            )
        return agreed

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        agreed_on, born = said.get("agreed_on"), said.get("date_of_birth")
        if agreed_on and born and agreed_on < born:
            self.add_error("agreed_on", _("That is before the date of birth. Check both."))
        return said
