"""Every write that adds somebody by hand: to a case that is held, or to one opened for them."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.actions import keep_together, refuse_officer
from victimcare.cases.events import MIDDAY
from victimcare.cases.links import all_linked
from victimcare.cases.models import Case, Participant, Person
from victimcare.cases.new_rows import allocated, crime_reported, new_case
from victimcare.cases.newcomers import rows_beside
from victimcare.cases.safe_contact import why_not_to_act_for
from victimcare.faults import Refused
from victimcare.working_days import LONDON


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
        refuse_officer(officer)
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
