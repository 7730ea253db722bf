from django.urls import path

from packs import evidence_views

app_name = "packs"
CASE = "cases/<str:case>/<str:participant>/evidence/"
urlpatterns = [
    path(CASE, evidence_views.evidence, name="evidence"),
    path(CASE + "ask", evidence_views.ask_for_evidence, name="ask-for-evidence"),
    path(CASE + "check", evidence_views.check_evidence, name="check-evidence"),
    path(CASE + "<str:pack>/", evidence_views.evidence_pack, name="evidence-pack"),
    path(CASE + "<str:pack>/pdf", evidence_views.evidence_pdf, name="evidence-pdf"),
    path(CASE + "<str:pack>/again", evidence_views.make_evidence_again, name="make-evidence-again"),
]
