"""What somebody of the unit writes down about one victim, and the papers that belong to them.

A note is never edited: what is to be added is added as another note. Words and files go only when a supervisor
takes them out, and the place where they stood says so.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Participant
from victimcare.references import new_reference


def text_reference() -> str:
    return new_reference("NO", 10)


def file_reference() -> str:
    return new_reference("AF", 16)


class NoteQuerySet(models.QuerySet["Note"]):
    def readable_by(self, user: User) -> "NoteQuerySet":
        """A supervisor reads all of them; others all but those for supervisors, and their own."""
        if user.has_role(Role.SUPERVISOR):
            return self
        return self.filter(Q(sensitivity=Note.Sensitivity.ORDINARY) | Q(by=user))


class Note(models.Model):
    """A few words about one person, of a kind, never edited."""

    class Kind(models.TextChoices):
        GENERAL = "general", _("General")
        RISK = "risk", _("Risk")
        SAFEGUARDING = "safeguarding", _("Safeguarding")
        COURT = "court", _("Court")
        SUPERVISION = "supervision", _("Supervision")

    class Sensitivity(models.TextChoices):
        ORDINARY = "ordinary", _("Everybody who works with this person")
        SUPERVISORS = "supervisors", _("Supervisors and me")

    reference = models.CharField(max_length=20, unique=True, default=text_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    sensitivity = models.CharField(max_length=12, choices=Sensitivity.choices, default=Sensitivity.ORDINARY)
    words = models.TextField(max_length=8000, blank=True)  # empty once they were taken out
    adds_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="additions"
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    redacted_at = models.DateTimeField(null=True, blank=True)
    redacted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    redacted_because = models.CharField(max_length=300, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(
                name="note_has_words_or_why_not",
                condition=Q(redacted_at=None) & ~Q(words="")
                | Q(redacted_at__isnull=False, redacted_by__isnull=False, words="") & ~Q(redacted_because=""),
            ),
        )
        indexes = (models.Index(name="note_by_participant", fields=["participant", "-at", "-id"]),)


class AttachedFile(models.Model):
    """A paper or a picture that belongs to one person. What it is was found in its content, not its name."""

    class Kind(models.TextChoices):
        PDF = "pdf", _("PDF")
        PNG = "png", _("Picture (PNG)")
        JPEG = "jpeg", _("Picture (JPEG)")
        DOCX = "docx", _("Word document")

    class Scan(models.TextChoices):
        NOT_SCANNED = "not_scanned", _("Not scanned for viruses")
        WAITING = "waiting", _("Waiting to be scanned")
        CLEAN = "clean", _("Scanned, nothing found")
        FOUND = "found", _("A virus was found")

    reference = models.CharField(max_length=30, unique=True, default=file_reference)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)  # as it was called where it came from; shown, never a path
    about = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    size = models.PositiveIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    scan = models.CharField(max_length=12, choices=Scan.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    redacted_at = models.DateTimeField(null=True, blank=True)
    redacted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    redacted_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(
                name="file_taken_out_says_why",
                condition=Q(redacted_at=None)
                | Q(redacted_at__isnull=False, redacted_by__isnull=False) & ~Q(redacted_because=""),
            ),
        )
        indexes = (
            models.Index(name="file_by_participant", fields=["participant", "-at"]),
            models.Index(name="file_to_scan", fields=["id"], condition=Q(scan="waiting")),
        )

    @property
    def can_be_opened(self) -> bool:
        """Not one that was taken out, that a scanner has still to see, or in which it found something."""
        return self.redacted_at is None and self.scan in (self.Scan.NOT_SCANNED, self.Scan.CLEAN)


class FileContent(models.Model):
    """The bytes of a file, apart from what lists of files read. Gone once the file is taken out."""

    file = models.OneToOneField(
        AttachedFile, primary_key=True, on_delete=models.PROTECT, related_name="content"
    )
    data = models.BinaryField()
