"""What a file really is, by its content, and the same file without what nobody asked for. Pure.

Pictures lose what says where and when they were taken. What follows the end of a picture is cut off, so a file that
is a picture and something else as well is only the picture afterwards.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

MOST_PIXELS = 60_000_000
MOST_ENTRIES = 2_000  # of a Word document
MOST_UNPACKED = 200 * 1024 * 1024  # bytes
PNG = b"\x89PNG\r\n\x1a\n"
# What a picture is made of; the rest says where, when and with what it was taken.
PNG_CHUNKS = frozenset(
    {
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD",
        b"pHYs",
    }
)  # fmt: skip
SOI, EOI, SOS, COMMENT, APP0, ICC, ADOBE = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xE2, 0xEE
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class NotAllowedFile(ValueError):
    """The content is none of the kinds that are kept, or not a whole one."""


def sniff(data: bytes) -> tuple[str, bytes]:
    """The kind ("pdf", "png", "jpeg", "docx") and the content to keep. Raises NotAllowedFile."""
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:]:
        return "pdf", data
    if data.startswith(PNG):
        return "png", PNG + b"".join(_png_chunks(data))
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg", b"".join(_jpeg_parts(data))
    if data.startswith(b"PK\x03\x04"):
        _check_docx(data)
        return "docx", data
    raise NotAllowedFile


def _png_chunks(data: bytes) -> Iterator[bytes]:
    place, has_header = len(PNG), False
    while place + 12 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, end = data[place + 4 : place + 8], place + 12 + length
        chunk = data[place:end]
        if len(chunk) != 12 + length or struct.unpack(">I", chunk[-4:])[0] != zlib.crc32(chunk[4:-4]):
            raise NotAllowedFile
        if not has_header:
            if kind != b"IHDR" or length != 13:
                raise NotAllowedFile
            width, height = struct.unpack(">II", chunk[8:16])
            _check_pixels(width, height)
            has_header = True
        if kind in PNG_CHUNKS:
            yield chunk
        if kind == b"IEND":
            return
        place = end
    raise NotAllowedFile


def _check_pixels(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise NotAllowedFile


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    place, has_frame = 2, False
    yield data[:2]
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            raise NotAllowedFile
        marker = data[place + 1]
        if marker == 0xFF:  # fill
            place += 1
            continue
        if marker == EOI:
            break
        (length,) = struct.unpack(">H", data[place + 2 : place + 4])
        end = place + 2 + length
        if length < 2 or end > len(data):
            raise NotAllowedFile
        if marker in FRAMES:
            if length < 8:
                raise NotAllowedFile
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            _check_pixels(width, height)
            has_frame = True
        is_kept = marker in (APP0, ICC, ADOBE) or not (0xE0 <= marker <= 0xEF or marker == COMMENT)
        if marker == SOS:
            end = _end_of_scan(data, end)
        if is_kept:
            yield data[place:end]
        place = end
    if not has_frame or data[place : place + 2] != b"\xff\xd9":
        raise NotAllowedFile
    yield b"\xff\xd9"


def _end_of_scan(data: bytes, place: int) -> int:
    """Where the next marker stands that is neither stuffing nor a restart."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise NotAllowedFile
        following = data[place + 1]
        if following and not 0xD0 <= following <= 0xD7 and following != 0xFF:
            return place
        place += 1 if following == 0xFF else 2


def _check_docx(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, struct.error):
        raise NotAllowedFile from None
    names = {entry.filename for entry in entries}
    if not {"[Content_Types].xml", "word/document.xml"} <= names:
        raise NotAllowedFile
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise NotAllowedFile
    if any(name.startswith(("/", "\\")) or ".." in name.split("/") for name in names):
        raise NotAllowedFile
    if any(name.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js")) for name in names):
        raise NotAllowedFile
