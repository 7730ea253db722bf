"""What people fill in: an extract, a row to mend."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from victimcare.govuk.forms import FileInput, Form, FormKeyField, TextField
from victimcare.intake import layouts
from victimcare.intake.models import ImportRow

LARGEST = 60  # MB: a year of 48,461 referrals is about 20


class UploadForm(Form):
    form_key = FormKeyField()
    file = FileInput(
        label=_("Extract"),
        hint=_("Referrals, events, hearings or contacts, as CSV or JSON, as the force's system sent it."),
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
        known = layouts.of(row.batch.kind).columns
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
