"""Every write to needs assessments. Completing one may change the entitlement, and so what is due."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from needs_assessments.enhanced import YES, Decision, decide
from needs_assessments.models import Need, NeedsAssessment
from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify
from victimcare.accounts.permissions import Role
from victimcare.cases.actions import set_entitlement
from victimcare.cases.entitlements import in_force
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Entitlement, Participant
from victimcare.faults import Refused, Stale

DANGER_NOW = "danger"  # the notification's kind; its subject is the participant's reference


@dataclass(frozen=True)
class Answers:
    """What was said. Levels 0 to 4 by domain, with a note; Y, N or "" by enhanced category, with why."""

    is_in_danger_now: str = ""
    needs: dict[str, tuple[int, str]] = field(default_factory=dict)
    categories: dict[str, tuple[str, str]] = field(default_factory=dict)
    wants_vps: str = ""
    summary: str = ""
    review_on: date | None = None


@transaction.atomic
def save_draft(*, participant: Participant, version: int, answers: Answers, by: User) -> NeedsAssessment:
    """Keep what was answered so far, to finish later. Raises Stale when somebody else saved meanwhile."""
    assessment = _locked_draft(participant, version, by)
    _write(assessment, answers, by)
    return assessment


@transaction.atomic
def complete(*, participant: Participant, version: int, answers: Answers, by: User) -> NeedsAssessment:
    """Finish an assessment: its needs, the decision on enhanced rights, and help today for who is in danger.

    `version` is the draft's, 0 for none. A completed assessment is never edited; a review is another one.
    Raises Stale when somebody else saved meanwhile, Refused when danger was not asked about.
    """
    if not answers.is_in_danger_now:
        raise Refused(
            _("Say whether this person is in danger now. Save and finish later if you could not ask.")
        )
    assessment = _locked_draft(participant, version, by)
    today = clock.today()
    entitlement = in_force(participant, today)
    held = entitlement.categories if entitlement and entitlement.is_enhanced else []
    decision = decide({key: answer for key, (answer, _why) in answers.categories.items()}, in_force=held)
    assessment.status = NeedsAssessment.Status.COMPLETED
    assessment.completed_at = clock.now()
    assessment.enhanced_categories = list(decision.categories)
    _write(assessment, answers, by)
    reason = _reason(decision)
    record_event(
        case=participant.case,
        kind=Kind.ASSESSMENT_COMPLETED,
        occurred=assessment.completed_at,
        participant=participant,
        detail=reason,
        data={"assessment": assessment.reference, "is_enhanced": decision.is_enhanced},
        by=by,
    )
    if _changes(decision, entitlement):
        set_entitlement(
            participant=participant,
            is_enhanced=decision.is_enhanced,
            categories=list(decision.categories),
            from_on=today,
            reason=reason,
            by=by,
        )
    if answers.is_in_danger_now == YES:
        _call_for_help(participant)
    return assessment


def _locked_draft(participant: Participant, version: int, by: User) -> NeedsAssessment:
    """The draft under way, or a new one. One person at a time: two who start at once are put in order."""
    Participant.objects.select_for_update(of=("self",)).get(pk=participant.pk)
    draft = (
        NeedsAssessment.objects.filter(participant=participant, status=NeedsAssessment.Status.DRAFT)
        .prefetch_related("needs")
        .first()
    )
    if (draft.version if draft else 0) != version:
        raise Stale(
            _("Someone else saved this assessment while you were working. Theirs is shown beside yours."),
            theirs={"draft": draft},
        )
    if draft is None:
        return NeedsAssessment(participant=participant, assessed_by=by, version=0)
    return draft


def _write(assessment: NeedsAssessment, answers: Answers, by: User) -> None:
    assessment.is_in_danger_now = answers.is_in_danger_now
    assessment.categories = {key: {"answer": a, "why": why} for key, (a, why) in answers.categories.items()}
    assessment.wants_vps, assessment.summary = answers.wants_vps, answers.summary
    assessment.review_on, assessment.assessed_by = answers.review_on, by
    assessment.version += 1
    assessment._history_user = by  # type: ignore[attr-defined]
    assessment.save()
    assessment.needs.all().delete()
    Need.objects.bulk_create(
        Need(assessment=assessment, domain=domain, level=level, note=note)
        for domain, (level, note) in answers.needs.items()
    )


def _reason(decision: Decision) -> str:
    if not decision.is_enhanced:
        return _("Needs assessment: standard rights.")
    names = ", ".join(str(Entitlement.Category(category).label).lower() for category in decision.categories)
    return _("Needs assessment: enhanced rights (%s).") % names


def _changes(decision: Decision, entitlement: Entitlement | None) -> bool:
    """True where the decision differs from what is in force, or confirms what triage had only supposed."""
    if entitlement is None:
        return decision.is_enhanced
    return (
        entitlement.is_provisional
        or entitlement.is_enhanced != decision.is_enhanced
        or set(entitlement.categories) != set(decision.categories)
    )


def _call_for_help(participant: Participant) -> None:
    """Danger now: the officer and the team's supervisors hear at once, and it is due today."""
    supervisors = User.objects.active().with_role(Role.SUPERVISOR).filter(team_id=participant.team_id)
    officer = [participant.officer] if participant.officer else []
    notify(
        recipients=[*officer, *supervisors],
        kind=DANGER_NOW,
        subject=participant.reference,
        level=Notification.Level.DUE_TODAY,
        url=reverse("needs_assessments:list", args=[participant.case.reference, participant.reference]),
        due_on=clock.today(),
    )


def answers_of(assessment: NeedsAssessment) -> Answers:
    """What a saved assessment says, as it was given."""
    categories: dict[str, Any] = assessment.categories
    return Answers(
        is_in_danger_now=assessment.is_in_danger_now,
        needs={need.domain: (need.level, need.note) for need in assessment.needs.all()},
        categories={key: (said.get("answer", ""), said.get("why", "")) for key, said in categories.items()},
        wants_vps=assessment.wants_vps,
        summary=assessment.summary,
        review_on=assessment.review_on,
    )
