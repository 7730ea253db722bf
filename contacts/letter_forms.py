"""What a letter still needs before it can be written: which, in what languages, telling what."""

import re
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from contacts.call_sheet import event_line
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.govuk.dates import day
from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceRadios,
    DateInputField,
    Form,
    FormKeyField,
    TextField,
    TimeInputField,
    VersionField,
)
from victimcare.letters.models import Letter, LetterTemplate

# What `letters.compose` knows by itself.
KNOWN = frozenset(
    {"first_name", "reference", "crime_number", "offence", "officer", "phone", "unit", "what_happened"}
)
DAYS = frozenset({"hearing_day", "reported_day", "result_day", "reply_by"})
TIMES = frozenset({"hearing_time"})
LABELS = {
    "court": _("Court"),
    "courtroom": _("Courtroom"),
    "hearing": _("Kind of hearing"),
    "hearing_day": _("Day of the hearing"),
    "hearing_time": _("Time of the hearing"),
    "reported_day": _("Day it was reported"),
    "outcome": _("What the court decided"),
    "sentence": _("The sentence"),
    "result_day": _("Day of the result"),
    "reply_by": _("Answer by"),
}


def asked_by(template: LetterTemplate) -> set[str]:
    """The placeholders in the words of this template."""
    return set(
        re.findall(r"\{(\w+)\}", template.title_en + template.body_en + template.title_cy + template.body_cy)
    )


class WriteForm(Form):
    """One letter of a chosen kind. Words are asked in each language that it will be in."""

    form_key = FormKeyField()
    languages = ChoiceRadios(label=_("In which languages?"), choices=Letter.Languages.choices, inline=True)
    tells = ChoiceCheckboxes(label=_("What does it tell?"), choices=(), required=False)

    def __init__(
        self,
        *args: Any,
        template: LetterTemplate,
        participant: Participant,
        events: list[Event],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        asked = asked_by(template)
        self.events = {event.reference: event for event in events}
        self.needs_events = "what_happened" in asked
        known = KNOWN | ({"reported_day"} if participant.case.reported_at else set())
        self.asked = sorted(name for name in asked - known if name in LABELS)
        self.fields["tells"].choices = [
            (ref, f"{event_line(event)}, {day(event.occurred_on)}") for ref, event in self.events.items()
        ]
        if not events:
            self.fields["tells"].help_text = _("Nothing in this case is waiting to be told.")
        for name in self.asked:
            self._ask(name)

    def _ask(self, name: str) -> None:
        label = LABELS[name]
        if name in DAYS:
            self.fields[name] = DateInputField(label=label, missing=_("Enter the date, like 27 3 2026."))
        elif name in TIMES:
            self.fields[name] = TimeInputField(label=label, missing=_("Enter the time, like 10:00."))
        else:
            for code, language in (("en", _("in English")), ("cy", _("in Welsh"))):
                self.fields[f"{name}_{code}"] = TextField(
                    label=format_lazy("{label} {language}", label=label, language=language),
                    max_length=300,
                    required=False,
                )

    def clean_tells(self) -> list[Event]:
        return [self.events[reference] for reference in self.cleaned_data["tells"]]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        if self.needs_events and not answers.get("tells") and "tells" not in self.errors:
            self.add_error("tells", _("Tick what this letter tells."))
        codes = [code for code in (answers.get("languages") or "").split(",") if code]
        for name in self.asked:
            for code in codes:
                if f"{name}_{code}" in self.fields and not answers.get(f"{name}_{code}"):
                    self.add_error(f"{name}_{code}", _("Enter this: the letter will be in this language."))
        return answers

    @property
    def values(self) -> dict[str, Any]:
        """The placeholders' values as `compose` takes them."""
        said = self.cleaned_data
        return {
            name: said[name]
            if name in DAYS | TIMES
            else {code: said[f"{name}_{code}"] or said[f"{name}_en"] for code in ("en", "cy")}
            for name in self.asked
        }


def write_initial(languages: str, asked: list[str], events: list[Event]) -> dict[str, Any]:
    """What the link said to tell, and the court and day of the newest hearing it names."""
    initial: dict[str, Any] = {"languages": languages, "tells": asked}
    listed = [e for e in events if e.kind in {Kind.HEARING_LISTED, Kind.HEARING_MOVED} and e.data]
    chosen = [e for e in listed if e.reference in asked] or listed
    if chosen:
        data = chosen[0].data
        initial |= {
            "court_en": data.get("court", ""),
            "court_cy": data.get("court_cy") or data.get("court", ""),
            "hearing_day": data.get("listed_on"),
            "hearing_time": data.get("listed_at") or data.get("starts_at"),
        }
    return initial


class SendForm(Form):
    """One button: this printed letter goes into the post."""

    form_key = FormKeyField()
    version = VersionField()
