"""Which case a listing belongs to, when a court names it by its number."""

from django.db.models import Q
from django.utils.translation import gettext as _

from victimcare.accounts.models import User
from victimcare.cases.models import Case, Exclusion
from victimcare.faults import Refused


def case_by_number(number: str, *, by: User) -> Case:
    """The case with this crime number, URN or reference, whether or not witness care sees it yet.

    A restricted case this person is not on, and one they are excluded from, are as if they were not there.
    Raises Refused when there is none, or more than one.
    """
    number = number.strip().upper()
    known = Case.objects.filter(Q(reference=number) | Q(occurrence_no=number) | Q(urn=number))
    open_to = known.filter(Q(is_restricted=False) | Q(restricted_to=by)).exclude(
        pk__in=Exclusion.objects.filter(user=by, lifted_at=None).values("case_id")
    )
    found = list(open_to.distinct()[:2])
    if not found:
        raise Refused(
            _("No case has this number. Check it, or ask a supervisor whether the crime has reached us.")
        )
    if len(found) > 1:
        raise Refused(_("More than one case has this number. Enter the case reference, like VC-7K2M9QWD."))
    return found[0]
