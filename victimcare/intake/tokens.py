"""The tokens of other systems: how one is made up, kept as a digest, and recognised."""

import hashlib
import secrets
from dataclasses import dataclass, field

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


def new_secret() -> str:
    """256 random bits; shown once, kept nowhere."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "backslashreplace")).hexdigest()


def service_of(secret: str) -> ImportService | None:
    """Whoever sends with this secret; None for one that is not valid now."""
    if not secret.startswith(PREFIX) or len(secret) > LONGEST:
        return None
    token = FeedToken.objects.valid().filter(digest=digest_of(secret)).first()
    return ImportService(token, token.reference, token.name) if token else None
