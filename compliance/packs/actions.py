"""Every write to packs: asking for one, and making it. Nothing is made in a web request.

QUEUED -> MAKING -> READY. A pack that cannot be made is PARKED with the reason, at once where it may not be
made and after five attempts where it failed; trouble of the machine's own uses up no attempt.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from compliance.metric_periods import WHOLE_MONTHS, is_of_whole_months
from compliance.packs import evidence, figures, printed, spreadsheet
from compliance.packs.models import ATTEMPTS, Pack, Snapshot
from compliance.packs.nobody import TooMuchSaid
from compliance.reader import strictest_threshold
from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import justification
from victimcare.cases.counting import only_counts
from victimcare.cases.models import Participant
from victimcare.faults import Refused, Stale
from victimcare.letters.press import CannotPrint, Press, PressDown

log = logging.getLogger(__name__)

LONGEST_DAYS = 731
OWED_TO = (Participant.Role.VICTIM, Participant.Role.WITNESS)


@transaction.atomic
def ask_for_evidence(*, participant: Participant, language: str, reason: str, by: User) -> Pack:
    """Have the evidence of one victim or witness printed. Raises Refused for anybody else, and without a reason."""
    if participant.role not in OWED_TO:
        raise Refused(_("Only victims and witnesses are owed duties. Open the victim’s own pages."))
    if not reason.strip():
        raise Refused(_("Say why you need the pack."))
    return Pack.objects.create(
        kind=Pack.Kind.EVIDENCE,
        participant=participant,
        language=Pack.Language(language),
        reason=reason.strip(),
        asked_by=by,
        asked_at=clock.now(),
    )


@transaction.atomic
def ask_for_figures(*, kind: str, since: date, until: date, language: str, by: User) -> Pack:
    """Have the figures of a period counted and printed.

    Raises Refused for days to come, for too long a period, and to who only counts for what is not of whole months:
    from two periods a day apart the figures of a day could be worked out.
    """
    if until < since:
        raise Refused(_("The last day must not be before the first. Change one of them."))
    if until > clock.today():
        raise Refused(_("The last day is still to come. Choose today or a day before."))
    if (until - since).days > LONGEST_DAYS:
        raise Refused(_("Choose a period of two years at most."))
    if only_counts(by) and not is_of_whole_months(since, until, clock.today()):
        raise Refused(str(WHOLE_MONTHS))
    return Pack.objects.create(
        kind=Pack.Kind(kind),
        since=since,
        until=until,
        language=Pack.Language(language),
        asked_by=by,
        asked_at=clock.now(),
    )


@transaction.atomic
def print_again(*, pack: Pack, kind: str, language: str, by: User) -> Pack:
    """Have the very figures of a pack printed as another, or in another language. Raises Refused where it has none."""
    if pack.snapshot_id is None:
        raise Refused(_("The figures of this pack are not counted yet. Open it again in a moment."))
    return Pack.objects.create(
        kind=Pack.Kind(kind),
        since=pack.since,
        until=pack.until,
        snapshot_id=pack.snapshot_id,
        language=Pack.Language(language),
        asked_by=by,
        asked_at=clock.now(),
    )


@transaction.atomic
def try_again(*, pack: Pack, version: int | None, by: User) -> Pack:
    """Make a parked pack again, once what was wrong is mended; who asks now answers for it. Raises Stale, Refused."""
    fresh = Pack.objects.without_files().select_for_update().get(pk=pack.pk)
    if version is not None and fresh.version != version:
        raise Stale(
            _("Someone else changed this pack while you were working. Open it again to see what they did.")
        )
    if fresh.status != Pack.Status.PARKED:
        raise Refused(_("Only a pack that could not be made is made again."))
    fresh.status, fresh.attempts, fresh.parked_reason = Pack.Status.QUEUED, 0, ""
    fresh.asked_by, fresh.version = by, fresh.version + 1
    fresh.save(update_fields=["status", "attempts", "parked_reason", "asked_by", "version"])
    return fresh


# --- Making: the worker's part -------------------------------------------------------------------------


@dataclass(frozen=True)
class Files:
    """What one pack came to."""

    pdf: bytes
    pages: int
    sheet: bytes | None = None
    snapshot: Snapshot | None = None


def make_waiting(limit: int = 20) -> int:
    """Make what waits, oldest first, on one warm press. Returns how many are ready."""
    free_left_behind()
    waiting = list(Pack.objects.waiting().values_list("pk", flat=True)[:limit])
    if not waiting:
        return 0
    ready = 0
    try:
        with Press() as press:
            for pack in waiting:
                ready += make(pack, press=press)
    except PressDown as fault:
        log.error("packs wait: %s", fault)
    return ready


def free_left_behind() -> int:
    """Packs whose worker died return to the queue three minutes after they were claimed, four times. Returns how many."""
    left = Pack.objects.left_behind(clock.now())
    left.filter(attempts__gte=ATTEMPTS).update(
        status=Pack.Status.PARKED, claimed_at=None, parked_reason=_("Making it ended without a pack.")
    )
    return left.update(status=Pack.Status.QUEUED, claimed_at=None)


def make(pack_id: int, *, press: Press) -> bool:
    """Claim one pack and make it. False when another worker has it, or it could not be made.

    Whether whoever asked may still see the case is asked again first. Raises PressDown, with the pack back in
    the queue and no attempt used, when the machine is at fault.
    """
    claimed_at = clock.now()
    if not Pack.objects.filter(pk=pack_id, status=Pack.Status.QUEUED).update(
        status=Pack.Status.MAKING, claimed_at=claimed_at, attempts=F("attempts") + 1
    ):
        return False
    pack = (
        Pack.objects.without_files()
        .select_related("asked_by", "participant__case", "snapshot")
        .get(pk=pack_id)
    )
    try:
        with transaction.atomic():
            files = _evidence(pack, press) if pack.is_evidence else _figures(pack, press)
            is_kept = _finished(pack, claimed_at, files)
            transaction.set_rollback(
                not is_kept
            )  # another worker has it: what we counted goes with our claim
            return is_kept
    except Refused as refused:
        _failed(pack, claimed_at, str(refused.sentence), again=False)
    except CannotPrint as fault:
        _failed(pack, claimed_at, str(fault), again=True)
    except PressDown:
        _claimed(pack, claimed_at).update(
            status=Pack.Status.QUEUED, claimed_at=None, attempts=F("attempts") - 1
        )
        raise
    return False


def _evidence(pack: Pack, press: Press) -> Files:
    """The evidence of one case as a PDF; that it was put together is written down with it.

    Raises Refused where it may not be made for whoever asked, or would name somebody.
    """
    by = pack.asked_by
    participant = (
        Participant.objects.visible_to(by).select_related("case", "person").filter(packs=pack.pk).first()
    )
    if participant is None or not by.is_active or not by.may(Permission.MAKE_EVIDENCE_PACK):
        raise Refused(
            _("Whoever asked for this pack may no longer see the case. Somebody who may asks again.")
        )
    with translation.override(pack.language):
        try:
            said = evidence.contents(pack, participant, clock.today())
        except TooMuchSaid:
            raise Refused(
                _(
                    "Somebody’s name, number or address stands in what was typed about this case. Nothing was printed."
                )
            ) from None
        html = render_to_string("packs/print/evidence.html", said | {"made_at": clock.now()})
    record_access(
        by=by,
        op=AccessEntry.Op.COMBINE,
        case=participant.case.reference,
        subject=participant.reference,
        field_group=f"evidence pack {pack.reference}",
        justification=justification(by, participant),
    )
    done = press.print(html, identifier=pack.reference)
    return Files(done.pdf, done.pages)


def _figures(pack: Pack, press: Press) -> Files:
    """The figures of a period as a PDF and a spreadsheet, from the snapshot given or one counted now.

    Raises Refused where whoever asked may have none any more.
    """
    by = pack.asked_by
    if not by.is_active or not by.may(Permission.MAKE_PACK):
        raise Refused(_("Whoever asked for this pack may no longer have one. Somebody who may asks again."))
    snapshot = pack.snapshot or _count(pack)
    said = _said(pack, snapshot)
    with translation.override(pack.language):
        html = render_to_string("packs/print/figures.html", said | {"pages": printed.in_text(said["tables"])})
        sheet = spreadsheet.written(said, made_at=snapshot.made_at)
    done = press.print(html, identifier=f"{snapshot.reference} {pack.kind} {pack.language}")
    return Files(done.pdf, done.pages, sheet, snapshot)


def _said(pack: Pack, snapshot: Snapshot) -> dict[str, Any]:
    """What the pack says of the figures by today's rules of hiding, in its language."""
    with translation.override(pack.language):
        return printed.contents(
            snapshot, pack.kind, pack.language, threshold=strictest_threshold(clock.today())
        )


def shows_more_than_now(pack: Pack) -> bool:
    """Whether the files of this pack were printed by rules that hid less than today's.

    What today would print is held against what was: the same words make the same spreadsheet, to the byte.
    """
    snapshot = pack.snapshot
    if snapshot is None or not pack.sheet_sha256:
        return False
    if not printed.hides_more(snapshot, strictest_threshold(clock.today())):
        return False
    with translation.override(pack.language):
        sheet = spreadsheet.written(_said(pack, snapshot), made_at=snapshot.made_at)
    return hashlib.sha256(sheet).hexdigest() != pack.sheet_sha256


def _count(pack: Pack) -> Snapshot:
    """Count the period and keep what was counted, for good."""
    if pack.since is None or pack.until is None:
        raise Refused(_("This pack has no period. Ask for another."))
    today = clock.today()
    counted = figures.count(pack.since, pack.until, counted_on=today)
    return Snapshot.objects.create(
        since=pack.since,
        until=pack.until,
        counted_on=today,
        code=figures.codes_counted_by(pack.until)[:120],
        calendar=figures.calendar_counted_by()[:120],
        figures=counted,
        sha256=figures.fingerprint(counted),
        made_by=pack.asked_by,
        made_at=clock.now(),
    )


def _claimed(pack: Pack, claimed_at: datetime) -> "QuerySet[Pack]":
    """The pack as long as our claim on it holds; none once it went to somebody else."""
    return Pack.objects.filter(pk=pack.pk, status=Pack.Status.MAKING, claimed_at=claimed_at)


def _finished(pack: Pack, claimed_at: datetime, files: Files) -> bool:
    """Keep the files, once: only while the claim holds."""
    kept = _claimed(pack, claimed_at).update(
        pdf=files.pdf,
        sha256=hashlib.sha256(files.pdf).hexdigest(),
        pages=files.pages,
        sheet=files.sheet,
        sheet_sha256=hashlib.sha256(files.sheet).hexdigest() if files.sheet else "",
        snapshot=files.snapshot,
        status=Pack.Status.READY,
        claimed_at=None,
        made_at=clock.now(),
        version=F("version") + 1,
    )
    if kept:
        _tell_who_asked(pack, "ready")
    return bool(kept)


@transaction.atomic
def _failed(pack: Pack, claimed_at: datetime, reason: str, *, again: bool) -> None:
    """Back to the queue, or parked after the fifth attempt, or at once where `again` is of no use."""
    is_over = not again or pack.attempts >= ATTEMPTS
    changed = _claimed(pack, claimed_at).update(
        status=Pack.Status.PARKED if is_over else Pack.Status.QUEUED,
        claimed_at=None,
        parked_reason=reason[:300] if is_over else "",
        version=F("version") + 1,
    )
    if changed and is_over:
        _tell_who_asked(pack, "parked")


def _tell_who_asked(pack: Pack, how: str) -> None:
    """One notification for each pack and how it came out, however often the sweep comes by."""
    notify(
        recipients=[pack.asked_by],
        kind=f"{'evidence' if pack.is_evidence else 'pack'}_{how}",
        subject=pack.reference,
        level=Notification.Level.NEWS,
        url=address_of(pack),
    )


def address_of(pack: Pack) -> str:
    """The page of this pack."""
    if pack.participant is None:
        return reverse("packs:pack", args=[pack.reference])
    return reverse(
        "packs:evidence-pack",
        args=[pack.participant.case.reference, pack.participant.reference, pack.reference],
    )
