"""Every write of referrals: who takes a victim, who hands over to whom, and who is referred on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from referrals.conflicts import Conflicts, conflicts_in
from referrals.models import (
    HandedOver,
    Handover,
    OnwardReferral,
    Partner,
    Referral,
    WorkloadScale,
    kept_from,
)
from victimcare import clock
from victimcare.accounts.models import Leave, Notification, User
from victimcare.accounts.notify import notify, settle
from victimcare.accounts.permissions import Role
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases import actions as cases
from victimcare.cases.events import record_event
from victimcare.cases.kinds import ALLOCATED, UNDONE, Kind
from victimcare.cases.models import Case, Event, Participant, SafeContact
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.letters.models import Letter

UNDO_WITHIN = timedelta(minutes=15)
SHARED_FOR = timedelta(days=183)  # how long a partner sees somebody referred to them


# --- Allocation ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Left:
    """One victim that a save left as they were, and why."""

    name: str
    why: str


@dataclass
class Saved:
    """What a save of many came to."""

    given: int = 0
    left: list[Left] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)


# By the row's reference: the officer chosen, and the version of the row that was shown.
Choices = Mapping[str, tuple[User, int | None]]


@transaction.atomic
def allocate(*, choices: Choices, by: User) -> Saved:
    """Give each referral to its officer, all in one save that can be undone.

    One that changed since it was shown, or whose officer cannot take it, is left and named; the others are
    given. Somebody chosen for a restricted victim is put on the list of those who may see them, when nobody
    is on it.
    """
    now, saved = clock.now(), Saved()
    found = list(
        Referral.objects.to_allocate_by(by)
        .filter(reference__in=choices)
        .select_for_update(of=("self",))
        .select_related("participant__case", "participant__person", "participant__officer")
        .order_by("pk")
    )
    wanted = [(row.participant, *choices[row.reference], _moved_on(row, by)) for row in found]
    given = _give(wanted, [row.version for row in found], saved, by)
    _count_the_gone(saved, len(choices) - len(found))
    kept = [row for row in found if row.participant_id in given]
    _save_all(kept, by, ALLOCATED, status=Referral.Status.ALLOCATED, allocated_at=now, allocated_by=by)
    saved.given = len(kept)
    return saved


@transaction.atomic
def reallocate(*, choices: Choices, from_officer: User, reason: str, by: User) -> Saved:
    """Give an officer's victims to others for good, and hand each of these the brief.

    Whoever changed since they were shown, or whose new officer cannot take them, is left and named. Raises
    Refused without a reason.
    """
    if not reason.strip():
        raise Refused(_("Say why they change hands: whoever takes over reads it."))
    saved = Saved()
    found = list(
        Participant.objects.victims()
        .filter(reference__in=choices, team=by.team_id, team__isnull=False)
        .exclude(case_id__in=kept_from(by))
        .select_for_update(of=("self",))
        .select_related("case", "person", "officer")
        .order_by("pk")
    )
    wanted = [(part, *choices[part.reference], _gone_from(part, from_officer)) for part in found]
    given = _give(wanted, [part.version for part in found], saved, by)
    _count_the_gone(saved, len(choices) - len(found))
    by_officer: dict[User, list[Participant]] = {}
    for part in found:
        if part.pk in given:
            by_officer.setdefault(choices[part.reference][0], []).append(part)
    for officer, people in by_officer.items():
        saved.handovers.append(_hand_over(from_officer, officer, people, reason=reason, by=by))
        saved.given += len(people)
    return saved


def _moved_on(referral: Referral, by: User) -> str:
    """Why this referral is not there to be allocated any more; nothing when it is."""
    if referral.participant.closed_at:
        return _("closed meanwhile")
    if referral.status == Referral.Status.ALLOCATED:
        officer = referral.participant.officer
        if referral.allocated_by_id == by.pk:
            return _("you allocated them already")
        return _("a colleague gave them to %s meanwhile") % officer if officer else _("allocated meanwhile")
    return "" if referral.status == Referral.Status.RECEIVED else _("no longer waiting for an officer")


def _gone_from(participant: Participant, officer: User) -> str:
    """Why this victim is not this officer's to be moved any more; nothing when they are."""
    if participant.closed_at:
        return _("closed meanwhile")
    if participant.officer_id != officer.pk:
        now = participant.officer
        return _("a colleague gave them to %s meanwhile") % now if now else _("has no officer any more")
    return ""


def _give(
    wanted: Sequence[tuple[Participant, User, int | None, str]],
    versions: Sequence[int],
    saved: Saved,
    by: User,
) -> set[int]:
    """Give those who can be given. Returns their primary keys; the others are named in `saved.left`."""
    officers = {officer.pk: officer for _part, officer, _seen, _why in wanted}
    conflicts = conflicts_in({part.case_id for part, *_rest in wanted}, officers.values())
    by_officer: dict[User, list[Participant]] = {}
    left: list[tuple[Participant, str]] = []
    for (part, officer, seen, why), version in zip(wanted, versions, strict=True):
        if not why and seen is not None and seen != version:
            why = _("changed since you looked: look again")
        why = why or _why_not(part, officer, conflicts, by)
        if why:
            left.append((part, why))
        else:
            _let_see(part, officer, by)
            by_officer.setdefault(officer, []).append(part)
    for officer, people in by_officer.items():
        cases.allocate(participants=people, officer=officer, by=by)
    saved.left += _named(left, by)
    return {part.pk for people in by_officer.values() for part in people}


def _why_not(participant: Participant, officer: User, conflicts: Conflicts, by: User) -> str:
    """Why this officer cannot take this victim; nothing when they can."""
    case, name = participant.case, officer.display_name
    if (
        not officer.is_active
        or not officer.has_role(Role.VICTIM_CARE_OFFICER)
        or officer.team_id != by.team_id
    ):
        return _("%s is no victim care officer of your team. Choose somebody else") % name
    if officer.pk in conflicts.get(participant.case_id, {}):
        why = conflicts[participant.case_id][officer.pk]
        return _("%(name)s must not be given this case (%(why)s). Choose somebody else") % {
            "name": name,
            "why": why,
        }
    others = case.restricted_to.exclude(pk=participant.officer_id)  # but for whoever gives them away
    if case.is_restricted and others.exists() and not _is_listed(case, officer):
        return _("%s is not on the list of this restricted case. Choose someone on it") % name
    return ""


def _let_see(participant: Participant, officer: User, by: User) -> None:
    """Put the first one chosen on a restricted case's list."""
    case = participant.case
    if case.is_restricted and not _is_listed(case, officer):
        case.restricted_to.add(officer)
        record_access(
            by=by, op=AccessEntry.Op.ALTER, case=case.reference, subject=participant.reference,
            field_group="restricted list", justification=officer.reference,
        )  # fmt: skip


def _let_see_no_more(people: Sequence[Participant], *, since: datetime, by: User) -> None:
    """Undone is undone: whoever was put on a restricted case's list by being chosen is off it again."""
    for part in people:
        chosen = part.officer
        if not part.case.is_restricted or chosen is None:
            continue
        put_there = AccessEntry.objects.filter(
            at__gte=since, actor=by.reference, subject=part.reference, field_group="restricted list",
            justification=chosen.reference,
        )  # fmt: skip
        if put_there.exists():
            part.case.restricted_to.remove(chosen)
            record_access(
                by=by, op=AccessEntry.Op.ALTER, case=part.case.reference, subject=part.reference,
                field_group="restricted list, undone", justification=chosen.reference,
            )  # fmt: skip


def _is_listed(case: Case, officer: User) -> bool:
    return case.restricted_to.filter(pk=officer.pk).exists()


def _named(left: Sequence[tuple[Participant, str]], by: User) -> list[Left]:
    """Each by name, or as a restricted one to somebody who may not see it."""
    ids = [part.pk for part, _why in left]
    seen = (
        set(Participant.objects.visible_to(by).filter(pk__in=ids).values_list("pk", flat=True)) if ids else ()
    )
    return [
        Left(part.person.name if part.pk in seen else _("A restricted referral"), why) for part, why in left
    ]


def _count_the_gone(saved: Saved, n: int) -> None:
    """Those who cannot be named: nobody may tell that they exist."""
    if n > 0:
        words = ngettext("%(n)d more", "%(n)d more", n) % {"n": n}
        saved.left.append(Left(words, _("not yours to allocate any more")))


def last_saved(by: User) -> list[Referral]:
    """What this supervisor allocated in one go in the last fifteen minutes, if anything."""
    mine = Referral.objects.allocated().filter(allocated_by=by, allocated_at__gte=clock.now() - UNDO_WITHIN)
    newest = mine.order_by("-allocated_at").values_list("allocated_at", flat=True).first()
    return list(mine.filter(allocated_at=newest).select_related("participant__case")) if newest else []


@transaction.atomic
def undo_allocation(*, by: User) -> Saved:
    """Take back the last allocation this person saved. Whoever somebody has worked on since stays, and is named.

    Raises Refused when it is too late.
    """
    last = last_saved(by)
    if not last:
        raise Refused(
            _("There is nothing to undo: an allocation can be undone for 15 minutes. Allocate again instead.")
        )
    found = list(
        Referral.objects.select_for_update(of=("self",))
        .filter(pk__in=[row.pk for row in last], status=Referral.Status.ALLOCATED, allocated_by=by)
        .select_related("participant__case", "participant__person", "participant__officer")
        .order_by("pk")
    )
    kept = _worked_on([row.participant for row in found], since=last[0].allocated_at or clock.now())
    undone = [row for row in found if row.participant_id not in kept]
    _let_see_no_more([row.participant for row in undone], since=last[0].allocated_at or clock.now(), by=by)
    cases.take_back(participants=[row.participant for row in undone], by=by)
    _save_all(undone, by, UNDONE, status=Referral.Status.RECEIVED, allocated_at=None, allocated_by=None)
    left = [(row.participant, kept[row.participant_id]) for row in found if row.participant_id in kept]
    return Saved(given=len(undone), left=_named(left, by))


def _save_all(rows: Sequence[Referral], by: User, why: str, **same: Any) -> None:
    """Write the same on each of these, in a few queries, with the history of each, which says why."""
    for row in rows:
        row.version += 1
        for name, value in same.items():
            setattr(row, name, value)
    Referral.objects.filter(pk__in=[row.pk for row in rows]).update(version=F("version") + 1, **same)
    Referral.history.bulk_history_create(
        list(rows), batch_size=500, update=True, default_user=by, default_change_reason=why
    )


def _worked_on(people: Sequence[Participant], *, since: datetime) -> dict[int, str]:
    """Those somebody has worked on since they were allocated, and what was done. Four queries."""
    ids = [part.pk for part in people]
    done = {part.pk: _("closed meanwhile") for part in people if part.closed_at}
    letters = Letter.objects.filter(participant__in=ids, written_at__gte=since)
    done |= dict.fromkeys(letters.values_list("participant_id", flat=True), _("a letter was begun"))
    asked = SafeContact.objects.filter(person__parts__in=ids, confirmed_at__gte=since)
    done |= dict.fromkeys(
        asked.values_list("person__parts", flat=True), _("somebody asked how to reach them safely")
    )
    worked = Event.objects.filter(participant__in=ids, recorded_at__gte=since, by__isnull=False).exclude(
        kind=Kind.OFFICER_ALLOCATED
    )
    for participant, kind in worked.order_by("pk").values_list("participant_id", "kind"):
        done[participant] = str(Kind(kind).label).lower()
    moved = (
        Event.objects.filter(participant__in=ids, kind=Kind.OFFICER_ALLOCATED, recorded_at__gte=since)
        .values_list("participant_id").annotate(n=Count("pk")).filter(n__gt=1).order_by()
    )  # fmt: skip
    done |= {participant: _("given to somebody else meanwhile") for participant, _n in moved}
    return {pk: why for pk, why in done.items() if pk in set(ids)}


# --- What work is counted in -----------------------------------------------------------------------


@transaction.atomic
def write_scale(
    *,
    points: Mapping[int, int],
    full_week: int,
    looks_ahead: int,
    effective_from: date,
    reason: str,
    by: User,
) -> WorkloadScale:
    """Write the next version of what work is counted in. It counts once another supervisor has approved it.

    Raises Refused while another version waits for that, or for a day that is over.
    """
    last = WorkloadScale.objects.select_for_update().order_by("-number").first()
    if last and last.approved_at is None:
        raise Refused(_("Another version waits to be approved. Approve or replace that one first."))
    if effective_from < clock.today():
        raise Refused(_("That day is over. Choose today or a later day."))
    scale = WorkloadScale(
        number=last.number + 1 if last else 1,
        points_1=points[1], points_2=points[2], points_3=points[3], points_4=points[4],
        full_week=full_week, looks_ahead=looks_ahead, effective_from=effective_from, reason=reason,
        written_by=by, written_at=clock.now(),
    )  # fmt: skip
    _keep_with_history(scale, by)
    return scale


@transaction.atomic
def approve_scale(*, scale: WorkloadScale, by: User) -> WorkloadScale:
    """Let a version count from its day on. Raises NotAllowed for one's own, Refused when it counts already."""
    scale = WorkloadScale.objects.select_for_update().get(pk=scale.pk)
    if scale.approved_at:
        raise Refused(_("This version was approved already."))
    if scale.written_by_id == by.pk:
        raise NotAllowed(_("You wrote this version. Ask another supervisor to approve it."))
    scale.approved_by, scale.approved_at = by, clock.now()
    _keep_with_history(scale, by)
    return scale


@transaction.atomic
def discard_scale(*, scale: WorkloadScale, by: User) -> None:
    """Take back a version that was never approved; its history is kept. Raises Refused when it counts."""
    scale = WorkloadScale.objects.select_for_update().get(pk=scale.pk)
    if scale.approved_at:
        raise Refused(_("This version counts already. Write another that replaces it."))
    scale._history_user = by  # type: ignore[attr-defined]
    scale.delete()


# --- Handing over ----------------------------------------------------------------------------------


@transaction.atomic
def hand_over_for_leave(*, leave: Leave) -> Handover | None:
    """Give whoever covers a leave the brief of everybody they cover. Safe to run again: it adds who is new.

    Nobody whom the covering officer may not see is handed over: a restricted victim is covered by hand.
    """
    leave = (
        Leave.objects.select_for_update(of=("self",)).select_related("user", "covered_by").get(pk=leave.pk)
    )
    cover = leave.covered_by
    if leave.cancelled_at or cover is None or not cover.is_active or leave.until_on < clock.today():
        return None
    people = Participant.objects.visible_to(cover).open().filter(officer=leave.user)
    handed = HandedOver.objects.filter(handover__leave=leave).values("participant")
    new = list(people.exclude(pk__in=handed).order_by("pk"))
    handover = Handover.objects.filter(leave=leave).first()
    if not new:
        return handover
    due_on = max(leave.from_on, clock.today())
    return _hand_over(leave.user, cover, new, leave=leave, handover=handover, due_on=due_on, by=None)


def _hand_over(
    from_officer: User,
    to_officer: User,
    people: Sequence[Participant],
    *,
    by: User | None,
    leave: Leave | None = None,
    reason: str = "",
    handover: Handover | None = None,
    due_on: date | None = None,
) -> Handover:
    """Keep who is handed over, and tell whoever takes over."""
    if handover is None:
        handover = Handover(
            leave=leave, from_officer=from_officer, to_officer=to_officer, reason=reason.strip()[:300],
            made_at=clock.now(), made_by=by,
        )  # fmt: skip
        _keep_with_history(handover, by)
    rows = [HandedOver(handover=handover, participant=part) for part in people]
    HandedOver.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    notify(
        recipients=[to_officer],
        kind="handover",
        subject=handover.reference,
        level=Notification.Level.NEWS,
        url=reverse("desk:handover", args=[handover.reference]),
        due_on=due_on,
    )
    return handover


@transaction.atomic
def receive(*, handover: Handover, participants: Iterable[Participant], by: User) -> int:
    """Whoever takes over has read the brief of these people. Returns how many were new.

    Raises NotAllowed for anybody else.
    """
    if handover.to_officer_id != by.pk:
        raise NotAllowed(_("Only %s can say that they have read this brief.") % handover.to_officer)
    people = handover.people.filter(participant__in=[part.pk for part in participants], received_at=None)
    n = people.update(received_at=clock.now())
    if not handover.people.unreceived(clock.today()).exists():
        settle(kind="handover", subject=handover.reference)
    return n


def _keep_with_history(row: WorkloadScale | Handover, by: User | None) -> None:
    row._history_user = by  # type: ignore[union-attr]
    row.save()


def _save(row: OnwardReferral, by: User) -> None:
    row.version += 1
    row._history_user = by  # type: ignore[attr-defined]
    row.save()


# --- Referring on ----------------------------------------------------------------------------------


@transaction.atomic
def refer_on(
    *, participant: Participant, partner: Partner, shares: str, agreed_on: date, by: User
) -> OnwardReferral:
    """Refer a victim to a partner, sharing what they agreed to share.

    Raises Refused without their agreement.
    """
    participant = (
        Participant.objects.select_for_update(of=("self",))
        .select_related("case", "person")
        .get(pk=participant.pk)
    )
    if participant.consent_to_refer == "N":
        raise Refused(
            _(
                "This victim said no to being referred. Ask again when you next speak, and record "
                "their answer first."
            )
        )
    if participant.person.date_of_death:
        raise Refused(_("This person has died. Refer those who act for them instead."))
    if agreed_on > clock.today():
        raise Refused(_("They cannot have agreed in the future. Enter the day they agreed."))
    if not Partner.objects.contracted_on(clock.today()).filter(pk=partner.pk).exists():
        raise Refused(_("%s takes no referrals now. Choose another service.") % partner.name)
    if participant.onward_referrals.filter(partner=partner, status__in=["sent", "accepted"]).exists():
        raise Refused(_("They are already referred to %s. It is on their page.") % partner.name)
    now = clock.now()
    onward = OnwardReferral(
        participant=participant, partner=partner, shares=shares, agreed_on=agreed_on,
        expires_on=clock.today() + SHARED_FOR, made_at=now, made_by=by,
    )  # fmt: skip
    onward._history_user = by  # type: ignore[attr-defined]
    onward.save()
    record_event(
        case=participant.case, kind=Kind.REFERRED_TO_SUPPORT, occurred=now, participant=participant,
        detail=partner.name, data={"onward_referral": onward.reference}, by=by,
    )  # fmt: skip
    record_access(
        by=by, op=AccessEntry.Op.DISCLOSE, case=participant.case.reference, subject=participant.reference,
        field_group="onward referral", justification=partner.name[:120],
    )  # fmt: skip
    return onward


@transaction.atomic
def accept(*, onward: OnwardReferral, version: int, by: User) -> OnwardReferral:
    """The partner takes the victim on. Raises Stale when a colleague answered first."""
    return _answer(onward, OnwardReferral.Status.ACCEPTED, "", version, by)


@transaction.atomic
def decline(*, onward: OnwardReferral, reason: str, version: int, by: User) -> OnwardReferral:
    """The partner cannot take the victim on, and why. Raises Stale when a colleague answered first."""
    return _answer(onward, OnwardReferral.Status.DECLINED, reason, version, by)


def _answer(onward: OnwardReferral, status: str, answer: str, version: int, by: User) -> OnwardReferral:
    fresh = OnwardReferral.objects.select_for_update(of=("self",)).visible_to(by).filter(pk=onward.pk).first()
    if fresh is None:
        raise Refused(
            _("This referral is no longer open. Ask the Victim Care Unit if you think it should be.")
        )
    if fresh.version != version or fresh.status != OnwardReferral.Status.SENT:
        raise Stale(
            _("A colleague has answered this referral meanwhile. Open the list again to see the answer.")
        )
    fresh.status, fresh.answer, fresh.answered_at, fresh.answered_by = status, answer, clock.now(), by
    _save(fresh, by)
    return fresh
