"""How much each of us was told is due as a day began."""

from django.db import models

from victimcare.accounts.models import User


class Digest(models.Model):
    """That somebody's day began, and how much they were told is due: one a person a day, and one email at most."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="digests")
    day = models.DateField()  # London
    due_soon = models.PositiveIntegerField(default=0)
    due_today = models.PositiveIntegerField(default=0)
    overdue = models.PositiveIntegerField(default=0)
    escalated = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-day", "-id")
        constraints = (models.UniqueConstraint(name="one_digest_a_day", fields=["user", "day"]),)
