"""Draws every form with our templates: the FORM_RENDERER of the project."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting

from victimcare.govuk.widgets import DateParts

TEXT_TYPES = {"text", "email", "number", "password", "tel", "url", "search"}


def base_class(widget: forms.Widget) -> str:
    """The GOV.UK class of a control."""
    if isinstance(widget, forms.Textarea):
        return "govuk-textarea"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return ""
    if isinstance(widget, forms.Select):
        return "govuk-select"
    if isinstance(widget, forms.FileInput):
        return "govuk-file-upload"
    return "govuk-input" if getattr(widget, "input_type", "") in TEXT_TYPES else ""


class GovukBoundField(BoundField):
    """A field with what its template needs: ids of hint and error, classes, and the fields it reveals."""

    @property
    def hint_id(self) -> str:
        return f"{self.auto_id}-hint" if self.help_text else ""

    @property
    def error_id(self) -> str:
        return f"{self.auto_id}-error" if self.errors else ""

    @property
    def count_id(self) -> str:
        return f"{self.auto_id}-info" if self.counts_characters else ""

    @property
    def counts_characters(self) -> bool:
        return getattr(self.field, "counts_characters", False)

    @property
    def aria_describedby(self) -> str:
        return " ".join(filter(None, [self.hint_id, self.error_id, self.count_id]))

    @property
    def says_optional(self) -> bool:
        asks_anyone = getattr(self.form, "mark_optional", False) and not self.is_revealed
        return asks_anyone and not self.field.required

    @property
    def is_revealed(self) -> bool:
        """True when another field draws this one beneath one of its choices."""
        return any(
            self.name in names
            for field in self.form.fields.values()
            for names in getattr(field, "reveals", {}).values()
        )

    @property
    def first_id(self) -> str:
        """Where the error summary's link goes: the control to correct."""
        widget = self.field.widget
        if isinstance(widget, DateParts):
            return f"{self.auto_id}_{next(iter(self.bad_parts), 'day')}"
        return f"{self.auto_id}_0" if self.use_fieldset else self.id_for_label

    @property
    def bad_parts(self) -> list[str]:
        """Which of day, month and year to mark: the one at fault, or all three."""
        if not self.errors:
            return []
        code = self.form.errors.as_data()[self.name][0].code
        return [code] if code in DateParts.parts else list(DateParts.parts)

    def as_widget(self, widget: Any = None, attrs: Any = None, only_initial: bool = False) -> str:
        drawn = widget or self.field.widget
        reveals = getattr(self.field, "reveals", {})
        drawn.revealed = {
            value: [self.form[name] for name in names if name in self.form.fields]
            for value, names in reveals.items()
        }
        drawn.bad_parts = self.bad_parts if isinstance(drawn, DateParts) else []
        return super().as_widget(widget, attrs, only_initial)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Any = None) -> dict[str, Any]:
        drawn = widget or self.field.widget
        built = super().build_widget_attrs(attrs, widget)
        base = base_class(drawn)
        if base:
            error = f"{base}--error" if self.errors else ""
            counts = "govuk-js-character-count" if self.counts_characters else ""
            built["class"] = " ".join(filter(None, [base, drawn.attrs.get("class"), error, counts]))
        return built


class GovukRenderer(TemplatesSetting):
    """GOV.UK forms, drawn from templates/components."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    bound_field_class = GovukBoundField
