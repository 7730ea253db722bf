"""Every write about who is the same person: records linked, parted, told apart, and compared with one another."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.links import linked_to
from victimcare.cases.lookalikes import Pair, opposing_cases, pairs_of
from victimcare.cases.models import Compared, Likeness, Participant, Person, PersonLink
from victimcare.faults import Refused, Stale


@transaction.atomic
def link(*, one: Person, other: Person, reason: str, by: User) -> PersonLink:
    """Say that two records are one human being. Moves nothing; `unlink` takes it back to the byte.

    Raises Refused where they are linked already, where nobody says why, and where either is suspected of a
    crime against the other: a victim is never joined to her suspect.
    """
    if one.pk == other.pk:
        raise Refused(_("This is one record already."))
    if not reason.strip():
        raise Refused(_("Say why they are the same person, so that others can follow."))
    low, high = _both_locked(one, other)
    groups = linked_to([low.pk, high.pk])
    if high.pk in groups[low.pk]:
        raise Refused(_("These two records are linked already."))
    opposing = opposing_cases(groups[low.pk], groups[high.pk])
    if opposing:
        raise Refused(_why_never(opposing, by))
    joined = PersonLink(one=low, other=high, reason=reason.strip()[:200], linked_by=by, linked_at=clock.now())
    joined._history_user = by  # type: ignore[attr-defined]
    joined.save()
    _decide_inside(groups[low.pk] | groups[high.pk], joined, by)
    return joined


@transaction.atomic
def unlink(*, link: PersonLink, reason: str, by: User) -> PersonLink:
    """Say that they are not one human being after all. What each record holds is as it was. Raises Stale."""
    if not reason.strip():
        raise Refused(_("Say why they are not the same person, so that others can follow."))
    _both_locked(link.one, link.other)
    fresh = PersonLink.objects.select_for_update().get(pk=link.pk)
    if fresh.unlinked_at:
        raise Stale(_("Someone else unlinked these two records already."))
    fresh.unlinked_by, fresh.unlinked_at = by, clock.now()
    fresh.unlink_reason = reason.strip()[:200]
    fresh._history_user = by  # type: ignore[attr-defined]
    fresh.save()
    _ask_again(fresh, by)
    return fresh


@transaction.atomic
def not_the_same(*, likeness: Likeness, reason: str = "", by: User) -> Likeness:
    """Say that two records are two people. Nobody is asked about them again. Raises Stale."""
    fresh = Likeness.objects.select_for_update().get(pk=likeness.pk)
    if fresh.decision:
        raise Stale(_("Someone else decided about these two records already."))
    return _decided(fresh, Likeness.Decision.DIFFERENT, reason.strip()[:200], by)


def _why_never(opposing: set[int], by: User) -> str:
    """A victim and her suspect. Whoever may not see the crime in which they stand so is not told that it is."""
    if Participant.objects.visible_to(by).filter(case__in=opposing).exists():
        return _(
            "These two are never linked: one of them is held as a suspect in a crime against the other. If the "
            "force’s record is wrong, ask the officer in the case to correct it."
        )
    return _("These two records cannot be linked here. Ask your supervisor.")


def _both_locked(one: Person, other: Person) -> tuple[Person, Person]:
    """Both records, the lower first, so that two people who link at once wait for each other in order."""
    low, high = Person.objects.select_for_update().filter(pk__in=[one.pk, other.pk]).order_by("pk")
    return low, high


def _decided(likeness: Likeness, decision: Likeness.Decision, reason: str, by: User | None) -> Likeness:
    likeness.decision, likeness.decision_reason = decision, reason
    likeness.decided_by, likeness.decided_at = (by, clock.now()) if decision else (None, None)
    likeness._history_user = by  # type: ignore[attr-defined]
    likeness.save()
    return likeness


def _decide_inside(group: frozenset[int], joined: PersonLink, by: User) -> None:
    """The pair itself, and every pair that is now inside one group, is asked no more."""
    for likeness in Likeness.objects.select_for_update().filter(one__in=group, other__in=group):
        is_pair = (likeness.one_id, likeness.other_id) == (joined.one_id, joined.other_id)
        if is_pair or not likeness.decision:
            _decided(likeness, Likeness.Decision.LINKED, joined.reason if is_pair else "", by)


def _ask_again(parted: PersonLink, by: User) -> None:
    """The pair is two people now; pairs that were the same only through it are asked about again."""
    were = linked_to([parted.one_id, parted.other_id])
    everybody = were[parted.one_id] | were[parted.other_id]
    groups = linked_to(everybody)
    for likeness in Likeness.objects.select_for_update().filter(
        one__in=everybody, other__in=everybody, decision=Likeness.Decision.LINKED
    ):
        if (likeness.one_id, likeness.other_id) == (parted.one_id, parted.other_id):
            _decided(likeness, Likeness.Decision.DIFFERENT, parted.unlink_reason, by)
        elif likeness.other_id not in groups[likeness.one_id]:
            _decided(likeness, Likeness.Decision.UNDECIDED, "", by)


@transaction.atomic
def keep_likenesses(person_ids: Iterable[int]) -> int:
    """Compare these people with everybody and keep the pairs to be asked about. Returns how many are new.

    Safe to run twice. A pair that somebody decided about stays as it is; one that is alike no more goes.
    """
    ids = set(person_ids)
    found = {(pair.one, pair.other): pair for pair in pairs_of(ids)}
    held = {
        (each.one_id, each.other_id): each
        for way in ("one__in", "other__in")
        for each in Likeness.objects.select_for_update().filter(**{way: ids})
    }
    Likeness.objects.filter(
        pk__in=[each.pk for key, each in held.items() if not each.decision and key not in found]
    ).delete()
    moved = [
        _judged_again(each, found[key]) for key, each in held.items() if key in found and not each.decision
    ]
    Likeness.objects.bulk_update(moved, ["score", "is_key", "reasons"], batch_size=1000)
    new = [
        Likeness(
            one_id=pair.one, other_id=pair.other, score=pair.match.score, is_key=pair.match.is_key,
            reasons=list(pair.match.reasons),
        )
        for key, pair in found.items() if key not in held
    ]  # fmt: skip
    # Two sweeps at once may find the same pair: the second keeps the first's.
    Likeness.objects.bulk_create(new, batch_size=1000, ignore_conflicts=True)
    return len(new)


def _judged_again(likeness: Likeness, pair: Pair) -> Likeness:
    likeness.score, likeness.is_key = pair.match.score, pair.match.is_key
    likeness.reasons = list(pair.match.reasons)
    return likeness


COMPARED_AT_ONCE = 500


def compare_next() -> int | None:
    """Compare the next people who are new or changed, by their history; None when nobody waits.

    One sweep at a time: a second finds the row locked and leaves it to the first.
    """
    with transaction.atomic():
        Compared.objects.get_or_create(only=True)
        mark = Compared.objects.select_for_update(skip_locked=True).filter(only=True).first()
        if mark is None:
            return None
        rows = list(
            Person.history.filter(history_id__gt=mark.up_to)
            .order_by("history_id")
            .values_list("history_id", "id")[:COMPARED_AT_ONCE]
        )
        if not rows:
            return None
        keep_likenesses(person for _row, person in rows)
        mark.up_to = rows[-1][0]
        mark.save()
        return len(rows)


def compare_again(*, since: datetime) -> int:
    """Compare everybody who is new or changed since then: a row whose number came before those of others may have
    been committed after them, and the sweep has passed it. Returns how many people.
    """
    people = sorted(
        set(Person.history.filter(history_date__gte=since).values_list("id", flat=True).distinct())
    )
    for start in range(0, len(people), COMPARED_AT_ONCE):
        keep_likenesses(people[start : start + COMPARED_AT_ONCE])
    return len(people)
