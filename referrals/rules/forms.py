"""The forms of the rules of triage."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from referrals.rules import words
from victimcare import clock
from victimcare.cases.models import Entitlement
from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceRadios,
    ChoiceSelect,
    DateInputField,
    Form,
    FormKeyField,
    LongTextField,
    TextField,
    TickBox,
    VersionField,
    WholeNumber,
)

PRIORITIES = [
    (1, _("P1: the most urgent")),
    (2, _("P2")),
    (3, _("P3")),
    (4, _("P4: information is sent")),
]


class DraftForm(Form):
    """Begin a new version."""

    form_key = FormKeyField()
    note = LongTextField(
        label=_("What will change, and why?"),
        hint=_("The supervisor who approves it reads this first. You can mend it later."),
        max_length=600,
        rows=3,
        missing=_("Say what will change, and why."),
    )


class RuleForm(Form):
    """What a rule says and does. Whom it fits is asked for separately."""

    form_key = FormKeyField()
    version = VersionField()
    words = TextField(
        label=_("The reason, in words"),
        hint=_("Staff read it on the referral, as in “domestic abuse, high risk”."),
        max_length=160,
        missing=_("Enter the reason, as staff will read it."),
    )
    words_cy = TextField(label=_("The reason in Welsh"), max_length=160, required=False)
    priority = ChoiceRadios(
        label=_("Priority"), choices=PRIORITIES, inline=True, missing=_("Choose a priority."), required=False
    )
    is_filler = TickBox(label=_("Give this reason only when no rule above it fits"), required=False)
    category = ChoiceRadios(
        label=_("Ground of enhanced rights"),
        choices=Entitlement.Category.choices,
        missing=_("Choose a ground."),
        required=False,
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = {"priority": ("priority", "is_filler"), "enhanced": ("category",)}.get(kind, ())
        for name in ("priority", "is_filler", "category"):
            if name not in wanted:
                del self.fields[name]
            elif name != "is_filler":
                self.fields[name].required = True

    def answers(self) -> dict[str, Any]:
        """The fields of the rule."""
        said = {
            name: value for name, value in self.cleaned_data.items() if name not in ("form_key", "version")
        }
        if "priority" in said:
            said["priority"] = int(said["priority"])
        return said


class WayForm(Form):
    """One way to fit a rule. All that is answered must be true; what is left empty does not matter."""

    mark_optional = False
    form_key = FormKeyField()
    version = VersionField()
    everyone = TickBox(label=_("Everyone, whatever the rest says"), required=False)
    flags = ChoiceCheckboxes(label=_("Flagged any of"), choices=[], required=False)
    not_flags = ChoiceCheckboxes(label=_("Flagged none of"), choices=[], required=False)
    offences = TextField(
        label=_("Offence code is any of"),
        hint=_("Home Office codes with commas between, like 34A, 34B."),
        max_length=400,
        required=False,
    )
    not_offences = TextField(
        label=_("Offence code is none of"),
        hint=_("Codes with commas between."),
        max_length=400,
        required=False,
    )
    age_from = WholeNumber(label=_("Aged at least"), lowest=0, highest=120, width=3, required=False)
    age_below = WholeNumber(label=_("Younger than"), lowest=1, highest=120, width=3, required=False)
    risks = ChoiceCheckboxes(
        label=_("Risk is any of"), choices=[(k or "none", v) for k, v in words.RISKS.items()],
        required=False, inline=True,
    )  # fmt: skip
    not_risks = ChoiceCheckboxes(
        label=_("Risk is none of"), choices=[(k or "none", v) for k, v in words.RISKS.items()],
        required=False, inline=True,
    )  # fmt: skip
    crimes_from = WholeNumber(
        label=_("Crimes in 12 months, at least"), hint=_("This one counts."), lowest=1, highest=99, width=2,
        required=False,
    )  # fmt: skip
    crimes_below = WholeNumber(
        label=_("Crimes in 12 months, fewer than"), lowest=2, highest=99, width=2, required=False
    )
    patterns = ChoiceCheckboxes(
        label=_("Repeat with any of"), choices=list(words.PATTERNS.items()), required=False
    )
    states = ChoiceCheckboxes(label=_("The victim"), choices=list(words.STATES.items()), required=False)
    sources = ChoiceCheckboxes(
        label=_("Referred by any of"), choices=list(words.SOURCES.items()), required=False
    )

    def __init__(self, *args: Any, way: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        way = way or {}
        super().__init__(*args, **kwargs)
        known = dict(words.FLAGS)
        for name in ("flags", "not_flags"):
            extra = {flag: flag for flag in way.get(name, []) if flag not in known}
            self.fields[name].choices = [*known.items(), *extra.items()]  # type: ignore[attr-defined]
        self.initial.update(_as_answers(way))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        low, high = cleaned.get("age_from"), cleaned.get("age_below")
        if low is not None and high is not None and low >= high:
            self.add_error("age_below", _("Nobody is that old and that young. Enter a higher age."))
        few, many = cleaned.get("crimes_from"), cleaned.get("crimes_below")
        if few is not None and many is not None and few >= many:
            self.add_error("crimes_below", _("Nobody has that many and that few. Enter a higher number."))
        if not self.errors and not self.way():
            self.add_error(None, _("Say at least one thing about whom it fits, or tick everyone."))
        return cleaned

    def way(self) -> dict[str, Any]:
        """What was answered, as a way of `referrals.triage`."""
        said = self.cleaned_data
        if said.get("everyone"):
            return {"everyone": True}
        way: dict[str, Any] = {}
        for name in ("flags", "not_flags", "patterns", "sources"):
            if said.get(name):
                way[name] = list(said[name])
        for name in ("risks", "not_risks"):
            if said.get(name):
                way[name] = ["" if risk == "none" else risk for risk in said[name]]
        for name in ("offences", "not_offences"):
            codes = [code.strip().upper() for code in (said.get(name) or "").split(",")]
            if any(codes):
                way[name] = list(dict.fromkeys(code for code in codes if code))
        for name in ("age_from", "age_below", "crimes_from", "crimes_below"):
            if said.get(name) is not None:
                way[name] = said[name]
        for name in said.get("states") or ():
            way[name] = True
        return way


def _as_answers(way: Mapping[str, Any]) -> dict[str, Any]:
    """A way as the form shows it."""
    shown: dict[str, Any] = dict(way)
    for name in ("offences", "not_offences"):
        if name in shown:
            shown[name] = ", ".join(shown[name])
    for name in ("risks", "not_risks"):
        if name in shown:
            shown[name] = [risk or "none" for risk in shown[name]]
    shown["states"] = [name for name in words.STATES if way.get(name)]
    return shown


NONE = [("", _("Not used"))]


class StandardForm(Form):
    """How soon first contact is due for one priority, and by which channels."""

    form_key = FormKeyField()
    version = VersionField()
    within = WholeNumber(
        label=_("First contact within"),
        hint=_("0 is the same day, or the next working day."),
        lowest=0, highest=30, width=2, suffix=_("working days"), missing=_("Enter a number of working days."),
    )  # fmt: skip
    first = ChoiceSelect(
        label=_("Try first"), choices=list(words.CHANNELS.items()), missing=_("Choose a channel.")
    )
    second = ChoiceSelect(label=_("Then"), choices=list(words.CHANNELS.items()), required=False)
    third = ChoiceSelect(label=_("Then"), choices=list(words.CHANNELS.items()), required=False)
    fourth = ChoiceSelect(label=_("Then"), choices=list(words.CHANNELS.items()), required=False)

    def channels(self) -> list[str]:
        said = [self.cleaned_data.get(name) or "" for name in ("first", "second", "third", "fourth")]
        return list(dict.fromkeys(name for name in said if name))


class ProposeForm(Form):
    """Put a draft before another supervisor."""

    form_key = FormKeyField()
    version = VersionField()
    note = LongTextField(
        label=_("What does this version change, and why?"), max_length=600, rows=3,
        missing=_("Say what changes, and why: whoever approves it decides by that."),
    )  # fmt: skip


class ApproveForm(Form):
    """Bring a proposal into force."""

    form_key = FormKeyField()
    version = VersionField()
    effective_from = DateInputField(
        label=_("In force from"),
        hint=_("Today or later. It judges what is received from that day."),
        earliest=clock.today,
        missing=_("Enter the first day on which it judges."),
    )


class SendBackForm(Form):
    """Make a proposal a draft again."""

    form_key = FormKeyField()
    version = VersionField()
    because = LongTextField(
        label=_("What should be changed first?"),
        max_length=600,
        rows=3,
        missing=_("Say what should be changed."),
    )


class PressedForm(Form):
    """A button that changes a version."""

    form_key = FormKeyField()
    version = VersionField()


class DecideForm(Form):
    """Decide over the rules for one referral."""

    form_key = FormKeyField()
    version = VersionField()
    contact = ChoiceRadios(
        label=_("Does the unit contact them?"),
        choices=[("yes", _("Yes")), ("no", _("No: suppress this referral"))],
        missing=_("Choose whether the unit contacts them."),
    )
    priority = ChoiceRadios(
        label=_("Priority"), choices=PRIORITIES, inline=True, missing=_("Choose a priority.")
    )
    channel = ChoiceRadios(
        label=_("First contact by"),
        hint=_("Whether it is safe is asked again before anything is used."),
        choices=[*words.CHANNELS.items(), ("none", _("None is known to be safe"))],
        inline=True,
        missing=_("Choose how to contact them first."),
    )
    due_on = DateInputField(
        label=_("First contact by when?"),
        hint=_("Leave the date as it is to count it from the priority."),
        earliest=clock.today,
        required=False,
    )
    reason = LongTextField(
        label=_("Why?"), hint=_("It is shown on the referral with your name."), max_length=400, rows=3,
        missing=_("Say why you decide otherwise than the rules."),
    )  # fmt: skip

    def __init__(self, *args: Any, held: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = held
        if held is not None:  # a day that is past already may stand
            self.fields["due_on"].earliest = min(held, clock.today())  # type: ignore[attr-defined]


class WeekForm(Form):
    """Which week the preview looks at."""

    mark_optional = False
    week = DateInputField(label=_("Week of"), hint=_("Any day of it."), latest=clock.today, required=False)
