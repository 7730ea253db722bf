"""What each right and rule is called, and what is to be done. Whole sentences, so Welsh can be written."""

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from compliance.catalogue import Rule

RIGHTS: dict[int, Promise] = {
    1: _("To be able to understand and to be understood"),
    2: _("To have the details of the crime recorded without delay"),
    3: _("To be given information when reporting the crime"),
    4: _("To be referred to services that support victims"),
    5: _("To be given information about compensation"),
    6: _("To be given information about the investigation and prosecution"),
    7: _("To make a Victim Personal Statement"),
    8: _("To be given information about the trial and their role as a witness"),
    9: _("To be given information about the outcome and any appeals"),
    10: _("To be paid expenses and have property returned"),
    11: _("To be given information about the offender after a conviction"),
    12: _("To make a complaint about their rights not being met"),
}

# A duty in two or three words, for tables.
SHORT: dict[str, Promise] = {
    "R3-ACK": _("Written acknowledgement"),
    "R3-INFO": _("Information when reporting"),
    "R4-REFERRAL": _("Referral to support"),
    "R4-NEEDS": _("Needs assessment"),
    "R6-CONTACT-PLAN": _("Update contact plan"),
    "R6-NO-INVEST": _("No investigation"),
    "R6-ARREST": _("Arrest"),
    "R6-INTERVIEW": _("Interview under caution"),
    "R6-NFA-RELEASE": _("Release without charge"),
    "R6-BAIL": _("Police bail"),
    "R6-RUI": _("Release under investigation"),
    "R6-BAIL-CHANGE": _("Change of bail"),
    "R6-CHARGE": _("Charge"),
    "R6-FIRST-HEARING": _("First hearing"),
    "R6-OOCD-OUTCOME": _("Out-of-court outcome"),
    "R6-NOPROS": _("No prosecution"),
    "R6-CPS-ALTER": _("Prosecution changed or stopped"),
    "R6-END": _("Investigation closed"),
    "R8-COURT-TO-WCU": _("Court passes the hearing's outcome on"),
    "R8-HEARING": _("Hearing"),
    "R8-BAIL-OUTCOME": _("Outcome of the bail hearing"),
    "R8-WARRANT": _("Warrant"),
    "R8-REARREST-HEARING": _("Hearing after re-arrest"),
    "R8-GIVE-EVIDENCE": _("Giving evidence"),
    "R9-COURT-TO-WCU": _("Court passes the case's outcome on"),
    "R9-OUTCOME": _("Outcome of the case"),
    "R9-SENTENCE": _("Sentence"),
    "R9-ULS": _("Unduly Lenient Sentence scheme"),
    "R9-APPEAL-LEAVE": _("Appeal"),
    "R9-APPEAL-BAIL": _("Bail pending appeal"),
    "R9-APPEAL-HEARING": _("Appeal hearing"),
    "R9-APPEAL-OUTCOME": _("Result of the appeal"),
    "R10-EXPENSES": _("Expenses"),
    "R11-VCS-REFER": _("Referral to the Victim Contact Scheme"),
    "R11-VLO-CONTACT": _("Victim liaison officer's first contact"),
    "R12-COMPLAINT": _("Answer to a complaint"),
    # Nothing opens these here: they stand in the catalogue alone.
    "R1-UNDERSTAND": _("Plain communication"),
    "R1-INTERPRET": _("Interpreting and translation"),
    "R1-SUPPORTER": _("A person of their choice"),
    "R2-RECORD": _("Recorded without delay"),
    "R2-INTERVIEWS": _("Few interviews"),
    "R2-GENDER": _("Gender of the interviewer"),
    "R2-INTERMEDIARY": _("Intermediary"),
    "R3-RJ": _("Restorative justice"),
    "R4-REASSESS": _("Needs assessed again"),
    "R4-WCU-NEEDS": _("Needs at court"),
    "R4-SPECIALIST": _("Specialist service"),
    "R4-FLO": _("Family liaison officer"),
    "R5-COURT-COMP": _("Compensation from the court"),
    "R5-CICA": _("Criminal injuries compensation"),
    "R6-UPDATE": _("Agreed update"),
    "R6-UPDATE-UNABLE": _("Why there is no update"),
    "R6-OOCD-VIEWS": _("Views before an out-of-court disposal"),
    "R6-VRR": _("Victims' right to review"),
    "R7-VPS-INFO": _("Personal statement explained"),
    "R7-VPS-OFFER": _("Personal statement offered"),
    "R7-VPS-READ": _("How the statement is read"),
    "R7-VPS-COURT": _("Statement read in court"),
    "R7-ISB": _("Impact statement for a business"),
    "R8-SM-RESULT": _("Special measures decided"),
    "R8-VISIT": _("Court visit"),
    "R8-REFRESH": _("Statement read again"),
    "R8-PROSECUTOR": _("Meeting the prosecutor"),
    "R8-SEPARATE": _("Separate entrance and waiting"),
    "R9-CPS-QUESTIONS": _("Questions about the sentence"),
    "R9-BEREAVED-MEET": _("Meeting for a bereaved family"),
    "R10-PROPERTY": _("Property returned"),
    "R11-INFO": _("Information about the offender"),
    "R12-SIGNPOST": _("How to complain"),
    "PUT-RIGHT": _("Putting it right"),
}

# What whoever owes it is asked to do. %(name)s is the victim's first name.
ASKS: dict[str, Promise] = {
    "R3-ACK": _("Send %(name)s the written acknowledgement"),
    "R3-INFO": _("Give %(name)s the information about their rights and support"),
    "R4-REFERRAL": _("Refer %(name)s to support, or record that they declined"),
    "R4-NEEDS": _("Assess what %(name)s needs"),
    "R6-CONTACT-PLAN": _("Agree with %(name)s how to keep them updated"),
    "R6-NO-INVEST": _("Tell %(name)s why there will be no investigation, and offer support"),
    "R6-ARREST": _("Tell %(name)s that the suspect was arrested"),
    "R6-INTERVIEW": _("Tell %(name)s that the suspect was interviewed"),
    "R6-NFA-RELEASE": _("Tell %(name)s that the suspect was released without charge, and why"),
    "R6-BAIL": _("Tell %(name)s about the bail and its conditions"),
    "R6-RUI": _("Tell %(name)s that the suspect was released under investigation"),
    "R6-BAIL-CHANGE": _("Tell %(name)s what changed in the bail, and why"),
    "R6-CHARGE": _("Tell %(name)s about the charge"),
    "R6-FIRST-HEARING": _("Tell %(name)s when and where the first hearing is"),
    "R6-OOCD-OUTCOME": _("Tell %(name)s the out-of-court outcome, and why"),
    "R6-NOPROS": _("Tell %(name)s why there will be no prosecution, and how to ask for a review"),
    "R6-CPS-ALTER": _("Tell %(name)s what changed in the prosecution, and why"),
    "R6-END": _("Tell %(name)s that the investigation was closed, and why"),
    "R8-COURT-TO-WCU": _("Pass the outcome of the hearing to the Witness Care Unit"),
    "R8-HEARING": _("Tell %(name)s the date, time and place of the hearing"),
    "R8-BAIL-OUTCOME": _("Tell %(name)s the outcome of the bail hearing"),
    "R8-WARRANT": _("Tell %(name)s that a warrant was issued"),
    "R8-REARREST-HEARING": _("Tell %(name)s the outcome of the hearing after the re-arrest"),
    "R8-GIVE-EVIDENCE": _("Tell %(name)s whether they must give evidence"),
    "R9-COURT-TO-WCU": _("Pass the outcome of the case to the Witness Care Unit"),
    "R9-OUTCOME": _("Tell %(name)s the outcome of the case"),
    "R9-SENTENCE": _("Tell %(name)s the sentence and what it means"),
    "R9-ULS": _("Tell %(name)s about the Unduly Lenient Sentence scheme and its time limit"),
    "R9-APPEAL-LEAVE": _("Tell %(name)s about the appeal"),
    "R9-APPEAL-BAIL": _("Tell %(name)s about bail pending the appeal"),
    "R9-APPEAL-HEARING": _("Tell %(name)s when and where the appeal is heard"),
    "R9-APPEAL-OUTCOME": _("Tell %(name)s the result of the appeal"),
    "R10-EXPENSES": _("Pay %(name)s the expenses claimed"),
    "R11-VCS-REFER": _("Refer %(name)s to the Victim Contact Scheme, and tell them"),
    "R11-VLO-CONTACT": _("Make the first contact with %(name)s as victim liaison officer"),
    "R12-COMPLAINT": _("Answer the complaint of %(name)s"),
    "PUT-RIGHT": _("Put it right with %(name)s and say that we were late, why, and what happens now"),
}

# The same, as what was or was not told: "that the suspect was arrested". Only rules that telling meets.
ABOUT: dict[str, Promise] = {
    "R6-NO-INVEST": _("why there is no investigation"),
    "R6-ARREST": _("that the suspect was arrested"),
    "R6-INTERVIEW": _("that the suspect was interviewed"),
    "R6-NFA-RELEASE": _("that the suspect was released without charge"),
    "R6-BAIL": _("about the bail and its conditions"),
    "R6-RUI": _("that the suspect was released under investigation"),
    "R6-BAIL-CHANGE": _("what changed in the bail"),
    "R6-CHARGE": _("about the charge"),
    "R6-FIRST-HEARING": _("when and where the first hearing is"),
    "R6-OOCD-OUTCOME": _("the out-of-court outcome"),
    "R6-NOPROS": _("why there is no prosecution"),
    "R6-CPS-ALTER": _("what changed in the prosecution"),
    "R6-END": _("that the investigation was closed"),
    "R8-HEARING": _("the date, time and place of the hearing"),
    "R8-BAIL-OUTCOME": _("the outcome of the bail hearing"),
    "R8-WARRANT": _("that a warrant was issued"),
    "R8-REARREST-HEARING": _("the outcome of the hearing after the re-arrest"),
    "R8-GIVE-EVIDENCE": _("whether they must give evidence"),
    "R9-OUTCOME": _("the outcome of the case"),
    "R9-SENTENCE": _("the sentence and what it means"),
    "R9-ULS": _("about the Unduly Lenient Sentence scheme"),
    "R9-APPEAL-LEAVE": _("about the appeal"),
    "R9-APPEAL-BAIL": _("about bail pending the appeal"),
    "R9-APPEAL-HEARING": _("when and where the appeal is heard"),
    "R9-APPEAL-OUTCOME": _("the result of the appeal"),
    "PUT-RIGHT": _("that we were late, and why"),
}

OWED_TO: dict[tuple[str, ...], Promise] = {
    ("VICTIM",): _("Victim"),
    ("WITNESS",): _("Witness"),
    ("REQUIRED_WITNESS",): _("Witness who must come to court"),
    ("VICTIM", "WITNESS"): _("Victim and witness"),
    ("VICTIM", "REQUIRED_WITNESS"): _("Victim, and witness who must come to court"),
}

CLOCKS: dict[str, Promise] = {
    "event": _("from the day it happened"),
    "receipt": _("from the day we heard"),
    "report": _("from the day the crime was reported"),
    "decision": _("from the day of the decision"),
    "request": _("from the day of the request"),
}


# Codes that came with the application; one that is loaded later is called what its file says.
CODES: dict[str, Promise] = {"VCOP-2020": _("Victims' Code 2020")}

# Bank holidays in the words of the library they come from.
HOLIDAYS: dict[str, Promise] = {
    "New Year's Day": _("New Year's Day"),
    "New Year's Day (observed)": _("New Year's Day (observed)"),
    "Good Friday": _("Good Friday"),
    "Easter Monday": _("Easter Monday"),
    "May Day": _("May Day"),
    "Spring Bank Holiday": _("Spring Bank Holiday"),
    "Late Summer Bank Holiday": _("Late Summer Bank Holiday"),
    "Christmas Day": _("Christmas Day"),
    "Christmas Day (observed)": _("Christmas Day (observed)"),
    "Boxing Day": _("Boxing Day"),
    "Boxing Day (observed)": _("Boxing Day (observed)"),
    "Platinum Jubilee of Elizabeth II": _("Platinum Jubilee of Elizabeth II"),
    "State Funeral of Queen Elizabeth II": _("State Funeral of Queen Elizabeth II"),
    "Coronation of Charles III": _("Coronation of Charles III"),
}


# What the unit called standards of its own, by key, in English and in Welsh: filled in when they are read.
OURS: dict[str, tuple[str, str]] = {}


def in_their_language(english: str, welsh: str) -> str:
    """The Welsh for whoever reads Welsh, where somebody wrote it; else the English."""
    return welsh if welsh and get_language() == "cy" else english


def short(rule: str) -> str:
    """A duty in two or three words; the key of a rule nobody has named yet."""
    return str(SHORT.get(rule) or in_their_language(*OURS.get(rule, ("", ""))) or rule)


def code_title(key: str, title: str) -> str:
    """A Code in the reader's language, where it is one we know."""
    return str(CODES.get(key, title))


def holiday(name: str) -> str:
    """A bank holiday in the reader's language; a one-off day as whoever added it called it."""
    return str(HOLIDAYS.get(name, name))


def tell(rule: Rule) -> str:
    """What must be told or done, in the reader's language where it is written in both."""
    return in_their_language(rule.tell, rule.tell_cy)


def asks(rule: str, name: str) -> str:
    """What whoever owes it is asked to do, about this person by name."""
    sentence = ASKS.get(rule)
    return (
        str(sentence) % {"name": name}
        if sentence
        else _now("See to %(rule)s for %(name)s") % {"rule": short(rule), "name": name}
    )


def why(right: int, *, is_local: bool) -> str:
    """Right 6, or that it is a standard of our own."""
    return _now("Our own standard") if is_local else _now("Right %(n)d") % {"n": right}
