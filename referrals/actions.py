"""Every write of referrals: who takes a victim, and who is referred on to whom."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from referrals.models import OnwardReferral, Partner, Referral
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases import actions as cases
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant
from victimcare.faults import Refused, Stale

UNDO_WITHIN = timedelta(minutes=15)
SHARED_FOR = timedelta(days=183)  # how long a partner sees somebody referred to them


# --- Allocation ------------------------------------------------------------------------------------


@transaction.atomic
def allocate(*, choices: Mapping[Referral, User], by: User) -> int:
    """Give each referral to its officer. Returns how many were given: one that a colleague gave meanwhile
    is left.

    Somebody chosen for a restricted victim is put on the list of those who may see them, when nobody is on
    it.
    Raises Refused for an officer who cannot take the victim.
    """
    now, given = clock.now(), 0
    by_officer: dict[User, list[Referral]] = {}
    wanted = {referral.pk: officer for referral, officer in choices.items()}
    locked = (
        Referral.objects.to_allocate_by(by)
        .filter(pk__in=wanted, status=Referral.Status.RECEIVED)
        .select_for_update(of=("self",))
        .select_related("participant__case")
        .order_by("pk")
    )
    for referral in locked:
        officer = wanted[referral.pk]
        _let_see(referral.participant, officer, by)
        by_officer.setdefault(officer, []).append(referral)
    for officer, referrals in by_officer.items():
        cases.allocate(participants=[referral.participant for referral in referrals], officer=officer, by=by)
        for referral in referrals:
            referral.status, referral.allocated_at, referral.allocated_by = Referral.Status.ALLOCATED, now, by
            _save(referral, by)
            given += 1
    return given


def _let_see(participant: Participant, officer: User, by: User) -> None:
    """Refuse an officer who must not see this case; put the first one chosen on a restricted case's list."""
    case = participant.case
    if case.exclusions.filter(user=officer, lifted_at=None).exists():
        raise Refused(
            _("%s must not see one of these cases. Choose somebody else for it.") % officer.display_name
        )
    if case.is_restricted and not case.restricted_to.filter(pk=officer.pk).exists():
        if case.restricted_to.exists():
            raise Refused(
                _("%s is not on the list of a restricted case. Choose someone on it.") % officer.display_name
            )
        case.restricted_to.add(officer)
        record_access(
            by=by, op=AccessEntry.Op.ALTER, case=case.reference, subject=participant.reference,
            field_group="restricted list", justification=officer.reference,
        )  # fmt: skip


def last_saved(by: User) -> list[Referral]:
    """What this supervisor allocated in one go in the last fifteen minutes, if anything."""
    mine = Referral.objects.allocated().filter(allocated_by=by, allocated_at__gte=clock.now() - UNDO_WITHIN)
    newest = mine.order_by("-allocated_at").values_list("allocated_at", flat=True).first()
    return list(mine.filter(allocated_at=newest).select_related("participant__case")) if newest else []


@transaction.atomic
def undo_allocation(*, by: User) -> int:
    """Take back the last allocation this person saved. Returns how many.

    Raises Refused when it is too late.
    """
    saved = last_saved(by)
    if not saved:
        raise Refused(
            _("There is nothing to undo: an allocation can be undone for 15 minutes. Allocate again instead.")
        )
    locked = Referral.objects.select_for_update(of=("self",)).filter(
        pk__in=[referral.pk for referral in saved], status=Referral.Status.ALLOCATED, allocated_by=by
    )
    for referral in locked.select_related("participant__case"):
        cases.take_back(participant=referral.participant, by=by)
        referral.status, referral.allocated_at, referral.allocated_by = Referral.Status.RECEIVED, None, None
        _save(referral, by)
    return len(saved)


def _save(row: Referral | OnwardReferral, by: User) -> None:
    row.version += 1
    row._history_user = by  # type: ignore[union-attr]
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
