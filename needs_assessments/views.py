"""What one victim needs: the assessments made, and the one under way."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from needs_assessments import actions
from needs_assessments.forms import LEVELS, AssessmentForm, initial_of
from needs_assessments.models import Need, NeedsAssessment
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import participant_for
from victimcare.cases.entitlements import in_force
from victimcare.cases.models import Entitlement, Participant
from victimcare.faults import Stale
from victimcare.govuk.dates import day
from victimcare.http import Request

SHOWN = 20


@allow(Permission.VIEW_NEEDS)
def assessment_list(request: Request, case: str, participant: str) -> HttpResponse:
    """Every assessment of this person, newest first, and the rights they gave."""
    part = participant_for(request, case, participant, field_group="needs")
    found = list(
        NeedsAssessment.objects.filter(participant=part)
        .select_related("assessed_by")
        .prefetch_related("needs")[:SHOWN]
    )
    context = {
        "participant": part,
        "today": clock.today(),
        "draft": next((each for each in found if each.status == NeedsAssessment.Status.DRAFT), None),
        "assessments": [_shown(each) for each in found if each.status == NeedsAssessment.Status.COMPLETED],
        "entitlement": _entitlement_words(in_force(part, clock.today())),
    }
    return render(request, "needs_assessments/list.html", context)


def _shown(assessment: NeedsAssessment) -> dict[str, Any]:
    """One assessment as plain values, worst need first."""
    domains, levels = dict(Need.Domain.choices), dict(LEVELS)
    needs = sorted(assessment.needs.all(), key=lambda need: -need.level)
    return {
        "when": assessment.completed_at,
        "by": assessment.assessed_by,
        "danger": assessment.is_in_danger_now,
        "needs": [
            {"label": domains[need.domain], "value": f"{levels[str(need.level)]}. {need.note}".strip()}
            for need in needs
        ],
        "enhanced": [str(Entitlement.Category(key).label) for key in assessment.enhanced_categories],
        "why": [
            said["why"]
            for said in assessment.categories.values()
            if said.get("answer") == "Y" and said.get("why")
        ],
        "wants_vps": assessment.wants_vps,
        "summary": assessment.summary,
        "review_on": assessment.review_on,
    }


def _entitlement_words(entitlement: Entitlement | None) -> str:
    if entitlement is None:
        return _("Standard rights. Nobody has decided otherwise.")
    since = {"day": day(entitlement.from_on), "why": entitlement.reason}
    if not entitlement.is_enhanced:
        return _("Standard rights since %(day)s. %(why)s") % since
    if entitlement.is_provisional:
        return _("Provisionally enhanced since %(day)s, until somebody assesses. %(why)s") % since
    return _("Enhanced rights since %(day)s. %(why)s") % since


@allow(Permission.ASSESS_NEEDS)
def assess(request: Request, case: str, participant: str) -> HttpResponse:
    """The short assessment. Finish it, or save it and finish later."""
    op = AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT
    part = participant_for(request, case, participant, field_group="needs assessment", op=op)
    draft = (
        NeedsAssessment.objects.filter(participant=part, status=NeedsAssessment.Status.DRAFT)
        .select_related("assessed_by")
        .prefetch_related("needs")
        .first()
    )
    form = AssessmentForm(
        request.POST or None,
        initial=_initial(part, draft),
        is_draft="later" in request.POST,
        is_under_18=_is_under_18(part),
    )
    theirs, status = None, 422 if form.errors else 200
    if form.is_valid():
        try:
            return _save(request, part, form)
        except Stale as stale:
            theirs, status = draft, stale.status
            typed = request.POST.copy()
            typed["version"] = str(draft.version if draft else 0)
            form = AssessmentForm(typed, is_draft=True)
            form.add_error(None, str(stale.sentence))
    context = {
        "participant": part,
        "form": form,
        "draft": draft,
        "theirs": _shown(theirs) if theirs else None,
        "cancel_url": _list_url(part),
    }
    return render(request, "needs_assessments/assess.html", context, status=status)


def _save(request: Request, participant: Participant, form: AssessmentForm) -> HttpResponse:
    """Raises Stale."""
    save = actions.save_draft if form.is_draft else actions.complete
    save(
        participant=participant,
        version=form.cleaned_data["version"] or 0,
        answers=form.answers,
        by=request.user,
    )
    if form.is_draft:
        messages.success(request, _("Saved. Nothing has been decided yet: finish it when you can."))
    elif form.answers.is_in_danger_now == "Y":
        messages.warning(
            request, _("Assessment saved. The officer and the supervisors have been told of the danger.")
        )
    else:
        messages.success(request, _("Assessment of %s saved.") % participant.person.name)
    return redirect(_list_url(participant))


def _initial(participant: Participant, draft: NeedsAssessment | None) -> dict[str, Any]:
    """The draft; else the grounds in force and why, so that what is known is not asked as if it were new."""
    if draft:
        return initial_of(actions.answers_of(draft), draft.version)
    held = in_force(participant, clock.today())
    last = NeedsAssessment.objects.filter(
        participant=participant, status=NeedsAssessment.Status.COMPLETED
    ).first()
    said = last.categories if last else {}
    categories = {
        key: ("Y", said.get(key, {}).get("why") or held.reason)
        for key in (held.categories if held and held.is_enhanced else [])
    }
    if _is_under_18(participant):
        categories["vulnerable"] = ("Y", _("Under 18"))
    return initial_of(actions.Answers(categories=categories), 0)


def _is_under_18(participant: Participant) -> bool:
    """At the time of the offence, where known; otherwise today."""
    age = participant.person.age_on(participant.case.offence_from or clock.today())
    return age is not None and age < 18


def _list_url(participant: Participant) -> str:
    return reverse("needs_assessments:list", args=[participant.case.reference, participant.reference])
