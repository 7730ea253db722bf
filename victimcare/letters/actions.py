"""Every write to letters: compose, approve, withdraw, render, dispatch. Nothing is printed in a web request.

DRAFT -> QUEUED -> RENDERING -> RENDERED -> DISPATCHED. A letter that cannot be laid out is PARKED after five
attempts with the reason; trouble of the machine's own uses up no attempt.
"""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify
from victimcare.accounts.permissions import Permission
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant, Person, SafeContact
from victimcare.cases.safe_contact import Channel, Clearance, Purpose, clear, is_flagged
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.letters import words
from victimcare.letters.models import ATTEMPTS, Letter, LetterTemplate
from victimcare.letters.press import CannotPrint, Press, PressDown, Printed
from victimcare.working_days import london_day

log = logging.getLogger(__name__)

CLEARANCE_LASTS = timedelta(minutes=5)  # a check made before that says nothing of now


def languages_for(person: Person) -> Letter.Languages:
    """Both languages unless they asked for one; Welsh first for those who prefer it."""
    return Letter.Languages.CY_EN if person.speaks_welsh else Letter.Languages.EN_CY


@transaction.atomic
def compose(
    *,
    clearance: Clearance,
    template: LetterTemplate,
    languages: str,
    values: Mapping[str, words.Value],
    tells: Iterable[Event] = (),
    by: User,
) -> Letter:
    """Write a letter, as a draft with its words merged. `tells` are the events that sending it will tell.

    `values` fill the placeholders of `words.PLACEHOLDERS`: text, a date, a time, or {"en": ..., "cy": ...}.
    The name, references, officer, phone and {what_happened} are known already and need not be given.
    Raises Refused for a clearance that is not for post, an event that is not this person's, a placeholder
    that is unknown or empty, and words that hold somebody else's details.
    """
    if clearance.channel is not Channel.POST:
        raise Refused(_("A letter goes by post. Check again whether post is safe."))
    _check_fresh(clearance)
    if template.status == LetterTemplate.Status.RETIRED:
        raise Refused(_("This letter is no longer used. Choose another."))
    if template.status != LetterTemplate.Status.APPROVED:
        raise Refused(_("The words of this letter are not approved yet. Choose another."))
    participant, told = clearance.participant, list(tells)
    _check_theirs(participant, told)
    for name in values:
        if name not in words.PLACEHOLDERS:
            raise Refused(_("{%s} cannot be put in a letter.") % name)
    known = _known(participant, told, template, by) | dict(values)
    merged: dict[str, Any] = {
        language: _merge(template, language, known)
        for language in Letter.Languages(languages).value.split(",")
    }
    _check_private(participant, merged)
    merged["lines"] = [participant.person.name, *clearance.destination_lines]
    letter = Letter(
        participant=participant,
        template=template,
        languages=languages,
        merged=merged,
        destination=clearance.destination,
        safe_contact_version=clearance.safe_contact_version,
        clearance_rule=clearance.rule,
        written_by=by,
    )
    letter._history_user = by  # type: ignore[attr-defined]
    letter.save()
    letter.tells.set(told)
    return letter


def _check_fresh(clearance: Clearance) -> None:
    if clock.now() - clearance.checked_at > CLEARANCE_LASTS:
        raise Refused(_("Whether post is safe was checked a while ago. Check again."))


def _check_theirs(participant: Participant, told: list[Event]) -> None:
    """Raises Refused when an event is not of this person's case, is another's alone, or was corrected."""
    about = Event.objects.about(participant).filter(replaced_by=None, pk__in=[event.pk for event in told])
    if about.count() != len({event.pk for event in told}):
        raise Refused(
            _("A letter tells only what happened in this person's own case. Choose the events again.")
        )


def _known(
    participant: Participant, told: list[Event], template: LetterTemplate, by: User
) -> dict[str, words.Value]:
    """What every letter may say without being given it."""
    case = participant.case
    known: dict[str, words.Value] = {
        "first_name": participant.person.first_name,
        "reference": case.reference,
        "crime_number": case.occurrence_no or case.reference,
        "offence": case.offence_title,
        "officer": by.display_name,
        "phone": settings.SERVICE_PHONE,
        "unit": {"en": settings.SERVICE_NAME, "cy": settings.SERVICE_NAME_CY},
    }
    if case.reported_at:
        known["reported_day"] = london_day(case.reported_at)
    if told and "{what_happened}" in template.body_en:
        said = [words.told_of(event) for event in _oldest_first(told)]
        known["what_happened"] = {
            language: " ".join(sentence[language] for sentence in said) for language in words.LANGUAGES
        }
    return known


def _oldest_first(told: list[Event]) -> list[Event]:
    return sorted(told, key=lambda event: (event.occurred_at, event.pk))


def _merge(template: LetterTemplate, language: str, values: Mapping[str, words.Value]) -> dict[str, Any]:
    """One language's words. Cut into blocks before filling, so that a value never becomes a heading."""

    def fill(text: str) -> str:
        return words.fill(text, language, values)

    fixed = words.FIXED[language]
    cut = words.blocks(template.body_cy if language == "cy" else template.body_en)
    for block in cut:
        if "text" in block:
            block["text"] = fill(block["text"])
        if "points" in block:
            block["points"] = [fill(point) for point in block["points"]]
        if "facts" in block:
            block["facts"] = [[fill(label), fill(value)] for label, value in block["facts"]]
    return {
        "title": fill(template.title_cy if language == "cy" else template.title_en),
        "salutation": f"{fixed['dear']} {fill('{first_name}')}",
        "blocks": cut,
        "date": words.in_language(language, clock.today()),
        "reference": f"{fixed['reference']}: {fill('{reference}')}",
        "ring": f"{fixed['ring']} {fill('{phone}')}",
        "closing": fixed["closing"],
        "signed": fill("{officer}"),
        "unit": fill("{unit}"),
        "welcome": fixed["welcome"],
    }


def _check_private(participant: Participant, merged: dict[str, Any]) -> None:
    """Raises Refused when the words hold another person's name, or any other's address, phone or email.

    A suspect's name may stand in a letter about court; where they live or can be rung may not. A protected
    address stands on the envelope alone, and on nobody else's: whoever acts for a victim may not know it.
    """
    said = _squeezed(" ".join(_texts(merged)))
    represented = participant.represents.person if participant.represents else None
    protected = _protected_among([participant.person, *([represented] if represented else [])])
    if any(_holds(said, _whereabouts(person)) for person in protected):
        raise Refused(_("The words hold a protected address. Take it out before you save the letter."))
    mine = {_squeezed(text) for text in (*_whereabouts(participant.person), *_names(participant.person))}
    known = {participant.person_id, *([represented.pk] if represented else [])}
    for other in participant.case.participants.exclude(person_id__in=known).select_related("person"):
        private = _whereabouts(other.person)
        if other.role != Participant.Role.SUSPECT:
            private += _names(other.person)
        if _holds(said, private, but=mine):
            raise Refused(
                _("The words hold another person's details. Take them out before you save the letter.")
            )


def _protected_among(people: list[Person]) -> list[Person]:
    """Those of them whose address must not be given to anybody."""
    answers = SafeContact.objects.filter(person__in=people, address_is_protected=True)
    protected = set(answers.values_list("person_id", flat=True))
    return [person for person in people if person.pk in protected]


def _whereabouts(person: Person) -> list[str]:
    return [person.address_line_1, person.postcode, *person.phones, person.email]


def _names(person: Person) -> list[str]:
    """In full, by the first of the given names, and by the name they like."""
    given = [person.given_names, person.given_names.partition(" ")[0], person.preferred_name]
    return [f"{name} {person.surname}" for name in given if name]


def _holds(said: str, private: list[str], *, but: Iterable[str] = ()) -> bool:
    """True when any of these stands in the words; a key of four letters would be found in anything."""
    return any(len(key) > 4 and key not in but and key in said for key in map(_squeezed, private))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _squeezed(text: str) -> str:
    """Letters and figures only, so that spacing never hides a match."""
    return "".join(character for character in text.lower() if character.isalnum())


def may_approve(letter: Letter, by: User) -> bool:
    """Their own, where nothing says this person is in danger; somebody else's always."""
    if not by.may(Permission.APPROVE_LETTER):
        return False
    return letter.written_by_id != by.pk or not is_flagged(letter.participant, clock.today())


@transaction.atomic
def approve(*, letter: Letter, version: int | None = None, by: User) -> Letter:
    """Let a draft be printed. Raises Stale, Refused, NotAllowed for one's own to somebody in danger."""
    letter = _locked(letter, version)
    if letter.status != Letter.Status.DRAFT:
        raise Refused(_("This letter was approved or withdrawn already. Open it to see what happened."))
    if not may_approve(letter, by):
        raise NotAllowed(
            _("This person may be in danger, so somebody else must read and approve your letter.")
        )
    letter.status, letter.approved_by = Letter.Status.QUEUED, by
    return _save(letter, by)


@transaction.atomic
def withdraw(*, letter: Letter, version: int | None = None, by: User) -> Letter:
    """Take back a letter that has not been sent. Raises Stale, or Refused when it has gone."""
    letter = _locked(letter, version)
    if letter.status == Letter.Status.DISPATCHED:
        raise Refused(_("This letter was sent. Ring, or write another that puts it right."))
    letter.status, letter.claimed_at = Letter.Status.WITHDRAWN, None
    return _save(letter, by)


@transaction.atomic
def try_again(*, letter: Letter, version: int | None = None, by: User) -> Letter:
    """Print a parked letter again, once what was wrong is mended. Raises Stale, Refused."""
    letter = _locked(letter, version)
    if letter.status != Letter.Status.PARKED:
        raise Refused(_("Only a letter that could not be printed is printed again."))
    letter.status, letter.attempts, letter.parked_reason = Letter.Status.QUEUED, 0, ""
    return _save(letter, by)


def _locked(letter: Letter, version: int | None) -> Letter:
    fresh = (
        Letter.objects.select_for_update(of=("self",))
        .select_related("participant__case", "participant__person", "template")
        .get(pk=letter.pk)
    )
    if version is not None and fresh.version != version:
        raise Stale(
            _("Someone else changed this letter while you were working. Open it again to see what they did.")
        )
    return fresh


def _save(letter: Letter, by: User | None) -> Letter:
    letter.version += 1
    letter._history_user = by  # type: ignore[attr-defined]
    letter.save()
    return letter


# --- Printing: the worker's part -----------------------------------------------------------------


def render_queued(limit: int = 50) -> int:
    """Print what waits, oldest first, on one warm press. Returns how many became a PDF."""
    free_left_behind()
    waiting = list(Letter.objects.queued().values_list("pk", flat=True)[:limit])
    if not waiting:
        return 0
    printed = 0
    try:
        with Press() as press:
            for letter in Letter.objects.without_pdf().filter(pk__in=waiting).order_by("pk"):
                printed += render(letter, press=press)
    except PressDown as fault:
        log.error("letters wait: %s", fault)
    return printed


def free_left_behind() -> int:
    """Letters whose worker died return to the queue a minute after they were claimed. Returns how many."""
    return Letter.objects.left_behind(clock.now()).update(status=Letter.Status.QUEUED, claimed_at=None)


def render(letter: Letter, *, press: Press | None = None) -> bool:
    """Claim one queued letter and print it. False when another worker has it, or it could not be printed.

    Whether it is still safe is asked again first: one that is not is parked, and no page of it is made.
    Raises PressDown, with the letter back in the queue and no attempt used, when the machine is at fault.
    """
    claimed_at = clock.now()
    if not Letter.objects.filter(pk=letter.pk, status=Letter.Status.QUEUED).update(
        status=Letter.Status.RENDERING, claimed_at=claimed_at
    ):
        return False
    try:
        check_still_safe(letter)
        printed = _print(letter, press)
    except Refused as unsafe:
        _failed(letter, claimed_at, str(unsafe.sentence), again=False)
        return False
    except CannotPrint as fault:
        _failed(letter, claimed_at, str(fault))
        return False
    except PressDown:
        _claimed(letter, claimed_at).update(status=Letter.Status.QUEUED, claimed_at=None)
        raise
    return _finished(letter, claimed_at, printed)


def _claimed(letter: Letter, claimed_at: datetime) -> Any:
    """The letter as long as our claim on it holds; none once it went to somebody else or was withdrawn."""
    return Letter.objects.filter(pk=letter.pk, status=Letter.Status.RENDERING, claimed_at=claimed_at)


def html_of(letter: Letter) -> str:
    """The letter as a page of HTML, its style inside it."""
    pages = [{"language": code, **letter.merged[code]} for code in letter.language_codes]
    context = {
        "pages": pages,
        "lines": letter.merged["lines"],
        "title": pages[0]["title"],
        "reference": letter.reference,
        "written_at": letter.written_at,
    }
    return render_to_string("letters/print/letter.html", context)


def _print(letter: Letter, press: Press | None) -> Printed:
    html = html_of(letter)
    if press is not None:
        return press.print(html, identifier=letter.reference)
    with Press() as own:
        return own.print(html, identifier=letter.reference)


@transaction.atomic
def _finished(letter: Letter, claimed_at: datetime, printed: Printed) -> bool:
    """Keep the PDF, once: only while the claim holds."""
    held = (
        _claimed(letter, claimed_at)
        .select_for_update(of=("self",))
        .select_related("participant__case")
        .first()
    )
    if held is None:
        return False
    held.pdf, held.pages = printed.pdf, printed.pages
    held.sha256 = hashlib.sha256(printed.pdf).hexdigest()
    held.status, held.claimed_at, held.rendered_at = Letter.Status.RENDERED, None, clock.now()
    _save(held, None)
    _tell_the_author(held, "letter_ready")
    return True


@transaction.atomic
def _failed(letter: Letter, claimed_at: datetime, reason: str, *, again: bool = True) -> None:
    """One attempt used; parked after the fifth, or at once where `again` is of no use. The author is told."""
    held = (
        _claimed(letter, claimed_at)
        .select_for_update(of=("self",))
        .select_related("participant__case")
        .first()
    )
    if held is None:
        return
    held.attempts, held.claimed_at, held.status = held.attempts + 1, None, Letter.Status.QUEUED
    if held.attempts >= ATTEMPTS or not again:
        held.status, held.parked_reason = Letter.Status.PARKED, reason[:300]
    _save(held, None)
    if held.status == Letter.Status.PARKED:
        _tell_the_author(held, "letter_parked")


def _tell_the_author(letter: Letter, kind: str) -> None:
    """One notification for each letter and kind, however often the sweep comes by."""
    if letter.written_by_id is None:
        return
    participant = letter.participant
    url = reverse(
        "letters:letter", args=[participant.case.reference, participant.reference, letter.reference]
    )
    notify(
        recipients=User.objects.filter(pk=letter.written_by_id),
        kind=kind,
        subject=letter.reference,
        level=Notification.Level.NEWS,
        url=url,
    )


# --- Still safe? ---------------------------------------------------------------------------------


def check_still_safe(letter: Letter) -> None:
    """Ask the third door again, now, for a letter that has not gone.

    Raises Blocked when post is not safe any more, Refused when the letter is not what may be sent now.
    """
    participant = Participant.objects.select_related("case", "person").get(pk=letter.participant_id)
    _check_holds(letter, clear(participant, Channel.POST, Purpose.UPDATE))


def _check_author(letter: Letter) -> None:
    """Raises Refused where whoever wrote it may no longer see the case: what they knew of it may be old."""
    author = letter.written_by
    if author is None:
        return
    if (
        not author.is_active
        or not Participant.objects.visible_to(author).filter(pk=letter.participant_id).exists()
    ):
        raise Refused(
            _(
                "Whoever wrote this letter may no longer see the case. Withdraw it; somebody who may writes it again."
            )
        )


def _check_holds(letter: Letter, clearance: Clearance) -> None:
    """Raises Refused when the address, the answers, the author, the template or what it tells are not what they were."""
    _check_author(letter)
    if (clearance.destination, clearance.safe_contact_version) != (
        letter.destination,
        letter.safe_contact_version,
    ):
        raise Refused(
            _(
                "The address or the safe-contact answers changed since this letter was written. "
                "Withdraw it and write it again."
            )
        )
    if letter.template.status != LetterTemplate.Status.APPROVED:
        raise Refused(_("This letter is no longer used. Withdraw it and choose another."))
    told = list(letter.tells.all())
    about = Event.objects.about(clearance.participant).filter(replaced_by=None)
    if about.filter(pk__in=[event.pk for event in told]).count() != len(told):
        raise Refused(_("Something this letter tells was corrected since. Withdraw it and write it again."))
    for event in told:
        stood_down = about.filter(
            kind=Kind.WITNESS_NOT_REQUIRED, hearing=event.hearing, learned_at__gt=event.learned_at
        )
        if event.kind == Kind.WITNESS_REQUIRED and stood_down.exists():
            raise Refused(_("This witness is no longer required. Withdraw the letter and stand them down."))
        moved = about.filter(kind=Kind.HEARING_MOVED, data__moved_from=event.hearing)
        if event.hearing and moved.exists():
            raise Refused(_("The hearing was moved since. Withdraw the letter and write of the new day."))


# --- Sending --------------------------------------------------------------------------------------


@transaction.atomic
def dispatch(*, letter: Letter, clearance: Clearance, version: int | None = None, by: User) -> Letter:
    """Say that the printed letter has gone, and write down LETTER_DISPATCHED.

    The clearance is a new one, made now. Raises Refused when it is for somebody else, or when the address or
    the safe-contact answers are not those it was written under; Stale; Refused when it is not printed.
    """
    letter = _locked(letter, version)
    if letter.status != Letter.Status.RENDERED:
        raise Refused(_("This letter is not ready to send. Open it to see how far it is."))
    if clearance.channel is not Channel.POST or clearance.participant.pk != letter.participant_id:
        raise Refused(_("The safe-contact check was for somebody else or another channel. Check again."))
    _check_fresh(clearance)
    _check_holds(letter, clearance)
    letter.status, letter.dispatched_at = Letter.Status.DISPATCHED, clock.now()
    _save(letter, by)
    record_event(
        case=letter.participant.case,
        kind=Kind.LETTER_DISPATCHED,
        occurred=letter.dispatched_at,
        participant=letter.participant,
        detail=letter.template.title_en,
        data={"letter": letter.reference, "template": letter.template.key},
        by=by,
    )
    return letter
