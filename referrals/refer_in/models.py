"""What a referral made by hand leaves behind, and what the public form keeps while it is filled in."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from victimcare import clock
from victimcare.accounts.models import User

KEPT_FOR = timedelta(hours=1)  # an unfinished form, from the last page that was sent
SENT_TWICE_WITHIN = timedelta(seconds=5)  # a button pressed twice; later it is somebody going back


class ReferredIn(models.Model):
    """Who referred somebody to us by hand, whom they named, and that the victim agreed."""

    referral = models.OneToOneField("referrals.Referral", on_delete=models.PROTECT, related_name="by_hand")
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(
        "referrals.Partner", null=True, blank=True, on_delete=models.PROTECT, related_name="referrals_to_us"
    )
    # As they were named then: what we learn later is not theirs to see.
    named = models.CharField(max_length=210)
    agreed_on = models.DateField(null=True, blank=True)
    agreed_how = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-made_at",)
        indexes = (
            models.Index(name="referred_in_by", fields=["made_by", "-made_at"]),
            models.Index(name="referred_in_partner", fields=["partner", "-made_at"]),
        )


class UnfinishedQuerySet(models.QuerySet["UnfinishedForm"]):
    def standing(self) -> "UnfinishedQuerySet":
        return self.filter(expires_at__gt=clock.now())

    def under(self, key_hash: str) -> "UnfinishedQuerySet":
        """The one whose newest page carries this key, or carried it a moment ago."""
        just_now = Q(previous_hash=key_hash, turned_at__gt=clock.now() - SENT_TWICE_WITHIN)
        return self.standing().filter(Q(key_hash=key_hash) | just_now)

    def expired(self) -> "UnfinishedQuerySet":
        return self.filter(expires_at__lte=clock.now())


class UnfinishedForm(models.Model):
    """The public form while somebody fills it in. Found by a key that only their page holds; gone in an hour.

    Each page has a new key: one that is gone back to, or loaded again, shows nothing to whoever does so. Only
    hashes are kept. Once sent, the answers are emptied and the reference stays, for the last page.
    """

    key_hash = models.CharField(max_length=64, unique=True)
    previous_hash = models.CharField(max_length=64, blank=True, db_index=True)
    turned_at = models.DateTimeField(null=True, blank=True)  # when the key was last changed
    answers = models.JSONField(default=dict, blank=True)
    sent_reference = models.CharField(max_length=20, blank=True)
    sent_due_on = models.DateField(null=True, blank=True)
    expires_at = models.DateTimeField()

    objects = UnfinishedQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(name="unfinished_expires", fields=["expires_at"]),)


class PublicUse(models.Model):
    """That the public form was begun or sent from an address, as a hash of it. For the limits, for an hour."""

    class Kind(models.TextChoices):
        BEGUN = "begun", _("Begun")
        SENT = "sent", _("Sent")

    kind = models.CharField(max_length=5, choices=Kind.choices)
    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(name="public_use_by_address", fields=["kind", "address", "at"]),
            models.Index(name="public_use_by_time", fields=["kind", "at"]),
        )
