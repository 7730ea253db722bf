from django.apps import AppConfig


class CourtsConfig(AppConfig):
    name = "courts"

    def ready(self) -> None:
        from courts.layouts import LAYOUTS  # models cannot be imported before the apps are ready
        from victimcare.intake.layouts import register

        for layout in LAYOUTS:
            register(layout)
