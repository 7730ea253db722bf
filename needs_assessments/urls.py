from django.urls import URLPattern, path

app_name = "needs_assessments"
urlpatterns: list[URLPattern] = []
