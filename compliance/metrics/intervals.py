"""Whether agreed updates were given in time, from what the plans said day by day (their history).

Nobody writes down that an interval was kept. A plan's next date moves on when an update is given: each date
that a plan had is one interval, which ended with an update or with its last day. Nobody is waiting for an update
once their part is closed: an interval that was running then is left out.
"""

from collections import Counter, defaultdict

from django.db import connection
from django.db.models import QuerySet

from compliance.metrics import populations as of
from compliance.metrics.breakdowns import Breakdown
from compliance.metrics.figures_of import in_the_figures_of
from compliance.metrics.populations import Scope
from contacts.models import TELLS
from victimcare.accounts.models import User
from victimcare.cases.models import Participant

# One row for each date that a plan had: until when it stood, and what came after it. A contact that somebody
# wrote down later counts by its own day.
ENDED = """
WITH said AS (
    SELECT id, participant_id, due_on, ended_at, history_id, (history_date AT TIME ZONE 'Europe/London')::date AS on_day,
           lead(due_on) OVER later AS next_due,
           lead(ended_at) OVER later AS next_ended,
           (lead(history_date) OVER later AT TIME ZONE 'Europe/London')::date AS until_day
    FROM contacts_historicalcontactplan
    -- No interval is longer than a year, so nothing older can end in the period.
    WHERE history_type <> '-' AND history_date >= %(since)s::date - 370
    WINDOW later AS (PARTITION BY id ORDER BY history_date, history_id)
), dates AS (
    SELECT participant_id, due_on, on_day, until_day,
           next_due > due_on AND next_ended IS NULL AS was_updated
    FROM said
    WHERE due_on IS NOT NULL AND ended_at IS NULL
      AND (until_day IS NULL OR next_ended IS NOT NULL OR next_due IS DISTINCT FROM due_on)
), judged AS (
    SELECT participant_id, due_on, until_day, coalesce(was_updated, false) AS was_updated,
           EXISTS (
               SELECT FROM contacts_contact contact
               WHERE contact.participant_id = dates.participant_id AND contact.outcome = ANY(%(tells)s)
                 -- The call that began the interval, on its first day, is not the update it was to end with.
                 AND (contact.at AT TIME ZONE 'Europe/London')::date > on_day
                 AND (contact.at AT TIME ZONE 'Europe/London')::date <= due_on
           ) AS was_told
    FROM dates
), ended AS (
    SELECT participant_id,
           (was_updated AND until_day <= due_on) OR (was_told AND (was_updated OR until_day IS NULL)) AS is_met,
           CASE WHEN was_updated AND until_day <= due_on THEN until_day ELSE due_on END AS ended_on
    FROM judged JOIN cases_participant part ON part.id = judged.participant_id
    WHERE was_updated OR due_on < coalesce(until_day, %(snapshot_on)s)
      AND (part.closed_at IS NULL OR (part.closed_at AT TIME ZONE 'Europe/London')::date > due_on)
)
SELECT participant_id, count(*) FILTER (WHERE is_met), count(*)
FROM ended
WHERE ended_on BETWEEN %(since)s AND %(until)s AND ended_on < %(snapshot_on)s
GROUP BY participant_id
"""


def ended_intervals(scope: Scope) -> dict[int, tuple[int, int]]:
    """By participant: how many intervals were kept, of how many that ended in the period. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            ENDED,
            {
                "since": scope.since,
                "until": scope.until,
                "snapshot_on": scope.snapshot_on,
                "tells": [str(outcome) for outcome in TELLS],
            },
        )
        return {participant: (met, ended) for participant, met, ended in cursor.fetchall()}


def with_intervals(scope: Scope, *, is_kept: bool) -> QuerySet[Participant]:
    """The victims who had an interval that ended; or only those with one that was kept."""
    ended = ended_intervals(scope)
    return Participant.objects.filter(pk__in=[pk for pk, (met, _due) in ended.items() if met or not is_kept])


def count_intervals(
    scope: Scope, split: Breakdown | None, user: User | None
) -> dict[str, tuple[int, int, tuple[int, int, int]]]:
    """Kept, and ended, for the whole ("") and each group; of how many people, kept, not kept and all. Two queries."""
    ended = ended_intervals(scope)
    who = in_the_figures_of(Participant.objects.filter(pk__in=list(ended)), of.VICTIMS, user)
    rows = (
        who.annotate(group=split.of(of.VICTIMS)).values_list("pk", "group")
        if split
        else ((pk, "") for pk in who.values_list("pk", flat=True))
    )
    met: Counter[str] = Counter()
    due: Counter[str] = Counter({"": 0})
    people: dict[str, Counter[str]] = defaultdict(Counter)
    for pk, group in rows:
        for each in ("", *(split.groups(group) if split else ())):
            met[each] += ended[pk][0]
            due[each] += ended[pk][1]
            people[each] += Counter(all=1, kept=ended[pk][0] > 0, late=ended[pk][1] > ended[pk][0])
    return {
        group: (met[group], due[group], (each["kept"], each["late"], each["all"]))
        for group in due
        for each in [people[group]]
    }
