"""One's own drafts: which form, about whom, since when."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import ContactPlan
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed
from victimcare.cases.models import Participant
from victimcare.drafts.actions import address_with
from victimcare.drafts.models import Draft
from victimcare.govuk.dates import moment
from victimcare.http import Request

SHOWN = 50
# What the form of a page is called. Any other is a form.
FORMS = {
    "contacts:log": gettext_lazy("Contact"),
    "contacts:plan": gettext_lazy("Update contact plan"),
    "contacts:write-letter": gettext_lazy("Letter"),
    "contacts:note-call": gettext_lazy("Note of a call"),
    "cases:safe-contact": gettext_lazy("Safe contact"),
    "cases:ask": gettext_lazy("Question to the officer"),
    "cases:record-event": gettext_lazy("What happened"),
    "needs_assessments:assess": gettext_lazy("Needs assessment"),
    "notes:write": gettext_lazy("Note"),
    "referrals:refer-on": gettext_lazy("Referral"),
}


@allow(Permission.USE_TODAY)
def drafts(request: Request) -> HttpResponse:
    """One's own drafts. The home page asks for the list alone, once it is drawn."""
    rows, people = drafts_of(request.user)
    listed(request, people, field_group="drafts")
    page = "desk/drafts_list.html" if request.GET.get("list") else "desk/drafts.html"
    return render(request, page, {"drafts": rows})


def drafts_of(user: User) -> tuple[list[dict[str, str]], list[Participant]]:
    """For `side_list`, the newest first, and whom they are about. Two queries, one where there is none; one more for plans.

    A draft about somebody this person may no longer see is not listed.
    """
    drafts = list(Draft.objects.filter(user=user).defer("answers")[:SHOWN])
    named = {draft.subject for draft in drafts} - {""}
    people = {
        part.reference: part
        for part in (
            Participant.objects.visible_to(user).filter(reference__in=named).select_related("person")
            if named
            else ()
        )
    }
    newer = _agreed_since(drafts)
    rows = []
    for draft in drafts:
        if draft.subject and draft.subject not in people:
            continue
        form = str(FORMS.get(draft.page, _("Form")))
        who = people[draft.subject].person.name if draft.subject else ""
        rows.append(
            {
                "text": f"{form}: {who}" if who else form,
                "url": address_with(draft),
                "note": _("typed %(typed)s, not saved; a plan was agreed since, on %(agreed)s")
                % {"typed": moment(draft.saved_at), "agreed": moment(newer[draft.pk])}
                if draft.pk in newer
                else _("typed %s, not saved") % moment(draft.saved_at),
            }
        )
    return rows, list(people.values())


def _agreed_since(drafts: list[Draft]) -> dict[int, datetime]:
    """When another plan was agreed after the draft of one was typed, by draft. One query, none without such a draft."""
    typed = {draft.subject: draft for draft in drafts if draft.page == "contacts:plan"}
    if not typed:
        return {}
    plans = ContactPlan.objects.current().filter(participant__reference__in=typed, made_at__isnull=False)
    return {
        typed[subject].pk: made_at
        for subject, made_at in plans.values_list("participant__reference", "made_at")
        if made_at > typed[subject].saved_at
    }
