"""Forms of the urgent calls: setting one aside, and a week of the rota."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from victimcare.accounts.models import User
from victimcare.govuk.dates import long_day
from victimcare.govuk.forms import Form, FormKeyField, ModelChoiceSelect, TextField, VersionField


class AsideForm(Form):
    """Why nobody has to ring."""

    form_key = FormKeyField()
    version = VersionField()
    because = TextField(
        label=_("Why does nobody have to ring?"),
        hint=_("For example: the new conditions are stricter; or the officer told her in person before."),
        max_length=300,
        missing=_("Say why nobody has to ring."),
    )


class RotaForm(Form):
    """Who is on call on each day of a week; a day that is past stands as it was."""

    mark_optional = False
    form_key = FormKeyField()

    def __init__(
        self,
        *args: Any,
        days: Sequence[date],
        people: QuerySet[User],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.days = [on for on in days if on >= today]
        for on in days:
            self.fields[f"on_{on}"] = ModelChoiceSelect(
                label=gettext("%s, and the night after") % long_day(on),
                queryset=people,
                required=False,
                blank=_("Nobody: every supervisor is told"),
                disabled=on < today,
            )

    @property
    def turns(self) -> dict[date, User | None]:
        """Who, by day; None for nobody."""
        return {on: self.cleaned_data.get(f"on_{on}") for on in self.days}
