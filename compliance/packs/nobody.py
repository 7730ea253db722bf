"""Nobody is in a pack: who must not be named in one, what is left out of it, and the last look through its words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance.packs.models import Pack
from compliance.packs.record import AT_MOST, Record
from compliance.packs.redaction import Redactor
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Participant, Person


class TooMuchSaid(Exception):
    """Somebody's name, number or address came into the words all the same: nothing is printed."""


def private_of(people: Iterable[Person]) -> list[str]:
    """What everybody of the case is called and where they are, as it may stand in what somebody typed."""
    found: list[str] = []
    for person in people:
        given = person.given_names.split()
        found += [*given, person.surname, person.preferred_name, *_whereabouts(person)]
    return found


def _whereabouts(person: Person) -> list[str]:
    return [
        person.address_line_1, person.address_line_2, person.town, person.postcode, *person.phones, person.email,
    ]  # fmt: skip


def staff_names(
    pack: Pack, participant: Participant, people: Iterable[Participant], record: Record
) -> tuple[list[str], list[str]]:
    """What those are called who touch the case or supervise its teams; and whoever else signs in, in full.

    The first are known by any word of their name. Of the others a first name alone could be anybody's.
    """
    case = participant.case
    ids = {pack.asked_by_id, case.witness_care_officer_id, *record.who_worked}
    ids |= {part.officer_id for part in people}
    ids |= set(case.events.order_by().values_list("by", flat=True).distinct())
    before = Participant.history.filter(id__in=[part.pk for part in people])
    ids |= set(before.order_by().values_list("officer_id", flat=True).distinct())
    teams = {case.witness_care_team_id, *(part.team_id for part in people)} - {None}
    touching: list[str] = [case.oic_name]
    others: list[str] = []
    for user in User.objects.only("display_name", "roles", "team"):
        leads = user.team_id in teams and user.has_role(Role.SUPERVISOR)
        if user.pk in ids or leads:
            touching.append(user.display_name)
        elif " " in user.display_name.strip():
            others.append(user.display_name)
    return touching, others


def left_out(record: Record, redactor: Redactor) -> list[str]:
    """What this pack does not hold, and why. Said whether or not there was any of it."""
    said = [
        _(
            "Names. The person is called the victim or the witness, and staff by their role and reference, so that"
            " a lost copy leads to nobody. The case reference leads whoever may see the case to all of them."
        ),
        _(
            "Addresses, phone numbers and emails, and how to reach them safely. A protected address stands in no"
            " pack, whoever asks for it."
        ),
        _(
            "Whatever concerns another victim or witness of this case, and who they are. Each has a pack of their"
            " own, for whoever may see them."
        ),
        _("Who the suspects are. Where there are several they are numbered."),
        _(
            "What was said in contacts, letters and needs assessments. It is kept under the references given here,"
            " and may hold what others told us."
        ),
        _("Notes and files, restricted ones among them. They are no evidence that a duty was met."),
        _(
            "Why somebody has enhanced rights, and to which service they were referred: what they told us of themselves."
        ),
    ]
    if redactor.count:
        said.append(
            ngettext(
                "A name, a number or an address in %(n)d place of what staff typed. It reads “[left out]” there.",
                "Names, numbers or addresses in %(n)d places of what staff typed. It reads “[left out]” there.",
                redactor.count,
            )
            % {"n": redactor.count}
        )
    if record.is_cut:
        said.append(
            _("Rows beyond the first %(n)d of a table. The case itself shows all of them.") % {"n": AT_MOST}
        )
    return said


def check_nobody_in(said: Mapping[str, Any], people: Iterable[Participant], touching: Iterable[str]) -> None:
    """Raises TooMuchSaid when a full name, a street, a number or an email of anybody stands in the words.

    `touching` are the names of the staff who touch the case.
    """
    words_said = _squeezed(" ".join(_texts(said)))
    staffed = [_squeezed(name) for name in touching if " " in name.strip()]  # one word could stand anywhere
    if any(len(name) > 5 and name in words_said for name in staffed):
        raise TooMuchSaid
    for part in people:
        person = part.person
        names = [f"{name} {person.surname}" for name in (person.given_names, person.preferred_name) if name]
        known = [*names, person.address_line_1, person.postcode, *person.phones, person.email]
        if any(len(key) > 5 and key in words_said for key in map(_squeezed, known)):
            raise TooMuchSaid


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _squeezed(text: str) -> str:
    """Letters and figures only, so that spacing hides nobody."""
    return "".join(character for character in text.casefold() if character.isalnum())
