from django.apps import AppConfig


class DraftsConfig(AppConfig):
    name = "victimcare.drafts"
    label = "drafts"
