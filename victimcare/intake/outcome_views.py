"""The rows behind a count of an extract: which came to one outcome, and what they are about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed
from victimcare.cases.models import Participant
from victimcare.http import Request
from victimcare.intake import layouts
from victimcare.intake.models import FeedRow, ImportBatch, ImportRow
from victimcare.intake.what_changed import Changed, changes_in
from victimcare.lookups import is_any

PAGE = 50
NAMED_AT_MOST = 4  # people of one case, in one row
Outcome = ImportRow.Outcome
# What an extract brought that is withdrawn: a list of its own, of rows with these outcomes.
WITHDRAWN = "withdrawn"
BROUGHT = (Outcome.ACCEPTED, Outcome.UPDATED, Outcome.SUPPRESSED)
LABELS: dict[str, Any] = {**dict(Outcome.choices), WITHDRAWN: gettext_lazy("Withdrawn")}


@dataclass(frozen=True)
class _Row:
    """A row of the file: its number and natural key."""

    number: int
    key: str


@allow(Permission.IMPORT_EXTRACT)
@require_GET
def rows(request: Request, batch: str, outcome: str) -> HttpResponse:
    """The rows of one extract with one outcome, in the order of the file, fifty a page."""
    found = get_object_or_404(
        ImportBatch.objects.defer("content", "preview").exclude(kind=""), reference=batch
    )
    is_withdrawn = found.state == ImportBatch.State.WITHDRAWN
    if outcome not in LABELS or not found.is_begun or (outcome == WITHDRAWN and not is_withdrawn):
        raise Http404
    after = request.GET.get("after", "")
    landed = _landed(found, outcome, int(after) if after.isdecimal() and len(after) < 10 else 0)
    more, landed = len(landed) > PAGE, landed[:PAGE]
    people = {} if is_withdrawn else people_about(found, [row.key for row in landed], request.user)
    listed(request, [part for parts in people.values() for part in parts], field_group="extract rows")
    table = _table(found, outcome, landed, people, request.user)
    has_why = any(why for _row, _about, why in table)
    why_named = _("What changed") if outcome == Outcome.UPDATED else _("Why")
    context = {
        "batch": found,
        "label": LABELS[outcome],
        "count": count_of(found, outcome),
        "is_withdrawn": is_withdrawn,
        "columns": [_("Row"), _("What it is about"), *([why_named] if has_why else [])],
        "rows": [[row, about, *([why] if has_why else [])] for row, about, why in table],
        "older_url": f"?after={landed[-1].number}" if more else "",
        "newer_url": request.path if after else "",
    }
    return render(request, "intake/rows.html", context)


def count_of(batch: ImportBatch, outcome: str) -> int:
    """How many rows of a batch came to an outcome."""
    return sum(getattr(batch, name) for name in (BROUGHT if outcome == WITHDRAWN else (outcome,)))


def lists_of(batch: ImportBatch) -> list[dict[str, Any]]:
    """Each count of a batch with the address of its list, "" where there is nothing to list."""
    names = [*Outcome.values, *([WITHDRAWN] if batch.state == ImportBatch.State.WITHDRAWN else [])]
    return [
        {
            "label": _("Of these, withdrawn") if name == WITHDRAWN else LABELS[name],
            "count": count,
            "url": reverse("intake:rows", args=[batch.reference, name]) if count and batch.is_begun else "",
        }
        for name in names
        for count in [count_of(batch, name)]
    ]


def _landed(batch: ImportBatch, outcome: str, after: int) -> list[_Row]:
    """A page of rows after this number, and one more where there are more. Reads no more chunks than it shows."""
    names = list(BROUGHT) if outcome == WITHDRAWN else [outcome]
    in_order = "landed.last, said.number" if len(names) == 1 else "said.number"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT said.number, said.key
              FROM intake_landedrows landed, unnest(landed.numbers, landed.keys) AS said (number, key)
             WHERE landed.batch_id = %s AND landed.outcome = ANY(%s)
               AND landed.last > %s AND said.number > %s
             ORDER BY {in_order} LIMIT %s
            """,  # noqa: S608 -- one of two orders that stand here
            [batch.pk, names, after, after, PAGE + 1],
        )
        return [_Row(number, key) for number, key in cursor.fetchall()]


def people_about(batch: ImportBatch, keys: Sequence[str], user: User) -> dict[str, list[Participant]]:
    """By natural key, whom a row is about, of those that this reader may see: one person, or the victims of a case."""
    about = _about(batch, keys)
    of_cases = {case for case, part in about.values() if part is None}
    wanted = is_any("pk", {part for _case, part in about.values() if part is not None})
    victims = Q(is_any("case_id", of_cases), role=Participant.Role.VICTIM)
    seen = (
        Participant.objects.visible_to(user)
        .filter(wanted | victims)
        .exclude(role=Participant.Role.SUSPECT)
        .select_related("case", "person")
        .order_by("pk")[: PAGE * NAMED_AT_MOST]
    )
    parts = list(seen) if about else []
    by_pk = {part.pk: part for part in parts}
    by_case: dict[int, list[Participant]] = {}
    for part in parts:
        if part.role == Participant.Role.VICTIM:
            by_case.setdefault(part.case_id, []).append(part)
    return {
        key: by_case.get(case, [])[:NAMED_AT_MOST] if part is None else [by_pk[part]] if part in by_pk else []
        for key, (case, part) in about.items()
    }


def _about(batch: ImportBatch, keys: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    """The case and the participant of each key, as its layout says, or else as the feed rows do."""
    layout = layouts.of(batch.kind)
    if not keys or layout.about is not None:
        return layout.about(keys) if keys and layout.about is not None else {}
    said = FeedRow.objects.filter(is_any("key", keys), kind=layout.feed)
    found = said.values_list("key", "participant__case_id", "participant_id", "event__case_id")
    return {key: (case or of_event, part) for key, case, part, of_event in found if case or of_event}


def _table(
    batch: ImportBatch,
    outcome: str,
    landed: Sequence[_Row],
    people: dict[str, list[Participant]],
    user: User,
) -> list[list[Any]]:
    kept = ImportRow.objects.filter(batch=batch, number__in=[row.number for row in landed])
    noted = {row.number: row for row in kept.defer("content")} if landed else {}
    is_moved = outcome == Outcome.UPDATED and batch.state != ImportBatch.State.WITHDRAWN
    changes = changes_in(batch, [row.key for row in landed]) if is_moved else {}
    may_mend = user.may(Permission.MEND_ROW)
    return [
        [
            _number(batch, row.number, noted.get(row.number), may_mend),
            people_in_words(people.get(row.key, []), is_waiting=outcome == Outcome.QUARANTINED),
            lines(
                [
                    *said_of(
                        batch.kind,
                        changes.get(row.key, []),
                        shows_values=may_read_values(user, people, row.key),
                    ),
                    _became(batch, noted.get(row.number)),
                ]
            )
            if is_moved
            else _became(batch, noted.get(row.number)),
        ]
        for row in landed
    ]


def lines(said: Iterable[str]) -> SafeString:
    """Each on a line of its own."""
    return format_html_join(mark_safe("<br>"), "{}", ((each,) for each in said if each))


def may_read_values(user: User, people: Mapping[str, Sequence[Participant]], key: str) -> bool:
    """Whether this reader sees what stood there and what stands there now, and not just in which fields."""
    may = user.may(Permission.VIEW_CONTACT_DETAILS) and user.may(Permission.VIEW_SAFE_CONTACT)
    return bool(people.get(key)) and may and user.may(Permission.VIEW_PROTECTED_ADDRESS)


def said_of(kind: str, changes: Sequence[Changed], *, shows_values: bool) -> list[str]:
    """Town: Cwmbrân, now Newport. The fields alone to whoever may not see whom it is about."""
    said = []
    for changed in changes:
        name = layouts.name_of(kind, changed.column)
        if shows_values and changed.says_values:
            before, after = changed.in_words()
            name = _("%(name)s: %(before)s, now %(after)s") % {"name": name, "before": before, "after": after}
        said.append(name)
    return said or [_("Nothing about them: what is held of a suspect")]


def _number(batch: ImportBatch, number: int, noted: ImportRow | None, may_mend: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"text": _("Row %(n)s") % {"n": f"{number:,}"}}
    if may_mend and noted is not None and noted.outcome == Outcome.QUARANTINED:
        shown["url"] = reverse("intake:row", args=[batch.reference, number])
    return shown


def people_in_words(parts: Sequence[Participant], *, is_waiting: bool = False) -> Any:
    """The first person, linked, with the crime and whoever else it concerns; or that this reader is not shown it."""
    if is_waiting:
        return "–"
    if not parts:
        return _("Not shown to you")
    first, others = parts[0], parts[1:]
    note = [first.case.offence_title, first.case.occurrence_no, *(part.person.name for part in others)]
    return {
        "text": first.person.name or first.organisation_name or first.reference,
        "note": ", ".join(filter(None, note)),
        "url": reverse("desk:summary", args=[first.case.reference, first.reference]),
    }


def _became(batch: ImportBatch, noted: ImportRow | None) -> Any:
    """Why it did not simply land; for the many that did, nothing more is to be said."""
    if noted is None:
        return ""
    if noted.outcome == Outcome.SUPPRESSED:
        return layouts.of(batch.kind).say_reason(noted.reason)
    if noted.outcome == Outcome.QUARANTINED:
        name = layouts.name_of(batch.kind, noted.column)
        return {"text": f"{name}: {noted.why}", "note": noted.settled_as if noted.settled_at else ""}
    names = ", ".join(layouts.name_of(batch.kind, column) for column in noted.kept)
    return _("Not taken over, because a person here had confirmed it: %(columns)s") % {"columns": names}
