"""How somebody is first contacted, as the safe-contact rule has it now: one answer for every page. Reads only.

What triage proposed was made of one row of an extract. The rule knows everybody around them too, so it has the last
word: a page never names a channel that the bar of the case says is closed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from referrals.models import Referral
from referrals.triage import CHANNELS
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Channel, Purpose, Verdict, verdicts_for

ONLY_NOW = frozenset({"outside_window", "first_contact_hours"})  # closed at this hour, and open at another
ABOUT_THEM = frozenset(
    {"died", "child", "nobody_acts", "child_did_not_ask", "suspect", "tied_to_suspect", "unsafe"}
)


@dataclass(frozen=True)
class FirstContact:
    """The channel to use, "" for none; then whom to contact instead or who decides, where the rule says so."""

    channel: str
    instead: str = ""
    may_be_suspect: bool = False  # named as a suspect of the case is, and reached where the suspect is

    @property
    def check(self) -> str:
        """What to look at before anybody rings, as a reason; "" for most."""
        return _("may be the suspect of the same case: check") if self.may_be_suspect else ""


def first_contacts(
    people: Iterable[Participant], referrals: Mapping[int, Referral]
) -> dict[int, FirstContact]:
    """How to contact each of these first, by participant; who was referred, too. Each with `case` and `person`.

    The queries of `verdicts_for`, and one where somebody is reached where a suspect is.
    """
    parts = list(people)
    verdicts = verdicts_for(parts, purpose=Purpose.FIRST_CONTACT)
    sharing = [part for part in parts if _shares(verdicts[part.pk])]
    named = _named_as_a_suspect(sharing)
    return {
        part.pk: _first_contact(verdicts[part.pk], referrals.get(part.pk), may_be_suspect=part.pk in named)
        for part in parts
    }


def _first_contact(
    verdicts: Mapping[Channel, Verdict], referral: Referral | None, *, may_be_suspect: bool
) -> FirstContact:
    wanted = [referral.channel] if referral else []
    if referral is None or "channel" not in referral.decided_fields:
        wanted += CHANNELS
    for channel in filter(None, wanted):
        if _is_open(verdicts[Channel(channel)]):
            return FirstContact(channel, may_be_suspect=may_be_suspect)
    about_them = [each for each in verdicts[Channel.PHONE].reasons if each.rule in ABOUT_THEM]
    return FirstContact("", str(about_them[0].sentence) if about_them else "", may_be_suspect)


def _is_open(verdict: Verdict) -> bool:
    return verdict.allowed or {reason.rule for reason in verdict.reasons} <= ONLY_NOW


def _shares(verdicts: Mapping[Channel, Verdict]) -> bool:
    """Whether the number or the address we hold is a suspect's too."""
    return any(reason.rule == "shared_with_suspect" for each in verdicts.values() for reason in each.reasons)


def _named_as_a_suspect(parts: list[Participant]) -> set[int]:
    """Those of these who have the name of a suspect of their own case. No query for nobody."""
    if not parts:
        return set()
    suspects = Participant.objects.filter(
        role=Participant.Role.SUSPECT, case_id__in={part.case_id for part in parts}
    ).select_related("person")
    names = {(suspect.case_id, suspect.person.name.casefold()) for suspect in suspects}
    return {part.pk for part in parts if (part.case_id, part.person.name.casefold()) in names}
