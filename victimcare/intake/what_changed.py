"""Which fields an extract changed, and what stood there before: read from the history that it left. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, JSONField, OuterRef, Subquery

from victimcare.cases.models import Event
from victimcare.govuk.beside import spoken
from victimcare.intake import layouts
from victimcare.intake.brought import change_of
from victimcare.intake.models import ImportBatch, ImportRow, LandedRows
from victimcare.lookups import is_any


@dataclass(frozen=True)
class Changed:
    """One field that a row changed: the column it came in, where it is held, and both values as JSON has them."""

    column: str
    field: str  # "cases.Person.town"
    before: Any = None
    after: Any = None

    @property
    def says_values(self) -> bool:
        """Whether the values say something to people: a link to another row or a list of codes does not."""
        return not isinstance(self._field, ForeignKey | JSONField)

    def in_words(self) -> tuple[str, str]:
        """Before and after, as a person reads them."""
        field = self._field
        before, after = (spoken(field, field.to_python(value)) for value in (self.before, self.after))
        return before, after

    @property
    def _field(self) -> Any:
        label, _dot, name = self.field.rpartition(".")
        return apps.get_model(label)._meta.get_field(name)


def changes_in(batch: ImportBatch, keys: Sequence[str]) -> dict[str, list[Changed]]:
    """By natural key, what the rows of a batch changed in what is held. Two queries for each table they are held in."""
    layout = layouts.of(batch.kind)
    if layout.held_as is None or not keys:
        return {}
    held = layout.held_as(keys)
    ids: dict[Any, set[int]] = defaultdict(set)
    for rows in held.values():
        for model, pk in rows:
            ids[model].add(pk)
    moved = {model: _before_and_after(model, found, batch) for model, found in ids.items()}
    return {
        key: [
            changed
            for model, pk in rows
            if pk in moved[model]
            for changed in _differences(model, *moved[model][pk], layout.came_in[model._meta.label])
        ]
        for key, rows in held.items()
    }


def first_changes(batch: ImportBatch, *, at_most: int) -> list[dict[str, Any]]:
    """The first rows of a chunk that was tried which change something, as a preview keeps them."""
    if at_most <= 0:
        return []
    landed = LandedRows.objects.filter(batch=batch, outcome=ImportRow.Outcome.UPDATED).order_by("last")
    rows = [pair for each in landed for pair in zip(each.numbers, each.keys, strict=True)][:at_most]
    changes = changes_in(batch, [key for _number, key in rows])
    return [
        {"number": number, "key": key, "changes": [asdict(changed) for changed in changes[key]]}
        for number, key in rows
        if changes.get(key)
    ]


def _before_and_after(model: Any, ids: Collection[int], batch: ImportBatch) -> dict[int, tuple[Any, Any]]:
    """Each of these rows that the batch changed: as it was before its first change, and after its last."""
    if model is Event:  # it is never changed: another takes its place
        later = Event.objects.filter(is_any("pk", ids), data__batch=batch.reference, replaces__isnull=False)
        return {event.pk: (event.replaces, event) for event in later.select_related("replaces")}
    history = model.history
    earlier = history.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id"))
    mine = history.filter(
        is_any("id", ids),
        history_date__gte=batch.arrived_at,
        history_change_reason=change_of(batch),
        history_type="~",
    ).annotate(before=Subquery(earlier.order_by("-history_id").values("history_id")[:1]))
    first: dict[int, int] = {}
    last: dict[int, Any] = {}
    for each in mine.order_by("history_id"):
        first.setdefault(each.id, each.before)
        last[each.id] = each
    before = {each.id: each for each in history.filter(is_any("history_id", set(first.values()) - {None}))}
    return {pk: (before[pk], last[pk]) for pk in last if pk in before}


def _differences(model: Any, before: Any, after: Any, came_in: dict[str, str]) -> Iterator[Changed]:
    for name, column in came_in.items():
        attribute = model._meta.get_field(name).attname
        was, now = getattr(before, attribute), getattr(after, attribute)
        if was != now:
            yield Changed(column, f"{model._meta.label}.{name}", _plain(was), _plain(now))


def _plain(value: Any) -> Any:
    """As JSON has it, so that a preview can keep it."""
    return value.isoformat() if hasattr(value, "isoformat") else value
