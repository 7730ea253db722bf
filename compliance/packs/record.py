"""The rows that the evidence of one victim is made of, each asked for once."""

from collections.abc import Iterable

from django.db.models import Prefetch

from compliance.models import Duty
from compliance.models_breach import Breach, Excuse
from contacts.models import Contact
from needs_assessments.models import NeedsAssessment
from victimcare.cases.models import Entitlement, Event, Participant
from victimcare.letters.models import Letter

AT_MOST = 300  # of each kind of row; more is said to be left out


class Record:
    """What was owed to one victim and what shows that it was done, in the order of a page."""

    def __init__(self, participant: Participant) -> None:
        # What was told to whoever acts for them was told to them.
        whose = [participant.pk, *participant.represented_by.values_list("pk", flat=True)]
        all_duties = (
            Duty.objects.filter(participant=participant).with_checks().select_related("event", "officer")
        )
        self.duties = list(all_duties.current().order_by("right", "clock_on", "pk")[:AT_MOST])
        self.revisions = list(all_duties.filter(is_current=False).order_by("right", "event", "pk")[:AT_MOST])
        self.contacts = list(
            Contact.objects.filter(participant__in=whose)
            .select_related("by", "spoke_to", "participant")
            .prefetch_related(Prefetch("tells", Event.objects.order_by("occurred_at", "pk")))
            .order_by("at", "pk")[:AT_MOST]
        )
        self.letters = list(
            Letter.objects.without_pdf()
            .filter(participant__in=whose)
            .exclude(status__in=[Letter.Status.DRAFT, Letter.Status.WITHDRAWN])
            .select_related("template", "written_by", "approved_by")
            .order_by("written_at", "pk")[:AT_MOST]
        )
        self.assessments = list(
            NeedsAssessment.objects.filter(participant=participant, status=NeedsAssessment.Status.COMPLETED)
            .select_related("assessed_by")
            .order_by("completed_at", "pk")[:AT_MOST]
        )
        self.entitlements = list(
            Entitlement.objects.filter(participant=participant).order_by("from_on", "pk")[:AT_MOST]
        )
        cited = {duty.met_by for duty in self.duties if duty.met_by}
        self.events = {
            event.reference: event
            for event in Event.objects.about(participant).filter(reference__in=cited).select_related("by")
        }
        asked = list(
            Excuse.objects.filter(participant=participant)
            .select_related("event", "asked_by", "decided_by", "withdrawn_by")
            .order_by("asked_at", "pk")[:AT_MOST]
        )
        self.excuses = {excuse.event.reference: excuse for excuse in asked if excuse.event}
        self.taken_back: dict[tuple[str, int], list[Excuse]] = {}
        for excuse in asked:
            if excuse.decision == Excuse.Decision.WITHDRAWN:
                self.taken_back.setdefault((excuse.rule, excuse.trigger_id), []).append(excuse)
        self.who_worked = self._who_worked(asked)
        breaches = Breach.objects.standing().filter(participant=participant)
        self.breaches = {breach.duty_id: breach for breach in breaches}
        suspects = sorted({duty.event.suspect_id for duty in self.duties if duty.event.suspect_id})
        self.suspects = {pk: n for n, pk in enumerate(suspects, 1)} if len(suspects) > 1 else {}
        self.is_cut = any(
            len(rows) == AT_MOST for rows in (self.duties, self.revisions, self.contacts, self.letters)
        )

    def _who_worked(self, asked: Iterable[Excuse]) -> set[int | None]:
        """Whoever owed, logged, wrote, agreed or decided any of it: their primary keys, and None."""
        found = {duty.officer_id for duty in (*self.duties, *self.revisions)}
        found |= {contact.by_id for contact in self.contacts}
        found |= {each.assessed_by_id for each in self.assessments}
        for letter in self.letters:
            found |= {letter.written_by_id, letter.approved_by_id}
        for excuse in asked:
            found |= {excuse.asked_by_id, excuse.decided_by_id, excuse.withdrawn_by_id}
        return found

    def evidence(self, reference: str) -> Contact | Letter | Event | None:
        """The contact, letter or event under this reference."""
        for contact in self.contacts:
            if contact.reference == reference:
                return contact
        for letter in self.letters:
            if letter.reference == reference:
                return letter
        return self.events.get(reference)
