"""Every write to people, cases and participants: plain values in, one transaction, the event in the same."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Model, QuerySet
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.closing import loose_ends
from victimcare.cases.events import MIDDAY, announce, record_event
from victimcare.cases.kinds import ALLOCATED, UNDONE, Kind
from victimcare.cases.links import all_linked, linked_to
from victimcare.cases.lookalikes import Pair, opposing_cases, pairs_of
from victimcare.cases.models import (
    Case,
    Compared,
    Entitlement,
    Event,
    Likeness,
    Participant,
    PendingChange,
    Person,
    PersonLink,
    SafeContact,
    SafetyLift,
    Standard,
)
from victimcare.cases.new_rows import allocated, crime_reported, new_case, new_entitlement
from victimcare.cases.newcomers import rows_beside
from victimcare.cases.safe_contact import in_danger, phone_key, why_not_to_act_for
from victimcare.cases.safety.alerts import lifted_by
from victimcare.cases.safety.moves import ADDRESS, moves, same_place
from victimcare.cases.standards import RANGES
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.together import Statement, insert_together
from victimcare.working_days import LONDON


@transaction.atomic
def keep_together(*rows: Model, by: User | None, beside: Sequence[Statement] = ()) -> None:
    """Keep new rows that point to one another, with their history, in one question however many they are.

    Rows among them that are held already are changed, with the next row of their history. The cases of the events
    among them are marked, and listeners hear of them once this is committed. `beside` are other statements about
    rows that are held, for the same question.
    """
    now, events = clock.now(), [row for row in rows if isinstance(row, Event)]
    opened = [row for row in rows if isinstance(row, Case)]
    for case in opened:
        case.changed_at = now if any(event.case is case for event in events) else None
    held = {event.case.pk for event in events} - {None}
    mark = ("UPDATE cases_case SET changed_at = %s WHERE id = ANY(%s)", [now, sorted(held)])
    insert_together(
        [row for row in rows if row._state.adding],
        by=by,
        changed=[row for row in rows if not row._state.adding],
        beside=[*beside, *([mark] if held else [])],
    )
    if events:
        others = {event.case_id for event in events if not any(event.participant is row for row in rows)}
        ids = {event.case_id for event in events}
        happened = {event.case_id for event in events if event.kind != Kind.CONTACT_MADE}
        announce(ids, joined=ids - others, contacted=ids - happened)


@transaction.atomic
def add_person(*, by: User | None, **fields: Any) -> Person:
    """Keep a new human being. Search first: a person is kept once."""
    person = Person(**fields)
    keep_together(person, by=by)
    return person


@transaction.atomic
def open_case(*, reported: datetime | date | None, by: User | None, **fields: Any) -> Case:
    """Open one crime or incident, whether or not the police were told.

    Its CRIME_REPORTED events are recorded as its victims are added.
    """
    case = new_case(reported=reported, **fields)
    keep_together(case, by=by)
    return case


@transaction.atomic
def add_participant(
    *,
    case: Case,
    person: Person,
    role: Participant.Role,
    reported: datetime | date | None = None,
    learned_at: datetime | None = None,
    by: User | None,
    **fields: Any,
) -> Participant:
    """Give a person a part in a case. A victim whose crime was reported gets their CRIME_REPORTED event."""
    participant = Participant(case=case, person=person, role=role, **fields)
    rows: list[Model] = [participant]
    if role == Participant.Role.VICTIM and reported is not None:
        rows.append(crime_reported(participant, reported=reported, learned_at=learned_at, by=by))
    keep_together(*rows, by=by)
    return participant


# --- The same person --------------------------------------------------------------------------------


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


# --- Adding somebody by hand ------------------------------------------------------------------------


@transaction.atomic
def add_by_hand(
    *,
    case: Case,
    role: Participant.Role,
    by: User,
    known: Person | None = None,
    fields: dict[str, Any] | None = None,
    represents: Participant | None = None,
    officer: User | None = None,
    reported: datetime | date | None = None,
    **part: Any,
) -> Participant:
    """Give somebody a part in a case: a record that is held, or a new one made of `fields`.

    Whoever asks has searched first; the sweep compares them with everybody once more. Raises Refused for somebody who
    has this part already, a suspect of the case, somebody who cannot safely act for the victim, and an officer who
    cannot take them.
    """
    person = known if known is not None else Person(**fields or {})
    if known is not None and case.pk is not None:
        _refuse_twice(known, case, role)
    if represents is not None:
        if person.pk is None:  # who they may not act for is looked up by their number
            keep_together(person, by=by)
        reason = why_not_to_act_for(person, represents)
        if reason:
            raise Refused(str(reason))
    is_victim = role == Participant.Role.VICTIM
    if officer is not None and is_victim:
        _refuse_officer(officer)
        part["officer"] = officer
    participant = Participant(case=case, person=person, role=role, represents=represents, **part)
    rows: list[Model] = [row for row in (case, person) if row.pk is None]
    rows.append(participant)
    if is_victim and reported is not None:
        rows.append(crime_reported(participant, reported=reported, by=by))
    if "officer" in part:
        rows.append(allocated(participant, officer=part["officer"], by=by))
    keep_together(*rows, *rows_beside(participant), by=by)
    return participant


def _refuse_twice(known: Person, case: Case, role: Participant.Role) -> None:
    """Raises Refused where this human being is a suspect of the case, or has this part in it."""
    held = Participant.objects.filter(case=case, person__in=all_linked([known.pk]))
    roles = set(held.values_list("role", flat=True))
    if Participant.Role.SUSPECT in roles:
        raise Refused(
            _(
                "This person is held as a suspect in this case. Ask the officer in the case before you add them."
            )
        )
    if role in roles:
        raise Refused(_("This person has this part in the case already."))


@transaction.atomic
def open_by_hand(
    *,
    offence_title: str,
    occurrence_no: str,
    flags: list[str],
    reported: date,
    officer: User,
    by: User,
    known: Person | None = None,
    fields: dict[str, Any] | None = None,
) -> Participant:
    """Open a case that no feed sent, with its victim, for this officer. Returns the victim's part.

    Raises Refused for an occurrence number that is held already: that case is opened instead.
    """
    number = "".join(occurrence_no.split())
    if number and Case.objects.filter(occurrence_no=number).exists():
        raise Refused(
            _("A case with this occurrence number is held already. Search for it, or ask your supervisor.")
        )
    moment = min(datetime.combine(reported, MIDDAY, LONDON), clock.now())
    case = new_case(
        reported=moment, offence_title=offence_title, occurrence_no=number, flags=flags, recorded_at=moment
    )
    return add_by_hand(
        case=case,
        role=Participant.Role.VICTIM,
        known=known,
        fields=fields,
        officer=officer,
        team_id=officer.team_id,
        reported=reported,
        by=by,
    )


# --- Rights, safe contact, details, officers ---------------------------------------------------------


@transaction.atomic
def set_entitlement(
    *,
    participant: Participant,
    is_enhanced: bool,
    categories: list[str],
    from_on: date,
    reason: str,
    is_provisional: bool = False,
    by: User | None,
) -> Entitlement:
    """Standard or enhanced from a date. Dated and kept; open duties move when listeners hear of it."""
    entitlement, event = new_entitlement(
        participant=participant,
        is_enhanced=is_enhanced,
        categories=categories,
        from_on=from_on,
        reason=reason,
        is_provisional=is_provisional,
        by=by,
    )
    keep_together(entitlement, event, by=by)
    return entitlement


@transaction.atomic
def set_safe_contact(
    *, person: Person, version: int, by: User | None, why_lifted: str = "", **answers: Any
) -> SafeContact:
    """Keep what this person said about reaching them safely; `by` is None where they wrote it themselves.

    An answer that takes a safety alert back is a SafetyLift until a supervisor agrees, and the alert holds;
    `why_lifted` says why. Whatever was asked before about these answers is overtaken. Raises Stale when somebody
    just changed them, and Refused where an alert is taken back and nobody says why.
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
    for name, answer in answers.items():
        if name not in kept:
            setattr(safe, name, answer)
    safe.child_reached_because, safe.child_decided_by = "", None  # it was about the answers of then
    safe.child_decided_at = safe.child_decided_version = None
    safe.confirmed_by, safe.confirmed_at, safe.version = by, clock.now(), version + 1
    safe._history_user = by  # type: ignore[attr-defined]
    safe.save()
    for lift in lifted:
        _ask_to_lift(person, lift.field, lift.was, lift.to, why_lifted, by)
    return safe


@transaction.atomic
def hear_of_number(*, person: Person, number: str, is_wrong: bool, on: date, by: User | None) -> None:
    """Keep that a call to this number found somebody else, or found them after all. On `on`, a day in London."""
    key = phone_key(number)
    was = person.wrong_number
    if not key or (was != key and not is_wrong) or (was == key and is_wrong):
        return
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


def _ask_to_lift(
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


@transaction.atomic
def allocate(*, participants: Iterable[Participant], officer: User, by: User) -> int:
    """Give victims to a named officer. Returns how many changed hands. Refuses who cannot take them."""
    _refuse_officer(officer)
    victims = Participant.objects.victims().open().filter(pk__in=[part.pk for part in participants])
    return _hand_to(victims.exclude(officer=officer), officer, officer.display_name, by, ALLOCATED)


def _refuse_officer(officer: User) -> None:
    """Raises Refused for somebody who looks after no victims, or not here any more."""
    if not officer.is_active or not officer.has_role(Role.VICTIM_CARE_OFFICER):
        raise Refused(_("Choose a victim care officer who works here."))


@transaction.atomic
def take_back(*, participants: Iterable[Participant], by: User) -> int:
    """Undo an allocation: these victims have no officer again, and the timeline says so. Returns how many."""
    victims = Participant.objects.filter(pk__in=[part.pk for part in participants])
    return _hand_to(victims, None, _("Allocation undone: nobody yet"), by, UNDONE)


# More cases than this are assessed by the sweep within half a minute: nobody waits for a long page.
ASSESSED_AT_ONCE = 100


def _hand_to(victims: QuerySet[Participant], officer: User | None, said: str, by: User, why: str) -> int:
    """A fixed number of queries, however many change hands. History and log say why: ALLOCATED or UNDONE."""
    now = clock.now()
    found = list(victims.select_for_update(of=("self",)).order_by("pk"))
    for participant in found:
        participant.officer = officer
        participant.version += 1
    rows = Participant.objects.filter(pk__in=[participant.pk for participant in found])
    rows.update(officer=officer, version=F("version") + 1)
    Participant.history.bulk_history_create(
        found, batch_size=500, update=True, default_user=by, default_change_reason=why
    )
    Event.objects.bulk_create(
        [
            Event(
                case_id=participant.case_id,
                kind=Kind.OFFICER_ALLOCATED,
                participant=participant,
                occurred_at=now,
                learned_at=now,
                detail=said,
                data={"change": why},
                by=by,
            )
            for participant in found
        ],
        batch_size=500,
    )
    cases = {participant.case_id for participant in found}
    Case.objects.filter(pk__in=cases).update(changed_at=now)
    if len(cases) <= ASSESSED_AT_ONCE:
        announce(cases)
    return len(found)


@transaction.atomic
def close(
    *,
    participant: Participant,
    reason: str,
    version: int,
    despite: str = "",
    told_how_to_return: bool = False,
    died_known_from: str = "",
    by: User,
) -> Participant:
    """Close this victim's or witness's part, with a reason. Duties run on.

    Raises Stale; Refused when something must be finished before this reason holds and `despite`, why it is
    not, is empty. `told_how_to_return`: somebody told them how to come back. `died_known_from`: how it is known
    that they died, without which nobody is closed as dead.
    """
    participant = _locked(participant, version)
    if participant.closed_at:
        raise Refused(_("This is closed already. Open it again first to give another reason."))
    has_died = reason == Participant.Closure.DECEASED
    if has_died and not died_known_from.strip():
        raise Refused(_("Say how it is known that they died."))
    unfinished = [end.text for end in loose_ends(participant) if reason in end.stops]
    if unfinished and not despite.strip():
        raise Refused(
            _("%(what)s Finish it first, or say why you close it all the same.")
            % {"what": " ".join(unfinished)}
        )
    participant.closed_at, participant.closure_reason = clock.now(), reason
    _save(participant, by)
    record_event(
        case=participant.case,
        kind=Kind.CASE_CLOSED,
        occurred=participant.closed_at,
        participant=participant,
        detail=str(Participant.Closure(reason).label),
        data={"told_how_to_return": told_how_to_return}
        | ({"despite": despite} if unfinished else {})
        | ({"died_known_from": died_known_from} if has_died else {}),
        by=by,
    )
    return participant


@transaction.atomic
def reopen(*, participant: Participant, reason: str, version: int, by: User) -> Participant:
    """Open it again, with a reason: the door was left open. Raises Stale, and Refused without a reason.

    What was closed as unsafe to contact stays closed: a SafetyLift asks a supervisor.
    """
    participant = _locked(participant, version)
    if not participant.closed_at:
        raise Refused(_("This is open already."))
    if not reason.strip():
        raise Refused(_("Say why you open it again."))
    unsafe = Participant.Closure.UNSAFE_TO_CONTACT
    if participant.closure_reason != unsafe:
        return open_again(participant=participant, reason=reason, by=by)
    if SafetyLift.objects.waiting().filter(participant=participant).exists():
        raise Refused(_("Somebody asked for this already: a supervisor decides."))
    _ask_to_lift(participant.person, SafetyLift.REOPEN, unsafe, "", reason, by, participant)
    return participant


@transaction.atomic
def open_again(*, participant: Participant, reason: str, by: User) -> Participant:
    """Open a part whose row is held, whatever it was closed for. Pages use `reopen`."""
    participant.closed_at, participant.closure_reason = None, ""
    _save(participant, by)
    record_event(
        case=participant.case,
        kind=Kind.CASE_REOPENED,
        occurred=clock.now(),
        participant=participant,
        detail=reason.strip(),
        by=by,
    )
    return participant


@transaction.atomic
def propose_standard(
    *, key: str, value: int, effective_from: date, reason: str, number: int, by: User
) -> Standard:
    """Write the next version of one of the unit's own numbers; it counts once somebody else approved it.

    `number` is the version the page showed. Raises Stale when another was written meanwhile.
    """
    limits = RANGES[key]
    if not limits.lowest <= value <= limits.highest:
        raise Refused(
            _("Enter a whole number from %(lowest)d to %(highest)d.")
            % {"lowest": limits.lowest, "highest": limits.highest}
        )
    if effective_from < clock.today():
        raise Refused(_("What was counted stays counted. Enter today or a later day."))
    latest = Standard.objects.select_for_update(of=("self",)).filter(key=key).order_by("-number").first()
    if (latest.number if latest else 0) != number:
        raise Stale(_("Someone else wrote another version while you were working. Open the page again."))
    standard = Standard(
        key=key,
        number=number + 1,
        value=value,
        effective_from=effective_from,
        reason=reason,
        written_by=by,
    )
    standard._history_user = by  # type: ignore[attr-defined]
    standard.save()
    return standard


@transaction.atomic
def decide_standard(*, standard: Standard, is_approved: bool, by: User) -> Standard:
    """Approve a proposed number, or set it aside. Nobody approves their own."""
    standard = Standard.objects.select_for_update(of=("self",)).get(pk=standard.pk)
    if standard.approved_at or standard.withdrawn_at or standard.written_by_id is None:
        raise Refused(_("This was decided already. Open the page again."))
    if is_approved and standard.written_by_id == by.pk:
        raise NotAllowed(_("You wrote this number, so somebody else has to approve it."))
    if is_approved:
        standard.approved_by, standard.approved_at = by, clock.now()
        standard.effective_from = max(standard.effective_from, clock.today())
    else:
        standard.withdrawn_at = clock.now()
    standard._history_user = by  # type: ignore[attr-defined]
    standard.save()
    return standard


def _as_said(row: SafeContact | Person, names: Iterable[str]) -> dict[str, object]:
    """What a row says now, in the words of its page."""
    said: dict[str, object] = {}
    for name in names:
        shown = getattr(row, f"get_{name}_display", None)
        label = str(row._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]
        said[label] = shown() if shown else getattr(row, name)
    return said


def _locked(participant: Participant, version: int) -> Participant:
    fresh = Participant.objects.select_for_update(of=("self",)).select_related("case").get(pk=participant.pk)
    if fresh.version != version:
        raise Stale(
            _("Someone else changed this while you were working. Open it again to see what they did.")
        )
    return fresh


def _save(participant: Participant, by: User) -> None:
    participant.version += 1
    participant._history_user = by  # type: ignore[attr-defined]
    participant.save()
