"""Every night: what came is added up, and what is not needed any more is let go of."""

from datetime import date, timedelta

from django.db import transaction
from django.urls import reverse

from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify, settle
from victimcare.accounts.permissions import Role
from victimcare.intake.models import ImportBatch, ImportRow, Reconciliation
from victimcare.intake.reconciled import batches_of, findings_of

FIGURES_DIFFER = "figures_differ"  # what these notifications are about; the subject is the day
UNDECIDED_FOR = timedelta(days=7)  # a checked extract that nobody decided about is dropped
REMEMBERED_FOR = timedelta(days=90)  # content of rows that a feed settled, should its batch be withdrawn


@transaction.atomic
def reconcile(*, day: date) -> Reconciliation:
    """Add up what came on a London day and compare it with what the tables hold. Safe to run again."""
    batches = list(batches_of(day))
    findings = [finding for batch in batches for finding in findings_of(batch)]
    totals = {
        name: sum(getattr(batch, name) for batch in batches)
        for name in ("received", *ImportRow.Outcome.values)
    }
    made, _is_new = Reconciliation.objects.update_or_create(
        day=day,
        defaults={"batches": len(batches), "findings": findings, "made_at": clock.now(), **totals},
    )
    if findings:
        notify(
            recipients=User.objects.active().with_role(Role.SUPERVISOR),
            kind=FIGURES_DIFFER,
            subject=day.isoformat(),
            level=Notification.Level.OVERDUE,
            url=reverse("intake:reconciliation"),
            due_on=clock.today(),
        )
    else:
        settle(kind=FIGURES_DIFFER, subject=day.isoformat())
    return made


def reconcile_days_before(*, today: date) -> int:
    """Reconcile yesterday, and each day of the last fourteen that was missed. Returns how many days."""
    days = [today - timedelta(days=n) for n in range(14, 0, -1)]
    done = set(Reconciliation.objects.filter(day__in=days).values_list("day", flat=True))
    missed = [day for day in days if day not in done]
    for day in missed:
        reconcile(day=day)
    return len(missed)


@transaction.atomic
def forget() -> int:
    """Let go of what is not needed any more: undecided extracts, and content of rows settled long ago."""
    now = clock.now()
    undecided = ImportBatch.objects.filter(
        state=ImportBatch.State.CHECKED, arrived_at__lt=now - UNDECIDED_FOR
    ).update(state=ImportBatch.State.DROPPED, preview={}, content=None, finished_at=now)
    settled = ImportRow.objects.filter(settled_at__lt=now - REMEMBERED_FOR).exclude(content={})
    return undecided + settled.update(content={})
