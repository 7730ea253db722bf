"""The fields of every form. Each says in a plain sentence what to do when an answer cannot be used."""

import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, time
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import EmailValidator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from victimcare.faults import Refused
from victimcare.govuk.dates import day
from victimcare.govuk.widgets import Checkboxes, DateParts, PasswordBox, Radios, Select, Tick

Words = Any  # str, or text translated when it is shown


class Form(forms.Form):
    """A form as our pages draw it. Filter forms set `mark_optional = False`."""

    use_required_attribute = False
    mark_optional = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        if isinstance(
            self.data, QueryDict
        ):  # so that a page that can only show it back has our words: see typed.py
            self.data.read_by = (*getattr(self.data, "read_by", ()), self)  # type: ignore[attr-defined]

    @contextmanager
    def refusals_at(self, name: str) -> Iterator[None]:
        """Within this, what cannot be done is said beside that question. Who may not, or was too late, is told so."""
        try:
            yield
        except Refused as refused:
            if refused.status != Refused.status:
                raise
            self.add_error(name, str(refused.sentence))

    def _clean_fields(self) -> None:
        """What a choice that is not chosen would reveal is not on the page: nothing is wrong with it."""
        super()._clean_fields()  # type: ignore[misc]
        for name, field in self.fields.items():
            if isinstance(field, Chosen) and name in self.cleaned_data:
                chosen = self.cleaned_data[name]
                held = {str(each) for each in (chosen if isinstance(chosen, list) else [chosen])}
                shown = {part for value in held for part in field.reveals.get(value, ())}
                for hidden in {part for parts in field.reveals.values() for part in parts} - shown:
                    if self._errors.pop(hidden, None):  # type: ignore[union-attr]
                        self.cleaned_data[hidden] = getattr(self.fields[hidden], "empty_value", None)

    @property
    def keeps_drafts(self) -> bool:
        """True where enough is typed that somebody may want to save it before it is finished."""
        return "form_key" in self.fields and any(
            isinstance(field, LongTextField) for field in self.fields.values()
        )

    def put_back(self, typed: QueryDict) -> None:
        """Start from what was typed before, errors and all; a form that was just posted keeps its answers."""
        if self.is_bound:
            return
        for name, field in self.fields.items():
            if name != "form_key" and not isinstance(field, forms.FileField):
                self.initial[name] = field.widget.value_from_datadict(
                    typed, MultiValueDict(), self.add_prefix(name)
                )


class Question:
    """What all fields share: a label, a hint, and the whole sentence for when it is left empty."""

    def __init__(self, *, label: Words, hint: Words = "", missing: Words = "", **kwargs: Any) -> None:
        super().__init__(label=label, help_text=hint, **kwargs)  # type: ignore[call-arg]
        self.error_messages["required"] = missing or format_lazy(_("Answer “{label}”."), label=label)  # type: ignore[attr-defined]


# --- Words -----------------------------------------------------------------------------------------

# Controls, formats (bidirectional marks, zero-width), lone surrogates, private use, line separators.
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
LATIN_ENDS_AT = 0x052F  # Latin, Greek and Cyrillic are spelt without joiners
JOINERS = frozenset(
    "\u200c\u200d"
)  # part of the spelling of Persian, Sinhala and others, between two letters
BLANKS = frozenset("\u034f\u115f\u1160\u3164\uffa0")  # letters and marks that are drawn as nothing


def clean_text(text: str, *, breaks: bool = False) -> str:
    """The text in NFC. Raises ValidationError when it carries a character that nobody can see."""
    text = unicodedata.normalize("NFC", text)
    for place, character in enumerate(text):
        if breaks and character == "\n":
            continue
        if character in JOINERS and is_joined(text, place):
            continue
        if unicodedata.category(character) in HIDDEN_CATEGORIES or character in BLANKS:
            raise hidden_character(text[:place])
    return text


def is_joined(text: str, place: int) -> bool:
    """Whether a joiner stands between two letters of a script that is spelt with it."""
    around = text[place - 1 : place] + text[place + 1 : place + 2]
    return len(around) == 2 and all(
        unicodedata.category(each)[0] in "LM" and ord(each) > LATIN_ENDS_AT for each in around
    )


def hidden_character(before: str) -> ValidationError:
    """Says where the hidden character is."""
    words = before.split()
    if not words:
        return ValidationError(
            _("Remove the hidden character at the start. Text copied from elsewhere can carry one."),
            code="hidden",
        )
    return ValidationError(
        _("Remove the hidden character after “%(word)s”. Text copied from elsewhere can carry one."),
        code="hidden",
        params={"word": words[-1][-20:]},
    )


TOO_LONG = _("Shorten this to %(limit_value)d characters. It has %(show_value)d.")


class TextField(Question, forms.CharField):
    """One line of words."""

    breaks = False

    def __init__(
        self,
        *,
        max_length: int,
        width: int | None = None,
        input_type: str = "text",
        autocomplete: str = "off",
        inputmode: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.widget.input_type = input_type
        self.widget.attrs["autocomplete"] = autocomplete
        if inputmode:
            self.widget.attrs["inputmode"] = inputmode
        if width:
            self.widget.attrs["class"] = f"govuk-input--width-{width}"
        self.error_messages["max_length"] = _(
            "Shorten this to %(limit_value)d characters. It has %(show_value)d."
        )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # No maxlength: a browser would cut a pasted text short without saying so.
        return {}

    def to_python(self, value: Any) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
        return clean_text(text, breaks=self.breaks)


COUNT_WORDS = {  # read by govuk.js, which puts the number in
    "characters-under-limit.one": _("You have %{count} character left"),
    "characters-under-limit.other": _("You have %{count} characters left"),
    "characters-at-limit": _("You have no characters left"),
    "characters-over-limit.one": _("Shorten this by %{count} character"),
    "characters-over-limit.other": _("Shorten this by %{count} characters"),
}


class LongTextField(TextField):
    """Several lines of words; says how many characters are left when few are."""

    widget = forms.Textarea
    breaks = True
    counts_characters = True
    count_words = COUNT_WORDS

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        super().__init__(autocomplete="off", **kwargs)
        self.widget.attrs = {"rows": rows}


class EmailAddress(TextField):
    """One email address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"max_length": 254, "input_type": "email", "autocomplete": "off", "width": 20, **kwargs}
        )
        self.widget.attrs["spellcheck"] = "false"
        self.validators.append(EmailValidator(_("Enter an email address like name@example.org.")))


class Password(Question, forms.CharField):
    """A password, taken exactly as typed."""

    widget = PasswordBox

    def __init__(self, *, autocomplete: str = "current-password", **kwargs: Any) -> None:
        super().__init__(strip=False, max_length=1000, **kwargs)
        self.widget.attrs.update(autocomplete=autocomplete, autocapitalize="none", spellcheck="false")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}


class WholeNumber(Question, forms.IntegerField):
    """A whole number; reads 1,200 too."""

    widget = forms.TextInput

    def __init__(
        self,
        *,
        lowest: int | None = None,
        highest: int | None = None,
        width: int = 4,
        suffix: Words = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(min_value=lowest, max_value=highest, **kwargs)
        self.suffix = suffix
        self.widget.attrs.update(
            {"inputmode": "numeric", "autocomplete": "off", "class": f"govuk-input--width-{width}"}
        )
        self.error_messages["invalid"] = _("Enter a whole number, like 12.")
        self.error_messages["min_value"] = _("Enter %(limit_value)d or more.")
        self.error_messages["max_value"] = _("Enter %(limit_value)d or less.")

    def to_python(self, value: Any) -> int | None:
        return super().to_python(re.sub(r"[,\s]", "", str(value)) if value is not None else None)


# --- Dates and times -------------------------------------------------------------------------------

ASK_FOR_PART = {
    "day": _("Enter the day too, like 27 3 2026."),
    "month": _("Enter the month too, like 27 3 2026."),
    "year": _("Enter the year too, like 27 3 2026."),
}
TOO_EARLY = _("Enter a date on or after %(day)s.")
TOO_LATE = _("Enter a date on or before %(day)s.")
Limit = date | Callable[[], date]
LONG_AGO, FAR_AHEAD = date(1900, 1, 1), date(2100, 12, 31)  # a year mistyped, more likely than not


class DateInputField(Question, forms.Field):
    """A day: three boxes in, a date out. The month may be a number or a name in English or Welsh."""

    widget = DateParts

    def __init__(
        self, *, earliest: Limit = date(1900, 1, 1), latest: Limit = date(2100, 12, 31), **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.earliest, self.latest = earliest, latest

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return value or None
        if isinstance(value, str):
            raise not_a_date(value)
        gone = [part for part, typed in zip(DateParts.parts, value, strict=True) if not typed]
        if len(gone) == 1:
            raise ValidationError(ASK_FOR_PART[gone[0]], code=gone[0])
        if gone:
            raise ValidationError(_("Enter the day, the month and the year, like 27 3 2026."), code="date")
        return read_date(*value)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        earliest, latest = (limit() if callable(limit) else limit for limit in (self.earliest, self.latest))
        if value < earliest:
            raise ValidationError(
                _("Enter a date on or after %(day)s."), code="early", params={"day": day(earliest)}
            )
        if value > latest:
            raise ValidationError(
                _("Enter a date on or before %(day)s."), code="late", params={"day": day(latest)}
            )


def read_date(day_typed: str, month_typed: str, year_typed: str) -> date:
    """The date typed in three boxes. Raises ValidationError that names the box at fault."""
    if not re.fullmatch(r"\d{1,2}", day_typed):
        raise ValidationError(_("Enter the day as a number from 1 to 31."), code="day")
    month = month_number(month_typed)
    if month is None:
        raise ValidationError(_("Enter the month as a number from 1 to 12."), code="month")
    if not re.fullmatch(r"\d{4}", year_typed):
        raise ValidationError(_("Enter the year with 4 figures, like 2026."), code="year")
    try:
        return date(int(year_typed), month, int(day_typed))
    except ValueError:
        raise not_a_date(f"{day_typed} {month_typed} {year_typed}") from None


def not_a_date(typed: str) -> ValidationError:
    return ValidationError(
        _("There is no date %(typed)s. Enter one like 27 3 2026."), code="date", params={"typed": typed[:30]}
    )


def month_number(typed: str) -> int | None:
    """3 for 3, 03, March, Mar, Mawrth or Maw; None when it is no month."""
    if re.fullmatch(r"\d{1,2}", typed):
        return int(typed) if 1 <= int(typed) <= 12 else None
    return month_names().get(typed.casefold().rstrip("."))


@lru_cache(maxsize=1)
def month_names() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in ("en", "cy"):
        with override(language):
            for months in (MONTHS_3, MONTHS):
                names |= {str(name).casefold(): number for number, name in months.items()}
    return names


class TimeInputField(Question, forms.Field):
    """A time of day: reads 14:05, 1405, 14.05, 2pm and 2:05 pm."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.update({"class": "govuk-input--width-5", "autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        return value.strftime("%H:%M") if isinstance(value, time) else value

    def to_python(self, value: Any) -> time | None:
        if value in self.empty_values or isinstance(value, time):
            return value or None
        return read_time(str(value))


def read_time(typed: str) -> time | None:
    """The time typed, in 24 hours. Raises ValidationError when it is none."""
    if not typed.strip():
        return None
    found = re.fullmatch(r"(\d{1,2})(?:[:.]?(\d{2}))?\s*([ap])?\.?(?:m\.?)?", typed.strip().casefold())
    if found and (found[2] or found[3]):
        hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
        if half and 1 <= hour <= 12:
            hour, half = hour % 12 + (12 if half == "p" else 0), None
        if not half and hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValidationError(_("Enter a time like 14:05 or 2:05pm."), code="time")


# --- Choices ---------------------------------------------------------------------------------------

CHOOSE = _("Choose")
LISTED = _("Choose one of the answers listed.")
Pairs = Iterable[tuple[Any, Any]] | Callable[[], Iterable[tuple[Any, Any]]]


class Chosen(Question):
    """Choices one below the other, or in a line; a choice may have a hint and may reveal a field or several."""

    def __init__(
        self,
        *,
        hints: Mapping[Any, Words] | None = None,
        reveals: Mapping[Any, str | tuple[str, ...]] | None = None,
        inline: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.reveals = {
            str(value): (names,) if isinstance(names, str) else names
            for value, names in (reveals or {}).items()
        }
        self.widget.hints = {str(value): words for value, words in (hints or {}).items()}  # type: ignore[attr-defined]
        self.widget.is_inline = inline  # type: ignore[attr-defined]
        for code in ("invalid_choice", "invalid_list", "list", "invalid_pk_value"):
            self.error_messages[code] = LISTED  # type: ignore[attr-defined]


class ChoiceRadios(Chosen, forms.ChoiceField):
    """One of a few, all in sight."""

    widget = Radios


class ChoiceCheckboxes(Chosen, forms.MultipleChoiceField):
    """Any of a few."""

    widget = Checkboxes


class ChoiceSelect(Question, forms.ChoiceField):
    """One of many, from a list that opens."""

    widget = Select

    def __init__(self, *, choices: Pairs, blank: Words = CHOOSE, **kwargs: Any) -> None:
        super().__init__(choices=choices, **kwargs)
        self.widget.blank = blank
        self.error_messages["invalid_choice"] = LISTED


class Described:
    """Rows of a table as choices, each in the words of `describe`."""

    def __init__(self, *, describe: Callable[[Any], Any] = str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.describe = describe

    def label_from_instance(self, row: Any) -> Any:
        return self.describe(row)


class ModelChoiceRadios(Described, Chosen, forms.ModelChoiceField):
    """One row of a few, all in sight."""

    widget = Radios

    def __init__(self, *, queryset: QuerySet[Any] | None, **kwargs: Any) -> None:
        super().__init__(queryset=queryset, empty_label=None, **kwargs)


class ModelChoiceCheckboxes(Described, Chosen, forms.ModelMultipleChoiceField):
    """Any rows of a few."""

    widget = Checkboxes


class ModelChoiceSelect(Described, Question, forms.ModelChoiceField):
    """One row of many."""

    widget = Select

    def __init__(self, *, queryset: QuerySet[Any] | None, blank: Words = CHOOSE, **kwargs: Any) -> None:
        super().__init__(queryset=queryset, empty_label=blank, **kwargs)
        self.error_messages["invalid_choice"] = LISTED


class YesNoNotKnown(ChoiceRadios):
    """Yes, no, or we do not know; not knowing is an answer."""

    YES, NO, NOT_KNOWN = "yes", "no", "not_known"

    def __init__(self, **kwargs: Any) -> None:
        choices = [(self.YES, _("Yes")), (self.NO, _("No")), (self.NOT_KNOWN, _("Not known"))]
        super().__init__(choices=choices, **{"inline": True, **kwargs})


class TickBox(Question, forms.BooleanField):
    """One box to tick. Required means it must be ticked."""

    widget = Tick


# --- Files and hidden fields -----------------------------------------------------------------------


WRONG_KIND = _("Choose a file of this kind: %(kinds)s.")
TOO_LARGE = _("The file is larger than %(size)d MB. Choose a smaller one, or split it.")


class FileInput(Question, forms.FileField):
    """One file, of a kind and size we can read."""

    widget = forms.FileInput

    def __init__(self, *, endings: tuple[str, ...], max_megabytes: int = 5, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self.endings, self.max_megabytes = endings, max_megabytes
        self.widget.attrs["accept"] = ",".join(f".{ending}" for ending in endings)
        self.error_messages["empty"] = _("The file is empty. Choose another.")
        self.error_messages["max_length"] = _("Give the file a shorter name, then choose it again.")

    def to_python(self, data: Any) -> UploadedFile | None:
        upload = super().to_python(data)
        if upload is None:
            return None
        clean_text(upload.name)
        if upload.name.rpartition(".")[2].casefold() not in self.endings:
            kinds = ", ".join(self.endings)
            raise ValidationError(
                _("Choose a file of this kind: %(kinds)s."), code="kind", params={"kinds": kinds}
            )
        if upload.size > self.max_megabytes * 1024 * 1024:
            raise ValidationError(
                _("The file is larger than %(size)d MB. Choose a smaller one, or split it."),
                code="size",
                params={"size": self.max_megabytes},
            )
        return upload


class FormKeyField(forms.UUIDField):
    """Hidden: the same for a page however often it is posted, so that an action runs once."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, initial=uuid.uuid4)
        self.error_messages["invalid"] = _("Open this page again, then send the form.")

    def clean(self, value: Any) -> uuid.UUID:
        return super().clean(value) or uuid.uuid4()


class VersionField(forms.IntegerField):
    """Hidden: which version of the row the page showed."""

    widget = forms.HiddenInput

    def __init__(self, *, required: bool = False) -> None:
        super().__init__(required=required, min_value=0)
        self.error_messages["invalid"] = _("Open this page again, then send the form.")
