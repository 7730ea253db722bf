"""What somebody sees first who answers for others: the team, witness care, the measures to check."""

from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance.models import Duty
from courts.models import Hearing, SpecialMeasure, Warning, WitnessRequirement
from referrals.models import ImportRow, Referral
from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Case, Participant
from victimcare.govuk.dates import day, due
from victimcare.working_days import england_and_wales, working_days_after

COUNTED_TO = 1000  # beyond this nobody needs the exact number on a home page
HEARINGS_AHEAD = 5  # working days
AT_MOST = 50


@dataclass
class Team:
    """The team as its supervisor starts the day: figures that are links, and one row an officer."""

    tiles: list[dict[str, str]] = field(default_factory=list)
    officers: list[list[Any]] = field(default_factory=list)
    columns: list[Any] = field(default_factory=list)


def team_of(user: User) -> Team:
    """Six queries, however large the team or the queue."""
    columns = [
        _("Officer"),
        {"label": _("Overdue"), "is_number": True},
        {"label": _("Open cases"), "is_number": True},
        _("Today"),
    ]
    return Team(tiles=_tiles(user), officers=_officers(user), columns=columns)


def capped(n: int) -> str:
    return _("over %(n)d") % {"n": COUNTED_TO} if n > COUNTED_TO else str(n)


def _tiles(user: User) -> list[dict[str, str]]:
    waiting = Referral.objects.filter(status=Referral.Status.RECEIVED, participant__team=user.team_id)
    figures = waiting.order_by()[: COUNTED_TO + 1].aggregate(n=Count("pk"), oldest=Min("received_at"))
    rows = ImportRow.objects.filter(outcome=ImportRow.Outcome.QUARANTINED, settled_at=None)
    quarantined = rows.order_by()[: COUNTED_TO + 1].aggregate(n=Count("pk"))["n"]
    escalated = Notification.objects.filter(
        recipient=user, read_at=None, level=Notification.Level.ESCALATED
    ).order_by()[: COUNTED_TO + 1].aggregate(n=Count("pk"))["n"]  # fmt: skip
    return [
        {
            "figure": capped(figures["n"]),
            "label": _("waiting to be allocated"),
            "url": reverse("referrals:allocate"),
            "note": _("oldest since %(day)s") % {"day": day(figures["oldest"])} if figures["oldest"] else "",
        },
        {"figure": capped(escalated), "label": _("escalated to you"), "url": reverse("desk:notifications"), "note": ""},
        {
            "figure": capped(quarantined),
            "label": _("rows in quarantine"),
            "url": reverse("referrals:quarantine"),
            "note": "",
        },
    ]


def _officers(user: User) -> list[list[Any]]:
    """Each officer of the team: what is overdue, how full they are, and whether they are away today."""
    if not user.team_id:
        return []
    today = clock.today()
    officers = list(
        User.objects.active()
        .filter(team_id=user.team_id)
        .with_role(Role.VICTIM_CARE_OFFICER)
        .annotate(
            away_until=Max(
                "leave__until_on",
                filter=Q(leave__from_on__lte=today, leave__until_on__gte=today, leave__cancelled_at=None),
            )
        )[:100]
    )
    late = _overdue_by_officer(officers, today)
    open_cases = dict(
        Participant.objects.open()
        .filter(officer__in=officers)
        .values_list("officer")
        .annotate(n=Count("pk"))
        .values_list("officer", "n")
    )
    rows = []
    for officer in sorted(officers, key=lambda each: -late.get(each.pk, (0, None))[0]):
        n, oldest = late.get(officer.pk, (0, None))
        cases = f"{reverse('desk:cases')}?officer={officer.reference}"
        rows.append(
            [
                {"text": officer.display_name, "url": cases},
                {"text": n, "tone": "danger" if n else "", "note": due(oldest, today).lead if oldest else ""},
                {"text": open_cases.get(officer.pk, 0)},
                {"text": _("Away until %(day)s") % {"day": day(officer.away_until)} if officer.away_until else _("Here")},
            ]
        )
    return rows


def _overdue_by_officer(officers: list[User], today: date) -> dict[int, tuple[int, date]]:
    found = (
        Duty.objects.open()
        .due_before(today)
        .filter(owner=Duty.Owner.FORCE, participant__officer__in=officers, participant__closed_at=None)
        .order_by()
        .values_list("participant__officer")
        .annotate(n=Count("pk"), oldest=Min("due_on"))
    )
    return {officer: (n, oldest) for officer, n, oldest in found}


# --- Witness care ----------------------------------------------------------------------------------


def hearings_soon(user: User) -> list[dict[str, Any]]:
    """Hearings of this person's cases in the next five working days, and who has not been warned. One query."""
    today = clock.today()
    ends = next(islice(working_days_after(today, bank_holidays=england_and_wales()), HEARINGS_AHEAD - 1, None))
    unwarned = Q(requirements__status=WitnessRequirement.Status.REQUIRED) & ~Exists(
        Warning.objects.filter(requirement=OuterRef("requirements"), is_stand_down=False)
    )
    rows = (
        Hearing.objects.filter(
            listed_on__gte=today, listed_on__lte=ends, moved_to=None, case__in=Case.objects.visible_to(user)
        )
        .select_related("court", "case")
        .annotate(unwarned=Count("requirements", filter=unwarned))
        .order_by("listed_on", "start_time")
    )
    return [_hearing(hearing) for hearing in rows[:AT_MOST]]


def _hearing(hearing: Any) -> dict[str, Any]:
    what = f"{hearing.get_type_display()}, {hearing.court.name}"
    n = hearing.unwarned
    return {
        "what": what,
        "who": what,
        "url": reverse("courts:hearing", args=[hearing.reference]),
        "when": day(hearing.listed_on),
        "when_note": f"{hearing.start_time:%H:%M}" if hearing.start_time else "",
        "why": ngettext("%(n)d witness not yet warned.", "%(n)d witnesses not yet warned.", n) % {"n": n}
        if n
        else _("Everybody is warned."),
        "tone": "today" if n else "",
    }


# --- Special measures ------------------------------------------------------------------------------


def measures_to_check(user: User) -> tuple[list[dict[str, Any]], list[Participant]]:
    """Measures nobody has checked, the oldest first, of people this advisor may see. One query."""
    rows = list(
        SpecialMeasure.objects.filter(checked_by=None, participant__in=Participant.objects.visible_to(user))
        .exclude(asked_by=user)
        .exclude(status=SpecialMeasure.Status.DECLINED)
        .select_related("participant__person", "participant__case", "asked_by")
        .order_by("status_on", "pk")[:AT_MOST]
    )
    url = reverse("courts:measures")
    said = [
        {
            "what": _("Check %(measure)s for %(who)s")
            % {"measure": str(row.get_measure_display()).lower(), "who": row.participant.person.name},
            "who": row.participant.person.name,
            "url": reverse("desk:summary", args=[row.participant.case.reference, row.participant.reference]),
            "when": day(row.status_on),
            "when_note": str(row.get_status_display()).lower(),
            "why": row.why,
            "button": {"label": _("Check"), "url": url, "is_primary": False},
        }
        for row in rows
    ]
    return said, [row.participant for row in rows]
