"""What happened to each invented referral, gathered row by row and written down at once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, models

from contacts.models import Contact, ContactPlan, Promise
from contacts.plan_dates import next_update_on
from desk.demo.copying import copy_in, next_ids
from desk.demo.extracts import Story
from needs_assessments.models import Need, NeedsAssessment
from referrals.models import OnwardReferral, Referral
from victimcare.accounts.models import User
from victimcare.cases.kinds import TELLABLE, Kind
from victimcare.cases.models import Entitlement, Event, Participant
from victimcare.working_days import england_and_wales, london_day


@dataclass
class Known:
    """An event of the extract as it landed."""

    id: int
    kind: str
    at: datetime
    learned_at: datetime


@dataclass
class Landed:
    """One victim as they landed, with the story they came from."""

    participant_id: int
    reference: str
    case_id: int
    referral_id: int
    status: str
    priority: int
    has_died: bool
    story: Story
    events: list[Known] = field(default_factory=list)

    @property
    def is_suppressed(self) -> bool:
        return self.status == Referral.Status.SUPPRESSED

    def tellable(self, by: datetime) -> list[Known]:
        return [event for event in self.events if event.kind in TELLABLE and event.learned_at <= by]


def landed(stories: Iterable[Story]) -> list[Landed]:
    """These stories' victims as rows, in the order of the stories. Two queries."""
    by_key = {(story.occurrence_no, story.person_id): story for story in stories}
    events: dict[int, list[Known]] = defaultdict(list)
    found: dict[tuple[str, str], Landed] = {}
    rows = Event.objects.current().filter(participant=None, source_system="RMS").order_by("occurred_at")
    for pk, case_id, kind, at, heard in rows.values_list(
        "id", "case_id", "kind", "occurred_at", "learned_at"
    ).iterator():
        events[case_id].append(Known(pk, kind, at, heard))
    columns = ("participant_id", "participant__reference", "participant__case_id", "id", "status", "priority",
               "participant__person__date_of_death", "participant__case__occurrence_no",
               "participant__person__source_id")  # fmt: skip
    for (
        part,
        reference,
        case,
        referral,
        status,
        priority,
        died,
        occurrence,
        person,
    ) in Referral.objects.values_list(*columns).iterator():
        story = by_key.get((occurrence, person))
        if story:
            found[occurrence, person] = Landed(
                part,
                reference,
                case,
                referral,
                status,
                priority,
                died is not None,
                story,
                events.get(case, []),
            )
    return [found[key] for key in by_key if key in found]


class Book:
    """Rows waiting to be written. `write` writes them all, children after parents."""

    def __init__(self) -> None:
        self.contacts: list[dict[str, Any]] = []
        self.tells: list[list[int]] = []
        self.rows: dict[type[models.Model], list[dict[str, Any]]] = defaultdict(list)
        self.plans: list[list[dict[str, Any]]] = []  # every version of each, oldest first
        self.needs: list[list[tuple[str, int, str]]] = []
        self.allocations: list[tuple[int, int, int, datetime]] = []
        self.closures: list[tuple[int, datetime, str]] = []

    def event(self, who: Landed, kind: Kind, at: datetime, *, by: User | None = None, detail: str = "",
              data: dict[str, Any] | None = None, to: int | None = None) -> None:  # fmt: skip
        """`to`: who acts for them, where it concerns that person."""
        self.rows[Event].append(
            {"kind": kind, "case_id": who.case_id, "participant_id": to or who.participant_id, "occurred_at": at,
             "learned_at": at, "recorded_at": at, "by_id": by.pk if by else None, "detail": detail, "data": data or {}}
        )  # fmt: skip

    def allocate(self, who: Landed, officer: User, at: datetime, by: User) -> None:
        self.allocations.append((who.participant_id, officer.pk, by.pk, at))
        self.event(who, Kind.OFFICER_ALLOCATED, at, by=by, detail=officer.display_name)

    def contact(self, who: Landed, at: datetime, outcome: str, *, by: User | None, channel: str = "phone",
                tells: Iterable[int] = (), note: str = "", collar: str = "") -> None:  # fmt: skip
        self.contacts.append(
            {"participant_id": who.participant_id, "channel": channel, "outcome": outcome, "at": at, "note": note,
             "by_id": by.pk if by else None, "by_collar": collar, "is_by_unit": not collar, "recorded_at": at,
             "clearance_rule": "" if collar else "said_yes"}
        )  # fmt: skip
        self.tells.append(list(tells))
        words = f"{Contact.Channel(channel).label}: {Contact.Outcome(outcome).label}"
        self.event(
            who, Kind.CONTACT_MADE, at, by=by, detail=words, data={"channel": channel, "outcome": outcome}
        )

    def reached_by_a_call(self) -> set[int]:
        """The participants whom the unit itself rang and reached: the officer in the case does not count."""
        return {
            row["participant_id"]
            for row in self.contacts
            if row["is_by_unit"] and row["channel"] == "phone" and row["outcome"] == "reached"
        }

    def plan(
        self, who: Landed, officer: User, at: datetime, updates: Iterable[datetime], **terms: Any
    ) -> None:
        """A plan as it was when agreed, and after each update, which makes it start anew."""
        plan: list[dict[str, Any]] = []
        for n, moment in enumerate((at, *updates), 1):
            due_on = next_update_on(
                london_day(moment), terms["frequency_days"], bank_holidays=england_and_wales()
            )
            plan.append(
                {"participant_id": who.participant_id, "agreed_on": london_day(at), "agreed_by_id": officer.pk,
                 "made_at": at, "due_on": due_on, "version": n, "history_date": moment,
                 "history_user_id": officer.pk, "history_type": "~" if n > 1 else "+", **terms}
            )  # fmt: skip
        self.plans.append(plan)
        self.event(who, Kind.PLAN_AGREED, at, by=officer, data={"plan": 1})

    def assess(self, who: Landed, officer: User, at: datetime, categories: list[str],
               needs: list[tuple[str, int, str]], summary: str) -> None:  # fmt: skip
        self.rows[NeedsAssessment].append(
            {"participant_id": who.participant_id, "status": "completed", "started_at": at, "completed_at": at,
             "assessed_by_id": officer.pk, "enhanced_categories": categories, "is_in_danger_now": "N",
             "categories": {category: {"answer": "Y", "why": ""} for category in categories}, "summary": summary}
        )  # fmt: skip
        self.needs.append(needs)
        self.event(who, Kind.ASSESSMENT_COMPLETED, at, by=officer)
        self.rows[Entitlement].append(
            {"participant_id": who.participant_id, "is_enhanced": bool(categories), "categories": categories,
             "from_on": at.date(), "reason": "Needs assessment", "set_by_id": officer.pk, "set_at": at}
        )  # fmt: skip
        self.event(who, Kind.ENTITLEMENT_SET, at, by=officer, detail="Needs assessment",
                   data={"is_enhanced": bool(categories), "categories": categories, "is_provisional": False})  # fmt: skip

    def refer_on(self, who: Landed, partner_id: int, partner: str, officer: User, at: datetime) -> None:
        expires = date(at.year + 1, at.month, min(at.day, 28))
        self.rows[OnwardReferral].append(
            {"participant_id": who.participant_id, "partner_id": partner_id, "made_at": at, "made_by_id": officer.pk,
             "shares": "Name, safe contact details and what support is wanted", "agreed_on": at.date(),
             "expires_on": expires, "status": "accepted", "answered_at": at}
        )  # fmt: skip
        self.event(who, Kind.REFERRED_TO_SUPPORT, at, by=officer, detail=partner)

    def promise(self, who: Landed, officer: User, what: str, due_on: date, at: datetime) -> None:
        self.rows[Promise].append(
            {
                "participant_id": who.participant_id,
                "what": what,
                "due_on": due_on,
                "made_by_id": officer.pk,
                "made_at": at,
            }
        )

    def close(self, who: Landed, at: datetime, reason: str, by: User | None) -> None:
        self.closures.append((who.participant_id, at, reason))
        self.event(who, Kind.CASE_CLOSED, at, by=by, detail=str(Participant.Closure(reason).label))

    def write(self) -> None:
        """Everything gathered, by COPY; then allocations and closures in two updates each."""
        for row, pk in zip(self.contacts, next_ids(Contact, len(self.contacts)), strict=True):
            row["id"] = pk
        copy_in(Contact, self.contacts)
        told = [
            {"contact_id": contact["id"], "event_id": event}
            for contact, events in zip(self.contacts, self.tells, strict=True)
            for event in events
        ]
        copy_in(Contact.tells.through, told)
        assessments = self.rows.pop(NeedsAssessment, [])
        for row, pk in zip(assessments, next_ids(NeedsAssessment, len(assessments)), strict=True):
            row["id"] = pk
        copy_in(NeedsAssessment, assessments)
        copy_in(
            Need,
            [
                {"assessment_id": row["id"], "domain": domain, "level": level, "note": note}
                for row, needs in zip(assessments, self.needs, strict=True)
                for domain, level, note in needs
            ],
        )
        for plan, pk in zip(self.plans, next_ids(ContactPlan, len(self.plans)), strict=True):
            for version in plan:
                version["id"] = pk
        copy_in(ContactPlan, [plan[-1] for plan in self.plans])
        copy_in(ContactPlan.history.model, [version for plan in self.plans for version in plan])
        for model, rows in self.rows.items():
            copy_in(model, rows)
        self._update()

    def _update(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE given (part bigint, officer bigint, supervisor bigint, at timestamptz);"
                "CREATE TEMP TABLE shut (part bigint, at timestamptz, reason text)"
            )
            with cursor.copy("COPY given FROM STDIN") as copy:
                for allocation in self.allocations:
                    copy.write_row(allocation)
            with cursor.copy("COPY shut FROM STDIN") as copy:
                for closure in self.closures:
                    copy.write_row(closure)
            cursor.execute(
                "ANALYZE given; ANALYZE shut;"
                "UPDATE cases_participant p SET officer_id = g.officer, version = 2 FROM given g WHERE g.part = p.id;"
                "UPDATE referrals_referral r SET status = 'allocated', allocated_at = g.at, allocated_by_id = g.supervisor,"
                " version = 2 FROM given g WHERE g.part = r.participant_id;"
                "UPDATE cases_participant p SET closed_at = s.at, closure_reason = s.reason, version = version + 1"
                " FROM shut s WHERE s.part = p.id; DROP TABLE given, shut"
            )
