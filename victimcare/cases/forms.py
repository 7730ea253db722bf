"""What people write on a case's own pages. Cleaned answers are plain values, ready for the actions."""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext_lazy as _

from victimcare import clock
from victimcare.cases.closing import LooseEnd
from victimcare.cases.kinds import BY_HAND, OF_ONE_PERSON, Kind
from victimcare.cases.models import Case, Event, Participant, Person, Question, SafeContact
from victimcare.cases.safe_contact import opened_by
from victimcare.cases.safety.alerts import lifted_by
from victimcare.govuk.dates import day as short_day
from victimcare.govuk.forms import (
    ChoiceRadios,
    ChoiceSelect,
    DateInputField,
    EmailAddress,
    Form,
    FormKeyField,
    LongTextField,
    ModelChoiceSelect,
    TextField,
    TickBox,
    TimeInputField,
    VersionField,
    WholeNumber,
)
from victimcare.govuk.numbers import NOT_A_PHONE, NOT_A_POSTCODE, is_phone, postcode_of
from victimcare.working_days import LONDON, london_day

THIS_PERSON, EVERYONE = "this", "everyone"

# The order of a case's life, as people look for it.
IN_ORDER = [kind for kind in Kind if kind in BY_HAND]


def moment_or_day(day: date, at: time | None) -> datetime | date:
    """The moment where the time is known, else the day alone."""
    return datetime.combine(day, at, LONDON) if at else day


def before_it_was_reported(case: Case, on: date | None) -> bool:
    """Whether this day is before the crime was reported: hardly ever meant, and every date is counted from it."""
    return on is not None and case.reported_at is not None and on < london_day(case.reported_at)


def too_early(case: Case) -> str:
    return _(
        "That is before the crime was reported, on %(day)s. Change the day, or tick that it is right."
    ) % {"day": short_day(case.reported_at)}


def _meant() -> TickBox:
    """Shown once something is doubtful: the form takes it away where nothing is."""
    return TickBox(label=_("It is right: record it all the same"), required=False)


class RecordEventForm(Form):
    """Something that happened and that no feed told us of."""

    form_key = FormKeyField()
    kind = ChoiceSelect(
        label=_("What happened?"),
        choices=[(kind.value, kind.label) for kind in IN_ORDER],
        missing=_("Choose what happened."),
    )
    on = DateInputField(
        label=_("On what day?"), latest=clock.today, missing=_("Enter the day it happened, like 20 11 2026.")
    )
    at = TimeInputField(label=_("At what time, if it is known?"), required=False)
    learned_on = DateInputField(
        label=_("When did victim services hear, if not today?"),
        hint=_("Some dates in the Victims’ Code count from the day we heard."),
        latest=clock.today,
        required=False,
    )
    suspect = ModelChoiceSelect(
        label=_("Which suspect?"), queryset=None, required=False, blank=_("Not about one suspect")
    )
    concerns = ChoiceRadios(
        label=_("Whom does it concern?"),
        choices=[(EVERYONE, _("Everyone in this case")), (THIS_PERSON, _("This person only"))],
        missing=_("Choose whom it concerns."),
        initial=EVERYONE,
    )
    detail = LongTextField(
        label=_("Anything the victim needs to know about it"),
        hint=_(
            "Bail conditions, the reason for a decision, who decided. Do not write about anybody else here."
        ),
        max_length=1000,
        required=False,
    )
    is_meant = _meant()

    def __init__(self, *args: Any, participant: Participant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.participant = participant
        if not self.is_bound:
            del self.fields["is_meant"]
        suspects = Participant.objects.filter(case=participant.case, role=Participant.Role.SUSPECT)
        self.fields["suspect"].queryset = suspects.select_related("person").order_by("pk")
        self.fields["suspect"].describe = lambda suspect: f"{suspect.person.name} ({suspect.reference})"

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        kind, on, at = answers.get("kind"), answers.get("on"), answers.get("at")
        if kind and answers.get("concerns") == EVERYONE and kind in OF_ONE_PERSON:
            self.add_error("concerns", _("This concerns one person only. Choose “This person only”."))
        if on and at and datetime.combine(on, at, LONDON) > clock.now():
            self.add_error("at", _("That is in the future. Enter when it happened."))
        learned_on = answers.get("learned_on")
        if on and learned_on and learned_on < on:
            self.add_error("learned_on", _("We cannot have heard before it happened. Enter a later day."))
        if on:
            answers["occurred"] = moment_or_day(on, at)
        answers["learned_at"] = heard(learned_on, answers.get("occurred"))
        doubt = self._doubt(answers)
        if not doubt:
            del self.fields["is_meant"]
        elif not answers.get("is_meant"):
            self.add_error("is_meant", doubt)
        return answers

    def _doubt(self, answers: dict[str, Any]) -> str:
        """Why this may be a slip of the pen: a day too early, or written down already. Empty where it is not."""
        kind, on = answers.get("kind"), answers.get("on")
        if not kind or not on:
            return ""
        case = self.participant.case
        if before_it_was_reported(case, on):
            return too_early(case)
        same = (
            Event.objects.current().about(self.participant).filter(kind=kind, suspect=answers.get("suspect"))
        )
        if answers.get("concerns") == THIS_PERSON:
            same = same.filter(participant=self.participant)
        for event in same.filter(occurred_at__date=on).select_related("by")[:1]:
            return _(
                "The same is recorded already for that day, by %(who)s. Each is owed on its own: a second one adds "
                "duties. Go back, or tick that it happened twice."
            ) % {"who": event.by or event.source_system or _("the system")}
        return ""


class SupportAnswerForm(Form):
    """Whether this person was referred to support, or said no to it."""

    form_key = FormKeyField()
    kind = ChoiceRadios(
        label=_("What did they decide?"),
        choices=[
            (Kind.REFERRED_TO_SUPPORT.value, _("They agreed, and were referred to support by the police")),
            (Kind.SUPPORT_DECLINED.value, _("They declined support")),
        ],
        missing=_("Choose what they decided."),
    )
    on = DateInputField(
        label=_("On what day?"), latest=clock.today, missing=_("Enter the day, like 20 11 2026.")
    )
    service = TextField(
        label=_("Which service were they referred to?"),
        hint=_("For example: Victim Support. Leave it empty when they declined."),
        max_length=120,
        required=False,
    )

    def __init__(self, *args: Any, participant: Participant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = participant.case

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        on, reported = answers.get("on"), self.case.reported_at or self.case.recorded_at
        if on and reported and on < london_day(reported):
            self.add_error("on", _("That is before the crime was reported. Check the day and the year."))
        service, kind = answers.get("service"), answers.get("kind")
        if kind == Kind.REFERRED_TO_SUPPORT and not service and "service" not in self.errors:
            self.add_error("service", _("Enter the service they were referred to."))
        if kind == Kind.SUPPORT_DECLINED and service:
            self.add_error("service", _("Leave this empty: they declined support."))
        return answers


def heard(learned_on: date | None, occurred: datetime | date | None) -> datetime | None:
    """Midday of the day we heard, never before it happened and never in the future; None means now."""
    if learned_on is None or learned_on == clock.today():
        return None
    midday = datetime.combine(learned_on, time(12), LONDON)
    return max(midday, occurred) if isinstance(occurred, datetime) else midday


class CorrectEventForm(Form):
    """What a wrong entry should have said. The wrong one is kept, struck through."""

    RIGHT_DAY, NEVER = "when", "never"

    form_key = FormKeyField()
    what = ChoiceRadios(
        label=_("What is wrong?"),
        choices=[(RIGHT_DAY, _("The day or time is wrong")), (NEVER, _("It never happened"))],
        missing=_("Choose what is wrong."),
    )
    on = DateInputField(label=_("When did it happen?"), latest=clock.today, required=False)
    at = TimeInputField(label=_("At what time, if it is known?"), required=False)
    reason = LongTextField(
        label=_("Why is it wrong, and how do you know?"),
        max_length=400,
        rows=2,
        missing=_("Say why it is wrong, so that others can follow."),
    )
    is_meant = _meant()

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        if not self.is_bound:
            del self.fields["is_meant"]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        on, at = answers.get("on"), answers.get("at")
        if answers.get("what") == self.RIGHT_DAY and not on and "on" not in self.errors:
            self.add_error("on", _("Enter the right day, like 20 11 2026."))
        if on and at and datetime.combine(on, at, LONDON) > clock.now():
            self.add_error("at", _("That is in the future. Enter when it happened."))
        answers["occurred"] = moment_or_day(on, at) if on and answers.get("what") == self.RIGHT_DAY else None
        if answers.get("what") != self.RIGHT_DAY or not before_it_was_reported(self.case, on):
            del self.fields["is_meant"]
        elif not answers.get("is_meant"):
            self.add_error("is_meant", too_early(self.case))
        return answers

    @classmethod
    def starting_from(cls, event: Event) -> dict[str, Any]:
        """What the wrong entry says now."""
        at = event.occurred_locally.time() if event.precision == Event.Precision.MOMENT else None
        return {"on": event.occurred_on, "at": at}


def _channel(label: Any) -> ChoiceRadios:
    return ChoiceRadios(label=label, choices=SafeContact.Safe.choices, required=False, inline=True)


class SafeContactForm(Form):
    """How this person says they can be reached without harm."""

    CHANNELS = ("phone", "voicemail", "text", "email", "post")

    mark_optional = False
    form_key = FormKeyField()
    version = VersionField()
    person_version = VersionField()  # which numbers and address the page was about
    phone = _channel(_("Ringing them"))
    voicemail = _channel(_("Leaving a voicemail"))
    text = _channel(_("Text messages"))
    email = _channel(_("Email"))
    post = _channel(_("Letters"))
    call_from = TimeInputField(
        label=_("Ring from"), hint=_("Like 09:30. Leave both empty for any time."), required=False
    )
    call_until = TimeInputField(label=_("Ring until"), required=False)
    withhold_number = TickBox(label=_("Withhold our number"), required=False)
    who_may_answer = TextField(
        label=_("Who else may answer?"), hint=_("For example: her sister Non"), max_length=120, required=False
    )
    code_word = TextField(label=_("Code word"), max_length=60, width=10, required=False)
    note = LongTextField(
        label=_("Anything else that keeps them safe"), max_length=400, rows=3, required=False
    )
    address_is_protected = TickBox(label=_("Their address must not be given to anybody"), required=False)
    review_on = DateInputField(label=_("Ask again on"), required=False, earliest=clock.today)
    why_lifted = LongTextField(
        label=_("Why is it safe now?"),
        hint=_("Only when you take back a No, a protected address or a code word: a supervisor decides."),
        max_length=300,
        rows=2,
        required=False,
    )
    asked = TickBox(
        label=_("I asked them about all of this today"),
        hint=_(
            "Leave it empty when you only add a note or make a way stricter: the answers keep their date."
        ),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        safe: SafeContact,
        person: Person,
        moved: Collection[str],
        is_in_danger: bool,
        shows_code_word: bool,
        **kwargs: Any,
    ) -> None:
        """Whoever may not see the word on file may not change it either: it stays as it is.

        `moved` are the ways whose yes was about another number or address than the one held now.
        """
        super().__init__(*args, **kwargs)
        self.moved = moved
        if safe.confirmed_at is None:  # whoever answers first has asked
            del self.fields["asked"]
        if not shows_code_word:
            del self.fields["code_word"]
        self.safe, self.person, self.is_in_danger = safe, person, is_in_danger

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if answers.pop("person_version", None) not in (None, self.person.version):
            self.add_error(
                None,
                _(
                    "Their details changed while this page was open: look at their number and address, and say again "
                    "what they said of them."
                ),
            )
            self.data = self.data.copy()  # the page that is shown again is about them as they are now
            self.data["person_version"], self.data["asked"] = str(self.person.version), ""
        is_stale = answers.get("version") != (self.safe.version if self.safe.pk else 0)
        lifted = lifted_by(self.safe, answers, is_in_danger=self.is_in_danger)
        if lifted and not is_stale and not answers.get("why_lifted") and "why_lifted" not in self.errors:
            self.add_error("why_lifted", _("Say why it is safe now, so that a supervisor can decide."))
        opened = set(opened_by(self.safe, answers, self.moved)) - {each.field for each in lifted}
        if opened and not is_stale and "asked" in self.fields and not answers.get("asked"):
            self.add_error(
                "asked", _("Ask them, then tick that you asked them: that alone opens a way of contact.")
            )
        start, end = answers.get("call_from"), answers.get("call_until")
        if bool(start) != bool(end) and not {"call_from", "call_until"} & set(self.errors):
            self.add_error(
                "call_until" if start else "call_from", _("Enter both times, or leave both empty.")
            )
        if start and end and start >= end:
            self.add_error("call_until", _("Enter a later time than “Ring from”."))
        return answers

    @property
    def answers(self) -> dict[str, Any]:
        return {
            name: value for name, value in self.cleaned_data.items() if name not in {"form_key", "version"}
        }

    @classmethod
    def starting_from(cls, safe: SafeContact, moved: Collection[str]) -> dict[str, Any]:
        """The answers that hold. One given about another number or address is not known again."""
        left = {"form_key", "version", "person_version", "why_lifted", "asked"}
        held = {name: getattr(safe, name) for name in cls.base_fields if name not in left}
        held |= dict.fromkeys(moved, SafeContact.Safe.NOT_KNOWN)
        return held | {"version": safe.version if safe.pk else 0}


class CloseForm(Form):
    """Why this person's part ends, and whether they know how to come back."""

    form_key = FormKeyField()
    version = VersionField()
    reason = ChoiceRadios(
        label=_("Why are you closing this?"),
        choices=Participant.Closure.choices,
        reveals={Participant.Closure.DECEASED.value: ("died_known_from", "is_sure_they_died")},
        missing=_("Choose why you are closing this."),
    )
    died_known_from = LongTextField(
        label=_("How is it known that they died?"),
        hint=_("For example: the officer in the case rang, or the coroner wrote."),
        max_length=300,
        rows=2,
        required=False,
    )
    is_sure_they_died = TickBox(label=_("I am sure that this person has died"), required=False)
    told_how_to_return = TickBox(label=_("I told them how to come back"), required=False)
    despite = LongTextField(
        label=_("Something is not finished: why do you close it all the same?"),
        hint=_("Only for what the list above says must be finished first. A supervisor may ask."),
        max_length=300,
        rows=2,
        required=False,
    )

    def __init__(self, *args: Any, unfinished: list[LooseEnd], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unfinished = unfinished
        if not any(end.stops for end in unfinished):
            del self.fields["despite"]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        left = [end.text for end in self.unfinished if answers.get("reason") in end.stops]
        if left and not answers.get("despite") and "despite" not in self.errors:
            self.add_error("despite", _("%s Finish it first, or say here why not.") % " ".join(left))
        if answers.get("reason") == Participant.Closure.DECEASED:
            if not answers.get("died_known_from") and "died_known_from" not in self.errors:
                self.add_error("died_known_from", _("Say how it is known that they died."))
            if not answers.get("is_sure_they_died"):
                self.add_error("is_sure_they_died", _("Tick that you are sure that this person has died."))
        return answers


class ReopenForm(Form):
    """Why the door opens again."""

    form_key = FormKeyField()
    version = VersionField()
    reason = LongTextField(
        label=_("Why do you open it again?"),
        hint=_("For example: she rang, he has been in touch again."),
        max_length=300,
        rows=2,
        missing=_("Say why you open it again."),
    )


class AskOfficerForm(Form):
    """What only the officer in the case can tell us."""

    form_key = FormKeyField()
    kind = ChoiceRadios(
        label=_("What is it about?"),
        choices=[choice for choice in Question.Kind.choices if choice[0] != Question.Kind.ROW],
        missing=_("Choose what it is about."),
    )
    words = LongTextField(
        label=_("Your question"),
        hint=_("The officer reads this. Do not write what the victim told us in confidence."),
        max_length=1000,
        rows=4,
        missing=_("Enter your question."),
    )
    to_collar = TextField(label=_("Collar number of the officer"), max_length=20, width=10, required=False)
    to_team = TextField(label=_("Their team"), max_length=80, required=False)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if case.oic_collar or case.oic_team:
            del self.fields["to_collar"], self.fields["to_team"]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        if "to_collar" in self.fields and not answers.get("to_collar") and not answers.get("to_team"):
            self.add_error("to_collar", _("The case names no officer. Enter a collar number or a team."))
        return answers


ALL_THE_SAME = "all_the_same"


def ask_whether_to_send(form: Form, why_not: object) -> None:
    """Say at a box to tick why the question would reach nobody."""
    form.fields[ALL_THE_SAME] = TickBox(
        label=_("Keep the question: somebody here passes it on"), required=False
    )
    form.add_error(ALL_THE_SAME, str(why_not))


class AnswerForm(Form):
    """What the officer in the case says."""

    form_key = FormKeyField()
    version = VersionField()
    reply = LongTextField(label=_("Your answer"), max_length=2000, rows=4, missing=_("Enter your answer."))


class ProposalForm(Form):
    """What every proposed version of ours says, whatever it is about: from which day on, and why."""

    form_key = FormKeyField()
    version = VersionField()
    effective_from = DateInputField(
        label=_("From which day?"), earliest=clock.today, missing=_("Enter the day, like 1 12 2026.")
    )
    reason = TextField(
        label=_("Why?"),
        hint=_("For example: agreed at the unit’s meeting of 20 November."),
        max_length=300,
        missing=_("Say why, so that whoever approves it knows."),
    )


class StandardForm(ProposalForm):
    """The next version of one of the unit's own numbers."""

    value = WholeNumber(label=_("The new number"), width=3, missing=_("Enter the new number."))
    field_order = ("form_key", "version", "value")


class DetailsForm(Form):
    """A name, number or address that changed."""

    FIELDS = (
        "preferred_name", "given_names", "surname", "pronouns", "phone_mobile", "phone_home", "email",
        "address_line_1", "address_line_2", "town", "postcode",
    )  # fmt: skip

    form_key = FormKeyField()
    version = VersionField()
    given_names = TextField(label=_("Given names"), max_length=100, required=False)
    surname = TextField(label=_("Surname"), max_length=100, required=False)
    preferred_name = TextField(label=_("Name they like to be called"), max_length=100, required=False)
    pronouns = TextField(label=_("Pronouns"), max_length=30, width=10, required=False)
    phone_mobile = TextField(
        label=_("Mobile phone"), max_length=30, width=20, input_type="tel", required=False
    )
    phone_home = TextField(label=_("Other phone"), max_length=30, width=20, input_type="tel", required=False)
    email = EmailAddress(label=_("Email"), required=False)
    address_line_1 = TextField(label=_("House and street"), max_length=120, required=False)
    address_line_2 = TextField(label=_("Second line of the address"), max_length=120, required=False)
    town = TextField(label=_("Town"), max_length=80, required=False)
    postcode = TextField(label=_("Postcode"), max_length=10, width=10, required=False)
    verified_by = TextField(
        label=_("How do you know it was them who asked?"),
        hint=_("Ring the number we held before, or see them. Never rely on the new number or address."),
        max_length=100,
        missing=_("Say how you checked, for example: rang her on the old number."),
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if not self.errors and not (
            answers["given_names"] or answers["surname"] or answers["preferred_name"]
        ):
            self.add_error("surname", _("Enter a name."))
        for name in ("phone_mobile", "phone_home"):
            if self._is_new(name) and not is_phone(answers[name]):
                self.add_error(name, NOT_A_PHONE)
        if self._is_new("postcode"):
            answers["postcode"] = postcode_of(answers["postcode"])
            if not answers["postcode"]:
                self.add_error("postcode", NOT_A_POSTCODE)
        return answers

    def _is_new(self, name: str) -> bool:
        """Typed here, and not what is held already: an old number stands in the way of no other change."""
        said = self.cleaned_data.get(name, "")
        return bool(said) and said != self.initial.get(name, "")

    @property
    def answers(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.FIELDS}
