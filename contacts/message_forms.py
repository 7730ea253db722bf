"""What a text or email still needs before it goes: in what language, telling what, and when."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.call_sheet import event_line
from victimcare.cases.models import Event
from victimcare.govuk.dates import day
from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceRadios,
    DateInputField,
    Form,
    FormKeyField,
    TimeInputField,
)
from victimcare.messaging.models import Message, MessageTemplate


class MessageForm(Form):
    """One text or email of a chosen kind. Nobody types words of their own into one."""

    form_key = FormKeyField()
    languages = ChoiceRadios(label=_("In which language?"), choices=Message.Languages.choices, inline=True)

    def __init__(self, *args: Any, template: MessageTemplate, events: list[Event], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = set(re.findall(r"\{(\w+)\}", template.body_en + template.body_cy))
        self.events = {event.reference: event for event in events}
        self.tells_something = "what_happened" in asked
        if self.tells_something:
            self.fields["tells"] = ChoiceCheckboxes(
                label=_("What does it tell?"),
                choices=[(ref, f"{event_line(e)}, {day(e.occurred_on)}") for ref, e in self.events.items()],
                missing=_("Tick what this email tells."),
            )
        if "day" in asked:
            self.fields["day"] = DateInputField(
                label=_("Which day?"), missing=_("Enter the date, like 27 3 2026.")
            )
        if "time" in asked:
            self.fields["time"] = TimeInputField(
                label=_("What time?"), missing=_("Enter the time, like 10:00.")
            )

    def clean_tells(self) -> list[Event]:
        return [self.events[reference] for reference in self.cleaned_data["tells"]]

    @property
    def values(self) -> dict[str, Any]:
        """The placeholders' values as `compose` takes them."""
        return {name: self.cleaned_data[name] for name in ("day", "time") if name in self.fields}
