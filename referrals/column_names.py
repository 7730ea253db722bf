"""The columns of the referrals and events extracts as people say them, and those no row can do without. Pure."""

from django.utils.translation import gettext_lazy as _

REFERRAL_NAMES = {
    "source_system": _("System it came from"), "occurrence_no": _("Occurrence number"),
    "person_id": _("Person's number in the force's system"), "role": _("Role"),
    "recorded_at": _("Recorded"), "reported_at": _("Reported"),
    "offence_from": _("Offence began"), "offence_to": _("Offence ended"),
    "offence_code": _("Offence code"), "offence_title": _("Offence"), "cjs_code": _("CJS offence code"),
    "flags": _("Flags"), "location": _("Where it happened"), "ward": _("Ward"),
    "local_authority": _("Local authority"), "policing_area": _("Policing area"),
    "title": _("Title"), "given_names": _("Given names"), "surname": _("Surname"),
    "date_of_birth": _("Date of birth"), "date_of_death": _("Date of death"), "sex": _("Sex"),
    "ethnicity": _("Ethnicity"), "language": _("Language"), "welsh_preference": _("Prefers Welsh"),
    "interpreter_language": _("Interpreter's language"), "disability": _("Disability"),
    "address_line_1": _("Address, first line"), "address_line_2": _("Address, second line"),
    "town": _("Town"), "postcode": _("Postcode"), "phone_mobile": _("Mobile phone"),
    "phone_home": _("Home phone"), "email": _("Email address"),
    "safe_to_call": _("Safe to call"), "safe_to_text": _("Safe to text"), "safe_to_email": _("Safe to email"),
    "safe_to_post": _("Safe to post"), "safe_to_voicemail": _("Safe to leave a voicemail"),
    "safe_contact_note": _("Note on safe contact"),
    "relationship_to_suspect": _("Relationship to the suspect"), "suspect_ref": _("Suspect's number"),
    "suspect_name": _("Suspect's name"), "suspect_address": _("Suspect's address"),
    "suspect_postcode": _("Suspect's postcode"), "suspect_phone": _("Suspect's phone"),
    "oic_collar": _("Collar number of the officer in the case"), "oic_name": _("Officer in the case"),
    "oic_email": _("Email address of the officer in the case"), "team": _("Team of the officer in the case"),
    "risk_tool": _("Risk tool"), "risk_level": _("Risk level"), "consent_to_refer": _("Consent to refer on"),
    "vps_offered": _("Victim Personal Statement offered"),
    "acts_for_person_id": _("Number of the victim they act for"),
    "organisation_name": _("Organisation"), "restricted": _("Restricted"),
}  # fmt: skip
# What triage makes of a row, and a later row may change.
TRIAGE_NAMES = {
    "priority": _("Priority"), "channel": _("Channel"), "due_on": _("Contact by"),
    "status": _("What became of the referral"), "suppressed_because": _("Why it is suppressed"),
    "reasons": _("What triage says"),
}  # fmt: skip
REFERRAL_NEEDED = frozenset({"source_system", "occurrence_no", "person_id", "role", "surname"})

EVENT_NAMES = {
    "source_system": _("System it came from"), "event_id": _("Event's number in the force's system"),
    "occurrence_no": _("Occurrence number"), "suspect_ref": _("Suspect's number"), "kind": _("What happened"),
    "occurred_at": _("When it happened"), "learned_at": _("When victim services heard"),
    "detail": _("Detail"),
}  # fmt: skip
EVENT_NEEDED = frozenset({"source_system", "event_id", "occurrence_no", "kind", "occurred_at"})
