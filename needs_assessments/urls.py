from django.urls import path

from needs_assessments import views

app_name = "needs_assessments"
CASE = "cases/<str:case>/<str:participant>/"
urlpatterns = [
    path(CASE + "needs/", views.assessment_list, name="list"),
    path(CASE + "needs/assess", views.assess, name="assess"),
]
