from django.urls import URLPattern, path

app_name = "courts"
urlpatterns: list[URLPattern] = []
