"""A chunk of an extract lands: every row of it to its one outcome, in the caller's transaction."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Q

from victimcare import clock
from victimcare.cases.events import announce
from victimcare.intake import layouts
from victimcare.intake.cells import Clean, Problem, raw_digest
from victimcare.intake.extract import RawRow, visible
from victimcare.intake.layouts import Landed
from victimcare.intake.models import FeedRow, ImportBatch, ImportRow, LandedRows
from victimcare.intake.said import kept as kept_beside
from victimcare.intake.said import said as _
from victimcare.lookups import is_any

MOST_PROBLEMS = 60  # of one row
Read = tuple[RawRow, Clean, list[Problem]]  # a row as it came, as it was read, and what is wrong with it


def land(
    batch: ImportBatch, chunk: Sequence[Read], earlier: dict[str, str] | None = None
) -> tuple[Counter[str], set[int]]:
    """Every row of the chunk to its one outcome. Runs in the caller's transaction.

    `earlier`: the keys and digests of chunks that landed before and were rolled back; this one's are added.
    """
    now = clock.now()
    layout = layouts.of(batch.kind)
    outcomes: dict[int, str] = {}
    bad: list[tuple[RawRow, str, list[Problem]]] = []
    good: list[Clean] = []
    raw_by_number = {raw.number: raw for raw, _row, _problems in chunk}
    for raw, row, problems in chunk:
        if problems:
            bad.append((raw, row["key"], problems))
        else:
            good.append(row)
    landed = Landed()
    for turn in _turns(good, outcomes, layout.feed, earlier or {}):
        doubtful = layout.doubtful(turn) if layout.doubtful is not None else {}
        sure = [row for row in turn if row["number"] not in doubtful] if doubtful else turn
        landed |= Landed(unknown=doubtful) | (land_or_halve(batch, sure, now) if sure else Landed())
    by_number = {row["number"]: row for row in good}
    for number, (column, value) in landed.unknown.items():
        bad.append((raw_by_number[number], by_number[number]["key"], [Problem(column, value)]))
    outcomes |= landed.outcomes
    if earlier is not None:
        _remember(earlier, landed, by_number, outcomes)
    _settle_mended(batch, landed, by_number)
    outcomes |= _quarantine(batch, bad, earlier)
    _keep_noted(batch, landed, by_number)
    _keep_lists(batch, chunk, outcomes)
    return Counter(outcomes.values()), landed.case_ids


def one_at_a_time(patience: str = "10min") -> None:
    """Let one chunk land at a time, so that two imports never meet in the same row.

    Held to the end of the transaction. Waits as long as a large withdrawal takes, unless told less; raises
    OperationalError when that was not long enough.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT set_config('lock_timeout', %s, true), pg_advisory_xact_lock(hashtext('referrals.landing')),
                   set_config('lock_timeout', reset_val, true)
              FROM pg_settings WHERE name = 'lock_timeout'
            """,
            [patience],
        )


def digests(kind: str, keys: Sequence[str]) -> dict[str, str]:
    """What the feed last said under each of these keys."""
    return dict(FeedRow.objects.filter(is_any("key", keys), kind=kind).values_list("key", "digest"))


def _remember(
    earlier: dict[str, str], landed: Landed, rows: Mapping[int, Clean], outcomes: dict[int, str]
) -> None:
    """What a check would have kept; a key that an earlier chunk brought is updated, not accepted again."""
    for number, outcome in landed.outcomes.items():
        key = rows[number]["key"]
        if key in earlier and outcome == ImportRow.Outcome.ACCEPTED:
            outcomes[number] = ImportRow.Outcome.UPDATED
        earlier[key] = rows[number]["digest"]


def _turns(
    rows: list[Clean], outcomes: dict[int, str], kind: str, earlier: Mapping[str, str]
) -> Iterator[list[Clean]]:
    """Rows that say something new, in turns in which no key comes twice. The others are unchanged at once."""
    by_key: dict[str, list[Clean]] = {}
    for row in rows:
        by_key.setdefault(row["key"], []).append(row)
    held = digests(kind, list(by_key)) | {key: earlier[key] for key in by_key if key in earlier}
    turns: list[list[Clean]] = []
    for key, same in by_key.items():
        before = held.get(key)
        if same[-1]["digest"] == before:  # the feed says in the end what it said before
            outcomes |= {row["number"]: "unchanged" for row in same}
            continue
        turn = 0
        for row in same:
            if row["digest"] == before:
                outcomes[row["number"]] = "unchanged"
                continue
            before = row["digest"]
            if turn == len(turns):
                turns.append([])
            turns[turn].append(row)
            turn += 1
    for rows_of_turn in turns:
        rows_of_turn.sort(key=lambda row: int(row["number"]))
        yield rows_of_turn


def land_or_halve(batch: ImportBatch, rows: list[Clean], now: datetime) -> Landed:
    """Land them together; where the database refuses, find the row that contradicts what is held and land
    the rest.
    """
    try:
        with transaction.atomic():
            return layouts.of(batch.kind).land(batch, rows, now)
    except (IntegrityError, DataError):
        if len(rows) == 1:
            reason = _(
                "This row contradicts what is already held, such as a date of death before a date of birth."
            )
            return Landed(unknown={rows[0]["number"]: ("", reason)})
        middle = len(rows) // 2
        return land_or_halve(batch, rows[:middle], now) | land_or_halve(batch, rows[middle:], now)


def _quarantine(
    batch: ImportBatch, bad: list[tuple[RawRow, str, list[Problem]]], earlier: dict[str, str] | None = None
) -> dict[int, str]:
    """Keep what cannot land, with its reason. Of one key only the newest waits; what it replaces is settled.

    A row that waits already word for word is unchanged and goes on waiting where it is; so is one that was
    settled before, when nothing of its key waits, and one that the same chunk takes back to what waits.
    """
    if not bad:
        return {}
    digests = {raw.number: raw_digest(raw.cells) for raw, _key, _problems in bad}
    same = Q(is_any("digest", set(digests.values())))
    seen = set(
        ImportRow.objects.filter(same, outcome=ImportRow.Outcome.QUARANTINED)
        .exclude(batch__state=ImportBatch.State.WITHDRAWN)
        .values_list("digest", flat=True)
    )
    keys = {key for _raw, key, _problems in bad if _is_whole(key)}
    open_rows = ImportRow.objects.in_quarantine().filter(same | Q(is_any("natural_key", keys)))
    waiting: dict[str, list[int]] = {}
    says: dict[str, str] = {}  # what waits of each key
    for pk, key, digest in open_rows.order_by("pk").values_list("pk", "natural_key", "digest"):
        waiting.setdefault(_identity(key, digest), []).append(pk)
        says[_identity(key, digest)] = digest
    if earlier is not None:
        says |= {key: earlier[_BAD + key] for key in keys | set(digests.values()) if _BAD + key in earlier}
    bad = sorted(bad, key=lambda one: one[0].number)
    last = {_identity(key, digests[raw.number]): digests[raw.number] for raw, key, _problems in bad}
    replacement = {
        "settled_at": clock.now(),
        "settled_in": batch,
        "settlement": _("Replaced by a later row, in %s.") % batch.file_name,
    }
    outcomes: dict[int, str] = {}
    kept: list[ImportRow] = []
    newest: dict[str, ImportRow] = {}
    replaced: list[int] = []
    for raw, key, problems in bad:
        digest = digests[raw.number]
        identity = _identity(key, digest)
        was_settled = digest in seen and identity not in waiting and identity not in newest
        ends_as_it_was = says.get(identity) == last[identity] and identity not in newest
        if was_settled or ends_as_it_was or says.get(identity) == digest:
            outcomes[raw.number] = "unchanged"
            continue
        outcomes[raw.number] = "quarantined"
        says[identity] = digest
        replaced += waiting.pop(identity, [])
        if identity in newest:
            for name, value in replacement.items():
                setattr(newest[identity], name, value)
        kept.append(
            ImportRow(
                batch=batch,
                number=raw.number,
                natural_key=key,
                digest=digest,
                outcome=ImportRow.Outcome.QUARANTINED,
                column=problems[0].column[:60],
                reason=visible(problems[0].reason)[:300],
                problems=_as_kept(problems),
                content={visible(name): visible(cell[:2000]) for name, cell in raw.cells.items()},
            )
        )
        newest[identity] = kept[-1]
    ImportRow.objects.in_quarantine().filter(is_any("pk", replaced)).update(**replacement)
    ImportRow.objects.bulk_create(kept)
    if earlier is not None:
        earlier |= {_BAD + identity: digest for identity, digest in says.items()}
    return outcomes


_BAD = "quarantined\x1f"  # before the key of a bad row, among what earlier chunks said


def _as_kept(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """As JSON that can be stored, the first of many."""
    return [
        {"column": one.column[:60], "reason": visible(one.reason)[:300]} | _storable(kept_beside(one.reason))
        for one in problems[:MOST_PROBLEMS]
    ]


def _storable(value: Any) -> Any:
    """With nothing in its texts that the database cannot store."""
    if isinstance(value, dict):
        return {name: _storable(each) for name, each in value.items()}
    return visible(value)[:300] if isinstance(value, str) else value


def _is_whole(key: str) -> bool:
    """Whether every part of a natural key is known. Without one, two rows are the same only word for word."""
    return all(key.split("|"))


def _identity(key: str, digest: str) -> str:
    return key if _is_whole(key) else digest


def _keep_noted(batch: ImportBatch, landed: Landed, rows: Mapping[int, Clean]) -> None:
    """Suppressed rows with their reason, and rows that a person's word stood against; the batch page lists them."""
    noted = dict.fromkeys([*landed.reasons, *landed.kept])
    ImportRow.objects.bulk_create(
        ImportRow(
            batch=batch,
            number=number,
            natural_key=rows[number]["key"],
            outcome=landed.outcomes[number],
            reason=landed.reasons.get(number, ""),
            kept=landed.kept.get(number, []),
        )
        for number in noted
    )


def _settle_mended(batch: ImportBatch, landed: Landed, rows: Mapping[int, Clean]) -> None:
    """A row that lands settles the one in quarantine under the same key: the feed mended it itself."""
    if not ImportRow.objects.in_quarantine().exists():
        return
    keys = [rows[number]["key"] for number in landed.outcomes]
    ImportRow.objects.in_quarantine().filter(is_any("natural_key", keys)).update(
        settled_at=clock.now(),
        settled_in=batch,
        settlement=_("The feed sent it again and it could be kept."),
    )


def _keep_lists(batch: ImportBatch, chunk: Sequence[Read], outcomes: Mapping[int, str]) -> None:
    """Which rows came to which outcome, as a handful of lists: a row of ours for each would cost as much as theirs."""
    found: dict[str, list[tuple[int, str]]] = {}
    for raw, row, _problems in chunk:
        found.setdefault(outcomes[raw.number], []).append((raw.number, row["key"]))
    LandedRows.objects.bulk_create(
        LandedRows(
            batch=batch,
            outcome=outcome,
            last=max(number for number, _key in rows),
            numbers=[number for number, _key in sorted(rows)],
            keys=[key for _number, key in sorted(rows)],
        )
        for outcome, rows in found.items()
    )


def announce_chunk(batch: ImportBatch, case_ids: set[int]) -> None:
    """After the chunk is safe, and timed apart: duties are assessed by whoever listens."""
    started = monotonic()
    if case_ids:
        with transaction.atomic():
            announce(case_ids)
    batch.duties_seconds = getattr(batch, "duties_seconds", 0.0) + monotonic() - started  # type: ignore[attr-defined]
