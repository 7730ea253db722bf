from django.apps import AppConfig


class NotesConfig(AppConfig):
    name = "victimcare.notes"
    label = "notes"
