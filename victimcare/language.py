"""The language switch: Django's own, under a name of ours so that a test finds its policy."""

from django.urls import path
from django.views.i18n import set_language

set_language.policy = "anyone"  # type: ignore[attr-defined]

urlpatterns = [path("", set_language, name="set_language")]
