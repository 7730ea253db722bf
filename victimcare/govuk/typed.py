"""What somebody typed, in the words of the page they typed it on: for pages that can only show it back."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from victimcare.govuk.beside import spoken
from victimcare.govuk.forms import Form, Password
from victimcare.govuk.widgets import DateParts

# What our pages send besides what is typed: keys, references, and which button was pressed.
NOT_TYPED = frozenset(
    {
        *("csrfmiddlewaretoken", "form_key", "version", "typed_by", "save_draft", "draft", "token", "next"),
        *(
            "password",
            "current",
            "new",
            "key",
            "reference",
            "page",
            "pair",
            "link",
            "change",
            "lift",
            "shown",
        ),
        *("answer", "do", "go", "is", "later", "seen", "way", "which", "language", "is_compact"),
    }
)
Said = tuple[str, str]


def typed(post: QueryDict, *, asks_database: bool = True) -> list[Said]:
    """Each question that was answered, with its answer.

    In the words of the forms that read it; else in those of the form that asks all of this. Where nothing may be
    asked of the database, a choice among its rows is left out.
    """
    if read_by := getattr(post, "read_by", ()):
        said = [
            row
            for form in read_by
            for row in _in_words(form.fields, post, form.add_prefix, asks_database=asks_database)
        ]
        return list(dict.fromkeys(said))
    sent = {name for name, value in post.items() if value} - NOT_TYPED
    if fields := _fields_that_ask(sent):
        return list(_in_words(fields, post, asks_database=asks_database))
    return [
        (name.replace("_", " ").capitalize(), value)
        for name, values in post.lists()
        if name in sent
        for value in values
        if value
    ]


def _fields_that_ask(sent: set[str]) -> Mapping[str, forms.Field]:
    """Those of the form that asks all this; none where two such forms ask it in other words, or no form does."""
    found = [cls.base_fields for cls in _every(Form) if sent <= set(_boxes(cls.base_fields))]
    wordings = {tuple(str(fields[_boxes(fields)[name]].label) for name in sorted(sent)) for fields in found}
    return found[0] if sent and len(wordings) == 1 else {}


def _every(form: type[Form]) -> Iterator[type[Form]]:
    for each in form.__subclasses__():
        yield each
        yield from _every(each)


def _boxes(fields: Mapping[str, forms.Field]) -> dict[str, str]:
    """The question that each box on the page belongs to: a date has three."""
    return {
        box: name
        for name, field in fields.items()
        for box in (
            (name, *(f"{name}_{part}" for part in DateParts.parts))
            if isinstance(field.widget, DateParts)
            else (name,)
        )
    }


def _in_words(
    fields: Mapping[str, forms.Field],
    post: QueryDict,
    add_prefix: Callable[[str], str] = str,
    *,
    asks_database: bool,
) -> Iterator[Said]:
    for name, field in fields.items():
        if field.widget.is_hidden or isinstance(field, Password | forms.FileField):
            continue
        value = field.widget.value_from_datadict(post, {}, add_prefix(name))
        if answer := _answer(field, value, asks_database=asks_database):
            yield str(field.label), answer


def _answer(field: forms.Field, value: Any, *, asks_database: bool) -> str:
    """What was chosen by its label, a date with its parts in a line, anything else as it was typed."""
    if not value:
        return ""
    if isinstance(field.widget, DateParts) and isinstance(value, tuple):
        return " ".join(part for part in value if part)
    if not asks_database and not isinstance(getattr(field, "choices", ()), list | tuple):
        return ""  # choices that are worked out when asked for, mostly from rows
    return spoken(field, value)
