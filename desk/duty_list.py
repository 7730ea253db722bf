"""The list behind a number of the dashboards: duties by the day they fall due, as many as the number says."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from compliance import words
from compliance.models import OURS, Duty
from desk.figures import EXTERNAL, STANDINGS, left_out
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Permission
from victimcare.cases import offence_groups
from victimcare.cases.access import listed
from victimcare.govuk.dates import day as short_day
from victimcare.http import Request

PAGE = 25
COUNTED_TO = 100
OWN = "own"  # in an address: our own standards, not the Code's
NOBODY = "-"  # in an address: no officer, no team, no area

OWED_BY_OURS = ~Q(owner__in=EXTERNAL)


def standing(today: date) -> dict[str, Q]:
    """How a timed duty stands on a day. Every duty is in exactly one of these: the words of `rollups.STANDING`."""
    past = Q(status=Duty.Status.OPEN, due_on__lt=today)
    return {
        "in_time": Q(status=Duty.Status.MET),
        "late": Q(status=Duty.Status.MET_LATE),
        "missed": past & OURS,
        "no_evidence": past & ~OURS,
        "not_due": Q(status=Duty.Status.OPEN, due_on__gte=today),
        "declined": Q(status=Duty.Status.DECLINED),
        "exempt": Q(status=Duty.Status.EXEMPT),
        "not_applicable": Q(status=Duty.Status.NOT_APPLICABLE),
    }


def live(today: date) -> dict[str, Q]:
    """What is still to be done by us, for victims who are not closed: work, not compliance.

    What nobody was allocated is to be done like the rest, and is apart once it is late.
    """
    to_do = Q(status=Duty.Status.OPEN, participant__closed_at=None) & OWED_BY_OURS
    past = to_do & Q(due_on__lt=today)
    return {"overdue": past & OURS, "unallocated": past & ~OURS, "to_do": to_do & Q(due_on__gte=today)}


def labels() -> dict[str, str]:
    """Every way to ask how a duty stands, in words."""
    said = {name: str(label) for name, label in STANDINGS.items()}
    return said | {
        "overdue": _("Overdue now"),
        "unallocated": _("Past their last day and allocated to nobody"),
        "to_do": _("To be done"),
    }


@dataclass(frozen=True)
class Asked:
    """What a list of duties was asked for. What cannot be read is left out, never an error."""

    right: int | None = None
    status: str = ""
    owner: str = ""  # ours: the force and witness care; unit: those who answer to the unit; or one owner
    start: date | None = None
    end: date | None = None
    after: tuple[date, int] | None = None
    rule: str = ""
    of: str = ""  # code: without our own standards; own: them alone
    tier: str = ""
    team: str = ""  # its number, or -
    officer: str = ""  # a reference, or -
    area: str = ""
    group: str = ""  # of offences

    @classmethod
    def read(cls, request: Request) -> "Asked":
        said = request.GET
        right, status, owner, team = (said.get(name, "") for name in ("right", "status", "owner", "team"))
        start, end = _day(said.get("from", "")), _day(said.get("to", ""))
        if start and end and end < start:
            start = end = None
        return cls(
            int(right) if right in {str(n) for n in range(13)} else None,
            status if status in labels() else "",
            owner if owner in {"ours", "unit", *Duty.Owner.values} else "",
            start,
            end,
            _place(said.get("after", "")),
            said.get("rule", "")[:30],
            said.get("of", "") if said.get("of") in {"code", OWN} else "",
            said.get("tier", "") if said.get("tier") in {"enhanced", "standard"} else "",
            team if team == NOBODY or (team.isascii() and team.isdigit() and len(team) < 10) else "",
            said.get("officer", "")[:20],
            said.get("area", "")[:40],
            said.get("group", "") if said.get("group") in dict(offence_groups.choices()) else "",
        )

    def problems(self, request: Request) -> list[str]:
        """What of the address was left out, in sentences."""
        start, end = _day(request.GET.get("from", "")), _day(request.GET.get("to", ""))
        is_backwards = start is not None and end is not None and end < start
        backwards = _("The last day must not be before the first. Change one of them.")
        read = {"right": self.right, "status": self.status, "owner": self.owner, "of": self.of}
        read |= {"tier": self.tier, "team": self.team, "group": self.group, "from": start, "to": end}
        return [*left_out(request, **read), *([backwards] if is_backwards else [])]

    def filters(self, duties: QuerySet[Duty], today: date) -> QuerySet[Duty]:
        """Those of these duties that are asked for."""
        for is_so in (*self._of_the_duty(today), *self._of_whose_it_is(), *self._of_the_day()):
            duties = duties.filter(is_so)
        return duties

    def _of_the_duty(self, today: date) -> list[Q]:
        said = []
        if self.right is not None:
            its_right = Q(right=self.right, is_local=self.of == OWN)
            said.append(its_right if self.right else Q(is_local=True))
        if self.status:
            said.append((standing(today) | live(today))[self.status])
        if self.rule:
            said.append(Q(rule=self.rule))
        if self.of:
            said.append(Q(is_local=self.of == OWN))
        if self.tier:
            said.append(Q(enhanced_applied=self.tier == "enhanced"))
        return said

    def _of_whose_it_is(self) -> list[Q]:
        owners = {"ours": OWED_BY_OURS, "unit": OURS}
        said = [owners.get(self.owner, Q(owner=self.owner))] if self.owner else []
        if self.team:
            said.append(Q(team=None) if self.team == NOBODY else Q(team=int(self.team)))
        if self.officer:
            said.append(Q(officer=None) if self.officer == NOBODY else Q(officer__reference=self.officer))
        if self.area:
            said.append(Q(case__policing_area="" if self.area == NOBODY else self.area))
        if self.group:
            classes = offence_groups.GROUPS.get(self.group)
            in_it = Q(case__offence_code__in=classes.classes if classes else offence_groups.GROUPED)
            said.append(in_it if classes else ~in_it)
        return said

    def _of_the_day(self) -> list[Q]:
        said = [Q(due_on__gte=self.start)] if self.start else []
        if self.end:
            said.append(Q(due_on__lte=self.end))
        if self.after:
            due_on, pk = self.after
            said.append(Q(due_on__gte=due_on) & (Q(due_on__gt=due_on) | Q(due_on=due_on, pk__gt=pk)))
        return said


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
    found = asked.filters(visible, today).order_by("due_on", "pk")
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
        "problems": asked.problems(request),
        "heading": list_heading(asked),
        "how_many": how_many(replace(asked, after=None).filters(visible, today)),
        "chips": chips(request, asked),
        "columns": [_("Due"), _("What is owed"), _("Right"), _("Who answers"), _("How it stands")],
        "rows": [duty_row(duty, today) for duty in shown],
        "older_url": f"?{query.urlencode()}" if len(page) > PAGE else "",
    }
    return render(request, "desk/duties.html", context)


def how_many(found: QuerySet[Duty]) -> str:
    """12 duties; over 100 where counting on would cost more than it says. In the order of the page, by its index."""
    n = len(found.order_by("due_on", "pk").values_list("pk")[: COUNTED_TO + 1])
    said = _("over %(n)d") % {"n": COUNTED_TO} if n > COUNTED_TO else f"{n:,}"
    return ngettext("%(how_many)s duty.", "%(how_many)s duties.", n) % {"how_many": said}


def list_heading(asked: Asked) -> str:
    what = labels()[asked.status] if asked.status else _("All duties")
    if asked.rule:
        return _("%(what)s: %(rule)s") % {"what": what, "rule": words.short(asked.rule)}
    if asked.right:
        return _("%(what)s: Right %(n)d") % {"what": what, "n": asked.right}
    return _("%(what)s: our own standards") % {"what": what} if asked.right == 0 else what


def chips(request: Request, asked: Asked) -> list[dict[str, Any]]:
    """What the list is narrowed by, each removable."""
    owners = {"ours": _("The force"), "unit": _("The unit and witness care"), **dict(Duty.Owner.choices)}
    said = {
        "right": asked.right is not None
        and (_("Right %(n)d") % {"n": asked.right} if asked.right else _("Our own standards")),
        "rule": asked.rule and words.short(asked.rule),
        "of": asked.of
        and (_("Our own standards") if asked.of == OWN else _("The Code, without our own standards")),
        "tier": asked.tier and tier_name(asked.tier),
        "status": asked.status and labels()[asked.status],
        "owner": asked.owner and owners[asked.owner],
        "team": asked.team and _team_name(asked.team),
        "officer": asked.officer and _officer_name(asked.officer),
        "area": asked.area and (_("No area") if asked.area == NOBODY else asked.area),
        "group": asked.group and dict(offence_groups.choices())[asked.group],
        "from": asked.start and _("Due from %(day)s") % {"day": short_day(asked.start)},
        "to": asked.end and _("Due up to %(day)s") % {"day": short_day(asked.end)},
    }
    shown = []
    for name, label in said.items():
        if label:
            without = request.GET.copy()
            without.pop(name, None)
            without.pop("after", None)
            shown.append({"label": label, "url": f"?{without.urlencode()}", "is_on": True})
    return shown


def tier_name(tier: str) -> str:
    return _("Enhanced rights") if tier == "enhanced" else _("Standard rights")


def _team_name(said: str) -> str:
    if said == NOBODY:
        return _("No team")
    return Team.objects.filter(pk=int(said)).values_list("name", flat=True).first() or _(
        "A team we do not have"
    )


def _officer_name(said: str) -> str:
    if said == NOBODY:
        return _("No officer of the unit")
    found = User.objects.filter(reference=said).values_list("display_name", flat=True).first()
    return found or _("An officer we do not have")


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
        else {
            "text": duty.get_owner_display(),
            "note": _("Nobody yet") if duty.owner == Duty.Owner.FORCE else "",
        },
        {"text": stands, "tone": "danger"}
        if key == "missed"
        else {"text": stands, "note": short_day(duty.settled_on) if duty.settled_on else ""},
    ]
