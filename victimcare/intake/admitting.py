"""Which other systems are let in: their tokens, and how often each may ask."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.faults import Refused
from victimcare.intake.models import FeedToken
from victimcare.intake.tokens import digest_of, new_secret
from victimcare.working_days import london_day

LONGEST_TOKEN = 90  # days
SAME_CLICK = timedelta(minutes=1)  # within which a form that is sent again is answered as before
MOST_IN_A_MINUTE = 60


@transaction.atomic
def make_token(
    *, name: str, scopes: list[str], days: int, by: User, form_key: str = ""
) -> tuple[FeedToken, str]:
    """A token for another system, and its secret, which is shown once and kept nowhere.

    The same form sent twice is one token with one secret: the second answer is what a double click shows.
    Raises Refused for more than ninety days, or for one that may do nothing, or a form sent again later.
    """
    if not 1 <= days <= LONGEST_TOKEN:
        raise Refused(_("A token lasts from 1 to 90 days."))
    if not scopes:
        raise Refused(_("Say what this token is for."))
    secret, now = new_secret(f"{by.pk}:{form_key}" if form_key else ""), clock.now()
    made = FeedToken.objects.filter(digest=digest_of(secret)).first()
    if made is not None:
        if (made.name, made.scopes) != (name, [*scopes]) or made.made_at < now - SAME_CLICK:
            raise Refused(_("This form made a token already. Open the page again to make another."))
        return made, secret
    token = FeedToken(
        name=name,
        digest=digest_of(secret),
        scopes=[FeedToken.Scope(scope).value for scope in scopes],
        made_by=by,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    token._history_user = by  # type: ignore[attr-defined]
    token.save()
    return token, secret


@transaction.atomic
def revoke_token(*, token: FeedToken, by: User) -> FeedToken:
    """From now on nobody comes in with it. Revoking it again changes nothing."""
    token = FeedToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at, token.revoked_by = clock.now(), by
        token._history_user = by  # type: ignore[attr-defined]
        token.save()
    return token


def note_use(*, token: FeedToken) -> int:
    """That it was used today, and how often in this minute by the clock, whichever process answered."""
    now = clock.now()
    minute = now.replace(second=0, microsecond=0)
    used_at = token.used_at if token.used_at and london_day(token.used_at) == london_day(now) else now
    with connection.cursor() as cursor:  # one statement, so that requests at once are all counted
        cursor.execute(
            """
            UPDATE intake_feedtoken SET used_at = %s, minute = %s,
                   used_in_minute = CASE WHEN minute = %s THEN used_in_minute + 1 ELSE 1 END
             WHERE id = %s RETURNING used_in_minute
            """,
            [used_at, minute, minute, token.pk],
        )
        return int(cursor.fetchone()[0])
