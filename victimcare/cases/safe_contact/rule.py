"""Whether somebody is reached this way, now: plain facts in, a verdict out, no database. Every no names its rule."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from victimcare.cases.models import SafeContact
from victimcare.govuk.dates import day

PLAN_GOES_STALE_AFTER_DAYS = 90
# A younger child is reached only through an adult; one of sixteen may be rung where no adult acts for them.
CHILD, YOUNG_CHILD = 18, 16
OFFICE_HOURS = (time(9, 0), time(17, 0))


class Channel(StrEnum):
    PHONE = "phone"
    TEXT = "text"
    EMAIL = "email"
    POST = "post"
    VOICEMAIL = "voicemail"
    IN_PERSON = "in_person"


class Purpose(StrEnum):
    FIRST_CONTACT = "first_contact"
    UPDATE = "update"
    REVIEW = "review"
    COURT = "court"


@dataclass(frozen=True)
class Reason:
    """Why a channel is closed: the rule's name and the sentence a person reads."""

    rule: str
    sentence: str | Promise

    @property
    def who_lifts(self) -> str | Promise:
        """Who may open the channel again, and how."""
        return WHO_LIFTS.get(self.rule, "")

    @property
    def words(self) -> str:
        """The rule in plain words, and who may lift it."""
        return f"{self.sentence} {self.who_lifts}".strip()


_ASKS_THEM = _(
    "Anybody here who asks them, face to face or on a number that is safe, may write the answer down."
)
_TWO = _("A No of somebody in danger is taken back by two people: whoever asks, and a supervisor.")
WHO_LIFTS: dict[str, str | Promise] = {
    "died": _("Nobody lifts this."),
    "suspect": _("Nobody here lifts this: only the force’s own record can change it."),
    "tied_to_suspect": _("Nobody here lifts this: it ends when the records say otherwise."),
    "unsafe": _("Two people open it again: whoever asks, and a supervisor."),
    "said_no": _TWO,
    "shared_with_suspect": _("Nobody lifts this: it ends when they have a number or address of their own."),
    "protected_address": _ASKS_THEM,
    "wrong_number": _("Another number that is confirmed opens it. Ask the officer in the case for one."),
    "outside_window": _("They alone: ask them for other times when you speak."),
    "not_known": _ASKS_THEM,
    "first_contact_hours": _("Nobody lifts this: it opens at 09:00."),
    "stale": _ASKS_THEM,
    "pending_change": _("Anybody who may change details, but not whoever wrote it down."),
    "nobody_acts": _("Where no officer is in the case, a supervisor decides."),
    "child": _("Nobody lifts this while an adult acts for them."),
    "child_did_not_ask": _ASKS_THEM,
    "no_destination": _("Anybody here who learns it from them may write it down."),
}


@dataclass(frozen=True)
class Facts:
    """Everything the rule looks at, as plain values."""

    channel: Channel
    purpose: Purpose
    safe: str  # Y, N or "" for this channel
    destination: str  # the number or address, normalised; "" when there is none
    is_flagged: bool  # danger flag in any case of theirs, a partner suspected, high risk, or under 18
    has_died: bool
    is_suspect_here: bool  # the person contacted is a suspect in this case
    # Where the suspects of any case of theirs, and who lives with them, are or were reached.
    suspect_destinations: frozenset[str]
    at: time
    call_from: time | None
    call_until: time | None
    asked_on: date | None  # when a person last confirmed the answers
    today: date
    address_is_protected: bool
    is_unsafe: bool = False  # closed because nobody could reach them safely
    is_tied_to_suspect: bool = False  # acts for a victim, and lives or shares a phone with a suspect
    age: int | None = None
    acted_for_by: str = ""  # the name of an adult who safely acts for this victim
    must_withhold: bool = False  # our number, said on this record or a linked one
    decides: str = ""  # who says whom to contact where nobody safe acts for them
    is_child_decided: bool = False  # a supervisor decided: in the ways the child asked for
    is_changing: bool = False  # another number or address than this one waits to be verified
    wrong_on: date | None = None  # the day on which a call found this number to be somebody else's
    # Of a call: which messages the rule closes to this person. What is said of them agrees with the rule.
    closed_messages: frozenset[Channel] = frozenset({Channel.VOICEMAIL, Channel.TEXT})


@dataclass(frozen=True)
class Verdict:
    """Yes with how to do it, or no with every reason."""

    allowed: bool
    rule: str
    reasons: tuple[Reason, ...] = ()
    instructions: tuple[str | Promise, ...] = ()


def judge(facts: Facts) -> Verdict:
    """The rule itself. Pure; every block names its rule."""
    reasons: list[Reason] = []
    phone_like = facts.channel in {Channel.PHONE, Channel.TEXT, Channel.VOICEMAIL}
    if facts.has_died:
        reasons.append(Reason("died", _died(facts)))
    elif (child := _child(facts)) is not None:
        reasons.append(child)
    if facts.is_suspect_here:
        reasons.append(
            Reason("suspect", _("This person is a suspect in this case. They are never contacted."))
        )
    if facts.is_tied_to_suspect:
        reasons.append(Reason("tied_to_suspect", TIED_TO_SUSPECT))
    if facts.is_unsafe:
        reasons.append(
            Reason(
                "unsafe",
                _("This was closed as unsafe to contact. Ask a supervisor before you open it again."),
            )
        )
    if facts.channel is not Channel.IN_PERSON and not facts.destination:
        reasons.append(
            Reason("no_destination", _("No phone number is held. Ask the officer in the case."))
            if phone_like
            else Reason("no_destination", _("No address is held for this channel. Choose another."))
        )
    if phone_like and facts.wrong_on:
        reasons.append(
            Reason(
                "wrong_number",
                _("Do not ring this number: wrong number on %(day)s.") % {"day": day(facts.wrong_on)},
            )
        )
    if facts.safe == SafeContact.Safe.NO:
        reasons.append(
            Reason("said_no", _("This person asked not to be reached this way. Choose another channel."))
        )
    if facts.destination and facts.destination in facts.suspect_destinations:
        reasons.append(
            Reason(
                "shared_with_suspect",
                _(
                    "A suspect has the same phone number or address, or somebody who lives with one. Choose another channel."
                ),
            )
        )
    if (
        facts.channel is Channel.POST
        and facts.address_is_protected
        and facts.safe == SafeContact.Safe.NOT_KNOWN
    ):
        reasons.append(
            Reason(
                "protected_address",
                _("Their address is protected. Ask them first whether post is safe there."),
            )
        )
    if facts.is_changing and facts.channel not in {Channel.PHONE, Channel.IN_PERSON}:
        reasons.append(Reason("pending_change", PENDING_CHANGE))
    has_window = facts.channel is Channel.PHONE and facts.call_from and facts.call_until
    if has_window and not facts.call_from <= facts.at <= facts.call_until:  # type: ignore[operator]
        reasons.append(Reason("outside_window", _("Outside the times this person agreed to be rung.")))
    if facts.safe == SafeContact.Safe.NOT_KNOWN and facts.is_flagged and not reasons:
        return _first_contact(facts)
    if (
        facts.is_flagged
        and facts.asked_on
        and (facts.today - facts.asked_on).days > PLAN_GOES_STALE_AFTER_DAYS
        and facts.channel is not Channel.IN_PERSON
        and not (facts.channel is Channel.PHONE and facts.purpose is Purpose.REVIEW)
    ):
        reasons.append(
            Reason("stale", _("The safe-contact answers are over 90 days old. Ring to review them first."))
        )
    if reasons:
        return Verdict(False, reasons[0].rule, tuple(reasons))
    withhold = (_("Withhold the number."),) if phone_like and facts.must_withhold else ()
    rule = "said_yes" if facts.safe == SafeContact.Safe.YES else "no_known_danger"
    return Verdict(True, rule, instructions=withhold + _while_changing(facts))


PENDING_CHANGE = _(
    "A change of this number or address waits to be verified: neither the old nor the new is used. Somebody else "
    "than who wrote it down verifies it, such as by ringing the number held before."
)


def _while_changing(facts: Facts) -> tuple[str | Promise, ...]:
    """The number held before is rung to verify the new one, and for nothing before that."""
    if facts.is_changing and facts.channel is Channel.PHONE:
        return (_("Another number waits to be verified: make sure first that it is them."),)
    return ()


TIED_TO_SUSPECT = _(
    "They live or share a phone with a suspect, so they cannot act for the victim. The officer in the case decides "
    "who does."
)


def _died(facts: Facts) -> str | Promise:
    if facts.acted_for_by:
        return _("This person has died. Contact %(name)s, who acts for the family.") % {
            "name": facts.acted_for_by
        }
    if facts.decides:
        return _(
            "This person has died and nobody safe acts for the family here. %(who)s decides who is contacted: ask."
        ) % {"who": facts.decides}
    return _("This person has died. Contact whoever acts for them.")


def _child(facts: Facts) -> Reason | None:
    """A child is reached through the adult who acts for them; a young one through nobody else. Not in person."""
    if facts.age is None or facts.age >= CHILD or facts.channel is Channel.IN_PERSON:
        return None
    if facts.acted_for_by:
        sentence = _("This is a child. Contact %(name)s, who acts for them.") % {"name": facts.acted_for_by}
        return Reason("child", sentence)
    if facts.age < YOUNG_CHILD and facts.is_child_decided:
        if facts.safe == SafeContact.Safe.YES:
            return None
        return Reason("child_did_not_ask", _("This child is reached only in the ways they asked for."))
    if facts.age < YOUNG_CHILD:
        return Reason(
            "nobody_acts",
            _("This is a child, and nobody safe acts for them here. %(who)s decides who is contacted: ask.")
            % {"who": facts.decides or _("The officer in the case")},
        )
    return None


def _first_contact(facts: Facts) -> Verdict:
    """Nothing says no and no suspect shares the number: an officer may ring, carefully, in office hours."""
    if facts.channel is Channel.IN_PERSON:
        return Verdict(True, "in_person", instructions=(_("See them alone."),))
    if facts.channel is not Channel.PHONE:
        return Verdict(
            False,
            "not_known",
            (
                Reason(
                    "not_known",
                    _("Nobody has asked whether this is safe, and this victim may be in danger. Ring first."),
                ),
            ),
        )
    if not OFFICE_HOURS[0] <= facts.at <= OFFICE_HOURS[1]:
        return Verdict(
            False,
            "first_contact_hours",
            (
                Reason(
                    "first_contact_hours",
                    _("Whether this number is safe is not known: ring between 09:00 and 17:00 only."),
                ),
            ),
        )
    return Verdict(
        True,
        "first_contact",
        instructions=(
            _("Withhold the number."),
            ASK_ONLY,
            *no_messages(facts.closed_messages),
            *_while_changing(facts),
        ),
    )


ASK_ONLY = _("Ask only for the victim; do not say where you are calling from.")
NO_VOICEMAIL, NO_TEXT = _("No voicemail."), _("No text.")
NO_MESSAGES = _("No voicemail and no text.")


def no_messages(closed: Collection[Channel]) -> tuple[str | Promise, ...]:
    """What is not left or sent where these messages are closed, in one sentence."""
    if {Channel.VOICEMAIL, Channel.TEXT} <= set(closed):
        return (NO_MESSAGES,)
    if closed:
        return (NO_VOICEMAIL if Channel.VOICEMAIL in closed else NO_TEXT,)
    return ()
