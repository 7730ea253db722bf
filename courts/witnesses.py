"""Who has a part in a hearing, what each was told, and the one thing in the way. A fixed few queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contacts.models import TELLS, Contact
from courts.actions import TYPES, TYPES_CY
from courts.models import Hearing, SpecialMeasure, Warning, WitnessRequirement
from courts.readiness import Facts, Next, next_thing
from victimcare.accounts.models import User
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.letters.models import Letter

LISTINGS = (Kind.HEARING_LISTED, Kind.HEARING_MOVED)
SHOWN = 100


@dataclass
class Witness:
    """One row of the trial page."""

    participant: Participant
    requirement: WitnessRequirement | None = None
    told_at: datetime | None = None
    warning: Warning | None = None
    letter: Letter | None = None
    measures: list[SpecialMeasure] = field(default_factory=list)
    next: Next = Next.NOTHING

    @property
    def is_required(self) -> bool:
        return self.requirement is not None and self.requirement.status == WitnessRequirement.Status.REQUIRED

    @property
    def was_required(self) -> bool:
        return self.requirement is not None and not self.is_required


def witnesses_of(hearing: Hearing, user: User) -> list[Witness]:
    """The victims and witnesses of the hearing's case whom this user may see. Seven queries at most."""
    participants = list(
        Participant.objects.visible_to(user)
        .filter(case=hearing.case, role__in=[Participant.Role.VICTIM, Participant.Role.WITNESS])
        .select_related("person", "case")
        .order_by("role", "person__surname", "person__given_names", "pk")[:SHOWN]
    )
    found = rows_for([hearing], participants)
    return [found[hearing.pk, part.pk] for part in participants]


def rows_for(hearings: list[Hearing], participants: list[Participant]) -> dict[tuple[int, int], Witness]:
    """Where each of these people stands with each of these hearings of one case, by their keys."""
    requirements = {
        (row.hearing_id, row.participant_id): row
        for row in WitnessRequirement.objects.filter(
            hearing__in=hearings, participant__in=participants
        ).prefetch_related("warnings")
    }
    letters = _letters(requirements.values())
    told = _told(hearings, participants)
    measures: dict[int, list[SpecialMeasure]] = {}
    for measure in SpecialMeasure.objects.filter(participant__in=participants).order_by("pk"):
        measures.setdefault(measure.participant_id, []).append(measure)
    rows = {}
    for hearing in hearings:
        for participant in participants:
            key = (hearing.pk, participant.pk)
            rows[key] = Witness(
                participant=participant,
                requirement=requirements.get(key),
                told_at=told.get((hearing.reference, participant.pk)),
                measures=measures.get(participant.pk, []),
            )
            _settle(rows[key], letters)
    return rows


def _letters(requirements: Iterable[WitnessRequirement]) -> dict[str, Letter]:
    references = {warning.letter for row in requirements for warning in row.warnings.all() if warning.letter}
    found = Letter.objects.filter(reference__in=references).defer("pdf", "merged")
    return {letter.reference: letter for letter in found}


def _told(hearings: list[Hearing], participants: list[Participant]) -> dict[tuple[str, int], datetime]:
    """When each was first told of each listing, by whatever reached them."""
    told: dict[tuple[str, int], datetime] = {}
    found = (
        Contact.objects.filter(
            participant__in=participants,
            outcome__in=TELLS,
            tells__hearing__in=[hearing.reference for hearing in hearings],
            tells__kind__in=LISTINGS,
            tells__replaced_by=None,
        )
        .order_by("-at")
        .values_list("tells__hearing", "participant_id", "at")
    )
    for hearing, participant, at in found:
        told[hearing, participant] = at
    return told


def _settle(row: Witness, letters: dict[str, Letter]) -> None:
    """The newest warning that counts, a letter on its way, and what comes next."""
    warnings = (
        sorted(row.requirement.warnings.all(), key=lambda w: (w.warned_at, w.pk)) if row.requirement else []
    )
    is_stood_down = is_warned = False
    for warning in warnings:
        letter = letters.get(warning.letter)
        if letter is None or letter.status == Letter.Status.DISPATCHED:
            is_stood_down = warning.is_stand_down
            is_warned = is_warned or not warning.is_stand_down
            row.letter = None
            if not warning.is_stand_down:
                row.warning = warning
        elif letter.status != Letter.Status.WITHDRAWN:
            row.letter = letter
    if row.is_required and is_stood_down:  # required again after being stood down: to be warned anew
        is_warned = False
    row.next = next_thing(
        Facts(
            is_victim=row.participant.is_victim,
            is_required=row.is_required,
            was_required=row.was_required,
            knows_of_hearing=row.told_at is not None,
            is_warned=is_warned,
            is_stood_down=is_stood_down,
            letter_status=row.letter.status if row.letter else "",
            reply=row.warning.reply if row.warning else "",
            open_measures=sum(m.status in {"wanted", "applied"} for m in row.measures),
        )
    )


def to_tell(requirement: WitnessRequirement) -> list[Event]:
    """What a warning tells: that they must come (or need not), and where and when. Newest of each."""
    hearing, participant = requirement.hearing, requirement.participant
    before = hearing.moved_from.reference if hearing.moved_from else hearing.reference
    is_required = requirement.status == WitnessRequirement.Status.REQUIRED
    wanted = Kind.WITNESS_REQUIRED if is_required else Kind.WITNESS_NOT_REQUIRED
    about = Event.objects.about(participant).current()
    asked = about.filter(kind=wanted, participant=participant, hearing__in=[hearing.reference, before])
    found = [asked.order_by("-learned_at", "-pk").first()]
    if is_required:
        listed = about.filter(kind__in=LISTINGS, hearing=hearing.reference)
        found.append(listed.order_by("-learned_at", "-pk").first())
    return [event for event in found if event is not None]


def letter_values(hearing: Hearing) -> dict[str, Any]:
    """The court, day and time as a letter says them, in both languages."""
    court = hearing.court
    address = f", {court.address}" if court.address else ""
    at = hearing.start_time
    return {
        "court": {"en": court.name + address, "cy": (court.name_cy or court.name) + address},
        "hearing": {"en": TYPES[hearing.type], "cy": TYPES_CY[hearing.type]},
        "hearing_day": hearing.listed_on,
        "hearing_time": {
            "en": f"{at:%H:%M}. Please arrive 30 minutes before."
            if at
            else "Not fixed yet. We will tell you.",
            "cy": f"{at:%H:%M}. Dewch 30 munud cyn hynny."
            if at
            else "Heb ei bennu eto. Byddwn yn dweud wrthych.",
        },
    }
