"""Telling people of the unit something, in the application or by email: each thing once, whatever runs twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import Notification, StaffMail, User
from victimcare.lookups import is_any
from victimcare.together import Statement, statement_of


@dataclass(frozen=True)
class Notice:
    """One thing one person is to be told. `subject` is a reference, never a name; `due_on` a London date."""

    recipient_id: int
    kind: str
    subject: str
    level: str
    url: str
    due_on: date | None = None

    @property
    def key(self) -> tuple[int, str, str, str, date | None]:
        return self.recipient_id, self.kind, self.subject, self.level, self.due_on


@transaction.atomic
def notify(
    *, recipients: Iterable[User], kind: str, subject: str, level: str, url: str, due_on: date | None = None
) -> int:
    """Tell each of these people once. Returns how many had not been told already."""
    here = [person for person in recipients if person.is_active]
    return len(notify_all(notices=[Notice(person.pk, kind, subject, level, url, due_on) for person in here]))


@transaction.atomic
def notify_all(*, notices: Iterable[Notice]) -> list[Notice]:
    """Tell all of these in two queries. Returns those that are new; the rest had been told before."""
    wanted = {notice.key: notice for notice in notices}
    if not wanted:
        return []
    told = set(
        Notification.objects.filter(
            kind__in={n.kind for n in wanted.values()}, subject__in={n.subject for n in wanted.values()}
        ).values_list("recipient_id", "kind", "subject", "level", "due_on")
    )
    new = [notice for key, notice in wanted.items() if key not in told]
    # The unique constraint, not the look above, is what makes it once: another process may be first.
    Notification.objects.bulk_create(
        [
            Notification(
                recipient_id=notice.recipient_id,
                kind=notice.kind,
                subject=notice.subject,
                level=notice.level,
                url=notice.url,
                due_on=notice.due_on,
            )
            for notice in new
        ],
        ignore_conflicts=True,
    )
    return new


def settle(*, kind: str, subject: str) -> int:
    """What these notifications asked for has been done: nobody needs to read them. Returns how many."""
    return _settle(Notification.objects.filter(kind=kind, subject=subject))


def settling(*, kind: str, subject: str) -> Statement:
    """The same as a statement, to be run beside others."""
    now = clock.now()
    rows = Notification.objects.filter(kind=kind, subject=subject, settled_at=None)
    return statement_of(rows, read_at=Coalesce("read_at", Value(now, DateTimeField())), settled_at=now)


def settle_about(*, subjects: Iterable[str]) -> int:
    """What these references named is not there any more: nobody needs to read of it. Returns how many."""
    return _settle(Notification.objects.filter(is_any("subject", subjects)))


def _settle(rows: QuerySet[Notification]) -> int:
    now = clock.now()
    return rows.filter(settled_at=None).update(
        read_at=Coalesce("read_at", Value(now, DateTimeField())), settled_at=now
    )


def read(*, by: User, pks: Iterable[int]) -> int:
    """This person has read these of their own notifications. Returns how many were new."""
    mine = Notification.objects.filter(recipient=by, pk__in=list(pks), read_at=None)
    return mine.update(read_at=clock.now())


def read_all(*, by: User) -> int:
    """This person has read all of theirs. Returns how many were new."""
    return Notification.objects.unread_by(by, clock.today()).update(read_at=clock.now())


@transaction.atomic
def mail_staff(
    *,
    user: User,
    key: str,
    subject: str | Promise,
    lines: Iterable[str | Promise],
    path: str,
    at: datetime | None = None,
    until: datetime | None = None,
    is_urgent: bool = False,
) -> StaffMail | None:
    """Write one email to one person of the unit, once for each `key`; None where it was written before.

    Counts, days and a link to `path` only: an email is read on trains, so nobody is named in it, and its
    subject says nothing. Lazy words are said in the reader's language. It leaves at `at` or after, outside
    quiet hours unless it is urgent, and not after `until`. Whoever left or has no address gets none.
    """
    if not (user.is_active and user.email):
        return None
    with translation.override(user.language):
        where = _("Sign in to see more: %(address)s") % {"address": settings.SERVICE_ADDRESS + path}
        title, body = str(subject), "\n\n".join([*map(str, lines), where])
    mail, is_new = StaffMail.objects.get_or_create(
        recipient=user,
        key=key,
        defaults={
            "subject": title[:120],
            "body": body,
            "send_after": at or clock.now(),
            "send_before": until,
            "is_urgent": is_urgent,
        },
    )
    return mail if is_new else None
