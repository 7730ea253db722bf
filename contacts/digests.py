"""One email a person a day, at the start of their shift: how much is due, and a link. Never a name.

The row of the day is written first, with a unique constraint, and the email in the same transaction: a crash
leaves both or neither. Whoever has nothing due has a row and no email.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from contacts.models import Digest
from contacts.reminders import Level, shift_start
from contacts.subjects import SUBJECTS
from victimcare import clock
from victimcare.accounts.models import Leave, Notification, User
from victimcare.accounts.notify import mail_staff
from victimcare.working_days import LONDON, england_and_wales, london_day

SAID = {
    Level.ESCALATED: ngettext_lazy(
        "%(n)d thing is so late that it came to you as the supervisor.",
        "%(n)d things are so late that they came to you as the supervisor.",
        "n",
    ),
    Level.OVERDUE: ngettext_lazy("%(n)d thing is overdue.", "%(n)d things are overdue.", "n"),
    Level.DUE_TODAY: ngettext_lazy("%(n)d thing is due today.", "%(n)d things are due today.", "n"),
    Level.DUE_SOON: ngettext_lazy("%(n)d thing is due soon.", "%(n)d things are due soon.", "n"),
}


def write_digests(as_of: datetime) -> int:
    """Begin the day of everybody whose shift has started. Returns how many emails were written.

    After a downtime only today's is written: what fell due meanwhile is counted in it.
    """
    day = london_day(as_of)
    begun = [user for user in _waiting(day) if _has_begun(user, day, as_of)]
    counts = counts_of((user.pk for user in begun), day) if begun else {}
    return sum(_begin(user, day, counts.get(user.pk, Counter())) for user in begun)


def _waiting(day: date) -> Iterable[User]:
    """Whoever works here, is not on leave, and whose day has not begun."""
    begun = Digest.objects.filter(user=OuterRef("pk"), day=day)
    away = Leave.objects.standing().between(day, day).filter(user=OuterRef("pk"))
    return User.objects.active().filter(~Exists(begun), ~Exists(away)).select_related("team").order_by("pk")


def _has_begun(user: User, day: date, as_of: datetime) -> bool:
    """Whether their shift of that day has started; of somebody without hours or a team nobody knows."""
    starts = shift_start(
        day,
        user.working_hours,
        team_starts=user.team.day_starts if user.team else None,
        bank_holidays=england_and_wales(),
    )
    return starts is not None and starts <= as_of


def counts_of(users: Iterable[int], day: date) -> dict[int, Counter[str]]:
    """What stands for each of these, by level, without what they put off. One query."""
    standing = Notification.objects.filter(recipient__in=list(users), settled_at=None, kind__in=SUBJECTS)
    shown = standing.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=day))
    found: dict[int, Counter[str]] = {}
    for user, level, number in shown.values_list("recipient_id", "level").annotate(number=Count("*")):
        found.setdefault(user, Counter())[level] = number
    return found


@transaction.atomic
def _begin(user: User, day: date, counts: Counter[str]) -> bool:
    """Write the row of the day and, where something is due, its email. True when there is an email."""
    _row, is_new = Digest.objects.get_or_create(
        user=user,
        day=day,
        defaults={level.value: counts[level] for level in Level} | {"made_at": clock.now()},
    )
    if not is_new or not counts.total():
        return False
    return (
        mail_staff(
            user=user,
            key=f"digest {day}",
            subject=_("Your work today"),
            lines=lines(counts),
            path="/",
            until=datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=LONDON),
        )
        is not None
    )


def lines(counts: Counter[str]) -> Iterator[str]:
    """The sentences of a digest, worst first, in the language in force while they are read."""
    for level, said in SAID.items():
        if counts[level]:
            yield said % {"n": counts[level]}
