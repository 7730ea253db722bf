"""Every write to hearings, requirements, warnings and special measures. The event in the same breath."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact
from courts.models import Court, Hearing, SpecialMeasure, Warning, WitnessRequirement
from courts.plausible import check_listing, check_result
from courts.results import RESULTS, ResultKind, concludes, kinds_of, name_of
from victimcare import clock
from victimcare.accounts.models import Team, User
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Participant
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.letters.models import Letter

TYPES = {
    "FH": "First hearing",
    "PTPH": "Plea and trial preparation hearing",
    "TRIAL": "Trial",
    "SENT": "Sentencing",
    "OTHER": "Hearing",
}
TYPES_CY = {
    "FH": "Gwrandawiad cyntaf",
    "PTPH": "Gwrandawiad pledio a pharatoi ar gyfer treial",
    "TRIAL": "Treial",
    "SENT": "Dedfrydu",
    "OTHER": "Gwrandawiad",
}


def said(hearing: Hearing) -> str:
    """Trial at Newport Crown Court on Mon 11 Jan 2027 at 10:00. Kept in the log, so always in English."""
    words = f"{TYPES[hearing.type]} at {hearing.court.name} on {hearing.listed_on:%a %-d %b %Y}"
    return f"{words} at {hearing.start_time:%H:%M}" if hearing.start_time else words


def listing_said(hearing: Hearing) -> dict[str, object]:
    """What the event of a listing carries, for letters and duties."""
    court, before = hearing.court, hearing.moved_from
    return {
        "type": hearing.type,
        "listed_on": hearing.listed_on.isoformat(),
        "listed_at": f"{hearing.start_time:%H:%M}" if hearing.start_time else "",
        "court": court.name,
        "court_cy": court.name_cy or court.name,
        "moved_from": before.reference if before else "",
    }


@dataclass(frozen=True)
class ResultEvent:
    """One event that follows from a result: what, when, and what it carries."""

    kind: Kind
    occurred: date | datetime
    data: dict[str, object]
    is_the_result: bool = False


def result_events(
    hearing: Hearing, *, kinds: Sequence[str] = (), is_last: bool | None = None, vcs_eligible: bool = False
) -> list[ResultEvent]:
    """What a hearing's result records: that it concluded, that the case did where it did, and the result."""
    code = hearing.result_code
    resulted_on, learned_at = hearing.resulted_on, hearing.result_learned_at
    if resulted_on is None or learned_at is None:  # not for a hearing with a result
        return []
    known = RESULTS.get(code)
    ends = concludes(code) if is_last is None else is_last
    data: dict[str, object] = {
        "result_code": code,
        "result_kind": list(kinds) or [kind.value for kind in kinds_of(code)],
        "result": name_of(code),
        "result_cy": known.name_cy if known else "",
        "resulted_on": resulted_on.isoformat(),
        "type": hearing.type,
        "plea": hearing.plea,
        "verdict": hearing.verdict,
        "court": hearing.court.name,
        "court_cy": hearing.court.name_cy,
    }
    return [
        *(
            ResultEvent(kind, resulted_on, {"vcs_eligible": vcs_eligible})
            for kind in (Kind.HEARING_CONCLUDED, *((Kind.CASE_CONCLUDED,) if ends else ()))
        ),
        ResultEvent(Kind.RESULT_RECEIVED, learned_at, data, is_the_result=True),
    ]


def result_said(hearing: Hearing) -> str:
    """Trial at Newport Crown Court: Imprisonment. Kept in the log, so always in English."""
    return f"{TYPES[hearing.type]} at {hearing.court.name}: {name_of(hearing.result_code)}"


def required_at(hearings: Iterable[int]) -> QuerySet[WitnessRequirement]:
    """Who has to come to these hearings."""
    return WitnessRequirement.objects.filter(
        hearing__in=hearings, status=WitnessRequirement.Status.REQUIRED
    ).order_by("pk")


@transaction.atomic
def list_hearing(
    *,
    case: Case,
    court: Court,
    type: str,
    listed_on: date,
    learned_at: datetime,
    start_time: time | None = None,
    courtroom: str = "",
    urn: str = "",
    suspect: Participant | None = None,
    moved_from: Hearing | None = None,
    source_system: str = "",
    source_id: str = "",
    by: User | None,
) -> Hearing:
    """Write down that the court listed a hearing, or moved one. Witness care sees the case from now on.

    `listed_on` is the London day of the hearing, `learned_at` the moment witness care heard. Those required
    at the hearing that was moved are required at the new one. Raises Refused for a day that had passed when
    we heard, a hearing that is listed already, and one that was moved already or has its result.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    check_listing(listed_on, learned_at, clock.now())
    if suspect is not None and (suspect.case_id != case.pk or suspect.role != Participant.Role.SUSPECT):
        raise Refused(_("That person is not a suspect in this case. Choose again."))
    if moved_from is not None:
        moved_from = _check_can_move(case, moved_from)
    _check_not_listed(case, court, type, listed_on, suspect)
    hearing = Hearing(
        case=case,
        court=court,
        type=type,
        listed_on=listed_on,
        listed_learned_at=learned_at,
        start_time=start_time,
        courtroom=courtroom,
        urn=urn or case.urn,
        suspect=suspect,
        moved_from=moved_from,
        source_system=source_system,
        source_id=source_id,
    )
    _save(hearing, by)
    _bring_to_witness_care(case, by)
    if moved_from is not None:
        _carry_over(moved_from, hearing, learned_at, by)
    record_event(
        case=case,
        kind=Kind.HEARING_LISTED if moved_from is None else Kind.HEARING_MOVED,
        occurred=learned_at,
        learned_at=learned_at,
        suspect=suspect,
        hearing=hearing.reference,
        detail=said(hearing),
        data=listing_said(hearing),
        source_system=source_system,
        source_id=source_id and f"{source_id}:listed",
        by=by,
    )
    return hearing


def _check_can_move(case: Case, moved_from: Hearing) -> Hearing:
    fresh = Hearing.objects.select_for_update(of=("self",)).get(pk=moved_from.pk)
    if fresh.case_id != case.pk:
        raise Refused(_("That hearing is of another case. Choose again."))
    if Hearing.objects.filter(moved_from=fresh).exists():
        raise Refused(_("This hearing was moved already. Open the new one to move it again."))
    # A trial that moves carries "adjourned"; any other result means it took place.
    if fresh.has_result and ResultKind.ADJOURNED not in kinds_of(fresh.result_code):
        raise Refused(
            _("This hearing has its result, so it took place. List the next one instead of moving it.")
        )
    return fresh


def _check_not_listed(
    case: Case, court: Court, type: str, listed_on: date, suspect: Participant | None
) -> None:
    same = Hearing.objects.standing().filter(
        case=case, court=court, type=type, listed_on=listed_on, suspect=suspect
    )
    if same.exists():
        raise Refused(
            _("This hearing is listed already on that day at that court. Open the case's hearings to see it.")
        )


def _bring_to_witness_care(case: Case, by: User | None) -> None:
    """The first listing gives the case to the Witness Care Unit, so that it can see it."""
    if case.witness_care_team_id is not None:
        return
    case.witness_care_team = Team.objects.filter(kind=Team.Kind.WITNESS_CARE).order_by("pk").first()
    if case.witness_care_team is not None:
        case.version += 1
        case._history_user = by  # type: ignore[attr-defined]
        case.save()


def _carry_over(before: Hearing, hearing: Hearing, learned_at: datetime, by: User | None) -> None:
    """Whoever had to come still has to, on the new day; each has to be warned again."""
    for requirement in required_at([before.pk]):
        _save(
            WitnessRequirement(
                hearing=hearing,
                participant_id=requirement.participant_id,
                learned_at=learned_at,
                recorded_by=by,
            ),
            by,
        )


@transaction.atomic
def require_witness(
    *, hearing: Hearing, participant: Participant, learned_at: datetime, by: User | None
) -> WitnessRequirement:
    """Write down that the prosecution needs this person at the hearing; `learned_at` is when we heard.

    Raises Refused for somebody of another case, somebody who gives no evidence, or who is required already.
    """
    hearing = (
        Hearing.objects.select_for_update(of=("self",)).select_related("case", "court").get(pk=hearing.pk)
    )
    if participant.case_id != hearing.case_id:
        raise Refused(_("This person has no part in this hearing's case. Choose again."))
    if participant.role not in {Participant.Role.VICTIM, Participant.Role.WITNESS}:
        raise Refused(_("Only a victim or a witness is required to give evidence."))
    if hearing.has_result:
        raise Refused(_("This hearing has its result. Require them at the next one."))
    requirement = WitnessRequirement.objects.filter(hearing=hearing, participant=participant).first()
    if requirement is None:
        requirement = WitnessRequirement(hearing=hearing, participant=participant, version=0)
    elif requirement.status == WitnessRequirement.Status.REQUIRED:
        raise Refused(_("This person is required already. Open the hearing to see who is warned."))
    requirement.status = WitnessRequirement.Status.REQUIRED
    requirement.learned_at, requirement.recorded_by = learned_at, by
    requirement.version += 1
    _save(requirement, by)
    _record_requirement(requirement, Kind.WITNESS_REQUIRED, learned_at, by)
    return requirement


@transaction.atomic
def no_longer_require(
    *, requirement: WitnessRequirement, learned_at: datetime, version: int | None = None, by: User | None
) -> WitnessRequirement:
    """Write down that this person need not come after all. Raises Stale; Refused when that is known."""
    requirement = _locked(requirement, version)
    if requirement.status == WitnessRequirement.Status.NOT_REQUIRED:
        raise Refused(_("This person is no longer required already."))
    requirement.status, requirement.learned_at = WitnessRequirement.Status.NOT_REQUIRED, learned_at
    requirement.version += 1
    _save(requirement, by)
    _record_requirement(requirement, Kind.WITNESS_NOT_REQUIRED, learned_at, by)
    return requirement


def _record_requirement(
    requirement: WitnessRequirement, kind: Kind, learned_at: datetime, by: User | None
) -> None:
    record_event(
        case=requirement.hearing.case,
        kind=kind,
        occurred=learned_at,
        learned_at=learned_at,
        participant=requirement.participant,
        hearing=requirement.hearing.reference,
        detail=said(requirement.hearing),
        by=by,
    )


@transaction.atomic
def warn(
    *,
    requirement: WitnessRequirement,
    contact: Contact | None = None,
    letter: Letter | None = None,
    reply: str = "",
    by: User,
) -> Warning:
    """Keep that this person was told to come, or stood down, by a contact that reached them or by a letter.

    The telling itself is the contact's or letter's `tells`. Raises Refused for a contact that told nobody,
    for somebody else's contact or letter, and for none or both.
    """
    requirement = _locked(requirement, None)
    told = contact or letter
    if told is None or (contact is not None and letter is not None):
        raise Refused(_("Say how they were told: by a contact, or by a letter."))
    if told.participant_id != requirement.participant_id:
        raise Refused(_("That contact or letter was to somebody else. Choose again."))
    if contact is not None and not contact.tells_somebody:
        raise Refused(_("That contact did not reach them, so they were not told. Try again."))
    warning = Warning(
        requirement=requirement,
        is_stand_down=requirement.status == WitnessRequirement.Status.NOT_REQUIRED,
        contact=contact.reference if contact else "",
        letter=letter.reference if letter else "",
        reply=reply,
        warned_at=contact.at if contact else clock.now(),
        warned_by=by,
    )
    _save(warning, by)
    return warning


@transaction.atomic
def record_reply(
    *, requirement: WitnessRequirement, reply: str, version: int | None = None, by: User
) -> Warning:
    """What the witness said to the newest warning. Raises Stale, or Refused when nobody warned them."""
    requirement = _locked(requirement, version)
    warning = requirement.warnings.filter(is_stand_down=False).order_by("-warned_at", "-pk").first()
    if warning is None:
        raise Refused(_("Nobody has warned this person yet. Warn them first."))
    warning.reply = reply
    _save(warning, by)
    requirement.version += 1
    _save(requirement, by)
    return warning


@transaction.atomic
def record_result(
    *,
    hearing: Hearing,
    result_code: str,
    plea: str = "",
    verdict: str = "",
    resulted_on: date,
    learned_at: datetime,
    kinds: Iterable[str] = (),
    is_last: bool | None = None,
    vcs_eligible: bool = False,
    version: int | None = None,
    source_id: str = "",
    by: User | None,
) -> Hearing:
    """Write down how a hearing ended, on a London day, and when witness care heard of it.

    `kinds` says what the result tells when the code is not a known one; `is_last` whether the court case ends
    with it. Raises Stale; Refused for a future day, a hearing that has its result, an unknown code alone.
    """
    hearing = (
        Hearing.objects.select_for_update(of=("self",)).select_related("case", "court").get(pk=hearing.pk)
    )
    if version is not None and hearing.version != version:
        raise Stale(
            _("Someone else changed this hearing while you were working. Open it again to see what they did.")
        )
    if hearing.has_result:
        raise Refused(_("This hearing has its result already. Open it to see what was recorded."))
    kinds = [ResultKind(kind).value for kind in kinds] or [kind.value for kind in kinds_of(result_code)]
    check_result(result_code, kinds, resulted_on, learned_at, clock.now())
    hearing.result_code, hearing.plea, hearing.verdict = result_code, plea, verdict
    hearing.resulted_on, hearing.result_learned_at = resulted_on, learned_at
    hearing.version += 1
    _save(hearing, by)
    for event in result_events(hearing, kinds=kinds, is_last=is_last, vcs_eligible=vcs_eligible):
        _record_of_hearing(hearing, event, learned_at, source_id if event.is_the_result else "", by)
    return hearing


def _record_of_hearing(
    hearing: Hearing, event: ResultEvent, learned_at: datetime, source_id: str, by: User | None
) -> None:
    record_event(
        case=hearing.case,
        kind=event.kind,
        occurred=event.occurred,
        learned_at=learned_at,
        suspect=hearing.suspect,
        hearing=hearing.reference,
        detail=result_said(hearing),
        data=event.data,
        source_system=hearing.source_system if source_id else "",
        source_id=source_id and f"{source_id}:result",
        by=by,
    )


# --- Special measures -------------------------------------------------------------------------------


@transaction.atomic
def ask_for_measure(*, participant: Participant, measure: str, why: str, by: User) -> SpecialMeasure:
    """Keep that this witness wants one special measure, and why. Raises Refused when asked for already."""
    if participant.role not in {Participant.Role.VICTIM, Participant.Role.WITNESS}:
        raise Refused(_("Special measures are for victims and witnesses who give evidence."))
    if SpecialMeasure.objects.filter(participant=participant, measure=measure).exists():
        raise Refused(_("This measure was asked for already. Change how far it is instead."))
    asked = SpecialMeasure(
        participant=participant, measure=measure, why=why, status_on=clock.today(), asked_by=by
    )
    _save(asked, by)
    return asked


@transaction.atomic
def record_measure(
    *, measure: SpecialMeasure, status: str, status_on: date, version: int | None = None, by: User
) -> SpecialMeasure:
    """How far one measure is: applied for, granted, refused. Raises Stale; Refused for a future day."""
    measure = _locked_measure(measure, version)
    if status_on > clock.today():
        raise Refused(_("That is in the future. Enter when it happened."))
    measure.status, measure.status_on = SpecialMeasure.Status(status), status_on
    measure.version += 1
    _save(measure, by)
    return measure


@transaction.atomic
def check_measure(
    *, measure: SpecialMeasure, finding: str, note: str, version: int | None = None, by: User
) -> SpecialMeasure:
    """The advisor's check of one offer or application. Raises NotAllowed for one's own, Stale, Refused."""
    measure = _locked_measure(measure, version)
    if measure.asked_by_id == by.pk:
        raise NotAllowed(_("You asked for this measure, so somebody else must check it."))
    if measure.checked_by_id is not None:
        raise Refused(_("This was checked already. Open it to see what was found."))
    if finding != SpecialMeasure.Finding.MET and not note:
        raise Refused(_("Say what is to be put right."))
    measure.finding, measure.check_note = SpecialMeasure.Finding(finding), note
    measure.checked_by, measure.checked_on = by, clock.today()
    measure.version += 1
    _save(measure, by)
    return measure


def _locked(requirement: WitnessRequirement, version: int | None) -> WitnessRequirement:
    fresh = (
        WitnessRequirement.objects.select_for_update(of=("self",))
        .select_related("hearing__case", "hearing__court", "participant__person")
        .get(pk=requirement.pk)
    )
    if version is not None and fresh.version != version:
        raise Stale(
            _("Someone else changed this while you were working. Open it again to see what they did.")
        )
    return fresh


def _locked_measure(measure: SpecialMeasure, version: int | None) -> SpecialMeasure:
    fresh = SpecialMeasure.objects.select_for_update(of=("self",)).get(pk=measure.pk)
    if version is not None and fresh.version != version:
        raise Stale(
            _("Someone else changed this while you were working. Open it again to see what they did.")
        )
    return fresh


def _save(row: Hearing | WitnessRequirement | Warning | SpecialMeasure, by: User | None) -> None:
    row._history_user = by  # type: ignore[union-attr]
    row.save()
