"""An extract as bytes becomes raw rows: which encoding, which kind, which columns. Pure; nothing is kept
here.

A file that cannot be read as a whole raises Unreadable with the sentence that says what to do. A row that
cannot be read alone (cut off, too long) comes out with its fault, and the others are not held up by it.
"""

import codecs
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.utils.functional import Promise

from victimcare.intake import layouts
from victimcare.intake.said import said as _

Words = str | Promise

BLOCK = 1 << 20
LONGEST_CELL = 20_000
LONGEST_FIELD = 10_000_000  # as far as a quotation mark that is never closed is followed
LONGEST_OBJECT = 1_000_000
# What the database cannot store or nobody can see, and what is shown in its place: NUL as \u2400.
_SHOWN = {n: 0x2400 + n for n in range(32) if chr(n) not in "\t\n\r"} | {0x7F: 0x2421}
_SHOWN |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD)


class Unreadable(Exception):
    """The file as a whole cannot be read. The sentence says why and what to do."""

    def __init__(self, sentence: Words) -> None:
        super().__init__(str(sentence))
        self.sentence = str(sentence)


@dataclass(frozen=True)
class RawRow:
    """One row as it came. `fault` says why it cannot even be taken apart; its cells are kept all the same."""

    number: int
    cells: dict[str, str]
    fault: str = ""


def visible(text: str) -> str:
    """The text with control characters and halves of characters shown: what it gives can be stored."""
    return text if text.isprintable() else text.translate(_SHOWN)


@dataclass
class Extract:
    """What a file turned out to be. `rows()` may be asked for again and again."""

    kind: str
    encoding: str
    columns: list[str]
    unknown_columns: list[str]
    missing_columns: list[str]
    is_json: bool
    _stream: IO[bytes] = field(repr=False)
    _delimiter: str = ","
    _skip: int = 0

    def rows(self) -> Iterator[RawRow]:
        """The rows in order; number 1 is the heading, so the first row of a CSV file is 2."""
        if self.is_json:
            return _json_rows(_text(self._stream, self.encoding))
        return _csv_rows(_text(self._stream, self.encoding), self._delimiter, self.columns)

    def count(self) -> int:
        """How many rows there are.

        Reads to the end, so a fault in the file's shape shows before a row is kept.
        """
        return sum(1 for _row in self.rows())


def open_extract(stream: IO[bytes]) -> Extract:
    """Find out what this file is. Raises Unreadable when it is no extract, or is empty."""
    encoding = detect_encoding(stream)
    head = _text(stream, encoding).read(BLOCK).lstrip()
    if not head:
        raise Unreadable(_("The file is empty. Ask for the extract again."))
    if head[0] in "[{":
        return _open_json(stream, encoding)
    return _open_csv(stream, encoding, head)


def detect_encoding(stream: IO[bytes]) -> str:
    """utf-8, utf-8-sig, utf-16-le, utf-16-be or cp1252, by mark and by whether every byte fits. Never a guess
    that replaces a letter. Raises Unreadable for a spreadsheet, a PDF or bytes that are no text.
    """
    stream.seek(0)
    head = stream.read(4096)
    if head[:4] == b"PK\x03\x04" or head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Unreadable(_("This is a spreadsheet or a zip file. Save it as CSV UTF-8, then import that."))
    if head[:4] == b"%PDF" or head[:3] == b"\xff\xd8\xff" or head[:4] == b"\x89PNG":
        raise Unreadable(_("This is a document or a picture, not an extract. Choose a CSV or JSON file."))
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return _checked(stream, encoding)
    nulls = head.count(0)
    if nulls > len(head) // 4:
        return _checked(stream, "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be")
    try:
        return _checked(stream, "utf-8")
    except Unreadable:
        return _checked(stream, "cp1252")


def _checked(stream: IO[bytes], encoding: str) -> str:
    """The encoding, when every byte of the file fits it."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := stream.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as fault:
        raise Unreadable(
            _(
                "The letters of this file cannot be read as %(encoding)s (%(bytes)s). Save it as "
                "UTF-8, then import that."
            )
            % {"encoding": encoding, "bytes": fault.object[fault.start : fault.start + 4].hex(" ")}
        ) from None
    return encoding


def _text(stream: IO[bytes], encoding: str) -> io.TextIOBase:
    """The file's text from its beginning, without its mark. Leaves the file open."""
    stream.seek(0)
    text = codecs.getreader("utf-8" if encoding == "utf-8-sig" else encoding)(stream)
    if encoding in ("utf-8-sig", "utf-16-le", "utf-16-be"):
        mark = text.read(chars=1, size=8)
        if mark != "\ufeff":
            stream.seek(0)
            text.reset()
    return text  # type: ignore[return-value]


# --- CSV -------------------------------------------------------------------------------------------


def _open_csv(stream: IO[bytes], encoding: str, head: str) -> Extract:
    first_line = head.splitlines()[0]
    delimiter = max(",;\t|", key=first_line.count)
    try:
        heading = next(csv.reader(io.StringIO(head), delimiter=delimiter), [])
    except csv.Error:
        raise Unreadable(
            _("The first row is not a heading. Import the extract as the force's system sent it.")
        ) from None
    columns = [plain_column(cell) for cell in heading]
    extract = _described(stream, encoding, columns, is_json=False)
    extract._delimiter = delimiter
    return extract


def plain_column(heading: str) -> str:
    """occurrence_no for "Occurrence No", " OCCURRENCE_NO " and "occurrence-no"."""
    return visible("_".join(heading.replace("-", " ").replace("_", " ").split())).lower()[:80]


def _described(stream: IO[bytes], encoding: str, columns: list[str], *, is_json: bool) -> Extract:
    """What these columns make it.

    Raises Unreadable for a file of another kind, or a column that is there twice.
    """
    here = set(columns)
    twice = next((column for column in columns if column and columns.count(column) > 1), "")
    if twice:
        raise Unreadable(
            _("The column %(column)s is there twice. Take one out, then import again.") % {"column": twice}
        )
    kind = next((layout.kind for layout in layouts.known() if layout.telling <= here), "")
    if not kind:
        near = max(layouts.known(), key=lambda layout: len(layout.telling & here) / len(layout.telling))
        if not near.telling & here:
            raise Unreadable(
                _(
                    "This is not one of the extracts we read. The first row must name the columns, "
                    "such as source_system."
                )
            )
        raise Unreadable(
            _(
                "This looks like a %(kind)s extract but the column %(column)s is missing. Ask for "
                "the extract again."
            )
            % {"kind": near.kind, "column": min(near.telling - here)}
        )
    known = layouts.of(kind).columns
    return Extract(
        kind=kind,
        encoding=encoding,
        columns=columns,
        unknown_columns=[column for column in columns if column not in known],
        missing_columns=[column for column in known if column not in here],
        is_json=is_json,
        _stream=stream,
    )


def _csv_rows(text: io.TextIOBase, delimiter: str, columns: list[str]) -> Iterator[RawRow]:
    csv.field_size_limit(LONGEST_FIELD)
    is_over = False

    def lines() -> Iterator[str]:
        nonlocal is_over
        yield from _lines(text)
        is_over = True  # only a row inside quotation marks asks for a line after the last

    reader = csv.reader(lines(), delimiter=delimiter)
    width, number = len(columns), 1
    try:
        next(reader)
        for cells in reader:
            if not cells:
                continue
            number += 1
            if is_over or max(map(len, cells)) > LONGEST_CELL:
                _refuse_swallowed(number, columns, cells, is_over)
            if is_over:
                yield RawRow(
                    number,
                    _ragged(columns, cells),
                    _("A quotation mark in this row is never closed: the row may be cut off."),
                )
            elif len(cells) == width:
                yield RawRow(number, dict(zip(columns, cells, strict=True)))
            else:
                yield RawRow(number, _ragged(columns, cells), _wrong_width(len(cells), width))
    except csv.Error:
        raise Unreadable(
            _(
                "Row %(row)d has a cell of more than %(longest)s characters: a quotation mark may never "
                "be closed. Ask for the extract again."
            )
            % {"row": number + 1, "longest": f"{LONGEST_FIELD:,}"}
        ) from None


def _refuse_swallowed(number: int, columns: list[str], cells: list[str], is_over: bool) -> None:
    """Raise Unreadable when a cell has swallowed the rows after it: it is long, or last, over lines."""
    for index, cell in enumerate(cells):
        is_long, is_open = len(cell) > LONGEST_CELL, is_over and index == len(cells) - 1
        has_lines = "\n" in cell.strip("\n")
        if is_long + is_open + has_lines >= 2:
            raise Unreadable(
                _(
                    "Row %(row)d, column %(column)s holds %(length)s characters: a quotation mark may "
                    "never be closed. Ask for the extract again."
                )
                % {
                    "row": number,
                    "column": columns[index] if index < len(columns) else index + 1,
                    "length": f"{len(cell):,}",
                }
            )


def _lines(text: io.TextIOBase) -> Iterator[str]:
    """Lines ended by LF, CRLF or CR alone, in blocks; never splits at the other characters that Python
    calls ends.
    """
    rest = ""
    while block := text.read(BLOCK):
        parts = (rest + block).replace("\r\n", "\n")
        held = parts.endswith("\r")  # its LF may be in the next block
        parts = parts[:-1] if held else parts
        lines = parts.replace("\r", "\n").split("\n")
        rest = lines.pop() + ("\r" if held else "")
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest


def _ragged(columns: list[str], cells: list[str]) -> dict[str, str]:
    """What there is, under the columns there are; what is left over goes under its number."""
    kept = dict(zip(columns, cells, strict=False))
    kept |= {
        f"column {n}": cell
        for n, cell in enumerate(cells[len(columns) : len(columns) + 20], len(columns) + 1)
    }
    return kept


def _wrong_width(here: int, wanted: int) -> str:
    if here < wanted:
        return _("This row has %(here)d cells and the heading %(wanted)d: it may be cut off.") % {
            "here": here,
            "wanted": wanted,
        }
    return _("This row has %(here)d cells and the heading only %(wanted)d: a comma may be unquoted.") % {
        "here": here,
        "wanted": wanted,
    }


# --- JSON ------------------------------------------------------------------------------------------


def _open_json(stream: IO[bytes], encoding: str) -> Extract:
    """The columns are those of the first hundred objects."""
    columns: dict[str, None] = {}
    for row, _n in zip(_json_rows(_text(stream, encoding)), range(100), strict=False):
        columns |= dict.fromkeys(row.cells)
    if not columns:
        raise Unreadable(_("There are no rows in this file. Ask for the extract again."))
    return _described(stream, encoding, list(columns), is_json=True)


def _json_rows(text: io.TextIOBase) -> Iterator[RawRow]:
    """Objects of a list, of the first list in an object, or one after another; only one is held at a time."""
    decoder = json.JSONDecoder()
    rest, number, is_over = "", 0, False
    rest = text.read(BLOCK).lstrip()
    if rest.startswith("{") and "[" in rest[:200] and _is_wrapped(rest):
        rest = rest[rest.index("[") :]
    is_list = rest.startswith("[")
    if is_list:
        rest = rest[1:]
    while True:
        rest = rest.lstrip(" \t\r\n,")
        if not rest or (len(rest) < 4096 and not is_over):
            block = text.read(BLOCK)
            is_over = not block
            rest += block
            if is_over and not rest:
                if is_list:  # its end never came, so rows may be missing
                    raise Unreadable(_cut_off(number))
                return
            continue
        if rest[0] == "]":
            return
        try:
            found, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            block = "" if len(rest) > LONGEST_OBJECT else text.read(BLOCK)
            if not block:
                raise Unreadable(_cut_off(number)) from None
            rest += block
            continue
        rest, number = rest[end:], number + 1
        yield _json_row(number, found)


def _cut_off(number: int) -> str:
    return _(
        "The file is cut off, or is not right JSON, after object %(row)d. Nothing was kept. Ask for the "
        "extract again."
    ) % {"row": number}


def _is_wrapped(head: str) -> bool:
    """True for {"referrals": [...]}: a name, then a list."""
    name, _colon, after = head[1:200].partition(":")
    return name.strip().startswith('"') and after.lstrip().startswith("[")


def _json_row(number: int, found: Any) -> RawRow:
    if not isinstance(found, dict):
        return RawRow(
            number, {"row": str(found)[:400]}, _("This is not an object with the columns as its names.")
        )
    cells, fault = {}, ""
    for name, value in found.items():
        if isinstance(value, dict | list):
            fault = _("%(column)s holds a list or an object; it must be one value.") % {
                "column": visible(name)[:80]
            }
        text = (
            "" if value is None else {True: "Y", False: "N"}[value] if isinstance(value, bool) else str(value)
        )
        cells[plain_column(name)] = text
    return RawRow(number, cells, fault)
