"""What people fill in: an extract, a row to mend, who takes whom, a referral to a partner."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from referrals.extract import COLUMNS
from referrals.models import ImportRow, OnwardReferral, Partner
from victimcare import clock
from victimcare.govuk.forms import (
    ChoiceRadios,
    DateInputField,
    FileInput,
    Form,
    FormKeyField,
    LongTextField,
    ModelChoiceRadios,
    TextField,
    VersionField,
)

LARGEST = 60  # MB: a year of 48,461 referrals is about 20


class UploadForm(Form):
    form_key = FormKeyField()
    file = FileInput(
        label=_("Extract"),
        hint=_("Referrals or events, as CSV or JSON, as the force's system sent it."),
        endings=("csv", "json", "txt"),
        max_megabytes=LARGEST,
        missing=_("Choose the file to upload."),
    )


class RowForm(Form):
    """A quarantined row: every column of its kind, the wrong one first. Empty means not known."""

    mark_optional = False

    def __init__(self, *args: Any, row: ImportRow, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        self.fields["form_key"] = FormKeyField()
        known = COLUMNS[row.batch.kind]
        said = [column for column in known if row.content.get(column)]
        # A column we do not know is shown when it is the wrong one.
        is_shown = row.column in known or (row.column in row.content and row.column not in self.fields)
        first = [row.column] if is_shown else []
        for column in dict.fromkeys([*first, *said, *known]):
            self.fields[column] = TextField(
                label=column, required=False, max_length=2000, initial=row.content.get(column, "")
            )

    @property
    def wrong(self) -> list[Any]:
        """The column that is wrong and every field with an error; the whole row where no column is named."""
        if not self.row.column:
            return [
                *self.said,
                *(self[name] for name in self.errors if name in self.fields and not self._is_said(name)),
            ]
        return [self[name] for name in self.fields if name == self.row.column or name in self.errors]

    @property
    def said(self) -> list[Any]:
        """The other columns that the row filled."""
        return [self[name] for name in self.fields if self._is_said(name)]

    @property
    def empty(self) -> list[Any]:
        names = (name for name in self.fields if name != "form_key" and not self.row.content.get(name))
        return [self[name] for name in names if name != self.row.column and name not in self.errors]

    def _is_said(self, name: str) -> bool:
        is_wrong = name == self.row.column or (bool(self.row.column) and name in self.errors)
        return name != "form_key" and bool(self.row.content.get(name)) and not is_wrong

    def cells(self) -> Mapping[str, str]:
        """The mended row, with the columns that no form shows."""
        rest = {
            name: cell
            for name, cell in self.row.content.items()
            if name not in self.fields and not name.startswith("column ")
        }
        return rest | {name: value for name, value in self.cleaned_data.items() if name != "form_key"}


class SetAsideForm(Form):
    form_key = FormKeyField()
    reason = TextField(
        label=_("Why is this row not kept?"), max_length=250, missing=_("Enter why this row is not kept.")
    )


class ReferOnForm(Form):
    form_key = FormKeyField()
    partner = ModelChoiceRadios(
        label=_("Which service?"), queryset=Partner.objects.none(), describe=lambda partner: partner.name,
        missing=_("Choose a service."),
    )  # fmt: skip
    shares = LongTextField(
        label=_("What did they agree may be shared?"),
        hint=_("Only this is shown to the service, with their name and a safe way to reach them."),
        max_length=400,
        missing=_("Enter what they agreed may be shared."),
    )
    agreed_on = DateInputField(
        label=_("When did they agree?"),
        latest=clock.today,
        missing=_("Enter the day they agreed, like 27 3 2026."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["partner"].queryset = Partner.objects.contracted_on(clock.today())  # type: ignore[attr-defined]


class AnswerForm(Form):
    form_key = FormKeyField()
    version = VersionField()
    answer = ChoiceRadios(
        label=_("Can you take this on?"),
        choices=[
            (OnwardReferral.Status.ACCEPTED, _("Yes, accept")),
            (OnwardReferral.Status.DECLINED, _("No, decline")),
        ],
        reveals={OnwardReferral.Status.DECLINED: "reason"},
        missing=_("Say whether you can take this on."),
    )
    reason = TextField(label=_("Why not?"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == OnwardReferral.Status.DECLINED and not cleaned.get("reason"):
            self.add_error("reason", _("Enter why you cannot take this on."))
        return cleaned
