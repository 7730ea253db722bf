"""One's own drafts, as the home page lists them: which form, about whom, since when."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare.accounts.models import User
from victimcare.cases.models import Participant
from victimcare.drafts.actions import address_with
from victimcare.drafts.models import Draft
from victimcare.govuk.dates import moment

SHOWN = 8
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


def drafts_today(user: User) -> tuple[list[dict[str, str]], list[Participant]]:
    """For `side_list`, the newest first, and whom they are about. Two queries, one where there is none.

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
                "note": _("typed %s, not saved") % moment(draft.saved_at),
            }
        )
    return rows, list(people.values())
