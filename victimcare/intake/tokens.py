"""The tokens of other systems: how one is made up, kept as a digest, and recognised."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from django.utils.crypto import salted_hmac

from victimcare.intake.models import FeedToken

PREFIX = "vcf_"
LONGEST = 100


@dataclass
class ImportService:
    """Another system, as the log names it: the principal behind a token."""

    token: FeedToken
    reference: str
    display_name: str
    roles: list[str] = field(default_factory=lambda: ["import service"])
    is_authenticated: bool = True
    used_in_minute: int = 0  # this request among them


def new_secret(form: str = "") -> str:
    """256 bits nobody can guess; shown once, kept nowhere.

    For one sent form they are always the same, made from its random key with ours.
    """
    if not form:
        return PREFIX + secrets.token_urlsafe(32)
    made = salted_hmac("victimcare.intake.token", form, algorithm="sha256").digest()
    return PREFIX + urlsafe_b64encode(made).decode().rstrip("=")


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "backslashreplace")).hexdigest()


def service_of(secret: str) -> ImportService | None:
    """Whoever sends with this secret; None for one that is not valid now."""
    if not secret.startswith(PREFIX) or len(secret) > LONGEST:
        return None
    token = FeedToken.objects.valid().filter(digest=digest_of(secret)).first()
    return ImportService(token, token.reference, token.name) if token else None
