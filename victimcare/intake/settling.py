"""Every write to a row in quarantine: mended and sent on, asked about, or set aside."""

from collections.abc import Mapping

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.events import announce
from victimcare.cases.models import Question
from victimcare.cases.questions import ask_officer
from victimcare.faults import Refused, Stale
from victimcare.intake import layouts
from victimcare.intake.cells import Problem
from victimcare.intake.chunks import digests, land_or_halve, one_at_a_time
from victimcare.intake.extract import RawRow
from victimcare.intake.models import ImportRow
from victimcare.intake.whose import check_is_meant

SETTLED = gettext_lazy("Somebody else has settled this row meanwhile. Go back to the list for the next one.")
BULK = 5_000  # rows set aside by one click


def problems_of(row: ImportRow, cells: Mapping[str, str]) -> list[Problem]:
    """What would still be wrong with a quarantined row that said this. Writes nothing."""
    return layouts.of(row.batch.kind).clean(RawRow(row.number, dict(cells)), clock.now())[1]


@transaction.atomic
def mend(*, row: ImportRow, cells: Mapping[str, str], meant: str = "", by: User) -> ImportRow:
    """Send a mended row on by the way all rows go. `meant`: the key whose record the mender says it changes.

    Raises Stale when it was settled, AsksFirst when it would change a record nobody confirmed, Refused when it
    still cannot land.
    """
    try:
        with transaction.atomic():  # first, as an extract does: two that wait for each other would both fail
            one_at_a_time(patience="5s")
    except OperationalError:
        raise Refused(
            _(
                "Extracts are landing or being withdrawn just now. Nothing was saved: wait a minute, then save again."
            )
        ) from None
    row = _in_quarantine(row)
    batch = row.batch
    layout = layouts.of(batch.kind)
    now = clock.now()
    mended, problems = layout.clean(RawRow(row.number, dict(cells)), now)
    if problems:
        raise Refused(" ".join(problem.reason for problem in problems))
    outcome, case_ids = "unchanged", set[int]()
    if digests(layout.feed, [mended["key"]]).get(mended["key"]) != mended["digest"]:
        check_is_meant(row=row, mended=mended, meant=meant, by=by)
        batch.uploaded_by = by  # who mended it is who wrote what lands
        landed = land_or_halve(batch, [mended], now)
        for _column, reason in landed.unknown.values():
            raise Refused(reason)
        outcome, case_ids = landed.outcomes[row.number], landed.case_ids
    row.natural_key = mended["key"]
    _settle(row, _("Mended and sent on: %s.") % ImportRow.Outcome(outcome).label.lower(), by)
    if case_ids:
        announce(case_ids)
    return row


@transaction.atomic
def set_aside(*, row: ImportRow, reason: str, by: User) -> ImportRow:
    """Say why a row will not be kept. Raises Stale when it was settled meanwhile."""
    row = _in_quarantine(row)
    return _settle(row, _("Set aside: %s") % reason, by)


@transaction.atomic
def set_aside_all(*, rows: QuerySet[ImportRow], reason: str, by: User) -> int:
    """Say of many rows at once why they will not be kept. Returns how many; those settled meanwhile are left."""
    found = list(
        ImportRow.objects.in_quarantine()
        .filter(pk__in=rows.order_by("pk").values("pk")[:BULK])
        .select_for_update(of=("self",), skip_locked=True)
        .values_list("pk", flat=True)
    )
    return ImportRow.objects.filter(pk__in=found).update(
        settled_at=clock.now(),
        settled_by=by,
        settlement=(_("Set aside: %s") % reason)[:300],
        content={},
    )


@transaction.atomic
def return_to_officer(
    *, row: ImportRow, words: str, to_collar: str = "", to_team: str = "", by: User
) -> Question:
    """Ask the officer in the case about a row that waits. The row goes on waiting; the answer is shown with it.

    Raises Stale when the row was settled, Refused when nobody is named or it was asked already.
    """
    row = _in_quarantine(row)
    question = ask_officer(
        case=None,
        kind=Question.Kind.ROW,
        words=words,
        about_row=_("%(batch)s, row %(row)d") % {"batch": row.batch.reference, "row": row.number},
        to_collar=to_collar,
        to_team=to_team,
        by=by,
    )
    row.question = question.reference
    row.save(update_fields=["question"])
    return question


def asked_of(question: Question) -> str:
    """Who gets the question, in words: the officer who signs in with that collar number, or else the team."""
    if not question.to_collar:
        return _("the team %s") % question.to_team
    officers = User.objects.active().with_role(Role.OFFICER_IN_THE_CASE)
    officer = officers.filter(collar=question.to_collar).order_by("pk").first()
    if officer is None:
        return _("the officer with collar number %s") % question.to_collar
    return _("%(name)s, collar number %(collar)s") % {"name": officer, "collar": question.to_collar}


def _in_quarantine(row: ImportRow) -> ImportRow:
    fresh = (
        ImportRow.objects.select_for_update(of=("self",))
        .select_related("batch")
        .defer("batch__content")
        .get(pk=row.pk)
    )
    if fresh.settled_at is not None or fresh.outcome != ImportRow.Outcome.QUARANTINED:
        raise Stale(SETTLED)
    return fresh


def _settle(row: ImportRow, settlement: str, by: User) -> ImportRow:
    row.settled_at, row.settled_by, row.settlement, row.content = clock.now(), by, settlement[:300], {}
    row.save(update_fields=["settled_at", "settled_by", "settlement", "content", "natural_key"])
    return row
