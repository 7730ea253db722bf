"""What the pages of the people of the unit ask."""

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from victimcare import clock
from victimcare.accounts.models import Leave, Team, User
from victimcare.accounts.permissions import Role
from victimcare.accounts.skills import LANGUAGES, SKILLS
from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceRadios,
    ChoiceSelect,
    DateInputField,
    EmailAddress,
    Form,
    FormKeyField,
    LongTextField,
    ModelChoiceSelect,
    Password,
    TextField,
    TickBox,
    TimeInputField,
    VersionField,
    WholeNumber,
    read_time,
)

LONGEST_PASSWORD = 128  # a longer one only makes the server work
READ_IN = [("en-gb", "English"), ("cy", "Cymraeg")]  # each in its own words
ROLE_HINTS = {
    Role.VICTIM_CARE_OFFICER: _("Calls victims, assesses needs, keeps them updated"),
    Role.SUPERVISOR: _("Allocates, sees the team's work and who looked at its cases"),
    Role.WITNESS_CARE_OFFICER: _("Warns witnesses for court and tells them results"),
    Role.MEASURES_ADVISOR: _("Checks offers of and applications for special measures"),
    Role.ENGAGEMENT_COORDINATOR: _("Runs the survivor network; sees those who agreed to be asked"),
    Role.OFFICER_IN_THE_CASE: _("Sees the victims of the crimes under their collar number"),
    Role.PARTNER: _("Sees what was referred to their organisation. Held alone"),
    Role.ANALYST: _("Sees counts, never a name"),
    Role.AUDITOR: _("Sees who looked at what. Held alone"),
    Role.ADMINISTRATOR: _("Keeps people, roles and teams; sees no case. Held alone"),
}


class SignInForm(Form):
    username = TextField(
        label=_("Username"),
        max_length=60,
        width=20,
        autocomplete="username",
        missing=_("Enter your username."),
    )
    password = Password(label=_("Password"), missing=_("Enter your password."))


class PreferencesForm(Form):
    form_key = FormKeyField()
    language = ChoiceRadios(label=_("Language"), choices=READ_IN, inline=True)
    is_compact = TickBox(
        label=_("Compact pages"), hint=_("Rows closer together, more on the screen."), required=False
    )
    quiet_from = TimeInputField(
        label=_("No emails from"),
        hint=_("Empty in both: as the unit says. The same time twice: emails at any hour."),
        required=False,
    )
    quiet_until = TimeInputField(label=_("No emails until"), required=False)

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        if not self.errors and (answers["quiet_from"] is None) != (answers["quiet_until"] is None):
            missing = "quiet_from" if answers["quiet_from"] is None else "quiet_until"
            self.add_error(missing, _("Enter both ends of your quiet hours, or neither."))
        return answers


class OwnPasswordForm(Form):
    form_key = FormKeyField()
    current = Password(label=_("Current password"), missing=_("Enter the password you have now."))
    new = Password(
        label=_("New password"),
        autocomplete="new-password",
        hint=_("At least 15 characters. Three or four words that do not belong together are good."),
        missing=_("Enter a new password."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise ValidationError(_("That is not your password. Enter the one you signed in with."))
        return current

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        if len(new) > LONGEST_PASSWORD:
            raise ValidationError(_("Use at most 128 characters."))
        if new == self.cleaned_data.get("current"):
            raise ValidationError(_("That is the password you have now. Choose another."))
        validate_password(new, self.user)
        return new


# --- Working hours ---------------------------------------------------------------------------------


class HoursField(TextField):
    """From when until when somebody works on one weekday: reads `09:00 to 17:00`, `9.30-14.30`, `9-5pm`.

    Gives ["09:00", "17:00"], London time, or None for a day off.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, width=10, required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value[0]} to {value[1]}" if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        return read_hours(words) if words else None


def read_hours(words: str) -> list[str]:
    """The two times in these words. Raises ValidationError when they are not two times in order."""
    parts = re.split(r"\s*(?:-|–|\bto\b|\buntil\b|\bi\b|\btan\b)\s*", words.strip().casefold())
    from_time = until_time = None
    with suppress(ValueError, ValidationError):  # not two of them, or not times
        from_time, until_time = (read_time(f"{part}:00" if len(part) < 3 else part) for part in parts)
    if from_time is None or until_time is None:
        raise ValidationError(_("Enter the hours like 09:00 to 17:00, or leave it empty for a day off."))
    if until_time <= from_time:
        raise ValidationError(_("The end is before the start. Enter the hours like 09:00 to 17:00."))
    return [from_time.strftime("%H:%M"), until_time.strftime("%H:%M")]


# --- People ----------------------------------------------------------------------------------------


class PersonForm(Form):
    """What is kept about somebody of the unit, but for their roles and leave."""

    form_key = FormKeyField()
    version = VersionField()
    display_name = TextField(label=_("Name"), max_length=80, width=20, missing=_("Enter their name."))
    email = EmailAddress(label=_("Email"), required=False)
    team = ModelChoiceSelect(
        label=_("Team"), queryset=Team.objects.all(), required=False, blank=_("No team"),
        hint=_("Somebody sees the records of their team. Without one they see none."),
    )  # fmt: skip
    collar = TextField(
        label=_("Collar number"), max_length=20, width=10, required=False,
        hint=_("As it is in the force's system. Links an officer in the case to their crimes."),
    )  # fmt: skip
    sergeant = ModelChoiceSelect(
        label=_("Sergeant"), queryset=User.objects.none(), required=False, blank=_("Nobody"),
        hint=_("Hears when an officer in the case does not say whether they told a victim."),
    )  # fmt: skip
    skills = ChoiceCheckboxes(label=_("Skills"), choices=[], required=False)
    languages = ChoiceCheckboxes(label=_("Languages beside English"), choices=[], required=False)
    caseload_points = WholeNumber(
        label=_("Caseload when full"), lowest=0, highest=1000, width=4, suffix=_("points"),
        hint=_("100 as a rule. Fewer hours a week make it smaller by themselves."), missing=_("Enter the points, like 100."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        police = User.objects.active().with_role(Role.OFFICER_IN_THE_CASE)
        self.fields["sergeant"].queryset = police.exclude(pk=user.pk) if user else police  # type: ignore[attr-defined]
        for number, name in WEEKDAYS.items():
            hours = user.working_hours[number] if user and number < len(user.working_hours) else None
            self.fields[f"hours_{number}"] = HoursField(label=name, initial=hours)
        for name, vocabulary in (("skills", SKILLS), ("languages", LANGUAGES)):
            # What somebody holds already stays, even when it is not one of our words.
            held = {key: key for key in getattr(user, name, []) if key not in vocabulary}
            self.fields[name].choices = [*vocabulary.items(), *held.items()]  # type: ignore[attr-defined]

    @property
    def hours(self) -> list[Any]:
        """The seven weekday fields, Monday first."""
        return [self[f"hours_{number}"] for number in WEEKDAYS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["working_hours"] = [cleaned.pop(f"hours_{number}", None) for number in WEEKDAYS]
        return cleaned


class JoinerForm(PersonForm):
    """Somebody new: what a person has, and how they start."""

    username = TextField(
        label=_("Username"), max_length=60, width=20,
        hint=_("Like nia.morgan: letters, figures, dots and hyphens."),
        missing=_("Enter a username, like nia.morgan."),
    )  # fmt: skip
    joined_on = DateInputField(label=_("First day"), missing=_("Enter their first day, like 27 3 2026."))
    roles = ChoiceCheckboxes(
        label=_("Roles"), choices=Role.choices, hints=ROLE_HINTS, missing=_("Choose at least one role.")
    )

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"].lower()
        if not re.fullmatch(r"[a-z0-9][a-z0-9.\-_]*", username):
            raise ValidationError(_("Use plain letters, figures, dots and hyphens, like nia.morgan."))
        if User.objects.filter(username=username).exists():
            raise ValidationError(_("Somebody has that username already. Choose another."))
        return username


class RolesForm(Form):
    mark_optional = False
    form_key = FormKeyField()
    version = VersionField()
    roles = ChoiceCheckboxes(label=_("Roles"), choices=Role.choices, hints=ROLE_HINTS, required=False)


class LeaverForm(Form):
    form_key = FormKeyField()
    version = VersionField()
    left_on = DateInputField(
        label=_("Last day"), latest=clock.today, missing=_("Enter their last day, like 27 3 2026.")
    )


class ReturnerForm(Form):
    form_key = FormKeyField()
    version = VersionField()
    joined_on = DateInputField(
        label=_("First day back"), missing=_("Enter their first day back, like 27 3 2026.")
    )


class TemporaryPasswordForm(Form):
    form_key = FormKeyField()
    version = VersionField()


class LeaveForm(Form):
    form_key = FormKeyField()
    kind = ChoiceRadios(
        label=_("What kind?"), choices=Leave.Kind.choices, inline=True, missing=_("Say what kind.")
    )
    from_on = DateInputField(
        label=_("First day away"), missing=_("Enter the first day away, like 27 3 2026.")
    )
    until_on = DateInputField(
        label=_("Last day away"),
        latest=lambda: clock.today() + timedelta(days=730),
        missing=_("Enter the last day away, like 27 3 2026."),
    )
    covered_by = ModelChoiceSelect(
        label=_("Who covers?"), queryset=User.objects.none(), required=False, blank=_("Nobody yet"),
        hint=_("The cover sees this person's cases and their work while they are away."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = User.objects.active().filter(team=user.team_id).exclude(pk=user.pk)
        self.fields["covered_by"].queryset = team if user.team_id else User.objects.none()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        from_on, until_on = cleaned.get("from_on"), cleaned.get("until_on")
        if from_on and until_on and until_on < from_on:
            self.add_error("until_on", _("The last day is before the first. Check the dates."))
        return cleaned


# --- Teams -----------------------------------------------------------------------------------------


class TeamForm(Form):
    form_key = FormKeyField()
    version = VersionField()
    name = TextField(label=_("Name"), max_length=80, width=30, missing=_("Enter the team's name."))
    name_cy = TextField(label=_("Name in Welsh"), max_length=80, width=30, required=False)
    kind = ChoiceRadios(
        label=_("What kind of team?"), choices=Team.Kind.choices, missing=_("Choose what kind it is.")
    )
    policing_areas = LongTextField(
        label=_("Policing areas"), max_length=1000, rows=4, required=False,
        hint=_("One to a line, as the extract writes them. Empty means all that no other team takes."),
    )  # fmt: skip
    day_starts = TimeInputField(
        label=_("When does their day begin?"), missing=_("Enter when their day begins, like 09:00."),
        hint=_("Monday to Friday, for those whose own hours are not written down. Their email of the day comes then."),
    )  # fmt: skip

    def clean_policing_areas(self) -> list[str]:
        areas = [line.strip() for line in self.cleaned_data["policing_areas"].splitlines() if line.strip()]
        if any(len(area) > 40 for area in areas):
            raise ValidationError(_("Shorten each area to 40 characters."))
        return list(dict.fromkeys(areas))


def team_choices() -> list[tuple[str, str]]:
    return list(Team.objects.values_list("reference", "name"))


class PeopleFilterForm(Form):
    """What the list of people can be narrowed to. An answer that is not one of these narrows nothing."""

    mark_optional = False
    q = TextField(label=_("Name"), max_length=80, required=False)
    team = ChoiceSelect(label=_("Team"), choices=team_choices, required=False, blank=_("All teams"))
    role = ChoiceSelect(label=_("Role"), choices=Role.choices, required=False, blank=_("All roles"))
    state = ChoiceSelect(
        label=_("Who"),
        choices=[("here", _("Working here")), ("away", _("Away today")), ("left", _("Left"))],
        required=False,
        blank=_("Everybody"),
    )
