"""What one batch brought, and what stands in the way of taking it back. Reads only.

What it brought is in the history: every row that lands leaves a history row that names its batch, and every
event carries the batch in its data. Whoever refers to such a row, or changed it since, has worked on it. The
tables are asked, not listed here, so that a new one stands in the way from its first day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare.cases.kinds import ALLOCATED, UNDONE
from victimcare.cases.models import Case, Entitlement, Event, Likeness, Participant, Person
from victimcare.intake import layouts
from victimcare.intake.models import FeedRow, ImportBatch, ImportRow

SHELLS = (Participant, Person, Case)  # the log names them, so they stay, empty
SAID = {
    "contacts.Contact": gettext_lazy("contacts with them"),
    "contacts.Contact_tells": gettext_lazy("contacts that told what it brought"),
    "letters.Letter": gettext_lazy("letters to them"),
    "letters.Letter_tells": gettext_lazy("letters that tell what it brought"),
    "needs_assessments.NeedsAssessment": gettext_lazy("needs assessments"),
    "contacts.Promise": gettext_lazy("promises and tasks"),
    "contacts.ContactPlan": gettext_lazy("contact plans"),
    "contacts.ContactSeries": gettext_lazy("series of attempts to reach them"),
    "referrals.OnwardReferral": gettext_lazy("referrals to partners"),
    "referrals.TriageDecision": gettext_lazy("decisions over the triage"),
    "referrals.HandedOver": gettext_lazy("handovers"),
    "courts.Hearing": gettext_lazy("hearings"),
    "courts.WitnessRequirement": gettext_lazy("witnesses required at them"),
    "courts.SpecialMeasure": gettext_lazy("special measures"),
    "cases.Event": gettext_lazy("events recorded since, by hand or by a later extract"),
    "cases.Question": gettext_lazy("questions to the officer in the case"),
    "cases.Entitlement": gettext_lazy("rights that somebody set"),
    "cases.Participant": gettext_lazy("people who came later to its cases, or to other cases of its people"),
    "cases.Exclusion": gettext_lazy("exclusions of colleagues"),
    "cases.Likeness": gettext_lazy("decisions on whether two records are one person"),
    "cases.PersonLink": gettext_lazy("links between records of one person"),
    "cases.SafeContact": gettext_lazy("safe-contact answers"),
    "intake.FeedRow": gettext_lazy("rows that a later extract sent again"),
}


@dataclass(frozen=True)
class Obstacle:
    """Something that was done with what a batch brought: how many, in words."""

    count: int
    what: str


def change_of(batch: ImportBatch) -> str:
    """How history names what this batch did."""
    return f"extract {batch.reference}"


def tracked() -> list[Any]:
    """Every table with a history."""
    return [model for model in apps.get_models() if hasattr(model, "history")]


def of_history(model: Any, batch: ImportBatch, kind: str) -> QuerySet[Any]:
    """The history rows that this batch left of a table: "+" created, "~" changed."""
    rows: QuerySet[Any] = model.history.filter(
        history_date__gte=batch.arrived_at, history_change_reason=change_of(batch), history_type=kind
    )
    return rows


def created(model: Any, batch: ImportBatch) -> QuerySet[Any]:
    """The ids of what this batch created, as a subquery."""
    return of_history(model, batch, "+").values("id")


def events_of(batch: ImportBatch) -> QuerySet[Event]:
    """The events this batch recorded; not those that withdrew some of them later."""
    return Event.objects.filter(recorded_at__gte=batch.arrived_at, data__batch=batch.reference)


def withdrawn() -> list[str]:
    """The references of batches that were withdrawn: what they did, and its undoing, is nobody's work."""
    return list(
        ImportBatch.objects.filter(state=ImportBatch.State.WITHDRAWN).values_list("reference", flat=True)
    )


def obstacles(batch: ImportBatch) -> list[Obstacle]:
    """What people, or later extracts, did with what this batch brought. Three queries, however many rows."""
    histories = [(model, of_history(model, batch, "+")) for model in tracked()]
    brought = {model for (model, _rows), count in zip(histories, _counted(histories), strict=True) if count}
    asked = list(_Work(batch, brought, withdrawn()).asked())
    found: dict[str, int] = {}
    for (words, _rows), count in zip(asked, _counted(asked), strict=True):
        found[words] = found.get(words, 0) + count
    return [Obstacle(count, words) for words, count in found.items() if count]


def _counted(asked: Sequence[tuple[Any, QuerySet[Any]]]) -> list[int]:
    """How many rows each of these has, in one query."""
    counts = [
        rows.order_by()
        .annotate(place=Value(place))
        .values("place")
        .annotate(n=Count("*"))
        .values_list("place", "n")
        for place, (_of, rows) in enumerate(asked)
    ]
    found = dict(counts[0].union(*counts[1:], all=True)) if counts else {}
    return [found.get(place, 0) for place in range(len(asked))]


@dataclass(frozen=True)
class _Work:
    """Where to look for work on what a batch brought."""

    batch: ImportBatch
    brought: set[Any]  # the tables in which it created rows
    gone: list[str]  # the batches that were withdrawn

    def asked(self) -> Iterator[tuple[str, QuerySet[Any]]]:
        """Every place where work shows, in words, and the rows that are work."""
        machine = [f"{verb} {one}" for one in self.gone for verb in ("extract", "withdrawal of")]
        for model in self.brought:
            ids = created(model, self.batch)
            since = model.history.filter(id__in=ids, history_date__gte=self.batch.arrived_at).exclude(
                history_change_reason__in=[change_of(self.batch), *machine, UNDONE]
            )
            undone = model.history.filter(
                id=OuterRef("id"), history_id__gt=OuterRef("history_id"), history_change_reason=UNDONE
            )
            since = since.exclude(Exists(undone), history_change_reason=ALLOCATED)
            name = str(model._meta.verbose_name)
            later = Q(history_change_reason__startswith="extract ")
            yield _("times that a later extract changed what it brought (%s)") % name, since.filter(later)
            yield _("times that somebody here changed what it brought (%s)") % name, since.exclude(later)
            yield from self._referring(model, ids)
        yield from self._referring(Event, events_of(self.batch).values("pk"))

    def _referring(self, model: Any, ids: QuerySet[Any, Any]) -> Iterator[tuple[str, QuerySet[Any]]]:
        """Every table that refers to these rows, with its rows that the batch did not bring itself."""
        for relation in model._meta.get_fields(include_hidden=True):
            points_here = relation.auto_created and not relation.concrete and not relation.many_to_many
            if not points_here:
                continue
            other: Any = relation.related_model
            label = other._meta.label
            if hasattr(other, "history_type") or label in layouts.worked_out():
                continue
            if other is ImportRow or other is ImportBatch or other._meta.auto_created is model:
                continue
            rows = other._base_manager.filter(**{f"{relation.field.name}__in": ids})
            yield str(SAID.get(label, other._meta.verbose_name_plural)), self._not_its_own(rows, other)

    def _not_its_own(self, rows: QuerySet[Any], model: Any) -> QuerySet[Any]:
        if model is Event:
            its_own = Q(data__batch__in=[self.batch.reference, *self.gone]) | Q(data__withdraws__in=self.gone)
            since = Event.objects.filter(recorded_at__gte=self.batch.arrived_at)
            undone = Event.objects.filter(
                participant=OuterRef("participant"), pk__gt=OuterRef("pk"), data__change=UNDONE
            )
            its_own |= Q(data__change=UNDONE) | Q(Exists(undone), data__change=ALLOCATED)
            # By key: an exclude by what is in the data would leave out every event that has no such name.
            return rows.exclude(pk__in=since.filter(its_own).values("pk"))
        if model is Entitlement:
            return rows.exclude(is_provisional=True, set_at__gte=self.batch.arrived_at)
        if model is FeedRow:
            return rows.exclude(batch=self.batch)
        if model is Likeness:
            return rows.exclude(decision="")
        if model in self.brought:
            return rows.exclude(pk__in=created(model, self.batch))
        owner = model._meta.auto_created
        if owner in self.brought:  # a link that came with its owner, such as what a contact told
            field = next(field.name for field in model._meta.fields if field.related_model is owner)
            return rows.exclude(**{f"{field}__in": created(owner, self.batch)})
        return rows


def told_of(batch: ImportBatch) -> Q:
    """Rows in quarantine that this batch settled, and that it leaves behind when it goes."""
    return Q(settled_in=batch, settled_by=None)
