"""What somebody typed into a form and has not saved: a draft of any form, kept for its author alone."""

from django.conf import settings
from django.db import models

from victimcare.references import new_reference


def draft_reference() -> str:
    return new_reference("DR", 10)


class Draft(models.Model):
    """The answers of one form at one address, as they were posted. The next draft of that form replaces it."""

    reference = models.CharField(max_length=20, unique=True, default=draft_reference)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    url = models.CharField(max_length=500)  # path and query of the form's page
    page = models.CharField(max_length=100, blank=True)  # the name of its route
    subject = models.CharField(
        max_length=20, blank=True
    )  # the participant's reference, where it is about one
    answers = models.TextField()  # signed: what another hand wrote into the row is not put back
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ("-saved_at", "-id")
        constraints = (models.UniqueConstraint(name="one_draft_a_form", fields=["user", "url"]),)
        indexes = (
            models.Index(name="draft_of_author", fields=["user", "-saved_at"]),
            models.Index(name="draft_by_age", fields=["saved_at"]),
        )
