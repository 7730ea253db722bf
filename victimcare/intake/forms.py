"""What people fill in: an extract, a row to mend."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext_lazy as _

from victimcare.govuk.forms import (
    ChoiceCheckboxes,
    ChoiceSelect,
    FileInput,
    Form,
    FormKeyField,
    LongTextField,
    TextField,
    WholeNumber,
)
from victimcare.intake import layouts
from victimcare.intake.cells import Problem
from victimcare.intake.models import FeedToken, ImportBatch, ImportRow

MEANT = "is_meant"  # the key of the record that a mended row is said to change
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
    """A quarantined row: the wrong columns first, then the others where the reader may see them. Empty: not known."""

    mark_optional = False

    def __init__(self, *args: Any, row: ImportRow, is_whole: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row, self.kind = row, row.batch.kind
        self.fields["form_key"] = FormKeyField()
        self.asks: Any = None  # the box to tick where it would change what is held
        known = layouts.of(self.kind).columns
        # A column we do not know is shown when it is a wrong one.
        named = [one["column"] for one in row.all_wrong]
        self.bad = [
            column
            for column in dict.fromkeys(named)
            if column in known or (column in row.content and column not in self.fields)
        ]
        said = [column for column in known if row.content.get(column)]
        for column in dict.fromkeys([*self.bad, *said, *known] if is_whole else self.bad):
            self.fields[column] = TextField(
                label=layouts.name_of(self.kind, column), required=False, max_length=2000
            )

    @classmethod
    def of(cls, row: ImportRow, *, is_whole: bool) -> "RowForm":
        """The row as it waits, with what is wrong at each cell."""
        form = cls({**row.content, "form_key": str(uuid4())}, row=row, is_whole=is_whole)
        form.full_clean()
        form.errors.clear()  # what is wrong with it is known already
        form.mark([Problem(**one) for one in row.all_wrong], row.content)
        return form

    def mark(self, problems: Iterable[Problem], cells: Mapping[str, str]) -> None:
        """Say at each cell what is wrong with it and what to do."""
        for problem in problems:
            words = (
                f"{problem.reason} {layouts.advice(self.kind, problem.column, cells.get(problem.column, ''))}"
            )
            self.add_error(problem.column if problem.column in self.fields else None, words)

    @property
    def problems(self) -> list[dict[str, str]]:
        """All that is wrong, each with the name of its column and where it is on the page."""
        return [
            {
                "href": f"#{self[name].id_for_label}" if name in self.fields else "",
                "name": str(self.fields[name].label) if name in self.fields else "",
                "words": str(words),
            }
            for name, found in self.errors.items()
            for words in found
        ]

    @property
    def wrong(self) -> list[Any]:
        """The columns that are wrong or have an error; all that the row filled where no column is named."""
        wrong = [
            self[name] for name in self.fields if name != MEANT and (name in self.bad or name in self.errors)
        ]
        return wrong or self._filled()

    @property
    def said(self) -> list[Any]:
        """The other columns that the row filled."""
        return self._filled() if any(name in self.bad or name in self.errors for name in self.fields) else []

    @property
    def empty(self) -> list[Any]:
        return [self[name] for name in self._others() if not self.row.content.get(name)]

    def _filled(self) -> list[Any]:
        return [self[name] for name in self._others() if self.row.content.get(name)]

    def _others(self) -> list[str]:
        return [
            name for name in self.fields
            if name not in ("form_key", MEANT) and name not in self.bad and name not in self.errors
        ]  # fmt: skip

    def ask(self, words: str, key: str) -> None:
        """Ask whether that record is meant, in a box to tick that says so for this key alone."""
        label = _("Yes: this row is about the person of that record, and changes it")
        self.fields[MEANT] = ChoiceCheckboxes(label=_("Is that the record you mean?"), choices=[(key, label)])
        self.data = self.data.copy()  # what was ticked for another record is no yes to this one
        self.data.setlist(MEANT, [])
        self.asks = self[MEANT]
        self.add_error(MEANT, words)

    def cells(self) -> Mapping[str, str]:
        """The mended row, with the columns that no form shows."""
        rest = {
            name: cell
            for name, cell in self.row.content.items()
            if name not in self.fields and not name.startswith("column ")
        }
        return rest | {
            name: value for name, value in self.cleaned_data.items() if name not in ("form_key", MEANT)
        }


class SetAsideForm(Form):
    form_key = FormKeyField()
    reason = TextField(
        label=_("Why is this row not kept?"), max_length=250, missing=_("Enter why this row is not kept.")
    )


class BulkAsideForm(Form):
    """Why the ticked rows, or all that the filters leave, are not kept."""

    form_key = FormKeyField()
    reason = TextField(
        label=_("Why are these rows not kept?"),
        max_length=250,
        missing=_("Enter why these rows are not kept."),
    )


class ReturnForm(Form):
    """A question about a row to the officer in the case."""

    form_key = FormKeyField()
    words = LongTextField(
        label=_("What do you need to know?"),
        hint=_("The officer sees your question and which row it is about, not the row."),
        max_length=1000,
        missing=_("Enter your question."),
    )
    to_collar = TextField(label=_("Collar number"), max_length=20, width=10, required=False)
    to_team = TextField(
        label=_("Or the team, where the officer is not known"), max_length=80, width=20, required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("to_collar") and not cleaned.get("to_team"):
            self.add_error("to_collar", _("Enter the officer's collar number, or the team."))
        return cleaned


class QuarantineFilter(Form):
    """Which of the waiting rows are shown."""

    mark_optional = False
    kind = ChoiceSelect(
        label=_("Kind"), choices=ImportBatch.Kind.choices, required=False, blank=_("All kinds")
    )
    column = TextField(
        label=_("Column"), hint=_("Such as date of birth"), max_length=60, width=20, required=False
    )
    file = TextField(label=_("File"), hint=_("Its name, or a part of it"), max_length=80, required=False)
    asked = ChoiceSelect(
        label=_("Asked of the officer"),
        choices=[("no", _("Not asked")), ("waiting", _("No answer yet")), ("answered", _("Answered"))],
        required=False,
        blank=_("All"),
    )
    problem = TextField(label=_("Problem"), max_length=300, required=False)


class TokenForm(Form):
    """A token for another system."""

    form_key = FormKeyField()
    name = TextField(
        label=_("Which system is it for?"),
        max_length=80,
        width=20,
        missing=_("Enter which system it is for."),
    )
    scopes = ChoiceCheckboxes(
        label=_("What may it do?"), choices=FeedToken.Scope.choices, missing=_("Choose what it may do.")
    )
    days = WholeNumber(
        label=_("For how many days?"), hint=_("90 at most"), lowest=1, highest=90, initial=90, suffix=_("days"),
        missing=_("Enter for how many days."),
    )  # fmt: skip


class WithdrawForm(Form):
    form_key = FormKeyField()
    reason = TextField(
        label=_("Why is this extract withdrawn?"),
        hint=_("Such as: the wrong file was sent. It is kept with the extract."),
        max_length=300,
        missing=_("Enter why this extract is withdrawn."),
    )
