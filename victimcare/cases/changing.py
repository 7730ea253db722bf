"""Every change of what is held of a person: how they are reached, their details, and what waits for a second person."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.models import Participant, PendingChange, Person, SafeContact, SafetyLift
from victimcare.cases.safe_contact import in_danger, moved_since_asked, opened_by, phone_key
from victimcare.cases.safety.alerts import lifted_by
from victimcare.cases.safety.moves import ADDRESS, moves, same_place
from victimcare.faults import Refused, Stale


@transaction.atomic
def set_safe_contact(
    *,
    person: Person,
    version: int,
    by: User | None,
    why_lifted: str = "",
    asked: bool = False,
    **answers: Any,
) -> SafeContact:
    """Keep what this person said about reaching them safely; `by` is None where they wrote it themselves.

    An answer that takes a safety alert back is a SafetyLift until a supervisor agrees, and the alert holds;
    `why_lifted` says why. Whatever was asked before about these answers is overtaken. The day and the number they
    are about move on only where `asked` says that they were all asked for anew: a note is no answer. Raises Stale
    when somebody just changed them, and Refused where an alert is taken back and nobody says why, or where a way
    is opened and nobody asked.
    """
    safe = SafeContact.objects.select_for_update(of=("self",)).filter(person=person).first()
    if safe is None:
        safe = SafeContact(person=person, version=0)
    if safe.version != version:
        raise Stale(
            _("Someone else changed these answers while you were working. Theirs are shown below."),
            theirs=_as_said(safe, answers),
        )
    is_in_danger = bool(safe.pk and in_danger([person.pk], clock.today()))
    lifted = lifted_by(safe, answers, is_in_danger=is_in_danger)
    if lifted and not why_lifted.strip():
        raise Refused(_("This takes a safety alert back: say why it is safe now. A supervisor decides."))
    _overtake(person, by)
    kept = {lift.field for lift in lifted}
    moved = moved_since_asked(safe, person)
    asked = asked or safe.confirmed_at is None
    if not asked:
        if set(opened_by(safe, answers, moved)) - kept:
            raise Refused(
                _("A way is opened only by asking them. Say that you asked them all of this today.")
            )
        kept |= {channel for channel in moved if not answers.get(channel)}  # said of another number
    for name, answer in answers.items():
        if name not in kept:
            setattr(safe, name, answer)
    safe.child_reached_because, safe.child_decided_by = "", None  # it was about the answers of then
    safe.child_decided_at = safe.child_decided_version = None
    if asked:
        for channel in moved - set(answers):
            setattr(safe, channel, SafeContact.Safe.NOT_KNOWN)
        safe.confirmed_by, safe.confirmed_at = by, clock.now()
    safe.version = version + 1
    safe._history_user = by  # type: ignore[attr-defined]
    safe.save()
    for lift in lifted:
        ask_to_lift(person, lift.field, lift.was, lift.to, why_lifted, by)
    return safe


def hear_of_number(*, person: Person, number: str, is_wrong: bool, on: date, by: User | None) -> None:
    """Keep that a call to this number found somebody else, or found them after all. On `on`, a day in London."""
    key = phone_key(number)
    was = person.wrong_number
    if key and (was != key if is_wrong else was == key):
        _keep_number(person, key, is_wrong, on, by)


@transaction.atomic
def _keep_number(person: Person, key: str, is_wrong: bool, on: date, by: User | None) -> None:
    held = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    held.wrong_number, held.wrong_number_on = (key, on) if is_wrong else ("", None)
    held.version += 1
    held._history_user = by  # type: ignore[attr-defined]
    held.save(update_fields=["wrong_number", "wrong_number_on", "version"])
    person.wrong_number, person.wrong_number_on = held.wrong_number, held.wrong_number_on
    person.version = held.version


def _overtake(person: Person, by: User | None) -> None:
    """The answers are written again, so nobody decides about those of before."""
    waiting = SafetyLift.objects.waiting().filter(person=person).exclude(field=SafetyLift.REOPEN)
    for lift in waiting.select_for_update(of=("self",)):
        lift.decision, lift.decided_by = SafetyLift.Decision.OVERTAKEN, by
        lift.decided_at = clock.now()
        _save_lift(lift, by)


def ask_to_lift(
    person: Person,
    field: str,
    was: str,
    to: str,
    why: str,
    by: User | None,
    participant: Participant | None = None,
) -> SafetyLift:
    lift = SafetyLift(
        person=person, participant=participant, field=field, was=was, to=to, why=why.strip()[:300], asked_by=by,
        asked_at=clock.now(),
    )  # fmt: skip
    _save_lift(lift, by)
    return lift


def _save_lift(lift: SafetyLift, by: User | None) -> None:
    lift._history_user = by  # type: ignore[attr-defined]
    lift.save()


@transaction.atomic
def change_details(*, person: Person, version: int, verified_by: str, by: User, **fields: str) -> Person:
    """Keep a name, number or address that somebody checked with the person; no feed overwrites it now.

    `verified_by` says how it was checked, and is kept with the history. Where the person may be in danger
    another number or address is not theirs yet: it is a PendingChange until somebody else has verified it.
    Raises Stale, and Refused when nobody says how: whoever can change where we write to can read what we write.
    """
    if not verified_by.strip():
        raise Refused(_("Say how you know it was them who asked. Ring the number held before, or see them."))
    fresh = Person.objects.select_for_update().get(pk=person.pk)
    if fresh.version != version:
        raise Stale(
            _("Someone else changed these details while you were working. Theirs are shown below yours."),
            theirs=_as_said(fresh, fields),
        )
    if held := _held_back(fresh, fields):
        for what, values in held.items():
            hold_change(
                person=fresh,
                what=what,
                values=values,
                source=PendingChange.Source.STAFF,
                said=verified_by,
                by=by,
            )
        fields = {
            name: said for name, said in fields.items() if not any(name in each for each in held.values())
        }
    changed = [name for name, answer in fields.items() if getattr(fresh, name) != answer]
    for name in changed:
        setattr(fresh, name, fields[name])
    fresh.confirmed_fields = _confirmed(fresh, changed)
    fresh.version += 1
    fresh._history_user = by  # type: ignore[attr-defined]
    fresh._change_reason = verified_by[:100]  # type: ignore[attr-defined]
    fresh.save()
    return fresh


def _held_back(person: Person, fields: dict[str, str]) -> dict[str, dict[str, str]]:
    """What of these new details a second person has to verify first: nothing where nobody may be in danger."""
    found = moves(person, fields)
    return found if found and in_danger([person.pk], clock.today()) else {}


def _confirmed(person: Person, changed: Iterable[str]) -> list[str]:
    """The fields no feed overwrites. An address is confirmed as a whole: half of each is nobody's."""
    names = set(changed)
    return sorted({*person.confirmed_fields, *names, *(ADDRESS if names & set(ADDRESS) else ())})


@transaction.atomic
def hold_change(
    *,
    person: Person,
    what: str,
    values: dict[str, str],
    source: PendingChange.Source,
    said: str = "",
    by: User | None,
    change: str = "",
) -> PendingChange:
    """Keep another number or address of somebody in danger until it is verified. One waits at a time.

    The same again is the one that waits already; another takes its place, and both are kept. `change` is how
    history names what brought it.
    """
    earlier = (
        PendingChange.objects.waiting()
        .select_for_update(of=("self",))
        .filter(person=person, what=what)
        .first()
    )
    if earlier is not None:
        if same_place(what, earlier.values, values):
            return earlier
        earlier.decision, earlier.decided_at = PendingChange.Decision.REPLACED, clock.now()
        earlier.decided_by = by
        _keep(earlier, by, change)
    held = PendingChange(
        person=person, what=what, values=values, source=source, said=said.strip()[:100], asked_by=by,
        asked_at=clock.now(),
    )  # fmt: skip
    _keep(held, by, change)
    return held


@transaction.atomic
def hold_what_a_feed_says(
    *, said: dict[int, dict[str, str]], change: str, by: User | None
) -> list[PendingChange]:
    """By person, the details in which a feed contradicts what somebody here confirmed.

    For whoever may be in danger they wait to be verified: a feed may know that she moved. What it says for the
    second time, and what was held here before, is no news.
    """
    moved = {}
    for person in Person.objects.select_for_update().filter(pk__in=list(said)).order_by("pk"):
        if found := moves(person, said[person.pk]):
            moved[person.pk] = person, found
    flagged = in_danger(moved, clock.today()) if moved else set()
    held = []
    for pk in sorted(flagged):
        person, found = moved[pk]
        for what, values in found.items():
            if not _is_old_news(person, what, values):
                held.append(
                    hold_change(
                        person=person, what=what, values=values, source=PendingChange.Source.FEED,
                        by=None, change=change,
                    )
                )  # fmt: skip
    return held


def _is_old_news(person: Person, what: str, values: dict[str, str]) -> bool:
    lives = [*Person.history.filter(id=person.pk).values(*values)]
    decided = PendingChange.objects.filter(person=person, what=what).exclude(decision="")
    lives += decided.values_list("values", flat=True)
    return any(same_place(what, {name: held.get(name, "") for name in values}, values) for held in lives)


def _keep(row: PendingChange, by: User | None, change: str = "") -> None:
    row._history_user = by  # type: ignore[attr-defined]
    row._change_reason = change or None  # type: ignore[attr-defined]
    row.save()


def _as_said(row: SafeContact | Person, names: Iterable[str]) -> dict[str, object]:
    """What a row says now, in the words of its page."""
    said: dict[str, object] = {}
    for name in names:
        shown = getattr(row, f"get_{name}_display", None)
        label = str(row._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]
        said[label] = shown() if shown else getattr(row, name)
    return said
