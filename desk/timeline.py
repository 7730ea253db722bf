"""One person's story: events and contacts in one list, newest first, as plain items for `{% timeline %}`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from contacts.models import Contact
from desk.beside_the_story import beside_the_story
from desk.words import and_list
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.kinds import FROM_THE_EVENTS_EXTRACT, Kind
from victimcare.cases.models import Event, Participant
from victimcare.govuk.dates import day, moment
from victimcare.intake.models import ImportBatch

PAGE = 50
TIES = 20  # entries of one moment, as date-only ones are, that a page may run over for

COURT = frozenset(
    {
        Kind.PROSECUTION_ALTERED, Kind.HEARING_LISTED, Kind.HEARING_MOVED, Kind.HEARING_CONCLUDED,
        Kind.RESULT_RECEIVED, Kind.CASE_CONCLUDED, Kind.WITNESS_REQUIRED, Kind.WITNESS_NOT_REQUIRED,
        Kind.APPEAL_NOTICE, Kind.APPEAL_BAIL, Kind.APPEAL_LISTED, Kind.APPEAL_RESULT,
    }
)  # fmt: skip
POLICE = FROM_THE_EVENTS_EXTRACT | {Kind.CRIME_REPORTED}
# A contact has its own row; its event would say it twice. A withdrawal is shown on what it withdraws.
NOT_SHOWN = (Kind.CONTACT_MADE, Kind.WITHDRAWN)
BY_THE_SYSTEM = frozenset({Kind.OFFICER_ALLOCATED, Kind.ENTITLEMENT_SET, Kind.CASE_CONCLUDED})

FILTERS: dict[str, tuple[str | Promise, frozenset[str] | None]] = {
    "": (lazy("Everything"), None),
    "contacts": (lazy("Contacts"), frozenset({Kind.LETTER_DISPATCHED})),
    "police": (lazy("Police"), frozenset(POLICE)),
    "court": (lazy("Court"), COURT),
    "ours": (lazy("Our own work"), frozenset(set(Kind) - POLICE - COURT - {Kind.LETTER_DISPATCHED})),
}

# Of the wide rows that an event joins, what its entry says.
SHOWN_OF_AN_EVENT = (
    "reference", "kind", "occurred_at", "precision", "learned_at", "detail", "data", "source_system", "replaces",
    "by__display_name", "suspect__person__preferred_name", "suspect__person__given_names",
    "suspect__person__surname", "replaced_by__replaces", "replaced_by__kind", "replaced_by__occurred_at",
    "replaced_by__precision", "replaced_by__recorded_at", "replaced_by__detail",
    "replaced_by__by__display_name", "replaced_by__data", "replaced_by__source_system",
)  # fmt: skip

# The extracts that are named, by reference: the file's name, and who uploaded it.
Files = dict[str, tuple[str, int | None]]


@dataclass(frozen=True)
class Page:
    """Some of the story; `older` is where the next page starts, "" at the end."""

    items: list[dict[str, Any]]
    older: str = ""


def story(
    participant: Participant,
    user: User,
    *,
    only: str = "",
    before: datetime | None = None,
    room: int = PAGE,
    is_whole: bool = True,
) -> Page:
    """The newest `room` entries before a moment. Nine queries at most, six without what no event says."""
    references = (participant.case.reference, participant.reference)
    kinds = FILTERS[only][1]
    events = Event.objects.about(participant).exclude(kind__in=NOT_SHOWN)
    if kinds is not None:
        events = events.filter(kind__in=kinds)
    entries: list[tuple[datetime, int, dict[str, Any]]] = []
    events = events.select_related("by", "suspect__person", "replaced_by__by").only(*SHOWN_OF_AN_EVENT)
    found = list(_before(events, "occurred_at", before)[: room + TIES])
    files = _files_of(found)
    for event in found:
        entries.append((event.occurred_at, event.pk, _of_event(event, references, user, files)))
    if only in ("", "contacts"):
        # Few spoke to somebody else: no join for all the others.
        contacts = Contact.objects.filter(participant=participant).select_related("by")
        contacts = contacts.prefetch_related("spoke_to__person", "tells").order_by("-at", "-pk")
        for contact in _before(contacts, "at", before)[: room + TIES]:
            entries.append((contact.at, contact.pk, _of_contact(contact, references)))
    if is_whole and only in ("", "ours"):
        entries += beside_the_story(participant, user, before, room + TIES)
    entries.sort(key=lambda entry: entry[:2], reverse=True)
    shown, rest = entries[:room], entries[room:]
    while rest and rest[0][0] == shown[-1][0]:  # a page never ends between two entries of one moment
        shown.append(rest.pop(0))
    older = shown[-1][0].isoformat() if rest else ""
    return Page([item for _at, _pk, item in shown], older)


def _before(rows: Any, field: str, before: datetime | None) -> Any:
    return rows.filter(**{f"{field}__lt": before}) if before else rows


def _files_of(events: list[Event]) -> Files:
    """The extracts that brought these events, or what corrected them. One query; none where people wrote them all."""
    said = [event for each in events for event in (each, getattr(each, "replaced_by", None)) if event]
    wanted = {event.data["batch"] for event in said if "batch" in event.data}
    if not wanted:
        return {}
    batches = ImportBatch.objects.filter(reference__in=wanted)
    rows = batches.values_list("reference", "file_name", "uploaded_by_id")
    return {reference: (name, uploader) for reference, name, uploader in rows}


def said_by(event: Event, files: Files) -> str:
    """Whose word it is: the file's, whoever pressed Import; the rules'; or that of the person who wrote it down."""
    file = files.get(event.data.get("batch", ""))
    if file is None:
        if event.by:
            return str(event.by)
        if event.kind == Kind.ENTITLEMENT_SET and event.data.get("is_provisional"):
            return _("by the rules of triage")
        return _("from the force’s system") if event.source_system else ""
    name, uploader = file
    is_mended = event.by is not None and event.by_id != uploader and "withdraws" not in event.data
    if event.kind == Kind.ENTITLEMENT_SET:
        words = _("by the rules of triage, from the force’s system, %(file)s")
    elif is_mended:
        words = _("from the force’s system, %(file)s, in a row mended by %(who)s")
    else:
        words = _("from the force’s system, %(file)s")
    return words % {"file": name, "who": event.by}


def _of_event(event: Event, references: tuple[str, str], user: User, files: Files) -> dict[str, Any]:
    correction: Event | None = getattr(event, "replaced_by", None)
    heading: Any = event.title
    said = [event.told] if event.detail else []
    if event.suspect:
        said.insert(0, _("Suspect: %(name)s.") % {"name": event.suspect.person.name})
    if event.learned_on > event.occurred_on:
        said.append(_("We heard on %(day)s.") % {"day": day(event.learned_on)})
    if correction:
        heading = format_html("<del>{}</del> {}", heading, _("(corrected)"))
        said = [_correction(correction, files)]
    elif event.replaces_id:
        said.append(_("This corrects an earlier entry."))
    is_of_a_file = event.data.get("batch") in files
    correct_url = ""
    can_correct = correction is None and event.is_by_hand and user.may(Permission.RECORD_EVENT)
    if can_correct:
        correct_url = reverse("cases:correct-event", args=[*references, event.reference])
    return {
        "heading": heading,
        "when": when(event),
        "body": _body(said, correct_url),
        "by": said_by(event, files),
        "is_system": event.kind in BY_THE_SYSTEM and (event.by_id is None or is_of_a_file) and not correction,
    }


def _body(said: list[str], correct_url: str) -> str:
    """The words, and the way to correct them."""
    words = "\n".join(map(str, said))
    if not correct_url:
        return words
    link = format_html('<a class="govuk-link" href="{}">{}</a>', correct_url, _("Correct this"))
    return format_html("{}\n{}", words, link) if words else link


def when(event: Event) -> str:
    """Thu 19 Nov, 14:05; or the day only, and that it is only that."""
    if event.precision == Event.Precision.DATE:
        return _("%(day)s (date only)") % {"day": day(event.occurred_on)}
    return moment(event.occurred_at)


def _correction(event: Event, files: Files) -> str:
    """Who or which file corrected it, to what, and why."""
    file = files.get(event.data.get("batch", "")) if "withdraws" not in event.data else None
    who = {
        "who": file[0] if file else str(event.by or _("the system")),
        "day": day(event.recorded_at),
        "when": when(event),
    }
    said = (
        _("It did not happen. Corrected by %(who)s on %(day)s.")
        if event.kind == Kind.WITHDRAWN
        else _("It happened %(when)s. Corrected by %(who)s on %(day)s.")
    )
    return f"{said % who} {event.detail}".strip()


def _of_contact(contact: Contact, references: tuple[str, str]) -> dict[str, Any]:
    said = []
    told = [str(event.title).lower() for event in contact.tells.all()]
    if told:
        said.append(_("Told: %(what)s.") % {"what": and_list(told)})
    if contact.spoke_to:
        said.append(_("Spoke to %(name)s.") % {"name": contact.spoke_to.person.name})
    if contact.note:
        said.append(contact.note)
    arrived = contact.direction == Contact.Direction.IN
    heading = (_("They contacted us: %(channel)s") if arrived else "%(channel)s") % {
        "channel": contact.get_channel_display()
    }
    return {
        "heading": f"{heading}, {str(contact.get_outcome_display()).lower()}",
        "when": contact.at,
        "body": "\n".join(said),
        "by": contact.who,
        "is_failed": contact.outcome not in (Contact.Outcome.REACHED, Contact.Outcome.SENT),
        "url": "",
    }
