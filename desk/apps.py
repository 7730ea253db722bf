from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        """Joins what the apps below may not know of one another: triage's first priority is serious, its day the first."""
        # Models exist only now, so these imports cannot stand at the top.
        from contacts.series import also_serious, first_due
        from desk.owed import first_contact_due, first_priority

        also_serious(first_priority)
        first_due(first_contact_due)
