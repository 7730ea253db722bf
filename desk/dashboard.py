"""The compliance of a week, each number opening its list. Strict: a good reason makes nothing in time."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case as When
from django.db.models import Count, F, IntegerField, Q, QuerySet, Value
from django.db.models import When as If
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from compliance import words
from compliance.models import OURS, Duty
from desk import funnel
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed
from victimcare.govuk.dates import day as short_day
from victimcare.http import Request
from victimcare.working_days import add_working_days, england_and_wales

PAGE = 25
WEEKS = 8

IN_TIME = Q(status=Duty.Status.MET)
LATE = Q(status=Duty.Status.MET_LATE)
EXTERNAL = (Duty.Owner.CPS, Duty.Owner.HMCTS, Duty.Owner.PROBATION)


def standing(today: date) -> dict[str, Q]:
    """How a timed duty stands on a day. Every duty is in exactly one of these."""
    past = Q(status=Duty.Status.OPEN, due_on__lt=today)
    return {
        "in_time": IN_TIME,
        "late": LATE,
        "missed": past & OURS,
        "no_evidence": past & ~OURS,
        "not_due": Q(status=Duty.Status.OPEN, due_on__gte=today),
        "declined": Q(status=Duty.Status.DECLINED),
        "other": Q(status__in=[Duty.Status.EXEMPT, Duty.Status.NOT_APPLICABLE]),
    }


STANDINGS = {
    "in_time": gettext_lazy("In time"),
    "late": gettext_lazy("Late"),
    "missed": gettext_lazy("Missed"),
    "no_evidence": gettext_lazy("No evidence"),
    "not_due": gettext_lazy("Not yet due"),
    "declined": gettext_lazy("Declined"),
    "other": gettext_lazy("Exempt or not applicable"),
}


@dataclass(frozen=True)
class Week:
    """Monday to Sunday, London."""

    monday: date

    @classmethod
    def of(cls, day: date) -> "Week":
        return cls(day - timedelta(days=day.weekday()))

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def back(self, weeks: int) -> "Week":
        return Week(self.monday - timedelta(weeks=weeks))


def asked_week(request: Request, today: date) -> Week:
    """The week of `?week=2026-11-16`; this week when that is no date of a week we know."""
    try:
        asked = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        return Week.of(today)
    return Week.of(asked) if date(2021, 4, 5) <= asked <= today + timedelta(days=366) else Week.of(today)


@dataclass
class Line:
    """The figures of one right, or of one owner outside the force."""

    in_time: int = 0
    late: int = 0
    missed: int = 0
    no_evidence: int = 0
    not_due: int = 0
    declined: int = 0
    other: int = 0

    @property
    def owed(self) -> int:
        return sum(getattr(self, name) for name in STANDINGS)

    @property
    def judged(self) -> int:
        """What a strict share is a share of: due or told by now, and shown to us one way or the other."""
        return self.in_time + self.late + self.missed

    def __add__(self, other: "Line") -> "Line":
        return Line(*(getattr(self, name) + getattr(other, name) for name in STANDINGS))


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def dashboard(request: Request) -> HttpResponse:
    """Six numbers, the rights, eight weeks and the funnel."""
    user, today = request.user, clock.today()
    week = asked_week(request, today)
    duties = Duty.objects.current().timed().in_the_figures_of(user)
    by_owner = figures(duties.due_between(week.monday, week.sunday), today)
    ours = {key: line for key, line in by_owner.items() if key[1] not in EXTERNAL}
    theirs = {key: line for key, line in by_owner.items() if key[1] in EXTERNAL}
    # The line ends with the last whole week, or the one looked at.
    last = week if week.sunday < today else week.back(1)
    points = trend(duties, last, today)
    cohort = funnel.Cohort(week.monday, week.sunday)
    has_other = any(line.other for line in by_owner.values())
    counts = funnel.count_steps(funnel.in_the_figures_of(cohort.referrals(), user), funnel.LISTS)
    came = funnel.Figures.of(user, counts, cohort)
    links = Links(user, week)
    context = {
        "week": week,
        "is_this_week": week == Week.of(today),
        "earlier_url": f"?week={week.back(1).monday}",
        "later_url": f"?week={week.back(-1).monday}" if week.monday < Week.of(today).monday else "",
        "tiles": tiles(user, duties, ours, came, cohort, links, today),
        "columns": [
            _("Right"),
            *(
                {"label": label, "is_number": True}
                for label in (
                    _("Owed"),
                    _("In time, strict"),
                    _("Late"),
                    _("Missed"),
                    _("No evidence"),
                    _("Not yet due"),
                    *_settled_otherwise(has_other),
                )
            ),
            _("Missed by"),
        ],
        "rows": [
            right_row(right, ours, links, has_other)
            for right in sorted({key[0] for key in ours}, key=lambda n: n or 99)
        ],
        "outside_columns": [
            _("Who"),
            *(
                {"label": label, "is_number": True}
                for label in (
                    _("Owed"),
                    _("In time, strict"),
                    _("Late"),
                    _("No evidence"),
                    _("Not yet due"),
                    *_settled_otherwise(has_other),
                )
            ),
        ],
        "outside_rows": [
            owner_row(owner, theirs, links, has_other)
            for owner in EXTERNAL
            if any(key[1] == owner for key in theirs)
        ],
        "points": points,
        "trend_title": trend_title(points, is_over=week.sunday < today),
        "chart": funnel.chart(came, cohort, user),
        "chart_title": funnel.finding(came),
        "funnel_url": funnel_url(cohort),
    }
    return render(request, "desk/dashboard.html", context)


def _settled_otherwise(has_other: bool) -> list[str]:
    """What makes a row add up: declined, and what was exempt or did not apply where there is any."""
    return [_("Declined"), *([_("Exempt or not applicable")] if has_other else [])]


def figures(duties: QuerySet[Duty], today: date) -> dict[tuple[int, str], Line]:
    """The standing of these duties by right and owner; right 0 is our own standards. One query."""
    right = When(If(is_local=True, then=Value(0)), default=F("right"), output_field=IntegerField())
    counted = (
        duties.order_by()
        .values("owner", line=right)
        .annotate(**{name: Count("pk", filter=is_so) for name, is_so in standing(today).items()})
    )
    return {(row["line"], row["owner"]): Line(**{name: row[name] for name in STANDINGS}) for row in counted}


def trend(duties: QuerySet[Duty], last: Week, today: date) -> list[tuple[str, float | None]]:
    """The share told in time, strict, for eight weeks up to this one, of the Code's duties. One query."""
    first = last.back(WEEKS - 1)
    is_so = standing(today)
    counted = (
        duties.code()
        .exclude(owner__in=EXTERNAL)
        .due_between(first.monday, last.sunday)
        .order_by()
        .values("due_on")
        .annotate(**{name: Count("pk", filter=is_so[name]) for name in ("in_time", "late", "missed")})
    )
    weeks = [first.back(-n) for n in range(WEEKS)]
    lines = {week.monday: Line() for week in weeks}
    for row in counted:
        monday = Week.of(row["due_on"]).monday
        lines[monday] += Line(in_time=row["in_time"], late=row["late"], missed=row["missed"])
    return [
        (
            short_day(week.monday),
            round(100 * line.in_time / line.judged, 1) if (line := lines[week.monday]).judged else None,
        )
        for week in weeks
    ]


def trend_title(points: list[tuple[str, float | None]], *, is_over: bool) -> str:
    """The finding, in words, with the weeks it speaks of. `is_over`: the week looked at has ended."""
    known = [(label, share) for label, share in points if share is not None]
    if not known:
        return _("Nothing fell due in these weeks")
    (first, then), (last, now) = known[0], known[-1]
    said = {"first": first, "last": last, "then": f"{then:g}", "now": f"{now:g}"}
    if len(known) == 1:
        finding = _("%(now)s%% were told in time in the week of %(last)s") % said
    elif abs(now - then) < 1:
        finding = _("%(now)s%% were told in time in the week of %(last)s, as in that of %(first)s") % said
    elif now > then:
        finding = (
            _("Told in time rose from %(then)s%% to %(now)s%% in the weeks of %(first)s to %(last)s") % said
        )
    else:
        finding = (
            _("Told in time fell from %(then)s%% to %(now)s%% in the weeks of %(first)s to %(last)s") % said
        )
    return finding if is_over else _("%(finding)s; this week is not over") % {"finding": finding}


@dataclass(frozen=True)
class Links:
    """The list behind a number, for those who may see lists."""

    user: User
    week: Week

    def duties(self, **said: Any) -> str:
        if not self.user.may(Permission.VIEW_LISTS):
            return ""
        return (
            reverse("desk:duties")
            + "?"
            + urlencode({name: value for name, value in said.items() if value != ""})
        )

    def of_week(self, **said: Any) -> str:
        return self.duties(**said, **{"from": self.week.monday, "to": self.week.sunday})

    def step(self, key: str, cohort: funnel.Cohort) -> str:
        return funnel.step_url(key, cohort) if self.user.may(Permission.VIEW_LISTS) else ""


def funnel_url(cohort: funnel.Cohort) -> str:
    return reverse("desk:funnel") + "?" + urlencode({"from": cohort.start, "to": cohort.end})


def tiles(
    user: User,
    duties: QuerySet[Duty],
    ours: dict[tuple[int, str], Line],
    came: funnel.Figures,
    cohort: funnel.Cohort,
    links: Links,
    today: date,
) -> list[dict[str, Any]]:
    """Six numbers, each with what it is a part of."""
    tomorrow = add_working_days(today, 1, bank_holidays=england_and_wales())
    week = sum((line for (right, _owner), line in ours.items() if right), Line())
    live = duties.filter(status=Duty.Status.OPEN)
    overdue = live.filter(OURS, due_on__lt=today).count()
    due_next = live.filter(OURS, due_on=tomorrow).count()
    counts = came.counts
    return [
        {
            "figure": came.text("received"),
            "label": _("referrals received"),
            "url": links.step("received", cohort) if counts["received"] else "",
            "note": _("%(n)s suppressed") % {"n": came.text("suppressed")},
        },
        {
            "figure": came.text("waiting"),
            "label": _("not yet allocated"),
            "url": links.step("waiting", cohort) if counts["waiting"] else "",
            "note": _("of those received"),
        },
        {
            "figure": f"{overdue:,}",
            "label": _("overdue now"),
            "url": links.duties(status="missed") if overdue else "",
            "note": _("the unit's and witness care's"),
        },
        {
            "figure": funnel.share(week.in_time, week.judged),
            "label": _("told in time, strict"),
            "url": links.of_week(status="in_time", owner="ours") if week.in_time else "",
            "note": _("%(part)s of %(whole)s duties due in the week")
            % {"part": f"{week.in_time:,}", "whole": f"{week.judged:,}"},
        },
        {
            "figure": came.share("reached"),
            "label": _("reached by first call"),
            "url": links.step("reached", cohort) if counts["reached"] else "",
            "note": _("%(part)s of %(whole)s")
            % {"part": came.text("reached"), "whole": came.text("received")},
        },
        {
            "figure": f"{due_next:,}",
            "label": _("fall due next working day"),
            "url": links.duties(status="not_due", owner="unit", **{"from": tomorrow, "to": tomorrow})
            if due_next
            else "",
            "note": short_day(tomorrow),
        },
    ]


def right_row(right: int, lines: dict[tuple[int, str], Line], links: Links, has_other: bool) -> list[Any]:
    """One right of the force's: how much is owed, how it stands, and who answers for what was missed."""
    mine = {owner: line for (number, owner), line in lines.items() if number == right}
    total = sum(mine.values(), Line())
    name = f"{right} {words.RIGHTS[right]}" if right else _("Our own standards, not the Code's")

    def cell(number: int, **said: Any) -> dict[str, Any]:
        return {
            "text": f"{number:,}",
            "url": links.of_week(right=right, owner="ours", **said) if number else "",
        }

    accountable = ", ".join(
        f"{Duty.Owner(owner).label} {line.missed:,}" for owner, line in sorted(mine.items()) if line.missed
    )
    return [
        {"text": name, "url": links.of_week(right=right, owner="ours")},
        cell(total.owed),
        {
            **cell(total.in_time, status="in_time"),
            "text": funnel.share(total.in_time, total.judged),
            "note": _("%(part)s of %(whole)s") % {"part": f"{total.in_time:,}", "whole": f"{total.judged:,}"},
        },
        cell(total.late, status="late"),
        cell(total.missed, status="missed"),
        cell(total.no_evidence, status="no_evidence"),
        cell(total.not_due, status="not_due"),
        cell(total.declined, status="declined"),
        *([cell(total.other, status="other")] if has_other else []),
        accountable or "–",
    ]


def owner_row(owner: str, lines: dict[tuple[int, str], Line], links: Links, has_other: bool) -> list[Any]:
    """Somebody outside the force: kept apart, and never counted as missed without evidence."""
    total = sum((line for (_right, who), line in lines.items() if who == owner), Line())

    def cell(number: int, **said: Any) -> dict[str, Any]:
        return {"text": f"{number:,}", "url": links.of_week(owner=owner, **said) if number else ""}

    return [
        {"text": Duty.Owner(owner).label, "url": links.of_week(owner=owner)},
        cell(total.owed),
        {
            **cell(total.in_time, status="in_time"),
            "text": funnel.share(total.in_time, total.judged),
            "note": _("%(part)s of %(whole)s") % {"part": f"{total.in_time:,}", "whole": f"{total.judged:,}"},
        },
        cell(total.late, status="late"),
        cell(total.no_evidence, status="no_evidence"),
        cell(total.not_due, status="not_due"),
        cell(total.declined, status="declined"),
        *([cell(total.other, status="other")] if has_other else []),
    ]


# --- The list behind a number ----------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What a list of duties was asked for. What cannot be read is left out, never an error."""

    right: int | None = None
    status: str = ""
    owner: str = ""  # ours: the force and witness care; unit: those who answer to the unit; or one owner
    start: date | None = None
    end: date | None = None
    after: tuple[date, int] | None = None

    @classmethod
    def read(cls, request: Request) -> "Asked":
        said = request.GET
        right, status, owner = said.get("right", ""), said.get("status", ""), said.get("owner", "")
        return cls(
            int(right) if right in {str(n) for n in range(13)} else None,
            status if status in STANDINGS else "",
            owner if owner in {"ours", "unit", *Duty.Owner.values} else "",
            _day(said.get("from", "")),
            _day(said.get("to", "")),
            _place(said.get("after", "")),
        )

    def of(self, duties: QuerySet[Duty], today: date) -> QuerySet[Duty]:
        if self.right is not None:
            duties = (
                duties.filter(right=self.right, is_local=False)
                if self.right
                else duties.filter(is_local=True)
            )
        if self.status:
            duties = duties.filter(standing(today)[self.status])
        if self.owner == "ours":
            duties = duties.exclude(owner__in=EXTERNAL)
        elif self.owner == "unit":
            duties = duties.filter(OURS)
        elif self.owner:
            duties = duties.filter(owner=self.owner)
        if self.start:
            duties = duties.filter(due_on__gte=self.start)
        if self.end:
            duties = duties.filter(due_on__lte=self.end)
        if self.after:
            due_on, pk = self.after
            duties = duties.filter(Q(due_on__gt=due_on) | Q(due_on=due_on, pk__gt=pk), due_on__gte=due_on)
        return duties


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _place(said: str) -> tuple[date, int] | None:
    """Where the page before ended: 2026-11-20.1234."""
    day, _dot, pk = said.partition(".")
    due_on = _day(day)
    return (due_on, int(pk)) if due_on and pk.isascii() and pk.isdigit() and len(pk) < 18 else None


# What a row of the list shows: no other column of these six tables is fetched.
SHOWN = (
    "rule",
    "right",
    "owner",
    "is_local",
    "due_on",
    "status",
    "settled_on",
    "officer__display_name",
    "participant__reference",
    "participant__person__preferred_name",
    "participant__person__given_names",
    "participant__person__surname",
    "participant__case__reference",
)


@allow(Permission.VIEW_LISTS)
@require_safe
def duties(request: Request) -> HttpResponse:
    """The duties behind a number, by due date, those this person may open. Twenty-five a page."""
    today = clock.today()
    asked = Asked.read(request)
    visible = Duty.objects.current().timed().in_the_figures_of(request.user).visible_to(request.user)
    found = asked.of(visible, today).order_by("due_on", "pk")
    page = list(
        found.select_related("participant__person", "participant__case", "officer").only(*SHOWN)[: PAGE + 1]
    )
    shown = page[:PAGE]
    listed(request, list({duty.participant_id: duty.participant for duty in shown}.values()))
    query = request.GET.copy()
    if len(page) > PAGE:
        query["after"] = f"{shown[-1].due_on}.{shown[-1].pk}"
    context = {
        "asked": asked,
        "heading": list_heading(asked),
        "chips": chips(request),
        "columns": [_("Due"), _("What is owed"), _("Right"), _("Who answers"), _("How it stands")],
        "rows": [duty_row(duty, today) for duty in shown],
        "older_url": f"?{query.urlencode()}" if len(page) > PAGE else "",
    }
    return render(request, "desk/duties.html", context)


def list_heading(asked: Asked) -> str:
    what = str(STANDINGS[asked.status]) if asked.status else _("All duties")
    if asked.right:
        return _("%(what)s: Right %(n)d") % {"what": what, "n": asked.right}
    return _("%(what)s: our own standards") % {"what": what} if asked.right == 0 else what


def chips(request: Request) -> list[dict[str, Any]]:
    """What the list is narrowed by, each removable."""
    asked = Asked.read(request)
    labels = {
        "right": asked.right is not None
        and (_("Right %(n)d") % {"n": asked.right} if asked.right else _("Our own standards")),
        "status": asked.status and STANDINGS[asked.status],
        "owner": asked.owner
        and {"ours": _("The force"), "unit": _("The unit and witness care"), **dict(Duty.Owner.choices)}[
            asked.owner
        ],
        "from": asked.start and _("Due from %(day)s") % {"day": short_day(asked.start)},
        "to": asked.end and _("Due up to %(day)s") % {"day": short_day(asked.end)},
    }
    shown = []
    for name, label in labels.items():
        if label:
            without = request.GET.copy()
            without.pop(name, None)
            without.pop("after", None)
            shown.append({"label": label, "url": f"?{without.urlencode()}", "is_on": True})
    return shown


def duty_row(duty: Duty, today: date) -> list[Any]:
    part = duty.participant
    is_past = duty.status == Duty.Status.OPEN and duty.due_on is not None and duty.due_on < today
    key = "missed" if is_past and duty.is_ours else "no_evidence" if is_past else ""
    stands = STANDINGS[key] if key else duty.get_status_display()
    return [
        short_day(duty.due_on),
        {
            "text": words.asks(duty.rule, part.person.name),
            "note": part.case.reference,
            "url": reverse("compliance:explain", args=[duty.pk]),
        },
        words.why(duty.right, is_local=duty.is_local),
        duty.officer.display_name
        if duty.officer and duty.owner == Duty.Owner.FORCE
        else duty.get_owner_display(),
        {"text": stands, "tone": "danger"}
        if key == "missed"
        else {"text": stands, "note": short_day(duty.settled_on) if duty.settled_on else ""},
    ]
