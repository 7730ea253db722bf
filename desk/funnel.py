"""The funnel: how far each victim referred to us came. Counted from the rows, in one query."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from contacts.models import Contact
from needs_assessments.models import NeedsAssessment
from referrals.models import OnwardReferral, Referral
from victimcare.accounts.access import allow
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.access import listed
from victimcare.cases.models import Event, Participant, may_see
from victimcare.govuk.dates import day as short_day
from victimcare.govuk.forms import ChoiceSelect, DateInputField, Form
from victimcare.http import Request
from victimcare.working_days import LONDON

PAGE = 25
SLOW = 0.05  # seconds


@dataclass(frozen=True)
class Step:
    """One step of the funnel: its key, how a page says it, and which referrals came so far."""

    key: str
    label: Promise
    came_here: Callable[[], Q]


def _whose(model: Any, **filters: Any) -> Exists:
    return Exists(model.objects.filter(participant=OuterRef("participant"), **filters))


def _called(**filters: Any) -> Q:
    return Q(_whose(Contact, direction=Contact.Direction.OUT, is_by_unit=True, **filters))


STEPS = {
    step.key: step
    for step in (
        Step("received", gettext_lazy("Received"), lambda: Q(participant__role=Participant.Role.VICTIM)),
        Step("suppressed", gettext_lazy("Suppressed"), lambda: Q(status=Referral.Status.SUPPRESSED)),
        Step("allocated", gettext_lazy("Allocated"), lambda: Q(allocated_at__isnull=False)),
        Step("attempted", gettext_lazy("Attempted"), lambda: _called()),
        Step(
            "reached",
            gettext_lazy("Reached by a first call"),
            lambda: _called(channel=Contact.Channel.PHONE, outcome=Contact.Outcome.REACHED),
        ),
        Step(
            "assessed",
            gettext_lazy("Needs assessed"),
            lambda: Q(_whose(NeedsAssessment, status=NeedsAssessment.Status.COMPLETED)),
        ),
        Step("referred_on", gettext_lazy("Referred on"), lambda: Q(_whose(OnwardReferral))),
        Step("closed", gettext_lazy("Closed"), lambda: Q(participant__closed_at__isnull=False)),
    )
}
# Not a step: those nobody has decided about yet. On the dashboard, and as a list.
WAITING = Step("waiting", gettext_lazy("Not yet allocated"), lambda: Q(status=Referral.Status.RECEIVED))
LISTS = STEPS | {WAITING.key: WAITING}
# Suppressed and closed are counted, but are not steps a victim goes through on the way to support.
ON_THE_WAY = ("received", "allocated", "attempted", "reached", "assessed", "referred_on")


@dataclass(frozen=True)
class Cohort:
    """Which referrals are counted: received from and to (London dates, both in), a team, an offence flag."""

    start: date | None = None
    end: date | None = None
    team: int | None = None
    flag: str = ""

    def referrals(self) -> QuerySet[Referral]:
        found = Referral.objects.filter(participant__role=Participant.Role.VICTIM)
        if self.start:
            found = found.filter(received_at__gte=midnight(self.start))
        if self.end:
            found = found.filter(received_at__lt=midnight(self.end + timedelta(days=1)))
        if self.team:
            found = found.filter(participant__team=self.team)
        if self.flag:
            found = found.filter(participant__case__flags__contains=[self.flag])
        return found


def midnight(day: date) -> datetime:
    """The first moment of a London day."""
    return datetime.combine(day, time(), LONDON)


def count_steps(referrals: QuerySet[Referral], steps: Mapping[str, Step] = STEPS) -> dict[str, int]:
    """How many of these referrals came to each step. One query."""
    return referrals.aggregate(**{key: Count("pk", filter=step.came_here()) for key, step in steps.items()})


def count_for(user: User, cohort: Cohort, steps: Mapping[str, Step] = STEPS) -> dict[str, int]:
    """The steps as this person is shown them.

    A count that took long (a whole year) is kept for a minute, or until anything is recorded anywhere: every
    fact that could change it is an event, a contact or a referral.
    """
    last = [model.objects.aggregate(last=Max("pk"))["last"] for model in (Referral, Contact, Event)]
    key = "funnel:" + ":".join(
        map(str, (user.pk, *user.roles, user.team_id, *steps, *astuple(cohort), *last))
    )
    kept: dict[str, int] | None = cache.get(key := hashlib.sha256(key.encode()).hexdigest())
    if kept is not None:
        return kept
    started = monotonic()
    counts = count_steps(in_the_figures_of(cohort.referrals(), user), steps)
    if monotonic() - started > SLOW:
        cache.set(key, counts, timeout=60)
    return counts


def in_the_figures_of(referrals: QuerySet[Referral], user: User) -> QuerySet[Referral]:
    """The referrals whose counts this person is shown: all for those who only count; the team's; own."""
    if user.has_role(Role.ANALYST) or user.has_role(Role.AUDITOR):
        return referrals
    if user.has_role(Role.SUPERVISOR):
        return referrals.filter(Q(participant__team=user.team_id) | Q(participant__team=None))
    own = Q(pk__in=[])
    if user.has_role(Role.VICTIM_CARE_OFFICER):
        own |= Q(participant__officer=user)
    if user.has_role(Role.WITNESS_CARE_OFFICER):
        own |= Q(participant__case__witness_care_officer=user)
    return referrals.filter(own)


class CohortForm(Form):
    """Which referrals the funnel counts. Empty means everything."""

    mark_optional = False
    from_ = DateInputField(label=gettext_lazy("From"), required=False)
    to = DateInputField(label=gettext_lazy("To"), required=False)
    team = ChoiceSelect(
        label=gettext_lazy("Team"), choices=(), blank=gettext_lazy("All teams"), required=False
    )
    flag = ChoiceSelect(
        label=gettext_lazy("Offence flag"), choices=(), blank=gettext_lazy("All"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.filter(kind=Team.Kind.VICTIM_CARE).values_list("pk", "name")
        self.fields["team"].choices = [(str(pk), name) for pk, name in teams]
        self.fields["flag"].choices = FLAGS

    def add_prefix(self, field_name: str) -> str:
        """`from` is a word of Python's; the address says ?from=."""
        return super().add_prefix(field_name.rstrip("_"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("from_") and said.get("to") and said["to"] < said["from_"]:
            self.add_error("to", _("The last day must not be before the first. Change one of them."))
        return said

    def cohort(self) -> Cohort:
        said = self.cleaned_data
        team = int(said["team"]) if said.get("team") else None
        return Cohort(said.get("from_"), said.get("to"), team, said.get("flag") or "")


FLAGS = (
    ("DA", gettext_lazy("Domestic abuse")),
    ("RASSO", gettext_lazy("Rape and serious sexual offences")),
    ("STALKING", gettext_lazy("Stalking")),
    ("HATE", gettext_lazy("Hate crime")),
    ("MSHT", gettext_lazy("Modern slavery")),
    ("HBA", gettext_lazy("Honour-based abuse")),
    ("CSE", gettext_lazy("Child sexual exploitation")),
    ("CYBER", gettext_lazy("Online crime")),
    ("ASB", gettext_lazy("Anti-social behaviour")),
    ("HOMICIDE", gettext_lazy("Homicide")),
)


@allow(Permission.VIEW_DASHBOARD)
@require_safe
def funnel(request: Request) -> HttpResponse:
    """Each step with its count and share, and the list behind each number for those who may see lists."""
    form = CohortForm(request.GET or None)
    cohort = form.cohort() if form.is_bound and form.is_valid() else Cohort()
    counts = count_for(request.user, cohort)
    context = {
        "form": form,
        "counts": counts,
        "cohort": cohort,
        "period": period(cohort),
        "chart": chart(counts),
        "columns": [
            _("Step"),
            {"label": _("Victims"), "is_number": True},
            {"label": _("Of those received"), "is_number": True},
        ],
        "rows": [row(key, counts, cohort, request.user) for key in STEPS],
    }
    return render(request, "desk/funnel.html", context)


def row(key: str, counts: dict[str, int], cohort: Cohort, user: User) -> list[Any]:
    url = step_url(key, cohort) if user.may(Permission.VIEW_LISTS) else ""
    return [
        STEPS[key].label,
        {"text": f"{counts[key]:,}", "url": url},
        share(counts[key], counts["received"]),
    ]


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def chart(counts: dict[str, int]) -> list[dict[str, Any]]:
    return [{"label": STEPS[key].label, "value": counts[key]} for key in ON_THE_WAY]


def step_url(key: str, cohort: Cohort) -> str:
    said = {
        "from": cohort.start.isoformat() if cohort.start else "",
        "to": cohort.end.isoformat() if cohort.end else "",
        "team": cohort.team or "",
        "flag": cohort.flag,
    }
    query = urlencode({name: value for name, value in said.items() if value})
    return reverse("desk:funnel-step", args=[key]) + (f"?{query}" if query else "")


def period(cohort: Cohort) -> str:
    """Received from Mon 16 Nov to Sun 22 Nov."""
    start, end = short_day(cohort.start), short_day(cohort.end)
    if start and end:
        return _("Received from %(start)s to %(end)s") % {"start": start, "end": end}
    if start:
        return _("Received since %(start)s") % {"start": start}
    if end:
        return _("Received up to %(end)s") % {"end": end}
    return _("Everything received so far")


SHOWN = (
    "received_at",
    "status",
    "participant__reference",
    "participant__closed_at",
    "participant__closure_reason",
    "participant__person__preferred_name",
    "participant__person__given_names",
    "participant__person__surname",
    "participant__case__reference",
    "participant__case__offence_title",
    "participant__officer__display_name",
)


@allow(Permission.VIEW_LISTS)
@require_safe
def funnel_step(request: Request, step: str) -> HttpResponse:
    """The victims behind one number, newest first, those this person may open. Twenty-five a page."""
    if step not in LISTS:
        raise Http404
    form = CohortForm(request.GET or None)
    cohort = form.cohort() if form.is_bound and form.is_valid() else Cohort()
    found = (
        cohort.referrals()
        .filter(LISTS[step].came_here(), may_see(request.user, "participant__"))
        .select_related("participant__person", "participant__case", "participant__officer")
        .only(*SHOWN)
        .order_by("-pk")
    )
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 18:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE + 1])
    shown, more = page[:PAGE], len(page) > PAGE
    listed(request, [referral.participant for referral in shown])
    query = request.GET.copy()
    if more:
        query["before"] = str(shown[-1].pk)
    context = {
        "step": LISTS[step],
        "period": period(cohort),
        "columns": [_("Received"), _("Who"), _("Offence"), _("Officer"), _("How it stands")],
        "rows": [_line(referral) for referral in shown],
        "older_url": f"?{query.urlencode()}" if more else "",
    }
    return render(request, "desk/funnel_step.html", context)


def _line(referral: Referral) -> list[Any]:
    part = referral.participant
    stands = part.get_closure_reason_display() if part.closed_at else referral.get_status_display()
    return [
        short_day(referral.received_at.astimezone(LONDON).date()),
        {
            "text": part.person.name,
            "note": part.case.reference,
            "url": reverse("desk:summary", args=[part.case.reference, part.reference]),
        },
        part.case.offence_title,
        part.officer.display_name if part.officer else _("Nobody yet"),
        stands,
    ]
