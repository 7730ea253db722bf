"""Who may safely act for a victim, and why not."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from victimcare.cases.models import Participant, Person
from victimcare.cases.safe_contact.gathering import Everybody
from victimcare.cases.safe_contact.rule import TIED_TO_SUSPECT


def why_not_to_act_for(person: Person, victim: Participant) -> str | Promise:
    """Why this person may not act for that victim; "" when they may. Not saved yet, either of them may be."""
    part = Participant(
        case=victim.case, person=person, role=Participant.Role.REPRESENTATIVE, represents=victim
    )
    facts = Everybody([part]).of(part)
    if facts.has_died:
        return _("This person has died. Choose somebody else to act for the victim.")
    if facts.is_suspect:
        return _(
            "This person is held as a suspect in a crime against the victim, so they cannot act for them. "
            "The officer in the case decides who does."
        )
    if facts.is_tied_to_suspect:
        return TIED_TO_SUSPECT
    return ""


NEVER_ACTS: dict[str, Promise] = {
    "died": _("has died"),
    "suspect": _("not to be contacted: held as a suspect"),
    "tied_to_suspect": _("not to be contacted: shares a phone or address with the suspect"),
}


def whom_not_to_ask(
    acting: Iterable[Participant], judged: Iterable[Participant] = ()
) -> dict[int, str | Promise]:
    """Who of these representatives may not act, by participant, and why, without a number or an address.

    `judged` are victims whose verdicts the page has: whoever was read with them is not read again. Three queries
    however many are left, none for nobody.
    """
    rules: dict[int, str] = {}
    for part in judged:
        rules |= getattr(part, "may_not_act", {})
    left = [part for part in acting if part.pk not in rules]
    if left:
        facts = Everybody(left)
        rules |= {part.pk: facts.why_not_to_act(part) for part in left}
    return {pk: NEVER_ACTS[rule] for pk, rule in rules.items() if rule}
