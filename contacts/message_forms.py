"""What a text or email still needs before it goes: in what language, telling what, and when."""

import re
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.call_sheet import event_line
from victimcare import clock
from victimcare.cases.context import RIGHT_NUMBER_WRONG_TIME
from victimcare.cases.models import Event, Participant
from victimcare.cases.safe_contact import Channel, verdicts
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
from victimcare.working_days import LONDON

FARTHEST = timedelta(days=90)  # ahead: nobody is told of a later day than they would remember
WAKING = (time(7), time(21))


class MessageForm(Form):
    """One text or email of a chosen kind. Nobody types words of their own into one."""

    form_key = FormKeyField()
    languages = ChoiceRadios(label=_("In which language?"), choices=Message.Languages.choices, inline=True)

    def __init__(
        self,
        *args: Any,
        participant: Participant,
        template: MessageTemplate,
        events: list[Event],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.participant = participant
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
                label=_("Which day?"),
                missing=_("Enter the date, like 27 3 2026."),
                earliest=clock.today,
                latest=lambda: clock.today() + FARTHEST,
            )
        if "time" in asked:
            self.fields["time"] = TimeInputField(
                label=_("What time?"), missing=_("Enter the time, like 10:00.")
            )

    def clean(self) -> dict[str, Any]:
        """A promised call comes later than now, and at an hour when this person may be rung."""
        answers = super().clean() or self.cleaned_data
        on, at = answers.get("day"), answers.get("time")
        if at and not WAKING[0] <= at <= WAKING[1]:
            self.add_error("time", _("Nobody is rung before 07:00 or after 21:00. Enter another time."))
        elif on and at and datetime.combine(on, at, LONDON) < clock.now():
            self.add_error("time", _("That time is past. Enter a later one."))
        elif on and at:
            phone = verdicts(self.participant, at=datetime.combine(on, at, LONDON))[Channel.PHONE]
            for reason in phone.reasons:
                if reason.rule in RIGHT_NUMBER_WRONG_TIME:
                    self.add_error("time", str(reason.words))
        return answers

    def clean_tells(self) -> list[Event]:
        return [self.events[reference] for reference in self.cleaned_data["tells"]]

    @property
    def values(self) -> dict[str, Any]:
        """The placeholders' values as `compose` takes them."""
        return {name: self.cleaned_data[name] for name in ("day", "time") if name in self.fields}
