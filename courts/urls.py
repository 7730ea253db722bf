from django.urls import path

from courts import measure_views, views, witness_views

app_name = "courts"
CASE = "cases/<str:case>/<str:participant>/court/"
HEARING = "court/<str:hearing>/"
urlpatterns = [
    path("court/", views.hearings, name="hearings"),
    path("court/list", views.list_hearing, name="list-hearing"),
    path("court/measures/", measure_views.measures, name="measures"),
    path(HEARING, views.hearing, name="hearing"),
    path(HEARING + "result", views.result, name="result"),
    path(HEARING + "<str:participant>/require", witness_views.require, name="require"),
    path(HEARING + "<str:participant>/not-required", witness_views.not_required, name="not-required"),
    path(HEARING + "<str:participant>/warn", witness_views.warn, name="warn"),
    path(HEARING + "<str:participant>/reply", witness_views.reply, name="reply"),
    path(CASE, views.case_court, name="case"),
    path(CASE + "list", views.list_hearing, name="list-hearing"),
    path(CASE + "measures/ask", measure_views.ask, name="ask-measure"),
    path(CASE + "measures/<str:measure>/", measure_views.measure, name="measure"),
    path(CASE + "measures/<str:measure>/check", measure_views.check, name="check-measure"),
]
