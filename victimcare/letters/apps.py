from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "victimcare.letters"
    label = "letters"
