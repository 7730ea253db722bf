"""What one batch brought, and what stands in the way of taking it back. Reads only.

What it brought is in the history: every row that lands leaves a history row that names its batch, and every
event carries the batch in its data. Whoever refers to such a row, or changed it since, has worked on it. The
tables are asked, not listed here, so that a new one stands in the way from its first day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

from victimcare.cases.kinds import ALLOCATED, UNDONE
from victimcare.cases.models import Case, Entitlement, Event, Likeness, Participant, Person, PersonLink
from victimcare.intake import layouts
from victimcare.intake.automatic import automatic
from victimcare.intake.models import FeedRow, ImportBatch, ImportRow
from victimcare.lookups import is_any

SHELLS = (Participant, Person, Case)  # the log names them, so they stay, empty
SAID: dict[str, Promise] = {  # how many of which, in words
    "contacts.Contact": ngettext_lazy("%(n)d contact with them", "%(n)d contacts with them", "n"),
    "contacts.Contact_tells": ngettext_lazy(
        "%(n)d contact that told what it brought",
        "%(n)d contacts that told what it brought",
        "n",
    ),
    "letters.Letter": ngettext_lazy("%(n)d letter to them", "%(n)d letters to them", "n"),
    "letters.Letter_tells": ngettext_lazy(
        "%(n)d letter that tells what it brought",
        "%(n)d letters that tell what it brought",
        "n",
    ),
    "needs_assessments.NeedsAssessment": ngettext_lazy(
        "%(n)d needs assessment",
        "%(n)d needs assessments",
        "n",
    ),
    "packs.Pack": ngettext_lazy("%(n)d evidence pack", "%(n)d evidence packs", "n"),
    "contacts.Promise": ngettext_lazy("%(n)d promise or task", "%(n)d promises or tasks", "n"),
    "contacts.ContactPlan": ngettext_lazy("%(n)d contact plan", "%(n)d contact plans", "n"),
    "contacts.ContactSeries": ngettext_lazy(
        "%(n)d series of attempts to reach them",
        "%(n)d series of attempts to reach them",
        "n",
    ),
    "referrals.OnwardReferral": ngettext_lazy(
        "%(n)d referral to a partner",
        "%(n)d referrals to partners",
        "n",
    ),
    "referrals.TriageDecision": ngettext_lazy(
        "%(n)d decision over the triage",
        "%(n)d decisions over the triage",
        "n",
    ),
    "referrals.HandedOver": ngettext_lazy("%(n)d handover", "%(n)d handovers", "n"),
    "contacts.UrgentCall": ngettext_lazy(
        "%(n)d urgent call that somebody took or made",
        "%(n)d urgent calls that somebody took or made",
        "n",
    ),
    "contacts.Complaint": ngettext_lazy("%(n)d complaint", "%(n)d complaints", "n"),
    "contacts.OptOut": ngettext_lazy(
        "%(n)d opt-out from updates",
        "%(n)d opt-outs from updates",
        "n",
    ),
    "contacts.IdentityCheck": ngettext_lazy("%(n)d check of who rang", "%(n)d checks of who rang", "n"),
    "contacts.PlanReview": ngettext_lazy(
        "%(n)d contact plan to be agreed again",
        "%(n)d contact plans to be agreed again",
        "n",
    ),
    "contacts.Telling": ngettext_lazy(
        "%(n)d thing that the officer in the case was asked to tell",
        "%(n)d things that the officer in the case was asked to tell",
        "n",
    ),
    "compliance.Breach": ngettext_lazy(
        "%(n)d breach that somebody answered for",
        "%(n)d breaches that somebody answered for",
        "n",
    ),
    "compliance.Excuse": ngettext_lazy(
        "%(n)d request to excuse a duty",
        "%(n)d requests to excuse a duty",
        "n",
    ),
    "notes.Note": ngettext_lazy("%(n)d note", "%(n)d notes", "n"),
    "notes.AttachedFile": ngettext_lazy("%(n)d attached file", "%(n)d attached files", "n"),
    "messaging.Message": ngettext_lazy(
        "%(n)d text or email to them",
        "%(n)d texts or emails to them",
        "n",
    ),
    "courts.Hearing": ngettext_lazy("%(n)d hearing", "%(n)d hearings", "n"),
    "courts.WitnessRequirement": ngettext_lazy(
        "%(n)d witness required at a hearing",
        "%(n)d witnesses required at hearings",
        "n",
    ),
    "courts.SpecialMeasure": ngettext_lazy("%(n)d special measure", "%(n)d special measures", "n"),
    "cases.Event": ngettext_lazy(
        "%(n)d event recorded since, by hand or by a later extract",
        "%(n)d events recorded since, by hand or by a later extract",
        "n",
    ),
    "cases.Question": ngettext_lazy(
        "%(n)d question to the officer in the case",
        "%(n)d questions to the officer in the case",
        "n",
    ),
    "cases.Entitlement": ngettext_lazy(
        "%(n)d decision on somebody's rights",
        "%(n)d decisions on people's rights",
        "n",
    ),
    "cases.Participant": ngettext_lazy(
        "%(n)d person who came later to its cases, or to another case of its people",
        "%(n)d people who came later to its cases, or to other cases of its people",
        "n",
    ),
    "cases.Exclusion": ngettext_lazy("%(n)d exclusion of a colleague", "%(n)d exclusions of colleagues", "n"),
    "cases.Likeness": ngettext_lazy(
        "%(n)d decision on whether two records are one person",
        "%(n)d decisions on whether two records are one person",
        "n",
    ),
    "cases.PersonLink": ngettext_lazy(
        "%(n)d link between records of one person",
        "%(n)d links between records of one person",
        "n",
    ),
    "cases.PendingChange": ngettext_lazy(
        "%(n)d decision on an address or number", "%(n)d decisions on addresses or numbers", "n"
    ),
    "cases.SafetyLift": ngettext_lazy(
        "%(n)d warning that somebody asked to lift", "%(n)d warnings that somebody asked to lift", "n"
    ),
    "cases.SafeContact": ngettext_lazy(
        "safe-contact answers of %(n)d person",
        "safe-contact answers of %(n)d people",
        "n",
    ),
    "intake.FeedRow": ngettext_lazy(
        "%(n)d row that a later extract sent again",
        "%(n)d rows that a later extract sent again",
        "n",
    ),
}
CHANGED: dict[str, Promise] = {
    "a later extract": ngettext_lazy(
        "a later extract changed what it brought %(n)d time (%(table)s)",
        "a later extract changed what it brought %(n)d times (%(table)s)",
        "n",
    ),
    "somebody here": ngettext_lazy(
        "somebody here changed what it brought %(n)d time (%(table)s)",
        "somebody here changed what it brought %(n)d times (%(table)s)",
        "n",
    ),
}


@dataclass(frozen=True)
class Obstacle:
    """Something that was done with what a batch brought: how many, in words, and the rows themselves, not asked yet."""

    count: int
    words: str
    rows: Sequence[QuerySet[Any]] = ()


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
    """What people, or later extracts, did with what this batch brought. Few queries, however many rows."""
    histories = [(model, of_history(model, batch, "+")) for model in tracked()]
    brought = {
        model: list(created(model, batch).values_list("id", flat=True))
        for (model, _rows), count in zip(histories, _counted(histories), strict=True)
        if count
    }
    asked = list(_Work(batch, brought, withdrawn()).asked())
    found: dict[tuple[str, str], list[tuple[int, QuerySet[Any]]]] = {}
    for (what, rows), count in zip(asked, _counted(asked), strict=True):
        if count:
            found.setdefault(what, []).append((count, rows))
    counts = {what: sum(count for count, _rows in parts) for what, parts in found.items()}
    return [
        Obstacle(counts[what], _in_words(*what, counts[what]), [rows for _count, rows in parts])
        for what, parts in found.items()
    ]


def _in_words(what: str, table: str, count: int) -> str:
    """1 contact with them; 3 contacts with them; for a table that nobody named here, its own name."""
    said = SAID.get(what) or CHANGED.get(what)
    return said % {"n": count, "table": table} if said else f"{table}: {count}"


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
    brought: dict[Any, list[int]]  # the tables in which it created rows, and their keys
    gone: list[str]  # the batches that were withdrawn

    def asked(self) -> Iterator[tuple[tuple[str, str], QuerySet[Any]]]:
        """Every place where work shows, as what and the table's own name, and the rows that are work."""
        machine = [f"{verb} {one}" for one in self.gone for verb in ("extract", "withdrawal of")]
        for model, ids in self.brought.items():
            since = model.history.filter(is_any("id", ids), history_date__gte=self.batch.arrived_at).exclude(
                history_change_reason__in=[change_of(self.batch), *machine, UNDONE]
            )
            undone = model.history.filter(
                id=OuterRef("id"), history_id__gt=OuterRef("history_id"), history_change_reason=UNDONE
            )
            since = since.exclude(Q(history_change_reason=ALLOCATED) & Exists(undone))
            name = str(model._meta.verbose_name)
            later = Q(history_change_reason__startswith="extract ")
            yield ("a later extract", name), since.filter(later)
            yield ("somebody here", name), since.exclude(later)
            yield from self._referring(model, ids)
        yield from self._referring(Event, list(events_of(self.batch).values_list("pk", flat=True)))

    def _referring(self, model: Any, ids: list[int]) -> Iterator[tuple[tuple[str, str], QuerySet[Any]]]:
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
            rows = other._base_manager.filter(is_any(relation.field.attname, ids))
            yield (label, str(other._meta.verbose_name_plural)), self._not_its_own(rows, other)

    def _not_its_own(self, rows: Any, model: Any) -> Any:
        if (opened := automatic().get(model._meta.label)) is not None:
            return rows.exclude(opened.untouched)
        if model is PersonLink:
            return rows.filter(unlinked_at=None)  # taken back already: it joins nobody
        if model is Event:
            undone = Event.objects.filter(
                participant=OuterRef("participant"), pk__gt=OuterRef("pk"), data__change=UNDONE
            )
            # An event without such a name in its data says "" there: unlike nothing, that can be excluded.
            said = {
                f"said_{name}": Coalesce(KeyTextTransform(name, "data"), Value(""), output_field=TextField())
                for name in ("batch", "withdraws", "change")
            }
            its_own = Q(said_batch__in=[self.batch.reference, *self.gone]) | Q(said_withdraws__in=self.gone)
            its_own |= Q(said_change=UNDONE) | (Q(said_change=ALLOCATED) & Exists(undone))
            for recorded in _recorded_automatically():
                its_own |= Q(pk__in=recorded) | Q(replaces__in=recorded, by=None)
            return rows.annotate(**said).exclude(its_own)
        if model is Entitlement:
            return rows.exclude(is_provisional=True, set_at__gte=self.batch.arrived_at)
        if model is FeedRow:
            return rows.exclude(batch=self.batch)
        if model is Likeness:
            return rows.exclude(decision="")
        if model in self.brought:
            return rows.exclude(is_any("pk", self.brought[model]))
        owner = model._meta.auto_created
        if owner in self.brought:  # a link that came with its owner, such as what a contact told
            field = next(field.name for field in model._meta.fields if field.related_model is owner)
            return rows.exclude(is_any(f"{field}_id", self.brought[owner]))
        return rows


def _recorded_automatically() -> Iterator[Any]:
    """The events recorded with rows that opened by themselves and that nobody worked on, as subqueries."""
    for opened in automatic().values():
        if opened.event:
            rows = apps.get_model(opened.label)._base_manager.filter(opened.untouched)
            yield rows.exclude(**{opened.event: None}).values(opened.event)


def told_of(batch: ImportBatch) -> Q:
    """Rows in quarantine that this batch settled, and that it leaves behind when it goes."""
    return Q(settled_in=batch, settled_by=None)
