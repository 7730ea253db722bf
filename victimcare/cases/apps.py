from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "victimcare.cases"
    label = "cases"

    def ready(self) -> None:
        """Says what is not answered before somebody is closed."""
        # Models exist only now, so these imports cannot stand at the top.
        from victimcare.cases.closing import before_closing
        from victimcare.cases.questions import not_answered

        before_closing(not_answered)
