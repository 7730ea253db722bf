"""Every write of the rules of triage, and of what people decide over them.

One supervisor drafts and proposes, another approves, from a day on. A version that was proposed is not
edited; nothing is triaged again because rules changed, until somebody asks for it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from referrals.models import Referral, TriageDecision
from referrals.rules.book import BY_A_PERSON, RulesByDay, entitlement_reason
from referrals.rules.checks import problems
from referrals.rules.facts import facts_of
from referrals.rules.models import PriorityStandard, RuleSet, TriageRule
from referrals.triage import CHANNELS, LEAST, Rules, Triage, check, triage
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases import actions as cases
from victimcare.cases.models import Entitlement
from victimcare.faults import Refused, Stale
from victimcare.govuk.dates import day as said_day

MOST_RULES = 80
MOST_WAYS = 10
AT_ONCE = 5000  # referrals triaged again with one press

# --- Drafts ----------------------------------------------------------------------------------------


@transaction.atomic
def draft(*, based_on: RuleSet, note: str, by: User) -> RuleSet:
    """Begin a new version as a copy of one. Raises Refused while another is being written or waits."""
    open_one = RuleSet.objects.filter(state__in=[RuleSet.State.DRAFT, RuleSet.State.PROPOSED]).first()
    if open_one is not None:
        raise Refused(
            _("Version %(n)d is not finished. Change that one, or drop it first.") % {"n": open_one.number}
        )
    newest = RuleSet.objects.aggregate(newest=Max("number"))["newest"] or 0
    made = RuleSet(number=newest + 1, based_on=based_on, note=note, drafted_by=by)
    made._history_user = by  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:  # a colleague began one at the same moment
        raise Stale(_("A colleague has just begun a new version. Open the list again to see it.")) from None
    rules = [_copy(rule, made) for rule in based_on.rules.all()]
    standards = [_copy(standard, made) for standard in based_on.standards.all()]
    bulk_create_with_history(rules, TriageRule, default_user=by)
    bulk_create_with_history(standards, PriorityStandard, default_user=by)
    return made


def _copy(row: Any, rule_set: RuleSet) -> Any:
    row.pk, row._state.adding, row.rule_set = None, True, rule_set
    return row


@transaction.atomic
def add_rule(*, rule_set: RuleSet, version: int, by: User, **fields: Any) -> TriageRule:
    """Add a rule at the end of its kind; one that gives a priority goes above the last, which fits everyone."""
    fresh = _draft(rule_set, version, by)
    held = list(fresh.rules.filter(kind=fields["kind"]))
    if fresh.rules.count() >= MOST_RULES:
        raise Refused(_("A version holds at most %d rules. Remove one first.") % MOST_RULES)
    last = held[-1].order if held else 0
    rule = TriageRule(rule_set=fresh, order=last + 1, name=_name(fresh, fields["words"]), **fields)
    _save(rule, by)
    if held and rule.kind == TriageRule.Kind.PRIORITY and {"everyone": True} in held[-1].ways:
        held[-1].order, rule.order = rule.order, held[-1].order
        _save(held[-1], by)
        _save(rule, by)
    return rule


def _name(rule_set: RuleSet, words: str) -> str:
    """What referrals will remember it by: its words, short, and like no other of this version."""
    stem = slugify(words).replace("-", "_")[:34] or "rule"
    taken = set(rule_set.rules.values_list("name", flat=True)) | {BY_A_PERSON}
    return next(name for name in (stem, *(f"{stem}_{n}" for n in range(2, 200))) if name not in taken)


@transaction.atomic
def change_rule(*, rule: TriageRule, version: int, by: User, **fields: Any) -> TriageRule:
    """Change what a rule of a draft says and does; its kind stays. Raises Stale."""
    _draft(rule.rule_set, version, by)
    for name, value in fields.items():
        setattr(rule, name, value)
    return _save(rule, by)


@transaction.atomic
def remove_rule(*, rule: TriageRule, version: int, by: User) -> None:
    """Take a rule out of a draft. Raises Stale."""
    _draft(rule.rule_set, version, by)
    rule._history_user = by  # type: ignore[attr-defined]
    rule.delete()


@transaction.atomic
def move_rule(*, rule: TriageRule, up: bool, version: int, by: User) -> None:
    """Move a rule of a draft one place. At the end of its kind it stays. Raises Stale."""
    fresh = _draft(rule.rule_set, version, by)
    same = list(fresh.rules.filter(kind=rule.kind))
    place = next((n for n, other in enumerate(same) if other.pk == rule.pk), None)
    other = place + (-1 if up else 1) if place is not None else -1
    if place is None or not 0 <= other < len(same):
        return
    same[place], same[other] = same[other], same[place]
    for order, each in enumerate(same, start=1):
        if each.order != order:
            each.order = order
            _save(each, by)


@transaction.atomic
def keep_way(
    *, rule: TriageRule, place: int | None, way: Mapping[str, Any], version: int, by: User
) -> TriageRule:
    """Add a way to fit a rule (`place` None), or change the one at a place. Raises Stale."""
    try:
        check(way)
    except ValueError:
        raise Refused(_("Say at least one thing about whom it fits, or choose everyone.")) from None
    _draft(rule.rule_set, version, by)
    ways = list(rule.ways)
    if place is None and len(ways) >= MOST_WAYS:
        raise Refused(_("A rule holds at most %d ways. Make a second rule.") % MOST_WAYS)
    if place is None:
        ways.append(dict(way))
    else:
        ways[place] = dict(way)
    rule.ways = ways
    return _save(rule, by)


@transaction.atomic
def remove_way(*, rule: TriageRule, place: int, version: int, by: User) -> TriageRule:
    """Take one way to fit out of a rule. Raises Stale."""
    _draft(rule.rule_set, version, by)
    rule.ways = [way for n, way in enumerate(rule.ways) if n != place]
    return _save(rule, by)


@transaction.atomic
def set_standard(
    *, rule_set: RuleSet, priority: int, within: int, channels: Sequence[str], version: int, by: User
) -> PriorityStandard:
    """How soon first contact is due for one priority, and by which channels, best first. Raises Stale."""
    fresh = _draft(rule_set, version, by)
    if not channels or not set(channels) <= set(CHANNELS):
        raise Refused(_("Choose at least one channel."))
    standard = fresh.standards.filter(priority=priority).first() or PriorityStandard(
        rule_set=fresh, priority=priority
    )
    standard.within, standard.channels = within, list(dict.fromkeys(channels))
    return _save(standard, by)


# --- Propose, approve ------------------------------------------------------------------------------


@transaction.atomic
def propose(*, rule_set: RuleSet, note: str, version: int, by: User) -> RuleSet:
    """Put a draft before another supervisor. Raises Refused with what must be mended first, and Stale."""
    fresh = _draft(rule_set, version, by)
    found = problems(list(fresh.rules.all()))
    if found:
        raise Refused(" ".join(found))
    fresh.state, fresh.note = RuleSet.State.PROPOSED, note
    fresh.proposed_by, fresh.proposed_at = by, clock.now()
    return _save(fresh, by)


@transaction.atomic
def send_back(*, rule_set: RuleSet, because: str, version: int, by: User) -> RuleSet:
    """Make a proposal a draft again, saying why. Raises Stale."""
    fresh = _locked(rule_set, version)
    if fresh.state != RuleSet.State.PROPOSED:
        raise Refused(_("Only a proposal can be sent back. Open the version again to see where it is."))
    fresh.state, fresh.sent_back_because = RuleSet.State.DRAFT, because
    fresh.proposed_by = fresh.proposed_at = None
    fresh.version += 1
    return _save(fresh, by)


@transaction.atomic
def approve(*, rule_set: RuleSet, effective_from: date, version: int, by: User) -> RuleSet:
    """Bring a proposal into force from a day on, today or later. It judges what is received from that day.

    Raises Refused for whoever proposed it or wrote any of it, and for a day that is past; Stale.
    """
    fresh = _locked(rule_set, version)
    if fresh.state != RuleSet.State.PROPOSED:
        raise Refused(_("Only a proposal can be approved. Open the version again to see where it is."))
    if has_written(fresh, by):
        raise Refused(_("Somebody else must approve what you wrote. Ask another supervisor."))
    if effective_from < clock.today():
        raise Refused(_("Rules cannot judge what is past. Enter today or a later day."))
    fresh.state, fresh.effective_from = RuleSet.State.APPROVED, effective_from
    fresh.approved_by, fresh.approved_at = by, clock.now()
    fresh.version += 1
    return _save(fresh, by)


def has_written(rule_set: RuleSet, user: User) -> bool:
    """Whether this person began, proposed or changed this version: then somebody else approves it."""
    if user.pk in (rule_set.proposed_by_id, rule_set.drafted_by_id):
        return True
    changes = (
        model.history.filter(rule_set=rule_set.pk, history_user=user)
        for model in (TriageRule, PriorityStandard)
    )
    return any(found.exists() for found in changes)


@transaction.atomic
def drop(*, rule_set: RuleSet, version: int, by: User) -> RuleSet:
    """Give up a draft or a proposal. It stays readable. Raises Stale."""
    fresh = _locked(rule_set, version)
    if fresh.state not in (RuleSet.State.DRAFT, RuleSet.State.PROPOSED):
        raise Refused(_("A version that was approved stays for ever. Write a new one to replace it."))
    fresh.state = RuleSet.State.DROPPED
    fresh.version += 1
    return _save(fresh, by)


def _draft(rule_set: RuleSet, version: int, by: User) -> RuleSet:
    """The draft, locked and its version counted up: whoever has an older page open is told."""
    fresh = _locked(rule_set, version)
    if not fresh.is_draft:
        raise Refused(_("Only a draft can be changed. Begin a new version."))
    fresh.version += 1
    return _save(fresh, by)


def _locked(rule_set: RuleSet, version: int) -> RuleSet:
    fresh = RuleSet.objects.select_for_update().get(pk=rule_set.pk)
    if fresh.version != version:
        raise Stale(_("A colleague has changed this version meanwhile. Open it again to see what they did."))
    return fresh


Row = TypeVar("Row", RuleSet, TriageRule, PriorityStandard)


def _save(row: Row, by: User) -> Row:
    row._history_user = by  # type: ignore[attr-defined]
    row.save()
    return row


# --- One referral: agree, or decide over the rules -------------------------------------------------


@transaction.atomic
def agree(*, referral: Referral, version: int, by: User) -> Referral:
    """Somebody looked, and the rules were right. Raises Stale."""
    fresh = _referral(referral, version)
    TriageDecision.objects.create(referral=fresh, by=by, at=clock.now())
    return _looked_at(fresh, by)


@transaction.atomic
def decide(
    *,
    referral: Referral,
    reason: str,
    priority: int,
    channel: str,
    due_on: date | None,
    is_suppressed: bool,
    version: int,
    by: User,
) -> Referral:
    """Decide over the rules, with a reason. No import and no new rules change what was decided.

    Raises Refused when nothing would change or it cannot be; Stale.
    """
    fresh = _referral(referral, version)
    was = _standing(fresh)
    if is_suppressed and not was["suppressed"] and fresh.status == Referral.Status.ALLOCATED:
        raise Refused(_("An officer has this victim. Ask them to close it, with the reason."))
    if channel and fresh.participant.person.date_of_death:
        raise Refused(
            _("This person has died, so no channel is theirs. Those who act for them are contacted instead.")
        )
    rules = RulesByDay().on(clock.today())
    decided = set(fresh.decided_fields)
    fresh.priority, fresh.channel = priority, channel
    if is_suppressed != was["suppressed"]:
        fresh.status = Referral.Status.SUPPRESSED if is_suppressed else Referral.Status.RECEIVED
        fresh.suppressed_because = BY_A_PERSON if is_suppressed else ""
        decided.add("status")
    if is_suppressed:
        fresh.due_on = None
    elif due_on is not None and due_on != fresh.due_on:
        fresh.due_on = due_on
        decided.add("due_on")
    elif fresh.due_on is None:  # contacted after all: the days count from today
        fresh.due_on = rules.due_on(clock.now(), priority)
    elif priority != was["priority"] and "due_on" not in decided:
        fresh.due_on = rules.due_on(fresh.received_at, priority)
    now_is = _standing(fresh)
    changes = {name: [was[name], now_is[name]] for name in was if was[name] != now_is[name]}
    if not changes:
        raise Refused(_("Nothing was changed. Change an answer, or agree with the rules."))
    fresh.decided_fields = sorted(decided | {name for name in ("priority", "channel") if name in changes})
    TriageDecision.objects.create(referral=fresh, changes=changes, reason=reason, by=by, at=clock.now())
    return _looked_at(fresh, by)


def _standing(referral: Referral) -> dict[str, Any]:
    return {
        "priority": referral.priority,
        "channel": referral.channel,
        "due_on": referral.due_on.isoformat() if referral.due_on else None,
        "suppressed": referral.status == Referral.Status.SUPPRESSED,
    }


def _referral(referral: Referral, version: int) -> Referral:
    fresh = (
        Referral.objects.select_for_update(of=("self",))
        .select_related("participant__person")
        .get(pk=referral.pk)
    )
    if fresh.version != version:
        raise Stale(
            _("This referral was changed meanwhile, by a colleague or by the feed. Look at it once more.")
        )
    return fresh


def _looked_at(referral: Referral, by: User) -> Referral:
    referral.triaged_at, referral.triaged_by = clock.now(), by
    referral.version += 1
    referral._history_user = by  # type: ignore[attr-defined]
    referral.save()
    return referral


# --- Triage again ----------------------------------------------------------------------------------


@transaction.atomic
def triage_again(*, by: User) -> int:
    """Judge all that wait for an officer by the rules in force today. Returns how many moved.

    What a person decided stays. At most `AT_ONCE` at a time, the longest waiting first.
    """
    rules = RulesByDay().on(clock.today())
    waiting = list(to_triage_again(by).select_for_update(of=("self",)))
    facts = facts_of(waiting)
    moved, rights = [], latest_rights([referral.participant_id for referral in waiting])
    for referral in waiting:
        made = triage(facts[referral.participant_id], rules)
        held = rights.get(referral.participant_id)
        if (held is None and made.categories) or (
            held is not None and held.is_provisional and list(made.categories) != held.categories
        ):
            cases.set_entitlement(
                participant=referral.participant, is_enhanced=made.is_enhanced,
                categories=list(made.categories), from_on=clock.today(), is_provisional=True,
                reason=entitlement_reason(made.reasons, rules.pk), by=by,
            )  # fmt: skip
        if apply(referral, made, rules):
            moved.append(referral)
    fields = [
        "status",
        "suppressed_because",
        "priority",
        "reasons",
        "channel",
        "due_on",
        "rule_set",
        "version",
    ]
    bulk_update_with_history(
        moved, Referral, fields, batch_size=500, default_user=by,
        default_change_reason=_("triaged again on %s") % said_day(clock.today()),
    )  # fmt: skip
    return len(moved)


def to_triage_again(user: User) -> Any:
    """The referrals of people this supervisor may see that no officer has yet, suppressed ones too."""
    return (
        Referral.objects.visible_to(user)
        .filter(status__in=[Referral.Status.RECEIVED, Referral.Status.SUPPRESSED])
        .filter(participant__closed_at=None)
        .select_related("participant__case", "participant__person__safe_contact")
        .order_by("received_at", "pk")[:AT_ONCE]
    )


def latest_rights(participants: Sequence[int]) -> dict[int, Entitlement]:
    """The rights each of these has now, where anybody or triage has said."""
    latest = (
        Entitlement.objects.filter(participant__in=participants)
        .order_by("participant_id", "-from_on", "-pk")
        .distinct("participant_id")
    )
    return {each.participant_id: each for each in latest}


def apply(referral: Referral, made: Triage, rules: Rules) -> bool:
    """Put what the rules say on a referral that is not saved here; True when anything changed.

    What a person decided stays.
    """
    before = _all_of(referral)
    decided = set(referral.decided_fields)
    was = referral.priority
    referral.reasons = list(made.reasons)
    if "priority" not in decided:
        referral.priority = made.priority
    if "channel" not in decided:
        referral.channel = made.channel
    if "status" not in decided:
        referral.suppressed_because = made.suppressed_because
        referral.status = Referral.Status.SUPPRESSED if made.suppressed_because else Referral.Status.RECEIVED
    if referral.status == Referral.Status.SUPPRESSED:
        referral.due_on = None
    elif referral.due_on is None or (referral.priority != was and "due_on" not in decided):
        referral.due_on = rules.due_on(referral.received_at, min(referral.priority, LEAST))
    if _all_of(referral) == before:
        return False
    referral.rule_set_id = rules.pk
    referral.version += 1
    return True


def _all_of(referral: Referral) -> tuple[Any, ...]:
    return (
        referral.priority, tuple(referral.reasons), referral.channel, referral.status,
        referral.suppressed_because, referral.due_on,
    )  # fmt: skip
