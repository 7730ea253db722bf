"""Event kinds: one vocabulary from the extract to the duty. Pure.

The names are the ones the code, the extracts, the catalogue and the tests use.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# How history and the log say that victims were given to an officer, and that this was undone.
ALLOCATED = "allocation"
UNDONE = "allocation undone"


class Kind(TextChoices):
    """What happened. The label is how a timeline says it."""

    CRIME_REPORTED = "CRIME_REPORTED", _("Crime reported")
    NOT_INVESTIGATED = "NOT_INVESTIGATED", _("Police decided not to investigate")
    SUSPECT_ARRESTED = "SUSPECT_ARRESTED", _("Suspect arrested")
    SUSPECT_INTERVIEWED = "SUSPECT_INTERVIEWED", _("Suspect interviewed under caution")
    SUSPECT_RELEASED_NO_CHARGE = "SUSPECT_RELEASED_NO_CHARGE", _("Suspect released without charge")
    SUSPECT_BAILED = "SUSPECT_BAILED", _("Suspect released on bail")
    SUSPECT_RELEASED_UNDER_INVESTIGATION = (
        "SUSPECT_RELEASED_UNDER_INVESTIGATION",
        _("Suspect released under investigation"),
    )
    BAIL_CHANGED = "BAIL_CHANGED", _("Bail conditions changed")
    SUSPECT_CHARGED = "SUSPECT_CHARGED", _("Suspect charged")
    OUT_OF_COURT_DISPOSAL = "OUT_OF_COURT_DISPOSAL", _("Out-of-court disposal given")
    DECISION_NOT_TO_PROSECUTE = "DECISION_NOT_TO_PROSECUTE", _("Decision not to prosecute")
    INVESTIGATION_CLOSED_NO_SUSPECT = (
        "INVESTIGATION_CLOSED_NO_SUSPECT",
        _("Investigation closed, no suspect found"),
    )
    PROSECUTION_ALTERED = "PROSECUTION_ALTERED", _("Prosecution changed or stopped")
    HEARING_LISTED = "HEARING_LISTED", _("Hearing listed")
    HEARING_MOVED = "HEARING_MOVED", _("Hearing moved")
    HEARING_CONCLUDED = "HEARING_CONCLUDED", _("Hearing concluded")
    RESULT_RECEIVED = "RESULT_RECEIVED", _("Court result received")
    CASE_CONCLUDED = "CASE_CONCLUDED", _("Court case concluded")
    WITNESS_REQUIRED = "WITNESS_REQUIRED", _("Required to give evidence")
    WITNESS_NOT_REQUIRED = "WITNESS_NOT_REQUIRED", _("Not required to give evidence")
    APPEAL_NOTICE = "APPEAL_NOTICE", _("Notice of appeal")
    APPEAL_BAIL = "APPEAL_BAIL", _("Bail pending appeal")
    APPEAL_LISTED = "APPEAL_LISTED", _("Appeal hearing listed")
    APPEAL_RESULT = "APPEAL_RESULT", _("Appeal result")
    VCS_REFERRED = "VCS_REFERRED", _("Referred to the Victim Contact Scheme")
    VLO_CONTACT_MADE = "VLO_CONTACT_MADE", _("Victim liaison officer made contact")
    EXPENSE_CLAIM_RECEIVED = "EXPENSE_CLAIM_RECEIVED", _("Expense claim received")
    EXPENSE_PAID = "EXPENSE_PAID", _("Expenses paid")
    COMPLAINT_RECEIVED = "COMPLAINT_RECEIVED", _("Complaint received")
    COMPLAINT_ANSWERED = "COMPLAINT_ANSWERED", _("Complaint answered")
    CONTACT_MADE = "CONTACT_MADE", _("Contact")
    LETTER_DISPATCHED = "LETTER_DISPATCHED", _("Letter sent")
    PLAN_AGREED = "PLAN_AGREED", _("Update contact plan agreed")
    UPDATES_DECLINED = "UPDATES_DECLINED", _("Opted out of updates")
    UPDATES_WANTED = "UPDATES_WANTED", _("Opted back into updates")
    ASSESSMENT_COMPLETED = "ASSESSMENT_COMPLETED", _("Needs assessment completed")
    REFERRED_TO_SUPPORT = "REFERRED_TO_SUPPORT", _("Referred to a support service")
    SUPPORT_DECLINED = "SUPPORT_DECLINED", _("Support declined by the victim")
    ENTITLEMENT_SET = "ENTITLEMENT_SET", _("Entitlement set")
    RELATIONSHIP_CHANGED = "RELATIONSHIP_CHANGED", _("Relationship to the suspect changed")
    REFERRED_IN = "REFERRED_IN", _("Referred to the unit")
    OFFICER_ALLOCATED = "OFFICER_ALLOCATED", _("Allocated to an officer")
    OFFICER_ASKED = "OFFICER_ASKED", _("Question to the officer in the case")
    OFFICER_ANSWERED = "OFFICER_ANSWERED", _("Answer from the officer in the case")
    SAFETY_DECIDED = "SAFETY_DECIDED", _("How to contact safely was decided")
    DUTY_EXCUSED = "DUTY_EXCUSED", _("Duty excused")
    RIGHT_NOT_MET = "RIGHT_NOT_MET", _("A right was not met in time")
    CASE_CLOSED = "CASE_CLOSED", _("Closed")
    CASE_REOPENED = "CASE_REOPENED", _("Re-opened")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn: it did not happen")


# What a force's events extract may say (../docs/extracts.md). Anything else in a feed is quarantined.
FROM_THE_EVENTS_EXTRACT = frozenset(
    {
        Kind.NOT_INVESTIGATED,
        Kind.SUSPECT_ARRESTED,
        Kind.SUSPECT_INTERVIEWED,
        Kind.SUSPECT_RELEASED_NO_CHARGE,
        Kind.SUSPECT_BAILED,
        Kind.SUSPECT_RELEASED_UNDER_INVESTIGATION,
        Kind.BAIL_CHANGED,
        Kind.SUSPECT_CHARGED,
        Kind.OUT_OF_COURT_DISPOSAL,
        Kind.DECISION_NOT_TO_PROSECUTE,
        Kind.INVESTIGATION_CLOSED_NO_SUSPECT,
    }
)

# Kinds that concern one person alone: on nobody else's pages or letters.
OF_ONE_PERSON = frozenset(
    {
        Kind.WITNESS_REQUIRED,
        Kind.WITNESS_NOT_REQUIRED,
        Kind.VCS_REFERRED,
        Kind.VLO_CONTACT_MADE,
        Kind.EXPENSE_CLAIM_RECEIVED,
        Kind.EXPENSE_PAID,
        Kind.COMPLAINT_RECEIVED,
        Kind.COMPLAINT_ANSWERED,
        Kind.CONTACT_MADE,
        Kind.LETTER_DISPATCHED,
        Kind.PLAN_AGREED,
        Kind.UPDATES_DECLINED,
        Kind.UPDATES_WANTED,
        Kind.ASSESSMENT_COMPLETED,
        Kind.REFERRED_TO_SUPPORT,
        Kind.SUPPORT_DECLINED,
        Kind.ENTITLEMENT_SET,
        Kind.RELATIONSHIP_CHANGED,
        Kind.REFERRED_IN,
        Kind.OFFICER_ALLOCATED,
        Kind.OFFICER_ASKED,
        Kind.OFFICER_ANSWERED,
        Kind.SAFETY_DECIDED,
        Kind.DUTY_EXCUSED,
        Kind.RIGHT_NOT_MET,
        Kind.CASE_CLOSED,
        Kind.CASE_REOPENED,
        Kind.CRIME_REPORTED,
    }
)

# Kinds a person may write down on the case page because no feed sent them.
BY_HAND = FROM_THE_EVENTS_EXTRACT | {
    Kind.PROSECUTION_ALTERED,
    Kind.APPEAL_NOTICE,
    Kind.APPEAL_BAIL,
    Kind.APPEAL_LISTED,
    Kind.APPEAL_RESULT,
    Kind.VCS_REFERRED,
    Kind.VLO_CONTACT_MADE,
    Kind.EXPENSE_CLAIM_RECEIVED,
    Kind.EXPENSE_PAID,
    Kind.COMPLAINT_RECEIVED,
    Kind.COMPLAINT_ANSWERED,
    Kind.SUPPORT_DECLINED,
}

# Kinds a victim can be told about: the choices of "What did you tell them?".
TELLABLE = FROM_THE_EVENTS_EXTRACT | {
    Kind.PROSECUTION_ALTERED,
    Kind.HEARING_LISTED,
    Kind.HEARING_MOVED,
    Kind.RESULT_RECEIVED,
    Kind.WITNESS_REQUIRED,
    Kind.WITNESS_NOT_REQUIRED,
    Kind.APPEAL_NOTICE,
    Kind.APPEAL_BAIL,
    Kind.APPEAL_LISTED,
    Kind.APPEAL_RESULT,
    Kind.RIGHT_NOT_MET,
}
