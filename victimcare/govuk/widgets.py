"""Controls that Django does not have, or draws differently."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _


class DateParts(forms.Widget):
    """Day, month and year in three boxes. Also reads one ISO date, so that a link can carry it."""

    template_name = "components/widgets/date.html"
    use_fieldset = True
    parts = ("day", "month", "year")
    labels = {"day": _("Day"), "month": _("Month"), "year": _("Year")}
    bad_parts: list[str] = []

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        typed = tuple((data.get(f"{name}_{part}") or "").strip() for part in self.parts)
        if any(typed):
            return typed
        return parse_iso(data.get(name))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return not any(key in data for key in [name, *(f"{name}_{part}" for part in self.parts)])

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_day" if id_ else ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        shown = dict(zip(self.parts, self.split(value), strict=True))
        context["parts"] = [
            {
                "name": f"{name}_{part}",
                "id": f"{context['widget']['attrs'].get('id', name)}_{part}",
                "label": self.labels[part],
                "value": shown[part],
                "width": 4 if part == "year" else 2,
                "is_bad": part in self.bad_parts,
            }
            for part in self.parts
        ]
        return context

    @staticmethod
    def split(value: Any) -> tuple[Any, Any, Any]:
        if isinstance(value, date):
            return value.day, value.month, value.year
        if isinstance(value, str):
            return value, "", ""
        return value or ("", "", "")


def parse_iso(text: str | None) -> date | str | None:
    """The date of 2026-03-27; the text itself when it is no date, so that the field can say so."""
    try:
        return parse_date(text or "") or text or None
    except ValueError:
        return text


class Choices:
    """Choices with a hint each, and fields revealed beneath the choice they belong to."""

    template_name = "components/widgets/choices.html"
    hints: Mapping[str, Any] = {}
    is_inline = False
    revealed: Mapping[str, Any] = {}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)  # type: ignore[misc]
        context["kind"] = self.kind  # type: ignore[attr-defined]
        context["is_inline"] = self.is_inline and not self.revealed
        return context

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)  # type: ignore[misc]
        option["hint"] = self.hints.get(str(value))
        option["conditional"] = self.revealed.get(str(value))
        return option


class Radios(Choices, forms.RadioSelect):
    """One of a few."""

    kind = "radios"


class Checkboxes(Choices, forms.CheckboxSelectMultiple):
    """Any of a few."""

    kind = "checkboxes"


class Tick(forms.CheckboxInput):
    """One box to tick."""

    template_name = "components/widgets/tick.html"


class Select(forms.Select):
    """A list that opens, with a first line that chooses nothing."""

    template_name = "components/widgets/select.html"  # in one piece: Django's takes two more for each choice
    blank: Any = None

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        groups = super().optgroups(name, value, attrs)
        if self.blank is None:
            return groups
        return [(None, [self.create_option(name, "", self.blank, "" in value or not value, 0)], 0), *groups]


class PasswordBox(forms.PasswordInput):
    """A password with a button that shows it."""

    template_name = "components/widgets/password.html"
