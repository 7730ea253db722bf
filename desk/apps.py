from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        """Joins what the apps below may not know of one another: triage's first priority is serious."""
        # Models exist only now, so these imports cannot stand at the top.
        from contacts.series import also_serious
        from desk.owed import first_priority

        also_serious(first_priority)
