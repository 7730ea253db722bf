from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        """Joins what the apps below may not know of one another: triage's first priority is serious, its day the first."""
        # Models exist only now, so these imports cannot stand at the top.
        from compliance.packs.figures import funnel_from
        from contacts.call_sheet import also_owed
        from contacts.series import also_serious, first_due
        from contacts.signposting import services_from
        from desk.owed import first_contact_due, first_priority
        from desk.packed import funnel_of
        from desk.sheet import DUTIES_ON_THE_SHEET
        from desk.support import names_of_partners

        also_serious(first_priority)
        first_due(first_contact_due)
        services_from(names_of_partners)
        also_owed(DUTIES_ON_THE_SHEET)
        funnel_from(funnel_of)
