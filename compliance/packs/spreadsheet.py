"""The tables of a pack as a spreadsheet: a sheet each, none hidden, and the same bytes for the same figures."""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import save_workbook

from compliance.packs.printed import Cell, Table

# A cell that begins so is a formula to some programs, whatever stands before it.
FORMULA = re.compile(r"^[\s\x00'\"]*[=+\-@\t\r＝＋－＠]")
NEVER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
THE_SAME_DAY = (2021, 4, 1, 0, 0, 0)  # of every entry of the archive, so that the bytes do not tell the time
MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def written(said: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """The file. `said` is what `packs.printed.contents` says; `made_at` is when the figures were counted."""
    book = Workbook()
    book.properties.title, book.properties.creator = said["title"], ""
    book.properties.created = made_at.replace(tzinfo=None, microsecond=0)
    about = book.active
    about.title = _("About")
    _fill_about(about, said)
    for table in said["tables"]:
        _fill(book.create_sheet(table.name[:31]), table)
    body = io.BytesIO()
    save_workbook(book, body)
    return _without_the_time(body.getvalue(), made_at)


def _fill_about(sheet: Worksheet, said: Mapping[str, Any]) -> None:
    rows: list[list[Cell]] = [[said["title"]], [said["period"]], []]
    rows += [[label, value] for label, value in said["facts"]]
    rows += [[], *([note] for note in said["notes"])]
    for row in rows:
        _append(sheet, row)
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 30, 70


def _fill(sheet: Worksheet, table: Table) -> None:
    """Heading, note, column names, rows. Column names stay in sight, and numbers are numbers."""
    _append(sheet, [table.title])
    sheet["A1"].font = Font(bold=True, size=14)
    _append(sheet, [table.note])
    _append(sheet, list(table.columns))
    for cell in sheet[3]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for row in table.rows:
        _append(sheet, row)
    sheet.freeze_panes = "A4"
    for n, column in enumerate(table.columns):
        texts = [len(str(row[n])) for row in table.rows if isinstance(row[n], str)]
        widest = max([len(column) // 2, 10, *texts])
        sheet.column_dimensions[get_column_letter(n + 1)].width = min(widest + 2, 60)


def _append(sheet: Worksheet, row: list[Cell]) -> None:
    sheet.append([safe(cell) for cell in row])
    for cell in sheet[sheet.max_row]:
        if isinstance(cell.value, str):
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=cell.row > 3, vertical="top")


def safe(cell: Cell) -> Cell:
    """The same, but that nothing is ever read as a formula."""
    if not isinstance(cell, str):
        return cell
    text = NEVER.sub("", cell)
    return f"'{text}" if FORMULA.match(cell) else text


def _without_the_time(body: bytes, made_at: datetime) -> bytes:
    """The same archive, with no word of when it was written."""
    stamp = made_at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", old.read(entry))
            same = zipfile.ZipInfo(entry.filename, date_time=THE_SAME_DAY)
            same.compress_type, same.external_attr = zipfile.ZIP_DEFLATED, entry.external_attr
            new.writestr(same, content)
    return out.getvalue()
