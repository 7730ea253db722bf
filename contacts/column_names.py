"""The columns of the contacts extract as people say them, and those no row can do without. Pure."""

from django.utils.translation import gettext_lazy as _

CONTACT_NAMES = {
    "source_system": _("System it came from"), "contact_id": _("Contact's number in the force's system"),
    "occurrence_no": _("Occurrence number"), "person_id": _("Person's number in the force's system"),
    "by_collar": _("Officer's collar number"), "channel": _("How they were contacted"),
    "at": _("When they were contacted"), "outcome": _("Whether they were reached"),
    "event_ids": _("Events they were told of"), "note": _("Note"),
}  # fmt: skip
CONTACT_NEEDED = frozenset(
    {"source_system", "contact_id", "occurrence_no", "person_id", "channel", "at", "outcome"}
)
