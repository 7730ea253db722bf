"""The columns of the hearings extract as people say them, and those no row can do without. Pure."""

from django.utils.translation import gettext_lazy as _

HEARING_NAMES = {
    "source_system": _("System it came from"), "hearing_id": _("Hearing's number"),
    "urn": _("URN"), "occurrence_no": _("Occurrence number"), "suspect_ref": _("Suspect's number"),
    "defendant": _("Defendant"), "court_ou": _("Court's code"), "hearing_type": _("Kind of hearing"),
    "listed_on": _("Listed for"), "start_time": _("Starts at"), "courtroom": _("Courtroom"),
    "listed_learned_at": _("When witness care heard of the listing"), "plea": _("Plea"),
    "result_code": _("Result code"), "verdict": _("Verdict"), "resulted_on": _("Day of the result"),
    "result_learned_at": _("When witness care heard of the result"),
}  # fmt: skip
