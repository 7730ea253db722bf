"""Two people saved one form: what the other one saved, beside what this one typed, so that neither is lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _

from victimcare.govuk.dates import day, moment


@dataclass(frozen=True)
class Beside:
    """One question that the two answered differently, both answers as one reads them."""

    question: str
    theirs: str
    mine: str


def beside(form: forms.Form, saved: Mapping[str, Any]) -> list[Beside]:
    """Every question of a valid form whose answer is not the one that is saved now."""
    rows = []
    for name, answer in saved.items():
        if name not in form.fields or form.fields[name].widget.is_hidden:
            continue
        field = form.fields[name]
        theirs, mine = spoken(field, answer), spoken(field, form.cleaned_data.get(name))
        if theirs != mine:
            rows.append(Beside(str(field.label), theirs, mine))
    return rows


def typed_again(posted: QueryDict, version: int) -> QueryDict:
    """What was typed, on top of the version that is saved now: saved again, it takes the place of that one."""
    typed = posted.copy()
    typed["version"] = str(version)
    return typed


def spoken(field: "forms.Field | models.Field[Any, Any]", answer: Any) -> str:
    """An answer in words: the label of a choice, a day, yes or no, or that nothing was said."""
    choices = {str(value): str(label) for value, label in _pairs(getattr(field, "choices", None) or ())}
    if isinstance(answer, bool):
        return _("Yes") if answer else _("No")
    if answer in (None, "", []):
        return choices.get("", "") if answer == "" and choices.get("") else _("Nothing")
    if isinstance(answer, list | tuple | set):
        return ", ".join(choices.get(str(each), str(each)) for each in answer)
    if isinstance(answer, time):
        return f"{answer:%H:%M}"
    if isinstance(answer, datetime):
        return moment(answer)
    if isinstance(answer, date):
        return day(answer)
    return choices.get(str(answer), str(answer))


def _pairs(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label
