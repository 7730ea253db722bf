"""The pages on which a plan is agreed, compared and printed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts import planning
from contacts.models import ContactPlan
from contacts.plan_forms import PlanForm, plan_initial
from contacts.reaching import verdicts_now
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import participant_for
from victimcare.cases.models import Participant
from victimcare.faults import Stale
from victimcare.http import Request


@allow(Permission.AGREE_PLAN)
def plan(request: Request, case: str, participant: str) -> HttpResponse:
    """Agree how, how often and about what. When somebody else just did, both are shown."""
    op = AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT
    part = participant_for(request, case, participant, field_group="contact plan", op=op)
    current = ContactPlan.objects.current().filter(participant=part).select_related("agreed_by").first()
    said = verdicts_now(request)
    form = PlanForm(request.POST or None, initial=plan_initial(part, current, clock.today()), verdicts=said)
    theirs, status = None, 200
    if form.is_valid():
        try:
            planning.agree_plan(
                participant=part, number=form.cleaned_data["version"] or 0, **form.plan, by=request.user
            )
            messages.success(request, _("Plan agreed with %s saved.") % part.person.name)
            return redirect(_list_url(part))
        except Stale as stale:
            theirs, status = current, stale.status
            typed = request.POST.copy()
            typed["version"] = str(current.number if current else 0)
            form = PlanForm(typed, verdicts=said)
            form.add_error(None, str(stale.sentence))
    elif form.errors:
        status = 422
    context = {
        "participant": part,
        "form": form,
        "current": current,
        "theirs": theirs,
        "cancel_url": _list_url(part),
    }
    return render(request, "contacts/plan.html", context, status=status)


def _list_url(participant: Participant) -> str:
    return reverse("contacts:list", args=[participant.case.reference, participant.reference])
