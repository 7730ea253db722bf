"""The identity bar and safe-contact strip at the head of every case page, as plain values."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases import repeats
from victimcare.cases.entitlements import dated
from victimcare.cases.models import Entitlement, Participant, Person, SafeContact
from victimcare.cases.safe_contact import Channel, Verdict, verdicts
from victimcare.govuk.dates import day
from victimcare.prepared import ask_together

Words = str | Promise

# Not now, but this is the number to ring when it is time.
RIGHT_NUMBER_WRONG_TIME = frozenset({"outside_window", "first_contact_hours"})


@dataclass(frozen=True)
class Tag:
    text: Words
    colour: str


@dataclass(frozen=True)
class StripItem:
    """One fact of the safe-contact strip. `is_warning` is shown in red and says what not to do."""

    label: Words
    text: Words
    is_warning: bool = False


@dataclass(frozen=True)
class Action:
    """A page of ours that changes something about the case that is open."""

    label: Words
    url: str


@dataclass(frozen=True)
class Repeats:
    """The crimes against this person in twelve months that the reader may open, and the pattern in them."""

    words: Words
    crimes: list[Action]


@dataclass
class CaseBar:
    name: str
    line: str
    reference: str
    tags: list[Tag] = field(default_factory=list)
    strip: list[StripItem] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    has_danger: bool = False
    repeats: Repeats | None = None


def case_bar(request: HttpRequest) -> dict[str, Any]:
    """For pages behind the case's door; None anywhere else."""
    participant: Participant | None = getattr(request, "participant", None)
    user: Any = getattr(request, "user", None)
    if participant is None:
        return {"case_bar": None}
    by_channel = verdicts_here(request) if user.may(Permission.VIEW_SAFE_CONTACT) else None
    return {"case_bar": bar_for(participant, user, by_channel)}


def verdicts_here(request: HttpRequest, acting: list[Participant] | None = None) -> dict[Channel, Verdict]:
    """What the rule says of every channel to the person whose page this is. Read once a request.

    A page that has read who is `acting` for them hands them over before anything else asks.
    """
    found: dict[Channel, Verdict] | None = getattr(request, "verdicts", None)
    if found is None:
        found = verdicts(request.participant, acting=acting)  # type: ignore[attr-defined]
        request.verdicts = found  # type: ignore[attr-defined]
    return found


def bar_for(
    participant: Participant, user: User, by_channel: dict[Channel, Verdict] | None = None
) -> CaseBar:
    """Four queries: the entitlement in force, how to contact safely, and the crimes of twelve months."""
    person, today = participant.person, clock.today()
    bar = CaseBar(name=person.name, line=_line(participant), reference=participant.case.reference)
    sees_others = user.may(Permission.VIEW_TIMELINE)
    entitlements, *crimes = ask_together(
        dated.of(participant=participant.pk, on=today),
        *([repeats.crimes_against(participant.person_id, today)] if sees_others else []),
    )
    bar.tags = _tags(participant, entitlements[0] if entitlements else None)
    if user.may(Permission.VIEW_SAFE_CONTACT):
        safe = getattr(person, "safe_contact", None) or SafeContact()
        by_channel = by_channel or verdicts(participant)
        bar.strip = strip(person, safe, by_channel, shows_numbers=user.may(Permission.VIEW_CONTACT_DETAILS))
        bar.has_danger = any(item.is_warning for item in bar.strip)
    if sees_others:
        bar.repeats = _repeats(participant, user, crimes[0])
    bar.actions = _actions(participant, user)
    if by_channel and _is_changing(by_channel) and user.may(Permission.CHANGE_DETAILS):
        url = reverse("cases:changes", args=[participant.case.reference, participant.reference])
        bar.actions.insert(0, Action(_("Verify a new address or number"), url))
    return bar


def _is_changing(by_channel: dict[Channel, Verdict]) -> bool:
    """True where a new address or number of theirs waits to be verified."""
    said = by_channel.values()
    return any(reason.rule == "pending_change" for verdict in said for reason in verdict.reasons)


def _actions(participant: Participant, user: User) -> list[Action]:
    """What this person may change here, in the order it is wanted."""
    offered = [
        (Permission.RECORD_EVENT, _("Record what happened"), "cases:record-event"),
        (Permission.SET_SAFE_CONTACT, _("Change how to contact safely"), "cases:safe-contact"),
        (Permission.ADD_PERSON, _("Add somebody to this case"), "cases:add"),
        (Permission.LINK_PEOPLE, _("Same person?"), "cases:same-person-of"),
        (Permission.CHANGE_DETAILS, _("Change name, phone or address"), "cases:details"),
        (Permission.ASK_OFFICER, _("Ask the officer in the case"), "cases:ask"),
        (Permission.CLOSE_CASE, _("Re-open"), "cases:reopen")
        if participant.closed_at
        else (Permission.CLOSE_CASE, _("Close"), "cases:close"),
    ]
    if participant.is_victim:
        wording = _("Record a referral to support")
        offered.insert(1, (Permission.RECORD_SUPPORT_ANSWER, wording, "cases:support-answer"))
    references = (participant.case.reference, participant.reference)
    return [Action(label, reverse(name, args=references)) for held, label, name in offered if user.may(held)]


def how_to_reach(participant: Participant, by_channel: dict[Channel, Verdict], *, shows_numbers: bool) -> str:
    """The strip in one line, for a list of work: what to use, then what never to use."""
    safe = getattr(participant.person, "safe_contact", None) or SafeContact()
    said = []
    for item in strip(participant.person, safe, by_channel, shows_numbers=shows_numbers):
        label = item.label if item.label == _("Phone") or not item.label else f"{item.label}:"
        words = f"{label} {item.text}".strip()
        said.append(words if words.endswith((".", "?", "!")) else f"{words}.")
    return " ".join(said)


def _repeats(participant: Participant, user: User, crimes: list[repeats.Crime]) -> Repeats | None:
    """Two crimes or more in the twelve months to today, of those this user may open. One query, none for most."""
    seen = repeats.seen_by(user, crimes) if len(crimes) > 1 else []
    if len(seen) < 2:
        return None
    words = _("%(n)d crimes in 12 months") % {"n": len(seen)}
    common = ", ".join(repeats.in_words(repeats.pattern(seen)))
    others = [crime for crime in reversed(seen) if crime.participant != participant.reference]
    return Repeats(
        f"{words}: {common}." if common else f"{words}.",
        [
            Action(
                f"{crime.offence_title or crime.reference}, {day(crime.on)}",
                reverse("desk:summary", args=[crime.reference, crime.participant]),
            )
            for crime in others[:REPEATS_SHOWN]
        ],
    )


REPEATS_SHOWN = 5


def _line(participant: Participant) -> str:
    """She/her, 34. Stalking by a former partner."""
    person = participant.person
    age = person.age_on(clock.today())
    who = ", ".join(part for part in (person.pronouns, str(age) if age is not None else "") if part)
    what = participant.case.offence_title or _("Offence not recorded")
    if participant.role != Participant.Role.VICTIM:
        what = f"{participant.get_role_display()}. {what}"
    return f"{who}. {what}." if who else f"{what}."


def _tags(participant: Participant, entitlement: Entitlement | None) -> list[Tag]:
    """At most three."""
    tags = []
    if participant.person.date_of_death:
        tags.append(Tag(_("Has died"), "red"))
    if entitlement and entitlement.is_enhanced:
        names = ", ".join(str(Entitlement.Category(c).label).lower() for c in entitlement.categories[:1])
        label = _("Provisionally enhanced") if entitlement.is_provisional else _("Enhanced")
        tags.append(Tag(f"{label}: {names}", "blue"))
    if participant.case.is_restricted:
        tags.append(Tag(_("Restricted"), "red"))
    if participant.closed_at:
        tags.append(Tag(_("Closed: %s") % participant.get_closure_reason_display(), "grey"))
    if participant.person.speaks_welsh:
        tags.append(Tag(_("Welsh"), "green"))
    return tags[:3]


def withholds_number(safe: SafeContact, phone: Verdict) -> bool:
    """Whether our number is withheld from them, whenever they are rung."""
    is_untried = phone.rule in {"first_contact", "first_contact_hours"}
    return safe.withhold_number or is_untried or bool(phone.instructions)


def strip(
    person: Person, safe: SafeContact, by_channel: dict[Channel, Verdict], *, shows_numbers: bool
) -> list[StripItem]:
    """What to use first, then what never to use, then how."""
    items: list[StripItem] = []
    phone = by_channel[Channel.PHONE]
    number = (person.phone_mobile or person.phone_home) if shows_numbers else ""
    window = (
        _("%(from)s to %(until)s") % {"from": f"{safe.call_from:%H:%M}", "until": f"{safe.call_until:%H:%M}"}
        if safe.call_from and safe.call_until
        else ""
    )
    withhold = _("withhold number") if withholds_number(safe, phone) else ""
    if phone.allowed or phone.rule in RIGHT_NUMBER_WRONG_TIME:
        how = ", ".join(part for part in (number, window, withhold) if part) or _("safe")
        items.append(StripItem(_("Phone"), how))
        if phone.rule == "first_contact":
            items.append(
                StripItem(
                    "", _("Not yet known to be safe: ask only for the victim, do not say who you are."), True
                )
            )
    for reason in phone.reasons:
        items.append(StripItem("", reason.sentence, True))
    closed = [
        label
        for channel, label in (
            (Channel.VOICEMAIL, _("voicemail")),
            (Channel.TEXT, _("text")),
            (Channel.EMAIL, _("email")),
            (Channel.POST, _("post")),
        )
        if not by_channel[channel].allowed and by_channel[channel].rule != "no_destination"
    ]
    if closed:
        items.append(StripItem("", _("No %s.") % ", ".join(closed), True))
    if _is_changing(by_channel):
        items.append(StripItem("", _("A new address or number waits to be verified."), True))
    if safe.note:
        items.append(StripItem(_("Note"), safe.note))
    if safe.who_may_answer:
        items.append(StripItem(_("May answer"), safe.who_may_answer))
    if safe.code_word:
        items.append(StripItem("", _("Code word on file.")))
    if person.interpreter_language:
        items.append(StripItem(_("Interpreter"), person.interpreter_language))
    if safe.review_on:
        days = (safe.review_on - clock.today()).days
        if days < 0:
            items.append(
                StripItem(
                    "",
                    ngettext("Review %(n)d day late.", "Review %(n)d days late.", -days) % {"n": -days},
                    True,
                )
            )
    return items
