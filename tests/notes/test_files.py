"""A file is what its content says, is served to be saved and never shown, and goes for good when taken out."""

import io
import socket
import struct
import threading
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from victimcare.audit.models import AccessEntry
from victimcare.faults import Refused
from victimcare.notes import actions
from victimcare.notes.models import AttachedFile, FileContent
from victimcare.notes.sniffing import NotAllowedFile, sniff

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=2, height=2, *more):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\0\0" * 2)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(more)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(width=2, height=2, *more):
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"
    scan = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0") + b"".join(more) + segment(0xC0, frame) + scan + b"\xff\xd9"


def docx(**more):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
        for name, content in more.items():
            archive.writestr(name, content)
    return packed.getvalue()


# --- What a file is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data, kind", [(PDF, "pdf"), (png(), "png"), (jpeg(), "jpeg"), (docx(), "docx")], ids=lambda v: str(v)[:8]
)
def test_what_a_file_is_its_content_says(data, kind):
    assert sniff(data) == (kind, data)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0", SVG, b"<html><script>", b"MZ\x90\0", b"GIF89a", PDF[:20], b"\n" + PDF, png()[:-6],
        png(30_000, 30_000), png(0, 0), jpeg(30_000, 30_000), jpeg()[:-2], b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0", jpeg()[:30], b"PK\x03\x04not a zip", docx()[:-30],
        docx(**{"word/vbaProject.bin": "macro"}), docx(**{"../../etc/passwd": "x"}), docx(**{"/etc/passwd": "x"}),
        png(2, 2, chunk(b"IHDR", b"")[:-1] + b"\0"),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_is_none_of_them_or_not_whole_is_refused(data):
    with pytest.raises(NotAllowedFile):
        sniff(data)


def test_a_packed_bomb_is_refused_without_unpacking_it():
    with pytest.raises(NotAllowedFile):
        sniff(docx(**{"word/media/1.bin": b"\0" * 210_000_000}))


def test_a_picture_loses_where_it_was_taken():
    place = b"Exif\0\0GPS 51.58 -2.99"
    assert b"GPS" not in sniff(jpeg(2, 2, segment(0xE1, place), segment(0xFE, b"GPS again")))[1]
    assert b"GPS" not in sniff(png(2, 2, chunk(b"eXIf", place), chunk(b"tEXt", b"Comment\0GPS")))[1]


def test_what_follows_a_picture_is_cut_off():
    for picture in (png(), jpeg()):
        assert sniff(picture + docx() + b"<script>")[1] == picture


# --- Keeping and opening one ------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def place(name, victim, *more):
    return reverse(f"notes:{name}", args=[victim.case.reference, victim.reference, *more])


def upload(browser, victim, data=PDF, name="statement.pdf"):
    body = {"file": SimpleUploadedFile(name, data), "about": "Her statement"}
    return browser.post(place("attach", victim), body)


def test_a_file_is_kept_and_served_to_be_saved_never_shown(monday, victim, as_officer):
    assert upload(as_officer, victim).status_code == 302
    file = AttachedFile.objects.get()
    response = as_officer.get(place("open", victim, file.reference))
    assert response.content == PDF
    assert response["Content-Disposition"] == 'attachment; filename="statement.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert AccessEntry.objects.filter(subject=victim.reference, field_group="file").count() == 1
    assert "Not scanned for viruses" in as_officer.get(place("list", victim)).content.decode()


def test_a_name_that_lies_is_answered_with_what_to_do(monday, victim, as_officer):
    response = upload(as_officer, victim, SVG, "picture.png")
    assert response.status_code == 422
    assert "This is not a PDF" in response.content.decode()
    assert not AttachedFile.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "a\r\nX-Evil: 1.pdf", "Siân’s letter.pdf", 'a";b.pdf']
)
def test_no_name_leads_anywhere(monday, victim, as_officer, name):
    response = upload(as_officer, victim, PDF, name)
    if response.status_code == 302:
        file = AttachedFile.objects.get()
        served = as_officer.get(place("open", victim, file.reference))
        assert "/" not in file.name
        assert "X-Evil" not in served.headers
        assert served["Content-Disposition"].startswith("attachment")


def test_fifty_files_are_enough(monday, victim, officer, monkeypatch):
    monkeypatch.setattr(actions, "MOST_FILES", 1)
    said = {"participant": victim, "name": "a.pdf", "about": "", "data": PDF, "by": officer}
    actions.attach(**said)
    with pytest.raises(Refused, match="Ask a supervisor"):
        actions.attach(**said)


def test_a_file_of_somebody_else_is_not_found_here(monday, victim, officer, as_officer, as_stranger):
    upload(as_officer, victim)
    reference = AttachedFile.objects.get().reference
    assert as_stranger.get(place("open", victim, reference)).status_code == 404
    other = type(victim).objects.create(case=victim.case, person=victim.person, role="W", team=victim.team)
    assert as_officer.get(place("open", other, reference)).status_code == 404


def test_a_supervisor_takes_a_file_out_for_good(monday, victim, as_officer, as_supervisor):
    upload(as_officer, victim)
    reference = AttachedFile.objects.get().reference
    body = {"reason": "belongs to another case"}
    assert as_officer.post(place("redact-file", victim, reference), body).status_code == 403
    assert as_supervisor.post(place("redact-file", victim, reference), body).status_code == 302
    assert not FileContent.objects.exists()
    assert as_officer.get(place("open", victim, reference)).status_code == 422
    assert "belongs to another case" in as_officer.get(place("list", victim)).content.decode()


# --- The scanner ------------------------------------------------------------------------------------


@pytest.fixture
def clamd(settings):
    """A clamd that finds EICAR: it speaks the protocol, in a thread of this process."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                line, _from = listening.accept()
            except OSError:
                return
            with line, line.makefile("rb") as reads:
                assert reads.read(10) == b"zINSTREAM\0"
                data = b""
                while size := struct.unpack(">I", reads.read(4))[0]:
                    data += reads.read(size)
                line.sendall(b"stream: Eicar FOUND\0" if b"EICAR" in data else b"stream: OK\0")

    threading.Thread(target=serve, daemon=True).start()
    settings.CLAMD = f"127.0.0.1:{listening.getsockname()[1]}"
    yield settings.CLAMD
    listening.close()


@pytest.mark.enable_socket
def test_with_a_scanner_a_file_waits_for_it(monday, victim, as_officer, clamd):
    upload(as_officer, victim)
    file = AttachedFile.objects.get()
    assert as_officer.get(place("open", victim, file.reference)).status_code == 422
    assert actions.scan_waiting() == 1
    assert as_officer.get(place("open", victim, file.reference)).content == PDF
    assert actions.scan_waiting() == 0


@pytest.mark.enable_socket
def test_what_a_scanner_finds_is_never_opened(monday, victim, as_officer, clamd):
    upload(as_officer, victim, PDF.replace(b"<<>>", b"<<>> EICAR", 1))
    actions.scan_waiting()
    file = AttachedFile.objects.get()
    assert file.scan == "found"
    assert as_officer.get(place("open", victim, file.reference)).status_code == 422
    assert "A virus was found" in as_officer.get(place("list", victim)).content.decode()


def test_while_the_scanner_is_away_a_file_goes_on_waiting(monday, victim, as_officer, settings):
    settings.CLAMD = "/nowhere/clamd.ctl"
    upload(as_officer, victim)
    assert actions.scan_waiting() == 0
    assert AttachedFile.objects.get().scan == "waiting"
