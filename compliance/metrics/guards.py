"""What shows that a figure was made to look better: written down late, in bulk, excused or re-graded. No accusation."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _

from compliance.metrics import populations as of
from compliance.metrics.days import LastDay, london
from compliance.metrics.definitions import Metric
from compliance.metrics.populations import Population, Scope, true_when
from compliance.metrics.shares import ALL, Share
from compliance.models import Duty
from contacts.models import TELLS, Contact
from victimcare.cases.models import Entitlement

IN_BULK = 10  # people told, as written down by one person within ten minutes: more are looked at

GUARDS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "G1",
            _("Written down late"),
            _("Contacts that somebody typed in, more than one working day after they happened."),
            _("Contacts written down more than one working day later"),
            _("Contacts of the period that somebody typed in"),
        ),
        Metric(
            "G2",
            _("Told in bulk"),
            _("More than ten people told, as written down by one person within the same ten minutes."),
            _("Contacts that told somebody, written down in bulk"),
            _("Contacts of the period that told somebody, that somebody typed in"),
        ),
        Metric(
            "G3",
            _("Good reasons"),
            _("How much of what was due was excused instead of done."),
            _("Duties excused with good reason"),
            _("Duties of the Code whose last day has passed, without those declined or not applicable"),
        ),
        Metric(
            "G4",
            _("Declined"),
            _("How much of what was due is said to have been declined by the victim."),
            _("Duties declined"),
            _("Duties of the Code whose last day has passed, those declined too"),
        ),
        Metric(
            "G5",
            _("Standard again after a miss"),
            _("Enhanced rights taken away after a duty had been missed or met late at the shorter limit."),
            _("Changes to standard rights after such a miss"),
            _("Changes from enhanced to standard rights in the period"),
        ),
        Metric(
            "G6",
            _("Event entered late"),
            _("What opened the duty was written down, or reached us, more than one working day after it happened, so "
              "the clock may have run before anybody could see it."),
            _("Duties whose event was entered late"),
            _("Duties of the Code whose clock started in the period"),
        ),
    )
}  # fmt: skip


def typed(scope: Scope) -> QuerySet[Contact]:
    """Contacts of the period that somebody typed in, in whatever direction."""
    start, end = scope.moments
    last = LastDay(london("at"), working_days=1, first=scope.since, last=scope.until)
    found = Contact.objects.filter(at__gte=start, at__lt=end, source_id="", by__isnull=False)
    return found.annotate(is_late=true_when(Q(recorded_at__date__gt=last)))


def typed_telling(scope: Scope) -> QuerySet[Contact]:
    """Those of them that told somebody, and whether they were written down in bulk."""
    start, end = scope.moments
    told = Contact.objects.filter(
        at__gte=start, at__lt=end, source_id="", by__isnull=False, direction=Contact.Direction.OUT
    )
    return told.filter(outcome__in=TELLS).annotate(in_bulk=true_when(Q(pk__in=_in_bulk(scope))))


BULK = """
SELECT unnest(array_agg(id))
FROM contacts_contact
WHERE at >= %s AND at < %s AND source_id = '' AND by_id IS NOT NULL AND direction = 'out' AND outcome = ANY(%s)
GROUP BY by_id, date_bin('10 minutes', recorded_at, timestamptz '2020-01-01')
HAVING count(DISTINCT participant_id) > %s
"""


def _in_bulk(scope: Scope) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(BULK, [*scope.moments, [str(outcome) for outcome in TELLS], IN_BULK])
        return [pk for (pk,) in cursor.fetchall()]


def taken_away(scope: Scope) -> QuerySet[Entitlement]:
    """Changes of the period from enhanced to standard rights."""
    start, end = scope.moments
    before = Entitlement.objects.filter(participant=OuterRef("participant"), pk__lt=OuterRef("pk"))
    missed = Duty.objects.current().filter(
        Q(status=Duty.Status.MET_LATE) | Q(status=Duty.Status.OPEN),
        participant=OuterRef("participant"), enhanced_applied=True, due_on__lt=OuterRef("set_on"),
    )  # fmt: skip
    found = Entitlement.objects.filter(is_enhanced=False, set_at__gte=start, set_at__lt=end)
    return (
        found.filter(Exists(before.filter(is_enhanced=True)))
        .alias(set_on=london("set_at"))
        .annotate(after_a_miss=Exists(missed))
    )


def opened(scope: Scope) -> QuerySet[Duty]:
    """Duties of the period, and whether their event was entered more than a working day late.

    What a person typed in was entered when it was written down; what a feed brought, when it reached us.
    """
    first = scope.since - timedelta(days=366)
    last = LastDay(london("event__occurred_at"), working_days=1, first=first, last=scope.until)
    entered = Case(
        When(event__source_id="", event__by__isnull=False, then=F("event__recorded_at")),
        default=F("event__learned_at"),
    )
    found: Any = Duty.objects.current().code().timed().filter(clock_on__range=(scope.since, scope.until))
    return found.alias(entered=entered).annotate(is_late=true_when(Q(entered__date__gt=last)))


TYPED = Population(typed, ("is_late",))
TYPED_TELLING = Population(typed_telling, ("in_bulk",))
TAKEN_AWAY = Population(taken_away, ("after_a_miss",))
OPENED = Population(opened, ("is_late", "owner"), is_duty=True)
_DECLINED = of.THE_FORCES & of.MATURED & Q(status=Duty.Status.DECLINED)
_JUDGED = of.THE_FORCES & of.JUDGED

GUARD_SHARES: tuple[Share, ...] = (
    Share("G1", "", TYPED, Q(is_late=True), ALL),
    Share("G2", "", TYPED_TELLING, Q(in_bulk=True), ALL),
    Share("G3", "", of.DUTIES, of.THE_FORCES & of.EXCUSED, _JUDGED),
    Share("G4", "", of.DUTIES, _DECLINED, _JUDGED | _DECLINED),
    Share("G5", "", TAKEN_AWAY, Q(after_a_miss=True), ALL),
    Share("G6", "", OPENED, of.THE_FORCES & Q(is_late=True), of.THE_FORCES),
)
