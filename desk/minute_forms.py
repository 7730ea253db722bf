"""The officer's minute as one form: an answer for each victim, how and when once for all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import Telling
from contacts.telling import HOW, Said
from victimcare import clock
from victimcare.cases.models import Question
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
    TimeInputField,
    VersionField,
)
from victimcare.working_days import LONDON

if TYPE_CHECKING:
    from desk.minute import Card

NOW, EARLIER = "now", "earlier"


class MinuteForm(Form):
    """One submit for several victims told the same way, and for the questions of the unit."""

    mark_optional = False
    form_key = FormKeyField()
    how = ChoiceRadios(
        label=_("How did you tell them, or try to?"),
        choices=[(channel.value, channel.label) for channel in HOW],
        inline=True,
        required=False,
    )
    has_interpreter = TickBox(label=_("An interpreter spoke for us"), required=False)
    when = ChoiceRadios(
        label=_("When?"),
        choices=[(NOW, _("Just now")), (EARLIER, _("Earlier"))],
        reveals={EARLIER: ("on", "at_time")},
        inline=True,
        required=False,
    )
    on = DateInputField(label=_("On which day?"), latest=clock.today, required=False)
    at_time = TimeInputField(label=_("At what time?"), required=False)

    def __init__(
        self,
        *args: Any,
        cards: Sequence["Card"],
        questions: Sequence[Question],
        is_answered: bool = False,
        **kwargs: Any,
    ) -> None:
        """`is_answered`: what was sent is of somebody answered for already, so nothing here is missing."""
        super().__init__(*args, **kwargs)
        self.cards, self.questions, self.is_answered = cards, questions, is_answered
        for card in cards:
            self._add_card(card)
        for question in questions:
            self.fields[f"reply_{question.reference}"] = LongTextField(
                label=_("Your answer"), max_length=2000, rows=2, required=False
            )
            self.fields[f"version_{question.reference}"] = VersionField()
            self.initial[f"version_{question.reference}"] = question.version

    def _add_card(self, card: "Card") -> None:
        ref = card.reference
        told = ("spoke_to_" + ref,) if len(card.people) > 1 else ()
        despite = () if card.can_be_told else ("despite_" + ref,)
        self.fields[f"says_{ref}"] = ChoiceRadios(
            label=gettext("%s: what became of it?") % card.first_name,
            choices=Telling.Answer.choices,
            reveals={
                Telling.Answer.TOLD: (*told, *despite),
                Telling.Answer.COULD_NOT: (f"why_{ref}", f"words_{ref}"),
            },
            required=False,
        )
        self.fields[f"why_{ref}"] = ChoiceSelect(
            label=_("Why not?"), choices=Telling.Why.choices, required=False
        )
        self.fields[f"words_{ref}"] = TextField(
            label=_("What should the unit know?"), max_length=300, required=False
        )
        if told:
            self.fields[f"spoke_to_{ref}"] = ChoiceSelect(
                label=_("Whom did you reach?"),
                choices=[(part.reference, part.person.name) for part in card.people],
                required=False,
            )
            self.initial[f"spoke_to_{ref}"] = card.called.reference
        if len(card.events) > 1:
            self.fields[f"tells_{ref}"] = ChoiceCheckboxes(
                label=gettext("What did you tell %s about?") % card.first_name,
                choices=card.event_choices,
                required=False,
            )
        self.fields[f"despite_{ref}"] = TextField(
            label=_("It was not clear that this is safe. Why did it go ahead?"),
            hint=_("Only if it happened already. The supervisors are told."),
            max_length=300,
            required=False,
        )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        said = [card for card in self.cards if answers.get(f"says_{card.reference}")]
        replied = [
            question for question in self.questions if answers.get(f"reply_{question.reference}", "").strip()
        ]
        if not (said or replied or self.errors or self.is_answered):
            self.add_error(None, _("Say what became of at least one of these, or answer a question."))
        tried = False
        for card in said:
            tried |= self._tried(card, answers)
            box = f"tells_{card.reference}"
            is_told = answers[f"says_{card.reference}"] == Telling.Answer.TOLD
            if is_told and box in self.fields and not answers.get(box) and box not in self.errors:
                self.add_error(box, gettext("Tick what you told %s about.") % card.first_name)
        if tried and not answers.get("how"):
            self.add_error("how", _("Say how you told them."))
        self._check_when(answers, is_asked=tried and answers.get("when") == EARLIER)
        return answers

    def _check_when(self, answers: dict[str, Any], *, is_asked: bool) -> None:
        """What is wrong with the day and the time names which it is; nothing is, where they are not asked."""
        for name, of_what in (
            ("on", _("The day you told them: %s")),
            ("at_time", _("The time you told them: %s")),
        ):
            wrong = [str(sentence) for sentence in self.errors.pop(name, [])]
            for sentence in wrong if is_asked else ():
                self.add_error(name, str(of_what) % f"{sentence[:1].lower()}{sentence[1:]}")
        if is_asked:
            self._check_earlier(answers)

    def _tried(self, card: "Card", answers: dict[str, Any]) -> bool:
        """Whether somebody was rung or visited; says what is missing of a "could not"."""
        ref = card.reference
        if answers[f"says_{ref}"] == Telling.Answer.TOLD:
            return True
        if answers[f"says_{ref}"] != Telling.Answer.COULD_NOT:
            return False
        why = answers.get(f"why_{ref}")
        if not why and f"why_{ref}" not in self.errors:
            self.add_error(f"why_{ref}", gettext("Choose why you could not tell %s.") % card.first_name)
        if why == Telling.Why.OTHER and not answers.get(f"words_{ref}"):
            self.add_error(f"words_{ref}", gettext("Say what stopped you telling %s.") % card.first_name)
        return why in (Telling.Why.NO_ANSWER, Telling.Why.WRONG_NUMBER, Telling.Why.UNSAFE)

    def _check_earlier(self, answers: dict[str, Any]) -> None:
        if not answers.get("on") and "on" not in self.errors:
            self.add_error("on", _("Enter the day you told them, like 27 3 2026."))
        if not answers.get("at_time") and "at_time" not in self.errors:
            self.add_error("at_time", _("Enter the time you told them, like 14:05."))
        elif answers.get("on") and self.at > clock.now():
            self.add_error("at_time", _("That is in the future. Enter when it happened."))

    @property
    def at(self) -> datetime:
        """When it happened; the moment of sending where it was just now."""
        on, at_time = self.cleaned_data.get("on"), self.cleaned_data.get("at_time")
        if self.cleaned_data.get("when") == EARLIER and on and at_time:
            return datetime.combine(on, at_time, LONDON)
        return clock.now()

    @property
    def said(self) -> list[Said]:
        """The answers as `answer_for` takes them."""
        answers, found = self.cleaned_data, []
        for card in self.cards:
            ref = card.reference
            if not (says := answers.get(f"says_{ref}")):
                continue
            about = answers.get(f"tells_{ref}")
            if says != Telling.Answer.TOLD and not about:
                about = None  # nothing is said to have been told: it is about all of it
            reached = answers.get(f"spoke_to_{ref}") or card.called.reference
            other = next((part for part in card.people if part.reference == reached), card.participant)
            found.append(
                Said(
                    participant=card.participant,
                    events=[event for event in card.events if about is None or event.reference in about],
                    answer=says,
                    why=answers.get(f"why_{ref}", ""),
                    words=answers.get(f"words_{ref}", ""),
                    spoke_to=other if other.pk != card.participant.pk else None,
                    despite=answers.get(f"despite_{ref}", ""),
                    due_on=card.due_on,
                )
            )
        return found

    @property
    def replies(self) -> list[tuple[Question, str, int]]:
        """Each question that was answered, the answer, and the version the page showed."""
        answers = self.cleaned_data
        return [
            (question, reply, answers.get(f"version_{question.reference}") or 0)
            for question in self.questions
            if (reply := answers.get(f"reply_{question.reference}", "").strip())
        ]
