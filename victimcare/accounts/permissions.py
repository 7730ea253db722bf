"""What each role may do. Permissions live in code: a change deserves a review, a diff and a test.

A permission says what may be done; whose records it may be done to is asked by `visible_to`.
"""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What somebody is employed to do here. A person may hold more than one."""

    VICTIM_CARE_OFFICER = "victim_care_officer", _("Victim care officer")
    SUPERVISOR = "supervisor", _("Supervisor")
    WITNESS_CARE_OFFICER = "witness_care_officer", _("Witness care officer")
    MEASURES_ADVISOR = "measures_advisor", _("Special measures advisor")
    ENGAGEMENT_COORDINATOR = "engagement_coordinator", _("Survivor engagement coordinator")
    OFFICER_IN_THE_CASE = "officer_in_the_case", _("Officer in the case")
    PARTNER = "partner", _("Partner worker")
    ANALYST = "analyst", _("Analyst")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class Permission(StrEnum):
    """One thing that may be done. Named as the button or page that does it."""

    USE_TODAY = "use_today"
    VIEW_CASE = "view_case"
    VIEW_CONTACT_DETAILS = "view_contact_details"
    VIEW_PROTECTED_ADDRESS = "view_protected_address"
    VIEW_SAFE_CONTACT = "view_safe_contact"
    VIEW_TIMELINE = "view_timeline"
    VIEW_CONTACTS = "view_contacts"
    VIEW_NEEDS = "view_needs"
    VIEW_RIGHTS = "view_rights"
    VIEW_COURT = "view_court"
    VIEW_LETTERS = "view_letters"
    VIEW_ACCESS = "view_access"
    SEARCH = "search"
    ADD_PERSON = "add_person"
    OPEN_CASE = "open_case"
    LINK_PEOPLE = "link_people"
    RECORD_EVENT = "record_event"
    RECORD_SUPPORT_ANSWER = "record_support_answer"
    LOG_CONTACT = "log_contact"
    AGREE_PLAN = "agree_plan"
    SET_SAFE_CONTACT = "set_safe_contact"
    DECIDE_SAFETY = "decide_safety"
    CHANGE_DETAILS = "change_details"
    ASSESS_NEEDS = "assess_needs"
    REFER_ON = "refer_on"
    REFER_IN = "refer_in"
    CLOSE_CASE = "close_case"
    ASK_OFFICER = "ask_officer"
    ANSWER_QUESTION = "answer_question"
    SEE_OWN_QUESTIONS = "see_own_questions"
    TELL_VICTIMS = "tell_victims"
    WATCH_URGENT = "watch_urgent"
    TAKE_CALL = "take_call"
    SET_STANDARDS = "set_standards"
    HANDLE_COMPLAINTS = "handle_complaints"
    VIEW_NOTES = "view_notes"
    WRITE_NOTE = "write_note"
    ATTACH_FILE = "attach_file"
    REDACT = "redact"
    WRITE_LETTER = "write_letter"
    APPROVE_LETTER = "approve_letter"
    VIEW_HEARINGS = "view_hearings"
    LIST_HEARING = "list_hearing"
    WARN_WITNESS = "warn_witness"
    ASK_FOR_MEASURE = "ask_for_measure"
    RECORD_MEASURE = "record_measure"
    CHECK_MEASURES = "check_measures"
    VIEW_REFERRALS = "view_referrals"
    VIEW_TRIAGE = "view_triage"
    TRIAGE = "triage"
    VIEW_RULES = "view_rules"
    CHANGE_RULES = "change_rules"
    ALLOCATE = "allocate"
    IMPORT_EXTRACT = "import_extract"
    MEND_ROW = "mend_row"
    VIEW_DASHBOARD = "view_dashboard"
    VIEW_LISTS = "view_lists"
    VIEW_OWN_REFERRALS = "view_own_referrals"
    VIEW_ACCESS_LOG = "view_access_log"
    VIEW_PEOPLE_OF_THE_UNIT = "view_people_of_the_unit"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_TOKENS = "manage_tokens"
    VIEW_TOKENS = "view_tokens"
    SET_LEAVE = "set_leave"
    VIEW_CODE = "view_code"
    BRING_CODE_INTO_FORCE = "bring_code_into_force"
    MAKE_EVIDENCE_PACK = "make_evidence_pack"
    MAKE_PACK = "make_pack"
    VIEW_PACKS = "view_packs"
    ASK_EXCUSE = "ask_excuse"
    DECIDE_EXCUSE = "decide_excuse"
    WORK_BREACHES = "work_breaches"


P = Permission

_READ_A_CASE = frozenset(
    {
        P.VIEW_CASE,
        P.VIEW_CONTACT_DETAILS,
        P.VIEW_SAFE_CONTACT,
        P.VIEW_TIMELINE,
        P.VIEW_CONTACTS,
        P.VIEW_NEEDS,
        P.VIEW_RIGHTS,
        P.VIEW_COURT,
        P.VIEW_LETTERS,
        P.SEARCH,
    }
)

ROLES: dict[Role, frozenset[Permission]] = {
    # Reaches victims, finds out what each needs, keeps them updated.
    Role.VICTIM_CARE_OFFICER: _READ_A_CASE
    | {
        P.VIEW_NOTES,
        P.WRITE_NOTE,
        P.ATTACH_FILE,
        P.USE_TODAY,
        P.VIEW_PROTECTED_ADDRESS,
        P.ADD_PERSON,
        P.OPEN_CASE,
        P.LINK_PEOPLE,
        P.RECORD_EVENT,
        P.RECORD_SUPPORT_ANSWER,
        P.LOG_CONTACT,
        P.AGREE_PLAN,
        P.SET_SAFE_CONTACT,
        P.CHANGE_DETAILS,
        P.ASSESS_NEEDS,
        P.REFER_ON,
        P.REFER_IN,
        P.CLOSE_CASE,
        P.WRITE_LETTER,
        P.APPROVE_LETTER,
        P.VIEW_HEARINGS,
        P.ASK_FOR_MEASURE,
        P.VIEW_CODE,
        P.VIEW_TRIAGE,
        P.VIEW_DASHBOARD,
        P.ASK_OFFICER,
        P.ANSWER_QUESTION,
        P.TAKE_CALL,
        P.ASK_EXCUSE,
    },
    # Sees where it fails and why; allocates; answers for the team.
    Role.SUPERVISOR: _READ_A_CASE
    | {
        P.VIEW_NOTES,
        P.WRITE_NOTE,
        P.REDACT,
        P.USE_TODAY,
        P.VIEW_PROTECTED_ADDRESS,
        P.ADD_PERSON,
        P.OPEN_CASE,
        P.LINK_PEOPLE,
        P.RECORD_EVENT,
        P.RECORD_SUPPORT_ANSWER,
        P.LOG_CONTACT,
        P.AGREE_PLAN,
        P.SET_SAFE_CONTACT,
        P.CHANGE_DETAILS,
        P.REFER_ON,
        P.REFER_IN,
        P.CLOSE_CASE,
        P.WRITE_LETTER,
        P.APPROVE_LETTER,
        P.VIEW_HEARINGS,
        P.VIEW_ACCESS,
        P.VIEW_REFERRALS,
        P.VIEW_TRIAGE,
        P.TRIAGE,
        P.VIEW_RULES,
        P.CHANGE_RULES,
        P.ALLOCATE,
        P.IMPORT_EXTRACT,
        P.MEND_ROW,
        P.VIEW_DASHBOARD,
        P.VIEW_LISTS,
        P.VIEW_PEOPLE_OF_THE_UNIT,
        P.SET_LEAVE,
        P.VIEW_CODE,
        P.BRING_CODE_INTO_FORCE,
        P.ASK_OFFICER,
        P.ANSWER_QUESTION,
        P.TAKE_CALL,
        P.SET_STANDARDS,
        P.HANDLE_COMPLAINTS,
        P.DECIDE_SAFETY,
        P.WATCH_URGENT,
        P.MAKE_EVIDENCE_PACK,
        P.MAKE_PACK,
        P.VIEW_PACKS,
        P.ASK_EXCUSE,
        P.DECIDE_EXCUSE,
        P.WORK_BREACHES,
    },
    # Warns victims and witnesses for court and gives Rights 8 and 9.
    Role.WITNESS_CARE_OFFICER: _READ_A_CASE
    | {
        P.VIEW_NOTES,
        P.WRITE_NOTE,
        P.ATTACH_FILE,
        P.USE_TODAY,
        P.ADD_PERSON,
        P.RECORD_EVENT,
        P.LOG_CONTACT,
        P.SET_SAFE_CONTACT,
        P.WRITE_LETTER,
        P.APPROVE_LETTER,
        P.VIEW_HEARINGS,
        P.LIST_HEARING,
        P.WARN_WITNESS,
        P.ASK_FOR_MEASURE,
        P.RECORD_MEASURE,
        P.VIEW_CODE,
        P.VIEW_DASHBOARD,
        P.ASK_OFFICER,
        P.ANSWER_QUESTION,
        P.TAKE_CALL,
        P.ASK_EXCUSE,
    },
    # Checks the quality of offers of, and applications for, special measures.
    Role.MEASURES_ADVISOR: frozenset(
        {
            P.VIEW_NOTES,
            P.WRITE_NOTE,
            P.ATTACH_FILE,
            P.USE_TODAY,
            P.VIEW_CASE,
            P.VIEW_SAFE_CONTACT,
            P.VIEW_TIMELINE,
            P.VIEW_CONTACTS,
            P.VIEW_NEEDS,
            P.VIEW_RIGHTS,
            P.VIEW_COURT,
            P.VIEW_HEARINGS,
            P.ASK_FOR_MEASURE,
            P.RECORD_MEASURE,
            P.CHECK_MEASURES,
            P.SEARCH,
        }
    ),
    # Runs the Survivor Network: sees only people who agreed to be asked.
    Role.ENGAGEMENT_COORDINATOR: frozenset(
        {P.USE_TODAY, P.VIEW_CASE, P.VIEW_CONTACT_DETAILS, P.VIEW_SAFE_CONTACT, P.SEARCH}
    ),
    # Investigates: sees what is owed to the victims of their own crimes, and says what they told them.
    Role.OFFICER_IN_THE_CASE: frozenset(
        {
            P.USE_TODAY,
            P.VIEW_CASE,
            P.VIEW_SAFE_CONTACT,
            P.VIEW_CONTACT_DETAILS,
            P.VIEW_RIGHTS,
            P.LOG_CONTACT,
            P.RECORD_SUPPORT_ANSWER,
            P.REFER_IN,
            P.ANSWER_QUESTION,
            P.SEE_OWN_QUESTIONS,
            P.TELL_VICTIMS,
        }
    ),
    # Supports people another way: sees only what was referred to them, while it is open.
    Role.PARTNER: frozenset({P.USE_TODAY, P.VIEW_OWN_REFERRALS, P.REFER_IN}),
    # Counts: aggregates only, never a name.
    Role.ANALYST: frozenset({P.USE_TODAY, P.VIEW_DASHBOARD, P.VIEW_CODE, P.MAKE_PACK, P.VIEW_PACKS}),
    # Looks at who looked.
    Role.AUDITOR: frozenset(
        {
            P.USE_TODAY,
            P.VIEW_ACCESS_LOG,
            P.VIEW_DASHBOARD,
            P.VIEW_RULES,
            P.VIEW_CODE,
            P.VIEW_PEOPLE_OF_THE_UNIT,
            P.VIEW_TOKENS,
            P.VIEW_PACKS,
        }
    ),
    # Keeps the people and the reference data; has no case access.
    Role.ADMINISTRATOR: frozenset(
        {
            P.USE_TODAY,
            P.MANAGE_PEOPLE,
            P.MANAGE_TOKENS,
            P.VIEW_TOKENS,
            P.VIEW_PEOPLE_OF_THE_UNIT,
            P.SET_LEAVE,
            P.VIEW_CODE,
        }
    ),
}

# Each of these is trusted because it is alone: the administrator has no cases, the auditor does no casework,
# the partner sees only what was referred to them.
STAND_ALONE = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.PARTNER})


def permissions_of(roles: list[str]) -> frozenset[Permission]:
    """Everything somebody with these roles may do. An unknown role gives nothing."""
    known = set(Role.values)
    return frozenset().union(*(ROLES[Role(role)] for role in roles if role in known))


class PermsTo:
    """`{% if perms_to.log_contact %}`, computed once a request. Raises AttributeError for an unknown name."""

    def __init__(self, held: frozenset[Permission]) -> None:
        self._held = held

    def __getattr__(self, name: str) -> bool:
        try:
            return Permission(name) in self._held
        except ValueError as unknown:
            raise AttributeError(name) from unknown
