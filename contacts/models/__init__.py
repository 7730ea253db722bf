"""Contacts, what they told, what was promised, and the plan each victim agreed."""

from contacts.models.callers import CallNote, IdentityCheck, check_reference, note_reference
from contacts.models.complaints import Complaint, complaint_reference
from contacts.models.contacts import TELLS, Contact, contact_reference, tellable_to, untold_to
from contacts.models.digests import Digest
from contacts.models.opt_outs import RELEASE_NEWS, OptOut
from contacts.models.plans import ContactPlan, PlanReview
from contacts.models.promises import Promise, promise_reference
from contacts.models.reaching import ContactSeries, ReachDay
from contacts.models.telling import Telling, telling_reference
from contacts.models.urgent_calls import OnCall, UrgentCall, urgent_reference

__all__ = [
    "RELEASE_NEWS",
    "TELLS",
    "CallNote",
    "Complaint",
    "Contact",
    "ContactPlan",
    "ContactSeries",
    "Digest",
    "IdentityCheck",
    "OnCall",
    "OptOut",
    "PlanReview",
    "Promise",
    "ReachDay",
    "Telling",
    "UrgentCall",
    "check_reference",
    "complaint_reference",
    "contact_reference",
    "note_reference",
    "promise_reference",
    "tellable_to",
    "telling_reference",
    "untold_to",
    "urgent_reference",
]
