"""Special measures: what a witness wants, how far it is, and the advisor's check of it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from courts import actions
from courts.forms import AskMeasureForm, CheckForm, MeasureForm
from courts.models import SpecialMeasure
from courts.views import op
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed, participant_for
from victimcare.cases.models import Participant
from victimcare.govuk.dates import day
from victimcare.http import Request

SHOWN = 100


def _measure(participant: Participant, reference: str) -> SpecialMeasure:
    found = (
        SpecialMeasure.objects.filter(participant=participant, reference=reference)
        .select_related("asked_by", "checked_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


@allow(Permission.CHECK_MEASURES)
@require_safe
def measures(request: Request) -> HttpResponse:
    """What nobody has checked yet, those in danger first, then the oldest."""
    found = list(
        SpecialMeasure.objects.visible_to(request.user)
        .to_check()
        .select_related("participant__person", "participant__case", "asked_by")
        .order_by("status_on", "pk")[: SHOWN + 1]
    )
    shown = sorted(found[:SHOWN], key=lambda each: not each.participant.case.flags)
    listed(request, [each.participant for each in shown], field_group="measures")
    context = {
        "columns": [_("Witness"), _("Measure"), _("Why"), _("How far"), _("Asked by")],
        "rows": [_row(each, request) for each in shown],
        "n": len(shown),
        "has_more": len(found) > SHOWN,
    }
    return render(request, "courts/measures.html", context)


def _row(measure: SpecialMeasure, request: Request) -> list[Any]:
    part = measure.participant
    args = [part.case.reference, part.reference, measure.reference]
    is_own = measure.asked_by_id == request.user.pk
    return [
        {"text": part.person.name, "url": "" if is_own else reverse("courts:check-measure", args=args),
         "note": ", ".join(part.case.flags)},
        measure.get_measure_display(),
        measure.why,
        {"text": measure.get_status_display(), "note": day(measure.status_on)},
        {"text": measure.asked_by.display_name, "note": _("Yours: a colleague checks it") if is_own else ""},
    ]  # fmt: skip


@allow(Permission.ASK_FOR_MEASURE)
def ask(request: Request, case: str, participant: str) -> HttpResponse:
    """A witness wants a special measure."""
    part = participant_for(request, case, participant, field_group="court", op=op(request))
    form = AskMeasureForm(request.POST or None)
    if form.is_valid():
        said = form.cleaned_data
        actions.ask_for_measure(participant=part, measure=said["measure"], why=said["why"], by=request.user)
        messages.success(request, _("Saved for %s. The advisor will check it.") % part.person.name)
        return redirect("courts:case", part.case.reference, part.reference)
    return _page(request, "courts/ask_measure.html", form, part)


@allow(Permission.RECORD_MEASURE)
def measure(request: Request, case: str, participant: str, measure: str) -> HttpResponse:
    """How far one measure is."""
    part = participant_for(request, case, participant, field_group="court", op=op(request))
    found = _measure(part, measure)
    form = MeasureForm(request.POST or None, initial={"version": found.version, "status": found.status})
    if form.is_valid():
        said = form.cleaned_data
        actions.record_measure(
            measure=found,
            status=said["status"],
            status_on=said["status_on"],
            version=said["version"],
            by=request.user,
        )
        messages.success(request, _("Saved. Tell %s how far it is.") % part.person.name)
        return redirect("courts:case", part.case.reference, part.reference)
    return _page(request, "courts/measure.html", form, part, found)


@allow(Permission.CHECK_MEASURES)
def check(request: Request, case: str, participant: str, measure: str) -> HttpResponse:
    """The advisor's check of one measure."""
    part = participant_for(request, case, participant, field_group="court", op=op(request))
    found = _measure(part, measure)
    form = CheckForm(request.POST or None, initial={"version": found.version})
    if form.is_valid():
        said = form.cleaned_data
        actions.check_measure(
            measure=found,
            finding=said["finding"],
            note=said["check_note"],
            version=said["version"],
            by=request.user,
        )
        messages.success(request, _("Check of the measure for %s saved.") % part.person.name)
        return redirect("courts:measures")
    return _page(request, "courts/check_measure.html", form, part, found, cancel=reverse("courts:measures"))


def _page(
    request: Request,
    template: str,
    form: Any,
    participant: Participant,
    measure: SpecialMeasure | None = None,
    cancel: str = "",
) -> HttpResponse:
    here = reverse("courts:case", args=[participant.case.reference, participant.reference])
    context = {"form": form, "participant": participant, "measure": measure, "cancel_url": cancel or here}
    return render(request, template, context, status=422 if form.errors else 200)
