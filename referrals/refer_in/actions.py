"""Referrals that no extract brought: a victim's own, a partner's, an officer's, and one taken on the phone.

One action opens the case, keeps the person and how to reach them safely, triages and refers. It never links
anybody to a person we hold: staff are shown who may be the same, and say so themselves. Another refers whoever
became a victim in any other way, such as by hand in a case that is open.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from referrals.models import Partner, Referral
from referrals.refer_in.models import KEPT_FOR, PublicUse, ReferredIn, UnfinishedForm
from referrals.refer_in.said import CHANNELS, Agreement, Said, is_untold
from referrals.rules.actions import latest_rights
from referrals.rules.book import RulesByDay, entitlement_reason, rules_on
from referrals.rules.facts import facts_of, facts_of_newcomer
from referrals.triage import Facts, Rules, Triage
from victimcare import clock
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Role
from victimcare.audit.actions import new_access
from victimcare.audit.models import AccessEntry
from victimcare.cases import actions as cases
from victimcare.cases.events import new_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Participant, Person
from victimcare.cases.new_rows import crime_reported, new_case, new_entitlement, new_safe_contact
from victimcare.cases.safe_contact import YOUNG_CHILD
from victimcare.faults import Refused
from victimcare.lookups import is_any
from victimcare.working_days import london_day

HOUR = timedelta(hours=1)
BEGINNINGS_PER_SENDING = 4  # a form is begun more often than it is sent
AT_ONCE = 500  # victims referred in one transaction
Source = Referral.Source


class TooMany(Refused):
    """The public form was used too often from one place, or from everywhere."""

    status = 429


@dataclass
class _ThePublic:
    """Whoever fills in the public form, in the log of who did what."""

    reference: str = "PUBLIC"
    display_name: str = "The public form"
    roles: list[str] = field(default_factory=list)


# --- The referral ----------------------------------------------------------------------------------


@transaction.atomic
def refer_in(
    *, said: Said, source: Referral.Source, by: User | None, agreed: Agreement | None = None
) -> Referral:
    """Keep somebody who was referred to us by hand, triaged like everybody else. Never linked to anybody.

    `by` is None for the public form. Raises Refused where somebody refers another without their agreement.
    """
    if by is not None and agreed is None:
        raise Refused(_("Ask the victim first: we take a referral only from somebody who agrees."))
    now, today = clock.now(), clock.today()
    case, occurrence_as_told = _case_of(said, source, by)
    person = Person(**said.person)
    part = Participant(
        case=case,
        person=person,
        role=Participant.Role.VICTIM,
        team=_team_for(case, by),
        relationship_to_suspect=said.relationship,
        consent_to_refer="",
    )
    rules = rules_on(today)
    made = rules.judge(_facts(case, person, said, source))
    referral = Referral(
        participant=part,
        source=source,
        received_at=now,
        status=Referral.Status.SUPPRESSED if made.suppressed_because else Referral.Status.RECEIVED,
        suppressed_because=made.suppressed_because,
        priority=made.priority,
        reasons=list(made.reasons),
        channel=made.channel,
        due_on=None if made.suppressed_because else rules.due_on(now, made.priority),
        rule_set_id=rules.pk,
    )
    told = new_event(
        case=case,
        kind=Kind.REFERRED_IN,
        occurred=now,
        participant=part,
        detail=_in_words(said, source, agreed, occurrence_as_told),
        data={"referral": referral.reference, "source": source.value},
        by=by,
    )
    collected = new_access(
        by=by or _ThePublic(),
        op=AccessEntry.Op.COLLECT,
        case=case.reference,
        subject=part.reference,
        field_group="referral by hand",
        justification=str(source.value),
    )
    cases.keep_together(
        *([case] if case.pk is None else []),
        person,
        new_safe_contact(person=person, by=by, **said.safe),
        part,
        *(
            [crime_reported(part, reported=said.reported_on, learned_at=now, by=by)]
            if said.reported_on
            else []
        ),
        referral,
        _by_hand(referral, said, source, agreed, by),
        told,
        *(_provisional_rights(part, made, rules.pk, by)),
        collected,
        by=by,
    )
    return referral


def _by_hand(
    referral: Referral, said: Said, source: Referral.Source, agreed: Agreement | None, by: User | None
) -> ReferredIn:
    """Who referred them, as they were named then, and that they agreed."""
    is_partner = source == Source.PARTNER and by is not None and by.team_id is not None
    return ReferredIn(
        referral=referral,
        made_by=by,
        partner=Partner.objects.filter(team=by.team_id).first() if is_partner and by else None,
        named=said.name[:210],
        agreed_on=agreed.on if agreed else None,
        agreed_how=agreed.how if agreed else "",
        made_at=referral.received_at,
    )


def _case_of(said: Said, source: Referral.Source, by: User | None) -> tuple[Case, str]:
    """The crime under this number where the officer in it refers, or else a case of its own.

    Beside it the number, where it did not lead to the crime: it is written down as it was told, and staff
    decide. So nobody learns from our answer which numbers we hold.
    """
    number = said.occurrence_no
    if source == Source.OFFICER and number and by is not None and by.collar:
        theirs = Case.objects.filter(occurrence_no=number, oic_collar=by.collar).order_by("pk").first()
        if theirs is not None:
            return theirs, ""
        if not Case.objects.filter(occurrence_no=number).exists():
            return _new_case(said, occurrence_no=number, oic_collar=by.collar, oic_name=by.display_name), ""
    return _new_case(said), number


def _new_case(said: Said, **fields: Any) -> Case:
    return new_case(reported=said.reported_on, offence_title=said.title, flags=list(said.flags), **fields)


def _team_for(case: Case, by: User | None) -> Team | None:
    """The team of whoever took the call; that of the area; the one that takes the rest; or else the first."""
    if by is not None and by.team is not None and by.team.kind == Team.Kind.VICTIM_CARE:
        return by.team
    teams = list(Team.objects.filter(kind=Team.Kind.VICTIM_CARE).order_by("pk"))
    of_area = [team for team in teams if case.policing_area and case.policing_area in team.policing_areas]
    of_the_rest = [team for team in teams if not team.policing_areas]
    return next(iter([*of_area, *of_the_rest, *teams]), None)


def _facts(case: Case, person: Person, said: Said, source: Referral.Source) -> Facts:
    destinations = {
        "phone": person.phone_mobile or person.phone_home,
        "text": person.phone_mobile,
        "email": person.email,
        "post": person.address_line_1,
    }
    return Facts(
        flags=frozenset([*case.flags, *said.flags]),
        offence_code=case.offence_code,
        age=person.age_on(clock.today()),
        safe_to=tuple((channel, said.safe[channel]) for channel in CHANNELS if destinations[channel]),
        source=source.value,
        has_secret=said.safe["address_is_protected"],
        is_untold=is_untold(
            offence_code=case.offence_code, offence_title=said.title, flags=[*case.flags, *said.flags]
        ),
    )


def _provisional_rights(
    part: Participant, made: Triage, rule_set_id: int | None, by: User | None
) -> tuple[Model, ...]:
    """What triage says of their rights, until somebody has assessed them; nothing where they are not enhanced."""
    if not made.is_enhanced:
        return ()
    return new_entitlement(
        participant=part,
        is_enhanced=True,
        categories=list(made.categories),
        from_on=clock.today(),
        reason=entitlement_reason(made.reasons, rule_set_id),
        is_provisional=True,
        by=by,
    )


def _in_words(said: Said, source: Referral.Source, agreed: Agreement | None, occurrence: str) -> str:
    """What the timeline says: who told us what, in their own words."""
    lines = [said.title + "."]
    if said.words:
        lines.append(f"“{said.words}”")
    if occurrence:
        lines.append(_("Occurrence number as it was told: %(number)s.") % {"number": occurrence})
    if agreed:
        lines.append(_("The victim agreed: %(how)s") % {"how": agreed.how})
    return " ".join(lines)[:1000]


def source_of(user: User) -> Referral.Source:
    """Whose referral it is that this person makes. The unit's own people write down what a victim asks."""
    if user.has_role(Role.PARTNER):
        return Source.PARTNER
    if user.has_role(Role.OFFICER_IN_THE_CASE):
        return Source.OFFICER
    return Source.SELF


# --- Whoever became a victim in any other way ------------------------------------------------------


def referral_of(part: Participant) -> list[Model]:
    """The referral of a victim who is being added by hand, triaged, and their provisional rights: not kept yet."""
    referral = Referral(participant=part, source=Source.OFFICER, received_at=clock.now())
    rules = rules_on(london_day(referral.received_at))
    said = rules.judge(facts_of_newcomer(referral))
    _judge(referral, said, rules)
    return [referral, *_provisional_rights(part, said, rules.pk, by=None)]


def _judge(referral: Referral, said: Triage, rules: Rules) -> None:
    """Put on a new referral what the rules say; whoever has an officer is allocated to them, not suppressed."""
    referral.priority, referral.channel = said.priority, said.channel
    referral.reasons, referral.rule_set_id = list(said.reasons), rules.pk
    referral.due_on = rules.due_on(referral.received_at, said.priority)
    if referral.participant.officer_id:
        referral.status, referral.allocated_at = Referral.Status.ALLOCATED, referral.received_at
    elif said.suppressed_because:
        referral.status, referral.due_on = Referral.Status.SUPPRESSED, None
        referral.suppressed_because = said.suppressed_because


def refer_the_unreferred(case_ids: Iterable[int] | None = None) -> int:
    """Refer the victims who have no referral yet, in these cases or in all. Returns how many.

    One indexed query where nobody lacks one. Safe to run twice, and beside whoever adds somebody just now.
    """
    lacking = Participant.objects.victims().filter(referral=None)
    if case_ids is not None:
        lacking = lacking.filter(is_any("case_id", case_ids))
    ids = list(lacking.order_by("pk").values_list("pk", flat=True))
    return sum(_refer_all(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE))


@transaction.atomic
def _refer_all(participants: list[int]) -> int:
    """Triage and refer these victims; whoever has an officer already is allocated to them, not suppressed."""
    # Whoever somebody else is referring or changing this moment is left to them, or to the sweep. Who lacks a
    # referral is asked again once they are ours alone.
    locked = Participant.objects.filter(pk__in=participants).select_for_update(skip_locked=True, of=("self",))
    held = list(locked.order_by("pk").values_list("pk", flat=True))
    parts = _unreferred(held)
    added, rules_by_day = _when_added(parts), RulesByDay()
    made = [Referral(participant=part, source=Source.OFFICER, received_at=added[part.pk]) for part in parts]
    facts, rights = facts_of(made), latest_rights(held)
    for referral in made:
        part, rules = referral.participant, rules_by_day.on(london_day(referral.received_at))
        said = rules.judge(facts[part.pk])
        _judge(referral, said, rules)
        if said.is_enhanced and part.pk not in rights and part.closed_at is None:
            cases.set_entitlement(
                participant=part, is_enhanced=True, categories=list(said.categories), from_on=clock.today(),
                reason=entitlement_reason(said.reasons, rules.pk), is_provisional=True, by=None,
            )  # fmt: skip
    bulk_create_with_history(made, Referral, batch_size=AT_ONCE)
    return len(made)


def _unreferred(ids: list[int]) -> QuerySet[Participant]:
    return (
        Participant.objects.victims()
        .filter(pk__in=ids, referral=None)
        .select_related("case", "person__safe_contact")
        .order_by("pk")
    )


def _when_added(parts: Iterable[Participant]) -> dict[int, datetime]:
    """When each was given their part: that is when they reached the unit."""
    ids = [part.pk for part in parts]
    rows = Participant.history.filter(id__in=ids).order_by("-history_date", "-history_id")
    return dict.fromkeys(ids, clock.now()) | dict(rows.values_list("id", "history_date"))


# --- The public form while it is filled in ---------------------------------------------------------


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def hashed_address(address: str) -> str:
    """An address of the internet as only we can recognise it again."""
    return salted_hmac("referrals.refer_in.address", address, algorithm="sha256").hexdigest()


@transaction.atomic
def begin(*, address: str) -> tuple[UnfinishedForm, str]:
    """Open the public form: its row, and the key that only its page holds. Raises TooMany."""
    limit = settings.SELF_REFERRALS_PER_ADDRESS_AN_HOUR, settings.SELF_REFERRALS_AN_HOUR
    _count_use(PublicUse.Kind.BEGUN, address, *(BEGINNINGS_PER_SENDING * most for most in limit))
    key = secrets.token_urlsafe(32)
    return UnfinishedForm.objects.create(key_hash=hashed(key), expires_at=clock.now() + KEPT_FOR), key


@transaction.atomic
def take_up(*, key: str) -> tuple[UnfinishedForm, str] | None:
    """The form that a page was part of, and the key of the next page. None for a page that has been left."""
    form = UnfinishedForm.objects.under(hashed(key)).select_for_update().first()
    if form is None:
        return None
    next_key = secrets.token_urlsafe(32)
    if form.key_hash == hashed(key):  # not where a button was pressed twice: the moment is not made longer
        form.turned_at = clock.now()
    form.key_hash, form.previous_hash = hashed(next_key), hashed(key)
    form.save(update_fields=["key_hash", "previous_hash", "turned_at"])
    return form, next_key


@transaction.atomic
def keep(*, form: UnfinishedForm, page: str, answers: dict[str, list[str]]) -> UnfinishedForm:
    """Keep what was answered on one page, right or wrong, until the form is sent or an hour has passed."""
    fresh = UnfinishedForm.objects.select_for_update().get(pk=form.pk)
    if not fresh.sent_reference:
        fresh.answers = fresh.answers | {page: answers}
        fresh.expires_at = clock.now() + KEPT_FOR
        fresh.save(update_fields=["answers", "expires_at"])
    return fresh


@transaction.atomic
def send(*, form: UnfinishedForm, said: Said, address: str) -> UnfinishedForm:
    """Refer whoever filled in the public form, once however often it is sent, and forget the answers.

    Raises TooMany; then the answers stay, to be sent later.
    """
    fresh = UnfinishedForm.objects.select_for_update().get(pk=form.pk)
    if fresh.sent_reference:
        return fresh
    _count_use(
        PublicUse.Kind.SENT,
        address,
        settings.SELF_REFERRALS_PER_ADDRESS_AN_HOUR,
        settings.SELF_REFERRALS_AN_HOUR,
    )
    referral = refer_in(said=said, source=Source.SELF, by=None)
    fresh.answers, fresh.sent_reference, fresh.sent_due_on = {}, referral.reference, referral.due_on
    fresh.save(update_fields=["answers", "sent_reference", "sent_due_on"])
    return fresh


def is_young(form: UnfinishedForm) -> bool:
    """True where a form that was sent is a young child's: how she is reached is decided by somebody first."""
    people = Person.objects.filter(parts__referral__reference=form.sent_reference)
    age = next((person.age_on(clock.today()) for person in people), None)
    return age is not None and age < YOUNG_CHILD


def _count_use(kind: PublicUse.Kind, address: str, most_of_one: int, most_of_all: int) -> None:
    """Write down one use. Raises TooMany when this hour had too many, from here or from everywhere."""
    now, who = clock.now(), hashed_address(address)
    with connection.cursor() as cursor:  # one at a time: forms sent at once are counted one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('referrals.public_use'))")
    lately = PublicUse.objects.filter(kind=kind, at__gt=now - HOUR)
    if lately.filter(address=who).count() >= most_of_one or lately.count() >= most_of_all:
        raise TooMany(
            _(
                "This form was used very often in the last hour. Please ring %(phone)s instead, or try again "
                "in an hour."
            )
            % {"phone": settings.SERVICE_PHONE}
        )
    PublicUse.objects.create(kind=kind, address=who, at=now)


def forget_unfinished() -> int:
    """Delete forms an hour old, and who used the form longer ago. Safe to run twice."""
    gone, _by_table = UnfinishedForm.objects.expired().delete()
    PublicUse.objects.filter(at__lte=clock.now() - HOUR).delete()
    return gone
