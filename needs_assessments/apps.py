from django.apps import AppConfig


class NeedsAssessmentsConfig(AppConfig):
    name = "needs_assessments"
