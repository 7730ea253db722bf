"""Who looked at what. Append-only: the database refuses to change or remove a row."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccessEntry(models.Model):
    """One look at personal data (Data Protection Act 2018 s.62). Plain values, so it outlives what it names."""

    class Op(models.TextChoices):
        COLLECT = "collect", _("Collected")
        ALTER = "alter", _("Changed")
        CONSULT = "consult", _("Looked at")
        DISCLOSE = "disclose", _("Disclosed")
        COMBINE = "combine", _("Combined")
        ERASE = "erase", _("Erased")

    class Outcome(models.TextChoices):
        ALLOWED = "allowed", _("Allowed")
        DENIED = "denied", _("Denied")
        MASKED = "masked", _("Masked")

    at = models.DateTimeField(auto_now_add=True)
    op = models.CharField(max_length=10, choices=Op.choices)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.ALLOWED)
    actor = models.CharField(max_length=20)  # the user's reference
    actor_name = models.CharField(max_length=80)
    actor_roles = models.CharField(max_length=200)
    case = models.CharField(max_length=20, blank=True)  # the case's reference
    subject = models.CharField(max_length=20, blank=True)  # the participant's reference
    subjects = models.JSONField(default=list, blank=True)  # a list page: every participant's reference on it
    field_group = models.CharField(max_length=40, blank=True)
    # "allocated to me", "my team", "covering for a colleague": derived, never typed.
    justification = models.CharField(max_length=120, blank=True)
    path = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-at",)
        indexes = (
            models.Index(name="access_by_case", fields=["case", "-at"]),
            models.Index(name="access_by_actor", fields=["actor", "-at"]),
        )
