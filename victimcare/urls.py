"""Every address. Apps are named by strings, so that the kernel imports none of them."""

import os

from django.conf import settings
from django.urls import include, path

from victimcare.gallery import gallery

urlpatterns = [
    path("", include("desk.urls")),
    path("", include("victimcare.accounts.urls")),
    path("", include("desk.access_log_urls")),
    path("", include("victimcare.cases.urls")),
    path("", include("victimcare.notes.urls")),
    path("", include("victimcare.letters.urls")),
    path("", include("victimcare.messaging.urls")),
    path("", include("victimcare.intake.urls")),
    path("", include("referrals.urls")),
    path("", include("needs_assessments.urls")),
    path("", include("contacts.urls")),
    path("", include("courts.urls")),
    path("", include("compliance.urls")),
    path("", include("compliance.packs.urls")),
    path("language/", include("victimcare.language")),
]

if settings.DEMO or os.environ.get("VICTIMCARE_ROLE") == "test":
    urlpatterns.append(path("components/", gallery, name="gallery"))

handler400 = "victimcare.http.bad_request"
handler403 = "victimcare.http.forbidden"
handler404 = "victimcare.http.not_found"
handler500 = "victimcare.http.server_error"
