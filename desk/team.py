"""What somebody sees first who answers for others: the team, witness care, the measures to check."""

from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance.models import Breach, Excuse
from courts.models import Hearing, SpecialMeasure, Warning, WitnessRequirement
from desk.counted import Counted, by_officer
from desk.handover import not_received
from referrals.models import Referral
from referrals.officers import loads_today
from victimcare import clock
from victimcare.accounts.models import Leave, Notification, User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Participant
from victimcare.govuk.dates import day
from victimcare.govuk.dates import due as said_due
from victimcare.intake.models import ImportRow
from victimcare.lookups import how_many
from victimcare.working_days import england_and_wales, working_days_after

COUNTED_TO = 1000  # beyond this nobody needs the exact number on a home page
HEARINGS_AHEAD = 5  # working days
AT_MOST = 50
SHOWN_OF_HEARINGS = (
    *("reference", "type", "listed_on", "start_time", "court__name"),
    *("case__reference", "case__offence_title"),
)


@dataclass
class Team:
    """The team as its supervisor starts the day: figures that are links, and one row an officer."""

    tiles: list[dict[str, str]] = field(default_factory=list)
    officers: list[list[Any]] = field(default_factory=list)
    columns: list[Any] = field(default_factory=list)
    waiting: str = "0"
    late: int = 0


def team_of(user: User) -> Team:
    """Thirteen queries at most, however large the team or the queue."""
    officers, late = _officers(user)
    tiles = _tiles(user)
    columns = [
        _("Officer"),
        {"label": _("Late"), "is_number": True},
        {"label": _("Caseload"), "is_number": True},
        _("Today"),
    ]
    return Team(tiles=tiles, officers=officers, columns=columns, waiting=tiles[0]["figure"], late=late)


def capped(n: int) -> str:
    return _("over %(n)d") % {"n": COUNTED_TO} if n > COUNTED_TO else str(n)


def _tiles(user: User) -> list[dict[str, str]]:
    waiting = Referral.objects.to_allocate_by(user).unallocated()
    figures = waiting.order_by()[: COUNTED_TO + 1].aggregate(n=Count("pk"), oldest=Min("received_at"))
    counted = (
        ImportRow.objects.in_quarantine(),
        Notification.objects.filter(recipient=user, read_at=None, level=Notification.Level.ESCALATED),
        Excuse.objects.to_decide_by(user),
    )
    asked = (how_many(rows.order_by(), at_most=COUNTED_TO) for rows in counted)
    quarantined, escalated, excuses = User.objects.filter(pk=user.pk).values_list(*asked).get()
    return [
        {
            "figure": capped(figures["n"]),
            "label": _("waiting to be allocated"),
            "url": reverse("referrals:allocate"),
            "note": _("oldest since %(day)s") % {"day": day(figures["oldest"])} if figures["oldest"] else "",
        },
        {
            "figure": capped(escalated),
            "label": _("escalated to you"),
            "url": reverse("desk:notifications"),
            "note": "",
        },
        {
            "figure": capped(quarantined),
            "label": _("rows in quarantine"),
            "url": reverse("intake:quarantine"),
            "note": "",
        },
        {
            "figure": capped(not_received(user, most=COUNTED_TO + 1)),
            "label": _("handed over, not received"),
            "url": reverse("desk:handovers"),
            "note": "",
        },
        {
            "figure": capped(excuses),
            "label": ngettext("duty somebody asks to excuse", "duties somebody asks to excuse", excuses),
            "url": reverse("compliance:excuses"),
            "note": "",
        },
        _breaches(user),
    ]


def _breaches(user: User) -> dict[str, str]:
    """Missed duties nobody has answered for, and how many of them are past their day."""
    rows = Breach.objects.visible_to(user).filter(state=Breach.State.OPEN)
    figures = rows.order_by()[: COUNTED_TO + 1].aggregate(
        n=Count("pk"), late=Count("pk", filter=Q(due_on__lt=clock.today()))
    )
    return {
        "figure": capped(figures["n"]),
        "label": _("breaches to accept or dispute"),
        "url": reverse("compliance:breaches"),
        "note": _("%(n)d late") % {"n": figures["late"]} if figures["late"] else "",
    }


def _officers(user: User) -> tuple[list[list[Any]], int]:
    """Each officer of the team: what is late, how full they are, who is away; and how much is late in all."""
    if not user.team_id:
        return [], 0
    today = clock.today()
    officers = User.objects.active().filter(team_id=user.team_id).with_role(Role.VICTIM_CARE_OFFICER)
    members = officers.only("reference", "working_hours").in_bulk()
    loads = loads_today(user, today)
    away = dict(
        Leave.objects.filter(user__in=members, from_on__lte=today, until_on__gte=today, cancelled_at=None)
        .order_by("until_on")
        .values_list("user", "until_on")
    )
    due = by_officer(user, list(members), today)
    rows = [
        [
            {
                "text": load.name,
                "url": f"{reverse('desk:cases')}?officer={members[load.officer_id].reference}",
            },
            late_cell(due[load.officer_id], today),
            {"text": f"{round(load.share * 100)}%", "tone": "danger"}
            if load.share > 1
            else f"{round(load.share * 100)}%",
            _whereabouts(members[load.officer_id], away.get(load.officer_id), today),
        ]
        for load in sorted(
            (load for load in loads if load.officer_id in members),
            key=lambda each: (-due[each.officer_id].late, each.name),
        )
    ]
    return rows, sum(each.late for each in due.values())


def _whereabouts(officer: User, away_until: date | None, today: date) -> str:
    """Away, off because they do not work on this day of the week, or here."""
    if away_until:
        return _("Away until %(day)s") % {"day": day(away_until)}
    return _("Day off") if officer.working_hours and not officer.hours_on(today) else _("Here")


def late_cell(due: Counted, today: date) -> Any:
    """How much is late, and how late the oldest of it is."""
    if not due.late or due.oldest is None:
        return "0"
    note = _("the oldest %(late)s") % {"late": said_due(due.oldest, today).lead}
    return {"text": due.late, "tone": "danger", "note": note}


# --- Witness care ----------------------------------------------------------------------------------


def hearings_soon(user: User) -> list[dict[str, Any]]:
    """Hearings of this person's cases in the next five working days, and who is not warned. One query."""
    today = clock.today()
    ends = next(
        islice(working_days_after(today, bank_holidays=england_and_wales()), HEARINGS_AHEAD - 1, None)
    )
    unwarned = Q(requirements__status=WitnessRequirement.Status.REQUIRED) & ~Exists(
        Warning.objects.filter(requirement=OuterRef("requirements"), is_stand_down=False)
    )
    rows = (
        Hearing.objects.filter(listed_on__gte=today, listed_on__lte=ends, moved_to=None)
        .visible_to(user)
        .select_related("court", "case")
        .annotate(
            unwarned=Count("requirements", filter=unwarned),
            required=Count("requirements", filter=Q(requirements__status=WitnessRequirement.Status.REQUIRED)),
        )
        .only(*SHOWN_OF_HEARINGS)
        .order_by("listed_on", "start_time")
    )
    return [_hearing(hearing) for hearing in rows[:AT_MOST]]


def _hearing(hearing: Any) -> dict[str, Any]:
    what = f"{hearing.get_type_display()}, {hearing.court.name}"
    n = hearing.unwarned
    if n:
        why = ngettext("%(n)d witness not yet warned.", "%(n)d witnesses not yet warned.", n) % {"n": n}
    else:
        why = _("Everybody is warned.") if hearing.required else _("Nobody has to give evidence.")
    return {
        "what": what,
        "who": what,
        "url": reverse("courts:hearing", args=[hearing.reference]),
        "when": day(hearing.listed_on),
        "when_note": f"{hearing.start_time:%H:%M}" if hearing.start_time else "",
        "why": f"{why} {hearing.case.offence_title}, {hearing.case.reference}.",
        "tone": "today" if n else "",
    }


# --- Special measures ------------------------------------------------------------------------------


def measures_to_check(user: User) -> tuple[list[dict[str, Any]], list[Participant]]:
    """Measures nobody has checked, the oldest first, of people this advisor may see. One query."""
    rows = list(
        SpecialMeasure.objects.visible_to(user)
        .filter(checked_by=None)
        .exclude(asked_by=user)
        .exclude(status=SpecialMeasure.Status.DECLINED)
        .select_related("participant__person", "participant__case", "asked_by")
        .order_by("status_on", "pk")[:AT_MOST]
    )
    said = [
        {
            "what": _("Check %(measure)s for %(who)s")
            % {"measure": str(row.get_measure_display()).lower(), "who": row.participant.person.name},
            "who": row.participant.person.name,
            "url": reverse("desk:summary", args=[row.participant.case.reference, row.participant.reference]),
            "when": day(row.status_on),
            "when_note": str(row.get_status_display()).lower(),
            "why": row.why,
            "button": {"label": _("Check"), "url": _measure(row, "check-measure"), "is_primary": False},
        }
        for row in rows
    ]
    return said, [row.participant for row in rows]


def _measure(row: SpecialMeasure, page: str) -> str:
    part = row.participant
    return reverse(f"courts:{page}", args=[part.case.reference, part.reference, row.reference])
