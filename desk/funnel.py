"""The funnel: how far each victim referred to us came. Counted from the rows, in one query."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from compliance.kept import kept_a_minute
from compliance.reader import TOO_FEW, Reader
from contacts.models import Contact
from desk.figures import dashboards
from needs_assessments.models import NeedsAssessment
from referrals.models import OnwardReferral, Referral
from referrals.rules.book import because as because_of
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases import offence_groups
from victimcare.cases.access import listed
from victimcare.cases.counting import leads_witness_care, may_count, only_counts
from victimcare.cases.models import Participant, may_see
from victimcare.cases.offence_groups import GROUPED, GROUPS
from victimcare.govuk.dates import day as short_day
from victimcare.govuk.forms import ChoiceSelect, DateInputField, Form
from victimcare.http import Request, moment_from
from victimcare.working_days import LONDON

PAGE = 25


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
WAITING = Step(
    "waiting",
    gettext_lazy("Not yet allocated"),
    lambda: Q(status=Referral.Status.RECEIVED, participant__closed_at__isnull=True),
)
LISTS = STEPS | {WAITING.key: WAITING}
# Counted in every figure, but no step a victim goes through on the way to support: drawn paler.
BESIDE_THE_WAY = ("suppressed", "closed")


@dataclass(frozen=True)
class Cohort:
    """Which referrals are counted: received from and to (London dates, both in), by team, flag, offence."""

    start: date | None = None
    end: date | None = None
    team: int | None = None
    flag: str = ""
    group: str = ""  # of offences: a name in `offence_groups`

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
        if self.group in GROUPS:
            found = found.filter(participant__case__offence_code__in=GROUPS[self.group].classes)
        elif self.group:
            found = found.exclude(participant__case__offence_code__in=GROUPED)
        return found

    def before(self, today: date) -> "Cohort | None":
        """The same referrals in the period before: as many whole months, or else as many days.

        None where the period has no beginning, or has not begun.
        """
        start, end = self.start, self.end or today
        if start is None or end < start:
            return None
        last = start - timedelta(days=1)
        months = whole_months(start, end)
        first = months_back(start, months) if months else start - (end - start) - timedelta(days=1)
        return replace(self, start=first, end=last)

    @property
    def is_everything(self) -> bool:
        return self == Cohort()


def whole_months(start: date, end: date) -> int:
    """How many calendar months this is; 0 when it is not a number of whole ones."""
    if start.day != 1 or (end + timedelta(days=1)).day != 1:
        return 0
    return (end.year - start.year) * 12 + end.month - start.month + 1


def months_back(first: date, months: int) -> date:
    """The first of the month so many months before."""
    place = first.year * 12 + first.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)


def midnight(day: date) -> datetime:
    """The first moment of a London day."""
    return datetime.combine(day, time(), LONDON)


def count_steps(referrals: QuerySet[Referral], steps: Mapping[str, Step] = STEPS) -> dict[str, int]:
    """How many of these referrals came to each step. One query."""
    return referrals.aggregate(**{key: Count("pk", filter=step.came_here()) for key, step in steps.items()})


def count_for(
    user: User, cohort: Cohort, steps: Mapping[str, Step] = STEPS, *, newest: tuple[Any, ...] | None = None
) -> dict[str, int]:
    """The steps as this person is shown them.

    A count that took long (a whole year) is kept for a minute, or until anything is recorded anywhere: every
    fact that could change it is an event, a contact or a referral.
    """
    last = newest or newest_rows()
    said = ("funnel", user.pk, *user.roles, user.team_id, *steps, cohort, *last)
    return kept_a_minute(said, lambda: count_steps(in_the_figures_of(cohort.referrals(), user), steps))


def count_within_a_minute(user: User, cohort: Cohort, steps: Mapping[str, Step]) -> dict[str, int]:
    """As `count_for`, for a page of many figures: what took long may be a minute old. One query at most."""
    said = ("overview", user.pk, *user.roles, user.team_id, *steps, cohort)
    return kept_a_minute(said, lambda: count_steps(in_the_figures_of(cohort.referrals(), user), steps))


NEWEST = """
    SELECT (SELECT max(id) FROM referrals_referral),
           (SELECT max(id) FROM contacts_contact),
           (SELECT max(id) FROM cases_event)
"""


def newest_rows() -> tuple[Any, ...]:
    """The last referral, contact and event there is, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        return tuple(cursor.fetchone())


def in_the_figures_of(referrals: QuerySet[Referral], user: User) -> QuerySet[Referral]:
    """The referrals whose counts this person is shown: all for those who only count; the team's; own.

    A case that they must not see is in none of their figures.
    """
    if only_counts(user):
        return referrals
    referrals = referrals.filter(may_count(user, "participant__"))
    own = Q(pk__in=[])
    is_lead = leads_witness_care(user)
    if is_lead:
        own |= Q(participant__team=user.team_id)
    elif user.has_role(Role.SUPERVISOR):
        return referrals.filter(Q(participant__team=user.team_id) | Q(participant__team=None))
    if user.has_role(Role.VICTIM_CARE_OFFICER):
        own |= Q(participant__officer=user)
    if user.has_role(Role.WITNESS_CARE_OFFICER):
        own |= Q(participant__case__witness_care_officer=user)
        if is_lead:
            own |= Q(participant__case__witness_care_team=user.team_id)
    return referrals.filter(own)


@dataclass(frozen=True)
class Figures:
    """Counts as one person is shown them.

    Who only counts is shown no small number: few people could be known by them, or by what they lack of all.
    What is narrowed down is rounded to five besides, so that two such figures do not give away a third.
    """

    counts: Mapping[str, int]
    reader: Reader
    is_rounded: bool = False

    @classmethod
    def of(cls, user: User, counts: Mapping[str, int], cohort: Cohort) -> "Figures":
        reader = Reader(user)
        return cls(counts, reader, reader.is_guarded and not cohort.is_everything)

    @cached_property
    def hidden(self) -> set[str]:
        return self.reader.close_steps(self.counts)

    def shown(self, key: str) -> int | None:
        """The number that may be shown; None where it could give somebody away."""
        if key in self.hidden:
            return None
        count = self.counts[key]
        return self.reader.rounded(count) if self.is_rounded else count

    def text(self, key: str) -> str:
        count = self.shown(key)
        if count is None and self.counts[key] < self.reader.threshold:
            return _("fewer than %(n)d") % {"n": self.reader.threshold}
        return str(TOO_FEW) if count is None else f"{count:,}"

    def share(self, key: str) -> str:
        """Of those received: 15.3%."""
        part, whole = self.shown(key), self.shown("received")
        return "–" if part is None or whole is None else share(part, whole)

    def url(self, key: str, cohort: Cohort) -> str:
        """The list behind a number, for those who may see lists; nothing opens an empty one."""
        return step_url(key, cohort) if self.reader.may_list and self.counts[key] else ""


class CohortForm(Form):
    """Which referrals the funnel counts. Empty means everything."""

    mark_optional = False
    from_ = DateInputField(label=gettext_lazy("From"), required=False)
    to = DateInputField(label=gettext_lazy("To"), required=False)
    team = ChoiceSelect(
        label=gettext_lazy("Team"), choices=(), blank=gettext_lazy("All teams"), required=False
    )
    group = ChoiceSelect(
        label=gettext_lazy("Offence group"), choices=(), blank=gettext_lazy("All offences"), required=False
    )
    flag = ChoiceSelect(
        label=gettext_lazy("Offence flag"), choices=(), blank=gettext_lazy("All"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.filter(kind=Team.Kind.VICTIM_CARE).values_list("pk", "name")
        self.fields["team"].choices = [(str(pk), name) for pk, name in teams]
        self.fields["flag"].choices = FLAGS
        self.fields["group"].choices = offence_groups.choices()

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
        return Cohort(
            said.get("from_"), said.get("to"), team, said.get("flag") or "", said.get("group") or ""
        )


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
    """Each step with its count and share, the period before beside it, and the list behind each number."""
    user, today = request.user, clock.today()
    form = CohortForm(request.GET or None)
    cohort = form.cohort() if form.is_bound and form.is_valid() else Cohort()
    newest = newest_rows()
    now = Figures.of(user, count_for(user, cohort, newest=newest), cohort)
    earlier = cohort.before(today)
    before = Figures.of(user, count_for(user, earlier, newest=newest), earlier) if earlier else None
    context = {
        "tabs": dashboards("desk:funnel"),
        "form": form,
        "counts": now.counts,
        "figures": now,
        "cohort": cohort,
        "period": period(cohort),
        "narrowed": narrowed(cohort),
        "period_before": between(earlier) if earlier else "",
        "quick": quick(cohort, today),
        "chart": chart(now, cohort),
        "chart_title": finding(now),
        "columns": columns(has_before=before is not None),
        "rows": [row(key, now, cohort, before, earlier) for key in STEPS],
        "groups": [{"label": group.words, "value": group.listed} for group in offence_groups.GROUPS.values()],
    }
    return render(request, "desk/funnel.html", context)


def columns(*, has_before: bool) -> list[Any]:
    heads = [_("Victims"), _("Of those received")]
    if has_before:
        heads += [_("Period before"), _("Change")]
    return [_("Step"), *({"label": head, "is_number": True} for head in heads)]


def row(key: str, now: Figures, cohort: Cohort, before: Figures | None, earlier: Cohort | None) -> list[Any]:
    """One step: its number, which opens its list, its share, and both in the period before."""
    cells: list[Any] = [STEPS[key].label, number(key, now, cohort), now.share(key)]
    if before is not None and earlier is not None:
        was = number(key, before, earlier)
        if key != "received" and before.share(key) != "–":
            was["note"] = before.share(key)
        cells += [was, change(before.shown(key), now.shown(key))]
    return cells


def number(key: str, figures: Figures, cohort: Cohort) -> dict[str, Any]:
    return {"text": figures.text(key), "url": figures.url(key, cohort)}


def change(was: int | None, now: int | None) -> str:
    """+12% or −3%; no share of nothing, and none of a number that is not shown."""
    if not was or now is None:
        return "–"
    moved = round(100 * (now - was) / was)
    return f"+{moved:,}%" if moved > 0 else f"−{-moved:,}%" if moved < 0 else "0%"


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def chart(figures: Figures, cohort: Cohort) -> list[dict[str, Any]]:
    """All eight steps, each with its number, its share, and the way to its list."""
    return [
        {
            "label": step.label,
            "value": figures.shown(key) or 0,
            "text": figures.text(key)
            if key == "received" or figures.share(key) == "–"
            else f"{figures.text(key)} ({figures.share(key)})",
            "url": figures.url(key, cohort),
            "tone": "quiet" if key in BESIDE_THE_WAY else "",
        }
        for key, step in STEPS.items()
    ]


def finding(figures: Figures) -> str:
    """What the picture shows, in a sentence."""
    if not figures.counts["received"]:
        return _("Nobody was referred in this period")
    said = {"reached": figures.text("reached"), "received": figures.text("received")}
    return capfirst(_("%(reached)s of %(received)s victims referred were reached by a call") % said)


def quick(cohort: Cohort, today: date) -> list[dict[str, Any]]:
    """The periods most asked for, with the team and the offences as they are."""
    month = today.replace(day=1)
    year = date(today.year if today.month >= 4 else today.year - 1, 4, 1)
    offered = [
        (_("Last 7 days"), today - timedelta(days=6), today),
        (_("This month"), month, today),
        (_("Last month"), months_back(month, 1), month - timedelta(days=1)),
        (_("Last 3 months"), months_back(month, 3), month - timedelta(days=1)),
        (_("Since April"), year, today),
        (_("Last 12 months"), months_back(month, 12), month - timedelta(days=1)),
        (_("Everything"), None, None),
    ]
    return [
        {
            "label": label,
            "url": reverse("desk:funnel") + asks(replace(cohort, start=start, end=end)),
            "is_on": (cohort.start, cohort.end) == (start, end),
        }
        for label, start, end in offered
    ]


def asks(cohort: Cohort) -> str:
    """The address's words for these referrals: ?from=2026-11-01&team=3."""
    said = {
        "from": cohort.start.isoformat() if cohort.start else "",
        "to": cohort.end.isoformat() if cohort.end else "",
        "team": cohort.team or "",
        "group": cohort.group,
        "flag": cohort.flag,
    }
    query = urlencode({name: value for name, value in said.items() if value})
    return f"?{query}" if query else ""


def step_url(key: str, cohort: Cohort) -> str:
    return reverse("desk:funnel-step", args=[key]) + asks(cohort)


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


def between(cohort: Cohort) -> str:
    """Thu 1 Oct to Sat 31 Oct."""
    return _("%(start)s to %(end)s") % {"start": short_day(cohort.start), "end": short_day(cohort.end)}


def narrowed(cohort: Cohort) -> str:
    """Burglary; Domestic abuse: the offences that are counted, where not all are."""
    said = [str(dict(offence_groups.choices())[cohort.group])] if cohort.group else []
    if cohort.flag:
        said.append(str(dict(FLAGS)[cohort.flag]))
    return "; ".join(said)


SHOWN = (
    "received_at",
    "status",
    "suppressed_because",
    "participant__reference",
    "participant__closed_at",
    "participant__closure_reason",
    "participant__organisation_name",
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
        .order_by("-received_at", "-pk")
    )
    page = list(after_cursor(found, request.GET.get("before", ""))[: PAGE + 1])
    shown, more = page[:PAGE], len(page) > PAGE
    listed(request, [referral.participant for referral in shown])
    query = request.GET.copy()
    if more:
        query["before"] = f"{shown[-1].received_at.isoformat()}~{shown[-1].pk}"
    context = {
        "step": LISTS[step],
        "problems": [sentence for said in form.errors.values() for sentence in said],
        "period": period(cohort),
        "narrowed": narrowed(cohort),
        "funnel_url": reverse("desk:funnel") + asks(cohort),
        "columns": [_("Received"), _("Who"), _("Offence"), _("Officer"), _("How it stands")],
        "rows": [_line(referral) for referral in shown],
        "older_url": f"?{query.urlencode()}" if more else "",
    }
    return render(request, "desk/funnel_step.html", context)


def after_cursor(found: QuerySet[Referral], cursor: str) -> QuerySet[Referral]:
    """What comes after the row that an address names; all of it where it names none of ours."""
    at, _tilde, pk = cursor.partition("~")
    moment = moment_from(at)
    if moment is None or not (pk.isascii() and pk.isdigit() and len(pk) < 18):
        return found
    # The first condition alone lets the index start where the page starts.
    return found.filter(Q(received_at__lt=moment) | Q(pk__lt=int(pk)), received_at__lte=moment)


def _line(referral: Referral) -> list[Any]:
    part = referral.participant
    stands = part.get_closure_reason_display() if part.closed_at else referral.get_status_display()
    because = because_of(referral)
    return [
        short_day(referral.received_at.astimezone(LONDON).date()),
        {
            "text": _name(part),
            "note": part.case.reference,
            "url": reverse("desk:summary", args=[part.case.reference, part.reference]),
        },
        part.case.offence_title,
        part.officer.display_name if part.officer else _("Nobody yet"),
        {"text": stands, "note": because},
    ]


def _name(part: Participant) -> str:
    """The victim's name; where no person is named, the organisation's."""
    has_name = part.person.surname or part.person.given_names or part.person.preferred_name
    return part.person.name if has_name else part.organisation_name or part.person.name
