"""The foundation every app stands on. The kernel here knows no app."""

from victimcare.celery import app as celery_app

__all__ = ["celery_app"]
