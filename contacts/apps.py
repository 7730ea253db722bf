from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        from contacts.layouts import LAYOUTS  # models cannot be imported before the apps are ready
        from victimcare.intake.layouts import register

        for layout in LAYOUTS:
            register(layout)
