"""What the allocation page shows, gathered in a fixed number of queries whatever the load. Reads only."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from referrals.models import Referral
from referrals.proposals import POINTS, Load, Proposal, Wanted, propose
from referrals.rules.book import why
from victimcare import clock
from victimcare.accounts.models import Leave, User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Case, Entitlement, Participant

PAGE = 25
LANGUAGES = {"cy": gettext_lazy("Welsh"), "pl": gettext_lazy("Polish"), "ro": gettext_lazy("Romanian"),
"ur": gettext_lazy("Urdu"), "ar": gettext_lazy("Arabic"),
             "bn": gettext_lazy("Bengali"), "zh": gettext_lazy("Chinese")}  # fmt: skip


@dataclass
class Row:
    """One referral as the supervisor sees it; a restricted one shows nothing but that it waits."""

    referral: Referral
    is_masked: bool
    reasons: str
    entitlement: str
    notes: str
    proposal: Proposal
    choices: list[Load]
    chosen: int | None = None
    is_ticked: bool = False

    @property
    def options(self) -> list[tuple[int, str]]:
        """The officers to choose from, for a select box."""
        return [
            (load.officer_id, f"{load.name} ({_('away')})" if load.is_away else load.name)
            for load in self.choices
        ]

    @property
    def why(self) -> str:
        return ", ".join(str(reason) for reason in self.proposal.reasons)


@dataclass
class Meter:
    """One officer's capacity today, in percent."""

    label: str
    booked: float
    proposed: float
    text: str | Promise


@dataclass
class Board:
    rows: list[Row]
    meters: list[Meter]
    next_after: str
    unplaced: int


def board_for(user: User, after: tuple[int, Any, int] | None = None) -> Board:
    """A page of unallocated referrals with a proposal for each. Nothing is saved."""
    today = clock.today()
    referrals = list(_page(user, after))
    more, referrals = len(referrals) > PAGE, referrals[:PAGE]
    visible = set(
        Participant.objects.visible_to(user)
        .filter(pk__in=[r.participant_id for r in referrals])
        .values_list("pk", flat=True)
    )
    loads = loads_today(user, today)
    known = _known_by([r.participant.person_id for r in referrals])
    on_list = _on_list([r.participant.case_id for r in referrals if r.participant.case.is_restricted])
    wanted = [
        Wanted(
            referral_id=r.pk,
            priority=r.priority,
            person_id=r.participant.person_id,
            speaks_welsh=r.participant.person.speaks_welsh,
            known_by=known[r.participant.person_id],
            is_restricted=r.participant.case.is_restricted,
        )
        for r in referrals
    ]
    proposals = propose(wanted, loads)
    rights = _rights([r.participant_id for r in referrals])
    acted_for = set(
        Participant.objects.filter(represents__in=[r.participant_id for r in referrals]).values_list(
            "represents_id", flat=True
        )
    )
    rows = [
        _row(r, r.participant_id in visible, proposals[r.pk], loads, on_list, rights, acted_for)
        for r in referrals
    ]
    last = referrals[-1] if more else None
    return Board(
        rows=rows,
        meters=[_meter(load) for load in loads],
        next_after=f"{last.priority}~{last.received_at.isoformat()}~{last.pk}" if last else "",
        unplaced=sum(1 for row in rows if row.proposal.officer_id is None),
    )


def _page(user: User, after: tuple[int, Any, int] | None) -> Any:
    waiting = Referral.objects.to_allocate_by(user).unallocated()
    if after:
        priority, received_at, pk = after
        waiting = waiting.filter(
            Q(priority__gt=priority)
            | Q(priority=priority, received_at__gt=received_at)
            | Q(priority=priority, received_at=received_at, pk__gt=pk)
        )
    return waiting.select_related("participant__person", "participant__case")[: PAGE + 1]


def loads_today(user: User, today: date) -> list[Load]:
    """The officers of the user's team: what each carries, and who is away. Four queries."""
    officers = list(User.objects.active().with_role(Role.VICTIM_CARE_OFFICER).filter(team_id=user.team_id))
    away = set(
        Leave.objects.filter(
            user__in=officers, from_on__lte=today, until_on__gte=today, cancelled_at=None
        ).values_list("user_id", flat=True)
    )
    booked: dict[int, int] = defaultdict(int)
    # Looked up person by person: a join would read the referrals of everybody ever closed.
    priority = Subquery(Referral.objects.filter(participant=OuterRef("pk")).values("priority"))
    open_work = (
        Participant.objects.victims().open().filter(officer__in=officers).annotate(priority=priority)
        .values_list("officer_id", "priority").annotate(n=Count("pk")).order_by()
    )  # fmt: skip
    for officer_id, its_priority, n in open_work:
        booked[officer_id] += n * POINTS.get(its_priority, 1)
    return [
        Load(
            officer_id=officer.pk,
            name=officer.display_name,
            booked=booked[officer.pk],
            full_at=officer.caseload_points,
            languages=frozenset(officer.languages),
            is_away=officer.pk in away,
        )
        for officer in officers
    ]


def _known_by(people: list[int]) -> dict[int, frozenset[int]]:
    """Officers who have or had this person in a case, by person."""
    found: dict[int, set[int]] = defaultdict(set)
    for person, officer in Participant.objects.filter(
        person_id__in=people, officer__isnull=False
    ).values_list("person_id", "officer_id"):
        found[person].add(officer)
    return defaultdict(frozenset, {person: frozenset(officers) for person, officers in found.items()})


def _on_list(cases: list[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for case, user in Case.restricted_to.through.objects.filter(case_id__in=cases).values_list(
        "case_id", "user_id"
    ):
        found[case].add(user)
    return found


def _rights(participants: list[int]) -> dict[int, Entitlement]:
    latest = (
        Entitlement.objects.filter(participant__in=participants)
        .order_by("participant_id", "-from_on", "-pk")
        .distinct("participant_id")
    )
    return {entitlement.participant_id: entitlement for entitlement in latest}


def _row(
    referral: Referral,
    is_visible: bool,
    proposal: Proposal,
    loads: list[Load],
    on_list: dict[int, set[int]],
    rights: dict[int, Entitlement],
    acted_for: set[int],
) -> Row:
    part, listed = referral.participant, on_list.get(referral.participant.case_id, set())
    choices = [load for load in loads if load.officer_id in listed] if listed else loads
    if not is_visible:
        words = (
            _("need to know: choose someone on its list")
            if listed
            else _("need to know: whoever you choose is put on its list")
        )
        return Row(referral, True, str(words), "", "", proposal, choices)
    person = part.person
    entitlement = rights.get(part.pk)
    if entitlement and entitlement.is_enhanced:
        labels = ", ".join(str(Entitlement.Category(name).label).lower() for name in entitlement.categories)
        said = (
            _("Provisionally enhanced: %s") % labels
            if entitlement.is_provisional
            else _("Enhanced: %s") % labels
        )
    else:
        said = _("Standard rights")
    notes = []
    if person.speaks_welsh:
        notes.append(_("Welsh"))
    elif person.language not in ("", "en"):
        notes.append(str(LANGUAGES.get(person.language, person.language)))
    if person.interpreter_language:
        notes.append(_("Needs an interpreter"))
    if part.pk in acted_for:
        notes.append(_("Contact whoever acts for them"))
    elif not referral.channel:
        notes.append(_("No safe way to reach them is known"))
    return Row(
        referral, False, why(referral), said, ". ".join(notes), proposal, choices
    )


def _meter(load: Load) -> Meter:
    label = load.name + (", " + _("Welsh") if "cy" in load.languages else "")
    full = load.full_at or 1
    if load.is_away:
        return Meter(label, 0, 0, _("away today"))
    booked, proposed = round(100 * load.booked / full), round(100 * load.proposed / full)
    return Meter(label, booked, proposed, f"{booked + proposed}%")
