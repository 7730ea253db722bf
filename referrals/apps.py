from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"

    def ready(self) -> None:
        from referrals.layouts import LAYOUTS  # models cannot be imported before the apps are ready
        from victimcare.intake.layouts import register

        for layout in LAYOUTS:
            register(layout)
