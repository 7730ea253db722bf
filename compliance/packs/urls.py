from django.urls import path

from compliance.packs import evidence_views, views

app_name = "packs"
CASE = "cases/<str:case>/<str:participant>/evidence/"
urlpatterns = [
    path("packs/", views.packs, name="list"),
    path("packs/ask", views.ask_for_figures, name="ask"),
    path("packs/check", views.check, name="check"),
    path("packs/<str:pack>/", views.pack, name="pack"),
    path("packs/<str:pack>/pdf", views.pdf, name="pdf"),
    path("packs/<str:pack>/spreadsheet", views.sheet, name="sheet"),
    path("packs/<str:pack>/print-again", views.print_again, name="print-again"),
    path("packs/<str:pack>/make-again", views.make_again, name="make-again"),
    path(CASE, evidence_views.evidence, name="evidence"),
    path(CASE + "ask", evidence_views.ask_for_evidence, name="ask-for-evidence"),
    path(CASE + "check", evidence_views.check_evidence, name="check-evidence"),
    path(CASE + "<str:pack>/", evidence_views.evidence_pack, name="evidence-pack"),
    path(CASE + "<str:pack>/pdf", evidence_views.evidence_pdf, name="evidence-pdf"),
    path(CASE + "<str:pack>/again", evidence_views.make_evidence_again, name="make-evidence-again"),
]
